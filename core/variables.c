/* Names and vendors of the variables.
 *
 * Source: UEFI 2.10, 3.3 and 32.6; edk2 MdeModulePkg/Include/Guid/
 * ImageAuthentication.h; SecurityPkg/Include/Guid/AuthenticatedVariableFormat.h
 * (SecureBootEnable, CustomMode).
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

const struct kf_variable kf_variables[KF_NUM_VARIABLES] = {
	{ "pk", "PK", GLOBAL, KF_VARIABLE_SIGNED, true },
	{ "kek", "KEK", GLOBAL, KF_VARIABLE_SIGNED, true },
	{ "db", "db", IMAGE_SECURITY, KF_VARIABLE_SIGNED, true },
	{ "dbx", "dbx", IMAGE_SECURITY, KF_VARIABLE_SIGNED, true },
	{ "dbt", "dbt", IMAGE_SECURITY, KF_VARIABLE_SIGNED, true },
	{ "secure-boot-enable", "SecureBootEnable", ENABLE,
	  KF_VARIABLE_KEPT | KF_VARIABLE_AT_BOOT, false },
	{ "custom-mode", "CustomMode", CUSTOM,
	  KF_VARIABLE_KEPT | KF_VARIABLE_AT_BOOT, false },
	{ "secure-boot", "SecureBoot", GLOBAL, 0, false },
	{ "setup-mode", "SetupMode", GLOBAL, 0, false },
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
