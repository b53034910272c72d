/* Opens a device: by its store, by parts that are given one by one, or this
 * machine; then puts in what the user wants to see changed.
 *
 * Names are held against the rules: a part or a setting that the verifier
 * does not know is an error, since the user meant something by it.
 */
#include "device.h"
#include "rootfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum kf_status no_rules(struct kf_opening *o, const char *name)
{
	const struct kf_rules *rules;
	struct kf_names names = { "", 0 }, all = { "", 0 };
	const struct kf_verifier *last = NULL;
	size_t len = strcspn(name, "-.0123456789");
	char hint[240];

	/* Those of the verifier that is meant, or else the verifiers: all
	 * profiles are too many for a line. */
	for (size_t i = 0; (rules = kf_rules_at(i)); i++) {
		const char *verifier = rules->verifier->name;

		if (len && strncmp(name, verifier, len) == 0)
			kf_names_add(&names, rules->name);
		if (rules->verifier != last)
			kf_names_add(&all, verifier);
		last = rules->verifier;
	}
	snprintf(hint, sizeof(hint), "there are %s%s", names.len ? names.text
		 : all.text, names.len ? "" : ", and versions of these");
	kf_fault_say(o->why, hint, "there are no rules named \"%.80s\"", name);
	return KF_WRONG_USE;
}

enum kf_status kf_device_verifiers(struct kf_opening *o, size_t num)
{
	struct kf_device *d = o->device;

	d->verifier = kf_arena_take(&o->memory->work.arena,
				    num * sizeof(d->verifier[0]));
	if (!d->verifier)
		return kf_device_full(o);
	d->num_verifiers = num;
	return KF_OK;
}

enum kf_status kf_device_rules(struct kf_opening *o,
			       struct kf_device_verifier *v, const char *name)
{
	v->rules = kf_rules_find(name);
	if (!v->rules)
		return no_rules(o, name);
	v->stage = v->rules->verifier->stage;
	return KF_OK;
}

enum kf_status kf_device_choose(struct kf_opening *o,
				struct kf_device_verifier *v)
{
	const struct kf_rules *rules;

	if (!o->ask->rules)
		return KF_OK;
	rules = kf_rules_find(o->ask->rules);
	if (!rules)
		return no_rules(o, o->ask->rules);
	if (rules->verifier == v->rules->verifier)
		v->rules = rules;
	return KF_OK;
}

enum kf_status kf_device_only(struct kf_opening *o, const char *name)
{
	const char *rules = o->ask->rules ? o->ask->rules : "edk2";
	enum kf_status status = kf_device_verifiers(o, 1);

	if (status != KF_OK)
		return status;
	o->device->name = kf_device_text(o, name);
	if (!o->device->name)
		return KF_NO_MEMORY;
	o->device->verifier[0].store.device = o->device->name;
	return kf_device_rules(o, &o->device->verifier[0], rules);
}

/* name_of is a file's name for people: no folder, no extension. */
static void name_of(char out[128], const char *path)
{
	size_t len = strlen(path);
	const char *name, *dot;

	while (len > 1 && path[len - 1] == '/')
		len--;
	name = memrchr(path, '/', len);
	name = name && len > 1 ? name + 1 : path;
	len -= (size_t)(name - path);
	dot = memrchr(name, '.', len);
	if (dot && dot != name)
		len = (size_t)(dot - name);
	snprintf(out, 128, "%.*s", (int)(len < 127 ? len : 127), name);
}

static enum kf_status no_device(struct kf_opening *o, const char *path,
				const struct kf_store_kind *kind)
{
	if (kind && !kind->whole)
		kf_say_path(o->why, path,
			    "say which part it is: --trust db=FILE",
			    "is one list of keys, not a device");
	else
		kf_say_path(o->why, path,
			    "give a variable store, a folder of EFI variables, a folder with the device's files or a profile (JSON)",
			    "is no device that keyfit knows");
	return KF_WRONG_USE;
}

static enum kf_status read_store(struct kf_opening *o, const char *path,
				 const char *name, struct kf_bytes file)
{
	const struct kf_store_kind *kind = kf_store_kind_of(file);
	struct kf_store *store;
	enum kf_status status;

	if (!kind || !kind->whole)
		return no_device(o, path, kind);
	status = kf_device_only(o, name);
	if (status != KF_OK)
		return status;
	store = &o->device->verifier[0].store;
	kf_store_read(store, kind, file, &o->memory->work.env);
	store->device = o->device->name;
	return store->status == KF_OK ? KF_OK : kf_device_full(o);
}

static enum kf_status read_file(struct kf_opening *o, const char *path)
{
	struct kf_bytes file = { NULL, 0 };
	enum kf_status status = KF_OK;
	char name[128];

	if (o->file)
		file = *o->file;
	else
		status = kf_device_file(&file, o, path, KF_STORE_FILE_MAX);
	if (status != KF_OK)
		return status;
	if (file.len == 0) {
		kf_say_path(o->why, path, "copy it again", "is empty");
		return KF_WRONG_USE;
	}
	name_of(name, path);
	if (kf_zephyr_likely(file))
		return kf_zephyr_read(o, path, name);
	if (kf_stored_likely(file))
		return kf_stored_read(o, path, name, file);
	if (kf_collected_likely(file))
		return kf_collected_read(o, path, name, file);
	return kf_profile_likely(file) ? kf_profile_read(o, path, name, file)
				       : read_store(o, path, name, file);
}

/* read_root reads a folder in which verifiers' own files lie. `*num` 0: there
 * are none. */
static enum kf_status read_root(struct kf_opening *o, const char *path,
				const char *name, size_t *num)
{
#define FINDER(verifier, function) function,
	static kf_finder *const finders[] = {
#include "finders.def"
	};
#undef FINDER
	enum { NUM = sizeof(finders) / sizeof(finders[0]) };
	enum kf_status status = kf_device_verifiers(o, NUM);
	bool found;

	*num = 0;
	o->device->name = kf_device_text(o, name);
	if (!o->device->name)
		return KF_NO_MEMORY;
	for (size_t i = 0; status == KF_OK && i < NUM; i++) {
		struct kf_device_verifier *v = &o->device->verifier[*num];

		v->store.complete = true;
		found = false;
		status = finders[i](o, path, v, &found);
		if (status != KF_OK || !found)
			continue;
		v->store.device = o->device->name;
		status = kf_device_choose(o, v);
		(*num)++;
	}
	o->device->num_verifiers = *num;
	return status;
}

static enum kf_status read_folder(struct kf_opening *o, const char *path)
{
	char *whole = realpath(path, NULL), name[128];
	enum kf_status status;
	size_t num = 0;

	name_of(name, whole ? whole : path);
	free(whole);
	if (kf_zephyr_is_build(o, path))
		return kf_zephyr_read(o, path, name);
	if (kf_efivars_is_live(path)) {
		kf_machine_name(name);
	} else {
		status = read_root(o, path, name, &num);
		if (status != KF_OK || num)
			return status;
	}
	status = kf_device_only(o, name);
	if (status == KF_OK)
		status = kf_efivars_read(o, &o->device->verifier[0].store,
					 path, &num);
	return status == KF_OK && num == 0 ? no_device(o, path, NULL)
					   : status;
}

static enum kf_status read_device(struct kf_opening *o)
{
	const char *path = o->ask->device;
	enum kf_status status;
	char name[128];
	struct stat st;

	if (path && !o->file && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return read_folder(o, path);
	if (path)
		return read_file(o, path);
	if (o->ask->num_trust)
		return kf_device_only(o, "the keys given");
	kf_machine_name(name);
	status = kf_device_only(o, name);
	if (status != KF_OK)
		return status;
	return kf_machine_read(o, &o->device->verifier[0].store,
			       "/sys/firmware/efi");
}

/* read_hardware: of the machine that keyfit runs on. */
static enum kf_status read_hardware(struct kf_opening *o)
{
	const char *path = o->ask->device;

	if (o->file || (path ? !kf_efivars_is_live(path)
			     : o->ask->num_trust > 0))
		return KF_OK;
	return kf_hardware_machine(o, "/sys/class/dmi/id");
}

/* seen_before tells whether a name was given before, so that this one adds
 * to it. */
static bool seen_before(const struct kf_setting *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(list[i].name, list[index].name) == 0)
			return true;
	return false;
}

enum kf_status kf_device_no_part(struct kf_opening *o,
				 const struct kf_device_verifier *v,
				 size_t num, const char *name)
{
	struct kf_names names = { "", 0 };
	char hint[240];

	for (size_t i = 0; i < num; i++) {
		const char *const *part = v[i].rules->verifier->parts;

		for (; *part; part++)
			kf_names_add(&names, *part);
	}
	snprintf(hint, sizeof(hint), "there are %s", names.text);
	kf_fault_say(o->why, hint, "the rules %s have no part \"%.80s\"",
		     v->rules->name, name);
	return KF_WRONG_USE;
}

enum kf_status kf_device_no_choice(struct kf_opening *o,
				   const struct kf_device_verifier *v,
				   size_t num, const char *name)
{
	struct kf_names names = { "", 0 };
	char hint[240];

	for (size_t i = 0; i < num; i++) {
		const struct kf_choice *c = v[i].rules->verifier->choices;

		for (; c->name; c++)
			kf_names_add(&names, c->name);
	}
	snprintf(hint, sizeof(hint), "there are %s", names.text);
	kf_fault_say(o->why, hint, "the rules %s have no setting \"%.80s\"",
		     v->rules->name, name);
	return KF_WRONG_USE;
}

static void forget(struct kf_store *store, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < store->num_parts; i++)
		if (strcmp(store->part[i].name, name) != 0)
			store->part[kept++] = store->part[i];
	store->num_parts = kept;
}

/* before_pk: the first PK ends setup mode, and the firmware turns Secure Boot
 * on with it, whatever it was; so it does, as far as keyfit can tell, where
 * neither was known. A PK that replaces another one changes nothing of that. */
static void before_pk(struct kf_store *store)
{
	enum kf_presence old = kf_store_presence(store, "pk");
	const struct kf_part *now = kf_store_part(store, "secure-boot");

	if (old == KF_PRESENT ||
	    (old == KF_UNKNOWN && (!now || now->presence != KF_UNKNOWN)))
		return;
	forget(store, "secure-boot");
	forget(store, "secure-boot-enable");
}

static enum kf_status apply_trust(struct kf_opening *o, size_t index)
{
	const struct kf_setting *line = &o->ask->trust[index];
	bool again = seen_before(o->ask->trust, index), known = false;
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < o->device->num_verifiers; i++) {
		struct kf_device_verifier *v = &o->device->verifier[i];
		const char *name = kf_part_name(v->rules->verifier,
						line->name);

		if (!name || status != KF_OK)
			continue;
		known = true;
		if (strcmp(name, "pk") == 0)
			before_pk(&v->store);
		status = kf_trust_put(o, &v->store, v->rules->verifier, name,
				      line->value, again);
	}
	return known ? status
		     : kf_device_no_part(o, o->device->verifier,
					 o->device->num_verifiers, line->name);
}

static enum kf_status apply_set(struct kf_opening *o, size_t index)
{
	const struct kf_setting *line = &o->ask->set[index];
	enum kf_status status = KF_OK;
	bool known = false;

	for (size_t i = 0; i < o->device->num_verifiers; i++) {
		struct kf_device_verifier *v = &o->device->verifier[i];
		const struct kf_choice *choice;

		choice = kf_choice_of(v->rules->verifier, line->name);
		if (!choice || status != KF_OK)
			continue;
		known = true;
		status = kf_setting_put(o, &v->store, choice, line->value);
	}
	return known ? status
		     : kf_device_no_choice(o, o->device->verifier,
					   o->device->num_verifiers,
					   line->name);
}

/* is_there tells whether a device has a verifier of the same kind. */
static bool is_there(const struct kf_device *d, const struct kf_rules *rules)
{
	for (size_t i = 0; i < d->num_verifiers; i++)
		if (d->verifier[i].rules->verifier == rules->verifier)
			return true;
	return false;
}

/* add_second gives the device a further verifier, which has all that the first
 * one has. */
static enum kf_status add_second(struct kf_opening *o)
{
	struct kf_device_verifier *first = o->device->verifier;
	const struct kf_rules *rules;
	size_t num = o->device->num_verifiers;
	enum kf_status status;

	if (!o->ask->also || num == 0)
		return KF_OK;
	rules = kf_rules_find(o->ask->also);
	if (!rules)
		return no_rules(o, o->ask->also);
	if (is_there(o->device, rules))
		return KF_OK;
	status = kf_device_verifiers(o, num + 1);
	if (status != KF_OK)
		return status;
	memcpy(o->device->verifier, first, num * sizeof(*first));
	o->device->verifier[num] = first[0];
	return kf_device_rules(o, &o->device->verifier[num], o->ask->also);
}

static enum kf_status apply(struct kf_opening *o)
{
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < o->ask->num_trust && status == KF_OK; i++)
		status = apply_trust(o, i);
	for (size_t i = 0; i < o->ask->num_set && status == KF_OK; i++)
		status = apply_set(o, i);
	return status;
}

/* assume: parts that are given one by one, in a profile too, say nothing of
 * PK unless they name it. Secure Boot then counts as on: a profile that
 * forgets PK must not pass for a device in setup mode. */
static enum kf_status assume(struct kf_opening *o)
{
	for (size_t i = 0; i < o->device->num_verifiers; i++) {
		struct kf_device_verifier *v = &o->device->verifier[i];

		if (o->settled || v->store.kind || !v->store.complete ||
		    !kf_part_name(v->rules->verifier, "pk") ||
		    kf_store_part(&v->store, "pk") ||
		    kf_store_part(&v->store, "secure-boot") ||
		    kf_store_setting(&v->store, "secure-boot"))
			continue;
		if (!kf_store_set(&v->store, "secure-boot", "on"))
			return kf_device_full(o);
	}
	return KF_OK;
}

/* chosen tells whether the rules that the user asked for judge anything. */
static enum kf_status chosen(struct kf_opening *o)
{
	const struct kf_device *d = o->device;

	for (size_t i = 0; o->ask->rules && i < d->num_verifiers; i++)
		if (strcmp(d->verifier[i].rules->name, o->ask->rules) == 0)
			return KF_OK;
	if (!o->ask->rules)
		return KF_OK;
	kf_fault_say(o->why, "leave --rules out",
		     "%s has no verifier that the rules %s are of", d->name,
		     o->ask->rules);
	return KF_WRONG_USE;
}

static enum kf_status prepare(struct kf_opening *o)
{
	for (size_t i = 0; i < o->device->num_verifiers; i++) {
		struct kf_device_verifier *v = &o->device->verifier[i];

		kf_store_prepare(&v->store, v->rules, &o->memory->work.env);
		if (v->store.status == KF_OK)
			continue;
		kf_fault_say(o->why, NULL, "%s", v->store.status ==
			     KF_NO_CRYPTO ? "the crypto library failed"
			     : "the device's lists are larger than keyfit weighs");
		return v->store.status;
	}
	return KF_OK;
}

enum kf_status kf_device_open_bytes(struct kf_device *out,
				    const struct kf_ask *ask,
				    const struct kf_bytes *file,
				    const struct kf_blobs *blobs,
				    const struct kf_crypto *crypto,
				    int64_t now_s, struct kf_fault *why)
{
	struct kf_opening o = { .device = out, .ask = ask, .why = why,
				.file = file, .blobs = blobs };
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	status = kf_device_memory_open(&o, crypto, now_s);
	if (status == KF_OK)
		status = read_device(&o);
	if (status == KF_OK)
		status = read_hardware(&o);
	if (status == KF_OK)
		status = chosen(&o);
	if (status == KF_OK)
		status = add_second(&o);
	if (status == KF_OK)
		status = apply(&o);
	if (status == KF_OK)
		status = assume(&o);
	if (status == KF_OK)
		status = prepare(&o);
	if (status == KF_OK && o.memory->stray.what[0]) {
		*why = o.memory->stray;
		status = KF_WRONG_USE;
	}
	if (status != KF_OK)
		kf_device_close(out);
	return status;
}

enum kf_status kf_device_open(struct kf_device *out, const struct kf_ask *ask,
			      const struct kf_crypto *crypto, int64_t now_s,
			      struct kf_fault *why)
{
	return kf_device_open_bytes(out, ask, NULL, NULL, crypto, now_s, why);
}

void kf_device_close(struct kf_device *device)
{
	kf_device_memory_close(device->memory);
	memset(device, 0, sizeof(*device));
}
