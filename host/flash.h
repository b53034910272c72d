/* A trust store as a virtual machine's firmware wants it: a file of variables.
 */
#ifndef KEYFIT_HOST_FLASH_H
#define KEYFIT_HOST_FLASH_H

#include <keyfit/host.h>

/* kf_flash_write writes a copy of `empty`, an OVMF variable store file, of the
 * same length, in which a device's parts lie; what the store says nothing of
 * is absent. Secure Boot is on where there is a PK, unless the store says
 * otherwise.
 * Fails: KF_WRONG_USE, `empty` is no such file or a part is unknown;
 * KF_TOO_MUCH, the parts do not fit. */
KF_MUST enum kf_status kf_flash_write(uint8_t *out, struct kf_bytes empty,
				      const struct kf_store *store,
				      struct kf_fault *why);

/* kf_flash_mode is "user", "setup" or "off": what a firmware makes of it. */
const char *kf_flash_mode(const struct kf_store *store);

#endif
