/* What keyfit collect wrote, read again.
 */
#ifndef KEYFIT_HOST_COLLECTED_H
#define KEYFIT_HOST_COLLECTED_H

#include "measured.h"

/* kf_collected_log takes the event log out of such a file, and the values of
 * the registers; NULL: these are not asked for.
 * Owns: `log`, until kf_output_close, also when it fails.
 * Fails: KF_WRONG_USE (it has no log, or is none of these files),
 * KF_NO_MEMORY. */
KF_MUST enum kf_status kf_collected_log(struct kf_output *log,
					struct kf_pcr_values *values,
					struct kf_bytes file,
					struct kf_fault *why);

/* kf_collected_values takes the values of the registers out of a file, if it is
 * such a file and has any. */
bool kf_collected_values(struct kf_pcr_values *values, const char *path);

/* kf_collected_each hands on each variable, by the name of its file in
 * efivarfs, and its bytes, attributes in front. Fails: as above; `each` says
 * anything but KF_OK. */
KF_MUST enum kf_status
kf_collected_each(struct kf_bytes file,
		  enum kf_status (*each)(void *self, const char *name,
					 struct kf_bytes bytes),
		  void *self, struct kf_fault *why);

#endif
