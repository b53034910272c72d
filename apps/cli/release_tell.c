/* Tells of a release: whose it is, what is in it, what is wrong with it.
 */
#include "release.h"

#include "say.h"

#include "host/json_write.h"

#include <inttypes.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* status_of: what could not be done, then what is wrong, then what is not
 * known. */
static int status_of(const struct kf_releasing *q)
{
	return q->fault ? KF_EXIT_FAULT : q->refused ? KF_EXIT_NOT :
	       q->unknown ? KF_EXIT_UNKNOWN : KF_EXIT_FITS;
}

static void findings_json(struct kf_json *json, const struct kf_releasing *q)
{
	kf_json_open(json, "findings", '[');
	for (size_t i = 0; i < q->num_findings; i++) {
		const struct kf_told_finding *f = &q->finding[i];

		kf_json_open(json, NULL, '{');
		kf_json_text(json, "finding", kf_release_slug(f->finding));
		kf_json_foreign(json, "path", kf_text(f->path));
		if (f->more)
			kf_json_foreign(json, "what", kf_text(f->more));
		kf_json_close(json);
	}
	kf_json_close(json);
}

/* asked_json tells who takes it, as asked now. */
static void asked_json(struct kf_json *json, const struct kf_releasing *q)
{
	kf_json_open(json, "asked", '[');
	for (size_t i = 0; i < q->release.num_fits; i++) {
		const struct kf_release_fit *f = &q->release.fit[i];
		bool any = false;

		for (size_t k = 0; k < q->release.num; k++)
			any |= f->asked[k];
		kf_json_open(json, NULL, '{');
		kf_json_hex(json, "class", kf_view(f->class.bytes,
						   f->class.len));
		kf_json_number(json, "devices", f->devices);
		if (f->num_names)
			kf_json_foreign(json, "name", kf_text(f->name[0]));
		kf_json_text(json, "verdict", f->refused ? "reject" :
			     f->unknown || !any ? "unknown" : "accept");
		kf_json_yes_no(json, "enforced", !f->not_enforced);
		if (q->told.root)
			kf_json_yes_no(json, "in_manifest",
				       kf_manifest_fit(&q->told, &f->class));
		kf_json_close(json);
	}
	kf_json_close(json);
}

static void manifest_json(struct kf_json *json, const struct kf_manifest *m)
{
	kf_json_foreign(json, "product", kf_text(m->product));
	kf_json_foreign(json, "version", kf_text(m->version));
	if (m->has_counter)
		kf_json_number(json, "security_counter", m->counter);
	kf_json_foreign(json, "made", kf_text(m->made));
	kf_json_number(json, "artifacts", json_array_size(m->artifacts));
	kf_json_number(json, "signers", json_array_size(m->signers));
	kf_json_number(json, "fits", json_array_size(m->fits));
}

static void tell_json(struct kf_releasing *q, const char *word,
		      const struct kf_manifest *m, bool good)
{
	struct kf_json json = { .out = &q->out };

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "word", word);
	kf_json_foreign(&json, "folder", kf_text(q->folder));
	/* What is shown alone is nobody's word. */
	if (strcmp(word, "show") != 0)
		kf_json_yes_no(&json, "good", good);
	if (m)
		manifest_json(&json, m);
	findings_json(&json, q);
	asked_json(&json, q);
	kf_json_close(&json);
	kf_output_text(&q->out, "\n");
}

static void artifact_text(struct kf_output *out, const json_t *one)
{
	static const char *const members[] = { "format", "version" };
	const json_t *counter = json_object_get(one, "security_counter");
	size_t signers = json_array_size(json_object_get(one, "signers"));

	kf_output_text(out, "  artifact  ");
	kf_output_shown(out, kf_text(text_of(one, "path")));
	for (size_t i = 0; i < 2; i++) {
		if (!text_of(one, members[i])[0])
			continue;
		kf_output_text(out, ", ");
		kf_output_shown(out, kf_text(text_of(one, members[i])));
	}
	if (counter)
		kf_output_print(out, ", counter %" JSON_INTEGER_FORMAT,
				json_integer_value(counter));
	if (signers)
		kf_output_print(out, ", %zu signer%s", signers,
				signers == 1 ? "" : "s");
	kf_output_text(out, "\n            sha256 ");
	kf_output_shown(out, kf_text(text_of(one, "sha256")));
	kf_output_text(out, "\n");
}

static void fit_text(struct kf_output *out, const json_t *one)
{
	const json_t *names = json_object_get(one, "names");
	const json_t *number = json_object_get(one, "devices");
	json_t *name;
	size_t i;

	kf_output_text(out, "  fits      ");
	json_array_foreach(names, i, name) {
		kf_output_text(out, i ? ", " : "");
		kf_output_shown(out, kf_text(json_string_value(name)
					     ? json_string_value(name) : ""));
	}
	kf_output_print(out, " (%" JSON_INTEGER_FORMAT " of class %.12s)%s\n",
			json_integer_value(number), text_of(one, "class"),
			json_is_true(json_object_get(one, "enforced"))
			? "" : ", where it is not enforced");
}

static void manifest_text(struct kf_output *out, const struct kf_manifest *m)
{
	for (size_t i = 0; i < json_array_size(m->artifacts); i++)
		artifact_text(out, json_array_get(m->artifacts, i));
	for (size_t i = 0; i < json_array_size(m->fits); i++)
		fit_text(out, json_array_get(m->fits, i));
	if (json_array_size(m->fits) == 0)
		kf_output_text(out, "  fits      no device was asked\n");
	kf_output_print(out, "  made      %s\n", m->made);
}

static void head_text(struct kf_releasing *q, const char *word,
		      const struct kf_manifest *m, bool good)
{
	struct kf_output *out = &q->out;

	kf_output_text(out, strcmp(word, "show") == 0 ? "NOT VERIFIED  "
		       : good ? "GOOD  " : "BAD  ");
	kf_output_shown(out, kf_text(q->folder));
	if (m) {
		kf_output_text(out, "  ");
		kf_output_shown(out, kf_text(m->product));
		kf_output_text(out, " ");
		kf_output_shown(out, kf_text(m->version));
	}
	if (m && m->has_counter)
		kf_output_print(out, ", counter %" PRIu64, m->counter);
	kf_output_text(out, "\n");
}

static void findings_text(struct kf_releasing *q)
{
	struct kf_output *out = &q->out;

	for (size_t i = 0; i < q->num_findings; i++) {
		const struct kf_told_finding *f = &q->finding[i];

		kf_output_print(out, "  %-17s ", kf_release_slug(f->finding));
		kf_output_shown(out, kf_text(f->path));
		kf_output_print(out, " %s", kf_release_words(f->finding));
		if (f->more) {
			kf_output_text(out, ": ");
			kf_output_shown(out, kf_text(f->more));
		}
		kf_output_text(out, "\n");
	}
}

/* asked_text tells of whom the manifest says nothing. */
static void asked_text(struct kf_releasing *q)
{
	for (size_t i = 0; q->told.root && i < q->release.num_fits; i++) {
		const struct kf_release_fit *f = &q->release.fit[i];

		if (kf_manifest_fit(&q->told, &f->class))
			continue;
		kf_output_text(&q->out, "  asked     ");
		kf_output_shown(&q->out, kf_text(f->num_names ? f->name[0]
							      : "a class"));
		kf_output_text(&q->out, ", of which the manifest says nothing\n");
	}
}

int kf_release_tell(struct kf_releasing *q, const char *word,
		    const struct kf_manifest *m)
{
	int status = status_of(q), put;
	bool good = status == KF_EXIT_FITS;

	if (status == KF_EXIT_FAULT)
		kf_say(q->folder, "could not be looked at as a whole", NULL);
	if (q->as_json) {
		tell_json(q, word, m, good);
	} else {
		head_text(q, word, m, good);
		findings_text(q);
		if (m)
			manifest_text(&q->out, m);
		asked_text(q);
	}
	put = kf_put_answer(&q->out);
	return put == KF_EXIT_FITS ? status : put;
}
