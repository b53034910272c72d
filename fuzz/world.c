/* Memory, crypto and a source for the fuzz targets.
 *
 * The arena is small, so that its end is reached, and guarded: with ASan what
 * was not taken from it cannot be touched (arena.c).
 */
#include "world.h"

#include "arena.h"

#include "host/unpacker.h"

#include <string.h>
#include <time.h>

#ifdef TOY
static const struct kf_unpacker *const unpacker = NULL;

static const struct kf_crypto *crypto(void)
{
	return &toy_crypto;
}
#else
#include "host/unpacker.h"

#include <keyfit/host.h>

static const struct kf_unpacker *const unpacker = &kf_unpacker_libraries;

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
	env.unpacker = unpacker;
	env.arena = &arena;
	env.now_s = 1800000000;
	env.steps = (UINT64_C(32) << 20) + 8 * (uint64_t)len;
	if (trouble == WORLD_SMALL_BUDGET)
		env.steps = (uint64_t)amount << 6;
	env.window = window;
	env.window_len = WINDOW_LEN;
	return &env;
}

/* hole_at finds the next hole from `at` on; the input's end when there is
 * none. `*len` is how many bytes it stands for. */
static size_t hole_at(struct kf_bytes input, size_t at, size_t *len)
{
	enum { MARK_LEN = 4, HOLE_MAX = 1 << 19 };
	struct kf_cursor c;

	*len = 0;
	for (; at < input.len; at++) {
		if (!kf_equal(kf_part_of(input, at, MARK_LEN),
			      kf_view("HOLE", MARK_LEN)))
			continue;
		c = kf_cursor_over(kf_part_of(input, at + MARK_LEN, 4), 0);
		*len = kf_u32le(&c, "length");
		if (*len <= HOLE_MAX && !c.damage.field)
			return at;
		*len = 0;
	}
	return input.len;
}

struct kf_bytes world_unfold(struct kf_bytes input, uint8_t **memory)
{
	enum { HOLE_LEN = 8, HOLES_MAX = 4 };
	size_t at = 0, out_len = 0, hole_len;
	uint8_t *out = NULL, *more;
	int holes = 0;

	*memory = NULL;
	if (hole_at(input, 0, &hole_len) == input.len)
		return input;
	while (at < input.len) {
		size_t next = holes++ < HOLES_MAX
				      ? hole_at(input, at, &hole_len)
				      : input.len;

		if (next == input.len)
			hole_len = 0;
		more = realloc(out, out_len + (next - at) + hole_len + 1);
		HOLDS(more);
		out = more;
		memcpy(out + out_len, input.data + at, next - at);
		out_len += next - at;
		memset(out + out_len, 0xff, hole_len);
		out_len += hole_len;
		at = next == input.len ? next : next + HOLE_LEN;
	}
	/* No byte behind the last one, so that ASan sees who reads it. */
	*memory = malloc(out_len ? out_len : 1);
	HOLDS(*memory);
	memcpy(*memory, out, out_len);
	free(out);
	return kf_view(*memory, out_len);
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

bool world_may_judge(struct kf_bytes input)
{
	unsigned sum = 0;

	for (size_t i = 0; i < input.len && i < 64; i++)
		sum = sum * 31 + input.data[i];
	return sum % 8 == 0;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	clock_t from = clock();

	fuzz(kf_view(data, len));
	HOLDS(clock() - from < CLOCKS_PER_SEC);
	return 0;
}
