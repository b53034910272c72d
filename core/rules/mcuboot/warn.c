/* What rides on a verdict.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/bootutil_find_key.c,
 * bootutil_img_security_cnt.c, image_validate.c.
 */
#include "mcuboot.h"

static void warn(struct kf_verdict *out, enum kf_reason_id reason,
		 const char *rule, const char *text)
{
	struct kf_finding *w = kf_warn(out, reason, rule);

	if (w)
		kf_prove_text(w, text);
}

void mcuboot_warn(struct kf_verdict *out, const struct mcuboot_case *k,
		  const struct mcuboot_result *r)
{
	if (r->answer == KF_REJECT) {
		if (r->replaced)
			warn(out, KF_REASON_INSTALLED_LOST, "MCUBOOT-25",
			     "what was installed is overwritten");
		return;
	}
	if (k->device->known[MCUBOOT_Q_SIGNATURE] == MCUBOOT_NONE)
		warn(out, KF_REASON_NOT_ENFORCED, "MCUBOOT-23",
		     "the bootloader was built without a signature type, and starts whatever has the right digest");
	if (r->short_id)
		warn(out, KF_REASON_KEY_ID_SHORT, "MCUBOOT-12",
		     "KEYHASH");
	if (r->assumed_digest)
		warn(out, KF_REASON_DIGEST_NOT_CHECKED, "MCUBOOT-33",
		     "its payload is encrypted");
	if (r->plain_counter)
		warn(out, KF_REASON_COUNTER_UNPROTECTED, "MCUBOOT-25",
		     "SEC_CNT");
	if (r->swapped_for_test)
		warn(out, KF_REASON_TEST_BOOT, "MCUBOOT-31",
		     "swap for a test");
}
