/* Who may do what: a policy, a request, approvals and what was before, and a
 * ruling. Pure: arrays in, one ruling and its reasons out. It reads no file and
 * verifies no signature: whose key signed is told to it.
 */
#ifndef KEYFIT_JOBS_APPROVE_DECIDE_H
#define KEYFIT_JOBS_APPROVE_DECIDE_H

#include "analysis/payload.h"
#include "host/tlog.h"

enum {
	KF_PEOPLE_MAX = 64,
	KF_PERSON_KEYS_MAX = 8,
	KF_RULED_KEYS_MAX = 64,
	KF_APPROVALS_MAX = 32,
	KF_REBUILDS_MAX = 16,
	/* How far a clock may be behind the last intent. */
	KF_CLOCK_SLACK_S = 300,
};

enum kf_role {
	KF_REQUESTER = 0,
	KF_APPROVER,
	KF_CUSTODIAN,
	KF_OPERATOR,
	KF_AUDITOR,
	KF_BUILDER,
	KF_NUM_ROLES,
};

#define KF_ROLE(role) (UINT32_C(1) << (role))

#define OPERATION(name, words, roles) KF_MAY_##name,
enum kf_operation {
#include "operations.def"
	KF_NUM_OPERATIONS,
};
#undef OPERATION

#define RULING(name, slug, words) KF_RULED_##name,
enum kf_ruling {
#include "rulings.def"
	KF_NUM_RULINGS,
};
#undef RULING

enum kf_environment {
	KF_ENVIRONMENT_NONE = 0,
	KF_PRODUCTION,
	KF_TEST,
	KF_LEGACY,
	KF_NUM_ENVIRONMENTS,
};

enum kf_action {
	KF_ACTION_NONE = 0,
	KF_ACTION_SIGN,
	KF_ACTION_HALT,
	KF_ACTION_REVOKE,
	KF_NUM_ACTIONS,
};

/* Their names in files; NULL behind the last. The first of environments and
 * actions is none. */
extern const char *const kf_role_names[KF_NUM_ROLES + 1];
extern const char *const kf_environment_names[KF_NUM_ENVIRONMENTS + 1];
extern const char *const kf_action_names[KF_NUM_ACTIONS + 1];

const char *kf_ruling_slug(enum kf_ruling ruling);
const char *kf_ruling_words(enum kf_ruling ruling);

/* kf_may tells whether one of some roles may do it. */
bool kf_may(uint32_t roles, enum kf_operation operation);

struct kf_quorum {
	unsigned approvals;
	unsigned groups;	/* that they are of, at least */
};

struct kf_person {
	const char *name;
	const char *group;	/* the one that this person counts for */
	uint32_t roles;
	const struct kf_key *key;
	size_t num_keys;
};

/* kf_window is a time of the week, in UTC: from a minute of its days on for
 * some minutes. Bit 0 is Monday. */
struct kf_window {
	uint8_t days;
	unsigned from_minute;
	unsigned minutes;
};

struct kf_ruled_key {
	const char *name;
	struct kf_hash spki;		/* SHA-256 */
	enum kf_environment environment;
	const char *const *product;	/* NULL ends; "*" is any */
	const char *const *format;
	struct kf_quorum quorum;
	uint64_t rate, rate_s;		/* so many in so long; 0: any */
	const struct kf_window *window;	/* none: at any time */
	size_t num_windows;
	unsigned rebuilds;
};

struct kf_policy {
	struct kf_hash sha256;		/* of the payload */
	const char *name;
	uint64_t version;
	struct kf_hash previous;	/* of version 1: zeros */
	int64_t expires_s;		/* 0: never */
	struct kf_quorum change;
	struct kf_quorum emergency;	/* 0 approvals: as for a signature */
	const struct kf_person *person;
	size_t num_people;
	const struct kf_ruled_key *key;
	size_t num_keys;
};

/* Nobody of the policy. */
#define KF_NOBODY SIZE_MAX

/* kf_of_artifact is a payload's digest (analysis/payload.h). */
struct kf_of_artifact {
	enum kf_payload_kind kind;
	struct kf_hash sha256;
};

bool kf_same_payload(const struct kf_of_artifact *a,
		     const struct kf_of_artifact *b);

struct kf_request {
	struct kf_hash sha256;		/* of the payload */
	enum kf_action action;
	const char *artifact_name;
	struct kf_hash artifact;
	uint64_t artifact_len;
	struct kf_of_artifact payload;	/* of what is to be signed */
	const char *format, *product, *version;
	const char *variable;		/* of an update of one; NULL: of none */
	bool append;			/* to it; else in its place */
	int64_t at_s;			/* the time that is signed along */
	uint64_t counter;
	enum kf_environment environment;
	struct kf_hash key;		/* SHA-256 of its SPKI */
	struct kf_hash policy;
	struct kf_hash nonce;
	int64_t expires_s;
	const char *requester;
	size_t signer;			/* whose key signed it */
};

struct kf_approval {
	bool malformed;
	struct kf_hash sha256;		/* of the payload */
	struct kf_hash request, policy, nonce;
	bool denies;
	int64_t expires_s;
	size_t signer;
};

/* kf_rebuild is what one builder says it has built. Of each of its subjects a
 * payload that is a file is the file itself. */
struct kf_rebuild {
	bool malformed;
	const struct kf_of_artifact *subject;
	size_t num_subjects;
	size_t signer;
};

/* kf_past is a request that the log tells of. */
enum kf_past_state {
	KF_PAST_OPEN = 0,	/* an intent without a result */
	KF_PAST_DONE,
	KF_PAST_FAILED,		/* nothing was signed */
};

struct kf_past {
	struct kf_hash request, key, artifact;
	enum kf_action action;
	enum kf_past_state state;
	int64_t time_s;
	uint64_t policy_version;
	uint64_t index;		/* of the intent */
	struct kf_hash made;	/* what was signed; zeros: not told */
	bool seen;		/* the ledger has it, by this key */
	bool unnamed;		/* the ledger has it, by no key */
};

/* kf_spent is an approval that was used. */
struct kf_spent {
	struct kf_hash nonce, request;
};

struct kf_history {
	const struct kf_past *past;
	size_t num_past;
	const struct kf_spent *spent;
	size_t num_spent;
	bool has_policy;
	struct kf_hash policy;		/* that was adopted last */
	int64_t last_s;			/* of the last intent */
};

/* kf_process is what the signing process holds against the request. */
struct kf_process {
	const char *operated_by;
	enum kf_action action;
	enum kf_environment environment;
	struct kf_hash artifact;
	uint64_t artifact_len;
	const char *format;
	struct kf_hash key;
	const char *variable;
	bool append;
	int64_t at_s;
	struct kf_of_artifact payload;
};

/* kf_case is all that is decided on. `history` NULL: nobody asks what was
 * before; `process` NULL: nothing is to be signed now. */
struct kf_case {
	const struct kf_policy *policy;
	const struct kf_request *request;
	const struct kf_approval *approval;
	size_t num_approvals;
	const struct kf_history *history;
	const struct kf_process *process;
	const struct kf_rebuild *rebuild;
	size_t num_rebuilds;
	int64_t now_s;
};

struct kf_decision {
	enum kf_ruling ruling;		/* the first that holds */
	enum kf_ruling approval[KF_APPROVALS_MAX];
	struct kf_quorum needed, reached;
	const struct kf_ruled_key *key;	/* NULL: the policy has none */
	const struct kf_past *open;	/* an intent to be taken up again */
	enum kf_ruling rebuild[KF_REBUILDS_MAX];
	unsigned rebuilds;		/* that count */
};

/* kf_decide decides. More than KF_APPROVALS_MAX approvals and KF_REBUILDS_MAX
 * rebuilds are not looked at. */
void kf_decide(struct kf_decision *out, const struct kf_case *c);

/* kf_agreeing is rebuilds held against an artifact. `requester` NULL: nobody
 * has asked for anything yet. */
struct kf_agreeing {
	const struct kf_policy *policy;
	struct kf_hash artifact;
	struct kf_of_artifact payload;
	const char *requester;
	const struct kf_rebuild *rebuild;
	size_t num;
};

/* kf_rebuilds_decide rules on each, and returns how many count. */
unsigned kf_rebuilds_decide(enum kf_ruling out[KF_REBUILDS_MAX],
			    const struct kf_agreeing *a);

/* kf_policy_decide tells whether a policy may take the place of another, given
 * who signed it: one bit a person, of its own people and of the old ones.
 * `old` NULL: it is the first. */
struct kf_policy_signers {
	uint64_t own, old;
};

enum kf_ruling kf_policy_decide(const struct kf_policy *policy,
				const struct kf_policy *old,
				const struct kf_policy_signers *signers);

/* kf_policy_own tells whether enough of its own custodians have signed it. */
enum kf_ruling kf_policy_own(const struct kf_policy *policy, uint64_t signers);

/* kf_policy_sound tells what is wrong with a policy by itself: nobody could
 * ever reach a quorum, one person could do what takes two. NULL: nothing. */
const char *kf_policy_sound(const struct kf_policy *policy);

#endif
