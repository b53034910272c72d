/* What keyfit rebuild is made of.
 */
#ifndef KEYFIT_APPS_CLI_REBUILD_H
#define KEYFIT_APPS_CLI_REBUILD_H

#include "approve.h"

/* kf_rebuild_compare tells whether two files have one payload, and where they
 * differ. Returns an exit status. */
KF_MUST int kf_rebuild_compare(struct kf_approve *a, const char *first,
			       const char *second);

#endif
