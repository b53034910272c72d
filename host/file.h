/* What files are made of, for those in the host that make some.
 */
#ifndef KEYFIT_HOST_FILE_H
#define KEYFIT_HOST_FILE_H

#include <keyfit/host.h>

#include <sys/types.h>

/* kf_write_all writes all of `bytes`, and kf_read_all reads all of `len`.
 * Fails: false, and errno says why; what ends early leaves it 0. */
KF_MUST bool kf_write_all(int fd, struct kf_bytes bytes);
KF_MUST bool kf_read_all(int fd, void *out, size_t len);

/* kf_file_pull gives the next bytes, at most `len` of them; 0: there are no
 * more. Fails: -1, with errno 0 where they broke off. */
typedef ssize_t kf_file_pull(void *self, void *out, size_t len);

/* kf_file_spool copies what `pull` gives into a nameless file, `max_len` bytes
 * at most. Long zeros take no space.
 * Owns: `out`, until kf_file_close. Fails: KF_CANNOT_READ, they broke off;
 * KF_NO_MEMORY, there is no room for them. */
KF_MUST enum kf_status kf_file_spool(struct kf_file *out, kf_file_pull *pull,
				     void *self, uint64_t max_len,
				     struct kf_fault *why);

/* kf_file_copy copies a source into a nameless file.
 * Owns: `out`, until kf_file_close. Fails: as kf_file_spool. */
KF_MUST enum kf_status kf_file_copy(struct kf_file *out,
				    const struct kf_source *source,
				    struct kf_fault *why);

#endif
