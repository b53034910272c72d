/* Where on a disk image the EFI system partition lies.
 */
#ifndef KEYFIT_CORE_DISK_H
#define KEYFIT_CORE_DISK_H

#include <keyfit/env.h>

/* kf_disk_esp finds it: a GPT or MBR partition of its type, or the whole image,
 * where that is a FAT file system. `*at` is where it starts, in bytes.
 * Fails: KF_WRONG_USE, there is none; KF_CANNOT_READ. */
KF_MUST enum kf_status kf_disk_esp(uint64_t *at,
				   const struct kf_source *source);

#endif
