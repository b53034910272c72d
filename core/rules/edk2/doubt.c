/* What stays open where a store could not be read: an answer that would be
 * another one on one of the devices that this store may be.
 *
 * Parts that are unknown are weighed in edk2.c, by their best and their worst;
 * here is the mode, and the words for a store that is damaged.
 *
 * Source: UEFI-26 and UEFI-121 in docs/rules/uefi.md.
 */
#include "edk2.h"

#include <string.h>

void edk2_doubts(struct edk2_trust *trust, const struct kf_store *store)
{
	bool no_pk = kf_store_presence(store, "pk") == KF_UNKNOWN;

	if (trust->mode == EDK2_UNSURE)
		trust->waits = no_pk ? "pk" : "secure-boot";
	if (!store->num_damage)
		return;
	kf_find(&trust->malformed, KF_REASON_STORE_MALFORMED,
		"UEFI-121");
	kf_prove_field(&trust->malformed, store->damage[0].field,
		       store->damage[0].at, 0);
}

bool edk2_waits(struct edk2_case *k)
{
	struct kf_verdict *out = k->out;

	/* What cannot be parsed is refused in any mode. */
	if (k->trust->mode != EDK2_UNSURE || out->answer != KF_REJECT ||
	    k->image->gate.reason)
		return false;
	out->enforced_answer = out->answer;
	out->enforced = out->why;
	out->answer = KF_ACCEPT;
	memset(&out->why, 0, sizeof(out->why));
	return true;
}

void edk2_doubt(struct edk2_case *k, bool waits)
{
	struct kf_verdict *out = k->out;

	if (waits && out->answer == KF_ACCEPT) {
		out->answer = KF_UNDECIDED;
		kf_find(&out->why, KF_REASON_STORE_PART_UNKNOWN, "UEFI-26");
		kf_prove(&out->why, KF_EV_STORE_PART, k->trust->waits);
	}
	if (out->answer == KF_UNDECIDED && k->trust->malformed.reason &&
	    out->why.reason == &kf_reasons[KF_REASON_STORE_PART_UNKNOWN])
		out->why = k->trust->malformed;
}
