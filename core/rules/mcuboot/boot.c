/* A boot with the file in the primary slot, and nothing in the other one.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/loader.c:context_boot_go,
 * boot_validate_slot, boot_update_hw_rollback_protection,
 * boot_load_and_validate_images, boot_rom_address_check,
 * boot_select_or_erase; boot/zephyr/single_loader.c.
 */
#include "mcuboot.h"

enum { ADDRESS_RANK = 6 };

/* undecided ends a run that keyfit cannot weigh. */
static bool undecided(struct mcuboot_case *k, enum kf_reason_id reason,
		      const char *what)
{
	kf_find(&k->run.why, reason, NULL);
	kf_prove_text(&k->run.why, what);
	k->run.answer = KF_UNDECIDED;
	return true;
}

bool mcuboot_odd(struct mcuboot_case *k, enum mcuboot_trailer *trailer)
{
	const struct mcuboot_device *d = k->device;

	if (mcuboot_is(k, MCUBOOT_Q_ODD))
		return undecided(k, KF_REASON_BEYOND_LIMITS, d->odd);
	if (!MCUBOOT_ONE_BUILD && d->known[MCUBOOT_Q_PURE] == 1 &&
	    mcuboot_ask(k, MCUBOOT_Q_SIGNATURE, MCUBOOT_NUM_SIGNATURES) !=
	    MCUBOOT_ED25519)
		return undecided(k, KF_REASON_BEYOND_LIMITS, "SIGN_PURE without Ed25519");
	if (!MCUBOOT_ONE_BUILD && d->known[MCUBOOT_Q_HW_KEY] == 1 &&
	    (d->known[MCUBOOT_Q_BYPASS] == 1 ||
	     d->known[MCUBOOT_Q_BUILTIN_KEY] == 1))
		return undecided(k, KF_REASON_BEYOND_LIMITS, "HW_KEY beside another way to find a key");
	*trailer = mcuboot_trailer(k);
	k->run.odd_trailer = *trailer == MCUBOOT_TRAILER_ODD;
	if (k->run.odd_trailer)
		*trailer = MCUBOOT_TRAILER_NONE;
	return false;
}

bool mcuboot_rom_address(struct mcuboot_case *k, const struct mcuboot_slot *s)
{
	const struct kf_mcuboot *h = &s->image->header;
	const struct mcuboot_number *slot = s->secondary
		? &k->device->second_address : &k->device->address;

	if (!(h->flags & KF_MCUBOOT_ROM_FIXED))
		return true;
	if (slot->told ? slot->value == h->load_at
		       : !mcuboot_is(k, MCUBOOT_Q_ADDRESS))
		return true;
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, KF_REASON_WRONG_ADDRESS, "MCUBOOT-32",
		       ADDRESS_RANK);
	kf_prove_field(&k->run.why, "ih_load_addr", 4, 4);
	kf_prove_value(&k->run.why, h->load_at, slot->value);
	return false;
}

/* starts_xip: with equal slots an image is started where it lies. */
static bool starts_xip(struct mcuboot_case *k, const struct mcuboot_slot *s,
		       enum mcuboot_trailer trailer)
{
	bool revert = mcuboot_is(k, MCUBOOT_Q_REVERT);

	if (!mcuboot_rom_address(k, s))
		return false;
	if (revert && trailer == MCUBOOT_TRAILER_NONE) {
		mcuboot_refuse(k, KF_REASON_UPDATE_NOT_STARTED, "MCUBOOT-32",
			       ADDRESS_RANK);
		kf_prove_text(&k->run.why, "with DIRECT_XIP_REVERT an image without the mark of a pending one is erased");
		return false;
	}
	return mcuboot_validate(k, s) && mcuboot_dependencies(k, s->image) &&
	       ((revert && trailer != MCUBOOT_TRAILER_KEEP) ||
		mcuboot_readable_counter(k, "blocked-at-boot"));
}

/* passes: what is asked of the primary slot at each boot. MCUBOOT-35. */
static bool passes(struct mcuboot_case *k, const struct mcuboot_slot *s)
{
	if (!mcuboot_is(k, MCUBOOT_Q_VALIDATE))
		return mcuboot_bootable(k, s) && mcuboot_header_fits(k, s) &&
		       mcuboot_validate(k, s);
	if (s->image->header.magic != KF_MCUBOOT_MAGIC)
		return mcuboot_bootable(k, s);
	k->run.not_enforced = true;
	return true;
}

static bool starts(struct mcuboot_case *k, const struct mcuboot_slot *s,
		   enum mcuboot_trailer trailer)
{
	enum mcuboot_mode mode = (enum mcuboot_mode)
		mcuboot_ask(k, MCUBOOT_Q_MODE, MCUBOOT_NUM_MODES);

	if (mode == MCUBOOT_XIP)
		return mcuboot_bootable(k, s) && mcuboot_header_fits(k, s) &&
		       starts_xip(k, s, trailer);
	if (!passes(k, s))
		return false;
	return mode == MCUBOOT_SINGLE || trailer == MCUBOOT_TRAILER_TEST ||
	       mcuboot_readable_counter(k, "blocked-at-boot");
}

bool mcuboot_starts(struct mcuboot_case *k, const struct mcuboot_image *m)
{
	const struct mcuboot_slot s = { m, false };
	struct mcuboot_result before = k->run;
	bool yes = mcuboot_bootable(k, &s) &&
		   (mcuboot_is(k, MCUBOOT_Q_VALIDATE) ||
		    (mcuboot_header_fits(k, &s) && mcuboot_validate(k, &s)));

	k->run = before;
	return yes;
}

void mcuboot_boot(struct mcuboot_case *k)
{
	const struct mcuboot_slot s = { k->image, false };
	enum mcuboot_trailer trailer;

	if (mcuboot_odd(k, &trailer))
		return;
	k->run.outcome = "blocked-at-boot";
	if (!mcuboot_counts_sectors(k) || !mcuboot_file_fits(k, &s) ||
	    !starts(k, &s, trailer)) {
		/* What lies there may have a swap go on. */
		if (k->run.odd_trailer)
			k->run.outcome = "unknown";
		return;
	}
	k->run.answer = KF_ACCEPT;
	k->run.outcome = "boots";
}
