/* Is anything verified at all? UEFI-26.
 *
 * Source: edk2 SecurityPkg/Library/DxeImageVerificationLib/
 * DxeImageVerificationLib.c:DxeImageVerificationHandler (reads SecureBoot);
 * SecurityPkg/Library/AuthVariableLib/AuthVariableLib.c:
 * AuthVariableLibInitialize (computes it from PK and SecureBootEnable).
 */
#include "edk2.h"

static bool is(const char *a, const char *b)
{
	return a && kf_equal(kf_text(a), kf_text(b));
}

/* first_byte is a variable's first byte; `otherwise` where it is empty. */
static unsigned first_byte(const struct kf_part *part, unsigned otherwise)
{
	return part->bytes.len ? part->bytes.data[0] : otherwise;
}

enum edk2_mode edk2_mode(const struct kf_store *store)
{
	const struct kf_part *now = kf_store_part(store, "secure-boot");
	const struct kf_part *enable = kf_store_part(store,
						     "secure-boot-enable");
	const char *setting = kf_store_setting(store, "secure-boot");

	if (is(setting, "off"))
		return EDK2_SECURE_BOOT_OFF;
	if (is(setting, "on"))
		return EDK2_ENFORCED;
	if (kf_store_presence(store, "pk") == KF_ABSENT)
		return EDK2_SETUP_MODE;
	/* A running system tells the state itself. */
	if (now && now->presence == KF_PRESENT)
		return first_byte(now, 1) == 0 ? EDK2_SECURE_BOOT_OFF
					       : EDK2_ENFORCED;
	/* Else edk2 computes it at the next start. */
	if (enable && enable->presence == KF_PRESENT)
		return first_byte(enable, 1) == 1 ? EDK2_ENFORCED
						  : EDK2_SECURE_BOOT_OFF;
	return EDK2_ENFORCED;
}
