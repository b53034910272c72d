/* One object a line and pair. Keys are never renamed, and stand in the order
 * of docs/schema/verdict.schema.json.
 */
#include "render.h"

#include <string.h>

/* certificate_name writes a certificate's name as a string. */
static void certificate_name(struct kf_json *json, const char *name,
			     struct kf_bytes der, const struct kf_env *env)
{
	struct kf_output text = { 0 };

	kf_words_certificate(&text, der, env);
	kf_json_foreign(json, name, kf_view(text.data, text.len));
	json->out->failed = json->out->failed || text.failed;
	kf_output_close(&text);
}

/* certificate_facts writes the members of an object about a certificate. */
static void certificate_facts(struct kf_json *json, struct kf_bytes der,
			      const struct kf_env *env)
{
	struct kf_arena lent;
	struct kf_certificate c;

	certificate_name(json, "name", der, env);
	if (!kf_words_read(&c, &lent, der, env, json->out))
		return;
	kf_json_text(json, "subject", c.subject);
	kf_json_text(json, "issuer", c.issuer);
	kf_json_text(json, "key", c.key);
	kf_json_time(json, "not_after", c.not_after_s);
	kf_json_hex(json, "sha256", kf_view(c.sha256.bytes, c.sha256.len));
}

static void place(struct kf_json *json, const struct kf_evidence *e)
{
	kf_json_number(json, "at", e->at);
	kf_json_number(json, "length", e->len);
}

static void moment(struct kf_json *json, const char *name,
		   const struct kf_evidence *e)
{
	struct kf_output text = { 0 };

	if (!e->when.year) {
		kf_json_time(json, name, (int64_t)e->value);
		return;
	}
	kf_words_moment(&text, &e->when);
	kf_json_foreign(json, name, kf_view(text.data, text.len));
	json->out->failed = json->out->failed || text.failed;
	kf_output_close(&text);
}

static void store_entry(struct kf_json *json, const struct kf_evidence *e,
			const struct kf_pair *pair)
{
	const struct kf_part *part = kf_store_part(&pair->verifier->store,
						   e->name);
	struct kf_certificate unused;
	struct kf_arena lent;

	kf_json_text(json, "part", e->name);
	kf_json_number(json, "list", e->list);
	kf_json_number(json, "entry", e->entry);
	place(json, e);
	if (part && part->from)
		kf_json_text(json, "from", part->from);
	if (kf_words_read(&unused, &lent, e->bytes, pair->env, json->out)) {
		kf_json_open(json, "certificate", '{');
		certificate_facts(json, e->bytes, pair->env);
		kf_json_close(json);
	} else {
		kf_json_hex(json, "digest", e->bytes);
	}
	if (e->when.year)
		moment(json, "revoked_at", e);
}

static void field(struct kf_json *json, const struct kf_evidence *e)
{
	kf_json_text(json, "name", e->name);
	place(json, e);
	if (e->has_value)
		kf_json_number(json, "value", e->value);
	if (e->has_bound)
		kf_json_number(json, "bound", e->bound);
}

static const char *const evidence_kinds[] = {
	[KF_EV_FIELD] = "field",
	[KF_EV_SIGNATURE] = "signature",
	[KF_EV_CERTIFICATE] = "certificate",
	[KF_EV_DIGEST] = "digest",
	[KF_EV_STORE_ENTRY] = "store-entry",
	[KF_EV_STORE_PART] = "store-part",
	[KF_EV_SETTING] = "setting",
	[KF_EV_MOMENT] = "moment",
	[KF_EV_TEXT] = "text",
};

static void evidence(struct kf_json *json, const struct kf_evidence *e,
		     const struct kf_pair *pair)
{
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "kind", evidence_kinds[e->kind]);
	switch (e->kind) {
	case KF_EV_FIELD:
		field(json, e);
		break;
	case KF_EV_SIGNATURE:
		kf_json_number(json, "number", e->signature);
		place(json, e);
		break;
	case KF_EV_CERTIFICATE:
		kf_json_text(json, "role", e->name);
		certificate_facts(json, e->bytes, pair->env);
		break;
	case KF_EV_DIGEST:
		kf_json_text(json, "name", e->name);
		kf_json_hex(json, "value", e->bytes);
		break;
	case KF_EV_STORE_ENTRY:
		store_entry(json, e, pair);
		break;
	case KF_EV_STORE_PART:
		kf_json_text(json, "part", e->name);
		place(json, e);
		break;
	case KF_EV_SETTING:
		kf_json_text(json, "name", e->name);
		kf_json_text(json, "value", e->text);
		break;
	case KF_EV_MOMENT:
		kf_json_text(json, "name", e->name);
		moment(json, "time", e);
		break;
	case KF_EV_TEXT:
		kf_json_text(json, "text", e->text);
		break;
	}
	kf_json_close(json);
}

void kf_json_finding(struct kf_json *json, const struct kf_finding *finding,
		     const struct kf_pair *pair)
{
	kf_json_text(json, "reason",
		     finding->reason ? finding->reason->slug : NULL);
	kf_json_text(json, "rule", finding->rule);
	kf_json_open(json, "evidence", '[');
	for (size_t i = 0; i < finding->num_evidence; i++)
		evidence(json, &finding->evidence[i], pair);
	kf_json_close(json);
}

/* harms_json: the other devices that refuse what a remedy makes. */
static void harms_json(struct kf_json *json, const struct kf_harms *harms)
{
	kf_json_open(json, "breaks", '[');
	for (size_t i = 0; i < harms->num; i++) {
		const struct kf_harm *h = &harms->harm[i];

		kf_json_open(json, NULL, '{');
		kf_json_foreign(json, "device", kf_text(h->device));
		kf_json_text(json, "rules", h->rules->name);
		kf_json_text(json, "verdict", kf_answer_name(h->answer));
		kf_json_text(json, "reason", h->reason ? h->reason->slug
						       : NULL);
		kf_json_text(json, "rule", h->rule);
		kf_json_close(json);
	}
	kf_json_close(json);
	kf_json_yes_no(json, "breaks_more", harms->more);
}

static void remedy_certificate(struct kf_json *json, const char *name,
			       struct kf_bytes der, const struct kf_pair *pair)
{
	if (!der.len)
		return;
	kf_json_open(json, name, '{');
	certificate_facts(json, der, pair->env);
	kf_json_close(json);
}

static void remedy_from(struct kf_json *json, const struct kf_remedy *r)
{
	if (r->kind != KF_SET_CLOCK)
		return;
	kf_json_time(json, "from", r->moment_s);
}

/* image_json: how an image is signed, or what is left out of it. */
static void image_json(struct kf_json *json, const struct kf_remedy *r)
{
	if (r->kind == KF_LEAVE_OUT) {
		kf_json_number(json, "at", r->at);
		kf_json_number(json, "length", r->len);
	}
	if (r->kind != KF_SIGN_IMAGE)
		return;
	kf_json_number(json, "key", r->sign.entry);
	kf_json_text(json, "key-form", r->sign.form);
	if (r->sign.version)
		kf_json_text(json, "version", r->sign.version);
	if (r->sign.counter)
		kf_json_text(json, "security-counter", r->sign.counter);
}

static void remedy(struct kf_json *json, const struct kf_remedy *r,
		   const struct kf_pair *pair)
{
	struct kf_output text = { 0 };

	kf_json_open(json, NULL, '{');
	kf_json_text(json, "kind", kf_remedy_name(r->kind));
	kf_words_remedy(&text, r, pair);
	kf_json_foreign(json, "text", kf_view(text.data, text.len));
	if (r->part)
		kf_json_text(json, "part", r->part);
	if (r->published) {
		kf_json_text(json, "update", r->published->file);
		if (r->taken == KF_NOT_ASKED)
			kf_json_text(json, "taken", NULL);
		else
			kf_json_yes_no(json, "taken", r->taken == KF_YES);
	}
	if (r->kek_update)
		kf_json_text(json, "update", r->kek_update);
	if (r->setting) {
		kf_json_text(json, "setting", r->setting);
		kf_json_text(json, "value", r->value);
	}
	image_json(json, r);
	if (r->signature)
		kf_json_number(json, "signature", r->signature);
	remedy_certificate(json, "certificate", r->certificate, pair);
	remedy_certificate(json, "anchor", r->anchor, pair);
	remedy_from(json, r);
	if (r->digest.len)
		kf_json_hex(json, "digest",
			    kf_view(r->digest.bytes, r->digest.len));
	text.len = 0;
	kf_words_command(&text, r, pair);
	if (text.len)
		kf_json_foreign(json, "command",
				kf_view(text.data, text.len));
	if (r->caution)
		kf_json_text(json, "caution", r->caution);
	if (pair->harms && pair->harms[r - pair->remedy].looked)
		harms_json(json, &pair->harms[r - pair->remedy]);
	kf_json_close(json);
	json->out->failed = json->out->failed || text.failed;
	kf_output_close(&text);
}

static void signature(struct kf_json *json,
		      const struct kf_signature_result *s,
		      const struct kf_env *env)
{
	kf_json_open(json, NULL, '{');
	kf_json_number(json, "number", s->number);
	kf_json_number(json, "at", s->at);
	kf_json_number(json, "length", s->len);
	if (s->num_chain)
		certificate_name(json, "signer", s->chain[0], env);
	else
		kf_json_text(json, "signer", NULL);
	kf_json_open(json, "chain", '[');
	for (size_t i = 0; i < s->num_chain; i++) {
		kf_json_open(json, NULL, '{');
		certificate_facts(json, s->chain[i], env);
		kf_json_close(json);
	}
	kf_json_close(json);
	kf_json_text(json, "algorithm", s->algorithm);
	kf_json_text(json, "digest", s->digest);
	if (s->trust_known || s->trusted)
		kf_json_yes_no(json, "trusted", s->trusted);
	else
		kf_json_text(json, "trusted", NULL);
	if (s->revocation_known || s->revoked)
		kf_json_yes_no(json, "revoked", s->revoked);
	else
		kf_json_text(json, "revoked", NULL);
	kf_json_text(json, "reason", s->reason ? s->reason->slug : NULL);
	kf_json_text(json, "rule", s->rule);
	kf_json_close(json);
}

/* subject writes what was asked of whom. */
static void subject(struct kf_json *json, const struct kf_pair *pair)
{
	const struct kf_rules *rules = pair->verifier->rules;

	kf_json_text(json, "artifact", pair->path);
	if (pair->sha256.len)
		kf_json_hex(json, "sha256", kf_view(pair->sha256.bytes,
						    pair->sha256.len));
	else
		kf_json_text(json, "sha256", NULL);
	kf_json_text(json, "format", pair->artifact->format
		     ? pair->artifact->format->name : NULL);
	kf_json_text(json, "device", pair->device->name);
	kf_json_text(json, "stage", pair->verifier->stage);
	kf_json_text(json, "rules", rules->name);
	kf_json_text(json, "basis", rules->judged ? "judged" : "sourced");
}

void kf_json_pair(struct kf_json *json, const struct kf_pair *pair)
{
	const struct kf_verdict *v = pair->verdict;

	subject(json, pair);
	kf_json_text(json, "verdict", kf_answer_name(v->answer));
	kf_json_text(json, "outcome", v->outcome);
	kf_json_finding(json, &v->why, pair);
	kf_json_open(json, "remedies", '[');
	for (size_t i = 0; i < pair->num_remedies; i++)
		remedy(json, &pair->remedy[i], pair);
	kf_json_close(json);
	kf_json_open(json, "warnings", '[');
	for (size_t i = 0; i < v->num_warnings; i++) {
		kf_json_open(json, NULL, '{');
		kf_json_finding(json, &v->warning[i], pair);
		kf_json_close(json);
	}
	kf_json_close(json);
	kf_json_open(json, "signatures", '[');
	for (size_t i = 0; i < v->num_signatures; i++)
		signature(json, &v->signature[i], pair->env);
	kf_json_close(json);
	if (!v->not_enforced)
		return;
	kf_json_open(json, "enforced", '{');
	kf_json_text(json, "verdict", kf_answer_name(v->enforced_answer));
	kf_json_finding(json, &v->enforced, pair);
	kf_json_close(json);
}

static void pair(struct kf_render *r, const struct kf_pair *pair)
{
	struct kf_json json = { .out = &r->out };

	kf_json_open(&json, NULL, '{');
	kf_json_pair(&json, pair);
	kf_json_close(&json);
	kf_output_text(&r->out, "\n");
}

const struct kf_form kf_form_json = { .name = "json", .pair = pair };
