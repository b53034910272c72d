/* zlib and libzstd behind the table: streams that these libraries pack come out
 * as they went in; cuts, damage and what they refuse are told apart.
 */
#include "tests/model.h"

#include <keyfit/host.h>
#include <keyfit/unpack.h>

#include <string.h>

#include <zlib.h>
#include <zstd.h>

enum { RAW_LEN = 300000, PACKED_LEN = 400000 };

static uint8_t raw[RAW_LEN];
static struct kf_work work;
static struct kf_bytes packed[KF_PACKING_ZSTD + 1];
static uint8_t memory[KF_PACKING_ZSTD + 1][PACKED_LEN];

static struct kf_bytes deflated(enum kf_packing packing, struct kf_bytes in,
				struct kf_bytes history, uint8_t *to)
{
	int bits = packing == KF_PACKING_GZIP ? 31
		   : packing == KF_PACKING_ZLIB ? 15 : -15;
	z_stream z = { 0 };
	size_t len;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8,
				      Z_DEFAULT_STRATEGY), Z_OK);
	if (history.len)
		assert_int_equal(deflateSetDictionary(&z, history.data,
						      (uInt)history.len),
				 Z_OK);
	z.next_in = (Bytef *)(uintptr_t)in.data;
	z.avail_in = (uInt)in.len;
	z.next_out = to;
	z.avail_out = PACKED_LEN;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	len = z.total_out;
	deflateEnd(&z);
	return kf_view(to, len);
}

static struct {
	size_t len;
	bool differs;
} got;

static bool take(void *self, struct kf_bytes bytes)
{
	got.differs |= bytes.len > RAW_LEN - got.len ||
		       memcmp(raw + got.len, bytes.data, bytes.len) != 0;
	got.len += bytes.len;
	return !got.differs;
}

static struct kf_unpacked unpack(enum kf_packing packing,
				 struct kf_bytes file, struct kf_bytes history)
{
	struct kf_source source = kf_bytes_source(&file);
	struct kf_packed p = {
		.packing = packing,
		.source = &source,
		.len = file.len,
		.history = history,
		.limit = UINT64_MAX,
		.take = take,
	};
	struct kf_unpacked out;

	got.len = 0;
	got.differs = false;
	kf_work_again(&work, file.len);
	assert_int_equal(kf_unpack(&out, &p, &work.env), KF_OK);
	assert_int_equal(out.made, got.len);
	return out;
}

static int make(void **state)
{
	struct kf_bytes none = { NULL, 0 };
	struct kf_fault why = { "", "" };
	uint32_t r = 1;

	for (size_t i = 0; i < RAW_LEN; i++) {
		r = r * 1664525 + 1013904223;
		raw[i] = (uint8_t)(i % 7 ? r >> 29 : r >> 24);
	}
	for (int p = KF_PACKING_GZIP; p < KF_PACKING_ZSTD; p++)
		packed[p] = deflated((enum kf_packing)p,
				     kf_view(raw, RAW_LEN), none, memory[p]);
	packed[KF_PACKING_ZSTD] = kf_view(memory[KF_PACKING_ZSTD],
		ZSTD_compress(memory[KF_PACKING_ZSTD], PACKED_LEN, raw,
			      RAW_LEN, 3));
	return kf_work_open(&work, 1 << 16, NULL, 0, &why) == KF_OK ? 0 : -1;
}

static int drop(void **state)
{
	kf_work_close(&work);
	return 0;
}

static void what_went_in_comes_out(void **state)
{
	for (int p = KF_PACKING_GZIP; p <= KF_PACKING_ZSTD; p++) {
		struct kf_bytes behind = model_join(packed[p],
						    kf_text("behind"));
		struct kf_unpacked out = unpack((enum kf_packing)p, behind,
						kf_view(NULL, 0));

		assert_int_equal(out.said, KF_UNPACK_ENDED);
		assert_int_equal(out.used, packed[p].len);
		assert_int_equal(got.len, RAW_LEN);
		assert_false(got.differs);
	}
}

static void a_stream_of_another_kind_is_damaged(void **state)
{
	for (int p = KF_PACKING_GZIP; p <= KF_PACKING_ZSTD; p++)
		for (int q = KF_PACKING_GZIP; q <= KF_PACKING_ZSTD; q++) {
			struct kf_unpacked out;

			if (p == q)
				continue;
			out = unpack((enum kf_packing)q, packed[p],
				     kf_view(NULL, 0));
			assert_int_equal(out.said, KF_UNPACK_DAMAGED);
		}
}

static void every_cut_is_one(void **state)
{
	for (int p = KF_PACKING_GZIP; p <= KF_PACKING_ZSTD; p++)
		for (size_t len = 0; len < packed[p].len;
		     len += len < 64 || packed[p].len - len < 32 ? 1 : 9973) {
			struct kf_bytes some = kf_part_of(packed[p], 0, len);
			struct kf_unpacked out = unpack((enum kf_packing)p,
							some,
							kf_view(NULL, 0));

			assert_int_equal(out.said, KF_UNPACK_CUT);
			assert_int_equal(out.used, len);
			assert_false(got.differs);
		}
}

/* A changed byte is seen, or changes nothing: gzip's header has fields that
 * do not matter, and a raw stream has no sum. */
static void changed_bytes_are_damage(void **state)
{
	const enum kf_packing summed[] = { KF_PACKING_GZIP, KF_PACKING_ZLIB };

	for (size_t i = 0; i < 2; i++) {
		struct kf_bytes file = model_copy(packed[summed[i]]);
		uint8_t *bytes = (uint8_t *)(uintptr_t)file.data;

		for (size_t at = 10; at < file.len; at += 4999) {
			struct kf_unpacked out;

			bytes[at] ^= 0x10;
			out = unpack(summed[i], file, kf_view(NULL, 0));
			bytes[at] ^= 0x10;
			assert_true(out.said == KF_UNPACK_DAMAGED ||
				    out.said == KF_UNPACK_STOPPED ||
				    out.said == KF_UNPACK_CUT);
		}
		bytes[file.len - 1] ^= 1;
		assert_int_equal(unpack(summed[i], file,
					kf_view(NULL, 0)).said,
				 KF_UNPACK_DAMAGED);
	}
}

static void what_the_libraries_refuse_is_told(void **state)
{
	struct kf_bytes history = kf_view(raw, 1000);
	/* Frame header: no single segment, a window of 256 MiB; then nothing.
	 * Source: RFC 8878, 3.1.1.1.2. */
	struct kf_bytes large = model_hex("28b52ffd00" "90" "010000");
	struct kf_bytes other = deflated(KF_PACKING_ZLIB,
					 kf_view(raw, RAW_LEN), history,
					 memory[0]);

	assert_int_equal(unpack(KF_PACKING_ZLIB, other,
				kf_view(NULL, 0)).said, KF_UNPACK_REFUSED);
	assert_int_equal(unpack(KF_PACKING_ZSTD, large,
				kf_view(NULL, 0)).said, KF_UNPACK_REFUSED);
	/* 128 MiB are not too much. */
	large = model_hex("28b52ffd00" "88" "010000");
	assert_int_equal(unpack(KF_PACKING_ZSTD, large,
				kf_view(NULL, 0)).said, KF_UNPACK_ENDED);
}

/* As in a cabinet's MSZIP, where each block repeats what came before. */
static void raw_streams_know_what_came_before(void **state)
{
	enum { HISTORY = 32000 };
	struct kf_bytes history = kf_view(raw, HISTORY);
	struct kf_bytes file = deflated(KF_PACKING_DEFLATE, history, history,
					memory[0]);
	struct kf_unpacked out = unpack(KF_PACKING_DEFLATE, file, history);

	assert_true(file.len < HISTORY / 16);
	assert_int_equal(out.said, KF_UNPACK_ENDED);
	assert_int_equal(out.made, HISTORY);
	assert_false(got.differs);
	out = unpack(KF_PACKING_DEFLATE, file, kf_view(NULL, 0));
	assert_int_equal(out.said, KF_UNPACK_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(what_went_in_comes_out),
		MODEL_TEST(a_stream_of_another_kind_is_damaged),
		MODEL_TEST(every_cut_is_one),
		MODEL_TEST(changed_bytes_are_damage),
		MODEL_TEST(what_the_libraries_refuse_is_told),
		MODEL_TEST(raw_streams_know_what_came_before),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
