/* What keyfit ledger puts together: a log, the keys that it is asked with, and
 * what is told of it.
 */
#ifndef KEYFIT_APPS_CLI_LEDGER_H
#define KEYFIT_APPS_CLI_LEDGER_H

#include "options.h"

#include "host/json_write.h"
#include "jobs/ledger/ledger.h"

enum { KF_LEDGER_KEYS_MAX = 32 };

/* kf_ledger_names are keys that were named by files or digests. */
struct kf_ledger_names {
	struct kf_key_names name[KF_LEDGER_KEYS_MAX];
	size_t num;
};

/* kf_ledger is one run. */
struct kf_ledger {
	const struct kf_arguments *arguments;
	const char *path;		/* of the log, or the artifact */
	const struct kf_crypto *crypto;
	struct kf_work work;
	struct kf_output out;
	bool as_json;
	bool finding;
	bool fault;		/* what was found may be for want of memory */
};

/* kf_ledger_log_key reads --log-key; kf_ledger_witnesses, each --witness, and
 * how many of them have to have signed. Return an exit status. Texts live as
 * long as the process. */
KF_MUST int kf_ledger_log_key(struct kf_note_key *out, struct kf_ledger *l);

struct kf_ledger_witnesses {
	struct kf_note_key key[KF_LEDGER_KEYS_MAX];
	size_t num;
	size_t quorum;
};

KF_MUST int kf_ledger_witnesses(struct kf_ledger_witnesses *out,
				struct kf_ledger *l);

/* kf_ledger_number reads an option, and leaves `*out` as it is where it is not
 * there. Fails: false, it is no number. */
KF_MUST bool kf_ledger_number(uint64_t *out, const struct kf_ledger *l,
			      const char *name);

/* kf_ledger_put_lines puts lines of signatures by some witnesses under a
 * checkpoint, in place of those that they had there; the caller has verified
 * them. Fails: empty, the arena is full. */
struct kf_bytes kf_ledger_put_lines(struct kf_bytes checkpoint,
				    struct kf_bytes lines,
				    const struct kf_note_key *witness,
				    size_t num_witnesses,
				    struct kf_arena *arena);

/* kf_ledger_keep writes a checkpoint with its witnesses' lines into the log,
 * and remembers of which of them it has new ones. Returns an exit status. */
KF_MUST int kf_ledger_keep(struct kf_ledger *l, const struct kf_tlog *log,
			   struct kf_bytes checkpoint,
			   const struct kf_note_key *const *witness,
			   size_t num_witnesses);

/* kf_ledger_witness asks witnesses by their URLs. Returns an exit status. */
int kf_ledger_witness(struct kf_ledger *l, struct kf_tlog *log);

/* kf_ledger_cosigned counts the witnesses that signed a checkpoint, and tells
 * the time of the last. Fails: false, a signature does not hold, and `why`; or
 * `l->fault`. */
bool kf_ledger_cosigned(size_t *num, uint64_t *time_s,
			const struct kf_note *note,
			const struct kf_ledger_witnesses *witnesses,
			struct kf_ledger *l, struct kf_fault *why);

/* kf_ledger_keys reads the keys that options of a name give. Returns an exit
 * status. */
KF_MUST int kf_ledger_keys(struct kf_ledger_names *out, struct kf_ledger *l,
			   const char *option);

/* kf_ledger_open opens the log that is named, and refuses one that is not as it
 * was signed. Returns an exit status. */
KF_MUST int kf_ledger_open(struct kf_tlog *out, struct kf_ledger *l);

/* kf_ledger_wrong says what is wrong with a log, if anything is. Returns an
 * exit status. */
KF_MUST int kf_ledger_wrong(struct kf_ledger *l, const struct kf_tlog *log);

/* kf_ledger_put writes bytes to --output, or to standard output. Returns an
 * exit status. */
KF_MUST int kf_ledger_put(struct kf_ledger *l, const char *path,
			  struct kf_bytes bytes);

/* kf_ledger_row tells one entry, in one line. */
void kf_ledger_row(struct kf_ledger *l, uint64_t index,
		   const struct kf_statement *s);

/* What the words of the command do. Return an exit status. */
int kf_ledger_init(struct kf_ledger *l);
int kf_ledger_append(struct kf_ledger *l);
int kf_ledger_prove(struct kf_ledger *l);
int kf_ledger_verify(struct kf_ledger *l);
int kf_ledger_who_signed(struct kf_ledger *l);
int kf_ledger_versions(struct kf_ledger *l);
int kf_ledger_monitor(struct kf_ledger *l);
int kf_ledger_cosign(struct kf_ledger *l);

#endif
