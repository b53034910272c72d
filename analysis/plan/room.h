/* All states that a class can come to, and the moves between them. What
 * prove.c and control.c look at.
 */
#ifndef KEYFIT_ANALYSIS_PLAN_ROOM_H
#define KEYFIT_ANALYSIS_PLAN_ROOM_H

#include "rotation.h"

#define KF_NO_NODE UINT32_MAX

/* kf_room_node: its moves are edges `first_edge` to that of the next node. */
struct kf_room_node {
	uint32_t key, parent, first_edge;
	uint8_t kind, which;
	bool sure;		/* the move that found it first */
};

struct kf_room_edge {
	uint32_t to;
	uint8_t kind, which;
	bool sure;
};

uint32_t kf_state_key(const struct kf_state *s);
struct kf_state kf_state_of(uint32_t key);

/* kf_room_spend takes steps. Fails: false, there are not so many left. */
KF_MUST bool kf_room_spend(struct kf_room *room, size_t steps);

/* kf_room_begin empties the room; kf_room_put finds the state that a move
 * leads to, or puts it there (KF_NO_NODE: no room); kf_room_drop takes all out
 * again that came after the first `num`. */
void kf_room_begin(struct kf_room *room);
uint32_t kf_room_put(struct kf_room *room, const struct kf_move *move,
		     uint32_t parent);
void kf_room_drop(struct kf_room *room, size_t num);

/* kf_room_find finds a state; KF_NO_NODE: it was not come to. */
uint32_t kf_room_find(const struct kf_room *room, uint32_t key);

/* kf_room_fill goes through all states, those with fewer moves first.
 * Fails: false, there are more than there is room, or steps, for. */
KF_MUST bool kf_room_fill(struct kf_room *room, const struct kf_rotation *r,
			  const struct kf_rotation_class *c,
			  const struct kf_schedule *plan);

/* kf_room_fill_all does so with everything published, from today on. */
KF_MUST bool kf_room_fill_all(struct kf_room *room,
			      const struct kf_rotation *r,
			      const struct kf_rotation_class *c);

/* kf_room_edges_end is behind the last move of a node. */
uint32_t kf_room_edges_end(const struct kf_room *room, uint32_t node);

/* kf_room_turn makes ready to go back along the moves that are sure. */
void kf_room_turn(struct kf_room *room);

/* kf_room_reach marks with `bit` all nodes out of which a goal is reached by
 * moves that are sure. kf_room_turn comes before it. */
void kf_room_reach(struct kf_room *room, const struct kf_rotation *r,
		   const struct kf_rotation_class *c, bool retired,
		   uint8_t bit);

#endif
