/* A cabinet of fwupd (.cab): its files, who signed them with which key, and
 * what the metainfo files say that it is for.
 *
 * Source: fwupd/fwupd, libfwupdplugin/fu-cab-firmware.c, src/fu-cabinet.c, tag
 * 2.0.20.
 */
#include "core/cabinet.h"
#include "core/facts.h"

enum { SHOWN_MAX = 64 };

static bool recognise(struct kf_bytes head, const struct kf_source *source)
{
	(void)source;
	return kf_equal(kf_part_of(head, 0, 4), kf_text("MSCF"));
}

static void read(struct kf_artifact *out, struct kf_env *env)
{
	struct kf_cabinet *c = kf_arena_take(env->arena, sizeof(*c));

	if (!c) {
		out->status = KF_NO_MEMORY;
		return;
	}
	out->status = kf_cabinet_read(c, out->source, env);
	if (out->status != KF_OK)
		return;
	out->description = c;
	kf_artifact_damage(out, c->cab.damage);
	kf_artifact_damage(out, c->jcat.damage);
	for (const struct kf_metainfo *m = c->metainfo; m; m = m->next)
		kf_artifact_damage(out, m->markup.damage);
}

static void describe_files(const struct kf_cab *cab,
			   const struct kf_sink *sink)
{
	kf_fact_open(sink, "files");
	for (size_t i = 0; i < cab->num_files; i++) {
		const struct kf_cab_file *f = &cab->file[i];

		kf_fact_open(sink, NULL);
		kf_fact_text(sink, "name", f->path);
		kf_fact_number(sink, "length", f->len);
		kf_fact_yes_no(sink, "packed", cab->folder[f->folder].packed);
		kf_fact_close(sink);
	}
	kf_fact_close(sink);
}

static void describe_releases(const struct kf_element *component,
			      const struct kf_sink *sink)
{
	const struct kf_element *list = kf_markup_child(component, NULL,
							"releases", NULL,
							NULL);
	const struct kf_element *r = NULL;
	size_t shown = 0;

	while (list && shown++ < SHOWN_MAX &&
	       (r = kf_markup_child(list, r, "release", NULL, NULL)))
		kf_fact_text(sink, "version",
			     kf_markup_attribute(r, "version"));
}

static void describe_component(const struct kf_element *component,
			       const struct kf_sink *sink)
{
	const struct kf_element *id = kf_markup_child(component, NULL, "id",
						      NULL, NULL);
	const struct kf_element *provides = NULL, *guid = NULL;
	size_t shown = 0;

	if (id)
		kf_fact_text(sink, "id", id->text);
	provides = kf_markup_child(component, NULL, "provides", NULL, NULL);
	while (provides && shown++ < SHOWN_MAX &&
	       (guid = kf_markup_child(provides, guid, "firmware", "type",
				       "flashed")))
		kf_fact_text(sink, "for", guid->text);
	describe_releases(component, sink);
}

static void describe_metainfo(const struct kf_cabinet *c,
			      const struct kf_sink *sink)
{
	size_t shown = 0;

	kf_fact_open(sink, "metainfo");
	for (const struct kf_metainfo *m = c->metainfo;
	     m && shown < SHOWN_MAX; m = m->next, shown++) {
		const struct kf_element *e = m->markup.top.first;

		kf_fact_open(sink, NULL);
		kf_fact_text(sink, "file", m->file->name);
		if (e)
			describe_component(e, sink);
		kf_fact_close(sink);
	}
	kf_fact_close(sink);
}

static void describe(const struct kf_artifact *artifact, struct kf_env *env,
		     const struct kf_sink *sink)
{
	const struct kf_cabinet *c = artifact->description;

	describe_files(&c->cab, sink);
	describe_metainfo(c, sink);
	if (c->beyond)
		kf_fact_word(sink, "unread", c->beyond);
	if (c->has_jcat)
		kf_jcat_describe(&c->jcat, env, sink);
	kf_fact_damage(sink, artifact->damage, artifact->num_damage);
}

/* contents: all of it, for somebody who unpacks cabinets. */
static void contents(const struct kf_artifact *artifact,
		     struct kf_contents *out)
{
	out->kind = KF_CONTENTS_CABINET;
	out->len = artifact->source->size;
}

const struct kf_format kf_format_cab = {
	.name = "cab",
	.title = "cabinet of fwupd (.cab)",
	.recognise = recognise,
	.read = read,
	.describe = describe,
	.contents = contents,
};
