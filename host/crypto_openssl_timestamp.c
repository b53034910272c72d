/* The RFC 3161 time stamp of an Authenticode signature, as edk2 weighs it.
 *
 * It is lenient in ways of its own: dates and purposes are not looked at, the
 * content may have 2048 bytes at most, and an imprint of the wrong length is
 * not compared at all.
 *
 * Source: edk2 CryptoPkg/Library/BaseCryptLib/Pk/CryptTs.c:
 * ImageTimestampVerify, TimestampTokenVerify, CheckTSTInfo,
 * ConvertAsn1TimeToEfiTime.
 */
#include "crypto_openssl.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ts.h>

#include <string.h>

enum {
	TST_INFO_MAX = 2048,
	GENERAL_TIME_LEN = 14,
};

/* content_of is what the token's signature covers. */
static struct kf_bytes content_of(const PKCS7 *token)
{
	PKCS7 *content = token->d.sign->contents;
	const ASN1_STRING *string = NULL;

	if (PKCS7_type_is_data(content))
		string = content->d.data;
	else if (OBJ_obj2nid(content->type) != NID_pkcs7_signed &&
		 content->d.other &&
		 content->d.other->type == V_ASN1_OCTET_STRING)
		string = content->d.other->value.octet_string;
	if (!string)
		return kf_view(NULL, 0);
	return kf_view(ASN1_STRING_get0_data(string),
		       (size_t)ASN1_STRING_length(string));
}

/* imprint_fits compares the imprint with the signature that was stamped. */
static bool imprint_fits(const struct kf_signed_data *data, TS_TST_INFO *info,
			 struct kf_bytes stamped, uint32_t policy)
{
	TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
	const ASN1_OCTET_STRING *claimed = TS_MSG_IMPRINT_get_msg(imprint);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int nid = kf_openssl_digest_nid(TS_MSG_IMPRINT_get_algo(imprint)
					->algorithm, policy);
	EVP_MD *md;
	bool ok;

	if (nid == NID_undef)
		return false;
	md = EVP_MD_fetch(data->openssl->context, OBJ_nid2sn(nid), NULL);
	ok = md && EVP_Digest(stamped.data, stamped.len, digest, &len, md,
			      NULL);
	EVP_MD_free(md);
	if (!ok)
		return false;
	if ((unsigned)ASN1_STRING_length(claimed) != len)
		return !(policy & KF_CMS_WHOLE_IMPRINT);
	return memcmp(digest, ASN1_STRING_get0_data(claimed), len) == 0;
}

/* two reads two digits into a byte, which may wrap; nothing is checked. */
static uint8_t two(const unsigned char *digits)
{
	return (uint8_t)((digits[0] - '0') * 10 + (digits[1] - '0'));
}

static bool read_time(struct kf_moment *out, const ASN1_GENERALIZEDTIME *time)
{
	const unsigned char *d = ASN1_STRING_get0_data(time);

	if (ASN1_STRING_length(time) < GENERAL_TIME_LEN)
		return false;
	out->year = (uint16_t)((d[0] - '0') * 1000 + (d[1] - '0') * 100 +
			       (d[2] - '0') * 10 + (d[3] - '0'));
	out->month = two(d + 4);
	out->day = two(d + 6);
	out->hour = two(d + 8);
	out->minute = two(d + 10);
	out->second = two(d + 12);
	return out->year >= 1900 && out->year <= 9999 && out->month >= 1 &&
	       out->month <= 12 && out->day >= 1 && out->day <= 31 &&
	       out->hour <= 23 && out->minute <= 59 && out->second <= 59;
}

/* read_token takes the verified content of a token apart. */
static bool read_token(const struct kf_signed_data *data,
		       struct kf_bytes content, struct kf_bytes stamped,
		       uint32_t policy, struct kf_moment *when)
{
	size_t len = content.len < TST_INFO_MAX ? content.len : TST_INFO_MAX;
	const unsigned char *p = content.data;
	TS_TST_INFO *info = len ? d2i_TS_TST_INFO(NULL, &p, (long)len) : NULL;
	bool ok = info && TS_TST_INFO_get_version(info) == 1 &&
		  imprint_fits(data, info, stamped, policy) &&
		  read_time(when, TS_TST_INFO_get_time(info));

	TS_TST_INFO_free(info);
	return ok;
}

/* verify_token verifies the token itself, under `anchor` or, where that is
 * empty, under its own signer. */
static enum kf_status verify_token(const struct kf_signed_data *token,
				   struct kf_bytes anchor, uint32_t policy,
				   enum kf_answer3 *out)
{
	struct kf_why why;
	enum kf_status status;

	*out = KF_NO;
	if (!token->signers || token->num_signers == 0 ||
	    !token->pkcs7->d.sign->contents->d.ptr)
		return KF_OK;
	if (anchor.len == 0)
		anchor = token->signer_der[0];
	status = kf_openssl_signed_chain(token, anchor, policy, 0, out, &why);
	if (status != KF_OK || *out != KF_YES)
		return status;
	return kf_openssl_signed_verify(token, content_of(token->pkcs7),
					policy, out, &why);
}

enum kf_status kf_openssl_signed_timestamp(const struct kf_signed_data *data,
					   struct kf_bytes anchor,
					   uint32_t policy,
					   enum kf_answer3 *out,
					   struct kf_moment *when)
{
	struct kf_signed_data *token = NULL;
	const PKCS7_SIGNER_INFO *info;
	enum kf_status status;

	*out = KF_NO;
	memset(when, 0, sizeof(*when));
	if (!data->pkcs7 || !data->has_token)
		return KF_OK;
	info = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(data->pkcs7),
					  0);
	status = kf_openssl_signed_read(data->openssl, &token, data->token,
					policy);
	if (status == KF_OK && token && PKCS7_type_is_signed(token->pkcs7))
		status = verify_token(token, anchor, policy, out);
	if (status == KF_OK && *out == KF_YES &&
	    !read_token(token, content_of(token->pkcs7),
			kf_view(ASN1_STRING_get0_data(info->enc_digest),
				(size_t)ASN1_STRING_length(info->enc_digest)),
			policy, when))
		*out = KF_NO;
	kf_openssl_signed_close(token);
	if (status == KF_OK)
		status = kf_openssl_fault();
	return status;
}
