/* OpenSSL as the core's crypto library: the context, digests, certificates.
 *
 * A private library context with the default provider and no configuration:
 * with a FIPS default in OPENSSL_CONF the same good signature turned bad, and
 * a verdict must not depend on the machine that keyfit runs on.
 */
#include "crypto_openssl.h"

#include <keyfit/host.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static void *digest_begin(void *self, enum kf_digest_kind kind)
{
	struct kf_openssl *openssl = self;
	EVP_MD_CTX *digest = EVP_MD_CTX_new();

	if (digest && openssl->digest[kind] &&
	    EVP_DigestInit_ex2(digest, openssl->digest[kind], NULL))
		return digest;
	EVP_MD_CTX_free(digest);
	return NULL;
}

static void digest_add(void *digest, struct kf_bytes bytes)
{
	EVP_DigestUpdate(digest, bytes.data, bytes.len);
}

static void digest_end(void *digest, struct kf_digest *out)
{
	unsigned len = 0;

	out->len = EVP_DigestFinal_ex(digest, out->bytes, &len) ? len : 0;
	EVP_MD_CTX_free(digest);
}

static void digest_drop(void *digest)
{
	EVP_MD_CTX_free(digest);
}

/* Whether OpenSSL ever ran out of memory: it goes on with parts of itself
 * missing, and its answers are worth nothing from then on. OpenSSL's hooks
 * have no room for a pointer to anything better than this. */
static atomic_bool ran_out;

static void *watch_malloc(size_t len, const char *file, int line)
{
	void *p = malloc(len);

	(void)file;
	(void)line;
	if (!p && len)
		atomic_store(&ran_out, true);
	return p;
}

static void *watch_realloc(void *old, size_t len, const char *file, int line)
{
	void *p = realloc(old, len);

	(void)file;
	(void)line;
	if (!p && len)
		atomic_store(&ran_out, true);
	return p;
}

static void watch_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

void kf_openssl_watch_memory(void)
{
	/* It is refused once OpenSSL has memory of its own: then failures are
	 * known from its errors alone. */
	(void)CRYPTO_set_mem_functions(watch_malloc, watch_realloc,
				       watch_free);
}

enum kf_status kf_openssl_fault(void)
{
	enum kf_status status = atomic_load(&ran_out) ? KF_NO_MEMORY : KF_OK;
	unsigned long error;

	while ((error = ERR_get_error()))
		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
			status = KF_NO_MEMORY;
	return status;
}

static void forget(struct kf_openssl *openssl, unsigned index)
{
	X509_free(openssl->known[index].x);
	OPENSSL_free((void *)(uintptr_t)openssl->known[index].der.data);
	openssl->known[index].x = NULL;
	openssl->known[index].der = kf_view(NULL, 0);
}

void kf_openssl_remember(struct kf_openssl *openssl, struct kf_bytes der,
			 X509 *x)
{
	unsigned index = openssl->next_known;
	uint8_t *copy = OPENSSL_memdup(der.data, der.len);

	/* Without memory nothing is remembered, and nothing is lost. */
	if (!copy)
		return;
	forget(openssl, index);
	X509_up_ref(x);
	openssl->known[index].x = x;
	openssl->known[index].der = kf_view(copy, der.len);
	openssl->next_known = (index + 1) % KF_KNOWN_MAX;
}

static X509 *recall(struct kf_openssl *openssl, struct kf_bytes der)
{
	for (unsigned i = 0; i < KF_KNOWN_MAX; i++) {
		X509 *x = openssl->known[i].x;

		if (x && kf_equal(openssl->known[i].der, der))
			return X509_up_ref(x) ? x : NULL;
	}
	return NULL;
}

X509 *kf_openssl_certificate(struct kf_openssl *openssl, struct kf_bytes der)
{
	const unsigned char *p = der.data;
	X509 *x;

	if (der.len == 0 || der.len > INT_MAX)
		return NULL;
	x = recall(openssl, der);
	if (x)
		return x;
	x = X509_new_ex(openssl->context, NULL);
	/* On failure d2i releases x and sets it to NULL. */
	if (!x || !d2i_X509(&x, &p, (long)der.len))
		return NULL;
	kf_openssl_remember(openssl, der, x);
	return x;
}

/* keep_text copies what a memory BIO holds, NUL-terminated. */
static const char *keep_text(BIO *bio, struct kf_arena *arena)
{
	char *text, *data;
	long len = BIO_get_mem_data(bio, &data);

	text = kf_arena_take(arena, (size_t)len + 1);
	if (text && len)
		memcpy(text, data, (size_t)len);
	return text;
}

/* no_name stands for a name whose bytes are no text. A certificate may have
 * one, and verifies all the same. Fails: NULL, out of memory. */
static const char *no_name(struct kf_arena *arena)
{
	static const char text[] = "name that is no text";
	char *copy = kf_openssl_fault() == KF_OK
			     ? kf_arena_take(arena, sizeof(text)) : NULL;

	if (copy)
		memcpy(copy, text, sizeof(text));
	return copy;
}

static const char *whole_name(const X509_NAME *name, struct kf_arena *arena)
{
	const unsigned long flags = (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) |
				    ASN1_STRFLGS_UTF8_CONVERT;
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text = NULL;

	if (bio && X509_NAME_print_ex(bio, name, 0, flags) >= 0)
		text = keep_text(bio, arena);
	else
		text = no_name(arena);
	BIO_free(bio);
	return text;
}

/* short_name is the common name, else the last name that there is; all of
 * the name where that has no characters, as a BIT STRING. */
static const char *short_name(const X509_NAME *name, struct kf_arena *arena)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	char *text;
	int len;

	if (at < 0)
		at = X509_NAME_entry_count(name) - 1;
	if (at < 0)
		return kf_arena_take(arena, 1);
	len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(
				  X509_NAME_get_entry(name, at)));
	if (len < 0)
		return whole_name(name, arena);
	text = kf_arena_take(arena, (size_t)len + 1);
	if (text && len)
		memcpy(text, utf8, (size_t)len);
	OPENSSL_free(utf8);
	return text;
}

/* key_name is "RSA-2048", "EC-P-256" and the like. */
static const char *key_name(const X509 *x, struct kf_arena *arena)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	char group[40] = "";
	size_t group_len = 0;
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text = NULL;

	if (!bio)
		return NULL;
	if (!key)
		BIO_puts(bio, "unknown");
	else if (EVP_PKEY_is_a(key, "EC") &&
		 EVP_PKEY_get_group_name(key, group, sizeof(group),
					 &group_len))
		BIO_printf(bio, "EC-%s", group);
	else
		BIO_printf(bio, "%s-%d", EVP_PKEY_get0_type_name(key),
			   EVP_PKEY_get_bits(key));
	text = keep_text(bio, arena);
	BIO_free(bio);
	return text;
}

static int64_t seconds(const ASN1_TIME *time)
{
	static const int64_t day_s = 86400;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, rest = 0;
	bool ok = epoch && ASN1_TIME_diff(&days, &rest, epoch, time);

	ASN1_TIME_free(epoch);
	return ok ? days * day_s + rest : 0;
}

static void read_serial(struct kf_certificate *out, const X509 *x,
			struct kf_arena *arena)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	struct kf_bytes bytes = kf_view(ASN1_STRING_get0_data(serial),
					(size_t)ASN1_STRING_length(serial));

	if (!kf_arena_keep(arena, &out->serial, bytes))
		out->serial = kf_view(NULL, 0);
}

static enum kf_status certificate_read(void *self, struct kf_certificate *out,
				       struct kf_bytes der,
				       struct kf_arena *arena)
{
	struct kf_openssl *openssl = self;
	const X509_ALGOR *algorithm;
	X509 *x;

	memset(out, 0, sizeof(*out));
	ERR_set_mark();
	x = kf_openssl_certificate(openssl, der);
	if (!x)
		return kf_openssl_fault() == KF_NO_MEMORY ? KF_NO_MEMORY
							  : KF_WRONG_USE;
	out->der = der;
	out->subject = whole_name(X509_get_subject_name(x), arena);
	out->issuer = whole_name(X509_get_issuer_name(x), arena);
	out->name = short_name(X509_get_subject_name(x), arena);
	out->issuer_name = short_name(X509_get_issuer_name(x), arena);
	out->key = key_name(x, arena);
	X509_get0_signature(NULL, &algorithm, x);
	out->algorithm = OBJ_nid2ln(OBJ_obj2nid(algorithm->algorithm));
	read_serial(out, x, arena);
	out->not_before_s = seconds(X509_get0_notBefore(x));
	out->not_after_s = seconds(X509_get0_notAfter(x));
	out->is_ca = X509_check_ca(x) > 0;
	out->self_issued = X509_NAME_cmp(X509_get_subject_name(x),
					 X509_get_issuer_name(x)) == 0;
	kf_digest_of(&out->sha256, &openssl->table, KF_SHA256, der);
	X509_free(x);
	(void)kf_openssl_fault();
	return out->subject && out->issuer && out->name && out->issuer_name &&
	       out->key ? KF_OK : KF_NO_MEMORY;
}

static bool certificate_times(void *self, struct kf_bytes der,
			      int64_t *not_before_s, int64_t *not_after_s)
{
	X509 *x = kf_openssl_certificate(self, der);

	if (x) {
		*not_before_s = seconds(X509_get0_notBefore(x));
		*not_after_s = seconds(X509_get0_notAfter(x));
	}
	X509_free(x);
	(void)kf_openssl_fault();
	return x;
}

static const struct kf_crypto functions = {
	.digest_begin = digest_begin,
	.digest_add = digest_add,
	.digest_end = digest_end,
	.digest_drop = digest_drop,
	.certificate_read = certificate_read,
	.certificate_times = certificate_times,
	.signed_read = kf_openssl_signed_read,
	.signed_suppose = kf_openssl_signed_suppose,
	.signed_close = kf_openssl_signed_close,
	.signed_facts = kf_openssl_signed_facts,
	.signed_signer = kf_openssl_signed_signer,
	.signed_certificate = kf_openssl_signed_certificate,
	.signed_path = kf_openssl_signed_path,
	.signed_verify = kf_openssl_signed_verify,
	.signed_chain = kf_openssl_signed_chain,
	.signed_timestamp = kf_openssl_signed_timestamp,
};

/* is_whole: where memory was short OpenSSL goes on with parts of itself
 * missing, and would then call a good signature a bad one. */
static bool is_whole(struct kf_openssl *openssl)
{
	X509 *x = X509_new_ex(openssl->context, NULL);
	X509_STORE *store = X509_STORE_new();
	bool whole = x && store && kf_openssl_fault() == KF_OK;

	X509_free(x);
	X509_STORE_free(store);
	return whole;
}

const struct kf_crypto *kf_openssl_open(struct kf_fault *why)
{
	static const char *const names[KF_NUM_DIGESTS] = {
		[KF_SHA1] = "SHA1",
		[KF_SHA256] = "SHA2-256",
		[KF_SHA384] = "SHA2-384",
		[KF_SHA512] = "SHA2-512",
	};
	struct kf_openssl *openssl = calloc(1, sizeof(*openssl));
	bool ok = openssl;

	/* Not even the default context may read a configuration file. */
	ok = ok && OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
				       OPENSSL_INIT_NO_ATEXIT, NULL);
	if (ok)
		openssl->context = OSSL_LIB_CTX_new();
	ok = ok && openssl->context;
	if (ok)
		openssl->provider = OSSL_PROVIDER_load(openssl->context,
						       "default");
	ok = ok && openssl->provider;
	for (int i = 0; ok && i < KF_NUM_DIGESTS; i++) {
		openssl->digest[i] = EVP_MD_fetch(openssl->context, names[i],
						  NULL);
		ok = openssl->digest[i];
	}
	ok = ok && is_whole(openssl);
	if (!ok) {
		kf_fault_say(why, "install libssl3, or free some memory",
			     "OpenSSL's default provider cannot be loaded");
		if (openssl)
			kf_openssl_close(&openssl->table);
		return NULL;
	}
	openssl->table = functions;
	openssl->table.self = openssl;
	return &openssl->table;
}

void kf_openssl_close(const struct kf_crypto *crypto)
{
	struct kf_openssl *openssl;

	if (!crypto)
		return;
	/* The table is the first member of what was allocated. */
	openssl = (struct kf_openssl *)(uintptr_t)crypto;
	for (unsigned i = 0; i < KF_KNOWN_MAX; i++)
		forget(openssl, i);
	for (int i = 0; i < KF_NUM_DIGESTS; i++)
		EVP_MD_free(openssl->digest[i]);
	if (openssl->provider)
		OSSL_PROVIDER_unload(openssl->provider);
	OSSL_LIB_CTX_free(openssl->context);
	free(openssl);
}
