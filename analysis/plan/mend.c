/* What is asked of a plan for each class, whether it does that, and the
 * smallest change after which it does.
 */
#include "learn.h"

#include <string.h>

enum {
	WAYS = 5,		/* to make an offer otherwise, besides gates */
};

enum kf_proven kf_plan_is_safe(const struct kf_rotation *r,
			       const struct kf_schedule *plan,
			       struct kf_room *room, size_t *first,
			       struct kf_class_proof *proof)
{
	for (size_t i = 0; i < r->num_classes; i++) {
		size_t at = (*first + i) % r->num_classes;

		kf_class_prove(proof, r, &r->class_[at], plan, room);
		if (proof->worst == KF_PROVEN_SAFE)
			continue;
		*first = at;
		return proof->worst;
	}
	return KF_PROVEN_SAFE;
}

/* best_of also tells what stops booting with nobody doing anything. */
static enum kf_proven best_of(const struct kf_rotation *r,
			      const struct kf_rotation_class *c,
			      struct kf_room *room)
{
	static const struct kf_schedule nothing = { .num_phases = 1 };
	enum kf_proven best = kf_class_best(r, c, room);
	struct kf_rotation_class lost = *c;
	struct kf_class_proof proof;

	if (best != KF_PROVEN_STRANDS)
		return best;
	lost.is_lost = true;
	lost.phase = 0;
	kf_class_prove(&proof, r, &lost, &nothing, room);
	return proof.worst == KF_PROVEN_SAFE ? best : proof.worst;
}

enum kf_status kf_plan_aims(struct kf_rotation *out, enum kf_proven *best,
			    const struct kf_rotation *r, struct kf_room *room,
			    struct kf_arena *arena)
{
	struct kf_rotation_class *c =
		kf_arena_take(arena, r->num_classes * sizeof(*c));

	if (!c)
		return KF_NO_MEMORY;
	*out = *r;
	out->class_ = c;
	out->num_classes = 0;
	for (size_t i = 0; i < r->num_classes; i++) {
		best[i] = best_of(r, &r->class_[i], room);
		if (best[i] == KF_PROVEN_DIES)
			continue;
		c[out->num_classes] = r->class_[i];
		c[out->num_classes].may_keep |= best[i] == KF_PROVEN_KEEPS;
		c[out->num_classes++].is_lost = best[i] == KF_PROVEN_STRANDS;
	}
	return KF_OK;
}

/* mending is a search for edits. */
struct mending {
	struct kf_made *out;
	const struct kf_rotation *r;
	const struct kf_make *make;
	struct kf_room *room;
	struct kf_lessons *lessons;
	const struct kf_gate *gate;
	size_t num_gates;
	size_t first;
};

/* other_offer is the n-th way to make an offer otherwise, those that take
 * nothing away from anybody first. Fails: false, there are no more. */
static bool other_offer(struct kf_offer *out, const struct mending *m,
			const struct kf_offer *now, size_t phases, size_t n)
{
	static const struct kf_gate open = { 0, false, 0 };

	*out = *now;
	switch (n) {
	case 0:
		out->published = true;
		out->until = (uint8_t)(phases - 1);
		return true;
	case 1:
		out->published = true;
		out->from = 0;
		return true;
	case 2:
		out->published = true;
		out->from = 0;
		out->until = (uint8_t)(phases - 1);
		return true;
	case 3:
		out->gate = open;
		return true;
	case 4:
		out->published = false;
		out->from = out->until = 0;
		out->gate = open;
		return true;
	default:
		if (m->make->no_gates || n - WAYS >= m->num_gates)
			return false;
		if (!out->published)
			out->until = (uint8_t)(phases - 1);
		out->published = true;
		out->gate = m->gate[n - WAYS];
		return true;
	}
}

static bool is_same(const struct kf_offer *a, const struct kf_offer *b)
{
	return a->published == b->published && a->from == b->from &&
	       a->until == b->until && a->gate.releases == b->gate.releases &&
	       a->gate.both == b->gate.both &&
	       a->gate.updates == b->gate.updates;
}

/* edit makes one change. Fails: false, it is none, or there is none such. */
static bool edit(struct mending *m, size_t nth, size_t action, size_t way)
{
	struct kf_edit *e = &m->out->edit[nth];
	struct kf_offer *offer = kf_offer_of(m->r, &m->out->plan, action);

	e->is_update = action >= m->r->num_releases;
	e->which = (uint8_t)(e->is_update ? action - m->r->num_releases
					  : action);
	e->before = *offer;
	if (!other_offer(&e->after, m, offer, m->out->plan.num_phases, way) ||
	    is_same(&e->before, &e->after))
		return false;
	*offer = e->after;
	return true;
}

/* is_safe proves a plan, unless it fails by what was learnt. */
static bool is_safe(struct mending *m, const struct kf_schedule *plan)
{
	struct kf_class_proof proof;
	enum kf_proven proven;

	if (kf_lessons_refute(m->lessons, plan, m->room))
		return false;
	m->out->num_tries++;
	proven = kf_plan_is_safe(m->r, plan, m->room, &m->first, &proof);
	if (proven == KF_PROVEN_SAFE || proven == KF_PROVEN_NOT)
		return proven == KF_PROVEN_SAFE;
	/* What is not learnt is proven again. */
	if (!kf_lessons_learn(m->lessons, &proof, &m->r->class_[m->first],
			      plan, m->room))
		return false;
	return false;
}

/* is_mended tells whether the search is over: the plan is safe now, or it has
 * taken too long. */
static bool is_mended(struct mending *m)
{
	if (m->out->num_tries == m->make->max_tries || !m->room->steps) {
		m->out->found = KF_FOUND_TOO_MANY;
		return true;
	}
	if (!is_safe(m, &m->out->plan))
		return false;
	m->out->found = KF_FOUND;
	return true;
}

/* mend_one tries one change of each kind, as the `nth`. */
static bool mend_one(struct mending *m, const struct kf_schedule *plan,
		     size_t nth, size_t after)
{
	size_t actions = m->r->num_releases + m->r->num_updates;
	struct kf_schedule kept = *plan;

	for (size_t way = 0; way < m->num_gates + WAYS; way++) {
		for (size_t a = after; a < actions; a++) {
			m->out->plan = kept;
			if (!edit(m, nth, a, way))
				continue;
			m->out->num_edits = nth + 1;
			if (is_mended(m))
				return m->out->found == KF_FOUND;
		}
	}
	return false;
}

static bool mend_two(struct mending *m, const struct kf_schedule *plan)
{
	size_t actions = m->r->num_releases + m->r->num_updates;

	for (size_t way = 0; way < m->num_gates + WAYS; way++) {
		for (size_t a = 0; a + 1 < actions; a++) {
			struct kf_schedule one;

			m->out->plan = *plan;
			if (!edit(m, 0, a, way))
				continue;
			one = m->out->plan;
			if (mend_one(m, &one, 1, a + 1))
				return true;
			if (m->out->found == KF_FOUND_TOO_MANY)
				return false;
		}
	}
	return false;
}

/* mend makes one change, or two. */
static bool mend(struct mending *m, const struct kf_schedule *plan)
{
	if (mend_one(m, plan, 0, 0))
		return true;
	return m->out->found != KF_FOUND_TOO_MANY && mend_two(m, plan);
}

/* stretch puts an offer of a plan into one of as many phases or more. */
static struct kf_offer stretch(const struct kf_offer *offer, size_t from,
			       size_t to)
{
	struct kf_offer out = *offer;

	if (out.published && out.until + 1u == from)
		out.until = (uint8_t)(to - 1);
	return out;
}

/* note_edits names what differs from the plan that was given. */
static void note_edits(struct mending *m, const struct kf_schedule *given)
{
	struct kf_schedule was = *given;
	struct kf_made *out = m->out;

	out->num_edits = 0;
	for (size_t i = 0; i < m->r->num_releases + m->r->num_updates; i++) {
		struct kf_edit *e = &out->edit[out->num_edits];

		e->is_update = i >= m->r->num_releases;
		e->which = (uint8_t)(e->is_update ? i - m->r->num_releases
						  : i);
		e->before = *kf_offer_of(m->r, &was, i);
		e->after = *kf_offer_of(m->r, &out->plan, i);
		out->num_edits += !is_same(&e->before, &e->after);
	}
}

/* towards takes over a plan that was made anew, and then puts back what can be
 * as it was. */
static void towards(struct mending *m, const struct kf_schedule *given,
		    const struct kf_made *other)
{
	size_t actions = m->r->num_releases + m->r->num_updates;
	size_t phases = other->plan.num_phases > given->num_phases
		? other->plan.num_phases : given->num_phases;
	struct kf_schedule was = *given, now = *given, made = other->plan;

	was.num_phases = now.num_phases = phases;
	for (size_t i = 0; i < actions; i++) {
		struct kf_offer *a = kf_offer_of(m->r, &was, i);
		struct kf_offer *b = kf_offer_of(m->r, &made, i);

		*a = stretch(a, given->num_phases, phases);
		*kf_offer_of(m->r, &now, i) = stretch(b, made.num_phases,
						      phases);
	}
	for (size_t i = 0; i < actions; i++) {
		struct kf_offer kept = *kf_offer_of(m->r, &now, i);

		*kf_offer_of(m->r, &now, i) = *kf_offer_of(m->r, &was, i);
		if (!is_safe(m, &now))
			*kf_offer_of(m->r, &now, i) = kept;
	}
	m->out->plan = now;
	m->out->found = KF_FOUND;
	note_edits(m, &was);
}

enum kf_status kf_plan_mend(struct kf_made *out, const struct kf_rotation *r,
			    const struct kf_schedule *plan,
			    const struct kf_make *make, struct kf_room *room,
			    struct kf_arena *arena)
{
	struct mending m = { .out = out, .r = r, .make = make, .room = room };
	struct kf_gate *gate = kf_arena_take(arena,
					     KF_GATES_MAX * sizeof(*gate));
	struct kf_made *other = kf_arena_take(arena, sizeof(*other));
	uint64_t before = room->steps;
	enum kf_status status = KF_OK;

	memset(out, 0, sizeof(*out));
	m.lessons = kf_lessons_open(r, arena);
	if (!gate || !other || !m.lessons)
		return KF_NO_MEMORY;
	m.gate = gate;
	m.num_gates = make->no_gates ? 0 : kf_gates(gate, r);
	room->steps = make->max_steps;
	if (!mend(&m, plan)) {
		out->num_edits = 0;
		status = kf_plan_make(other, r, make, room, arena);
		room->steps = make->max_steps;
		if (status == KF_OK && other->found == KF_FOUND)
			towards(&m, plan, other);
	}
	room->steps = before;
	return status;
}
