/* What SWUpdate is started with on Debian: shell snippets make its command
 * line.
 */
#ifndef KEYFIT_HOST_SWUPDATE_ARGS_H
#define KEYFIT_HOST_SWUPDATE_ARGS_H

#include "device.h"

enum { KF_SWUPDATE_TEXT_MAX = 4096, KF_SWUPDATE_NAMES_MAX = 32 };

/* kf_swupdate_names are the variables that snippets have set. */
struct kf_swupdate_names {
	char name[KF_SWUPDATE_NAMES_MAX][64];
	char value[KF_SWUPDATE_NAMES_MAX][KF_SWUPDATE_TEXT_MAX];
	size_t num;
};

/* kf_swupdate_snippet reads one: assignments, with variables in them, and
 * comments. Fails: false, where it does anything else. */
KF_MUST bool kf_swupdate_snippet(struct kf_swupdate_names *names,
				 const char *text);
KF_MUST bool kf_swupdate_assign(struct kf_swupdate_names *names,
				const char *name, const char *value);
const char *kf_swupdate_value(const struct kf_swupdate_names *names,
			      const char *name);

/* kf_swupdate_options takes a command line apart, and gives each option that
 * decides about updates, by its long name. Fails: false. */
typedef bool kf_swupdate_option(void *self, const char *name,
				const char *value);
KF_MUST bool kf_swupdate_options(const char *line, kf_swupdate_option *take,
				 void *self);

#endif
