/* Forms that have a text to be known by anywhere in a file, and forms that are
 * a whole file.
 *
 * Source: PuTTY 0.78, doc/pubkey.but (PPK); FiloSottile/age,
 * doc/age-keygen.1.ronn (Bech32, BIP 173); OpenBSD, usr.bin/signify/signify.c
 * (struct enckey); jedisct1/minisign, src/minisign.h (SeckeyStruct); RFC 7517,
 * 4.1 and RFC 7518, 6.2.2 (JWK); RFC 9580, 4.2 and 5.5.3 (OpenPGP); OpenJDK 17,
 * sun/security/provider/JavaKeyStore.java (JKS, JCEKS); RFC 7292, 4 (PKCS#12).
 */
#include "keys_forms.h"

#include "core/base64.h"
#include "core/der.h"

#include <string.h>

enum {
	LABEL_MAX = 64,
	SEARCHED_MAX = 64 << 10,	/* of a JSON Web Key */
};

static void give(struct kf_key_finder *f, const char *form, uint64_t at,
		 bool encrypted)
{
	const struct kf_key_found key = {
		.kind = KF_KEY_PRIVATE, .form = form, .encrypted = encrypted,
		.at = at,
	};

	f->found(f->self, &key);
}

size_t kf_keys_place(struct kf_bytes in, size_t from, struct kf_bytes what)
{
	for (; from + what.len <= in.len; from++) {
		const uint8_t *p = memchr(in.data + from, what.data[0],
					  in.len - from - what.len + 1);

		if (!p)
			break;
		from = (size_t)(p - in.data);
		if (memcmp(p, what.data, what.len) == 0)
			return from;
	}
	return in.len;
}

static bool has(struct kf_bytes in, const char *what)
{
	return kf_keys_place(in, 0, kf_text(what)) < in.len;
}

/* run_of counts the characters of base64 and base64url that bytes begin with.
 */
static size_t run_of(struct kf_bytes text)
{
	size_t len = 0;

	while (len < text.len &&
	       (kf_base64_digit(text.data[len]) < 64 ||
		text.data[len] == '-' || text.data[len] == '_'))
		len++;
	return len;
}

/* is_age: 58 digits of Bech32, in capital letters. */
static bool is_age(struct kf_bytes near)
{
	static const char digits[] = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
	enum { PREFIX = 16, DIGITS = 58 };
	struct kf_bytes key = kf_part_of(near, PREFIX, DIGITS);

	for (size_t i = 0; i < key.len; i++)
		if (!memchr(digits, key.data[i], sizeof(digits) - 1))
			return false;
	return key.len == DIGITS;
}

static bool is_putty(struct kf_bytes near)
{
	return has(near, "Encryption: ") && has(near, "Private-Lines: ");
}

/* is_coded: PEM in base64 is the same text each time up to its label. */
static bool is_coded(struct kf_bytes near)
{
	uint8_t text[LABEL_MAX] = { 0 };
	uint32_t group = 0;
	size_t len = 0;

	for (size_t i = 0; i < near.len && len < sizeof(text); i++) {
		unsigned value = kf_base64_digit(near.data[i]);

		if (value == 64)
			break;
		group = group << 6 | value;
		if (i % 4)
			text[len++] = (uint8_t)(group >>
						(2 * (3 - i % 4)));
	}
	return has(kf_view(text, len), "PRIVATE KEY") && run_of(near) > LABEL_MAX;
}

static bool is_wide(struct kf_bytes near)
{
	static const char label[] = "P\0R\0I\0V\0A\0T\0E\0 \0K\0E\0Y";

	near = kf_part_of(near, 0, near.len < 2 * LABEL_MAX ? near.len
							    : 2 * LABEL_MAX);
	return kf_keys_place(near, 0, kf_view(label, sizeof(label) - 1)) <
	       near.len;
}

/* text is what one form is known by. */
struct text {
	const char *text;
	size_t len;
	size_t near;		/* that is looked at */
	bool (*is)(struct kf_bytes near);
	const char *form;
	const char *open;	/* what one without a passphrase says; NULL: it
				 * has none */
};

#define TEXT(text) text, sizeof(text) - 1

static const struct text texts[] = {
	{ TEXT("AGE-SECRET-KEY-1"), 96, is_age, "age", NULL },
	{ TEXT("PuTTY-User-Key-File-"), 4096, is_putty, "PuTTY",
	  "Encryption: none" },
	{ TEXT("LS0tLS1CRUdJTi"), 128, is_coded, "PEM in base64", NULL },
	{ TEXT("-\0-\0B\0E\0G\0I\0N\0 \0"), 128, is_wide, "PEM in UTF-16", NULL },
};

#undef TEXT

static void look_near(struct kf_key_finder *f, const struct text *t,
		      uint64_t at)
{
	uint64_t left = f->source->size - at;
	size_t len = left < t->near ? (size_t)left : t->near;
	size_t used = f->env->arena->used;
	struct kf_bytes near;

	/* As much as a block of PEM: what is found costs its finder too. */
	if (!kf_spend(f->env, SEARCHED_MAX)) {
		f->status = KF_TOO_MUCH;
		return;
	}
	f->status = kf_source_keep(&near, f->source, f->env, at, len);
	if (f->status == KF_OK && t->is(near))
		give(f, t->form, at, t->open && !has(near, t->open));
	f->env->arena->used = used;
}

void kf_keys_forms_in(struct kf_key_finder *f, struct kf_bytes window,
		      size_t end, uint64_t at)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct text *t = &texts[i];
		struct kf_bytes what = kf_view(t->text, t->len);
		size_t hit = kf_keys_place(window, 0, what);

		while (f->status == KF_OK && hit < end) {
			look_near(f, t, at + hit);
			hit = kf_keys_place(window, hit + t->len, what);
		}
	}
}

/* is_jwk: the private part of a key is its member "d". */
static bool is_jwk(struct kf_bytes file)
{
	enum { DIGITS_MIN = 40 };
	size_t at = 0;

	if (!has(file, "\"kty\""))
		return false;
	while ((at = kf_keys_place(file, at, kf_text("\"d\""))) < file.len) {
		at += 3;
		while (at < file.len && memchr(" \t\r\n:", file.data[at], 5))
			at++;
		if (at < file.len && file.data[at] == '"' &&
		    run_of(kf_part_of(file, at + 1, file.len - at - 1)) >=
		    DIGITS_MIN)
			return true;
	}
	return false;
}

/* is_signify: 104 bytes of a secret key begin with "Ed" and "BK"; 158 of
 * minisign's with "Ed" and "Sc" or two zeros. Public keys have 42. */
static bool is_signify(struct kf_bytes file)
{
	size_t line = kf_keys_place(file, 0, kf_text("\n")) + 1;
	struct kf_bytes text;

	if (!kf_equal(kf_part_of(file, 0, 18), kf_text("untrusted comment:")) ||
	    line >= file.len)
		return false;
	text = kf_part_of(file, line, file.len - line);
	return run_of(text) >= 138 &&
	       kf_equal(kf_part_of(text, 0, 2), kf_text("RW"));
}

/* packet_len steps over the head of packet 5, in either form. 0: it is none. */
static uint64_t packet_len(struct kf_cursor *c)
{
	uint8_t head = kf_u8(c, "head"), first;

	if (head == 0x95)
		return kf_u16be(c, "length");
	if (head == 0x96)
		return kf_u32be(c, "length");
	if (head != 0x94 && head != 0xc5)
		return 0;
	first = kf_u8(c, "length");
	if (head == 0x94 || first < 192)
		return first;
	if (first == 255)
		return kf_u32be(c, "length");
	return ((uint64_t)first - 192) * 256 + kf_u8(c, "length") + 192;
}

/* is_openpgp: packet 5, of a key's version and an algorithm that is one; behind
 * it another packet, or nothing. */
static bool is_openpgp(struct kf_bytes file)
{
	struct kf_cursor c = kf_cursor_over(file, 0);
	uint64_t len = packet_len(&c);
	size_t at = (size_t)kf_at(&c);

	if (c.damage.field || len < 16 || len > file.len - at ||
	    file.data[at] < 3 || file.data[at] > 6 ||
	    file.data[at + 5] < 1 || file.data[at + 5] > 28)
		return false;
	return len == file.len - at || file.data[at + len] & 0x80;
}

/* is_java looks for an entry that is a key, as far as the file was read. */
static bool is_java(struct kf_bytes file)
{
	struct kf_cursor c = kf_cursor_over(file, 0);
	uint32_t magic = kf_u32be(&c, "magic");
	uint32_t version = kf_u32be(&c, "version");
	uint32_t num = kf_u32be(&c, "count");

	if ((magic != 0xfeedfeed && magic != 0xcececece) || version < 1 ||
	    version > 2)
		return false;
	while (num-- && !c.damage.field) {
		uint32_t kind = kf_u32be(&c, "tag");

		if (kind == 1 || kind == 3)
			return !c.damage.field;
		kf_skip(&c, kf_u16be(&c, "alias"), "alias");
		kf_skip(&c, 8, "date");
		if (version == 2)
			kf_skip(&c, kf_u16be(&c, "type"), "type");
		kf_skip(&c, kf_u32be(&c, "length"), "certificate");
	}
	return false;
}

/* is_pkcs12: version 3, and a content of data or signed data. What is told
 * with its length, and is short, kf_keys_find reads itself. */
static bool is_pkcs12(struct kf_bytes file, uint64_t size)
{
	static const uint8_t oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 0x01, 0x07 };
	static const uint8_t version[] = { 0x02, 0x01, 0x03, 0x30 };
	struct kf_bytes head = kf_part_of(file, 0, file.len < 32 ? file.len
								  : 32);
	size_t at = kf_keys_place(head, 0, kf_view(version, sizeof(version)));

	return head.len == 32 && head.data[0] == 0x30 && at >= 2 && at <= 6 &&
	       (head.data[1] == 0x80 || size > SEARCHED_MAX) &&
	       kf_keys_place(head, at, kf_view(oid, sizeof(oid))) < head.len;
}

void kf_keys_forms_whole(struct kf_key_finder *f)
{
	uint64_t size = f->source->size;
	size_t used = f->env->arena->used;
	struct kf_bytes file;

	if (!size)
		return;
	f->status = kf_source_keep(&file, f->source, f->env, 0,
				   size < SEARCHED_MAX ? size : SEARCHED_MAX);
	if (f->status != KF_OK)
		return;
	if (is_jwk(file))
		give(f, "JSON Web Key", 0, false);
	else if (is_signify(file))
		give(f, "signify or minisign; whether it has a passphrase was not looked at",
		     0, false);
	else if (is_openpgp(file))
		give(f, "OpenPGP; whether it has a passphrase was not looked at",
		     0, false);
	else if (is_java(file))
		give(f, "Java key store", 0, true);
	else if (is_pkcs12(file, size))
		give(f, "PKCS#12", 0, true);
	f->env->arena->used = used;
}
