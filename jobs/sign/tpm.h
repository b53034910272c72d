/* What the files around TPMs share. All of it runs in the child process of one
 * key; nobody else includes it.
 */
#ifndef KEYFIT_JOBS_SIGN_TPM_H
#define KEYFIT_JOBS_SIGN_TPM_H

#include "child.h"

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#define ESYS(name) __typeof__(&Esys_##name) name;
struct kf_tpm_esys {
#include "tpm.def"
};
#undef ESYS
#define MU(name) __typeof__(&Tss2_MU_##name) name;
struct kf_tpm_mu {
#include "tpm.def"
};
#undef MU
#define LDR(name) __typeof__(&Tss2_TctiLdr_##name) name;
struct kf_tpm_ldr {
#include "tpm.def"
};
#undef LDR

/* kf_tpm_wrapped is a key that a TPM has wrapped, as a file holds it. */
struct kf_tpm_wrapped {
	bool there;
	bool empty_auth;
	uint32_t parent;
	TPM2B_PUBLIC public;
	TPM2B_PRIVATE private;
};

struct kf_tpm {
	struct kf_tpm_esys esys;
	struct kf_tpm_mu mu;
	struct kf_tpm_ldr ldr;
	struct kf_pin pin;
	char tcti_name[KF_KEY_NAME_MAX];
	uint32_t handle;		/* of a persistent key; 0: none */
	struct kf_tpm_wrapped wrapped;

	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *context;
	ESYS_TR key;			/* ESYS_TR_NONE: not open */
	TPMT_PUBLIC public;
};

/* tpm.c */
enum kf_status kf_tpm_wrong(const char *command, TSS2_RC rc,
			    struct kf_fault *why);
KF_MUST enum kf_status kf_tpm_connect(struct kf_tpm *t, struct kf_fault *why);
void kf_tpm_part(struct kf_tpm *t);

/* tpm_key.c: kf_tpm_open opens the key that is named; kf_tpm_tell tells of one,
 * with its handle as a label where it has one. */
KF_MUST enum kf_status kf_tpm_open(struct kf_tpm *t, struct kf_fault *why);
void kf_tpm_tell(struct kf_output *told, const TPMT_PUBLIC *public,
		 uint32_t handle);

/* tpm_file.c reads a TSS2 PRIVATE KEY. Fails: KF_WRONG_USE. */
KF_MUST enum kf_status kf_tpm_file_read(struct kf_tpm *t, const char *path,
					struct kf_fault *why);

/* tpm_sign.c */
KF_MUST enum kf_status kf_tpm_sign(struct kf_tpm *t, struct kf_signature *out,
				   const struct kf_scheme *scheme,
				   struct kf_bytes content,
				   struct kf_fault *why);

#endif
