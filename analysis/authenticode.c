/* Hashes an image section by section, and reads what a signature covers.
 */
#include "authenticode.h"

#include "core/der.h"
#include "core/pkcs7.h"

/* Source: RFC 5754, 2; RFC 3370, 2.1. */
static const struct {
	uint8_t oid[9];
	size_t len;
	enum kf_digest_kind kind;
} digests[] = {
	{ { 0x2b, 0x0e, 0x03, 0x02, 0x1a }, 5, KF_SHA1 },
	{ { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 }, 9,
	  KF_SHA256 },
	{ { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 }, 9,
	  KF_SHA384 },
	{ { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03 }, 9,
	  KF_SHA512 },
};

struct span {
	uint64_t at, len;
};

struct hashing {
	const struct kf_image *image;
	struct kf_env *env;
	void *digest[KF_NUM_DIGESTS];
};

static void add(struct hashing *h, struct kf_bytes bytes)
{
	for (int i = 0; i < KF_NUM_DIGESTS; i++)
		if (h->digest[i])
			h->env->crypto->digest_add(h->digest[i], bytes);
}

/* hash feeds the bytes from `at` to `end`, which lie in the image. */
static enum kf_status hash(struct hashing *h, uint64_t at, uint64_t end)
{
	const struct kf_source *source = h->image->source;
	struct kf_env *env = h->env;

	if (at > end || end > h->image->len)
		return KF_WRONG_USE;
	if (!kf_spend(env, end - at))
		return KF_TOO_MUCH;
	while (at < end) {
		size_t some = env->window_len;

		if (some > end - at)
			some = (size_t)(end - at);
		if (!source->read_at(source->self, at, env->window, some))
			return KF_CANNOT_READ;
		add(h, kf_view(env->window, some));
		at += some;
	}
	return KF_OK;
}

/* hash_headers leaves out the checksum and, where there is one, the entry of
 * the certificate table. */
static enum kf_status hash_headers(struct hashing *h)
{
	const struct kf_pe *pe = h->image->pe;
	uint64_t from = (uint64_t)pe->checksum_at + 4;
	enum kf_status status = hash(h, 0, pe->checksum_at);

	if (status == KF_OK && pe->num_directories > KF_PE_DIR_SECURITY) {
		status = hash(h, from, pe->security_at);
		from = (uint64_t)pe->security_at + 8;
	}
	return status == KF_OK ? hash(h, from, pe->headers_len) : status;
}

/* read_spans reads where the data of the sections lies, in the order of their
 * places; of equal ones the first stays first. */
static enum kf_status read_spans(struct span *out, const struct kf_image *image)
{
	struct kf_pe_section s;
	enum kf_status status = KF_OK;

	if (image->pe->num_sections > KF_IMAGE_SECTIONS_MAX)
		return KF_WRONG_USE;
	for (uint32_t i = 0; i < image->pe->num_sections; i++) {
		uint32_t place = i;

		status = kf_pe_section_read(&s, image->pe, image->source, i);
		if (status != KF_OK)
			break;
		for (; place && out[place - 1].at > s.raw_at; place--)
			out[place] = out[place - 1];
		out[place].at = s.raw_at;
		out[place].len = s.raw_len;
	}
	return status;
}

static enum kf_status hash_image(struct hashing *h)
{
	static const uint8_t zeros[8];
	const struct kf_image *image = h->image;
	struct span spans[KF_IMAGE_SECTIONS_MAX];
	uint64_t sum = image->pe->headers_len;
	enum kf_status status = read_spans(spans, image);

	if (status == KF_OK)
		status = hash_headers(h);
	for (uint32_t i = 0; i < image->pe->num_sections; i++) {
		if (status == KF_OK && spans[i].len)
			status = hash(h, spans[i].at,
				      spans[i].at + spans[i].len);
		if (status != KF_OK)
			return status;
		sum += spans[i].len;
	}
	if (status == KF_OK)
		status = hash(h, sum, image->len);
	for (uint64_t left = image->pad; left;) {
		size_t some = left < sizeof(zeros) ? (size_t)left
						   : sizeof(zeros);

		add(h, kf_view(zeros, some));
		left -= some;
	}
	return status;
}

enum kf_status kf_image_digest(struct kf_digest out[KF_NUM_DIGESTS],
			       const struct kf_image *image, unsigned wanted,
			       struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct hashing h = { image, env, { NULL } };
	enum kf_status status = KF_OK;

	for (unsigned i = 0; i < KF_NUM_DIGESTS; i++) {
		out[i].len = 0;
		if (!(wanted & 1u << i))
			continue;
		h.digest[i] = crypto->digest_begin(crypto->self,
						   (enum kf_digest_kind)i);
		if (!h.digest[i])
			status = KF_NO_CRYPTO;
	}
	if (status == KF_OK)
		status = hash_image(&h);
	for (int i = 0; i < KF_NUM_DIGESTS; i++) {
		if (h.digest[i] && status != KF_OK)
			crypto->digest_drop(h.digest[i]);
		else if (h.digest[i])
			crypto->digest_end(h.digest[i], &out[i]);
		if (h.digest[i] && status == KF_OK && out[i].len == 0)
			status = KF_NO_CRYPTO;
	}
	return status;
}

/* kind_of knows a digest by the value of its OID. */
static bool kind_of(enum kf_digest_kind *out, struct kf_bytes oid)
{
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		if (!kf_equal(oid, kf_view(digests[i].oid, digests[i].len)))
			continue;
		*out = digests[i].kind;
		return true;
	}
	return false;
}

bool kf_content_digest(struct kf_bytes *out, enum kf_digest_kind *kind,
		       const struct kf_signed_facts *facts)
{
	struct kf_cursor c = kf_cursor_over(facts->content, 0), inner;
	struct kf_der content, type, info, algorithm, oid, digest;

	if (!facts->is_signed_data || facts->detached ||
	    !kf_pkcs7_is_authenticode(facts) ||
	    !kf_der_next(&content, &c))
		return false;
	c = kf_cursor_over(content.value, 0);
	if (!kf_der_next(&type, &c) || !kf_der_next(&info, &c))
		return false;
	c = kf_cursor_over(info.value, 0);
	if (!kf_der_next(&algorithm, &c) || !kf_der_next(&digest, &c))
		return false;
	inner = kf_cursor_over(algorithm.value, 0);
	if (!kf_der_next(&oid, &inner) || !kind_of(kind, oid.value))
		return false;
	*out = digest.value;
	return digest.tag == 0x04 && digest.value.len == kf_digest_len(*kind);
}
