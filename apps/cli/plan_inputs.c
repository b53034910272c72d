/* What a proof is about, each input by its name and its SHA-256: so that a plan
 * which is proven again can tell what is not what it was.
 */
#include "plan.h"

#include "host/stored.h"
#include "say.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 16, PATH_LEN = 4096 };

static int no_memory(void)
{
	return kf_say_failure(NULL, KF_NO_MEMORY, &(struct kf_fault){ 0 });
}

/* note adds an input. `name` is emptied. One that is there already, by its
 * name, is the same file. */
static int note(struct kf_planning *p, struct kf_output *name,
		const struct kf_digest *digest)
{
	struct kf_plan_input *grown;
	size_t max = p->num_inputs ? 2 * p->num_inputs : 1;
	char *kept = name->failed ? NULL : strndup(name->data, name->len);

	kf_output_close(name);
	for (size_t i = 0; kept && i < p->num_inputs; i++)
		if (strcmp(p->input[i].name, kept) == 0) {
			free(kept);
			return KF_EXIT_FITS;
		}
	if (kept && (p->num_inputs & (p->num_inputs - 1)) == 0) {
		grown = realloc(p->input, max * sizeof(*grown));
		if (grown)
			p->input = grown;
		if (!grown) {
			free(kept);
			kept = NULL;
		}
	}
	if (!kept)
		return no_memory();
	p->input[p->num_inputs].name = kept;
	memcpy(p->input[p->num_inputs++].sha256, digest->bytes, 32);
	return KF_EXIT_FITS;
}

static int note_bytes(struct kf_planning *p, struct kf_output *name,
		      struct kf_bytes bytes)
{
	struct kf_fault why = { 0 };
	struct kf_digest digest = { 0 };
	enum kf_status status = kf_sha256(&digest, bytes, p->crypto, &why);

	if (status == KF_OK)
		return note(p, name, &digest);
	kf_output_close(name);
	return kf_say_failure(NULL, status, &why);
}

/* note_text adds an input that was put together. */
static int note_text(struct kf_planning *p, struct kf_output *name,
		     struct kf_output *text)
{
	int status;

	if (text->failed) {
		kf_output_close(text);
		kf_output_close(name);
		return no_memory();
	}
	status = note_bytes(p, name, kf_view((const uint8_t *)text->data,
					     text->len));
	kf_output_close(text);
	return status;
}

/* as_named is a path as the goal names it. */
static const char *as_named(const struct kf_planning *p, const char *path)
{
	const char *slash = strrchr(p->path, '/');
	size_t head = slash ? (size_t)(slash - p->path) + 1 : 0;

	return head && strncmp(path, p->path, head) == 0 ? path + head : path;
}

static int note_path(struct kf_planning *p, const char *owner,
		     const char *path, unsigned depth);

static int no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int note_folder(struct kf_planning *p, const char *owner,
		       const char *path, unsigned depth)
{
	struct dirent **entry = NULL;
	int num = scandir(path, &entry, no_dots, by_name);
	int status = num < 0 ? kf_say_failure(path, KF_CANNOT_READ,
					      &(struct kf_fault){ 0 })
			     : KF_EXIT_FITS;

	for (int i = 0; i < num; i++) {
		char inner[PATH_LEN];
		int len = snprintf(inner, sizeof(inner), "%s/%s", path,
				   entry[i]->d_name);

		if (status == KF_EXIT_FITS && len < PATH_LEN)
			status = note_path(p, owner, inner, depth + 1);
		free(entry[i]);
	}
	free(entry);
	return status;
}

/* note_path adds a file, or all files of a folder. */
static int note_path(struct kf_planning *p, const char *owner,
		     const char *path, unsigned depth)
{
	struct kf_output name = { 0 };
	struct kf_fault why = { 0 };
	struct kf_file file = { .fd = -1 };
	struct kf_digest digest = { 0 };
	struct stat st;
	enum kf_status status;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return depth < DEPTH_MAX ? note_folder(p, owner, path, depth)
					 : KF_EXIT_FITS;
	status = kf_file_open(&file, path, &why);
	/* In a folder there may be what is no file; nothing boots it. */
	if (status == KF_WRONG_USE && depth)
		return KF_EXIT_FITS;
	if (status == KF_OK) {
		kf_work_again(&p->work, file.source.size);
		status = kf_file_digest(&digest, &file.source, &p->work.env);
		kf_file_close(&file);
	}
	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	kf_output_print(&name, "%s: %s", owner, as_named(p, path));
	return note(p, &name, &digest);
}

/* put_part writes all of a part that decides. */
static void put_part(struct kf_output *out, const struct kf_part *part)
{
	kf_output_print(out, "%s %d %u %d ", part->name, part->presence,
			part->attributes, part->timed);
	if (part->timed)
		kf_output_hex(out, kf_view((const uint8_t *)&part->time,
					   sizeof(part->time)));
	kf_output_text(out, " ");
	kf_output_hex(out, part->bytes);
	kf_output_text(out, "\n");
}

/* note_store adds the parts and settings of a store. */
static int note_store(struct kf_planning *p, const char *owner,
		      const char *verifier, const struct kf_store *store)
{
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < store->num_parts && status == KF_EXIT_FITS;
	     i++) {
		struct kf_output name = { 0 }, text = { 0 };

		kf_output_print(&name, "%s: %s of %s", owner,
				store->part[i].name, verifier);
		put_part(&text, &store->part[i]);
		status = note_text(p, &name, &text);
	}
	for (size_t i = 0; i < store->num_settings && status == KF_EXIT_FITS;
	     i++) {
		struct kf_output name = { 0 }, text = { 0 };

		kf_output_print(&name, "%s: setting %s of %s", owner,
				store->setting[i].name, verifier);
		kf_output_text(&text, store->setting[i].value);
		status = note_text(p, &name, &text);
	}
	return status;
}

/* note_whole adds a store as one: devices of a fleet are many. */
static int note_whole(struct kf_planning *p, const char *owner,
		      const char *verifier, const struct kf_store *store)
{
	struct kf_output name = { 0 }, text = { 0 };

	for (size_t i = 0; i < store->num_parts; i++)
		put_part(&text, &store->part[i]);
	for (size_t i = 0; i < store->num_settings; i++)
		kf_output_print(&text, "%s=%s\n", store->setting[i].name,
				store->setting[i].value);
	kf_output_print(&name, "%s: store of %s", owner, verifier);
	return note_text(p, &name, &text);
}

/* note_device adds the rules and stores of a device. */
static int note_device(struct kf_planning *p, const char *owner,
		       const struct kf_device *device)
{
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < device->num_verifiers &&
			   status == KF_EXIT_FITS; i++) {
		const struct kf_device_verifier *v = &device->verifier[i];
		const char *name = v->rules->verifier->name;
		struct kf_output text = { 0 }, rules = { 0 };

		kf_output_print(&rules, "%s: rules of %s", owner, name);
		kf_output_print(&text, "%s %d", v->rules->name,
				v->store.complete);
		status = note_text(p, &rules, &text);
		if (status == KF_EXIT_FITS)
			status = p->fleet
				? note_whole(p, owner, name, &v->store)
				: note_store(p, owner, name, &v->store);
	}
	return status;
}

/* note_devices adds the classes, and what devices become. */
static int note_devices(struct kf_planning *p)
{
	int status = KF_EXIT_FITS;
	char owner[160];

	for (size_t i = 0; i < p->rotation.num_classes &&
			   status == KF_EXIT_FITS; i++) {
		snprintf(owner, sizeof(owner), "class %s", p->class_[i].name);
		status = note_device(p, owner, &p->class_[i].opened);
	}
	for (size_t i = 0; i < p->num_others && status == KF_EXIT_FITS; i++) {
		snprintf(owner, sizeof(owner), "device %.140s",
			 as_named(p, p->other[i].path));
		status = note_device(p, owner, &p->other[i].device);
	}
	return status;
}

/* changed_by is the file of a change of UEFI's variables; NULL: it has none. */
static const char *changed_by(const char *change)
{
	const char *equals = strchr(change, '=');

	if (!equals)
		return change;
	return strcmp(equals + 1, "none") == 0 ||
	       strncmp(change, "secure-boot=", 12) == 0 ? NULL : equals + 1;
}

static int note_files(struct kf_planning *p)
{
	int status = KF_EXIT_FITS;
	char owner[120];

	for (size_t i = 0; i < p->rotation.num_releases; i++) {
		const struct kf_plan_release *r = &p->release[i];

		snprintf(owner, sizeof(owner), "release %s", r->name);
		for (size_t f = 0; f < r->num_files &&
				   status == KF_EXIT_FITS; f++)
			status = note_path(p, owner, r->file[f], 0);
		if (r->signed_by && status == KF_EXIT_FITS)
			status = note_path(p, owner, r->signed_by, 0);
	}
	for (size_t i = 0; i < p->rotation.num_updates; i++) {
		const struct kf_plan_update *u = &p->update[i];
		const char *by = u->change ? changed_by(u->change) : NULL;

		snprintf(owner, sizeof(owner), "update %s", u->name);
		if (by && status == KF_EXIT_FITS)
			status = note_path(p, owner, by, 0);
		if (u->file && status == KF_EXIT_FITS)
			status = note_path(p, owner, u->file, 0);
	}
	if (p->retire.num && status == KF_EXIT_FITS)
		status = note_path(p, "the key to retire", p->retire_text, 0);
	return status;
}

/* note_json adds a piece of the goal, however it is laid out. */
static int note_json(struct kf_planning *p, const char *kind, const char *name,
		     json_t *value)
{
	char *text = json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT |
				JSON_ENCODE_ANY);
	struct kf_output words = { 0 };
	int status;

	if (!text)
		return no_memory();
	kf_output_print(&words, "goal: %s%s%s", kind, name ? " " : "",
			name ? name : "");
	status = note_bytes(p, &words, kf_text(text));
	free(text);
	return status;
}

/* note_goal adds what the goal says, an object of a list each by its name. */
static int note_goal(struct kf_planning *p)
{
	int status = KF_EXIT_FITS;
	const char *key;
	json_t *value, *one;
	size_t index;

	json_object_foreach(p->goal, key, value) {
		if (strcmp(key, "plan") == 0 || strcmp(key, "proof") == 0 ||
		    (p->fleet && strcmp(key, "classes") == 0))
			continue;
		if (status == KF_EXIT_FITS && !json_is_array(value))
			status = note_json(p, key, NULL, value);
		json_array_foreach(value, index, one)
			if (status == KF_EXIT_FITS)
				status = note_json(p, key, json_is_string(one)
					? json_string_value(one)
					: json_string_value(json_object_get(
							one, "name")), one);
	}
	return status;
}

/* note_rest adds the plan, keyfit, and what the verifiers answered. */
static int note_rest(struct kf_planning *p, const struct kf_schedule *plan)
{
	struct kf_output name = { 0 }, text = { 0 };
	struct kf_json json = { .out = &text };
	int status;

	kf_json_open(&json, NULL, '{');
	kf_plan_write(p, &json, plan);
	kf_json_close(&json);
	kf_output_text(&name, "the plan");
	status = note_text(p, &name, &text);
	if (status != KF_EXIT_FITS)
		return status;
	kf_output_text(&name, "keyfit, and its rules");
	kf_output_text(&text, KEYFIT_VERSION);
	status = note_text(p, &name, &text);
	if (status != KF_EXIT_FITS)
		return status;
	kf_output_text(&name, "the verifiers' answers");
	kf_plan_tables(p, &text);
	return note_text(p, &name, &text);
}

int kf_plan_inputs(struct kf_planning *p, const struct kf_schedule *plan)
{
	struct kf_output all = { 0 };
	struct kf_digest digest = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status hashed = KF_NO_MEMORY;
	int status = note_files(p);

	if (status == KF_EXIT_FITS)
		status = note_devices(p);
	if (status == KF_EXIT_FITS)
		status = note_goal(p);
	if (status == KF_EXIT_FITS)
		status = note_rest(p, plan);
	if (status == KF_EXIT_FITS && !kf_plan_files_same(p)) {
		kf_say(p->path, "a file changed while it was read", NULL);
		return KF_EXIT_FAULT;
	}
	if (status != KF_EXIT_FITS)
		return status;
	for (size_t i = 0; i < p->num_inputs; i++) {
		kf_output_print(&all, "%s ", p->input[i].name);
		kf_output_hex(&all, kf_view(p->input[i].sha256, 32));
		kf_output_text(&all, "\n");
	}
	if (!all.failed)
		hashed = kf_sha256(&digest, kf_view((const uint8_t *)all.data,
						    all.len), p->crypto, &why);
	kf_output_close(&all);
	if (hashed != KF_OK)
		return kf_say_failure(NULL, hashed, &why);
	memcpy(p->digest, digest.bytes, sizeof(p->digest));
	return KF_EXIT_FITS;
}

void kf_plan_inputs_json(const struct kf_planning *p, struct kf_json *json)
{
	kf_json_hex(json, "sha256", kf_view(p->digest, sizeof(p->digest)));
	kf_json_open(json, "inputs", '[');
	for (size_t i = 0; i < p->num_inputs; i++) {
		kf_json_open(json, NULL, '{');
		kf_json_text(json, "name", p->input[i].name);
		kf_json_hex(json, "sha256", kf_view(p->input[i].sha256, 32));
		kf_json_close(json);
	}
	kf_json_close(json);
}

/* is_as tells whether an input is one of a proof, with the same digest. */
static bool is_as(const struct kf_plan_input *input, json_t *one)
{
	const char *given = json_string_value(json_object_get(one, "sha256"));
	char hex[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", input->sha256[i]);
	return given && strcmp(given, hex) == 0;
}

static bool is_named(json_t *one, const char *name)
{
	const char *given = json_string_value(json_object_get(one, "name"));

	return given && strcmp(given, name) == 0;
}

static json_t *find(json_t *inputs, const char *name)
{
	size_t index;
	json_t *one;

	json_array_foreach(inputs, index, one)
		if (is_named(one, name))
			return one;
	return NULL;
}

static bool is_there(const struct kf_planning *p, json_t *one)
{
	for (size_t i = 0; i < p->num_inputs; i++)
		if (is_named(one, p->input[i].name))
			return true;
	return false;
}

bool kf_plan_changes(struct kf_planning *p,
		     void (*each)(struct kf_planning *p, void *self,
				  const char *name, const char *how),
		     void *self)
{
	json_t *inputs = json_object_get(p->proof, "inputs"), *one;
	bool any = false;
	size_t index;

	for (size_t i = 0; i < p->num_inputs; i++) {
		const struct kf_plan_input *input = &p->input[i];

		one = find(inputs, input->name);
		if (one && is_as(input, one))
			continue;
		any = true;
		each(p, self, input->name, one ? "changed" : "new");
	}
	json_array_foreach(inputs, index, one) {
		const char *name = json_string_value(
			json_object_get(one, "name"));

		if (!name || is_there(p, one))
			continue;
		any = true;
		each(p, self, name, "gone");
	}
	return any;
}

void kf_plan_inputs_close(struct kf_planning *p)
{
	for (size_t i = 0; i < p->num_inputs; i++)
		free(p->input[i].name);
	free(p->input);
	json_decref(p->proof);
}
