/* One SARIF document for all pairs: what build systems show beside code.
 *
 * Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version
 * 2.1.0, sections 3.13 to 3.27.
 */
#include "render.h"

#include <string.h>

static const char schema[] =
	"https://json.schemastore.org/sarif-2.1.0.json";

/* message writes a message object. */
static void message(struct kf_json *json, const char *name,
		    const struct kf_output *words)
{
	kf_json_open(json, name, '{');
	kf_json_foreign(json, "text", kf_view(words->data, words->len));
	kf_json_close(json);
	json->out->failed = json->out->failed || words->failed;
}

/* plain writes a sentence whose places are shown by name. */
static void plain(struct kf_json *json, const char *name, const char *text)
{
	kf_json_open(json, name, '{');
	kf_json_text(json, "text", text);
	kf_json_close(json);
}

static void rules(struct kf_json *json)
{
	const struct kf_reason *reason;

	kf_json_open(json, "rules", '[');
	for (size_t i = 0; (reason = kf_reason_at(i)); i++) {
		kf_json_open(json, NULL, '{');
		kf_json_text(json, "id", reason->slug);
		plain(json, "shortDescription", reason->sentence);
		plain(json, "help", reason->advice);
		kf_json_close(json);
	}
	kf_json_close(json);
}

static void begin(struct kf_render *r)
{
	struct kf_json *json = &r->json;

	json->out = &r->out;
	r->notes.out = &r->later;
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "$schema", schema);
	kf_json_text(json, "version", "2.1.0");
	kf_json_open(json, "runs", '[');
	kf_json_open(json, NULL, '{');
	kf_json_open(json, "tool", '{');
	kf_json_open(json, "driver", '{');
	kf_json_text(json, "name", "keyfit");
	kf_json_text(json, "version", KEYFIT_VERSION);
	rules(json);
	kf_json_close(json);
	kf_json_close(json);
	kf_json_open(json, "results", '[');
}

/* location writes where the finding is: the file. Its name is percent-encoded
 * where a URI cannot hold it. Source: RFC 3986, section 2.3. */
static void location(struct kf_json *json, const char *path)
{
	static const char bare[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-._~/";
	struct kf_output uri = { 0 };

	kf_json_open(json, "locations", '[');
	if (path) {
		if (path[0] == '/')
			kf_output_text(&uri, "file://");
		for (const char *c = path; *c; c++)
			if (strchr(bare, *c))
				kf_output_add(&uri, c, 1);
			else
				kf_output_print(&uri, "%%%02X",
						(unsigned char)*c);
		kf_json_open(json, NULL, '{');
		kf_json_open(json, "physicalLocation", '{');
		kf_json_open(json, "artifactLocation", '{');
		kf_json_foreign(json, "uri", kf_view(uri.data, uri.len));
		kf_json_close(json);
		kf_json_close(json);
		kf_json_close(json);
	}
	kf_json_close(json);
	json->out->failed = json->out->failed || uri.failed;
	kf_output_close(&uri);
}

static void properties(struct kf_json *json, const struct kf_pair *pair,
		       const char *rule)
{
	const struct kf_verdict *v = pair->verdict;

	kf_json_open(json, "properties", '{');
	kf_json_text(json, "device", pair->device->name);
	kf_json_text(json, "stage", pair->verifier->stage);
	kf_json_text(json, "rules", pair->verifier->rules->name);
	kf_json_text(json, "rule", rule);
	kf_json_text(json, "verdict", kf_answer_name(v->answer));
	kf_json_text(json, "outcome", v->outcome);
	if (pair->sha256.len)
		kf_json_hex(json, "sha256", kf_view(pair->sha256.bytes,
						    pair->sha256.len));
	kf_json_close(json);
}

/* result writes one result. `reason` NULL: the file fits. */
static void result(struct kf_json *json, const struct kf_pair *pair,
		   const struct kf_finding *finding, const char *kind,
		   const char *level, const struct kf_output *words)
{
	kf_json_open(json, NULL, '{');
	if (finding->reason)
		kf_json_text(json, "ruleId", finding->reason->slug);
	kf_json_text(json, "kind", kind);
	kf_json_text(json, "level", level);
	message(json, "message", words);
	location(json, pair->path);
	properties(json, pair, finding->rule);
	kf_json_close(json);
}

/* on_device starts a message: SARIF shows the file beside it. */
static void on_device(struct kf_output *words, const struct kf_pair *pair,
		      const char *answer)
{
	kf_output_print(words, "%s on %s (%s)", answer, pair->device->name,
			pair->verifier->rules->name);
}

static void add_remedies(struct kf_output *words, const struct kf_pair *pair)
{
	for (size_t i = 0; i < pair->num_remedies; i++) {
		kf_output_text(words, i ? "; or: " : ". Remedy: ");
		kf_words_remedy(words, &pair->remedy[i], pair);
		for (size_t n = 0; pair->harms && n < pair->harms[i].num;
		     n++) {
			kf_output_text(words, "; ");
			kf_words_harm(words, &pair->harms[i].harm[n]);
		}
	}
}

static void pair(struct kf_render *r, const struct kf_pair *pair)
{
	static const struct {
		const char *word, *kind, *level;
	} answers[] = {
		[KF_UNDECIDED] = { "Cannot be decided", "open", "none" },
		[KF_ACCEPT] = { "Accepted", "pass", "none" },
		[KF_REJECT] = { "Refused", "fail", "error" },
	};
	const struct kf_verdict *v = pair->verdict;
	struct kf_output words = { 0 };

	on_device(&words, pair, answers[v->answer].word);
	if (v->why.reason)
		kf_output_text(&words, ": ");
	kf_words_why(&words, pair);
	add_remedies(&words, pair);
	result(&r->json, pair, &v->why, answers[v->answer].kind,
	       answers[v->answer].level, &words);
	for (size_t i = 0; i < v->num_warnings; i++) {
		words.len = 0;
		on_device(&words, pair, "Warning");
		kf_output_text(&words, ": ");
		kf_words_finding(&words, &v->warning[i], pair->env);
		result(&r->json, pair, &v->warning[i], "fail", "warning",
		       &words);
	}
	kf_output_close(&words);
}

static void fault(struct kf_render *r, const char *path,
		  const struct kf_device *device,
		  const struct kf_device_verifier *verifier,
		  const struct kf_fault *fault)
{
	struct kf_output words = { 0 };

	if (path)
		kf_output_print(&words, "%s: ", path);
	kf_output_text(&words, fault->what);
	kf_json_open(&r->notes, NULL, '{');
	kf_json_text(&r->notes, "level", "error");
	message(&r->notes, "message", &words);
	location(&r->notes, path);
	kf_json_close(&r->notes);
	kf_output_close(&words);
	r->errors++;
}

static void end(struct kf_render *r)
{
	struct kf_json *json = &r->json;

	kf_json_close(json);
	kf_json_open(json, "invocations", '[');
	kf_json_open(json, NULL, '{');
	kf_json_yes_no(json, "executionSuccessful", r->errors == 0);
	kf_json_open(json, "toolExecutionNotifications", '[');
	kf_output_add(&r->out, r->later.data, r->later.len);
	kf_json_close(json);
	kf_json_close(json);
	kf_json_close(json);
	while (json->depth)
		kf_json_close(json);
	kf_output_text(&r->out, "\n");
	r->out.failed = r->out.failed || r->later.failed;
}

const struct kf_form kf_form_sarif = {
	.name = "sarif",
	.whole = true,
	.begin = begin,
	.pair = pair,
	.fault = fault,
	.end = end,
};
