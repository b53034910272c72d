/* The matrix for people: what each file meets, then one table.
 */
#include "matrix.h"

#include "say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_WIDTH_MOST = 48 };

/* writing is the text while it is written. */
struct writing {
	struct kf_matrix *m;
	struct kf_render *r;
	bool devices;		/* all by name */
	const struct kf_cell *only;	/* whose devices are named */
	uint64_t named;
	struct kf_output names;
};

static const char *devices_word(uint64_t num)
{
	return num == 1 ? "device" : "devices";
}

static void headline(struct writing *w, const struct kf_cell *c)
{
	struct kf_output *out = &w->r->out;
	const struct kf_matrix_file *f = c->file;

	if (c->answer == KF_MATRIX_FAULT)
		kf_output_text(out, "FAULT   ");
	else
		kf_text_answer(w->r, (enum kf_answer)c->answer);
	if (f->path[0])
		kf_output_shown(out, kf_text(f->path));
	else
		kf_output_text(out, "any file");
	if (f->release) {
		kf_output_text(out, " of ");
		kf_output_shown(out, kf_text(f->release));
	}
	kf_output_print(out, "  on %" PRIu64 " %s", c->devices,
			devices_word(c->devices));
	if (c->classes > 1)
		kf_output_print(out, " in %" PRIu64 " classes", c->classes);
	kf_output_print(out, " (%s)", c->rules->name);
	if (!w->m->names && c->reason)
		kf_output_print(out, ": %s%s%s", c->reason->slug,
				c->rule ? ", " : "", c->rule ? c->rule : "");
	kf_output_text(out, "\n");
}

static enum kf_status name_all(void *self, struct kf_bytes name, size_t class,
			       const struct kf_cell *cell,
			       struct kf_fault *why)
{
	struct writing *w = self;

	(void)class;
	(void)why;
	if (cell != w->only)
		return KF_OK;
	if (w->named++)
		kf_output_text(&w->names, ", ");
	kf_output_add(&w->names, (const char *)name.data, name.len);
	return w->names.failed ? KF_NO_MEMORY : KF_OK;
}

/* show_names tells which devices: the first ones, or all. */
static enum kf_status show_names(struct writing *w, const struct kf_cell *c,
				 struct kf_fault *why)
{
	enum kf_status status = KF_OK;
	size_t n;

	if (c->answer == KF_ACCEPT || !w->m->names)
		return KF_OK;
	memset(&w->names, 0, sizeof(w->names));
	if (w->devices) {
		w->only = c;
		w->named = 0;
		status = kf_matrix_stranded(w->m, name_all, w, why);
	} else {
		for (n = 0; n < c->first.num; n++)
			kf_output_print(&w->names, "%s%s", n ? ", " : "",
					c->first.name[n]);
		if (c->devices > n)
			kf_output_print(&w->names, " and %" PRIu64
					" more (--devices names them all)",
					c->devices - n);
	}
	kf_text_line(w->r, "devices", &w->names);
	return status;
}

/* example tells whose proof and remedies these are. */
static void example(struct writing *w, const struct kf_cell *c,
		    const struct kf_pair *pair)
{
	struct kf_output words = { 0 };

	if (c->classes < 2)
		return;
	kf_output_print(&words, "the largest of these classes, %" PRIu64
			" %s as %.*s; the others have the same answer by the same rule, for what they hold themselves",
			c->sample_devices, devices_word(c->sample_devices),
			(int)strcspn(pair->device->name, " "),
			pair->device->name);
	kf_text_line(w->r, "shown is", &words);
}

static void show(void *self, const struct kf_cell *c,
		 const struct kf_pair *pair)
{
	struct writing *w = self;

	headline(w, c);
	if (!pair)
		kf_output_print(&w->r->out, "  %s\n",
				kf_status_text(c->fault));
	else if (c->answer == KF_ACCEPT)
		kf_text_warnings(w->r, pair);
	else {
		kf_text_reasons(w->r, pair);
		example(w, c, pair);
	}
}

/* columns counts the characters of a text that is shown. */
static int columns(struct kf_bytes shown)
{
	int num = 0;

	for (size_t n = 0; n < shown.len; n++)
		num += (shown.data[n] & 0xc0) != 0x80;
	return num;
}

/* name_width is how wide a name is where it is shown. Without memory nobody
 * knows, and `out` fails. */
static int name_width(struct kf_output *out, const char *name)
{
	struct kf_output shown = { 0 };
	int width;

	kf_output_shown(&shown, kf_text(name));
	width = columns(kf_view(shown.data, shown.len));
	out->failed = out->failed || shown.failed;
	kf_output_close(&shown);
	return width;
}

/* row_name starts a line of the table; a long name has a line of its own. */
static void row_name(struct kf_output *out, const char *name, int width)
{
	int wide = name_width(out, name);

	kf_output_shown(out, kf_text(name));
	if (wide > width) {
		kf_output_text(out, "\n");
		wide = 0;
	}
	kf_output_print(out, "%*s", width - wide, "");
}

/* row writes one line of the table at the end. */
static void row(struct kf_output *out, const struct kf_matrix_release *r,
		int width)
{
	row_name(out, r->name, width);
	kf_output_print(out, " %10" PRIu64 " %10" PRIu64 " %10" PRIu64,
			r->devices[KF_ACCEPT], r->devices[KF_REJECT],
			r->devices[KF_UNDECIDED]);
	if (r->devices[KF_MATRIX_FAULT])
		kf_output_print(out, " %10" PRIu64 " not judged",
				r->devices[KF_MATRIX_FAULT]);
	if (r->foreign)
		kf_output_print(out, "   it holds no file for %" PRIu64 " %s",
				r->foreign, devices_word(r->foreign));
	kf_output_text(out, "\n");
}

static void table(struct writing *w)
{
	struct kf_output *out = &w->r->out;
	const struct kf_matrix *m = w->m;
	int width = 7;

	for (size_t n = 0; n < m->num_releases; n++) {
		int wide = name_width(out, m->release[n].name);

		if (wide > width && wide < NAME_WIDTH_MOST)
			width = wide;
	}
	kf_output_print(out, "\n%-*s %10s %10s %10s   %" PRIu64
			" %s in %zu %s\n", width, "release", "accept",
			"reject", "unknown", m->devices,
			devices_word(m->devices), m->num_classes,
			m->num_classes == 1 ? "class" : "classes");
	for (size_t n = 0; n < m->num_releases; n++)
		row(out, &m->release[n], width);
}

static enum kf_status write_text(struct kf_matrix *m, struct kf_render *r,
				 bool devices, struct kf_fault *why)
{
	struct writing w = { .m = m, .r = r, .devices = devices };
	enum kf_status status = KF_OK;

	for (size_t n = 0; n < m->num_cells && status == KF_OK; n++) {
		const struct kf_cell *c = &m->cell[m->order[n]];

		if (m->names)
			status = kf_matrix_tell(m, c, show, &w, why);
		else
			headline(&w, c);
		if (status == KF_OK)
			status = show_names(&w, c, why);
		if (status == KF_OK)
			status = kf_output_flush(&r->out, STDOUT_FILENO, why);
	}
	table(&w);
	return status;
}

const struct kf_matrix_form kf_matrix_text = { "text", write_text };
