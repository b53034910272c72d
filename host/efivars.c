/* Folders of UEFI variables, as Linux's efivarfs shows them, one file NAME-GUID
 * a variable. A copy is whole only if it holds SecureBoot, and no variable that
 * was renamed. What cannot be read is unknown, and the first of it is told.
 *
 * What shim keeps is hidden; it shows it under other names, of a long list only
 * pieces. Where it shows one, what it does not show is not there. Whole lists
 * stand in its table (mokvars.c), which counts first.
 *
 * Source: rhboot/shim 16.1, mok.c:mok_state_variable_data, mirror_mok_db,
 * mirror_one_mok_variable (a list always has an entry), import_mok_state;
 * Linux 6.1, drivers/firmware/efi/mokvar-table.c.
 */
#include "device.h"

#include "core/variables.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/vfs.h>

enum { GUID_TEXT_LEN = 36, PATH_LEN = 4096 };
#define EFIVARFS_MAGIC 0xde5e81e4u

/* reading is the folder while it is read. */
struct reading {
	struct kf_opening *o;
	struct kf_store *store;
	const char *folder;
	bool live;
	const struct kf_mok_told *told;	/* KF_NUM_VARIABLES of them, or NULL */
	size_t num_variables;	/* files that are named as variables are */
	bool stray[KF_NUM_VARIABLES];	/* a file is named nearly so */
	bool shown;		/* shim has run */
	bool goes_on[KF_NUM_VARIABLES];	/* what shim shows is in pieces */
};

static void write_guid(char out[GUID_TEXT_LEN + 1], const uint8_t *g)
{
	snprintf(out, GUID_TEXT_LEN + 1, "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x-%02x%02x%02x%02x%02x%02x", g[3], g[2], g[1], g[0],
		 g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12],
		 g[13], g[14], g[15]);
}

/* is_variable tells whether a file is named NAME-GUID. */
static bool is_variable(const char *name)
{
	static const char form[] = "-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t len = strlen(name), form_len = sizeof(form) - 1;

	if (len <= form_len)
		return false;
	name += len - form_len;
	for (size_t i = 0; i < form_len; i++)
		if (form[i] == '-' ? name[i] != '-'
				   : !isxdigit((unsigned char)name[i]))
			return false;
	return true;
}

/* is_named: is this the name in front of a file's GUID? */
static bool is_named(const char *file, const char *name)
{
	size_t len = strlen(file) - GUID_TEXT_LEN - 1;

	return name && strlen(name) == len && memcmp(name, file, len) == 0;
}

/* variable_named finds the variable that a file holds; NULL: none that
 * decides about trust. Names count by the letter, GUIDs by their value. */
static const struct kf_variable *variable_named(const char *file)
{
	const char *its_guid = file + strlen(file) - GUID_TEXT_LEN;
	char guid[GUID_TEXT_LEN + 1];

	for (size_t i = 0; i < KF_NUM_VARIABLES; i++) {
		const struct kf_variable *v = &kf_variables[i];

		write_guid(guid, v->guid);
		if (strcasecmp(its_guid, guid) == 0 &&
		    (is_named(file, v->name) || is_named(file, v->shown)))
			return v;
	}
	return NULL;
}

/* note_piece: "MokListXRT1" is what did not fit into MokListXRT. */
static void note_piece(struct reading *r, const char *file)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++) {
		const char *shown = kf_variables[i].shown;
		size_t len = shown ? strlen(shown) : 0;

		if (len && strncmp(file, shown, len) == 0 &&
		    isdigit((unsigned char)file[len]))
			r->goes_on[i] = true;
	}
}

/* is_nearly: "dbx.bak", "dbx_GUID" and the like were a variable before somebody
 * copied it. */
static bool is_nearly(const char *file, const struct kf_variable *v)
{
	size_t len = strlen(v->name);

	return strncasecmp(file, v->name, len) == 0 &&
	       !isalnum((unsigned char)file[len]);
}

static void note_stray(struct reading *r, const char *file)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++)
		if (is_nearly(file, &kf_variables[i]))
			r->stray[i] = true;
}

bool kf_efivars_is_stray(const char *file)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++)
		if (!is_variable(file) && is_nearly(file, &kf_variables[i]))
			return true;
	return false;
}

static enum kf_status put(struct reading *r, const struct kf_part *part)
{
	return kf_store_put(r->store, part) ? KF_OK : kf_device_full(r->o);
}

static enum kf_status put_unknown(struct reading *r, const char *name)
{
	struct kf_part part = { .name = name };

	return put(r, &part);
}

static const struct kf_store_kind *kind(void)
{
	const struct kf_store_kind *k;
	size_t i = 0;

	while ((k = kf_store_kind_at(i)) && strcmp(k->name, "efivar") != 0)
		i++;
	return k;
}

/* is_told: the table has this one, so that what efivarfs shows of it does not
 * count. */
static bool is_told(const struct reading *r, const struct kf_variable *v)
{
	const struct kf_mok_told *told = r->told;

	return told && told[v - kf_variables].there &&
	       told[v - kf_variables].readable;
}

/* put_told takes what the table has. */
static enum kf_status put_told(struct reading *r)
{
	enum kf_status status = KF_OK;

	for (size_t i = 0; r->told && i < KF_NUM_VARIABLES; i++) {
		const struct kf_mok_told *told = &r->told[i];
		struct kf_part part = {
			.name = kf_variables[i].part,
			.presence = KF_PRESENT,
			.bytes = told->bytes,
			.shown = true,
			.from = told->from,
		};

		r->shown = r->shown || told->there;
		if (told->there && told->readable && status == KF_OK)
			status = put(r, &part);
	}
	return status;
}

/* take makes a part of what a file holds. */
static enum kf_status take(struct reading *r, const struct kf_variable *v,
			   struct kf_bytes file, const char *path, bool shown)
{
	struct kf_store one;
	struct kf_part part;

	/* efivarfs shows a variable that is being made as an empty file. */
	if (file.len == 0 && r->live)
		return KF_OK;
	kf_store_read(&one, kind(), file, &r->o->memory->work.env);
	if (one.num_damage) {
		kf_say_path(&r->o->device->unread, path, "copy it again",
			    "is cut short: %s at byte %llu",
			    one.damage[0].field,
			    (unsigned long long)one.damage[0].at);
		return put_unknown(r, v->part);
	}
	part = one.part[0];
	part.name = v->part;
	part.from = kf_device_text(r->o, path);
	/* The attributes are not those of the variable behind it; shim shows
	 * none of which they are wrong. */
	part.shown = shown;
	if (shown)
		part.attributes = 0;
	return part.from ? put(r, &part) : KF_NO_MEMORY;
}

static enum kf_status read_variable(struct reading *r, const char *name)
{
	const struct kf_variable *v = variable_named(name);
	struct kf_opening quiet = *r->o;
	struct kf_bytes file = { NULL, 0 };
	char path[PATH_LEN];
	enum kf_status status;
	bool shown;

	if (!v) {
		note_piece(r, name);
		return KF_OK;
	}
	shown = is_named(name, v->shown);
	r->shown = r->shown || shown;
	if (shown && is_told(r, v))
		return KF_OK;
	snprintf(path, sizeof(path), "%s/%s", r->folder, name);
	if (kf_store_part(r->store, v->part)) {
		kf_say_path(&r->o->device->unread, path, "remove one of them",
			    "is there twice, spelt in two ways");
		return put_unknown(r, v->part);
	}
	/* A file that cannot be read is no error of the whole device. */
	quiet.why = &r->o->device->unread;
	status = kf_device_file(&file, &quiet, path, KF_PART_FILE_MAX);
	if (status == KF_NO_MEMORY) {
		kf_fault_say(r->o->why, NULL, "out of memory");
		return status;
	}
	if (status != KF_OK)
		return put_unknown(r, v->part);
	return take(r, v, file, path, shown);
}

static enum kf_status walk(struct reading *r, DIR *folder)
{
	enum kf_status status = KF_OK;
	struct dirent *entry;

	errno = 0;
	while (status == KF_OK && (entry = readdir(folder))) {
		if (is_variable(entry->d_name)) {
			r->num_variables++;
			status = read_variable(r, entry->d_name);
		} else if (!r->live) {
			note_stray(r, entry->d_name);
		}
		errno = 0;
	}
	if (status == KF_OK && errno) {
		kf_say_path(r->o->why, r->folder, NULL, "cannot be read: %s",
			    strerror(errno));
		status = KF_CANNOT_READ;
	}
	return status;
}

/* put_strays: what only a renamed file may hold is unknown. */
static enum kf_status put_strays(struct reading *r)
{
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < KF_NUM_VARIABLES && status == KF_OK; i++) {
		const struct kf_variable *v = &kf_variables[i];

		if (!r->stray[i] || kf_store_part(r->store, v->part))
			continue;
		kf_say_path(&r->o->device->unread, r->folder,
			    "name it NAME-GUID, as efivarfs does, or remove it",
			    "has no %s, but a file of nearly that name",
			    v->name);
		status = put_unknown(r, v->part);
	}
	return status;
}

/* is_whole tells whether what efivarfs shows of a list is all of it: the table
 * says how long it is even to those who may not read it. */
static bool is_whole(const struct reading *r, size_t index)
{
	const struct kf_part *part = kf_store_part(r->store,
						   kf_variables[index].part);
	const struct kf_mok_told *told = r->told ? &r->told[index] : NULL;

	if (!part)
		return false;
	if (!told || !told->there)
		return !r->goes_on[index];
	return told->readable || part->bytes.len == told->size;
}

/* lost_room: shim always shows its lists, so there was no room for one of them;
 * then there may have been none for what is shorter. */
static bool lost_room(const struct reading *r)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++)
		if (kf_variables[i].hidden && kf_variables[i].lists &&
		    !is_whole(r, i))
			return true;
	return false;
}

/* would_show: shim has run, and what is not there it would have shown. Before
 * 15.3 it had no SbatLevel to show, MokListTrusted it shows where there is
 * none, and a list it always shows. */
static bool would_show(const struct reading *r, const struct kf_variable *v)
{
	return r->shown && !v->lists && strcmp(v->part, "sbat-level") != 0 &&
	       strcmp(v->part, "mok-list-trusted") != 0;
}

/* say_in_part says what is missing of a list. */
static void say_in_part(struct reading *r, const struct kf_variable *v)
{
	if (r->shown && v->lists)
		kf_say_path(&r->o->device->unread, r->folder,
			    "it stands whole in /sys/firmware/efi/mok-variables, which root may read",
			    "has no whole %s: shim had no room for it",
			    v->shown);
}

/* put_hidden: what is hidden may be there, unless shim would have shown it or
 * taken it away. */
static enum kf_status put_hidden(struct reading *r)
{
	bool table = false, lost = lost_room(r);
	enum kf_status status = KF_OK;

	for (size_t i = 0; r->told && i < KF_NUM_VARIABLES; i++)
		table = table || r->told[i].there;
	for (size_t i = 0; i < KF_NUM_VARIABLES && status == KF_OK; i++) {
		const struct kf_variable *v = &kf_variables[i];
		bool there = kf_store_part(r->store, v->part);

		if (!v->hidden || (there && is_whole(r, i)))
			continue;
		if (!there && would_show(r, v) && (table || !lost) &&
		    !(r->told && r->told[i].there))
			continue;
		say_in_part(r, v);
		status = put_unknown(r, v->part);
	}
	return status;
}

/* says_on tells whether the variables say that Secure Boot is on: firmware
 * takes all for that which is not one byte of 0. */
static bool says_on(const struct kf_store *store)
{
	const struct kf_part *now = kf_store_part(store, "secure-boot");

	return now && now->presence == KF_PRESENT &&
	       !(now->bytes.len == 1 && now->bytes.data[0] == 0);
}

/* put_mode: firmware without Secure Boot has no SecureBoot, and no lists for it
 * either. */
static enum kf_status put_mode(struct reading *r)
{
	struct kf_part absent = { .name = "secure-boot",
				  .presence = KF_ABSENT };
	bool lists = false;

	if (kf_store_part(r->store, "secure-boot"))
		return KF_OK;
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++)
		lists |= kf_variables[i].lists && !kf_variables[i].hidden &&
			 kf_store_part(r->store, kf_variables[i].part);
	if (r->live && !lists)
		return put(r, &absent);
	kf_say_path(&r->o->device->unread, r->folder,
		    "copy all of the variables, or say --set secure-boot=on",
		    "has no SecureBoot: it is not all that there was");
	return put_unknown(r, "secure-boot");
}

/* complete weighs what is not there. */
static enum kf_status complete(struct reading *r)
{
	enum kf_status status = put_strays(r);

	if (status == KF_OK)
		status = put_hidden(r);
	r->store->complete = true;
	if (status == KF_OK && says_on(r->store) &&
	    !kf_store_part(r->store, "pk")) {
		kf_say_path(&r->o->device->unread, r->folder,
			    "copy all of the variables",
			    "has no PK, though Secure Boot is on");
		status = put_unknown(r, "pk");
	}
	return status == KF_OK ? put_mode(r) : status;
}

/* take_listed takes one file that was read before. */
static enum kf_status take_listed(struct reading *r,
				  const struct kf_efivar_file *file)
{
	const struct kf_variable *v = is_variable(file->name)
		? variable_named(file->name) : NULL;
	bool shown;

	if (!v) {
		if (is_variable(file->name))
			note_piece(r, file->name);
		else if (!r->live)
			note_stray(r, file->name);
		return KF_OK;
	}
	shown = is_named(file->name, v->shown);
	r->shown = r->shown || shown;
	if (shown && is_told(r, v))
		return KF_OK;
	if (!file->readable || kf_store_part(r->store, v->part))
		return put_unknown(r, v->part);
	return take(r, v, file->bytes, file->name, shown);
}

enum kf_status kf_efivars_take(struct kf_opening *o, struct kf_store *store,
			       const struct kf_efivar_listing *list)
{
	struct reading r = {
		.o = o, .store = store, .folder = list->from,
		.live = list->live, .told = list->told,
	};
	enum kf_status status = put_told(&r);

	for (size_t i = 0; i < list->num && status == KF_OK; i++)
		status = take_listed(&r, &list->file[i]);
	return status == KF_OK ? complete(&r) : status;
}

bool kf_efivars_is_live(const char *folder)
{
	struct statfs fs;

	return statfs(folder, &fs) == 0 &&
	       (unsigned long)fs.f_type == EFIVARFS_MAGIC;
}

enum kf_status kf_efivars_read(struct kf_opening *o, struct kf_store *store,
			       const char *folder, size_t *num)
{
	struct kf_mok_told told[KF_NUM_VARIABLES];
	struct reading r = {
		.o = o,
		.store = store,
		.folder = folder,
		.live = kf_efivars_is_live(folder),
		.told = told,
	};
	enum kf_status status;
	DIR *dir = opendir(folder);

	*num = 0;
	if (!dir) {
		status = errno == ENOMEM ? KF_NO_MEMORY : KF_CANNOT_READ;
		kf_say_path(o->why, folder, errno == EACCES
			    ? "run as a user who may read it" : NULL,
			    "cannot be opened: %s", strerror(errno));
		return status;
	}
	status = kf_mokvars_read(told, o, folder);
	if (status == KF_OK)
		status = put_told(&r);
	if (status == KF_OK)
		status = walk(&r, dir);
	closedir(dir);
	*num = r.num_variables;
	return status == KF_OK && *num ? complete(&r) : status;
}
