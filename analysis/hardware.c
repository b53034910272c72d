/* Puts the texts of a model together, as UTF-16LE, and hashes them in the name
 * space that Microsoft has for them.
 */
#include "hardware.h"

#include <string.h>

enum {
	NAME_SPACE_LEN = 16,
	NAME_MAX = 4096,	/* bytes of UTF-16 */
	FIELDS_MAX = 8,
	/* Numbers: both halves of the release of the firmware. */
	MAJOR = KF_NUM_HARDWARE,
	MINOR,
	END,
};

/* Which texts an id is made of, in their order. */
static const uint8_t recipes[KF_NUM_HARDWARE_IDS][FIELDS_MAX + 1] = {
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_FAMILY, KF_HARDWARE_PRODUCT,
	  KF_HARDWARE_SKU, KF_HARDWARE_BIOS_VENDOR, KF_HARDWARE_BIOS_VERSION,
	  MAJOR, MINOR, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_FAMILY, KF_HARDWARE_PRODUCT,
	  KF_HARDWARE_BIOS_VENDOR, KF_HARDWARE_BIOS_VERSION, MAJOR, MINOR,
	  END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_PRODUCT, KF_HARDWARE_BIOS_VENDOR,
	  KF_HARDWARE_BIOS_VERSION, MAJOR, MINOR, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_FAMILY, KF_HARDWARE_PRODUCT,
	  KF_HARDWARE_SKU, KF_HARDWARE_BOARD_VENDOR, KF_HARDWARE_BOARD, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_FAMILY, KF_HARDWARE_PRODUCT,
	  KF_HARDWARE_SKU, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_FAMILY, KF_HARDWARE_PRODUCT, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_SKU, KF_HARDWARE_BOARD_VENDOR,
	  KF_HARDWARE_BOARD, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_SKU, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_PRODUCT, KF_HARDWARE_BOARD_VENDOR,
	  KF_HARDWARE_BOARD, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_PRODUCT, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_FAMILY, KF_HARDWARE_BOARD_VENDOR,
	  KF_HARDWARE_BOARD, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_FAMILY, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_CHASSIS, END },
	{ KF_HARDWARE_VENDOR, KF_HARDWARE_BOARD_VENDOR, KF_HARDWARE_BOARD,
	  END },
	{ KF_HARDWARE_VENDOR, END },
};

/* name is the text of an id while it is written, behind its name space. */
struct name {
	uint8_t bytes[NAME_SPACE_LEN + NAME_MAX];
	size_t len;
	bool unfit;
};

static void put_unit(struct name *n, uint32_t unit)
{
	if (n->len + 2 > sizeof(n->bytes)) {
		n->unfit = true;
		return;
	}
	n->bytes[n->len++] = (uint8_t)unit;
	n->bytes[n->len++] = (uint8_t)(unit >> 8);
}

static void put_character(struct name *n, uint32_t character)
{
	if (character < 0x10000) {
		put_unit(n, character);
		return;
	}
	put_unit(n, 0xd800 + ((character - 0x10000) >> 10));
	put_unit(n, 0xdc00 + ((character - 0x10000) & 0x3ff));
}

/* next reads one character of UTF-8 and says how long it was; 0: it is none. */
static size_t next(uint32_t *character, struct kf_bytes text)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 },
		      { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

	for (size_t len = 1; len <= 4 && len <= text.len; len++) {
		if ((text.data[0] & forms[len - 1].mask) !=
		    forms[len - 1].lead)
			continue;
		*character = text.data[0] & (uint8_t)~forms[len - 1].mask;
		for (size_t i = 1; i < len; i++) {
			if ((text.data[i] & 0xc0) != 0x80)
				return 0;
			*character = *character << 6 | (text.data[i] & 0x3f);
		}
		return *character >= forms[len - 1].least &&
		       *character <= 0x10ffff &&
		       (*character & 0xfffff800) != 0xd800 ? len : 0;
	}
	return 0;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* stripped: firmware pads its texts, and no id has that. */
static struct kf_bytes stripped(struct kf_bytes text)
{
	while (text.len && is_space(text.data[text.len - 1]))
		text.len--;
	while (text.len && is_space(text.data[0]))
		text = kf_part_of(text, 1, text.len - 1);
	return text;
}

static void put_text(struct name *n, struct kf_bytes text)
{
	uint32_t character;

	text = stripped(text);
	while (text.len && !n->unfit) {
		size_t len = next(&character, text);

		n->unfit |= len == 0;
		if (len)
			put_character(n, character);
		text = kf_part_of(text, len, text.len - len);
	}
}

/* put_hex writes a number below 256; `two`: with at least two digits. */
static void put_hex(struct name *n, unsigned number, bool two)
{
	static const char digits[] = "0123456789abcdef";

	if (two || number > 15)
		put_unit(n, (uint8_t)digits[number >> 4]);
	put_unit(n, (uint8_t)digits[number & 15]);
}

/* number reads a decimal number below 256, and goes behind it.
 * Fails: `unfit`. */
static unsigned number(struct name *n, struct kf_bytes *text)
{
	unsigned value = 0;
	size_t len = 0;

	while (len < text->len && text->data[len] >= '0' &&
	       text->data[len] <= '9' && value < 256)
		value = value * 10 + (text->data[len++] - (unsigned)'0');
	n->unfit |= len == 0 || value > 255;
	*text = kf_part_of(*text, len, text->len - len);
	return value & 255;
}

/* put_release writes one half of a release, as "2.25" has both. */
static void put_release(struct name *n, struct kf_bytes text, bool minor)
{
	unsigned value = number(n, &text);

	if (minor) {
		n->unfit |= text.len == 0 || text.data[0] != '.';
		if (n->unfit)
			return;
		text = kf_part_of(text, 1, text.len - 1);
		value = number(n, &text);
	}
	put_hex(n, value, true);
}

static void put(struct name *n, const struct kf_hardware *hardware,
		uint8_t field)
{
	bool release = field == MAJOR || field == MINOR;
	const char *told = hardware->text[release ? KF_HARDWARE_BIOS_RELEASE
						  : field];
	struct kf_bytes text = told ? kf_text(told) : kf_view(NULL, 0);

	n->unfit |= !told;
	if (release)
		put_release(n, text, field == MINOR);
	else if (field == KF_HARDWARE_CHASSIS)
		put_hex(n, number(n, &text), false);
	else
		put_text(n, text);
}

/* write_id writes the first 16 bytes of a digest as a name-based UUID. */
static void write_id(char *out, const uint8_t *digest)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < 16; i++) {
		uint8_t byte = digest[i];

		if (i == 6)
			byte = (byte & 0x0f) | 0x50;
		if (i == 8)
			byte = (byte & 0x3f) | 0x80;
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = digits[byte >> 4];
		out[at++] = digits[byte & 15];
	}
	out[at] = '\0';
}

enum kf_status kf_hardware_id(char out[KF_HARDWARE_ID_LEN + 1],
			      const struct kf_hardware *hardware, size_t index,
			      const struct kf_crypto *crypto)
{
	static const uint8_t name_space[NAME_SPACE_LEN] = {
		0x70, 0xff, 0xd8, 0x12, 0x4c, 0x7f, 0x4c, 0x7d,
	};
	struct name n = { .len = NAME_SPACE_LEN };
	struct kf_digest sha1;

	out[0] = '\0';
	memcpy(n.bytes, name_space, NAME_SPACE_LEN);
	for (size_t i = 0; recipes[index][i] != END; i++) {
		if (i)
			put_unit(&n, '&');
		put(&n, hardware, recipes[index][i]);
	}
	if (n.unfit || n.len == NAME_SPACE_LEN)
		return KF_OK;
	kf_digest_of(&sha1, crypto, KF_SHA1, kf_view(n.bytes, n.len));
	if (sha1.len == 0)
		return KF_NO_CRYPTO;
	write_id(out, sha1.bytes);
	return KF_OK;
}
