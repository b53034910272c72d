/* A device as a profile (JSON) describes it: its name, its verifiers, and for
 * each of them the rules, what it trusts, and settings.
 *
 * A profile is written by people: what is misspelt, doubled or of the wrong
 * type is refused, with what there is.
 */
#include "device.h"
#include "json_read.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROFILE_MAX = 1 << 20, VERIFIERS_MAX = 16, PATH_LEN = 4096 };

/* profile is the file while it is read. */
struct profile {
	struct kf_opening *o;
	const char *path;
	json_t *root;
};

bool kf_profile_likely(struct kf_bytes file)
{
	size_t i = 0;

	while (i < file.len && memchr(" \t\r\n", file.data[i], 4))
		i++;
	return i < file.len && file.data[i] == '{';
}

/* wrong words what is wrong with the profile. */
__attribute__((format(printf, 3, 4)))
static enum kf_status wrong(struct profile *p, const char *hint,
			    const char *what, ...)
{
	char text[200];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	kf_say_path(p->o->why, p->path, hint, "%s", text);
	return KF_WRONG_USE;
}

static enum kf_status parse(struct profile *p, struct kf_bytes file)
{
	json_error_t error;
	char text[200];
	bool lost;

	if (file.len > PROFILE_MAX)
		return wrong(p, NULL, "is larger than a profile can be");
	p->root = kf_json_read(file, &error, &lost);
	if (p->root)
		return KF_OK;
	if (lost) {
		kf_fault_say(p->o->why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	kf_json_wrong(text, sizeof(text), &error);
	return wrong(p, NULL, "%s", text);
}

/* known_keys refuses keys that mean nothing. `keys` ends with NULL. */
static enum kf_status known_keys(struct profile *p, json_t *object,
				 const char *const *keys)
{
	struct kf_names names = { "", 0 };
	const char *key, *const *known;
	char hint[240];
	json_t *value;

	for (known = keys; *known; known++)
		kf_names_add(&names, *known);
	snprintf(hint, sizeof(hint), "there are %s", names.text);
	json_object_foreach(object, key, value) {
		for (known = keys; *known && strcmp(*known, key) != 0; known++)
			;
		if (!*known)
			return wrong(p, hint, "has an unknown key \"%.60s\"",
				     key);
	}
	return KF_OK;
}

/* text takes an optional text. Fails: KF_WRONG_USE, of another type. */
static enum kf_status text(struct profile *p, json_t *object, const char *key,
			   const char **out)
{
	json_t *value = json_object_get(object, key);

	*out = json_string_value(value);
	if (value && !*out)
		return wrong(p, NULL, "\"%s\" has to be a text", key);
	return KF_OK;
}

/* put_part gives one file of a part. Paths start at the profile. */
static enum kf_status put_part(struct profile *p,
			       struct kf_device_verifier *v, const char *name,
			       json_t *value, bool again)
{
	const char *file = json_string_value(value);
	const char *slash = strrchr(p->path, '/');
	int folder_len = slash ? (int)(slash - p->path) + 1 : 0;
	char path[PATH_LEN];

	if (!file)
		return wrong(p, "give a path, a list of paths, or none",
			     "\"%s\" has to be a text", name);
	if (file[0] == '/' || strcmp(file, "none") == 0)
		folder_len = 0;
	if ((size_t)snprintf(path, sizeof(path), "%.*s%s", folder_len,
			     p->path, file) >= sizeof(path))
		return wrong(p, NULL, "has too long a path for \"%s\"", name);
	return kf_trust_put(p->o, &v->store, v->rules->verifier, name, path,
			    again);
}

static enum kf_status put_trust(struct profile *p,
				struct kf_device_verifier *v, const char *key,
				json_t *value)
{
	const char *name = kf_part_name(v->rules->verifier, key);
	enum kf_status status = KF_OK;
	size_t index;
	json_t *one;

	if (!name)
		return kf_device_no_part(p->o, v, 1, key);
	if (!json_is_array(value))
		return put_part(p, v, name, value, false);
	if (json_array_size(value) == 0)
		return wrong(p, "to say that there is none, write \"none\"",
			     "\"%s\" has an empty list", key);
	json_array_foreach(value, index, one)
		if (status == KF_OK)
			status = put_part(p, v, name, one, index > 0);
	return status;
}

static enum kf_status put_setting(struct profile *p,
				  struct kf_device_verifier *v,
				  const char *key, json_t *value)
{
	const struct kf_choice *choice = kf_choice_of(v->rules->verifier, key);
	char number[32];

	if (!choice)
		return kf_device_no_choice(p->o, v, 1, key);
	if (json_is_string(value))
		return kf_setting_put(p->o, &v->store, choice,
				      json_string_value(value));
	if (!json_is_integer(value))
		return wrong(p, NULL, "\"%s\" has to be a text or a number",
			     key);
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
		 json_integer_value(value));
	return kf_setting_put(p->o, &v->store, choice, number);
}

/* each does one thing to each member of an object, which may be missing. */
static enum kf_status each(struct profile *p, struct kf_device_verifier *v,
			   json_t *object, const char *key,
			   enum kf_status (*put)(struct profile *,
						 struct kf_device_verifier *,
						 const char *, json_t *))
{
	json_t *members = json_object_get(object, key), *value;
	enum kf_status status = KF_OK;
	const char *name;

	if (!members)
		return KF_OK;
	if (!json_is_object(members))
		return wrong(p, NULL, "\"%s\" has to be an object", key);
	json_object_foreach(members, name, value)
		if (status == KF_OK)
			status = put(p, v, name, value);
	return status;
}

static enum kf_status read_rules(struct profile *p,
				 struct kf_device_verifier *v, json_t *object)
{
	const char *rules, *stage = NULL;
	enum kf_status status = text(p, object, "rules", &rules);

	if (status == KF_OK)
		status = text(p, object, "stage", &stage);
	if (status == KF_OK)
		status = kf_device_rules(p->o, v, rules ? rules : "edk2");
	if (status == KF_OK && stage && strcmp(stage, v->stage) != 0)
		return wrong(p, NULL,
			     "the rules %s judge the stage \"%s\", not \"%.40s\"",
			     v->rules->name, v->stage, stage);
	return status;
}

static enum kf_status read_verifier(struct profile *p,
				    struct kf_device_verifier *v,
				    json_t *object)
{
	enum kf_status status = read_rules(p, v, object);
	json_t *complete = json_object_get(p->root, "complete");

	v->store.device = p->o->device->name;
	v->store.complete = json_is_true(complete);
	if (status == KF_OK)
		status = kf_device_choose(p->o, v);
	if (status == KF_OK)
		status = each(p, v, object, "trust", put_trust);
	if (status == KF_OK)
		status = each(p, v, object, "set", put_setting);
	return status;
}

/* read_item reads one of several verifiers. */
static enum kf_status read_item(struct profile *p,
				struct kf_device_verifier *v, json_t *object)
{
	static const char *const keys[] = { "stage", "rules", "trust", "set",
					    NULL };
	enum kf_status status;

	if (!json_is_object(object))
		return wrong(p, NULL,
			     "each of \"verifiers\" has to be an object");
	status = known_keys(p, object, keys);
	return status == KF_OK ? read_verifier(p, v, object) : status;
}

static enum kf_status read_list(struct profile *p, json_t *list)
{
	size_t num = json_array_size(list), index;
	enum kf_status status;
	json_t *object;

	if (num == 0 || num > VERIFIERS_MAX)
		return wrong(p, NULL, "\"verifiers\" has to be a list of 1 to %d",
			     VERIFIERS_MAX);
	status = kf_device_verifiers(p->o, num);
	json_array_foreach(list, index, object)
		if (status == KF_OK)
			status = read_item(p, &p->o->device->verifier[index],
					   object);
	return status;
}

static enum kf_status read_root(struct profile *p, const char *file_name)
{
	static const char *const one[] = { "device", "complete", "stage",
					   "rules", "trust", "set", NULL };
	static const char *const many[] = { "device", "complete", "verifiers",
					    NULL };
	json_t *list = json_object_get(p->root, "verifiers");
	json_t *complete = json_object_get(p->root, "complete");
	enum kf_status status = known_keys(p, p->root, list ? many : one);
	const char *name;

	if (status == KF_OK)
		status = text(p, p->root, "device", &name);
	if (status != KF_OK)
		return status;
	if (complete && !json_is_boolean(complete))
		return wrong(p, NULL, "\"complete\" has to be true or false");
	p->o->device->name = kf_device_text(p->o, name && name[0]
						  ? name : file_name);
	if (!p->o->device->name)
		return KF_NO_MEMORY;
	if (list)
		return read_list(p, list);
	status = kf_device_verifiers(p->o, 1);
	return status == KF_OK
		? read_verifier(p, &p->o->device->verifier[0], p->root)
		: status;
}

enum kf_status kf_profile_read(struct kf_opening *o, const char *path,
			       const char *name, struct kf_bytes file)
{
	struct profile p = { .o = o, .path = path };
	enum kf_status status = parse(&p, file);

	if (status == KF_OK)
		status = read_root(&p, name);
	json_decref(p.root);
	return status;
}
