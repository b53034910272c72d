/* Lists that fell behind: dbx against what is published for the machine, the
 * SBAT level against the newest.
 */
#include "audit.h"
#include "entries.h"

#include "core/reasons.h"

/* lacking is what dbx lacks of one machine's list. */
struct lacking {
	const char *machine;
	uint64_t missing, all;
	const char *newest;	/* date of the newest that is missing */
};

static bool revokes(struct kf_bytes dbx, const char *sha256)
{
	struct kf_entries walk = kf_entries_of(dbx);
	struct kf_entry entry;

	while (kf_entries_next(&walk, &entry))
		if (kf_same(entry.type, "sha256") && kf_hex_is(sha256, entry.data))
			return true;
	return false;
}

/* later compares days, "2026-04-09". */
static bool later(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return *a > *b;
}

static void count(struct lacking *out, const struct kf_audit *a,
		  struct kf_bytes dbx, const char *machine)
{
	*out = (struct lacking){ .machine = machine, .newest = "" };
	for (size_t i = 0; i < a->known->num_revoked; i++) {
		const struct kf_revoked *row = &a->known->revoked[i];

		if (!kf_same(row->machine, machine))
			continue;
		out->all++;
		if (revokes(dbx, row->sha256))
			continue;
		out->missing++;
		if (later(row->date, out->newest))
			out->newest = row->date;
	}
}

static void say_lacking(struct kf_audit *a, const struct lacking *l,
			bool sure)
{
	struct kf_finding f;
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_STORE_PART, .name = "dbx" },
	};

	kf_audit_start(&f, KF_REASON_DBX_OLD, &place, kf_view(NULL, 0));
	kf_prove_text(&f, kf_audit_join(a, (const char *[]){
		"that for ", l->machine, " as of ", a->known->dbx.date,
		sure ? "" : " (the machine is not told, and of the other lists it lacks as many or more)",
		l->newest[0] ? "; the newest that it lacks is of " : "",
		l->newest, NULL }));
	kf_prove_field(&f, "missing entries", 0, 0);
	kf_prove_value(&f, l->missing, l->all);
	kf_audit_give(a, &f);
}

/* old_dbx: where the machine is not told, dbx is old only if it is so for each
 * of them. */
static void old_dbx(struct kf_audit *a, const struct kf_store *store)
{
	static const char *const machines[] = { "x64", "aa64", "ia32", "arm" };
	const struct kf_part *dbx = kf_store_part(store, "dbx");
	const char *told = kf_store_setting(store, "machine");
	struct lacking least = { .machine = NULL }, one;

	if (kf_store_presence(store, "dbx") == KF_UNKNOWN ||
	    kf_store_presence(store, "pk") == KF_ABSENT)
		return;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (told && !kf_same(told, machines[i]))
			continue;
		count(&one, a, dbx ? dbx->bytes : kf_view(NULL, 0),
		      machines[i]);
		if (!least.machine || one.missing < least.missing)
			least = one;
	}
	if (least.machine && least.missing)
		say_lacking(a, &least, told);
}

/* next_row takes a line "name,generation" of a level. */
static bool next_row(struct kf_cursor *c, struct kf_bytes *name,
		     struct kf_bytes *number)
{
	struct kf_bytes rest = kf_part_of(c->bytes, c->pos, kf_left(c));
	size_t end = 0, comma;

	while (end < rest.len && rest.data[end] != '\n')
		end++;
	if (rest.len == 0)
		return false;
	kf_skip(c, end < rest.len ? end + 1 : end, "row");
	rest = kf_part_of(rest, 0, end);
	for (comma = 0; comma < rest.len && rest.data[comma] != ','; comma++)
		;
	*name = kf_part_of(rest, 0, comma);
	*number = comma < rest.len ? kf_part_of(rest, comma + 1,
						rest.len - comma - 1)
				   : kf_view(NULL, 0);
	return true;
}

static unsigned number_of(struct kf_bytes text)
{
	unsigned number = 0;

	for (size_t i = 0; i < text.len && i < 5 && text.data[i] >= '0' &&
	     text.data[i] <= '9'; i++)
		number = number * 10 + (unsigned)(text.data[i] - '0');
	return number;
}

/* generation is what a level asks of a component; 0: it does not name it. */
static unsigned generation(struct kf_bytes level, struct kf_bytes component)
{
	struct kf_cursor c = kf_cursor_over(level, 0);
	struct kf_bytes name, number;

	while (next_row(&c, &name, &number))
		if (kf_equal(name, component))
			return number_of(number);
	return 0;
}

/* keep makes a text of bytes from the device; only plain characters. */
static const char *keep(struct kf_audit *a, struct kf_bytes bytes, size_t max)
{
	size_t len = bytes.len < max ? bytes.len : max, at = 0;
	char *out = kf_arena_take(a->env->arena, len + 1);

	for (size_t i = 0; out && i < len; i++)
		if (bytes.data[i] > ' ' && bytes.data[i] < 0x7f)
			out[at++] = (char)bytes.data[i];
	if (!out)
		a->status = KF_NO_MEMORY;
	return out ? out : "";
}

static void old_level(struct kf_audit *a, const struct kf_store *store)
{
	enum { SHOWN = 40 };
	const struct kf_part *part = kf_store_part(store, "sbat-level");
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_STORE_PART, .name = "sbat-level" },
	};
	const struct kf_level *newest;
	struct kf_bytes name, number, first;
	struct kf_cursor rows, c;
	const char *lacks = "";
	struct kf_finding f;

	if (!part || part->presence != KF_PRESENT || !a->known->num_levels)
		return;
	newest = &a->known->level[a->known->num_levels - 1];
	rows = kf_cursor_over(kf_text(newest->rows), 0);
	while (next_row(&rows, &name, &number))
		if (generation(part->bytes, name) < number_of(number))
			lacks = kf_audit_join(a, (const char *[]){
				lacks, " ", keep(a, name, SHOWN), ",",
				keep(a, number, SHOWN), NULL });
	if (!lacks[0])
		return;
	c = kf_cursor_over(part->bytes, 0);
	if (!next_row(&c, &name, &first))
		first = kf_view(NULL, 0);
	kf_audit_start(&f, KF_REASON_SBAT_LEVEL_OLD, &place, kf_view(NULL, 0));
	kf_prove_text(&f, kf_audit_join(a, (const char *[]){
		"it is sbat,", keep(a, first, SHOWN), ", that one is of ",
		newest->date, " and asks for", lacks, NULL }));
	kf_audit_give(a, &f);
}

void kf_audit_old(struct kf_audit *a, const struct kf_store *store)
{
	size_t used = a->env->arena->used;

	old_dbx(a, store);
	old_level(a, store);
	a->env->arena->used = used;
}
