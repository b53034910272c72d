/* A key that signs, for tests: Ed25519, its seed the SHA-256 of a phrase that
 * everybody may know.
 */
#ifndef KEYFIT_TESTS_SIGNER_H
#define KEYFIT_TESTS_SIGNER_H

#include "host/signing.h"

/* signer_open. Owns: `out`, until kf_signing_key_close. Fails: false. */
bool signer_open(struct kf_signing_key *out, const char *phrase);

#endif
