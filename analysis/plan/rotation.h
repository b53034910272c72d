/* A change of keys over devices that come and go: is there a state out of which
 * a device never gets to the newest release again, and an order of steps in
 * which there is none?
 *
 * Nothing here knows a key. Whoever asks has put the verifiers' answers into
 * tables before: what installs, what boots and what an update leaves, for each
 * trust that a device of a class can come to have. What is too large to be
 * looked at whole is not proven, and never called safe.
 */
#ifndef KEYFIT_ANALYSIS_PLAN_ROTATION_H
#define KEYFIT_ANALYSIS_PLAN_ROTATION_H

#include <keyfit/check.h>

enum {
	KF_ROTATION_RELEASES_MAX = 24,
	KF_ROTATION_UPDATES_MAX = 24,
	KF_ROTATION_CLASSES_MAX = 1024,
	KF_ROTATION_TRUSTS_MAX = 250,	/* of one class */
	KF_ROTATION_EPOCHS_MAX = 8,
	KF_ROTATION_PHASES_MAX = 8,
	KF_ROTATION_STORY_MAX = 48,
	KF_ROTATION_MOVES_MAX = 256,	/* out of one state */
	KF_NO_RELEASE = 31,
	KF_NO_TRUST = 255,
};

/* kf_rotation_class is all devices that decide alike, and start alike. In the
 * tables KF_ACCEPT is a yes, KF_REJECT a no; KF_UNDECIDED is taken for a no
 * where something is to be reached, and for both where something may break.
 * kf_class_cell and kf_class_pair index them. */
struct kf_rotation_class {
	const char *name;
	size_t num_trusts;
	uint8_t *install;	/* [epoch][trust][release] */
	uint8_t *boot;		/* [epoch][trust][release] */
	uint8_t *update;	/* [epoch][trust][update] */
	uint8_t *updated;	/* [trust][update]: the trust that it leaves */
	uint8_t *booted;	/* [trust][release]: the trust that booting it
				 * leaves: counters that rise, a keyring that
				 * comes with a release */
	uint8_t *reset;		/* [trust]: the trust after a factory reset;
				 * KF_NO_TRUST: there is no such thing */
	uint8_t *retired;	/* [trust]: KF_ACCEPT, the old key is refused */
	uint32_t *holds;	/* [trust]: the updates that it has in it */
	uint8_t trust, active, other;	/* at the start */
	uint8_t phase;		/* of the plan, at the start */
	uint8_t factory;	/* the release that a reset brings back */
	uint8_t recovery;	/* that boots where nothing else does, and
				 * when somebody asks for it; KF_NO_RELEASE */
	bool two_slots;
	bool slot_may_fail;	/* and then the other slot is booted */
	bool may_keep;		/* the old key need not be refused by it */
	bool is_lost;		/* it need not come to the newest release, but
				 * has to boot */
};

/* kf_rotation is the question. */
struct kf_rotation {
	size_t num_releases, num_updates, num_epochs;
	uint8_t newest;
	bool retires;
	/* Of each release: the releases over which it installs; 0: all. */
	uint32_t requires[KF_ROTATION_RELEASES_MAX];
	/* What is published today, and would have to be withdrawn. */
	uint32_t released, updating;
	const struct kf_rotation_class *class_;
	size_t num_classes;
};

/* kf_gate is what a device has to report before it is offered something.
 * 0: no matter. */
struct kf_gate {
	uint32_t releases;	/* it runs one of these */
	bool both;		/* its other slot too, or it is empty */
	uint32_t updates;	/* it holds all of these */
};

/* kf_sight is what a device reports in a phase: all that a gate knows of it. */
struct kf_sight {
	uint8_t phase;
	uint8_t runs, other;	/* releases */
	uint32_t holds;		/* updates */
};

/* kf_offer is when something is offered: in the phases `from` to `until`, both
 * counted, or never. */
struct kf_offer {
	bool published;
	uint8_t from, until;
	struct kf_gate gate;
};

/* kf_schedule is a plan. */
struct kf_schedule {
	size_t num_phases;
	struct kf_offer release[KF_ROTATION_RELEASES_MAX];
	struct kf_offer update[KF_ROTATION_UPDATES_MAX];
};

enum kf_state_mode {
	KF_MODE_RUNS = 0,
	KF_MODE_RECOVERY,
	KF_MODE_DEAD,		/* nothing boots */
};

/* kf_state is one device, in one phase, at one time. */
struct kf_state {
	uint8_t phase, epoch, trust, active, other;
	enum kf_state_mode mode;
};

enum kf_move_kind {
	KF_MOVE_START = 0,
	KF_MOVE_PHASE,		/* the plan goes on */
	KF_MOVE_TIME,		/* a date passes */
	KF_MOVE_INSTALL,
	KF_MOVE_UPDATE,
	KF_MOVE_RESTART,
	KF_MOVE_FALL_BACK,	/* the slot that runs fails */
	KF_MOVE_RECOVER,	/* somebody boots the recovery image */
	KF_MOVE_RESET,		/* somebody resets it */
	KF_NUM_MOVES,
};

/* kf_move leads to a state. `sure` false: it may, for all that is known. */
struct kf_move {
	enum kf_move_kind kind;
	uint8_t which;		/* the release, the update */
	bool sure;
	struct kf_state to;
};

/* Why something is not taken that could be offered. */
enum kf_refusal {
	KF_REFUSAL_NONE = 0,	/* it is taken */
	KF_REFUSAL_UNPUBLISHED,
	KF_REFUSAL_GATE_RELEASE,
	KF_REFUSAL_GATE_OTHER,	/* the other slot */
	KF_REFUSAL_GATE_UPDATE,
	KF_REFUSAL_REQUIRES,
	KF_REFUSAL_DEVICE,	/* its verifier refuses it */
	KF_REFUSAL_UNKNOWN,	/* nobody knows */
	KF_REFUSAL_HELD,	/* it has it already */
};

enum kf_proven {
	KF_PROVEN_NOT = 0,	/* too large to be looked at */
	KF_PROVEN_SAFE,
	KF_PROVEN_DIES,		/* some device does not boot */
	KF_PROVEN_STRANDS,	/* or never gets to the newest release */
	KF_PROVEN_KEEPS,	/* or trusts the old key for ever */
	KF_NUM_PROVEN,
};

/* kf_story is the shortest way to a bad end; move 0 is the start. */
struct kf_story {
	struct kf_move move[KF_ROTATION_STORY_MAX];
	size_t num;
	bool cut;		/* it is longer */
	bool sure;		/* it follows from what is known */
};

/* kf_class_proof is what was found for one class. `worst` is the worst of all
 * ends, and the story the shortest way to one such. */
struct kf_class_proof {
	enum kf_proven worst;
	size_t num_nodes;	/* states in each phase */
	size_t num_states;	/* without their phase */
	size_t num_edges;
	size_t num_dead, num_stranded, num_keeping;
	struct kf_story story;
	/* The first state of each bad end, in the room. */
	uint32_t first[KF_NUM_PROVEN];
	/* The first step at which the old key, or without one to retire the
	 * release of the start, is refused; KF_MOVE_START: there is none. */
	struct kf_move no_return;
	uint8_t no_return_phase;
};

/* kf_room is memory to look in, used again and again. `steps` is the effort
 * that is left: each move that is looked at takes one. What ends for want of
 * steps ends so on every machine, and is not proven. */
struct kf_room_node;
struct kf_room_edge;
struct kf_room {
	uint64_t steps;
	size_t max_nodes, max_edges, num_nodes, num_edges;
	struct kf_room_node *node;
	struct kf_room_edge *edge;
	uint32_t *slot, *slot_turn, turn;
	uint32_t *back, *back_first;
	uint32_t *queue;
	uint8_t *mark;
};

static inline size_t kf_class_cell(const struct kf_rotation_class *c,
				   size_t num, size_t epoch, size_t trust,
				   size_t which)
{
	return (epoch * c->num_trusts + trust) * num + which;
}

static inline size_t kf_class_pair(size_t num, size_t trust, size_t which)
{
	return trust * num + which;
}

/* kf_room_open takes room for `max_nodes` states, with no end of steps.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_room_open(struct kf_room *out, size_t max_nodes,
				    struct kf_arena *arena);

/* kf_rotation_sound tells whether tables and plan index nothing that is not
 * there; the other functions take that for granted. */
bool kf_rotation_sound(const struct kf_rotation *r);
bool kf_schedule_sound(const struct kf_rotation *r,
		       const struct kf_schedule *plan);

/* kf_class_moves fills `out`, of KF_ROTATION_MOVES_MAX, with all that can
 * happen to a device; what changes nothing is left out. Moves of one kind and
 * number that stand together are the possible ends of one. */
size_t kf_class_moves(struct kf_move *out, const struct kf_rotation *r,
		      const struct kf_rotation_class *c,
		      const struct kf_schedule *plan,
		      const struct kf_state *from);

/* kf_class_take fills `out`, as large, with what comes of one release or update
 * that is offered. */
size_t kf_class_take(struct kf_move *out, const struct kf_rotation *r,
		     const struct kf_rotation_class *c,
		     const struct kf_schedule *plan,
		     const struct kf_state *from, enum kf_move_kind kind,
		     size_t which);

/* kf_class_starts fills `out` with the states of the start: the device has
 * booted, if it does. */
size_t kf_class_starts(struct kf_move *out, const struct kf_rotation *r,
		       const struct kf_rotation_class *c);

/* kf_class_sight is what a device in a state reports; kf_sight_refusal tells
 * why something is not offered to it, KF_REFUSAL_NONE: it is. */
struct kf_sight kf_class_sight(const struct kf_rotation_class *c,
			       const struct kf_state *s);
enum kf_refusal kf_sight_refusal(const struct kf_sight *s,
				 const struct kf_offer *offer);

/* kf_class_refusal tells why a release or an update is not taken. */
enum kf_refusal kf_class_refusal(const struct kf_rotation *r,
				 const struct kf_rotation_class *c,
				 const struct kf_schedule *plan,
				 const struct kf_state *at,
				 enum kf_move_kind kind, size_t which);

/* kf_class_prove looks at all that can happen to the devices of a class. */
void kf_class_prove(struct kf_class_proof *out, const struct kf_rotation *r,
		    const struct kf_rotation_class *c,
		    const struct kf_schedule *plan, struct kf_room *room);

/* kf_class_best tells what the best of all plans can do for a class, whatever
 * its phases and gates: KF_PROVEN_SAFE; KF_PROVEN_KEEPS, to get to the newest
 * release, but not to refuse the old key; KF_PROVEN_STRANDS, nothing;
 * KF_PROVEN_NOT. */
enum kf_proven kf_class_best(const struct kf_rotation *r,
			     const struct kf_rotation_class *c,
			     struct kf_room *room);

/* kf_class_is_goal: it runs the newest release, and, `retired`, refuses the
 * old key. */
bool kf_class_is_goal(const struct kf_rotation *r,
		      const struct kf_rotation_class *c,
		      const struct kf_state *s, bool retired);

#endif
