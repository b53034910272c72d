/* Writes and reads a device as a fleet keeps it.
 *
 * What is written is what rules see: the parts of the stores and the settings.
 * What is read may come from anybody: it is refused where it does not fit its
 * form.
 */
#include "stored.h"

#include "base64.h"
#include "device.h"
#include "json_read.h"

#include <stdlib.h>
#include <string.h>

#define START "\"keyfit_device\""

enum {
	STORED_MAX = 96 << 20,
	VERIFIERS_MAX = 16,
	DIGEST_LEN = 32,
};

static const char *const presences[] = {
	[KF_UNKNOWN] = "unknown", [KF_ABSENT] = "absent",
	[KF_PRESENT] = "present",
};

/* writing is one device while it is written. */
struct writing {
	struct kf_json json;
	const struct kf_crypto *crypto;
	kf_keep *keep;
	void *self;
	struct kf_fault *why;
};

enum kf_status kf_sha256(struct kf_digest *out, struct kf_bytes bytes,
			 const struct kf_crypto *crypto, struct kf_fault *why)
{
	void *digest = crypto->digest_begin(crypto->self, KF_SHA256);

	out->len = 0;
	if (digest) {
		crypto->digest_add(digest, bytes);
		crypto->digest_end(digest, out);
	}
	if (out->len == DIGEST_LEN)
		return KF_OK;
	kf_fault_say(why, NULL, "the crypto library failed");
	return KF_NO_CRYPTO;
}

static void write_time(struct kf_json *json, const struct kf_moment *t)
{
	kf_json_open(json, "time", '[');
	kf_json_number(json, NULL, t->year);
	kf_json_number(json, NULL, t->month);
	kf_json_number(json, NULL, t->day);
	kf_json_number(json, NULL, t->hour);
	kf_json_number(json, NULL, t->minute);
	kf_json_number(json, NULL, t->second);
	kf_json_close(json);
}

static enum kf_status write_part(struct writing *w,
				 const struct kf_part *part)
{
	/* Of a part that is not known, some entries may be. */
	struct kf_bytes bytes = part->presence == KF_PRESENT ? part->bytes
							     : part->least;
	bool any = part->presence == KF_PRESENT || bytes.len;
	struct kf_digest id = { .len = 0 };
	enum kf_status status = KF_OK;

	kf_json_open(&w->json, NULL, '{');
	kf_json_foreign(&w->json, "name", kf_text(part->name));
	kf_json_text(&w->json, "state", presences[part->presence]);
	if (any && w->keep) {
		status = kf_sha256(&id, bytes, w->crypto, w->why);
		if (status == KF_OK)
			status = w->keep(w->self, &id, bytes, w->why);
		kf_json_hex(&w->json, "sha256", kf_view(id.bytes, id.len));
	} else if (any) {
		kf_base64_write(&w->json, "data", bytes);
	}
	if (part->attributes)
		kf_json_number(&w->json, "attributes", part->attributes);
	if (part->timed)
		write_time(&w->json, &part->time);
	if (part->shown)
		kf_json_yes_no(&w->json, "shown", true);
	kf_json_close(&w->json);
	return status;
}

static int by_part(const void *a, const void *b)
{
	const struct kf_part *const *one = a, *const *other = b;

	return strcmp((*one)->name, (*other)->name);
}

static int by_setting(const void *a, const void *b)
{
	const struct kf_setting *const *one = a, *const *other = b;

	return strcmp((*one)->name, (*other)->name);
}

static enum kf_status write_parts(struct writing *w,
				  const struct kf_store *store)
{
	const struct kf_part *part[KF_PARTS_MAX] = { NULL };
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < store->num_parts; i++)
		part[i] = &store->part[i];
	qsort(part, store->num_parts, sizeof(part[0]), by_part);
	kf_json_open(&w->json, "parts", '[');
	for (size_t i = 0; i < store->num_parts && status == KF_OK; i++)
		status = write_part(w, part[i]);
	kf_json_close(&w->json);
	return status;
}

static void write_settings(struct kf_json *json, const struct kf_store *store)
{
	const struct kf_setting *setting[KF_SETTINGS_MAX] = { NULL };

	for (size_t i = 0; i < store->num_settings; i++)
		setting[i] = &store->setting[i];
	qsort(setting, store->num_settings, sizeof(setting[0]), by_setting);
	kf_json_open(json, "settings", '[');
	for (size_t i = 0; i < store->num_settings; i++) {
		kf_json_open(json, NULL, '{');
		kf_json_foreign(json, "name", kf_text(setting[i]->name));
		kf_json_foreign(json, "value", kf_text(setting[i]->value));
		kf_json_close(json);
	}
	kf_json_close(json);
}

static void write_damage(struct kf_json *json, const struct kf_store *store)
{
	if (store->num_damage == 0)
		return;
	kf_json_open(json, "damage", '[');
	for (size_t i = 0; i < store->num_damage; i++) {
		kf_json_open(json, NULL, '{');
		kf_json_text(json, "field", store->damage[i].field);
		kf_json_number(json, "at", store->damage[i].at);
		kf_json_close(json);
	}
	kf_json_close(json);
}

enum kf_status kf_stored_write(struct kf_output *out,
			       const struct kf_device *device,
			       const char *name, kf_keep *keep, void *self,
			       struct kf_fault *why)
{
	struct writing w = { { .out = out }, device->memory->work.env.crypto,
			     keep, self, why };
	enum kf_status status = KF_OK;

	kf_json_open(&w.json, NULL, '{');
	kf_json_number(&w.json, "keyfit_device", 1);
	if (name)
		kf_json_foreign(&w.json, "device", kf_text(name));
	kf_json_open(&w.json, "verifiers", '[');
	for (size_t i = 0; i < device->num_verifiers; i++) {
		const struct kf_device_verifier *v = &device->verifier[i];

		kf_json_open(&w.json, NULL, '{');
		kf_json_text(&w.json, "rules", v->rules->name);
		kf_json_yes_no(&w.json, "complete", v->store.complete);
		if (status == KF_OK)
			status = write_parts(&w, &v->store);
		write_settings(&w.json, &v->store);
		write_damage(&w.json, &v->store);
		kf_json_close(&w.json);
	}
	kf_json_close(&w.json);
	kf_json_close(&w.json);
	if (status == KF_OK && out->failed) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	return status;
}

/* drop is for those who ask for the digest of a part alone. */
static enum kf_status drop(void *self, const struct kf_digest *sha256,
			   struct kf_bytes bytes, struct kf_fault *why)
{
	(void)self, (void)sha256, (void)bytes, (void)why;
	return KF_OK;
}

enum kf_status kf_stored_digest(struct kf_digest *out,
				const struct kf_device *device,
				const struct kf_crypto *crypto,
				struct kf_fault *why)
{
	struct kf_output text = { 0 };
	enum kf_status status = kf_stored_write(&text, device, NULL, drop,
						NULL, why);

	if (status == KF_OK)
		status = kf_sha256(out, kf_view(text.data, text.len), crypto,
				   why);
	kf_output_close(&text);
	return status;
}

/* reading is one device while it is read. */
struct reading {
	struct kf_opening *o;
	const char *path;
};

static enum kf_status wrong(const struct reading *r, const char *what)
{
	kf_say_path(r->o->why, r->path, "export or collect it again",
		    "is no whole device as keyfit stores it: %s", what);
	return KF_WRONG_USE;
}

bool kf_stored_likely(struct kf_bytes file)
{
	enum { NEAR = 64 };

	return file.len && file.data[0] == '{' &&
	       memmem(file.data, file.len < NEAR ? file.len : NEAR, START,
		      sizeof(START) - 1);
}

/* find asks for bytes by their digest, in hex. */
static enum kf_status find(const struct reading *r, struct kf_bytes *out,
			   const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t id[DIGEST_LEN];
	struct kf_bytes found = { NULL, 0 };
	enum kf_status status;

	if (!r->o->blobs || strlen(hex) != 2 * DIGEST_LEN ||
	    strspn(hex, digits) != 2 * DIGEST_LEN)
		return wrong(r, "a part has neither data nor a digest");
	for (size_t i = 0; i < DIGEST_LEN; i++)
		id[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
				  (strchr(digits, hex[2 * i + 1]) - digits));
	status = r->o->blobs->find(r->o->blobs->self, &found,
				   kf_view(id, sizeof(id)), r->o->why);
	if (status != KF_OK)
		return status;
	return kf_arena_keep(&r->o->memory->work.arena, out, found)
		? KF_OK : kf_device_full(r->o);
}

static enum kf_status read_bytes(const struct reading *r, json_t *one,
				 struct kf_bytes *out)
{
	const char *data = json_string_value(json_object_get(one, "data"));
	const char *hex = json_string_value(json_object_get(one, "sha256"));
	uint8_t *room;

	if (!data)
		return find(r, out, hex ? hex : "");
	room = kf_arena_take(&r->o->memory->work.arena, strlen(data) + 4);
	if (!room)
		return kf_device_full(r->o);
	return kf_base64_read(out, room, data)
		? KF_OK : wrong(r, "a part is no base64");
}

/* read_kept reads all of a part, or what is known of it. */
static enum kf_status read_kept(const struct reading *r, json_t *one,
				struct kf_part *part)
{
	bool any = json_object_get(one, "data") ||
		   json_object_get(one, "sha256");

	if (part->presence == KF_PRESENT)
		return read_bytes(r, one, &part->bytes);
	if (part->presence == KF_UNKNOWN && any)
		return read_bytes(r, one, &part->least);
	return KF_OK;
}

/* small reads a number below a limit. Fails: false. */
static bool small(uint64_t *out, json_t *value, uint64_t most)
{
	json_int_t number = json_integer_value(value);

	*out = (uint64_t)number;
	return json_is_integer(value) && number >= 0 &&
	       (uint64_t)number <= most;
}

static enum kf_status read_time(const struct reading *r, json_t *list,
				struct kf_part *part)
{
	uint64_t n[6] = { 0 };

	if (!list)
		return KF_OK;
	for (size_t i = 0; i < 6; i++)
		if (!small(&n[i], json_array_get(list, i),
			   i ? UINT8_MAX : UINT16_MAX))
			return wrong(r, "a time is none");
	part->time.year = (uint16_t)n[0];
	part->time.month = (uint8_t)n[1];
	part->time.day = (uint8_t)n[2];
	part->time.hour = (uint8_t)n[3];
	part->time.minute = (uint8_t)n[4];
	part->time.second = (uint8_t)n[5];
	part->timed = true;
	return KF_OK;
}

static enum kf_status read_part(const struct reading *r,
				struct kf_store *store, json_t *one)
{
	const char *name = json_string_value(json_object_get(one, "name"));
	const char *state = json_string_value(json_object_get(one, "state"));
	json_t *attributes = json_object_get(one, "attributes");
	struct kf_part part = { .shown = json_is_true(
		json_object_get(one, "shown")) };
	enum kf_status status = KF_OK;
	uint64_t number = 0;
	size_t i = 0;

	while (i < 3 && state && strcmp(state, presences[i]) != 0)
		i++;
	if (!name || !state || i == 3)
		return wrong(r, "a part has no name or no state");
	if (kf_store_part(store, name))
		return wrong(r, "a part comes twice");
	if (attributes && !small(&number, attributes, UINT32_MAX))
		return wrong(r, "attributes are no number");
	part.attributes = (uint32_t)number;
	part.presence = (enum kf_presence)i;
	part.name = kf_device_text(r->o, name);
	if (!part.name)
		return KF_NO_MEMORY;
	status = read_kept(r, one, &part);
	if (status == KF_OK)
		status = read_time(r, json_object_get(one, "time"), &part);
	if (status != KF_OK)
		return status;
	return kf_store_put(store, &part) ? KF_OK : kf_device_full(r->o);
}

static enum kf_status read_setting(const struct reading *r,
				   struct kf_device_verifier *v, json_t *one)
{
	const char *name = json_string_value(json_object_get(one, "name"));
	const char *value = json_string_value(json_object_get(one, "value"));
	const struct kf_choice *choice;

	if (!name || !value)
		return wrong(r, "a setting has no name or no value");
	choice = kf_choice_of(v->rules->verifier, name);
	if (choice)
		return kf_setting_put(r->o, &v->store, choice, value);
	/* One that another verifier of the same device knows. */
	name = kf_device_text(r->o, name);
	value = name ? kf_device_text(r->o, value) : NULL;
	if (!value)
		return KF_NO_MEMORY;
	return kf_store_set(&v->store, name, value) ? KF_OK
						    : kf_device_full(r->o);
}

static enum kf_status read_damage(const struct reading *r,
				  struct kf_store *store, json_t *list)
{
	size_t index;
	json_t *one;

	if (json_array_size(list) > KF_DAMAGE_MAX)
		return wrong(r, "it has too much damage");
	json_array_foreach(list, index, one) {
		const char *field = json_string_value(
			json_object_get(one, "field"));
		struct kf_damage damage = { NULL, 0 };

		if (!field || !small(&damage.at, json_object_get(one, "at"),
				     INT64_MAX))
			return wrong(r, "damage has no field or no place");
		damage.field = kf_device_text(r->o, field);
		if (!damage.field)
			return KF_NO_MEMORY;
		kf_store_damage(store, damage);
	}
	return KF_OK;
}

static enum kf_status read_verifier(const struct reading *r,
				    struct kf_device_verifier *v,
				    json_t *one)
{
	const char *rules = json_string_value(json_object_get(one, "rules"));
	json_t *complete = json_object_get(one, "complete"), *item;
	enum kf_status status;
	size_t index;

	if (!rules || !json_is_boolean(complete))
		return wrong(r, "a verifier has no rules, or is not said to be complete or not");
	status = kf_device_rules(r->o, v, rules);
	if (status == KF_OK)
		status = kf_device_choose(r->o, v);
	if (status != KF_OK)
		return status;
	v->store.device = r->o->device->name;
	v->store.complete = json_is_true(complete);
	json_array_foreach(json_object_get(one, "parts"), index, item)
		if (status == KF_OK)
			status = read_part(r, &v->store, item);
	json_array_foreach(json_object_get(one, "settings"), index, item)
		if (status == KF_OK)
			status = read_setting(r, v, item);
	return status == KF_OK
		? read_damage(r, &v->store, json_object_get(one, "damage"))
		: status;
}

static enum kf_status read_root(const struct reading *r, json_t *root,
				const char *file_name)
{
	json_t *list = json_object_get(root, "verifiers"), *one;
	json_t *form = json_object_get(root, "keyfit_device");
	const char *name = json_string_value(json_object_get(root, "device"));
	size_t num = json_array_size(list), index;
	enum kf_status status;

	if (!json_is_integer(form) || json_integer_value(form) != 1)
		return wrong(r, "it does not say so, or a later keyfit wrote it");
	if (num == 0 || num > VERIFIERS_MAX)
		return wrong(r, "it has no verifiers, or too many");
	r->o->device->name = kf_device_text(r->o, name && name[0] ? name
								  : file_name);
	if (!r->o->device->name)
		return KF_NO_MEMORY;
	status = kf_device_verifiers(r->o, num);
	json_array_foreach(list, index, one)
		if (status == KF_OK)
			status = read_verifier(r,
				&r->o->device->verifier[index], one);
	return status;
}

enum kf_status kf_stored_read(struct kf_opening *o, const char *path,
			      const char *name, struct kf_bytes file)
{
	struct reading r = { o, path };
	enum kf_status status;
	json_error_t error;
	char text[180];
	json_t *root;
	bool lost;

	if (file.len > STORED_MAX)
		return wrong(&r, "it is larger than one can be");
	root = kf_json_read(file, &error, &lost);
	if (!root && lost) {
		kf_fault_say(o->why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	o->settled = true;
	if (!root)
		kf_json_wrong(text, sizeof(text), &error);
	status = root ? read_root(&r, root, name) : wrong(&r, text);
	json_decref(root);
	return status;
}
