/* Provenance of SLSA v1, as far as keyfit has something to say or to ask.
 */
#include "provenance.h"

#include "host/reading.h"

#include <stdio.h>
#include <string.h>

/* put_builder writes a builder's name as a URI. Source: RFC 3986, 2.1. */
static void put_builder(struct kf_json *json, const char *name)
{
	char text[40 + 3 * KF_TEXT_MAX] = "urn:keyfit:builder:";
	size_t at = strlen(text);

	for (; *name && at + 4 < sizeof(text); name++) {
		uint8_t c = (uint8_t)*name;
		bool plain = (c >= '0' && c <= '9') || c == '-' || c == '.' ||
			     c == '_' || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z');

		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       plain ? "%c" : "%%%02X", c);
	}
	kf_json_text(json, "id", text);
}

/* put_source writes where the source is, and which it was. */
static void put_source(struct kf_json *json, const struct kf_built *b)
{
	kf_json_open(json, "externalParameters", '{');
	if (b->source)
		kf_json_foreign(json, "source", kf_text(b->source));
	kf_json_close(json);
	if (!b->commit)
		return;
	kf_json_open(json, "resolvedDependencies", '[');
	kf_json_open(json, NULL, '{');
	if (b->source)
		kf_json_foreign(json, "uri", kf_text(b->source));
	kf_json_open(json, "digest", '{');
	kf_json_foreign(json, "gitCommit", kf_text(b->commit));
	kf_json_close(json);
	kf_json_close(json);
	kf_json_close(json);
}

enum kf_status kf_rebuild_write(struct kf_sealed *out,
				const struct kf_built *b, struct kf_env *env)
{
	struct kf_output text = { 0 };
	struct kf_json json = { .out = &text };

	kf_statement_start(&json, KF_KIND_PROVENANCE, b->artifact_name,
			   &b->artifact, &b->payload);
	kf_json_open(&json, "buildDefinition", '{');
	kf_json_text(&json, "buildType", "urn:keyfit:rebuild:v1");
	put_source(&json, b);
	kf_json_close(&json);
	kf_json_open(&json, "runDetails", '{');
	kf_json_open(&json, "builder", '{');
	put_builder(&json, b->builder);
	kf_json_close(&json);
	if (b->has_started || b->has_finished) {
		kf_json_open(&json, "metadata", '{');
		if (b->has_started)
			kf_json_time(&json, "startedOn", b->started_s);
		if (b->has_finished)
			kf_json_time(&json, "finishedOn", b->finished_s);
		kf_json_close(&json);
	}
	kf_json_close(&json);
	return kf_statement_finish(out, &json, env);
}

/* digests is what is read of all subjects. */
struct digests {
	struct kf_reading *r;
	struct kf_of_artifact *list;
	size_t num;
};

/* add adds a digest of a subject, where it is there. */
static void add(struct digests *d, const struct kf_config *group,
		const char *name, enum kf_payload_kind kind)
{
	struct kf_of_artifact *one = &d->list[d->num];

	if (!kf_config_member(group, kf_text(name)))
		return;
	kf_reading_hash(d->r, &one->sha256, group, name, KF_NEEDED);
	one->kind = kind;
	d->num++;
}

static void read_subject(struct digests *d, const struct kf_config *subject)
{
	const struct kf_config *digest;
	char name[40];

	if (subject->type != KF_CONFIG_GROUP) {
		kf_reading_wrong(d->r, "subject", "holds what is no object");
		return;
	}
	digest = kf_reading_group(d->r, subject, "digest", KF_NEEDED);
	if (!digest)
		return;
	add(d, digest, "sha256", KF_PAYLOAD_FILE);
	for (int i = KF_PAYLOAD_FILE + 1; i < KF_NUM_PAYLOADS; i++) {
		snprintf(name, sizeof(name), KF_PAYLOAD_DIGEST "%s",
			 kf_payload_names[i]);
		add(d, digest, name, (enum kf_payload_kind)i);
	}
}

static void read_subjects(struct kf_reading *r, struct kf_rebuild *out,
			  const struct kf_config *root)
{
	const struct kf_config *list = kf_reading_list(r, root, "subject",
						       KF_NEEDED,
						       KF_SUBJECTS_MAX);
	struct digests d = { r, NULL, 0 };

	if (!list)
		return;
	d.list = kf_reading_room(r, list->num * KF_NUM_PAYLOADS,
				 sizeof(*d.list));
	for (const struct kf_config *c = list->first;
	     c && r->status == KF_OK; c = c->next)
		read_subject(&d, c);
	if (d.num == 0)
		kf_reading_wrong(r, "subject", "has no digest by SHA-256");
	out->subject = d.list;
	out->num_subjects = d.num;
}

/* read_predicate asks for what provenance has to say. */
static void read_predicate(struct kf_reading *r, const struct kf_config *root)
{
	const struct kf_config *predicate, *group, *builder;
	const char *text;

	predicate = kf_reading_group(r, root, "predicate", KF_NEEDED);
	group = kf_reading_group(r, predicate, "buildDefinition", KF_NEEDED);
	text = kf_reading_text(r, group, "buildType", KF_NEEDED);
	if (group && text)
		(void)kf_reading_group(r, group, "externalParameters",
				       KF_NEEDED);
	group = kf_reading_group(r, predicate, "runDetails", KF_NEEDED);
	builder = kf_reading_group(r, group, "builder", KF_NEEDED);
	text = kf_reading_text(r, builder, "id", KF_NEEDED);
	if (!text)
		kf_reading_wrong(r, "predicate", "is no provenance");
}

enum kf_status kf_rebuild_read(struct kf_rebuild *out,
			       const struct kf_sealed *sealed,
			       struct kf_env *env, struct kf_fault *why)
{
	struct kf_reading r = { env, "the provenance", KF_OK, why };
	const struct kf_config *root = kf_reading_start(&r,
							sealed->dsse.payload);

	memset(out, 0, sizeof(*out));
	out->signer = KF_NOBODY;
	if (!root)
		return r.status;
	if (!kf_same(kf_reading_text(&r, root, "_type", KF_NEEDED),
		     KF_STATEMENT_TYPE) ||
	    !kf_same(kf_reading_text(&r, root, "predicateType", KF_NEEDED),
		     KF_KIND_PROVENANCE))
		kf_reading_wrong(&r, NULL, "is another statement");
	read_subjects(&r, out, root);
	read_predicate(&r, root);
	return r.status;
}
