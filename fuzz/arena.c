/* core/env.c with guards: what was not taken from the arena is poisoned, and
 * a few poisoned bytes lie behind every piece that was.
 *
 * Linked in place of core/env.c, which it includes; only with ASan.
 */
#include "arena.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define kf_arena_take take_plain
#define kf_arena_keep keep_plain
#define kf_source_keep source_keep_plain
#include "../core/env.c"
#undef kf_arena_take
#undef kf_arena_keep
#undef kf_source_keep

#include <sanitizer/asan_interface.h>

enum { ALIGN = 8, BEHIND = 16 };

void guard_all(struct kf_arena *arena)
{
	arena->used = 0;
	__asan_poison_memory_region(arena->base, arena->size);
}

/* before opens the next `len` bytes; after leaves a few that stay closed. */
static void before(struct kf_arena *arena, uint64_t len)
{
	size_t at = (arena->used + ALIGN - 1) / ALIGN * ALIGN;

	if (at <= arena->size && len <= arena->size - at)
		__asan_unpoison_memory_region(arena->base + at, (size_t)len);
}

static void after(struct kf_arena *arena)
{
	size_t at = (arena->used + ALIGN - 1) / ALIGN * ALIGN;

	if (at > arena->size || arena->size - at < BEHIND)
		return;
	__asan_poison_memory_region(arena->base + at, BEHIND);
	arena->used = at + BEHIND;
}

void *kf_arena_take(struct kf_arena *arena, size_t len)
{
	void *piece;

	before(arena, len);
	piece = take_plain(arena, len);
	after(arena);
	return piece;
}

bool kf_arena_keep(struct kf_arena *arena, struct kf_bytes *out,
		   struct kf_bytes bytes)
{
	bool kept;

	before(arena, bytes.len);
	kept = keep_plain(arena, out, bytes);
	after(arena);
	return kept;
}

enum kf_status kf_source_keep(struct kf_bytes *out,
			      const struct kf_source *source,
			      struct kf_env *env, uint64_t at, uint64_t len)
{
	enum kf_status status;

	before(env->arena, len);
	status = source_keep_plain(out, source, env, at, len);
	after(env->arena);
	return status;
}
