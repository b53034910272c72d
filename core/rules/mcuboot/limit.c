/* How far an image may reach in its slot, and what it brings of the slot's
 * end. MCUBOOT-7, MCUBOOT-30, MCUBOOT-39.
 *
 * What is not told of the sizes is tried with its least and its most: only an
 * image that lies in between leaves the answer open.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/bootutil_misc.c:
 * bootutil_max_image_size; bootutil_area.c:boot_trailer_info_sz,
 * boot_trailer_sz; swap_move.c, swap_offset.c, swap_scratch.c:app_max_size;
 * bootutil_misc.h:boot_image_ok_off; bootutil_misc.c:boot_initialize_area.
 */
#include "mcuboot.h"

#include <string.h>

enum { MAGIC_LEN = 16, STATES = 3, SECTORS = 128, WRITE_MAX = 32,
       RANK = 4 };

static uint32_t up(uint32_t value, uint32_t align)
{
	return align ? (value + align - 1) / align * align : value;
}

static uint32_t image_ok_at(const struct mcuboot_device *d, uint32_t slot)
{
	return (slot - MAGIC_LEN - d->max_align) / d->max_align * d->max_align;
}

/* info_len is the trailer without the progress of a swap. */
static uint32_t info_len(struct mcuboot_case *k, enum mcuboot_mode mode)
{
	const struct mcuboot_device *d = k->device;
	uint32_t align = d->max_align, key_len = d->aes256 ? 32 : 16;
	uint32_t len = 4 * align + up(MAGIC_LEN, align);

	if (mode == MCUBOOT_OFFSET)
		len += align;
	if (!mcuboot_is(k, MCUBOOT_Q_ENCRYPTION))
		return len;
	if (d->encryption_trailer)
		key_len += d->encryption_type == KF_MCUBOOT_ENC_KW ? 8
			 : d->encryption_type == KF_MCUBOOT_ENC_RSA2048
			   ? 256 - key_len
			 : d->encryption_type == KF_MCUBOOT_ENC_EC256
			   ? 97 : d->hmac_sha512 ? 96 : 64;
	return len + 2 * up(key_len, align);
}

/* sizes is one way that the sizes may be. */
struct sizes {
	uint32_t slot, sector, write, sectors, info;
};

/* over_scratch: where the trailer's first sector starts, less what the
 * scratch area needs of it. */
static uint32_t over_scratch(const struct mcuboot_device *d,
			     const struct sizes *s)
{
	uint32_t slot = s->slot / s->sector * s->sector;
	uint32_t trailer = s->sectors * STATES * s->write + s->info;
	uint32_t scratch = STATES * s->write + s->info;
	uint32_t start, first_end, in_first;

	if (trailer > slot ||
	    (d->scratch_len.told && d->scratch_len.value < s->sector))
		return 0;
	start = slot - trailer;
	first_end = (start / s->sector + 1) * s->sector;
	in_first = first_end - start;
	return start - (scratch > in_first ? scratch - in_first : 0);
}

static uint32_t limit(const struct mcuboot_device *d, enum mcuboot_mode mode,
		      const struct sizes *s)
{
	uint32_t sectors = s->slot / s->sector;
	uint32_t trailer = up(s->sectors * STATES * s->write + s->info,
			      s->sector);
	uint32_t with = sectors * s->sector - trailer;

	if (mode == MCUBOOT_SCRATCH)
		return over_scratch(d, s);
	/* In 32 bits, as there: a trailer that does not fit wraps. */
	return with - s->sector < with ? with - s->sector : with;
}

/* try_sectors takes the numbers of sectors that a build may count with: what
 * it was told, or else the slot's own or 128. */
static void try_sectors(const struct mcuboot_device *d,
			enum mcuboot_mode mode, struct sizes *s,
			uint32_t *least, uint32_t *most)
{
	uint32_t own = s->slot / s->sector;

	for (int i = 0; i < 2; i++) {
		uint32_t value;

		s->sectors = i && own < SECTORS ? SECTORS : own;
		if (d->max_sectors.told)
			s->sectors = d->max_sectors.value;
		value = limit(d, mode, s);
		*least = value < *least ? value : *least;
		*most = value > *most ? value : *most;
	}
}

/* limits finds the least and the most. Returns what is not told that tells
 * them apart; NULL: nothing. */
static const char *limits(struct mcuboot_case *k, enum mcuboot_mode mode,
			  uint32_t *least, uint32_t *most)
{
	const struct mcuboot_device *d = k->device;
	struct sizes s = { .slot = d->slot_len.value,
			   .sector = d->sector_len.value };

	*least = *most = image_ok_at(d, s.slot) - 2 * d->max_align;
	if (mode == MCUBOOT_OVERWRITE || mode == MCUBOOT_XIP)
		return NULL;
	s.info = info_len(k, mode);
	*least = *most = s.slot - s.info;
	if (mode == MCUBOOT_SINGLE)
		return NULL;
	*least = 0;
	if (!d->sector_len.told || !s.sector)
		return "sector-size";
	*least = UINT32_MAX;
	*most = 0;
	for (s.write = 1; s.write <= WRITE_MAX; s.write *= 2)
		if (d->write_len.told ? s.write == d->write_len.value
				      : s.write <= d->max_align)
			try_sectors(d, mode, &s, least, most);
	return d->write_len.told ? "options" : "write-size";
}

bool mcuboot_within(struct mcuboot_case *k, uint64_t end,
		    const struct mcuboot_slot *s)
{
	enum mcuboot_mode mode = mcuboot_ask(k, MCUBOOT_Q_MODE,
					     MCUBOOT_NUM_MODES);
	uint32_t least = 0, most = UINT32_MAX;

	(void)s;
	k->fits_by = "slot-size";
	if (k->device->slot_len.told) {
		const char *by = limits(k, mode, &least, &most);

		k->fits_by = by ? by : k->fits_by;
	}
	if (end <= least ||
	    (end <= most && !mcuboot_is(k, MCUBOOT_Q_FITS)))
		return true;
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, KF_REASON_IMAGE_TOO_LARGE, "MCUBOOT-7", RANK);
	kf_prove_field(&k->run.why, "end of the image", end, 0);
	kf_prove_value(&k->run.why, end, end > most ? most : least);
	return false;
}

/* A slot with more sectors than the build has room for stops each boot before
 * anything is looked at. MCUBOOT-39. */
bool mcuboot_counts_sectors(struct mcuboot_case *k)
{
	const struct mcuboot_device *d = k->device;
	enum mcuboot_mode mode = mcuboot_ask(k, MCUBOOT_Q_MODE,
					     MCUBOOT_NUM_MODES);
	uint32_t num;

	if (mode == MCUBOOT_XIP || mode == MCUBOOT_SINGLE ||
	    d->logical_sectors || !d->max_sectors.told ||
	    !d->sector_len.told || !d->sector_len.value || !d->slot_len.told)
		return true;
	num = d->slot_len.value / d->sector_len.value;
	if (num <= d->max_sectors.value)
		return true;
	mcuboot_refuse(k, KF_REASON_VERIFIER_FAULT, "MCUBOOT-39", 0);
	kf_prove_text(&k->run.why, "the slot has more sectors than the bootloader has room for (MAX_IMG_SECTORS), and it starts nothing");
	k->run.outcome = "blocked-at-boot";
	return false;
}

bool mcuboot_file_fits(struct mcuboot_case *k, const struct mcuboot_slot *s)
{
	const struct mcuboot_device *d = k->device;
	uint64_t room = d->slot_len.value;

	if (!d->slot_len.told)
		return true;
	if (s->secondary && d->sector_len.told &&
	    mcuboot_ask(k, MCUBOOT_Q_MODE, MCUBOOT_NUM_MODES) ==
	    MCUBOOT_OFFSET)
		room = room < d->sector_len.value
		       ? 0 : room - d->sector_len.value;
	if (s->image->size <= room)
		return true;
	if (k->run.why.reason)
		return false;
	mcuboot_refuse(k, KF_REASON_IMAGE_TOO_LARGE, "MCUBOOT-7", 0);
	kf_prove_field(&k->run.why, "size of the file", 0, 0);
	kf_prove_value(&k->run.why, s->image->size, room);
	return false;
}

/* magic is a byte of what marks a slot: where writes are longer than 8 bytes,
 * their length stands in front. */
static uint8_t magic(const struct mcuboot_device *d, size_t i)
{
	const uint8_t aligned[MAGIC_LEN] = {
		(uint8_t)d->max_align, (uint8_t)(d->max_align >> 8),
		0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b,
		0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a,
	};
	static const uint8_t plain[MAGIC_LEN] = {
		0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
		0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80,
	};

	return d->max_align == 8 ? plain[i] : aligned[i];
}

/* found is what stands in a slot's end. */
struct found {
	bool odd, marked, confirmed;
};

static void look(struct found *f, const struct mcuboot_device *d, uint32_t at,
		 uint8_t byte)
{
	uint32_t slot = d->slot_len.value;

	if (at >= slot - MAGIC_LEN) {
		f->odd |= byte != magic(d, at - (slot - MAGIC_LEN));
		f->marked = true;
	} else if (at == image_ok_at(d, slot) && byte == 1) {
		f->confirmed = true;
	} else {
		f->odd |= byte != 0xff;
	}
}

/* scan looks at the file from `at` on. Erased ends say nothing. */
static enum kf_status scan(struct found *f, const struct mcuboot_case *k,
			   uint64_t at)
{
	const struct kf_source *source = k->image->source;
	uint64_t size = k->image->size;
	struct found erased = { .odd = false };
	bool all_erased = true;
	uint8_t bytes[64];

	while (at < size) {
		size_t len = size - at < sizeof(bytes) ? (size_t)(size - at)
						       : sizeof(bytes);

		if (!source->read_at(source->self, at, bytes, len))
			return KF_CANNOT_READ;
		for (size_t i = 0; i < len; i++) {
			all_erased &= bytes[i] == 0xff;
			look(f, k->device, (uint32_t)(at + i), bytes[i]);
		}
		at += len;
	}
	if (all_erased)
		*f = erased;
	else if (size != k->device->slot_len.value)
		f->odd = true;
	return KF_OK;
}

/* trailer_len is how much of a slot's end a build may use. */
static uint32_t trailer_len(struct mcuboot_case *k, uint32_t slot)
{
	const struct mcuboot_device *d = k->device;
	enum mcuboot_mode mode = (enum mcuboot_mode)
		mcuboot_ask(k, MCUBOOT_Q_MODE, MCUBOOT_NUM_MODES);
	uint32_t sectors = SECTORS, write = d->max_align, len;

	if (mode == MCUBOOT_OVERWRITE || mode == MCUBOOT_XIP)
		return slot - image_ok_at(d, slot) + 2 * d->max_align;
	if (d->max_sectors.told)
		sectors = d->max_sectors.value;
	if (d->write_len.told)
		write = d->write_len.value;
	len = info_len(k, mode) + sectors * STATES * write;
	return len < slot ? len : slot;
}

enum mcuboot_trailer mcuboot_trailer(struct mcuboot_case *k)
{
	const struct mcuboot_device *d = k->device;
	uint32_t slot = d->slot_len.value, len;
	struct found f = { .odd = false };

	if (!d->slot_len.told || k->image->size > slot)
		return MCUBOOT_TRAILER_NONE;
	len = trailer_len(k, slot);
	if (k->image->size <= slot - len)
		return MCUBOOT_TRAILER_NONE;
	k->status = scan(&f, k, slot - len);
	if (f.odd)
		return MCUBOOT_TRAILER_ODD;
	return !f.marked ? MCUBOOT_TRAILER_NONE
	       : f.confirmed ? MCUBOOT_TRAILER_KEEP : MCUBOOT_TRAILER_TEST;
}
