/* Finds keys by what they look like.
 *
 * Source: RFC 7468, 5 to 13 (labels); RFC 1421, 4.6 (Proc-Type); RFC 5958 and
 * 5208 (PKCS#8); RFC 8017, A.1.2 (PKCS#1); RFC 5915 (SEC 1); RFC 7292
 * (PKCS#12); openssh/openssh-portable, PROTOCOL.key; openssl/openssl,
 * crypto/pem/pem_all.c (DSA).
 */
#include "keys_forms.h"

#include "core/base64.h"
#include "core/der.h"

#include <string.h>

enum {
	BLOCK_MAX = 64 << 10,	/* of a PEM block; certificates take some KiB */
	LABEL_MAX = 64,
	BODY_MIN = 40,		/* characters of base64: the shortest keys */
	DER_MAX = 64 << 10,
};

static const char begin[] = "-----BEGIN ";
static const char dashes[] = "-----";

static size_t find(struct kf_bytes in, size_t from, const char *what)
{
	return kf_keys_place(in, from, kf_text(what));
}

static bool contains(struct kf_bytes in, const char *what)
{
	return find(in, 0, what) < in.len;
}

static bool same(struct kf_bytes a, const char *b)
{
	return kf_equal(a, kf_text(b));
}

/* is_escape: JSON, and what else holds strings of one line, write the end of a
 * line with two characters. */
static bool is_escape(struct kf_bytes text, size_t at)
{
	return at + 1 < text.len && text.data[at] == '\\' &&
	       (text.data[at + 1] == 'n' || text.data[at + 1] == 'r');
}

/* decode turns base64 into bytes, and stops at what is none. Returns how many
 * characters it took. */
static size_t decode(struct kf_bytes *out, uint8_t *room, struct kf_bytes text)
{
	uint32_t group = 0;
	size_t num = 0, len = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		unsigned value = kf_base64_digit(c);

		if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
			continue;
		if (is_escape(text, i)) {
			i++;
			continue;
		}
		if (value == 64)
			break;
		group = group << 6 | value;
		if (++num % 4 == 1)
			continue;
		room[len++] = (uint8_t)(group >> (2 * (3 - (num - 1) % 4)));
	}
	*out = kf_view(room, len);
	return num;
}

/* body is what stands between the lines of a block, behind its headers. */
static struct kf_bytes body(struct kf_bytes inside)
{
	size_t at = 0, end;

	for (;;) {
		struct kf_bytes line;

		while (at < inside.len && (inside.data[at] == '\n' ||
					   inside.data[at] == '\r'))
			at++;
		end = find(inside, at, "\n");
		line = kf_part_of(inside, at, end - at);
		if (!contains(line, ": "))
			return kf_part_of(inside, at, inside.len - at);
		at = end;
	}
}

/* openssh_encrypted: the name of the cipher stands behind a magic text. */
static bool openssh_encrypted(struct kf_bytes der)
{
	struct kf_cursor c = kf_cursor_over(der, 0);
	uint32_t len;

	kf_skip(&c, sizeof("openssh-key-v1"), "magic");
	len = kf_u32be(&c, "ciphername");
	return !same(kf_take(&c, len, "ciphername"), "none");
}

/* label_of makes out what a block is. Fails: false, for what is no key. */
static bool label_of(struct kf_key_found *out, struct kf_bytes label,
		     struct kf_bytes inside)
{
	static const struct {
		const char *label, *form;
	} forms[] = {
		{ "PRIVATE KEY", "PKCS#8, PEM" },
		{ "ENCRYPTED PRIVATE KEY", "PKCS#8, PEM" },
		{ "RSA PRIVATE KEY", "RSA (PKCS#1), PEM" },
		{ "EC PRIVATE KEY", "EC (SEC 1), PEM" },
		{ "DSA PRIVATE KEY", "DSA, PEM" },
		{ "OPENSSH PRIVATE KEY", "OpenSSH" },
		{ "PGP PRIVATE KEY BLOCK",
		  "OpenPGP; whether it has a passphrase was not looked at" },
	};

	if (same(label, "CERTIFICATE") || same(label, "X509 CERTIFICATE"))
		out->kind = KF_KEY_CERTIFICATE;
	else if (same(label, "PUBLIC KEY"))
		out->kind = KF_KEY_PUBLIC;
	else if (contains(label, "PRIVATE KEY"))
		out->kind = KF_KEY_PRIVATE;
	else
		return false;
	out->form = "PEM";
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (same(label, forms[i].label))
			out->form = forms[i].form;
	out->encrypted = contains(label, "ENCRYPTED") ||
			 contains(inside, "4,ENCRYPTED") ||
			 (same(label, "OPENSSH PRIVATE KEY") &&
			  openssh_encrypted(out->der));
	return true;
}

/* take_block looks at what starts with BEGIN. */
static void take_block(struct kf_key_finder *f, struct kf_bytes block,
		       uint64_t at)
{
	struct kf_key_found key = { .at = at };
	size_t from = sizeof(begin) - 1, end = find(block, from, dashes);
	struct kf_bytes label = kf_part_of(block, from, end - from), inside;
	uint8_t *room;

	if (end == block.len || label.len > LABEL_MAX ||
	    contains(label, "\n"))
		return;
	from = end + sizeof(dashes) - 1;
	end = find(block, from, dashes);
	inside = kf_part_of(block, from, end - from);
	room = kf_arena_take(f->env->arena, inside.len + 4);
	if (!room) {
		f->status = KF_NO_MEMORY;
		return;
	}
	if (decode(&key.der, room, body(inside)) < BODY_MIN ||
	    !label_of(&key, label, inside))
		return;
	/* No verifier takes such a one for a certificate or public key. */
	if (is_escape(inside, 0) && key.kind != KF_KEY_PRIVATE)
		return;
	/* The line of END. */
	if (end < block.len)
		end = find(block, end + sizeof(dashes) - 1, dashes);
	end += end < block.len ? sizeof(dashes) - 1 : 0;
	key.bytes = kf_part_of(block, 0, end);
	key.len = end;
	f->found(f->self, &key);
}

static void read_block(struct kf_key_finder *f, uint64_t at)
{
	uint64_t len = f->source->size - at;
	size_t used = f->env->arena->used;
	struct kf_bytes block;

	if (len > BLOCK_MAX)
		len = BLOCK_MAX;
	if (!kf_spend(f->env, len)) {
		f->status = KF_TOO_MUCH;
		return;
	}
	f->status = kf_source_keep(&block, f->source, f->env, at, len);
	if (f->status == KF_OK)
		take_block(f, block, at);
	f->env->arena->used = used;
}

/* look_through goes through the file once, window by window. What begins in the
 * last bytes of one is looked for in the next. */
static void look_through(struct kf_key_finder *f)
{
	struct kf_env *env = f->env;
	const size_t keep = KF_KEYS_TEXT_MAX;
	uint64_t at = 0;

	while (f->status == KF_OK && at < f->source->size) {
		uint64_t left = f->source->size - at;
		size_t len = left < env->window_len ? (size_t)left
						    : env->window_len;
		size_t end = len == left || len <= keep ? len : len - keep;
		struct kf_bytes window = kf_view(env->window, len);

		if (!kf_spend(env, len)) {
			f->status = KF_TOO_MUCH;
			return;
		}
		if (!f->source->read_at(f->source->self, at, env->window,
					len)) {
			f->status = KF_CANNOT_READ;
			return;
		}
		for (size_t hit = find(window, 0, begin);
		     hit < end && f->status == KF_OK;
		     hit = find(window, hit + sizeof(begin) - 2, begin))
			read_block(f, at + hit);
		kf_keys_forms_in(f, window, end, at);
		at += end;
	}
}

enum { INTEGER = 0x02, OCTETS = 0x04, OID = 0x06, SEQUENCE = 0x30 };

static bool is_number(const struct kf_der *element, uint8_t value)
{
	return element->tag == INTEGER && element->value.len == 1 &&
	       element->value.data[0] == value;
}

static bool algorithm(const struct kf_der *element)
{
	struct kf_cursor c = kf_cursor_over(element->value, 0);
	struct kf_der first;

	return element->tag == SEQUENCE && kf_der_next(&first, &c) &&
	       first.tag == OID;
}

/* is_pbe: the algorithm is one of pkcs-5 and pkcs-12PbeIds, with which keys
 * are encrypted. Source: RFC 8018, C; RFC 7292, D. */
static bool is_pbe(const struct kf_der *element)
{
	static const char pbes[][9] = { "\x2a\x86\x48\x86\xf7\x0d\x01\x05",
					"\x2a\x86\x48\x86\xf7\x0d\x01\x0c" };
	enum { NEAR = 12 };
	struct kf_bytes head = element->value;

	if (head.len > NEAR)
		head.len = NEAR;
	return algorithm(element) && (contains(head, pbes[0]) ||
				      contains(head, pbes[1]));
}

static bool is_pkcs8(const struct kf_der *e, size_t num)
{
	return num >= 3 && (is_number(&e[0], 0) || is_number(&e[0], 1)) &&
	       algorithm(&e[1]) && e[2].tag == OCTETS;
}

static bool is_sec1(const struct kf_der *e, size_t num)
{
	enum { KEY_MIN = 16 };

	return num >= 2 && is_number(&e[0], 1) && e[1].tag == OCTETS &&
	       e[1].value.len >= KEY_MIN;
}

/* open_form, closed_form tell what kind of private key the elements are; NULL:
 * none. */
static const char *open_form(const struct kf_der *e, size_t num)
{
	enum { RSA = 9, DSA = 6 };
	bool zero = num && is_number(&e[0], 0);
	size_t numbers = 0;

	while (numbers < num && e[numbers].tag == INTEGER)
		numbers++;
	if (numbers == RSA && zero)
		return "RSA (PKCS#1), DER";
	if (numbers == DSA && num == DSA && zero)
		return "DSA, DER";
	if (is_pkcs8(e, num))
		return "PKCS#8, DER";
	return is_sec1(e, num) ? "EC (SEC 1), DER" : NULL;
}

static const char *closed_form(const struct kf_der *e, size_t num)
{
	if (num >= 2 && is_number(&e[0], 3) && algorithm(&e[1]))
		return "PKCS#12";
	if (num == 2 && is_pbe(&e[0]) && e[1].tag == OCTETS)
		return "PKCS#8, DER";
	return NULL;
}

/* der looks whether the whole file is one key. */
static void der(struct kf_key_finder *f)
{
	struct kf_key_found key = { .kind = KF_KEY_PRIVATE };
	struct kf_der whole, element[10];
	struct kf_cursor c, in;
	size_t num = 0;

	if (f->source->size < 16 || f->source->size > DER_MAX)
		return;
	f->status = kf_source_keep(&key.bytes, f->source, f->env, 0,
				   f->source->size);
	if (f->status != KF_OK)
		return;
	c = kf_cursor_over(key.bytes, 0);
	if (!kf_der_next(&whole, &c) || whole.tag != SEQUENCE ||
	    whole.indefinite)
		return;
	in = kf_cursor_over(whole.value, 0);
	while (num < 10 && kf_more(&in) && kf_der_next(&element[num], &in))
		num++;
	if (in.damage.field)
		return;
	key.bytes = key.der = whole.whole;
	key.len = whole.whole.len;
	key.form = open_form(element, num);
	if (!key.form) {
		key.form = closed_form(element, num);
		key.encrypted = true;
	}
	if (key.form)
		f->found(f->self, &key);
}

enum kf_status
kf_keys_find(const struct kf_source *source, struct kf_env *env,
	     void (*found)(void *self, const struct kf_key_found *key),
	     void *self)
{
	struct kf_key_finder f = { .source = source, .env = env,
				   .found = found, .self = self };
	size_t used = env->arena->used;

	der(&f);
	env->arena->used = used;
	if (f.status == KF_OK)
		look_through(&f);
	if (f.status == KF_OK)
		kf_keys_forms_whole(&f);
	return f.status;
}
