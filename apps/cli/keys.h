/* What keyfit keys puts together: what tokens and files hold, which devices
 * trust it, and proofs that a key is held.
 */
#ifndef KEYFIT_APPS_CLI_KEYS_H
#define KEYFIT_APPS_CLI_KEYS_H

#include "options.h"

#include "analysis/known.h"
#include "host/json_write.h"
#include "jobs/sign/sign.h"

enum { KF_KEYS_DEVICES_MAX = 16 };

/* kf_keys is one run. */
struct kf_keys {
	const struct kf_arguments *arguments;
	struct kf_signing_ask ask;
	const struct kf_crypto *crypto;
	struct kf_work work;
	struct kf_output out;
	struct kf_known known;
	struct kf_device device[KF_KEYS_DEVICES_MAX];
	size_t num_devices;
	bool as_json;
	bool sealed;		/* keys that can come out are findings */
	bool finding;
	bool fault;		/* a device could not be asked */
};

/* kf_keys_tell tells one token and all that is on it; kf_keys_file one key of
 * a file, as if it were a token. */
void kf_keys_tell(struct kf_keys *k, const struct kf_token *token);
void kf_keys_file(struct kf_keys *k, const struct kf_signing_key *key);

/* kf_keys_open opens the key that was asked for, and says what is to be said.
 * Returns an exit status. Owns: `out`, until kf_signing_key_close. */
KF_MUST int kf_keys_open(struct kf_signing_key *out, struct kf_keys *k);

/* kf_keys_prove proves that a key belongs to the public one of a file.
 * Returns an exit status. */
KF_MUST int kf_keys_prove(struct kf_keys *k, const char *path);

/* kf_keys_can_come_out tells whether a private key may be, or may have been,
 * elsewhere too. What is not told counts as yes. */
bool kf_keys_can_come_out(enum kf_answer3 extractable,
			  enum kf_answer3 was_extractable);

/* kf_keys_out_text says so in words. */
const char *kf_keys_out_text(enum kf_answer3 extractable,
			     enum kf_answer3 was_extractable);

/* kf_keys_answer is "yes", "no" or "unknown". */
const char *kf_keys_answer(enum kf_answer3 answer);

#endif
