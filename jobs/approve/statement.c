/* Requests and approvals as in-toto Statements.
 *
 * Source: in-toto/attestation, spec/v1/statement.md, tag v1.1.0.
 */
#include "statement.h"

#include "host/reading.h"

#include <string.h>
#include <sys/random.h>

bool kf_nonce(struct kf_hash *out)
{
	return getrandom(out->bytes, sizeof(out->bytes), 0) ==
	       (ssize_t)sizeof(out->bytes);
}

/* changes are what an update does to a variable. */
static const char *const changes[] = { "replace", "append", NULL };

static void put_hash(struct kf_json *json, const char *name,
		     const struct kf_hash *hash)
{
	kf_json_hex(json, name, kf_hash_view(hash));
}

void kf_statement_start(struct kf_json *json, const char *kind,
			const char *name, const struct kf_hash *of,
			const struct kf_of_artifact *payload)
{
	char digest[40] = KF_PAYLOAD_DIGEST;

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "_type", KF_STATEMENT_TYPE);
	kf_json_open(json, "subject", '[');
	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "name", kf_text(name));
	kf_json_open(json, "digest", '{');
	put_hash(json, "sha256", of);
	if (payload && payload->kind != KF_PAYLOAD_FILE) {
		strncat(digest, kf_payload_names[payload->kind], 20);
		put_hash(json, digest, &payload->sha256);
	}
	kf_json_close(json);
	kf_json_close(json);
	kf_json_close(json);
	kf_json_text(json, "predicateType", kind);
	kf_json_open(json, "predicate", '{');
}

enum kf_status kf_statement_finish(struct kf_sealed *out, struct kf_json *json,
				   struct kf_env *env)
{
	struct kf_output *text = json->out;
	bool kept;

	kf_json_close(json);
	kf_json_close(json);
	memset(out, 0, sizeof(*out));
	out->dsse.type = kf_text(KF_STATEMENT_PAYLOAD);
	kept = !text->failed &&
	       kf_arena_keep(env->arena, &out->dsse.payload,
			     kf_view(text->data, text->len));
	kf_output_close(text);
	if (!kept)
		return KF_NO_MEMORY;
	return kf_hash_of(&out->sha256, out->dsse.payload, env->crypto);
}

enum kf_status kf_request_write(struct kf_sealed *out,
				const struct kf_request *r,
				struct kf_env *env)
{
	struct kf_output text = { 0 };
	struct kf_json json = { .out = &text };

	kf_statement_start(&json, KF_KIND_REQUEST, r->artifact_name,
			   &r->artifact, NULL);
	kf_json_text(&json, "action", kf_action_names[r->action]);
	kf_json_number(&json, "artifact_len", r->artifact_len);
	kf_json_text(&json, "environment",
		     kf_environment_names[r->environment]);
	put_hash(&json, "key_spki_sha256", &r->key);
	if (r->action == KF_ACTION_SIGN) {
		kf_json_foreign(&json, "format", kf_text(r->format));
		kf_json_foreign(&json, "product", kf_text(r->product));
		kf_json_foreign(&json, "version", kf_text(r->version));
		kf_json_number(&json, "counter", r->counter);
		kf_json_text(&json, "payload_kind",
			     kf_payload_names[r->payload.kind]);
		put_hash(&json, "payload_sha256", &r->payload.sha256);
	}
	if (r->variable) {
		kf_json_foreign(&json, "variable", kf_text(r->variable));
		kf_json_text(&json, "change", changes[r->append]);
		kf_json_time(&json, "timestamp", r->at_s);
	}
	kf_json_foreign(&json, "requester", kf_text(r->requester));
	put_hash(&json, "policy_sha256", &r->policy);
	put_hash(&json, "nonce", &r->nonce);
	kf_json_time(&json, "expires", r->expires_s);
	return kf_statement_finish(out, &json, env);
}

enum kf_status kf_approval_write(struct kf_sealed *out,
				 const struct kf_approval *a,
				 struct kf_env *env)
{
	struct kf_output text = { 0 };
	struct kf_json json = { .out = &text };

	kf_statement_start(&json, KF_KIND_APPROVAL, "request", &a->request,
			   NULL);
	kf_json_text(&json, "decision", a->denies ? "deny" : "approve");
	put_hash(&json, "policy_sha256", &a->policy);
	put_hash(&json, "nonce", &a->nonce);
	kf_json_time(&json, "expires", a->expires_s);
	return kf_statement_finish(out, &json, env);
}

/* predicate checks what stands around it; NULL: it is another thing. */
static const struct kf_config *predicate(struct kf_reading *r,
					 struct kf_bytes payload,
					 const char *kind, struct kf_hash *of,
					 const char **name)
{
	static const char *const top[] = { "_type", "subject", "predicateType",
					   "predicate", NULL };
	static const char *const subject[] = { "name", "digest", NULL };
	static const char *const digest[] = { "sha256", NULL };
	const struct kf_config *root = kf_reading_start(r, payload);
	const struct kf_config *list, *group;

	kf_reading_names(r, root, top);
	if (!kf_same(kf_reading_text(r, root, "_type", KF_NEEDED),
		     KF_STATEMENT_TYPE) ||
	    !kf_same(kf_reading_text(r, root, "predicateType", KF_NEEDED),
		     kind)) {
		kf_reading_wrong(r, NULL, "is another statement");
		return NULL;
	}
	list = kf_reading_list(r, root, "subject", KF_NEEDED, 1);
	if (!list || !list->first || list->first->type != KF_CONFIG_GROUP) {
		kf_reading_wrong(r, "subject", "is not one");
		return NULL;
	}
	kf_reading_names(r, list->first, subject);
	*name = kf_reading_text(r, list->first, "name", KF_NEEDED);
	group = kf_reading_group(r, list->first, "digest", KF_NEEDED);
	kf_reading_names(r, group, digest);
	kf_reading_hash(r, of, group, "sha256", KF_NEEDED);
	return kf_reading_group(r, root, "predicate", KF_NEEDED);
}

static void read_request(struct kf_reading *r, struct kf_request *out,
			 const struct kf_config *p)
{
	static const char *const of_sign[] = {
		"action", "artifact_len", "environment", "key_spki_sha256",
		"requester", "policy_sha256", "nonce", "expires", "format",
		"product", "version", "counter", "payload_kind",
		"payload_sha256", NULL,
	};
	static const char *const of_update[] = {
		"action", "artifact_len", "environment", "key_spki_sha256",
		"requester", "policy_sha256", "nonce", "expires", "format",
		"product", "version", "counter", "payload_kind",
		"payload_sha256", "variable", "change", "timestamp", NULL,
	};
	static const char *const of_stop[] = {
		"action", "artifact_len", "environment", "key_spki_sha256",
		"requester", "policy_sha256", "nonce", "expires", NULL,
	};

	out->action = (enum kf_action)kf_reading_word(r, p, "action",
						      kf_action_names);
	if (out->action == KF_ACTION_NONE)
		kf_reading_wrong(r, "action", "is none of sign, halt, revoke");
	if (out->action == KF_ACTION_SIGN)
		out->variable = kf_reading_text(r, p, "variable", KF_MAYBE);
	if (out->variable) {
		out->append = kf_reading_word(r, p, "change", changes) == 1;
		out->at_s = kf_reading_time(r, p, "timestamp", KF_NEEDED);
	}
	kf_reading_names(r, p, out->action != KF_ACTION_SIGN ? of_stop :
			       out->variable ? of_update : of_sign);
	out->artifact_len = kf_reading_number(r, p, "artifact_len", KF_NEEDED,
					      INT64_MAX);
	out->environment = (enum kf_environment)kf_reading_word(
		r, p, "environment", kf_environment_names);
	kf_reading_hash(r, &out->key, p, "key_spki_sha256", KF_NEEDED);
	kf_reading_hash(r, &out->policy, p, "policy_sha256", KF_NEEDED);
	kf_reading_hash(r, &out->nonce, p, "nonce", KF_NEEDED);
	out->requester = kf_reading_text(r, p, "requester", KF_NEEDED);
	out->expires_s = kf_reading_time(r, p, "expires", KF_NEEDED);
	if (out->action != KF_ACTION_SIGN)
		return;
	out->format = kf_reading_text(r, p, "format", KF_NEEDED);
	out->product = kf_reading_text(r, p, "product", KF_NEEDED);
	out->version = kf_reading_text(r, p, "version", KF_NEEDED);
	out->counter = kf_reading_number(r, p, "counter", KF_NEEDED,
					 INT64_MAX);
	out->payload.kind = (enum kf_payload_kind)kf_reading_word(
		r, p, "payload_kind", kf_payload_names);
	kf_reading_hash(r, &out->payload.sha256, p, "payload_sha256",
			KF_NEEDED);
}

enum kf_status kf_request_read(struct kf_request *out,
			       const struct kf_sealed *sealed,
			       struct kf_env *env, struct kf_fault *why)
{
	struct kf_reading r = { env, "the request", KF_OK, why };
	const struct kf_config *p;

	memset(out, 0, sizeof(*out));
	out->signer = KF_NOBODY;
	out->sha256 = sealed->sha256;
	p = predicate(&r, sealed->dsse.payload, KF_KIND_REQUEST,
		      &out->artifact, &out->artifact_name);
	if (p)
		read_request(&r, out, p);
	return r.status;
}

enum kf_status kf_approval_read(struct kf_approval *out,
				const struct kf_sealed *sealed,
				struct kf_env *env, struct kf_fault *why)
{
	static const char *const names[] = { "decision", "policy_sha256",
					     "nonce", "expires", NULL };
	static const char *const decisions[] = { "approve", "deny", NULL };
	struct kf_reading r = { env, "the approval", KF_OK, why };
	const struct kf_config *p;
	const char *name = NULL;

	memset(out, 0, sizeof(*out));
	out->signer = KF_NOBODY;
	out->sha256 = sealed->sha256;
	p = predicate(&r, sealed->dsse.payload, KF_KIND_APPROVAL,
		      &out->request, &name);
	if (!p)
		return r.status;
	kf_reading_names(&r, p, names);
	out->denies = kf_reading_word(&r, p, "decision", decisions) == 1;
	kf_reading_hash(&r, &out->policy, p, "policy_sha256", KF_NEEDED);
	kf_reading_hash(&r, &out->nonce, p, "nonce", KF_NEEDED);
	out->expires_s = kf_reading_time(&r, p, "expires", KF_NEEDED);
	return r.status;
}
