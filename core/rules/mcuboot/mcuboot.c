/* MCUboot: its profile, what it asks for, and the answer.
 *
 * MCUboot has no one behaviour: a build has one signature type, one way to
 * bring an update into place, and options; all of these are settings here. The
 * profile is bootutil at one commit, with Mbed TLS for RSA and P-256, PSA for
 * P-384 and its own Ed25519, unless the options name another library.
 *
 * Source: mcu-tools/mcuboot boot/bootutil, at the commit that the profile
 * names.
 */
#include "mcuboot.h"

#include "core/setting.h"

#include <string.h>

extern const struct kf_verifier kf_rules_mcuboot;

static const struct mcuboot_profile bootutil = {
	.backend = MCUBOOT_MBED_TLS,
};

static const struct kf_rules profiles[] = {
	{ "mcuboot", "MCUboot, bootutil 2d4bacc3c1 (2026-07)",
	  &kf_rules_mcuboot, &bootutil, true },
	{ NULL, NULL, NULL, NULL, false },
};

static const char *const formats[] = { "mcuboot", NULL };

static const char *const parts[] = { "key", "installed", "config",
				     "encryption-key", NULL };

static const struct kf_choice choices[] = {
	{ "operation", "boot|update",
	  "whether the file lies in the primary slot, or in the secondary one as a pending update" },
	{ "signature", "ec256|ec384|rsa2048|rsa3072|ed25519|none",
	  "which signature type the bootloader was built for" },
	{ "options", KF_SETTING_TEXT,
	  "all other options that it was built with, bootutil's names without MCUBOOT_, with commas" },
	{ "slot-size", KF_SETTING_NUMBER, "bytes of a slot" },
	{ "sector-size", KF_SETTING_NUMBER, "bytes of a sector of a slot" },
	{ "scratch-size", KF_SETTING_NUMBER, "bytes of the scratch area" },
	{ "write-size", KF_SETTING_NUMBER,
	  "bytes that the flash writes at once" },
	{ "security-counter", KF_SETTING_NUMBER,
	  "the device's security counter" },
	{ "key-hash", KF_SETTING_TEXT,
	  "the fused hash of the key (HW_KEY), hex digits" },
	{ "encryption-key", "matches|differs",
	  "whether the device has the key that the image is encrypted for" },
	{ "swap", "test|permanent",
	  "how an update is marked, where the file does not say" },
	{ "slot-address", KF_SETTING_NUMBER, "where the primary slot starts" },
	{ "second-slot-address", KF_SETTING_NUMBER,
	  "where the secondary slot starts" },
	{ "image", "0|1", "which of several images the file is" },
	{ "other-version", KF_SETTING_TEXT,
	  "version of the other image, as 1.2.3+4" },
	{ NULL, NULL, NULL },
};


static void release(void *state, struct kf_env *env)
{
	(void)state;
	(void)env;
}

static enum kf_status decide(struct kf_verdict *out, void *state,
			     const struct kf_store *store,
			     const struct kf_rules *rules, struct kf_env *env)
{
	struct mcuboot_case *k = kf_arena_take(env->arena, sizeof(*k));

	memset(out, 0, sizeof(*out));
	out->outcome = "unknown";
	if (!k)
		return KF_NO_MEMORY;
	if (!env->crypto->key_verify)
		return KF_NO_CRYPTO;
	k->image = state;
	k->device = kf_store_state(store, rules);
	k->env = env;
	return mcuboot_settle(out, k);
}

const struct kf_verifier kf_rules_mcuboot = {
	.name = "mcuboot",
	.title = "MCUboot: images of microcontrollers",
	.family = "MCUBOOT",
	.stage = "boot",
	.formats = formats,
	.parts = parts,
	.choices = choices,
	.profiles = profiles,
	.prepare = mcuboot_prepare,
	.prepare_store = mcuboot_device,
	.release = release,
	.decide = decide,
};
