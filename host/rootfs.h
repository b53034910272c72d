/* A device as its root file system shows it: an unpacked folder.
 */
#ifndef KEYFIT_HOST_ROOTFS_H
#define KEYFIT_HOST_ROOTFS_H

#include "device.h"

/* kf_rootfs_path finds a path inside `root`, links followed as the device
 * follows them: an absolute one starts at `root` again. With root "" the path
 * stays as it is. Fails: false, where a link leads nowhere or the path is too
 * long; what it names need not be there. */
KF_MUST bool kf_rootfs_path(char *out, size_t room, const char *root,
			    const char *path);

/* kf_rootfs_version is the version of a package in the database of dpkg or
 * opkg; empty: it is not told. Fails: false, out of memory. */
KF_MUST bool kf_rootfs_version(char *out, size_t room, const char *root,
			       const char *package);

/* trust_rauc.c: kf_trust_rauc_at reads a system.conf inside `root`, and what
 * it leads to. */
KF_MUST enum kf_status kf_trust_rauc_at(struct kf_opening *o,
					struct kf_store *store,
					const char *root, const char *path);

#endif
