/* What the files that collect a machine share.
 */
#ifndef KEYFIT_HOST_COLLECT_PARTS_H
#define KEYFIT_HOST_COLLECT_PARTS_H

#include "base64.h"
#include "collect.h"

enum { KF_COLLECT_PATH = 4096 };

/* kf_collecting is the file while it is written. `unread` holds pairs of texts,
 * each with a NUL behind it. */
struct kf_collecting {
	const struct kf_collect_ask *ask;
	struct kf_json json;
	struct kf_output unread;
	size_t num_unread;
};

/* kf_collect_unread notes what could not be read. */
void kf_collect_unread(struct kf_collecting *c, const char *what,
		       const char *why);

/* kf_collect_path puts a path together below the root. */
void kf_collect_path(char out[KF_COLLECT_PATH], const struct kf_collecting *c,
		     const char *path);

/* kf_collect_read reads a file of the root, whole. What is not there or cannot
 * be read is noted, unless `quiet`. Returns whether it was read; `out` is to be
 * closed in any case. */
bool kf_collect_read(struct kf_output *out, struct kf_collecting *c,
		     const char *path, bool quiet);

/* The parts, in the order of the file. */
void kf_collect_variables(struct kf_collecting *c);
void kf_collect_told(struct kf_collecting *c);
void kf_collect_identity(struct kf_collecting *c);
void kf_collect_measured(struct kf_collecting *c);
void kf_collect_versions(struct kf_collecting *c);
void kf_collect_esp(struct kf_collecting *c);
void kf_collect_updaters(struct kf_collecting *c);

#endif
