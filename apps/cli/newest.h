/* Newer tables of what is known, in place of those that keyfit carries.
 */
#ifndef KEYFIT_APPS_CLI_NEWEST_H
#define KEYFIT_APPS_CLI_NEWEST_H

#include "options.h"

#include "analysis/known.h"

/* kf_newest_read reads the files that --newest names, in their order. Says what
 * is wrong. Returns an exit status. Owns: `tables->base`, until free, also when
 * it fails. */
KF_MUST int kf_newest_read(struct kf_known *known, struct kf_arena *tables,
			   const struct kf_arguments *arguments);

#endif
