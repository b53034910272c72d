/* The tables that keyfit carries, and looking things up in them.
 */
#include "known.h"

#include "core/der.h"

#define KNOWN_KEY(exposure, spki, serial, name, where) \
	{ KF_EXPOSED_##exposure, spki, serial, name, where },
static const struct kf_known_key keys[] = {
#include "known_keys.def"
};

#define SUSPECT(sha1, name, where) { sha1, name, where },
static const struct kf_suspect suspects[] = {
#include "known_suspects.def"
};

#define AUTHORITY(sha256, part, name, successor_sha256, successor, purpose) \
	{ sha256, part, name, successor_sha256, successor, purpose },
static const struct kf_authority authorities[] = {
#include "known_authorities.def"
};

#define DBX(machine, sha256, date) { machine, sha256, date },
static const struct kf_revoked revoked[] = {
#include "known_dbx.def"
};

#define LEVEL(date, rows, policy) { date, rows, policy },
static const struct kf_level levels[] = {
#include "known_levels.def"
};

#define QUIRK(id, model) { id, model },
static const struct kf_quirk quirks[] = {
#include "known_quirks.def"
};

#define NUM(table) (sizeof(table) / sizeof((table)[0]))

void kf_known_start(struct kf_known *out)
{
	*out = (struct kf_known){
		.key = keys,
		.num_keys = NUM(keys),
		.keys = { "2026-11-22", "keyfit's own table" },
		.revoked = revoked,
		.num_revoked = NUM(revoked),
		.dbx = { "2026-07-15",
			 "microsoft/secureboot_objects 06fe58a31d" },
		.level = levels,
		.num_levels = NUM(levels),
		.levels = { "2026-07-27", "rhboot/shim 72fd4b70e7" },
		.quirk = quirks,
		.num_quirks = NUM(quirks),
		.quirks = { "2026-08-21", "fwupd/fwupd 6e9504964a" },
		.authorities = { "2026-07-15",
				 "microsoft/secureboot_objects 06fe58a31d" },
	};
}

/* digit is the value of a hex digit; 16: it is none. */
static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

bool kf_hex_is(const char *hex, struct kf_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++, hex += 2) {
		unsigned high = digit(hex[0]);
		unsigned low = high > 15 ? 16 : digit(hex[1]);

		if (low > 15 || (high << 4 | low) != bytes.data[i])
			return false;
	}
	return bytes.len && !hex[0];
}

/* spell reads a serial's digits, and turns a negative number into the two's
 * complement that DER has. Returns how many bytes; 0: it is none. */
static size_t spell(uint8_t *out, size_t max, const char *text)
{
	bool negative = text[0] == '-';
	unsigned carry = 1;
	size_t len = 0;

	text += negative;
	while (text[0]) {
		unsigned high = digit(text[0]), low;

		low = high < 16 ? digit(text[1]) : 16;
		if (low > 15 || len == max)
			return 0;
		out[len++] = (uint8_t)(high << 4 | low);
		text += 2 + (text[2] == ':');
	}
	for (size_t i = len; negative && i > 0; i--) {
		carry += 0xffu - out[i - 1];
		out[i - 1] = (uint8_t)carry;
		carry >>= 8;
	}
	return len;
}

static struct kf_bytes without_zeros(struct kf_bytes bytes)
{
	while (bytes.len && bytes.data[0] == 0)
		bytes = kf_part_of(bytes, 1, bytes.len - 1);
	return bytes;
}

bool kf_serial_is(const char *text, struct kf_bytes serial)
{
	uint8_t number[64];
	struct kf_bytes wanted = without_zeros(
		kf_view(number, spell(number, sizeof(number), text)));

	return wanted.len && kf_equal(wanted, without_zeros(serial));
}

const struct kf_known_key *kf_known_find(const struct kf_known *known,
					 struct kf_bytes spki_sha256,
					 struct kf_bytes serial)
{
	const struct kf_known_key *worst = NULL;

	for (size_t i = 0; i < known->num_keys; i++) {
		const struct kf_known_key *key = &known->key[i];

		if ((kf_hex_is(key->spki, spki_sha256) ||
		     (key->serial[0] && kf_serial_is(key->serial, serial))) &&
		    (!worst || key->exposure > worst->exposure))
			worst = key;
	}
	return worst;
}

const struct kf_suspect *kf_suspect_find(struct kf_bytes sha1)
{
	for (size_t i = 0; i < NUM(suspects); i++)
		if (kf_hex_is(suspects[i].sha1, sha1))
			return &suspects[i];
	return NULL;
}

const struct kf_authority *kf_authority_at(size_t index)
{
	return index < NUM(authorities) ? &authorities[index] : NULL;
}

/* Source: RFC 5280, 4.1. */
void kf_known_parts(struct kf_bytes *serial, struct kf_bytes *spki,
		    struct kf_bytes der)
{
	enum { INTEGER = 0x02, SEQUENCE = 0x30, VERSION = 0xa0, BEFORE = 5 };
	struct kf_cursor c = kf_cursor_over(der, 0);
	struct kf_der e[1 + BEFORE + 1];
	size_t num = 0;

	*serial = *spki = kf_view(NULL, 0);
	/* The certificate, and in it what was signed. */
	for (int i = 0; i < 2; i++) {
		if (!kf_der_next(&e[0], &c) || e[0].tag != SEQUENCE)
			return;
		c = kf_cursor_over(e[0].value, 0);
	}
	while (num < sizeof(e) / sizeof(e[0]) && kf_der_next(&e[num], &c))
		num += !(num == 0 && e[0].tag == VERSION);
	/* Serial, algorithm, issuer, validity, subject, and the key. */
	if (num > 0 && e[0].tag == INTEGER)
		*serial = e[0].value;
	if (num > BEFORE && e[BEFORE].tag == SEQUENCE)
		*spki = e[BEFORE].whole;
}
