/* Records for a server, many at a time: one question for what is known of their
 * devices, and one for all that changes. What becomes of each is weighed here,
 * in their order, as a database of this machine weighs them one by one.
 *
 * Nothing is told out of order: before something is said of another line, those
 * that wait are done.
 */
#include "import.h"

#include "host/json_write.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAITING = 1000 };

/* text is one that is kept; `data` NULL: it is not told. */
struct text {
	char *data;
	size_t len;
};

/* waiting is a record until its batch is full. */
struct waiting {
	uint64_t line;
	struct text device, groups, release, labels;
	int64_t class_id;	/* 0: as before */
	int64_t reported_s;
};

/* row is a device, as it is or as it will be. */
struct row {
	struct text name, groups, release, labels;
	int64_t class_id, reported_s;
	bool there, changed;
};

struct kf_batch {
	struct waiting waiting[WAITING];
	size_t num;
	bool busy;		/* it tells of its own records */
	enum kf_status status;	/* of what was done meanwhile */
	void *rows;		/* a tree, by name */
	struct kf_importing *i;
	struct kf_query *known, *put;
};

static struct kf_bytes view(const struct text *t)
{
	return kf_view(t->data, t->len);
}

/* keep copies a text. Fails: false. */
static bool keep(struct text *out, struct kf_bytes text)
{
	char *copy = text.data ? malloc(text.len + 1) : NULL;

	if (!text.data)
		return true;
	if (!copy)
		return false;
	if (text.len)
		memcpy(copy, text.data, text.len);
	free(out->data);
	out->data = copy;
	out->len = text.len;
	return true;
}

static void drop_waiting(struct waiting *w)
{
	free(w->device.data);
	free(w->groups.data);
	free(w->release.data);
	free(w->labels.data);
	memset(w, 0, sizeof(*w));
}

static void drop_row(void *node)
{
	struct row *r = node;

	free(r->name.data);
	free(r->groups.data);
	free(r->release.data);
	free(r->labels.data);
	free(r);
}

static int by_name(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	size_t least = x->name.len < y->name.len ? x->name.len : y->name.len;
	int order = least ? memcmp(x->name.data, y->name.data, least) : 0;

	return order ? order : x->name.len < y->name.len
		? -1 : x->name.len > y->name.len;
}

/* row_of finds a row, or makes one that is not there. Fails: NULL. */
static struct row *row_of(struct kf_batch *b, struct kf_bytes name)
{
	struct row *row = calloc(1, sizeof(*row)), **found;

	if (!row || !keep(&row->name, name)) {
		free(row);
		return NULL;
	}
	found = tsearch(row, &b->rows, by_name);
	if (!found || *found != row)
		drop_row(row);
	return found ? *found : NULL;
}

/* ask asks for the devices that the records are about. */
static enum kf_status ask(struct kf_batch *b)
{
	struct kf_output text = { 0 };
	struct kf_json json = { .out = &text };
	struct kf_fault *why = b->i->why;
	enum kf_status status = KF_OK;
	bool row = true;

	kf_json_open(&json, NULL, '[');
	for (size_t n = 0; n < b->num; n++)
		kf_json_foreign(&json, NULL, view(&b->waiting[n].device));
	kf_json_close(&json);
	if (text.failed)
		status = kf_import_no_memory(b->i);
	else
		kf_bind_text(b->known, 1, kf_view(text.data, text.len));
	while (status == KF_OK) {
		struct row *r;

		status = kf_query_next(b->known, &row, why);
		if (status != KF_OK || !row)
			break;
		r = row_of(b, kf_column_text(b->known, 0));
		if (!r || !keep(&r->groups, kf_column_text(b->known, 2)) ||
		    !keep(&r->release, kf_column_text(b->known, 3)) ||
		    !keep(&r->labels, kf_column_text(b->known, 5))) {
			status = kf_import_no_memory(b->i);
			break;
		}
		r->class_id = kf_column_number(b->known, 1);
		r->reported_s = kf_column_number(b->known, 4);
		r->there = true;
	}
	kf_query_again(b->known);
	kf_output_close(&text);
	return status;
}

static bool differs(const struct text *told, const struct text *known)
{
	return told->data && !kf_equal(view(told), view(known));
}

/* weigh holds a record against its row. Fails: KF_NO_MEMORY. */
static enum kf_status weigh(struct kf_batch *b, const struct waiting *w)
{
	struct kf_import_count *count = b->i->count;
	struct row *r = row_of(b, view(&w->device));
	int64_t class_id;

	if (!r)
		return kf_import_no_memory(b->i);
	class_id = w->class_id ? w->class_id : r->class_id;
	if (!r->there && !w->class_id) {
		kf_import_stranger(b->i, w->line, view(&w->device));
	} else if (!r->there || w->reported_s > r->reported_s) {
		r->there = r->changed = true;
		r->class_id = class_id;
		r->reported_s = w->reported_s;
		count->changed++;
		if (!keep(&r->groups, view(&w->groups)) ||
		    !keep(&r->release, view(&w->release)) ||
		    !keep(&r->labels, view(&w->labels)))
			return kf_import_no_memory(b->i);
	} else if (r->reported_s > w->reported_s) {
		count->older++;
	} else if (class_id == r->class_id &&
		   !differs(&w->groups, &r->groups) &&
		   !differs(&w->release, &r->release) &&
		   !differs(&w->labels, &r->labels)) {
		count->same++;
	} else {
		kf_import_twice(b->i, w->line, view(&w->device));
	}
	return KF_OK;
}

/* writing is the rows that changed, while they are written. */
struct writing {
	struct kf_json json;
	size_t num;
	int64_t import;
};

static struct kf_bytes or_else(const struct text *t, const char *otherwise)
{
	return t->data ? view(t) : kf_text(otherwise);
}

/* number writes one that may be less than nothing. */
static void number(struct kf_json *json, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	kf_json_text(json, name, text);
}

static void write_row(const void *node, VISIT visit, void *self)
{
	const struct row *r = *(struct row *const *)node;
	struct writing *w = self;

	if ((visit != postorder && visit != leaf) || !r->changed)
		return;
	kf_json_open(&w->json, NULL, '{');
	kf_json_foreign(&w->json, "name", view(&r->name));
	number(&w->json, "class", r->class_id);
	kf_json_foreign(&w->json, "grouped", or_else(&r->groups, ""));
	kf_json_foreign(&w->json, "release", or_else(&r->release, ""));
	number(&w->json, "reported", r->reported_s);
	number(&w->json, "import", w->import);
	kf_json_foreign(&w->json, "labels", or_else(&r->labels, "{}"));
	kf_json_close(&w->json);
	w->num++;
}

static enum kf_status write_rows(struct kf_batch *b)
{
	struct kf_output text = { 0 };
	struct writing w = { { .out = &text }, 0, b->i->id };
	enum kf_status status = KF_OK;

	kf_json_open(&w.json, NULL, '[');
	twalk_r(b->rows, write_row, &w);
	kf_json_close(&w.json);
	if (text.failed)
		status = kf_import_no_memory(b->i);
	else
		kf_bind_text(b->put, 1, kf_view(text.data, text.len));
	if (status == KF_OK && w.num)
		status = kf_query_run(b->put, NULL, b->i->why);
	kf_output_close(&text);
	return status;
}

enum kf_status kf_batch_done(struct kf_batch *b)
{
	enum kf_status status = KF_OK;

	if (!b || b->busy)
		return KF_OK;
	b->busy = true;
	if (b->status == KF_OK && b->num)
		status = ask(b);
	for (size_t n = 0; n < b->num; n++) {
		if (b->status == KF_OK && status == KF_OK)
			status = weigh(b, &b->waiting[n]);
		drop_waiting(&b->waiting[n]);
	}
	if (b->status == KF_OK && status == KF_OK && b->num)
		status = write_rows(b);
	tdestroy(b->rows, drop_row);
	b->rows = NULL;
	b->num = 0;
	b->busy = false;
	if (b->status == KF_OK)
		b->status = status;
	return b->status;
}

enum kf_status kf_batch_put(struct kf_batch *b, const struct kf_record *r,
			    int64_t class_id, int64_t reported_s)
{
	struct waiting *w = &b->waiting[b->num];

	if (b->status != KF_OK)
		return b->status;
	b->num++;
	w->line = r->line;
	w->class_id = class_id;
	w->reported_s = reported_s;
	if (!keep(&w->device, r->device) || !keep(&w->groups, r->groups) ||
	    !keep(&w->release, r->release) || !keep(&w->labels, r->labels))
		return kf_import_no_memory(b->i);
	return b->num == WAITING ? kf_batch_done(b) : KF_OK;
}

enum kf_status kf_batch_open(struct kf_batch **out, struct kf_importing *i)
{
	struct kf_batch *b = calloc(1, sizeof(*b));
	enum kf_status status;

	*out = b;
	if (!b)
		return kf_import_no_memory(i);
	b->i = i;
	status = kf_db_prepare(&b->known, i->fleet->db,
		"SELECT name, class, grouped, release, reported, labels"
		" FROM device WHERE name IN"
		" (SELECT json_array_elements_text(CAST($1 AS json)))",
		i->why);
	if (status == KF_OK)
		status = kf_db_prepare(&b->put, i->fleet->db,
			"INSERT INTO device (name, class, grouped, release,"
			" reported, import, labels) SELECT t.name, t.class,"
			" t.grouped, t.release, t.reported, t.import, t.labels"
			" FROM json_to_recordset(CAST($1 AS json)) AS t"
			" (name TEXT, class BIGINT, grouped TEXT,"
			" release TEXT, reported BIGINT, import BIGINT,"
			" labels TEXT) ON CONFLICT (name) DO UPDATE SET"
			" class = excluded.class,"
			" grouped = excluded.grouped,"
			" release = excluded.release,"
			" reported = excluded.reported,"
			" import = excluded.import,"
			" labels = excluded.labels", i->why);
	return status;
}

void kf_batch_close(struct kf_batch *b)
{
	if (!b)
		return;
	for (size_t n = 0; n < b->num; n++)
		drop_waiting(&b->waiting[n]);
	kf_query_close(b->known);
	kf_query_close(b->put);
	free(b);
}
