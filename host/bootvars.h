/* Where boot options are read from: what a device is named by.
 */
#ifndef KEYFIT_HOST_BOOTVARS_H
#define KEYFIT_HOST_BOOTVARS_H

#include <keyfit/host.h>

#include "core/bootoption.h"

/* kf_boot_options_read reads the boot options of a device: a folder of EFI
 * variables, a variable store file; NULL: this machine. What tells none, as a
 * profile, has none. Fails: KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_boot_options_read(struct kf_boot_options *out,
					    const char *device,
					    struct kf_fault *why);

#endif
