/* SWUpdate on an unpacked root file system: which build, by its package; what
 * it trusts and takes, by its configuration and its command line; what the
 * device is and has, by /etc/hwrevision and /etc/sw-versions.
 *
 * How SWUpdate was built cannot be seen in a file system that has no package of
 * it: then the user has to say.
 *
 * Source: sbabic/swupdate, core/swupdate.c (main, read_globals_settings),
 * core/artifacts_versions.c (get_sw_versions), tag 2022.12; dpkg(1), the file
 * status.
 */
#include "rootfs.h"
#include "swupdate_args.h"

#include "core/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LEN = 4096, FILE_MAX = 1 << 20, STATUS_MAX = 64 << 20,
       SNIPPETS_MAX = 256 };

static const struct {
	const char *version, *rules;
} packages[] = {
	{ "2022.12+dfsg-4+deb12u3", "swupdate-2022.12-debian" },
	{ "2024.12.1+dfsg-3+deb13u2", "swupdate-2024.12-debian" },
};

/* finding is a device while it is looked for. */
struct finding {
	struct kf_opening *o;
	const char *root;
	struct kf_store *store;
	char config[PATH_LEN];		/* of -f; empty: the usual place */
	char key[PATH_LEN];
	enum kf_status status;
};

static bool is_there(const struct finding *f, const char *path)
{
	char real[PATH_LEN];
	struct stat st;

	return kf_rootfs_path(real, sizeof(real), f->root, path) &&
	       stat(real, &st) == 0;
}

/* file reads one of the device; false: it is not there. */
static bool file(struct kf_bytes *out, struct finding *f, const char *path,
		 size_t max)
{
	char real[PATH_LEN];

	*out = kf_view(NULL, 0);
	if (!is_there(f, path) ||
	    !kf_rootfs_path(real, sizeof(real), f->root, path))
		return false;
	f->status = kf_device_file(out, f->o, real, max);
	return f->status == KF_OK;
}

/* set keeps a setting, after SWUpdate's own way: the last one counts. */
static bool set(struct finding *f, const char *name, const char *value)
{
	const struct kf_choice *c = kf_choice_of(
		kf_rules_find(packages[0].rules)->verifier, name);

	f->status = kf_setting_put(f->o, f->store, c, value);
	return f->status == KF_OK;
}

static bool put_part(struct finding *f, const char *name,
		     struct kf_bytes bytes, const char *from)
{
	struct kf_part part = { .name = name, .presence = bytes.len
			? KF_PRESENT : KF_ABSENT, .bytes = bytes,
		.from = kf_device_text(f->o, from) };

	if (!part.from)
		f->status = KF_NO_MEMORY;
	else if (!kf_store_put(f->store, &part))
		f->status = kf_device_full(f->o);
	return f->status == KF_OK;
}

/* text_of is a text of the configuration, with its NUL; NULL: there is none. */
static const char *text_of(struct finding *f, const struct kf_config *group,
			   const char *name)
{
	const struct kf_config *c = kf_config_member(group, kf_text(name));
	char text[PATH_LEN];

	if (!c || c->type != KF_CONFIG_TEXT || c->text.len == 0)
		return NULL;
	snprintf(text, sizeof(text), "%.*s", (int)c->text.len,
		 (const char *)c->text.data);
	return kf_device_text(f->o, text);
}

/* versions makes of the configuration's list what /etc/sw-versions would be. */
static bool versions(struct finding *f, const struct kf_config *list,
		     const char *from)
{
	char *text = kf_arena_take(&f->o->memory->work.arena, FILE_MAX);
	size_t len = 0;

	if (!text) {
		f->status = kf_device_full(f->o);
		return false;
	}
	for (const struct kf_config *c = list->first; c; c = c->next) {
		const char *name = text_of(f, c, "name");
		const char *version = text_of(f, c, "version");
		int n;

		if (!name || !version)
			continue;
		n = snprintf(text + len, FILE_MAX - len, "%s %s\n", name,
			     version);
		if (n < 0 || (size_t)n >= FILE_MAX - len)
			break;
		len += (size_t)n;
	}
	return put_part(f, "sw-versions", kf_view(text, len), from);
}

/* globals takes what decides. */
static bool globals(struct finding *f, const struct kf_config *group)
{
	static const char *const names[] = { "no-downgrading", "max-version",
		"no-reinstalling", "cert-purpose", "forced-signer-name",
		"select" };
	static const char *const keys[] = { "public-key-file", "ca-path" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = text_of(f, group, names[i]);

		if (text && !set(f, names[i], text))
			return false;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = text_of(f, group, keys[i]);

		if (text)
			snprintf(f->key, sizeof(f->key), "%s", text);
	}
	return !text_of(f, group, "aes-key-file") ||
	       set(f, "decryption-key", "given");
}

static bool unreadable(struct finding *f, const char *path, const char *what)
{
	kf_say_path(f->o->why, path, NULL, "%s", what);
	f->status = KF_WRONG_USE;
	return false;
}

/* configuration reads swupdate.cfg. One that SWUpdate cannot read keeps it from
 * starting. */
static bool configuration(struct finding *f)
{
	const char *path = f->config[0] ? f->config : "/etc/swupdate.cfg";
	const struct kf_config *group, *list;
	struct kf_config_text tree;
	struct kf_bytes text;

	if (!file(&text, f, path, FILE_MAX))
		return f->status == KF_OK && (!f->config[0] ||
			unreadable(f, path, "is named, and is not there: SWUpdate does not start"));
	f->status = kf_libconfig_read(&tree, text, false,
				      &f->o->memory->work.env);
	if (f->status != KF_OK)
		return false;
	if (tree.result == KF_CONFIG_BEYOND)
		return unreadable(f, path, tree.beyond);
	group = kf_config_member(tree.root, kf_text("globals"));
	if (tree.result != KF_CONFIG_READ || !group)
		return unreadable(f, path, "is no configuration of SWUpdate with globals in it: SWUpdate does not start");
	list = kf_config_member(tree.root, kf_text("versions"));
	return globals(f, group) && (!list || versions(f, list, path));
}

/* take_file, take_option: an option of the command line; -f is looked for
 * first, and all others stand over what the file says. */
static bool take_file(void *self, const char *name, const char *value)
{
	struct finding *f = self;

	if (strcmp(name, "file") == 0)
		snprintf(f->config, sizeof(f->config), "%s", value);
	return true;
}

static bool take_option(void *self, const char *name, const char *value)
{
	struct finding *f = self;

	if (strcmp(name, "file") == 0)
		return true;
	if (strcmp(name, "key") == 0 || strcmp(name, "ca-path") == 0) {
		snprintf(f->key, sizeof(f->key), "%s", value);
		return true;
	}
	if (strcmp(name, "key-aes") == 0)
		return set(f, "decryption-key", "given");
	if (strcmp(name, "hwrevision") == 0)
		name = "hardware";
	return set(f, name, value);
}

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* snippet reads one file of the two folders: that in /etc stands for one of
 * the same name. */
static bool snippet(struct finding *f, struct kf_swupdate_names *names,
		    const char *name)
{
	char path[PATH_LEN];
	struct kf_bytes bytes;
	const char *text;

	snprintf(path, sizeof(path), "/etc/swupdate/conf.d/%s", name);
	if (!is_there(f, path))
		snprintf(path, sizeof(path), "/usr/lib/swupdate/conf.d/%s",
			 name);
	if (!file(&bytes, f, path, FILE_MAX))
		return f->status == KF_OK;
	text = (const char *)bytes.data;
	if (bytes.len == 0 || memchr(text, 0, bytes.len))
		return bytes.len == 0;
	return kf_swupdate_snippet(names, text) ||
	       unreadable(f, path, "does more than to set variables: say --rules and --trust key=FILE, as it sets them");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* snippets reads all of them, in the order of their names. */
static bool snippets(struct finding *f, struct kf_swupdate_names *names)
{
	static const char *const folders[] = { "/usr/lib/swupdate/conf.d",
					       "/etc/swupdate/conf.d" };
	char *name[SNIPPETS_MAX] = { NULL };
	size_t num = 0;
	bool good = true;

	for (size_t i = 0; i < 2; i++) {
		struct dirent **entry = NULL;
		char real[PATH_LEN];
		int found = -1;

		if (kf_rootfs_path(real, sizeof(real), f->root, folders[i]))
			found = scandir(real, &entry, no_dots, alphasort);
		for (int j = 0; j < found; j++) {
			if (num < SNIPPETS_MAX)
				name[num++] = strdup(entry[j]->d_name);
			free(entry[j]);
		}
		free(entry);
	}
	for (size_t i = 0; i < num; i++)
		good = good && name[i];
	if (good)
		qsort(name, num, sizeof(name[0]), by_text);
	else
		f->status = KF_NO_MEMORY;
	for (size_t i = 0; i < num; i++) {
		if (good && (i == 0 || strcmp(name[i - 1], name[i]) != 0))
			good = snippet(f, names, name[i]);
	}
	for (size_t i = 0; i < num; i++)
		free(name[i]);
	return good;
}

/* command_line is what swupdate.sh starts. */
static bool command_line(struct finding *f)
{
	struct kf_swupdate_names *names = calloc(1, sizeof(*names));
	const char *line;
	bool good;

	if (!names) {
		f->status = KF_NO_MEMORY;
		return false;
	}
	good = kf_swupdate_assign(names, "SWUPDATE_ARGS", "-v ") &&
	       snippets(f, names);
	line = kf_swupdate_value(names, "SWUPDATE_ARGS");
	good = good && kf_swupdate_options(line, take_file, f) &&
	       configuration(f) && kf_swupdate_options(line, take_option, f);
	free(names);
	if (!good && f->status == KF_OK)
		(void)unreadable(f, "SWUPDATE_ARGS", "cannot be taken apart: say --rules and --trust key=FILE");
	return good;
}

/* parts takes the files that a device is told by. */
static bool parts(struct finding *f)
{
	static const struct { const char *name, *path; } all[] = {
		{ "hwrevision", "/etc/hwrevision" },
		{ "sw-versions", "/etc/sw-versions" },
	};
	struct kf_bytes bytes;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (kf_store_part(f->store, all[i].name))
			continue;
		if (!file(&bytes, f, all[i].path, KF_PART_FILE_MAX) &&
		    f->status != KF_OK)
			return false;
		if (!put_part(f, all[i].name, bytes, all[i].path))
			return false;
	}
	if (!f->key[0])
		return put_part(f, "key", kf_view(NULL, 0), "no key");
	if (!file(&bytes, f, f->key, KF_PART_FILE_MAX) && f->status != KF_OK)
		return false;
	return put_part(f, "key", bytes, f->key);
}

/* field finds one of a package's lines in dpkg's file of states. */
static struct kf_bytes field(struct kf_bytes status, const char *package,
			     const char *name)
{
	size_t at = 0, from = 0;
	bool inside = false;

	while (at < status.len) {
		const uint8_t *end = memchr(status.data + at, '\n',
					    status.len - at);
		size_t len = end ? (size_t)(end - status.data) - at
				 : status.len - at;
		struct kf_bytes line = kf_part_of(status, at, len);
		size_t n = strlen(name);

		if (len == 0)
			inside = false;
		if (kf_equal(kf_part_of(line, 0, 9), kf_text("Package: ")))
			inside = kf_equal(kf_part_of(line, 9, len - 9),
					  kf_text(package));
		from = at;
		at += len + 1;
		if (inside && kf_equal(kf_part_of(line, 0, n), kf_text(name)))
			return kf_part_of(status, from + n, len - n);
	}
	return kf_view(NULL, 0);
}

/* rules finds the profile of the package that is there; NULL: none. */
static const char *rules(struct finding *f, struct kf_bytes *version)
{
	struct kf_bytes status;

	*version = kf_view(NULL, 0);
	if (!file(&status, f, "/var/lib/dpkg/status", STATUS_MAX))
		return NULL;
	*version = field(status, "swupdate", "Version: ");
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (kf_equal(*version, kf_text(packages[i].version)))
			return packages[i].rules;
	return NULL;
}

/* choose gives the verifier its rules: the user's, or those of the package. */
static bool choose(struct finding *f, struct kf_device_verifier *out)
{
	const struct kf_rules *asked = f->o->ask->rules
		? kf_rules_find(f->o->ask->rules) : NULL;
	struct kf_bytes version;
	const char *name = rules(f, &version);

	if (f->status != KF_OK)
		return false;
	if (asked && strcmp(asked->verifier->name, "swupdate") == 0)
		name = asked->name;
	if (!name) {
		kf_fault_say(f->o->why,
			     "say how it was built, with --rules: see keyfit-swupdate(7)",
			     "this build of SWUpdate is not known%s%.*s",
			     version.len ? ": " : "", (int)version.len,
			     (const char *)version.data);
		f->status = KF_WRONG_USE;
		return false;
	}
	f->status = kf_device_rules(f->o, out, name);
	return f->status == KF_OK;
}

enum kf_status kf_rootfs_swupdate(struct kf_opening *o, const char *root,
				  struct kf_device_verifier *out, bool *found)
{
	struct finding f = { .o = o, .root = root, .store = &out->store };

	*found = is_there(&f, "/usr/bin/swupdate") ||
		 is_there(&f, "/etc/swupdate.cfg");
	if (!*found)
		return KF_OK;
	out->stage = "update";
	out->store.complete = true;
	if (choose(&f, out) && command_line(&f))
		(void)parts(&f);
	return f.status;
}
