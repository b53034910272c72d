/* Bills of keys, as keyfit bom makes and shows them.
 */
#ifndef KEYFIT_APPS_CLI_BOM_H
#define KEYFIT_APPS_CLI_BOM_H

#include "options.h"

#include "jobs/bom/bom.h"

/* kf_billing is one run of keyfit bom. */
struct kf_billing {
	const struct kf_arguments *arguments;
	const struct kf_crypto *crypto;
	struct kf_work work;
	struct kf_arena keep;
	struct kf_bill bill;
	struct kf_known known;
	struct kf_anchors anchors;
	struct kf_bom_ask ask;
	struct kf_bom_said said[KF_OPTIONS_MAX * 8];
	struct kf_output out;
	int64_t at_s;
	bool as_json;
};

/* Each returns an exit status, and says what is wrong. */

/* kf_bom_take puts a file, or a device, on the bill. */
KF_MUST int kf_bom_take(struct kf_billing *q, const char *path);

/* kf_bom_open starts a bill, and kf_bom_end ends it. */
KF_MUST int kf_bom_open(struct kf_billing *q);
KF_MUST int kf_bom_end(struct kf_billing *q);

/* kf_bom_load reads a bill out of a file: by itself, in a Statement, or in an
 * envelope, whose signature has to be by `key`, where that is not NULL.
 * `*is` false: the file is none, where `may` allows for that. Owns: `out` and
 * `*memory`. */
struct kf_bom_loaded {
	struct kf_bom bom;
	void *memory;
	bool is;
	bool sealed;	/* in an envelope, whose signature was not looked at */
};

KF_MUST int kf_bom_load(struct kf_bom_loaded *out, struct kf_billing *q,
			const char *path, const char *key, bool may);
void kf_bom_unload(struct kf_bom_loaded *loaded);

/* kf_bom_show_diff, kf_bom_show_check write what was found. */
int kf_bom_show_diff(struct kf_billing *q, const struct kf_bom *old,
		     const struct kf_bom *new, const char *const *name);
int kf_bom_show_check(struct kf_billing *q, const struct kf_bom *release,
		      const struct kf_bom *approved, const char *const *name);

#endif
