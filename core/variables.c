/* Names and vendors of the variables.
 *
 * Source: UEFI 2.10, 3.3 and 32.6; edk2 MdeModulePkg/Include/Guid/
 * ImageAuthentication.h; SecurityPkg/Include/Guid/AuthenticatedVariableFormat.h
 * (SecureBootEnable, CustomMode); rhboot/shim 16.1, mok.c:
 * mok_state_variable_data, lib/guid.c, include/sbat.h (what shim keeps).
 */
#include "variables.h"

#define GLOBAL { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, \
		 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c }
#define IMAGE_SECURITY { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, \
			 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f }
#define ENABLE { 0xc7, 0x0b, 0xa3, 0xf0, 0x08, 0xaf, 0x56, 0x45, \
		 0x99, 0xc4, 0x00, 0x10, 0x09, 0xc9, 0x3a, 0x44 }
#define CUSTOM { 0x0c, 0xec, 0x76, 0xc0, 0x28, 0x70, 0x99, 0x43, \
		 0xa0, 0x72, 0x71, 0xee, 0x5c, 0x44, 0x8b, 0x9f }

#define SHIM { 0x50, 0xab, 0x5d, 0x60, 0x46, 0xe0, 0x00, 0x43, \
	       0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23 }
#define BEFORE_START (KF_VARIABLE_KEPT | KF_VARIABLE_AT_BOOT)

const struct kf_variable kf_variables[KF_NUM_VARIABLES] = {
	{ "pk", "PK", GLOBAL, KF_VARIABLE_SIGNED, true, false, NULL },
	{ "kek", "KEK", GLOBAL, KF_VARIABLE_SIGNED, true, false, NULL },
	{ "db", "db", IMAGE_SECURITY, KF_VARIABLE_SIGNED, true, false, NULL },
	{ "dbx", "dbx", IMAGE_SECURITY, KF_VARIABLE_SIGNED, true, false, NULL },
	{ "dbt", "dbt", IMAGE_SECURITY, KF_VARIABLE_SIGNED, true, false, NULL },
	{ "secure-boot-enable", "SecureBootEnable", ENABLE,
	  BEFORE_START, false, false, NULL },
	{ "custom-mode", "CustomMode", CUSTOM,
	  BEFORE_START, false, false, NULL },
	{ "secure-boot", "SecureBoot", GLOBAL, 0, false, false, NULL },
	{ "setup-mode", "SetupMode", GLOBAL, 0, false, false, NULL },
	{ "mok", "MokList", SHIM,
	  BEFORE_START, true, true, "MokListRT" },
	{ "mokx", "MokListX", SHIM,
	  BEFORE_START, true, true, "MokListXRT" },
	{ "mok-sb-state", "MokSBState", SHIM,
	  BEFORE_START, false, true, "MokSBStateRT" },
	{ "mok-db-state", "MokDBState", SHIM,
	  BEFORE_START, false, true, "MokIgnoreDB" },
	{ "sbat-level", "SbatLevel", SHIM,
	  BEFORE_START, false, true, "SbatLevelRT" },
	{ "sbat-policy", "SbatPolicy", SHIM,
	  BEFORE_START, false, true, NULL },
	{ "mok-list-trusted", "MokListTrusted", SHIM,
	  BEFORE_START, false, true, NULL },
	{ "mok-policy", "MokPolicy", SHIM,
	  BEFORE_START, false, true, "MokPolicyRT" },
};

const struct kf_variable *kf_variable_of(const char *part)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++)
		if (kf_equal(kf_text(kf_variables[i].part), kf_text(part)))
			return &kf_variables[i];
	return NULL;
}

struct kf_bytes kf_variable_name(uint8_t out[2 * KF_VARIABLE_NAME_MAX + 2],
				 const struct kf_variable *variable)
{
	const char *name = variable->name;
	size_t len = 0;

	for (; len < KF_VARIABLE_NAME_MAX && name[len]; len++) {
		out[2 * len] = (uint8_t)name[len];
		out[2 * len + 1] = 0;
	}
	out[2 * len] = 0;
	out[2 * len + 1] = 0;
	return kf_view(out, 2 * len + 2);
}
