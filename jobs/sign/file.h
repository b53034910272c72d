/* Keys in files.
 */
#ifndef KEYFIT_JOBS_SIGN_FILE_H
#define KEYFIT_JOBS_SIGN_FILE_H

#include "name.h"

/* kf_file_key_open opens the key of a file. `*wrapped` tells that it is one
 * that a TPM has wrapped, and nothing is opened then.
 * Owns: `out`, until kf_signing_key_close. Fails: as kf_signing_key_open. */
KF_MUST enum kf_status kf_file_key_open(struct kf_signing_key *out,
					bool *wrapped,
					const struct kf_key_name *name,
					const struct kf_crypto *crypto,
					struct kf_work *work,
					struct kf_fault *why);

/* kf_file_key_wrapped tells whether a file's text is a key that a TPM has
 * wrapped. */
bool kf_file_key_wrapped(struct kf_bytes text);

enum { KF_KEY_FILE_MAX = 1 << 20 };

#endif
