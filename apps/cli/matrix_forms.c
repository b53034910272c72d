/* The matrix for programs: JSON lines, CSV, SARIF.
 */
#include "matrix.h"

#include "csv.h"
#include "say.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_LEN = 1 << 20, DIGEST_LEN = 32 };

struct writing {
	struct kf_matrix *m;
	struct kf_render *r;
};

static const char *answer_name(const struct kf_cell *c)
{
	return c->answer == KF_MATRIX_FAULT
		? "fault" : kf_answer_name((enum kf_answer)c->answer);
}

static enum kf_status flush(struct kf_render *r, size_t least,
			    struct kf_fault *why)
{
	return r->out.len < least && !r->out.failed
		? KF_OK : kf_output_flush(&r->out, STDOUT_FILENO, why);
}

/* start writes what all lines about a file begin with. */
static void start(struct kf_json *json, const char *kind,
		  const struct kf_matrix_file *f)
{
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "kind", kind);
	if (f->release)
		kf_json_foreign(json, "release", kf_text(f->release));
	else
		kf_json_text(json, "release", NULL);
	if (f->path[0])
		kf_json_foreign(json, "artifact", kf_text(f->path));
	else
		kf_json_text(json, "artifact", NULL);
	if (f->sha256.len)
		kf_json_hex(json, "sha256", kf_view(f->sha256.bytes,
						    f->sha256.len));
	else
		kf_json_text(json, "sha256", NULL);
}

/* words_json writes the reason in words. */
static void words_json(struct kf_json *json, const struct kf_pair *pair)
{
	struct kf_output words = { 0 };

	kf_words_why(&words, pair);
	kf_json_foreign(json, "why", kf_view(words.data, words.len));
	json->out->failed = json->out->failed || words.failed;
	kf_output_close(&words);
}

static void cell_json(void *self, const struct kf_cell *c,
		      const struct kf_pair *pair)
{
	struct writing *w = self;
	struct kf_json json = { .out = &w->r->out };

	start(&json, "cell", c->file);
	kf_json_text(&json, "format", c->file->format
		     ? c->file->format->name : NULL);
	kf_json_text(&json, "stage", c->rules->verifier->stage);
	kf_json_text(&json, "rules", c->rules->name);
	kf_json_text(&json, "basis", c->rules->judged ? "judged" : "sourced");
	kf_json_text(&json, "verdict", answer_name(c));
	kf_json_text(&json, "outcome", c->outcome);
	kf_json_text(&json, "reason", c->reason ? c->reason->slug : NULL);
	kf_json_text(&json, "rule", c->rule);
	kf_json_yes_no(&json, "enforced", !c->not_enforced);
	kf_json_number(&json, "devices", c->devices);
	kf_json_number(&json, "classes", c->classes);
	kf_json_hex(&json, "class", kf_view(w->m->class[c->sample].digest,
					    DIGEST_LEN));
	if (pair) {
		words_json(&json, pair);
		kf_json_open(&json, "example", '{');
		kf_json_pair(&json, pair);
		kf_json_close(&json);
	} else if (c->answer == KF_MATRIX_FAULT) {
		kf_json_text(&json, "why", kf_status_text(c->fault));
	}
	kf_json_close(&json);
	kf_output_text(&w->r->out, "\n");
}

static enum kf_status stranded_json(void *self, struct kf_bytes name,
				    size_t class, const struct kf_cell *c,
				    struct kf_fault *why)
{
	struct writing *w = self;
	struct kf_json json = { .out = &w->r->out };

	start(&json, "stranded", c->file);
	kf_json_foreign(&json, "device", name);
	kf_json_hex(&json, "class", kf_view(w->m->class[class].digest,
					    DIGEST_LEN));
	kf_json_text(&json, "stage", c->rules->verifier->stage);
	kf_json_text(&json, "rules", c->rules->name);
	kf_json_text(&json, "verdict", answer_name(c));
	kf_json_text(&json, "reason", c->reason ? c->reason->slug : NULL);
	kf_json_text(&json, "rule", c->rule);
	kf_json_close(&json);
	kf_output_text(&w->r->out, "\n");
	return flush(w->r, FLUSH_LEN, why);
}

static void total_json(struct kf_output *out, const struct kf_matrix *m,
		       const struct kf_matrix_release *release)
{
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "kind", "total");
	kf_json_foreign(&json, "release", kf_text(release->name));
	kf_json_number(&json, "devices", m->devices);
	kf_json_number(&json, "classes", m->num_classes);
	kf_json_number(&json, "accept", release->devices[KF_ACCEPT]);
	kf_json_number(&json, "reject", release->devices[KF_REJECT]);
	kf_json_number(&json, "unknown", release->devices[KF_UNDECIDED]);
	kf_json_number(&json, "fault", release->devices[KF_MATRIX_FAULT]);
	kf_json_number(&json, "foreign", release->foreign);
	kf_json_close(&json);
	kf_output_text(out, "\n");
}

/* tell_all hands on all cells, in order. */
static enum kf_status tell_all(struct writing *w, kf_matrix_take *take,
			       bool whole, struct kf_fault *why)
{
	struct kf_matrix *m = w->m;
	enum kf_status status = KF_OK;

	for (size_t n = 0; n < m->num_cells && status == KF_OK; n++) {
		const struct kf_cell *c = &m->cell[m->order[n]];

		if (m->names)
			status = kf_matrix_tell(m, c, take, w, why);
		else
			take(w, c, NULL);
		if (status == KF_OK && !whole)
			status = flush(w->r, FLUSH_LEN, why);
	}
	return status;
}

static enum kf_status write_json(struct kf_matrix *m, struct kf_render *r,
				 bool devices, struct kf_fault *why)
{
	struct writing w = { m, r };
	enum kf_status status = tell_all(&w, cell_json, false, why);

	(void)devices;
	if (status == KF_OK && m->names)
		status = kf_matrix_stranded(m, stranded_json, &w, why);
	for (size_t n = 0; n < m->num_releases; n++)
		total_json(&r->out, m, &m->release[n]);
	return status;
}

const struct kf_matrix_form kf_matrix_json = { "json", write_json };

static void text_field(struct kf_output *out, const char *text)
{
	kf_csv_cell(out, kf_text(text ? text : ""), ",");
}

static void file_fields(struct kf_output *out, const struct kf_cell *c)
{
	text_field(out, c->file->release);
	text_field(out, c->file->path);
	kf_output_hex(out, kf_view(c->file->sha256.bytes,
				   c->file->sha256.len));
	kf_output_text(out, ",");
}

static void answer_fields(struct kf_output *out, const struct kf_cell *c)
{
	text_field(out, c->rules->verifier->stage);
	text_field(out, c->rules->name);
	text_field(out, answer_name(c));
	text_field(out, c->outcome);
	text_field(out, c->reason ? c->reason->slug : NULL);
}

static void cell_csv(void *self, const struct kf_cell *c,
		     const struct kf_pair *pair)
{
	struct writing *w = self;
	struct kf_output *out = &w->r->out, words = { 0 };

	file_fields(out, c);
	answer_fields(out, c);
	text_field(out, c->rule);
	kf_output_print(out, "%" PRIu64 ",%" PRIu64 ",", c->devices,
			c->classes);
	if (pair)
		kf_words_why(&words, pair);
	kf_csv_cell(out, kf_view(words.data, words.len), "\n");
	out->failed = out->failed || words.failed;
	kf_output_close(&words);
}

static enum kf_status stranded_csv(void *self, struct kf_bytes name,
				   size_t class, const struct kf_cell *c,
				   struct kf_fault *why)
{
	struct writing *w = self;
	struct kf_output *out = &w->r->out;

	(void)class;
	kf_csv_cell(out, name, ",");
	file_fields(out, c);
	answer_fields(out, c);
	kf_csv_cell(out, kf_text(c->rule ? c->rule : ""), "\n");
	return flush(w->r, FLUSH_LEN, why);
}

static enum kf_status write_csv(struct kf_matrix *m, struct kf_render *r,
				bool devices, struct kf_fault *why)
{
	static const char answers[] = "release,artifact,sha256,stage,rules,"
				      "verdict,outcome,reason,rule";
	struct writing w = { m, r };

	if (!devices) {
		kf_output_print(&r->out, "%s,devices,classes,why\n", answers);
		return tell_all(&w, cell_csv, false, why);
	}
	kf_output_print(&r->out, "device,%s\n", answers);
	return kf_matrix_stranded(m, stranded_csv, &w, why);
}

const struct kf_matrix_form kf_matrix_csv = { "csv", write_csv };

static void cell_sarif(void *self, const struct kf_cell *c,
		       const struct kf_pair *pair)
{
	struct writing *w = self;
	struct kf_fault why = { "", "" };

	if (pair) {
		kf_form_sarif.pair(w->r, pair);
		return;
	}
	kf_fault_say(&why, NULL, "%s", kf_status_text(c->fault));
	kf_form_sarif.fault(w->r, c->file->path, NULL, NULL, &why);
}

static enum kf_status write_sarif(struct kf_matrix *m, struct kf_render *r,
				  bool devices, struct kf_fault *why)
{
	struct writing w = { m, r };
	enum kf_status status;

	(void)devices;
	kf_form_sarif.begin(r);
	status = tell_all(&w, cell_sarif, true, why);
	kf_form_sarif.end(r);
	return status;
}

const struct kf_matrix_form kf_matrix_sarif = { "sarif", write_sarif };
