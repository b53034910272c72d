/* Tries all plans in the order of their cost, each of them with a whole proof,
 * and leaves none out. What kf_plan_make finds costs as much.
 */
#include "brute.h"

#include <string.h>

enum {
	ACTIONS_MAX = KF_ROTATION_RELEASES_MAX + KF_ROTATION_UPDATES_MAX,
	SPANS_MAX = KF_ROTATION_PHASES_MAX * (KF_ROTATION_PHASES_MAX + 1) / 2,
};

/* cost is what a plan takes, in the order in which it is weighed. */
struct cost {
	size_t withdrawals, phases, gates, published;
};

/* trying is a plan while it is put together. Each action takes one of its
 * options: 0 never; a span without a gate; a span with one. */
struct trying {
	struct kf_made *out;
	const struct kf_rotation *r;
	const struct kf_make *make;
	struct kf_room *room;
	const struct kf_gate *gate;
	size_t num_gates;
	struct { uint8_t from, until; } span[SPANS_MAX];
	size_t num_spans;
	size_t num_actions;
	struct cost want;
	/* What the actions up to each one take; entry 0: none. */
	struct cost used[ACTIONS_MAX + 1];
	uint32_t edge[ACTIONS_MAX + 1];	/* phases that start with a change */
	size_t option[ACTIONS_MAX];
	size_t first;		/* the class that refused last */
	bool over;		/* found, or given up */
};

static bool is_update(const struct trying *t, size_t action)
{
	return action >= t->r->num_releases;
}

static struct kf_offer *offer_of(const struct trying *t,
				 struct kf_schedule *plan, size_t action)
{
	return is_update(t, action)
		? &plan->update[action - t->r->num_releases]
		: &plan->release[action];
}

/* is_out_today tells whether something is published already. */
static bool is_out_today(const struct trying *t, size_t action)
{
	return is_update(t, action)
		? t->r->updating >> (action - t->r->num_releases) & 1
		: t->r->released >> action & 1;
}

static void set_spans(struct trying *t)
{
	t->num_spans = 0;
	for (size_t from = 0; from < t->want.phases; from++) {
		for (size_t until = t->want.phases; until-- > from;) {
			t->span[t->num_spans].from = (uint8_t)from;
			t->span[t->num_spans++].until = (uint8_t)until;
		}
	}
}

/* choose notes what an action's option takes. Returns false where that is more
 * than is wanted. */
static bool choose(struct trying *t, size_t action, size_t option)
{
	const struct cost *before = &t->used[action];
	struct cost *after = &t->used[action + 1];
	size_t span, last = t->want.phases - 1;

	*after = *before;
	t->edge[action + 1] = t->edge[action];
	t->option[action] = option;
	if (option == 0) {
		after->withdrawals += is_out_today(t, action);
		return after->withdrawals <= t->want.withdrawals;
	}
	span = (option - 1) % t->num_spans;
	if (t->span[span].from && is_out_today(t, action))
		return false;
	after->published++;
	after->gates += option > t->num_spans;
	after->withdrawals += t->span[span].until < last;
	t->edge[action + 1] |= 1u << t->span[span].from |
			       1u << (t->span[span].until + 1);
	return after->withdrawals <= t->want.withdrawals &&
	       after->gates <= t->want.gates &&
	       after->published <= t->want.published;
}

static void write_plan(struct trying *t)
{
	struct kf_schedule *plan = &t->out->plan;

	memset(plan, 0, sizeof(*plan));
	plan->num_phases = t->want.phases;
	for (size_t i = 0; i < t->num_actions; i++) {
		struct kf_offer *offer = offer_of(t, plan, i);
		size_t option = t->option[i];

		if (option == 0)
			continue;
		option--;
		offer->published = true;
		offer->from = t->span[option % t->num_spans].from;
		offer->until = t->span[option % t->num_spans].until;
		if (option >= t->num_spans)
			offer->gate = t->gate[option / t->num_spans - 1];
	}
}

/* weigh proves a whole plan. */
static void weigh(struct trying *t)
{
	const struct cost *used = &t->used[t->num_actions];
	uint32_t inner = ((1u << t->want.phases) - 1) & ~1u;
	struct kf_class_proof proof;
	enum kf_proven proven;

	if (used->withdrawals != t->want.withdrawals ||
	    used->gates != t->want.gates ||
	    used->published != t->want.published ||
	    (t->edge[t->num_actions] & inner) != inner)
		return;
	if (t->out->num_tries == t->make->max_tries) {
		t->out->found = KF_FOUND_TOO_MANY;
		t->over = true;
		return;
	}
	t->out->num_tries++;
	write_plan(t);
	proven = kf_plan_is_safe(t->r, &t->out->plan, t->room, &t->first,
				 &proof);
	if (proven == KF_PROVEN_SAFE || proven == KF_PROVEN_NOT) {
		t->out->found = proven == KF_PROVEN_SAFE ? KF_FOUND
							 : KF_FOUND_TOO_LARGE;
		t->over = true;
	}
}

/* can_meet: what is left to choose can still take what is wanted. */
static bool can_meet(const struct trying *t, size_t chosen)
{
	size_t left = t->num_actions - chosen;

	return t->used[chosen].published + left >= t->want.published &&
	       t->used[chosen].gates + left >= t->want.gates &&
	       t->used[chosen].withdrawals + left >= t->want.withdrawals;
}

/* try_all goes through all plans that cost what is wanted: a counter whose
 * digits are the actions' options. */
static void try_all(struct trying *t)
{
	size_t at = 0, next[ACTIONS_MAX] = { 0 };

	while (!t->over) {
		size_t num = 1 + t->num_spans *
			(t->used[at].gates < t->want.gates
			 ? 1 + t->num_gates : 1);

		if (at == t->num_actions) {
			weigh(t);
		} else if (next[at] < num) {
			if (choose(t, at, next[at]++) && can_meet(t, at + 1) &&
			    ++at < t->num_actions)
				next[at] = 0;
			continue;
		}
		if (at-- == 0)
			return;
	}
}

/* try_gates tries all plans of so many withdrawals and phases. */
static void try_gates(struct trying *t)
{
	size_t max = t->make->no_gates ? 0 : t->num_actions;

	set_spans(t);
	for (t->want.gates = 0; t->want.gates <= max; t->want.gates++)
		for (t->want.published = t->want.gates;
		     t->want.published <= t->num_actions && !t->over;
		     t->want.published++)
			try_all(t);
}

enum kf_status brute_make(struct kf_made *out, const struct kf_rotation *r,
			  const struct kf_make *make, struct kf_room *room,
			  struct kf_arena *arena)
{
	struct trying t = { .out = out, .r = r, .make = make, .room = room };
	struct kf_gate *gate = kf_arena_take(arena,
					     KF_GATES_MAX * sizeof(*gate));

	memset(out, 0, sizeof(*out));
	if (!gate)
		return KF_NO_MEMORY;
	t.gate = gate;
	t.num_gates = kf_gates(gate, r);
	t.num_actions = r->num_releases + r->num_updates;
	for (size_t n = 0; n <= t.num_actions; n++) {
		t.want.withdrawals = n;
		for (t.want.phases = 1; t.want.phases <= make->max_phases &&
					!t.over; t.want.phases++)
			try_gates(&t);
	}
	return KF_OK;
}
