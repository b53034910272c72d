/* Is anything verified at all, and on what machine? UEFI-26.
 *
 * Source: edk2 SecurityPkg/Library/DxeImageVerificationLib/
 * DxeImageVerificationLib.c:DxeImageVerificationHandler (reads SecureBoot);
 * SecurityPkg/Library/AuthVariableLib/AuthVariableLib.c:
 * AuthVariableLibInitialize (computes it from PK and SecureBootEnable).
 */
#include "edk2.h"

#include "core/variables.h"

/* first_byte is a variable's first byte; `otherwise` where it is empty. */
static unsigned first_byte(const struct kf_part *part, unsigned otherwise)
{
	return part->bytes.len ? part->bytes.data[0] : otherwise;
}

/* told is the mode that a running system tells itself. Without a SecureBoot
 * variable nothing is verified; with one of other attributes than the firmware
 * makes it with, or of more than a byte, all is, whatever it says. Attributes
 * that are not known are 0. */
static enum edk2_mode told(const struct kf_part *now)
{
	const uint32_t made = KF_VARIABLE_AT_BOOT | KF_VARIABLE_AT_RUNTIME;

	if (now->presence == KF_UNKNOWN)
		return EDK2_UNSURE;
	if (now->presence == KF_ABSENT)
		return EDK2_SECURE_BOOT_OFF;
	return now->bytes.len == 1 && now->bytes.data[0] == 0 &&
	       (now->attributes == made || now->attributes == 0)
		? EDK2_SECURE_BOOT_OFF : EDK2_ENFORCED;
}

/* next is the mode that edk2 computes at the next start. A part that is there
 * and unknown could not be read; of parts that are not there, a partial store
 * says nothing, and Secure Boot counts as on. */
static enum edk2_mode next(const struct kf_part *pk,
			   const struct kf_part *enable)
{
	if (pk && pk->presence == KF_UNKNOWN)
		return EDK2_UNSURE;
	if (!enable || enable->presence == KF_ABSENT)
		return EDK2_ENFORCED;
	if (enable->presence == KF_UNKNOWN)
		return EDK2_UNSURE;
	return first_byte(enable, 1) == 1 ? EDK2_ENFORCED
					  : EDK2_SECURE_BOOT_OFF;
}

enum edk2_mode edk2_mode(const struct kf_store *store)
{
	const struct kf_part *now = kf_store_part(store, "secure-boot");
	const char *setting = kf_store_setting(store, "secure-boot");

	if (kf_same(setting, "off"))
		return EDK2_SECURE_BOOT_OFF;
	if (kf_same(setting, "on"))
		return EDK2_ENFORCED;
	if (kf_store_presence(store, "pk") == KF_ABSENT)
		return EDK2_SETUP_MODE;
	if (now)
		return told(now);
	return next(kf_store_part(store, "pk"),
		    kf_store_part(store, "secure-boot-enable"));
}

uint16_t edk2_machine(const struct kf_store *store,
		      const struct edk2_profile *profile)
{
	static const uint16_t all[] = {
		KF_PE_MACHINE_X64, KF_PE_MACHINE_I386, KF_PE_MACHINE_ARM64,
		KF_PE_MACHINE_ARM, KF_PE_MACHINE_RISCV64,
		KF_PE_MACHINE_LOONGARCH64,
	};
	const char *name = kf_store_setting(store, "machine");

	for (size_t i = 0; name && i < sizeof(all) / sizeof(all[0]); i++)
		if (kf_same(name, kf_pe_machine_name(all[i])))
			return all[i];
	return profile->machine;
}
