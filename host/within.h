/* Folders that a device may not lead out of, by a path or by a link.
 */
#ifndef KEYFIT_HOST_WITHIN_H
#define KEYFIT_HOST_WITHIN_H

#include "device.h"

/* kf_within_path finds what a path names, links followed, and tells whether it
 * lies in `folder`, or would if it were there. NULL stands for any folder, and
 * leaves the path as it is. Links are taken as they are at that moment: who may
 * change a folder while it is read can change its files as well.
 * Owns: the result, until free; NULL where it leads out, or, `*lost`, for want
 * of memory. */
KF_MUST char *kf_within_path(const char *folder, const char *path, bool *lost);

/* kf_within_may tells whether a device may lead to a path. Fails:
 * KF_NO_MEMORY. */
KF_MUST enum kf_status kf_within_may(bool *may, const struct kf_opening *o,
				     const char *path);

/* kf_within_stray notes that a device leads out of its folder, so that it is
 * no device, whoever passes over what cannot be read. Returns KF_WRONG_USE. */
enum kf_status kf_within_stray(struct kf_opening *o, const char *path);

#endif
