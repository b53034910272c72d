/* Planned changes, as people write them: UPDATE, NAME=FILE, NAME+=FILE,
 * NAME=none, secure-boot=on|off.
 */
#ifndef KEYFIT_APPS_CLI_CHANGES_H
#define KEYFIT_APPS_CLI_CHANGES_H

#include "analysis/change.h"

#include <keyfit/host.h>

enum {
	KF_CHANGES_MAX = 64,
};

/* kf_changes holds changes in the order in which they were given. */
struct kf_changes {
	struct kf_change change[KF_CHANGES_MAX];
	size_t num;
	struct kf_device memory;	/* files and texts behind them */
};

/* kf_changes_read reads `num` texts, and says what is wrong. Returns an exit
 * status: 0, 2 or 4. Owns: `out`, until kf_changes_close, also when it fails;
 * the texts stay borrowed. */
KF_MUST int kf_changes_read(struct kf_changes *out, const char *const *texts,
			    size_t num, const struct kf_crypto *crypto,
			    int64_t at_s);
void kf_changes_close(struct kf_changes *changes);

/* kf_changes_apply makes the store that all of them leave behind, whether or
 * not the device would take them; its bytes live in `env`'s arena. Says what is
 * wrong. Returns an exit status: 0, 2 (an update whose variable is not known)
 * or 4. */
KF_MUST int kf_changes_apply(struct kf_store *out,
			     const struct kf_store *from,
			     const struct kf_changes *changes,
			     struct kf_env *env);

#endif
