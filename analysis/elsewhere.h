/* What a remedy does to the other devices that take the same file.
 */
#ifndef KEYFIT_ANALYSIS_ELSEWHERE_H
#define KEYFIT_ANALYSIS_ELSEWHERE_H

#include "remedy.h"

enum { KF_HARMS_MAX = 16 };

/* kf_harm: a verifier that takes a file as it is, and not as a remedy makes
 * it. */
struct kf_harm {
	const char *device;
	const struct kf_rules *rules;
	enum kf_answer answer;		/* then */
	const struct kf_reason *reason;
	const char *rule;
};

/* kf_harms is what one remedy does to all verifiers that were looked at. */
struct kf_harms {
	struct kf_harm harm[KF_HARMS_MAX];
	size_t num;
	bool more;		/* there are others */
	bool looked;		/* at any; false: there was none to look at */
};

/* kf_remedy_is_file tells whether a remedy makes another file. Others change
 * one device alone. */
bool kf_remedy_is_file(const struct kf_remedy *remedy);

/* kf_elsewhere is another verifier, with the file that it takes or not. The
 * store is prepared for the rules. */
struct kf_elsewhere {
	struct kf_artifact *artifact;
	const struct kf_store *store;
	const struct kf_rules *rules;
	const char *device;
};

/* kf_harms_look adds what a remedy that makes another file does to one
 * verifier. What it needs of the arena is given back. Fails: as kf_check. */
KF_MUST enum kf_status kf_harms_look(struct kf_harms *out,
				     struct kf_remedy *remedy,
				     const struct kf_elsewhere *other,
				     struct kf_env *env);

#endif
