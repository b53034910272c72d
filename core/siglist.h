/* EFI signature lists, to recognise, to show and to make them.
 *
 * Verifiers walk lists in their own ways: their rules do that themselves.
 * Source: UEFI 2.10, 32.4.1 (EFI_SIGNATURE_LIST, EFI_SIGNATURE_DATA).
 */
#ifndef KEYFIT_CORE_SIGLIST_H
#define KEYFIT_CORE_SIGLIST_H

#include <keyfit/artifact.h>

enum {
	KF_SIGLIST_HEADER_LEN = 28,
	KF_SIGLIST_OWNER_LEN = 16,
};

/* kf_siglist_type names a signature type by its GUID; NULL: not known. */
const char *kf_siglist_type(struct kf_bytes guid);

/* kf_siglist_starts tells whether bytes, fewer than a GUID, are the first ones
 * of a type that is known. */
bool kf_siglist_starts(struct kf_bytes bytes);

/* kf_siglist_likely tells whether the bytes start like a signature list. */
bool kf_siglist_likely(struct kf_bytes bytes);

/* kf_siglist_damage finds the first field by which the lists do not add up, as
 * UEFI wants them to before it writes them; `field` NULL: they are sound. */
struct kf_damage kf_siglist_damage(struct kf_bytes bytes);

/* kf_siglist_describe shows all lists and entries, as far as they hold. */
void kf_siglist_describe(struct kf_bytes bytes, uint64_t base,
			 struct kf_env *env, const struct kf_sink *sink);

/* kf_siglist_certificate_check tells whether bytes are one certificate and no
 * more. `out->field` NULL: they are. Fails: as the crypto library does. */
KF_MUST enum kf_status
kf_siglist_certificate_check(struct kf_damage *out, struct kf_bytes der,
			     uint64_t base, struct kf_env *env);

/* kf_siglist_of_certificates makes one list for each certificate, with an
 * owner of zeros, in the arena. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status
kf_siglist_of_certificates(struct kf_bytes *out, const struct kf_bytes *ders,
			   size_t num, struct kf_arena *arena);

/* kf_siglist_of_digest makes a list of one SHA-256 digest.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_siglist_of_digest(struct kf_bytes *out,
					    struct kf_bytes digest,
					    struct kf_arena *arena);

/* kf_siglist_walk goes through the certificates of well-formed lists, and
 * stops at the first list that is not. */
struct kf_siglist_walk {
	struct kf_cursor lists;
	struct kf_cursor entries;
	uint32_t entry_len;
};

struct kf_siglist_walk kf_siglist_walk(struct kf_bytes bytes);
bool kf_siglist_certificate(struct kf_siglist_walk *walk,
			    struct kf_bytes *der);

#endif
