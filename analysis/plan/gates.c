/* The gates that are tried: what a device runs, and which updates it holds.
 */
#include "make.h"

#include "room.h"

#include <string.h>

enum {
	SUBSETS_OF = 5,		/* of so many releases all sets are tried; of
				 * more, each one and those from one on */
	UPDATES_IN_GATE = 2,
	ATOMS_MAX = UPDATES_IN_GATE + 2,
	SEEN_MAX = 1024,	/* reports that gates are told apart by */
};

/* seen is all that devices may ever report; `passes` is of one gate after the
 * other, a bit for each report. */
struct seen {
	struct kf_sight sight[SEEN_MAX];
	size_t num;
	uint8_t (*passes)[SEEN_MAX / 8];
};

static unsigned count(uint32_t set)
{
	unsigned num = 0;

	for (; set; set &= set - 1)
		num++;
	return num;
}

static bool has_slots(const struct kf_rotation *r)
{
	for (size_t i = 0; i < r->num_classes; i++)
		if (r->class_[i].two_slots)
			return true;
	return false;
}

/* next_set is the set of so many releases that is tried behind another one,
 * `before`; the first one is behind all of them. 0: there is none. */
static uint32_t next_set(uint32_t before, size_t size, size_t num)
{
	uint32_t all = (1u << num) - 1, last = all & ~(all >> size);

	if (num > SUBSETS_OF) {
		if (size == 1)
			return before == all ? 1u << (num - 1) : before >> 1;
		return before == all ? last : 0;
	}
	while (--before > 0)
		if (count(before) == size)
			return before;
	return 0;
}

/* put adds the gates of one set of updates, the narrow ones first: what they
 * let through is what was proven, and no more. */
static size_t put(struct kf_gate *out, size_t num, const struct kf_rotation *r,
		  uint32_t updates, unsigned atoms)
{
	uint32_t all = (1u << r->num_releases) - 1;
	unsigned left = atoms - count(updates);

	if (left == 0 && num < KF_GATES_MAX) {
		out[num].releases = 0;
		out[num].both = false;
		out[num++].updates = updates;
	}
	if (left == 0 || left > 2 || (left == 2 && !has_slots(r)))
		return num;
	for (size_t size = 1; size < r->num_releases; size++) {
		for (uint32_t set = next_set(all, size, r->num_releases); set;
		     set = next_set(set, size, r->num_releases)) {
			if (num == KF_GATES_MAX)
				return num;
			out[num].releases = set;
			out[num].both = left == 2;
			out[num++].updates = updates;
		}
	}
	return num;
}

size_t kf_gates(struct kf_gate *out, const struct kf_rotation *r)
{
	size_t num = 0, n = r->num_updates;

	for (unsigned atoms = 1; atoms <= ATOMS_MAX; atoms++) {
		num = put(out, num, r, 0, atoms);
		for (size_t i = 0; i < n; i++)
			num = put(out, num, r, 1u << i, atoms);
		for (size_t i = 0; i < n && atoms > 1; i++)
			for (size_t k = i + 1; k < n; k++)
				num = put(out, num, r, 1u << i | 1u << k,
					  atoms);
	}
	return num;
}

static bool is_same(const struct kf_sight *a, const struct kf_sight *b)
{
	return a->runs == b->runs && a->other == b->other &&
	       a->holds == b->holds;
}

/* see_all takes what devices of a class report, with everything published.
 * Fails: false, it is too much. */
static bool see_all(struct seen *seen, const struct kf_rotation *r,
		    const struct kf_rotation_class *c, struct kf_room *room)
{
	if (!kf_room_fill_all(room, r, c))
		return false;
	for (size_t i = 0; i < room->num_nodes; i++) {
		struct kf_state s = kf_state_of(room->node[i].key);
		struct kf_sight sight = kf_class_sight(c, &s);
		size_t k = 0;

		while (k < seen->num && !is_same(&seen->sight[k], &sight))
			k++;
		if (k == SEEN_MAX)
			return false;
		seen->sight[k] = sight;
		seen->num += k == seen->num;
	}
	return true;
}

/* note_passes notes whom a gate lets through. Returns whether it is some of
 * them, and not all. */
static bool note_passes(struct seen *seen, size_t at,
			const struct kf_gate *gate)
{
	struct kf_offer offer = { .published = true, .gate = *gate };
	size_t num = 0;

	memset(seen->passes[at], 0, sizeof(seen->passes[at]));
	for (size_t i = 0; i < seen->num; i++) {
		if (kf_sight_refusal(&seen->sight[i], &offer) !=
		    KF_REFUSAL_NONE)
			continue;
		seen->passes[at][i / 8] |= (uint8_t)(1u << i % 8);
		num++;
	}
	return num > 0 && num < seen->num;
}

size_t kf_gates_apart(struct kf_gate *gate, size_t num,
		      const struct kf_rotation *r, struct kf_room *room,
		      struct kf_arena *arena)
{
	struct seen *seen = kf_arena_take(arena, sizeof(*seen));
	size_t kept = 0;

	if (!seen)
		return num;
	seen->num = 0;
	seen->passes = kf_arena_take(arena, num * sizeof(*seen->passes));
	for (size_t i = 0; i < r->num_classes; i++)
		if (!seen->passes || !see_all(seen, r, &r->class_[i], room))
			return num;
	for (size_t i = 0; i < num; i++) {
		bool apart = note_passes(seen, kept, &gate[i]);

		for (size_t k = 0; k < kept && apart; k++)
			apart = memcmp(seen->passes[k], seen->passes[kept],
				       sizeof(*seen->passes)) != 0;
		if (apart)
			gate[kept++] = gate[i];
	}
	return kept;
}
