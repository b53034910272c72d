/* What keyfit audit puts together: the audit, what it looks at, and how it is
 * told.
 */
#ifndef KEYFIT_APPS_CLI_AUDIT_H
#define KEYFIT_APPS_CLI_AUDIT_H

#include "options.h"
#include "words.h"

#include "analysis/audit.h"
#include "host/json_write.h"

/* kf_auditing is one run. */
struct kf_auditing {
	struct kf_audit audit;
	const struct kf_crypto *crypto;
	struct kf_known known;
	struct kf_arena tables;	/* of what newer files say */
	struct kf_work work;
	struct kf_output out;
	struct kf_device device;
	bool as_json;
	enum kf_severity fail_on;
	/* What is being looked at: a file, or the device, as `verifier` has
	 * it. */
	const char *path;	/* NULL: the device */
	const struct kf_device_verifier *verifier;
	struct kf_device_verifier loose;	/* for files: no parts, or
						 * those of a store file */
	size_t num_files;
	size_t num_found[KF_HIGH + 1];
	size_t num_unread;
	bool grave;		/* a finding as bad as was asked for */
	bool fault;		/* something could not be done */
	struct kf_output untold;	/* parts, for the end */
};

/* kf_audit_open_file looks at one file that the user named; kf_audit_walk_file
 * at one that was come upon, and says false when it is of no use to go on. */
void kf_audit_open_file(struct kf_auditing *q, const char *path);
bool kf_audit_walk_file(void *q, const char *path);

/* kf_audit_show_* tell a finding, what could not be looked at, and at the end
 * how much there was and how old the tables are. */
void kf_audit_show_finding(void *q, const struct kf_finding *finding,
			   enum kf_severity severity);
void kf_audit_show_unread(void *q, const char *what, const char *why);
void kf_audit_show_untold(void *q, const char *part);
void kf_audit_show_end(struct kf_auditing *q);

#endif
