/* What the files share that take a collected file apart.
 */
#ifndef KEYFIT_HOST_COLLECTED_PARTS_H
#define KEYFIT_HOST_COLLECTED_PARTS_H

#include "device.h"
#include "json_read.h"

enum { KF_UPDATERS_MAX = 16 };

/* kf_updaters is what a collected file tells of verifiers of updates, each of
 * them an object of JSON. Earlier versions told of RAUC alone, elsewhere. */
struct kf_updaters {
	json_t *one[KF_UPDATERS_MAX];
	size_t num;
};

/* collected_updaters.c: kf_updaters_find lists them. Fails: KF_WRONG_USE. */
KF_MUST enum kf_status kf_updaters_find(struct kf_updaters *out,
					struct kf_opening *o, json_t *root);

/* kf_updaters_have tells whether one of them is the verifier of some rules. */
bool kf_updaters_have(const struct kf_updaters *updaters,
		      const struct kf_rules *rules);

/* kf_updaters_read reads all of them into the device's verifiers from `first`
 * on. Fails: KF_WRONG_USE, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_updaters_read(const struct kf_updaters *updaters,
					struct kf_opening *o, size_t first);

#endif
