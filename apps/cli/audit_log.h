/* What keyfit audit-log puts together: a log, its keys, and what is told of it.
 */
#ifndef KEYFIT_APPS_CLI_AUDIT_LOG_H
#define KEYFIT_APPS_CLI_AUDIT_LOG_H

#include "approve.h"

#include "jobs/approve/approved.h"

enum { KF_AUDIT_WITNESSES_MAX = 16 };

/* kf_audit_run is one run of keyfit audit-log. */
struct kf_audit_run {
	struct kf_approve base;
	const char *path;		/* of the log */
	bool finding;
	bool unknown;
};

/* What the words of the command do. Return an exit status. */
int kf_audit_log_init(struct kf_audit_run *a);
int kf_audit_log_append(struct kf_audit_run *a);
int kf_audit_log_verify(struct kf_audit_run *a);
int kf_audit_log_show(struct kf_audit_run *a);

/* kf_audit_log_ledger holds the log against a ledger: each signature has an
 * entry there, and each entry of one of its keys a signature here. What is
 * found is told by `find`, with the record, or NULL. Returns an exit status. */
KF_MUST int kf_audit_log_ledger(struct kf_audit_run *a,
				struct kf_audit *audit, const char *path,
				void (*find)(void *self, const uint64_t *seq,
					     const char *what), void *self);

/* kf_audit_log_key reads the public key of a log or a witness, as it is or out
 * of a file. Texts live in the arena. Returns an exit status. */
KF_MUST int kf_audit_log_key(struct kf_note_key *out, struct kf_audit_run *a,
			     const char *value);

/* kf_audit_log_name reads the log's name out of its checkpoint. Returns an
 * exit status. */
KF_MUST int kf_audit_log_name(const char **out, struct kf_audit_run *a);

#endif
