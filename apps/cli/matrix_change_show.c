/* What turns by a planned change: which devices stop to take which file, and
 * which begin to.
 */
#include "matrix_change.h"

#include "say.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_LEN = 1 << 20 };

static const char *answer_name(const struct kf_cell *c)
{
	return c->answer == KF_MATRIX_FAULT
		? "fault" : kf_answer_name((enum kf_answer)c->answer);
}

/* word_of says in one word what becomes of a file. */
static const char *word_of(const struct kf_cell *before,
			   const struct kf_cell *after)
{
	if (after->answer == KF_MATRIX_FAULT)
		return "FAULT";
	if (before->answer == KF_ACCEPT && after->answer != KF_ACCEPT)
		return after->answer == KF_REJECT ? "STOPS" : "MAY STOP";
	if (before->answer != KF_ACCEPT && after->answer == KF_ACCEPT)
		return "STARTS";
	if (before->answer != KF_ACCEPT && before->answer != after->answer)
		return after->answer == KF_REJECT ? "REFUSES" : "MAY START";
	return "STAYS";
}

int kf_turns_worst(const struct kf_turns *turns,
		   const struct kf_matrix *before,
		   const struct kf_matrix *after)
{
	int worst = KF_EXIT_FITS;

	for (size_t n = 0; n < turns->num; n++) {
		const struct kf_cell *a = &before->cell[turns->turn[n].before];
		const struct kf_cell *b = &after->cell[turns->turn[n].after];

		if (b->answer == KF_MATRIX_FAULT)
			return KF_EXIT_FAULT;
		if (a->answer == KF_ACCEPT && b->answer == KF_REJECT)
			worst = KF_EXIT_NOT;
		else if (a->answer == KF_ACCEPT && b->answer != KF_ACCEPT &&
			 worst == KF_EXIT_FITS)
			worst = KF_EXIT_UNKNOWN;
	}
	return worst;
}

/* writing is the answer while it is written. */
struct writing {
	struct kf_turns *turns;
	struct kf_matrix *before, *after;
	struct kf_render *r;
	struct kf_output names;
	size_t only;		/* the turn whose devices are named */
	uint64_t named;
};

static void reason_of(struct kf_output *out, const struct kf_cell *c)
{
	kf_output_text(out, answer_name(c));
	if (c->reason)
		kf_output_print(out, " (%s%s%s)", c->reason->slug,
				c->rule ? ", " : "", c->rule ? c->rule : "");
}

/* first_of finds the turns of a class; they stand together. */
static size_t first_of(const struct kf_turns *t, size_t class)
{
	size_t low = 0, high = t->num_of;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->of[middle].class < class)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum kf_status name_one(void *self, struct kf_bytes name, size_t class,
			       struct kf_fault *why)
{
	struct writing *w = self;
	const struct kf_turns *t = w->turns;

	(void)why;
	for (size_t n = first_of(t, class); n < t->num_of &&
	     t->of[n].class == class; n++) {
		if (t->of[n].turn != w->only)
			continue;
		if (w->named++)
			kf_output_text(&w->names, ", ");
		kf_output_add(&w->names, (const char *)name.data, name.len);
	}
	return w->names.failed ? KF_NO_MEMORY : KF_OK;
}

static enum kf_status turn_text(struct writing *w, size_t number, bool all,
				struct kf_fault *why)
{
	const struct kf_turn *t = &w->turns->turn[number];
	const struct kf_cell *a = &w->before->cell[t->before];
	const struct kf_cell *b = &w->after->cell[t->after];
	struct kf_output *out = &w->r->out;
	enum kf_status status = KF_OK;

	kf_output_print(out, "%-9s ", word_of(a, b));
	kf_output_shown(out, kf_text(a->file->path[0] ? a->file->path
						      : "any file"));
	kf_output_print(out, "  on %" PRIu64 " device%s (%s): ", t->devices,
			t->devices == 1 ? "" : "s", a->rules->name);
	reason_of(out, a);
	kf_output_text(out, ", then ");
	reason_of(out, b);
	kf_output_text(out, "\n");
	w->only = number;
	w->named = all ? 0 : t->first.num;
	memset(&w->names, 0, sizeof(w->names));
	if (all)
		status = kf_matrix_devices(w->before, name_one, w, why);
	for (size_t n = 0; n < t->first.num && !all; n++)
		kf_output_print(&w->names, "%s%s", n ? ", " : "",
				t->first.name[n]);
	if (t->devices > w->named)
		kf_output_print(&w->names, " and %" PRIu64
				" more (--devices names them all)",
				t->devices - w->named);
	kf_text_line(w->r, "devices", &w->names);
	return status;
}

/* totals shows devices by release, before and after. */
static void totals(struct writing *w)
{
	struct kf_output *out = &w->r->out;

	kf_output_print(out, "\n%-24s %17s %17s %17s\n", "before, after",
			"accept", "reject", "unknown");
	for (size_t n = 0; n < w->before->num_releases; n++) {
		static const int order[] = { KF_ACCEPT, KF_REJECT,
					     KF_UNDECIDED };
		struct kf_output shown = { 0 };

		kf_output_shown(&shown, kf_text(w->before->release[n].name));
		kf_output_print(out, "%-24.*s", (int)shown.len,
				shown.data ? shown.data : "");
		for (size_t k = 0; k < 3; k++)
			kf_output_print(out, " %8" PRIu64 " %8" PRIu64,
				w->before->release[n].devices[order[k]],
				w->after->release[n].devices[order[k]]);
		kf_output_text(out, "\n");
		kf_output_close(&shown);
	}
}

static enum kf_status write_text(struct writing *w, bool all,
				 struct kf_fault *why)
{
	struct kf_turns *t = w->turns;
	enum kf_status status = all ? KF_OK : kf_turns_name(t, w->before, why);

	kf_output_print(&w->r->out, "%" PRIu64 " of %" PRIu64
			" devices are touched, in %zu of %zu classes\n",
			t->devices, w->before->devices, t->touched,
			w->before->num_classes);
	for (size_t n = 0; n < t->num && status == KF_OK; n++)
		status = turn_text(w, n, all, why);
	totals(w);
	return status;
}

static void answer_json(struct kf_json *json, const char *name,
			const struct kf_cell *c)
{
	kf_json_open(json, name, '{');
	kf_json_text(json, "verdict", answer_name(c));
	kf_json_text(json, "outcome", c->outcome);
	kf_json_text(json, "reason", c->reason ? c->reason->slug : NULL);
	kf_json_text(json, "rule", c->rule);
	kf_json_close(json);
}

/* turn_members writes what a turn is. */
static void turn_members(struct kf_json *json, const struct writing *w,
			 const struct kf_turn *t)
{
	const struct kf_cell *a = &w->before->cell[t->before];

	if (a->file->release)
		kf_json_foreign(json, "release", kf_text(a->file->release));
	else
		kf_json_text(json, "release", NULL);
	kf_json_foreign(json, "artifact", kf_text(a->file->path));
	kf_json_text(json, "stage", a->rules->verifier->stage);
	kf_json_text(json, "rules", a->rules->name);
	answer_json(json, "before", a);
	answer_json(json, "after", &w->after->cell[t->after]);
}

static enum kf_status device_json(void *self, struct kf_bytes name,
				  size_t class, struct kf_fault *why)
{
	struct writing *w = self;
	const struct kf_turns *t = w->turns;

	for (size_t n = first_of(t, class); n < t->num_of &&
	     t->of[n].class == class; n++) {
		struct kf_json json = { .out = &w->r->out };

		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "kind", "device-turn");
		kf_json_foreign(&json, "device", name);
		turn_members(&json, w, &t->turn[t->of[n].turn]);
		kf_json_close(&json);
		kf_output_text(&w->r->out, "\n");
	}
	return w->r->out.len < FLUSH_LEN && !w->r->out.failed
		? KF_OK : kf_output_flush(&w->r->out, STDOUT_FILENO, why);
}

static enum kf_status write_json(struct writing *w, struct kf_fault *why)
{
	struct kf_json json = { .out = &w->r->out };

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "kind", "touched");
	kf_json_number(&json, "devices", w->turns->devices);
	kf_json_number(&json, "classes", w->turns->touched);
	kf_json_number(&json, "of_devices", w->before->devices);
	kf_json_number(&json, "of_classes", w->before->num_classes);
	kf_json_close(&json);
	kf_output_text(&w->r->out, "\n");
	for (size_t n = 0; n < w->turns->num; n++) {
		struct kf_json line = { .out = &w->r->out };

		kf_json_open(&line, NULL, '{');
		kf_json_text(&line, "kind", "turn");
		turn_members(&line, w, &w->turns->turn[n]);
		kf_json_number(&line, "devices", w->turns->turn[n].devices);
		kf_json_number(&line, "classes", w->turns->turn[n].classes);
		kf_json_close(&line);
		kf_output_text(&w->r->out, "\n");
	}
	return kf_matrix_devices(w->before, device_json, w, why);
}

enum kf_status kf_turns_write(struct kf_turns *turns,
			      struct kf_matrix *before,
			      struct kf_matrix *after, struct kf_render *r,
			      const char *form, bool devices,
			      struct kf_fault *why)
{
	struct writing w = { .turns = turns, .before = before,
			     .after = after, .r = r };

	return strcmp(form, "json") == 0 ? write_json(&w, why)
					 : write_text(&w, devices, why);
}
