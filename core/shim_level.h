/* Whether shim keeps the SBAT level that a device has, or writes the one that
 * it brings. Its rules ask that, and whoever tells what a start will measure.
 */
#ifndef KEYFIT_CORE_SHIM_LEVEL_H
#define KEYFIT_CORE_SHIM_LEVEL_H

#include <keyfit/store.h>

/* What SbatPolicy may say. */
enum {
	KF_SHIM_POLICY_LATEST = 1,
	KF_SHIM_POLICY_AUTOMATIC = 2,
	KF_SHIM_POLICY_RESET = 3,
};

/* kf_shim_level_original is the level that every shim has built in: a date and
 * no rows. */
extern const char kf_shim_level_original[];

/* kf_shim_level_stays: does shim leave the level that is there? */
bool kf_shim_level_stays(const struct kf_part *now,
			 struct kf_bytes candidate);

#endif
