/* Hardware ids: the names under which Windows and fwupd know a model, worked
 * out of what its firmware says of itself.
 *
 * Source: fwupd/fwupd at 6e9504964aeb, libfwupdplugin/fu-hwids.c
 * (HardwareID-00 to HardwareID-14), fu-hwids-smbios.c; RFC 4122, 4.3.
 */
#ifndef KEYFIT_ANALYSIS_HARDWARE_H
#define KEYFIT_ANALYSIS_HARDWARE_H

#include <keyfit/store.h>

enum {
	KF_NUM_HARDWARE_IDS = 15,
	KF_HARDWARE_ID_LEN = 36,
};

/* kf_hardware_id writes one, "35ed19f7-015a-5da8-adf7-b31dc515c23a" and a NUL;
 * "" where a text that it is made of is not told, is no UTF-8, or is longer than
 * any that firmware has. Fails: KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_hardware_id(char out[KF_HARDWARE_ID_LEN + 1],
				      const struct kf_hardware *hardware,
				      size_t index,
				      const struct kf_crypto *crypto);

#endif
