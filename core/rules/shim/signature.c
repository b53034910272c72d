/* One signature: what it covers, whether it verifies, which certificates it
 * leads to. UEFI-17 to UEFI-22.
 *
 * shim computes one digest, SHA-256, and holds it against the end of the
 * content: a signature over another digest never matches. Its OpenSSL is
 * 1.0.2k in all versions, without EC and DSA, and with MD5, SHA-1, SHA-256,
 * SHA-384 and SHA-512 alone.
 *
 * Source: rhboot/shim, Cryptlib/Pk/CryptAuthenticode.c:AuthenticodeVerify,
 * CryptPkcs7Verify.c:WrapPkcs7Data, Pkcs7Verify, X509VerifyCb.
 */
#include "shim.h"

#include <string.h>

/* SPC_INDIRECT_DATA, 1.3.6.1.4.1.311.2.1.4. Source: Microsoft, "Windows
 * Authenticode Portable Executable Signature Format". */
static const uint8_t spc_oid[] = {
	0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04,
};

/* What WrapPkcs7Data looks for at byte 4, and else puts in front. */
static const uint8_t signed_oid[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
};

enum {
	WRAPPING_LEN = 19,
	TAG_BOOLEAN = 1,
	TAG_NULL = 5,
	TAG_OBJECT = 6,
};

static bool is_wrapped(struct kf_bytes b)
{
	static const uint8_t explicit_tag[] = { 0xa0, 0x82 };

	return kf_equal(kf_part_of(b, 4, sizeof(signed_oid)),
			kf_view(signed_oid, sizeof(signed_oid))) &&
	       kf_equal(kf_part_of(b, 15, 2), kf_view(explicit_tag, 2));
}

/* wrap puts a ContentInfo's header in front; lengths are cut to 16 bits. */
static bool wrap(struct kf_bytes *out, struct kf_bytes b,
		 struct kf_arena *arena)
{
	uint8_t *w = kf_arena_take(arena, b.len + WRAPPING_LEN);
	const uint16_t lens[] = { (uint16_t)(b.len + WRAPPING_LEN - 4),
				  (uint16_t)b.len };

	if (!w)
		return false;
	for (size_t i = 0; i < 2; i++) {
		uint8_t *head = w + (i ? 15 : 0);

		head[0] = i ? 0xa0 : 0x30;
		head[1] = 0x82;
		head[2] = (uint8_t)(lens[i] >> 8);
		head[3] = (uint8_t)lens[i];
	}
	memcpy(w + 4, signed_oid, sizeof(signed_oid));
	memcpy(w + WRAPPING_LEN, b.data, b.len);
	*out = kf_view(w, b.len + WRAPPING_LEN);
	return true;
}

static enum kf_status parse(struct shim_signature *s,
			    const struct shim_profile *profile,
			    struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	enum kf_status status = crypto->signed_read(crypto->self, &s->data,
						    s->blob, profile->cms);
	struct kf_bytes wrapped;

	if (status != KF_OK || !s->data)
		return status;
	if (is_wrapped(s->blob)) {
		s->wrapped = s->data;
		return KF_OK;
	}
	if (!wrap(&wrapped, s->blob, env->arena))
		return KF_NO_MEMORY;
	return crypto->signed_read(crypto->self, &s->wrapped, wrapped,
				   profile->cms);
}

static bool refuse(struct shim_signature *s, enum kf_reason_id reason,
		   const char *rule, const char *text)
{
	kf_find(&s->content_fault, reason, rule);
	kf_prove_signature(&s->content_fault, s->number, s->at, s->len);
	if (text)
		kf_prove_text(&s->content_fault, text);
	return false;
}

/* stop: where this shim tries a certificate on the signature, it follows a
 * pointer to nothing. */
static bool stop(struct shim_signature *s, const char *text)
{
	s->content_stops = true;
	return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17", text);
}

/* header_len is how many bytes shim takes for tag and length, and `*len` what
 * it takes for the length: it looks at single bits. 0: it gives up. */
static size_t header_len(struct kf_bytes b, size_t *len)
{
	unsigned first = b.len > 1 ? b.data[1] : 0;

	*len = first & 0x7f;
	if (!(first & 0x80))
		return 2;
	if ((first & 0x81) == 0x81) {
		*len = b.len > 2 ? b.data[2] : 0;
		return 3;
	}
	if ((first & 0x82) == 0x82) {
		*len = b.len > 3 ? (size_t)b.data[2] << 8 | b.data[3] : 0;
		return 4;
	}
	return 0;
}

static bool mismatch(struct shim_signature *s, const struct kf_digest *digest,
		     struct kf_bytes claimed, const char *named)
{
	struct kf_finding *f = &s->content_fault;

	if (named && !kf_equal(kf_text(named), kf_text("SHA-256")))
		return refuse(s, KF_REASON_DIGEST_ALGORITHM_UNSUPPORTED,
			      "UEFI-18", named);
	refuse(s, KF_REASON_DIGEST_MISMATCH, "UEFI-17", NULL);
	if (claimed.len == 0)
		return false;
	kf_prove(f, KF_EV_DIGEST, "digest of the file")->bytes =
		kf_view(digest->bytes, digest->len);
	kf_prove(f, KF_EV_DIGEST, "digest in the signature")->bytes = claimed;
	return false;
}

/* covers_image finds the content that the signature has to cover, and
 * compares its last 32 bytes with the image digest. */
static bool covers_image(struct shim_signature *s,
			 const struct shim_image *image,
			 const struct kf_signed_facts *facts)
{
	const struct kf_digest *digest = &image->digest[KF_SHA256];
	size_t len, head = header_len(facts->content, &len);
	struct kf_bytes claimed = { NULL, 0 };

	if (facts->content_tag == TAG_BOOLEAN ||
	    facts->content_tag == TAG_NULL ||
	    facts->content_tag == TAG_OBJECT)
		return stop(s, "its content is a value without bytes, and shim follows a null pointer");
	if (head == 0)
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17",
			      "the length of its content is in a form that shim does not read");
	s->content = kf_part_of(facts->content, head, len);
	if (head + len >= digest->len && s->content.len == len)
		claimed = kf_part_of(facts->content, head + len - digest->len,
				     digest->len);
	return (claimed.len && kf_equal(claimed, kf_view(digest->bytes,
							 digest->len))) ||
	       mismatch(s, digest, claimed, s->shown.digest);
}

static bool is_authenticode(struct shim_signature *s,
			    const struct shim_image *image,
			    const struct shim_profile *profile,
			    const struct kf_crypto *crypto)
{
	struct kf_signed_facts facts;

	if (!s->data)
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17",
			      "it is no PKCS#7 structure");
	crypto->signed_facts(s->data, &facts);
	if (!facts.is_signed_data ||
	    (facts.detached && profile->detached_checked))
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17",
			      "it is no PKCS#7 SignedData with content");
	if (!kf_equal(facts.content_oid, kf_view(spc_oid, sizeof(spc_oid))))
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17",
			      "its content is not Authenticode's");
	if (facts.detached)
		return stop(s, "it has no content, and this shim follows a null pointer");
	if (!covers_image(s, image, &facts))
		return false;
	if (!s->wrapped)
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-21",
			      "its outer header is not the one that shim wants");
	return true;
}

/* show fills what a verdict tells about the signature: its chain as far as
 * the bag holds it. */
static void show(struct shim_signature *s, const struct kf_crypto *crypto)
{
	struct kf_signed_data *data = s->wrapped ? s->wrapped : s->data;
	struct kf_signature_result *r = &s->shown;
	struct kf_signer_facts signer;
	struct kf_signed_facts facts;

	r->number = s->number;
	r->at = s->at;
	r->len = s->len;
	if (!data)
		return;
	crypto->signed_facts(data, &facts);
	if (facts.num_signers == 0)
		return;
	crypto->signed_signer(data, 0, &signer);
	r->digest = signer.digest;
	r->algorithm = signer.algorithm;
	r->num_chain = crypto->signed_path(data, r->chain, KF_CHAIN_MAX);
}

void shim_signature_prepare(struct shim_signature *s,
			    struct shim_image *image,
			    const struct shim_profile *profile,
			    struct kf_artifact *artifact, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;

	if (s->skipped.reason)
		return;
	artifact->status = parse(s, profile, env);
	if (artifact->status != KF_OK)
		return;
	show(s, crypto);
	if (is_authenticode(s, image, profile, crypto))
		artifact->status = crypto->signed_verify(s->wrapped,
							 s->content,
							 profile->cms,
							 &s->verified,
							 &s->verified_why);
}

void shim_signature_suppose(struct shim_signature *s,
			    const struct shim_profile *profile,
			    struct kf_artifact *artifact, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;

	artifact->status = crypto->signed_suppose(crypto->self, &s->data,
						  artifact->suppose,
						  artifact->num_suppose);
	if (artifact->status != KF_OK)
		return;
	s->wrapped = s->data;
	show(s, crypto);
	artifact->status = crypto->signed_verify(s->data, s->content,
						 profile->cms, &s->verified,
						 &s->verified_why);
}

/* link_to finds what is remembered of a certificate, or a place to remember
 * it: `passing` when all places are taken. */
static struct shim_link *link_to(struct shim_signature *s, const uint8_t *id,
				 struct shim_link *passing)
{
	static const uint8_t unused[32];

	for (size_t i = 0; i < SHIM_LINKS_MAX; i++) {
		struct shim_link *l = &s->link[(id[0] + i) % SHIM_LINKS_MAX];

		if (memcmp(l->id, id, 32) == 0)
			return l;
		if (memcmp(l->id, unused, 32) != 0)
			continue;
		memcpy(l->id, id, 32);
		return l;
	}
	return passing;
}

bool shim_authenticode(struct shim_case *k, struct shim_signature *s,
		       const struct shim_certificate *anchor,
		       struct kf_why *why)
{
	const struct kf_crypto *crypto = k->env->crypto;
	struct shim_link passing = { .answer = KF_NOT_ASKED };
	struct shim_link *l;

	why->kind = KF_WHY_NOTHING;
	why->text = NULL;
	if (anchor->odd || anchor->for_modules)
		return false;
	if (s->content_stops) {
		k->fault = SHIM_NULL;
		k->fault_signature = s;
	}
	if (s->content_fault.reason)
		return false;
	l = link_to(s, anchor->id, &passing);
	if (l->answer == KF_NOT_ASKED && k->status == KF_OK)
		k->status = crypto->signed_chain(s->wrapped,
						 anchor->entry.data,
						 k->profile->cms,
						 k->env->now_s, &l->answer,
						 &l->why);
	*why = l->answer == KF_YES ? s->verified_why : l->why;
	return l->answer == KF_YES && s->verified == KF_YES;
}
