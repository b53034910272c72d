/* The first names of the devices that share an answer.
 */
#include "matrix_change.h"

#include "say.h"

#include <stdlib.h>
#include <string.h>

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

/* keep keeps a name where it is among the first. Fails: false. */
static bool keep(struct kf_first_names *first, struct kf_bytes name)
{
	size_t at = first->num;
	char *copy;

	while (at > 0) {
		const char *other = first->name[at - 1];
		size_t len = strlen(other);
		int order = memcmp(other, name.data,
				   len < name.len ? len : name.len);

		if (order < 0 || (order == 0 && len < name.len))
			break;
		at--;
	}
	if (at == KF_MATRIX_NAMES)
		return true;
	copy = strndup((const char *)name.data, name.len);
	if (!copy)
		return false;
	if (first->num == KF_MATRIX_NAMES)
		free(first->name[--first->num]);
	memmove(first->name + at + 1, first->name + at,
		(first->num - at) * sizeof(first->name[0]));
	first->name[at] = copy;
	first->num++;
	return true;
}

void kf_first_names_close(struct kf_first_names *first)
{
	while (first->num)
		free(first->name[--first->num]);
}

/* naming is a class whose first names are handed out to its cells, or to what
 * turns for it. */
struct naming {
	struct kf_matrix *m;
	const uint32_t *cell;
	struct kf_turns *turns;	/* NULL: cells are named */
	size_t first, num;
	bool failed;
};

static void name_cells(void *self, struct kf_bytes name)
{
	struct naming *n = self;

	for (size_t i = 0; i < n->num && name.len; i++)
		n->failed |= !keep(&n->m->cell[n->cell[i]].first, name);
}

static void name_turns(void *self, struct kf_bytes name)
{
	struct naming *n = self;
	struct kf_turns *t = n->turns;

	for (size_t i = 0; i < n->num && name.len; i++)
		n->failed |= !keep(&t->turn[t->of[n->first + i].turn].first,
				   name);
}

static enum kf_status name_class(struct naming *n, size_t class,
				 struct kf_fault *why)
{
	struct kf_matrix *m = n->m;
	enum kf_status status = kf_fleet_names(m->fleet, m->class[class].id,
					       &m->choice, KF_MATRIX_NAMES,
					       n->turns ? name_turns
							: name_cells,
					       n, why);

	if (class % 256 == 0)
		kf_progress("classes named", class, m->num_classes);
	return status == KF_OK && n->failed ? no_memory(why) : status;
}

enum kf_status kf_matrix_name(struct kf_matrix *m, struct kf_fault *why)
{
	enum kf_status status = KF_OK;

	for (size_t c = 0; c < m->num_classes && status == KF_OK; c++) {
		struct naming n = { .m = m };

		n.cell = kf_matrix_cells(m, c, &n.num);
		status = name_class(&n, c, why);
	}
	kf_progress("", 0, 0);
	return status;
}

enum kf_status kf_turns_name(struct kf_turns *turns, struct kf_matrix *before,
			     struct kf_fault *why)
{
	struct naming n = { .m = before, .turns = turns };
	enum kf_status status = KF_OK;

	for (; n.first < turns->num_of && status == KF_OK; n.first += n.num) {
		size_t class = turns->of[n.first].class;

		n.num = 0;
		while (n.first + n.num < turns->num_of &&
		       turns->of[n.first + n.num].class == class)
			n.num++;
		status = name_class(&n, class, why);
	}
	kf_progress("", 0, 0);
	return status;
}
