/* The time in the header. UEFI-45, UEFI-46.
 *
 * Source: edk2 SecurityPkg/Library/AuthVariableLib/AuthService.c:
 * VerifyTimeBasedPayload, AuthServiceInternalCompareTimeStamp.
 */
#include "edk2_variable.h"

#include "core/setting.h"

bool edk2_variable_time_zeros(struct edk2_variable_case *k)
{
	const struct kf_damage *rest = &k->update->header.time_rest;

	if (k->update->no_file || !rest->field)
		return true;
	edk2_variable_refuse(k, KF_REASON_UPDATE_MALFORMED, "UEFI-45");
	kf_prove_field(&k->refused, rest->field, rest->at, 0);
	kf_prove_text(&k->refused, "all of the time behind its seconds has to be zero");
	return false;
}

/* unknown_time: the variable may be there, and its time is not told. */
static bool unknown_time(struct edk2_variable_case *k)
{
	struct kf_finding *f = &k->waits;

	if (f->reason)
		return true;
	kf_find(f, KF_REASON_SETTING_UNKNOWN, "UEFI-46");
	kf_prove(f, KF_EV_SETTING, "time");
	kf_prove_text(f, "time (of the last write of the variable)");
	return true;
}

bool edk2_variable_time_later(struct edk2_variable_case *k)
{
	const struct edk2_variable_part *old = &k->device->old;

	if (k->attributes & EDK2_VARIABLE_APPEND || k->update->no_file ||
	    old->presence == KF_ABSENT)
		return true;
	if (old->timed &&
	    kf_moment_compare(&k->update->header.time, &old->time) > 0)
		return true;
	if (old->presence == KF_UNKNOWN)
		return edk2_variable_waits(k, old->name, "UEFI-46");
	if (!old->timed)
		return unknown_time(k);
	edk2_variable_refuse(k, KF_REASON_UPDATE_TIME_NOT_LATER, "UEFI-46");
	kf_prove(&k->refused, KF_EV_MOMENT, "offered")->when =
		k->update->header.time;
	kf_prove(&k->refused, KF_EV_MOMENT, "stored")->when = old->time;
	kf_prove(&k->refused, KF_EV_STORE_PART, old->name);
	return false;
}
