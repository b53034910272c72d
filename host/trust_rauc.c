/* RAUC's system.conf, with all that it leads to: the keyring, as a file and as
 * a folder of hashed names, and the key for decryption.
 *
 * Paths are taken as RAUC takes them: relative ones start at the folder of the
 * configuration. What is named and not there is absent; what is there and
 * cannot be read is unknown.
 *
 * Source: rauc/rauc, src/utils.c:resolve_path at v1.8; openssl/openssl,
 * crypto/x509/by_dir.c:add_cert_dir, get_cert_by_subject_ex at 3.0.17.
 */
#include "device.h"
#include "rootfs.h"
#include "within.h"

#include "core/keyfile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LEN = 4096, CONFIG_MAX = 1 << 20, FILES_MAX = 4096 };

/* packing is a folder's files while they are packed. */
struct packing {
	struct kf_opening *o;
	uint8_t *bytes;
	size_t len, room;
};

static bool add(struct packing *p, const void *data, size_t len)
{
	uint8_t *grown;

	if (len > p->room - p->len) {
		size_t room = 2 * (p->len + len) + 4096;

		grown = realloc(p->bytes, room);
		if (!grown)
			return false;
		p->bytes = grown;
		p->room = room;
	}
	memcpy(p->bytes + p->len, data, len);
	p->len += len;
	return true;
}

static bool add_number(struct packing *p, uint32_t number)
{
	uint8_t bytes[] = { (uint8_t)number, (uint8_t)(number >> 8),
			    (uint8_t)(number >> 16), (uint8_t)(number >> 24) };

	return add(p, bytes, sizeof(bytes));
}

/* is_hashed tells whether OpenSSL would ever ask for a file of that name. */
static bool is_hashed(const char *name)
{
	size_t len = strspn(name, "0123456789abcdef");
	const char *rest = name + len;

	if (len != 8 || *rest++ != '.')
		return false;
	rest += *rest == 'r';
	return *rest && rest[strspn(rest, "0123456789")] == '\0';
}

/* add_file packs one file of a folder. One that cannot be read is one that
 * holds nothing: OpenSSL stops there too. */
static bool add_file(struct packing *p, unsigned folder, const char *path,
		     const char *name)
{
	struct kf_fault why = { "", "" };
	struct kf_text_file file = { 0 };
	bool may, ok;
	enum kf_status status = kf_within_may(&may, p->o, path);

	if (status == KF_OK && !may) {
		(void)kf_within_stray(p->o, path);
		return true;
	}
	if (status == KF_OK)
		status = kf_text_file_read(&file, path, KF_PART_FILE_MAX,
					   &why);
	if (status == KF_NO_MEMORY)
		return false;
	ok = add_number(p, folder) &&
	     add_number(p, (uint32_t)strlen(name) + 1) &&
	     add(p, name, strlen(name) + 1) &&
	     add_number(p, (uint32_t)file.bytes.len) &&
	     (!file.bytes.len || add(p, file.bytes.data, file.bytes.len));
	kf_text_file_close(&file);
	return ok;
}

/* pack_folder packs the hashed files of one folder. A folder that is not there
 * has none; one of the device's own, outside of what is told of it, is not
 * known. */
static enum kf_status pack_folder(struct packing *p, unsigned number,
				  const char *folder, struct kf_part *part)
{
	struct dirent **list;
	int num, files = 0;
	bool may, ok;
	enum kf_status status = kf_within_may(&may, p->o, folder);

	if (status != KF_OK || !may) {
		part->presence = KF_UNKNOWN;
		return status;
	}
	num = scandir(folder, &list, NULL, alphasort);
	ok = num >= 0 || errno != ENOMEM;
	for (int i = 0; i < num; i++) {
		char path[PATH_LEN];

		if (is_hashed(list[i]->d_name) && files++ < FILES_MAX &&
		    (size_t)snprintf(path, sizeof(path), "%s/%s", folder,
				     list[i]->d_name) < sizeof(path))
			ok = ok && add_file(p, number, path, list[i]->d_name);
		free(list[i]);
	}
	if (num >= 0)
		free(list);
	if (files > FILES_MAX) {
		kf_say_path(p->o->why, folder, NULL,
			    "has more files than keyfit weighs");
		return KF_TOO_MUCH;
	}
	return ok ? KF_OK : KF_NO_MEMORY;
}

/* count_folders: OpenSSL takes several, with colons between them. */
static unsigned count_folders(const char *path)
{
	unsigned num = 1;

	for (; *path; path++)
		num += *path == ':';
	return num;
}

/* put_folders makes the part out of one folder, or several. */
static enum kf_status put_folders(struct kf_opening *o,
				  struct kf_store *store, const char *root,
				  const char *folders)
{
	struct kf_part part = { .name = "keyring-directory",
				.presence = KF_PRESENT };
	struct packing p = { .o = o };
	enum kf_status status = KF_NO_MEMORY;
	unsigned number = 0;

	if (add_number(&p, count_folders(folders)))
		status = KF_OK;
	while (status == KF_OK && *folders) {
		size_t len = strcspn(folders, ":");
		char path[PATH_LEN], real[PATH_LEN];

		snprintf(path, sizeof(path), "%.*s", (int)len, folders);
		if (kf_rootfs_path(real, sizeof(real), root, path))
			status = pack_folder(&p, number, real, &part);
		number++;
		folders += len + (folders[len] == ':');
	}
	if (status == KF_OK && part.presence == KF_PRESENT &&
	    !kf_arena_keep(&o->memory->work.arena, &part.bytes,
			   kf_view(p.bytes, p.len)))
		status = kf_device_full(o);
	free(p.bytes);
	part.from = status == KF_OK ? kf_device_text(o, folders) : NULL;
	if (status == KF_OK && !kf_store_put(store, &part))
		status = kf_device_full(o);
	return status;
}

/* put_file makes a part out of one file that the configuration names. */
static enum kf_status put_file(struct kf_opening *o, struct kf_store *store,
			       const char *name, const char *root,
			       const char *path)
{
	struct kf_part part = { .name = name, .presence = KF_PRESENT };
	struct kf_fault *why = o->why, unread = { "", "" };
	char real[PATH_LEN] = "";
	bool there = kf_rootfs_path(real, sizeof(real), root, path), may;
	enum kf_status status = kf_within_may(&may, o, real);
	struct stat st;

	if (status != KF_OK)
		return status;
	if (there && !may) {
		/* A path of the device's, not of this machine. */
		part.presence = KF_UNKNOWN;
	} else if (!there || (stat(real, &st) != 0 &&
			      (errno == ENOENT || errno == ENOTDIR))) {
		part.presence = KF_ABSENT;
	} else {
		o->why = &unread;
		status = kf_device_file(&part.bytes, o, real,
					KF_PART_FILE_MAX);
		o->why = why;
		if (status == KF_NO_MEMORY) {
			kf_fault_say(why, NULL, "out of memory");
			return status;
		}
		if (status != KF_OK) {
			part.presence = KF_UNKNOWN;
			if (!o->device->unread.what[0])
				o->device->unread = unread;
		}
	}
	part.from = kf_device_text(o, path);
	if (!part.from)
		return KF_NO_MEMORY;
	return kf_store_put(store, &part) ? KF_OK : kf_device_full(o);
}

/* following is what a configuration leads to. */
struct following {
	struct kf_opening *o;
	struct kf_store *store;
	const struct kf_keyfile *file;
	const char *root;	/* "": the machine's own */
	const char *config;	/* its path, as seen from there */
};

/* resolve is a value of the configuration, as a path. False: it is not set. */
static bool resolve(char out[PATH_LEN], const struct following *f,
		    const char *group, const char *key)
{
	size_t index = kf_keyfile_group_of(f->file, group);
	const struct kf_keyfile_entry *e = kf_keyfile_entry_of(f->file, index,
							       key);
	const char *slash = strrchr(f->config, '/');
	struct kf_bytes value;
	int folder_len = slash ? (int)(slash - f->config) + 1 : 0;

	if (!e || kf_keyfile_text(&value, e->value, false,
				  &f->o->memory->work.arena) !=
		  KF_VALUE_GOOD || value.len == 0)
		return false;
	if (value.data[0] == '/')
		folder_len = 0;
	return (size_t)snprintf(out, PATH_LEN, "%.*s%s", folder_len,
				f->config, (const char *)value.data) <
	       PATH_LEN;
}

/* is_given tells whether the user gave a part by its own name already. */
static bool is_given(const struct following *f, const char *name)
{
	return kf_store_part(f->store, name);
}

static enum kf_status follow_file(const struct following *f, const char *part,
				  const char *group, const char *key)
{
	char path[PATH_LEN];

	if (is_given(f, part) || !resolve(path, f, group, key))
		return KF_OK;
	return put_file(f->o, f->store, part, f->root, path);
}

/* follow_key: a key that is not there, or lies in a token, may well be on the
 * device: it is not known. */
static enum kf_status follow_key(const struct following *f)
{
	const struct kf_part *part;
	struct kf_part unknown = { .name = "encryption-key" };
	enum kf_status status = follow_file(f, "encryption-key", "encryption",
					    "key");

	part = kf_store_part(f->store, "encryption-key");
	if (status != KF_OK || !part || part->presence != KF_ABSENT)
		return status;
	unknown.from = part->from;
	return kf_store_put(f->store, &unknown) ? KF_OK
						: kf_device_full(f->o);
}

static enum kf_status follow(const struct following *f)
{
	char path[PATH_LEN];
	enum kf_status status = follow_file(f, "keyring", "keyring", "path");

	if (status == KF_OK && !is_given(f, "keyring-directory") &&
	    resolve(path, f, "keyring", "directory"))
		status = put_folders(f->o, f->store, f->root, path);
	if (status == KF_OK)
		status = follow_key(f);
	if (status == KF_OK)
		status = follow_file(f, "encryption-certificate",
				     "encryption", "cert");
	return status;
}

enum kf_status kf_trust_rauc_at(struct kf_opening *o, struct kf_store *store,
				const char *root, const char *path)
{
	struct kf_part part = { .name = "config", .presence = KF_PRESENT };
	struct following f = { o, store, NULL, root, path };
	struct kf_keyfile file;
	char real[PATH_LEN];
	enum kf_status status;

	if (!kf_rootfs_path(real, sizeof(real), root, path)) {
		kf_say_path(o->why, path, NULL, "is not there");
		return KF_CANNOT_READ;
	}
	status = kf_device_file(&part.bytes, o, real, CONFIG_MAX);
	if (status != KF_OK)
		return status;
	part.from = kf_device_text(o, path);
	if (!part.from)
		return KF_NO_MEMORY;
	if (!kf_store_put(store, &part))
		return kf_device_full(o);
	status = kf_keyfile_read(&file, part.bytes, &o->memory->work.env);
	if (status != KF_OK)
		return kf_device_full(o);
	f.file = &file;
	return follow(&f);
}

enum kf_status kf_trust_rauc(struct kf_opening *o, struct kf_store *store,
			     const char *name, const char *path, bool again)
{
	(void)name;
	if (again) {
		kf_fault_say(o->why, "leave one of the two out",
			     "config is one file, and %s is another one",
			     path);
		return KF_WRONG_USE;
	}
	return kf_trust_rauc_at(o, store, "", path);
}

enum kf_status kf_trust_rauc_folder(struct kf_opening *o,
				    struct kf_store *store, const char *name,
				    const char *path, bool again)
{
	(void)name;
	if (again) {
		kf_fault_say(o->why, "write them with colons between them",
			     "keyring-directory is one list of folders");
		return KF_WRONG_USE;
	}
	return put_folders(o, store, "", path);
}
