/* The log of verdicts: one JSON event a line, appended.
 */
#ifndef KEYFIT_APPS_CLI_LOG_H
#define KEYFIT_APPS_CLI_LOG_H

#include "words.h"

/* kf_log is open while `path` is not NULL. */
struct kf_log {
	const char *path;
	int fd;
};

/* kf_log_open opens or makes a log. Owns: `out`, until kf_log_close, which
 * takes a zeroed one too. Fails: KF_CANNOT_READ. */
KF_MUST enum kf_status kf_log_open(struct kf_log *out, const char *path,
				   struct kf_fault *why);
void kf_log_close(struct kf_log *log);

/* kf_log_verdict appends one event, whole or not at all where the file system
 * lets it: by one write. Fails: KF_NO_MEMORY, KF_CANNOT_READ. */
KF_MUST enum kf_status kf_log_verdict(const struct kf_log *log,
				      const struct kf_pair *pair,
				      struct kf_fault *why);

#endif
