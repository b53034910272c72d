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


enum {
	TAG_BOOLEAN = 1,
	TAG_NULL = 5,
	TAG_OBJECT = 6,
};

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
	if (kf_pkcs7_is_wrapped(s->blob)) {
		s->wrapped = s->data;
		return KF_OK;
	}
	if (!kf_pkcs7_wrap(&wrapped, s->blob, env->arena))
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
	size_t len, head = kf_pkcs7_head_len(facts->content, &len);
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
	if (!kf_pkcs7_is_authenticode(&facts))
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

static void show(struct shim_signature *s, const struct kf_crypto *crypto)
{
	s->shown.number = s->number;
	s->shown.at = s->at;
	s->shown.len = s->len;
	kf_pkcs7_show(&s->shown, s->wrapped ? s->wrapped : s->data, crypto);
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

bool shim_authenticode(struct shim_case *k, struct shim_signature *s,
		       const struct shim_certificate *anchor,
		       struct kf_why *why)
{
	const struct kf_crypto *crypto = k->env->crypto;
	struct kf_pkcs7_link passing = { .answer = KF_NOT_ASKED };
	struct kf_pkcs7_link *l;

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
	l = kf_pkcs7_link_to(s->link, anchor->id);
	if (!l)
		l = &passing;
	if (l->answer == KF_NOT_ASKED && k->status == KF_OK)
		k->status = crypto->signed_chain(s->wrapped,
						 anchor->entry.data,
						 k->profile->cms,
						 k->env->now_s, &l->answer,
						 &l->why);
	*why = l->answer == KF_YES ? s->verified_why : l->why;
	return l->answer == KF_YES && s->verified == KF_YES;
}
