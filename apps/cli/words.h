/* Sentences for people, filled from evidence. They may hold foreign text:
 * whoever shows them escapes it.
 */
#ifndef KEYFIT_APPS_CLI_WORDS_H
#define KEYFIT_APPS_CLI_WORDS_H

#include "analysis/elsewhere.h"
#include "host/output.h"

/* kf_pair is one answer: an artifact, one verifier of a device, a verdict. */
struct kf_pair {
	const char *path;	/* NULL: there is no file, only a signer */
	struct kf_digest sha256;	/* of the file; `len` 0: not asked */
	const struct kf_artifact *artifact;
	const struct kf_device *device;
	const struct kf_device_verifier *verifier;
	const struct kf_verdict *verdict;
	const struct kf_remedy *remedy;
	size_t num_remedies;
	const struct kf_harms *harms;	/* of each remedy; NULL: not asked */
	int64_t at_s;		/* the moment that was judged at */
	struct kf_env *env;
};

/* kf_words_read takes a certificate apart in what is left of the arena, which
 * is lent for as long as the caller looks at it. Fails: false when it is none,
 * or when the work cannot be done; then `text` fails too. */
KF_MUST bool kf_words_read(struct kf_certificate *out, struct kf_arena *lent,
			   struct kf_bytes der, const struct kf_env *env,
			   struct kf_output *text);

/* kf_words_certificate writes a certificate's name. */
void kf_words_certificate(struct kf_output *out, struct kf_bytes der,
			  const struct kf_env *env);

/* kf_words_finding writes a reason's sentence with its places filled. */
void kf_words_finding(struct kf_output *out, const struct kf_finding *finding,
		      const struct kf_env *env);

/* kf_words_advice writes what to do about a reason, in general: its line of
 * the table, or what is said in its place where the device's part that is
 * missing has no file of its own. */
void kf_words_advice(struct kf_output *out, const struct kf_finding *finding,
		     const struct kf_env *env);

/* kf_words_allowed writes what let a file through, where that is told. */
void kf_words_allowed(struct kf_output *out, const struct kf_finding *finding,
		      const struct kf_env *env);

/* kf_words_why writes why the answer is what it is; nothing for an accept. */
void kf_words_why(struct kf_output *out, const struct kf_pair *pair);

/* kf_words_evidence writes one piece of evidence. */
void kf_words_evidence(struct kf_output *out, const struct kf_evidence *e,
		       const struct kf_pair *pair);

/* kf_words_moment writes a time as UEFI keeps it. */
void kf_words_moment(struct kf_output *out, const struct kf_moment *when);

/* kf_words_remedy writes what to do. kf_words_command writes a command that
 * does it; nothing where there is none. */
void kf_words_remedy(struct kf_output *out, const struct kf_remedy *remedy,
		     const struct kf_pair *pair);
void kf_words_command(struct kf_output *out, const struct kf_remedy *remedy,
		      const struct kf_pair *pair);

/* kf_words_harm writes what a remedy does to another device. */
void kf_words_harm(struct kf_output *out, const struct kf_harm *harm);

/* kf_answer_name is "accept", "reject" or "unknown". */
const char *kf_answer_name(enum kf_answer answer);

#endif
