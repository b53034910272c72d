/* Reads the plan of a file: in how many phases what is published, and for whom.
 */
#include "plan.h"

#include "say.h"

#include <stdio.h>
#include <string.h>

const char *kf_plan_path(struct kf_planning *p, const char *path)
{
	const char *slash = strrchr(p->path, '/');
	size_t head = slash && path[0] != '/' ? (size_t)(slash - p->path) + 1
					      : 0;
	char *out = kf_arena_take(&p->keep.arena, head + strlen(path) + 1);

	if (!out) {
		kf_say(NULL, "out of memory", NULL);
		return NULL;
	}
	memcpy(out, p->path, head);
	strcpy(out + head, path);
	return out;
}

static int wrong(const struct kf_planning *p, const char *name,
		 const char *what)
{
	char words[240];

	snprintf(words, sizeof(words), "plan%s%.80s%s: %s", name ? ", \"" : "",
		 name ? name : "", name ? "\"" : "", what);
	kf_say(p->path, words, NULL);
	return KF_EXIT_USAGE;
}

/* names takes a text or a list of texts as a set. */
static bool names(uint32_t *out, const struct kf_planning *p, json_t *list,
		  int (*find)(const struct kf_planning *, const char *))
{
	size_t num = json_is_array(list) ? json_array_size(list)
					 : list != NULL;

	/* One of none is never. */
	if (list && num == 0)
		return false;
	for (size_t i = 0; i < num; i++) {
		json_t *one = json_is_array(list) ? json_array_get(list, i)
						  : list;
		const char *name = json_string_value(one);
		int found = name ? find(p, name) : -1;

		if (found < 0)
			return false;
		*out |= 1u << found;
	}
	return true;
}

static bool has_only(json_t *object, const char *const *keys)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		const char *const *k = keys;

		while (*k && strcmp(*k, key) != 0)
			k++;
		if (!*k)
			return false;
	}
	return json_is_object(object);
}

static int read_gate(struct kf_planning *p, const char *name, json_t *gate,
		     struct kf_gate *out)
{
	static const char *const keys[] = { "runs", "both-slots", "holds",
					    NULL };

	if (!gate)
		return KF_EXIT_FITS;
	if (!has_only(gate, keys) || json_object_size(gate) == 0)
		return wrong(p, name, "\"gate\" has runs, both-slots and holds");
	out->both = json_is_true(json_object_get(gate, "both-slots"));
	if (!names(&out->releases, p, json_object_get(gate, "runs"),
		   kf_plan_release_of))
		return wrong(p, name, "\"runs\" names no release of the goal");
	if (!names(&out->updates, p, json_object_get(gate, "holds"),
		   kf_plan_update_of))
		return wrong(p, name, "\"holds\" names no update of the goal");
	return KF_EXIT_FITS;
}

/* phase reads a number from 1; 0: it is none. */
static size_t phase(json_t *object, const char *key, size_t missing,
		    size_t max)
{
	json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);

	if (!value)
		return missing;
	return number > 0 && number <= (json_int_t)max ? (size_t)number : 0;
}

static int read_offer(struct kf_planning *p, json_t *object)
{
	static const char *const keys[] = { "name", "from", "until", "gate",
					    NULL };
	const char *name = json_string_value(json_object_get(object, "name"));
	size_t phases = p->plan.num_phases;
	size_t from = phase(object, "from", 1, phases);
	size_t until = phase(object, "until", phases, phases);
	int release = name ? kf_plan_release_of(p, name) : -1;
	int update = name ? kf_plan_update_of(p, name) : -1;
	struct kf_offer *offer = release >= 0 ? &p->plan.release[release]
		: update >= 0 ? &p->plan.update[update] : NULL;

	if (!has_only(object, keys))
		return wrong(p, name, "an offer has name, from, until and gate");
	if (!offer)
		return wrong(p, name, "the goal has nothing of that name");
	if (offer->published)
		return wrong(p, name, "it is published twice");
	if (!from || !until || from > until)
		return wrong(p, name, "\"from\" and \"until\" are phases, from 1");
	offer->published = true;
	offer->from = (uint8_t)(from - 1);
	offer->until = (uint8_t)(until - 1);
	return read_gate(p, name, json_object_get(object, "gate"),
			 &offer->gate);
}

int kf_plan_offers(struct kf_planning *p, json_t *plan)
{
	static const char *const keys[] = { "phases", "publish", NULL };
	json_t *list = json_object_get(plan, "publish"), *one;
	int status = KF_EXIT_FITS;
	size_t index;

	if (!has_only(plan, keys))
		return wrong(p, NULL, "it has phases and publish");
	p->plan.num_phases = phase(plan, "phases", 1, KF_ROTATION_PHASES_MAX);
	if (!p->plan.num_phases)
		return wrong(p, NULL, "\"phases\" has to be 1 to 8");
	if (!json_is_array(list))
		return wrong(p, NULL, "\"publish\" has to be a list");
	json_array_foreach(list, index, one)
		if (status == KF_EXIT_FITS)
			status = read_offer(p, one);
	return status;
}
