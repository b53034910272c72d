/* What a file says of itself: its version and counter; and papers that go along
 * with firmware.
 */
#ifndef KEYFIT_JOBS_RELEASE_KIND_H
#define KEYFIT_JOBS_RELEASE_KIND_H

#include "release.h"

enum { KF_KIND_DEPTH = 4, KF_KIND_WORD = 24 };

/* kf_told_kind takes the facts of one file. It starts zeroed. */
struct kf_told_kind {
	char part[KF_KIND_DEPTH][KF_KIND_WORD];	/* names that are open */
	size_t num_parts;
	char group[KF_KIND_WORD], key[KF_KIND_WORD];	/* of a manifest */
	char version[KF_RELEASE_TEXT_MAX];
	bool is_protected;	/* the entry that is open */
	bool has_counter;
	uint64_t counter;
};

void kf_told_kind_look(void *self, const struct kf_fact *fact);

/* kf_paper_kind tells what a paper is: "in-toto", "cyclonedx", "tlog-proof".
 * Leaves `*out` as it is for anything else. Fails: KF_CANNOT_READ,
 * KF_NO_MEMORY. */
KF_MUST enum kf_status kf_paper_kind(const char **out,
				     const struct kf_source *source,
				     struct kf_work *work);

#endif
