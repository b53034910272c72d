/* Are two PE files one image, signatures aside?
 */
#ifndef KEYFIT_ANALYSIS_COMPARE_H
#define KEYFIT_ANALYSIS_COMPARE_H

#include "signatures.h"

enum {
	KF_DIFFERENCES_MAX = 16,
};

/* kf_difference is a run of bytes that differ; the same place in both. */
struct kf_difference {
	uint64_t at;
	uint64_t len;
};

/* kf_comparison: bytes of checksum, certificate entry and table are not held
 * against each other, nor the zeros that pad an image up to its table. A run is
 * counted, and named as long as there is room. */
struct kf_comparison {
	struct kf_difference difference[KF_DIFFERENCES_MAX];
	size_t num;
	uint64_t num_runs;
	uint64_t num_bytes;	/* that differ, or that one of them has more */
	uint64_t longer[2];	/* bytes that this one has more: of its image,
				 * and behind its table */
	uint64_t padding[2];	/* zeros behind this one's image */
	struct kf_digest digest[2];	/* SHA-256 */
};

/* kf_compare compares two files that are fit.
 * Fails: as kf_image_digest does; KF_CANNOT_READ, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_compare(struct kf_comparison *out,
				  const struct kf_signatures *a,
				  const struct kf_signatures *b,
				  struct kf_env *env);

/* kf_image_place names where a byte of a file's image stands: a section's name
 * of up to 8 bytes, "headers", or "no section". `room` holds the name. */
KF_MUST enum kf_status kf_image_place(struct kf_bytes *out, char room[8],
				      const struct kf_signatures *file,
				      uint64_t at);

#endif
