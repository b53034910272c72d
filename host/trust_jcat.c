/* Folders of keys, and of files, as libjcat looks into them: each file with
 * its name, which says what is in it.
 *
 * Files whose names say nothing are packed by name alone: libjcat passes over
 * them without opening them.
 *
 * Source: hughsie/libjcat, libjcat/jcat-context.c
 * (jcat_context_add_public_keys), jcat-pkcs7-engine.c, tag 0.2.3.
 */
#include "device.h"

#include "core/jcat.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LEN = 4096, KEY_MAX = 1 << 20, PAYLOAD_MAX = 5 << 20 };

/* packing is a part while it is packed. */
struct packing {
	struct kf_opening *o;
	struct kf_part part;
	bool keys;		/* names say what is read */
};

static void put_number(uint8_t out[4], size_t number)
{
	for (size_t i = 0; i < 4; i++)
		out[i] = (uint8_t)(number >> (8 * i));
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_read(const struct packing *p, const char *name)
{
	struct kf_bytes text = kf_text(name);

	return !p->keys || kf_jcat_is_key(text, KF_JCAT_PKCS7) ||
	       kf_jcat_is_key(text, KF_JCAT_ED25519);
}

/* join puts a file behind those that are packed. */
static enum kf_status join(struct packing *p, const char *name,
			   struct kf_bytes bytes, bool unreadable)
{
	struct kf_bytes old = p->part.bytes;
	size_t name_len = strlen(name);
	size_t len = old.len + 12 + name_len + bytes.len;
	uint8_t *all = kf_arena_take(&p->o->memory->work.arena, len), *out;

	if (!all)
		return kf_device_full(p->o);
	if (old.len)
		memcpy(all, old.data, old.len);
	out = all + old.len;
	put_number(out, unreadable);
	put_number(out + 4, name_len);
	memcpy(out + 8, name, name_len);
	put_number(out + 8 + name_len, bytes.len);
	if (bytes.len)
		memcpy(out + 12 + name_len, bytes.data, bytes.len);
	p->part.bytes = kf_view(all, len);
	return KF_OK;
}

/* pack_file takes one; of a folder, what cannot be read may stop an engine of
 * the device too, and is noted. */
static enum kf_status pack_file(struct packing *p, const char *path,
				bool in_folder)
{
	const char *name = last_name(path);
	struct kf_bytes bytes = { NULL, 0 };
	struct kf_fault ignored = { "", "" };
	struct kf_fault *why = p->o->why;
	enum kf_status status = KF_OK;

	if (in_folder)
		p->o->why = &ignored;
	if (is_read(p, name))
		status = kf_device_file(&bytes, p->o, path,
					p->keys ? KEY_MAX : PAYLOAD_MAX);
	p->o->why = why;
	if (status == KF_NO_MEMORY)
		return kf_device_full(p->o);
	if (status != KF_OK && !(in_folder && p->keys))
		return status;
	return join(p, name, bytes, status != KF_OK);
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

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static enum kf_status pack_folder(struct packing *p, const char *folder)
{
	struct dirent **entry = NULL;
	int found = scandir(folder, &entry, no_dots, by_bytes);
	enum kf_status status = KF_OK;
	char path[PATH_LEN];

	if (found < 0) {
		status = errno == ENOMEM ? KF_NO_MEMORY : KF_CANNOT_READ;
		kf_say_path(p->o->why, folder, NULL, "cannot be read: %s",
			    strerror(errno));
		return status;
	}
	for (int i = 0; i < found; i++) {
		bool fits = (size_t)snprintf(path, sizeof(path), "%s/%s",
					     folder, entry[i]->d_name) <
			    sizeof(path);

		if (status == KF_OK && fits &&
		    (p->keys || !is_folder(path)))
			status = pack_file(p, path, true);
		free(entry[i]);
	}
	free(entry);
	return status;
}

static enum kf_status take(struct kf_opening *o, struct kf_store *store,
			   const char *name, const char *path, bool keys)
{
	struct packing p = { .o = o, .part = { .name = name }, .keys = keys };
	const struct kf_part *old = kf_store_part(store, name);
	enum kf_status status;

	if (old && old->presence == KF_ABSENT && !old->from) {
		kf_fault_say(o->why, "leave one of the two out",
			     "%s is given as none and as %s", name, path);
		return KF_WRONG_USE;
	}
	if (old)
		p.part = *old;
	status = is_folder(path) ? pack_folder(&p, path)
				 : pack_file(&p, path, false);
	if (status != KF_OK)
		return status;
	p.part.presence = p.part.bytes.len ? KF_PRESENT : KF_ABSENT;
	p.part.from = old ? "several places" : kf_device_text(o, path);
	if (!p.part.from)
		return KF_NO_MEMORY;
	return kf_store_put(store, &p.part) ? KF_OK : kf_device_full(o);
}

enum kf_status kf_trust_jcat_keys(struct kf_opening *o,
				  struct kf_store *store, const char *name,
				  const char *path, bool again)
{
	return take(o, store, name, path, true);
}

enum kf_status kf_trust_jcat_files(struct kf_opening *o,
				   struct kf_store *store, const char *name,
				   const char *path, bool again)
{
	return take(o, store, name, path, false);
}
