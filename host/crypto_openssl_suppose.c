/* A table of its own for signatures that nobody has made yet.
 *
 * The table that judges real files has no list of such signatures, and no way
 * to get one. Here all steps of a verification are gone but one: the arithmetic
 * between key, digest and signature, and that for one key alone.
 */
#include "suppose.h"

#include "crypto_openssl_cms.h"

#include <stdlib.h>
#include <string.h>

struct kf_openssl_supposed {
	EVP_PKEY *key;
	const struct kf_supposed *list;
	size_t num;
};

/* is_scheme: with elliptic curves the name of the digest changes nothing. */
static bool is_scheme(const struct kf_scheme *made,
		      const struct kf_scheme *asked)
{
	if (made->kind != asked->kind || made->kind == KF_SCHEME_ED25519 ||
	    made->kind == KF_SCHEME_ECDSA)
		return made->kind == asked->kind;
	return made->digest == asked->digest &&
	       (made->kind != KF_SCHEME_RSA_PSS ||
		asked->salt_len == KF_SALT_ANY ||
		asked->salt_len == made->salt_len);
}

bool kf_openssl_is_supposed(const struct kf_openssl *openssl,
			    const EVP_PKEY *key, const struct kf_scheme *scheme,
			    struct kf_bytes content, struct kf_bytes signature)
{
	const struct kf_openssl_supposed *s = openssl->supposed;

	if (!s || EVP_PKEY_eq(s->key, key) != 1)
		return false;
	for (size_t i = 0; i < s->num; i++)
		if (is_scheme(&s->list[i].scheme, scheme) &&
		    kf_equal(s->list[i].content, content) &&
		    kf_equal(s->list[i].signature, signature))
			return true;
	return false;
}

/* attributes_digest hashes the signed attributes as they are signed: as a SET.
 * Fails: `len` stays 0, as where there are none. */
static void attributes_digest(struct kf_digest *out,
			      const struct kf_openssl *openssl,
			      const CMS_SignerInfo *info,
			      enum kf_digest_kind kind)
{
	STACK_OF(X509_ATTRIBUTE) *all = sk_X509_ATTRIBUTE_new_null();
	int num = CMS_signed_get_attr_count(info), len = -1;
	unsigned char *der = NULL;
	bool whole = all && num > 0;

	for (int i = 0; i < num && whole; i++)
		whole = sk_X509_ATTRIBUTE_push(all, CMS_signed_get_attr(info,
									i));
	/* A SET of attributes is PKCS#7's and CMS's alike. */
	if (whole)
		len = ASN1_item_i2d((const ASN1_VALUE *)all, &der,
				    ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));
	if (len > 0)
		kf_digest_of(out, &openssl->table, kind,
			     kf_view(der, (size_t)len));
	OPENSSL_free(der);
	sk_X509_ATTRIBUTE_free(all);
}

/* scheme_of reads how a signer of a CMS signs. Fails: false. */
static bool scheme_of(struct kf_scheme *out, const struct kf_openssl *openssl,
		      X509_ALGOR *digest, X509_ALGOR *signature)
{
	int nid = OBJ_obj2nid(signature->algorithm), hash = 0, key = nid;
	int kind = OBJ_obj2nid(digest->algorithm);

	if (nid != NID_rsassaPss && nid != NID_rsaEncryption)
		OBJ_find_sigid_algs(nid, &hash, &key);
	out->kind = key == NID_rsassaPss ? KF_SCHEME_RSA_PSS :
		    key == NID_rsaEncryption ? KF_SCHEME_RSA_PKCS1
					     : KF_SCHEME_ECDSA;
	out->salt_len = KF_SALT_ANY;
	for (int i = 0; i < KF_NUM_DIGESTS; i++) {
		out->digest = (enum kf_digest_kind)i;
		if (EVP_MD_get_type(openssl->digest[i]) == kind)
			return true;
	}
	return false;
}

bool kf_openssl_cms_is_supposed(const struct kf_cms *cms)
{
	STACK_OF(CMS_SignerInfo) *infos;
	X509_ALGOR *digest = NULL, *algorithm = NULL;
	const ASN1_OCTET_STRING *signature;
	struct kf_digest covered = { 0 };
	struct kf_scheme scheme;
	CMS_SignerInfo *info;
	EVP_PKEY *key = NULL;

	if (!cms->openssl->supposed)
		return false;
	infos = CMS_get0_SignerInfos(cms->info);
	if (sk_CMS_SignerInfo_num(infos) != 1)
		return false;
	info = sk_CMS_SignerInfo_value(infos, 0);
	signature = CMS_SignerInfo_get0_signature(info);
	CMS_SignerInfo_get0_algs(info, &key, NULL, &digest, &algorithm);
	if (!key || !scheme_of(&scheme, cms->openssl, digest, algorithm))
		return false;
	attributes_digest(&covered, cms->openssl, info, scheme.digest);
	return covered.len &&
	       kf_openssl_is_supposed(cms->openssl, key, &scheme,
			kf_view(covered.bytes, covered.len),
			kf_view(ASN1_STRING_get0_data(signature),
				(size_t)ASN1_STRING_length(signature)));
}

static EVP_PKEY *read_key(const struct kf_openssl *openssl,
			  const struct kf_key *key)
{
	const unsigned char *p = key->spki.data;
	OSSL_LIB_CTX *before = kf_openssl_enter(openssl);
	EVP_PKEY *out = d2i_PUBKEY_ex(NULL, &p, (long)key->spki.len,
				      openssl->context, NULL);

	kf_openssl_leave(before);
	return out;
}

const struct kf_crypto *
kf_openssl_suppose(const struct kf_crypto *crypto, const struct kf_key *key,
		   const struct kf_supposed *list, size_t num,
		   struct kf_fault *why)
{
	const struct kf_openssl *real = crypto->self;
	struct kf_openssl *out = calloc(1, sizeof(*out));
	struct kf_openssl_supposed *s = calloc(1, sizeof(*s));

	if (out && s) {
		s->key = read_key(real, key);
		s->list = list;
		s->num = num;
		out->table = real->table;
		out->table.self = out;
		out->context = real->context;
		memcpy(out->digest, real->digest, sizeof(out->digest));
		out->supposed = s;
	}
	if (out && s && s->key)
		return &out->table;
	free(s);
	free(out);
	kf_fault_say(why, NULL, "out of memory");
	return NULL;
}

void kf_openssl_suppose_close(const struct kf_crypto *crypto)
{
	struct kf_openssl *openssl;

	if (!crypto)
		return;
	/* Context and digests are those of the first table. */
	openssl = crypto->self;
	kf_openssl_forget_all(openssl);
	EVP_PKEY_free(openssl->supposed->key);
	free(openssl->supposed);
	free(openssl);
}
