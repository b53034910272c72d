/* Signatures, as libjcat asks GnuTLS about them: the same calls, in the same
 * order, with the same flags.
 *
 * GnuTLS reads the clock itself, through one function for the whole process:
 * while it is asked here, that function gives the time that is judged at. Its
 * configuration of this machine is left unread, since it says nothing of the
 * device.
 *
 * Source: hughsie/libjcat, libjcat/jcat-pkcs7-engine.c
 * (jcat_pkcs7_engine_add_pubkey_blob_fmt, jcat_pkcs7_engine_verify),
 * libjcat/jcat-ed25519-engine.c, tag 0.2.3.
 */
#include "crypto_gnutls.h"

#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DATA_MAX = 1 << 30, SIGNERS_MAX = 64 };

#define LIBRARY "libgnutls.so.30"
#define SETTINGS "GNUTLS_SYSTEM_PRIORITY_FILE"

static pthread_mutex_t clock_lock = PTHREAD_MUTEX_INITIALIZER;
static time_t judged_at;

static time_t tell_time(time_t *out)
{
	if (out)
		*out = judged_at;
	return judged_at;
}

/* load_alone loads GnuTLS without this machine's settings for it. */
static void load_alone(void)
{
	const char *set = getenv(SETTINGS);
	char *before = set ? strdup(set) : NULL;

	if (dlopen(LIBRARY, RTLD_NOW | RTLD_NOLOAD) == NULL &&
	    setenv(SETTINGS, "/dev/null", 1) == 0) {
		(void)dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
		if (before)
			(void)setenv(SETTINGS, before, 1);
		else
			(void)unsetenv(SETTINGS);
	}
	free(before);
}

bool kf_gnutls_load(struct gnutls *out)
{
	/* In the order of the struct. */
	static const char *const names[] = {
		"gnutls_global_init",
		"gnutls_global_set_time_function",
		"gnutls_free",
		"gnutls_hash_fast",
		"gnutls_hash_get_len",
		"gnutls_sign_get_hash_algorithm",
		"gnutls_pkcs7_init",
		"gnutls_pkcs7_deinit",
		"gnutls_pkcs7_import",
		"gnutls_pkcs7_get_signature_count",
		"gnutls_pkcs7_get_signature_info",
		"gnutls_pkcs7_signature_info_deinit",
		"gnutls_pkcs7_get_attr",
		"gnutls_pkcs7_get_crt_count",
		"gnutls_pkcs7_get_crt_raw2",
		"gnutls_pkcs7_verify",
		"gnutls_pkcs7_verify_direct",
		"gnutls_x509_crt_init",
		"gnutls_x509_crt_deinit",
		"gnutls_x509_crt_import",
		"gnutls_x509_crt_export2",
		"gnutls_x509_crt_get_key_usage",
		"gnutls_x509_crt_get_serial",
		"gnutls_x509_crt_get_subject_key_id",
		"gnutls_x509_crt_get_raw_issuer_dn",
		"gnutls_x509_crt_check_issuer",
		"gnutls_x509_trust_list_init",
		"gnutls_x509_trust_list_deinit",
		"gnutls_x509_trust_list_add_cas",
		"gnutls_x509_trust_list_get_issuer",
		"gnutls_x509_trust_list_verify_crt2",
		"gnutls_pubkey_init",
		"gnutls_pubkey_deinit",
		"gnutls_pubkey_import_ecc_raw",
		"gnutls_pubkey_verify_data2",
	};

	_Static_assert(sizeof(*out) == sizeof(names), "one name a function");
	load_alone();
	return kf_library_load(out, LIBRARY, names,
			       sizeof(names) / sizeof(*names)) &&
	       out->global_init() == GNUTLS_E_SUCCESS;
}

static enum kf_status trust_open(struct kf_gnutls_trust **out)
{
	struct kf_gnutls_trust *t = calloc(1, sizeof(*t));

	*out = NULL;
	if (!t)
		return KF_NO_MEMORY;
	if (!kf_gnutls_load(&t->lib)) {
		free(t);
		return KF_NO_CRYPTO;
	}
	if (t->lib.list_init(&t->list, 0) != GNUTLS_E_SUCCESS) {
		free(t);
		return KF_NO_MEMORY;
	}
	*out = t;
	return KF_OK;
}

static void trust_close(struct kf_gnutls_trust *t)
{
	if (!t)
		return;
	t->lib.list_deinit(t->list, 1);
	free(t);
}

static gnutls_datum_t datum(struct kf_bytes bytes)
{
	/* GnuTLS does not write through it; its type is older than const. */
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)bytes.data,
			     (unsigned)bytes.len };

	return d;
}

/* add is true once the list owns the certificate. */
static bool add(struct kf_gnutls_trust *t, gnutls_x509_crt_t crt,
		const gnutls_datum_t *file, bool pem, enum kf_anchor *out)
{
	const unsigned fit = GNUTLS_KEY_DIGITAL_SIGNATURE |
			     GNUTLS_KEY_KEY_CERT_SIGN;
	unsigned usage = 0;

	if (t->lib.crt_import(crt, file, pem ? GNUTLS_X509_FMT_PEM
					     : GNUTLS_X509_FMT_DER) < 0)
		*out = KF_ANCHOR_UNREADABLE;
	else if (t->lib.crt_usage(crt, &usage, NULL) < 0)
		*out = KF_ANCHOR_NO_USAGE;
	else if ((usage & fit) == 0)
		*out = KF_ANCHOR_OTHER_USAGE;
	else if (t->lib.list_add(t->list, &crt, 1, 0) < 0)
		*out = KF_ANCHOR_REFUSED;
	else
		*out = KF_ANCHOR_TAKEN;
	return *out == KF_ANCHOR_TAKEN;
}

/* add_once tries it once. */
static enum kf_status add_once(struct kf_gnutls_trust *t,
			       const gnutls_datum_t *file, bool pem,
			       enum kf_anchor *out)
{
	gnutls_x509_crt_t crt;

	if (t->lib.crt_init(&crt) < 0)
		return KF_NO_MEMORY;
	if (!add(t, crt, file, pem, out))
		t->lib.crt_deinit(crt);
	return KF_OK;
}

/* trust_add believes a no when it comes twice, as ask_twice does. */
static enum kf_status trust_add(struct kf_gnutls_trust *t,
				struct kf_bytes file, bool pem,
				enum kf_anchor *out)
{
	gnutls_datum_t d = datum(file);
	enum kf_anchor again;
	enum kf_status status = add_once(t, &d, pem, out);

	if (status != KF_OK || *out == KF_ANCHOR_TAKEN)
		return status;
	status = add_once(t, &d, pem, &again);
	return status == KF_OK && again != *out ? KF_NO_MEMORY : status;
}

/* load_data reads what is signed. An empty file is data too: a pointer to
 * nothing would ask about what stands in the PKCS#7. */
static enum kf_status load_data(gnutls_datum_t *out,
				const struct kf_gnutls_data *data)
{
	const struct kf_source *source = data->source;
	unsigned char *bytes;

	out->data = NULL;
	out->size = 0;
	if (!source)
		return KF_OK;
	if (data->len > DATA_MAX)
		return KF_TOO_MUCH;
	bytes = malloc((size_t)data->len + 1);
	if (!bytes)
		return KF_NO_MEMORY;
	if (data->len && !source->read_at(source->self, data->at, bytes,
			     (size_t)data->len)) {
		free(bytes);
		return KF_CANNOT_READ;
	}
	out->data = bytes;
	out->size = (unsigned)data->len;
	return KF_OK;
}

/* lacks_memory: a fault of ours is no answer. Where GnuTLS itself makes one of
 * it, without saying so, it cannot be told. */
static bool lacks_memory(enum kf_status *status, int code)
{
	if (code == GNUTLS_E_MEMORY_ERROR)
		*status = KF_NO_MEMORY;
	return code == GNUTLS_E_MEMORY_ERROR;
}

static bool refuse(struct kf_gnutls_result *out, enum kf_gnutls_why why,
		   int code)
{
	out->answer = KF_NO;
	out->why = why;
	out->code = code;
	return false;
}

/* verify_one asks about one signature. False: it does not count. */
static bool verify_one(struct kf_gnutls_result *out,
		       struct gnutls_asked *asked, enum kf_status *status)
{
	const struct gnutls *lib = &asked->trust->lib;
	gnutls_pkcs7_signature_info_st info;
	int code = lib->pkcs7_info(asked->pkcs7, asked->index, &info);

	out->signer = asked->index;
	if (lacks_memory(status, code))
		return false;
	if (code < 0)
		return refuse(out, code == GNUTLS_E_UNKNOWN_ALGORITHM
			      ? KF_GNUTLS_ALGORITHM : KF_GNUTLS_NO_PKCS7,
			      code);
	code = lib->pkcs7_verify(asked->pkcs7, asked->trust->list, NULL, 0,
				 asked->index, &asked->data, asked->flags);
	if (lacks_memory(status, code)) {
		lib->pkcs7_info_deinit(&info);
		return false;
	}
	if (code < 0)
		(void)refuse(out, KF_GNUTLS_REFUSED, code);
	else
		out->answer = KF_YES;
	if (info.signing_time > out->signed_s)
		out->signed_s = info.signing_time;
	asked->info = &info;
	*status = kf_gnutls_explain(out, asked);
	asked->info = NULL;
	lib->pkcs7_info_deinit(&info);
	return code >= 0 && *status == KF_OK;
}

static enum kf_status verify_all(struct kf_gnutls_result *out,
				 struct gnutls_asked *asked)
{
	int num = asked->trust->lib.pkcs7_signatures(asked->pkcs7);
	enum kf_status status = KF_OK;

	if (num <= 0) {
		(void)refuse(out, KF_GNUTLS_NO_SIGNER, num);
		return KF_OK;
	}
	if (num > SIGNERS_MAX)
		return KF_TOO_MUCH;
	out->num_signers = (size_t)num;
	for (int i = 0; i < num; i++) {
		asked->index = (unsigned)i;
		if (!verify_one(out, asked, &status))
			break;
	}
	return status;
}

static enum kf_status verify_pkcs7(struct kf_gnutls_result *out,
				   struct gnutls_asked *asked,
				   struct kf_bytes pem,
				   const struct kf_gnutls_data *data)
{
	const struct gnutls *lib = &asked->trust->lib;
	gnutls_datum_t d = datum(pem);
	int code = lib->pkcs7_import(asked->pkcs7, &d, GNUTLS_X509_FMT_PEM);
	enum kf_status status = KF_OK;

	if (lacks_memory(&status, code))
		return status;
	if (code != GNUTLS_E_SUCCESS) {
		(void)refuse(out, KF_GNUTLS_NO_PKCS7, code);
		return KF_OK;
	}
	status = load_data(&asked->data, data);
	if (status == KF_OK)
		status = verify_all(out, asked);
	free(asked->data.data);
	return status;
}

/* ask asks once. */
static enum kf_status ask(struct kf_gnutls_result *out,
			  struct gnutls_asked *asked, struct kf_bytes pem,
			  const struct kf_gnutls_data *data)
{
	const struct gnutls *lib = &asked->trust->lib;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	if (lib->pkcs7_init(&asked->pkcs7) != GNUTLS_E_SUCCESS)
		return KF_NO_MEMORY;
	status = verify_pkcs7(out, asked, pem, data);
	lib->pkcs7_deinit(asked->pkcs7);
	return status;
}

/* ask_twice: GnuTLS makes a want of memory a no, in places. What it does not
 * say again it has not said. */
static enum kf_status ask_twice(struct kf_gnutls_result *out,
				struct gnutls_asked *asked,
				struct kf_bytes pem,
				const struct kf_gnutls_data *data)
{
	struct kf_gnutls_result again;
	enum kf_status status = ask(out, asked, pem, data);

	if (status != KF_OK || out->answer == KF_YES)
		return status;
	status = ask(&again, asked, pem, data);
	if (status == KF_OK &&
	    (again.answer != out->answer || again.why != out->why ||
	     again.num_chain != out->num_chain))
		return KF_NO_MEMORY;
	return status;
}

static enum kf_status verify(struct kf_gnutls_result *out,
			     const struct kf_gnutls_trust *trust,
			     struct kf_bytes pem,
			     const struct kf_gnutls_data *data, bool any_time,
			     int64_t now_s, struct kf_arena *arena)
{
	struct gnutls_asked asked = { .trust = trust, .arena = arena };
	enum kf_status status;

	if (any_time)
		asked.flags = GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
			      GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS;
	pthread_mutex_lock(&clock_lock);
	judged_at = (time_t)now_s;
	trust->lib.set_time(tell_time);
	status = ask_twice(out, &asked, pem, data);
	trust->lib.set_time(time);
	pthread_mutex_unlock(&clock_lock);
	return status;
}

static enum kf_answer3 ask_ed25519(const struct gnutls *lib,
				   gnutls_pubkey_t pubkey, struct kf_bytes key,
				   struct kf_bytes signature,
				   const gnutls_datum_t *data)
{
	gnutls_datum_t x = datum(key), s = datum(signature);

	if (lib->pubkey_import(pubkey, GNUTLS_ECC_CURVE_ED25519, &x,
			       NULL) < 0)
		return KF_NOT_ASKED;
	return lib->pubkey_verify(pubkey, GNUTLS_SIGN_EDDSA_ED25519, 0, data,
				  &s) == GNUTLS_E_SUCCESS ? KF_YES : KF_NO;
}

static enum kf_status verify_ed25519(enum kf_answer3 *out,
				     struct kf_bytes key,
				     struct kf_bytes signature,
				     const struct kf_gnutls_data *data)
{
	struct gnutls lib;
	gnutls_pubkey_t pubkey;
	gnutls_datum_t d;
	enum kf_status status;

	*out = KF_NOT_ASKED;
	if (!kf_gnutls_load(&lib))
		return KF_NO_CRYPTO;
	if (lib.pubkey_init(&pubkey) < 0)
		return KF_NO_MEMORY;
	status = load_data(&d, data);
	if (status == KF_OK)
		*out = ask_ed25519(&lib, pubkey, key, signature, &d);
	free(d.data);
	lib.pubkey_deinit(pubkey);
	return status;
}

const struct kf_gnutls kf_gnutls_library = {
	trust_open, trust_close, trust_add, verify, verify_ed25519,
};
