/* Times that are too short to be times.
 *
 * OpenSSL refuses to parse a UTCTime of fewer than 13 bytes and a
 * GeneralizedTime of fewer than 15 since 3.1; older versions keep them. Where
 * a firmware's OpenSSL is a newer one, a signature that holds such a time
 * anywhere is no signature; this looks for them in what was parsed.
 *
 * Source: openssl/openssl, crypto/asn1/tasn_dec.c:asn1_ex_c2i, at 3.0.22
 * and 3.4.0.
 */
#include "crypto_openssl.h"

#include <openssl/asn1.h>

static bool string_whole(const ASN1_STRING *s)
{
	int type = ASN1_STRING_type(s);
	int least = type == V_ASN1_UTCTIME ? 13 :
		    type == V_ASN1_GENERALIZEDTIME ? 15 : 0;

	return ASN1_STRING_length(s) >= least;
}

static bool value_whole(const ASN1_TYPE *v)
{
	if (!v || (v->type != V_ASN1_UTCTIME &&
		   v->type != V_ASN1_GENERALIZEDTIME))
		return true;
	return string_whole(v->value.asn1_string);
}

static bool algorithm_whole(const X509_ALGOR *a)
{
	return !a || value_whole(a->parameter);
}

static bool algorithms_whole(const STACK_OF(X509_ALGOR) *all)
{
	for (int i = 0; i < sk_X509_ALGOR_num(all); i++)
		if (!algorithm_whole(sk_X509_ALGOR_value(all, i)))
			return false;
	return true;
}

static bool attributes_whole(const STACK_OF(X509_ATTRIBUTE) *all)
{
	for (int i = 0; i < sk_X509_ATTRIBUTE_num(all); i++) {
		X509_ATTRIBUTE *a = sk_X509_ATTRIBUTE_value(all, i);

		for (int j = 0; j < X509_ATTRIBUTE_count(a); j++)
			if (!value_whole(X509_ATTRIBUTE_get0_type(a, j)))
				return false;
	}
	return true;
}

bool kf_openssl_certificate_whole(const X509 *x)
{
	const X509_ALGOR *outer;
	X509_ALGOR *key = NULL;

	X509_get0_signature(NULL, &outer, x);
	X509_PUBKEY_get0_param(NULL, NULL, NULL, &key, X509_get_X509_PUBKEY(x));
	return string_whole(X509_get0_notBefore(x)) &&
	       string_whole(X509_get0_notAfter(x)) &&
	       algorithm_whole(X509_get0_tbs_sigalg(x)) &&
	       algorithm_whole(outer) && algorithm_whole(key);
}

static bool list_whole(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);
	const X509_ALGOR *outer;

	X509_CRL_get0_signature(crl, NULL, &outer);
	if (!algorithm_whole(outer) ||
	    !string_whole(X509_CRL_get0_lastUpdate(crl)) ||
	    (X509_CRL_get0_nextUpdate(crl) &&
	     !string_whole(X509_CRL_get0_nextUpdate(crl))))
		return false;
	for (int i = 0; i < sk_X509_REVOKED_num(all); i++)
		if (!string_whole(X509_REVOKED_get0_revocationDate(
				  sk_X509_REVOKED_value(all, i))))
			return false;
	return true;
}

static bool signers_whole(const STACK_OF(PKCS7_SIGNER_INFO) *all)
{
	for (int i = 0; i < sk_PKCS7_SIGNER_INFO_num(all); i++) {
		const PKCS7_SIGNER_INFO *s = sk_PKCS7_SIGNER_INFO_value(all,
									i);

		if (!algorithm_whole(s->digest_alg) ||
		    !algorithm_whole(s->digest_enc_alg) ||
		    !attributes_whole(s->auth_attr) ||
		    !attributes_whole(s->unauth_attr))
			return false;
	}
	return true;
}

bool kf_openssl_signed_whole(const PKCS7 *p)
{
	const PKCS7_SIGNED *s;

	if (!PKCS7_type_is_signed((PKCS7 *)(uintptr_t)p) || !p->d.sign)
		return true;
	s = p->d.sign;
	if (!algorithms_whole(s->md_algs) || !signers_whole(s->signer_info))
		return false;
	if (OBJ_obj2nid(s->contents->type) == NID_undef &&
	    !value_whole(s->contents->d.other))
		return false;
	for (int i = 0; i < sk_X509_num(s->cert); i++)
		if (!kf_openssl_certificate_whole(sk_X509_value(s->cert, i)))
			return false;
	for (int i = 0; i < sk_X509_CRL_num(s->crl); i++)
		if (!list_whole(sk_X509_CRL_value(s->crl, i)))
			return false;
	return true;
}
