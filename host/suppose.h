/* Signatures that nobody has made yet: what would be verified if one key had
 * signed just these digests.
 */
#ifndef KEYFIT_HOST_SUPPOSE_H
#define KEYFIT_HOST_SUPPOSE_H

#include <keyfit/host.h>

/* kf_supposed is one of them. `signature` stands where it would. */
struct kf_supposed {
	struct kf_scheme scheme;
	struct kf_bytes content;	/* as kf_crypto's key_verify takes it */
	struct kf_bytes signature;
};

/* kf_openssl_suppose makes a second table beside one of kf_openssl_open. It
 * says yes to these signatures of these contents by this key, and to all else
 * what the first one says, which does not change. The list and the first table
 * have to outlive it. Owns: the table, until kf_openssl_suppose_close, which
 * takes NULL too. Fails: NULL. */
KF_MUST const struct kf_crypto *
kf_openssl_suppose(const struct kf_crypto *crypto, const struct kf_key *key,
		   const struct kf_supposed *list, size_t num,
		   struct kf_fault *why);
void kf_openssl_suppose_close(const struct kf_crypto *crypto);

#endif
