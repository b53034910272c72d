/* For people: the answer on one line, then why, proof and what to do.
 */
#include "render.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	MARGIN = 11,		/* where words start behind their label */
	WIDTH_LEAST = 40,
};

void kf_render_terminal(struct kf_render *r)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return;
	r->colour = !(no_colour && no_colour[0]) && term &&
		    strcmp(term, "dumb") != 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		r->width = size.ws_col;
}

/* columns counts what one line of shown text takes, as far as `len`. */
static size_t columns(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* wrapped writes words that start in column `at`, and breaks lines between
 * words where there is a terminal. */
static void wrapped(struct kf_render *r, const char *text, size_t at)
{
	size_t here = at;

	for (const char *word = text; *word;) {
		size_t len = strcspn(word, " ");
		size_t wide = columns(word, len);

		if (word != text && r->width && here + 1 + wide > r->width) {
			kf_output_print(&r->out, "\n%*s", (int)at, "");
			here = at;
		} else if (word != text) {
			kf_output_text(&r->out, " ");
			here++;
		}
		kf_output_add(&r->out, word, len);
		here += wide;
		word += len + (word[len] == ' ');
	}
	kf_output_text(&r->out, "\n");
}

/* labelled writes a label and foreign words behind it. */
static void labelled(struct kf_render *r, const char *label,
		     struct kf_output *words, bool may_break)
{
	struct kf_output shown = { 0 };
	unsigned width = r->width;

	kf_output_print(&r->out, "  %-*s", MARGIN - 2, label);
	kf_output_shown(&shown, kf_view(words->data, words->len));
	kf_output_add(&shown, "", 1);
	if (!may_break || width < WIDTH_LEAST)
		r->width = 0;
	if (!shown.failed)
		wrapped(r, shown.data, MARGIN);
	r->width = width;
	r->out.failed = r->out.failed || words->failed || shown.failed;
	kf_output_close(&shown);
	kf_output_close(words);
}

static void say(struct kf_render *r, const char *label, const char *text)
{
	struct kf_output words = { 0 };

	kf_output_text(&words, text);
	labelled(r, label, &words, true);
}

/* headline: the answer, the file, the device, the rules. */
static void headline(struct kf_render *r, const struct kf_pair *pair)
{
	struct kf_output *out = &r->out;

	kf_text_answer(r, pair->verdict->answer);
	if (pair->path)
		kf_output_shown(out, kf_text(pair->path));
	else
		kf_output_text(out, "any file");
	kf_output_text(out, "  on ");
	kf_output_shown(out, kf_text(pair->device->name));
	kf_output_print(out, " (%s)\n", pair->verifier->rules->name);
}

static void show_rule(struct kf_render *r, const struct kf_finding *f)
{
	struct kf_output words = { 0 };

	if (!f->reason)
		return;
	if (f->rule)
		kf_output_print(&words, "%s (more: keyfit explain %s)",
				f->rule, f->reason->slug);
	else
		kf_output_print(&words, "keyfit explain %s", f->reason->slug);
	labelled(r, f->rule ? "rule" : "more", &words, true);
}

/* is_told tells whether a piece of evidence says nothing that the sentence, or
 * a piece before it, has not said. */
static bool is_told(const struct kf_finding *f, size_t index)
{
	const struct kf_evidence *e = &f->evidence[index];

	if (e->kind == KF_EV_TEXT)
		return true;
	if (e->kind == KF_EV_STORE_PART)
		return e->at == 0 && e->len == 0 && f->reason &&
		       strstr(f->reason->sentence, "{part}");
	for (size_t i = 0; e->kind == KF_EV_CERTIFICATE && i < index; i++)
		if (f->evidence[i].kind == KF_EV_CERTIFICATE &&
		    kf_equal(f->evidence[i].bytes, e->bytes))
			return true;
	return false;
}

static void show_evidence(struct kf_render *r, const struct kf_pair *pair,
			  const struct kf_finding *f)
{
	const char *label = "evidence";

	for (size_t i = 0; i < f->num_evidence; i++) {
		struct kf_output words = { 0 };

		if (is_told(f, i))
			continue;
		kf_words_evidence(&words, &f->evidence[i], pair);
		labelled(r, label, &words, true);
		label = "";
	}
}

/* show_allowed: what let the file through. */
static void show_allowed(struct kf_render *r, const struct kf_pair *pair)
{
	const struct kf_finding *f = &pair->verdict->why;
	struct kf_output words = { 0 };

	kf_words_allowed(&words, f, pair->env);
	if (!words.len) {
		r->out.failed = r->out.failed || words.failed;
		return;
	}
	if (f->rule)
		kf_output_print(&words, " (%s)", f->rule);
	labelled(r, "why", &words, true);
}

static void show_why(struct kf_render *r, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;
	struct kf_output words = { 0 };

	if (!v->why.reason) {
		show_allowed(r, pair);
		return;
	}
	kf_words_why(&words, pair);
	labelled(r, "why", &words, true);
	show_evidence(r, pair, &v->why);
	show_rule(r, &v->why);
}

/* show_harms tells what a remedy does to the other devices given. */
static void show_harms(struct kf_render *r, const struct kf_harms *harms)
{
	struct kf_output words = { 0 };

	for (size_t i = 0; i < harms->num; i++) {
		kf_words_harm(&words, &harms->harm[i]);
		labelled(r, "  harm", &words, true);
	}
	if (harms->more) {
		kf_output_text(&words, "and on more of the devices given");
		labelled(r, "", &words, true);
	}
	if (harms->looked && harms->num == 0) {
		kf_output_text(&words, "(of the other devices given, none that takes the file refuses it then)");
		labelled(r, "", &words, true);
	}
}

static void show_remedy(struct kf_render *r, const struct kf_pair *pair,
			const struct kf_remedy *remedy, const char *label)
{
	struct kf_output words = { 0 };
	struct kf_output command = { 0 };

	kf_words_remedy(&words, remedy, pair);
	kf_words_command(&command, remedy, pair);
	if (command.len)
		kf_output_text(&words, ":");
	labelled(r, label, &words, true);
	if (command.len)
		labelled(r, "", &command, false);
	r->out.failed = r->out.failed || command.failed;
	kf_output_close(&command);
	if (remedy->caution) {
		kf_output_print(&words, "(%s)", remedy->caution);
		labelled(r, "", &words, true);
	}
	if (pair->harms)
		show_harms(r, &pair->harms[remedy - pair->remedy]);
}

static void show_remedies(struct kf_render *r, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;
	const char *label = "remedy";

	for (size_t i = 0; i < pair->num_remedies; i++) {
		show_remedy(r, pair, &pair->remedy[i], label);
		label = "  or";
	}
	if (pair->num_remedies == 0 && v->why.reason) {
		struct kf_output words = { 0 };

		kf_words_advice(&words, &v->why, pair->env);
		labelled(r, label, &words, true);
	}
}

static void show_warnings(struct kf_render *r, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;

	for (size_t i = 0; i < v->num_warnings; i++) {
		struct kf_output words = { 0 };

		kf_words_finding(&words, &v->warning[i], pair->env);
		if (v->warning[i].rule)
			kf_output_print(&words, " (%s)", v->warning[i].rule);
		labelled(r, "warning", &words, true);
	}
}

/* show_enforced: what the rules would say if they were asked. */
static void show_enforced(struct kf_render *r, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;
	struct kf_output words = { 0 };

	if (!v->not_enforced)
		return;
	kf_output_print(&words, "%s", kf_answer_name(v->enforced_answer));
	if (v->enforced.reason) {
		kf_output_text(&words, ": ");
		kf_words_finding(&words, &v->enforced, pair->env);
	}
	if (v->enforced.rule)
		kf_output_print(&words, " (%s)", v->enforced.rule);
	labelled(r, "enforced", &words, true);
}

static const char *state_of(const struct kf_signature_result *s)
{
	if (s->revoked)
		return s->looked_at ? "revoked" : "revoked, but not come to";
	if (s->trusted)
		return s->looked_at ? "trusted" : "trusted, but not come to";
	if (!s->trust_known)
		return "not known whether trusted";
	return s->looked_at || s->reason ? "not trusted"
					 : "not trusted, and not come to";
}

static void show_signature(struct kf_render *r, const struct kf_pair *pair,
			   const struct kf_signature_result *s,
			   const char *label)
{
	struct kf_output words = { 0 };
	struct kf_arena lent;
	struct kf_certificate c;

	kf_output_print(&words, "%" PRIu32 ", %s: ", s->number, state_of(s));
	if (s->num_chain == 0) {
		kf_output_text(&words, "its signer is not told");
	} else if (kf_words_read(&c, &lent, s->chain[0], pair->env,
				 &words)) {
		kf_output_print(&words, "by \"%s\", issued by \"%s\"", c.name,
				c.issuer_name);
	} else {
		kf_output_text(&words, "its signer's certificate cannot be read");
	}
	if (s->reason)
		kf_output_print(&words, " (%s%s%s)", s->reason->slug,
				s->rule ? ", " : "", s->rule ? s->rule : "");
	labelled(r, label, &words, true);
}

/* show_signatures: all, where there are several. Those that were not worked
 * out have no number. */
static void show_signatures(struct kf_render *r, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;
	const char *label = "signed";

	for (size_t i = 0; v->num_signatures > 1 && i < v->num_signatures;
	     i++) {
		if (v->signature[i].number == 0)
			continue;
		show_signature(r, pair, &v->signature[i], label);
		label = "";
	}
}

void kf_text_line(struct kf_render *r, const char *label,
		  struct kf_output *words)
{
	labelled(r, label, words, true);
}

void kf_text_warnings(struct kf_render *r, const struct kf_pair *pair)
{
	show_warnings(r, pair);
}

void kf_text_reasons(struct kf_render *r, const struct kf_pair *pair)
{
	show_why(r, pair);
	show_remedies(r, pair);
	show_warnings(r, pair);
	show_enforced(r, pair);
}

void kf_text_answer(struct kf_render *r, enum kf_answer answer)
{
	static const struct {
		const char *word, *colour;
	} answers[] = {
		[KF_UNDECIDED] = { "UNKNOWN", "\033[1;33m" },
		[KF_ACCEPT] = { "ACCEPT", "\033[1;32m" },
		[KF_REJECT] = { "REJECT", "\033[1;31m" },
	};

	kf_output_print(&r->out, "%s%s%s  ", r->colour
			? answers[answer].colour : "", answers[answer].word,
			r->colour ? "\033[0m" : "");
}

static void pair(struct kf_render *r, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;

	headline(r, pair);
	kf_text_reasons(r, pair);
	show_signatures(r, pair);
	if (strcmp(v->outcome, "device-fault") == 0 &&
	    strcmp(pair->verifier->stage, "boot") == 0)
		say(r, "outcome", "the device may not start at all until that is repaired");
}

const struct kf_form kf_form_text = { .name = "text", .pair = pair };
