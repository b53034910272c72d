/* Whether UEFI firmware verifies anything at all, as its variables say.
 */
#ifndef KEYFIT_ANALYSIS_MODE_H
#define KEYFIT_ANALYSIS_MODE_H

#include <keyfit/check.h>

/* kf_mode is the variable or setting that says so. */
struct kf_mode {
	const struct kf_reason *reason;	/* NULL: it verifies, or that is not
					 * known */
	const char *name;
	const char *value;
};

/* kf_mode_of looks whether the firmware is in setup mode, or Secure Boot is
 * off. UEFI-26 */
struct kf_mode kf_mode_of(const struct kf_store *store);

/* kf_mode_set tells whether a part is there and its one byte is `value`. */
bool kf_mode_set(const struct kf_store *store, const char *part,
		 uint8_t value);

#endif
