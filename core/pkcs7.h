/* A signature in PKCS#7, in the steps that edk2 and shim, which has edk2's
 * library, take alike: the outer header, which UEFI lets be left out; the
 * content of Authenticode; what a verdict tells of it.
 *
 * Source: edk2 CryptoPkg/Library/BaseCryptLib/Pk: CryptPkcs7VerifyCommon.c:
 * WrapPkcs7Data, CryptAuthenticode.c:AuthenticodeVerify; rhboot/shim,
 * Cryptlib/Pk: CryptPkcs7Verify.c, CryptAuthenticode.c.
 */
#ifndef KEYFIT_CORE_PKCS7_H
#define KEYFIT_CORE_PKCS7_H

#include <keyfit/check.h>

#include "reasons.h"

enum { KF_PKCS7_LINKS_MAX = 64 };	/* anchors remembered for one
					 * signature */

/* kf_pkcs7_link remembers whether a signature leads to one certificate. */
struct kf_pkcs7_link {
	uint8_t id[32];		/* SHA-256 of the certificate; of zeros: free */
	enum kf_answer3 answer;
	enum kf_answer3 stamped;	/* its timestamp under the same
					 * certificate */
	struct kf_moment when;
	struct kf_why why;
};

/* kf_pkcs7_link_to finds what is remembered of a certificate, or a place to
 * remember it; NULL when all places are taken. */
struct kf_pkcs7_link *
kf_pkcs7_link_to(struct kf_pkcs7_link links[KF_PKCS7_LINKS_MAX],
		 const uint8_t *id);

/* kf_pkcs7_is_wrapped: is that header there, as edk2 looks for it? */
bool kf_pkcs7_is_wrapped(struct kf_bytes blob);

/* kf_pkcs7_wrap gives the bytes with the header: put in front, in the arena,
 * where it is not there. Lengths are cut to 16 bits, as edk2 does.
 * Fails: false when the arena is full. */
KF_MUST bool kf_pkcs7_wrap(struct kf_bytes *out, struct kf_bytes blob,
			   struct kf_arena *arena);

/* kf_pkcs7_is_authenticode: is the content what Authenticode signs? */
bool kf_pkcs7_is_authenticode(const struct kf_signed_facts *facts);

/* kf_pkcs7_head_len is how many bytes AuthenticodeVerify takes for the tag and
 * length of the content, and `*len` what it takes for the length: it looks at
 * single bits. 0: it gives up. */
size_t kf_pkcs7_head_len(struct kf_bytes content, size_t *len);

/* kf_pkcs7_show fills what a verdict tells of a signature: its algorithms, and
 * its chain as far as the bag holds it. `data` may be NULL. */
void kf_pkcs7_show(struct kf_signature_result *out,
		   const struct kf_signed_data *data,
		   const struct kf_crypto *crypto);

/* kf_pkcs7_reason is the reason for which a signature did not lead to a
 * certificate, and the rule that says so. */
enum kf_reason_id kf_pkcs7_reason(enum kf_why_kind kind, const char **rule);

/* kf_pkcs7_names_post_quantum: does the name of an ML-DSA or SLH-DSA algorithm
 * stand anywhere in these bytes? */
bool kf_pkcs7_names_post_quantum(struct kf_bytes blob);

#endif
