/* Files that are made: whole under their name, or not at all.
 */
#ifndef KEYFIT_HOST_REPLACE_H
#define KEYFIT_HOST_REPLACE_H

#include <keyfit/host.h>

/* kf_replace writes all of a source under a name. It goes into a file beside
 * it first, which takes the name when it is whole and on the disk. A file that
 * had the name keeps its permissions and, where that is allowed, its owner; a
 * new one gets those of `input`. A link is followed. `input` is what the source
 * reads from: when it changed meanwhile, nothing is made of it; NULL: no file.
 * Fails: KF_WRONG_USE (a directory, a device), KF_NO_MEMORY, KF_CANNOT_READ
 * (also where it cannot be written); what was there then stays. */
KF_MUST enum kf_status kf_replace(const char *path,
				  const struct kf_source *source,
				  const struct kf_file *input,
				  struct kf_env *env, struct kf_fault *why);

/* kf_pour writes all of a source to a descriptor. Fails: KF_CANNOT_READ. */
KF_MUST enum kf_status kf_pour(int fd, const struct kf_source *source,
			       struct kf_env *env, struct kf_fault *why);

/* kf_is_one_file tells whether two names are those of one file. */
bool kf_is_one_file(const char *a, const char *b);

#endif
