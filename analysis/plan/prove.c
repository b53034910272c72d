/* Proves a plan for one class, or finds the shortest way to the worst end.
 */
#include "room.h"

#include <string.h>

enum {
	REACHES_NEWEST = 1,
	REACHES_RETIRED = 2,
};

/* end_of is what becomes of a device that is in a state. */
static enum kf_proven end_of(const struct kf_rotation *r,
			     const struct kf_rotation_class *c,
			     const struct kf_room *room, uint32_t node)
{
	struct kf_state s = kf_state_of(room->node[node].key);

	if (s.mode == KF_MODE_DEAD)
		return KF_PROVEN_DIES;
	if (c->is_lost)
		return KF_PROVEN_SAFE;
	if (!(room->mark[node] & REACHES_NEWEST))
		return KF_PROVEN_STRANDS;
	if (r->retires && !c->may_keep &&
	    !(room->mark[node] & REACHES_RETIRED))
		return KF_PROVEN_KEEPS;
	return KF_PROVEN_SAFE;
}

/* is_first tells whether a state is not there in an earlier phase. */
static bool is_first(const struct kf_room *room, uint32_t node)
{
	struct kf_state s = kf_state_of(room->node[node].key);

	while (s.phase > 0) {
		s.phase--;
		if (kf_room_find(room, kf_state_key(&s)) != KF_NO_NODE)
			return false;
	}
	return true;
}

/* tell writes the way to a node, from its end. */
static void tell(struct kf_story *out, const struct kf_room *room,
		 uint32_t node)
{
	size_t num = 1;

	for (uint32_t n = node; room->node[n].parent != KF_NO_NODE; num++)
		n = room->node[n].parent;
	out->cut = num > KF_ROTATION_STORY_MAX;
	out->num = out->cut ? KF_ROTATION_STORY_MAX : num;
	out->sure = true;
	while (num-- > 0) {
		const struct kf_room_node *n = &room->node[node];

		out->sure &= n->sure;
		if (num < out->num) {
			struct kf_move *m = &out->move[num];

			m->kind = (enum kf_move_kind)n->kind;
			m->which = n->which;
			m->sure = n->sure;
			m->to = kf_state_of(n->key);
		}
		node = n->parent;
	}
}

/* refuses_old: the old key is refused; without one to retire, the release that
 * the device had at the start does not boot. */
static bool refuses_old(const struct kf_rotation *r,
			const struct kf_rotation_class *c,
			const struct kf_state *s)
{
	if (r->retires)
		return c->retired[s->trust] == KF_ACCEPT;
	return c->boot[kf_class_cell(c, r->num_releases, s->epoch, s->trust,
				     c->active)] != KF_ACCEPT;
}

/* find_no_return finds the first step that takes the way back. */
static void find_no_return(struct kf_class_proof *out,
			   const struct kf_rotation *r,
			   const struct kf_rotation_class *c,
			   const struct kf_room *room)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t n = 0; n < room->num_nodes; n++) {
		struct kf_state s = kf_state_of(room->node[n].key);

		if (s.phase >= best || refuses_old(r, c, &s))
			continue;
		for (uint32_t i = room->node[n].first_edge;
		     i < kf_room_edges_end(room, n); i++) {
			const struct kf_room_edge *e = &room->edge[i];
			struct kf_state to =
				kf_state_of(room->node[e->to].key);

			if (!refuses_old(r, c, &to))
				continue;
			best = s.phase;
			out->no_return_phase = s.phase;
			out->no_return.kind = (enum kf_move_kind)e->kind;
			out->no_return.which = e->which;
			out->no_return.sure = e->sure;
			out->no_return.to = to;
			break;
		}
	}
}

void kf_class_prove(struct kf_class_proof *out, const struct kf_rotation *r,
		    const struct kf_rotation_class *c,
		    const struct kf_schedule *plan, struct kf_room *room)
{
	size_t *const count[KF_NUM_PROVEN] = {
		[KF_PROVEN_DIES] = &out->num_dead,
		[KF_PROVEN_STRANDS] = &out->num_stranded,
		[KF_PROVEN_KEEPS] = &out->num_keeping,
	};

	memset(out, 0, sizeof(*out));
	if (!kf_room_fill(room, r, c, plan))
		return;
	kf_room_turn(room);
	kf_room_reach(room, r, c, false, REACHES_NEWEST);
	if (r->retires)
		kf_room_reach(room, r, c, true, REACHES_RETIRED);
	out->worst = KF_PROVEN_SAFE;
	out->num_nodes = room->num_nodes;
	out->num_edges = room->num_edges;
	for (uint32_t i = 0; i < room->num_nodes; i++) {
		enum kf_proven end = end_of(r, c, room, i);

		out->num_states += is_first(room, i);
		if (end == KF_PROVEN_SAFE)
			continue;
		if ((*count[end])++ == 0)
			out->first[end] = i;
		if (out->worst != KF_PROVEN_SAFE && out->worst <= end)
			continue;
		out->worst = end;
		tell(&out->story, room, i);
	}
	find_no_return(out, r, c, room);
}
