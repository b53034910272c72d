/* The gates that are tried: what a device runs, and which updates it holds.
 */
#include "make.h"

enum {
	SUBSETS_OF = 5,		/* of so many releases all sets are tried; of
				 * more, each one and those from one on */
	UPDATES_IN_GATE = 2,
	ATOMS_MAX = UPDATES_IN_GATE + 2,
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

/* is_tried: a set of releases of `num`, not all of them. */
static bool is_tried(uint32_t set, size_t num)
{
	uint32_t all = (1u << num) - 1;

	if (num <= SUBSETS_OF || count(set) == 1)
		return true;
	return set == (all & ~((set & -set) - 1));
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
		for (uint32_t set = all; set-- > 1;) {
			if (count(set) != size ||
			    !is_tried(set, r->num_releases))
				continue;
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
