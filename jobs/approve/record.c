/* Records of the audit log, written and read strictly.
 */
#include "record.h"

#include "host/json_write.h"
#include "host/reading.h"

#include <string.h>

const char *const kf_record_names[] = { "none", "policy", "intent", "result",
					"refusal", NULL };

static void put_intent(struct kf_json *json, const struct kf_record *r)
{
	kf_json_foreign(json, "request", r->request);
	kf_json_open(json, "approvals", '[');
	for (size_t i = 0; i < r->num_approvals; i++)
		kf_json_foreign(json, NULL, r->approval[i]);
	kf_json_close(json);
	kf_json_open(json, "rebuilds", '[');
	for (size_t i = 0; i < r->num_rebuilds; i++)
		kf_json_foreign(json, NULL, r->rebuild[i]);
	kf_json_close(json);
}

static void put_result(struct kf_json *json, const struct kf_record *r)
{
	static const struct kf_hash none;

	kf_json_number(json, "intent", r->intent);
	kf_json_text(json, "outcome", r->done ? "done" : "failed");
	if (r->reason)
		kf_json_foreign(json, "reason", kf_text(r->reason));
	if (!kf_hash_same(&r->made, &none))
		kf_json_hex(json, "made_sha256", kf_hash_view(&r->made));
}

enum kf_status kf_record_write(struct kf_output *out,
			       const struct kf_record *r,
			       struct kf_fault *why)
{
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_number(&json, "keyfit_audit", 1);
	kf_json_number(&json, "seq", r->seq);
	kf_json_time(&json, "time", r->time_s);
	kf_json_text(&json, "kind", kf_record_names[r->kind]);
	kf_json_foreign(&json, "by", kf_text(r->by));
	if (r->kind == KF_RECORD_POLICY)
		kf_json_foreign(&json, "policy", r->policy);
	if (r->kind == KF_RECORD_INTENT)
		put_intent(&json, r);
	if (r->kind == KF_RECORD_RESULT)
		put_result(&json, r);
	if (r->kind == KF_RECORD_REFUSAL) {
		kf_json_hex(&json, "request_sha256",
			    kf_hash_view(&r->refused));
		kf_json_text(&json, "ruling", r->ruling);
	}
	kf_json_close(&json);
	if (out->failed) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	if (out->len <= KF_TLOG_ENTRY_MAX)
		return KF_OK;
	kf_fault_say(why, "hand in those approvals and rebuilds alone that it takes",
		     "the record would be larger than an entry of a log can be");
	return KF_WRONG_USE;
}

static const char *const of_policy[] = { "keyfit_audit", "seq", "time", "kind",
					 "by", "policy", NULL };
static const char *const of_intent[] = { "keyfit_audit", "seq", "time", "kind",
					 "by", "request", "approvals",
					 "rebuilds", NULL };
static const char *const of_result[] = { "keyfit_audit", "seq", "time", "kind",
					 "by", "intent", "outcome", "reason",
					 "made_sha256", NULL };
static const char *const of_refusal[] = { "keyfit_audit", "seq", "time",
					  "kind", "by", "request_sha256",
					  "ruling", NULL };

static void read_intent(struct kf_reading *r, struct kf_record *out,
			const struct kf_config *root)
{
	const struct kf_config *list;

	out->request = kf_reading_long(r, root, "request");
	list = kf_reading_list(r, root, "approvals", KF_NEEDED,
			       KF_APPROVALS_MAX);
	for (const struct kf_config *c = list ? list->first : NULL;
	     c && r->status == KF_OK; c = c->next)
		out->approval[out->num_approvals++] =
			kf_text(kf_reading_item(r, c, "approvals"));
	list = kf_reading_list(r, root, "rebuilds", KF_NEEDED,
			       KF_REBUILDS_MAX);
	for (const struct kf_config *c = list ? list->first : NULL;
	     c && r->status == KF_OK; c = c->next)
		out->rebuild[out->num_rebuilds++] =
			kf_text(kf_reading_item(r, c, "rebuilds"));
}

static void read_result(struct kf_reading *r, struct kf_record *out,
			const struct kf_config *root)
{
	static const char *const outcomes[] = { "failed", "done", NULL };

	out->intent = kf_reading_number(r, root, "intent", KF_NEEDED,
					INT64_MAX);
	out->done = kf_reading_word(r, root, "outcome", outcomes) == 1;
	out->reason = kf_reading_text(r, root, "reason", KF_MAYBE);
	kf_reading_hash(r, &out->made, root, "made_sha256", KF_MAYBE);
}

enum kf_status kf_record_read(struct kf_record *out, struct kf_bytes entry,
			      struct kf_env *env, struct kf_fault *why)
{
	static const char *const *const names[] = {
		NULL, of_policy, of_intent, of_result, of_refusal,
	};
	struct kf_reading r = { env, "the record", KF_OK, why };
	const struct kf_config *root = kf_reading_start(&r, entry);

	memset(out, 0, sizeof(*out));
	if (!root)
		return r.status;
	if (kf_reading_number(&r, root, "keyfit_audit", KF_NEEDED, 1) != 1)
		kf_reading_wrong(&r, "keyfit_audit", "is not 1");
	out->kind = (enum kf_record_kind)kf_reading_word(&r, root, "kind",
							 kf_record_names);
	if (out->kind == KF_RECORD_NONE)
		kf_reading_wrong(&r, "kind", "is none");
	else
		kf_reading_names(&r, root, names[out->kind]);
	out->seq = kf_reading_number(&r, root, "seq", KF_NEEDED, INT64_MAX);
	out->time_s = kf_reading_time(&r, root, "time", KF_NEEDED);
	out->by = kf_reading_text(&r, root, "by", KF_NEEDED);
	if (out->kind == KF_RECORD_POLICY)
		out->policy = kf_reading_long(&r, root, "policy");
	if (out->kind == KF_RECORD_INTENT)
		read_intent(&r, out, root);
	if (out->kind == KF_RECORD_RESULT)
		read_result(&r, out, root);
	if (out->kind == KF_RECORD_REFUSAL) {
		kf_reading_hash(&r, &out->refused, root, "request_sha256",
				KF_NEEDED);
		out->ruling = kf_reading_text(&r, root, "ruling", KF_NEEDED);
	}
	return r.status;
}
