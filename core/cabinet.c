/* Looks into cabinets.
 *
 * Source: fwupd/fwupd, src/fu-cabinet.c (fu_cabinet_build_silo), tag 2.0.20.
 */
#include "cabinet.h"

#include <string.h>

/* keep reads one file into the arena; what is too long is beyond us. */
static enum kf_status keep(struct kf_bytes *out, struct kf_cabinet *c,
			   const struct kf_cab_file *file, size_t max,
			   struct kf_env *env)
{
	struct kf_cab_stream stream;
	struct kf_source source;
	uint8_t *bytes;
	size_t used;
	enum kf_status status;

	*out = kf_view(NULL, 0);
	if (file->len > max) {
		c->beyond = "a very long catalogue or metainfo file";
		return KF_OK;
	}
	bytes = kf_arena_take(env->arena, (size_t)file->len + 1);
	used = env->arena->used;
	status = bytes ? kf_cab_open(&source, &stream, &c->cab, file->folder,
				     env) : KF_NO_MEMORY;
	if (status == KF_OK &&
	    !source.read_at(source.self, file->at, bytes, (size_t)file->len))
		status = stream.status != KF_OK ? stream.status
						: KF_CANNOT_READ;
	/* What the stream worked in is free again. */
	env->arena->used = used;
	*out = kf_view(bytes, (size_t)file->len);
	return status;
}

static enum kf_status read_jcat(struct kf_cabinet *c,
				const struct kf_cab_file *file,
				struct kf_env *env)
{
	struct kf_bytes bytes;
	struct kf_source source;
	enum kf_status status = keep(&bytes, c, file, KF_JCAT_FILE_MAX, env);

	if (status != KF_OK || c->beyond)
		return status;
	c->has_jcat = true;
	source = kf_bytes_source(&bytes);
	return kf_jcat_read(&c->jcat, &source, 0, bytes.len, env);
}

static enum kf_status read_metainfo(struct kf_cabinet *c,
				    const struct kf_cab_file *file,
				    struct kf_env *env)
{
	struct kf_metainfo *m = kf_arena_take(env->arena, sizeof(*m));
	struct kf_metainfo **end = &c->metainfo;
	struct kf_bytes bytes;
	enum kf_status status;

	if (!m)
		return KF_NO_MEMORY;
	status = keep(&bytes, c, file, KF_METAINFO_MAX, env);
	if (status != KF_OK || c->beyond)
		return status;
	m->file = file;
	while (*end)
		end = &(*end)->next;
	*end = m;
	return kf_markup_read(&m->markup, bytes, env);
}

enum kf_status kf_cabinet_read(struct kf_cabinet *out,
			       const struct kf_source *source,
			       struct kf_env *env)
{
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	status = kf_cab_read(&out->cab, source, env);
	if (out->cab.beyond)
		out->beyond = out->cab.beyond;
	if (out->cab.damage.field || out->beyond)
		return status;
	for (size_t i = 0; status == KF_OK && i < out->cab.num_files; i++)
		if (kf_jcat_ends(out->cab.file[i].name, ".jcat"))
			status = read_jcat(out, &out->cab.file[i], env);
	for (size_t i = 0; status == KF_OK && i < out->cab.num_files; i++)
		if (kf_jcat_ends(out->cab.file[i].name, ".metainfo.xml"))
			status = read_metainfo(out, &out->cab.file[i], env);
	return status;
}
