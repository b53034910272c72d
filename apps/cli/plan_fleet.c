/* Makes classes of a fleet's devices: those that decide alike, and report the
 * same release.
 */
#include "plan.h"

#include "say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_LEN = 128 };

/* counting is the fleet while it is gone through. */
struct counting {
	struct kf_planning *p;
	int release;
	uint64_t strangers;
	char stranger[NAME_LEN], theirs[NAME_LEN];
	bool many;
};

/* text copies what a row views. */
static void text(char out[NAME_LEN], struct kf_bytes bytes)
{
	size_t len = bytes.len < NAME_LEN - 1 ? bytes.len : NAME_LEN - 1;

	if (len)
		memcpy(out, bytes.data, len);
	out[len] = '\0';
}

/* note_stranger: it runs what the goal has not. */
static void note_stranger(struct counting *c,
			  const struct kf_fleet_device *d)
{
	if (c->strangers++)
		return;
	text(c->stranger, d->name);
	text(c->theirs, d->release);
}

/* find finds a class among those that were met. */
static struct kf_plan_class *find(struct kf_planning *p, int64_t class_id,
				  int release)
{
	for (size_t i = 0; i < p->rotation.num_classes; i++)
		if (p->class_[i].fleet_class == class_id &&
		    p->table[i].active == release)
			return &p->class_[i];
	return NULL;
}

static enum kf_status add(struct counting *c, const struct kf_fleet_device *d,
			  int release)
{
	struct kf_planning *p = c->p;
	size_t at = p->rotation.num_classes;
	char *name = kf_arena_take(&p->keep.arena, NAME_LEN);

	if (at == KF_ROTATION_CLASSES_MAX) {
		c->many = true;
		return KF_OK;
	}
	if (!name)
		return KF_NO_MEMORY;
	text(name, d->name);
	if (kf_plan_template(p, &p->class_[at], &p->table[at]) !=
	    KF_EXIT_FITS)
		return KF_WRONG_USE;
	p->class_[at].name = p->table[at].name = name;
	p->class_[at].fleet_class = d->class_id;
	p->class_[at].count = 1;
	p->table[at].active = (uint8_t)release;
	p->rotation.num_classes++;
	return KF_OK;
}

static enum kf_status each(void *self, const struct kf_fleet_device *d,
			   struct kf_fault *why)
{
	struct counting *c = self;
	char release[NAME_LEN];
	struct kf_plan_class *found;
	int number;

	(void)why;
	text(release, d->release);
	number = kf_plan_release_of(c->p, release);
	if (number < 0) {
		note_stranger(c, d);
		return KF_OK;
	}
	found = find(c->p, d->class_id, number);
	if (!found)
		return add(c, d, number);
	found->count++;
	return KF_OK;
}

int kf_plan_fleet(struct kf_planning *p)
{
	static const struct kf_fleet_choice all;
	struct counting c = { .p = p };
	struct kf_fault why = { 0 };
	char words[400];
	enum kf_status status = kf_fleet_look(p->fleet, &why);

	if (status == KF_OK)
		status = kf_fleet_devices(p->fleet, &all, each, &c, &why);
	if (status == KF_WRONG_USE && !why.what[0])
		return KF_EXIT_USAGE;
	if (status != KF_OK)
		return kf_say_failure(p->path, status, &why);
	if (c.strangers) {
		snprintf(words, sizeof(words), "the goal has not the release \"%.60s\" that %.60s reports, one of %" PRIu64 " such device%s",
			 c.theirs, c.stranger, c.strangers,
			 c.strangers == 1 ? "" : "s");
		kf_say(p->path, words,
		       "add it to \"releases\": nothing is proven for devices that are left out");
		return KF_EXIT_USAGE;
	}
	if (!c.many && p->rotation.num_classes)
		return KF_EXIT_FITS;
	kf_say(p->path, c.many ? "the fleet has more classes than can be weighed at once"
	       : "the fleet has no device", NULL);
	return KF_EXIT_USAGE;
}
