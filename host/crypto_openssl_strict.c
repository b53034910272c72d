/* What other versions of OpenSSL refuse to parse.
 *
 * A firmware carries an OpenSSL of its own, and where that one cannot parse a
 * signature there is none. Two differences were found, both in odd encodings:
 * 3.4 refuses a UTCTime of fewer than 13 bytes and a GeneralizedTime of fewer
 * than 15; up to 3.4.0 an element without content whose length is in the long
 * form must not be the last one in what is around it.
 *
 * Source: openssl/openssl, crypto/asn1/tasn_dec.c:asn1_ex_c2i and
 * crypto/asn1/asn1_lib.c:asn1_get_length, at 1.1.1n, 3.0.22, 3.4.0, 3.5.7.
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

enum {
	DEPTH_MAX = 32,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
};

/* level is one constructed element while its content is walked. */
struct level {
	size_t end;
	bool after_oid;		/* the last element here was an OID */
	bool shallow;		/* a value of any type: OpenSSL reads the
				 * headers here, and nothing below them */
};

/* is_read tells whether OpenSSL reads on inside an element: it keeps a value
 * of any type unread, which is what follows an OID, but for the outermost
 * one; of a SET or an explicit tag around such values it reads the headers. */
static bool is_read(const struct level *around, uint8_t tag, bool is_value)
{
	return (tag & 0x20) && !around->shallow &&
	       !(is_value && tag == TAG_SEQUENCE);
}

/* long_length reads a length in the long form; false: it is cut short. */
static bool long_length(struct kf_bytes der, size_t end, size_t *at,
			size_t *len)
{
	size_t num = *len & 0x7f;

	for (*len = 0; num && *at < end; num--)
		*len = *len << 8 | der.data[(*at)++];
	return num == 0;
}

bool kf_openssl_lengths_fit(struct kf_bytes der)
{
	struct level levels[DEPTH_MAX] = { { der.len, false, false } };
	size_t depth = 0, i = 0;

	while (i + 2 <= der.len) {
		struct level *around = &levels[depth];
		uint8_t tag = der.data[i];
		size_t after = i + 2, len = der.data[i + 1];
		bool is_value = around->after_oid && depth > 1;

		if (len == 0x80)
			len = around->end - after;
		else if (len > 0x80 &&
			 !long_length(der, around->end, &after, &len))
			return true;	/* damaged: OpenSSL says so itself */
		if (len == 0 && after != i + 2 && after == around->end)
			return false;
		if (after > around->end || len > around->end - after)
			return true;
		around->after_oid = tag == TAG_OID;
		i = after + len;
		if (is_read(around, tag, is_value) && depth + 1 < DEPTH_MAX) {
			struct level inside = { after + len, false, is_value };

			levels[++depth] = inside;
			i = after;
		}
		while (depth && i >= levels[depth].end)
			depth--;
	}
	return true;
}
