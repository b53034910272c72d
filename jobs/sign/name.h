/* A key's name taken apart, and the PIN or passphrase that it points to.
 */
#ifndef KEYFIT_JOBS_SIGN_NAME_H
#define KEYFIT_JOBS_SIGN_NAME_H

#include "sign.h"

enum {
	KF_KEY_NAME_MAX = 1024,
	KF_PIN_MAX = 255,
};

/* kf_key_name: texts are empty where they are not said. */
struct kf_key_name {
	enum kf_signing_place place;
	char whole[KF_KEY_NAME_MAX];
	char shown[KF_KEY_NAME_MAX];	/* without what stands behind a
					 * question mark */
	char path[KF_KEY_NAME_MAX];	/* of a file; of a TPM, what it names */
	char pin_source[KF_KEY_NAME_MAX];
	char pin_value[KF_PIN_MAX + 1];
	char tcti[KF_KEY_NAME_MAX];
};

/* kf_key_name_read takes a name apart. Fails: KF_WRONG_USE. */
KF_MUST enum kf_status kf_key_name_read(struct kf_key_name *out,
					const struct kf_signing_ask *ask,
					struct kf_fault *why);

struct kf_pin {
	bool there;
	size_t len;
	char text[KF_PIN_MAX + 1];
};

/* kf_pin_read reads the PIN of a name, if it has one. `warning` is filled
 * where others could read it too. Wiped by kf_pin_wipe.
 * Fails: KF_WRONG_USE, KF_CANNOT_READ. */
KF_MUST enum kf_status kf_pin_read(struct kf_pin *out,
				   const struct kf_key_name *name,
				   struct kf_fault *warning,
				   struct kf_fault *why);
void kf_pin_wipe(struct kf_pin *pin);

#endif
