/* What a build with wolfSSL makes of sw-description.sig: the first signer's
 * certificate has to be issued by one of the device's file. OpenSSL answers in
 * wolfSSL's place; where the two may differ there is no answer. SWUPDATE-23.
 *
 * Source: sbabic/swupdate, corelib/swupdate_pkcs7_verify.c, tag 2024.12.1;
 * wolfSSL/wolfssl, src/ssl_p7p12.c (wolfSSL_PKCS7_verify),
 * wolfcrypt/src/pkcs7.c (PKCS7_VerifySignedData, wc_PKCS7_RsaVerify),
 * src/ssl.c (AddCA), wolfcrypt/src/asn.c (ParseCertRelative), v5.7.2-stable
 * with Debian's patches.
 */
#include "swupdate.h"

#include "core/cms_verdict.h"
#include "core/der.h"

#include <string.h>

enum { INSIDE_MAX = 4 };	/* MAX_PKCS7_CERTS */

static bool refuse(struct swupdate_case *k, const struct kf_cms_result *r,
		   const struct kf_cms_trust *trust)
{
	k->out->answer = KF_REJECT;
	kf_cms_find(&k->out->why, r, trust, "key", "SWUPDATE-23");
	return false;
}

/* ends is where an element at `at` ends, which may be behind the bytes; `at` is
 * moved to its value. 0: its length cannot be read. */
static size_t ends(struct kf_bytes der, size_t *at)
{
	enum { LONG = 0x80, HEAD_LEN = 2, BYTES_MAX = 3 };
	size_t bytes, len = 0;

	if (der.len < HEAD_LEN || *at > der.len - HEAD_LEN)
		return 0;
	*at += HEAD_LEN;
	if (der.data[*at - 1] < LONG)
		return *at + der.data[*at - 1];
	bytes = der.data[*at - 1] - LONG;
	if (bytes == 0 || bytes > BYTES_MAX || bytes > der.len - *at)
		return 0;
	for (size_t i = 0; i < bytes; i++)
		len = len << 8 | der.data[(*at)++];
	return *at + len;
}

/* is_cut tells whether a ContentInfo and what it holds end at one place, behind
 * the end of the bytes. */
static bool is_cut(struct kf_bytes der)
{
	size_t at = 0, outer = ends(der, &at), behind, type = at;

	if (outer <= der.len)
		return false;
	behind = ends(der, &type);	/* the content's type */
	at = behind;
	return behind && ends(der, &at) == outer && ends(der, &at) == outer;
}

/* malformed: what OpenSSL cannot read at all. */
static bool malformed(struct swupdate_case *k)
{
	enum { SEQUENCE = 0x30 };
	const struct kf_cpio_file *f = &k->update->swu.file[1];
	struct kf_bytes der = k->update->swu.signature;

	if (der.len && der.data[0] == SEQUENCE && !is_cut(der))
		return swupdate_beyond(k, "a signature that OpenSSL cannot read, and wolfSSL may");
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, KF_REASON_SIGNATURE_MALFORMED, "SWUPDATE-23");
	kf_prove_signature(&k->out->why, 1, f->data_at, f->size);
	kf_prove_text(&k->out->why, "it is no PKCS#7 in DER");
	return false;
}

/* held: does the signature hold? What wolfSSL would look for among several
 * signers or certificates, it might find. */
static bool held(struct swupdate_case *k)
{
	const struct kf_cms_facts *facts = &k->update->facts;
	const struct kf_cms_result *r = &k->update->content;
	struct kf_cms_trust nothing;

	memset(&nothing, 0, sizeof(nothing));
	if (r->answer == KF_YES)
		return true;
	if (r->step == KF_CMS_TYPE || facts->num_certificates == 0)
		return refuse(k, r, &nothing);
	if (facts->num_signers == 1 &&
	    (r->step == KF_CMS_DIGEST ||
	     (facts->num_certificates == 1 &&
	      (r->step == KF_CMS_ATTRIBUTES || r->step == KF_CMS_SIGNATURE))))
		return refuse(k, r, &nothing);
	return swupdate_beyond(k, "a signature in which wolfSSL may find what OpenSSL does not");
}

/* starts tells whether a name starts so. */
static bool starts(const char *name, const char *with)
{
	struct kf_bytes wanted = kf_text(with);

	return kf_equal(kf_part_of(kf_text(name), 0, wanted.len), wanted);
}

/* usual tells whether wolfSSL has a signer's algorithms, as OpenSSL has. */
static bool usual(struct swupdate_case *k, const struct kf_cms_signer *signer)
{
	static const char *const digests[] = { "sha1", "sha256", "sha384",
					       "sha512" };
	bool known = false;

	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		known |= kf_same(signer->digest, digests[i]);
	if (known && (kf_same(signer->algorithm, "rsaEncryption") ||
		      starts(signer->algorithm, "ecdsa-with-SHA")))
		return true;
	if (!kf_same(signer->algorithm, "rsassaPss"))
		return swupdate_beyond(k, "a signature by algorithms that wolfSSL may not have");
	return swupdate_refuse(k, KF_REASON_KEY_ALGORITHM_UNSUPPORTED,
			       "SWUPDATE-23", "RSA-PSS", kf_view(NULL, 0),
			       NULL);
}

/* alone tells whether wolfSSL can find no other certificate inside than the
 * signer's: it takes the first whose key verifies, and its way of verifying
 * from the very first. */
static bool alone(struct swupdate_case *k, const struct swupdate_anchor *leaf)
{
	const struct kf_crypto *crypto = k->env->crypto;
	size_t num = k->update->facts.num_certificates, same = 0;

	if (num > INSIDE_MAX)
		return swupdate_beyond(k, "a signature with more than four certificates");
	for (size_t i = 0; i < num; i++) {
		struct swupdate_anchor one;
		struct kf_bytes der;
		enum kf_status status;

		memset(&one, 0, sizeof(one));
		status = crypto->cms_certificate(k->update->cms, i, &der,
						 k->env->arena);
		if (status == KF_OK)
			status = crypto->certificate_read(crypto->self,
							  &one.facts, der,
							  k->env->arena);
		if (status == KF_WRONG_USE)
			return swupdate_beyond(k, "a certificate inside the signature that cannot be read");
		if (status != KF_OK)
			return swupdate_fail(k, status);
		swupdate_certificate(&one.own, der);
		same += kf_equal(one.own.key, leaf->own.key);
		if (starts(one.facts.key, "RSA-") !=
		    starts(leaf->facts.key, "RSA-"))
			return swupdate_beyond(k, "certificates inside a signature with keys of two kinds");
	}
	return same == 1 ||
	       swupdate_beyond(k, "two certificates inside a signature with one key");
}

/* bits_of is a key's size, out of "RSA-2048". */
static unsigned bits_of(struct kf_bytes key)
{
	unsigned bits = 0;

	for (size_t i = 0; i < key.len; i++)
		if (key.data[i] >= '0' && key.data[i] <= '9')
			bits = bits * 10 + key.data[i] - '0';
	return bits;
}

/* plain tells whether both libraries read a certificate alike. */
static bool plain(const struct swupdate_anchor *a, bool anchor)
{
	enum { ANCHOR_MIN = 2048, RSA_MIN = 1024, RSA_MAX = 4096 };
	unsigned bits = bits_of(kf_text(a->facts.key));

	if (a->own.odd || (!a->facts.is_ca && a->own.signs))
		return false;
	if (starts(a->facts.key, "RSA-"))
		return bits >= (anchor ? ANCHOR_MIN : RSA_MIN) &&
		       bits <= RSA_MAX;
	return kf_same(a->facts.key, "EC-prime256v1") ||
	       kf_same(a->facts.key, "EC-secp384r1") ||
	       kf_same(a->facts.key, "EC-secp521r1");
}

/* issued tells whether an anchor may be a signer's issuer, or it itself, by
 * name and key identifier. */
static bool issued(struct swupdate_case *k, const struct swupdate_anchor *leaf,
		   const struct swupdate_anchor *a)
{
	const struct swupdate_certificate *l = &leaf->own, *i = &a->own;

	if (!kf_equal(l->issuer, i->subject))
		return false;
	if (!l->has_authority || kf_equal(l->der, i->der))
		return true;
	if (i->key_id.len == 0)
		return !swupdate_beyond(k, "an issuer without a key identifier");
	return kf_equal(l->authority, i->key_id);
}

/* twins: of several that may be it wolfSSL takes one. */
static bool twins(struct swupdate_case *k, const struct swupdate_anchor *leaf,
		  const struct swupdate_anchor *a)
{
	const struct swupdate_device *d = k->device;

	for (size_t i = 0; i < d->num_anchors; i++) {
		const struct swupdate_anchor *other = &d->anchor[i];

		if (other == a || kf_equal(other->own.der, a->own.der))
			continue;
		if (kf_equal(other->own.key, a->own.key) &&
		    kf_equal(other->own.key_id, a->own.key_id) &&
		    kf_equal(other->own.subject, a->own.subject))
			continue;
		if (kf_equal(other->own.key, a->own.key) ||
		    (!leaf->own.has_authority &&
		     kf_equal(other->own.subject, a->own.subject)))
			return !swupdate_beyond(k, "two trusted certificates of one name or key");
	}
	return false;
}

/* limited: an anchor below another one that lets no CA stand below it is not
 * taken in. Longer limits are not reckoned. */
static bool limited(struct swupdate_case *k, const struct swupdate_anchor *a)
{
	const struct swupdate_device *d = k->device;

	if (!a->facts.is_ca || a->facts.self_issued)
		return false;
	for (size_t i = 0; i < d->num_anchors && &d->anchor[i] != a; i++) {
		const struct swupdate_certificate *up = &d->anchor[i].own;

		if (!up->has_limit)
			continue;
		if (!up->none_below || !a->own.signs ||
		    !kf_equal(up->subject, a->own.issuer))
			return !swupdate_beyond(k, "a CA that limits how many stand below it");
		return !swupdate_refuse(k, KF_REASON_CHAIN_REFUSED,
					"SWUPDATE-23", "the issuer is below a CA that allows none",
					kf_view(NULL, 0), NULL);
	}
	return false;
}

/* ask lets OpenSSL judge a signer under one anchor. */
static bool ask(struct swupdate_case *k, struct kf_cms_result *r,
		struct kf_cms_trust *trust, const struct swupdate_anchor *a)
{
	enum kf_status status;

	memset(trust, 0, sizeof(*trust));
	trust->has_file = true;
	trust->file = a->pem;
	trust->front_alone = true;
	trust->partial_chain = true;
	trust->nothing_inside = true;
	trust->any_ca = true;
	trust->now_s = k->env->now_s;
	status = k->env->crypto->cms_signer_chain(k->update->cms, trust, r,
						  k->env->arena);
	return status == KF_OK || swupdate_fail(k, status);
}

/* under asks for one anchor that may be the issuer. Returns false where that
 * ends it. */
static bool under(struct swupdate_case *k, const struct swupdate_anchor *leaf,
		  const struct swupdate_anchor *a, struct kf_cms_result *r)
{
	struct kf_cms_trust trust;

	if (twins(k, leaf, a))
		return false;
	if (!plain(leaf, false) || !plain(a, true))
		return swupdate_beyond(k, "a certificate that wolfSSL may read otherwise than OpenSSL");
	if (limited(k, a) || !ask(k, r, &trust, a))
		return false;
	return r->answer != KF_YES || !(leaf->own.foreign || a->own.foreign) ||
	       swupdate_beyond(k, "a critical extension that wolfSSL may not know");
}

/* none says why there is no issuer: what is wrong with the first that may be
 * it, or that there is none. */
static bool none(struct swupdate_case *k, const struct swupdate_anchor *leaf,
		 struct kf_cms_result *first)
{
	struct kf_cms_trust trust;

	memset(&trust, 0, sizeof(trust));
	trust.now_s = k->env->now_s;
	if (first->answer == KF_NO)
		return refuse(k, first, &trust);
	first->answer = KF_NO;
	first->step = KF_CMS_CHAIN;
	first->error = leaf->facts.self_issued ? KF_CHAIN_SELF_SIGNED
					       : KF_CHAIN_NO_ISSUER;
	first->certificate = leaf->own.der;
	return refuse(k, first, &trust);
}

/* chain looks for the signer's issuer. Of several with one name and one key
 * each may be it: SWUpdate passes over those that are not valid now. */
static bool chain(struct swupdate_case *k, const struct swupdate_anchor *leaf)
{
	const struct swupdate_device *d = k->device;
	struct kf_cms_result first, r;

	memset(&first, 0, sizeof(first));
	for (size_t i = 0; i < d->num_anchors; i++) {
		const struct swupdate_anchor *a = &d->anchor[i];

		if (!issued(k, leaf, a)) {
			if (k->out->why.reason)
				return false;
			continue;
		}
		if (!under(k, leaf, a, &r))
			return false;
		if (r.answer == KF_YES) {
			k->chain = r;
			return true;
		}
		if (first.answer != KF_NO)
			first = r;
	}
	return none(k, leaf, &first);
}

/* ignored warns of what this build does not ask. */
static void ignored(struct swupdate_case *k)
{
	const struct swupdate_device *d = k->device;
	struct kf_finding *w;

	if (!k->update->facts.detached)
		(void)kf_warn(k->out, KF_REASON_SIGNATURE_OVER_ITSELF,
			      "SWUPDATE-23");
	if (!d->signer && !d->purpose)
		return;
	w = kf_warn(k->out, KF_REASON_SETTING_IGNORED, "SWUPDATE-23");
	if (w)
		kf_prove_text(w, d->signer ? "forced-signer-name"
					   : "cert-purpose");
}

/* reads takes the first signer's certificate. */
static bool reads(struct swupdate_case *k, struct swupdate_anchor *leaf,
		  struct kf_cms_signer *signer)
{
	const struct kf_crypto *crypto = k->env->crypto;
	enum kf_status status = crypto->cms_signer(k->update->cms, 0, signer,
						   k->env->arena);

	memset(leaf, 0, sizeof(*leaf));
	if (status == KF_OK)
		status = crypto->certificate_read(crypto->self, &leaf->facts,
						  signer->certificate,
						  k->env->arena);
	if (status != KF_OK)
		return swupdate_fail(k, status);
	swupdate_certificate(&leaf->own, signer->certificate);
	return true;
}

/* something wants a text for the signature to be over. */
static bool something(struct swupdate_case *k)
{
	const struct swupdate_update *u = k->update;

	if (!u->facts.detached && u->facts.content.len == 0)
		return swupdate_beyond(k, "a signature over nothing inside it");
	return !u->facts.detached || u->swu.description.len ||
	       swupdate_refuse(k, KF_REASON_SIGNATURE_INVALID, "SWUPDATE-23",
			       "wolfSSL verifies nothing over an empty text",
			       kf_view(NULL, 0), NULL);
}

bool swupdate_wolf(struct swupdate_case *k)
{
	struct swupdate_anchor leaf;
	struct kf_cms_signer signer;

	if (!k->update->cms)
		return malformed(k);
	if (!something(k) || !held(k) || !reads(k, &leaf, &signer) ||
	    !usual(k, &signer) || !alone(k, &leaf) || !chain(k, &leaf))
		return false;
	ignored(k);
	return true;
}
