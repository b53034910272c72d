/* Takes a file in, whatever it is: all of it, or nothing.
 */
#include "osquery.h"

#include "host/collected.h"
#include "host/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HEAD_LEN = 4096 };

/* taken_at tells when a collected device was; it may not say. */
static bool taken_at(struct kf_bytes json, char *out, size_t size)
{
	json_error_t error;
	bool lost;
	json_t *root = kf_json_read(json, &error, &lost);
	const char *text = json_string_value(json_object_get(root,
							     "taken_at"));

	if (text)
		snprintf(out, size, "%s", text);
	json_decref(root);
	return text;
}

/* only_class: a stored device without a name is a class, for records behind
 * it. */
static bool only_class(struct kf_bytes json)
{
	json_error_t error;
	bool lost;
	json_t *root = kf_json_read(json, &error, &lost);
	bool only = root && !json_object_get(root, "device");

	json_decref(root);
	return only && kf_stored_likely(json);
}

enum kf_status kf_import_whole(struct kf_importing *i, uint64_t line,
			       struct kf_bytes json)
{
	struct kf_record r = { .line = line, .trust = json,
			       .device = kf_text("a device"),
			       .told_by = KF_TOLD_WHOLE };
	struct kf_fault why = { "", "" };
	struct kf_device device;
	enum kf_status status;
	char time[40];
	int64_t id;

	status = kf_import_open(i, &r, &device, &why);
	if (status != KF_OK)
		return kf_import_tell(i, &r, status, &why);
	if (only_class(json))
		status = kf_import_class(i, &r, &device, &id);
	else
		status = kf_import_device(i, line, &device,
				    taken_at(json, time, sizeof(time)) ? time
				    : NULL);
	kf_device_close(&device);
	return status;
}

/* take_device takes whatever --device takes. */
static enum kf_status take_device(struct kf_importing *i)
{
	struct kf_record r = { .device = kf_text(i->path) };
	struct kf_ask ask = { .device = i->path, .rules = i->how->rules };
	struct kf_text_file file = { 0 };
	struct kf_fault why = { "", "" }, ignored = { "", "" };
	struct kf_device device;
	char text[40], *folder = kf_import_folder(i->path);
	const char *time = NULL;
	enum kf_status status;

	if (!folder)
		return kf_import_no_memory(i);
	ask.within = folder;
	status = kf_device_open(&device, &ask, i->fleet->crypto, i->now_s,
				&why);
	free(folder);
	if (status != KF_OK)
		return kf_import_tell(i, &r, status, &why);
	if (kf_text_file_read(&file, i->path, KF_STORE_FILE_MAX,
			      &ignored) == KF_OK &&
	    kf_collected_likely(file.bytes) &&
	    taken_at(file.bytes, text, sizeof(text)))
		time = text;
	kf_text_file_close(&file);
	status = kf_import_device(i, 0, &device, time);
	kf_device_close(&device);
	return status;
}

/* is_lines tells whether a file is one JSON object a line: the first line is a
 * whole one. */
static bool is_lines(struct kf_bytes first)
{
	while (first.len && memchr(" \t\r", first.data[first.len - 1], 3))
		first.len--;
	return first.len && first.data[first.len - 1] == '}';
}

/* mark_len is the length of the mark of UTF-8 that some programs put in front
 * of a text. */
static size_t mark_len(struct kf_bytes head)
{
	return head.len >= 3 && memcmp(head.data, "\xef\xbb\xbf", 3) == 0
		? 3 : 0;
}

static enum kf_status take_text(struct kf_importing *i, struct kf_bytes head,
				const struct kf_source *source)
{
	size_t mark = mark_len(head), at = mark;
	struct kf_lines lines = { .source = source, .at = mark };
	struct kf_bytes first;
	enum kf_status status;
	bool more;

	while (at < head.len && memchr(" \t\r\n", head.data[at], 4))
		at++;
	if (at < head.len && head.data[at] == '[')
		return kf_import_list(i, source, mark);
	status = kf_lines_next(&lines, &first, &more, i->why);
	if (status == KF_OK && at < head.len && head.data[at] == '{' &&
	    is_lines(first)) {
		kf_lines_close(&lines);
		lines = (struct kf_lines){ .source = source, .at = mark };
		status = kf_import_json(i, &lines);
	} else if (status == KF_OK && kf_csv_likely(first)) {
		status = kf_import_csv(i, &lines, first);
	} else if (status == KF_OK) {
		status = take_device(i);
	}
	kf_lines_close(&lines);
	return status;
}

/* take finds out what a file is. */
static enum kf_status take(struct kf_importing *i)
{
	uint8_t bytes[HEAD_LEN];
	struct kf_file file = { 0 };
	struct kf_bytes head = { bytes, sizeof(bytes) };
	enum kf_status status;
	struct stat st;

	if (stat(i->path, &st) == 0 && S_ISDIR(st.st_mode))
		return take_device(i);
	status = kf_file_open(&file, i->path, i->why);
	if (status != KF_OK)
		return status;
	i->size = file.source.size;
	if (file.source.size < head.len)
		head.len = (size_t)file.source.size;
	if (head.len && !file.source.read_at(file.source.self, 0, bytes,
					     head.len))
		status = KF_CANNOT_READ;
	else if (kf_tar_likely(head))
		status = kf_import_tar(i, &file.source, i->path);
	else
		status = take_text(i, head, &file.source);
	if (status == KF_OK && !kf_file_same(&file))
		status = KF_CANNOT_READ;
	if (status == KF_CANNOT_READ)
		kf_fault_say(i->why, NULL,
			     "cannot be read: it may have been changed meanwhile");
	kf_file_close(&file);
	return status;
}

static enum kf_status count_devices(struct kf_fleet *fleet, uint64_t *out,
				    struct kf_fault *why)
{
	struct kf_query *query;
	bool row = false;
	enum kf_status status = kf_db_prepare(&query, fleet->db,
		"SELECT count(*) FROM device", why);

	if (status == KF_OK)
		status = kf_query_next(query, &row, why);
	if (status == KF_OK)
		*out = (uint64_t)kf_column_number(query, 0);
	kf_query_close(query);
	return status;
}

/* begin writes down that there is an import, and prepares its statements. */
static enum kf_status begin(struct kf_importing *i)
{
	struct kf_query *query = NULL;
	bool row = false;
	enum kf_status status;

	status = kf_db_prepare(&query, i->fleet->db,
			       "INSERT INTO import (at, source, taken,"
			       " refused) VALUES ($1, $2, 0, 0)"
			       " RETURNING id", i->why);
	if (status == KF_OK) {
		kf_bind_number(query, 1, i->now_s);
		kf_bind_text(query, 2, kf_text(i->path));
		status = kf_query_next(query, &row, i->why);
	}
	if (status == KF_OK)
		i->id = kf_column_number(query, 0);
	while (status == KF_OK && row)
		status = kf_query_next(query, &row, i->why);
	kf_query_close(query);
	if (status == KF_OK)
		status = kf_db_prepare(&i->put, i->fleet->db,
			"INSERT INTO device (name, class, grouped, release,"
			" reported, import, labels)"
			" VALUES ($1, $2, COALESCE($3, ''),"
			" COALESCE($4, ''), $5, $6, COALESCE($7, '{}'))"
			" ON CONFLICT (name) DO UPDATE SET"
			" class = excluded.class,"
			" grouped = COALESCE($3, device.grouped),"
			" release = COALESCE($4, device.release),"
			" reported = excluded.reported,"
			" import = excluded.import,"
			" labels = COALESCE($7, device.labels)"
			" WHERE excluded.reported > device.reported",
			i->why);
	if (status == KF_OK)
		status = kf_db_prepare(&i->seen, i->fleet->db,
			"SELECT class, grouped, release, reported, import,"
			" labels FROM device WHERE name = $1", i->why);
	return status;
}

/* Into an empty fleet the index is made at the end: to sort once is less than
 * to find the place of each. */
static enum kf_status index_later(struct kf_importing *i, uint64_t before)
{
	return before ? KF_OK : kf_db_script(i->fleet->db,
					     "DROP INDEX device_class",
					     i->why);
}

static enum kf_status index_now(struct kf_importing *i, uint64_t before)
{
	return before ? KF_OK : kf_db_script(i->fleet->db,
					     "CREATE INDEX device_class"
					     " ON device (class, name)",
					     i->why);
}

/* end writes down what came of it. */
static enum kf_status end(struct kf_importing *i, uint64_t before)
{
	struct kf_query *query = NULL;
	uint64_t after = 0;
	enum kf_status status = index_now(i, before);

	if (status == KF_OK)
		status = count_devices(i->fleet, &after, i->why);

	if (status == KF_OK)
		status = kf_db_prepare(&query, i->fleet->db,
				       "UPDATE import SET taken = $1,"
				       " refused = $2 WHERE id = $3", i->why);
	if (status == KF_OK) {
		kf_bind_number(query, 1, (int64_t)i->count->changed);
		kf_bind_number(query, 2, (int64_t)i->count->refused);
		kf_bind_number(query, 3, i->id);
		status = kf_query_run(query, NULL, i->why);
	}
	kf_query_close(query);
	i->count->added = after - before;
	i->count->changed -= i->count->added;
	/* A line of which nothing can be told was meant for a record too. */
	i->count->records = i->count->added + i->count->changed +
			    i->count->same + i->count->older +
			    i->count->refused;
	return status == KF_OK ? kf_db_commit(i->fleet->db, i->why) : status;
}

enum kf_status kf_fleet_import(struct kf_fleet *fleet,
			       struct kf_import_count *count,
			       const char *path, const struct kf_ask *how,
			       int64_t now_s,
			       const struct kf_import_told *told,
			       struct kf_fault *why)
{
	struct kf_importing i = { .fleet = fleet, .count = count,
				  .told = told, .why = why, .path = path,
				  .how = how, .now_s = now_s };
	uint64_t before = 0;
	enum kf_status status;

	memset(count, 0, sizeof(*count));
	i.memory = calloc(REMEMBERED, sizeof(*i.memory));
	if (!i.memory)
		return kf_import_no_memory(&i);
	status = kf_db_begin(fleet->db, true, why);
	if (status == KF_OK)
		status = count_devices(fleet, &before, why);
	if (status == KF_OK)
		status = index_later(&i, before);
	if (status == KF_OK)
		status = begin(&i);
	if (status == KF_OK && kf_db_is_url(fleet->where))
		status = kf_batch_open(&i.batch, &i);
	if (status == KF_OK)
		status = take(&i);
	if (status == KF_OK)
		status = kf_osquery_end(&i);
	if (status == KF_OK)
		status = kf_batch_done(i.batch);
	kf_osquery_close(&i);
	kf_batch_close(i.batch);
	kf_query_close(i.put);
	kf_query_close(i.seen);
	if (status == KF_OK)
		status = end(&i, before);
	if (status != KF_OK)
		kf_db_cancel(fleet->db);
	for (size_t n = 0; n < REMEMBERED; n++)
		free(i.memory[n].text);
	free(i.memory);
	return status;
}
