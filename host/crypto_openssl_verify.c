/* Does a SignedData verify, and does it lead to one anchor?
 *
 * Certification paths are OpenSSL's. The signatures of the SignerInfos are
 * verified here step by step as PKCS7_verify does it, since its versions
 * differ: later ones want the messageDigest attribute to be an OCTET STRING,
 * and fetch digests by name. What the verifier's own build of OpenSSL has not
 * is refused by `policy`, whatever this machine's OpenSSL can do.
 *
 * Source: openssl/openssl, crypto/pkcs7/pk7_smime.c:PKCS7_verify,
 * crypto/pkcs7/pk7_doit.c:PKCS7_dataInit, PKCS7_signatureVerify, at 1.1.1n,
 * 3.0.22, 3.4.0 and 3.5.7.
 */
#include "crypto_openssl.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <limits.h>

/* How one signature algorithm of a certificate fares under a policy. */
static const struct {
	int nid;
	uint32_t needs;		/* bits of the policy */
} digest_needs[] = {
	{ NID_md5, KF_CMS_MD5 },
	{ NID_sha1, KF_CMS_SHA1 },
	{ NID_sha224, KF_CMS_SHA224 },
	{ NID_sha256, 0 },
	{ NID_sha384, 0 },
	{ NID_sha512, 0 },
	{ NID_sha3_224, KF_CMS_SHA3 },
	{ NID_sha3_256, KF_CMS_SHA3 },
	{ NID_sha3_384, KF_CMS_SHA3 },
	{ NID_sha3_512, KF_CMS_SHA3 },
};

static bool digest_allowed(int nid, uint32_t policy)
{
	for (size_t i = 0; i < sizeof(digest_needs) / sizeof(digest_needs[0]);
	     i++)
		if (digest_needs[i].nid == nid)
			return (policy & digest_needs[i].needs) ==
			       digest_needs[i].needs;
	return false;
}

/* The name of a signature algorithm stands for its digest too: OpenSSL
 * registers it as another name of that. Source: openssl/openssl,
 * crypto/evp/names.c:EVP_add_digest. */
int kf_openssl_digest_nid(const ASN1_OBJECT *object, uint32_t policy)
{
	int nid = OBJ_obj2nid(object);
	int digest = NID_undef, key = NID_undef;

	if (OBJ_find_sigid_algs(nid, &digest, &key) &&
	    (key == NID_rsaEncryption || key == NID_rsa))
		nid = digest;
	return digest_allowed(nid, policy) ? nid : NID_undef;
}

static bool key_allowed(const EVP_PKEY *key, uint32_t policy)
{
	if (!key)
		return false;
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return true;
	case EVP_PKEY_RSA_PSS:
		return policy & KF_CMS_RSA_PSS;
	case EVP_PKEY_EC:
		return policy & KF_CMS_EC;
	case EVP_PKEY_ED25519:
		return policy & KF_CMS_ED25519;
	case EVP_PKEY_DSA:
		return policy & KF_CMS_DSA;
	default:
		return false;
	}
}

static enum kf_status no(enum kf_answer3 *out, struct kf_why *why,
			 enum kf_why_kind kind, const char *text)
{
	*out = KF_NO;
	why->kind = kind;
	why->text = text;
	return kf_openssl_fault();
}

/* digest_of hashes bytes; false when the library fails. */
static bool digest_of(const struct kf_signed_data *data, int nid,
		      struct kf_bytes bytes, unsigned char *out, unsigned *len)
{
	EVP_MD *md = EVP_MD_fetch(data->openssl->context, OBJ_nid2sn(nid),
				  NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = md && ctx && EVP_DigestInit_ex2(ctx, md, NULL) &&
		  EVP_DigestUpdate(ctx, bytes.data, bytes.len) &&
		  EVP_DigestFinal_ex(ctx, out, len);

	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return ok;
}

/* stands_for tells whether a digest that is announced is the one that a signer
 * names. OpenSSL compares the digest itself, and the signature algorithm that
 * it knows for it. A digest that 3.x fetched has none: that compares equal to
 * an algorithm that nobody knows. */
static bool stands_for(int announced, int digest, int wanted, uint32_t policy)
{
	bool fetched = announced == digest && !(policy & KF_CMS_SIGNATURE_OID);
	int with_rsa = NID_undef;

	if (digest == NID_undef)
		return false;
	if (!fetched)
		OBJ_find_sigid_by_algs(&with_rsa, digest, NID_rsaEncryption);
	return digest == wanted || with_rsa == wanted;
}

/* signer_digest finds the digest that a signer uses among those that the
 * SignedData announces: what is not announced there is not computed. */
static int signer_digest(const PKCS7 *p, const PKCS7_SIGNER_INFO *info,
			 uint32_t policy)
{
	STACK_OF(X509_ALGOR) *announced = p->d.sign->md_algs;
	int wanted = OBJ_obj2nid(info->digest_alg->algorithm);

	for (int i = 0; i < sk_X509_ALGOR_num(announced); i++) {
		const X509_ALGOR *a = sk_X509_ALGOR_value(announced, i);
		int nid = kf_openssl_digest_nid(a->algorithm, policy);

		if (stands_for(OBJ_obj2nid(a->algorithm), nid, wanted,
			       policy))
			return nid;
	}
	return NID_undef;
}

/* announced_known: every digest that is announced has to be known. */
static bool announced_known(const PKCS7 *p, uint32_t policy)
{
	STACK_OF(X509_ALGOR) *announced = p->d.sign->md_algs;

	for (int i = 0; i < sk_X509_ALGOR_num(announced); i++)
		if (kf_openssl_digest_nid(sk_X509_ALGOR_value(announced, i)
					  ->algorithm, policy) == NID_undef)
			return false;
	return true;
}

/* message_digest is the value of that attribute; NULL: it has none that the
 * policy takes. */
static const ASN1_STRING *message_digest(const PKCS7_SIGNER_INFO *info,
					 uint32_t policy)
{
	STACK_OF(X509_ATTRIBUTE) *attributes = info->auth_attr;
	int at = X509at_get_attr_by_NID(attributes, NID_pkcs9_messageDigest,
					-1);
	const ASN1_TYPE *value;

	if (at < 0)
		return NULL;
	value = X509_ATTRIBUTE_get0_type(X509at_get_attr(attributes, at), 0);
	if (!value || value->type == V_ASN1_BOOLEAN ||
	    value->type == V_ASN1_NULL || value->type == V_ASN1_OBJECT)
		return NULL;
	if (value->type != V_ASN1_OCTET_STRING &&
	    !(policy & KF_CMS_ANY_DIGEST_TAG))
		return NULL;
	return value->value.asn1_string;
}

/* is_supposed: see suppose.h. A SignedData is signed with RSA by PKCS#1. */
static bool is_supposed(const struct kf_signed_data *data, const EVP_PKEY *key,
			int nid, struct kf_bytes digest,
			const ASN1_OCTET_STRING *signature)
{
	const struct kf_openssl *openssl = data->openssl;
	struct kf_scheme scheme = { .salt_len = KF_SALT_ANY };

	if (!openssl->supposed)
		return false;
	scheme.kind = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC
		? KF_SCHEME_ECDSA : KF_SCHEME_RSA_PKCS1;
	for (int i = 0; i < KF_NUM_DIGESTS; i++)
		if (EVP_MD_get_type(openssl->digest[i]) == nid)
			scheme.digest = (enum kf_digest_kind)i;
	return kf_openssl_is_supposed(openssl, key, &scheme, digest,
			kf_view(ASN1_STRING_get0_data(signature),
				(size_t)ASN1_STRING_length(signature)));
}

/* verify_digest verifies the signature of one signer over a digest. */
static bool verify_digest(const struct kf_signed_data *data,
			  const PKCS7_SIGNER_INFO *info, EVP_PKEY *key,
			  int nid, const unsigned char *digest, unsigned len)
{
	EVP_MD *md = EVP_MD_fetch(data->openssl->context, OBJ_nid2sn(nid),
				  NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(data->openssl->context,
						       key, NULL);
	const ASN1_OCTET_STRING *sig = info->enc_digest;
	bool ok = md && ctx && EVP_PKEY_verify_init(ctx) > 0 &&
		  EVP_PKEY_CTX_set_signature_md(ctx, md) > 0 &&
		  EVP_PKEY_verify(ctx, ASN1_STRING_get0_data(sig),
				  (size_t)ASN1_STRING_length(sig), digest,
				  len) == 1;

	EVP_PKEY_CTX_free(ctx);
	EVP_MD_free(md);
	return ok;
}

/* attributes_digest hashes the signed attributes, in place of the content,
 * after holding them against it. NULL is success, else what is wrong. */
static const char *attributes_digest(const struct kf_signed_data *data,
				     const PKCS7_SIGNER_INFO *info, int nid,
				     uint32_t policy, unsigned char *digest,
				     unsigned *len)
{
	const ASN1_STRING *claimed = message_digest(info, policy);
	unsigned char *der = NULL;
	int der_len;
	bool ok;

	if (!claimed || !kf_equal(kf_view(digest, *len),
				  kf_view(ASN1_STRING_get0_data(claimed),
					  (size_t)ASN1_STRING_length(claimed))))
		return "its messageDigest attribute is not the digest of its content";
	der_len = ASN1_item_i2d((const ASN1_VALUE *)info->auth_attr, &der,
				ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));
	if (der_len <= 0)
		return "its signed attributes cannot be encoded";
	ok = digest_of(data, nid, kf_view(der, (size_t)der_len), digest, len);
	OPENSSL_free(der);
	return ok ? NULL : "its signed attributes cannot be hashed";
}

static enum kf_status verify_signer(const struct kf_signed_data *data,
				    int index, struct kf_bytes content,
				    uint32_t policy, enum kf_answer3 *out,
				    struct kf_why *why)
{
	PKCS7_SIGNER_INFO *info = sk_PKCS7_SIGNER_INFO_value(
		PKCS7_get_signer_info(data->pkcs7), index);
	EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(data->signers, index));
	unsigned char digest[EVP_MAX_MD_SIZE];
	const char *wrong = NULL;
	unsigned len = 0;
	int nid = signer_digest(data->pkcs7, info, policy);

	if (nid == NID_undef)
		return no(out, why, KF_WHY_ALGORITHM,
			  "its digest is not among those that it announces and that the firmware has");
	if (!digest_of(data, nid, content, digest, &len))
		return kf_openssl_fault() == KF_OK ? KF_NO_CRYPTO
						   : KF_NO_MEMORY;
	/* Attributes are hashed by the digest that the signer names. */
	if (sk_X509_ATTRIBUTE_num(info->auth_attr) > 0 &&
	    OBJ_obj2nid(info->digest_alg->algorithm) == NID_undef)
		wrong = "it has signed attributes, and a digest that nobody knows";
	else if (sk_X509_ATTRIBUTE_num(info->auth_attr) > 0)
		wrong = attributes_digest(data, info, nid, policy, digest,
					  &len);
	if (wrong)
		return no(out, why, KF_WHY_SIGNATURE, wrong);
	if (!key_allowed(key, policy))
		return no(out, why, KF_WHY_ALGORITHM,
			  "the firmware cannot use the signer's kind of key");
	if (!is_supposed(data, key, nid, kf_view(digest, len),
			 info->enc_digest) &&
	    !verify_digest(data, info, key, nid, digest, len))
		return no(out, why, KF_WHY_SIGNATURE,
			  "the signature does not match the signer's key");
	return KF_OK;
}

enum kf_status kf_openssl_signed_verify(const struct kf_signed_data *data,
					struct kf_bytes content,
					uint32_t policy,
					enum kf_answer3 *out,
					struct kf_why *why)
{
	enum kf_status status = KF_OK;
	int num;

	ERR_set_mark();
	why->kind = KF_WHY_NOTHING;
	why->text = NULL;
	if (!data->signers || data->num_signers == 0)
		return no(out, why, KF_WHY_MALFORMED,
			  "the certificate of a signer is not in it");
	if (!data->pkcs7) {
		X509 *x = sk_X509_value(data->signers, 0);

		if (!key_allowed(X509_get0_pubkey(x), policy))
			return no(out, why, KF_WHY_ALGORITHM,
				  "the firmware cannot use the signer's kind of key");
		*out = KF_YES;
		return kf_openssl_fault();
	}
	if (!announced_known(data->pkcs7, policy))
		return no(out, why, KF_WHY_ALGORITHM,
			  "it announces a digest that the firmware does not have");
	*out = KF_YES;
	num = sk_PKCS7_SIGNER_INFO_num(PKCS7_get_signer_info(data->pkcs7));
	for (int i = 0; i < num && status == KF_OK && *out == KF_YES; i++)
		status = verify_signer(data, i, content, policy, out, why);
	if (status == KF_OK)
		status = kf_openssl_fault();
	return status;
}

/* What an error of OpenSSL's means for the person who reads it. */
static enum kf_why_kind kind_of(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
		return KF_WHY_NO_PATH;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return KF_WHY_OTHER_KEY;
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
	case X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM:
		return KF_WHY_ALGORITHM;
	default:
		return KF_WHY_CONSTRAINT;
	}
}

/* path_allowed: are the algorithms of a path that OpenSSL found within the
 * policy? The anchor's own signature is never looked at. */
static bool path_allowed(X509_STORE_CTX *ctx, uint32_t policy)
{
	STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
	int num = sk_X509_num(path);

	for (int i = 0; i + 1 < num; i++) {
		X509 *x = sk_X509_value(path, i);
		EVP_PKEY *issuer = X509_get0_pubkey(sk_X509_value(path,
								  i + 1));
		int digest = NID_undef;

		if (!X509_get_signature_info(x, &digest, NULL, NULL, NULL) ||
		    !digest_allowed(digest, policy) ||
		    !key_allowed(issuer, policy))
			return false;
	}
	return true;
}

/* pass_anchor lets stand what only extensions of the anchor itself forbid.
 * OpenSSL 1.0.2 looks at those of the untrusted certificates alone. Source:
 * openssl/openssl, crypto/x509/x509_vfy.c:check_chain_extensions at 1.0.2k. */
static int pass_anchor(int ok, X509_STORE_CTX *ctx)
{
	int error = X509_STORE_CTX_get_error(ctx);
	int last = sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;

	if (ok || X509_STORE_CTX_get_error_depth(ctx) != last)
		return ok;
	return error == X509_V_ERR_INVALID_CA ||
	       error == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION;
}

/* path asks OpenSSL for a path from one signer to the store's one anchor. */
static enum kf_status path(const struct kf_signed_data *data, X509 *signer,
			   X509_STORE *store, uint32_t policy,
			   enum kf_answer3 *out, struct kf_why *why)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(data->openssl->context,
						    NULL);
	bool ok = ctx && X509_STORE_CTX_init(ctx, store, signer, data->bag) &&
		  X509_STORE_CTX_set_default(ctx, "smime_sign");
	enum kf_status status = KF_OK;
	int error;

	if (!ok) {
		X509_STORE_CTX_free(ctx);
		return KF_NO_MEMORY;
	}
	if (policy & KF_CMS_ANY_ANCHOR)
		X509_STORE_CTX_set_verify_cb(ctx, pass_anchor);
	if (X509_verify_cert(ctx) > 0) {
		*out = KF_YES;
		if (!path_allowed(ctx, policy))
			status = no(out, why, KF_WHY_ALGORITHM,
				    "a certificate on the path is signed in a way that the firmware does not have");
	} else {
		error = X509_STORE_CTX_get_error(ctx);
		status = error == X509_V_ERR_OUT_OF_MEM ? KF_NO_MEMORY :
			 no(out, why, kind_of(error),
			    X509_verify_cert_error_string(error));
	}
	X509_STORE_CTX_free(ctx);
	return status;
}

static X509_STORE *store_of(X509 *anchor, uint32_t policy, int64_t now_s)
{
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param;
	unsigned long flags = 0;

	if (!store || !X509_STORE_add_cert(store, anchor)) {
		X509_STORE_free(store);
		return NULL;
	}
	if (policy & KF_CMS_PARTIAL_CHAIN)
		flags |= X509_V_FLAG_PARTIAL_CHAIN;
	if (policy & KF_CMS_NO_TIME)
		flags |= X509_V_FLAG_NO_CHECK_TIME;
	X509_STORE_set_flags(store, flags);
	if (policy & KF_CMS_ANY_PURPOSE)
		X509_STORE_set_purpose(store, X509_PURPOSE_ANY);
	param = X509_STORE_get0_param(store);
	if (!(policy & KF_CMS_NO_TIME))
		X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
	return store;
}

/* read_anchor parses a certificate as the firmware's OpenSSL would. */
static X509 *read_anchor(struct kf_openssl *openssl, struct kf_bytes der,
			 uint32_t policy)
{
	X509 *x = kf_openssl_certificate(openssl, der);
	uint8_t *copy;

	if (!x && policy & KF_CMS_ANY_UNICODE && der.len) {
		copy = OPENSSL_memdup(der.data, der.len);
		if (copy && kf_openssl_lenient_names(copy, der.len))
			x = kf_openssl_certificate(openssl,
						   kf_view(copy, der.len));
		OPENSSL_free(copy);
	}
	if (x && ((policy & KF_CMS_WHOLE_TIMES &&
		   !kf_openssl_certificate_whole(x)) ||
		  (policy & KF_CMS_ROOM_BEHIND &&
		   !kf_openssl_lengths_fit(der)))) {
		X509_free(x);
		x = NULL;
	}
	return x;
}

enum kf_status kf_openssl_certificate_rsa(void *self, struct kf_bytes der,
					  uint32_t policy,
					  enum kf_answer3 *out)
{
	EVP_PKEY *key;
	X509 *x;

	ERR_set_mark();
	*out = KF_NO;
	x = read_anchor(self, der, policy);
	key = x ? X509_get0_pubkey(x) : NULL;
	if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		*out = KF_YES;
	X509_free(x);
	return kf_openssl_fault();
}

enum kf_status kf_openssl_signed_chain(const struct kf_signed_data *data,
				       struct kf_bytes anchor,
				       uint32_t policy, int64_t now_s,
				       enum kf_answer3 *out,
				       struct kf_why *why)
{
	enum kf_status status = KF_OK;
	X509_STORE *store;
	X509 *x;

	ERR_set_mark();
	why->kind = KF_WHY_NOTHING;
	why->text = NULL;
	if (!data->signers || data->num_signers == 0)
		return no(out, why, KF_WHY_MALFORMED,
			  "the certificate of a signer is not in it");
	x = read_anchor(data->openssl, anchor, policy);
	if (!x)
		return no(out, why, KF_WHY_UNREADABLE,
			  "the anchor is no certificate");
	store = store_of(x, policy, now_s);
	X509_free(x);
	if (!store)
		return KF_NO_MEMORY;
	*out = KF_YES;
	for (int i = 0; i < sk_X509_num(data->signers) && status == KF_OK &&
	     *out == KF_YES; i++)
		status = path(data, sk_X509_value(data->signers, i), store,
			      policy, out, why);
	X509_STORE_free(store);
	if (status == KF_OK)
		status = kf_openssl_fault();
	return status;
}
