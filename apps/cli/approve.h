/* What request, approve and audit-log put together: a policy, whoever acts
 * under it, and what they sign.
 */
#ifndef KEYFIT_APPS_CLI_APPROVE_H
#define KEYFIT_APPS_CLI_APPROVE_H

#include "options.h"

#include "host/json_write.h"
#include "jobs/approve/dossier.h"

/* kf_approve is one run. */
struct kf_approve {
	const struct kf_arguments *arguments;
	const struct kf_crypto *crypto;
	struct kf_work work;
	struct kf_output out;
	bool as_json;
	struct kf_dossier dossier;
};

/* kf_approve_start opens what it takes; kf_approve_finish writes the answer and
 * closes all. Both return an exit status. */
KF_MUST int kf_approve_start(struct kf_approve *a,
			     const struct kf_arguments *arguments);
KF_MUST int kf_approve_finish(struct kf_approve *a, int status);

/* kf_approve_option is an option that has to be there. Returns an exit
 * status. */
KF_MUST int kf_approve_option(const char **out, struct kf_approve *a,
			      const char *name, const char *what);

/* kf_approve_policy reads --policy, signed by enough of its custodians. */
KF_MUST int kf_approve_policy(struct kf_approve *a);

/* kf_approve_person finds who acts, by --as. */
KF_MUST int kf_approve_person(size_t *out, struct kf_approve *a,
			      const struct kf_policy *policy);

/* kf_approve_key opens a private key; with a person, it has to be one of
 * theirs. */
KF_MUST int kf_approve_key(struct kf_signing_key *out, struct kf_approve *a,
			   const char *option,
			   const struct kf_person *person);

/* kf_approve_sign signs with the key that an option names, which has to be one
 * of theirs. Returns an exit status. */
KF_MUST int kf_approve_sign(struct kf_sealed *sealed, struct kf_approve *a,
			    const char *option,
			    const struct kf_person *person);

/* kf_approve_expires reads --expires: a time to come; a week without it. */
KF_MUST int kf_approve_expires(int64_t *out, struct kf_approve *a);

/* kf_approve_number reads a number that has to be below `max`; 0 without it. */
KF_MUST int kf_approve_number(uint64_t *out, struct kf_approve *a,
			      const char *name, uint64_t max);

/* kf_approve_read reads a small file into the arena. */
KF_MUST int kf_approve_read(struct kf_bytes *out, struct kf_approve *a,
			    const char *path);

/* kf_approve_write writes a file whole, or to standard output ("-"). */
KF_MUST int kf_approve_write(struct kf_approve *a, const char *path,
			     struct kf_bytes bytes);

/* kf_approve_payload works out what of a file counts; `format` NULL: by what is
 * in it, not by how it is to be signed. It uses memory of its own. */
KF_MUST enum kf_status kf_approve_payload(struct kf_of_artifact *out,
					  const struct kf_source *source,
					  const char *format,
					  const struct kf_crypto *crypto,
					  struct kf_fault *why);

/* kf_approve_file is a file, hashed. */
struct kf_approve_file {
	struct kf_hash sha256;
	uint64_t len;
	struct kf_of_artifact payload;
};

/* kf_approve_artifact hashes a file, and where it is asked to, what of it
 * counts in a format. */
KF_MUST int kf_approve_artifact(struct kf_approve_file *out,
				struct kf_approve *a, const char *path,
				bool payload, const char *format);

/* kf_approve_given collects the values of an option that repeats, at most
 * `max`; `*num` is how many there are. Returns an exit status. */
KF_MUST int kf_approve_given(const char **out, size_t *num,
			     const struct kf_arguments *arguments,
			     const char *name, size_t max);

#define KF_APPROVE_REBUILD(of) \
	{ "rebuild", KF_VALUE_FILE, "FILE", true, \
	  of "a builder's statement (keyfit rebuild), where the policy asks for some" }

/* kf_approve_seal writes an envelope to --output. */
KF_MUST int kf_approve_seal(struct kf_approve *a, const struct kf_sealed *s);

/* kf_approve_refused says why something was not done, and returns 1. */
KF_MUST int kf_approve_refused(const char *subject, enum kf_ruling ruling);

/* kf_approve_story tells what is asked for. */
void kf_approve_story(struct kf_approve *a);

/* approve_show.c, approve_policy.c: what `keyfit approve` does besides. Each
 * returns an exit status. */
KF_MUST int kf_approve_ruling(struct kf_approve *a,
			      const struct kf_decision *d,
			      const struct kf_case *c,
			      const char *const *paths,
			      const char *const *rebuild_paths);
KF_MUST int kf_approve_rebuilds(struct kf_approve *a,
				const char *const *paths, size_t num);

/* kf_approve_told_payload tells what counts, and ends the line. */
void kf_approve_told_payload(struct kf_output *out,
			     const struct kf_of_artifact *payload);

/* kf_approve_told_rebuilds tells of each rebuild how it is ruled. */
void kf_approve_told_rebuilds(struct kf_approve *a,
			      const struct kf_policy *policy,
			      const struct kf_rebuild *rebuild,
			      const enum kf_ruling *ruling, size_t num,
			      const char *const *paths);
void kf_approve_json_rebuilds(struct kf_json *json,
			      const struct kf_policy *policy,
			      const struct kf_rebuild *rebuild,
			      const enum kf_ruling *ruling, size_t num,
			      const char *const *paths);
KF_MUST int kf_approve_change(struct kf_approve *a, struct kf_bytes text);
KF_MUST int kf_approve_change_check(struct kf_approve *a,
				    struct kf_bytes text);
bool kf_approve_is_policy(struct kf_approve *a, struct kf_bytes text);

/* kf_approve_signature signs, or takes what OpenSSH signed elsewhere, or writes
 * what is to be signed there. `*done` tells that it was the last. */
KF_MUST int kf_approve_signature(struct kf_sealed *sealed, bool *done,
				 struct kf_approve *a,
				 const struct kf_person *person);

#define KF_APPROVE_SIGNING \
	{ "as", KF_VALUE_ANY, "NAME", false, "who acts, by the policy" }, \
	{ "pin-source", KF_VALUE_ANY, "SOURCE", false, \
	  "where the PIN or passphrase is: file:PATH, env:NAME, credential:NAME" }

#endif
