/* Statements in envelopes (DSSE): signed with a private key, wherever it lies,
 * and opened where the right key has signed them.
 */
#ifndef KEYFIT_APPS_CLI_SEAL_H
#define KEYFIT_APPS_CLI_SEAL_H

#include "options.h"

/* Lines of the options of a command that signs. */
#define KF_ASK_SIGN \
	{ "sign", KF_VALUE_ANY, "KEY", false, \
	  "of make: sign it: a file, a pkcs11: URI or a tpm: name" }
#define KF_ASK_PIN \
	{ "pin-source", KF_VALUE_ANY, "SOURCE", false, \
	  "where its PIN or passphrase is: file:PATH, env:NAME, credential:NAME" }

/* kf_seal puts a statement into an envelope that `name` signs, in place of it.
 * Says what is wrong. Returns an exit status. */
KF_MUST int kf_seal(struct kf_output *statement, const char *name,
		    const char *pin_source, struct kf_work *work);

/* kf_seal_key reads a public key: in PEM or DER, by itself or in a certificate.
 * It lives in the arena. Says what is wrong. Returns an exit status. */
KF_MUST int kf_seal_key(struct kf_key *out, const char *path,
			struct kf_work *work);

/* kf_unseal opens an envelope with a statement: of a file, whose bytes are
 * `text`. `key` NULL: whoever has signed it. What comes out lives in the arena.
 * Says what is wrong. Returns an exit status: 1, this key has not signed it. */
KF_MUST int kf_unseal(struct kf_bytes *out, const char *path,
		      struct kf_bytes text, const struct kf_key *key,
		      struct kf_work *work);

#endif
