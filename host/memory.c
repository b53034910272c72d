/* Memory to work in.
 */
#include "crypto_gnutls.h"
#include "opener.h"
#include "unpacker.h"

#include <keyfit/host.h>

#include <stdlib.h>

enum {
	WINDOW_LEN = 64 << 10,
	/* Digests may run over a file this many times, and a small file may
	 * still take this many steps: hostile sizes end with the budget. */
	STEPS_A_BYTE = 8,
	STEPS_AT_LEAST = 32 << 20,
};

enum kf_status kf_work_open(struct kf_work *out, size_t arena_len,
			    const struct kf_crypto *crypto, int64_t now_s,
			    struct kf_fault *why)
{
	struct kf_work none = { 0 };

	*out = none;
	out->arena.base = malloc(arena_len);
	out->env.window = malloc(WINDOW_LEN);
	if (!out->arena.base || !out->env.window) {
		kf_fault_say(why, "free some memory, or raise the limit",
			     "out of memory");
		kf_work_close(out);
		return KF_NO_MEMORY;
	}
	out->arena.size = arena_len;
	out->env.arena = &out->arena;
	out->env.window_len = WINDOW_LEN;
	out->env.crypto = crypto;
	out->env.opener = &kf_opener_members;
	out->env.unpacker = &kf_unpacker_libraries;
	out->env.gnutls = &kf_gnutls_library;
	out->env.now_s = now_s;
	kf_work_again(out, 0);
	return KF_OK;
}

void kf_work_again(struct kf_work *work, uint64_t size)
{
	work->arena.used = 0;
	work->env.steps = STEPS_AT_LEAST;
	if (size < UINT64_MAX / STEPS_A_BYTE - STEPS_AT_LEAST)
		work->env.steps += size * STEPS_A_BYTE;
}

void kf_work_more(struct kf_work *work, uint64_t size)
{
	size_t used = work->arena.used;

	kf_work_again(work, size);
	work->arena.used = used;
}

void kf_work_close(struct kf_work *work)
{
	struct kf_work none = { 0 };

	free(work->arena.base);
	free(work->env.window);
	*work = none;
}
