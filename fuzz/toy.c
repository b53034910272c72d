/* A crypto table whose signatures a fuzzer can make: no arithmetic, the
 * answers stand in the bytes, so every way through the rules is near.
 *
 * Behind the 41 bytes that edk2's rules look at for themselves a toy
 * signature has: flags, numbers of signers and certificates, the content's
 * tag, length and bytes, and then the certificates, each with its length. With
 * the tag TAG_COVERS the content is what the toy's digest of all that it covers
 * starts with, and another one does not verify.
 */
#include "world.h"

#include <string.h>

enum {
	CERTIFICATES_MAX = 12,
	PREFIX_LEN = 41,
	WRAPPING_LEN = 19,
	TAG_COVERS = 0xc0,

	FLAG_OTHER_TYPE = 1,
	FLAG_DETACHED = 2,
	FLAG_OTHER_OID = 4,
	FLAG_SIGNER_LOST = 8,
	FLAG_BAD = 16,
	FLAG_STAMPED = 32,
	FLAG_FAILS = 64,	/* its verification */
	FLAG_NO_MEMORY = 128,	/* its reading */
};

struct kf_signed_data {
	uint8_t flags;
	uint8_t num_signers;
	uint8_t tag;
	struct kf_bytes content;
	struct kf_bytes certificate[CERTIFICATES_MAX];
	size_t num_certificates;
};

static const uint8_t spc_oid[] = {
	0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04,
};
static const uint8_t signed_oid[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
};

struct toy_digest {
	enum kf_digest_kind kind;
	uint64_t sum;
};

static void *digest_begin(void *self, enum kf_digest_kind kind)
{
	struct toy_digest *d = malloc(sizeof(*d));

	(void)self;
	if (d) {
		d->kind = kind;
		d->sum = UINT64_C(0xcbf29ce484222325);
	}
	return d;
}

static void digest_add(void *digest, struct kf_bytes bytes)
{
	struct toy_digest *d = digest;

	for (size_t i = 0; i < bytes.len; i++)
		d->sum = (d->sum << 5 | d->sum >> 59) ^ bytes.data[i];
}

static void digest_end(void *digest, struct kf_digest *out)
{
	struct toy_digest *d = digest;

	memset(out, 0, sizeof(*out));
	out->len = kf_digest_len(d->kind);
	for (size_t i = 0; i < 8; i++)
		out->bytes[i] = (uint8_t)(d->sum >> 8 * i);
	free(d);
}

static void digest_drop(void *digest)
{
	free(digest);
}

static bool is_certificate(struct kf_bytes der)
{
	return der.len >= 4 && der.data[0] == 0x30;
}

static enum kf_status certificate_read(void *self, struct kf_certificate *out,
				       struct kf_bytes der,
				       struct kf_arena *arena)
{
	(void)self;
	(void)arena;
	memset(out, 0, sizeof(*out));
	if (!is_certificate(der))
		return KF_WRONG_USE;
	out->der = der;
	out->name = out->subject = "toy";
	out->issuer = out->issuer_name = "toy";
	out->key = out->algorithm = "toy";
	kf_digest_of(&out->sha256, &toy_crypto, KF_SHA256, der);
	return KF_OK;
}

static bool certificate_times(void *self, struct kf_bytes der, int64_t *from,
			      int64_t *to)
{
	(void)self;
	if (!is_certificate(der))
		return false;
	*from = 0;
	*to = (int64_t)der.data[der.len - 1] << 24;
	return true;
}

static enum kf_status certificate_rsa(void *self, struct kf_bytes der,
				      uint32_t policy, enum kf_answer3 *out)
{
	(void)self;
	(void)policy;
	if (is_certificate(der) && der.data[3] == 0xff)
		return KF_NO_MEMORY;
	*out = is_certificate(der) && der.data[3] != 0xec ? KF_YES : KF_NO;
	return KF_OK;
}

/* A key is a SEQUENCE, whose last byte says of which kind it is. */
static enum kf_status key_read(void *self, struct kf_key *out,
			       struct kf_bytes key, struct kf_arena *arena)
{
	(void)self;
	memset(out, 0, sizeof(*out));
	if (!is_certificate(key))
		return KF_WRONG_USE;
	if (key.data[3] == 0xff)
		return KF_NO_MEMORY;
	out->kind = (enum kf_key_type)(key.data[key.len - 1] % 4);
	out->name = "toy";
	out->bits = 2048;
	if (!kf_arena_keep(arena, &out->spki, key))
		return KF_NO_MEMORY;
	if (out->kind == KF_KEY_RSA)
		out->own = kf_part_of(out->spki, 1, key.len - 1);
	kf_digest_of(&out->sha256, &toy_crypto, KF_SHA256, out->spki);
	return KF_OK;
}

/* made_of is a key out of two numbers: SEQUENCE, they, and their kind. */
static enum kf_status made_of(struct kf_key *out, struct kf_bytes a,
			      struct kf_bytes b, enum kf_key_type kind,
			      struct kf_arena *arena)
{
	size_t len = a.len + b.len + 2;
	uint8_t *bytes;

	if (a.len == 0 || b.len == 0)
		return KF_WRONG_USE;
	bytes = kf_arena_take(arena, len);
	if (!bytes)
		return KF_NO_MEMORY;
	bytes[0] = 0x30;
	memcpy(bytes + 1, a.data, a.len);
	memcpy(bytes + 1 + a.len, b.data, b.len);
	bytes[len - 1] = (uint8_t)kind;
	return key_read(NULL, out, kf_view(bytes, len), arena);
}

static enum kf_status key_rsa(void *self, struct kf_key *out,
			      struct kf_bytes modulus,
			      struct kf_bytes exponent,
			      struct kf_arena *arena)
{
	(void)self;
	return made_of(out, modulus, exponent, KF_KEY_RSA, arena);
}

static enum kf_status key_ec(void *self, struct kf_key *out,
			     const char *curve, struct kf_bytes x,
			     struct kf_bytes y, struct kf_arena *arena)
{
	(void)self;
	(void)curve;
	return made_of(out, x, y, KF_KEY_EC, arena);
}

/* A signature is good when it starts with 1 behind its tag, or without one. */
static enum kf_status key_verify(void *self, const struct kf_key *key,
				 const struct kf_scheme *scheme,
				 struct kf_bytes content,
				 struct kf_bytes signature,
				 enum kf_answer3 *out)
{
	static const enum kf_key_type wanted[] = {
		[KF_SCHEME_RSA_PKCS1] = KF_KEY_RSA,
		[KF_SCHEME_RSA_PSS] = KF_KEY_RSA,
		[KF_SCHEME_ECDSA] = KF_KEY_EC,
		[KF_SCHEME_ED25519] = KF_KEY_ED25519,
	};
	size_t at = signature.len && signature.data[0] == 0x30 ? 4 : 0;
	bool good = at < signature.len && signature.data[at] == 1;

	(void)self;
	(void)content;
	*out = good && key->kind == wanted[scheme->kind] ? KF_YES : KF_NO;
	return KF_OK;
}

/* The toy knows no CMS: there, OpenSSL answers (check-openssl). */
static enum kf_status cms_read(void *self, struct kf_cms **out,
			       struct kf_bytes der)
{
	(void)self;
	(void)der;
	*out = NULL;
	return KF_OK;
}

static enum kf_status signed_read(void *self, struct kf_signed_data **out,
				  struct kf_bytes der, uint32_t policy)
{
	struct kf_bytes oid = kf_part_of(der, 4, sizeof(signed_oid));
	struct kf_cursor c = kf_cursor_over(der, 0);
	struct kf_signed_data *data;
	size_t num;

	(void)self;
	(void)policy;
	*out = NULL;
	if (kf_equal(oid, kf_view(signed_oid, sizeof(signed_oid))) &&
	    der.len > WRAPPING_LEN && der.data[WRAPPING_LEN] == 0x30)
		kf_skip(&c, WRAPPING_LEN, "wrapping");
	kf_skip(&c, PREFIX_LEN, "prefix");
	data = calloc(1, sizeof(*data));
	if (!data)
		return KF_NO_MEMORY;
	data->flags = kf_u8(&c, "flags");
	data->num_signers = kf_u8(&c, "signers");
	num = kf_u8(&c, "certificates") % (CERTIFICATES_MAX + 1);
	data->tag = kf_u8(&c, "tag");
	data->content = kf_take(&c, kf_u8(&c, "length"), "content");
	for (size_t i = 0; i < num; i++)
		data->certificate[i] = kf_take(&c, kf_u8(&c, "length"),
					       "certificate");
	data->num_certificates = num;
	if (c.damage.field) {
		free(data);
		return KF_OK;
	}
	if (data->flags & FLAG_NO_MEMORY) {
		free(data);
		return KF_NO_MEMORY;
	}
	if (data->num_signers > num)
		data->num_signers = (uint8_t)num;
	*out = data;
	return KF_OK;
}

static enum kf_status signed_suppose(void *self, struct kf_signed_data **out,
				     const struct kf_bytes *ders, size_t num)
{
	struct kf_signed_data *data;

	(void)self;
	*out = NULL;
	if (num == 0 || !is_certificate(ders[0]))
		return KF_WRONG_USE;
	data = calloc(1, sizeof(*data));
	*out = data;
	if (!data)
		return KF_NO_MEMORY;
	for (size_t i = 0; i < num && i < CERTIFICATES_MAX; i++)
		data->certificate[data->num_certificates++] = ders[i];
	data->num_signers = 1;
	return KF_OK;
}

static void signed_close(struct kf_signed_data *data)
{
	free(data);
}

static void signed_facts(const struct kf_signed_data *data,
			 struct kf_signed_facts *out)
{
	memset(out, 0, sizeof(*out));
	out->is_signed_data = !(data->flags & FLAG_OTHER_TYPE);
	out->detached = data->flags & FLAG_DETACHED;
	out->content_tag = data->tag;
	if (!(data->flags & FLAG_OTHER_OID))
		out->content_oid = kf_view(spc_oid, sizeof(spc_oid));
	out->content = data->content;
	out->num_signers = data->num_signers;
	out->num_certificates = data->num_certificates;
	out->signers_found = !(data->flags & FLAG_SIGNER_LOST);
}

static void signed_signer(const struct kf_signed_data *data, size_t index,
			  struct kf_signer_facts *out)
{
	memset(out, 0, sizeof(*out));
	out->digest = out->algorithm = "toy";
	if (index < data->num_signers && !(data->flags & FLAG_SIGNER_LOST))
		out->certificate = data->certificate[index];
	if (data->flags & FLAG_STAMPED)
		out->timestamp = data->content;
}

static struct kf_bytes signed_certificate(const struct kf_signed_data *data,
					  size_t index)
{
	return index < data->num_certificates ? data->certificate[index]
					      : kf_view(NULL, 0);
}

static size_t signed_path(const struct kf_signed_data *data,
			  struct kf_bytes *out, size_t max)
{
	size_t num = 0;

	while (num < max && num < data->num_certificates) {
		out[num] = data->certificate[num];
		num++;
	}
	return num;
}

static enum kf_status signed_verify(const struct kf_signed_data *data,
				    struct kf_bytes content, uint32_t policy,
				    enum kf_answer3 *out, struct kf_why *why)
{
	bool bad = data->flags & FLAG_BAD;
	struct kf_digest digest;

	(void)policy;
	if (data->flags & FLAG_FAILS)
		return KF_NO_MEMORY;
	if (data->tag == TAG_COVERS) {
		kf_digest_of(&digest, &toy_crypto, KF_SHA256, content);
		bad |= !kf_equal(kf_view(digest.bytes, 8), data->content);
	}
	*out = bad ? KF_NO : KF_YES;
	why->kind = bad ? KF_WHY_SIGNATURE : KF_WHY_NOTHING;
	why->text = bad ? "toy" : NULL;
	return KF_OK;
}

/* holds tells whether a signature brings this very certificate. */
static bool holds(const struct kf_signed_data *data, struct kf_bytes der)
{
	for (size_t i = 0; i < data->num_certificates; i++)
		if (kf_equal(data->certificate[i], der))
			return true;
	return false;
}

static enum kf_status signed_chain(const struct kf_signed_data *data,
				   struct kf_bytes anchor, uint32_t policy,
				   int64_t now_s, enum kf_answer3 *out,
				   struct kf_why *why)
{
	(void)policy;
	(void)now_s;
	*out = KF_NO;
	why->text = NULL;
	why->kind = KF_WHY_UNREADABLE;
	if (!is_certificate(anchor))
		return KF_OK;
	if (anchor.data[1] == 0xff)
		return KF_NO_MEMORY;
	why->kind = (enum kf_why_kind)(anchor.data[1] % (KF_WHY_MALFORMED + 1));
	if (holds(data, anchor))
		*out = KF_YES;
	return KF_OK;
}

static enum kf_status signed_timestamp(const struct kf_signed_data *data,
				       struct kf_bytes anchor,
				       uint32_t policy, enum kf_answer3 *out,
				       struct kf_moment *when)
{
	(void)policy;
	*out = KF_NO;
	if (!(data->flags & FLAG_STAMPED) ||
	    (anchor.len && !is_certificate(anchor)))
		return KF_OK;
	if (anchor.len && anchor.data[2] == 0xff)
		return KF_NO_MEMORY;
	*out = KF_YES;
	memset(when, 0, sizeof(*when));
	when->year = data->content.len ? data->content.data[0] : 0;
	when->second = data->content.len > 1 ? data->content.data[1] : 0;
	return KF_OK;
}

const struct kf_crypto toy_crypto = {
	.digest_begin = digest_begin,
	.digest_add = digest_add,
	.digest_end = digest_end,
	.digest_drop = digest_drop,
	.certificate_read = certificate_read,
	.certificate_times = certificate_times,
	.certificate_rsa = certificate_rsa,
	.key_read = key_read,
	.key_rsa = key_rsa,
	.key_ec = key_ec,
	.key_verify = key_verify,
	.cms_read = cms_read,
	.signed_read = signed_read,
	.signed_suppose = signed_suppose,
	.signed_close = signed_close,
	.signed_facts = signed_facts,
	.signed_signer = signed_signer,
	.signed_certificate = signed_certificate,
	.signed_path = signed_path,
	.signed_verify = signed_verify,
	.signed_chain = signed_chain,
	.signed_timestamp = signed_timestamp,
};
