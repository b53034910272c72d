/* Updates of trust stores that are published for all devices, and the
 * certificates that they bring: a dated table, published.def.
 */
#ifndef KEYFIT_ANALYSIS_PUBLISHED_H
#define KEYFIT_ANALYSIS_PUBLISHED_H

#include <keyfit/check.h>

/* kf_published is one update. Digests are SHA-256 in hex; "": there is none. */
struct kf_published {
	const char *file;
	const char *part;
	const char *sha256;	/* of the certificate that it brings */
	const char *name;
	const char *follows_sha256;	/* of the one that this replaces */
	const char *follows;
	const char *authority_sha256;	/* under which it is signed */
	const char *authority;
};

/* kf_published_at walks the table: NULL after the last one. */
const struct kf_published *kf_published_at(size_t index);

/* kf_published_brings finds the update that brings a certificate; NULL: none
 * that is published. */
const struct kf_published *
kf_published_brings(const struct kf_digest *sha256);

/* kf_published_kek finds the KEK update that is signed by the platform key with
 * this SHA-1, which brings KF_NEW_KEK; NULL: none that is published. */
const char *kf_published_kek(const struct kf_digest *sha1);

/* The certificate that all of them bring, by its SHA-256. */
#define KF_NEW_KEK \
	"3cd3f0309edae228767a976dd40d9f4affc4fbd5218f2e8cc3c9dd97e8ac6f9d"

/* kf_published_taken tells whether a device lets the authority of an update
 * change its db: KF_NOT_ASKED: that is not known. Fails: KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_published_taken(enum kf_answer3 *out,
					  const struct kf_published *published,
					  const struct kf_store *store,
					  const struct kf_crypto *crypto);

/* kf_store_pk is the certificate of the platform key: the first one; empty:
 * there is none, or it is not known. */
struct kf_bytes kf_store_pk(const struct kf_store *store);

/* kf_store_lists tells whether a part has the certificate with this SHA-256, as
 * far as its lists add up. Fails: KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_store_lists(bool *out, const struct kf_store *store,
				      const char *part, const char *sha256,
				      const struct kf_crypto *crypto);

#endif
