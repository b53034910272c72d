/* Writes SignedData.
 *
 * Source: RFC 5652, 5 and 11; of the algorithms RFC 5754 (SHA-2 with RSA and
 * ECDSA) and RFC 4056 (RSASSA-PSS).
 */
#include "cms.h"

#include "core/der.h"

#include <stdio.h>
#include <string.h>

enum {
	INTEGER = 0x02, OCTETS = 0x04, UTC_TIME = 0x17, GENERALIZED_TIME = 0x18,
	SEQUENCE = 0x30, SET = 0x31, CONTEXT_0 = 0xa0, CONTEXT_1 = 0xa1,
	CONTEXT_2 = 0xa2,
};

#define BYTES(...) \
	kf_view((const uint8_t[]){ __VA_ARGS__ }, \
		sizeof((const uint8_t[]){ __VA_ARGS__ }))
#define RSADSI 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01
#define SHA2(n) 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, \
	0x04, 0x02, n, 0x05, 0x00

static const uint8_t data_oid[] = { 0x06, 0x09, RSADSI, 0x07, 0x01 };
static const uint8_t signed_oid[] = { 0x06, 0x09, RSADSI, 0x07, 0x02 };
static const uint8_t type_oid[] = { 0x06, 0x09, RSADSI, 0x09, 0x03 };
static const uint8_t digest_oid[] = { 0x06, 0x09, RSADSI, 0x09, 0x04 };
static const uint8_t time_oid[] = { 0x06, 0x09, RSADSI, 0x09, 0x05 };
static const uint8_t rsa[] = { 0x30, 0x0d, 0x06, 0x09, RSADSI, 0x01, 0x01,
			       0x05, 0x00 };
static const uint8_t mgf1_oid[] = { 0x06, 0x09, RSADSI, 0x01, 0x08 };
static const uint8_t pss_oid[] = { 0x06, 0x09, RSADSI, 0x01, 0x0a };
static const uint8_t one[] = { INTEGER, 1, 1 };

/* Source: RFC 5754, 2 and 3.3. */
static const struct {
	uint8_t algorithm[15];
	uint8_t ecdsa[12];	/* ecdsa-with-SHA*, without parameters */
} digests[KF_NUM_DIGESTS] = {
	[KF_SHA256] = { { SHA2(1) }, { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
				       0xce, 0x3d, 0x04, 0x03, 0x02 } },
	[KF_SHA384] = { { SHA2(2) }, { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
				       0xce, 0x3d, 0x04, 0x03, 0x03 } },
	[KF_SHA512] = { { SHA2(3) }, { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
				       0xce, 0x3d, 0x04, 0x03, 0x04 } },
};

#define CONSTANT(name) kf_view(name, sizeof(name))

/* writing is one SignedData. `full`: the arena is. */
struct writing {
	struct kf_making *m;
	const struct kf_cms_wish *wish;
	struct kf_bytes type;
	struct kf_bytes issuer, serial;
	struct kf_bytes attributes;	/* their elements, in order */
	struct kf_bytes signature;
	bool full;
};

#define PUT(w, tag, ...) \
	KF_CMS_ELEMENT((w)->m->env, &(w)->full, tag, __VA_ARGS__)

struct kf_bytes kf_cms_element(struct kf_env *env, bool *full, uint8_t tag,
			       const struct kf_bytes *piece, size_t num)
{
	struct kf_bytes out = kf_der_join(tag, piece, num, env->arena);

	if (!out.len)
		*full = true;
	return out;
}

struct kf_bytes kf_cms_digest_algorithm(enum kf_digest_kind kind)
{
	return CONSTANT(digests[kind].algorithm);
}

/* read_signer finds issuer and serial number of a certificate. */
static enum kf_status read_signer(struct writing *w, struct kf_fault *why)
{
	struct kf_cursor c = kf_cursor_over(w->m->certificate[0], 0);
	struct kf_der outer, tbs, next, algorithm, issuer;

	if (kf_der_next(&outer, &c)) {
		c = kf_cursor_over(outer.value, 0);
		if (kf_der_next(&tbs, &c)) {
			c = kf_cursor_over(tbs.value, 0);
			if (kf_der_next(&next, &c) &&
			    (next.tag != CONTEXT_0 || kf_der_next(&next, &c)) &&
			    kf_der_next(&algorithm, &c) &&
			    kf_der_next(&issuer, &c)) {
				w->serial = next.whole;
				w->issuer = issuer.whole;
				return KF_OK;
			}
		}
	}
	kf_fault_say(why, NULL, "the signer's certificate cannot be taken apart");
	return KF_WRONG_USE;
}

static struct kf_bytes digest_algorithm(const struct writing *w)
{
	return kf_cms_digest_algorithm(w->m->scheme.digest);
}

/* signature_algorithm names how the key signs. Of PSS all parameters are told,
 * also those that are the default. */
static struct kf_bytes signature_algorithm(struct writing *w)
{
	const struct kf_scheme *s = &w->m->scheme;
	uint8_t salt = (uint8_t)s->salt_len;
	struct kf_bytes mask, parameters;

	if (s->kind == KF_SCHEME_RSA_PKCS1)
		return CONSTANT(rsa);
	if (s->kind == KF_SCHEME_ECDSA)
		return CONSTANT(digests[s->digest].ecdsa);
	mask = PUT(w, SEQUENCE, CONSTANT(mgf1_oid), digest_algorithm(w));
	parameters = PUT(w, SEQUENCE, PUT(w, CONTEXT_0, digest_algorithm(w)),
			 PUT(w, CONTEXT_1, mask),
			 PUT(w, CONTEXT_2, PUT(w, INTEGER, kf_view(&salt, 1))));
	return PUT(w, SEQUENCE, CONSTANT(pss_oid), parameters);
}

/* time_of writes a Time: two digits of the year up to 2049. */
static struct kf_bytes time_of(struct writing *w)
{
	char text[24], out[24];
	int len;
	bool is_short;

	kf_time_write(text, w->m->ask.at_s);
	is_short = memcmp(text, "1950", 4) >= 0 && memcmp(text, "2050", 4) < 0;
	len = snprintf(out, sizeof(out), "%.*s%.2s%.2s%.2s%.2s%.2sZ",
		       is_short ? 2 : 4, text + (is_short ? 2 : 0), text + 5,
		       text + 8, text + 11, text + 14, text + 17);
	return PUT(w, is_short ? UTC_TIME : GENERALIZED_TIME,
		   kf_view(out, (size_t)len));
}

/* write_attributes writes them in DER's order of a SET, by their bytes: the
 * second one is the length, which grows from content type to time to digest. */
static void write_attributes(struct writing *w)
{
	const struct kf_digest *digest = &w->wish->digest;
	struct kf_bytes type, time = { NULL, 0 }, value, set;

	type = PUT(w, SEQUENCE, CONSTANT(type_oid), PUT(w, SET, w->type));
	if (w->m->ask.has_time)
		time = PUT(w, SEQUENCE, CONSTANT(time_oid),
			   PUT(w, SET, time_of(w)));
	value = PUT(w, OCTETS, kf_view(digest->bytes, digest->len));
	value = PUT(w, SEQUENCE, CONSTANT(digest_oid), PUT(w, SET, value));
	set = PUT(w, CONTEXT_0, type, time, value);
	w->attributes = set;
}

/* sign signs the digest of the attributes, as a SET; or the content's own. */
static enum kf_status sign(struct writing *w, struct kf_fault *why)
{
	struct kf_digest digest = w->wish->digest;
	struct kf_making *m = w->m;
	uint8_t set = SET;
	void *state;
	enum kf_status status;

	if (!w->wish->bare) {
		write_attributes(w);
		if (w->full)
			return KF_NO_MEMORY;
		state = m->crypto->digest_begin(m->crypto->self,
						m->scheme.digest);
		if (!state)
			return KF_NO_CRYPTO;
		m->crypto->digest_add(state, kf_view(&set, 1));
		m->crypto->digest_add(state, kf_part_of(w->attributes, 1,
				w->attributes.len - 1));
		m->crypto->digest_end(state, &digest);
	}
	if (!digest.len)
		return KF_NO_CRYPTO;
	status = kf_making_sign(m, kf_view(digest.bytes, digest.len), why);
	w->signature = kf_view(m->signature.bytes, m->signature.len);
	return status;
}

static int order(struct kf_bytes a, struct kf_bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int way = memcmp(a.data, b.data, len);

	return way ? way : a.len < b.len ? -1 : a.len > b.len;
}

/* certificates writes them in DER's order of a SET. */
static struct kf_bytes certificates(struct writing *w)
{
	struct kf_bytes sorted[KF_MAKING_CERTIFICATES_MAX];
	size_t num = 0;

	for (size_t i = 0; i < w->m->num_certificates; i++) {
		struct kf_bytes der = w->m->certificate[i];
		size_t place = num++;

		for (; place && order(sorted[place - 1], der) > 0; place--)
			sorted[place] = sorted[place - 1];
		sorted[place] = der;
	}
	return kf_cms_element(w->m->env, &w->full, CONTEXT_0, sorted, num);
}

/* unsigned_attributes holds a time stamp, where there is one. */
static struct kf_bytes unsigned_attributes(struct writing *w)
{
	struct kf_bytes token = w->m->stamp.token;

	if (!token.len)
		return kf_view(NULL, 0);
	return PUT(w, CONTEXT_1, PUT(w, SEQUENCE, w->wish->stamp,
				     PUT(w, SET, token)));
}

static struct kf_bytes signer_info(struct writing *w)
{
	struct kf_bytes name = PUT(w, SEQUENCE, w->issuer, w->serial);

	return PUT(w, SEQUENCE, CONSTANT(one), name, digest_algorithm(w),
		   w->attributes, signature_algorithm(w),
		   PUT(w, OCTETS, w->signature), unsigned_attributes(w));
}

enum kf_status kf_cms_make(struct kf_bytes *out, struct kf_making *m,
			   const struct kf_cms_wish *wish,
			   struct kf_fault *why)
{
	struct writing w = { .m = m, .wish = wish };
	struct kf_bytes content = { NULL, 0 }, signed_data;
	enum kf_status status = read_signer(&w, why);

	w.type = wish->type.len ? wish->type : CONSTANT(data_oid);
	if (status == KF_OK)
		status = sign(&w, why);
	if (status != KF_OK)
		return status;
	if (wish->content.len)
		content = PUT(&w, CONTEXT_0, wish->content);
	signed_data = PUT(&w, SEQUENCE, CONSTANT(one),
			  PUT(&w, SET, digest_algorithm(&w)),
			  PUT(&w, SEQUENCE, w.type, content),
			  certificates(&w), PUT(&w, SET, signer_info(&w)));
	*out = wish->inner ? signed_data
			   : PUT(&w, SEQUENCE, CONSTANT(signed_oid),
				 PUT(&w, CONTEXT_0, signed_data));
	return w.full ? KF_NO_MEMORY : KF_OK;
}
