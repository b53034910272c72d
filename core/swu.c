/* The files of an update, in their order.
 *
 * Source: sbabic/swupdate, core/stream_interface.c (extract_files), tag
 * 2022.12.
 */
#include "swu.h"

#include <string.h>

/* count tells how many files there are, so that they get one table. */
static enum kf_status count(size_t *out, bool *many,
			    const struct kf_source *source, struct kf_env *env)
{
	struct kf_cpio cpio = { .source = source };
	struct kf_cpio_file file;

	*out = 0;
	while (*out < KF_SWU_FILES_MAX) {
		struct kf_arena arena = *env->arena;
		struct kf_env local = *env;
		enum kf_status status;

		local.arena = &arena;
		if (!kf_spend(env, KF_CPIO_SUMS_STEPS))
			return KF_TOO_MUCH;
		status = kf_cpio_next(&file, &cpio, &local);
		if (status != KF_OK)
			return status;
		if (cpio.damage.field || kf_cpio_is_trailer(&file))
			return KF_OK;
		++*out;
	}
	*many = true;
	return KF_OK;
}

/* keep reads one of the first files, when it has the name. */
static enum kf_status keep(struct kf_bytes *out, const struct kf_swu *swu,
			   size_t index, const char *name, uint64_t max,
			   const struct kf_source *source, struct kf_env *env)
{
	const struct kf_cpio_file *f = &swu->file[index];

	if (index >= swu->num_files || !kf_equal(f->name, kf_text(name)) ||
	    f->size > max)
		return KF_OK;
	return kf_source_keep(out, source, env, f->data_at, f->whole
			      ? f->size : source->size - f->data_at);
}

/* walk fills the table. */
static enum kf_status walk(struct kf_swu *out, size_t num,
			   const struct kf_source *source, struct kf_env *env)
{
	struct kf_cpio cpio = { .source = source };

	for (;;) {
		struct kf_cpio_file file;
		enum kf_status status = kf_cpio_next(&file, &cpio, env);

		if (status != KF_OK)
			return status;
		out->damage = cpio.damage;
		out->ended = !cpio.damage.field && kf_cpio_is_trailer(&file);
		if (cpio.damage.field || out->ended ||
		    out->num_files == num)
			return KF_OK;
		out->file[out->num_files++] = file;
		out->end_at = cpio.at;
	}
}

/* inside lists the files that others may judge, with names that end in NUL. */
static enum kf_status inside(struct kf_swu *out, struct kf_env *env)
{
	out->inner = kf_arena_take(env->arena, (out->num_files + 1) *
				   sizeof(*out->inner));
	if (!out->inner)
		return KF_NO_MEMORY;
	for (size_t i = 2; i < out->num_files; i++) {
		const struct kf_cpio_file *f = &out->file[i];
		struct kf_inner *in = &out->inner[out->num_inner];
		char *name = kf_arena_take(env->arena, f->name.len + 1);

		if (!name)
			return KF_NO_MEMORY;
		if (!f->whole || f->name.len == 0)
			continue;
		memcpy(name, f->name.data, f->name.len);
		in->name = name;
		in->at = f->data_at;
		in->len = f->size;
		out->num_inner++;
	}
	return KF_OK;
}

enum kf_status kf_swu_read(struct kf_swu *out, const struct kf_source *source,
			   struct kf_env *env)
{
	enum kf_status status;
	size_t num;

	memset(out, 0, sizeof(*out));
	status = count(&num, &out->many, source, env);
	if (status != KF_OK)
		return status;
	out->file = kf_arena_take(env->arena, (num + 1) * sizeof(*out->file));
	if (!out->file)
		return KF_NO_MEMORY;
	status = walk(out, num, source, env);
	if (status == KF_OK)
		status = inside(out, env);
	if (status == KF_OK)
		status = keep(&out->description, out, 0, KF_SWU_DESCRIPTION,
			      KF_SWU_DESCRIPTION_MAX, source, env);
	if (status == KF_OK)
		status = keep(&out->signature, out, 1, KF_SWU_SIGNATURE,
			      KF_SWU_SIGNATURE_MAX, source, env);
	return status;
}
