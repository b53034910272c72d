/* How a run ends: the first refusal is the one that the device comes to.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/image_validate.c.
 */
#include "mcuboot.h"

bool mcuboot_refuse(struct mcuboot_case *k, enum kf_reason_id reason,
		    const char *rule, int rank)
{
	struct mcuboot_result *r = &k->run;

	if (r->why.reason)
		return false;
	kf_find(&r->why, reason, rule);
	r->answer = KF_REJECT;
	r->rank = rank;
	return false;
}
