/* A machine, written down in one file: what its firmware and boot loaders
 * trust, what they measured, and which versions there are.
 *
 * The form is docs/man/keyfit-collected.5.scd.
 */
#ifndef KEYFIT_HOST_COLLECT_H
#define KEYFIT_HOST_COLLECT_H

#include "output.h"

/* kf_collect_ask is what is to be collected. */
struct kf_collect_ask {
	const char *root;	/* "" for this machine, else a folder */
	bool serials;		/* serial numbers too */
	const char *rules;	/* of a build that its files do not tell; NULL:
				 * none are meant */
	const char *by;		/* "keyfit 0.1.0" */
	int64_t at_s;
	struct kf_env *env;
};

/* kf_collect writes the file's text. `*num_unread` says how much could not be
 * read, and stands in it with the reason. Owns: `out`, until kf_output_close.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_collect(struct kf_output *out, size_t *num_unread,
				  const struct kf_collect_ask *ask);

#endif
