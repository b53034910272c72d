/* Takes boot options apart, and puts them in the firmware's order.
 *
 * Source: UEFI 2.10, 3.1.1, 3.1.3 (EFI_LOAD_OPTION), 3.3 (BootOrder, BootNext),
 * 10.3 (device paths); edk2 MdeModulePkg/Universal/BdsDxe/BdsEntry.c:
 * BootBootOptions (which ones are passed over); rhboot/shim 16.1,
 * load-options.c:parse_load_options (the loader that data names).
 */
#include "bootoption.h"

#include <string.h>

enum {
	OPTION_ACTIVE = 1,
	OPTION_CATEGORY = 0x1f00,	/* 0: it is for booting */
	MEDIA = 4,
	MESSAGING = 3,
	HARD_DRIVE = 1,
	CD_ROM = 2,
	FILE_PATH = 4,
	FIRMWARE_FILE = 6,
	FIRMWARE_VOLUME = 7,
	END = 0x7f,
};

const uint8_t kf_global_guid[16] = {
	0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
	0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c,
};

/* What some firmware puts at the end of the data of options that it makes. */
static const uint8_t firmware_mark[16] = {
	0x4e, 0xac, 0x08, 0x81, 0x11, 0x9f, 0x59, 0x4d,
	0x85, 0x0e, 0xe2, 0x1a, 0x52, 0x2c, 0x59, 0xb2,
};

/* add_unit puts a UTF-16 unit behind a text; what does not fit is dropped. */
static void add_unit(char *text, size_t size, uint16_t unit)
{
	size_t len = kf_text(text).len;

	if (len + 1 >= size)
		return;
	text[len] = unit < 0x20 || unit > 0x7e ? '?' : (char)unit;
	text[len + 1] = '\0';
}

/* take_text reads up to a NUL. */
static void take_text(char *text, size_t size, struct kf_cursor *c,
		      const char *field)
{
	uint16_t unit;

	while (kf_left(c) >= 2 && (unit = kf_u16le(c, field)) != 0)
		add_unit(text, size, unit);
}

/* add_file takes one node of a file's path; they are joined by strokes. */
static void add_file(struct kf_boot_option *out, struct kf_bytes node)
{
	struct kf_cursor c = kf_cursor_over(node, 0);
	size_t len = kf_text(out->place).len;
	size_t before = len;

	if (len && out->place[len - 1] != '\\')
		add_unit(out->place, sizeof(out->place), '\\');
	before = kf_text(out->place).len;
	take_text(out->place, sizeof(out->place), &c, "PathName");
	/* Two strokes where two nodes meet are one. */
	if (before && out->place[before] == '\\') {
		len = kf_text(out->place).len;
		memmove(out->place + before, out->place + before + 1,
			len - before);
	}
}

/* is_media tells whether a node is one of two kinds of media. */
static bool is_media(uint8_t type, uint8_t subtype, uint8_t a, uint8_t b)
{
	return type == MEDIA && (subtype == a || subtype == b);
}

/* take_node weighs one node of the device path. Returns whether more may
 * follow. */
static bool take_node(struct kf_boot_option *out, struct kf_cursor *c)
{
	uint8_t type = kf_u8(c, "Type"), subtype = kf_u8(c, "SubType");
	uint16_t len = kf_u16le(c, "Length");
	struct kf_bytes data;

	if (type == END)
		return false;
	if (len < 4) {
		kf_break(c, "Length");
		return false;
	}
	data = kf_take(c, (uint64_t)len - 4, "Length");
	if (is_media(type, subtype, FILE_PATH, FILE_PATH)) {
		add_file(out, data);
		out->way = KF_WAY_FILE;
	} else if (is_media(type, subtype, FIRMWARE_FILE, FIRMWARE_VOLUME)) {
		out->way = KF_WAY_OTHER;
		return false;
	} else if (is_media(type, subtype, HARD_DRIVE, CD_ROM)) {
		out->way = KF_WAY_DISK;
	}
	return true;
}

/* is_network: is there a node for a network card, an address or a URI? */
static bool is_network(struct kf_bytes path)
{
	static const uint8_t kinds[] = { 11, 12, 13, 20, 24, 28 };
	struct kf_cursor c = kf_cursor_over(path, 0);

	while (kf_left(&c) >= 4) {
		uint8_t type = kf_u8(&c, "Type");
		uint8_t subtype = kf_u8(&c, "SubType");
		uint16_t len = kf_u16le(&c, "Length");

		for (size_t i = 0; i < sizeof(kinds); i++)
			if (type == MESSAGING && subtype == kinds[i])
				return true;
		if (len < 4)
			return false;
		kf_skip(&c, (uint64_t)len - 4, "Length");
	}
	return false;
}

static void take_path(struct kf_boot_option *out, struct kf_bytes path,
		      uint64_t at)
{
	struct kf_cursor c = kf_cursor_over(path, at);

	/* A path of hardware alone is a disk's, unless it is a network's. */
	out->way = is_network(path) || path.len < 4 || path.data[0] == END
		   ? KF_WAY_OTHER : KF_WAY_DISK;
	if (out->way == KF_WAY_OTHER)
		return;
	while (kf_more(&c))
		if (!take_node(out, &c))
			break;
	if (!c.damage.field)
		return;
	out->damage = c.damage;
	out->way = KF_WAY_OTHER;
}

/* take_loader reads the first word of the data, as shim does. */
static void take_loader(struct kf_boot_option *out, struct kf_bytes data)
{
	const size_t mark_len = sizeof(firmware_mark);
	struct kf_cursor c;
	uint16_t unit;

	if (data.len % 2 != 0 || data.len < 2)
		return;
	if (data.len >= mark_len &&
	    kf_equal(kf_part_of(data, data.len - mark_len, mark_len),
		     kf_view(firmware_mark, mark_len)))
		data.len -= mark_len;
	if (kf_equal(kf_part_of(data, 0, 8), kf_view("WINDOWS", 8)))
		return;
	c = kf_cursor_over(data, 0);
	while (kf_left(&c) >= 2) {
		unit = kf_u16le(&c, "OptionalData");
		if (unit == 0 || unit == ' ')
			break;
		add_unit(out->loader, sizeof(out->loader), unit);
	}
}

void kf_boot_option_read(struct kf_boot_option *out, uint16_t number,
			 struct kf_bytes bytes)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);
	uint32_t attributes = kf_u32le(&c, "Attributes");
	uint16_t path_len = kf_u16le(&c, "FilePathListLength");
	struct kf_bytes path;
	uint64_t at;

	memset(out, 0, sizeof(*out));
	out->number = number;
	out->active = (attributes & OPTION_ACTIVE) &&
		      !(attributes & OPTION_CATEGORY);
	take_text(out->label, sizeof(out->label), &c, "Description");
	at = kf_at(&c);
	path = kf_take(&c, path_len, "FilePathList");
	if (c.damage.field) {
		out->damage = c.damage;
		return;
	}
	take_path(out, path, at);
	take_loader(out, kf_take(&c, kf_left(&c), "OptionalData"));
}

/* digit is the value of a hexadecimal digit, as firmware writes them. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* number_of reads "Boot0001". */
static bool number_of(uint16_t *out, const char *name)
{
	struct kf_bytes text = kf_text(name);
	unsigned number = 0;

	if (text.len != 8 || !kf_equal(kf_part_of(text, 0, 4),
				       kf_text("Boot")))
		return false;
	for (size_t i = 4; i < 8; i++) {
		int d = digit(name[i]);

		if (d < 0)
			return false;
		number = 16 * number + (unsigned)d;
	}
	*out = (uint16_t)number;
	return true;
}

static void take_order(struct kf_boot_options *out, struct kf_bytes bytes)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);

	if (out->has_order)
		return;
	out->has_order = true;
	while (kf_left(&c) >= 2) {
		uint16_t number = kf_u16le(&c, "BootOrder");

		if (out->num_order == KF_OPTIONS_OF_BOOT_MAX)
			out->cut = true;
		else
			out->order[out->num_order++] = number;
	}
}

static const struct kf_boot_option *find(const struct kf_boot_options *in,
					 uint16_t number)
{
	for (size_t i = 0; i < in->num; i++)
		if (in->option[i].number == number)
			return &in->option[i];
	return NULL;
}

void kf_boot_variable(struct kf_boot_options *out, const char *name,
		      struct kf_bytes bytes)
{
	struct kf_bytes text = kf_text(name);
	uint16_t number;

	if (kf_equal(text, kf_text("BootOrder"))) {
		take_order(out, bytes);
	} else if (kf_equal(text, kf_text("BootNext")) && !out->has_next &&
		   bytes.len == 2) {
		out->has_next = true;
		out->next = (uint16_t)(bytes.data[0] | bytes.data[1] << 8);
	} else if (number_of(&number, name) && !find(out, number)) {
		if (out->num == KF_OPTIONS_OF_BOOT_MAX)
			out->cut = true;
		else
			kf_boot_option_read(&out->option[out->num++], number,
					    bytes);
	}
}

const struct kf_boot_option *
kf_boot_option_at(const struct kf_boot_options *options, size_t index)
{
	const struct kf_boot_option *found;

	if (options->has_next && find(options, options->next) &&
	    index-- == 0)
		return find(options, options->next);
	for (size_t i = 0; i < options->num_order; i++) {
		found = find(options, options->order[i]);
		if (found && index-- == 0)
			return found;
	}
	return NULL;
}
