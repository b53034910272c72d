/* Which versions of U-Boot there are rules for, and how each was built.
 *
 * Source: u-boot/u-boot, at the versions named here, configs:
 * qemu_arm64_defconfig.
 */
#include "u_boot_fit.h"

static const char unpacks[] = "gzip,lzma,lz4";

static const struct fit_profile upstream = {
	.version = "2026.10-rc2",
	.best_match = true,
	.falls_back = true,
	.overlays = true,
	.copies = true,
	.deep_check = true,
	.bounds = true,
	.strings_bound = true,
	.verity = true,
	.empty_kernel = true,
	.noload = true,
	.more_types = true,
	.late_padding = true,
	.unpacks = unpacks,
	.room = 0x8000000,
	.noload_room = true,
	.lazy_overlays = true,
	.kernel_header = true,
};

static const struct fit_profile debian_12 = {
	.version = "2023.01+dfsg-2+deb12u3",
	.best_match = true,
	.unpacks = unpacks,
	.room = 0x4000000,
	.zstd_careless = true,
};

static const struct fit_profile released = {
	.version = "2023.01",
	.believes = true,
	.best_match = true,
	.unpacks = unpacks,
	.room = 0x4000000,
	.zstd_careless = true,
};

/* What stands between two versions did not change, but for what was mended in
 * between and brought back to older ones. */
static const struct fit_profile *const several[] = {
	&released, &debian_12, &upstream, NULL,
};

static const struct fit_profile between = {
	.version = "2023.01 and of 2026.10-rc2",
	.all = several,
};

extern const struct kf_verifier kf_rules_u_boot_fit;

const struct kf_rules fit_rules[] = {
	{ "u-boot-fit",
	  "U-Boot, upstream, by what 2026.10-rc2 does, as built for qemu_arm64",
	  &kf_rules_u_boot_fit, &upstream, false },
	{ "u-boot-fit-2023.01",
	  "U-Boot 2023.01, Debian 12's u-boot-qemu for qemu_arm64",
	  &kf_rules_u_boot_fit, &debian_12, true },
	{ "u-boot-fit-2023.01-released",
	  "U-Boot 2023.01 as it was released, for qemu_arm64",
	  &kf_rules_u_boot_fit, &released, true },
	{ "u-boot-fit-2026.10-rc2", "U-Boot 2026.10-rc2, for qemu_arm64",
	  &kf_rules_u_boot_fit, &upstream, true },
	{ "u-boot-fit-2023.01-to-2026.10",
	  "U-Boot of another version: what 2023.01 and 2026.10-rc2 agree on",
	  &kf_rules_u_boot_fit, &between, false },
	{ NULL, NULL, NULL, NULL, false },
};

const struct kf_choice fit_choices[] = {
	{ "configuration", "TEXT",
	  "the configuration that is asked for: bootm ADDRESS#NAME" },
	{ "verify", "on|off",
	  "off: the environment has verify=n, and nothing is verified" },
	{ "best-match", "on|off",
	  "built with FIT_BEST_MATCH: the configuration for the board" },
	{ "pss", "on|off", "built with RSASSA_PSS" },
	{ "overlays", "on|off", "built with OF_LIBFDT_OVERLAY" },
	{ "unpacks", "TEXT",
	  "what it was built to unpack: gzip,lzma,lz4, bzip2, lzo, zstd" },
	{ "bootm-len", "NUMBER", "SYS_BOOTM_LEN, the room for a kernel" },
	{ "version", "TEXT", "what the device's U-Boot calls itself: 2024.04" },
	{ NULL, NULL, NULL },
};

const struct fit_profile *fit_version(const struct kf_rules *rules,
				      uint32_t index)
{
	const struct fit_profile *profile = rules->profile;

	if (profile->all)
		return profile->all[index];
	return index == 0 ? profile : NULL;
}
