/* What is asked for, and how it is ruled, for people and as JSON.
 */
#include "approve.h"
#include "say.h"

#include <inttypes.h>

static void line(struct kf_output *out, const char *name, const char *text)
{
	kf_output_print(out, "%-8s ", name);
	kf_output_shown(out, kf_text(text));
	kf_output_text(out, "\n");
}

void kf_approve_told_payload(struct kf_output *out,
			     const struct kf_of_artifact *payload)
{
	kf_output_print(out, "%s, sha256 ", kf_payload_names[payload->kind]);
	kf_output_hex(out, kf_hash_view(&payload->sha256));
	kf_output_text(out, "\n");
}

void kf_approve_story(struct kf_approve *a)
{
	const struct kf_request *r = &a->dossier.request;
	const struct kf_policy *p = &a->dossier.policy;
	struct kf_output *out = &a->out;
	char until[24], time[24];

	line(out, "action", kf_action_names[r->action]);
	line(out, "artifact", r->artifact_name);
	kf_output_text(out, "sha256   ");
	kf_output_hex(out, kf_hash_view(&r->artifact));
	kf_output_print(out, ", %" PRIu64 " bytes\n", r->artifact_len);
	if (r->action == KF_ACTION_SIGN) {
		line(out, "product", r->product);
		line(out, "version", r->version);
		kf_output_print(out, "counter  %" PRIu64 "\n", r->counter);
		line(out, "format", r->format);
		kf_output_text(out, "payload  ");
		kf_approve_told_payload(out, &r->payload);
	}
	if (r->variable) {
		line(out, "variable", r->variable);
		line(out, "change", r->append ? "added to it" : "in its place");
		kf_time_write(time, r->at_s);
		line(out, "time", time);
	}
	line(out, "for", kf_environment_names[r->environment]);
	for (size_t i = 0; i < p->num_keys; i++)
		if (kf_hash_same(&p->key[i].spki, &r->key))
			line(out, "key", p->key[i].name);
	line(out, "asked by", r->requester);
	kf_time_write(until, r->expires_s);
	line(out, "until", until);
}

static const char *by(const struct kf_policy *p, size_t signer)
{
	return signer < p->num_people ? p->person[signer].name : NULL;
}

static unsigned rebuilds_needed(const struct kf_decision *d,
				const struct kf_case *c)
{
	return d->key && c->request->action == KF_ACTION_SIGN
	       ? d->key->rebuilds : 0;
}

static void json_quorum(struct kf_json *json, const char *name,
			const struct kf_quorum *q)
{
	kf_json_open(json, name, '{');
	kf_json_number(json, "approvals", q->approvals);
	kf_json_number(json, "groups", q->groups);
	kf_json_close(json);
}

static void json_one(struct kf_json *json, const char *path, const char *name,
		     enum kf_ruling ruling)
{
	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "file", kf_text(path));
	if (name)
		kf_json_foreign(json, "by", kf_text(name));
	else
		kf_json_text(json, "by", NULL);
	kf_json_text(json, "ruling", kf_ruling_slug(ruling));
	kf_json_close(json);
}

void kf_approve_json_rebuilds(struct kf_json *json,
			      const struct kf_policy *policy,
			      const struct kf_rebuild *rebuild,
			      const enum kf_ruling *ruling, size_t num,
			      const char *const *paths)
{
	kf_json_open(json, "rebuilds", '[');
	for (size_t i = 0; i < num; i++)
		json_one(json, paths[i], by(policy, rebuild[i].signer),
			 ruling[i]);
	kf_json_close(json);
}

static void json_ruling(struct kf_approve *a, const struct kf_decision *d,
			const struct kf_case *c, const char *const *paths,
			const char *const *rebuild_paths)
{
	struct kf_json json = { .out = &a->out };

	kf_json_open(&json, NULL, '{');
	kf_json_hex(&json, "request_sha256",
		    kf_hash_view(&c->request->sha256));
	kf_json_hex(&json, "policy_sha256", kf_hash_view(&c->policy->sha256));
	kf_json_text(&json, "action", kf_action_names[c->request->action]);
	kf_json_foreign(&json, "requester", kf_text(c->request->requester));
	kf_json_text(&json, "ruling", kf_ruling_slug(d->ruling));
	json_quorum(&json, "needed", &d->needed);
	json_quorum(&json, "reached", &d->reached);
	kf_json_open(&json, "approvals", '[');
	for (size_t i = 0; i < c->num_approvals; i++)
		json_one(&json, paths[i + 1],
			 by(c->policy, c->approval[i].signer), d->approval[i]);
	kf_json_close(&json);
	kf_json_number(&json, "rebuilds_needed", rebuilds_needed(d, c));
	kf_json_number(&json, "rebuilds_reached", d->rebuilds);
	kf_approve_json_rebuilds(&json, c->policy, c->rebuild, d->rebuild,
				 c->num_rebuilds, rebuild_paths);
	kf_json_close(&json);
	kf_output_text(&a->out, "\n");
}

static void text_one(struct kf_output *out, const char *path,
		     const char *name, enum kf_ruling ruling)
{
	kf_output_text(out, "  ");
	kf_output_shown(out, kf_text(path));
	kf_output_text(out, name ? ", by " : "");
	kf_output_shown(out, kf_text(name ? name : ""));
	kf_output_print(out, ": %s\n", kf_ruling_words(ruling));
}

void kf_approve_told_rebuilds(struct kf_approve *a,
			      const struct kf_policy *policy,
			      const struct kf_rebuild *rebuild,
			      const enum kf_ruling *ruling, size_t num,
			      const char *const *paths)
{
	for (size_t i = 0; i < num; i++)
		text_one(&a->out, paths[i], by(policy, rebuild[i].signer),
			 ruling[i]);
}

static void text_ruling(struct kf_approve *a, const struct kf_decision *d,
			const struct kf_case *c, const char *const *paths,
			const char *const *rebuild_paths)
{
	struct kf_output *out = &a->out;

	kf_output_print(out, "%s  ", d->ruling == KF_RULED_ALLOWED ? "ALLOWED"
								 : "REFUSED");
	kf_output_shown(out, kf_text(paths[0]));
	kf_output_text(out, "\n");
	if (d->ruling != KF_RULED_ALLOWED)
		kf_output_print(out, "  why      %s (%s)\n",
				kf_ruling_words(d->ruling),
				kf_ruling_slug(d->ruling));
	kf_output_print(out, "  reached  %u of %u approvals",
			d->reached.approvals, d->needed.approvals);
	if (d->needed.groups)
		kf_output_print(out, ", %u of %u groups", d->reached.groups,
				d->needed.groups);
	kf_output_text(out, "\n");
	for (size_t i = 0; i < c->num_approvals; i++)
		text_one(out, paths[i + 1],
			 by(c->policy, c->approval[i].signer), d->approval[i]);
	if (rebuilds_needed(d, c) || c->num_rebuilds)
		kf_output_print(out, "  rebuilt  %u of %u independent rebuilds agree\n",
				d->rebuilds, rebuilds_needed(d, c));
	kf_approve_told_rebuilds(a, c->policy, c->rebuild, d->rebuild,
				 c->num_rebuilds, rebuild_paths);
}

int kf_approve_ruling(struct kf_approve *a, const struct kf_decision *d,
		      const struct kf_case *c, const char *const *paths,
		      const char *const *rebuild_paths)
{
	if (a->as_json)
		json_ruling(a, d, c, paths, rebuild_paths);
	else
		text_ruling(a, d, c, paths, rebuild_paths);
	return d->ruling == KF_RULED_ALLOWED ? KF_EXIT_FITS : KF_EXIT_NOT;
}
