/* What RAUC trusts, in a collected file: its configuration, keyring, version
 * and what it says of its slots. Keys that are secret stay where they are.
 */
#include "collect_parts.h"
#include "rootfs.h"

#include "core/keyfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* is_secret: a part that a collected file must not have. */
static bool is_secret(const char *part)
{
	return strcmp(part, "encryption-key") == 0;
}

static void write_part(struct kf_json *json, const struct kf_part *part)
{
	bool there = part->presence == KF_PRESENT;

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "name", part->name);
	if (is_secret(part->name))
		kf_json_text(json, "state", there ? "kept" : "absent");
	else
		kf_json_text(json, "state", there ? "present" :
			     part->presence == KF_ABSENT ? "absent"
							 : "unknown");
	if (there && !is_secret(part->name))
		kf_base64_write(json, "data", part->bytes);
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

static void write_rauc(struct kf_collecting *c,
		       const struct kf_device_verifier *v)
{
	const struct kf_part *config = kf_store_part(&v->store, "config");
	size_t used = c->ask->env->arena->used;

	kf_json_open(&c->json, "rauc", '{');
	kf_json_text(&c->json, "rules", v->rules->name);
	kf_json_foreign(&c->json, "version",
			kf_text(kf_store_setting(&v->store, "version")));
	kf_json_open(&c->json, "parts", '[');
	for (size_t i = 0; i < v->store.num_parts; i++)
		write_part(&c->json, &v->store.part[i]);
	kf_json_close(&c->json);
	boot_slot(c);
	if (config && config->presence == KF_PRESENT)
		slots(c, config);
	else
		kf_json_text(&c->json, "slots", NULL);
	kf_json_close(&c->json);
	c->ask->env->arena->used = used;
}

void kf_collect_rauc(struct kf_collecting *c)
{
	const struct kf_ask nothing = { .device = c->ask->root };
	struct kf_device device = { 0 };
	struct kf_fault why = { "", "" };
	struct kf_opening o = { .device = &device, .ask = &nothing,
				.why = &why };
	enum kf_status status = kf_device_memory_open(&o, c->ask->env->crypto,
						      c->ask->at_s);
	bool found = false;

	if (status == KF_OK)
		status = kf_device_verifiers(&o, 1);
	if (status == KF_OK) {
		device.verifier[0].store.complete = true;
		status = kf_rootfs_rauc(&o, c->ask->root, &device.verifier[0],
					&found);
	}
	if (status == KF_NO_MEMORY)
		c->json.out->failed = true;
	else if (status != KF_OK)
		kf_collect_unread(c, "RAUC's configuration", why.what);
	if (status == KF_OK && found)
		write_rauc(c, &device.verifier[0]);
	else
		kf_json_text(&c->json, "rauc", NULL);
	kf_device_memory_close(o.memory);
}
