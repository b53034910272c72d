/* What a caller lends to the core: the arena, the step budget, the source.
 */
#include <keyfit/env.h>

#include <string.h>

void *kf_arena_take(struct kf_arena *arena, size_t len)
{
	const size_t align = sizeof(union { void *p; uint64_t u; });
	size_t used = arena->used;
	size_t gap = (align - used % align) % align;

	if (used > arena->size || gap > arena->size - used ||
	    len > arena->size - used - gap)
		return NULL;
	arena->used = used + gap + len;
	memset(arena->base + used + gap, 0, len);
	return arena->base + used + gap;
}

bool kf_arena_keep(struct kf_arena *arena, struct kf_bytes *out,
		   struct kf_bytes bytes)
{
	uint8_t *copy;

	*out = kf_view(NULL, 0);
	if (bytes.len == 0)
		return true;
	copy = kf_arena_take(arena, bytes.len);
	if (!copy)
		return false;
	memcpy(copy, bytes.data, bytes.len);
	*out = kf_view(copy, bytes.len);
	return true;
}

bool kf_spend(struct kf_env *env, uint64_t steps)
{
	if (steps > env->steps) {
		env->steps = 0;
		return false;
	}
	env->steps -= steps;
	return true;
}

static bool read_view(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_bytes *file = self;
	struct kf_bytes part = kf_part_of(*file, at, len);

	if (part.len != len)
		return false;
	memcpy(out, part.data, len);
	return true;
}

struct kf_source kf_bytes_source(struct kf_bytes *bytes)
{
	struct kf_source source = { bytes->len, read_view, bytes };

	return source;
}

enum kf_status kf_source_keep(struct kf_bytes *out,
			      const struct kf_source *source,
			      struct kf_env *env, uint64_t at, uint64_t len)
{
	uint8_t *copy;

	*out = kf_view(NULL, 0);
	if (at > source->size || len > source->size - at)
		return KF_WRONG_USE;
	if (len == 0)
		return KF_OK;
	if (len > env->arena->size)
		return KF_NO_MEMORY;
	copy = kf_arena_take(env->arena, (size_t)len);
	if (!copy)
		return KF_NO_MEMORY;
	if (!source->read_at(source->self, at, copy, (size_t)len))
		return KF_CANNOT_READ;
	*out = kf_view(copy, (size_t)len);
	return KF_OK;
}
