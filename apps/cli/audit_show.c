/* Findings of an audit, for people and as JSON, one object a line.
 */
#include "audit.h"
#include "render.h"

#include <string.h>

static const char *const severities[] = {
	[KF_LOW] = "low",
	[KF_MEDIUM] = "medium",
	[KF_HIGH] = "high",
};

/* pair_of is what words of evidence ask for: a store to look parts up in. */
static struct kf_pair pair_of(struct kf_auditing *q)
{
	static const struct kf_verdict none;

	return (struct kf_pair){
		.path = q->path,
		.device = &q->device,
		.verifier = q->verifier,
		.verdict = &none,
		.env = &q->work.env,
	};
}

/* line writes a label and foreign words behind it. */
static void line(struct kf_output *out, const char *label,
		 struct kf_output *words)
{
	kf_output_print(out, "  %-9s", label);
	kf_output_shown(out, kf_view(words->data, words->len));
	kf_output_text(out, "\n");
	out->failed = out->failed || words->failed;
	words->len = 0;
}

static void subject_text(struct kf_auditing *q)
{
	kf_output_shown(&q->out, kf_text(q->path ? q->path : q->device.name));
}

static void finding_text(struct kf_auditing *q, const struct kf_finding *f,
			 enum kf_severity severity)
{
	static const char *const words_of[] = {
		[KF_LOW] = "LOW", [KF_MEDIUM] = "MEDIUM", [KF_HIGH] = "HIGH",
	};
	const struct kf_pair pair = pair_of(q);
	struct kf_output words = { 0 };

	kf_output_print(&q->out, "%-6s  ", words_of[severity]);
	subject_text(q);
	kf_output_print(&q->out, "  %s\n", f->reason->slug);
	kf_words_finding(&words, f, pair.env);
	line(&q->out, "found", &words);
	for (size_t i = 0; i < f->num_evidence; i++) {
		/* The first text stands in the sentence. */
		bool told = f->evidence[i].kind == KF_EV_TEXT &&
			    strstr(f->reason->sentence, "{text}") &&
			    (i == 0 || f->evidence[i - 1].kind != KF_EV_TEXT);

		if (told)
			continue;
		kf_words_evidence(&words, &f->evidence[i], &pair);
		line(&q->out, "evidence", &words);
	}
	kf_words_advice(&words, f, pair.env);
	line(&q->out, "remedy", &words);
	kf_output_close(&words);
}

static void start_json(struct kf_auditing *q, struct kf_json *json,
		       const char *type)
{
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "type", type);
	if (q->path)
		kf_json_foreign(json, "file", kf_text(q->path));
	else
		kf_json_text(json, "file", NULL);
	if (q->path || !q->device.name)
		kf_json_text(json, "device", NULL);
	else
		kf_json_foreign(json, "device", kf_text(q->device.name));
}

static void words_json(struct kf_json *json, const char *name,
		       struct kf_output *words)
{
	kf_json_foreign(json, name, kf_view(words->data, words->len));
	json->out->failed = json->out->failed || words->failed;
	words->len = 0;
}

static void finding_json(struct kf_auditing *q, const struct kf_finding *f,
			 enum kf_severity severity)
{
	const struct kf_pair pair = pair_of(q);
	struct kf_json json = { .out = &q->out };
	struct kf_output words = { 0 };

	start_json(q, &json, "finding");
	kf_json_text(&json, "severity", severities[severity]);
	kf_json_finding(&json, f, &pair);
	kf_words_finding(&words, f, pair.env);
	words_json(&json, "text", &words);
	kf_words_advice(&words, f, pair.env);
	words_json(&json, "remedy", &words);
	kf_json_close(&json);
	kf_output_text(&q->out, "\n");
	kf_output_close(&words);
}

void kf_audit_show_finding(void *self, const struct kf_finding *finding,
			   enum kf_severity severity)
{
	struct kf_auditing *q = self;

	q->num_found[severity]++;
	q->grave = q->grave || severity >= q->fail_on;
	if (q->as_json)
		finding_json(q, finding, severity);
	else
		finding_text(q, finding, severity);
}

void kf_audit_show_unread(void *self, const char *what, const char *why)
{
	struct kf_auditing *q = self;
	struct kf_json json = { .out = &q->out };

	q->num_unread++;
	if (q->as_json) {
		start_json(q, &json, "unread");
		kf_json_foreign(&json, "what", kf_text(what));
		kf_json_foreign(&json, "why", kf_text(why));
		kf_json_close(&json);
		kf_output_text(&q->out, "\n");
		return;
	}
	kf_output_text(&q->out, "UNREAD  ");
	subject_text(q);
	kf_output_text(&q->out, "\n  ");
	kf_output_shown(&q->out, kf_text(what));
	kf_output_text(&q->out, ": ");
	kf_output_shown(&q->out, kf_text(why));
	kf_output_text(&q->out, "\n");
}

void kf_audit_show_untold(void *self, const char *part)
{
	struct kf_auditing *q = self;

	kf_output_print(&q->untold, "%s%s", q->untold.len ? ", " : "", part);
}

static void tables_json(struct kf_auditing *q, struct kf_json *json)
{
	const struct {
		const char *name;
		const struct kf_dated *dated;
	} tables[] = {
		{ "keys", &q->known.keys },
		{ "authorities", &q->known.authorities },
		{ "dbx", &q->known.dbx },
		{ "sbat", &q->known.levels },
	};

	kf_json_open(json, "tables", '[');
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		kf_json_open(json, NULL, '{');
		kf_json_text(json, "name", tables[i].name);
		kf_json_text(json, "date", tables[i].dated->date);
		kf_json_foreign(json, "source",
				kf_text(tables[i].dated->source));
		kf_json_close(json);
	}
	kf_json_close(json);
}

static void end_json(struct kf_auditing *q)
{
	struct kf_json json = { .out = &q->out };

	q->path = NULL;
	start_json(q, &json, "summary");
	kf_json_number(&json, "files", q->num_files);
	for (int s = KF_HIGH; s >= KF_LOW; s--)
		kf_json_number(&json, severities[s], q->num_found[s]);
	kf_json_number(&json, "unread", q->num_unread);
	kf_json_foreign(&json, "untold", kf_view(q->untold.data,
						 q->untold.len));
	tables_json(q, &json);
	kf_json_close(&json);
	kf_output_text(&q->out, "\n");
}

void kf_audit_show_end(struct kf_auditing *q)
{
	q->out.failed = q->out.failed || q->untold.failed;
	if (q->as_json) {
		end_json(q);
		return;
	}
	if (q->untold.len)
		kf_output_print(&q->out, "a running system does not tell: %.*s\n",
				(int)q->untold.len, q->untold.data);
	kf_output_print(&q->out, "%zu high, %zu medium, %zu low, %zu unread; %zu %s\n",
			q->num_found[KF_HIGH], q->num_found[KF_MEDIUM],
			q->num_found[KF_LOW], q->num_unread, q->num_files,
			q->num_files == 1 ? "file" : "files");
	kf_output_print(&q->out, "known as of: keys %s, authorities %s, dbx %s, SBAT levels %s\n",
			q->known.keys.date, q->known.authorities.date,
			q->known.dbx.date, q->known.levels.date);
}
