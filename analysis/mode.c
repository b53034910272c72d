/* Without a platform key nothing is verified, whatever else is set. UEFI-26
 */
#include "mode.h"

#include "core/reasons.h"

bool kf_mode_set(const struct kf_store *store, const char *name, uint8_t value)
{
	const struct kf_part *part = kf_store_part(store, name);

	return part && part->presence == KF_PRESENT && part->bytes.len == 1 &&
	       part->bytes.data[0] == value;
}

struct kf_mode kf_mode_of(const struct kf_store *store)
{
	const struct kf_reason *off = &kf_reasons[KF_REASON_SECURE_BOOT_OFF];
	const struct kf_reason *setup = &kf_reasons[KF_REASON_SETUP_MODE];
	const char *told = kf_store_setting(store, "secure-boot");

	if (kf_same(told, "off"))
		return (struct kf_mode){ off, "secure-boot", "off" };
	if (kf_mode_set(store, "setup-mode", 1) ||
	    (!told && kf_store_presence(store, "pk") == KF_ABSENT))
		return (struct kf_mode){ setup, "pk", "none" };
	if (!told && kf_mode_set(store, "secure-boot", 0))
		return (struct kf_mode){ off, "SecureBoot", "0" };
	if (!told && !kf_store_part(store, "secure-boot") &&
	    kf_mode_set(store, "secure-boot-enable", 0))
		return (struct kf_mode){ off, "SecureBootEnable", "0" };
	return (struct kf_mode){ NULL, NULL, NULL };
}
