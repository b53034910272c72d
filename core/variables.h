/* The UEFI variables that decide what a device trusts, and the parts of a
 * trust store that they are.
 */
#ifndef KEYFIT_CORE_VARIABLES_H
#define KEYFIT_CORE_VARIABLES_H

#include <keyfit/bytes.h>

enum {
	KF_NUM_VARIABLES = 17,
	KF_GUID_LEN = 16,
	KF_VARIABLE_NAME_MAX = 17,	/* characters, without a NUL */
};

/* Attributes. Source: UEFI 2.10, 8.2. */
enum {
	KF_VARIABLE_KEPT = 1,		/* non-volatile */
	KF_VARIABLE_AT_BOOT = 2,
	KF_VARIABLE_AT_RUNTIME = 4,
	KF_VARIABLE_TIMED = 0x20,	/* writes are signed */
	KF_VARIABLE_SIGNED = KF_VARIABLE_KEPT | KF_VARIABLE_AT_BOOT |
			     KF_VARIABLE_AT_RUNTIME | KF_VARIABLE_TIMED,
};

/* kf_variable is one of them. `attributes` are those that it is kept with;
 * 0: the firmware makes it anew at each start, and never reads it from flash.
 * `lists`: it holds signature lists. `hidden`: a system that runs does not tell
 * it; `shown` is then the name under which shim tells it to that system. */
struct kf_variable {
	const char *part;	/* "secure-boot-enable" */
	const char *name;	/* "SecureBootEnable" */
	uint8_t guid[KF_GUID_LEN];
	uint32_t attributes;
	bool lists;
	bool hidden;
	const char *shown;	/* NULL: under no other name */
};

extern const struct kf_variable kf_variables[KF_NUM_VARIABLES];

/* kf_variable_of finds the one behind a part; NULL: there is none. */
const struct kf_variable *kf_variable_of(const char *part);

/* kf_variable_name writes a name as UEFI does, 16 bits a character and a NUL
 * behind it. Returns the view of it. */
struct kf_bytes kf_variable_name(uint8_t out[2 * KF_VARIABLE_NAME_MAX + 2],
				 const struct kf_variable *variable);

#endif
