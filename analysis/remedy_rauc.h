/* What the files share that look for remedies of RAUC.
 */
#ifndef KEYFIT_ANALYSIS_REMEDY_RAUC_H
#define KEYFIT_ANALYSIS_REMEDY_RAUC_H

#include "remedy_try.h"

/* kf_rauc_configured makes a system.conf in which a key has another value, or
 * with NULL is not there. Fails: the empty view; where no memory is left
 * `a->status` says so. */
struct kf_bytes kf_rauc_configured(struct kf_attempt *a, const char *group,
				   const char *key, const char *value);

/* kf_rauc_config is a key's value as it stands in system.conf; empty: there is
 * none. */
struct kf_bytes kf_rauc_config(struct kf_attempt *a, const char *group,
			       const char *key);

/* remedy_rauc_config.c: kf_rauc_configure offers other settings of the device,
 * kf_rauc_build other words in the manifest. */
void kf_rauc_configure(struct kf_attempt *a);
void kf_rauc_build(struct kf_attempt *a);

/* The words about a change that a device has to get first. */
extern const char kf_rauc_first[];

#endif
