/* Pieces, written by a token's process and read by its parent, which believes
 * none of them.
 *
 * Source: RFC 8410, 4, of an Ed25519 key.
 */
#include "told.h"

#include <string.h>

enum {
	PIECE_HEAD = 5,
	COORDINATE_MAX = 66,
};

void kf_tell(struct kf_output *out, enum kf_told tag, struct kf_bytes bytes)
{
	char head[PIECE_HEAD] = { (char)tag };

	for (size_t i = 0; i < 4; i++)
		head[1 + i] = (char)(bytes.len >> (8 * i) & 0xff);
	kf_output_add(out, head, sizeof(head));
	kf_output_add(out, (const char *)bytes.data, bytes.len);
}

void kf_tell_number(struct kf_output *out, enum kf_told tag, unsigned number)
{
	uint8_t byte = (uint8_t)number;

	kf_tell(out, tag, kf_view(&byte, 1));
}

bool kf_told_next(struct kf_cursor *c, enum kf_told *tag,
		  struct kf_bytes *bytes)
{
	if (!kf_more(c))
		return false;
	*tag = (enum kf_told)kf_u8(c, "tag");
	*bytes = kf_take(c, kf_u32le(c, "length"), "piece");
	return !c->damage.field;
}

const char *kf_told_text(struct kf_bytes bytes, struct kf_arena *arena)
{
	char *text = kf_arena_take(arena, bytes.len + 1);

	if (text && bytes.len)
		memcpy(text, bytes.data, bytes.len);
	return text;
}

/* gathering is an object whose pieces come in. */
struct gathering {
	struct kf_token_object *object;
	struct kf_bytes curve, point, modulus, exponent, spki;
	const struct kf_crypto *crypto;
	struct kf_arena *arena;
};

static unsigned number_of(struct kf_bytes bytes)
{
	return bytes.len == 1 ? bytes.data[0] : 0;
}

static enum kf_answer3 answer_of(struct kf_bytes bytes)
{
	unsigned number = number_of(bytes);

	return number == KF_YES ? KF_YES : number == KF_NO ? KF_NO
							   : KF_NOT_ASKED;
}

static bool keep_text(const char **out, struct gathering *g,
		      struct kf_bytes bytes)
{
	*out = kf_told_text(bytes, g->arena);
	return *out;
}

/* take_number takes the pieces that are answers. */
static void take_number(struct kf_token_object *o, enum kf_told tag,
			struct kf_bytes bytes)
{
	unsigned number = number_of(bytes);

	if (tag == KF_TELL_EXTRACTABLE)
		o->extractable = answer_of(bytes);
	else if (tag == KF_TELL_WAS_EXTRACTABLE)
		o->was_extractable = answer_of(bytes);
	else if (tag == KF_TELL_MADE_THERE)
		o->made_there = answer_of(bytes);
	else if (tag == KF_TELL_ASKS)
		o->asks_each_time = number;
	else if (tag == KF_TELL_SIGNS && number < 32)
		o->signs |= KF_SIGNS(number);
}

/* take takes one piece. Fails: false, no memory. */
static bool take(struct gathering *g, enum kf_told tag, struct kf_bytes bytes)
{
	struct kf_token_object *o = g->object;

	switch (tag) {
	case KF_TELL_LABEL:
		return keep_text(&o->label, g, bytes);
	case KF_TELL_URI:
		return keep_text(&o->uri, g, bytes);
	case KF_TELL_TYPE:
		return keep_text(&o->type, g, bytes);
	case KF_TELL_START:
		return keep_text(&o->start, g, bytes);
	case KF_TELL_END:
		return keep_text(&o->end, g, bytes);
	case KF_TELL_ID:
		return kf_arena_keep(g->arena, &o->id, bytes);
	case KF_TELL_CERTIFICATE:
		return kf_arena_keep(g->arena, &o->certificate, bytes);
	case KF_TELL_CURVE:
		g->curve = bytes;
		return true;
	case KF_TELL_POINT:
		g->point = bytes;
		return true;
	case KF_TELL_MODULUS:
		g->modulus = bytes;
		return true;
	case KF_TELL_EXPONENT:
		g->exponent = bytes;
		return true;
	case KF_TELL_SPKI:
		g->spki = bytes;
		return true;
	default:
		take_number(o, tag, bytes);
		return true;
	}
}

/* edwards makes an Ed25519 key of its 32 bytes. */
static enum kf_status edwards(struct gathering *g)
{
	uint8_t spki[12 + 32] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
				  0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

	if (g->point.len != 32)
		return KF_WRONG_USE;
	memcpy(spki + 12, g->point.data, 32);
	return g->crypto->key_read(g->crypto->self, &g->object->key,
				   kf_view(spki, sizeof(spki)), g->arena);
}

/* ellipse makes a key of an uncompressed point. */
static enum kf_status ellipse(struct gathering *g)
{
	char curve[16] = "";
	size_t half = g->point.len / 2;

	if (g->curve.len >= sizeof(curve) || g->point.len % 2 != 1 ||
	    half > COORDINATE_MAX || g->point.data[0] != 4)
		return KF_WRONG_USE;
	memcpy(curve, g->curve.data, g->curve.len);
	return g->crypto->key_ec(g->crypto->self, &g->object->key, curve,
				 kf_view(g->point.data + 1, half),
				 kf_view(g->point.data + 1 + half, half),
				 g->arena);
}

/* conclude makes the key out of its numbers; what is none stays without. */
static enum kf_status conclude(struct gathering *g)
{
	struct kf_key *key = &g->object->key;
	enum kf_status status = KF_WRONG_USE;

	if (g->modulus.len && g->exponent.len)
		status = g->crypto->key_rsa(g->crypto->self, key, g->modulus,
					    g->exponent, g->arena);
	else if (g->point.len && kf_equal(g->curve, kf_text("Ed25519")))
		status = edwards(g);
	else if (g->point.len && g->curve.len)
		status = ellipse(g);
	if (status == KF_WRONG_USE && g->spki.len)
		status = g->crypto->key_read(g->crypto->self, key, g->spki,
					     g->arena);
	if (status != KF_WRONG_USE)
		return status;
	memset(key, 0, sizeof(*key));
	return KF_OK;
}

/* check_certificate drops the certificate of another key, which may have the
 * same id: a key stands in its own as it is encoded. */
static void check_certificate(struct kf_token_object *o)
{
	if (o->kind == KF_OBJECT_PRIVATE &&
	    (!o->key.spki.len || !o->certificate.len ||
	     !memmem(o->certificate.data, o->certificate.len,
		     o->key.spki.data, o->key.spki.len)))
		o->certificate = kf_view(NULL, 0);
}

enum kf_status kf_told_object(struct kf_token_object *out, struct kf_cursor *c,
			      const struct kf_crypto *crypto,
			      struct kf_arena *arena)
{
	struct gathering g = { .object = out, .crypto = crypto,
			       .arena = arena };
	struct kf_cursor ahead;
	enum kf_status status;
	struct kf_bytes bytes;
	enum kf_told tag;

	memset(out, 0, sizeof(*out));
	if (!kf_told_next(c, &tag, &bytes) || tag != KF_TELL_OBJECT)
		return KF_OK;
	out->kind = (enum kf_object_kind)number_of(bytes);
	for (ahead = *c; kf_told_next(&ahead, &tag, &bytes) &&
			 tag != KF_TELL_OBJECT && tag != KF_TELL_TOKEN;
	     *c = ahead)
		if (!take(&g, tag, bytes))
			return KF_NO_MEMORY;
	status = conclude(&g);
	check_certificate(out);
	out->signs = kf_schemes_of(&out->key, out->signs);
	return status;
}

/* integer writes an INTEGER. Returns its length. */
static size_t integer(uint8_t *out, struct kf_bytes number)
{
	size_t len;

	while (number.len > 1 && !number.data[0]) {
		number.data++;
		number.len--;
	}
	len = number.len + (number.data[0] >> 7);
	out[0] = 0x02;
	out[1] = (uint8_t)len;
	out[2] = 0;
	memcpy(out + 2 + len - number.len, number.data, number.len);
	return 2 + len;
}

bool kf_ecdsa_value(struct kf_signature *out, struct kf_bytes r,
		    struct kf_bytes s)
{
	uint8_t two[2 * (3 + COORDINATE_MAX)];
	size_t len, at = 0;

	if (!r.len || !s.len || r.len > COORDINATE_MAX ||
	    s.len > COORDINATE_MAX)
		return false;
	len = integer(two, r);
	len += integer(two + len, s);
	out->bytes[at++] = 0x30;
	if (len > 0x7f)
		out->bytes[at++] = 0x81;
	out->bytes[at++] = (uint8_t)len;
	memcpy(out->bytes + at, two, len);
	out->len = at + len;
	return true;
}

size_t kf_digest_size(enum kf_digest_kind kind)
{
	return kind == KF_SHA256 ? 32 : kind == KF_SHA384 ? 48
				      : kind == KF_SHA512 ? 64 : 0;
}

uint32_t kf_schemes_of(const struct kf_key *key, uint32_t signs)
{
	uint32_t out = 0;

	for (int kind = KF_SCHEME_RSA_PKCS1; kind <= KF_SCHEME_ED25519;
	     kind++) {
		const struct kf_scheme scheme = {
			.kind = (enum kf_scheme_kind)kind,
			.digest = KF_SHA256,
		};

		if (kf_scheme_suits(key, signs, &scheme))
			out |= KF_SIGNS(kind);
	}
	return out;
}

bool kf_scheme_suits(const struct kf_key *key, uint32_t signs,
		     const struct kf_scheme *scheme)
{
	static const char *const curves[] = { "EC-P-256", "EC-prime256v1",
					      "EC-P-384", "EC-secp384r1" };

	if (scheme->kind < KF_SCHEME_RSA_PKCS1 ||
	    scheme->kind > KF_SCHEME_ED25519 ||
	    !(signs & KF_SIGNS(scheme->kind)))
		return false;
	if (scheme->kind == KF_SCHEME_ED25519)
		return key->kind == KF_KEY_ED25519;
	if (!kf_digest_size(scheme->digest))
		return false;
	if (scheme->kind != KF_SCHEME_ECDSA)
		return key->kind == KF_KEY_RSA;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (key->kind == KF_KEY_EC && kf_same(key->name, curves[i]))
			return true;
	return false;
}
