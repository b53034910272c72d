/* Time stamps that keyfit asks for, judged as strictly as OpenSSL judges them:
 * unlike edk2 (crypto_openssl_timestamp.c), which has to take what there is.
 *
 * Source: RFC 3161, 2.4; what is looked at: openssl/openssl,
 * crypto/ts/ts_rsp_verify.c:TS_RESP_verify_token at 3.0.17.
 */
#include "stamp.h"

#include "crypto_openssl_cms.h"

#include "core/der.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	NONCE_LEN = 16,
	SEQUENCE = 0x30,
	GRANTED = 0,		/* PKIStatus */
	GRANTED_WITH_MODS = 1,
};

/* set_imprint says what is stamped, by its SHA-256. */
static bool set_imprint(TS_REQ *request, struct kf_bytes digest)
{
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	bool ok = imprint && algorithm &&
		  X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256),
				  V_ASN1_NULL, NULL) &&
		  TS_MSG_IMPRINT_set_algo(imprint, algorithm) &&
		  /* It copies, and takes what it does not change. */
		  TS_MSG_IMPRINT_set_msg(imprint,
					 (uint8_t *)(uintptr_t)digest.data,
					 (int)digest.len) &&
		  TS_REQ_set_msg_imprint(request, imprint);

	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
	return ok;
}

static bool set_nonce(TS_REQ *request, const struct kf_openssl *openssl)
{
	uint8_t bytes[NONCE_LEN];
	BIGNUM *number = NULL;
	ASN1_INTEGER *nonce = NULL;
	bool ok = RAND_bytes_ex(openssl->context, bytes, sizeof(bytes), 0) > 0;

	if (ok)
		number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	if (number)
		nonce = BN_to_ASN1_INTEGER(number, NULL);
	ok = nonce && TS_REQ_set_nonce(request, nonce);
	ASN1_INTEGER_free(nonce);
	BN_free(number);
	return ok;
}

/* write keeps what a request is in DER. */
static enum kf_status write(struct kf_bytes *out, const TS_REQ *request,
			    struct kf_arena *arena)
{
	unsigned char *der = NULL;
	int len = i2d_TS_REQ(request, &der);
	bool kept;

	if (len <= 0)
		return KF_NO_CRYPTO;
	kept = kf_arena_keep(arena, out, kf_view(der, (size_t)len));
	OPENSSL_free(der);
	return kept ? KF_OK : KF_NO_MEMORY;
}

enum kf_status kf_stamp_ask(struct kf_bytes *out,
			    const struct kf_crypto *crypto,
			    struct kf_bytes stamped, struct kf_arena *arena)
{
	const struct kf_openssl *openssl = crypto->self;
	OSSL_LIB_CTX *before = kf_openssl_enter(openssl);
	enum kf_status status = KF_NO_CRYPTO, fault;
	struct kf_digest digest;
	TS_REQ *request;

	*out = kf_view(NULL, 0);
	kf_digest_of(&digest, crypto, KF_SHA256, stamped);
	request = digest.len ? TS_REQ_new() : NULL;
	if (request && TS_REQ_set_version(request, 1) &&
	    TS_REQ_set_cert_req(request, 1) && set_nonce(request, openssl) &&
	    set_imprint(request, kf_view(digest.bytes, digest.len)))
		status = write(out, request, arena);
	TS_REQ_free(request);
	fault = kf_openssl_fault();
	kf_openssl_leave(before);
	return fault == KF_OK ? status : fault;
}

static enum kf_status refuse(struct kf_fault *why, const char *what,
			     const char *hint)
{
	kf_fault_say(why, hint, "%s", what);
	return KF_CANNOT_READ;
}

/* word_of words what one of OpenSSL's errors says. */
static const char *word_of(unsigned long error)
{
	switch (ERR_GET_LIB(error) == ERR_LIB_TS ? ERR_GET_REASON(error) : 0) {
	case TS_R_NONCE_MISMATCH:
	case TS_R_NONCE_NOT_RETURNED:
		return "its time stamp is not of this request: the nonce is another one";
	case TS_R_MESSAGE_IMPRINT_MISMATCH:
		return "its time stamp is of something else: the digest is another one";
	case TS_R_SIGNATURE_FAILURE:
		return "the signature over its time stamp does not hold";
	case TS_R_ESS_SIGNING_CERTIFICATE_ERROR:
		return "its time stamp does not name the certificate that signed it";
	case TS_R_CERTIFICATE_VERIFY_ERROR:
		return "its certificate is no good";
	default:
		return NULL;
	}
}

/* explain words what OpenSSL refused; the first error that has words counts.
 * Texts of errors are not the server's: X509_verify_cert_error_string. */
static enum kf_status explain(struct kf_fault *why)
{
	const char *data, *word;
	unsigned long error;
	int flags;

	while ((error = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
			return KF_NO_MEMORY;
		word = word_of(error);
		if (!word)
			continue;
		if (ERR_GET_REASON(error) == TS_R_CERTIFICATE_VERIFY_ERROR)
			kf_fault_say(why, "--timestamp-certificate FILE names the roots to believe",
				     "%s: %.120s", word,
				     flags & ERR_TXT_STRING ? data : "");
		else
			kf_fault_say(why, "do not use what this server says",
				     "%s", word);
	}
	return refuse(why, "its time stamp cannot be taken apart as RFC 3161 has it",
		      "is it the URL of a time stamp server?");
}

/* answered takes TimeStampResp apart, and looks whether it is granted. */
static enum kf_status answered(struct kf_bytes *token, struct kf_bytes answer,
			       struct kf_fault *why)
{
	struct kf_cursor c = kf_cursor_over(answer, 0);
	struct kf_der outer, status, number, stamp;
	char what[100];

	if (!kf_der_next(&outer, &c) || outer.tag != SEQUENCE ||
	    outer.whole.len != answer.len)
		return refuse(why, "its answer is no TimeStampResp",
			      "is it the URL of a time stamp server?");
	c = kf_cursor_over(outer.value, 0);
	if (!kf_der_next(&status, &c) || status.tag != SEQUENCE)
		return refuse(why, "its answer is no TimeStampResp", NULL);
	stamp.whole = kf_part_of(outer.value, status.whole.len,
				 outer.value.len - status.whole.len);
	c = kf_cursor_over(status.value, 0);
	if (!kf_der_next(&number, &c) || number.tag != V_ASN1_INTEGER ||
	    number.value.len != 1)
		return refuse(why, "its answer is no TimeStampResp", NULL);
	snprintf(what, sizeof(what), "it granted no time stamp: PKIStatus %u",
		 number.value.data[0]);
	if (number.value.data[0] != GRANTED &&
	    number.value.data[0] != GRANTED_WITH_MODS)
		return refuse(why, what, "RFC 3161, 2.4.2 lists what that means");
	*token = stamp.whole;
	return KF_OK;
}

/* believed is a store of whom to believe: roots, or who signed. */
static X509_STORE *believed(const struct kf_stamp_question *q,
			    struct kf_openssl *openssl, X509 *signer)
{
	X509_STORE *store = X509_STORE_new();
	bool ok = store && X509_STORE_set_flags(store,
						X509_V_FLAG_PARTIAL_CHAIN);

	if (ok && q->num_roots == 0)
		ok = X509_STORE_add_cert(store, signer);
	for (size_t i = 0; i < q->num_roots && ok; i++) {
		X509 *x = kf_openssl_certificate(openssl, q->root[i]);

		ok = x && X509_STORE_add_cert(store, x);
		X509_free(x);
	}
	if (ok)
		return store;
	X509_STORE_free(store);
	return NULL;
}

/* verify asks OpenSSL. */
static enum kf_status verify(PKCS7 *token, TS_REQ *request, X509_STORE *store,
			     struct kf_fault *why)
{
	TS_VERIFY_CTX *c = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
	enum kf_status status = KF_OK;

	if (!c) {
		X509_STORE_free(store);
		return KF_NO_MEMORY;
	}
	TS_VERIFY_CTX_set_store(c, store);
	TS_VERIFY_CTX_add_flags(c, TS_VFY_SIGNATURE);
	if (!TS_RESP_verify_token(c, token))
		status = explain(why);
	TS_VERIFY_CTX_free(c);
	return status;
}

/* read_time is the time that a token tells. */
static bool read_time(int64_t *out, PKCS7 *token)
{
	TS_TST_INFO *info = PKCS7_to_TS_TST_INFO(token);
	struct tm tm = { 0 };
	bool ok = info && ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &tm);

	if (ok)
		*out = (int64_t)timegm(&tm);
	TS_TST_INFO_free(info);
	return ok;
}

/* judge verifies a token, and reads it. */
static enum kf_status judge(struct kf_stamp *out,
			    const struct kf_stamp_question *q, PKCS7 *token,
			    struct kf_openssl *openssl, struct kf_arena *arena,
			    struct kf_fault *why)
{
	const unsigned char *der = q->request.data;
	TS_REQ *request = d2i_TS_REQ(NULL, &der, (long)q->request.len);
	STACK_OF(X509) *signers = PKCS7_type_is_signed(token)
		? PKCS7_get0_signers(token, NULL, 0) : NULL;
	X509 *signer = sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0)
						 : NULL;
	X509_STORE *store = signer && request ? believed(q, openssl, signer)
					      : NULL;
	enum kf_status status;

	if (!signer)
		status = refuse(why, "its time stamp is not signed by one certificate that it holds",
				NULL);
	else if (!store)
		status = KF_NO_CRYPTO;
	else
		status = verify(token, request, store, why);
	if (status == KF_OK && !read_time(&out->at_s, token))
		status = refuse(why, "its time stamp tells no time", NULL);
	if (status == KF_OK)
		status = kf_openssl_keep_x509(&out->certificate, signer,
					      arena);
	sk_X509_free(signers);
	TS_REQ_free(request);
	return status;
}

enum kf_status kf_stamp_read(struct kf_stamp *out,
			     const struct kf_stamp_question *question,
			     struct kf_bytes answer,
			     const struct kf_crypto *crypto,
			     struct kf_arena *arena, struct kf_fault *why)
{
	struct kf_openssl *openssl = crypto->self;
	struct kf_bytes raw = { NULL, 0 };
	enum kf_status status = answered(&raw, answer, why), fault;
	const unsigned char *at = raw.data;
	OSSL_LIB_CTX *before;
	PKCS7 *token;

	memset(out, 0, sizeof(*out));
	if (status != KF_OK)
		return status;
	before = kf_openssl_enter(openssl);
	ERR_clear_error();
	token = raw.len ? d2i_PKCS7(NULL, &at, (long)raw.len) : NULL;
	/* What is verified is all that is put in. */
	if (token && at == raw.data + raw.len)
		status = judge(out, question, token, openssl, arena, why);
	else
		status = refuse(why, "its answer holds no time stamp",
				"is it the URL of a time stamp server?");
	PKCS7_free(token);
	fault = kf_openssl_fault();
	kf_openssl_leave(before);
	if (fault != KF_OK || status != KF_OK)
		return fault != KF_OK ? fault : status;
	return kf_arena_keep(arena, &out->token, raw) ? KF_OK : KF_NO_MEMORY;
}
