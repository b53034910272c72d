/* Is anything verified at all? And what the one-byte variables and settings
 * say. UEFI-59.
 *
 * Source: rhboot/shim, shim.c:secure_mode; mok.c:import_one_mok_state,
 * maybe_mirror_one_mok_variable, mok_state_variable_data; lib/variables.c:
 * variable_is_secureboot, variable_is_setupmode; edk2 SecurityPkg/Library/
 * AuthVariableLib/AuthVariableLib.c:AuthVariableLibInitialize (computes
 * SecureBoot from PK and SecureBootEnable).
 */
#include "shim.h"

#include "core/variables.h"

const struct kf_part *shim_kept_part(const struct kf_store *store,
				     const char *name)
{
	const struct kf_part *part = kf_store_part(store, name);
	const uint32_t kept = KF_VARIABLE_KEPT | KF_VARIABLE_AT_BOOT;

	/* Attributes that are not known are 0. */
	if (part && part->presence == KF_PRESENT && part->attributes &&
	    (!(part->attributes & kept) ||
	     part->attributes & KF_VARIABLE_AT_RUNTIME))
		return NULL;
	return part && part->presence == KF_PRESENT ? part : NULL;
}

/* state is a variable's one byte; one of another size says nothing. */
static uint8_t state(const struct kf_store *store, const char *name)
{
	const struct kf_part *part = shim_kept_part(store, name);

	return part && part->bytes.len == 1 ? part->bytes.data[0] : 0;
}

static bool is_unknown(const struct kf_part *part)
{
	return part && part->presence == KF_UNKNOWN;
}

/* told is the mode that a running system tells itself: one byte, 1. */
static enum shim_mode told(const struct kf_part *now)
{
	if (now->presence == KF_UNKNOWN)
		return SHIM_UNSURE;
	return now->presence == KF_PRESENT && now->bytes.len == 1 &&
	       now->bytes.data[0] == 1 ? SHIM_ENFORCED : SHIM_SECURE_BOOT_OFF;
}

/* computed is the mode that the firmware computes at the next start. Of parts
 * that are not there, a partial store says nothing, and Secure Boot counts as
 * on. */
static enum shim_mode computed(const struct kf_part *pk,
			       const struct kf_part *on)
{
	if (is_unknown(pk) || is_unknown(on))
		return SHIM_UNSURE;
	return on && on->presence == KF_PRESENT && on->bytes.len &&
	       on->bytes.data[0] != 1 ? SHIM_SECURE_BOOT_OFF : SHIM_ENFORCED;
}

/* firmware_mode is what the firmware's own variables say. */
static enum shim_mode firmware_mode(const struct kf_store *store,
				    const char **waits)
{
	const struct kf_part *now = kf_store_part(store, "secure-boot");
	const struct kf_part *pk = kf_store_part(store, "pk");
	const char *setting = kf_store_setting(store, "secure-boot");

	if (kf_same(setting, "on"))
		return SHIM_ENFORCED;
	if (kf_same(setting, "off"))
		return SHIM_SECURE_BOOT_OFF;
	if (kf_store_presence(store, "pk") == KF_ABSENT)
		return SHIM_SETUP_MODE;
	*waits = is_unknown(pk) ? "pk" : "secure-boot";
	return now ? told(now)
		   : computed(pk, kf_store_part(store, "secure-boot-enable"));
}

/* validation turns verification off where the owner said so with MokManager.
 * A partial store that says nothing of it is taken to verify. */
static void validation(struct shim_trust *trust, const struct kf_store *store)
{
	const struct kf_part *part = kf_store_part(store, "mok-sb-state");

	if (trust->mode > SHIM_UNSURE)
		return;
	if (part && part->presence == KF_UNKNOWN) {
		trust->mode = SHIM_UNSURE;
		trust->waits = "mok-sb-state";
	} else if (state(store, "mok-sb-state")) {
		trust->mode = SHIM_VALIDATION_OFF;
	}
}

/* memory: does the device refuse images that do not keep code and data
 * apart? shim 16.1 does where it does so itself, and the firmware too. */
static void memory(struct shim_trust *trust, const struct kf_store *store,
		   const struct shim_profile *profile)
{
	const char *setting = kf_store_setting(store, "nx");

	trust->needs_nx = kf_same(setting, "on");
	if (!setting && profile->forces_nx &&
	    (!trust->has_shim || trust->shim.nx_compat))
		trust->doubts |= 1u << SHIM_DOUBT_NX;
}

void shim_enforce(struct shim_trust *trust, const struct kf_store *store,
		  const struct shim_profile *profile)
{
	const char *via = kf_store_setting(store, "via");

	trust->mode = firmware_mode(store, &trust->waits);
	validation(trust, store);
	memory(trust, store, profile);
	trust->by_protocol = kf_same(via, "protocol");
	trust->ignores_db = state(store, "mok-db-state") != 0;
	if (kf_store_presence(store, "mok-db-state") == KF_UNKNOWN)
		trust->doubts |= 1u << SHIM_DOUBT_DB_STATE;
}
