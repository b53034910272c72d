/* Reads planned changes. A file of lists says nothing of where they belong, so
 * that it needs a name; a signed update was made for one variable, which its
 * signature tells.
 */
#include "changes.h"

#include "core/update.h"
#include "host/device.h"
#include "say.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char secure_boot[] = "secure-boot";

/* reading is one text while it is read. */
struct reading {
	struct kf_opening opening;
	struct kf_fault why;
	const char *text;
	struct kf_change *out;
};

static int usage(const struct reading *r, const char *what, const char *hint)
{
	kf_say(r->text, what, hint);
	return KF_EXIT_USAGE;
}

/* names_of lists what can be changed. */
static void names_of(char *out, size_t size)
{
	int len = snprintf(out, size, "there are ");

	for (size_t i = 0; i < KF_NUM_VARIABLES; i++) {
		const char *part = kf_variables[i].part;

		if (len < 0 || (size_t)len >= size || !kf_change_target(part))
			continue;
		len += snprintf(out + len, size - (size_t)len, "%s, ", part);
	}
	if (len >= 0 && (size_t)len < size)
		snprintf(out + len, size - (size_t)len, "%s", secure_boot);
}

/* read_setting reads secure-boot=on|off. */
static int read_setting(struct reading *r, const char *value, bool append)
{
	if (append || (strcmp(value, "on") != 0 && strcmp(value, "off") != 0))
		return usage(r, "is not secure-boot=on or secure-boot=off",
			     NULL);
	r->out->kind = KF_CHANGE_SETTING;
	r->out->part = secure_boot;
	r->out->word = value;
	return KF_EXIT_FITS;
}

/* read_update makes a change of a signed update. */
static int read_update(struct reading *r, struct kf_bytes file)
{
	enum kf_status status = kf_change_update(r->out, file,
						 &r->opening.memory->work.env);

	r->out->text = r->text;
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(r->text, status, &r->why);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* read_value reads what NAME=FILE names. */
static int read_value(struct reading *r, const struct kf_variable *v,
		      const char *path, bool append)
{
	static struct kf_store store;
	struct kf_bytes file = { NULL, 0 };
	enum kf_status status = KF_OK;

	if (!is_folder(path))
		status = kf_device_file(&file, &r->opening, path,
					KF_PART_FILE_MAX);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &r->why);
	if (v->attributes == KF_VARIABLE_SIGNED && kf_update_likely(file)) {
		int read = read_update(r, file);

		r->out->part = v->part;
		r->out->kind = append ? KF_CHANGE_APPEND : KF_CHANGE_REPLACE;
		return read;
	}
	memset(&store, 0, sizeof(store));
	status = kf_trust_put(&r->opening, &store,
			      kf_rules_find("edk2")->verifier, v->part, path,
			      false);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &r->why);
	r->out->kind = append ? KF_CHANGE_APPEND : KF_CHANGE_REPLACE;
	r->out->part = v->part;
	r->out->value = store.part[0].bytes;
	return KF_EXIT_FITS;
}

/* read_named reads NAME=VALUE and NAME+=VALUE. */
static int read_named(struct reading *r, const char *name, const char *value,
		      bool append)
{
	const struct kf_variable *v = kf_change_target(name);
	char hint[240];

	if (strcmp(name, secure_boot) == 0)
		return read_setting(r, value, append);
	if (!v) {
		names_of(hint, sizeof(hint));
		return usage(r, "names nothing that can be changed", hint);
	}
	if (append && !v->lists)
		return usage(r, "cannot be appended to",
			     "say what it becomes: NAME=FILE");
	if (strcmp(value, "none") != 0)
		return read_value(r, v, value, append);
	if (append)
		return usage(r, "appends nothing",
			     "to remove all of it, say NAME=none");
	r->out->kind = KF_CHANGE_REMOVE;
	r->out->part = v->part;
	return KF_EXIT_FITS;
}

/* read_file reads a signed update by itself. */
static int read_file(struct reading *r)
{
	struct kf_bytes file = { NULL, 0 };
	enum kf_status status = kf_device_file(&file, &r->opening, r->text,
					       KF_PART_FILE_MAX);

	if (status != KF_OK)
		return kf_say_failure(NULL, status, &r->why);
	if (!kf_update_likely(file))
		return usage(r, "is no signed update",
			     "say what becomes of it: db+=FILE adds it to db, db=FILE puts it in place of db");
	return read_update(r, file);
}

static int read_one(struct reading *r)
{
	const char *equals = strchr(r->text, '=');
	char name[64];
	struct stat st;
	size_t len;
	bool append;

	r->out->text = r->text;
	if (!equals || equals == r->text || stat(r->text, &st) == 0)
		return read_file(r);
	append = equals[-1] == '+';
	len = (size_t)(equals - r->text) - append;
	snprintf(name, sizeof(name), "%.*s", (int)(len < 63 ? len : 63),
		 r->text);
	if (!equals[1])
		return usage(r, "is not NAME=FILE",
			     "to remove all of it, say NAME=none");
	return read_named(r, name, equals + 1, append);
}

int kf_changes_read(struct kf_changes *out, const char *const *texts,
		    size_t num, const struct kf_crypto *crypto, int64_t at_s)
{
	struct reading r = { .opening = { .device = &out->memory } };
	enum kf_status status;
	int read = KF_EXIT_FITS;

	memset(out, 0, sizeof(*out));
	r.opening.why = &r.why;
	if (num > KF_CHANGES_MAX) {
		kf_say(texts[KF_CHANGES_MAX], "is one change too many",
		       "64 at most");
		return KF_EXIT_USAGE;
	}
	status = kf_device_memory_open(&r.opening, crypto, at_s);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &r.why);
	for (size_t i = 0; i < num && read == KF_EXIT_FITS; i++) {
		r.text = texts[i];
		r.out = &out->change[out->num++];
		read = read_one(&r);
	}
	return read;
}

void kf_changes_close(struct kf_changes *changes)
{
	kf_device_close(&changes->memory);
	memset(changes, 0, sizeof(*changes));
}

int kf_changes_apply(struct kf_store *out, const struct kf_store *from,
		     const struct kf_changes *changes, struct kf_env *env)
{
	*out = *from;
	for (size_t i = 0; i < changes->num; i++) {
		const struct kf_change *change = &changes->change[i];
		struct kf_fault why = { 0 };
		enum kf_status status;

		if (!change->part) {
			kf_say(change->text, "its signature holds for none of PK, KEK, db, dbx, dbt",
			       "say which one it is for, as db+=FILE");
			return KF_EXIT_USAGE;
		}
		status = kf_change_apply(out, out, change, env);
		if (status != KF_OK)
			return kf_say_failure(change->text, status, &why);
	}
	return KF_EXIT_FITS;
}
