/* OpenSSL's X509_STORE, filled with what a device trusts, and chains of
 * certificates judged by it just as CMS_verify judges them.
 */
#include "crypto_openssl_cms.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <pthread.h>
#include <string.h>

/* signs_code answers for OpenSSL whether a certificate may stand in a chain
 * for code signing, as RAUC sees it: nobody in the chain may say that it is for
 * something else, and the signer has to say that it is for this.
 * Source: rauc/rauc, src/signature.c:check_purpose_code_sign at v1.8. */
static int signs_code(const X509_PURPOSE *purpose, const X509 *certificate,
		      int ca)
{
	/* OpenSSL's getters cache in the certificate. */
	X509 *x = (X509 *)(uintptr_t)certificate;
	uint32_t flags = X509_get_extension_flags(x);
	bool says_uses = flags & EXFLAG_XKUSAGE;
	bool for_code = X509_get_extended_key_usage(x) & XKU_CODE_SIGN;
	bool may_sign = !(flags & EXFLAG_KUSAGE) ||
			X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE;

	(void)purpose;
	if (ca)
		return says_uses && !for_code ? 0 : X509_check_ca(x);
	return may_sign && says_uses && for_code;
}

/* signs_code_alone is so as SWUpdate sees it: what the signer's key may be used
 * for is not looked at.
 * Source: sbabic/swupdate, corelib/swupdate_cms_verify.c:check_code_sign at
 * 2022.12. */
static int signs_code_alone(const X509_PURPOSE *purpose,
			    const X509 *certificate, int ca)
{
	X509 *x = (X509 *)(uintptr_t)certificate;

	if (ca)
		return signs_code(purpose, certificate, ca);
	return X509_get_extension_flags(x) & EXFLAG_XKUSAGE &&
	       X509_get_extended_key_usage(x) & XKU_CODE_SIGN;
}

/* OpenSSL keeps purposes for the whole process, and takes them by number. */
static void add_purpose(char *name, int (*judge)(const X509_PURPOSE *,
						 const X509 *, int))
{
	int id = X509_PURPOSE_MAX + 1;

	while (X509_PURPOSE_get_by_id(id) != -1)
		id++;
	/* Where it fails the purpose is not found, which is a fault. */
	(void)X509_PURPOSE_add(id, X509_TRUST_OBJECT_SIGN, 0, judge, name,
			       name, NULL);
}

static void add_purposes(void)
{
	static char signing[] = KF_PURPOSE_CODE_SIGNING;
	static char alone[] = KF_PURPOSE_CODE_ALONE;

	add_purpose(signing, signs_code);
	add_purpose(alone, signs_code_alone);
}

/* set_purpose gives a store a purpose by its short name. */
static enum kf_status set_purpose(X509_STORE *store, const char *name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const X509_PURPOSE *purpose;

	if (strcmp(name, KF_PURPOSE_CODE_SIGNING) == 0 ||
	    strcmp(name, KF_PURPOSE_CODE_ALONE) == 0)
		pthread_once(&once, add_purposes);
	purpose = X509_PURPOSE_get0(X509_PURPOSE_get_by_sname(name));
	if (!purpose ||
	    !X509_STORE_set_purpose(store, X509_PURPOSE_get_id(purpose)))
		return KF_WRONG_USE;
	return KF_OK;
}

/* load_file adds all certificates and CRLs of a PEM file.
 * Source: openssl/openssl, crypto/x509/by_file.c:X509_load_cert_crl_file_ex at
 * 3.0.17: one block that cannot be parsed fails all of it, so does none. */
static bool load_file(X509_STORE *store, const struct kf_openssl *openssl,
		      struct kf_bytes pem)
{
	BIO *bio = kf_openssl_pem(pem);
	STACK_OF(X509_INFO) *all = NULL;
	bool ok = true;
	int num = 0;

	if (bio)
		all = PEM_X509_INFO_read_bio_ex(bio, NULL, NULL, NULL,
						openssl->context, NULL);
	BIO_free(bio);
	for (int i = 0; ok && i < sk_X509_INFO_num(all); i++) {
		const X509_INFO *info = sk_X509_INFO_value(all, i);

		if (info->x509)
			ok = X509_STORE_add_cert(store, info->x509);
		if (ok && info->crl)
			ok = X509_STORE_add_crl(store, info->crl);
		num += info->x509 || info->crl;
	}
	sk_X509_INFO_pop_free(all, X509_INFO_free);
	return ok && num > 0;
}

/* load_front adds the certificates of a PEM file, until one cannot be read.
 * Source: sbabic/swupdate, corelib/swupdate_cms_verify.c:load_cert_chain at
 * 2022.12. */
static bool load_front(X509_STORE *store, const struct kf_openssl *openssl,
		       struct kf_bytes pem)
{
	BIO *bio = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.data, (int)pem.len)
				      : NULL;
	bool more = bio, ok = true;
	int num = 0;

	while (ok && more) {
		X509 *x = X509_new_ex(openssl->context, NULL);

		more = x && PEM_read_bio_X509(bio, &x, NULL, NULL);
		if (more)
			ok = X509_STORE_add_cert(store, x);
		num += more;
		X509_free(x);
	}
	BIO_free(bio);
	ERR_clear_error();
	return ok && num > 0;
}

/* load fills a store with a file, in one way or the other. */
static bool load(X509_STORE *store, const struct kf_openssl *openssl,
		 const struct kf_cms_trust *trust)
{
	return trust->front_alone ? load_front(store, openssl, trust->file)
				  : load_file(store, openssl, trust->file);
}

static void set_flags(X509_STORE *store, const struct kf_cms_trust *trust)
{
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);

	if (trust->crls)
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK |
				     X509_V_FLAG_CRL_CHECK_ALL |
				     X509_V_FLAG_EXTENDED_CRL_SUPPORT);
	if (trust->partial_chain)
		X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
	if (trust->any_time)
		X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME);
	else
		X509_VERIFY_PARAM_set_time(param, (time_t)trust->now_s);
}

enum kf_status kf_openssl_store(X509_STORE **out,
				const struct kf_openssl *openssl,
				const struct kf_cms_trust *trust,
				struct kf_cms_result *result)
{
	X509_STORE *store = X509_STORE_new();
	enum kf_status status = KF_OK;

	*out = NULL;
	if (!store)
		return KF_NO_MEMORY;
	if (trust->has_file && !load(store, openssl, trust)) {
		kf_openssl_cms_failed(result, KF_CMS_STORE);
		X509_STORE_free(store);
		return kf_openssl_fault();
	}
	if (trust->num_folders && !kf_openssl_hashed(store, openssl, trust))
		status = KF_NO_MEMORY;
	set_flags(store, trust);
	if (status == KF_OK && trust->purpose)
		status = set_purpose(store, trust->purpose);
	if (status == KF_OK)
		*out = store;
	else
		X509_STORE_free(store);
	return status;
}

/* watched is what a chain's verification tells while it runs. */
struct watched {
	const struct kf_cms_trust *trust;
	struct kf_cms_result *out;
	struct kf_arena *arena;
	enum kf_status status;
};

static const struct {
	int code;
	enum kf_chain_error error;
} errors[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, KF_CHAIN_NO_ISSUER },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, KF_CHAIN_NOT_ROOT },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, KF_CHAIN_NO_ISSUER },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, KF_CHAIN_OTHER_ROOT },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, KF_CHAIN_SELF_SIGNED },
	{ X509_V_ERR_CERT_HAS_EXPIRED, KF_CHAIN_EXPIRED },
	{ X509_V_ERR_CERT_NOT_YET_VALID, KF_CHAIN_NOT_YET_VALID },
	{ X509_V_ERR_INVALID_PURPOSE, KF_CHAIN_PURPOSE },
	{ X509_V_ERR_INVALID_CA, KF_CHAIN_NOT_CA },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, KF_CHAIN_PATH_LENGTH },
	{ X509_V_ERR_CERT_REJECTED, KF_CHAIN_REJECTED },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, KF_CHAIN_CRL_MISSING },
	{ X509_V_ERR_CRL_HAS_EXPIRED, KF_CHAIN_CRL_EXPIRED },
	{ X509_V_ERR_CRL_NOT_YET_VALID, KF_CHAIN_CRL_NOT_YET_VALID },
	{ X509_V_ERR_CERT_REVOKED, KF_CHAIN_REVOKED },
};

static enum kf_chain_error error_of(int code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].code == code)
			return errors[i].error;
	return KF_CHAIN_REFUSED;
}

/* crl_time is the date by which a CRL failed. */
static int64_t crl_time(X509_STORE_CTX *context, enum kf_chain_error error)
{
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(context);
	const ASN1_TIME *time = NULL;
	struct tm tm = { 0 };

	if (crl && error == KF_CHAIN_CRL_EXPIRED)
		time = X509_CRL_get0_nextUpdate(crl);
	if (crl && error == KF_CHAIN_CRL_NOT_YET_VALID)
		time = X509_CRL_get0_lastUpdate(crl);
	if (!time || !ASN1_TIME_to_tm(time, &tm))
		return 0;
	return (int64_t)timegm(&tm);
}

/* keep_chain keeps a chain as far as it was built. */
static enum kf_status keep_chain(struct kf_cms_result *out,
				 const STACK_OF(X509) *chain,
				 struct kf_arena *arena)
{
	enum kf_status status = KF_OK;

	out->num_chain = 0;
	for (int i = 0; chain && i < sk_X509_num(chain) &&
			i < KF_CMS_CHAIN_MAX && status == KF_OK; i++)
		status = kf_openssl_keep_x509(&out->chain[out->num_chain++],
					      sk_X509_value(chain, i), arena);
	return status;
}

/* is_passed_over: errors that the verifier's own callback passes over. */
static bool is_passed_over(const struct kf_cms_trust *trust, int code)
{
	return (trust->any_purpose && code == X509_V_ERR_INVALID_PURPOSE) ||
	       (trust->any_ca && code == X509_V_ERR_INVALID_CA) ||
	       (trust->any_date && (code == X509_V_ERR_CERT_HAS_EXPIRED ||
				    code == X509_V_ERR_CERT_NOT_YET_VALID));
}

/* watch is asked by OpenSSL about each step; what it says is left as it is. */
static int watch(int ok, X509_STORE_CTX *context)
{
	struct watched *w = X509_STORE_get_ex_data(
		X509_STORE_CTX_get0_store(context), 0);
	int code = X509_STORE_CTX_get_error(context);
	struct kf_cms_result *out = w->out;

	if (ok || is_passed_over(w->trust, code))
		return 1;
	out->code = code;
	out->error = error_of(code);
	out->text = X509_verify_cert_error_string(code);
	out->depth = (size_t)X509_STORE_CTX_get_error_depth(context);
	out->when_s = crl_time(context, out->error);
	w->status = kf_openssl_keep_x509(&out->certificate,
		X509_STORE_CTX_get_current_cert(context), w->arena);
	if (w->status == KF_OK)
		w->status = keep_chain(out, X509_STORE_CTX_get0_chain(context),
				       w->arena);
	return 0;
}

/* ask_cms lets CMS_verify judge the chains alone. */
static enum kf_status ask_cms(struct kf_cms *cms, X509_STORE *store,
			      struct kf_cms_result *out)
{
	BIO *nothing = BIO_new_mem_buf("", 0);
	int ok;

	if (!nothing)
		return KF_NO_MEMORY;
	ERR_clear_error();
	ok = CMS_verify(cms->info, NULL, store,
			CMS_is_detached(cms->info) ? nothing : NULL, NULL,
			CMS_BINARY | CMS_NO_ATTR_VERIFY |
			CMS_NO_CONTENT_VERIFY);
	BIO_free(nothing);
	if (ok) {
		out->answer = KF_YES;
		return kf_openssl_fault();
	}
	return kf_openssl_cms_step(out);
}

/* ask_x509 lets X509_verify_cert judge one signer's chain, and keeps it. */
static enum kf_status ask_x509(struct kf_cms *cms, X509_STORE *store,
			       const struct kf_cms_trust *ask,
			       struct kf_cms_result *out,
			       struct kf_arena *arena)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms->info);
	STACK_OF(X509) *certs = CMS_get1_certs(cms->info);
	X509_STORE_CTX *context = X509_STORE_CTX_new_ex(cms->openssl->context,
							NULL);
	X509 *signer = signers ? sk_X509_value(signers, (int)ask->signer)
			       : NULL;
	enum kf_status status = KF_NO_MEMORY;
	int ok;

	out->signer = ask->signer;

	if (!signer) {
		kf_openssl_cms_failed(out, KF_CMS_NO_CERTIFICATE);
		status = KF_OK;
	} else if (context &&
		   X509_STORE_CTX_init(context, store, signer,
				       ask->nothing_inside ? NULL : certs) &&
		   (!ask->as_mail ||
		    X509_STORE_CTX_set_default(context, "smime_sign"))) {
		ok = X509_verify_cert(context) == 1;
		out->answer = ok ? KF_YES : KF_NO;
		out->step = ok ? KF_CMS_PASSED : KF_CMS_CHAIN;
		status = ok ? keep_chain(out, X509_STORE_CTX_get0_chain(
						context), arena) : KF_OK;
	}
	X509_STORE_CTX_free(context);
	sk_X509_pop_free(certs, X509_free);
	sk_X509_free(signers);
	return status == KF_OK ? kf_openssl_fault() : status;
}

/* judge makes the store, and asks one of the two. */
static enum kf_status judge(struct kf_cms *cms,
			    const struct kf_cms_trust *trust,
			    struct kf_cms_result *out, struct kf_arena *arena,
			    bool one_alone)
{
	struct watched w = { trust, out, arena, KF_OK };
	X509_STORE *store;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	status = kf_openssl_store(&store, cms->openssl, trust, out);
	if (status != KF_OK || !store)
		return status;
	/* Place 0 is kept for the application: the store is ours alone. */
	if (!X509_STORE_set_ex_data(store, 0, &w))
		status = KF_NO_MEMORY;
	X509_STORE_set_verify_cb(store, watch);
	if (status == KF_OK)
		status = one_alone ? ask_x509(cms, store, trust, out, arena)
				   : ask_cms(cms, store, out);
	X509_STORE_free(store);
	/* It fails without a word where a certificate's extensions cannot be
	 * read, and memory was there. */
	if (status == KF_OK && out->step == KF_CMS_CHAIN && !out->code) {
		out->code = X509_V_ERR_UNSPECIFIED;
		out->error = KF_CHAIN_REFUSED;
		out->text = X509_verify_cert_error_string(out->code);
	}
	return status == KF_OK ? w.status : status;
}

enum kf_status kf_openssl_cms_chain(struct kf_cms *cms,
				    const struct kf_cms_trust *trust,
				    struct kf_cms_result *out,
				    struct kf_arena *arena)
{
	return judge(cms, trust, out, arena, false);
}

enum kf_status kf_openssl_cms_signer_chain(struct kf_cms *cms,
					   const struct kf_cms_trust *trust,
					   struct kf_cms_result *out,
					   struct kf_arena *arena)
{
	return judge(cms, trust, out, arena, true);
}
