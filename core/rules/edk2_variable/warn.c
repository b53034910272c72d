/* What rides on a verdict without changing it. UEFI-54, UEFI-55.
 *
 * Source: edk2 SecurityPkg/Library/AuthVariableLib/AuthService.c:
 * FilterSignatureList, ProcessVarWithPk.
 */
#include "edk2_variable.h"

/* no_effect: all of it is there already. */
static void no_effect(const struct edk2_variable_case *k,
		      struct kf_verdict *out)
{
	struct kf_finding *w = k->no_effect && out->answer == KF_ACCEPT
		? kf_warn(out, KF_REASON_NO_EFFECT, "UEFI-54") : NULL;

	if (w)
		kf_prove(w, KF_EV_STORE_PART, k->device->old.name);
}

/* ends_user_mode: without a platform key the firmware verifies nothing, and
 * takes any key. */
static void ends_user_mode(const struct edk2_variable_case *k,
			   struct kf_verdict *out)
{
	struct kf_finding *w;

	if (out->answer != KF_ACCEPT || k->update->no_file ||
	    k->update->value.len || k->attributes & EDK2_VARIABLE_APPEND ||
	    !kf_equal(kf_text(k->device->old.name), kf_text("pk")))
		return;
	w = kf_warn(out, KF_REASON_NOT_ENFORCED, "UEFI-55");
	if (w)
		kf_prove_text(w, "this update deletes the platform key, and the device is in setup mode from then on");
}

static void not_run(const struct edk2_variable_case *k,
		    struct kf_verdict *out)
{
	struct kf_finding *w = k->judged ? NULL
		: kf_warn(out, KF_REASON_VERIFIER_NOT_RUN, NULL);

	if (w)
		kf_prove_text(w, "they follow edk2's source, which vendors build in their own ways");
}

void edk2_variable_warn(const struct edk2_variable_case *k,
			struct kf_verdict *out)
{
	not_run(k, out);
	no_effect(k, out);
	ends_user_mode(k, out);
}
