/* What keyfit strip is asked to do: its command line, held together.
 */
#ifndef KEYFIT_APPS_CLI_STRIP_ASK_H
#define KEYFIT_APPS_CLI_STRIP_ASK_H

#include "options.h"

enum {
	KF_STRIP_ATTACH_MAX = 8,
};

enum kf_strip_action {
	KF_STRIP_LIST = 1,
	KF_STRIP_COMPARE,
	KF_STRIP_DETACH,
	KF_STRIP_CHANGE,	/* take off, attach, order */
};

/* kf_strip_ask: numbers of signatures count from 1. */
struct kf_strip_ask {
	enum kf_strip_action action;
	const char *path;
	const char *other;	/* to compare with */
	const char *output;	/* NULL: `path` itself; "-": standard output */
	bool in_place, dry_run, json;
	bool all;		/* take every one off */
	bool removed[KF_SIGNATURES_MAX + 1];
	uint32_t order[KF_SIGNATURES_MAX];
	size_t num_order;
	const char *attach[KF_STRIP_ATTACH_MAX];
	size_t num_attach;
	uint32_t detach;
	uint32_t highest;	/* of all numbers that are named */
};

extern const struct kf_option kf_strip_options[];

/* kf_strip_read holds a command line against what goes together. Says what is
 * wrong. Returns an exit status: 0 or 2. */
KF_MUST int kf_strip_read(struct kf_strip_ask *out,
			  const struct kf_arguments *arguments);

#endif
