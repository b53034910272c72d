/* Takes a collected file apart: a device, its boot options, its event log.
 *
 * The file was written by keyfit, but may come from anybody: what does not fit
 * its form is refused, and what could not be read then is unknown now.
 */
#include "collected.h"

#include "base64.h"
#include "collected_parts.h"

#include "core/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START "\"keyfit_collected\""
#define VARIABLES "/sys/firmware/efi/efivars/"

/* Some MiB of brackets become a hundred times as much memory. What machines
 * have to tell stays below one. */
enum { COLLECTED_MAX = 8 << 20 };

static enum kf_status wrong(struct kf_fault *why, const char *what)
{
	kf_fault_say(why, "collect it again", "is no whole file of keyfit collect: %s",
		     what);
	return KF_WRONG_USE;
}

bool kf_collected_likely(struct kf_bytes file)
{
	enum { NEAR = 64 };

	return file.len && file.data[0] == '{' &&
	       memmem(file.data, file.len < NEAR ? file.len : NEAR, START,
		      sizeof(START) - 1);
}

static enum kf_status parse(json_t **out, struct kf_bytes file,
			    struct kf_fault *why)
{
	json_error_t error;
	json_t *number;
	bool lost;

	if (file.len > COLLECTED_MAX)
		return wrong(why, "it is larger than one can be");
	*out = kf_json_read(file, &error, &lost);
	if (!*out && lost) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	number = json_object_get(*out, "keyfit_collected");
	if (!json_is_integer(number))
		return wrong(why, *out ? "it does not say so" : error.text);
	return json_integer_value(number) == 1
		? KF_OK : wrong(why, "a later keyfit wrote it");
}

static enum kf_status each_variable(json_t *root,
				    enum kf_status (*each)(void *,
							   const char *,
							   struct kf_bytes),
				    void *self, struct kf_fault *why)
{
	json_t *list = json_object_get(root, "variables"), *one;
	enum kf_status status = KF_OK;
	size_t index;

	if (!json_is_array(list))
		return wrong(why, "it has no variables");
	json_array_foreach(list, index, one) {
		const char *name = json_string_value(
			json_object_get(one, "file"));
		const char *data = json_string_value(
			json_object_get(one, "data"));
		struct kf_bytes bytes;
		uint8_t *room;

		if (!name || !data)
			return wrong(why, "a variable has no name or no data");
		room = malloc(strlen(data) + 4);
		if (!room)
			status = KF_NO_MEMORY;
		else if (!kf_base64_read(&bytes, room, data))
			status = wrong(why, "a variable is no base64");
		else
			status = each(self, name, bytes);
		free(room);
		if (status != KF_OK)
			return status;
	}
	return KF_OK;
}

enum kf_status kf_collected_each(struct kf_bytes file,
				 enum kf_status (*each)(void *self,
							const char *name,
							struct kf_bytes),
				 void *self, struct kf_fault *why)
{
	json_t *root = NULL;
	enum kf_status status = parse(&root, file, why);

	if (status == KF_OK)
		status = each_variable(root, each, self, why);
	json_decref(root);
	return status;
}

/* listing is the variables while they are put into a list. */
struct listing {
	struct kf_opening *o;
	struct kf_efivar_file *file;
	size_t num, max;
};

static enum kf_status list(struct listing *l, const char *name,
			   struct kf_bytes bytes, bool readable)
{
	struct kf_efivar_file *file = &l->file[l->num];

	if (l->num == l->max ||
	    !kf_arena_keep(&l->o->memory->work.arena, &file->bytes, bytes))
		return kf_device_full(l->o);
	file->name = kf_device_text(l->o, name);
	file->readable = readable;
	l->num++;
	return file->name ? KF_OK : KF_NO_MEMORY;
}

static enum kf_status list_one(void *self, const char *name,
			       struct kf_bytes bytes)
{
	return list(self, name, bytes, true);
}

/* list_unread: a variable that was there and could not be read is unknown. */
static enum kf_status list_unread(struct listing *l, json_t *unread)
{
	enum kf_status status = KF_OK;
	size_t index;
	json_t *one;

	json_array_foreach(unread, index, one) {
		const char *what = json_string_value(
			json_object_get(one, "what"));

		if (!what)
			return wrong(l->o->why, "it does not say what could not be read");
		if (status == KF_OK &&
		    strncmp(what, VARIABLES, sizeof(VARIABLES) - 1) == 0)
			status = list(l, what + sizeof(VARIABLES) - 1,
				      kf_view(NULL, 0), false);
	}
	return status;
}

/* told_of finds the entry of a name; NULL: it is none that is looked at. */
static struct kf_mok_told *told_of(struct kf_mok_told *told, const char *name)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++)
		if (kf_variables[i].shown &&
		    strcmp(kf_variables[i].shown, name) == 0)
			return &told[i];
	return NULL;
}

/* take_told keeps an entry of shim's table; `data` NULL: it was not read. */
static enum kf_status take_told(struct kf_opening *o, struct kf_mok_told *told,
				uint64_t size, const char *data)
{
	size_t len = data ? strlen(data) : 0;
	uint8_t *room;

	if (told->there) {
		told->readable = false;
		told->size = UINT64_MAX;
		return KF_OK;
	}
	told->there = true;
	told->size = size;
	if (!data)
		return KF_OK;
	room = kf_arena_take(&o->memory->work.arena, len + 4);
	if (!room)
		return kf_device_full(o);
	if (!kf_base64_read(&told->bytes, room, data) ||
	    told->bytes.len != size)
		return wrong(o->why, "what shim handed on is no base64, or cut short");
	told->readable = true;
	return KF_OK;
}

/* read_told reads shim's table. Files of earlier versions have none. */
static enum kf_status read_told(struct kf_mok_told *told, struct kf_opening *o,
				json_t *root)
{
	json_t *list = json_object_get(root, "mok_variables"), *one;
	enum kf_status status = KF_OK;
	size_t index;

	memset(told, 0, KF_NUM_VARIABLES * sizeof(*told));
	json_array_foreach(list, index, one) {
		const char *name = json_string_value(
			json_object_get(one, "name"));
		json_t *size = json_object_get(one, "size");
		struct kf_mok_told *entry = name ? told_of(told, name) : NULL;

		if (!name || !json_is_integer(size) ||
		    json_integer_value(size) < 0)
			return wrong(o->why, "an entry of mok_variables has no name or no size");
		if (!entry)
			continue;
		status = take_told(o, entry, (uint64_t)json_integer_value(size),
				   json_string_value(json_object_get(one,
								     "data")));
		entry->from = kf_variables[entry - told].shown;
		if (status != KF_OK)
			return status;
	}
	kf_mokvars_settle(told);
	return list && !json_is_array(list)
		? wrong(o->why, "its mok_variables are no list") : KF_OK;
}

static enum kf_status no_variables(struct kf_opening *o,
				   struct kf_store *store, const char *path)
{
	kf_say_path(&o->device->unread, path,
		    "collect it from a system that UEFI firmware started",
		    "holds no EFI variables");
	return kf_machine_unknown(o, store);
}

static enum kf_status read_variables(struct kf_opening *o,
				     struct kf_store *store, const char *path,
				     json_t *root, bool live)
{
	json_t *unread = json_object_get(root, "unread");
	struct kf_mok_told told[KF_NUM_VARIABLES];
	struct listing l = {
		.o = o,
		.max = json_array_size(json_object_get(root, "variables")) +
		       json_array_size(unread),
	};
	struct kf_efivar_listing list = { path, live, NULL, 0, told };
	enum kf_status status;

	if (!json_is_array(unread))
		return wrong(o->why, "it does not say what could not be read");
	l.file = kf_arena_take(&o->memory->work.arena,
			       (l.max + 1) * sizeof(*l.file));
	if (!l.file)
		return kf_device_full(o);
	status = each_variable(root, list_one, &l, o->why);
	if (status == KF_OK)
		status = list_unread(&l, unread);
	if (status == KF_OK)
		status = read_told(told, o, root);
	if (status != KF_OK)
		return status;
	list.file = l.file;
	list.num = l.num;
	return l.num ? kf_efivars_take(o, store, &list)
		     : no_variables(o, store, path);
}

/* read_machine: what is no processor that keyfit knows is no reason to take
 * the machine for another one. */
static enum kf_status read_machine(struct kf_opening *o,
				   struct kf_device_verifier *v, json_t *root)
{
	const struct kf_choice *choice =
		kf_choice_of(v->rules->verifier, "machine");
	json_t *told = json_object_get(root, "machine");
	const char *machine = json_string_value(told);

	if (!told || (!machine && !json_is_null(told)))
		return wrong(o->why, "it does not say what processor it has");
	if (!machine || !choice)
		return KF_OK;
	machine = kf_device_text(o, machine);
	return machine ? kf_setting_put(o, &v->store, choice, machine)
		       : KF_NO_MEMORY;
}

static enum kf_status read_store(struct kf_opening *o,
				 struct kf_device_verifier *v,
				 const char *path, json_t *root)
{
	const char *state = json_string_value(json_object_get(root,
							      "efivars"));
	bool live = state && strcmp(state, "live") == 0;
	enum kf_status status = read_machine(o, v, root);

	if (status != KF_OK)
		return status;
	if (live || (state && strcmp(state, "copy") == 0))
		return read_variables(o, &v->store, path, root, live);
	if (!state || strcmp(state, "none") != 0)
		return wrong(o->why, "it does not say what became of the variables");
	return no_variables(o, &v->store, path);
}

static enum kf_status read_hardware(struct kf_opening *o, json_t *root)
{
	json_t *smbios = json_object_get(root, "smbios");
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < KF_NUM_HARDWARE && status == KF_OK; i++) {
		const char *text = json_string_value(
			json_object_get(smbios, kf_hardware_name(i)));

		if (text)
			status = kf_hardware_keep(o, i, text);
	}
	return status;
}

/* asks_other tells whether the user asks for rules that are none of the
 * updaters'. */
static bool asks_other(const struct kf_opening *o,
		       const struct kf_updaters *updaters)
{
	const struct kf_rules *rules = o->ask->rules
		? kf_rules_find(o->ask->rules) : NULL;

	return o->ask->rules &&
	       (!rules || !kf_updaters_have(updaters, rules));
}

/* read_firmware reads what UEFI firmware trusts into the first verifier. */
static enum kf_status read_firmware(struct kf_opening *o, const char *path,
				    const char *rules, json_t *root)
{
	struct kf_device_verifier *v = &o->device->verifier[0];
	enum kf_status status = KF_OK;

	if (!v->rules)
		status = kf_device_rules(o, v, rules);
	if (status == KF_OK)
		status = read_hardware(o, root);
	return status == KF_OK ? read_store(o, v, path, root) : status;
}

/* are_all tells whether updaters are all that there is: of a machine that has
 * no variables of UEFI, and more than fwupd, which does not stand for the
 * start. */
static bool are_all(const struct kf_updaters *updaters, json_t *root)
{
	const struct kf_rules *fwupd = kf_rules_find("fwupd-2.0");
	const char *state = json_string_value(json_object_get(root,
							      "efivars"));

	return state && strcmp(state, "none") == 0 &&
	       !(updaters->num == 1 && kf_updaters_have(updaters, fwupd));
}

/* read_all reads a device that has updaters, and firmware if it told
 * anything. */
static enum kf_status read_all(struct kf_opening *o, const char *path,
			       const char *name, json_t *root,
			       const struct kf_updaters *updaters)
{
	bool other = asks_other(o, updaters);
	bool alone = are_all(updaters, root) && !other;
	size_t first = alone ? 0 : 1, num = first + updaters->num;
	enum kf_status status = kf_device_verifiers(o, num);

	if (status != KF_OK)
		return status;
	o->device->name = kf_device_text(o, name);
	if (!o->device->name)
		return KF_NO_MEMORY;
	for (size_t i = 0; i < num; i++)
		o->device->verifier[i].store.device = o->device->name;
	if (!alone)
		status = read_firmware(o, path, other ? o->ask->rules : "edk2",
				       root);
	return status == KF_OK ? kf_updaters_read(updaters, o, first) : status;
}

static enum kf_status read_verifiers(struct kf_opening *o, const char *path,
				     const char *name, json_t *root)
{
	struct kf_updaters updaters;
	enum kf_status status = kf_updaters_find(&updaters, o, root);

	if (status != KF_OK)
		return status;
	if (updaters.num)
		return read_all(o, path, name, root, &updaters);
	status = kf_device_only(o, name);
	return status == KF_OK ? read_firmware(o, path, "edk2", root)
			       : status;
}

enum kf_status kf_collected_read(struct kf_opening *o, const char *path,
				 const char *name, struct kf_bytes file)
{
	struct kf_fault why = { "", "" };
	struct kf_opening named = *o;
	json_t *root = NULL;
	const char *host;
	enum kf_status status = parse(&root, file, &why);

	named.why = &why;
	host = json_string_value(json_object_get(root, "host"));
	if (status == KF_OK)
		status = read_verifiers(&named, path, host ? host : name,
					root);
	if (status != KF_OK)
		kf_say_path(o->why, path, why.hint, "%s", why.what);
	json_decref(root);
	return status;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void take_value(struct kf_digest *out, const char *text, size_t len)
{
	if (!text || strlen(text) != 2 * len)
		return;
	for (size_t i = 0; i < len; i++) {
		int high = hex(text[2 * i]), low = hex(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return;
		out->bytes[i] = (uint8_t)(high << 4 | low);
	}
	out->len = len;
}

static bool take_values(struct kf_pcr_values *out, json_t *root)
{
	bool any = false;
	json_t *pcrs = json_object_get(root, "pcrs");
	const struct kf_bank *bank;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; (bank = kf_bank_at(i)); i++) {
		json_t *values = json_object_get(pcrs, bank->name);

		for (int pcr = 0; bank->known && pcr < KF_NUM_PCRS; pcr++) {
			char number[8];

			snprintf(number, sizeof(number), "%d", pcr);
			take_value(&out->value[bank->kind][pcr],
				   json_string_value(json_object_get(values,
								     number)),
				   bank->digest_len);
			any |= out->value[bank->kind][pcr].len > 0;
		}
	}
	return any;
}

bool kf_collected_values(struct kf_pcr_values *values, const char *path)
{
	struct kf_fault quiet = { "", "" };
	struct kf_text_file file = { 0 };
	json_t *root = NULL;
	bool any = false;

	if (kf_text_file_read(&file, path, KF_STORE_FILE_MAX,
			      &quiet) == KF_OK &&
	    kf_collected_likely(file.bytes) &&
	    parse(&root, file.bytes, &quiet) == KF_OK)
		any = take_values(values, root);
	json_decref(root);
	kf_text_file_close(&file);
	return any;
}

enum kf_status kf_collected_log(struct kf_output *log,
				struct kf_pcr_values *values,
				struct kf_bytes file, struct kf_fault *why)
{
	json_t *root = NULL;
	enum kf_status status = parse(&root, file, why);
	const char *text = json_string_value(json_object_get(root,
							     "event_log"));
	struct kf_bytes bytes;
	uint8_t *room = NULL;

	memset(log, 0, sizeof(*log));
	if (status == KF_OK && !text) {
		kf_fault_say(why, "collect it as root",
			     "has no event log: it could not be read");
		status = KF_WRONG_USE;
	}
	if (status == KF_OK) {
		room = malloc(strlen(text) + 4);
		if (!room)
			status = KF_NO_MEMORY;
		else if (!kf_base64_read(&bytes, room, text))
			status = wrong(why, "its event log is no base64");
		else
			kf_output_add(log, (const char *)room, bytes.len);
		if (log->failed)
			status = KF_NO_MEMORY;
		if (values)
			take_values(values, root);
	}
	free(room);
	json_decref(root);
	return status;
}
