/* RAUC, as a collected file tells of it.
 */
#include "base64.h"
#include "collected_parts.h"

#include <stdlib.h>
#include <string.h>

static enum kf_status wrong(struct kf_opening *o, const char *what)
{
	kf_fault_say(o->why, "collect it again",
		     "is no whole file of keyfit collect: %s", what);
	return KF_WRONG_USE;
}

/* part_of is RAUC's own name of a part; NULL: it has none such. */
static const char *part_of(const struct kf_verifier *verifier,
			   const char *name)
{
	for (size_t i = 0; name && verifier->parts[i]; i++)
		if (strcmp(verifier->parts[i], name) == 0)
			return verifier->parts[i];
	return NULL;
}

/* take_bytes decodes what a part holds. */
static enum kf_status take_bytes(struct kf_part *part, struct kf_opening *o,
				 const char *data)
{
	uint8_t *room;

	if (!data)
		return wrong(o, "a part of rauc has no data");
	room = kf_arena_take(&o->memory->work.arena, strlen(data) + 4);
	if (!room)
		return kf_device_full(o);
	return kf_base64_read(&part->bytes, room, data)
		? KF_OK : wrong(o, "a part of rauc is no base64");
}

static enum kf_status take_part(struct kf_opening *o,
				struct kf_device_verifier *v, json_t *one)
{
	const char *state = json_string_value(json_object_get(one, "state"));
	struct kf_part part = {
		.name = part_of(v->rules->verifier, json_string_value(
			json_object_get(one, "name"))),
	};
	enum kf_status status = KF_OK;

	if (!part.name || !state || kf_store_part(&v->store, part.name))
		return wrong(o, "a part of rauc has no name or no state, or is there twice");
	if (strcmp(state, "present") == 0) {
		part.presence = KF_PRESENT;
		status = take_bytes(&part, o, json_string_value(
			json_object_get(one, "data")));
	} else if (strcmp(state, "absent") == 0) {
		part.presence = KF_ABSENT;
	} else if (strcmp(state, "unknown") != 0 &&
		   strcmp(state, "kept") != 0) {
		return wrong(o, "a part of rauc is in no state that keyfit knows");
	}
	if (status == KF_OK && !kf_store_put(&v->store, &part))
		status = kf_device_full(o);
	return status;
}

enum kf_status kf_collected_rauc(struct kf_opening *o,
				 struct kf_device_verifier *v, json_t *rauc)
{
	const char *rules = json_string_value(json_object_get(rauc, "rules"));
	const char *version = json_string_value(
		json_object_get(rauc, "version"));
	json_t *parts = json_object_get(rauc, "parts"), *one;
	enum kf_status status;
	size_t index;

	if (!rules || !version || !json_is_array(parts))
		return wrong(o, "its rauc has no rules, no version or no parts");
	status = kf_device_rules(o, v, rules);
	if (status == KF_OK && strcmp(v->rules->verifier->name, "rauc") != 0)
		return wrong(o, "the rules of its rauc are others'");
	if (status == KF_OK)
		status = kf_device_choose(o, v);
	version = status == KF_OK ? kf_device_text(o, version) : NULL;
	if (status == KF_OK && !version)
		status = KF_NO_MEMORY;
	if (status == KF_OK && !kf_store_set(&v->store, "version", version))
		status = kf_device_full(o);
	json_array_foreach(parts, index, one)
		if (status == KF_OK)
			status = take_part(o, v, one);
	/* What is not told of was not looked for. */
	v->store.complete = false;
	return status;
}
