/* The certificates of a signature that is asked about, not there.
 */
#ifndef KEYFIT_APPS_CLI_SIGNER_H
#define KEYFIT_APPS_CLI_SIGNER_H

#include <keyfit/host.h>

enum {
	KF_SIGNER_MAX = 16,
	KF_SIGNER_FILE_MAX = 1 << 20,
};

/* kf_signer holds certificates, the signer's first. */
struct kf_signer {
	struct kf_bytes certificate[KF_SIGNER_MAX];
	size_t num;
	struct kf_text_file file;
	struct kf_work work;
};

/* kf_signer_read reads a certificate in DER, or several in PEM.
 * Owns: `out`, until kf_signer_close, which takes a zeroed one too.
 * Fails: as kf_text_file_read; KF_WRONG_USE: no certificate. */
KF_MUST enum kf_status kf_signer_read(struct kf_signer *out, const char *path,
				      const struct kf_crypto *crypto,
				      struct kf_fault *why);
void kf_signer_close(struct kf_signer *signer);

#endif
