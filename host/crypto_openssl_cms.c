/* CMS as OpenSSL reads it: what is in it, whether its signatures hold over
 * their content, and how it is decrypted.
 *
 * CMS_verify does all of a verification in one go. Here it is asked twice: for
 * what depends on the file alone, and (crypto_openssl_chain.c) for what depends
 * on a device. Its own flags leave the other half out.
 */
#include "crypto_openssl_cms.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_LEN = 1 << 18 };

enum kf_status kf_openssl_cms_read(void *self, struct kf_cms **out,
				   struct kf_bytes der)
{
	struct kf_openssl *openssl = self;
	struct kf_cms *cms;
	BIO *bio;

	*out = NULL;
	if (der.len == 0 || der.len > INT_MAX)
		return KF_OK;
	cms = calloc(1, sizeof(*cms));
	bio = BIO_new_mem_buf(der.data, (int)der.len);
	if (cms)
		cms->info = CMS_ContentInfo_new_ex(openssl->context, NULL);
	if (!cms || !bio || !cms->info) {
		BIO_free(bio);
		kf_openssl_cms_close(cms);
		(void)kf_openssl_fault();
		return KF_NO_MEMORY;
	}
	cms->openssl = openssl;
	/* On failure d2i releases it and sets it to NULL. */
	if (d2i_CMS_bio(bio, &cms->info))
		*out = cms;
	else
		kf_openssl_cms_close(cms);
	BIO_free(bio);
	if (*out && OBJ_obj2nid(CMS_get0_type((*out)->info)) ==
		    NID_pkcs7_signed)
		CMS_set1_signers_certs((*out)->info, NULL, 0);
	return kf_openssl_fault();
}

void kf_openssl_cms_close(struct kf_cms *cms)
{
	if (!cms)
		return;
	CMS_ContentInfo_free(cms->info);
	free(cms);
}

/* view is a string's bytes. */
static struct kf_bytes view(const ASN1_STRING *s)
{
	return s ? kf_view(ASN1_STRING_get0_data(s),
			   (size_t)ASN1_STRING_length(s))
		 : kf_view(NULL, 0);
}

static size_t count_crls(CMS_ContentInfo *info)
{
	STACK_OF(X509_CRL) *crls = CMS_get1_crls(info);
	int num = crls ? sk_X509_CRL_num(crls) : 0;

	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	return (size_t)num;
}

static size_t count_certificates(CMS_ContentInfo *info)
{
	STACK_OF(X509) *certs = CMS_get1_certs(info);
	int num = certs ? sk_X509_num(certs) : 0;

	sk_X509_pop_free(certs, X509_free);
	return (size_t)num;
}

enum kf_status kf_openssl_cms_facts(const struct kf_cms *cms,
				    struct kf_cms_facts *out,
				    struct kf_arena *arena)
{
	int kind = OBJ_obj2nid(CMS_get0_type(cms->info));
	ASN1_OCTET_STRING **content = CMS_get0_content(cms->info);

	memset(out, 0, sizeof(*out));
	out->is_signed = kind == NID_pkcs7_signed;
	out->is_enveloped = kind == NID_pkcs7_enveloped;
	out->detached = !content || !*content;
	if (out->is_signed) {
		out->num_signers = (size_t)sk_CMS_SignerInfo_num(
			CMS_get0_SignerInfos(cms->info));
		out->num_certificates = count_certificates(cms->info);
		out->num_crls = count_crls(cms->info);
	}
	if (out->is_enveloped)
		out->num_recipients = (size_t)sk_CMS_RecipientInfo_num(
			CMS_get0_RecipientInfos(cms->info));
	if (!out->detached && !out->is_enveloped &&
	    !kf_arena_keep(arena, &out->content, view(*content)))
		return KF_NO_MEMORY;
	return kf_openssl_fault();
}

enum kf_status kf_openssl_keep_x509(struct kf_bytes *out, const X509 *x,
				    struct kf_arena *arena)
{
	unsigned char *der = NULL;
	int len = x ? i2d_X509(x, &der) : 0;
	bool kept;

	*out = kf_view(NULL, 0);
	if (!x)
		return KF_OK;
	if (len <= 0)
		return KF_NO_MEMORY;
	kept = kf_arena_keep(arena, out, kf_view(der, (size_t)len));
	OPENSSL_free(der);
	return kept ? KF_OK : KF_NO_MEMORY;
}

/* moment_of reads a time. RAUC's older versions do not look at its type. */
static enum kf_cms_time moment_of(int64_t *out, const ASN1_TYPE *value)
{
	struct tm tm = { 0 };
	time_t seconds;

	if (!value)
		return KF_CMS_TIME_EMPTY;
	if (value->type != V_ASN1_UTCTIME &&
	    value->type != V_ASN1_GENERALIZEDTIME)
		return KF_CMS_TIME_OTHER;
	if (!ASN1_TIME_to_tm(value->value.asn1_string, &tm))
		return KF_CMS_TIME_UNREADABLE;
	seconds = timegm(&tm);
	*out = (int64_t)seconds;
	if (memchr(ASN1_STRING_get0_data(value->value.asn1_string), '.',
		   (size_t)ASN1_STRING_length(value->value.asn1_string)))
		return KF_CMS_TIME_FRACTION;
	return KF_CMS_TIME_KNOWN;
}

/* signing_time takes the first attribute of its kind, and its first value. */
static void signing_time(struct kf_cms_signer *out, const CMS_SignerInfo *si)
{
	int at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1);
	X509_ATTRIBUTE *attribute;

	if (at < 0)
		return;
	attribute = CMS_signed_get_attr(si, at);
	out->time = moment_of(&out->signed_s,
			      X509_ATTRIBUTE_get0_type(attribute, 0));
}

/* subject_name takes the first one of a subject. */
static enum kf_status subject_name(struct kf_cms_signer *out, const X509 *x,
				  struct kf_arena *arena)
{
	const X509_NAME *name = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	struct kf_bytes bytes;

	if (at < 0)
		return KF_OK;
	bytes = view(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	out->has_name = true;
	return kf_arena_keep(arena, &out->subject_name, bytes) ? KF_OK
							      : KF_NO_MEMORY;
}

static const char *name_of(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;
	const char *name;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	name = OBJ_nid2ln(OBJ_obj2nid(object));
	return name ? name : "unknown";
}

enum kf_status kf_openssl_cms_signer(const struct kf_cms *cms, size_t index,
				     struct kf_cms_signer *out,
				     struct kf_arena *arena)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms->info);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(infos, (int)index);
	X509_ALGOR *digest, *algorithm;
	enum kf_status status;
	X509 *signer = NULL;

	memset(out, 0, sizeof(*out));
	if (!si)
		return KF_WRONG_USE;
	CMS_SignerInfo_get0_algs(si, NULL, &signer, &digest, &algorithm);
	out->digest = name_of(digest);
	out->algorithm = name_of(algorithm);
	out->has_attributes = CMS_signed_get_attr_count(si) >= 0;
	signing_time(out, si);
	status = kf_openssl_keep_x509(&out->certificate, signer, arena);
	if (status == KF_OK && signer)
		status = subject_name(out, signer, arena);
	if (status != KF_OK)
		return status;
	return kf_openssl_fault();
}

enum kf_status kf_openssl_cms_certificate(const struct kf_cms *cms,
					  size_t index, struct kf_bytes *out,
					  struct kf_arena *arena)
{
	STACK_OF(X509) *certs = CMS_get1_certs(cms->info);
	X509 *x = certs ? sk_X509_value(certs, (int)index) : NULL;
	enum kf_status status = kf_openssl_keep_x509(out, x, arena);

	sk_X509_pop_free(certs, X509_free);
	return status == KF_OK ? kf_openssl_fault() : status;
}

/* fill_recipient names one by its certificate's issuer and serial number. */
static enum kf_status fill_recipient(struct kf_cms_recipient *out,
				     const X509_NAME *issuer,
				     const ASN1_INTEGER *serial,
				     struct kf_arena *arena)
{
	struct kf_bytes name;
	char *line;
	bool kept;

	if (!issuer || !serial)
		return KF_OK;
	line = X509_NAME_oneline(issuer, NULL, 0);
	if (!line)
		return KF_NO_MEMORY;
	kept = kf_arena_keep(arena, &name, kf_view(line, strlen(line) + 1)) &&
	       kf_arena_keep(arena, &out->serial,
			     view((const ASN1_STRING *)serial));
	OPENSSL_free(line);
	out->issuer = (const char *)name.data;
	return kept ? KF_OK : KF_NO_MEMORY;
}

enum kf_status kf_openssl_cms_recipient(const struct kf_cms *cms, size_t index,
					struct kf_cms_recipient *out,
					struct kf_arena *arena)
{
	STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(cms->info);
	CMS_RecipientInfo *ri = sk_CMS_RecipientInfo_value(all, (int)index);
	STACK_OF(CMS_RecipientEncryptedKey) *keys;
	ASN1_OCTET_STRING *id = NULL;
	ASN1_INTEGER *serial = NULL;
	X509_NAME *issuer = NULL;

	memset(out, 0, sizeof(*out));
	if (!ri)
		return KF_WRONG_USE;
	if (CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_TRANS)
		CMS_RecipientInfo_ktri_get0_signer_id(ri, &id, &issuer,
						      &serial);
	if (CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_AGREE) {
		keys = CMS_RecipientInfo_kari_get0_reks(ri);
		if (keys && sk_CMS_RecipientEncryptedKey_num(keys) > 0)
			CMS_RecipientEncryptedKey_get0_id(
				sk_CMS_RecipientEncryptedKey_value(keys, 0),
				&id, NULL, NULL, &issuer, &serial);
	}
	return fill_recipient(out, issuer, serial, arena);
}

/* stream is a source as a BIO reads it, from front to end. */
struct stream {
	const struct kf_source *source;
	uint64_t at;		/* of the next byte that is asked for */
	size_t from, len;	/* of what is in `buffer` and not yet given */
	bool failed;
	uint8_t buffer[STREAM_LEN];
};

static int stream_read(BIO *bio, char *out, size_t max, size_t *got)
{
	struct stream *s = BIO_get_data(bio);
	uint64_t left = s->source->size - s->at;

	*got = 0;
	if (s->len == 0 && left) {
		size_t some = left < STREAM_LEN ? (size_t)left : STREAM_LEN;

		if (!s->source->read_at(s->source->self, s->at, s->buffer,
					some)) {
			s->failed = true;
			return 0;
		}
		s->from = 0;
		s->len = some;
		s->at += some;
	}
	*got = max < s->len ? max : s->len;
	memcpy(out, s->buffer + s->from, *got);
	s->from += *got;
	s->len -= *got;
	return *got > 0;
}

static long stream_control(BIO *bio, int command, long number, void *pointer)
{
	const struct stream *s = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	if (command == BIO_CTRL_EOF)
		return s->len == 0 && s->at == s->source->size;
	return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH ||
	       command == BIO_CTRL_POP;
}

static BIO_METHOD *stream_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "source");

	if (method && BIO_meth_set_read_ex(method, stream_read) &&
	    BIO_meth_set_ctrl(method, stream_control))
		return method;
	BIO_meth_free(method);
	return NULL;
}

void kf_openssl_cms_failed(struct kf_cms_result *out, enum kf_cms_step step)
{
	out->answer = KF_NO;
	out->step = step;
}

/* step_of is the step that an error of the CMS library tells of. */
static enum kf_cms_step step_of(unsigned long error)
{
	if (ERR_GET_LIB(error) != ERR_LIB_CMS)
		return KF_CMS_PASSED;
	switch (ERR_GET_REASON(error)) {
	case CMS_R_CONTENT_TYPE_NOT_SIGNED_DATA:
		return KF_CMS_TYPE;
	case CMS_R_NO_SIGNERS:
		return KF_CMS_NO_SIGNER;
	case CMS_R_SIGNER_CERTIFICATE_NOT_FOUND:
		return KF_CMS_NO_CERTIFICATE;
	case CMS_R_CERTIFICATE_VERIFY_ERROR:
		return KF_CMS_CHAIN;
	case CMS_R_VERIFICATION_FAILURE:
		return KF_CMS_ATTRIBUTES;
	case CMS_R_CONTENT_VERIFY_ERROR:
		return KF_CMS_DIGEST;
	case CMS_R_UNKNOWN_DIGEST_ALGORITHM:
	case CMS_R_NO_MATCHING_DIGEST:
		return KF_CMS_ALGORITHM;
	default:
		return KF_CMS_PASSED;
	}
}

enum kf_status kf_openssl_cms_step(struct kf_cms_result *out)
{
	enum kf_cms_step step = KF_CMS_PASSED;
	unsigned long error;

	/* The last one that tells a step is of the widest function. */
	while ((error = ERR_get_error())) {
		enum kf_cms_step told = step_of(error);

		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
			return KF_NO_MEMORY;
		if (told != KF_CMS_PASSED && step != KF_CMS_ALGORITHM)
			step = told;
	}
	kf_openssl_cms_failed(out, step == KF_CMS_PASSED ? KF_CMS_OTHER
							 : step);
	return kf_openssl_fault();
}

/* refine: without signed attributes the signature itself is over the
 * content. */
static void refine(struct kf_cms_result *out, CMS_ContentInfo *info)
{
	STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(info);

	for (int i = 0; out->step == KF_CMS_DIGEST &&
			i < sk_CMS_SignerInfo_num(infos); i++)
		if (CMS_signed_get_attr_count(
			sk_CMS_SignerInfo_value(infos, i)) < 0)
			out->step = KF_CMS_SIGNATURE;
}

/* verify runs CMS_verify over the content alone. */
static enum kf_status verify(struct kf_cms *cms, BIO *content,
			     struct kf_cms_result *out)
{
	unsigned flags = CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY;

	/* Its attributes are held against the content all the same. */
	if (kf_openssl_cms_is_supposed(cms))
		flags |= CMS_NO_ATTR_VERIFY;
	ERR_clear_error();
	if (CMS_verify(cms->info, NULL, NULL, content, NULL, flags)) {
		out->answer = KF_YES;
		return kf_openssl_fault();
	}
	return kf_openssl_cms_step(out);
}

enum kf_status kf_openssl_cms_content(struct kf_cms *cms,
				      const struct kf_source *content,
				      struct kf_cms_result *out)
{
	struct stream *s = content ? malloc(sizeof(*s)) : NULL;
	BIO_METHOD *method = content ? stream_method() : NULL;
	BIO *bio = method ? BIO_new(method) : NULL;
	enum kf_status status = KF_NO_MEMORY;

	memset(out, 0, sizeof(*out));
	if (!content) {
		status = verify(cms, NULL, out);
	} else if (s && bio) {
		memset(s, 0, offsetof(struct stream, buffer));
		s->source = content;
		BIO_set_data(bio, s);
		BIO_set_init(bio, 1);
		status = verify(cms, bio, out);
		if (s->failed)
			status = KF_CANNOT_READ;
	}
	if (status == KF_OK && out->answer == KF_NO)
		refine(out, cms->info);
	BIO_free(bio);
	BIO_meth_free(method);
	free(s);
	return status;
}

/* no_passphrase: a key that asks for one is not read. */
static int no_passphrase(char *out, int max, int write, void *self)
{
	(void)out;
	(void)max;
	(void)write;
	(void)self;
	return 0;
}

BIO *kf_openssl_pem(struct kf_bytes bytes)
{
	FILE *file;
	BIO *bio;

	if (bytes.len == 0)
		return BIO_new_mem_buf("", 0);
	/* It is opened for reading alone. */
	file = fmemopen((void *)(uintptr_t)bytes.data, bytes.len, "r");
	bio = file ? BIO_new_fp(file, BIO_CLOSE) : NULL;
	if (file && !bio)
		fclose(file);
	if (!bio)
		ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
	return bio;
}

static EVP_PKEY *read_key(const struct kf_openssl *openssl,
			  struct kf_bytes pem)
{
	BIO *bio = kf_openssl_pem(pem);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey_ex(bio, NULL,
							 no_passphrase, NULL,
							 openssl->context,
							 NULL) : NULL;

	BIO_free(bio);
	return key;
}

static X509 *read_certificate(const struct kf_openssl *openssl,
			      struct kf_bytes pem)
{
	BIO *bio = kf_openssl_pem(pem);
	X509 *x = X509_new_ex(openssl->context, NULL), *read = NULL;

	if (bio && x)
		read = PEM_read_bio_X509(bio, &x, NULL, NULL);
	if (!read) {
		X509_free(x);
		x = NULL;
	}
	BIO_free(bio);
	return x;
}

/* open_with decrypts with a key that was read. */
static enum kf_status open_with(struct kf_cms *cms, struct kf_bytes *out,
				X509 *certificate, EVP_PKEY *key,
				struct kf_cms_result *result,
				struct kf_arena *arena)
{
	BIO *bio = BIO_new(BIO_s_mem());
	enum kf_status status = KF_OK;
	char *data = NULL;
	long len;

	if (!bio)
		return KF_NO_MEMORY;
	if (CMS_decrypt(cms->info, key, certificate, NULL, bio, 0)) {
		len = BIO_get_mem_data(bio, &data);
		result->answer = KF_YES;
		if (!kf_arena_keep(arena, out, kf_view(data, (size_t)len)))
			status = KF_NO_MEMORY;
	} else {
		kf_openssl_cms_failed(result, KF_CMS_RECIPIENT);
	}
	BIO_free(bio);
	return status == KF_OK ? kf_openssl_fault() : status;
}

enum kf_status kf_openssl_cms_decrypt(struct kf_cms *cms, struct kf_bytes *out,
				      struct kf_bytes certificate,
				      struct kf_bytes key,
				      struct kf_cms_result *result,
				      struct kf_arena *arena)
{
	EVP_PKEY *pkey = read_key(cms->openssl, key);
	X509 *x = certificate.len ? read_certificate(cms->openssl, certificate)
				  : NULL;
	enum kf_status status;

	memset(result, 0, sizeof(*result));
	*out = kf_view(NULL, 0);
	if (!pkey || (certificate.len && !x)) {
		kf_openssl_cms_failed(result, KF_CMS_KEY);
		status = kf_openssl_fault();
	} else {
		status = open_with(cms, out, x, pkey, result, arena);
	}
	X509_free(x);
	EVP_PKEY_free(pkey);
	return status;
}
