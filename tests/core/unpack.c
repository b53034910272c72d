/* The plain loop: a made-up library that gives each byte twice says what
 * libraries say, at places that the test chooses.
 */
#include "tests/model.h"

#include <keyfit/unpack.h>

#include <string.h>

enum { END = 0xe0, BROKEN = 0xb0, DICTIONARY = 0xd0, MEMORY = 0x30,
       STUCK = 0x50 };

static bool no_library, no_memory;
static int streams;

static enum kf_status begin(void **stream, enum kf_packing packing,
			    struct kf_bytes history)
{
	*stream = NULL;
	if (no_memory)
		return KF_NO_MEMORY;
	if (no_library)
		return KF_OK;
	*stream = &streams;
	streams++;
	return KF_OK;
}

static void end(void *stream)
{
	if (stream)
		streams--;
}

/* step gives bytes twice until one of them means something. */
static enum kf_status step(enum kf_unpack_said *said, void *stream,
			   struct kf_unpack_piece *p)
{
	*said = KF_UNPACK_GOES_ON;
	while (p->used < p->in.len && p->room - p->made >= 2) {
		uint8_t c = p->in.data[p->used];

		if (c == MEMORY)
			return KF_NO_MEMORY;
		if (c == STUCK)
			return KF_OK;
		p->used++;
		*said = c == END ? KF_UNPACK_ENDED
			: c == BROKEN ? KF_UNPACK_DAMAGED
			: c == DICTIONARY ? KF_UNPACK_REFUSED
			: KF_UNPACK_GOES_ON;
		if (*said != KF_UNPACK_GOES_ON)
			return KF_OK;
		p->out[p->made] = p->out[p->made + 1] = c;
		p->made += 2;
	}
	return KF_OK;
}

static const struct kf_unpacker twice = { begin, step, end };

/* got is what comes out; it may have enough after some. */
static struct {
	uint8_t bytes[100000];
	size_t len, enough;
} got;

static bool take(void *self, struct kf_bytes bytes)
{
	assert_ptr_equal(self, &got);
	assert_true(bytes.len <= sizeof(got.bytes) - got.len);
	memcpy(got.bytes + got.len, bytes.data, bytes.len);
	got.len += bytes.len;
	return got.len < got.enough;
}

static struct kf_unpacked unpack_some(struct kf_bytes file, uint64_t at,
				      uint64_t len, uint64_t limit,
				      enum kf_status want)
{
	struct kf_source source = kf_bytes_source(&file);
	struct kf_env *env = model_env();
	struct kf_packed packed = {
		.packing = KF_PACKING_ZLIB,
		.source = &source,
		.at = at,
		.len = len,
		.limit = limit,
		.take = take,
		.self = &got,
	};
	struct kf_unpacked out;

	env->unpacker = &twice;
	got.len = 0;
	assert_int_equal(kf_unpack(&out, &packed, env), want);
	assert_int_equal(streams, 0);
	return out;
}

static struct kf_unpacked unpack(const char *digits)
{
	struct kf_bytes file = model_hex(digits);

	return unpack_some(file, 0, file.len, 1000, KF_OK);
}

static void a_stream_ends_where_it_says(void **state)
{
	struct kf_unpacked out = unpack("010203e00405");

	assert_int_equal(out.said, KF_UNPACK_ENDED);
	assert_int_equal(out.used, 4);
	assert_int_equal(out.made, 6);
	assert_memory_equal(got.bytes, "\1\1\2\2\3\3", 6);
}

static void other_ends_are_told_apart(void **state)
{
	assert_int_equal(unpack("0102b0").said, KF_UNPACK_DAMAGED);
	assert_int_equal(unpack("0102d0").said, KF_UNPACK_REFUSED);
	assert_int_equal(unpack("010250").said, KF_UNPACK_REFUSED);
	assert_int_equal(unpack("0102").said, KF_UNPACK_CUT);
	assert_int_equal(unpack("0102").made, 4);
	assert_int_equal(unpack("").said, KF_UNPACK_CUT);
}

static void no_more_than_the_limit_comes_out(void **state)
{
	struct kf_bytes file = model_hex("010203e0");
	struct kf_unpacked out = unpack_some(file, 0, 4, 5, KF_OK);

	assert_int_equal(out.said, KF_UNPACK_LIMIT);
	assert_int_equal(out.made, 5);
	assert_int_equal(got.len, 5);
	assert_int_equal(unpack_some(file, 0, 4, 6, KF_OK).said,
			 KF_UNPACK_ENDED);
}

static void who_has_enough_ends_it(void **state)
{
	struct kf_bytes file = model_fill(50000, 1);
	struct kf_unpacked out;

	got.enough = 10000;
	out = unpack_some(file, 0, file.len, UINT64_MAX, KF_OK);
	got.enough = SIZE_MAX;
	assert_int_equal(out.said, KF_UNPACK_STOPPED);
	assert_true(out.made >= 10000 && out.made < 100000);
}

static void long_streams_come_in_pieces(void **state)
{
	struct kf_bytes file = model_fill(40000, 7);
	struct kf_unpacked out;

	((uint8_t *)(uintptr_t)file.data)[39999] = END;
	out = unpack_some(file, 10, file.len - 10, UINT64_MAX, KF_OK);
	assert_int_equal(out.said, KF_UNPACK_ENDED);
	assert_int_equal(out.used, 39990);
	assert_int_equal(got.len, 2 * 39989);
	/* Up to where the range ends, and no further. */
	out = unpack_some(file, 0, 39999, UINT64_MAX, KF_OK);
	assert_int_equal(out.said, KF_UNPACK_CUT);
}

static void faults_are_no_answers(void **state)
{
	struct kf_bytes file = model_hex("010230");

	(void)unpack_some(file, 0, 3, 1000, KF_NO_MEMORY);
	(void)unpack_some(file, 2, 2, 1000, KF_WRONG_USE);
	(void)unpack_some(file, 4, 0, 1000, KF_WRONG_USE);
	no_memory = true;
	(void)unpack_some(file, 0, 2, 1000, KF_NO_MEMORY);
	no_memory = false;
	no_library = true;
	assert_int_equal(unpack("0102").said, KF_UNPACK_NO_LIBRARY);
	no_library = false;
}

static void the_budget_ends_it(void **state)
{
	struct kf_bytes file = model_fill(40000, 7);
	struct kf_source source = kf_bytes_source(&file);
	struct kf_env *env = model_env();
	struct kf_packed packed = { .packing = KF_PACKING_GZIP,
				    .source = &source, .len = file.len,
				    .limit = UINT64_MAX };
	struct kf_unpacked out;

	env->unpacker = &twice;
	env->steps = 44000;
	assert_int_equal(kf_unpack(&out, &packed, env), KF_TOO_MUCH);
	env->steps = 46000;
	assert_int_equal(kf_unpack(&out, &packed, env), KF_OK);
	assert_int_equal(out.made, 80000);
	env->unpacker = NULL;
	assert_int_equal(kf_unpack(&out, &packed, env), KF_OK);
	assert_int_equal(out.said, KF_UNPACK_NO_LIBRARY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_stream_ends_where_it_says),
		MODEL_TEST(other_ends_are_told_apart),
		MODEL_TEST(no_more_than_the_limit_comes_out),
		MODEL_TEST(who_has_enough_ends_it),
		MODEL_TEST(long_streams_come_in_pieces),
		MODEL_TEST(faults_are_no_answers),
		MODEL_TEST(the_budget_ends_it),
	};

	got.enough = SIZE_MAX;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
