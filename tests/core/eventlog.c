/* Event logs, record by record.
 *
 * The layouts are written down here from the specification: TCG PC Client
 * Platform Firmware Profile 1.06, 10.2 (TCG_PCR_EVENT, TCG_PCR_EVENT2,
 * TCG_EfiSpecIDEvent). Real logs are judged by a real TPM in tests/real/pcr.
 */
#include "tests/model.h"

#include "core/eventlog.h"

#include <string.h>

enum { LOG_MAX = 4096 };

static uint8_t log_bytes[LOG_MAX];
static size_t log_len;

static void put(const void *bytes, size_t len)
{
	assert_true(log_len + len <= LOG_MAX);
	memcpy(log_bytes + log_len, bytes, len);
	log_len += len;
}

static void put32(uint32_t value)
{
	uint8_t bytes[4] = { (uint8_t)value, (uint8_t)(value >> 8),
			     (uint8_t)(value >> 16), (uint8_t)(value >> 24) };

	put(bytes, 4);
}

static void put16(uint16_t value)
{
	uint8_t bytes[2] = { (uint8_t)value, (uint8_t)(value >> 8) };

	put(bytes, 2);
}

static void put_fill(uint8_t value, size_t len)
{
	while (len--)
		put(&value, 1);
}

static void put_plain(uint32_t pcr, uint32_t type, const char *data,
		      size_t len)
{
	put32(pcr);
	put32(type);
	put_fill(0xaa, 20);
	put32((uint32_t)len);
	put(data, len);
}

/* put_start starts a crypto-agile log of SHA-1 and SHA-256. */
static void put_start(void)
{
	log_len = 0;
	put32(0);
	put32(KF_EV_NO_ACTION);
	put_fill(0, 20);
	put32(24 + 4 + 2 * 4 + 1);
	put("Spec ID Event03", 16);
	put_fill(0, 8);
	put32(2);
	put16(0x0004);
	put16(20);
	put16(0x000b);
	put16(32);
	put_fill(0, 1);
}

/* put_agile adds a record; `swapped`: SHA-256 comes first in it. */
static void put_agile(uint32_t pcr, uint32_t type, bool swapped,
		      const char *data, size_t len)
{
	put32(pcr);
	put32(type);
	put32(2);
	put16(swapped ? 0x000b : 0x0004);
	put_fill(swapped ? 32 : 20, swapped ? 32 : 20);
	put16(swapped ? 0x0004 : 0x000b);
	put_fill(swapped ? 20 : 32, swapped ? 20 : 32);
	put32((uint32_t)len);
	put(data, len);
}

static struct kf_bytes whole(void)
{
	return kf_view(log_bytes, log_len);
}

static void banks_come_from_the_first_record(void **state)
{
	struct kf_eventlog log;

	put_start();
	log = kf_eventlog_open(whole());
	assert_true(log.agile);
	assert_int_equal(log.num_banks, 2);
	assert_true(log.bank[0].known && log.bank[0].kind == KF_SHA1);
	assert_true(log.bank[1].known && log.bank[1].kind == KF_SHA256);
}

static void digests_are_found_by_their_algorithm(void **state)
{
	struct kf_eventlog log;
	struct kf_event event;

	put_start();
	put_agile(7, KF_EV_SEPARATOR, false, "\0\0\0\0", 4);
	put_agile(4, KF_EV_EFI_ACTION, true, "Hello", 5);
	log = kf_eventlog_open(whole());
	assert_true(kf_eventlog_next(&log, &event));
	assert_int_equal(event.type, KF_EV_NO_ACTION);
	for (uint32_t i = 2; i <= 3; i++) {
		assert_true(kf_eventlog_next(&log, &event));
		assert_int_equal(event.number, i);
		assert_int_equal(event.digest[0].len, 20);
		assert_int_equal(event.digest[0].data[0], 20);
		assert_int_equal(event.digest[1].len, 32);
		assert_int_equal(event.digest[1].data[31], 32);
	}
	assert_int_equal(event.pcr, 4);
	assert_true(kf_equal(event.data, kf_text("Hello")));
	assert_int_equal(event.at + event.len, log_len);
	assert_false(kf_eventlog_next(&log, &event));
	assert_null(log.cursor.damage.field);
}

static void older_logs_have_one_digest(void **state)
{
	struct kf_eventlog log;
	struct kf_event event;

	log_len = 0;
	put_plain(0, KF_EV_S_CRTM_VERSION, "1", 1);
	put_plain(7, KF_EV_SEPARATOR, "\0\0\0\0", 4);
	assert_true(kf_eventlog_likely(whole()));
	log = kf_eventlog_open(whole());
	assert_false(log.agile);
	assert_true(kf_eventlog_next(&log, &event));
	assert_true(kf_eventlog_next(&log, &event));
	assert_int_equal(event.pcr, 7);
	assert_int_equal(event.digest[0].len, 20);
	assert_false(kf_eventlog_next(&log, &event));
	assert_null(log.cursor.damage.field);
}

/* Wherever a log is cut, what stands before is read, and the end is told. */
static void a_cut_log_says_where(void **state)
{
	size_t start, len;

	put_start();
	start = log_len;
	put_agile(7, KF_EV_SEPARATOR, false, "\0\0\0\0", 4);
	for (len = start + 1; len < log_len; len++) {
		struct kf_eventlog log;
		struct kf_event event;

		log = kf_eventlog_open(kf_view(log_bytes, len));
		assert_true(kf_eventlog_next(&log, &event));
		assert_false(kf_eventlog_next(&log, &event));
		assert_non_null(log.cursor.damage.field);
		assert_in_range(log.cursor.damage.at, start, len);
	}
}

static void an_algorithm_without_a_bank_ends_the_log(void **state)
{
	struct kf_eventlog log;
	struct kf_event event;

	put_start();
	put32(0);
	put32(KF_EV_SEPARATOR);
	put32(1);
	put16(0x0012);
	put_fill(0, 32);
	put32(0);
	log = kf_eventlog_open(whole());
	assert_true(kf_eventlog_next(&log, &event));
	assert_false(kf_eventlog_next(&log, &event));
	assert_string_equal(log.cursor.damage.field, "AlgorithmId");
}

static void a_bank_of_another_size_is_not_computed(void **state)
{
	struct kf_eventlog log;

	put_start();
	log_bytes[log_len - 3] = 31;
	log = kf_eventlog_open(whole());
	assert_int_equal(log.num_banks, 2);
	assert_false(log.bank[1].known);
	assert_true(log.bank[0].known);
}

static void other_files_are_no_logs(void **state)
{
	put_start();
	assert_true(kf_eventlog_likely(whole()));
	assert_false(kf_eventlog_likely(kf_view(NULL, 0)));
	assert_false(kf_eventlog_likely(kf_text("a text, longer than a record "
						"of the older form is")));
	assert_false(kf_eventlog_likely(kf_view(log_bytes, 20)));
}

static void variables_have_to_add_up(void **state)
{
	struct kf_event_variable v;

	log_len = 0;
	put_fill(1, 16);
	put32(2);
	put32(0);
	put32(3);
	put32(0);
	put("d\0b\0xyz", 7);
	assert_true(kf_event_variable_read(&v, whole()));
	assert_true(kf_equal(v.data, kf_text("xyz")));
	assert_int_equal(v.name.len, 4);
	assert_false(kf_event_variable_read(&v, kf_view(log_bytes,
							log_len - 1)));
	put_fill(0, 1);
	assert_false(kf_event_variable_read(&v, whole()));
	memset(log_bytes + 16, 0xff, 8);
	assert_false(kf_event_variable_read(&v, whole()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(banks_come_from_the_first_record),
		MODEL_TEST(digests_are_found_by_their_algorithm),
		MODEL_TEST(older_logs_have_one_digest),
		MODEL_TEST(a_cut_log_says_where),
		MODEL_TEST(an_algorithm_without_a_bank_ends_the_log),
		MODEL_TEST(a_bank_of_another_size_is_not_computed),
		MODEL_TEST(other_files_are_no_logs),
		MODEL_TEST(variables_have_to_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
