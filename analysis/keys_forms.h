/* Private keys in forms that firmware's own tools do not read, and that lie
 * beside firmware all the same.
 */
#ifndef KEYFIT_ANALYSIS_KEYS_FORMS_H
#define KEYFIT_ANALYSIS_KEYS_FORMS_H

#include "keys.h"

/* kf_key_finder is one search. */
struct kf_key_finder {
	const struct kf_source *source;
	struct kf_env *env;
	void (*found)(void *self, const struct kf_key_found *key);
	void *self;
	enum kf_status status;
};

/* kf_keys_place is the place of bytes in others; the length of these when they
 * are not there. */
size_t kf_keys_place(struct kf_bytes in, size_t from, struct kf_bytes what);

/* Both hand on, as kf_keys_find does, and never decode what they find.
 *
 * kf_keys_forms_in looks through a window of the file, at `at`, for forms that
 * have a text to be known by, which begins in front of `end`: keys of PuTTY and
 * age; PEM in base64 and in UTF-16. KF_KEYS_TEXT_MAX is the longest text.
 *
 * kf_keys_forms_whole looks at what the file is as a whole: keys of signify and
 * minisign, of OpenPGP and of Java, JSON Web Keys; PKCS#12 that is long or of
 * indefinite length. */
enum { KF_KEYS_TEXT_MAX = 24 };

void kf_keys_forms_in(struct kf_key_finder *f, struct kf_bytes window,
		      size_t end, uint64_t at);
void kf_keys_forms_whole(struct kf_key_finder *f);

#endif
