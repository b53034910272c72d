/* OpenSSL as the core's crypto library: the context, and its one door.
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
#include <openssl/provider.h>
#include <openssl/x509.h>

#include <stdatomic.h>
#include <stdlib.h>

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

/* Parts of OpenSSL ask the default context of the thread, whatever context
 * they work in: the host program may have configured that one. So the private
 * context is the default while OpenSSL works for keyfit, and no longer.
 * Source: openssl/openssl, crypto/evp/evp_lib.c:EVP_MD_is_a at 3.0.22. */
OSSL_LIB_CTX *kf_openssl_enter(const struct kf_openssl *openssl)
{
	return OSSL_LIB_CTX_set0_default(openssl->context);
}

void kf_openssl_leave(OSSL_LIB_CTX *before)
{
	OSSL_LIB_CTX_set0_default(before);
}

static enum kf_status certificate_read(void *self, struct kf_certificate *out,
				       struct kf_bytes der,
				       struct kf_arena *arena)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status = kf_openssl_certificate_read(self, out, der,
							    arena);

	kf_openssl_leave(before);
	return status;
}

static bool certificate_times(void *self, struct kf_bytes der,
			      int64_t *not_before_s, int64_t *not_after_s)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	bool known = kf_openssl_certificate_times(self, der, not_before_s,
						  not_after_s);

	kf_openssl_leave(before);
	return known;
}

static enum kf_status certificate_rsa(void *self, struct kf_bytes der,
				      uint32_t policy, enum kf_answer3 *out)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status = kf_openssl_certificate_rsa(self, der, policy,
							   out);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status key_read(void *self, struct kf_key *out,
			       struct kf_bytes key, struct kf_arena *arena)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status = kf_openssl_key_read(self, out, key, arena);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status key_rsa(void *self, struct kf_key *out,
			      struct kf_bytes modulus,
			      struct kf_bytes exponent,
			      struct kf_arena *arena)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status = kf_openssl_key_rsa(self, out, modulus,
						   exponent, arena);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status key_ec(void *self, struct kf_key *out,
			     const char *curve, struct kf_bytes x,
			     struct kf_bytes y, struct kf_arena *arena)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status = kf_openssl_key_ec(self, out, curve, x, y,
						  arena);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status key_verify(void *self, const struct kf_key *key,
				 const struct kf_scheme *scheme,
				 struct kf_bytes content,
				 struct kf_bytes signature,
				 enum kf_answer3 *out)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status = kf_openssl_key_verify(self, key, scheme,
						      content, signature, out);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status signed_read(void *self, struct kf_signed_data **out,
				  struct kf_bytes der, uint32_t policy)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status = kf_openssl_signed_read(self, out, der, policy);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status signed_suppose(void *self, struct kf_signed_data **out,
				     const struct kf_bytes *ders, size_t num)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status = kf_openssl_signed_suppose(self, out, ders,
							  num);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status signed_verify(const struct kf_signed_data *data,
				    struct kf_bytes content, uint32_t policy,
				    enum kf_answer3 *out, struct kf_why *why)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(data->openssl);
	enum kf_status status = kf_openssl_signed_verify(data, content, policy,
							 out, why);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status signed_chain(const struct kf_signed_data *data,
				   struct kf_bytes anchor, uint32_t policy,
				   int64_t now_s, enum kf_answer3 *out,
				   struct kf_why *why)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(data->openssl);
	enum kf_status status = kf_openssl_signed_chain(data, anchor, policy,
							now_s, out, why);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status signed_timestamp(const struct kf_signed_data *data,
				       struct kf_bytes anchor, uint32_t policy,
				       enum kf_answer3 *out,
				       struct kf_moment *when)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(data->openssl);
	enum kf_status status = kf_openssl_signed_timestamp(data, anchor,
							    policy, out, when);

	kf_openssl_leave(before);
	return status;
}

static const struct kf_crypto functions = {
	.digest_begin = digest_begin,
	.digest_add = digest_add,
	.digest_end = digest_end,
	.digest_drop = digest_drop,
	.certificate_read = certificate_read,
	.certificate_times = certificate_times,
	.certificate_rsa = certificate_rsa,
	.key_read = key_read,
	.key_rsa = key_rsa,
	.key_ec = key_ec,
	.key_verify = key_verify,
	.signed_read = signed_read,
	.signed_suppose = signed_suppose,
	.signed_close = kf_openssl_signed_close,
	.signed_facts = kf_openssl_signed_facts,
	.signed_signer = kf_openssl_signed_signer,
	.signed_certificate = kf_openssl_signed_certificate,
	.signed_path = kf_openssl_signed_path,
	.signed_verify = signed_verify,
	.signed_chain = signed_chain,
	.signed_timestamp = signed_timestamp,
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
	static const char *const names[KF_ALL_DIGESTS] = {
		[KF_SHA1] = "SHA1",
		[KF_SHA256] = "SHA2-256",
		[KF_SHA384] = "SHA2-384",
		[KF_SHA512] = "SHA2-512",
		[KF_MD5] = "MD5",
	};
	struct kf_openssl *openssl = calloc(1, sizeof(*openssl));
	bool ok = openssl;

	/* Not even the default context may read a configuration file. Texts of
	 * errors are never shown. */
	ok = ok && OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
				       OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
				       OPENSSL_INIT_NO_ATEXIT, NULL);
	if (ok)
		openssl->context = OSSL_LIB_CTX_new();
	ok = ok && openssl->context;
	if (ok)
		openssl->provider = OSSL_PROVIDER_load(openssl->context,
						       "default");
	ok = ok && openssl->provider;
	for (int i = 0; ok && i < KF_ALL_DIGESTS; i++) {
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
	kf_openssl_cms_table(&openssl->table);
	kf_openssl_open_table(&openssl->table);
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
	kf_openssl_forget_all(openssl);
	for (int i = 0; i < KF_ALL_DIGESTS; i++)
		EVP_MD_free(openssl->digest[i]);
	if (openssl->provider)
		OSSL_PROVIDER_unload(openssl->provider);
	OSSL_LIB_CTX_free(openssl->context);
	free(openssl);
}
