/* Private keys in forms that firmware's own tools do not read, and that lie
 * beside firmware all the same.
 */
#ifndef KEYFIT_ANALYSIS_KEYS_FORMS_H
#define KEYFIT_ANALYSIS_KEYS_FORMS_H

#include "keys.h"

/* kf_keys_forms hands on, as kf_keys_find does, keys of PuTTY, age, signify and
 * minisign, of OpenPGP and of Java, JSON Web Keys, PKCS#12 that is long or of
 * indefinite length; and PEM in base64 and in UTF-16. They are never decoded.
 */
KF_MUST enum kf_status
kf_keys_forms(const struct kf_source *source, struct kf_env *env,
	      void (*found)(void *self, const struct kf_key_found *key),
	      void *self);

#endif
