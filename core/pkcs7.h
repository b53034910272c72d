/* The outer header of PKCS#7 SignedData, which UEFI lets be left out.
 *
 * Source: edk2 CryptoPkg/Library/BaseCryptLib/Pk/CryptPkcs7VerifyCommon.c:
 * WrapPkcs7Data.
 */
#ifndef KEYFIT_CORE_PKCS7_H
#define KEYFIT_CORE_PKCS7_H

#include <keyfit/env.h>

/* kf_pkcs7_is_wrapped: is that header there, as edk2 looks for it? */
bool kf_pkcs7_is_wrapped(struct kf_bytes blob);

/* kf_pkcs7_wrap gives the bytes with the header: put in front, in the arena,
 * where it is not there. Lengths are cut to 16 bits, as edk2 does.
 * Fails: false when the arena is full. */
KF_MUST bool kf_pkcs7_wrap(struct kf_bytes *out, struct kf_bytes blob,
			   struct kf_arena *arena);

/* kf_pkcs7_names_post_quantum: does the name of an ML-DSA or SLH-DSA algorithm
 * stand anywhere in these bytes? */
bool kf_pkcs7_names_post_quantum(struct kf_bytes blob);

#endif
