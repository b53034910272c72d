/* The matrix as one page that anybody can open: matrix.html, filled in. It asks
 * nothing of any network, and foreign text in it is text, whatever it holds.
 */
#include "matrix_html.h"

#include "say.h"

#include "host/base64.h"
#include "host/replace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	BOX_WIDTH = 560, BOX_HEIGHT = 44, BOX_GAP = 26,
	TEXT_MAX = 70,		/* letters in a box */
	CHAINS_MAX = 4,		/* signatures that are drawn */
};

extern const char kf_matrix_page[];

void kf_html_text(struct kf_output *out, struct kf_bytes text)
{
	struct kf_output shown = { 0 };

	kf_output_shown(&shown, text);
	for (size_t n = 0; n < shown.len; n++) {
		switch (shown.data[n]) {
		case '&':
			kf_output_text(out, "&amp;");
			break;
		case '<':
			kf_output_text(out, "&lt;");
			break;
		case '>':
			kf_output_text(out, "&gt;");
			break;
		case '"':
			kf_output_text(out, "&quot;");
			break;
		case '\'':
			kf_output_text(out, "&#39;");
			break;
		default:
			kf_output_add(out, &shown.data[n], 1);
		}
	}
	out->failed = out->failed || shown.failed;
	kf_output_close(&shown);
}

static void escaped_text(struct kf_output *out, const char *text)
{
	kf_html_text(out, kf_text(text));
}

static void escaped_words(struct kf_output *out, struct kf_output *words)
{
	kf_html_text(out, kf_view(words->data, words->len));
	out->failed = out->failed || words->failed;
	kf_output_close(words);
}

/* page is the page while it is filled in. */
struct page {
	struct kf_matrix *m;
	struct kf_output *out;
	const struct kf_ends *ends;	/* NULL: not asked for */
	const struct kf_losses *losses;
};

static const struct { const char *name, *symbol; } answers[] = {
	[KF_UNDECIDED] = { "unknown", "?" },
	[KF_ACCEPT] = { "accept", "&#10003;" },
	[KF_REJECT] = { "reject", "&#10007;" },
	[KF_MATRIX_FAULT] = { "fault", "!" },
};

static void head(struct page *p)
{
	const struct kf_matrix *m = p->m;
	char time[24];

	kf_time_write(time, m->at_s);
	kf_output_print(p->out, "%" PRIu64 " devices in %zu classes, judged by keyfit %s as of <time>%s</time>.",
			m->devices, m->num_classes, KEYFIT_VERSION, time);
	if (m->choice.group) {
		kf_output_text(p->out, " Devices of the group ");
		escaped_text(p->out, m->choice.group);
		kf_output_text(p->out, " alone.");
	}
	if (m->choice.release) {
		kf_output_text(p->out, " Devices that have ");
		escaped_text(p->out, m->choice.release);
		kf_output_text(p->out, " installed alone.");
	}
}

/* share draws the parts of a release, side by side. */
static void share(struct page *p, const struct kf_matrix_release *r)
{
	/* They differ in height, too: colour alone tells nobody enough. */
	static const struct { int answer; char letter; int y; } parts[] = {
		{ KF_ACCEPT, 'a', 0 }, { KF_REJECT, 'r', 4 },
		{ KF_UNDECIDED, 'u', 6 },
	};
	uint64_t from = 0;

	kf_output_print(p->out, "<svg class=\"bar\" role=\"img\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-label=\"%" PRIu64 " accept, %" PRIu64 " reject, %" PRIu64 " unknown\">",
			r->devices[KF_ACCEPT], r->devices[KF_REJECT],
			r->devices[KF_UNDECIDED]);
	for (size_t n = 0; n < 3 && p->m->devices; n++) {
		uint64_t num = r->devices[parts[n].answer];

		kf_output_print(p->out, "<rect class=\"%c\" y=\"%d\" height=\"%d\" x=\"%.3f\" width=\"%.3f\"/>",
				parts[n].letter, parts[n].y, 8 - parts[n].y,
				100.0 * (double)from / (double)p->m->devices,
				100.0 * (double)num / (double)p->m->devices);
		from += num;
	}
	kf_output_text(p->out, "</svg>");
}

static void releases(struct page *p)
{
	for (size_t n = 0; n < p->m->num_releases; n++) {
		const struct kf_matrix_release *r = &p->m->release[n];

		kf_output_text(p->out, "<tr><th scope=\"row\">");
		escaped_text(p->out, r->name);
		kf_output_print(p->out, "</th><td class=\"number\">%" PRIu64
				"</td><td class=\"number\">%" PRIu64
				"</td><td class=\"number\">%" PRIu64
				"</td><td>", r->devices[KF_ACCEPT],
				r->devices[KF_REJECT],
				r->devices[KF_UNDECIDED]);
		share(p, r);
		kf_output_text(p->out, "</td></tr>\n");
	}
}

/* box draws one certificate of a chain. */
static void box(struct page *p, const struct kf_pair *pair,
		struct kf_bytes der, size_t place, const char *kind)
{
	size_t y = 4 + place * (BOX_HEIGHT + BOX_GAP);
	struct kf_output words = { 0 };

	kf_words_certificate(&words, der, pair->env);
	kf_output_print(p->out, "<rect class=\"%s\" x=\"4\" y=\"%zu\" width=\"%d\" height=\"%d\" rx=\"6\"/><text x=\"16\" y=\"%zu\">",
			kind, y, BOX_WIDTH, BOX_HEIGHT, y + 27);
	if (words.len > TEXT_MAX) {
		words.len = TEXT_MAX;
		while (words.len && (words.data[words.len] & 0xc0) == 0x80)
			words.len--;	/* not within a letter */
		kf_output_text(&words, "...");
	}
	escaped_words(p->out, &words);
	kf_output_text(p->out, "</text>");
	if (place)
		kf_output_print(p->out, "<path d=\"M40 %zu v-%d m-5 6 l5 -6 l5 6\"/>",
				y, BOX_GAP);
}

/* anchor_of finds the certificate of the device that the signature which let
 * the file through leads to, where the file does not carry it itself. */
static struct kf_bytes anchor_of(const struct kf_pair *pair,
				 const struct kf_signature_result *s)
{
	const struct kf_finding *why = &pair->verdict->why;
	struct kf_bytes anchor = { NULL, 0 };
	bool of_it = false;

	for (size_t n = 0; s->trusted && n < why->num_evidence; n++) {
		const struct kf_evidence *e = &why->evidence[n];

		of_it |= e->kind == KF_EV_SIGNATURE &&
			 e->signature == s->number;
		if (e->kind == KF_EV_CERTIFICATE &&
		    kf_same(e->name, "anchor") &&
		    !kf_equal(e->bytes, s->chain[s->num_chain - 1]))
			anchor = e->bytes;
	}
	return of_it ? anchor : kf_view(NULL, 0);
}

/* draw_chain draws a signature: its signer at the bottom of what it leads to,
 * as the file has it, and the device's own certificate on top. */
static void draw_chain(struct page *p, const struct kf_pair *pair,
		       const struct kf_signature_result *s)
{
	const char *state = s->revoked ? "revoked" : s->trusted
		? "trusted" : s->trust_known ? "not trusted" : "trust not known";
	bool bad = s->revoked || (s->trust_known && !s->trusted);
	const char *kind = bad ? "bad" : s->trusted ? "good" : "open";
	struct kf_bytes anchor = anchor_of(pair, s);
	size_t num = s->num_chain + (anchor.len > 0), place = 0;

	kf_output_print(p->out, "<figure><figcaption>%s Signature %" PRIu32
			": %s</figcaption>", bad ? "&#10007;" : s->trusted
			? "&#10003;" : "?", s->number, state);
	kf_output_print(p->out, "<svg class=\"chain\" role=\"img\" width=\"%d\" viewBox=\"0 0 %d %zu\" aria-label=\"chain of trust of signature %" PRIu32 ", %zu certificates, %s\">",
			BOX_WIDTH + 8, BOX_WIDTH + 8,
			8 + num * (BOX_HEIGHT + BOX_GAP) - BOX_GAP,
			s->number, num, state);
	if (anchor.len)
		box(p, pair, anchor, place++, kind);
	for (size_t n = s->num_chain; n-- > 0; place++)
		box(p, pair, s->chain[n], place, place ? "open" : kind);
	kf_output_text(p->out, "</svg></figure>\n");
}

/* item writes a term of the list of details. */
static void item(struct page *p, const char *term, struct kf_output *words)
{
	if (words->len) {
		kf_output_print(p->out, "<dt>%s</dt><dd>", term);
		kf_html_text(p->out, kf_view(words->data, words->len));
		kf_output_text(p->out, "</dd>\n");
	}
	p->out->failed = p->out->failed || words->failed;
	kf_output_close(words);
	memset(words, 0, sizeof(*words));
}

static void remedies(struct page *p, const struct kf_pair *pair)
{
	for (size_t n = 0; n < pair->num_remedies; n++) {
		const struct kf_remedy *r = &pair->remedy[n];
		struct kf_output words = { 0 }, command = { 0 };

		kf_output_text(p->out, "<dt>What to do</dt><dd>");
		kf_words_remedy(&words, r, pair);
		escaped_words(p->out, &words);
		kf_words_command(&command, r, pair);
		if (command.len) {
			kf_output_text(p->out, "<pre>");
			escaped_words(p->out, &command);
			kf_output_text(p->out, "</pre>");
		} else {
			kf_output_close(&command);
		}
		if (r->caution) {
			kf_output_text(p->out, "<br>(");
			escaped_text(p->out, r->caution);
			kf_output_text(p->out, ")");
		}
		for (size_t k = 0; pair->harms && k < pair->harms[n].num; k++) {
			struct kf_output harm = { 0 };

			kf_words_harm(&harm, &pair->harms[n].harm[k]);
			kf_output_text(p->out, "<br>&#10007; ");
			escaped_words(p->out, &harm);
		}
		kf_output_text(p->out, "</dd>\n");
	}
}

static void names(struct page *p, const struct kf_cell *c)
{
	struct kf_output words = { 0 };

	for (size_t n = 0; n < c->first.num; n++)
		kf_output_print(&words, "%s%s", n ? ", " : "", c->first.name[n]);
	if (c->first.num && c->devices > c->first.num)
		kf_output_print(&words, " and %" PRIu64
				" more (keyfit matrix --devices names them all)",
				c->devices - c->first.num);
	item(p, "Devices", &words);
}

/* details are what opens below a reason. */
static void details(struct page *p, const struct kf_cell *c,
		    const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;
	struct kf_output words = { 0 };

	kf_output_text(p->out, "<dl>\n");
	kf_words_why(&words, pair);
	if (!words.len)
		kf_words_allowed(&words, &v->why, pair->env);
	item(p, "Why", &words);
	for (size_t n = 0; n < v->why.num_evidence; n++) {
		kf_words_evidence(&words, &v->why.evidence[n], pair);
		item(p, "Proof", &words);
	}
	remedies(p, pair);
	for (size_t n = 0; n < v->num_warnings; n++) {
		kf_words_finding(&words, &v->warning[n], pair->env);
		item(p, "Warning", &words);
	}
	if (c->classes > 1) {
		kf_output_print(&words, "the largest of %" PRIu64
				" classes; the others have the same answer by the same rule",
				c->classes);
		item(p, "Shown is", &words);
	}
	names(p, c);
	kf_output_text(p->out, "</dl>\n");
	for (size_t n = 0, drawn = 0; n < v->num_signatures &&
	     drawn < CHAINS_MAX; n++)
		if (v->signature[n].num_chain && ++drawn)
			draw_chain(p, pair, &v->signature[n]);
}

static void cell(void *self, const struct kf_cell *c,
		 const struct kf_pair *pair)
{
	struct page *p = self;
	const char *name = answers[c->answer].name;

	kf_output_print(p->out, "<tr data-answer=\"%s\"><td class=\"answer %s\"><span aria-hidden=\"true\">%s</span> %s</td><td>",
			name, name, answers[c->answer].symbol, name);
	escaped_text(p->out, c->file->release ? c->file->release : "");
	kf_output_text(p->out, "</td><td>");
	escaped_text(p->out, c->file->path[0] ? c->file->path : "any file");
	kf_output_print(p->out, "</td><td class=\"number\" data-value=\"%"
			PRIu64 "\">%" PRIu64
			"</td><td class=\"number\" data-value=\"%" PRIu64
			"\">%" PRIu64 "</td><td>", c->devices, c->devices,
			c->classes, c->classes);
	kf_output_print(p->out, "%s, %s</td><td><details><summary>",
			c->rules->name,
			c->rules->judged ? "judged" : "sourced");
	if (c->answer == KF_MATRIX_FAULT)
		kf_output_text(p->out, "could not be judged");
	else if (c->reason)
		kf_output_print(p->out, "<code>%s</code> %s", c->reason->slug,
				c->rule ? c->rule : "");
	else
		kf_output_print(p->out, "%s %s", c->not_enforced
				? "nothing is enforced" : c->outcome,
				c->rule ? c->rule : "");
	kf_output_text(p->out, "</summary>\n");
	if (pair)
		details(p, c, pair);
	else
		escaped_text(p->out, kf_status_text(c->fault));
	kf_output_text(p->out, "</details></td></tr>\n");
}

static enum kf_status cells(struct page *p, struct kf_fault *why)
{
	enum kf_status status = KF_OK;

	for (size_t n = 0; n < p->m->num_cells && status == KF_OK; n++)
		status = kf_matrix_tell(p->m, &p->m->cell[p->m->order[n]],
					cell, p, why);
	return status;
}

/* hash writes what a browser holds a piece of the page against: the text
 * between two marks of the template. Source: W3C, Content Security Policy
 * Level 3, 2.3.1. */
static enum kf_status hash(struct page *p, const char *from, const char *to,
			   struct kf_fault *why)
{
	const char *start = strstr(kf_matrix_page, from) + strlen(from);
	struct kf_bytes text = kf_view(start, (size_t)(strstr(start, to) -
						       start));
	struct kf_output base64 = { 0 };
	struct kf_json json = { .out = &base64 };
	struct kf_digest digest;
	enum kf_status status = kf_sha256(&digest, text, p->m->crypto, why);

	if (status != KF_OK)
		return status;
	kf_base64_write(&json, NULL, kf_view(digest.bytes, digest.len));
	kf_output_text(p->out, "sha256-");
	if (base64.len > 2)	/* without its quotes */
		kf_output_add(p->out, base64.data + 1, base64.len - 2);
	p->out->failed = p->out->failed || base64.failed;
	kf_output_close(&base64);
	return KF_OK;
}

/* fill writes what stands in place of a mark. */
static enum kf_status fill(struct page *p, const char *mark, size_t len,
			   struct kf_fault *why)
{
	static const char *const marks[] = {
		"@head@", "@releases@", "@cells@", "@style-hash@",
		"@script-hash@", "@ends@",
	};
	size_t n = 0;

	while (n < 6 && (strlen(marks[n]) != len ||
			 memcmp(marks[n], mark, len) != 0))
		n++;
	switch (n) {
	case 0:
		head(p);
		return KF_OK;
	case 1:
		releases(p);
		return KF_OK;
	case 2:
		return cells(p, why);
	case 3:
		return hash(p, "<style>@style@", "@/style@", why);
	case 4:
		return hash(p, "<script>@script@", "@/script@", why);
	case 5:
		if (p->ends)
			kf_ends_html(p->out, p->ends, p->losses, p->m);
		return KF_OK;
	default:
		return KF_OK;	/* the ends of style and script */
	}
}

/* mark_at finds the next mark, "@...@"; NULL: there is none. */
static const char *mark_at(const char *text, size_t *len)
{
	for (; (text = strchr(text, '@')); text++) {
		*len = 1 + strspn(text + 1, "abcdefghijklmnopqrstuvwxyz-/");
		if (*len > 1 && text[*len] == '@') {
			(*len)++;
			return text;
		}
	}
	return NULL;
}

static enum kf_status write_page(struct page *p, struct kf_fault *why)
{
	const char *at = kf_matrix_page, *mark;
	enum kf_status status = KF_OK;
	size_t len = 0;

	while (status == KF_OK && (mark = mark_at(at, &len))) {
		kf_output_add(p->out, at, (size_t)(mark - at));
		status = fill(p, mark, len, why);
		at = mark + len;
	}
	kf_output_text(p->out, at);
	return status;
}

enum kf_status kf_matrix_html(struct kf_matrix *m, const struct kf_ends *ends,
			      const struct kf_losses *losses, const char *path,
			      struct kf_fault *why)
{
	struct kf_output out = { 0 };
	struct page p = { m, &out, ends, losses };
	enum kf_status status = write_page(&p, why);

	if (status == KF_OK && out.failed) {
		kf_fault_say(why, NULL, "out of memory");
		status = KF_NO_MEMORY;
	}
	if (status == KF_OK && strcmp(path, "-") == 0) {
		status = kf_output_flush(&out, STDOUT_FILENO, why);
	} else if (status == KF_OK) {
		struct kf_bytes bytes = kf_view(out.data, out.len);
		struct kf_source source = kf_bytes_source(&bytes);

		status = kf_replace(path, &source, NULL,
				    &m->file[0]->work.env, why);
	}
	kf_output_close(&out);
	return status;
}
