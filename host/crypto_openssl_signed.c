/* PKCS#7 SignedData as OpenSSL parses it: what is in it, and who signed.
 */
#include "crypto_openssl.h"

#include <openssl/err.h>
#include <openssl/objects.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Source: Microsoft "Windows Authenticode", SPC_RFC3161_OBJID. */
static const char rfc3161_oid[] = "1.3.6.1.4.1.311.3.3.1";

/* encode gives a certificate's DER, as it was parsed. */
static bool encode(struct kf_bytes *out, X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);

	if (len <= 0)
		return false;
	*out = kf_view(der, (size_t)len);
	return true;
}

/* encode_all gives the DER of every certificate of a stack. */
static bool encode_all(struct kf_bytes **out, size_t *num,
		       const STACK_OF(X509) *stack)
{
	int count = stack ? sk_X509_num(stack) : 0;

	*num = 0;
	*out = calloc((size_t)count + 1, sizeof(**out));
	if (!*out)
		return false;
	for (int i = 0; i < count; i++) {
		if (!encode(&(*out)[i], sk_X509_value(stack, i)))
			return false;
		(*num)++;
	}
	return true;
}

static void free_all(struct kf_bytes *list, size_t num)
{
	for (size_t i = 0; i < num; i++)
		OPENSSL_free((void *)(uintptr_t)list[i].data);
	free(list);
}

/* string_of is the ASN1_STRING in a value; NULL where it holds none. */
static const ASN1_STRING *string_of(const ASN1_TYPE *value)
{
	if (!value || value->type == V_ASN1_BOOLEAN ||
	    value->type == V_ASN1_NULL || value->type == V_ASN1_OBJECT)
		return NULL;
	return value->value.asn1_string;
}

/* find_token finds the RFC 3161 token of the only signer: the last attribute
 * of that kind counts, as edk2 takes it. */
static void find_token(struct kf_signed_data *data)
{
	STACK_OF(PKCS7_SIGNER_INFO) *infos =
		PKCS7_get_signer_info(data->pkcs7);
	const ASN1_STRING *token = NULL;
	ASN1_OBJECT *wanted = OBJ_txt2obj(rfc3161_oid, 1);
	PKCS7_SIGNER_INFO *info;

	if (!infos || sk_PKCS7_SIGNER_INFO_num(infos) != 1 || !wanted) {
		ASN1_OBJECT_free(wanted);
		return;
	}
	info = sk_PKCS7_SIGNER_INFO_value(infos, 0);
	for (int i = 0; i < sk_X509_ATTRIBUTE_num(info->unauth_attr); i++) {
		X509_ATTRIBUTE *a = sk_X509_ATTRIBUTE_value(info->unauth_attr,
							    i);

		if (OBJ_cmp(X509_ATTRIBUTE_get0_object(a), wanted) == 0)
			token = string_of(X509_ATTRIBUTE_get0_type(a, 0));
	}
	ASN1_OBJECT_free(wanted);
	if (!token)
		return;
	data->has_token = true;
	data->token = kf_view(ASN1_STRING_get0_data(token),
			      (size_t)ASN1_STRING_length(token));
}

static bool fill(struct kf_signed_data *data)
{
	if (!encode_all(&data->der, &data->num_der, data->bag))
		return false;
	if (!data->pkcs7 || !PKCS7_type_is_signed(data->pkcs7))
		return true;
	data->signers = PKCS7_get0_signers(data->pkcs7, NULL, PKCS7_BINARY);
	find_token(data);
	return encode_all(&data->signer_der, &data->num_signers,
			  data->signers);
}

/* remember_bag keeps the certificates of a bag at hand. Only those that stand
 * in the signature just as they are encoded again: others are the same
 * certificate in other bytes, and OpenSSL tells these apart. */
static void remember_bag(const struct kf_signed_data *data,
			 struct kf_bytes whole)
{
	for (size_t i = 0; i < data->num_der && i < KF_KNOWN_MAX / 2; i++)
		if (memmem(whole.data, whole.len, data->der[i].data,
			   data->der[i].len))
			kf_openssl_remember(data->openssl, data->der[i],
					    sk_X509_value(data->bag, (int)i));
}

/* parse_pkcs7 is d2i in the private context. */
static PKCS7 *parse_pkcs7(struct kf_openssl *openssl, struct kf_bytes der)
{
	PKCS7 *pkcs7 = PKCS7_new_ex(openssl->context, NULL);
	const unsigned char *p = der.data;

	/* On failure d2i releases pkcs7 and sets it to NULL. */
	return pkcs7 && d2i_PKCS7(&pkcs7, &p, (long)der.len) ? pkcs7 : NULL;
}

/* parse_leniently tries once more what only an older version parses. */
static PKCS7 *parse_leniently(struct kf_openssl *openssl, struct kf_bytes der)
{
	uint8_t *copy = malloc(der.len);
	PKCS7 *pkcs7 = NULL;

	if (!copy) {
		ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
		return NULL;
	}
	memcpy(copy, der.data, der.len);
	if (kf_openssl_lenient_names(copy, der.len))
		pkcs7 = parse_pkcs7(openssl, kf_view(copy, der.len));
	free(copy);
	return pkcs7;
}

enum kf_status kf_openssl_signed_read(void *self, struct kf_signed_data **out,
				      struct kf_bytes der, uint32_t policy)
{
	struct kf_openssl *openssl = self;
	struct kf_signed_data *data;
	PKCS7 *pkcs7;

	*out = NULL;
	if (der.len == 0 || der.len > INT_MAX)
		return KF_OK;
	if (policy & KF_CMS_ROOM_BEHIND && !kf_openssl_lengths_fit(der))
		return KF_OK;
	ERR_set_mark();
	pkcs7 = parse_pkcs7(openssl, der);
	if (!pkcs7 && policy & KF_CMS_ANY_UNICODE)
		pkcs7 = parse_leniently(openssl, der);
	if (!pkcs7)
		return kf_openssl_fault();
	if (policy & KF_CMS_WHOLE_TIMES && !kf_openssl_signed_whole(pkcs7)) {
		PKCS7_free(pkcs7);
		return kf_openssl_fault();
	}
	data = calloc(1, sizeof(*data));
	if (!data) {
		PKCS7_free(pkcs7);
		return KF_NO_MEMORY;
	}
	data->openssl = openssl;
	data->pkcs7 = pkcs7;
	if (PKCS7_type_is_signed(pkcs7) && pkcs7->d.sign)
		data->bag = pkcs7->d.sign->cert;
	if (!fill(data)) {
		kf_openssl_signed_close(data);
		(void)kf_openssl_fault();
		return KF_NO_MEMORY;
	}
	remember_bag(data, der);
	*out = data;
	return kf_openssl_fault();
}

enum kf_status kf_openssl_signed_suppose(void *self,
					 struct kf_signed_data **out,
					 const struct kf_bytes *ders,
					 size_t num)
{
	struct kf_signed_data *data = calloc(1, sizeof(*data));
	bool ok = data;

	*out = NULL;
	if (!data)
		return KF_NO_MEMORY;
	ERR_set_mark();
	data->openssl = self;
	data->bag = sk_X509_new_null();
	data->signers = sk_X509_new_null();
	ok = data->bag && data->signers;
	for (size_t i = 0; ok && i < num; i++) {
		X509 *x = kf_openssl_certificate(self, ders[i]);

		ok = x && sk_X509_push(data->bag, x) > 0;
		if (!ok)
			X509_free(x);
		else if (i == 0)
			ok = sk_X509_push(data->signers, x) > 0;
	}
	ok = ok && num > 0 &&
	     encode_all(&data->der, &data->num_der, data->bag) &&
	     encode_all(&data->signer_der, &data->num_signers, data->signers);
	if (!ok) {
		enum kf_status status = kf_openssl_fault();

		kf_openssl_signed_close(data);
		return status == KF_OK ? KF_WRONG_USE : status;
	}
	*out = data;
	return KF_OK;
}

void kf_openssl_signed_close(struct kf_signed_data *data)
{
	if (!data)
		return;
	free_all(data->der, data->num_der);
	free_all(data->signer_der, data->num_signers);
	sk_X509_free(data->signers);
	if (!data->pkcs7)
		sk_X509_pop_free(data->bag, X509_free);
	PKCS7_free(data->pkcs7);
	free(data);
}

static void content_facts(struct kf_signed_facts *out, PKCS7 *content)
{
	const ASN1_TYPE *value = content->d.other;
	const ASN1_STRING *string;
	const ASN1_OBJECT *type = content->type;

	out->content_oid = kf_view(OBJ_get0_data(type), OBJ_length(type));
	/* A type that OpenSSL knows has its own structure, no plain value. */
	if (!value || OBJ_obj2nid(type) != NID_undef) {
		int nid = OBJ_obj2nid(type);

		if (!value || nid == NID_pkcs7_data ||
		    nid == NID_pkcs7_signed || nid == NID_pkcs7_enveloped ||
		    nid == NID_pkcs7_signedAndEnveloped ||
		    nid == NID_pkcs7_digest || nid == NID_pkcs7_encrypted)
			return;
	}
	out->content_tag = value->type >= 0 ? value->type : -1;
	string = string_of(value);
	if (string)
		out->content = kf_view(ASN1_STRING_get0_data(string),
				       (size_t)ASN1_STRING_length(string));
}

void kf_openssl_signed_facts(const struct kf_signed_data *data,
			     struct kf_signed_facts *out)
{
	STACK_OF(PKCS7_SIGNER_INFO) *infos;

	memset(out, 0, sizeof(*out));
	out->content_tag = -1;
	out->num_certificates = data->num_der;
	out->signers_found = data->signers;
	out->num_signers = data->num_signers;
	if (!data->pkcs7) {
		out->is_signed_data = true;
		return;
	}
	out->is_signed_data = PKCS7_type_is_signed(data->pkcs7);
	out->detached = !out->is_signed_data || !data->pkcs7->d.sign ||
			!data->pkcs7->d.sign->contents->d.ptr;
	if (!out->is_signed_data || !data->pkcs7->d.sign)
		return;
	infos = PKCS7_get_signer_info(data->pkcs7);
	out->num_signers = infos ? (size_t)sk_PKCS7_SIGNER_INFO_num(infos) : 0;
	content_facts(out, data->pkcs7->d.sign->contents);
}

static const char *algorithm_name(const X509_ALGOR *algorithm)
{
	int nid = algorithm ? OBJ_obj2nid(algorithm->algorithm) : NID_undef;

	return nid == NID_undef ? "unknown" : OBJ_nid2ln(nid);
}

void kf_openssl_signed_signer(const struct kf_signed_data *data, size_t index,
			      struct kf_signer_facts *out)
{
	STACK_OF(PKCS7_SIGNER_INFO) *infos;
	PKCS7_SIGNER_INFO *info;

	memset(out, 0, sizeof(*out));
	out->digest = "unknown";
	out->algorithm = "unknown";
	if (index < data->num_signers)
		out->certificate = data->signer_der[index];
	if (!data->pkcs7) {
		out->digest = "sha256";
		out->algorithm = "supposed";
		return;
	}
	infos = PKCS7_get_signer_info(data->pkcs7);
	if (!infos || index >= (size_t)sk_PKCS7_SIGNER_INFO_num(infos))
		return;
	info = sk_PKCS7_SIGNER_INFO_value(infos, (int)index);
	out->digest = algorithm_name(info->digest_alg);
	out->algorithm = algorithm_name(info->digest_enc_alg);
	if (data->has_token)
		out->timestamp = data->token;
}

struct kf_bytes kf_openssl_signed_certificate(const struct kf_signed_data *data,
					      size_t index)
{
	return index < data->num_der ? data->der[index] : kf_view(NULL, 0);
}

/* issuer_of finds who in the bag has the name of a certificate's issuer; -1:
 * nobody, or it is its own. */
static int issuer_of(const struct kf_signed_data *data, const X509 *x)
{
	if (X509_NAME_cmp(X509_get_subject_name(x),
			  X509_get_issuer_name(x)) == 0)
		return -1;
	for (int i = 0; i < sk_X509_num(data->bag); i++)
		if (X509_NAME_cmp(X509_get_issuer_name(x),
				  X509_get_subject_name(sk_X509_value(
				  data->bag, i))) == 0)
			return i;
	return -1;
}

size_t kf_openssl_signed_path(const struct kf_signed_data *data,
			      struct kf_bytes *out, size_t max)
{
	const X509 *x;
	size_t num = 0;
	int next;

	if (!data->signers || data->num_signers == 0 || max == 0)
		return 0;
	x = sk_X509_value(data->signers, 0);
	out[num++] = data->signer_der[0];
	while (num < max && (next = issuer_of(data, x)) >= 0) {
		x = sk_X509_value(data->bag, next);
		out[num++] = data->der[next];
	}
	return num;
}
