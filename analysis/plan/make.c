/* Looks for plans in the order of their cost. It starts from the cheapest one,
 * and makes only those changes without which a plan is known to fail: each plan
 * that was refuted by a proof left a lesson, and what the lesson refutes is not
 * proven again. No plan of the same cost is left out by that.
 */
#include "learn.h"

#include "room.h"

#include <string.h>

enum {
	SPANS_MAX = KF_ROTATION_PHASES_MAX * (KF_ROTATION_PHASES_MAX + 1) / 2,
};

/* cost is what a plan takes, in the order in which it is weighed. */
struct cost {
	size_t withdrawals, phases, gates, published;
};

/* option is one way to offer an action: 0 never; a span without a gate; a span
 * with one. */
struct option {
	uint8_t action;
	uint32_t option;
};

/* trying is a plan while it is put together. What is not chosen yet is offered
 * in the cheapest way: as it is today. */
struct trying {
	struct kf_made *out;
	const struct kf_rotation *r;
	const struct kf_make *make;
	struct kf_room *room;
	struct kf_lessons *lessons;
	const struct kf_gate *gate;
	size_t num_gates, num_actions, num_options;
	struct { uint8_t from, until; } span[SPANS_MAX];
	size_t num_spans;
	struct cost want;
	bool chosen[KF_ACTIONS_MAX];
	/* [action][option]: all plans with it have been looked at. */
	uint8_t *done;
	struct option *undo;
	size_t num_undo, max_undo;
	/* There are plans that would take more of it. */
	bool more_withdrawals, more_gates, more_published;
	size_t first;		/* the class that refused last */
	bool over;		/* found, or given up */
};

/* is_out_today tells whether something is published already. */
static bool is_out_today(const struct trying *t, size_t action)
{
	return action >= t->r->num_releases
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
	t->num_options = 1 + t->num_spans * (1 + t->num_gates);
}

static struct kf_offer offer_by(const struct trying *t, size_t option)
{
	struct kf_offer out = { 0 };

	if (option-- == 0)
		return out;
	out.published = true;
	out.from = t->span[option % t->num_spans].from;
	out.until = t->span[option % t->num_spans].until;
	if (option >= t->num_spans)
		out.gate = t->gate[option / t->num_spans - 1];
	return out;
}

/* add counts what one offer takes. */
static void add(struct cost *cost, const struct trying *t, size_t action,
		const struct kf_offer *o)
{
	cost->published += o->published;
	cost->gates += o->gate.releases || o->gate.updates;
	cost->withdrawals += o->published ? o->until + 1u < t->want.phases
					  : is_out_today(t, action);
}

/* is_cheap tells whether a plan with another offer can take as little as is
 * wanted, when all is chosen. */
static bool is_cheap(struct trying *t, size_t action,
		     const struct kf_offer *offer)
{
	struct cost cost = { 0 };
	size_t open = 0, left;

	for (size_t i = 0; i < t->num_actions; i++) {
		add(&cost, t, i, i == action ? offer
		    : kf_offer_of(t->r, &t->out->plan, i));
		open += i != action && !t->chosen[i] && is_out_today(t, i);
	}
	t->more_withdrawals |= cost.withdrawals > t->want.withdrawals;
	t->more_gates |= cost.gates > t->want.gates;
	if (cost.withdrawals > t->want.withdrawals ||
	    cost.gates > t->want.gates)
		return false;
	/* What is out today may still be withdrawn. */
	left = t->want.withdrawals - cost.withdrawals;
	if (cost.published <= t->want.published +
	    (open < left ? open : left))
		return true;
	t->more_published = true;
	return false;
}

/* is_gate_cheap is that for any gate on a span. */
static bool is_gate_cheap(struct trying *t, size_t action, size_t span)
{
	struct kf_offer gated = offer_by(t, 1 + span + t->num_spans);

	return is_cheap(t, action, &gated);
}

static void give_up(struct trying *t, enum kf_found found)
{
	t->out->found = found;
	t->over = true;
}

/* weigh proves a whole plan, and learns from one that fails. */
static void weigh(struct trying *t)
{
	enum kf_proven proven;
	struct kf_class_proof proof;

	if (t->out->num_tries == t->make->max_tries) {
		give_up(t, KF_FOUND_TOO_MANY);
		return;
	}
	t->out->num_tries++;
	proven = kf_plan_is_safe(t->r, &t->out->plan, t->room, &t->first,
				 &proof);
	if (proven == KF_PROVEN_SAFE)
		give_up(t, KF_FOUND);
	else if (proven == KF_PROVEN_NOT)
		give_up(t, t->room->steps ? KF_FOUND_TOO_LARGE
					  : KF_FOUND_TOO_MANY);
	else if (!kf_lessons_learn(t->lessons, &proof,
				   &t->r->class_[t->first], &t->out->plan,
				   t->room))
		give_up(t, KF_FOUND_TOO_MANY);
}

/* bound is what a plan has to take more, at the least, by lessons that have
 * nothing in common. */
struct bound {
	bool used[KF_ACTIONS_MAX];
	size_t gates, published;
};

/* is_gate_open: a gate may still be put on what was chosen. */
static bool is_gate_open(struct trying *t, size_t action)
{
	const struct kf_offer *o = kf_offer_of(t->r, &t->out->plan, action);

	return t->chosen[action] && o->published && !o->gate.releases &&
	       !o->gate.updates;
}

/* bind adds what a lesson takes that refutes the plan. Returns how many ways
 * there are to offer its actions otherwise: gates are many. */
static size_t bind(struct bound *b, struct trying *t,
		   const struct kf_lesson *lesson)
{
	size_t gates = 0, published = 0, others = 0;
	bool apart = true;

	for (size_t i = 0; i < lesson->num_parts; i++) {
		size_t action = lesson->part[i].action;
		bool gate = is_gate_open(t, action);

		if (t->chosen[action] && !gate)
			continue;
		gates += gate;
		published += !gate && !is_out_today(t, action);
		others += !gate && is_out_today(t, action);
		apart &= !b->used[action];
	}
	if (apart && !others && (!gates || !published)) {
		b->gates += gates > 0;
		b->published += published > 0;
		for (size_t i = 0; i < lesson->num_parts; i++)
			b->used[lesson->part[i].action] = true;
	}
	return gates * t->num_gates + published + others;
}

/* is_within tells whether a plan that takes so much more is still wanted. */
static bool is_within(struct trying *t, const struct bound *b)
{
	struct cost cost = { 0 };
	size_t left;

	for (size_t i = 0; i < t->num_actions; i++)
		add(&cost, t, i, kf_offer_of(t->r, &t->out->plan, i));
	left = t->want.withdrawals - cost.withdrawals;
	if (cost.gates + b->gates > t->want.gates) {
		t->more_gates = true;
		return false;
	}
	if (cost.published + b->published <= t->want.published + left)
		return true;
	t->more_published = true;
	return false;
}

/* look finds a lesson by which the plan fails, the one that leaves the fewest
 * ways. NULL: there is none, or, `*fails`, there is no way that is wanted. */
static const struct kf_lesson *look(struct trying *t, bool *fails)
{
	const struct kf_lesson *best = NULL;
	struct bound bound = { .gates = 0 };
	size_t fewest = SIZE_MAX;

	*fails = false;
	if (!kf_room_spend(t->room, 1 + t->lessons->num)) {
		give_up(t, KF_FOUND_TOO_MANY);
		*fails = true;
		return NULL;
	}
	for (size_t i = 0; i < t->lessons->num; i++) {
		const struct kf_lesson *lesson = t->lessons->lesson[i];
		size_t ways;

		if (!kf_lesson_refutes(lesson, t->r, &t->out->plan))
			continue;
		*fails = true;
		ways = bind(&bound, t, lesson);
		if (ways < fewest) {
			fewest = ways;
			best = lesson;
		}
	}
	return *fails && (fewest == 0 || !is_within(t, &bound)) ? NULL : best;
}

/* is_vain tells whether no other choice helps, by what was learnt since. */
static bool is_vain(struct trying *t)
{
	bool fails;

	return !look(t, &fails) && fails;
}

static void search(struct trying *t);

/* try_option goes on with one offer made otherwise. Without a gate it stands
 * for all gates: one is put on when it is known to be needed. */
static void try_option(struct trying *t, size_t action, size_t option)
{
	struct kf_offer *offer = kf_offer_of(t->r, &t->out->plan, action);
	struct kf_offer was = *offer;
	bool chosen = t->chosen[action];

	if (t->num_undo == t->max_undo) {
		give_up(t, KF_FOUND_TOO_MANY);
		return;
	}
	*offer = offer_by(t, option);
	t->chosen[action] = true;
	search(t);
	if (t->over)
		return;
	*offer = was;
	t->chosen[action] = chosen;
	t->done[action * t->num_options + option] = 1;
	t->undo[t->num_undo].action = (uint8_t)action;
	t->undo[t->num_undo++].option = (uint32_t)option;
}

/* may_try tells whether an option is one that can be tried. */
static bool may_try(struct trying *t, size_t action, size_t option)
{
	struct kf_offer offer = offer_by(t, option);

	/* What is out today is published from the first phase on. */
	return !t->done[action * t->num_options + option] &&
	       !(offer.published && offer.from && is_out_today(t, action)) &&
	       is_cheap(t, action, &offer);
}

/* try_gates puts a gate on one span of an action, each that gets around a
 * lesson. */
static void try_gates(struct trying *t, const struct kf_lesson *lesson,
		      const struct kf_lesson_part *part, size_t span)
{
	const uint8_t *done = &t->done[part->action * t->num_options];

	/* All gates take as much. */
	if (!t->num_gates ||
	    !may_try(t, part->action, 1 + span) ||
	    !is_gate_cheap(t, part->action, span))
		return;
	for (size_t i = 0; i < t->num_gates && !t->over; i++) {
		size_t learnt = t->lessons->num;
		size_t option = 1 + span + (1 + i) * t->num_spans;
		struct kf_offer offer = offer_by(t, option);

		if (!kf_room_spend(t->room, 1))
			give_up(t, KF_FOUND_TOO_MANY);
		else if (!done[option] &&
			 !kf_lesson_stays(lesson, part, &offer))
			try_option(t, part->action, option);
		if (t->lessons->num > learnt && is_vain(t))
			return;
	}
}

/* try_free makes an offer that was not chosen yet in another way. */
static void try_free(struct trying *t, const struct kf_lesson *lesson,
		     const struct kf_lesson_part *part)
{
	for (size_t i = 0; i < 1 + t->num_spans && !t->over; i++) {
		struct kf_offer offer = offer_by(t, i);

		if (!kf_room_spend(t->room, 1))
			give_up(t, KF_FOUND_TOO_MANY);
		else if (kf_lesson_stays(lesson, part, &offer) && i)
			try_gates(t, lesson, part, i - 1);
		else if (!kf_lesson_stays(lesson, part, &offer) &&
			 may_try(t, part->action, i))
			try_option(t, part->action, i);
	}
}

/* try_part makes one offer otherwise, in each way that gets around a lesson. */
static void try_part(struct trying *t, const struct kf_lesson *lesson,
		     const struct kf_lesson_part *part)
{
	const struct kf_offer *now = kf_offer_of(t->r, &t->out->plan,
						 part->action);

	if (!t->chosen[part->action]) {
		try_free(t, lesson, part);
		return;
	}
	if (!now->published || now->gate.releases || now->gate.updates)
		return;
	for (size_t i = 0; i < t->num_spans; i++)
		if (t->span[i].from == now->from &&
		    t->span[i].until == now->until) {
			try_gates(t, lesson, part, i);
			return;
		}
}

/* withdraw takes back what is out today, where too much is published. */
static void withdraw(struct trying *t)
{
	for (size_t i = t->num_actions; i-- > 0 && !t->over;)
		if (!t->chosen[i] && is_out_today(t, i) &&
		    may_try(t, i, 0))
			try_option(t, i, 0);
}

/* takes_too_much: so far it publishes more than is wanted. */
static bool takes_too_much(const struct trying *t)
{
	struct cost cost = { 0 };

	for (size_t i = 0; i < t->num_actions; i++)
		add(&cost, t, i, kf_offer_of(t->r, &t->out->plan, i));
	return cost.published > t->want.published;
}

/* search looks at the plan as it is, and at all that differ from it in what is
 * not chosen. */
static void search(struct trying *t)
{
	const struct kf_lesson *lesson;
	size_t first = t->num_undo;
	bool fails, much;

	lesson = look(t, &fails);
	much = !fails && takes_too_much(t);
	t->more_published |= much;
	if (much && !t->over)
		withdraw(t);
	else if (!fails && !t->over)
		weigh(t);
	if (!fails && !much && !t->over)
		lesson = look(t, &fails);
	for (size_t i = lesson ? lesson->num_parts : 0; i-- > 0 && !t->over;)
		try_part(t, lesson, &lesson->part[i]);
	while (t->num_undo > first) {
		const struct option *o = &t->undo[--t->num_undo];

		t->done[o->action * t->num_options + o->option] = 0;
	}
}

/* begin offers all as it is today. */
static void begin(struct trying *t)
{
	struct kf_schedule *plan = &t->out->plan;

	memset(plan, 0, sizeof(*plan));
	plan->num_phases = t->want.phases;
	for (size_t i = 0; i < t->num_actions; i++) {
		struct kf_offer *offer = kf_offer_of(t->r, plan, i);

		t->chosen[i] = false;
		offer->published = is_out_today(t, i);
		if (offer->published)
			offer->until = (uint8_t)(t->want.phases - 1);
	}
}

/* try_phases tries all plans of so many withdrawals and phases: with more gates
 * and more that is published, as long as that makes other plans. */
static void try_phases(struct trying *t)
{
	set_spans(t);
	memset(t->done, 0, t->num_actions * t->num_options);
	t->more_gates = true;
	for (t->want.gates = 0; t->more_gates && !t->over; t->want.gates++) {
		t->more_published = true;
		for (t->want.published = t->want.gates;
		     t->more_published && !t->over; t->want.published++) {
			t->more_gates = t->more_published = false;
			begin(t);
			search(t);
		}
	}
}

/* open_trying takes the memory of a search. */
static bool open_trying(struct trying *t, struct kf_arena *arena)
{
	size_t spans = t->make->max_phases * (t->make->max_phases + 1) / 2;
	struct kf_gate *gate = kf_arena_take(arena,
					     KF_GATES_MAX * sizeof(*gate));

	t->lessons = kf_lessons_open(t->r, arena);
	if (!gate || !t->lessons)
		return false;
	t->gate = gate;
	t->num_gates = t->make->no_gates ? 0
		: kf_gates_apart(gate, kf_gates(gate, t->r), t->r, t->room,
				 arena);
	t->num_actions = t->r->num_releases + t->r->num_updates;
	t->max_undo = t->num_actions * (1 + spans * (1 + t->num_gates));
	t->done = kf_arena_take(arena, t->max_undo);
	t->undo = kf_arena_take(arena, t->max_undo * sizeof(*t->undo));
	return t->done && t->undo;
}

enum kf_status kf_plan_make(struct kf_made *out, const struct kf_rotation *r,
			    const struct kf_make *make, struct kf_room *room,
			    struct kf_arena *arena)
{
	struct trying t = { .out = out, .r = r, .make = make, .room = room };
	uint64_t before = room->steps;

	memset(out, 0, sizeof(*out));
	room->steps = make->max_steps;
	if (!open_trying(&t, arena)) {
		room->steps = before;
		return KF_NO_MEMORY;
	}
	t.more_withdrawals = true;
	for (size_t n = 0; t.more_withdrawals && !t.over; n++) {
		t.more_withdrawals = false;
		t.want.withdrawals = n;
		for (t.want.phases = 1; t.want.phases <= make->max_phases &&
					!t.over; t.want.phases++)
			try_phases(&t);
	}
	out->num_lessons = t.lessons->num;
	room->steps = before;
	return KF_OK;
}
