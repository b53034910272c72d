/* The order in which the firmware decides about one call of SetVariable.
 *
 * Source: edk2 MdeModulePkg/Universal/Variable/RuntimeDxe/Variable.c:
 * VariableServiceSetVariable; SecurityPkg/Library/AuthVariableLib/
 * AuthService.c:ProcessVarWithPk, ProcessVarWithKek,
 * VerifyTimeBasedPayloadAndUpdate.
 */
#include "edk2_variable.h"

/* Steps return false where nothing that comes later can change the answer. */
static const struct {
	bool (*step)(struct edk2_variable_case *k);
	bool enforced;		/* left out where nobody asks for a
				 * signature */
} steps[] = {
	{ edk2_variable_call_fits, false },
	{ edk2_variable_beyond, false },
	{ edk2_variable_bits, false },
	{ edk2_variable_layout, false },
	{ edk2_variable_fits, false },
	{ edk2_variable_wanted, false },
	{ edk2_variable_same_attributes, false },
	{ edk2_variable_time_zeros, true },
	{ edk2_variable_time_later, true },
	{ edk2_variable_kind, true },
	{ edk2_variable_digest, true },
	{ edk2_variable_authority, true },
	{ edk2_variable_content, false },
	{ edk2_variable_write, false },
};

void edk2_variable_judge(struct edk2_variable_case *k)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].enforced && !k->enforced)
			continue;
		if (!steps[i].step(k) || k->status != KF_OK)
			return;
	}
}
