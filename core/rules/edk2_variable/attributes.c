/* The attributes of the call. UEFI-44.
 *
 * Source: edk2 MdeModulePkg/Universal/Variable/RuntimeDxe/Variable.c:
 * VariableServiceSetVariable; MdeModulePkg/Library/VarCheckUefiLib/
 * VarCheckUefiLibNullClass.c, MdeModulePkg/Library/VarCheckLib/VarCheckLib.c:
 * VarCheckLibSetVariableCheck; SecurityPkg/Library/AuthVariableLib/
 * AuthService.c:ProcessVarWithPk.
 */
#include "edk2_variable.h"

static bool refuse(struct edk2_variable_case *k, uint32_t wanted,
		   const char *text)
{
	edk2_variable_refuse(k, KF_REASON_UPDATE_ATTRIBUTES, "UEFI-44");
	kf_prove(&k->refused, KF_EV_FIELD, "attributes");
	kf_prove_value(&k->refused, k->attributes, wanted);
	kf_prove_text(&k->refused, text);
	return false;
}

bool edk2_variable_bits(struct edk2_variable_case *k)
{
	const uint32_t known = 0x6f;	/* all but counters and what came
					 * later */
	uint32_t a = k->attributes;

	if (a & ~known)
		return refuse(k, EDK2_VARIABLE_REPLACE_ALL,
			      "they have bits that the firmware does not take");
	if ((a & KF_VARIABLE_AT_RUNTIME) && !(a & KF_VARIABLE_AT_BOOT))
		return refuse(k, EDK2_VARIABLE_REPLACE_ALL,
			      "access at runtime needs access at boot");
	if (!(a & KF_VARIABLE_TIMED))
		return refuse(k, EDK2_VARIABLE_REPLACE_ALL,
			      "without a signed time these variables are not written");
	return true;
}

/* What leaves something behind needs just the attributes of these variables;
 * a deletion those of the one that is there. */
bool edk2_variable_wanted(struct edk2_variable_case *k)
{
	uint32_t append = k->attributes & EDK2_VARIABLE_APPEND;
	bool deletes = !k->update->no_file && k->update->value.len == 0 &&
		       !append;

	if (deletes || (k->attributes & ~append) == EDK2_VARIABLE_REPLACE_ALL)
		return true;
	return refuse(k, EDK2_VARIABLE_REPLACE_ALL | append,
		      "these variables are kept, at boot and at runtime, and written with a signed time");
}

bool edk2_variable_same_attributes(struct edk2_variable_case *k)
{
	const struct edk2_variable_part *old = &k->device->old;
	uint32_t append = k->attributes & EDK2_VARIABLE_APPEND;
	/* One that nobody tells is one that these rules let be written. */
	uint32_t has = old->attributes ? old->attributes
				       : EDK2_VARIABLE_REPLACE_ALL;

	if (old->presence == KF_PRESENT && (k->attributes & ~append) != has)
		return refuse(k, has | append, "the variable has others");
	if (!(k->attributes & KF_VARIABLE_KEPT))
		return refuse(k, EDK2_VARIABLE_REPLACE_ALL | append,
			      "these variables are kept");
	return true;
}
