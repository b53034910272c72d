/* What a header has to say before an image is looked at. MCUBOOT-1, MCUBOOT-5,
 * MCUBOOT-6, MCUBOOT-27.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/bootutil_loader.c:
 * boot_check_header_erased, boot_check_header_valid, boot_compare_version;
 * boot/bootutil/src/loader.c:boot_validate_slot.
 */
#include "mcuboot.h"

enum { FLAGS_AT = 16, MAGIC_RANK = 1, HEADER_RANK = 2 };

/* bad_header refuses over a field. */
static bool bad_header(struct mcuboot_case *k, enum kf_reason_id reason,
		       const char *rule, const char *field, uint64_t at)
{
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, reason, rule, HEADER_RANK);
	kf_prove_field(&k->run.why, field, at, 4);
	return false;
}

bool mcuboot_bootable(struct mcuboot_case *k, const struct mcuboot_slot *s)
{
	const struct kf_mcuboot *h = &s->image->header;

	if (h->damage.field || h->magic != KF_MCUBOOT_MAGIC) {
		bad_header(k, KF_REASON_IMAGE_MALFORMED, "MCUBOOT-1",
			   h->damage.field ? h->damage.field : "ih_magic",
			   h->damage.at);
		k->run.rank = MAGIC_RANK;
		return false;
	}
	if (!(h->flags & KF_MCUBOOT_NON_BOOTABLE))
		return true;
	bad_header(k, KF_REASON_NOT_BOOTABLE, "MCUBOOT-5", "ih_flags",
		   FLAGS_AT);
	kf_prove_value(&k->run.why, h->flags, 0);
	return false;
}

/* sizes: the sum of what the header says, in 32 bits, and inside the slot. */
static bool sizes(struct mcuboot_case *k, const struct mcuboot_slot *s)
{
	const struct kf_mcuboot *h = &s->image->header;
	const struct mcuboot_number *slot = &k->device->slot_len;
	uint64_t len = kf_mcuboot_areas_at(h) + h->protected_len;

	if (s->image->sums && (!slot->told || len < slot->value))
		return true;
	bad_header(k, s->image->sums ? KF_REASON_IMAGE_TOO_LARGE
				     : KF_REASON_IMAGE_MALFORMED,
		   "MCUBOOT-5", "ih_img_size", 12);
	if (s->image->sums)
		kf_prove_value(&k->run.why, len, slot->value - 1);
	return false;
}

static bool flags(struct mcuboot_case *k, const struct mcuboot_slot *s)
{
	const uint32_t both = KF_MCUBOOT_AES128 | KF_MCUBOOT_AES256;
	uint32_t flags = s->image->header.flags;
	const char *what = NULL;

	if ((flags & both) && !mcuboot_is(k, MCUBOOT_Q_ENCRYPTION))
		what = "decryption (ENC_IMAGES)";
	else if ((flags & both) == both)
		what = "both kinds of AES at once";
	else if (flags & KF_MCUBOOT_COMPRESSED)
		what = "decompression (DECOMPRESS_IMAGES)";
	if (!what)
		return true;
	bad_header(k, KF_REASON_FLAG_UNSUPPORTED, "MCUBOOT-6", "ih_flags",
		   FLAGS_AT);
	if (k->run.why.num_evidence == 1) {
		kf_prove_value(&k->run.why, flags, 0);
		kf_prove_text(&k->run.why, what);
	}
	return false;
}

bool mcuboot_header_fits(struct mcuboot_case *k, const struct mcuboot_slot *s)
{
	return sizes(k, s) && flags(k, s);
}

int mcuboot_compare(struct mcuboot_case *k,
		    const struct kf_mcuboot_version *a,
		    const struct kf_mcuboot_version *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	if (a->revision != b->revision)
		return a->revision < b->revision ? -1 : 1;
	if (a->build == b->build || !mcuboot_is(k, MCUBOOT_Q_BUILD_NUMBER))
		return 0;
	return a->build < b->build ? -1 : 1;
}
