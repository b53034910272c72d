/* What those share that look for remedies, a file for each family of verifiers:
 * the question, and ways to ask it again with something changed.
 */
#ifndef KEYFIT_ANALYSIS_REMEDY_TRY_H
#define KEYFIT_ANALYSIS_REMEDY_TRY_H

#include "remedy.h"

/* kf_attempt is the question, and what it is asked with. */
struct kf_attempt {
	const struct kf_artifact *artifact;
	const struct kf_store *store;
	const struct kf_rules *rules;
	const struct kf_verdict *verdict;
	struct kf_env *env;
	struct kf_remedy *out;
	size_t max, num;
	enum kf_status status;
};

/* kf_offer adds a remedy, of which there must be room; whoever finds that it
 * does not help takes it back. */
struct kf_remedy *kf_offer(struct kf_attempt *a, enum kf_remedy_kind kind);

/* kf_is_why tells whether the verdict was given for one reason. */
bool kf_is_why(const struct kf_attempt *a, const char *slug);

/* kf_try_file asks of another file, or of another signature on this one.
 * kf_try_list asks of a store to which a list was added; kf_try_setting of the
 * same device, told otherwise. What they take of the arena is given back. Each
 * says whether the verifier accepts. */
bool kf_try_file(struct kf_attempt *a, const struct kf_source *source,
		 const struct kf_bytes *suppose, size_t num_suppose);
bool kf_try_list(struct kf_attempt *a, const char *part, struct kf_bytes list);
bool kf_try_setting(struct kf_attempt *a, const char *name, const char *value);

/* kf_trial is the same question with something changed; what is zero stays. */
struct kf_trial {
	const struct kf_source *source;
	const struct kf_bytes *suppose;
	size_t num_suppose;
	const char *part;	/* of the store, and what it is then */
	struct kf_bytes bytes;
	const int64_t *now_s;
};
bool kf_try(struct kf_attempt *a, const struct kf_trial *trial);

/* remedy_pem.c: kf_remedy_pem makes a certificate's PEM, on lines of its own,
 * in the arena. Fails: the empty view; then `a->status` says so. */
struct kf_bytes kf_remedy_pem(struct kf_attempt *a, struct kf_bytes der);

/* remedy_image.c: kf_remedy_enrol offers the certificate that would do in one
 * of UEFI's parts. */
void kf_remedy_enrol(struct kf_attempt *a, const char *part);

/* remedies.def: who looks for remedies, by verifier. */
#define REMEDIES(verifier, function) void function(struct kf_attempt *a);
#include "remedies.def"
#undef REMEDIES

#endif
