/* What a fleet loses when its anchors end, whatever file is asked about.
 */
#ifndef KEYFIT_APPS_CLI_MATRIX_LOSSES_H
#define KEYFIT_APPS_CLI_MATRIX_LOSSES_H

#include "matrix.h"

#include "analysis/anchors.h"

/* kf_loss_kind is what is lost. */
enum kf_loss_kind {
	KF_LOSS_ALL = 1,	/* all that leads to the anchor */
	KF_LOSS_LATER,		/* what is signed after that day */
	KF_LOSS_NEW,		/* its owner signs nothing new; the rest stays
				 * good */
	KF_LOSS_NEVER,		/* nothing, by any date */
};

/* kf_loss is one of them, for all devices that it happens to. */
struct kf_loss {
	enum kf_loss_kind kind;
	const struct kf_rules *rules;
	const char *ability;	/* "start", "install", "enrol" */
	int64_t last_s;
	char *part, *anchor;	/* NULL where nothing is ever lost */
	const struct kf_authority *authority;	/* of KF_LOSS_NEW */
	const char *clock;	/* what the verifier makes of dates */
	uint64_t devices, classes;
};

struct kf_loss_of {
	size_t class, loss;
};

struct kf_losses {
	struct kf_loss *loss;
	size_t num;
	struct kf_loss_of *of;	/* in the order of the classes */
	size_t num_of;
	struct kf_loss **order;	/* by time, what is never lost last */
};

/* kf_losses_find looks at the anchors of all classes. Owns: `out`, until
 * kf_losses_close, also when it fails. */
KF_MUST enum kf_status kf_losses_find(struct kf_losses *out,
				      struct kf_matrix *m,
				      struct kf_fault *why);
void kf_losses_close(struct kf_losses *losses);

/* kf_loss_ability is an ability in words, kf_loss_words what happens to it. */
const char *kf_loss_ability(const struct kf_loss *loss);
void kf_loss_words(struct kf_output *out, const struct kf_loss *loss);

/* kf_loss_has tells whether devices of a class have the loss. */
bool kf_loss_has(const struct kf_losses *losses, const struct kf_loss *loss,
		 size_t class);

#endif
