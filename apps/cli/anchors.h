/* What keyfit anchors tells of one verifier of a device, or of a class.
 */
#ifndef KEYFIT_APPS_CLI_ANCHORS_H
#define KEYFIT_APPS_CLI_ANCHORS_H

#include "analysis/anchors.h"
#include "host/json_write.h"

/* kf_anchored is one verifier, and what came of looking at it. */
struct kf_anchored {
	const struct kf_device *device;
	const struct kf_device_verifier *verifier;
	const struct kf_anchors *anchors;
	const uint8_t *class;	/* digest; NULL: it is no class */
	uint64_t devices;	/* of the class */
	int64_t at_s;
};

void kf_anchors_text(struct kf_output *out, const struct kf_anchored *a);
void kf_anchors_json(struct kf_output *out, const struct kf_anchored *a);

/* kf_anchor_name writes what a key is called: by its certificate, else by where
 * it stands. */
void kf_anchor_name(struct kf_output *out, const struct kf_anchor_key *key);

/* kf_anchor_part_of is the part in which a key stands. */
const struct kf_anchor_part *
kf_anchor_part_of(const struct kf_anchors *anchors, size_t index);

/* kf_anchor_decides tells whether the key is one of those that decide, and is
 * told for the first time. */
bool kf_anchor_decides(const struct kf_anchor_key *key);

#endif
