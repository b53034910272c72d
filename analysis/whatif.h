/* What planned changes of a trust store do to a device: may each be applied and
 * by whose right, which ways to boot end and which begin, and is there an order
 * in which nothing breaks.
 *
 * Each change is judged against the device as those before it leave it. What is
 * refused changes nothing.
 */
#ifndef KEYFIT_ANALYSIS_WHATIF_H
#define KEYFIT_ANALYSIS_WHATIF_H

#include "chain.h"
#include "change.h"
#include "published.h"
#include "whatif_lost.h"

enum {
	KF_WHATIF_CHANGES_MAX = 64,
	KF_WHATIF_ORDER_MAX = 6,	/* of more, no other order is tried */
	KF_WHATIF_HAZARDS_MAX = 8,
	KF_WHATIF_PATHS_MAX = 256,
	KF_WHATIF_BOOTS_MAX = 32,
};

/* By whose right a change is made. */
enum kf_right {
	KF_RIGHT_NOBODY = 0,	/* refused, or not known */
	KF_RIGHT_PK,		/* the platform key has signed it */
	KF_RIGHT_KEK,		/* somebody whom KEK lets has */
	KF_RIGHT_SETUP,		/* nobody is asked: there is no platform key */
	KF_RIGHT_PK_HOLDER,	/* not signed yet: PK's holder has to */
	KF_RIGHT_KEK_HOLDER,	/* or the holder of a key of KEK */
	KF_RIGHT_OWNER,		/* whoever stands before the machine, with
				 * MokManager */
	KF_RIGHT_SHIM,		/* shim itself, or what runs in its place */
	KF_RIGHT_SCREEN,	/* the firmware's setup screen */
	KF_NUM_RIGHTS,
};

/* kf_right_name is "kek" and the like, for machines. */
const char *kf_right_name(enum kf_right right);

/* kf_step is one change, as it was found. Findings view the device, the update
 * and the arena. */
struct kf_step {
	const struct kf_change *change;
	enum kf_answer answer;	/* of the device */
	enum kf_right right;
	struct kf_finding why;
	const char *note;	/* NULL: nothing else to say */
	bool no_effect;
	bool ends_user_mode;	/* nothing is verified from then on */
	uint64_t len_before, len_after;	/* bytes of the part */
	/* The file that is asked about: the update, or a list in the form of
	 * one. */
	struct kf_bytes file;
	struct kf_source source;
	struct kf_artifact artifact;
};

/* kf_boots is a set of boot files, and the ways to boot among them. `media`:
 * they lie elsewhere, on an installation or a recovery medium. */
struct kf_boots {
	const struct kf_chain_given *given;
	bool media;
	/* What follows is filled: the ways, and the same as judged last. */
	struct kf_chain plan;
	struct kf_chain now;
};

/* kf_seen is what became of a way to boot at one time. */
struct kf_seen {
	enum kf_answer answer;
	size_t stage;		/* from 0: that refuses, or is not known */
	enum kf_chain_then then;
	struct kf_finding why;
	const struct kf_rules *rules;	/* that decided; NULL: none */
};

enum kf_effect {
	KF_EFFECT_NONE = 0,
	KF_EFFECT_STOPS,
	KF_EFFECT_STARTS,
	KF_EFFECT_GAP,		/* it boots before and after, not between */
	KF_EFFECT_UNKNOWN,
	KF_NUM_EFFECTS,
};

/* kf_effect_name is "stops" and the like, for machines. */
const char *kf_effect_name(enum kf_effect effect);

/* kf_whatif_path is one way to boot. `worst` is what was seen behind change
 * `step`, from 1, the first after which it does not boot; 0: none. */
struct kf_whatif_path {
	const struct kf_boots *boots;
	size_t index;		/* in its plan */
	struct kf_seen before, after, worst;
	size_t step;
	enum kf_effect effect;
};

/* kf_hazard: a change revokes a certificate that db trusts, or drops it out of
 * db, and db lacks its successor then. */
struct kf_hazard {
	size_t step;		/* from 1 */
	bool dropped;
	const struct kf_published *published;
	bool mended;		/* a later change brings the successor */
};

enum kf_conclusion {
	KF_PLAN_UNKNOWN = 0,
	KF_PLAN_SAFE,
	KF_PLAN_REFUSED,
	KF_PLAN_STRANDS,
};

/* kf_whatif_ask is the question. Stores need not be prepared; shim's has what
 * shim keeps, and may be the firmware's. */
struct kf_whatif_ask {
	const struct kf_store *store;
	const struct kf_store *for_shim;
	const struct kf_rules *firmware;	/* for images */
	const struct kf_rules *update;		/* for changes */
	const struct kf_change *change;
	size_t num_changes;
	/* Why dbx is not to be written on this model, for people; NULL: nothing
	 * is known that speaks against it. */
	const char *quirk;
	struct kf_boots **boots;
	size_t num_boots;
};

/* kf_sides is a device as its firmware and its shim see it. */
struct kf_sides {
	struct kf_store firmware, shim;
};

/* kf_whatif is the answer; it must not move. */
struct kf_whatif {
	enum kf_conclusion conclusion;
	struct kf_step step[KF_WHATIF_CHANGES_MAX];
	size_t num_steps;
	struct kf_whatif_path path[KF_WHATIF_PATHS_MAX];
	size_t num_paths;
	bool cut;		/* there are more ways to boot than these */
	struct kf_hazard hazard[KF_WHATIF_HAZARDS_MAX];
	size_t num_hazards;
	struct kf_losses losses;
	struct kf_sides before, after;	/* prepared for nothing */
	/* An order, of steps from 1, in which all is taken and nothing stops;
	 * num 0: none was found, or the given one is. */
	size_t order[KF_WHATIF_ORDER_MAX];
	size_t num_order;
	bool tried;		/* all orders were, up to a safe one */
};

/* kf_whatif answers. Owns: `out`, until kf_whatif_close, also when it fails;
 * that takes a zeroed one too. Fails: as kf_check does; KF_WRONG_USE, too many
 * changes. */
KF_MUST enum kf_status kf_whatif(struct kf_whatif *out,
				 const struct kf_whatif_ask *ask,
				 struct kf_env *env);
void kf_whatif_close(struct kf_whatif *whatif, struct kf_env *env);

/* kf_whatif_measured tells whether what the firmware measures into PCR 7 of its
 * variables differs, as far as both stores tell. KF_NOT_ASKED: it is not
 * known. `*part` is the first that does, or that is not known. */
enum kf_answer3 kf_whatif_measured(const struct kf_store *before,
				   const struct kf_store *after,
				   const char **part);

#endif
