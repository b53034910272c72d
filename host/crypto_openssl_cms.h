/* What the files around OpenSSL's CMS share. Nobody else includes it.
 */
#ifndef KEYFIT_HOST_CRYPTO_OPENSSL_CMS_H
#define KEYFIT_HOST_CRYPTO_OPENSSL_CMS_H

#include "crypto_openssl.h"

#include <openssl/cms.h>

struct kf_cms {
	struct kf_openssl *openssl;
	CMS_ContentInfo *info;
};

/* kf_openssl_cms_failed fills a result with no, and the step. */
void kf_openssl_cms_failed(struct kf_cms_result *out, enum kf_cms_step step);

/* kf_openssl_cms_step is the step at which CMS_verify failed, as the errors
 * that it left tell; it drops them. Fails: KF_NO_MEMORY. */
enum kf_status kf_openssl_cms_step(struct kf_cms_result *out);

/* kf_openssl_cms_is_supposed: is the only signature in it such a one? */
bool kf_openssl_cms_is_supposed(const struct kf_cms *cms);

/* kf_openssl_keep_x509 keeps a certificate's DER in an arena.
 * Fails: KF_NO_MEMORY. */
enum kf_status kf_openssl_keep_x509(struct kf_bytes *out, const X509 *x,
				    struct kf_arena *arena);

/* kf_openssl_pem reads bytes as OpenSSL reads a file: line by line, and no
 * further than to a NUL in each, unlike its own BIO over memory.
 * Fails: NULL. */
BIO *kf_openssl_pem(struct kf_bytes bytes);

/* crypto_openssl_trust.c: a store as it is told. `*out` stays NULL, and the
 * result says why, where its file cannot be loaded.
 * Owns: `*out`, until X509_STORE_free; `trust` stays borrowed.
 * Fails: KF_NO_MEMORY, KF_WRONG_USE (a purpose that there is not). */
enum kf_status kf_openssl_store(X509_STORE **out,
				const struct kf_openssl *openssl,
				const struct kf_cms_trust *trust,
				struct kf_cms_result *result);

/* crypto_openssl_hashed.c: finds certificates and CRLs by the hash of a name
 * in files that were read before. The files stay borrowed. Fails: false. */
bool kf_openssl_hashed(X509_STORE *store, const struct kf_openssl *openssl,
		       const struct kf_cms_trust *trust);

#endif
