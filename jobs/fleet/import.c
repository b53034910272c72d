/* Takes records in: each is held against what is known of its device, and the
 * newer one stays. A record that is not good is told of, and changes nothing.
 *
 * A file is one import: it is taken whole, or not at all. To go on after it
 * broke off is to import it again, which changes nothing twice.
 */
#include "import.h"

#include "host/json_read.h"
#include "host/within.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LEN = 4096, DAY = 86400 };

struct kf_fault *kf_import_why(struct kf_importing *i)
{
	return i->why;
}

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

enum kf_status kf_import_no_memory(struct kf_importing *i)
{
	return no_memory(i->why);
}

void kf_import_bad(struct kf_importing *i, uint64_t line, const char *what,
		   const char *hint)
{
	struct kf_fault fault = { "", "" };

	/* What stands in front of it is told first. Where that fails, so does
	 * the import, at its end. */
	if (kf_batch_done(i->batch) != KF_OK)
		return;
	kf_fault_say(&fault, hint, "%s", what);
	i->count->refused++;
	i->told->bad(i->told->self, i->path, line, &fault);
}

void kf_import_progress(struct kf_importing *i, uint64_t done)
{
	if (i->told->progress)
		i->told->progress(i->told->self, done, i->size);
}

/* refuse tells of a record that names its device. */
static void refuse(struct kf_importing *i, const struct kf_record *r,
		   const char *what, const char *hint)
{
	struct kf_output text = { 0 };

	kf_output_add(&text, (const char *)r->device.data, r->device.len);
	kf_output_print(&text, ": %s", what);
	kf_output_add(&text, "", 1);
	kf_import_bad(i, r->line, text.failed ? what : text.data, hint);
	kf_output_close(&text);
}

enum kf_status kf_import_tell(struct kf_importing *i,
			      const struct kf_record *r,
			      enum kf_status status,
			      const struct kf_fault *why)
{
	if (status == KF_NO_CRYPTO ||
	    (status == KF_NO_MEMORY && strstr(why->what, "out of memory"))) {
		*i->why = *why;
		return status;
	}
	refuse(i, r, why->what[0] ? why->what : "cannot be read",
	       why->hint[0] ? why->hint : NULL);
	return KF_OK;
}

/* below_all tells whether all paths of a profile stay below its folder. */
static bool below_all(json_t *value)
{
	const char *text = json_string_value(value), *key;
	json_t *one;
	size_t index;

	if (text)
		return kf_path_below(kf_text(text));
	json_array_foreach(value, index, one)
		if (!below_all(one))
			return false;
	json_object_foreach(value, key, one)
		if (!below_all(one))
			return false;
	return true;
}

/* stays_below: whoever sends records must not choose what is read here. */
static enum kf_status stays_below(struct kf_importing *i,
				  const struct kf_record *r, bool *does)
{
	json_t *root, *one;
	json_error_t error;
	size_t index;
	bool lost;

	*does = kf_path_below(r->trust);
	if (r->told_by != KF_TOLD_PROFILE)
		return KF_OK;
	root = kf_json_read(r->trust, &error, &lost);
	if (!root && lost)
		return kf_import_no_memory(i);
	*does = root && below_all(json_object_get(root, "trust"));
	json_array_foreach(json_object_get(root, "verifiers"), index, one)
		*does &= below_all(json_object_get(one, "trust"));
	json_decref(root);
	return KF_OK;
}

/* stray words that a record names what it may not. */
static enum kf_status stray(struct kf_fault *why)
{
	kf_fault_say(why,
		     "put the files beside the records, and name them from there",
		     "names a file outside of the folder of its record");
	return KF_WRONG_USE;
}

char *kf_import_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return strdup(path);
	return slash ? strndup(path, (size_t)(slash - path) + 1)
		     : strdup(".");
}

/* open_path opens what a record names; that may lead no further than its own
 * folder. */
static enum kf_status open_path(struct kf_importing *i, const char *folder,
				const char *path, struct kf_device *device,
				struct kf_fault *why)
{
	struct kf_ask ask = { .rules = i->how->rules };
	enum kf_status status;
	bool lost;
	char *real = kf_within_path(folder, path, &lost), *own = NULL;

	if (real)
		own = kf_import_folder(real);
	ask.device = path;
	ask.within = own;
	if (own)
		status = kf_device_open(device, &ask, i->fleet->crypto,
					i->now_s, why);
	else
		status = real || lost ? no_memory(why) : stray(why);
	free(own);
	free(real);
	return status;
}

enum kf_status kf_import_open(struct kf_importing *i,
			      const struct kf_record *r,
			      struct kf_device *device,
			      struct kf_fault *why)
{
	const char *slash = strrchr(i->path, '/');
	struct kf_ask ask = { .device = i->path, .rules = i->how->rules };
	char *folder = kf_import_folder(i->path), path[PATH_LEN];
	enum kf_status status;

	if (!folder)
		return no_memory(why);
	ask.within = folder;
	if (r->told_by != KF_TOLD_PATH) {
		status = kf_device_open_bytes(device, &ask, &r->trust, NULL,
					      i->fleet->crypto, i->now_s, why);
	} else if ((size_t)snprintf(path, sizeof(path), "%.*s%.*s",
				    slash ? (int)(slash - i->path) + 1 : 0,
				    i->path, (int)r->trust.len,
				    (const char *)r->trust.data) <
		   sizeof(path)) {
		status = open_path(i, folder, path, device, why);
	} else {
		kf_fault_say(why, NULL, "the path of its profile is too long");
		status = KF_WRONG_USE;
	}
	free(folder);
	return status;
}

enum kf_status kf_import_class(struct kf_importing *i,
			       const struct kf_record *r,
			       const struct kf_device *device, int64_t *id)
{
	enum kf_status status;
	bool made = false;

	*id = 0;
	if (device->num_verifiers == 0) {
		refuse(i, r, "keyfit knows no verifier of this device",
		       "say which one: \"rules\"");
		return KF_OK;
	}
	status = kf_class_of(i->fleet, id, device, &made, i->why);
	i->count->classes += made;
	return status;
}

/* learn works out the class of a store that was not just seen. */
static enum kf_status learn(struct kf_importing *i, const struct kf_record *r,
			    int64_t *id)
{
	struct kf_fault why = { "", "" };
	struct kf_device device;
	enum kf_status status;
	bool below = true;

	if (r->told_by == KF_TOLD_CLASS) {
		status = kf_class_named(i->fleet, id, r->trust, &why);
		return status == KF_OK ? KF_OK
				       : kf_import_tell(i, r, status, &why);
	}
	status = stays_below(i, r, &below);
	if (status == KF_OK && !below)
		(void)stray(&why);
	if (status == KF_OK && !below)
		return kf_import_tell(i, r, KF_WRONG_USE, &why);
	if (status != KF_OK)
		return status;
	status = kf_import_open(i, r, &device, &why);
	if (status != KF_OK)
		return kf_import_tell(i, r, status, &why);
	status = kf_import_class(i, r, &device, id);
	kf_device_close(&device);
	return status;
}

static struct remembered *slot_of(struct kf_importing *i,
				  const struct kf_record *r)
{
	uint64_t hash = 0xcbf29ce484222325u + (uint64_t)r->told_by;

	for (size_t n = 0; n < r->trust.len; n++)
		hash = (hash ^ r->trust.data[n]) * 0x100000001b3u;
	return &i->memory[(hash ^ hash >> 32) % REMEMBERED];
}

/* known finds the class of what a record says; the same words are the same
 * class. `*id` 0: it was refused. */
static enum kf_status known(struct kf_importing *i, const struct kf_record *r,
			    int64_t *id)
{
	struct remembered *slot = slot_of(i, r);
	enum kf_status status;

	if (slot->class_id && slot->told_by == r->told_by &&
	    kf_equal(kf_view(slot->text, slot->len), r->trust)) {
		*id = slot->class_id;
		return KF_OK;
	}
	*id = 0;
	status = learn(i, r, id);
	if (status != KF_OK || *id == 0 || r->trust.len > REMEMBERED_LEN)
		return status;
	free(slot->text);
	*slot = (struct remembered){ .text = malloc(r->trust.len + 1) };
	if (!slot->text)
		return kf_import_no_memory(i);
	memcpy(slot->text, r->trust.data, r->trust.len);
	slot->len = r->trust.len;
	slot->told_by = r->told_by;
	slot->class_id = *id;
	return KF_OK;
}

void kf_import_twice(struct kf_importing *i, uint64_t line,
		     struct kf_bytes device)
{
	struct kf_record r = { .line = line, .device = device };

	refuse(i, &r, "is told of twice for one time, and differently: the first record stays",
	       "say when each was reported");
}

void kf_import_stranger(struct kf_importing *i, uint64_t line,
			struct kf_bytes device)
{
	struct kf_record r = { .line = line, .device = device };

	refuse(i, &r, "is not known, and the record does not say what it trusts",
	       "give \"profile\", \"class\", or \"rules\" and \"trust\"");
}

static bool differs(struct kf_bytes told, struct kf_bytes known)
{
	return told.data && !kf_equal(told, known);
}

/* weigh tells why a record changed nothing. */
static enum kf_status weigh(struct kf_importing *i, const struct kf_record *r,
			    int64_t class_id, int64_t reported_s)
{
	enum kf_status status;
	bool row = false, other;

	kf_bind_text(i->seen, 1, r->device);
	status = kf_query_next(i->seen, &row, i->why);
	if (status != KF_OK)
		return status;
	other = kf_column_number(i->seen, 0) != class_id ||
		differs(r->groups, kf_column_text(i->seen, 1)) ||
		differs(r->release, kf_column_text(i->seen, 2)) ||
		differs(r->labels, kf_column_text(i->seen, 5));
	if (kf_column_number(i->seen, 3) > reported_s)
		i->count->older++;
	else if (!other)
		i->count->same++;
	else
		kf_import_twice(i, r->line, r->device);
	kf_query_again(i->seen);
	return KF_OK;
}

static void bind_if(struct kf_query *query, int index, struct kf_bytes text)
{
	if (text.data)
		kf_bind_text(query, index, text);
	else
		kf_bind_none(query, index);
}

static enum kf_status put_row(struct kf_importing *i,
			      const struct kf_record *r, int64_t class_id,
			      int64_t reported_s)
{
	uint64_t changed = 0;
	enum kf_status status;

	if (i->batch)
		return kf_batch_put(i->batch, r, class_id, reported_s);
	kf_bind_text(i->put, 1, r->device);
	kf_bind_number(i->put, 2, class_id);
	bind_if(i->put, 3, r->groups);
	bind_if(i->put, 4, r->release);
	kf_bind_number(i->put, 5, reported_s);
	kf_bind_number(i->put, 6, i->id);
	bind_if(i->put, 7, r->labels);
	status = kf_query_run(i->put, &changed, i->why);
	if (status != KF_OK)
		return status;
	i->count->changed += changed;
	return changed ? KF_OK : weigh(i, r, class_id, reported_s);
}

/* time_slot is where a time is remembered, if it was read before. */
static struct read_time *time_slot(struct kf_importing *i,
				   struct kf_bytes text)
{
	size_t hash = 0;

	for (size_t n = 0; n < text.len; n++)
		hash = hash * 31 + text.data[n];
	return &i->time[hash % TIMES];
}

/* read_time reads when a record was reported. Fails: false, it is refused. */
static bool read_time(struct kf_importing *i, const struct kf_record *r,
		      int64_t *out)
{
	struct read_time *slot = time_slot(i, r->reported);
	char text[TIME_LEN] = "";

	*out = i->now_s;
	if (!r->reported.data)
		return true;
	if (slot->len && kf_equal(kf_view(slot->text, slot->len),
				  r->reported)) {
		*out = slot->time_s;
		return true;
	}
	if (r->reported.len < sizeof(text))
		memcpy(text, r->reported.data, r->reported.len);
	if (!kf_time_read(out, text)) {
		refuse(i, r, "\"reported\" is no time",
		       "write 2026-11-27T08:00:00Z");
		return false;
	}
	/* It would hide all that is reported until then. */
	if (*out > i->now_s + DAY) {
		refuse(i, r, "was reported in the future",
		       "is its clock right?");
		return false;
	}
	memcpy(slot->text, text, sizeof(text));
	slot->len = r->reported.len;
	slot->time_s = *out;
	return true;
}

/* as_before finds the class that a device has. `*id` 0: it was refused. */
static enum kf_status as_before(struct kf_importing *i,
				const struct kf_record *r, int64_t *id)
{
	enum kf_status status;
	bool row = false;

	kf_bind_text(i->seen, 1, r->device);
	status = kf_query_next(i->seen, &row, i->why);
	*id = status == KF_OK && row ? kf_column_number(i->seen, 0) : 0;
	kf_query_again(i->seen);
	if (status == KF_OK && !row)
		kf_import_stranger(i, r->line, r->device);
	return status;
}

/* sound tells whether the names of a record can be shown and kept. */
static bool sound(struct kf_importing *i, const struct kf_record *r)
{
	const char *wrong = kf_record_name(r->device, KF_NAME_LEN);
	char text[120];

	if (wrong) {
		snprintf(text, sizeof(text), "the name of the device %s",
			 wrong);
		kf_import_bad(i, r->line, text, NULL);
		return false;
	}
	wrong = r->release.len ? kf_record_name(r->release, KF_NAME_LEN)
			       : NULL;
	if (wrong) {
		snprintf(text, sizeof(text), "the name of the release %s",
			 wrong);
		refuse(i, r, text, NULL);
		return false;
	}
	if (r->labels.len > KF_LABELS_LEN) {
		refuse(i, r, "has more labels than a device can have", NULL);
		return false;
	}
	return true;
}

enum kf_status kf_import_put(struct kf_importing *i,
			     const struct kf_record *r)
{
	int64_t class_id = 0, reported_s;
	enum kf_status status;

	if (!sound(i, r) || !read_time(i, r, &reported_s))
		return KF_OK;
	if (r->told_by == KF_TOLD_NOTHING && i->batch)
		return put_row(i, r, 0, reported_s);
	if (r->told_by == KF_TOLD_NOTHING)
		status = as_before(i, r, &class_id);
	else
		status = known(i, r, &class_id);
	return status == KF_OK && class_id
		? put_row(i, r, class_id, reported_s) : status;
}

enum kf_status kf_import_device(struct kf_importing *i, uint64_t line,
				const struct kf_device *device,
				const char *time)
{
	struct kf_record r = { .line = line, .device = kf_text(device->name) };
	int64_t class_id = 0, reported_s;
	enum kf_status status;

	if (time)
		r.reported = kf_text(time);
	if (!sound(i, &r) || !read_time(i, &r, &reported_s))
		return KF_OK;
	status = kf_import_class(i, &r, device, &class_id);
	return status == KF_OK && class_id
		? put_row(i, &r, class_id, reported_s) : status;
}
