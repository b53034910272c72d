/* Learns from plans that fail. The way to the bad end stays open in each plan
 * that offers what is on it; and nobody gets away from there in a plan that
 * keeps back what leads out of the states around it. Those states are taken as
 * widely as they can be, with all offered that leads to no goal either: then
 * few things are left that could help, and one of them has to be in the plan.
 */
#include "learn.h"

#include "room.h"

#include <string.h>

/* learning is one lesson while it is learnt. */
struct learning {
	struct kf_lessons *l;
	const struct kf_rotation *r;
	const struct kf_rotation_class *c;
	struct kf_room *room;
	struct kf_schedule plan;
	struct kf_schedule most;	/* what may be offered without help */
	enum kf_proven end;
	bool failed;			/* no steps are left */
};

static size_t num_actions(const struct kf_rotation *r)
{
	return r->num_releases + r->num_updates;
}

static enum kf_move_kind kind_of(const struct kf_rotation *r, size_t action)
{
	return action < r->num_releases ? KF_MOVE_INSTALL : KF_MOVE_UPDATE;
}

static size_t which_of(const struct kf_rotation *r, size_t action)
{
	return action < r->num_releases ? action : action - r->num_releases;
}

static struct kf_offer open_offer(size_t phases)
{
	struct kf_offer out = { .published = true,
				.until = (uint8_t)(phases - 1) };

	return out;
}

static bool is_open(const struct kf_offer *o, size_t phases)
{
	return o->published && o->from == 0 && o->until + 1u == phases &&
	       !o->gate.releases && !o->gate.updates;
}

/* see adds to a set of sights. */
static void see(struct kf_sights *set, struct kf_sight sight)
{
	for (size_t i = 0; i < set->num; i++) {
		const struct kf_sight *s = &set->sight[i];

		if (s->phase == sight.phase && s->runs == sight.runs &&
		    s->other == sight.other && s->holds == sight.holds)
			return;
	}
	if (set->num == KF_SIGHTS_MAX)
		set->all = true;
	else
		set->sight[set->num++] = sight;
}

/* see_way takes what has to be offered on the way to a state. */
static void see_way(struct learning *l, uint32_t node)
{
	const struct kf_room_node *n = &l->room->node[node];

	for (; n->parent != KF_NO_NODE; n = &l->room->node[n->parent]) {
		struct kf_state from =
			kf_state_of(l->room->node[n->parent].key);
		size_t action = n->which;

		if (n->kind == KF_MOVE_UPDATE)
			action += l->r->num_releases;
		else if (n->kind != KF_MOVE_INSTALL)
			continue;
		see(&l->l->let[l->end][action], kf_class_sight(l->c, &from));
	}
}

/* go puts the states that moves are sure to lead to. Returns false where one is
 * a goal, or there is no room. */
static bool go(struct learning *l, const struct kf_move *move, size_t num)
{
	if (!kf_room_spend(l->room, num + 1)) {
		l->failed = true;
		return false;
	}
	for (size_t i = 0; i < num; i++) {
		if (!move[i].sure)
			continue;
		if (kf_class_is_goal(l->r, l->c, &move[i].to,
				     l->end == KF_PROVEN_KEEPS) ||
		    kf_room_put(l->room, &move[i], 0) == KF_NO_NODE)
			return false;
	}
	return true;
}

/* spread goes on from all states from `first` on. */
static bool spread(struct learning *l, size_t first)
{
	struct kf_move move[KF_ROTATION_MOVES_MAX];

	for (size_t i = first; i < l->room->num_nodes; i++) {
		struct kf_state s = kf_state_of(l->room->node[i].key);
		size_t num = kf_class_moves(move, l->r, l->c, &l->most, &s);

		if (num == KF_ROTATION_MOVES_MAX || !go(l, move, num))
			return false;
	}
	return true;
}

/* widen offers one thing more, unless a goal is reached by it. */
static void widen(struct learning *l, size_t action)
{
	struct kf_offer *offer = kf_offer_of(l->r, &l->most, action);
	struct kf_offer was = *offer;
	struct kf_move move[KF_ROTATION_MOVES_MAX];
	size_t num = l->room->num_nodes;
	bool helps = false;

	*offer = open_offer(l->most.num_phases);
	for (size_t i = 0; i < num && !helps; i++) {
		struct kf_state s = kf_state_of(l->room->node[i].key);

		helps = !go(l, move, kf_class_take(move, l->r, l->c, &l->most,
						   &s, kind_of(l->r, action),
						   which_of(l->r, action)));
	}
	if (!helps && spread(l, num))
		return;
	kf_room_drop(l->room, num);
	*offer = was;
}

/* see_help takes what an action must not be offered to: those who would get
 * out of the states around. */
static void see_help(struct learning *l, size_t action)
{
	struct kf_move move[KF_ROTATION_MOVES_MAX];
	struct kf_schedule open = l->most;
	struct kf_offer *offer = kf_offer_of(l->r, &open, action);

	if (is_open(offer, open.num_phases))
		return;
	*offer = open_offer(open.num_phases);
	for (size_t n = 0; n < l->room->num_nodes; n++) {
		struct kf_state s = kf_state_of(l->room->node[n].key);
		size_t num = kf_class_take(move, l->r, l->c, &open, &s,
					   kind_of(l->r, action),
					   which_of(l->r, action));

		l->failed |= !kf_room_spend(l->room, num + 1);
		for (size_t i = 0; i < num; i++)
			if (move[i].sure &&
			    kf_room_find(l->room, kf_state_key(&move[i].to)) ==
			    KF_NO_NODE)
				see(&l->l->kept[action],
				    kf_class_sight(l->c, &s));
	}
}

/* look_around goes through the states out of which no goal is reached. */
static void look_around(struct learning *l, const struct kf_state *around)
{
	struct kf_move first = { .to = *around };

	kf_room_begin(l->room);
	if (kf_room_put(l->room, &first, KF_NO_NODE) == KF_NO_NODE ||
	    !spread(l, 0)) {
		l->failed = true;
		return;
	}
	/* What the plan has already comes first: what is missing is told. */
	for (size_t i = 0; i < 2 * num_actions(l->r) && !l->failed; i++) {
		size_t action = i % num_actions(l->r);

		if ((i < num_actions(l->r)) ==
		    kf_offer_of(l->r, &l->plan, action)->published)
			widen(l, action);
	}
	for (size_t i = 0; i < num_actions(l->r) && !l->failed; i++)
		see_help(l, i);
}

/* keep_part copies what was seen of one action. Fails: false, no memory. */
static bool keep_part(struct kf_lessons *l, enum kf_proven end,
		      struct kf_lesson *lesson, size_t action)
{
	const struct kf_sights *let = &l->let[end][action];
	const struct kf_sights *kept = &l->kept[action];
	struct kf_lesson_part *part = &lesson->part[lesson->num_parts];
	size_t size = sizeof(*part->sight);
	struct kf_sight *sight;

	if (let->num + kept->num == 0)
		return true;
	sight = kf_arena_take(l->arena, (let->num + kept->num) * size);
	if (!sight)
		return false;
	memcpy(sight, let->sight, let->num * size);
	memcpy(sight + let->num, kept->sight, kept->num * size);
	part->action = (uint8_t)action;
	part->num_let = (uint16_t)let->num;
	part->num_kept = (uint16_t)kept->num;
	part->all_let = let->all;
	part->all_kept = kept->all;
	part->sight = sight;
	lesson->num_parts++;
	return true;
}

static bool keep(struct kf_lessons *l, enum kf_proven end, size_t phases)
{
	struct kf_lesson *lesson = kf_arena_take(l->arena, sizeof(*lesson));
	size_t num = num_actions(l->r);

	if (!lesson || l->num == KF_LESSONS_MAX)
		return false;
	lesson->phases = phases;
	lesson->num_parts = 0;
	lesson->part = kf_arena_take(l->arena, num * sizeof(*lesson->part));
	if (!lesson->part)
		return false;
	for (size_t i = 0; i < num; i++)
		if (!keep_part(l, end, lesson, i))
			return false;
	l->lesson[l->num++] = lesson;
	return true;
}

struct kf_lessons *kf_lessons_open(const struct kf_rotation *r,
				   struct kf_arena *arena)
{
	struct kf_lessons *out = kf_arena_take(arena, sizeof(*out));

	if (!out)
		return NULL;
	out->r = r;
	out->arena = arena;
	out->num = 0;
	out->lesson = kf_arena_take(arena, KF_LESSONS_MAX *
				    sizeof(struct kf_lesson *));
	return out->lesson ? out : NULL;
}

/* is_met tells whether a proof came to a bad end of this kind. */
static bool is_met(const struct kf_class_proof *proof, enum kf_proven end)
{
	return end == KF_PROVEN_DIES ? proof->num_dead
		: end == KF_PROVEN_STRANDS ? proof->num_stranded
		: proof->num_keeping;
}

bool kf_lessons_learn(struct kf_lessons *l, const struct kf_class_proof *proof,
		      const struct kf_rotation_class *c,
		      const struct kf_schedule *plan, struct kf_room *room)
{
	struct learning one = { .l = l, .r = l->r, .c = c, .room = room,
				.plan = *plan };
	struct kf_state around[KF_NUM_PROVEN];

	memset(l->let, 0, sizeof(l->let));
	for (one.end = KF_PROVEN_DIES; one.end < KF_NUM_PROVEN; one.end++) {
		if (!is_met(proof, one.end))
			continue;
		around[one.end] =
			kf_state_of(room->node[proof->first[one.end]].key);
		see_way(&one, proof->first[one.end]);
	}
	for (one.end = KF_PROVEN_DIES; one.end < KF_NUM_PROVEN; one.end++) {
		if (!is_met(proof, one.end))
			continue;
		memset(l->kept, 0, sizeof(l->kept));
		one.most = *plan;
		if (one.end != KF_PROVEN_DIES)
			look_around(&one, &around[one.end]);
		if (one.failed || !keep(l, one.end, plan->num_phases))
			return false;
	}
	return true;
}

bool kf_lesson_stays(const struct kf_lesson *lesson,
		     const struct kf_lesson_part *part,
		     const struct kf_offer *offer)
{
	if ((part->all_let && !is_open(offer, lesson->phases)) ||
	    (part->all_kept && offer->published))
		return false;
	for (size_t i = 0; i < (size_t)part->num_let + part->num_kept; i++) {
		bool offered = kf_sight_refusal(&part->sight[i], offer) ==
			       KF_REFUSAL_NONE;

		if (offered != (i < part->num_let))
			return false;
	}
	return true;
}

bool kf_lesson_refutes(const struct kf_lesson *lesson,
		       const struct kf_rotation *r, struct kf_schedule *plan)
{
	if (lesson->phases != plan->num_phases)
		return false;
	for (size_t i = 0; i < lesson->num_parts; i++) {
		const struct kf_lesson_part *part = &lesson->part[i];

		if (!kf_lesson_stays(lesson, part,
				     kf_offer_of(r, plan, part->action)))
			return false;
	}
	return true;
}

const struct kf_lesson *kf_lessons_refute(struct kf_lessons *l,
					  const struct kf_schedule *plan,
					  struct kf_room *room)
{
	struct kf_schedule copy = *plan;

	for (size_t i = 0; i < l->num && kf_room_spend(room, 1); i++) {
		struct kf_lesson *found = l->lesson[i];

		if (!kf_lesson_refutes(found, l->r, &copy))
			continue;
		memmove(&l->lesson[1], &l->lesson[0],
			i * sizeof(struct kf_lesson *));
		l->lesson[0] = found;
		return found;
	}
	return NULL;
}
