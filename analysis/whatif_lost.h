/* Which certificates of db changes take away, and what a boot started under
 * them.
 */
#ifndef KEYFIT_ANALYSIS_WHATIF_LOST_H
#define KEYFIT_ANALYSIS_WHATIF_LOST_H

#include "published.h"

enum { KF_LOST_MAX = 32 };

/* kf_lost is a certificate under which images start before the changes, and
 * not behind them. `step` is the change from which on, from 1. */
struct kf_lost {
	struct kf_bytes certificate;
	size_t step;
};

/* kf_losses is all of them. */
struct kf_losses {
	struct kf_lost lost[KF_LOST_MAX];
	size_t num;
	bool more;		/* there are others */
};

/* kf_store_trusts tells whether a certificate is in db and not in dbx. */
bool kf_store_trusts(const struct kf_store *store, struct kf_bytes der);

/* kf_store_is_off tells whether the firmware verifies nothing. */
bool kf_store_is_off(const struct kf_store *store);

/* kf_losses_note adds what a step took away of what `before` trusts. */
void kf_losses_note(struct kf_losses *out, const struct kf_store *before,
		    const struct kf_store *now, size_t step);

/* kf_losses_end leaves out what is trusted again in the end. */
void kf_losses_end(struct kf_losses *out, const struct kf_store *after);

/* kf_user is what a boot started first under a certificate of db. */
struct kf_user {
	uint32_t event;		/* its number in the log; 0: there is none */
	bool driver;
	struct kf_bytes data;	/* of the event: UEFI_IMAGE_LOAD_EVENT */
};

/* kf_user_of finds it in a log. An entry of db is measured once a boot, right
 * before the first image that needs it; later ones leave no trace of it. */
struct kf_user kf_user_of(struct kf_bytes log, struct kf_bytes der);

#endif
