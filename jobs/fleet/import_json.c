/* Records as JSON: one object a line, or a list of objects.
 *
 * Keys that mean nothing are refused: they were meant to mean something.
 */
#include "osquery.h"

#include "host/collected.h"
#include "host/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OBJECT_MAX_LEN = 16 << 20,
	CHUNK = 64 << 10,
};

/* texts are those that jansson made; they live as long as the record. */
struct texts {
	struct kf_output groups;
	char *labels, *profile;
	char wrong[160];	/* what is, where it has to be put together */
};

static const char *const inlined[] = { "rules", "stage", "complete", "trust",
				       "set", "verifiers", NULL };

static bool is_inlined(const char *key)
{
	for (size_t n = 0; inlined[n]; n++)
		if (strcmp(inlined[n], key) == 0)
			return true;
	return false;
}

static struct kf_bytes text_of(json_t *value)
{
	return kf_view(json_string_value(value), json_string_length(value));
}

/* take_groups takes one group, or a list of them. */
static const char *take_groups(struct kf_record *r, struct texts *t,
			       json_t *value)
{
	const char *wrong = NULL;
	size_t index;
	json_t *one;

	if (json_is_string(value))
		wrong = kf_groups_add(&t->groups, text_of(value));
	else if (!json_is_array(value))
		return "\"groups\" has to be a text, or a list of texts";
	json_array_foreach(value, index, one) {
		if (!json_is_string(one))
			return "\"groups\" has to be a text, or a list of texts";
		if (!wrong)
			wrong = kf_groups_add(&t->groups, text_of(one));
	}
	r->groups = t->groups.len ? kf_view(t->groups.data, t->groups.len)
				  : kf_view("", 0);
	return wrong ? "the name of a group is empty, too long, or holds a comma or a character that steers"
		     : NULL;
}

static const char *take_labels(struct kf_record *r, struct texts *t,
			       json_t *value, bool *lost)
{
	const char *key;
	json_t *one;

	if (!json_is_object(value))
		return "\"labels\" has to be an object of texts";
	json_object_foreach(value, key, one)
		if (!json_is_string(one))
			return "\"labels\" has to be an object of texts";
	t->labels = json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT);
	*lost = !t->labels;
	r->labels = t->labels ? kf_text(t->labels) : kf_view("", 0);
	return NULL;
}

/* take_inlined keeps a profile that stands in the record itself. */
static const char *take_inlined(struct kf_record *r, struct texts *t,
				json_t *root, bool *lost)
{
	json_t *profile = json_object();

	*lost = !profile;
	for (size_t n = 0; inlined[n] && !*lost; n++) {
		json_t *value = json_object_get(root, inlined[n]);

		if (value)
			*lost = json_object_set(profile, inlined[n],
						value) != 0;
	}
	if (!*lost)
		t->profile = json_dumps(profile,
					JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(profile);
	*lost = !t->profile;
	r->told_by = KF_TOLD_PROFILE;
	r->trust = t->profile ? kf_text(t->profile) : kf_view("", 0);
	return NULL;
}

/* about words what is wrong with a member. */
static const char *about(struct texts *t, const char *key, const char *what)
{
	snprintf(t->wrong, sizeof(t->wrong), "\"%.60s\" %s", key, what);
	return t->wrong;
}

/* is_text tells whether a member is one that has to be a text. */
static bool is_text(const char *key)
{
	static const char *const texts[] = { "device", "release", "reported",
					     "class", "profile" };

	for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++)
		if (strcmp(texts[n], key) == 0)
			return true;
	return false;
}

static void take_text(struct kf_record *r, const char *key, json_t *value)
{
	struct kf_bytes *const text =
		strcmp(key, "device") == 0 ? &r->device :
		strcmp(key, "release") == 0 ? &r->release : &r->reported;

	*text = text_of(value);
}

/* take_named takes a text by which another file or a class is named. */
static bool take_named(struct kf_record *r, const char *key, json_t *value)
{
	bool class = strcmp(key, "class") == 0;

	if (!class && strcmp(key, "profile") != 0)
		return false;
	r->told_by = class ? KF_TOLD_CLASS : KF_TOLD_PATH;
	r->trust = text_of(value);
	return true;
}

/* fill makes a record of an object. Returns what is wrong; NULL: nothing. */
static const char *fill(struct kf_record *r, struct texts *t, json_t *root,
			bool *lost)
{
	const char *key, *wrong = NULL;
	bool in_line = false;
	int ways = 0;
	json_t *value;

	json_object_foreach(root, key, value) {
		if (wrong || *lost)
			break;
		if (strcmp(key, "groups") == 0) {
			wrong = take_groups(r, t, value);
		} else if (strcmp(key, "labels") == 0) {
			wrong = take_labels(r, t, value, lost);
		} else if (is_inlined(key)) {
			in_line = true;
		} else if (!is_text(key)) {
			wrong = about(t, key, "means nothing");
		} else if (!json_is_string(value)) {
			wrong = about(t, key, json_is_null(value)
				      ? "is null: leave it out where it is not known"
				      : "has to be a text");
		} else if (take_named(r, key, value)) {
			ways++;
		} else {
			take_text(r, key, value);
		}
	}
	if (!wrong && ways + in_line > 1)
		return "says in two ways what the device trusts";
	return !wrong && in_line && !*lost ? take_inlined(r, t, root, lost)
					   : wrong;
}

static enum kf_status no_memory(struct kf_importing *i)
{
	kf_fault_say(kf_import_why(i), NULL, "out of memory");
	return KF_NO_MEMORY;
}

/* take_record takes an object that was read. */
static enum kf_status take_record(struct kf_importing *i, uint64_t line,
				  json_t *root)
{
	struct kf_record r = { .line = line };
	struct texts t = { .labels = NULL };
	bool lost = false;
	const char *wrong = fill(&r, &t, root, &lost);
	enum kf_status status = KF_OK;

	if (lost || t.groups.failed)
		status = no_memory(i);
	else if (wrong)
		kf_import_bad(i, line, wrong, "man keyfit-fleet: THE RECORDS");
	else
		status = kf_import_put(i, &r);
	kf_output_close(&t.groups);
	free(t.labels);
	free(t.profile);
	return status;
}

/* take_object takes what stands on a line, or between the commas of a list. */
static enum kf_status take_object(struct kf_importing *i, uint64_t line,
				  struct kf_bytes json)
{
	enum kf_status status = KF_OK;
	char what[200] = "is no JSON object";
	json_error_t error;
	json_t *root;
	bool lost;

	if (kf_collected_likely(json) || kf_stored_likely(json))
		return kf_import_whole(i, line, json);
	root = kf_json_read(json, &error, &lost);
	if (!root && lost)
		return no_memory(i);
	if (!root)
		kf_json_wrong(what, sizeof(what), &error);
	if (!json_is_object(root))
		kf_import_bad(i, line, what, NULL);
	else if (kf_osquery_likely(root))
		status = kf_osquery_line(i, line, root);
	else
		status = take_record(i, line, root);
	json_decref(root);
	return status;
}

enum kf_status kf_import_json(struct kf_importing *i, struct kf_lines *lines)
{
	enum kf_status status = KF_OK;
	struct kf_bytes line;
	bool more = true;

	while (status == KF_OK && more) {
		status = kf_lines_next(lines, &line, &more, kf_import_why(i));
		if (status != KF_OK || !more)
			break;
		while (line.len && memchr(" \t", line.data[0], 2))
			line = kf_view(line.data + 1, line.len - 1);
		if (lines->too_long)
			kf_import_bad(i, lines->number, "is too long", NULL);
		else if (line.len)
			status = take_object(i, lines->number, line);
		if (lines->number % 4096 == 0)
			kf_import_progress(i, lines->at);
	}
	return status;
}

/* list is a list while it is taken apart into its objects. */
struct list {
	struct kf_importing *i;
	struct kf_output object;
	uint64_t line, started;
	size_t depth;
	bool in_text, escaped, ended;
};

/* outside weighs a byte between two objects. Fails: false, it may not stand
 * there. */
static bool outside(struct list *l, char c)
{
	if (c == ']' && l->depth == 1) {
		l->depth = 0;
		l->ended = true;
		return true;
	}
	return c != '\0' && strchr(l->ended ? " \t\r\n" : " \t\r\n,", c);
}

static enum kf_status object_ends(struct list *l)
{
	enum kf_status status;

	if (l->object.failed)
		return no_memory(l->i);
	status = take_object(l->i, l->started,
			     kf_view(l->object.data, l->object.len));
	l->object.len = 0;
	return status;
}

/* within takes a byte of an object. */
static enum kf_status within(struct list *l, char c)
{
	kf_output_add(&l->object, &c, 1);
	if (l->in_text) {
		l->in_text = l->escaped || c != '"';
		l->escaped = !l->escaped && c == '\\';
		return KF_OK;
	}
	l->in_text = c == '"';
	l->depth += c == '{' || c == '[';
	l->depth -= c == '}' || c == ']';
	return l->depth == 1 ? object_ends(l) : KF_OK;
}

/* take_byte moves on by one byte. `*sound` false: what follows cannot be told
 * apart any more. */
static enum kf_status take_byte(struct list *l, char c, bool *sound)
{
	l->line += c == '\n';
	if (l->depth > 1)
		return within(l, c);
	if (c == '[' && l->depth == 0 && !l->ended) {
		l->depth = 1;
	} else if (c == '{' && l->depth == 1) {
		l->depth = 2;
		l->started = l->line;
		kf_output_add(&l->object, &c, 1);
	} else {
		*sound = outside(l, c);
	}
	return KF_OK;
}

/* take_piece takes some bytes in a row. */
static enum kf_status take_piece(struct list *l, const char *piece, size_t len,
				 bool *sound)
{
	enum kf_status status = KF_OK;

	for (size_t n = 0; n < len && *sound && status == KF_OK; n++)
		status = take_byte(l, piece[n], sound);
	*sound = *sound && l->object.len <= OBJECT_MAX_LEN;
	return status;
}

enum kf_status kf_import_list(struct kf_importing *i,
			      const struct kf_source *source, uint64_t from)
{
	struct list l = { .i = i, .line = 1 };
	enum kf_status status = KF_OK;
	static char piece[CHUNK];
	bool sound = true;

	for (uint64_t at = from; at < source->size && sound && !status;) {
		uint64_t left = source->size - at;
		size_t some = left < CHUNK ? (size_t)left : CHUNK;

		if (!source->read_at(source->self, at, piece, some))
			status = KF_CANNOT_READ;
		else
			status = take_piece(&l, piece, some, &sound);
		at += some;
		kf_import_progress(i, at);
	}
	if (status == KF_OK && (!sound || !l.ended))
		kf_import_bad(i, l.started && !sound ? l.started : l.line,
			      sound ? "the list is cut short"
			      : "is no JSON, or too long: what follows is not read",
			      NULL);
	kf_output_close(&l.object);
	return status;
}
