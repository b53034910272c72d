/* One signature: what it covers, whether it verifies, which certificates it
 * leads to, when it was stamped. UEFI-17, UEFI-19 to UEFI-21, UEFI-31 to
 * UEFI-33.
 *
 * Source: edk2 CryptoPkg/Library/BaseCryptLib/Pk: CryptAuthenticode.c:
 * AuthenticodeVerify, CryptPkcs7VerifyCommon.c:WrapPkcs7Data, Pkcs7Verify,
 * Pkcs7GetSigners, CryptX509.c:X509GetTBSCert, CryptTs.c:ImageTimestampVerify;
 * SecurityPkg/Library/DxeImageVerificationLib/DxeImageVerificationLib.c:
 * PassTimestampCheck.
 */
#include "edk2.h"

#include <string.h>

#include "core/der.h"
#include "core/setting.h"

enum {
	TAG_BOOLEAN = 1,
	TAG_NULL = 5,
	TAG_OBJECT = 6,
};

static enum kf_status parse(struct edk2_signature *s,
			    const struct edk2_profile *profile,
			    struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	enum kf_status status = crypto->signed_read(crypto->self, &s->data,
						    s->blob, profile->cms);
	struct kf_bytes wrapped;

	if (status != KF_OK)
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

static bool refuse(struct edk2_signature *s, enum kf_reason_id reason,
		   const char *rule, const char *text)
{
	kf_find(&s->content_fault, reason, rule);
	kf_prove_signature(&s->content_fault, s->number, s->at, s->len);
	if (text)
		kf_prove_text(&s->content_fault, text);
	return false;
}

/* prove_digests shows both digests, the image's and the signature's. */
static void prove_digests(struct kf_finding *f, const struct kf_digest *image,
			  struct kf_bytes claimed)
{
	kf_prove(f, KF_EV_DIGEST, "digest of the file")->bytes =
		kf_view(image->bytes, image->len);
	kf_prove(f, KF_EV_DIGEST, "digest in the signature")->bytes = claimed;
}

/* covers_image finds the content that the signature has to cover, and
 * compares its last bytes with the image digest. UEFI-17. */
static bool covers_image(struct edk2_signature *s,
			 const struct edk2_image *image,
			 const struct kf_signed_facts *facts)
{
	const struct kf_digest *digest = &image->digest[s->kind];
	size_t len, head = kf_pkcs7_head_len(facts->content, &len);
	struct kf_bytes claimed;

	s->content_stops = facts->content_tag == TAG_BOOLEAN ||
			   facts->content_tag == TAG_NULL ||
			   facts->content_tag == TAG_OBJECT;
	if (s->content_stops)
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17",
			      "its content is a value without bytes, and edk2 follows a null pointer");
	if (head == 0)
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17",
			      "the length of its content is in a form that edk2 does not read");
	s->content = kf_part_of(facts->content, head, len);
	if (head + len < digest->len || s->content.len != len)
		return refuse(s, KF_REASON_DIGEST_MISMATCH, "UEFI-17", NULL);
	claimed = kf_part_of(facts->content, head + len - digest->len,
			     digest->len);
	if (!kf_equal(claimed, kf_view(digest->bytes, digest->len))) {
		refuse(s, KF_REASON_DIGEST_MISMATCH, "UEFI-17", NULL);
		prove_digests(&s->content_fault, digest, claimed);
		return false;
	}
	return true;
}

static bool is_authenticode(struct edk2_signature *s,
			    const struct edk2_image *image,
			    const struct kf_crypto *crypto)
{
	struct kf_signed_facts facts;

	if (!s->data)
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17",
			      "it is no PKCS#7 structure");
	crypto->signed_facts(s->data, &facts);
	if (!facts.is_signed_data || facts.detached)
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17",
			      "it is no PKCS#7 SignedData with content");
	if (!kf_pkcs7_is_authenticode(&facts))
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-17",
			      "its content is not Authenticode's");
	if (!covers_image(s, image, &facts))
		return false;
	if (!s->wrapped)
		return refuse(s, KF_REASON_SIGNATURE_MALFORMED, "UEFI-21",
			      "its outer header is not the one that edk2 wants");
	return true;
}

bool edk2_tbs(struct kf_bytes *out, struct kf_bytes certificate,
	      const struct edk2_profile *profile)
{
	struct kf_der outer, inner;
	struct kf_cursor c = kf_cursor_over(certificate, 0);

	*out = kf_view(NULL, 0);
	if (!kf_der_next(&outer, &c) || (outer.tag & 0x1f) != 0x10)
		return false;
	if (outer.indefinite)
		return !profile->strict_tbs;
	c = kf_cursor_over(outer.value, 0);
	if (!kf_der_next(&inner, &c) || (inner.tag & 0x1f) != 0x10)
		return false;
	*out = inner.whole;
	return true;
}

enum kf_status edk2_tbs_digests(struct kf_digest out[KF_NUM_DIGESTS],
				struct kf_bytes tbs,
				const struct kf_crypto *crypto)
{
	for (int d = KF_SHA256; d < KF_NUM_DIGESTS; d++) {
		kf_digest_of(&out[d], crypto, (enum kf_digest_kind)d, tbs);
		if (out[d].len == 0)
			return KF_NO_CRYPTO;
	}
	return KF_OK;
}

/* weigh notes what keyfit cannot tell of a signature that this firmware may
 * be able to verify. UEFI-22. */
static void weigh(struct edk2_image *image, struct kf_bytes bytes,
		  const struct edk2_profile *profile)
{
	if (profile->post_quantum && kf_pkcs7_names_post_quantum(bytes))
		edk2_beyond(image, "a signature or certificate with ML-DSA or SLH-DSA, which this firmware may verify");
}

/* keep_signers notes the signers' certificates and the digests of their
 * TBSCertificates. None where one is missing from the bag. UEFI-31. */
static enum kf_status keep_signers(struct edk2_signature *s,
				   struct edk2_image *image,
				   const struct edk2_profile *profile,
				   const struct kf_crypto *crypto)
{
	struct kf_signed_facts facts;
	struct kf_signer_facts signer;
	enum kf_status status = KF_OK;
	struct kf_bytes tbs;

	if (!s->wrapped)
		return KF_OK;
	crypto->signed_facts(s->wrapped, &facts);
	if (!facts.is_signed_data || !facts.signers_found)
		return KF_OK;
	if (facts.num_signers > EDK2_SIGNERS_MAX) {
		edk2_beyond(image, "more than 8 signers in one signature");
		return KF_OK;
	}
	s->num_signers = facts.num_signers;
	for (size_t i = 0; i < s->num_signers && status == KF_OK; i++) {
		crypto->signed_signer(s->wrapped, i, &signer);
		s->signer[i] = signer.certificate;
		if (edk2_tbs(&tbs, signer.certificate, profile))
			status = edk2_tbs_digests(s->tbs[i], tbs, crypto);
	}
	return status;
}

static void show(struct edk2_signature *s, const struct kf_crypto *crypto)
{
	s->shown.number = s->number;
	s->shown.at = s->at;
	s->shown.len = s->len;
	kf_pkcs7_show(&s->shown, s->wrapped ? s->wrapped : s->data, crypto);
}

void edk2_signature_prepare(struct edk2_signature *s, struct edk2_image *image,
			    const struct edk2_profile *profile,
			    struct kf_artifact *artifact, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;

	if (s->skipped.reason)
		return;
	weigh(image, s->blob, profile);
	artifact->status = parse(s, profile, env);
	if (artifact->status != KF_OK)
		return;
	show(s, crypto);
	artifact->status = keep_signers(s, image, profile, crypto);
	if (artifact->status != KF_OK || !is_authenticode(s, image, crypto))
		return;
	artifact->status = crypto->signed_verify(s->wrapped, s->content,
						 profile->cms, &s->verified,
						 &s->verified_why);
}

void edk2_signature_suppose(struct edk2_signature *s, struct edk2_image *image,
			    const struct edk2_profile *profile,
			    struct kf_artifact *artifact, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;

	s->kind = KF_SHA256;
	for (size_t i = 0; i < artifact->num_suppose; i++)
		weigh(image, artifact->suppose[i], profile);
	artifact->status = crypto->signed_suppose(crypto->self, &s->data,
						  artifact->suppose,
						  artifact->num_suppose);
	if (artifact->status != KF_OK)
		return;
	s->wrapped = s->data;
	show(s, crypto);
	artifact->status = keep_signers(s, image, profile, crypto);
	if (artifact->status == KF_OK)
		artifact->status = crypto->signed_verify(s->data, s->content,
							 profile->cms,
							 &s->verified,
							 &s->verified_why);
}

bool edk2_authenticode(struct edk2_case *k, struct edk2_signature *s,
		       const struct edk2_entry *anchor, struct kf_why *why)
{
	const struct kf_crypto *crypto = k->env->crypto;
	struct kf_pkcs7_link passing = { .answer = KF_NOT_ASKED };
	struct kf_pkcs7_link *l = kf_pkcs7_link_to(s->link,
						   anchor->known->id.bytes);

	why->kind = KF_WHY_NOTHING;
	if (s->content_stops) {
		k->fault = EDK2_NULL;
		k->fault_signature = s;
	}
	if (s->content_fault.reason)
		return false;
	if (!l)
		l = &passing;
	if (l->answer == KF_NOT_ASKED && k->status == KF_OK)
		k->status = crypto->signed_chain(s->wrapped, anchor->data,
						 k->profile->cms,
						 k->env->now_s, &l->answer,
						 &l->why);
	*why = l->answer == KF_YES ? s->verified_why : l->why;
	return l->answer == KF_YES && s->verified == KF_YES;
}

/* stamped asks for the timestamp under one certificate of dbt. */
static bool stamped(struct edk2_case *k, struct edk2_signature *s,
		    const struct edk2_entry *anchor, struct kf_moment *when)
{
	const struct kf_crypto *crypto = k->env->crypto;
	struct kf_pkcs7_link passing = { .answer = KF_NOT_ASKED };
	struct kf_pkcs7_link *l = anchor->known
		? kf_pkcs7_link_to(s->link, anchor->known->id.bytes) : NULL;

	if (!s->data)
		return false;
	if (!l)
		l = &passing;
	if (l->stamped == KF_NOT_ASKED && k->status == KF_OK)
		k->status = crypto->signed_timestamp(s->data, anchor->data,
						     k->profile->cms,
						     &l->stamped, &l->when);
	*when = l->when;
	return l->stamped == KF_YES;
}

bool edk2_stamped_before(struct edk2_case *k, struct edk2_signature *s,
			 const struct kf_moment *revoked_at)
{
	static const struct kf_moment always;
	const struct edk2_part *dbt = &k->trust->dbt;
	struct edk2_certificates c;
	struct edk2_entry anchor = { 0 };
	struct kf_moment when;

	if (kf_moment_compare(revoked_at, &always) == 0)
		return false;
	if (dbt->presence == KF_UNKNOWN && k->dbt == EDK2_BEST)
		return stamped(k, s, &anchor, &when) &&
		       kf_moment_compare(&when, revoked_at) <= 0;
	if (dbt->presence != KF_PRESENT)
		return false;
	c = edk2_certificates(dbt);
	while (edk2_certificates_next(&c, &anchor))
		if (stamped(k, s, &anchor, &when) &&
		    kf_moment_compare(&when, revoked_at) <= 0)
			return true;
	(void)edk2_walked(k, c.walk.end, "dbt", c.walk.stuck_at);
	return false;
}
