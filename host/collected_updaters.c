/* Verifiers of updates, as a collected file tells of them.
 */
#include "base64.h"
#include "collected_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* wrong words what is wrong; `of` is the verifier that it is told of, or "". */
static enum kf_status wrong(struct kf_opening *o, const char *what,
			    const char *of)
{
	kf_fault_say(o->why, "collect it again",
		     "is no whole file of keyfit collect: %s%s", what, of);
	return KF_WRONG_USE;
}

/* wrong_part words what is wrong with a part of a verifier. */
static enum kf_status wrong_part(struct kf_opening *o,
				 const struct kf_device_verifier *v,
				 const char *what)
{
	char text[120];

	snprintf(text, sizeof(text), "a part of %s %s",
		 v->rules->verifier->name, what);
	return wrong(o, text, "");
}

enum kf_status kf_updaters_find(struct kf_updaters *out,
				struct kf_opening *o, json_t *root)
{
	json_t *list = json_object_get(root, "updaters");
	json_t *rauc = json_object_get(root, "rauc");

	out->num = 0;
	if (list && !json_is_array(list))
		return wrong(o, "its updaters are no list", "");
	if (json_array_size(list) >= KF_UPDATERS_MAX)
		return wrong(o, "it has too many updaters", "");
	while (out->num < json_array_size(list)) {
		out->one[out->num] = json_array_get(list, out->num);
		out->num++;
	}
	if (json_is_object(rauc))
		out->one[out->num++] = rauc;
	return KF_OK;
}

/* rules_of is the profile of one, or of one that is only known to be there any
 * profile of its verifier; NULL: it says neither. */
static const char *rules_of(const json_t *one)
{
	const char *verifier = json_string_value(
		json_object_get(one, "verifier"));
	const struct kf_rules *rules;

	for (size_t i = 0; verifier && (rules = kf_rules_at(i)); i++)
		if (strcmp(rules->verifier->name, verifier) == 0)
			return rules->name;
	return json_string_value(json_object_get(one, "rules"));
}

bool kf_updaters_have(const struct kf_updaters *updaters,
		      const struct kf_rules *rules)
{
	for (size_t i = 0; i < updaters->num; i++) {
		const char *name = rules_of(updaters->one[i]);
		const struct kf_rules *own = name ? kf_rules_find(name) : NULL;

		if (own && own->verifier == rules->verifier)
			return true;
	}
	return false;
}

/* is_found tells whether a verifier is one that a finder looks for. */
static bool is_found(const struct kf_verifier *verifier)
{
#define FINDER(verifier, function) #verifier,
	static const char *const names[] = {
#include "finders.def"
	};
#undef FINDER

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], verifier->name) == 0)
			return true;
	return false;
}

/* take_bytes decodes what a part holds. */
static enum kf_status take_bytes(struct kf_part *part, struct kf_opening *o,
				 const struct kf_device_verifier *v,
				 const char *data)
{
	uint8_t *room;

	if (!data)
		return wrong_part(o, v, "has no data");
	room = kf_arena_take(&o->memory->work.arena, strlen(data) + 4);
	if (!room)
		return kf_device_full(o);
	return kf_base64_read(&part->bytes, room, data)
		? KF_OK : wrong_part(o, v, "is no base64");
}

static enum kf_status take_part(struct kf_opening *o,
				struct kf_device_verifier *v, json_t *one)
{
	const char *state = json_string_value(json_object_get(one, "state"));
	const char *name = json_string_value(json_object_get(one, "name"));
	struct kf_part part = {
		.name = name ? kf_part_name(v->rules->verifier, name) : NULL,
	};
	enum kf_status status = KF_OK;

	if (!part.name || !state || kf_store_part(&v->store, part.name))
		return wrong_part(o, v, "has no name or no state, or is there twice");
	if (strcmp(state, "present") == 0) {
		part.presence = KF_PRESENT;
		status = take_bytes(&part, o, v, json_string_value(
			json_object_get(one, "data")));
	} else if (strcmp(state, "absent") == 0) {
		part.presence = KF_ABSENT;
	} else if (strcmp(state, "unknown") != 0 &&
		   strcmp(state, "kept") != 0) {
		return wrong_part(o, v, "is in no state that keyfit knows");
	}
	if (status == KF_OK && !kf_store_put(&v->store, &part))
		status = kf_device_full(o);
	return status;
}

/* take_setting: a version that is not known is told as an empty one, which
 * nobody could have set. */
static enum kf_status take_setting(struct kf_opening *o,
				   struct kf_device_verifier *v,
				   const char *name, const json_t *json)
{
	const struct kf_choice *choice = kf_choice_of(v->rules->verifier, name);
	const char *value = json_string_value(json);
	bool version = strcmp(name, "version") == 0;

	if (!value)
		return wrong(o, "a setting is no text, of ",
			     v->rules->verifier->name);
	if (choice && !(version && !value[0]))
		return kf_setting_put(o, &v->store, choice, value);
	if (!version)
		return kf_device_no_choice(o, v, 1, name);
	value = kf_device_text(o, value);
	if (!value)
		return KF_NO_MEMORY;
	return kf_store_set(&v->store, "version", value) ? KF_OK
							 : kf_device_full(o);
}

/* take_settings: earlier versions told of a version alone. */
static enum kf_status take_settings(struct kf_opening *o,
				    struct kf_device_verifier *v,
				    const json_t *object)
{
	json_t *settings = json_object_get(object, "settings"), *value;
	json_t *version = json_object_get(object, "version");
	enum kf_status status = KF_OK;
	const char *name;

	if (!json_is_object(settings))
		return json_is_string(version)
			? take_setting(o, v, "version", version)
			: wrong(o, "there are no settings of ",
				v->rules->verifier->name);
	json_object_foreach(settings, name, value)
		if (status == KF_OK)
			status = take_setting(o, v, name, value);
	return status;
}

/* take_rules gives a verifier its rules, which no other one may have. */
static enum kf_status take_rules(struct kf_opening *o,
				 struct kf_device_verifier *v,
				 const json_t *object)
{
	const char *rules = rules_of(object);
	enum kf_status status = rules ? kf_device_rules(o, v, rules)
				      : wrong(o, "an updater has no rules", "");

	if (status != KF_OK)
		return status;
	if (!is_found(v->rules->verifier))
		return wrong(o, "it tells of an updater with rules for what is none: ",
			     v->rules->name);
	for (const struct kf_device_verifier *other = o->device->verifier;
	     other < v; other++)
		if (other->rules->verifier == v->rules->verifier)
			return wrong(o, "it tells twice of ",
				     v->rules->verifier->name);
	return kf_device_choose(o, v);
}

/* read_failed: one that is there, and could not be read. What its rules are is
 * for the user to say, and what it trusts; whoever asks by the rules of another
 * one gets a device without it. */
static enum kf_status read_failed(struct kf_opening *o,
				  struct kf_device_verifier *v,
				  const json_t *object)
{
	const char *why = json_string_value(json_object_get(object, "why"));
	const struct kf_rules *asked = o->ask->rules
		? kf_rules_find(o->ask->rules) : NULL;
	enum kf_status status = take_rules(o, v, object);

	if (status != KF_OK)
		return status;
	if (asked) {
		if (v->rules != asked)
			v->rules = NULL;
		return KF_OK;
	}
	kf_fault_say(o->why,
		     "collect it again, as root, or say which rules are meant, with --rules",
		     "what %s trusts could not be read there: %.120s",
		     v->rules->verifier->name, why ? why : "not told why");
	return KF_WRONG_USE;
}

static enum kf_status read_one(struct kf_opening *o,
			       struct kf_device_verifier *v, json_t *object)
{
	json_t *parts = json_object_get(object, "parts"), *one;
	enum kf_status status;
	size_t index;

	if (json_object_get(object, "verifier"))
		return read_failed(o, v, object);
	status = take_rules(o, v, object);
	if (status == KF_OK)
		status = take_settings(o, v, object);
	if (status == KF_OK && !json_is_array(parts))
		status = wrong(o, "there are no parts of ",
			       v->rules->verifier->name);
	json_array_foreach(parts, index, one)
		if (status == KF_OK)
			status = take_part(o, v, one);
	/* What is not told of was not looked for. */
	v->store.complete = false;
	return status;
}

enum kf_status kf_updaters_read(const struct kf_updaters *updaters,
				struct kf_opening *o, size_t first)
{
	struct kf_device_verifier *v = &o->device->verifier[first];
	enum kf_status status = KF_OK;

	for (size_t i = 0; status == KF_OK && i < updaters->num; i++) {
		status = read_one(o, v, updaters->one[i]);
		if (v->rules)
			v++;
	}
	o->device->num_verifiers = (size_t)(v - o->device->verifier);
	return status;
}
