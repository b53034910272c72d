/* The audit log, read from its start: which policy counts, what was asked for
 * and what came of it; and, when asked to, all of it decided again.
 */
#ifndef KEYFIT_JOBS_APPROVE_AUDIT_H
#define KEYFIT_JOBS_APPROVE_AUDIT_H

#include "dossier.h"
#include "record.h"

enum { KF_AUDIT_FINDINGS_MAX = 1000 };

/* kf_audit_finding is something in a record that must not be. */
struct kf_audit_finding {
	uint64_t seq;
	char text[200];
};

/* kf_audit is a log that was read. */
struct kf_audit {
	struct kf_history history;
	struct kf_policy policy;	/* that counts; no version: none */
	struct kf_audit_finding *finding;
	size_t num_findings;		/* more may not be kept */
	uint64_t records, intents, results, refusals, policies;
	bool again;			/* decide all of it again */
	/* Told of each record that could be read; NULL: nobody is. */
	void (*told)(void *self, const struct kf_record *record,
		     const struct kf_dossier *dossier);
	void *self;

	/* Signing keys of all policies that were adopted. */
	struct kf_hash *key;
	size_t num_keys, room_keys;

	struct kf_past *past;
	size_t room_past;
	struct kf_spent *spent;
	size_t room_spent;
	struct kf_work policies_in[2];	/* the one that counts, the next */
	unsigned current;
	struct kf_work work;		/* for one record */
	struct kf_dossier dossier;
	const struct kf_crypto *crypto;
};

/* kf_audit_read reads all that a log's checkpoint covers. It starts as zeros
 * but for `again`, `told` and `self`. Whether the log is as it was signed is in
 * `log->wrong`. Owns: `out`, until kf_audit_close. Fails: KF_NO_MEMORY, as
 * kf_tlog_scan. */
KF_MUST enum kf_status kf_audit_read(struct kf_audit *out,
				     struct kf_tlog *log,
				     struct kf_fault *why);
void kf_audit_close(struct kf_audit *audit);

/* kf_audit_find notes a finding. Fails: KF_NO_MEMORY. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
KF_MUST enum kf_status kf_audit_find(struct kf_audit *audit, uint64_t seq,
				     const char *format, ...);

#endif
