/* The last days on the page: how many devices are left year by year, when each
 * file ends, and which ability ends with what is trusted. Every picture says in
 * words what it shows, and every sign stands beside a word.
 */
#include "matrix_html.h"

#include <inttypes.h>
#include <string.h>

enum {
	ROW_HEIGHT = 24, YEAR_WIDTH = 56, BAR_WIDTH = 460, NUMBER_WIDTH = 90,
};

static void file_name(struct kf_output *out, const struct kf_matrix_file *f)
{
	kf_html_text(out, kf_text(f->path[0] ? f->path : "any file"));
	if (f->release) {
		kf_output_text(out, " of ");
		kf_html_text(out, kf_text(f->release));
	}
}

/* moment_of is the one at which a year is looked at. */
static int64_t moment_of(const struct kf_matrix *m, int year, int from)
{
	return year == from ? m->at_s : kf_year_start(year);
}

/* spoken writes what the picture shows. */
static void spoken(struct kf_output *out, const struct kf_ends *ends,
		   const struct kf_matrix *m, const struct kf_matrix_file *f,
		   int from, int to)
{
	file_name(out, f);
	kf_output_text(out, ": ");
	for (int year = from; year <= to + 1; year++)
		kf_output_print(out, "%s%" PRIu64 " devices in %d",
				year == from ? "" : ", ",
				kf_ends_left(ends, m, f,
					     moment_of(m, year, from)), year);
}

/* bar draws one year. One with fewer devices than now has another colour, and
 * a sign. */
static void bar(struct kf_output *out, int year, size_t row, uint64_t num,
		uint64_t now)
{
	size_t y = row * ROW_HEIGHT;
	double width = (double)num * BAR_WIDTH / (double)now;

	kf_output_print(out, "<text x=\"0\" y=\"%zu\">%d</text><rect class=\"%s\" x=\"%d\" y=\"%zu\" height=\"%d\" width=\"%.1f\"/><text x=\"%.1f\" y=\"%zu\">%" PRIu64 "%s</text>",
			y + 17, year, num < now ? "less" : "all", YEAR_WIDTH,
			y + 4, ROW_HEIGHT - 8, width,
			YEAR_WIDTH + width + 8, y + 17, num,
			num < now ? " &#10007;" : "");
}

static void timeline(struct kf_output *out, const struct kf_ends *ends,
		     const struct kf_matrix *m,
		     const struct kf_matrix_file *f)
{
	uint64_t now = kf_ends_left(ends, m, f, m->at_s);
	int from, to;

	if (now == 0)
		return;
	kf_ends_years(&from, &to, ends, m);
	kf_output_text(out, "<figure><figcaption>");
	file_name(out, f);
	kf_output_print(out, ": devices that take it at the start of each year</figcaption><svg class=\"years\" role=\"img\" width=\"%d\" viewBox=\"0 0 %d %d\" aria-label=\"",
			YEAR_WIDTH + BAR_WIDTH + NUMBER_WIDTH,
			YEAR_WIDTH + BAR_WIDTH + NUMBER_WIDTH,
			(to + 2 - from) * ROW_HEIGHT);
	spoken(out, ends, m, f, from, to);
	kf_output_text(out, "\">");
	for (int year = from; year <= to + 1; year++)
		bar(out, year, (size_t)(year - from),
		    kf_ends_left(ends, m, f, moment_of(m, year, from)), now);
	kf_output_text(out, "</svg></figure>\n");
}

static void day_cell(struct kf_output *out, bool ends, int64_t last_s,
		     const char *sign)
{
	char day[24];

	kf_time_write(day, last_s);
	if (ends)
		kf_output_print(out, "<td class=\"answer reject\"><span aria-hidden=\"true\">%s</span> <time>%.10s</time></td>",
				sign, day);
	else
		kf_output_text(out, "<td class=\"answer accept\"><span aria-hidden=\"true\">&#10003;</span> never</td>");
}

static void end_row(struct kf_output *out, const struct kf_matrix *m,
		    const struct kf_end *e)
{
	const struct kf_cell *c = &m->cell[e->cell];
	char chain[24];

	kf_output_text(out, "<tr>");
	day_cell(out, e->ends, e->last_s, "&#10007;");
	kf_output_text(out, "<td>");
	file_name(out, c->file);
	kf_output_print(out, "</td><td class=\"number\">%" PRIu64
			"</td><td>%s</td><td>", e->devices, c->rules->name);
	kf_time_write(chain, e->chain_s);
	if (e->ends && e->reason)
		kf_output_print(out, "<code>%s</code> %s", e->reason->slug,
				e->rule ? e->rule : "");
	else if (!e->ends && e->has_chain)
		kf_output_print(out, "its chain ends <time>%.10s</time>, which does not stop it there",
				chain);
	else
		kf_output_text(out, "nothing in its chain ends");
	kf_output_text(out, "</td></tr>\n");
}

static void loss_row(struct kf_output *out, const struct kf_loss *l)
{
	struct kf_output words = { 0 };

	kf_output_text(out, "<tr>");
	day_cell(out, l->kind != KF_LOSS_NEVER, l->last_s,
		 l->kind == KF_LOSS_NEW ? "!" : "&#10007;");
	kf_output_print(out, "<td>%s</td><td class=\"number\">%" PRIu64
			"</td><td>%s</td><td>", kf_loss_ability(l), l->devices,
			l->rules->name);
	kf_loss_words(&words, l);
	kf_html_text(out, kf_view(words.data, words.len));
	kf_output_text(out, "</td></tr>\n");
	out->failed = out->failed || words.failed;
	kf_output_close(&words);
}

/* table_head opens a table with its caption and the names of its columns. */
static void table_head(struct kf_output *out, const char *id,
		       const char *label, const char *caption,
		       const char *first, const char *second,
		       const char *last)
{
	kf_output_print(out, "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n<table id=\"%s\">\n<caption>%s</caption>\n<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\" class=\"number\">Devices</th><th scope=\"col\">Verifier</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
			label, id, caption, first, second, last);
}

void kf_ends_html(struct kf_output *out, const struct kf_ends *ends,
		  const struct kf_losses *losses, const struct kf_matrix *m)
{
	static const char close[] = "</tbody>\n</table>\n</div>\n";

	kf_output_text(out, "<h2 id=\"ends\">Last days</h2>\n");
	for (size_t n = 0; n < m->num_files; n++)
		timeline(out, ends, m, m->file[n]);
	kf_output_text(out, "<h3>Files</h3>\n");
	table_head(out, "until", "Last days of files",
		   "The last day on which a file is taken, and why not later. Each verifier looks at the clock in its own way, or not at all.",
		   "Until", "File", "Then");
	for (size_t n = 0; n < ends->num; n++)
		end_row(out, m, ends->order[n]);
	kf_output_text(out, close);
	kf_output_text(out, "<h3>Abilities</h3>\n");
	table_head(out, "losses", "Abilities that end",
		   "Which ability ends with what is trusted, whatever the file.",
		   "Last day", "Ability", "What happens");
	for (size_t n = 0; n < losses->num; n++)
		loss_row(out, losses->order[n]);
	kf_output_text(out, close);
}
