/* Memory, crypto and a source for the fuzz targets.
 *
 * The arena is small, so that its end is reached, and guarded: with ASan what
 * was not taken from it cannot be touched (arena.c).
 */
#include "world.h"

#include "arena.h"

#include <string.h>

#ifdef TOY
static const struct kf_crypto *crypto(void)
{
	return &toy_crypto;
}
#else
#include <keyfit/host.h>

static const struct kf_crypto *crypto(void)
{
	static const struct kf_crypto *table;
	struct kf_fault why = { "", "" };

	if (!table)
		table = kf_openssl_open(&why);
	HOLDS(table);
	return table;
}
#endif

enum { ARENA_LEN = 1 << 20, WINDOW_LEN = 4096 };

static enum world_trouble trouble;
static unsigned amount, reads;

void world_trouble(enum world_trouble kind, unsigned how_much)
{
	trouble = kind;
	amount = how_much;
}

struct kf_env *world_env(size_t len)
{
	static struct kf_arena arena = { NULL, ARENA_LEN, 0 };
	static uint8_t *window;
	static struct kf_env env;

	if (!arena.base)
		arena.base = malloc(ARENA_LEN);
	if (!window)
		window = malloc(WINDOW_LEN);
	HOLDS(arena.base && window);
	arena.size = ARENA_LEN;
	guard_all(&arena);
	if (trouble == WORLD_SMALL_ARENA)
		arena.size = (size_t)amount << 10;
	reads = 0;
	env.crypto = crypto();
	env.arena = &arena;
	env.now_s = 1800000000;
	env.steps = (UINT64_C(32) << 20) + 8 * (uint64_t)len;
	if (trouble == WORLD_SMALL_BUDGET)
		env.steps = (uint64_t)amount << 6;
	env.window = window;
	env.window_len = WINDOW_LEN;
	return &env;
}

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_bytes *input = self;

	HOLDS(at <= input->len && len <= input->len - at);
	if (trouble == WORLD_NO_READ && reads++ >= amount)
		return false;
	if (len)
		memcpy(out, input->data + at, len);
	return true;
}

struct kf_source world_source(struct kf_bytes *input)
{
	struct kf_source source = { input->len, read_at, input };

	return source;
}

const struct kf_rules *world_rules(struct kf_bytes input)
{
	size_t num = 0, sum = 0;

	while (kf_rules_at(num))
		num++;
	for (size_t i = 0; i < input.len; i++)
		sum += input.data[i];
	return kf_rules_at(sum % num);
}

static void take_fact(void *self, const struct kf_fact *fact)
{
	volatile uint8_t last = 0;
	int *depth = self;

	for (size_t i = 0; i < fact->bytes.len; i++)
		last = fact->bytes.data[i];
	for (const char *c = fact->name; c && *c; c++)
		last = (uint8_t)*c;
	(void)last;
	if (fact->kind == KF_FACT_OPEN)
		(*depth)++;
	if (fact->kind == KF_FACT_CLOSE)
		(*depth)--;
	HOLDS(*depth >= 0);
}

struct kf_sink world_sink(int *depth)
{
	struct kf_sink sink = { take_fact, depth };

	*depth = 0;
	return sink;
}

void world_verdict(const struct kf_verdict *v)
{
	HOLDS(v->outcome);
	HOLDS(v->answer == KF_ACCEPT || v->why.reason);
	HOLDS(v->answer != KF_ACCEPT || !v->why.reason);
	HOLDS(v->num_warnings <= KF_WARNINGS_MAX);
	HOLDS(v->num_signatures <= KF_SIGNATURES_MAX);
	HOLDS(v->why.num_evidence <= KF_EVIDENCE_MAX);
}
