/* Newer tables from files that others publish.
 */
#include "known.h"
#include "entries.h"

#include "core/hex.h"
#include "core/siglist.h"
#include "core/update.h"

#include <string.h>

enum { FIELDS_MAX = 32, ROWS_MAX = 100000 };

static bool starts(struct kf_bytes text, const char *with)
{
	size_t len = kf_text(with).len;

	return kf_equal(kf_part_of(text, 0, len), kf_text(with));
}

/* keep copies bytes into a text. Fails: NULL. */
static const char *keep(struct kf_arena *arena, struct kf_bytes bytes)
{
	char *out = kf_arena_take(arena, bytes.len + 1);

	if (out && bytes.len)
		memcpy(out, bytes.data, bytes.len);
	return out;
}

static bool next_line(struct kf_cursor *c, struct kf_bytes *line)
{
	struct kf_bytes rest = kf_part_of(c->bytes, c->pos, kf_left(c));
	size_t len = 0;

	if (rest.len == 0)
		return false;
	while (len < rest.len && rest.data[len] != '\n')
		len++;
	kf_skip(c, len < rest.len ? len + 1 : len, "line");
	if (len && rest.data[len - 1] == '\r')
		len--;
	*line = kf_part_of(rest, 0, len);
	return true;
}

/* split takes a line of CSV apart; quotes go around a field that has commas.
 * Source: RFC 4180, 2, without breaks of lines in fields. */
static size_t split(struct kf_bytes field[FIELDS_MAX], struct kf_bytes line)
{
	size_t num = 0, at = 0;

	while (num < FIELDS_MAX && at <= line.len) {
		bool quoted = at < line.len && line.data[at] == '"';
		size_t from = at + quoted, end = from;

		while (end < line.len &&
		       line.data[end] != (quoted ? '"' : ','))
			end++;
		field[num++] = kf_part_of(line, from, end - from);
		at = end + quoted + 1;
	}
	return num;
}

/* columns are those that count, by their names in the header. */
struct columns {
	size_t at[5];
};

enum { SPKI, SERIAL, STATUS, NAME, WHERE };

static bool read_header(struct columns *out, struct kf_bytes line)
{
	static const char *const names[] = { "spki_sha256", "cert_serial",
					     "status", "name",
					     "where_published" };
	struct kf_bytes field[FIELDS_MAX];
	size_t num = split(field, line);

	for (size_t i = 0; i < 5; i++) {
		size_t at = 0;

		while (at < num && !kf_equal(field[at], kf_text(names[i])))
			at++;
		if (at == num)
			return false;
		out->at[i] = at;
	}
	return true;
}

static enum kf_status read_key(struct kf_known_key *out,
			       const struct columns *columns,
			       struct kf_bytes line, struct kf_arena *arena)
{
	struct kf_bytes field[FIELDS_MAX] = { { NULL, 0 } };
	const char *text[5];

	(void)split(field, line);
	for (size_t i = 0; i < 5; i++) {
		text[i] = keep(arena, field[columns->at[i]]);
		if (!text[i])
			return KF_NO_MEMORY;
	}
	*out = (struct kf_known_key){
		.spki = text[SPKI],
		.serial = text[SERIAL],
		.name = text[NAME],
		.where = text[WHERE],
		.exposure = KF_EXPOSED_EXAMPLE,
	};
	if (starts(kf_text(text[STATUS]), "private key published"))
		out->exposure = KF_EXPOSED_PUBLISHED;
	else if (starts(kf_text(text[STATUS]), "private key leaked"))
		out->exposure = KF_EXPOSED_LEAKED;
	return KF_OK;
}

static size_t count_lines(struct kf_bytes file)
{
	struct kf_cursor c = kf_cursor_over(file, 0);
	struct kf_bytes line;
	size_t num = 0;

	while (num < ROWS_MAX && next_line(&c, &line))
		num++;
	return num;
}

static enum kf_status read_keys(struct kf_known *known, struct kf_bytes file,
				const struct columns *columns,
				const char *name, struct kf_arena *arena)
{
	struct kf_cursor c = kf_cursor_over(file, 0);
	size_t max = count_lines(file), num = 0;
	enum kf_status status = KF_OK;
	struct kf_known_key *key;
	struct kf_bytes line;

	key = kf_arena_take(arena, max * sizeof(*key));
	if (!key)
		return KF_NO_MEMORY;
	(void)next_line(&c, &line);
	while (status == KF_OK && num < max && next_line(&c, &line))
		if (line.len)
			status = read_key(&key[num++], columns, line, arena);
	known->key = key;
	known->num_keys = num;
	known->keys = (struct kf_dated){ "not told", name };
	return status;
}

enum kf_status kf_known_revoke(struct kf_known *known, const char *machine,
			       const struct kf_revoked *rows, size_t num,
			       struct kf_arena *arena)
{
	size_t len = known->num_revoked + num, at = 0;
	struct kf_revoked *all = kf_arena_take(arena, len * sizeof(*all));

	if (!all)
		return KF_NO_MEMORY;
	for (size_t i = 0; i < known->num_revoked; i++)
		if (!kf_same(known->revoked[i].machine, machine))
			all[at++] = known->revoked[i];
	for (size_t i = 0; i < num; i++)
		all[at++] = rows[i];
	known->revoked = all;
	known->num_revoked = at;
	return KF_OK;
}

/* row_of finds what is known of an entry. */
static const struct kf_revoked *row_of(const struct kf_known *known,
				       const char *machine,
				       struct kf_bytes sha256)
{
	for (size_t i = 0; i < known->num_revoked; i++)
		if ((!machine || kf_same(known->revoked[i].machine, machine)) &&
		    kf_hex_is(known->revoked[i].sha256, sha256))
			return &known->revoked[i];
	return NULL;
}

/* machine_of tells for which machine a list is: the one whose own list it has
 * most of, by its share; NULL: it shares nothing. */
static const char *machine_of(const struct kf_known *known,
			      struct kf_bytes lists)
{
	static const char *const machines[] = { "x64", "aa64", "ia32", "arm" };
	const char *best = NULL;
	uint64_t most = 0;

	for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++) {
		struct kf_entries walk = kf_entries_of(lists);
		uint64_t shared = 0, all = 1;
		struct kf_entry entry;

		for (size_t i = 0; i < known->num_revoked; i++)
			all += kf_same(known->revoked[i].machine, machines[m]);
		while (kf_entries_next(&walk, &entry))
			shared += row_of(known, machines[m], entry.data) !=
				  NULL;
		shared = shared * 1000 / all;
		if (shared > most) {
			most = shared;
			best = machines[m];
		}
	}
	return best;
}

static const char *hex_of(struct kf_bytes bytes, struct kf_arena *arena)
{
	char *out = kf_arena_take(arena, 2 * bytes.len + 1);

	if (out)
		kf_hex(out, bytes);
	return out;
}

static enum kf_status read_lists(struct kf_known *known,
				 enum kf_known_kind *kind,
				 struct kf_bytes lists, const char *name,
				 struct kf_arena *arena)
{
	const char *machine = machine_of(known, lists);
	struct kf_entries walk = kf_entries_of(lists);
	size_t max = lists.len / 32 + 1, num = 0;
	struct kf_revoked *rows;
	struct kf_entry entry;

	if (!machine || kf_siglist_damage(lists).field)
		return KF_OK;
	rows = kf_arena_take(arena, max * sizeof(*rows));
	if (!rows)
		return KF_NO_MEMORY;
	while (num < max && kf_entries_next(&walk, &entry)) {
		const struct kf_revoked *old = row_of(known, NULL, entry.data);

		if (!entry.type || !kf_same(entry.type, "sha256"))
			continue;
		rows[num] = (struct kf_revoked){
			.machine = machine,
			.sha256 = old ? old->sha256
				      : hex_of(entry.data, arena),
			.date = old ? old->date : "",
		};
		if (!rows[num++].sha256)
			return KF_NO_MEMORY;
	}
	*kind = KF_KNOWN_DBX;
	known->dbx = (struct kf_dated){ "not told", name };
	return kf_known_revoke(known, machine, rows, num, arena);
}

/* read_levels takes the level with the latest date. */
static enum kf_status read_levels(struct kf_known *known,
				  enum kf_known_kind *kind,
				  struct kf_bytes file, const char *name,
				  struct kf_arena *arena)
{
	enum { DATE_LEN = 10 };
	struct kf_cursor c = kf_cursor_over(file, 0);
	struct kf_bytes line, date = { NULL, 0 };
	size_t from = 0, to = 0;
	bool inside = false;
	struct kf_level *level;

	while (next_line(&c, &line)) {
		struct kf_bytes told = starts(line, "sbat,1,")
			? kf_part_of(line, 7, DATE_LEN) : kf_view(NULL, 0);

		if (told.len && (!date.len ||
				 memcmp(told.data, date.data, DATE_LEN) >= 0)) {
			date = told;
			from = to = c.pos;
			inside = true;
		} else if (inside && line.len && memchr(line.data, ',',
							line.len)) {
			to = c.pos;
		} else {
			inside = false;
		}
	}
	if (!date.len)
		return KF_OK;
	level = kf_arena_take(arena, sizeof(*level));
	if (!level)
		return KF_NO_MEMORY;
	level->date = keep(arena, date);
	level->rows = keep(arena, kf_part_of(file, from, to - from));
	*kind = KF_KNOWN_LEVELS;
	known->level = level;
	known->num_levels = 1;
	known->levels = (struct kf_dated){ level->date, name };
	return level->date && level->rows ? KF_OK : KF_NO_MEMORY;
}

enum kf_status kf_known_read(struct kf_known *known,
			     enum kf_known_kind *kind, struct kf_bytes file,
			     const char *name, struct kf_arena *arena)
{
	struct kf_cursor c = kf_cursor_over(file, 0);
	struct kf_bytes head = kf_part_of(file, 0, KF_UPDATE_HEADER_LEN), line;
	struct columns columns;
	struct kf_update update;
	enum kf_status status;
	bool quirks;

	*kind = KF_KNOWN_NOTHING;
	status = kf_quirks_read(known, &quirks, file, name, arena);
	if (quirks || status != KF_OK) {
		*kind = KF_KNOWN_QUIRKS;
		return status;
	}
	if (kf_update_likely(head)) {
		kf_update_read(&update, head, file.len);
		return read_lists(known, kind,
				  kf_part_of(file, update.value_at,
					     update.value_len), name, arena);
	}
	if (kf_siglist_likely(file))
		return read_lists(known, kind, file, name, arena);
	if (next_line(&c, &line) && read_header(&columns, line)) {
		*kind = KF_KNOWN_KEYS;
		return read_keys(known, file, &columns, name, arena);
	}
	return read_levels(known, kind, file, name, arena);
}
