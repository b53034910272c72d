/* What a device comes to trust: by changes of UEFI's variables, by what brings
 * keys with it, by a start that raises a counter or shim's level, by a reset.
 *
 * Two trusts are one where all parts and settings are; the order of entries in
 * a list decides nothing.
 */
#include "plan.h"

#include "core/setting.h"
#include "core/shim.h"
#include "core/shim_level.h"
#include "core/variables.h"

#include "analysis/entries.h"
#include "host/device.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

static bool is_set(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* holds_all: each entry of one list is in the other. What is damaged holds
 * nothing. Whose entry it is decides nothing, but in lists of what is refused,
 * where versions are told by that. */
static bool holds_all(struct kf_bytes some, struct kf_bytes all, bool owners)
{
	struct kf_entries a = kf_entries_of(some);
	struct kf_entry x, y;

	while (kf_entries_next(&a, &x)) {
		struct kf_entries b = kf_entries_of(all);
		bool found = false;

		while (!found && kf_entries_next(&b, &y))
			found = is_set(x.type, y.type) && x.type &&
				(!owners || kf_equal(x.owner, y.owner)) &&
				kf_equal(x.data, y.data);
		if (!found || b.damage.field)
			return false;
	}
	return !a.damage.field;
}

static bool is_same_value(const struct kf_part *a, const struct kf_part *b)
{
	const struct kf_variable *v = kf_variable_of(a->name);
	bool owners;

	if (a->presence != b->presence)
		return false;
	owners = kf_same(a->name, "dbx") || kf_same(a->name, "mokx");
	return kf_equal(a->bytes, b->bytes) ||
	       (v && v->lists && holds_all(a->bytes, b->bytes, owners) &&
		holds_all(b->bytes, a->bytes, owners));
}

static bool is_same_time(const struct kf_part *a, const struct kf_part *b)
{
	return a->timed == b->timed &&
	       (!a->timed || memcmp(&a->time, &b->time, sizeof(a->time)) == 0);
}

/* covers: all that one store says, the other says too. `timed`: so the times
 * of the last writes. */
static bool covers(const struct kf_store *a, const struct kf_store *b,
		   bool timed)
{
	for (size_t i = 0; i < b->num_parts; i++) {
		const struct kf_part *y = &b->part[i];
		const struct kf_part *x = kf_store_part(a, y->name);

		if (!x && y->presence == (a->complete ? KF_ABSENT
					  : KF_UNKNOWN))
			continue;
		if (!x || !is_same_value(x, y) ||
		    (timed && !is_same_time(x, y)))
			return false;
	}
	for (size_t i = 0; i < b->num_settings; i++)
		if (!is_set(kf_store_setting(a, b->setting[i].name),
			    b->setting[i].value))
			return false;
	return a->complete == b->complete;
}

static bool is_same(const struct kf_store *a, const struct kf_store *b,
		    size_t num, bool timed)
{
	for (size_t i = 0; i < num; i++)
		if (!covers(&a[i], &b[i], timed) ||
		    !covers(&b[i], &a[i], timed))
			return false;
	return true;
}

/* find finds a trust among those of the class, or adds it. */
static int find(size_t *trust, struct kf_planning *p, struct kf_plan_class *c,
		const struct kf_store *stores)
{
	size_t num = c->opened.num_verifiers;
	struct kf_store *kept;

	for (*trust = 0; *trust < c->num_trusts; ++*trust)
		if (is_same(c->trust[*trust].store, stores, num, true))
			return KF_EXIT_FITS;
	if (c->num_trusts == KF_ROTATION_TRUSTS_MAX) {
		*trust = KF_NO_TRUST;
		return KF_EXIT_FITS;
	}
	kept = kf_arena_take(&p->keep.arena, num * sizeof(*kept));
	if (!kept)
		return kf_say_failure(c->name, KF_NO_MEMORY,
				      &(struct kf_fault){ 0 });
	memcpy(kept, stores, num * sizeof(*kept));
	for (size_t i = 0; i < num; i++)
		kept[i].num_prepared = 0;
	c->trust[c->num_trusts++].store = kept;
	return KF_EXIT_FITS;
}

int kf_plan_device(struct kf_device *out, struct kf_planning *p,
		   const struct kf_plan_class *c, const char *path)
{
	struct kf_ask ask = { .device = path, .rules = c->rules,
			      .set = c->set, .num_set = c->num_set };
	struct kf_fault why = { 0 };
	enum kf_status status = path
		? kf_device_open(out, &ask, p->crypto, p->date_s[0], &why)
		: kf_fleet_class_open(p->fleet, out, c->fleet_class, c->name,
				      NULL, p->date_s[0], &why);

	if (status == KF_OK && path && kf_plan_verifier(out, "edk2") >= 0 &&
	    kf_plan_verifier(out, "shim") < 0) {
		kf_device_close(out);
		ask.also = "shim";
		status = kf_device_open(out, &ask, p->crypto, p->date_s[0],
					&why);
	}
	if (status != KF_OK)
		return kf_say_failure(path ? path : c->name, status, &why);
	if (out->unread.what[0])
		kf_say_fault(path ? path : c->name, &out->unread);
	if (out->num_verifiers)
		return KF_EXIT_FITS;
	kf_say(path ? path : c->name, "keyfit knows no verifier of this device",
	       "say which one: \"rules\"");
	return KF_EXIT_USAGE;
}

int kf_plan_start(struct kf_planning *p, struct kf_plan_class *c)
{
	struct kf_store *stores;
	size_t first;
	int status = kf_plan_device(&c->opened, p, c, c->device);

	if (status != KF_EXIT_FITS)
		return status;
	c->uefi = kf_plan_verifier(&c->opened, "edk2") >= 0;
	if (c->uefi) {
		const char *name = c->opened.verifier[kf_plan_verifier(
			&c->opened, "edk2")].rules->name;
		char rules[64] = "edk2-variable";

		strncat(rules, name + strlen("edk2"), 40);
		c->update = kf_rules_find(rules);
		if (!c->update)
			c->update = kf_rules_find("edk2-variable");
	}
	stores = kf_arena_take(&p->keep.arena, c->opened.num_verifiers *
			       sizeof(*stores));
	if (!stores)
		return kf_say_failure(c->name, KF_NO_MEMORY,
				      &(struct kf_fault){ 0 });
	for (size_t i = 0; i < c->opened.num_verifiers; i++)
		stores[i] = c->opened.verifier[i].store;
	return find(&first, p, c, stores);
}

/* device_of finds another device among those that were opened. */
static int device_of(const struct kf_device **out, struct kf_planning *p,
		     const struct kf_plan_class *c, const char *path)
{
	struct kf_plan_other *o;

	for (size_t i = 0; i < p->num_others; i++)
		if (strcmp(p->other[i].path, path) == 0) {
			*out = &p->other[i].device;
			return KF_EXIT_FITS;
		}
	if (p->num_others == KF_PLAN_OTHERS_MAX) {
		kf_say(path, "is one device too many", NULL);
		return KF_EXIT_USAGE;
	}
	o = &p->other[p->num_others++];
	o->path = path;
	*out = &o->device;
	return kf_plan_device(&o->device, p, c, path);
}

/* is_known tells whether one of a device's verifiers has a part or a setting of
 * this name. */
static bool is_known(const struct kf_plan_class *c, const char *name)
{
	for (size_t i = 0; i < c->opened.num_verifiers; i++) {
		const struct kf_verifier *v =
			c->opened.verifier[i].rules->verifier;

		if (kf_choice_of(v, name))
			return true;
		for (const char *const *part = v->parts; *part; part++)
			if (strcmp(*part, name) == 0)
				return true;
	}
	return false;
}

/* replace puts another device's stores in place of a trust's; what nothing
 * takes back stays. */
static int replace(struct kf_store *stores, struct kf_planning *p,
		   const struct kf_plan_class *c, const char *path)
{
	const struct kf_device *other = NULL;
	int status = device_of(&other, p, c, path);

	for (size_t k = 0; k < c->num_keeps; k++)
		if (!is_known(c, c->keeps[k])) {
			kf_say(c->keeps[k], "is no part and no setting of this device",
			       c->name);
			return KF_EXIT_USAGE;
		}
	for (size_t i = 0; i < c->opened.num_verifiers &&
			   status == KF_EXIT_FITS; i++) {
		const struct kf_rules *rules = c->opened.verifier[i].rules;
		int found = kf_plan_verifier(other, rules->verifier->name);
		struct kf_store old = stores[i];

		if (found < 0) {
			kf_say(path, "has not the verifiers of the device that becomes it",
			       rules->verifier->name);
			return KF_EXIT_USAGE;
		}
		stores[i] = other->verifier[found].store;
		for (size_t k = 0; k < c->num_keeps; k++) {
			const char *name = c->keeps[k];
			const char *value = kf_store_setting(&old, name);
			const struct kf_part *part = kf_store_part(&old, name);

			if ((value && !kf_store_set(&stores[i], name, value)) ||
			    (part && !kf_store_put(&stores[i], part)))
				return kf_say_failure(c->name, KF_NO_MEMORY,
						&(struct kf_fault){ 0 });
		}
	}
	return status;
}

/* put sets a setting of each verifier that has it. `raise`: only upwards. */
static int put(struct kf_store *stores, const struct kf_plan_class *c,
	       const struct kf_setting *s, bool raise)
{
	bool any = false;

	for (size_t i = 0; i < c->opened.num_verifiers; i++) {
		const char *now = kf_store_setting(&stores[i], s->name);

		if (!kf_choice_of(c->opened.verifier[i].rules->verifier,
				  s->name))
			continue;
		any = true;
		if (raise && now && strtoull(now, NULL, 0) >=
		    strtoull(s->value, NULL, 0))
			continue;
		if (!kf_store_set(&stores[i], s->name, s->value))
			return kf_say_failure(c->name, KF_NO_MEMORY,
					      &(struct kf_fault){ 0 });
	}
	if (any)
		return KF_EXIT_FITS;
	kf_say(s->name, "is no setting of this device", c->name);
	return KF_EXIT_USAGE;
}

static int make_after(struct kf_store *stores, struct kf_planning *p,
		      const struct kf_plan_class *c,
		      const struct kf_plan_after *a)
{
	int status = a->becomes ? replace(stores, p, c, a->becomes)
				: KF_EXIT_FITS;

	for (size_t i = 0; i < a->num_set && status == KF_EXIT_FITS; i++)
		status = put(stores, c, &a->set[i], false);
	for (size_t i = 0; i < a->num_raise && status == KF_EXIT_FITS; i++)
		status = put(stores, c, &a->raise[i], true);
	return status;
}

/* copy takes a trust's stores, to be changed. */
static struct kf_store *copy(struct kf_planning *p,
			     const struct kf_plan_class *c, size_t from)
{
	size_t len = c->opened.num_verifiers * sizeof(struct kf_store);
	struct kf_store *out = kf_arena_take(&p->keep.arena, len);

	if (out)
		memcpy(out, c->trust[from].store, len);
	else
		kf_say(NULL, "out of memory", NULL);
	return out;
}

/* change carries a change of UEFI's variables out, for the firmware and for
 * shim. */
static int change(struct kf_store *stores, struct kf_planning *p,
		  const struct kf_plan_class *c,
		  const struct kf_plan_update *u)
{
	const struct kf_change *ch = &u->changes.change[0];
	struct kf_fault why = { 0 };
	enum kf_status status = KF_OK;

	kf_work_more(&p->keep, 0);
	for (size_t i = 0; ch->part && i < c->opened.num_verifiers &&
			   status == KF_OK; i++)
		status = kf_change_apply(&stores[i], &stores[i], ch,
					 &p->keep.env);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(u->name, status, &why);
}

int kf_plan_change(size_t *trust, bool *holds, struct kf_planning *p,
		   struct kf_plan_class *c, size_t from, size_t update,
		   bool taken)
{
	struct kf_plan_update *u = &p->update[update];
	struct kf_store *stores = copy(p, c, from);
	int status;

	*trust = from;
	*holds = false;
	if (!stores)
		return KF_EXIT_FAULT;
	if (u->change && !c->uefi)
		return KF_EXIT_FITS;
	status = u->change ? change(stores, p, c, u)
			   : make_after(stores, p, c, &u->after);
	if (status != KF_EXIT_FITS)
		return status;
	*holds = is_same(c->trust[from].store, stores,
			 c->opened.num_verifiers, false);
	/* A later time alone is no other trust; nor is one that nobody gets. */
	return *holds || !taken ? KF_EXIT_FITS : find(trust, p, c, stores);
}

/* shim_of is the shim that starts; NULL: none does. */
static const struct kf_chain_file *shim_of(const struct kf_plan_opened *o)
{
	const struct kf_chain_path *way = kf_chain_starts(&o->now);

	for (size_t i = 0; way && i < way->num_stages; i++) {
		uint16_t file = way->stage[i].file;

		if (file != KF_CHAIN_NO_FILE &&
		    o->esp.given.file[file].whole.len)
			return &o->esp.given.file[file];
	}
	return NULL;
}

/* raise_level writes the SBAT level that shim brings, where it is newer than
 * what the device has. What the device has not told stays untold. */
static bool raise_level(struct kf_store *store, const struct kf_shim *shim)
{
	const struct kf_part *now = kf_store_part(store, "sbat-level");
	const struct kf_part *policy = kf_store_part(store, "sbat-policy");
	bool latest = policy && policy->presence == KF_PRESENT &&
		      policy->bytes.len &&
		      policy->bytes.data[0] == KF_SHIM_POLICY_LATEST;
	struct kf_part part = { .name = "sbat-level",
				.presence = KF_PRESENT,
				.bytes = latest ? shim->latest
						: shim->automatic };

	if (!part.bytes.len ||
	    kf_store_presence(store, "sbat-level") == KF_UNKNOWN ||
	    (now && now->presence == KF_PRESENT &&
	     kf_shim_level_stays(now, part.bytes)))
		return true;
	return kf_store_put(store, &part);
}

int kf_plan_boot(size_t *trust, struct kf_planning *p, struct kf_plan_class *c,
		 size_t from, size_t release)
{
	const struct kf_plan_after *a = &p->release[release].after;
	const struct kf_plan_opened *o = p->opened[0][release];
	const struct kf_chain_file *file = c->uefi && o ? shim_of(o) : NULL;
	struct kf_store *stores;
	struct kf_shim shim;
	int status;

	*trust = from;
	if (!file && !a->becomes && !a->num_set && !a->num_raise)
		return KF_EXIT_FITS;
	stores = copy(p, c, from);
	if (!stores)
		return KF_EXIT_FAULT;
	if (file)
		kf_shim_read(&shim, file->whole);
	for (size_t i = 0; file && i < c->opened.num_verifiers; i++)
		if (!raise_level(&stores[i], &shim))
			return kf_say_failure(c->name, KF_NO_MEMORY,
					      &(struct kf_fault){ 0 });
	status = make_after(stores, p, c, a);
	if (status != KF_EXIT_FITS ||
	    is_same(c->trust[from].store, stores, c->opened.num_verifiers,
		    true))
		return status;
	return find(trust, p, c, stores);
}

int kf_plan_reset(size_t *trust, struct kf_planning *p,
		  struct kf_plan_class *c, size_t from)
{
	struct kf_store *stores;
	int status;

	*trust = from;
	if (!c->factory)
		return KF_EXIT_FITS;
	stores = copy(p, c, from);
	if (!stores)
		return KF_EXIT_FAULT;
	status = replace(stores, p, c, c->factory);
	return status == KF_EXIT_FITS ? find(trust, p, c, stores) : status;
}

void kf_plan_others_close(struct kf_planning *p)
{
	for (size_t i = 0; i < p->num_others; i++)
		kf_device_close(&p->other[i].device);
	p->num_others = 0;
}
