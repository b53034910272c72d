/* One planned change of what a device trusts, carried out in the model.
 *
 * Nothing is judged here: whether the device lets it happen is for the rules to
 * say, and what it breaks for those who ask them before and after.
 */
#ifndef KEYFIT_ANALYSIS_CHANGE_H
#define KEYFIT_ANALYSIS_CHANGE_H

#include "core/variables.h"

#include <keyfit/check.h>

enum kf_change_kind {
	KF_CHANGE_REPLACE = 1,	/* written anew; no bytes: as a removal */
	KF_CHANGE_APPEND,
	KF_CHANGE_REMOVE,
	KF_CHANGE_SETTING,
	KF_NUM_CHANGE_KINDS,
};

/* kf_change: views and texts stay borrowed. */
struct kf_change {
	enum kf_change_kind kind;
	/* "db"; of a setting, its name. NULL: an update whose signature holds
	 * for no variable, so that it changes nothing. */
	const char *part;
	struct kf_bytes value;	/* what is written: lists, or a text */
	const char *word;	/* a setting's value */
	struct kf_moment time;	/* of the write */
	bool timed;		/* `time` is known */
	struct kf_bytes update;	/* the signed file, whole; empty: the value is
				 * not signed (yet) */
	const char *text;	/* as the user wrote it; NULL: not told */
};

/* kf_change_kind_name is "append" and the like, for machines. */
const char *kf_change_kind_name(enum kf_change_kind kind);

/* kf_change_target finds a variable that can be changed, by the name of its
 * part or by its own ("kek", "KEK"); NULL: there is none. */
const struct kf_variable *kf_change_target(const char *name);

/* kf_change_update makes a change of a signed update: value and time are what
 * it says; part and kind what its signature was made for, as the rules
 * edk2-variable find out by trying each variable, appended and replaced.
 * Fails: KF_NO_MEMORY and as kf_check does. */
KF_MUST enum kf_status kf_change_update(struct kf_change *out,
					struct kf_bytes file,
					struct kf_env *env);

/* kf_change_apply makes the store that a change leaves behind; nothing is
 * prepared in it. `out` may be `from`. What is appended to a part that is not
 * known leaves it unknown. A first PK ends setup mode and turns Secure Boot on;
 * without PK the device is in setup mode.
 * Fails: KF_NO_MEMORY; KF_WRONG_USE, lists to append do not add up. */
KF_MUST enum kf_status kf_change_apply(struct kf_store *out,
				       const struct kf_store *from,
				       const struct kf_change *change,
				       struct kf_env *env);

#endif
