/* What the best of all plans can do. Somebody who knew the state of each device
 * would offer it only what leads on, and could hold up neither time nor a
 * restart. What even that one cannot save, no plan can, since phases and gates
 * only tell some of those states apart.
 *
 * Source: Ramadge, Wonham, "Supervisory control of a class of discrete event
 * processes", SIAM J. Control Optim. 25 (1987): the largest set of states that
 * is closed under what cannot be held up, with a goal in reach.
 */
#include "room.h"

#include <string.h>

enum {
	IS_GOOD = 4,
	REACHES = 8,
};

static bool is_offered(const struct kf_room_edge *e)
{
	return e->kind == KF_MOVE_INSTALL || e->kind == KF_MOVE_UPDATE;
}

static bool is_good(const struct kf_room *room, uint32_t node)
{
	return room->mark[node] & IS_GOOD;
}

/* group_end is behind the last of the ends that one move may have; `*good`
 * tells whether all of them are. */
static uint32_t group_end(const struct kf_room *room, uint32_t first,
			  uint32_t end, bool *good)
{
	const struct kf_room_edge *e = &room->edge[first];
	uint32_t i = first;

	*good = true;
	for (; i < end && room->edge[i].kind == e->kind &&
	       room->edge[i].which == e->which; i++)
		*good &= is_good(room, room->edge[i].to);
	return i;
}

/* leads tells whether a move out of a node is sure to get nearer. */
static bool leads(const struct kf_room *room, uint32_t node)
{
	uint32_t end = kf_room_edges_end(room, node), next;

	for (uint32_t i = room->node[node].first_edge; i < end; i = next) {
		bool good;

		next = group_end(room, i, end, &good);
		if (good && room->edge[i].sure &&
		    (room->mark[room->edge[i].to] & REACHES))
			return true;
	}
	return false;
}

/* is_held tells whether nothing that comes by itself leads out of what is
 * good. */
static bool is_held(const struct kf_room *room, uint32_t node)
{
	for (uint32_t i = room->node[node].first_edge;
	     i < kf_room_edges_end(room, node); i++)
		if (!is_offered(&room->edge[i]) &&
		    !is_good(room, room->edge[i].to))
			return false;
	return true;
}

/* reach marks what gets to a goal without leaving what is good. */
static void reach(struct kf_room *room, const struct kf_rotation *r,
		  const struct kf_rotation_class *c, bool retired)
{
	bool more = true;

	for (uint32_t i = 0; i < room->num_nodes; i++) {
		struct kf_state s = kf_state_of(room->node[i].key);

		room->mark[i] &= (uint8_t)~REACHES;
		if (is_good(room, i) && kf_class_is_goal(r, c, &s, retired))
			room->mark[i] |= REACHES;
	}
	while (more && kf_room_spend(room, room->num_edges)) {
		more = false;
		for (uint32_t i = (uint32_t)room->num_nodes; i-- > 0;) {
			if (!is_good(room, i) || (room->mark[i] & REACHES) ||
			    !leads(room, i))
				continue;
			room->mark[i] |= REACHES;
			more = true;
		}
	}
}

/* shrink takes what is not good out, until nothing changes. Returns whether
 * the start is still in it. */
static bool shrink(struct kf_room *room, const struct kf_rotation *r,
		   const struct kf_rotation_class *c, bool retired)
{
	bool more = true;

	for (uint32_t i = 0; i < room->num_nodes; i++)
		room->mark[i] = kf_state_of(room->node[i].key).mode ==
				KF_MODE_DEAD ? 0 : IS_GOOD;
	while (more && room->steps) {
		more = false;
		reach(room, r, c, retired);
		for (uint32_t i = 0; i < room->num_nodes; i++) {
			if (!is_good(room, i) ||
			    ((room->mark[i] & REACHES) && is_held(room, i)))
				continue;
			room->mark[i] = 0;
			more = true;
		}
	}
	for (uint32_t i = 0; i < room->num_nodes; i++)
		if (room->node[i].parent == KF_NO_NODE && !is_good(room, i))
			return false;
	return true;
}

enum kf_proven kf_class_best(const struct kf_rotation *r,
			     const struct kf_rotation_class *c,
			     struct kf_room *room)
{
	enum kf_proven best;

	if (!kf_room_fill_all(room, r, c))
		return KF_PROVEN_NOT;
	best = shrink(room, r, c, r->retires && !c->may_keep)
		? KF_PROVEN_SAFE : KF_PROVEN_STRANDS;
	if (best == KF_PROVEN_STRANDS && r->retires && !c->may_keep &&
	    shrink(room, r, c, false))
		best = KF_PROVEN_KEEPS;
	return room->steps ? best : KF_PROVEN_NOT;
}
