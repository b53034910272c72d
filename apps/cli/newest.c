/* Newer tables of what is known, from files that others publish. One form is
 * JSON: dbx as Microsoft tells it, for each machine a list of images, with the
 * day on which each was added.
 *
 * Source: microsoft/secureboot_objects, PreSignedObjects/DBX/
 * HashesJsonSchema.json.
 */
#include "newest.h"
#include "say.h"

#include "host/json_read.h"

#include <stdlib.h>
#include <string.h>

/* keep copies a text of the JSON. Fails: NULL. */
static const char *keep(struct kf_arena *arena, const char *text)
{
	size_t len = strlen(text) + 1;
	char *out = kf_arena_take(arena, len);

	if (out)
		memcpy(out, text, len);
	return out;
}

/* take puts one machine's list in place. Rows without a digest that is one
 * make the file none of this kind. */
static enum kf_status take(struct kf_known *known, const char *machine,
			   json_t *images, struct kf_arena *arena,
			   const char **newest)
{
	size_t max = json_array_size(images), num = 0, index;
	struct kf_revoked *rows;
	json_t *image;

	rows = kf_arena_take(arena, (max + 1) * sizeof(*rows));
	if (!rows)
		return KF_NO_MEMORY;
	json_array_foreach(images, index, image) {
		const char *digest = json_string_value(
			json_object_get(image, "authenticodeHash"));
		const char *date = json_string_value(
			json_object_get(image, "dateOfAddition"));

		if (!digest || strlen(digest) != 64)
			continue;
		rows[num].machine = machine;
		rows[num].sha256 = keep(arena, digest);
		rows[num].date = keep(arena, date ? date : "");
		if (!rows[num].sha256 || !rows[num].date)
			return KF_NO_MEMORY;
		if (strcmp(rows[num].date, *newest) > 0)
			*newest = rows[num].date;
		num++;
	}
	return kf_known_revoke(known, machine, rows, num, arena);
}

enum { NEWEST_MAX = 16 << 20, MEMORY_MAX = 64 << 20 };

/* read_json: `*kind` stays 0 where it is none. */
static enum kf_status read_json(struct kf_known *known,
				enum kf_known_kind *kind, struct kf_bytes file,
				const char *name, struct kf_arena *arena)
{
	static const struct {
		const char *key, *machine;
	} machines[] = { { "x64", "x64" }, { "ia32", "ia32" },
			 { "aarch64", "aa64" }, { "arm", "arm" } };
	json_error_t error;
	bool lost;
	json_t *root = kf_json_read(file, &error, &lost);
	json_t *images = json_object_get(root, "images");
	enum kf_status status = lost ? KF_NO_MEMORY : KF_OK;
	const char *newest = "";

	*kind = KF_KNOWN_NOTHING;
	for (size_t i = 0; i < 4 && status == KF_OK; i++) {
		json_t *list = json_object_get(images, machines[i].key);

		if (!json_is_array(list))
			continue;
		*kind = KF_KNOWN_DBX;
		status = take(known, machines[i].machine, list, arena,
			      &newest);
	}
	if (*kind)
		known->dbx = (struct kf_dated){ newest[0] ? newest
						: "not told", name };
	json_decref(root);
	return status;
}

/* last is the day of the newest entry of dbx. */
static const char *last(const struct kf_known *known)
{
	const char *day = "";

	for (size_t i = 0; i < known->num_revoked; i++)
		if (strcmp(known->revoked[i].date, day) > 0)
			day = known->revoked[i].date;
	return day;
}

static bool is_older(const struct kf_known *before,
		     const struct kf_known *now, enum kf_known_kind kind)
{
	const struct kf_level *a = &before->level[before->num_levels - 1];
	const struct kf_level *b = &now->level[now->num_levels - 1];

	switch (kind) {
	case KF_KNOWN_KEYS:
		return now->num_keys < before->num_keys;
	case KF_KNOWN_QUIRKS:
		return now->num_quirks < before->num_quirks;
	case KF_KNOWN_DBX:
		return strcmp(last(now), last(before)) < 0;
	default:
		return strcmp(b->date, a->date) < 0;
	}
}

static int take_file(struct kf_known *known, struct kf_arena *tables,
		     const char *path)
{
	const struct kf_known before = *known;
	struct kf_fault why = { 0 };
	enum kf_known_kind kind = KF_KNOWN_NOTHING;
	struct kf_text_file file = { 0 };
	enum kf_status status = kf_text_file_read(&file, path, NEWEST_MAX,
						  &why);

	if (status == KF_OK && file.bytes.len && file.bytes.data[0] == '{')
		status = read_json(known, &kind, file.bytes, path, tables);
	else if (status == KF_OK)
		status = kf_known_read(known, &kind, file.bytes, path, tables);
	kf_text_file_close(&file);
	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	if (!kind) {
		kf_say(path, "is no newer table that keyfit knows",
		       "give DBXUpdate.bin, dbx_info_msft_*.json, SbatLevel_Variable.txt, uefi-dbx.quirk, or keys as CSV");
		return KF_EXIT_USAGE;
	}
	if (is_older(&before, known, kind))
		kf_say(path, "has less than what keyfit knows without it",
		       "it is used all the same: leave it out if it is older");
	return KF_EXIT_FITS;
}

int kf_newest_read(struct kf_known *known, struct kf_arena *tables,
		   const struct kf_arguments *arguments)
{
	int status = KF_EXIT_FITS;

	if (!kf_argument(arguments, "newest"))
		return status;
	tables->base = malloc(MEMORY_MAX);
	tables->size = MEMORY_MAX;
	if (!tables->base)
		return kf_say_failure(NULL, KF_NO_MEMORY,
				      &(struct kf_fault){ "out of memory", "" });
	for (size_t i = 0; i < arguments->num_given; i++)
		if (status == KF_EXIT_FITS &&
		    strcmp(arguments->given[i].option->name, "newest") == 0)
			status = take_file(known, tables,
					   arguments->given[i].value);
	return status;
}
