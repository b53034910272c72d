/* The last days, as a table and a timeline.
 */
#include "csv.h"
#include "matrix_ends.h"

#include "say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_LEN = 40, YEARS_MAX = 30, FLUSH_LEN = 1 << 20 };

bool kf_ends_before(const struct kf_ends *ends, int64_t time_s)
{
	for (size_t n = 0; n < ends->num; n++)
		if (ends->end[n].ends && ends->end[n].last_s < time_s)
			return true;
	return false;
}

bool kf_life_read(int64_t *until_s, int64_t from_s, const char *text)
{
	char *unit;
	long long number = strtoll(text, &unit, 10);
	time_t from = (time_t)from_s;
	struct tm day;

	if (unit == text || number < 0 || number > 36525 ||
	    !gmtime_r(&from, &day))
		return false;
	if (strcmp(unit, "d") == 0)
		day.tm_mday += (int)number;
	else if (strcmp(unit, "mo") == 0)
		day.tm_mon += (int)number;
	else if (strcmp(unit, "y") == 0)
		day.tm_year += (int)number;
	else
		return false;
	*until_s = (int64_t)timegm(&day);
	return true;
}

static void file_name(struct kf_output *out, const struct kf_cell *c)
{
	if (c->file->path[0])
		kf_output_shown(out, kf_text(c->file->path));
	else
		kf_output_text(out, "any file");
	if (c->file->release) {
		kf_output_text(out, " of ");
		kf_output_shown(out, kf_text(c->file->release));
	}
}

static void show_chain(struct kf_output *out, const struct kf_end *e)
{
	char chain[24];

	kf_time_write(chain, e->chain_s);
	if (e->ends)
		return;
	kf_output_print(out, e->has_chain
			? ": its chain ends %s, which does not stop it there"
			: ": nothing in its chain ends", chain);
}

/* show_line writes one line of the table. */
static void show_line(struct kf_output *out, const struct kf_matrix *m,
		      const struct kf_end *e)
{
	const struct kf_cell *c = &m->cell[e->cell];
	char last[24];

	kf_time_write(last, e->last_s);
	kf_output_print(out, "%-20s  ", e->ends ? last : "never");
	file_name(out, c);
	kf_output_print(out, "  on %" PRIu64 " device%s (%s)", e->devices,
			e->devices == 1 ? "" : "s", c->rules->name);
	if (e->ends && e->reason)
		kf_output_print(out, ": then %s%s%s", e->reason->slug,
				e->rule ? ", " : "", e->rule ? e->rule : "");
	show_chain(out, e);
	if (e->ends && e->devices == c->devices && c->devices > 1)
		kf_output_text(out, "; all that take it end on one day");
	kf_output_text(out, "\n");
}

uint64_t kf_ends_left(const struct kf_ends *ends, const struct kf_matrix *m,
		      const struct kf_matrix_file *f, int64_t time_s)
{
	uint64_t num = 0;

	for (size_t n = 0; n < ends->num; n++) {
		const struct kf_end *e = &ends->end[n];

		if (m->cell[e->cell].file == f &&
		    (!e->ends || e->last_s >= time_s))
			num += e->devices;
	}
	return num;
}

static int year_of(int64_t time_s)
{
	time_t time = (time_t)time_s;
	struct tm day;

	return gmtime_r(&time, &day) ? day.tm_year + 1900 : 1970;
}

int64_t kf_year_start(int year)
{
	struct tm day = { .tm_year = year - 1900, .tm_mday = 1 };

	return (int64_t)timegm(&day);
}

/* last_year is the year of the last end. */
static int last_year(const struct kf_ends *ends, int from)
{
	int last = from;

	for (size_t n = 0; n < ends->num; n++)
		if (ends->end[n].ends && year_of(ends->end[n].last_s) > last)
			last = year_of(ends->end[n].last_s);
	return last - from > YEARS_MAX ? from + YEARS_MAX : last;
}

void kf_ends_years(int *from, int *to, const struct kf_ends *ends,
		   const struct kf_matrix *m)
{
	*from = year_of(m->at_s);
	*to = last_year(ends, *from);
}

/* timeline shows how many devices take a file at the start of each year. */
static void timeline(struct kf_output *out, const struct kf_ends *ends,
		     const struct kf_matrix *m,
		     const struct kf_matrix_file *f, int to)
{
	int from = year_of(m->at_s);
	uint64_t now = kf_ends_left(ends, m, f, m->at_s);

	if (now == 0)
		return;
	kf_output_text(out, "\n");
	kf_output_shown(out, kf_text(f->path[0] ? f->path : "any file"));
	kf_output_text(out, "\n");
	for (int year = from; year <= to + 1; year++) {
		int64_t when = year == from ? m->at_s : kf_year_start(year);
		uint64_t num = kf_ends_left(ends, m, f, when);
		int bar = (int)(num * BAR_LEN / now);

		kf_output_print(out, "  %s%d  %-*.*s %" PRIu64 "\n",
				year == from ? "now " : "    ", year, BAR_LEN,
				bar + (num && !bar),
				"########################################",
				num);
	}
}

/* first_of finds where the ends of a class begin. */
static size_t first_of(const struct kf_ends *ends, size_t class)
{
	size_t low = 0, high = ends->num_of;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ends->of[middle].class < class)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* one_end is what names are asked for. */
struct one_end {
	const struct kf_ends *ends;
	const struct kf_end *end;
};

static bool has_end(const void *self, size_t class)
{
	const struct one_end *one = self;
	const struct kf_ends *ends = one->ends;
	size_t n = first_of(ends, class);

	for (; n < ends->num_of && ends->of[n].class == class; n++)
		if (&ends->end[ends->of[n].end] == one->end)
			return true;
	return false;
}

/* naming is devices while they are named. */
struct naming {
	struct kf_output *out;
	bool (*has)(const void *self, size_t class);
	const void *self;
	size_t num;
};

static enum kf_status name_one(void *self, struct kf_bytes name, size_t class,
			       struct kf_fault *why)
{
	struct naming *n = self;

	(void)why;
	if (!n->has(n->self, class))
		return KF_OK;
	kf_output_text(n->out, n->num++ ? ", " : "");
	kf_output_shown(n->out, name);
	return n->out->failed ? KF_NO_MEMORY : KF_OK;
}

enum kf_status kf_ends_names(struct kf_output *out, struct kf_matrix *m,
			     bool (*has)(const void *self, size_t class),
			     const void *self, struct kf_fault *why)
{
	struct naming n = { out, has, self, 0 };
	enum kf_status status;

	kf_output_text(out, "  devices  ");
	status = kf_matrix_devices(m, name_one, &n, why);
	kf_output_text(out, "\n");
	return status;
}

static enum kf_status write_text(const struct kf_ends *ends,
				 struct kf_matrix *m, struct kf_output *out,
				 bool devices, struct kf_fault *why)
{
	enum kf_status status = KF_OK;
	int from, to;

	kf_ends_years(&from, &to, ends, m);
	if (ends->num == 0)
		kf_output_text(out, "no device takes any of these files now\n");
	for (size_t n = 0; n < ends->num && status == KF_OK; n++) {
		const struct one_end one = { ends, ends->order[n] };

		show_line(out, m, ends->order[n]);
		if (devices)
			status = kf_ends_names(out, m, has_end, &one, why);
	}
	for (size_t n = 0; n < m->num_files; n++)
		timeline(out, ends, m, m->file[n], to);
	return status;
}

/* end_members writes the members of an end. */
static void end_members(struct kf_json *json, const struct kf_matrix *m,
			const struct kf_end *e)
{
	const struct kf_cell *c = &m->cell[e->cell];
	char time[24];

	if (c->file->release)
		kf_json_foreign(json, "release", kf_text(c->file->release));
	else
		kf_json_text(json, "release", NULL);
	kf_json_foreign(json, "artifact", kf_text(c->file->path));
	kf_json_text(json, "stage", c->rules->verifier->stage);
	kf_json_text(json, "rules", c->rules->name);
	kf_time_write(time, e->last_s);
	kf_json_text(json, "until", e->ends ? time : NULL);
	kf_time_write(time, e->chain_s);
	kf_json_text(json, "chain_until", e->has_chain ? time : NULL);
	kf_json_text(json, "reason", e->reason ? e->reason->slug : NULL);
	kf_json_text(json, "rule", e->reason ? e->rule : NULL);
}

/* writing is the devices while they are written. */
struct writing {
	const struct kf_ends *ends;
	struct kf_matrix *m;
	struct kf_render *r;
};

static enum kf_status write_device(struct writing *w, struct kf_bytes name,
				   const struct kf_end *e,
				   struct kf_fault *why)
{
	struct kf_json json = { .out = &w->r->out };

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "kind", "device-end");
	kf_json_foreign(&json, "device", name);
	end_members(&json, w->m, e);
	kf_json_close(&json);
	kf_output_text(&w->r->out, "\n");
	return w->r->out.len < FLUSH_LEN && !w->r->out.failed
		? KF_OK : kf_output_flush(&w->r->out, STDOUT_FILENO, why);
}

/* of_class writes the ends of one device; those of a class stand together. */
static enum kf_status of_class(void *self, struct kf_bytes name, size_t class,
			       struct kf_fault *why)
{
	struct writing *w = self;
	const struct kf_ends *ends = w->ends;
	enum kf_status status = KF_OK;
	size_t low = first_of(ends, class);

	for (; low < ends->num_of && ends->of[low].class == class &&
	       status == KF_OK; low++)
		status = write_device(w, name, &ends->end[ends->of[low].end],
				      why);
	return status;
}

static enum kf_status write_json(const struct kf_ends *ends,
				 struct kf_matrix *m, struct kf_render *r,
				 bool devices, struct kf_fault *why)
{
	struct writing w = { ends, m, r };

	for (size_t n = 0; n < ends->num; n++) {
		struct kf_json json = { .out = &r->out };

		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "kind", "end");
		end_members(&json, m, ends->order[n]);
		kf_json_number(&json, "devices", ends->order[n]->devices);
		kf_json_number(&json, "classes", ends->order[n]->classes);
		kf_json_close(&json);
		kf_output_text(&r->out, "\n");
	}
	return devices ? kf_matrix_devices(m, of_class, &w, why) : KF_OK;
}

/* csv_line writes an end in CSV. */
static void csv_line(struct kf_output *out, const struct kf_matrix *m,
		     const struct kf_end *e)
{
	const struct kf_cell *c = &m->cell[e->cell];
	char last[24], chain[24];

	kf_time_write(last, e->last_s);
	kf_time_write(chain, e->chain_s);
	kf_csv_cell(out, kf_text(c->file->release ? c->file->release : ""),
		     ",");
	kf_csv_cell(out, kf_text(c->file->path), ",");
	kf_output_print(out, "%s,%s,%s,%s,%s,%s,%" PRIu64 ",%" PRIu64 "\n",
			c->rules->verifier->stage, c->rules->name,
			e->ends ? last : "never", e->has_chain ? chain : "",
			e->reason ? e->reason->slug : "",
			e->reason && e->rule ? e->rule : "", e->devices,
			e->classes);
}

static void write_csv(const struct kf_ends *ends, const struct kf_matrix *m,
		      struct kf_output *out)
{
	kf_output_text(out, "release,artifact,stage,rules,until,chain_until,reason,rule,devices,classes\n");
	for (size_t n = 0; n < ends->num; n++)
		csv_line(out, m, ends->order[n]);
}

enum kf_status kf_ends_write(const struct kf_ends *ends,
			     const struct kf_losses *losses,
			     struct kf_matrix *m, struct kf_render *r,
			     const char *form, bool devices,
			     struct kf_fault *why)
{
	enum kf_status status = KF_OK;

	if (strcmp(form, "json") == 0)
		status = write_json(ends, m, r, devices, why);
	else if (strcmp(form, "csv") == 0)
		write_csv(ends, m, &r->out);
	else
		status = write_text(ends, m, &r->out, devices, why);
	return status == KF_OK && strcmp(form, "csv") != 0
		? kf_losses_write(losses, m, r, form, devices, why) : status;
}
