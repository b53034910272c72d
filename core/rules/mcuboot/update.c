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
 * boot_read_image_headers.
 */
#include "mcuboot.h"

enum { EARLY_RANK = 2, LATE_RANK = 36 };

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
	if (k->device->installed == KF_ABSENT ||
	    !mcuboot_is(k, MCUBOOT_Q_DOWNGRADE) || !is_older(k, false))
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

/* reopens: a swap encrypts the installed image again, if it was. MCUBOOT-36. */
static bool reopens(struct mcuboot_case *k)
{
	const struct mcuboot_device *d = k->device;
	struct mcuboot_payload_key key;
	bool found;

	if (d->installed != KF_PRESENT || d->has_private != KF_PRESENT ||
	    d->old.header.magic != KF_MCUBOOT_MAGIC ||
	    !mcuboot_is_encrypted(&d->old) ||
	    mcuboot_open(k, &d->old, &key, &found))
		return true;
	mcuboot_refuse(k, KF_REASON_VERIFIER_FAULT, "MCUBOOT-36", LATE_RANK);
	kf_prove(&k->run.why, KF_EV_STORE_PART, "installed");
	kf_prove_text(&k->run.why, "the installed image is marked as encrypted, for another device key, and the swap asserts that it can be encrypted again");
	k->run.outcome = "device-fault";
	return false;
}

/* leaves: the installed image has to come out of its slot. */
static bool leaves(struct mcuboot_case *k)
{
	return measurable(k) && reopens(k);
}

/* swaps: how long the image stays, and whether its counter can be kept. */
static bool swaps(struct mcuboot_case *k, enum mcuboot_trailer trailer)
{
	uint32_t counter;

	k->run.swapped_for_test = trailer == MCUBOOT_TRAILER_TEST ||
		(trailer == MCUBOOT_TRAILER_NONE &&
		 k->device->known[MCUBOOT_Q_SWAP] == 0);
	if (mcuboot_counter(&counter, k->image) ||
	    !mcuboot_is(k, MCUBOOT_Q_ROLLBACK))
		return true;
	k->run.swapped_for_test = !is_permanent(k, trailer);
	k->run.plain_counter = k->run.swapped_for_test;
	return k->run.swapped_for_test ||
	       mcuboot_readable_counter(k, "device-fault");
}

/* finish does what comes after a good image was found. */
static bool finish(struct mcuboot_case *k, enum mcuboot_mode mode,
		   enum mcuboot_trailer trailer)
{
	if (mode != MCUBOOT_OVERWRITE)
		return downgrade_late(k) && leaves(k) &&
		       mcuboot_copies_well(k) && swaps(k, trailer);
	k->run.replaced = true;
	return mcuboot_copies_well(k) &&
	       mcuboot_readable_counter(k, "device-fault");
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
	return mcuboot_header_fits(k, &s) && mcuboot_decrypts(k) &&
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

	if (!mcuboot_counts_sectors(k) || !mcuboot_file_fits(k, &s))
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
