/* What is said on stderr, exit statuses, and near misses among names.
 */
#ifndef KEYFIT_APPS_CLI_SAY_H
#define KEYFIT_APPS_CLI_SAY_H

#include "host/output.h"

enum {
	KF_EXIT_FITS = 0,
	KF_EXIT_NOT = 1,
	KF_EXIT_USAGE = 2,
	KF_EXIT_UNKNOWN = 3,
	KF_EXIT_FAULT = 4,
};

/* kf_say writes "keyfit: subject: what" and "keyfit: hint: hint", a line
 * each. `subject` and `hint` may be NULL. Control characters are escaped. */
void kf_say(const char *subject, const char *what, const char *hint);

/* kf_say_fault says a fault, of a file or of the machine. */
void kf_say_fault(const char *subject, const struct kf_fault *fault);

/* kf_say_failure says why work could not be done, and returns the exit status
 * for it: 2 where the caller's words do not fit, else 4. */
KF_MUST int kf_say_failure(const char *subject, enum kf_status status,
			   const struct kf_fault *why);

/* kf_put_answer writes what has been put together to stdout, and closes it.
 * Returns an exit status: 0, or 4 where it cannot be written. */
KF_MUST int kf_put_answer(struct kf_output *out);

/* kf_status_text words a status for which nobody else had words. */
const char *kf_status_text(enum kf_status status);

/* kf_nearest keeps the name that is nearest to one that does not exist. It
 * starts as { .wanted = ... }. `name` NULL at the end: none is near. */
struct kf_nearest {
	const char *wanted;
	const char *name;
	size_t distance;
};

void kf_nearest_weigh(struct kf_nearest *nearest, const char *name);

/* kf_hint_nearest writes "did you mean X?", else `otherwise`. */
void kf_hint_nearest(char *out, size_t size, const struct kf_nearest *nearest,
		     const char *prefix, const char *otherwise);

#endif
