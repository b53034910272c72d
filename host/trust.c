/* Parts of a trust store as users give them: one file, several that add up,
 * folders of them, or none at all; and settings.
 *
 * Nothing is passed over in silence: a file that cannot be read, or is of no
 * known kind, is an error.
 */
#include "device.h"
#include "within.h"

#include "core/setting.h"
#include "core/shim.h"
#include "core/siglist.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum kf_status no_kind(struct kf_opening *o, const char *path)
{
	const struct kf_store_kind *kind;
	struct kf_names names = { "", 0 };
	char hint[240];

	for (size_t i = 0; (kind = kf_store_kind_at(i)); i++)
		if (!kind->whole)
			kf_names_add(&names, kind->name);
	snprintf(hint, sizeof(hint), "give one of these: %s", names.text);
	kf_say_path(o->why, path, hint, "is no list of keys that keyfit knows");
	return KF_WRONG_USE;
}

/* say_damage names what is wrong with a file of a known kind. */
static enum kf_status say_damage(struct kf_opening *o, const char *path,
				 const struct kf_damage *d)
{
	if (strstr(d->field, " KEY"))
		kf_say_path(o->why, path,
			    "give certificates alone: a bare key cannot be trusted by UEFI firmware",
			    "holds a %s at byte %llu, not a certificate",
			    d->field, (unsigned long long)d->at);
	else
		kf_say_path(o->why, path, "make or copy the file again",
			    "is damaged: %s at byte %llu", d->field,
			    (unsigned long long)d->at);
	return KF_WRONG_USE;
}

/* take_part reads the one part out of a file of a known kind. */
static enum kf_status take_part(struct kf_bytes *out, struct kf_opening *o,
				const char *path,
				const struct kf_store_kind *kind,
				struct kf_bytes file)
{
	struct kf_store store;

	kf_store_read(&store, kind, file, &o->memory->work.env);
	if (store.status != KF_OK) {
		kf_say_path(o->why, path, NULL, store.status == KF_NO_MEMORY
			    ? "needs more memory than there is"
			    : "cannot be weighed: the crypto library failed");
		return store.status;
	}
	if (store.num_damage)
		return say_damage(o, path, &store.damage[0]);
	if (store.num_parts != 1)
		return no_kind(o, path);
	*out = store.part[0].bytes;
	return KF_OK;
}

/* is_plain tells whether a part is none of UEFI's lists of keys: its bytes are
 * taken as they are. */
static bool is_plain(const char *name)
{
	static const char *const lists[] = { "pk", "kek", "db", "dbx", "dbt",
					     "mok", "mokx" };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(lists[i], name) == 0)
			return false;
	return true;
}

/* take_plain takes such a part. efivarfs puts four bytes of attributes in
 * front, of which three are zeros: no text and no state begins so. */
static enum kf_status take_plain(struct kf_bytes *out, struct kf_opening *o,
				 const char *name, const char *path,
				 struct kf_bytes file)
{
	enum { ATTRIBUTES_LEN = 4 };
	struct kf_shim shim;

	*out = file;
	if (strcmp(name, "shim") != 0) {
		if (file.len > ATTRIBUTES_LEN && file.data[1] == 0 &&
		    file.data[2] == 0 && file.data[3] == 0)
			*out = kf_part_of(file, ATTRIBUTES_LEN,
					  file.len - ATTRIBUTES_LEN);
		return KF_OK;
	}
	kf_shim_read(&shim, file);
	if (shim.has_table)
		return KF_OK;
	kf_say_path(o->why, path, "give shimx64.efi, or what it is called",
		    "is no shim: it has no .vendor_cert section, or a damaged one");
	return KF_WRONG_USE;
}

static enum kf_status read_one(struct kf_bytes *out, struct kf_opening *o,
			       const char *name, const char *path)
{
	const struct kf_store_kind *kind;
	struct kf_bytes file = { NULL, 0 };
	enum kf_status status = kf_device_file(&file, o, path,
					       KF_PART_FILE_MAX);

	if (status != KF_OK)
		return status;
	/* More often a copy that failed than a device without such a list. */
	if (file.len == 0) {
		kf_say_path(o->why, path,
			    "to say that there is no such list, give none",
			    "is empty");
		return KF_WRONG_USE;
	}
	if (is_plain(name))
		return take_plain(out, o, name, path, file);
	kind = kf_store_kind_of(file);
	if (!kind)
		return no_kind(o, path);
	if (kind->whole) {
		kf_say_path(o->why, path, "give it with --device",
			    "is a whole device, not one list of keys");
		return KF_WRONG_USE;
	}
	return take_part(out, o, path, kind, file);
}

/* add puts `more` behind what a part holds. Both have to be sound: a list
 * that is cut short would swallow what follows it. */
static enum kf_status add(struct kf_part *part, struct kf_opening *o,
			  const char *path, struct kf_bytes more)
{
	struct kf_bytes both[] = { part->bytes, more };

	for (size_t i = 0; i < 2; i++) {
		struct kf_damage damage = kf_siglist_damage(both[i]);

		if (!damage.field)
			continue;
		kf_say_path(o->why, i ? path : part->from,
			    "give it alone, or repair it",
			    "cannot be added up with others: %s at byte %llu is damaged",
			    damage.field, (unsigned long long)damage.at);
		return KF_WRONG_USE;
	}
	if (more.len == 0)
		return KF_OK;
	return kf_device_join(part, o, more);
}

static enum kf_status add_file(struct kf_part *part, struct kf_opening *o,
			       const char *path, size_t *num)
{
	struct kf_bytes bytes;
	enum kf_status status = read_one(&bytes, o, part->name, path);

	if (status != KF_OK)
		return status;
	if (*num && is_plain(part->name)) {
		kf_fault_say(o->why, "leave one of the two out",
			     "%s is one file, and %s is another one",
			     part->name, path);
		return KF_WRONG_USE;
	}
	/* A list by itself goes to the verifier as it is, damaged or not. */
	if ((*num)++ == 0)
		part->bytes = bytes;
	else
		status = add(part, o, path, bytes);
	return status;
}

static enum kf_status add_entry(struct kf_part *part, struct kf_opening *o,
				const char *folder, const char *name,
				size_t *num)
{
	size_t len = strlen(folder) + strlen(name) + 2;
	char *path = kf_arena_take(&o->memory->work.arena, len);

	if (!path)
		return kf_device_full(o);
	snprintf(path, len, "%s/%s", folder, name);
	return add_file(part, o, path, num);
}

static int no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* add_folder adds all files of a folder, in the order of their names. */
static enum kf_status add_folder(struct kf_part *part, struct kf_opening *o,
				 const char *folder, size_t *num)
{
	struct dirent **entry = NULL;
	int found = scandir(folder, &entry, no_dots, by_bytes);
	enum kf_status status = KF_OK;

	if (found < 0) {
		status = errno == ENOMEM ? KF_NO_MEMORY : KF_CANNOT_READ;
		kf_say_path(o->why, folder, NULL, "cannot be read: %s",
			    strerror(errno));
		return status;
	}
	if (found == 0) {
		kf_say_path(o->why, folder,
			    "to say that there is no such list, give none",
			    "is a folder without any file");
		status = KF_WRONG_USE;
	}
	for (int i = 0; i < found; i++) {
		if (status == KF_OK)
			status = add_entry(part, o, folder, entry[i]->d_name,
					   num);
		free(entry[i]);
	}
	free(entry);
	return status;
}

/* earlier is the part that a repeated name adds to. */
static enum kf_status earlier(struct kf_part *part, struct kf_opening *o,
			      const struct kf_store *store, const char *name,
			      const char *path)
{
	const struct kf_part *old = kf_store_part(store, name);

	if (!old)
		return KF_OK;
	if (old->presence == KF_ABSENT && !old->from) {
		kf_fault_say(o->why, "leave one of the two out",
			     "%s is given as none and as %s", name, path);
		return KF_WRONG_USE;
	}
	*part = *old;
	return KF_OK;
}

static enum kf_status put(struct kf_opening *o, struct kf_store *store,
			  const struct kf_part *part)
{
	return kf_store_put(store, part) ? KF_OK : kf_device_full(o);
}

static enum kf_status put_none(struct kf_opening *o, struct kf_store *store,
			       const char *name, bool again)
{
	struct kf_part none = { .name = name, .presence = KF_ABSENT };

	if (again) {
		kf_fault_say(o->why, "leave one of the two out",
			     "%s is given as none and as a file", name);
		return KF_WRONG_USE;
	}
	return put(o, store, &none);
}

/* taking_of finds what takes a part that is more than a file or a list of
 * UEFI's; NULL: nothing has to. */
static kf_taking *taking_of(const struct kf_verifier *verifier,
			    const char *part)
{
#define TAKING(verifier, part, function) { verifier, part, function },
	static const struct {
		const char *verifier, *part;
		kf_taking *take;
	} takings[] = {
#include "takings.def"
		{ NULL, NULL, NULL },
	};
#undef TAKING

	for (size_t i = 0; takings[i].verifier; i++)
		if (strcmp(takings[i].verifier, verifier->name) == 0 &&
		    strcmp(takings[i].part, part) == 0)
			return takings[i].take;
	return NULL;
}

enum kf_status kf_trust_put(struct kf_opening *o, struct kf_store *store,
			    const struct kf_verifier *verifier,
			    const char *name, const char *path, bool again)
{
	kf_taking *take = taking_of(verifier, name);
	struct kf_part part = { .name = name };
	enum kf_status status = KF_OK;
	struct stat st;
	size_t num = 0;
	bool may;

	if (strcmp(path, "none") == 0)
		return put_none(o, store, name, again);
	status = kf_within_may(&may, o, path);
	if (status == KF_OK && !may)
		status = kf_within_stray(o, path);
	if (status != KF_OK)
		return status;
	if (take)
		return take(o, store, name, path, again);
	if (again)
		status = earlier(&part, o, store, name, path);
	if (status != KF_OK)
		return status;
	num = part.from ? 1 : 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		status = add_folder(&part, o, path, &num);
	else
		status = add_file(&part, o, path, &num);
	if (status != KF_OK)
		return status;
	/* An update without a list deletes the variable: UEFI has no empty
	 * ones. */
	part.presence = part.bytes.len ? KF_PRESENT : KF_ABSENT;
	part.from = part.from ? "several files" : kf_device_text(o, path);
	return part.from ? put(o, store, &part) : KF_NO_MEMORY;
}

const char *kf_part_name(const struct kf_verifier *verifier, const char *name)
{
	for (const char *const *part = verifier->parts; *part; part++)
		if (strcmp(*part, name) == 0)
			return *part;
	return NULL;
}

const struct kf_choice *kf_choice_of(const struct kf_verifier *verifier,
				     const char *name)
{
	for (const struct kf_choice *c = verifier->choices; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* among tells whether a value is one of "a|b|c", or a number or a time where
 * these are asked for. */
static bool among(const char *values, const char *value)
{
	size_t len = strlen(value);
	struct kf_moment moment;
	uint32_t number;

	if (strcmp(values, KF_SETTING_NUMBER) == 0)
		return kf_setting_number(&number, value);
	if (strcmp(values, KF_SETTING_TIME) == 0)
		return kf_setting_moment(&moment, value);
	if (strcmp(values, KF_SETTING_TEXT) == 0)
		return len > 0;
	for (const char *v = values; v; v = strchr(v, '|')) {
		v += *v == '|';
		if (strncmp(v, value, len) == 0 &&
		    (v[len] == '|' || v[len] == '\0'))
			return len > 0;
	}
	return false;
}

enum kf_status kf_setting_put(struct kf_opening *o, struct kf_store *store,
			      const struct kf_choice *choice,
			      const char *value)
{
	char hint[240];
	const char *copy;

	if (!among(choice->values, value)) {
		snprintf(hint, sizeof(hint), "give %s",
			 strcmp(choice->values, KF_SETTING_NUMBER) == 0
			 ? "a number, as 0x67"
			 : strcmp(choice->values, KF_SETTING_TIME) == 0
			 ? "a time, as 2026-11-27T08:00:00Z"
			 : strcmp(choice->values, KF_SETTING_TEXT) == 0
			 ? "a text"
			 : "one of ");
		if (strchr(choice->values, '|'))
			snprintf(hint, sizeof(hint), "give one of %s",
				 choice->values);
		kf_fault_say(o->why, hint, "%s cannot be \"%.80s\"",
			     choice->name, value);
		return KF_WRONG_USE;
	}
	copy = kf_device_text(o, value);
	if (!copy)
		return KF_NO_MEMORY;
	return kf_store_set(store, choice->name, copy) ? KF_OK
						       : kf_device_full(o);
}
