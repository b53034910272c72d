/* What files are made of, for those in the host that make some.
 */
#ifndef KEYFIT_HOST_FILE_H
#define KEYFIT_HOST_FILE_H

#include <keyfit/host.h>

/* kf_write_all writes all of `bytes`. Fails: false. */
KF_MUST bool kf_write_all(int fd, struct kf_bytes bytes);

/* kf_file_spool copies the next `len` bytes of a pipe into a nameless file.
 * Owns: `out`, until kf_file_close. Fails: KF_CANNOT_READ. */
KF_MUST enum kf_status kf_file_spool(struct kf_file *out, int from,
				     uint64_t len, struct kf_fault *why);

#endif
