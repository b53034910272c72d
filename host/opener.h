/* What opens containers for the core.
 */
#ifndef KEYFIT_HOST_OPENER_H
#define KEYFIT_HOST_OPENER_H

#include <keyfit/env.h>

extern const struct kf_opener kf_opener_members;

#endif
