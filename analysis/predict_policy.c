/* The variables that firmware measures into PCR 7 before it starts anything.
 * UEFI-90, UEFI-91, UEFI-93.
 *
 * Source: edk2 SecurityPkg/Tcg/Tcg2Dxe/Tcg2Dxe.c:MeasureAllSecureVariables,
 * ReadAndMeasureVariable, MeasureVariable.
 */
#include "predict.h"

#include <string.h>

#include "core/variables.h"

enum {
	PCR_POLICY = 7,
	NUM_POLICY = 6,
	AT_DBX = 4,
	AT_DBT = 5,
};

/* In the order in which they are measured. What is absent is measured as
 * empty, but for dbt, which then is not measured at all. */
static const char *const policy[NUM_POLICY] = { "secure-boot", "pk", "kek",
						"db", "dbx", "dbt" };

/* value_of is what a variable holds on one side. Fails: false, not known. */
static bool value_of(struct kf_bytes *out, const struct kf_predicting *p,
		     const char *name, enum kf_side side)
{
	static const uint8_t off[] = { 0 }, on[] = { 1 };
	const struct kf_store *store = p->plan->store[side];
	enum kf_answer3 secure = p->boot.secure[side];

	*out = kf_view(NULL, 0);
	if (name == policy[0]) {
		*out = secure == KF_YES ? kf_view(on, 1) : kf_view(off, 1);
		return secure != KF_NOT_ASKED;
	}
	if (kf_store_presence(store, name) == KF_PRESENT)
		*out = kf_store_part(store, name)->bytes;
	return kf_store_presence(store, name) != KF_UNKNOWN;
}

/* which finds the variable of an event; NUM_POLICY: it is none of them. */
static size_t which(const struct kf_event *event)
{
	struct kf_event_variable named;
	uint8_t text[2 * KF_VARIABLE_NAME_MAX + 2];

	if (event->type != KF_EV_VARIABLE_DRIVER_CONFIG ||
	    !kf_event_variable_read(&named, event->data))
		return NUM_POLICY;
	for (size_t i = 0; i < NUM_POLICY; i++) {
		const struct kf_variable *v = kf_variable_of(policy[i]);
		struct kf_bytes name = kf_variable_name(text, v);

		name.len -= 2;
		if (kf_equal(named.name, name) &&
		    memcmp(event->data.data, v->guid, KF_GUID_LEN) == 0)
			return i;
	}
	return NUM_POLICY;
}

static struct kf_bytes data_of(struct kf_predicting *p, size_t index,
			       struct kf_bytes value)
{
	const struct kf_variable *v = kf_variable_of(policy[index]);
	struct kf_bytes out = kf_variable_data(v->guid, v->name, value,
					       p->env->arena);

	if (out.len == 0)
		p->status = KF_NO_MEMORY;
	return out;
}

/* put adds the event of a new value, in the place of one of the log or as a
 * new one. */
static void put(struct kf_predicting *p, const struct kf_event *event,
		size_t index, struct kf_bytes value)
{
	struct kf_bytes data = data_of(p, index, value);
	struct kf_forecast_event *e = kf_forecast_add(p, event, PCR_POLICY,
		event ? KF_FATE_REPLACED : KF_FATE_ADDED);

	if (!e)
		return;
	e->type = KF_EV_VARIABLE_DRIVER_CONFIG;
	e->about = policy[index];
	kf_forecast_over(p, e, data, data, NULL);
}

/* not_given: the part was not given. The log tells what it holds, as long as
 * nobody changes it. */
static void not_given(struct kf_predicting *p, const struct kf_event *event,
		      size_t index)
{
	struct kf_forecast_event *e;
	bool differs = index == 0 ? p->boot.secure[KF_BEFORE] !=
				    p->boot.secure[KF_AFTER]
				  : kf_part_differs(&p->boot, policy[index]);

	if (differs) {
		kf_forecast_unknown(p, event, PCR_POLICY,
				    "what it held was not given",
				    policy[index], true);
		return;
	}
	e = kf_forecast_add(p, event, PCR_POLICY, KF_FATE_KEPT);
	if (!e)
		return;
	e->unexplained = true;
	e->why = "it was not given; nothing changes it";
	e->about = index ? policy[index] : "pk";
}

/* decide predicts the event of a variable. */
static void decide(struct kf_predicting *p, const struct kf_event *event,
		   size_t index)
{
	struct kf_bytes before, after;
	struct kf_forecast_event *e;

	if (!value_of(&before, p, policy[index], KF_BEFORE)) {
		not_given(p, event, index);
		return;
	}
	if (!kf_event_covers(event, &p->out->log, data_of(p, index, before),
			     p->env->crypto)) {
		kf_forecast_unknown(p, event, PCR_POLICY,
				    "the device as it was given holds something else",
				    policy[index], true);
		return;
	}
	if (!value_of(&after, p, policy[index], KF_AFTER)) {
		kf_forecast_unknown(p, event, PCR_POLICY,
				    "what it will hold is not known",
				    policy[index], false);
		return;
	}
	if (index == AT_DBT && after.len == 0)
		e = kf_forecast_add(p, event, PCR_POLICY, KF_FATE_DROPPED);
	else if (kf_equal(before, after))
		e = kf_forecast_add(p, event, PCR_POLICY, KF_FATE_KEPT);
	else
		e = NULL, put(p, event, index, after);
	if (e)
		e->about = policy[index];
}

/* follows tells whether a dbt's event comes in the log. */
static bool follows(const struct kf_predicting *p)
{
	for (size_t i = 0; i < p->num_events; i++)
		if (p->event[i].pcr == PCR_POLICY &&
		    which(&p->event[i]) == AT_DBT)
			return true;
	return false;
}

/* dbt_appears: behind dbx, where the log has none. */
static void dbt_appears(struct kf_predicting *p)
{
	struct kf_bytes before, after;
	bool was = value_of(&before, p, policy[AT_DBT], KF_BEFORE);
	bool will = value_of(&after, p, policy[AT_DBT], KF_AFTER);

	if (follows(p))
		return;
	if (was && before.len)
		kf_forecast_unknown(p, NULL, PCR_POLICY,
				    "the log has no event of it",
				    policy[AT_DBT], true);
	else if (will && after.len)
		put(p, NULL, AT_DBT, after);
	else if (!will && kf_part_differs(&p->boot, policy[AT_DBT]))
		kf_forecast_unknown(p, NULL, PCR_POLICY,
				    "what it will hold is not known",
				    policy[AT_DBT], false);
}

bool kf_predict_policy(struct kf_predicting *p, const struct kf_event *event)
{
	size_t index = which(event);

	if (index == NUM_POLICY)
		return false;
	if (p->policy_seen & 1u << index)
		kf_forecast_unknown(p, event, PCR_POLICY,
				    "it is measured twice: it was changed while the firmware started",
				    policy[index], true);
	else
		decide(p, event, index);
	p->policy_seen |= 1u << index;
	if (index == AT_DBX)
		dbt_appears(p);
	return true;
}

void kf_predict_policy_rest(struct kf_predicting *p)
{
	for (size_t i = 0; i < AT_DBT; i++) {
		bool differs = i == 0 ? p->boot.secure[KF_BEFORE] !=
					p->boot.secure[KF_AFTER]
				      : kf_part_differs(&p->boot, policy[i]);

		if (differs && !(p->policy_seen & 1u << i))
			kf_forecast_unknown(p, NULL, PCR_POLICY,
					    "the log has no event of it",
					    policy[i], true);
	}
}
