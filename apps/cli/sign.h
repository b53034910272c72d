/* keyfit sign: what was asked, what it takes, and what came of it.
 */
#ifndef KEYFIT_APPS_CLI_SIGN_H
#define KEYFIT_APPS_CLI_SIGN_H

#include "options.h"
#include "signer.h"

#include "host/json_write.h"
#include "jobs/fleet/fleet.h"
#include "jobs/sign/make.h"

enum {
	KF_SIGN_DEVICES_MAX = 16,
	KF_SIGN_FLEETS_MAX = 4,
	KF_SIGN_FILES_MAX = 8,	/* of certificates */
	KF_SIGN_FITS_MAX = 64,	/* answers that are told */
};

/* kf_sign_stage is when a device is asked. */
enum kf_sign_stage {
	KF_SIGN_SIGNER = 1,	/* about the certificate: no key is open */
	KF_SIGN_SUPPOSED,	/* about the file, as if the key had signed */
	KF_SIGN_MADE,		/* about the signed file */
};

/* kf_sign_fit is one answer of one device about the signed file. */
struct kf_sign_fit {
	char device[100];
	const char *rules;
	char path[200];		/* inside the file; empty: the file itself */
	enum kf_answer answer;
	char reason[64];
	char why[240];
	enum kf_sign_stage stage;
};

/* kf_sign_run is one run. */
struct kf_sign_run {
	const struct kf_arguments *arguments;
	const char *path;
	const char *output;	/* NULL: none is written */
	bool as_json;
	const struct kf_maker *maker;
	struct kf_making_ask ask;
	struct kf_signing_ask key_ask;

	const struct kf_crypto *crypto;
	struct kf_work work;
	struct kf_work check;	/* what devices are asked in */
	struct kf_file file;	/* as it was opened */
	struct kf_file copy;	/* what is signed: nobody else's to write */
	struct kf_signer signer[KF_SIGN_FILES_MAX];
	size_t num_signers;
	struct kf_signer stamp_roots;
	struct kf_signing_key key;
	struct kf_making making;
	struct kf_digest sha256;	/* of the signed file */
	uint64_t size;

	struct kf_device device[KF_SIGN_DEVICES_MAX];
	size_t num_devices;
	struct kf_fleet *fleet[KF_SIGN_FLEETS_MAX];
	const char *fleet_name[KF_SIGN_FLEETS_MAX];
	size_t num_fleets;
	uint64_t fleet_classes, fleet_devices;	/* that take the file */
	struct kf_sign_fit fit[KF_SIGN_FITS_MAX];
	size_t num_fits;
	bool seen[4];		/* answers, by enum kf_answer */
	bool failed;		/* a device could not be asked */
	bool unwritten;		/* what was made could not be */
	const char *ruling;	/* of the policy; NULL: none was asked */
	const char *ruling_words;
	bool is_ruled;		/* it allowed it: */
	uint64_t record;	/* the intent's number in the audit log */
	struct kf_output out;
};

extern const struct kf_option kf_sign_options[];

/* kf_sign_read reads the command line. Returns an exit status. */
KF_MUST int kf_sign_read(struct kf_sign_run *s);

/* kf_sign_devices opens the devices that the file must fit.
 * Returns an exit status. */
KF_MUST int kf_sign_devices(struct kf_sign_run *s);

/* kf_sign_may asks them about the signer, before the key is touched;
 * kf_sign_would about the file as it would be, before the key signs; and
 * kf_sign_fits about a file, signed or supposed. Returns an exit status: 1, one
 * of them would refuse it; 3, it cannot be told of one. */
KF_MUST int kf_sign_may(struct kf_sign_run *s);
KF_MUST int kf_sign_would(struct kf_sign_run *s);
KF_MUST int kf_sign_fits(struct kf_sign_run *s, const struct kf_source *made,
			 enum kf_sign_stage stage);

/* kf_sign_is_ruled tells whether it is done under a policy. kf_sign_approved
 * then decides, and writes the intent before the key signs; kf_sign_result
 * writes what came of it, before that leaves. Both return an exit status. */
bool kf_sign_is_ruled(const struct kf_sign_run *s);
KF_MUST int kf_sign_approved(struct kf_sign_run *s);
KF_MUST int kf_sign_result(struct kf_sign_run *s, int status);
void kf_sign_ruled_close(void);

/* kf_sign_tell tells what was signed, by whom and for whom; `status` is the
 * exit status. */
void kf_sign_tell(struct kf_sign_run *s, int status);

#endif
