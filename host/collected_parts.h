/* What the files share that take a collected file apart.
 */
#ifndef KEYFIT_HOST_COLLECTED_PARTS_H
#define KEYFIT_HOST_COLLECTED_PARTS_H

#include "device.h"
#include "json_read.h"

/* collected_rauc.c: kf_collected_rauc reads what RAUC trusts.
 * Fails: KF_WRONG_USE, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_collected_rauc(struct kf_opening *o,
					 struct kf_device_verifier *v,
					 json_t *rauc);

#endif
