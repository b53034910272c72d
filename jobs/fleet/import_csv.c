/* Records as CSV: a line of column names, then the records.
 *
 * A field in quotes may hold commas, doubled quotes and ends of lines. A quote
 * that nothing closes spoils its own line, not those behind it; but what a
 * sound file has in quotes is never read as a record by itself.
 *
 * Source: RFC 4180, 2.
 */
#include "osquery.h"

#include "host/json_write.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 64, NAME_LEN = 64 };

/* The column by which Fleet's CSV names a host; the rows are osquery's. */
#define HOST "host_display_name"

/* What a column is. */
enum column_kind {
	COLUMN_DEVICE, COLUMN_GROUPS, COLUMN_RELEASE, COLUMN_REPORTED,
	COLUMN_CLASS, COLUMN_PROFILE, COLUMN_RULES, COLUMN_COMPLETE,
	COLUMN_TRUST, COLUMN_SET, COLUMN_LABEL,
};

static const struct {
	const char *name;
	enum column_kind kind;
	bool prefix;
} kinds[] = {
	{ "device", COLUMN_DEVICE, false },
	{ "groups", COLUMN_GROUPS, false },
	{ "release", COLUMN_RELEASE, false },
	{ "reported", COLUMN_REPORTED, false },
	{ "class", COLUMN_CLASS, false },
	{ "profile", COLUMN_PROFILE, false },
	{ "rules", COLUMN_RULES, false },
	{ "complete", COLUMN_COMPLETE, false },
	{ "trust.", COLUMN_TRUST, true },
	{ "set.", COLUMN_SET, true },
	{ "label.", COLUMN_LABEL, true },
};

struct column {
	enum column_kind kind;
	char name[NAME_LEN];	/* behind the prefix */
};

/* sheet is the file while it is read. */
struct sheet {
	struct kf_importing *i;
	char comma;		/* what parts its columns */
	bool rows;		/* of osquery's: columns have any names */
	struct column column[COLUMNS_MAX];
	size_t num_columns;
	struct kf_bytes field[COLUMNS_MAX];
	char *room;		/* for fields that had quotes */
	size_t room_len;
	struct kf_output labels, profile;
};

/* undo takes a field in quotes apart, from behind the first one. Its text is
 * put into `room`. Fails: false, the quotes are not right. */
static bool undo(struct kf_bytes line, char comma, size_t *at, char *room,
		 size_t *used)
{
	while (*at < line.len) {
		char c = (char)line.data[(*at)++];

		if (c == '"' && (*at == line.len || line.data[*at] != '"'))
			return *at == line.len || line.data[*at] == comma;
		*at += c == '"';
		room[(*used)++] = c;
	}
	return false;
}

/* cut_all takes a line apart. Returns how many fields it has; 0: it is none.
 * `room` is as long as the line. */
static size_t cut_all(struct kf_bytes line, char comma, char *room,
		      struct kf_bytes *field, size_t max)
{
	size_t used = 0, at = 0;

	for (size_t num = 0; num < max;) {
		const uint8_t *start = line.data + at, *end;
		size_t from = used;

		if (at < line.len && *start == '"') {
			at++;
			if (!undo(line, comma, &at, room, &used))
				return 0;
			field[num++] = kf_view(room + from, used - from);
		} else {
			end = at < line.len
				? memchr(start, comma, line.len - at) : NULL;
			at = end ? (size_t)(end - line.data) : line.len;
			field[num++] = kf_view(start, (size_t)(line.data + at -
							       start));
		}
		if (at == line.len)
			return num;
		at++;
	}
	return 0;
}

/* quoting is where a line is between quotes, as far as it was looked at. */
struct quoting {
	size_t at;
	enum { AT_FIELD, PLAIN, QUOTED, CLOSED, BROKEN } state;
};

/* look_on looks at what is new of a line. Returns whether a quote is open at
 * its end. */
static bool look_on(struct quoting *q, struct kf_bytes line, char comma)
{
	for (; q->at < line.len && q->state != BROKEN; q->at++) {
		char c = (char)line.data[q->at];

		if (q->state == QUOTED)
			q->state = c == '"' ? CLOSED : QUOTED;
		else if (c == comma)
			q->state = AT_FIELD;
		else if (q->state == AT_FIELD)
			q->state = c == '"' ? QUOTED : PLAIN;
		else if (q->state == CLOSED)
			q->state = c == '"' ? QUOTED : BROKEN;
	}
	return q->state == QUOTED;
}

char kf_csv_likely(struct kf_bytes line)
{
	static const char *const names[] = {
		"device", "\"device\"", HOST, "\"" HOST "\"",
	};
	static const char commas[] = ",;\t";

	for (size_t n = 0; n < 12; n++) {
		const char *name = names[n % 4];
		size_t len = strlen(name);
		char comma = commas[n / 4];

		for (size_t at = 0; at + len <= line.len; at++)
			if (memcmp(line.data + at, name, len) == 0 &&
			    (at == 0 || line.data[at - 1] == comma) &&
			    (at + len == line.len ||
			     line.data[at + len] == comma))
				return at || at + len < line.len ? comma : ',';
	}
	return '\0';
}

static enum kf_status no_column(struct sheet *s, struct kf_bytes name,
				const char *what)
{
	kf_fault_say(kf_import_why(s->i),
		     "there are device, groups, release, reported, class, profile, rules, complete, trust.NAME, set.NAME, label.NAME",
		     "%s: \"%.*s\"", what, (int)(name.len < 60 ? name.len : 60),
		     name.len ? (const char *)name.data : "");
	return KF_WRONG_USE;
}

static enum kf_status name_column(struct sheet *s, struct kf_bytes name)
{
	struct column *c = &s->column[s->num_columns];
	size_t num_kinds = sizeof(kinds) / sizeof(kinds[0]), k = 0;

	for (; k < num_kinds; k++) {
		size_t len = strlen(kinds[k].name);

		if (name.len >= len &&
		    memcmp(name.data, kinds[k].name, len) == 0 &&
		    (name.len == len) == !kinds[k].prefix) {
			c->kind = kinds[k].kind;
			name = kf_view(name.data + len, name.len - len);
			break;
		}
	}
	if (k == num_kinds || name.len >= NAME_LEN)
		return no_column(s, name, "has a column that means nothing");
	if (name.len)
		memcpy(c->name, name.data, name.len);
	for (k = 0; k < s->num_columns; k++)
		if (s->column[k].kind == c->kind &&
		    strcmp(s->column[k].name, c->name) == 0)
			return no_column(s, name, "has a column twice");
	s->num_columns++;
	return KF_OK;
}

/* keep_column keeps the name of a column, whatever it is. */
static enum kf_status keep_column(struct sheet *s, struct kf_bytes name)
{
	struct column *c = &s->column[s->num_columns++];

	if (name.len >= NAME_LEN)
		return no_column(s, name, "has too long a name of a column");
	if (name.len)
		memcpy(c->name, name.data, name.len);
	return KF_OK;
}

static enum kf_status read_head(struct sheet *s, struct kf_bytes head)
{
	char room[8192];
	enum kf_status status = KF_OK;
	size_t num = head.len <= sizeof(room)
		? cut_all(head, s->comma, room, s->field, COLUMNS_MAX) : 0;

	if (num == 0)
		return no_column(s, head, "its first line names no columns");
	for (size_t n = 0; n < num; n++)
		s->rows |= kf_equal(s->field[n], kf_text(HOST));
	for (size_t n = 0; n < num && status == KF_OK; n++)
		status = s->rows ? keep_column(s, s->field[n])
				 : name_column(s, s->field[n]);
	return status;
}

/* put_groups takes groups that spaces or semicolons part. */
static const char *put_groups(struct kf_record *r, struct kf_output *groups,
			      struct kf_bytes field)
{
	const char *wrong = NULL;
	size_t start = 0;

	for (size_t n = 0; n <= field.len && !wrong; n++) {
		if (n < field.len && field.data[n] != ' ' &&
		    field.data[n] != ';')
			continue;
		if (n > start)
			wrong = kf_groups_add(groups,
					      kf_view(field.data + start,
						      n - start));
		start = n + 1;
	}
	r->groups = groups->len ? kf_view(groups->data, groups->len)
				: kf_view("", 0);
	return wrong;
}

/* members writes the columns of one kind as a JSON object. */
static void members(struct sheet *s, struct kf_json *json, const char *name,
		    enum column_kind kind)
{
	kf_json_open(json, name, '{');
	for (size_t n = 0; n < s->num_columns; n++)
		if (s->column[n].kind == kind && s->field[n].len)
			kf_json_foreign(json, s->column[n].name, s->field[n]);
	kf_json_close(json);
}

static bool any(const struct sheet *s, enum column_kind kind)
{
	for (size_t n = 0; n < s->num_columns; n++)
		if (s->column[n].kind == kind && s->field[n].len)
			return true;
	return false;
}

static struct kf_bytes field_of(const struct sheet *s, enum column_kind kind)
{
	for (size_t n = 0; n < s->num_columns; n++)
		if (s->column[n].kind == kind && s->field[n].len)
			return s->field[n];
	return kf_view(NULL, 0);
}

/* put_trust finds out how the record tells what the device trusts. */
static const char *put_trust(struct sheet *s, struct kf_record *r)
{
	struct kf_bytes class_hex = field_of(s, COLUMN_CLASS);
	struct kf_bytes profile = field_of(s, COLUMN_PROFILE);
	struct kf_bytes rules = field_of(s, COLUMN_RULES);
	struct kf_bytes complete = field_of(s, COLUMN_COMPLETE);
	bool in_line = rules.len || complete.len || any(s, COLUMN_TRUST) ||
		       any(s, COLUMN_SET);
	struct kf_json json = { .out = &s->profile };

	if ((class_hex.len > 0) + (profile.len > 0) + in_line > 1)
		return "says in two ways what the device trusts";
	r->told_by = class_hex.len ? KF_TOLD_CLASS : profile.len
		? KF_TOLD_PATH : in_line ? KF_TOLD_PROFILE : KF_TOLD_NOTHING;
	r->trust = class_hex.len ? class_hex : profile;
	if (!in_line)
		return NULL;
	if (complete.len && !kf_equal(complete, kf_text("true")) &&
	    !kf_equal(complete, kf_text("false")))
		return "\"complete\" has to be true or false";
	kf_json_open(&json, NULL, '{');
	if (complete.len)
		kf_json_yes_no(&json, "complete",
			       kf_equal(complete, kf_text("true")));
	if (rules.len)
		kf_json_foreign(&json, "rules", rules);
	members(s, &json, "trust", COLUMN_TRUST);
	members(s, &json, "set", COLUMN_SET);
	kf_json_close(&json);
	r->trust = kf_view(s->profile.data, s->profile.len);
	return NULL;
}

/* fill makes a record of the fields. Returns what is wrong; NULL: nothing. */
static const char *fill(struct sheet *s, struct kf_record *r,
			struct kf_output *groups)
{
	struct kf_json json = { .out = &s->labels };
	const char *wrong = NULL;

	for (size_t n = 0; n < s->num_columns && !wrong; n++) {
		struct kf_bytes field = s->field[n];

		if (s->column[n].kind == COLUMN_DEVICE)
			r->device = field;
		else if (s->column[n].kind == COLUMN_RELEASE)
			r->release = field;
		else if (s->column[n].kind == COLUMN_REPORTED && field.len)
			r->reported = field;
		else if (s->column[n].kind == COLUMN_GROUPS)
			wrong = put_groups(r, groups, field);
	}
	if (!wrong && any(s, COLUMN_LABEL)) {
		members(s, &json, NULL, COLUMN_LABEL);
		r->labels = kf_view(s->labels.data, s->labels.len);
	}
	return wrong ? wrong : put_trust(s, r);
}

/* take_row takes a row of one of osquery's tables: all rows of a host are what
 * its table had at once. */
static enum kf_status take_row(struct sheet *s, uint64_t number)
{
	struct kf_osquery_row row = { .sha1 = { NULL, 0 } };
	struct kf_bytes host = { NULL, 0 };
	int64_t time_s = 0;
	char time[40] = "";

	for (size_t n = 0; n < s->num_columns; n++) {
		struct kf_bytes name = kf_text(s->column[n].name);
		struct kf_bytes field = s->field[n], *place;

		place = kf_osquery_place(&row, name);
		if (place)
			*place = field.len ? field : kf_view("", 0);
		else if (kf_equal(name, kf_text(HOST)))
			host = field;
		else if (kf_equal(name, kf_text("last_fetched")) &&
			 field.len < sizeof(time))
			memcpy(time, field.data, field.len);
	}
	if (time[0] && !kf_time_read(&time_s, time)) {
		kf_import_bad(s->i, number, "\"last_fetched\" is no time",
			      "export the report again");
		return KF_OK;
	}
	return kf_osquery_take(s->i, number, host, time_s,
			       KF_OSQUERY_SNAPSHOT, &row);
}

static bool has_room(struct sheet *s, size_t len)
{
	char *room = len < s->room_len ? s->room : realloc(s->room, len + 1);

	if (!room)
		return false;
	s->room = room;
	if (len >= s->room_len)
		s->room_len = len + 1;
	return true;
}

static enum kf_status take_line(struct sheet *s, struct kf_bytes line,
				uint64_t number)
{
	struct kf_record r = { .line = number };
	struct kf_output groups = { 0 };
	enum kf_status status = KF_OK;
	const char *wrong = NULL;
	size_t num;

	s->labels.len = s->profile.len = 0;
	if (!has_room(s, line.len)) {
		kf_fault_say(kf_import_why(s->i), NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	num = cut_all(line, s->comma, s->room, s->field, COLUMNS_MAX);
	if (num == 0)
		wrong = "has quotes that are not right";
	else if (num != s->num_columns)
		wrong = "has another number of columns than the first line";
	if (!wrong && s->rows)
		return take_row(s, number);
	if (!wrong)
		wrong = fill(s, &r, &groups);
	if (s->labels.failed || s->profile.failed || groups.failed) {
		kf_fault_say(kf_import_why(s->i), NULL, "out of memory");
		status = KF_NO_MEMORY;
	} else if (wrong) {
		kf_import_bad(s->i, number, wrong, NULL);
	} else {
		status = kf_import_put(s->i, &r);
	}
	kf_output_close(&groups);
	return status;
}

/* next_record reads a line, with those that a quote joins to it. Where nothing
 * closes the quote, it is the line alone. `*ends`: what stands behind it
 * cannot be told from what is in the quotes. */
static enum kf_status next_record(struct sheet *s, struct kf_lines *lines,
				  struct kf_bytes *line, bool *more,
				  bool *ends)
{
	struct quoting q = { 0, AT_FIELD };
	bool joined = false, goes_on = true;
	enum kf_status status = kf_lines_next(lines, line, more,
					      kf_import_why(s->i));

	while (status == KF_OK && *more && goes_on && !lines->too_long &&
	       look_on(&q, *line, s->comma)) {
		joined = true;
		status = kf_lines_join(lines, line, &goes_on,
				       kf_import_why(s->i));
	}
	*ends = joined && lines->too_long;
	if (status == KF_OK && joined && !*ends &&
	    (!goes_on || q.state == BROKEN))
		kf_lines_back(lines, line);
	return status;
}

enum kf_status kf_import_csv(struct kf_importing *i, struct kf_lines *lines,
			     struct kf_bytes head)
{
	static struct sheet s;
	enum kf_status status;
	struct kf_bytes line;
	bool more = true, ends = false;

	memset(&s, 0, sizeof(s));
	s.i = i;
	s.comma = kf_csv_likely(head);
	status = read_head(&s, head);
	while (status == KF_OK && more && !ends) {
		status = next_record(&s, lines, &line, &more, &ends);
		if (status != KF_OK || !more)
			break;
		if (ends)
			kf_import_bad(i, lines->first_number,
				      "has a quote that nothing closes: what follows is not read",
				      "double quotes in a text, and close it");
		else if (lines->too_long)
			kf_import_bad(i, lines->number, "is too long", NULL);
		else if (line.len)
			status = take_line(&s, line, lines->first_number);
		if (lines->number % 4096 == 0)
			kf_import_progress(i, lines->at);
	}
	kf_output_close(&s.labels);
	kf_output_close(&s.profile);
	free(s.room);
	return status;
}
