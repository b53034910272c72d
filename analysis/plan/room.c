/* Goes through the states of a class, breadth first, each of them once.
 */
#include "room.h"

#include <string.h>

enum {
	EDGES_PER_NODE = 12,	/* more than that is seen nowhere */
	MODE_BITS = 2, RELEASE_BITS = 5, TRUST_BITS = 8, EPOCH_BITS = 3,
};

uint32_t kf_state_key(const struct kf_state *s)
{
	uint32_t key = s->phase;

	key = key << EPOCH_BITS | s->epoch;
	key = key << TRUST_BITS | s->trust;
	key = key << RELEASE_BITS | s->active;
	key = key << RELEASE_BITS | s->other;
	return key << MODE_BITS | (uint32_t)s->mode;
}

/* low takes the lowest bits off a key. */
static uint8_t low(uint32_t *key, unsigned bits)
{
	uint32_t value = *key & ((1u << bits) - 1);

	*key >>= bits;
	return (uint8_t)value;
}

struct kf_state kf_state_of(uint32_t key)
{
	struct kf_state s;

	s.mode = (enum kf_state_mode)low(&key, MODE_BITS);
	s.other = low(&key, RELEASE_BITS);
	s.active = low(&key, RELEASE_BITS);
	s.trust = low(&key, TRUST_BITS);
	s.epoch = low(&key, EPOCH_BITS);
	s.phase = (uint8_t)key;
	return s;
}

/* num_slots is a power of two that leaves half of them empty. */
static size_t num_slots(size_t max_nodes)
{
	size_t num = 2;

	while (num < 2 * max_nodes)
		num *= 2;
	return num;
}

enum kf_status kf_room_open(struct kf_room *out, size_t max_nodes,
			    struct kf_arena *arena)
{
	size_t slots = num_slots(max_nodes);

	memset(out, 0, sizeof(*out));
	out->steps = UINT64_MAX;
	out->max_nodes = max_nodes;
	out->max_edges = max_nodes * EDGES_PER_NODE + KF_ROTATION_MOVES_MAX;
	out->node = kf_arena_take(arena, max_nodes * sizeof(*out->node));
	out->edge = kf_arena_take(arena, out->max_edges * sizeof(*out->edge));
	out->slot = kf_arena_take(arena, slots * sizeof(*out->slot));
	out->slot_turn = kf_arena_take(arena, slots * sizeof(*out->slot_turn));
	out->back = kf_arena_take(arena, out->max_edges * sizeof(*out->back));
	out->back_first = kf_arena_take(arena, (max_nodes + 1) *
					sizeof(*out->back_first));
	out->queue = kf_arena_take(arena, max_nodes * sizeof(*out->queue));
	out->mark = kf_arena_take(arena, max_nodes);
	return out->node && out->edge && out->slot && out->slot_turn &&
	       out->back && out->back_first && out->queue && out->mark
		? KF_OK : KF_NO_MEMORY;
}

/* place is the slot of a key, or the empty one where it belongs. */
static size_t place(const struct kf_room *room, uint32_t key)
{
	size_t mask = num_slots(room->max_nodes) - 1;
	size_t at = (size_t)((uint64_t)key * 0x9e3779b97f4a7c15u >> 32) & mask;

	while (room->slot_turn[at] == room->turn &&
	       room->node[room->slot[at]].key != key)
		at = (at + 1) & mask;
	return at;
}

uint32_t kf_room_find(const struct kf_room *room, uint32_t key)
{
	size_t at = place(room, key);

	return room->slot_turn[at] == room->turn ? room->slot[at] : KF_NO_NODE;
}

bool kf_room_spend(struct kf_room *room, size_t steps)
{
	bool enough = steps <= room->steps;

	room->steps = enough ? room->steps - steps : 0;
	return enough;
}

void kf_room_begin(struct kf_room *room)
{
	room->turn++;
	room->num_nodes = room->num_edges = 0;
}

void kf_room_drop(struct kf_room *room, size_t num)
{
	/* What came last went behind all that stood in its way. */
	while (room->num_nodes > num) {
		size_t last = --room->num_nodes;

		room->slot_turn[place(room, room->node[last].key)] = 0;
	}
}

uint32_t kf_room_put(struct kf_room *room, const struct kf_move *move,
		     uint32_t parent)
{
	uint32_t key = kf_state_key(&move->to);
	size_t at = place(room, key);
	struct kf_room_node *node;

	if (room->slot_turn[at] == room->turn)
		return room->slot[at];
	if (room->num_nodes == room->max_nodes)
		return KF_NO_NODE;
	room->slot_turn[at] = room->turn;
	room->slot[at] = (uint32_t)room->num_nodes;
	node = &room->node[room->num_nodes];
	node->key = key;
	node->parent = parent;
	node->kind = (uint8_t)move->kind;
	node->which = move->which;
	node->sure = move->sure;
	room->mark[room->num_nodes] = 0;
	return (uint32_t)room->num_nodes++;
}

/* leave puts the moves out of one node. Fails: false, no room. */
static bool leave(struct kf_room *room, uint32_t from,
		  const struct kf_move *move, size_t num)
{
	if (room->num_edges + num > room->max_edges)
		return false;
	for (size_t i = 0; i < num; i++) {
		struct kf_room_edge *e = &room->edge[room->num_edges++];

		e->to = kf_room_put(room, &move[i], from);
		if (e->to == KF_NO_NODE)
			return false;
		e->kind = (uint8_t)move[i].kind;
		e->which = move[i].which;
		e->sure = move[i].sure;
	}
	return true;
}

bool kf_room_fill(struct kf_room *room, const struct kf_rotation *r,
		  const struct kf_rotation_class *c,
		  const struct kf_schedule *plan)
{
	struct kf_move move[KF_ROTATION_MOVES_MAX];
	size_t num = kf_class_starts(move, r, c);

	kf_room_begin(room);
	for (size_t i = 0; i < num; i++)
		if (kf_room_put(room, &move[i], KF_NO_NODE) == KF_NO_NODE)
			return false;
	for (uint32_t at = 0; at < room->num_nodes; at++) {
		struct kf_state s = kf_state_of(room->node[at].key);

		room->node[at].first_edge = (uint32_t)room->num_edges;
		num = kf_class_moves(move, r, c, plan, &s);
		if (num == KF_ROTATION_MOVES_MAX ||
		    !kf_room_spend(room, num + 1) ||
		    !leave(room, at, move, num))
			return false;
	}
	return true;
}

uint32_t kf_room_edges_end(const struct kf_room *room, uint32_t node)
{
	return node + 1 < room->num_nodes ? room->node[node + 1].first_edge
					  : (uint32_t)room->num_edges;
}

void kf_room_turn(struct kf_room *room)
{
	uint32_t *first = room->back_first, total;

	memset(first, 0, (room->num_nodes + 1) * sizeof(*first));
	for (size_t i = 0; i < room->num_edges; i++)
		first[room->edge[i].to + 1] += room->edge[i].sure;
	for (size_t i = 0; i < room->num_nodes; i++)
		first[i + 1] += first[i];
	total = first[room->num_nodes];
	/* Filled from behind, each start ends where it belongs. */
	for (uint32_t n = (uint32_t)room->num_nodes; n-- > 0;)
		for (uint32_t e = room->node[n].first_edge;
		     e < kf_room_edges_end(room, n); e++)
			if (room->edge[e].sure)
				room->back[--first[room->edge[e].to + 1]] = n;
	for (size_t i = 0; i < room->num_nodes; i++)
		first[i] = first[i + 1];
	first[room->num_nodes] = total;
}

void kf_room_reach(struct kf_room *room, const struct kf_rotation *r,
		   const struct kf_rotation_class *c, bool retired,
		   uint8_t bit)
{
	size_t head = 0, tail = 0;

	for (uint32_t i = 0; i < room->num_nodes; i++) {
		struct kf_state s = kf_state_of(room->node[i].key);

		if (!kf_class_is_goal(r, c, &s, retired))
			continue;
		room->mark[i] |= bit;
		room->queue[tail++] = i;
	}
	while (head < tail) {
		uint32_t at = room->queue[head++];

		for (uint32_t i = room->back_first[at];
		     i < room->back_first[at + 1]; i++) {
			uint32_t from = room->back[i];

			if (room->mark[from] & bit)
				continue;
			room->mark[from] |= bit;
			room->queue[tail++] = from;
		}
	}
}

bool kf_room_fill_all(struct kf_room *room, const struct kf_rotation *r,
		      const struct kf_rotation_class *c)
{
	struct kf_schedule all = { .num_phases = 1 };
	struct kf_rotation_class today = *c;

	today.phase = 0;
	for (size_t i = 0; i < r->num_releases; i++)
		all.release[i].published = true;
	for (size_t i = 0; i < r->num_updates; i++)
		all.update[i].published = true;
	return kf_room_fill(room, r, &today, &all);
}
