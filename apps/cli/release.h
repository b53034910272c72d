/* Release folders, as keyfit release makes, verifies and shows them.
 */
#ifndef KEYFIT_APPS_CLI_RELEASE_H
#define KEYFIT_APPS_CLI_RELEASE_H

#include "options.h"

#include "jobs/fleet/fleet.h"
#include "jobs/release/release.h"

enum { KF_RELEASE_DEVICES_MAX = 16 };

/* kf_told_finding is one finding that is to be told. */
struct kf_told_finding {
	enum kf_release_finding finding;
	char *path, *more;	/* `more` NULL: nothing more */
};

/* kf_releasing is one run. */
struct kf_releasing {
	const struct kf_arguments *arguments;
	const char *folder;
	char *manifest;		/* its path */
	const struct kf_crypto *crypto;
	struct kf_work work;
	struct kf_output out;
	int64_t at_s;
	bool as_json;
	struct kf_release release;
	struct kf_manifest told;	/* as it is signed */
	struct kf_told_finding *finding;
	size_t num_findings, findings_size;
	bool refused, unknown, fault;

	struct kf_device device[KF_RELEASE_DEVICES_MAX];
	size_t num_devices;
	struct kf_fleet *fleet;
	struct kf_fleet_class *class;
	size_t num_classes;
};

/* kf_release_note keeps a finding, for a run: kf_release_found. */
void kf_release_note(void *run, enum kf_release_finding finding,
		     const char *path, const char *more);

/* Each returns an exit status, and says what is wrong. */

/* kf_releasing_gather reads the folder. */
KF_MUST int kf_releasing_gather(struct kf_releasing *q);

/* kf_release_fits opens the devices and the fleet that are named, and asks all
 * about each file of the folder that they have a verifier for. What does not
 * fit, or is not known to, is noted. */
KF_MUST int kf_release_fits(struct kf_releasing *q);

/* kf_releasing_open reads the manifest. `key` NULL: whoever has signed it.
 * Who has not is a finding, and `q->told` then stays empty. */
KF_MUST int kf_releasing_open(struct kf_releasing *q,
			      const struct kf_key *key);

/* What the words of the command do. */
KF_MUST int kf_release_make(struct kf_releasing *q);
KF_MUST int kf_release_verify(struct kf_releasing *q);
KF_MUST int kf_release_show(struct kf_releasing *q);

/* release_tell.c: kf_release_tell tells what came of it. `m` is what the
 * manifest tells; NULL: there is none. Returns the exit status. */
KF_MUST int kf_release_tell(struct kf_releasing *q, const char *word,
			    const struct kf_manifest *m);

#endif
