/* Noun 3: how one verifier decides.
 *
 * A verifier is one piece of real software (edk2's image verification). A
 * rules profile is that verifier at one version, with one set of build
 * options: data that the verifier's one rules folder reads, never a copy of
 * it.
 */
#ifndef KEYFIT_RULES_H
#define KEYFIT_RULES_H

#include <keyfit/store.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

struct kf_verdict;
struct kf_verifier;

/* kf_choice is a setting that a verifier understands: its name, its values
 * separated by '|' and one line of help. The values NUMBER, TIME and TEXT
 * stand for all numbers, times and texts. */
struct kf_choice {
	const char *name;
	const char *values;
	const char *title;
};

/* kf_rules is one profile. */
struct kf_rules {
	const char *name;	/* "edk2-2022.11" */
	const char *title;
	const struct kf_verifier *verifier;
	const void *profile;	/* the verifier's own switches; NULL: it has
				 * none */
	/* judged: the real verifier of this very version was run against
	 * these rules; else they were read in its source, not run. */
	bool judged;
};

/* kf_verifier is what a rules folder exports. */
struct kf_verifier {
	const char *name;	/* "edk2" */
	const char *title;
	const char *family;	/* of its rule numbers: "UEFI" */
	const char *stage;	/* "boot" */
	const char *const *formats;	/* of the files that it is made for;
					 * NULL ends */
	const char *const *parts;	/* names for --trust; NULL ends */
	const struct kf_choice *choices;	/* name NULL ends */
	const struct kf_rules *profiles;	/* name NULL ends */
	/* prepare, prepare_store: what does not depend on the other one. The
	 * state lives in the arena. NULL on failure, with `status` set. */
	void *(*prepare)(struct kf_artifact *artifact,
			 const struct kf_rules *rules, struct kf_env *env);
	void *(*prepare_store)(struct kf_store *store,
			       const struct kf_rules *rules,
			       struct kf_env *env);
	void (*release)(void *state, struct kf_env *env);
	enum kf_status (*decide)(struct kf_verdict *out, void *state,
				 const struct kf_store *store,
				 const struct kf_rules *rules,
				 struct kf_env *env);
};

/* kf_verifier_takes tells whether a verifier is made for files of a format.
 * It judges others too, and refuses them. */
bool kf_verifier_takes(const struct kf_verifier *verifier,
		       const struct kf_format *format);

/* kf_rules_find finds a profile by name; NULL: there is none. */
const struct kf_rules *kf_rules_find(const char *name);

/* kf_rules_at walks all profiles of all verifiers; NULL after the last. */
const struct kf_rules *kf_rules_at(size_t index);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
