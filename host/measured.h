/* What a running Linux tells of its own measured boot, and what others wrote
 * down: event logs, values of PCRs.
 */
#ifndef KEYFIT_HOST_MEASURED_H
#define KEYFIT_HOST_MEASURED_H

#include "output.h"

#include "core/eventlog.h"

/* Source: Linux 6.1, Documentation/ABI: securityfs of the TPM driver. */
#define KF_OWN_LOG "/sys/kernel/security/tpm0/binary_bios_measurements"

/* kf_stream_read reads a file whole; "-" is standard input. A file that the
 * kernel makes up tells no size, and is read to its end.
 * Owns: `out`, until kf_output_close, also when it fails. Fails:
 * KF_CANNOT_READ, KF_NO_MEMORY, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_stream_read(struct kf_output *out, const char *path,
				      struct kf_fault *why);

/* kf_log_read reads an event log in this way, or takes it out of what keyfit
 * collect wrote. Fails: KF_WRONG_USE too, where that has none. */
KF_MUST enum kf_status kf_log_read(struct kf_output *out, const char *path,
				   struct kf_fault *why);

/* kf_pcr_values is what somebody read out of a TPM; `len` 0: not told. */
struct kf_pcr_values {
	struct kf_digest value[KF_NUM_DIGESTS][KF_NUM_PCRS];
};

/* kf_pcr_values_read reads the text that tpm2_pcrread prints ("sha256:", then
 * "  7 : 0x..." lines), from a file.
 * Fails: KF_WRONG_USE (no such text), as kf_text_file_read does. */
KF_MUST enum kf_status kf_pcr_values_read(struct kf_pcr_values *out,
					  const char *path,
					  struct kf_fault *why);

/* kf_pcr_values_own reads this machine's, from sysfs; what is not there is
 * not told. Returns whether any was. */
bool kf_pcr_values_own(struct kf_pcr_values *out);

#endif
