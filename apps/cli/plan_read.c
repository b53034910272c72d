/* Reads a goal: classes of devices, releases, updates, dates, and what is to be
 * reached. It is written by people: what is misspelt or of the wrong type is
 * refused, with what there is.
 */
#include "plan.h"

#include "host/json_read.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOAL_MAX = 4 << 20, NAME_MAX_LEN = 64 };

/* place is what is being read, for messages. */
struct place {
	struct kf_planning *p;
	const char *kind, *name;
};

__attribute__((format(printf, 3, 4)))
static int wrong(const struct place *at, const char *hint, const char *what,
		 ...)
{
	char text[300], where[160];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	snprintf(where, sizeof(where), "%.100s", at->p->path);
	if (at->kind) {
		char all[480];

		snprintf(all, sizeof(all), "%s \"%.60s\": %s", at->kind,
			 at->name ? at->name : "?", text);
		kf_say(where, all, hint);
	} else {
		kf_say(where, text, hint);
	}
	return KF_EXIT_USAGE;
}

/* known refuses keys that mean nothing. `keys` ends with NULL. */
static int known(const struct place *at, json_t *object,
		 const char *const *keys)
{
	char hint[240] = "there are ";
	const char *key, *const *k;
	json_t *value;

	if (!json_is_object(object))
		return wrong(at, NULL, "has to be an object");
	for (k = keys; *k; k++)
		snprintf(hint + strlen(hint), sizeof(hint) - strlen(hint),
			 "%s%s", k == keys ? "" : ", ", *k);
	json_object_foreach(object, key, value) {
		for (k = keys; *k && strcmp(*k, key) != 0; k++)
			;
		if (!*k)
			return wrong(at, hint, "has an unknown key \"%.60s\"",
				     key);
	}
	return KF_EXIT_FITS;
}

/* text takes a text. `*out` is NULL where there is none. */
static int text(const struct place *at, json_t *object, const char *key,
		const char **out)
{
	json_t *value = json_object_get(object, key);

	*out = json_string_value(value);
	return value && !*out ? wrong(at, NULL, "\"%s\" has to be a text", key)
			      : KF_EXIT_FITS;
}

/* path takes a text that names a file. */
static int path(const struct place *at, json_t *object, const char *key,
		const char **out)
{
	int status = text(at, object, key, out);

	if (status == KF_EXIT_FITS && *out) {
		*out = kf_plan_path(at->p, *out);
		if (!*out)
			status = KF_EXIT_FAULT;
	}
	return status;
}

static int yes_no(const struct place *at, json_t *object, const char *key,
		  bool *out)
{
	json_t *value = json_object_get(object, key);

	if (value && !json_is_boolean(value))
		return wrong(at, NULL, "\"%s\" has to be true or false", key);
	if (value)
		*out = json_is_true(value);
	return KF_EXIT_FITS;
}

/* texts takes a list of texts, or one text. */
static int texts(const struct place *at, json_t *object, const char *key,
		 const char **out, size_t *num, size_t max)
{
	json_t *list = json_object_get(object, key), *one;
	size_t index;

	*num = 0;
	if (json_is_string(list)) {
		out[(*num)++] = json_string_value(list);
		return KF_EXIT_FITS;
	}
	if (list && (!json_is_array(list) || json_array_size(list) > max))
		return wrong(at, NULL, "\"%s\" has to be a list of up to %zu texts",
			     key, max);
	json_array_foreach(list, index, one) {
		if (!json_is_string(one))
			return wrong(at, NULL, "\"%s\" has to hold texts", key);
		out[(*num)++] = json_string_value(one);
	}
	return KF_EXIT_FITS;
}

/* settings takes an object of settings. */
static int settings(const struct place *at, json_t *object, const char *key,
		    struct kf_setting *out, size_t *num)
{
	json_t *set = json_object_get(object, key), *value;
	const char *name;

	if (set && !json_is_object(set))
		return wrong(at, NULL, "\"%s\" has to be an object", key);
	json_object_foreach(set, name, value) {
		char number[32];

		if (*num == KF_PLAN_SETTINGS_MAX)
			return wrong(at, NULL, "\"%s\" has more than %d", key,
				     KF_PLAN_SETTINGS_MAX);
		out[*num].name = name;
		out[*num].value = json_string_value(value);
		if (json_is_integer(value)) {
			char *kept;

			snprintf(number, sizeof(number),
				 "%" JSON_INTEGER_FORMAT,
				 json_integer_value(value));
			kept = kf_arena_take(&at->p->keep.arena,
					     sizeof(number));
			if (!kept)
				return KF_EXIT_FAULT;
			out[*num].value = strcpy(kept, number);
		}
		if (!out[(*num)++].value)
			return wrong(at, NULL, "\"%s\" has to be a text or a number",
				     name);
	}
	return KF_EXIT_FITS;
}

static int after(const struct place *at, json_t *object,
		 struct kf_plan_after *out)
{
	int status = path(at, object, "becomes", &out->becomes);

	out->raises_nothing = json_object_get(object, "raises");
	if (status == KF_EXIT_FITS)
		status = settings(at, object, "set", out->set, &out->num_set);
	return status == KF_EXIT_FITS
		? settings(at, object, "raises", out->raise, &out->num_raise)
		: status;
}

/* named takes a name that nothing else of its list has. */
static int named(struct place *at, json_t *object, const char **out)
{
	int status = text(at, object, "name", out);

	at->name = *out;
	if (status != KF_EXIT_FITS)
		return status;
	if (!*out || !**out || strlen(*out) > NAME_MAX_LEN)
		return wrong(at, NULL, "needs a \"name\" of up to %d characters",
			     NAME_MAX_LEN);
	if (kf_plan_release_of(at->p, *out) >= 0 ||
	    kf_plan_update_of(at->p, *out) >= 0)
		return wrong(at, NULL, "stands there twice");
	for (size_t i = 0; i < at->p->rotation.num_classes; i++)
		if (strcmp(at->p->class_[i].name, *out) == 0)
			return wrong(at, "name each by what it trusts and runs",
				     "stands there twice");
	return KF_EXIT_FITS;
}

int kf_plan_release_of(const struct kf_planning *p, const char *name)
{
	for (size_t i = 0; i < p->rotation.num_releases; i++)
		if (strcmp(p->release[i].name, name) == 0)
			return (int)i;
	return -1;
}

int kf_plan_update_of(const struct kf_planning *p, const char *name)
{
	for (size_t i = 0; i < p->rotation.num_updates; i++)
		if (strcmp(p->update[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int read_release(struct kf_planning *p, json_t *object)
{
	static const char *const keys[] = { "name", "files", "signed-by",
					    "requires", "published", "becomes",
					    "set", "raises", NULL };
	struct kf_plan_release *r = &p->release[p->rotation.num_releases];
	struct place at = { p, "release", NULL };
	struct kf_fault why = { 0 };
	bool out_today = false;
	int status = known(&at, object, keys);

	if (status == KF_EXIT_FITS)
		status = named(&at, object, &r->name);
	if (status == KF_EXIT_FITS)
		status = texts(&at, object, "files", r->file, &r->num_files,
			       KF_PLAN_FILES_MAX);
	for (size_t i = 0; i < r->num_files && status == KF_EXIT_FITS; i++) {
		r->file[i] = kf_plan_path(p, r->file[i]);
		status = r->file[i] ? KF_EXIT_FITS : KF_EXIT_FAULT;
	}
	if (status == KF_EXIT_FITS)
		status = path(&at, object, "signed-by", &r->signed_by);
	if (status == KF_EXIT_FITS)
		status = yes_no(&at, object, "published", &out_today);
	if (status == KF_EXIT_FITS)
		status = after(&at, object, &r->after);
	if (status != KF_EXIT_FITS)
		return status;
	if (!r->num_files == !r->signed_by)
		return wrong(&at, NULL, "needs \"files\", or \"signed-by\" where they are not there yet");
	if (r->signed_by && kf_signer_read(&r->signer, r->signed_by,
					   p->crypto, &why) != KF_OK)
		return kf_say_failure(r->signed_by, KF_WRONG_USE, &why);
	p->rotation.released |= (uint32_t)out_today
				<< p->rotation.num_releases++;
	return KF_EXIT_FITS;
}

/* change_text is a change with its path as seen from here: db+=FILE. */
static const char *change_text(struct kf_planning *p, const char *change)
{
	const char *equals = strchr(change, '=');
	size_t head = equals ? (size_t)(equals - change) + 1 : 0;
	const char *file;
	char *out;

	if (equals && (strcmp(equals + 1, "none") == 0 ||
		       strncmp(change, "secure-boot=", 12) == 0))
		return change;
	file = kf_plan_path(p, change + head);
	out = file ? kf_arena_take(&p->keep.arena, head + strlen(file) + 1)
		   : NULL;
	if (out) {
		memcpy(out, change, head);
		strcpy(out + head, file);
	}
	return out;
}

static int read_update(struct kf_planning *p, json_t *object)
{
	static const char *const keys[] = { "name", "change", "file",
					    "published", "becomes", "set",
					    "raises", NULL };
	struct kf_plan_update *u = &p->update[p->rotation.num_updates];
	struct place at = { p, "update", NULL };
	bool out_today = false;
	int status = known(&at, object, keys);

	if (status == KF_EXIT_FITS)
		status = named(&at, object, &u->name);
	if (status == KF_EXIT_FITS)
		status = text(&at, object, "change", &u->change);
	if (status == KF_EXIT_FITS)
		status = path(&at, object, "file", &u->file);
	if (status == KF_EXIT_FITS)
		status = yes_no(&at, object, "published", &out_today);
	if (status == KF_EXIT_FITS)
		status = after(&at, object, &u->after);
	if (status != KF_EXIT_FITS)
		return status;
	if (!u->change == !(u->after.becomes || u->after.num_set ||
			    u->after.num_raise))
		return wrong(&at, NULL, "needs a \"change\" of UEFI's variables, or what a device \"becomes\", \"set\", \"raises\"");
	if (u->change) {
		u->change = change_text(p, u->change);
		if (!u->change)
			return KF_EXIT_FAULT;
		status = kf_changes_read(&u->changes, &u->change, 1,
					 p->crypto, p->date_s[0]);
	}
	p->rotation.updating |= (uint32_t)out_today
				<< p->rotation.num_updates++;
	return status;
}

/* release_named finds a release that has to be there. */
static int release_named(const struct place *at, json_t *object,
			 const char *key, uint8_t *out)
{
	const char *name;
	int status = text(at, object, key, &name), found;

	if (status != KF_EXIT_FITS || !name)
		return status;
	found = kf_plan_release_of(at->p, name);
	if (found < 0)
		return wrong(at, NULL, "\"%s\" names no release: \"%.60s\"",
			     key, name);
	*out = (uint8_t)found;
	return KF_EXIT_FITS;
}

static int read_factory(const struct place *at, struct kf_plan_class *c,
			struct kf_rotation_class *t, json_t *factory)
{
	static const char *const keys[] = { "release", "device", NULL };
	int status;

	t->factory = KF_NO_RELEASE;
	if (!factory)
		return KF_EXIT_FITS;
	status = known(at, factory, keys);
	if (status == KF_EXIT_FITS)
		status = release_named(at, factory, "release", &t->factory);
	if (status == KF_EXIT_FITS)
		status = path(at, factory, "device", &c->factory);
	if (status == KF_EXIT_FITS && t->factory == KF_NO_RELEASE)
		return wrong(at, NULL, "\"factory\" needs the \"release\" that a reset brings back");
	return status;
}

static int read_numbers(const struct place *at, struct kf_plan_class *c,
			struct kf_rotation_class *t, json_t *object)
{
	json_t *slots = json_object_get(object, "slots");
	json_t *count = json_object_get(object, "count");

	if (slots && json_integer_value(slots) != 1 &&
	    json_integer_value(slots) != 2)
		return wrong(at, NULL, "\"slots\" has to be 1 or 2");
	t->two_slots = json_integer_value(slots) == 2;
	if (count && (!json_is_integer(count) ||
		      json_integer_value(count) < 0))
		return wrong(at, NULL, "\"count\" has to be a number");
	c->count = count ? (uint64_t)json_integer_value(count) : 1;
	if (c->count == 0)
		return wrong(at, "leave the class out",
			     "has no device: its \"count\" is 0");
	return KF_EXIT_FITS;
}

/* read_slots reads what a device has installed, and how that came there. */
static int read_slots(const struct place *at, struct kf_plan_class *c,
		      struct kf_rotation_class *t, json_t *object)
{
	const char *install;
	int status;

	t->active = t->other = t->recovery = KF_NO_RELEASE;
	t->slot_may_fail = true;
	status = text(at, object, "install", &install);
	if (status == KF_EXIT_FITS && install &&
	    strcmp(install, "checked") != 0 &&
	    strcmp(install, "unchecked") != 0)
		return wrong(at, NULL, "\"install\" has to be \"checked\" or \"unchecked\"");
	c->checked = install && strcmp(install, "checked") == 0;
	if (status == KF_EXIT_FITS)
		status = release_named(at, object, "installed", &t->active);
	if (status == KF_EXIT_FITS)
		status = release_named(at, object, "other-slot", &t->other);
	if (status == KF_EXIT_FITS && t->other != KF_NO_RELEASE &&
	    !t->two_slots)
		return wrong(at, "give \"slots\": 2, or leave \"other-slot\" out",
			     "has an \"other-slot\", but one slot");
	if (status == KF_EXIT_FITS)
		status = release_named(at, object, "recovery", &t->recovery);
	return status;
}

/* read_rest reads what a class and a fleet's template have in common. */
static int read_rest(const struct place *at, struct kf_plan_class *c,
		     struct kf_rotation_class *t, json_t *object)
{
	int status = texts(at, object, "keeps", c->keeps, &c->num_keeps,
			   KF_PLAN_SETTINGS_MAX);

	if (status == KF_EXIT_FITS)
		status = read_numbers(at, c, t, object);
	if (status == KF_EXIT_FITS)
		status = read_slots(at, c, t, object);
	if (status == KF_EXIT_FITS)
		status = yes_no(at, object, "slot-may-fail",
				&t->slot_may_fail);
	if (status == KF_EXIT_FITS)
		status = yes_no(at, object, "may-keep-old-key", &t->may_keep);
	return status == KF_EXIT_FITS
		? read_factory(at, c, t, json_object_get(object, "factory"))
		: status;
}

int kf_plan_template(struct kf_planning *p, struct kf_plan_class *c,
		     struct kf_rotation_class *t)
{
	static const char *const keys[] = {
		"slots", "other-slot", "slot-may-fail", "factory", "recovery",
		"install", "keeps", "may-keep-old-key", NULL };
	json_t *object = json_object_get(p->goal, "fleet");
	struct place at = { p, "fleet", "*" };
	int status = object ? known(&at, object, keys) : KF_EXIT_FITS;

	return status == KF_EXIT_FITS ? read_rest(&at, c, t, object) : status;
}

static int read_class(struct kf_planning *p, json_t *object)
{
	static const char *const keys[] = {
		"name", "device", "rules", "set", "count", "installed",
		"slots", "other-slot", "slot-may-fail", "factory", "recovery",
		"install", "keeps", "may-keep-old-key", NULL };
	struct kf_plan_class *c = &p->class_[p->rotation.num_classes];
	struct kf_rotation_class *t = &p->table[p->rotation.num_classes];
	struct place at = { p, "class", NULL };
	int status = known(&at, object, keys);

	if (status == KF_EXIT_FITS)
		status = named(&at, object, &c->name);
	if (status == KF_EXIT_FITS)
		status = path(&at, object, "device", &c->device);
	if (status == KF_EXIT_FITS)
		status = text(&at, object, "rules", &c->rules);
	if (status == KF_EXIT_FITS)
		status = settings(&at, object, "set", c->set, &c->num_set);
	if (status == KF_EXIT_FITS)
		status = read_rest(&at, c, t, object);
	if (status == KF_EXIT_FITS && t->active == KF_NO_RELEASE)
		return wrong(&at, NULL, "needs the release that is \"installed\"");
	if (status == KF_EXIT_FITS && !c->device)
		return wrong(&at, NULL, "needs a \"device\"");
	t->name = c->name;
	p->rotation.num_classes++;
	return status;
}

/* each reads the objects of a list. */
static int each(struct kf_planning *p, const char *key, size_t max,
		bool needed, int (*read)(struct kf_planning *, json_t *))
{
	json_t *list = json_object_get(p->goal, key), *one;
	struct place at = { p, NULL, NULL };
	int status = KF_EXIT_FITS;
	size_t index;

	if (!list && !needed)
		return KF_EXIT_FITS;
	if (!json_is_array(list) || json_array_size(list) > max ||
	    (needed && json_array_size(list) == 0))
		return wrong(&at, NULL, "\"%s\" has to be a list of %d to %zu objects",
			     key, needed, max);
	json_array_foreach(list, index, one)
		if (status == KF_EXIT_FITS)
			status = read(p, one);
	return status;
}

/* set_of takes names of releases as a set. */
static int set_of(const struct place *at, json_t *object, const char *key,
		  uint32_t *out)
{
	const char *name[KF_ROTATION_RELEASES_MAX];
	size_t num;
	int status = texts(at, object, key, name, &num,
			   KF_ROTATION_RELEASES_MAX);

	for (size_t i = 0; i < num && status == KF_EXIT_FITS; i++) {
		int release = kf_plan_release_of(at->p, name[i]);

		if (release < 0)
			return wrong(at, NULL, "\"%s\" names no release: \"%.60s\"",
				     key, name[i]);
		*out |= 1u << release;
	}
	return status;
}

static int read_requires(struct kf_planning *p)
{
	json_t *list = json_object_get(p->goal, "releases"), *one;
	int status = KF_EXIT_FITS;
	size_t index;

	json_array_foreach(list, index, one) {
		struct place at = { p, "release", p->release[index].name };

		if (status == KF_EXIT_FITS)
			status = set_of(&at, one, "requires",
					&p->rotation.requires[index]);
	}
	return status;
}

/* read_retire reads the key that is to retire: a certificate, or the releases
 * that are to be refused. */
static int read_retire(struct kf_planning *p, json_t *goal)
{
	json_t *retire = json_object_get(goal, "retire");
	struct place at = { p, NULL, NULL };
	struct kf_fault why = { 0 };
	enum kf_status read;
	int status;

	if (!retire)
		return KF_EXIT_FITS;
	p->rotation.retires = true;
	if (!json_is_string(retire)) {
		p->retire_text = "the old releases";
		status = set_of(&at, goal, "retire", &p->retired);
		return status == KF_EXIT_FITS && !p->retired
			? wrong(&at, NULL, "\"retire\" has to be a certificate, or a list of releases")
			: status;
	}
	p->retire_text = json_string_value(retire);
	status = path(&at, goal, "retire", &p->retire_text);
	if (status != KF_EXIT_FITS)
		return status;
	read = kf_signer_read(&p->retire, p->retire_text, p->crypto, &why);
	return read == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(p->retire_text, read, &why);
}

static int read_goal(struct kf_planning *p)
{
	static const char *const keys[] = { "newest", "retire", NULL };
	json_t *goal = json_object_get(p->goal, "goal");
	struct place at = { p, NULL, NULL };
	uint8_t newest = KF_NO_RELEASE;
	int status;

	if (!json_is_object(goal))
		return wrong(&at, NULL, "needs a \"goal\": {\"newest\": NAME, \"retire\": CERTIFICATE}");
	status = known(&at, goal, keys);
	if (status == KF_EXIT_FITS)
		status = release_named(&at, goal, "newest", &newest);
	if (status == KF_EXIT_FITS && newest == KF_NO_RELEASE)
		return wrong(&at, NULL, "\"goal\" needs the \"newest\" release");
	p->rotation.newest = newest;
	return status == KF_EXIT_FITS ? read_retire(p, goal) : status;
}

static int read_dates(struct kf_planning *p)
{
	struct place at = { p, NULL, NULL };
	size_t num;
	int status = texts(&at, p->goal, "dates", &p->date[1], &num,
			   KF_ROTATION_EPOCHS_MAX - 1);

	p->rotation.num_epochs = 1 + num;
	for (size_t i = 1; i <= num && status == KF_EXIT_FITS; i++)
		if (!kf_time_read(&p->date_s[i], p->date[i]) ||
		    p->date_s[i] <= p->date_s[i - 1])
			return wrong(&at, "write 2028-05-15, 2028-05-15T12:00:00Z, in their order, and behind today",
				     "\"dates\": \"%.60s\" is no later date",
				     p->date[i]);
	return status;
}

static int load(json_t **out, const char *path)
{
	struct kf_fault why = { 0 };
	struct kf_text_file file = { 0 };
	char words[300];
	json_error_t error;
	bool lost;
	enum kf_status read = kf_text_file_read(&file, path, GOAL_MAX, &why);

	if (read != KF_OK)
		return kf_say_failure(path, read, &why);
	*out = kf_json_read(file.bytes, &error, &lost);
	kf_text_file_close(&file);
	if (*out)
		return KF_EXIT_FITS;
	if (lost)
		return kf_say_failure(path, KF_NO_MEMORY, &why);
	snprintf(words, sizeof(words), "is no JSON, line %d: %.160s",
		 error.line, error.text);
	kf_say(path, words, NULL);
	return KF_EXIT_USAGE;
}

/* read_all reads the goal that is loaded. */
static int read_all(struct kf_planning *p)
{
	static const char *const keys[] = { "goal", "classes", "releases",
					    "updates", "dates", "fleet",
					    "plan", "proof", NULL };
	struct place at = { p, NULL, NULL };
	int status = known(&at, p->goal, keys);

	if (status == KF_EXIT_FITS)
		status = read_dates(p);
	if (status == KF_EXIT_FITS)
		status = each(p, "releases", KF_ROTATION_RELEASES_MAX, true,
			      read_release);
	if (status == KF_EXIT_FITS)
		status = read_requires(p);
	if (status == KF_EXIT_FITS)
		status = each(p, "updates", KF_ROTATION_UPDATES_MAX, false,
			      read_update);
	/* A fleet is asked in place of the classes of the goal. */
	if (status == KF_EXIT_FITS)
		status = p->fleet ? kf_plan_fleet(p)
			: each(p, "classes", KF_ROTATION_CLASSES_MAX, true,
			       read_class);
	return status == KF_EXIT_FITS ? read_goal(p) : status;
}

int kf_plan_read(struct kf_planning *p, const char *path_given,
		 bool *has_plan)
{
	json_t *given = NULL, *plan;
	const char *other;
	int status;

	p->path = path_given;
	p->class_ = calloc(KF_ROTATION_CLASSES_MAX, sizeof(*p->class_));
	if (!p->class_)
		return kf_say_failure(NULL, KF_NO_MEMORY,
				      &(struct kf_fault){ 0 });
	status = load(&given, path_given);
	p->goal = given;
	if (status != KF_EXIT_FITS)
		return status;
	other = json_string_value(json_object_get(given, "goal"));
	if (other) {
		p->path = kf_plan_path(p, other);
		p->goal = NULL;
		status = p->path ? load(&p->goal, p->path) : KF_EXIT_FAULT;
	}
	if (status == KF_EXIT_FITS)
		status = read_all(p);
	plan = json_object_get(given, "plan");
	*has_plan = plan;
	p->proof = json_incref(json_object_get(given, "proof"));
	if (status == KF_EXIT_FITS && p->proof &&
	    !json_is_array(json_object_get(p->proof, "inputs"))) {
		kf_say(path_given, "\"proof\" is none that keyfit plan writes",
		       "take it out, or let keyfit plan write one: --output");
		status = KF_EXIT_USAGE;
	}
	if (status == KF_EXIT_FITS && plan)
		status = kf_plan_offers(p, plan);
	if (other)
		json_decref(given);
	return status;
}

void kf_plan_close(struct kf_planning *p)
{
	for (size_t i = 0; i < p->rotation.num_releases; i++)
		kf_signer_close(&p->release[i].signer);
	for (size_t i = 0; i < p->rotation.num_updates; i++)
		kf_changes_close(&p->update[i].changes);
	for (size_t i = 0; i < p->rotation.num_classes; i++)
		kf_device_close(&p->class_[i].opened);
	free(p->class_);
	kf_signer_close(&p->retire);
	json_decref(p->goal);
}
