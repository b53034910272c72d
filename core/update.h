/* A signed update of a variable, as a file: a time, a signature, and the new
 * value. It is an artifact that a device may take, and the value in it is a
 * list of keys: both read it here.
 *
 * Source: UEFI 2.10, 8.2.2 (EFI_VARIABLE_AUTHENTICATION_2), 8.3 (EFI_TIME),
 * 32.2.4 (WIN_CERTIFICATE_UEFI_GUID).
 */
#ifndef KEYFIT_CORE_UPDATE_H
#define KEYFIT_CORE_UPDATE_H

#include <keyfit/artifact.h>

enum {
	KF_UPDATE_HEADER_LEN = 40,
	KF_UPDATE_TIME_LEN = 16,
	KF_UPDATE_CERTIFICATE_LEN = 24,	/* of its header */
	KF_UPDATE_CERTIFICATE_AT = KF_UPDATE_TIME_LEN,
};

/* kf_update is what the header says. Where it does not add up there are no
 * signature and no value, and `damage` says why. */
struct kf_update {
	struct kf_moment time;
	struct kf_damage time_rest;	/* the first field behind the seconds
					 * that is not zero */
	uint32_t certificate_len;	/* dwLength, with its header */
	uint16_t revision;
	uint16_t type;
	bool is_pkcs7;		/* type and GUID are PKCS#7's */
	bool adds_up;		/* dwLength fits the file */
	uint64_t signature_at, signature_len;
	uint64_t value_at, value_len;
	struct kf_damage damage;
};

/* kf_update_likely tells whether a file starts like an update. */
bool kf_update_likely(struct kf_bytes head);

/* kf_update_read takes the header of a file of `size` bytes apart; `head` is
 * its first 40 bytes, or all. */
void kf_update_read(struct kf_update *out, struct kf_bytes head,
		    uint64_t size);

/* kf_update_describe shows an update: its time, who signed it and what it
 * would write. `signature` and `value` are the bytes at their places. */
void kf_update_describe(const struct kf_update *update,
			struct kf_bytes signature, struct kf_bytes value,
			struct kf_env *env, const struct kf_sink *sink);

#endif
