/* An update: the file in the secondary slot, marked as pending, and a boot.
 * MCUBOOT-27, MCUBOOT-28, MCUBOOT-30, MCUBOOT-31, MCUBOOT-32.
 *
 * What is installed counts as an image that starts, of a version that is not
 * known, unless it is told.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/loader.c:
 * boot_prepare_image_for_update, boot_validate_slot,
 * check_downgrade_prevention, boot_perform_update, boot_copy_image,
 * find_slot_with_highest_version; bootutil_loader.c:boot_check_image,
 * boot_read_image_headers; encrypted.c:boot_enc_load.
 */
#include "mcuboot.h"

enum { EARLY_RANK = 2, ENCRYPTION_RANK = 4, LATE_RANK = 36 };

static bool not_started(struct mcuboot_case *k, const char *why)
{
	mcuboot_refuse(k, KF_REASON_UPDATE_NOT_STARTED, "MCUBOOT-30",
		       EARLY_RANK);
	kf_prove_text(&k->run.why, why);
	return false;
}

static bool is_older(struct mcuboot_case *k, bool or_same)
{
	const struct mcuboot_device *d = k->device;
	int difference;

	if (d->installed == KF_UNKNOWN)
		return mcuboot_is(k, MCUBOOT_Q_OLDER);
	difference = mcuboot_compare(k, &k->image->header.version,
				     &d->old.header.version);
	return difference < 0 || (or_same && difference == 0);
}

static bool downgrade(struct mcuboot_case *k, const char *rule, int rank)
{
	mcuboot_refuse(k, KF_REASON_VERSION_DOWNGRADE, rule, rank);
	kf_prove_field(&k->run.why, "ih_ver", 20, 8);
	return false;
}

/* downgrade_early is overwrite-only's: it asks before it validates, and looks
 * at the header of what is installed alone. */
static bool downgrade_early(struct mcuboot_case *k)
{
	if (k->device->installed == KF_ABSENT || !is_older(k, false) ||
	    !mcuboot_is(k, MCUBOOT_Q_DOWNGRADE))
		return true;
	return downgrade(k, "MCUBOOT-28", EARLY_RANK);
}

/* lower_counter compares the counters of both images. */
static bool lower_counter(struct mcuboot_case *k)
{
	uint32_t own, old;

	if (k->device->installed == KF_UNKNOWN)
		return mcuboot_is(k, MCUBOOT_Q_INSTALLED_COUNTER);
	if (!mcuboot_counter(&old, &k->device->old))
		return false;
	return !mcuboot_counter(&own, k->image) || own < old;
}

/* downgrade_late is that of the swaps. */
static bool downgrade_late(struct mcuboot_case *k)
{
	bool by_counter;

	if (!mcuboot_is(k, MCUBOOT_Q_DOWNGRADE))
		return true;
	by_counter = mcuboot_is(k, MCUBOOT_Q_DOWNGRADE_COUNTER);
	if (by_counter ? !lower_counter(k) : !is_older(k, false))
		return true;
	return downgrade(k, "MCUBOOT-27", LATE_RANK);
}

/* encrypted_len is how long an entry of a type is in this build. */
static size_t encrypted_len(const struct mcuboot_device *d, uint16_t type)
{
	size_t key_len = d->aes256 ? 32 : 16;

	switch (type) {
	case KF_MCUBOOT_ENC_RSA2048:
		return 256;
	case KF_MCUBOOT_ENC_KW:
		return key_len + 8;
	case KF_MCUBOOT_ENC_EC256:
		return 65 + 32 + key_len;
	case KF_MCUBOOT_ENC_X25519:
		return 32 + 32 + key_len;
	default:
		return 32 + 64 + key_len;
	}
}

/* has_key: the first entry of the build's type counts. */
static bool has_key(const struct mcuboot_case *k, uint16_t type)
{
	const struct mcuboot_device *d = k->device;
	uint16_t wanted = d->encryption_type;
	struct mcuboot_walk w;

	if (wanted == KF_MCUBOOT_ENC_X25519 && d->hmac_sha512)
		wanted = KF_MCUBOOT_ENC_X25519_SHA512;
	if (wanted && wanted != type)
		return false;
	return mcuboot_walk_start(&w, k->image, false) &&
	       mcuboot_walk_find(&w, type) == MCUBOOT_ENTRY &&
	       (!wanted || w.entry.len == encrypted_len(d, type));
}

/* decrypts: the device needs an entry that its own key opens. MCUBOOT-33. */
static bool decrypts(struct mcuboot_case *k)
{
	static const uint16_t types[] = {
		KF_MCUBOOT_ENC_RSA2048, KF_MCUBOOT_ENC_KW,
		KF_MCUBOOT_ENC_EC256, KF_MCUBOOT_ENC_X25519,
		KF_MCUBOOT_ENC_X25519_SHA512,
	};
	bool found = false;

	if (!(k->image->header.flags &
	      (KF_MCUBOOT_AES128 | KF_MCUBOOT_AES256)))
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		found |= has_key(k, types[i]);
	k->run.decrypts = found && !mcuboot_is(k, MCUBOOT_Q_DECRYPTS);
	if (k->run.decrypts)
		return true;
	mcuboot_refuse(k, KF_REASON_DECRYPTION, "MCUBOOT-33",
		       ENCRYPTION_RANK);
	kf_prove_text(&k->run.why, found
		      ? "its key was encrypted for another device key"
		      : "it has no entry with its key that this build reads");
	return false;
}

/* in_primary asks whether an address is one of the primary slot. */
static bool in_primary(struct mcuboot_case *k, uint32_t at)
{
	const struct mcuboot_device *d = k->device;

	if (!d->address.told || !d->slot_len.told)
		return !mcuboot_is(k, MCUBOOT_Q_ADDRESS);
	return at >= d->address.value &&
	       at - d->address.value < d->slot_len.value;
}

/* addressed: the payload has to be made for the primary slot, where a build
 * asks that. MCUBOOT-34. */
static bool addressed(struct mcuboot_case *k)
{
	bool load = mcuboot_is(k, MCUBOOT_Q_CHECK_LOAD);
	const struct mcuboot_image *m = k->image;
	uint32_t at = load ? m->header.load_at : m->vector;

	if (!load && (!mcuboot_is(k, MCUBOOT_Q_VERIFY_ADDRESS) ||
		      mcuboot_is(k, MCUBOOT_Q_ENCRYPTION)))
		return true;
	if (in_primary(k, at))
		return true;
	mcuboot_refuse(k, KF_REASON_WRONG_ADDRESS, "MCUBOOT-34", LATE_RANK);
	kf_prove_field(&k->run.why, load ? "ih_load_addr" : "reset vector",
		       load ? 4 : m->header.header_len + 4u, 4);
	kf_prove_value(&k->run.why, at, k->device->address.value);
	return false;
}

/* is_permanent: as the file says, or as whoever installs it does. */
static bool is_permanent(struct mcuboot_case *k, enum mcuboot_trailer trailer)
{
	if (trailer != MCUBOOT_TRAILER_NONE)
		return trailer == MCUBOOT_TRAILER_KEEP;
	return mcuboot_is(k, MCUBOOT_Q_SWAP);
}

/* has_primary: moving and swapping at an offset need an image in the primary
 * slot; swapping over a scratch area does not. */
static bool has_primary(struct mcuboot_case *k, enum mcuboot_mode mode)
{
	const struct mcuboot_device *d = k->device;

	if (mode == MCUBOOT_SCRATCH || d->installed == KF_UNKNOWN ||
	    d->old.header.magic == KF_MCUBOOT_MAGIC)
		return true;
	if (d->installed == KF_ABSENT && mcuboot_is(k, MCUBOOT_Q_BOOTSTRAP))
		return true;
	return not_started(k, "a swap needs an image in the primary slot, and there is none");
}

/* measurable: a swap stops the device where it cannot tell how long the
 * installed image is. MCUBOOT-36. */
static bool measurable(struct mcuboot_case *k)
{
	const struct mcuboot_device *d = k->device;
	struct mcuboot_walk w;

	if (d->installed != KF_PRESENT ||
	    d->old.header.magic != KF_MCUBOOT_MAGIC ||
	    mcuboot_walk_start(&w, &d->old, false))
		return true;
	mcuboot_refuse(k, KF_REASON_VERIFIER_FAULT, "MCUBOOT-36", LATE_RANK);
	kf_prove(&k->run.why, KF_EV_STORE_PART, "installed");
	kf_prove_text(&k->run.why, "the areas of the installed image do not add up, and the swap asserts that they do");
	k->run.outcome = "device-fault";
	return false;
}

/* finish does what comes after a good image was found. */
static bool finish(struct mcuboot_case *k, enum mcuboot_mode mode,
		   enum mcuboot_trailer trailer)
{
	uint32_t counter;

	if (mode == MCUBOOT_OVERWRITE) {
		k->run.replaced = true;
		return mcuboot_readable_counter(k, "device-fault");
	}
	if (!downgrade_late(k) || !measurable(k))
		return false;
	k->run.swapped_for_test = trailer == MCUBOOT_TRAILER_TEST ||
		(trailer == MCUBOOT_TRAILER_NONE &&
		 k->device->known[MCUBOOT_Q_SWAP] == 0);
	if (mcuboot_counter(&counter, k->image) ||
	    !mcuboot_is(k, MCUBOOT_Q_ROLLBACK))
		return true;
	k->run.swapped_for_test = !is_permanent(k, trailer);
	k->run.plain_counter = k->run.swapped_for_test;
	return k->run.swapped_for_test || mcuboot_readable_counter(k, "device-fault");
}

/* moves: overwrite-only and the swaps. */
static bool moves(struct mcuboot_case *k, enum mcuboot_mode mode,
		  enum mcuboot_trailer trailer)
{
	const struct mcuboot_slot s = { k->image, true };

	if (mode == MCUBOOT_OVERWRITE
	    ? !mcuboot_bootable(k, &s) || !downgrade_early(k)
	    : !has_primary(k, mode) || !mcuboot_bootable(k, &s))
		return false;
	return mcuboot_header_fits(k, &s) && decrypts(k) &&
	       mcuboot_validate(k, &s) && addressed(k) &&
	       mcuboot_dependencies(k, k->image) && finish(k, mode, trailer);
}

/* is_beaten: with equal slots the higher version starts, and the primary slot
 * of two that are the same, if it is any good. */
static bool is_beaten(struct mcuboot_case *k)
{
	const struct mcuboot_device *d = k->device;
	bool beaten = d->installed != KF_ABSENT && is_older(k, true) &&
		      (d->installed == KF_UNKNOWN ||
		       mcuboot_starts(k, &d->old));

	if (!beaten)
		return false;
	mcuboot_refuse(k, KF_REASON_NOT_HIGHEST_VERSION, "MCUBOOT-32",
		       EARLY_RANK);
	kf_prove_field(&k->run.why, "ih_ver", 20, 8);
	return true;
}

static bool beside(struct mcuboot_case *k, enum mcuboot_trailer trailer)
{
	const struct mcuboot_slot s = { k->image, true };
	bool revert;

	if (!mcuboot_bootable(k, &s) || !mcuboot_header_fits(k, &s) ||
	    is_beaten(k) || !mcuboot_rom_address(k, &s) ||
	    !mcuboot_validate(k, &s) || !mcuboot_dependencies(k, k->image))
		return false;
	revert = mcuboot_is(k, MCUBOOT_Q_REVERT);
	return (revert && trailer != MCUBOOT_TRAILER_KEEP) ||
	       mcuboot_readable_counter(k, "blocked-at-boot");
}

/* left is what a refused update leaves behind. */
static const char *left(struct mcuboot_case *k)
{
	const struct mcuboot_device *d = k->device;

	if (k->run.replaced || d->installed == KF_ABSENT)
		return "blocked-at-boot";
	return d->installed == KF_UNKNOWN || mcuboot_starts(k, &d->old)
	       ? "falls-back" : "blocked-at-boot";
}

static bool installs(struct mcuboot_case *k, enum mcuboot_trailer trailer)
{
	const struct mcuboot_slot s = { k->image, true };
	enum mcuboot_mode mode = (enum mcuboot_mode)
		mcuboot_ask(k, MCUBOOT_Q_MODE, MCUBOOT_NUM_MODES);

	if (!mcuboot_file_fits(k, &s))
		return false;
	if (mode == MCUBOOT_SINGLE)
		return not_started(k, "the device has one slot alone");
	return mode == MCUBOOT_XIP ? beside(k, trailer)
				   : moves(k, mode, trailer);
}

void mcuboot_update(struct mcuboot_case *k)
{
	enum mcuboot_trailer trailer;

	if (mcuboot_odd(k, &trailer))
		return;
	if (installs(k, trailer)) {
		k->run.answer = KF_ACCEPT;
		k->run.outcome = "installs";
	} else if (!k->run.outcome && k->run.answer == KF_REJECT) {
		k->run.outcome = left(k);
	}
}
