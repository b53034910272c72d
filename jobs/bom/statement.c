/* A bill in an in-toto Statement: about these files, by their digests.
 *
 * Source: in-toto/attestation, spec/v1/statement.md,
 * spec/predicates/cyclonedx.md, commit 0d449a55.
 */
#include "bom.h"

#include "core/dsse.h"
#include "host/json_read.h"

#include <stdlib.h>
#include <string.h>

static const char predicate_type[] = "https://cyclonedx.org/bom";

enum kf_status kf_bom_statement(struct kf_output *out,
				const struct kf_bill *b, struct kf_bytes bom,
				struct kf_fault *why)
{
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "_type", KF_STATEMENT_TYPE);
	kf_json_open(&json, "subject", '[');
	for (size_t i = 0; i < b->num_subjects; i++) {
		const struct kf_bill_subject *s = &b->subject[i];

		if (!s->sha256.len) {
			kf_fault_say(why, "a statement is about files alone",
				     "%s has no digest to make a statement about",
				     s->name);
			return KF_WRONG_USE;
		}
		kf_json_open(&json, NULL, '{');
		kf_json_foreign(&json, "name", kf_text(s->name));
		kf_json_open(&json, "digest", '{');
		kf_json_hex(&json, "sha256", kf_view(s->sha256.bytes,
						     s->sha256.len));
		kf_json_close(&json);
		kf_json_close(&json);
	}
	kf_json_close(&json);
	kf_json_text(&json, "predicateType", predicate_type);
	/* The bill is JSON already, and one line. */
	kf_output_text(out, ",\"predicate\":");
	kf_output_add(out, (const char *)bom.data,
		      bom.len && bom.data[bom.len - 1] == '\n' ? bom.len - 1
							       : bom.len);
	kf_json_close(&json);
	kf_output_text(out, "\n");
	return out->failed ? KF_NO_MEMORY : KF_OK;
}

/* is_bill: the type, or the type with a version of CycloneDX behind it. */
static bool is_bill(const char *type)
{
	size_t len = sizeof(predicate_type) - 1;

	return strncmp(type, predicate_type, len) == 0 &&
	       (!type[len] || strncmp(type + len, "/v1.", 4) == 0);
}

/* take finds the bill in a Statement; NULL: it is none. */
static json_t *take(json_t *root, bool *statement, struct kf_fault *why)
{
	const struct kf_bom_from from = { .why = why,
					  .where = "the statement" };
	const char *type = json_string_value(json_object_get(root, "_type"));
	const char *predicate;
	const json_t *bom;

	*statement = type != NULL;
	if (!type)
		return NULL;
	if (strcmp(type, KF_STATEMENT_TYPE) != 0) {
		kf_fault_say(why, NULL, "it is no in-toto Statement v1");
		return NULL;
	}
	if (!kf_bom_text(&predicate, root, "predicateType", &from) ||
	    !kf_bom_object(&bom, root, "predicate", &from))
		return NULL;
	if (!predicate || !bom || !is_bill(predicate)) {
		kf_fault_say(why, NULL, "the statement holds no CycloneDX bill");
		return NULL;
	}
	return json_object_get(root, "predicate");
}

enum kf_status kf_bom_unwrap(struct kf_bytes *out, void **memory,
			     struct kf_bytes file, struct kf_fault *why)
{
	bool lost = false, statement = false;
	json_error_t error;
	json_t *root, *bom;
	char *text = NULL;

	*out = file;
	*memory = NULL;
	if (file.len > KF_BOM_LEN_MAX || kf_bom_too_deep(file))
		return KF_OK;	/* reading it says so */
	root = kf_json_read(file, &error, &lost);
	if (lost)
		return KF_NO_MEMORY;
	bom = take(root, &statement, why);
	if (bom)
		text = json_dumps(bom, JSON_COMPACT);
	lost = bom && !text;
	if (text) {
		*out = kf_text(text);
		*memory = text;
	}
	json_decref(root);
	if (lost)
		return KF_NO_MEMORY;
	return statement && !bom ? KF_WRONG_USE : KF_OK;
}
