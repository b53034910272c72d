/* Keys that sign, opened by their names: files, PKCS#11 tokens, TPMs.
 *
 * A name is a path or file:PATH of a PEM or DER key, a pkcs11: URI (RFC 7512),
 * or tpm:HANDLE and tpm:PATH. Behind a question mark it may say where the PIN
 * or passphrase is: pin-source=file:PATH, env:NAME or credential:NAME. Tokens
 * are driven by a child process of their own.
 */
#ifndef KEYFIT_JOBS_SIGN_SIGN_H
#define KEYFIT_JOBS_SIGN_SIGN_H

#include "host/signing.h"

enum {
	/* How long a token may think about one answer. */
	KF_TOKEN_WAIT_S = 60,
};

/* kf_signing_ask is a key that is asked for. */
struct kf_signing_ask {
	const char *name;
	const char *pin_source;	/* where the name has none; NULL: nowhere */
	unsigned wait_s;	/* for each answer; 0: KF_TOKEN_WAIT_S */
};

/* kf_signing_key_open opens a key. `work` is memory to read in: it is given
 * back. Owns: `out`, until kf_signing_key_close. Fails: KF_WRONG_USE (no such
 * key, not one key alone, no PIN or a wrong one), KF_CANNOT_READ (the token
 * fails, is gone or does not answer), KF_NO_MEMORY. */
KF_MUST enum kf_status kf_signing_key_open(struct kf_signing_key *out,
					   const char *name,
					   const struct kf_crypto *crypto,
					   struct kf_work *work,
					   struct kf_fault *why);
KF_MUST enum kf_status kf_signing_key_open_as(struct kf_signing_key *out,
					      const struct kf_signing_ask *ask,
					      const struct kf_crypto *crypto,
					      struct kf_work *work,
					      struct kf_fault *why);

/* kf_key_is_file tells whether a name is that of a file which holds a key by
 * itself, not of a token or of a key that a TPM has wrapped. */
bool kf_key_is_file(const char *name);

enum kf_object_kind {
	KF_OBJECT_PRIVATE = 1,
	KF_OBJECT_PUBLIC,
	KF_OBJECT_CERTIFICATE,
};

/* Which schemes a key signs by, one bit each of enum kf_scheme_kind. */
#define KF_SIGNS(kind) (UINT32_C(1) << (kind))

/* kf_schemes_of leaves of `signs` those that a key of this kind signs by. */
uint32_t kf_schemes_of(const struct kf_key *key, uint32_t signs);

/* kf_token_object is one thing on a token. Answers are the token's own. */
struct kf_token_object {
	enum kf_object_kind kind;
	const char *label;
	const char *uri;
	struct kf_bytes id;
	const char *type;	/* of a key whose numbers are not told: "EC" */
	struct kf_key key;	/* `name` NULL: not told */
	struct kf_bytes certificate;
	enum kf_answer3 extractable;
	enum kf_answer3 was_extractable;
	enum kf_answer3 made_there;	/* the token made it itself */
	bool asks_each_time;
	uint32_t signs;
	const char *start, *end;	/* "2026-01-31"; NULL: not told */
};

/* kf_token is one token. */
struct kf_token {
	const char *label;
	const char *maker, *model, *serial;
	const char *uri;
	const char *hidden;	/* why private keys may be missing; NULL: they
				 * are not */
	const char **mechanism;
	size_t num_mechanisms;
	const struct kf_token_object *object;
	size_t num_objects;
};

struct kf_tokens {
	struct kf_token *token;
	size_t num_tokens;
	struct kf_fault warning;	/* `what` empty: none */
	void *memory[4];
};

/* kf_tokens_list tells what the tokens that a name matches hold. Owns: `out`,
 * until kf_tokens_close, which takes a zeroed one too.
 * Fails: as kf_signing_key_open. */
KF_MUST enum kf_status kf_tokens_list(struct kf_tokens *out,
				      const struct kf_signing_ask *ask,
				      const struct kf_crypto *crypto,
				      struct kf_fault *why);
void kf_tokens_close(struct kf_tokens *tokens);

#endif
