/* What can happen to one device. It restarts after everything that is done to
 * it: that is the worst it can do, and all of it comes in the end.
 */
#include "rotation.h"

/* list is moves while they are put together. */
struct list {
	struct kf_move *move;
	size_t num;
	const struct kf_rotation *r;
	const struct kf_rotation_class *c;
	const struct kf_state *from;
};

static bool is_same(const struct kf_state *a, const struct kf_state *b)
{
	return a->phase == b->phase && a->epoch == b->epoch &&
	       a->trust == b->trust && a->active == b->active &&
	       a->other == b->other && a->mode == b->mode;
}

static void add(struct list *l, enum kf_move_kind kind, size_t which,
		const struct kf_state *to, bool sure)
{
	struct kf_move *m = &l->move[l->num];

	/* What stays as it is may still be one of two ends: that it is not
	 * sure is told by the other. */
	if (is_same(to, l->from) || l->num == KF_ROTATION_MOVES_MAX)
		return;
	m->kind = kind;
	m->which = (uint8_t)which;
	m->sure = sure;
	m->to = *to;
	l->num++;
}

static enum kf_answer boots(const struct list *l, const struct kf_state *s,
			    size_t release)
{
	return (enum kf_answer)l->c->boot[kf_class_cell(
		l->c, l->r->num_releases, s->epoch, s->trust, release)];
}

static uint8_t booted(const struct list *l, uint8_t trust, size_t release)
{
	return l->c->booted[kf_class_pair(l->r->num_releases, trust, release)];
}

/* start boots a device: its slot, the other one, the recovery image. Where it
 * is not known whether one boots, both ends are added, and none is sure. */
static void start(struct list *l, enum kf_move_kind kind, size_t which,
		  struct kf_state s)
{
	struct {
		uint8_t boots, active, other;
		enum kf_state_mode mode;
	} way[] = {
		{ s.active, s.active, s.other, KF_MODE_RUNS },
		{ l->c->two_slots ? s.other : KF_NO_RELEASE, s.other, s.active,
		  KF_MODE_RUNS },
		{ l->c->recovery, s.active, s.other, KF_MODE_RECOVERY },
	};
	bool sure = true;

	for (size_t i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
		struct kf_state to = s;
		enum kf_answer answer;

		if (way[i].boots == KF_NO_RELEASE)
			continue;
		answer = boots(l, &s, way[i].boots);
		if (answer == KF_REJECT)
			continue;
		sure = sure && answer == KF_ACCEPT;
		to.active = way[i].active;
		to.other = way[i].other;
		to.mode = way[i].mode;
		to.trust = booted(l, s.trust, way[i].boots);
		add(l, kind, which, &to, sure);
		if (answer == KF_ACCEPT)
			return;
	}
	s.mode = KF_MODE_DEAD;
	add(l, kind, which, &s, sure);
}

/* reported is the release that the device says it runs. */
static uint8_t reported(const struct kf_rotation_class *c,
			const struct kf_state *s)
{
	return s->mode == KF_MODE_RECOVERY ? c->recovery : s->active;
}

struct kf_sight kf_class_sight(const struct kf_rotation_class *c,
			       const struct kf_state *s)
{
	struct kf_sight out = {
		.phase = s->phase,
		.runs = reported(c, s),
		.other = s->other,
		.holds = c->holds[s->trust],
	};

	return out;
}

enum kf_refusal kf_sight_refusal(const struct kf_sight *s,
				 const struct kf_offer *offer)
{
	const struct kf_gate *g = &offer->gate;

	if (!offer->published || s->phase < offer->from ||
	    s->phase > offer->until)
		return KF_REFUSAL_UNPUBLISHED;
	if (g->releases && !(g->releases >> s->runs & 1))
		return KF_REFUSAL_GATE_RELEASE;
	if (g->releases && g->both && s->other != KF_NO_RELEASE &&
	    !(g->releases >> s->other & 1))
		return KF_REFUSAL_GATE_OTHER;
	if (g->updates & ~s->holds)
		return KF_REFUSAL_GATE_UPDATE;
	return KF_REFUSAL_NONE;
}

static enum kf_refusal of_answer(uint8_t answer)
{
	return answer == KF_ACCEPT ? KF_REFUSAL_NONE :
	       answer == KF_REJECT ? KF_REFUSAL_DEVICE : KF_REFUSAL_UNKNOWN;
}

enum kf_refusal kf_class_refusal(const struct kf_rotation *r,
				 const struct kf_rotation_class *c,
				 const struct kf_schedule *plan,
				 const struct kf_state *at,
				 enum kf_move_kind kind, size_t which)
{
	bool install = kind == KF_MOVE_INSTALL;
	struct kf_sight sight = kf_class_sight(c, at);
	enum kf_refusal why = kf_sight_refusal(&sight, install
					       ? &plan->release[which]
					       : &plan->update[which]);

	if (why != KF_REFUSAL_NONE)
		return why;
	if (!install) {
		if (c->updated[kf_class_pair(r->num_updates, at->trust,
					     which)] == at->trust)
			return KF_REFUSAL_HELD;
		return of_answer(c->update[kf_class_cell(
			c, r->num_updates, at->epoch, at->trust, which)]);
	}
	if (at->active == which && at->mode == KF_MODE_RUNS &&
	    (!c->two_slots || at->other == which))
		return KF_REFUSAL_HELD;
	if (r->requires[which] &&
	    !(r->requires[which] >> reported(c, at) & 1))
		return KF_REFUSAL_REQUIRES;
	return of_answer(c->install[kf_class_cell(
		c, r->num_releases, at->epoch, at->trust, which)]);
}

/* take adds what comes of something that is offered. What may be taken or not
 * is an end that is not sure. */
static void take(struct list *l, const struct kf_schedule *plan,
		 enum kf_move_kind kind, size_t which)
{
	enum kf_refusal why = kf_class_refusal(l->r, l->c, plan, l->from, kind,
					       which);
	struct kf_state s = *l->from;
	size_t first = l->num;

	if (why != KF_REFUSAL_NONE && why != KF_REFUSAL_UNKNOWN)
		return;
	if (kind == KF_MOVE_UPDATE) {
		s.trust = l->c->updated[kf_class_pair(l->r->num_updates,
						      s.trust, which)];
	} else {
		/* The recovery image writes the slot that does not boot. */
		if (l->c->two_slots && s.mode == KF_MODE_RUNS)
			s.other = s.active;
		s.active = (uint8_t)which;
	}
	s.mode = KF_MODE_RUNS;
	start(l, kind, which, s);
	for (size_t i = first; i < l->num; i++)
		l->move[i].sure &= why == KF_REFUSAL_NONE;
}

size_t kf_class_take(struct kf_move *out, const struct kf_rotation *r,
		     const struct kf_rotation_class *c,
		     const struct kf_schedule *plan,
		     const struct kf_state *from, enum kf_move_kind kind,
		     size_t which)
{
	struct list l = { .move = out, .r = r, .c = c, .from = from };

	if (from->mode != KF_MODE_DEAD)
		take(&l, plan, kind, which);
	return l.num;
}

/* recover: the image is asked for, and what it answers is all there is. */
static void recover(struct list *l)
{
	struct kf_state s = *l->from;
	enum kf_answer answer;

	if (l->c->recovery == KF_NO_RELEASE || s.mode != KF_MODE_RUNS)
		return;
	answer = boots(l, &s, l->c->recovery);
	if (answer == KF_REJECT)
		return;
	s.mode = KF_MODE_RECOVERY;
	s.trust = booted(l, s.trust, l->c->recovery);
	add(l, KF_MOVE_RECOVER, 0, &s, answer == KF_ACCEPT);
}

/* by_itself adds what nobody can hold up. */
static void by_itself(struct list *l)
{
	struct kf_state s = *l->from;

	if (s.epoch + 1u < l->r->num_epochs) {
		s.epoch++;
		s.mode = KF_MODE_RUNS;
		start(l, KF_MOVE_TIME, s.epoch, s);
	}
	s = *l->from;
	s.mode = KF_MODE_RUNS;
	start(l, KF_MOVE_RESTART, 0, s);
	if (l->c->two_slots && l->c->slot_may_fail &&
	    s.other != KF_NO_RELEASE && l->from->mode == KF_MODE_RUNS) {
		s.active = s.other;
		s.other = KF_NO_RELEASE;
		start(l, KF_MOVE_FALL_BACK, 0, s);
	}
	recover(l);
	s = *l->from;
	if (l->c->reset[s.trust] != KF_NO_TRUST) {
		s.trust = l->c->reset[s.trust];
		s.active = l->c->factory;
		s.other = KF_NO_RELEASE;
		s.mode = KF_MODE_RUNS;
		start(l, KF_MOVE_RESET, 0, s);
	}
}

size_t kf_class_starts(struct kf_move *out, const struct kf_rotation *r,
		       const struct kf_rotation_class *c)
{
	struct kf_state s = { .phase = c->phase, .trust = c->trust,
			      .active = c->active, .other = c->other,
			      .mode = KF_MODE_RUNS };
	struct kf_state nowhere = { .mode = KF_MODE_DEAD,
				    .active = KF_NO_RELEASE };
	struct list l = { .move = out, .r = r, .c = c, .from = &nowhere };

	start(&l, KF_MOVE_START, 0, s);
	return l.num;
}

size_t kf_class_moves(struct kf_move *out, const struct kf_rotation *r,
		      const struct kf_rotation_class *c,
		      const struct kf_schedule *plan,
		      const struct kf_state *from)
{
	struct list l = { .move = out, .r = r, .c = c, .from = from };
	struct kf_state s = *from;

	if (from->mode == KF_MODE_DEAD)
		return 0;
	if (s.phase + 1u < plan->num_phases) {
		s.phase++;
		add(&l, KF_MOVE_PHASE, s.phase, &s, true);
	}
	for (size_t i = 0; i < r->num_releases; i++)
		take(&l, plan, KF_MOVE_INSTALL, i);
	for (size_t i = 0; i < r->num_updates; i++)
		take(&l, plan, KF_MOVE_UPDATE, i);
	by_itself(&l);
	return l.num;
}

bool kf_class_is_goal(const struct kf_rotation *r,
		      const struct kf_rotation_class *c,
		      const struct kf_state *s, bool retired)
{
	if (s->mode != KF_MODE_RUNS || s->active != r->newest ||
	    c->boot[kf_class_cell(c, r->num_releases, s->epoch, s->trust,
				  s->active)] != KF_ACCEPT)
		return false;
	return !retired || c->retired[s->trust] == KF_ACCEPT;
}
