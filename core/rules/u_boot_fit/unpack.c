/* FIT-25, FIT-26: what comes of images that are packed, and whether the kernel
 * is one that starts.
 *
 * gzip and zstd are unpacked as U-Boot does it. Of what else it may have been
 * built with, keyfit tells that it does not know.
 *
 * Source: U-Boot 2023.01, boot/image.c: image_decomp; lib/gunzip.c:
 * gzip_parse_header, zunzip; lib/zstd/zstd.c: zstd_decompress;
 * lib/lz4_wrapper.c: ulz4fn; boot/bootm.c: bootm_load_os; at 2026.10-rc2 also
 * arch/arm/lib/image.c: booti_setup.
 */
#include "u_boot_fit.h"

#include <keyfit/unpack.h>

#include <string.h>

enum {
	GZIP_HEADER_LEN = 10,
	DEFLATED = 8,
	HEAD_CRC = 0x02, EXTRA_FIELD = 0x04, ORIG_NAME = 0x08,
	COMMENT = 0x10, RESERVED = 0xe0,
	MAGIC_AT = 56,			/* in a kernel's header */
	MEGABYTE = 1 << 20,
	NOLOAD_TIMES = 8,
};

/* collecting is what comes out. */
struct collecting {
	struct fit_unpacked *out;
	size_t len;
};

void fit_doubt(struct fit_case *k, const char *rule, const char *text)
{
	if (k->doubt)
		return;
	k->doubt = text;
	k->doubt_rule = rule;
}

bool fit_is_packed(const struct fit_image *image)
{
	return image->has_compression && !fit_is(image->compression, "none");
}

/* can_unpack tells whether a word is in a list with commas. */
static bool can_unpack(const char *list, struct kf_bytes word)
{
	struct kf_bytes rest = kf_text(list);

	while (rest.len) {
		const uint8_t *comma = memchr(rest.data, ',', rest.len);
		size_t len = comma ? (size_t)(comma - rest.data) : rest.len;

		if (kf_equal(kf_part_of(rest, 0, len), word))
			return true;
		len += comma ? 1 : 0;
		rest = kf_part_of(rest, len, rest.len - len);
	}
	return false;
}

static bool take(void *self, struct kf_bytes bytes)
{
	struct collecting *c = self;
	size_t room = sizeof(c->out->head) - c->len;
	size_t len = bytes.len < room ? bytes.len : room;

	if (len)
		memcpy(c->out->head + c->len, bytes.data, len);
	c->len += len;
	return true;
}

static uint8_t byte_at(struct fit_case *k, const struct fit_image *image,
		       uint64_t at)
{
	uint8_t byte = 0;

	if (!kf_spend(k->env, 1))
		k->status = KF_TOO_MUCH;
	else if (!kf_fdt_peek(&k->file->fdt, image->data_at + at, &byte, 1))
		k->status = k->file->fdt.status;
	return byte;
}

/* past_text goes behind the next NUL, or behind all data. */
static uint64_t past_text(struct fit_case *k, const struct fit_image *image,
			  uint64_t at)
{
	while (k->status == KF_OK && at < image->data_len &&
	       byte_at(k, image, at) != 0)
		at++;
	return at + 1;
}

/* gzip_header finds where the stream begins; 0: the header is none. The first
 * two bytes are not looked at. */
static uint64_t gzip_header(struct fit_case *k, const struct fit_image *image)
{
	uint8_t flags = byte_at(k, image, 3);
	uint64_t at = GZIP_HEADER_LEN;

	if (byte_at(k, image, 2) != DEFLATED || (flags & RESERVED))
		return 0;
	if (flags & EXTRA_FIELD)
		at = 12 + byte_at(k, image, 10) +
		     ((uint64_t)byte_at(k, image, 11) << 8);
	if (flags & ORIG_NAME)
		at = past_text(k, image, at);
	if (flags & COMMENT)
		at = past_text(k, image, at);
	if (flags & HEAD_CRC)
		at += 2;
	return at < image->data_len ? at : 0;
}

/* begins tells whether the data begin with some bytes. */
static bool begins(struct fit_case *k, const struct fit_image *image,
		   struct kf_bytes with)
{
	for (size_t i = 0; i < with.len; i++)
		if (i >= image->data_len || byte_at(k, image, i) !=
						    with.data[i])
			return false;
	return true;
}

/* zstd_begins: libzstd may know older formats, too. */
static bool zstd_begins(struct fit_case *k, const struct fit_image *image)
{
	static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const uint8_t skipped[] = { 0x2a, 0x4d, 0x18 };

	return begins(k, image, kf_view(frame, sizeof(frame))) ||
	       ((byte_at(k, image, 0) & 0xf0) == 0x50 &&
		byte_at(k, image, 1) == skipped[0] &&
		byte_at(k, image, 2) == skipped[1] &&
		byte_at(k, image, 3) == skipped[2]);
}

/* zstd_window is the window that a frame asks for. */
static uint64_t zstd_window(struct fit_case *k, const struct fit_image *image)
{
	static const size_t lens[] = { 1, 2, 4, 8 };
	uint8_t flags = byte_at(k, image, 4), byte = byte_at(k, image, 5);
	uint64_t size = 0, base = UINT64_C(1) << (10 + (byte >> 3));
	uint64_t at = 5 + (flags & 3 ? UINT64_C(1) << ((flags & 3) - 1) : 0);

	if (!(flags & 0x20))
		return base + base / 8 * (byte & 7);
	for (size_t i = lens[flags >> 6]; i-- > 0;)
		size = size << 8 | byte_at(k, image, at + i);
	return size + ((flags >> 6) == 1 ? 256 : 0);
}

/* lz4_begins: one frame, its blocks apart from each other. */
static bool lz4_begins(struct fit_case *k, const struct fit_image *image)
{
	static const uint8_t magic[] = { 0x04, 0x22, 0x4d, 0x18 };

	return image->data_len >= 7 &&
	       begins(k, image, kf_view(magic, sizeof(magic))) &&
	       (byte_at(k, image, 4) & 0xe3) == 0x60 &&
	       !(byte_at(k, image, 5) & 0x8f);
}

static bool lzo_begins(struct fit_case *k, const struct fit_image *image)
{
	static const uint8_t magic[] = { 0x89, 0x4c, 0x5a, 0x4f, 0x00,
					 0x0d, 0x0a, 0x1a, 0x0a };

	return begins(k, image, kf_view(magic, sizeof(magic)));
}

/* others_begin: those that keyfit does not unpack. */
static bool others_begin(struct fit_case *k, const struct fit_image *image)
{
	if (fit_is(image->compression, "lz4"))
		return lz4_begins(k, image);
	if (fit_is(image->compression, "lzo"))
		return lzo_begins(k, image);
	return !fit_is(image->compression, "bzip2") ||
	       begins(k, image, kf_text("BZh"));
}

static uint64_t more(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* limit_for: a byte more than U-Boot has room for settles it, whatever the
 * image is unpacked for. */
static uint64_t limit_for(const struct fit_case *k,
			  const struct fit_image *image)
{
	return more(k->trust->room, more(image->data_len * FIT_MADE_MAX,
					 MEGABYTE)) + 1;
}

/* run unpacks what begins at a place of the data. */
static void run(struct fit_case *k, const struct fit_image *image,
		struct fit_unpacked *u, enum kf_packing packing, uint64_t from)
{
	const struct kf_source *source = k->file->fdt.source;
	struct collecting c = { u, 0 };
	struct kf_packed packed = {
		.packing = packing,
		.source = source,
		.at = image->data_at + from,
		.len = image->data_len - from,
		.limit = limit_for(k, image),
		.take = take,
		.self = &c,
	};
	struct kf_unpacked how = { 0 };

	if (packed.at >= source->size)
		return;
	if (packed.len > source->size - packed.at)
		packed.len = source->size - packed.at;
	k->status = kf_unpack(&how, &packed, k->env);
	u->made = how.made;
	u->fault = "it is packed, and damaged";
	if (how.said == KF_UNPACK_ENDED || how.said == KF_UNPACK_LIMIT)
		u->fault = NULL;
	u->unknown = how.said == KF_UNPACK_REFUSED ||
		     how.said == KF_UNPACK_NO_LIBRARY;
	if (u->unknown)
		u->fault = how.said == KF_UNPACK_REFUSED
			? "it is packed in a way that the library here does not read"
			: "it is packed, and the library that unpacks it is not there";
}

/* unzstd unpacks a frame. 2023.01 takes an error for the length of what came
 * out, and has no room for a window that is larger than the data. */
static void unzstd(struct fit_case *k, const struct fit_image *image,
		   struct fit_unpacked *u)
{
	bool careless = k->profile->zstd_careless;

	if (zstd_begins(k, image) && k->status == KF_OK)
		run(k, image, u, KF_PACKING_ZSTD, 0);
	if (!careless)
		return;
	if (!u->unknown && u->fault) {
		u->went_on = true;
		u->fault = NULL;
	}
	if (zstd_window(k, image) > image->data_len) {
		memset(u->head, 0, sizeof(u->head));
		u->made = 0;
		u->fault = NULL;
		u->unknown = false;
	}
}

/* unpack_known tells of the ways to pack that keyfit unpacks, or of whose
 * beginning it can tell that it is none. */
static void unpack_known(struct fit_case *k, const struct fit_image *image,
			 struct fit_unpacked *u)
{
	uint64_t from;

	u->fault = "its data are not packed as it says";
	if (fit_is(image->compression, "gzip")) {
		from = gzip_header(k, image);
		if (from && k->status == KF_OK)
			run(k, image, u, KF_PACKING_DEFLATE, from);
	} else if (fit_is(image->compression, "zstd")) {
		unzstd(k, image, u);
	} else if (others_begin(k, image)) {
		u->unknown = true;
		u->fault = "it is packed with lzma, lz4, lzo or bzip2, which keyfit does not unpack";
	}
}

/* small writes the name of a way to pack in small letters. */
static struct kf_bytes small(uint8_t *room, size_t len, struct kf_bytes name)
{
	if (name.len > len)
		return kf_view(NULL, 0);
	for (size_t i = 0; i < name.len; i++) {
		room[i] = name.data[i];
		if (room[i] >= 'A' && room[i] <= 'Z')
			room[i] = (uint8_t)(room[i] - 'A' + 'a');
	}
	return kf_view(room, name.len);
}

bool fit_unpack(struct fit_case *k, const struct fit_image *image)
{
	struct fit_image *own = &k->file->image[image - k->file->image];
	struct fit_unpacked *u = &own->unpacked;
	struct kf_bytes name;
	uint8_t room[8];

	name = small(room, sizeof(room), image->compression);
	if (!name.len || !can_unpack(k->trust->unpacks, name)) {
		memset(u, 0, sizeof(*u));
		u->fault = "it is packed in a way that this U-Boot does not unpack";
		return true;
	}
	if (u->done)
		return true;
	memset(u, 0, sizeof(*u));
	u->done = !image->data_far;
	if (image->data_far)
		u->fault = "its data are not in the file";
	else
		unpack_known(k, image, u);
	if (image->data_cut) {
		u->unknown = true;
		u->fault = "its data are not in the file, or not all of them";
	}
	return k->status == KF_OK;
}

static bool unusable(struct fit_case *k, const char *rule,
		     const struct fit_image *image, const char *text)
{
	return fit_refuse(k, KF_REASON_IMAGE_UNUSABLE, rule, image->node,
			  text);
}

/* room_for is how much may come out of a kernel. */
static uint64_t room_for(const struct fit_case *k,
			 const struct fit_image *image)
{
	uint64_t eight = image->data_len * NOLOAD_TIMES;

	if (!k->profile->noload_room || !fit_is_packed(image) ||
	    !fit_is(image->type, "kernel_noload"))
		return k->trust->room;
	return (eight + MEGABYTE - 1) / MEGABYTE * MEGABYTE;
}

/* header_fits: Linux for arm64 has to have its own header. The architecture is
 * that of the image that was loaded last. FIT-26. */
static bool header_fits(struct fit_case *k, const struct fit_image *image,
			uint64_t len, bool has_magic)
{
	if (!k->profile->kernel_header || !fit_is(image->os, "linux") ||
	    (len >= MAGIC_AT + 4 && has_magic))
		return true;
	if (k->has_arch && !fit_is(k->arch, "arm64"))
		return true;
	if (len >= MAGIC_AT + 4 && k->has_arch)
		return unusable(k, "FIT-26", image,
				"it is no kernel for arm64");
	fit_doubt(k, "FIT-26", "the kernel, or what is loaded last, does not tell what it is for");
	return true;
}

bool fit_kernel_fits(struct fit_case *k, const struct fit_image *image)
{
	static const uint8_t magic[4] = { 'A', 'R', 'M', 0x64 };
	const struct fit_unpacked *u = &image->unpacked;
	uint64_t len = image->data_len;
	bool has_magic = image->is_arm64;

	if (fit_is_packed(image)) {
		if (!fit_unpack(k, image))
			return false;
		if (u->unknown) {
			fit_doubt(k, "FIT-25", u->fault);
			return true;
		}
		if (u->fault)
			return unusable(k, "FIT-25", image, u->fault);
		len = u->made;
		has_magic = memcmp(u->head + MAGIC_AT, magic,
				   sizeof(magic)) == 0;
	}
	if (len > room_for(k, image))
		return unusable(k, "FIT-25", image,
				"it is larger than the room that this U-Boot has for a kernel");
	return header_fits(k, image, len, has_magic);
}
