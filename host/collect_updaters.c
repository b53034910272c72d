/* What the verifiers of updates trust, in a collected file: for each finder of
 * finders.def the rules, settings and parts that it found. Keys that are
 * secret stay where they are.
 */
#include "collect_parts.h"
#include "rootfs.h"

#include "core/fdt.h"
#include "core/keyfile.h"
#include "core/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* finding is one verifier while it is written down. */
struct finding {
	struct kf_collecting *c;
	struct kf_env *env;
	const struct kf_device_verifier *v;
};

/* has_cipher tells whether a device tree holds the keys with which U-Boot
 * decrypts; one that cannot be read may.
 * Source: u-boot/u-boot, boot/image-cipher.c (fit_image_decrypt_data, which
 * looks for /cipher in the control tree), tag v2023.01. */
static bool has_cipher(const struct finding *f, struct kf_bytes tree)
{
	struct kf_source source = kf_bytes_source(&tree);
	size_t used = f->env->arena->used;
	struct kf_fdt fdt = { 0 };
	bool has = kf_fdt_read(&fdt, &source, 0, f->env) != KF_OK ||
		   fdt.damage.field ||
		   kf_fdt_child(&fdt, 0, kf_text("cipher")) != KF_FDT_NONE;

	f->env->arena->used = used;
	return has;
}

/* holds_secret tells whether a secret key is among what a part holds, whatever
 * the part is for. */
static bool holds_secret(const struct finding *f, const struct kf_part *part)
{
	static const char pem[] = "PRIVATE KEY-----";

	if (part->presence != KF_PRESENT || part->bytes.len == 0)
		return false;
	return memmem(part->bytes.data, part->bytes.len, pem,
		      sizeof(pem) - 1) ||
	       (strcmp(part->name, "dtb") == 0 &&
		has_cipher(f, part->bytes));
}

/* state_of is what the file says of a part. */
static const char *state_of(const struct finding *f,
			    const struct kf_part *part)
{
	char what[80];

	if (part->presence != KF_PRESENT)
		return part->presence == KF_ABSENT ? "absent" : "unknown";
	if (strcmp(part->name, "encryption-key") == 0)
		return "kept";
	if (!holds_secret(f, part))
		return "present";
	snprintf(what, sizeof(what), "%s of %s", part->name,
		 f->v->rules->verifier->name);
	kf_collect_unread(f->c, what,
			  "has a secret key in it, and stays on the machine");
	return "kept";
}

/* write_part: a part that the finder did not name is what its store says. */
static void write_part(const struct finding *f, const char *name)
{
	const struct kf_part *found = kf_store_part(&f->v->store, name);
	const struct kf_part part = {
		.name = name, .presence = kf_store_presence(&f->v->store, name),
		.bytes = found ? found->bytes : kf_view(NULL, 0),
	};
	const char *state = state_of(f, &part);
	struct kf_json *json = &f->c->json;

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "name", name);
	kf_json_text(json, "state", state);
	if (strcmp(state, "present") == 0)
		kf_base64_write(json, "data", part.bytes);
	kf_json_close(json);
}

/* boot_slot is what the kernel was told: rauc.slot=NAME. */
static void boot_slot(struct kf_collecting *c)
{
	static const char key[] = "rauc.slot=";
	struct kf_output line = { 0 };
	const char *at = NULL;

	if (kf_collect_read(&line, c, "/proc/cmdline", true))
		at = memmem(line.data, line.len, key, sizeof(key) - 1);
	if (at) {
		size_t left = line.len - (size_t)(at - line.data), len = 0;

		at += sizeof(key) - 1;
		left -= sizeof(key) - 1;
		while (len < left && !strchr(" \n\t", at[len]))
			len++;
		kf_json_foreign(&c->json, "boot_slot", kf_view(at, len));
	} else {
		kf_json_text(&c->json, "boot_slot", NULL);
	}
	kf_output_close(&line);
}

/* value_of is a setting of section system; NULL: there is none. The text is to
 * be freed. */
static char *value_of(struct kf_collecting *c, struct kf_bytes config,
		      const char *key)
{
	const struct kf_keyfile_entry *e;
	struct kf_keyfile file;

	if (kf_keyfile_read(&file, config, c->ask->env) != KF_OK ||
	    file.damage.field)
		return NULL;
	e = kf_keyfile_entry_of(&file, kf_keyfile_group_of(&file, "system"),
				key);
	return e && e->value.len ? strndup((const char *)e->value.data,
					   e->value.len) : NULL;
}

/* slots copies RAUC's file of what each slot holds. */
static void slots(struct kf_collecting *c, const struct kf_part *config)
{
	char path[KF_COLLECT_PATH] = "", *status, *data;
	struct kf_output text = { 0 };

	status = value_of(c, config->bytes, "statusfile");
	data = value_of(c, config->bytes, "data-directory");
	if (status)
		snprintf(path, sizeof(path), "%s", status);
	else if (data)
		snprintf(path, sizeof(path), "%s/central.raucs", data);
	if (path[0] == '/' && kf_collect_read(&text, c, path, true))
		kf_base64_write(&c->json, "slots",
				  kf_view(text.data, text.len));
	else
		kf_json_text(&c->json, "slots", NULL);
	kf_output_close(&text);
	free(status);
	free(data);
}

/* write_slots: of RAUC, what it says of its slots too. */
static void write_slots(const struct finding *f)
{
	const struct kf_part *config = kf_store_part(&f->v->store, "config");
	size_t used = f->c->ask->env->arena->used;

	boot_slot(f->c);
	if (config && config->presence == KF_PRESENT)
		slots(f->c, config);
	else
		kf_json_text(&f->c->json, "slots", NULL);
	f->c->ask->env->arena->used = used;
}

static void write_updater(const struct finding *f)
{
	const struct kf_verifier *verifier = f->v->rules->verifier;
	const struct kf_store *store = &f->v->store;
	struct kf_json *json = &f->c->json;

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "rules", f->v->rules->name);
	kf_json_open(json, "settings", '{');
	for (size_t i = 0; i < store->num_settings; i++)
		kf_json_foreign(json, store->setting[i].name,
				kf_text(store->setting[i].value));
	kf_json_close(json);
	kf_json_open(json, "parts", '[');
	for (size_t i = 0; verifier->parts[i]; i++)
		write_part(f, verifier->parts[i]);
	kf_json_close(json);
	if (strcmp(verifier->name, "rauc") == 0)
		write_slots(f);
	kf_json_close(json);
}

/* can_be_told: a setting that is no text of JSON would be another one there. */
static bool can_be_told(const struct kf_store *store)
{
	for (size_t i = 0; i < store->num_settings; i++)
		if (!kf_is_utf8(kf_text(store->setting[i].value)))
			return false;
	return true;
}

/* write_failed says that a verifier is there, and why nobody knows what it
 * trusts: whoever reads that must not take it for one that is not there. */
static void write_failed(struct kf_collecting *c, const char *verifier,
			 const char *why)
{
	char what[80];

	snprintf(what, sizeof(what), "what %s trusts", verifier);
	kf_collect_unread(c, what, why);
	kf_json_open(&c->json, NULL, '{');
	kf_json_text(&c->json, "verifier", verifier);
	kf_json_foreign(&c->json, "why", kf_text(why));
	kf_json_close(&c->json);
}

/* collect_one asks one finder, with memory of its own. */
static void collect_one(struct kf_collecting *c, kf_finder *find,
			const char *verifier)
{
	const struct kf_ask ask = { .device = c->ask->root,
				    .rules = c->ask->rules };
	struct kf_device device = { 0 };
	struct kf_fault why = { "", "" };
	struct kf_opening o = { .device = &device, .ask = &ask,
				.why = &why };
	enum kf_status status = kf_device_memory_open(&o, c->ask->env->crypto,
						      c->ask->at_s);
	struct finding f = { .c = c };
	bool found = false;

	if (status == KF_OK)
		status = kf_device_verifiers(&o, 1);
	if (status == KF_OK) {
		f.v = &device.verifier[0];
		f.env = &o.memory->work.env;
		device.verifier[0].store.complete = true;
		status = find(&o, c->ask->root, &device.verifier[0], &found);
	}
	if (status == KF_NO_MEMORY)
		c->json.out->failed = true;
	else if (status != KF_OK)
		write_failed(c, verifier, why.what);
	else if (found && !can_be_told(&f.v->store))
		write_failed(c, verifier, "a setting is no UTF-8");
	else if (found)
		write_updater(&f);
	kf_device_memory_close(o.memory);
}

void kf_collect_updaters(struct kf_collecting *c)
{
#define FINDER(verifier, function) { #verifier, function },
	static const struct {
		const char *verifier;
		kf_finder *find;
	} finders[] = {
#include "finders.def"
	};
#undef FINDER

	kf_json_open(&c->json, "updaters", '[');
	for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++)
		collect_one(c, finders[i].find, finders[i].verifier);
	kf_json_close(&c->json);
}
