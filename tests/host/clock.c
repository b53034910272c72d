/* Times as people write them.
 *
 * Expected seconds come from GNU date 9.1: date -u -d TIME +%s.
 */
#include "tests/model.h"

#include <keyfit/host.h>

#include <stdlib.h>
#include <time.h>

static bool reads(const char *text, int64_t want)
{
	int64_t seconds;

	return kf_time_read(&seconds, text) && seconds == want;
}

static bool refuses(const char *text)
{
	int64_t seconds;

	return !kf_time_read(&seconds, text);
}

static void a_day_a_moment_and_a_number_are_read(void **state)
{
	assert_true(reads("1970-01-01", 0));
	assert_true(reads("2028-05-15", 1841961600));
	assert_true(reads("2028-05-15T12:00:00Z", 1842004800));
	assert_true(reads("@1842004800", 1842004800));
	assert_true(reads("@0", 0));
	assert_true(reads("@-1", -1));
}

static void leap_days_exist_in_leap_years_alone(void **state)
{
	assert_true(reads("2024-02-29", 1709164800));
	assert_true(reads("2000-02-29", 951782400));
	assert_true(refuses("2023-02-29"));
	assert_true(refuses("2100-02-29"));
	assert_true(refuses("2024-02-30"));
	assert_true(refuses("2024-04-31"));
}

static void what_is_no_day_or_hour_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "@", "@x", "@1x", "@99999999999999999999", "2024",
		"2024-13-01", "2024-00-01", "2024-01-00", "2024-01-32",
		"2024-01-01T", "2024-01-01T25:00:00Z", "2024-01-01T12:60:00Z",
		"2024-01-01T12:00:00", "2024-01-01T12:00:00+01:00",
		"2024-01-01 ", "2024-01-01Z", "yesterday", "24-1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!refuses(bad[i]))
			fail_msg("\"%s\" is read", bad[i]);
}

static void the_last_second_of_32_bits_is_no_end(void **state)
{
	assert_true(reads("2038-01-19T03:14:07Z", INT32_MAX));
	assert_true(reads("2038-01-19T03:14:08Z", INT64_C(2147483648)));
	assert_true(reads("9999-12-31T23:59:59Z", INT64_C(253402300799)));
}

static void what_is_written_reads_back(void **state)
{
	static const int64_t all[] = { 0, -1, 951782400, 1842004800,
				       INT64_C(2147483648),
				       INT64_C(253402300799) };
	char text[24];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		kf_time_write(text, all[i]);
		assert_true(reads(text, all[i]));
	}
	kf_time_write(text, 1842004800);
	assert_string_equal(text, "2028-05-15T12:00:00Z");
}

static void what_is_out_of_range_is_said_so(void **state)
{
	char text[24];

	kf_time_write(text, INT64_C(253402300800));
	assert_string_equal(text, "out of range");
	kf_time_write(text, INT64_MAX);
	assert_string_equal(text, "out of range");
}

/* right/UTC counts leap seconds. */
static void time_zones_change_nothing(void **state)
{
	static const char *const zones[] = { "UTC", "Europe/Berlin", "EAST-14",
					     "WEST+12", "right/UTC" };
	char text[24];

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		setenv("TZ", zones[i], 1);
		tzset();
		assert_true(reads("2028-05-15", 1841961600));
		assert_true(reads("2024-03-31T01:30:00Z", 1711848600));
		kf_time_write(text, 1841961600);
		assert_string_equal(text, "2028-05-15T00:00:00Z");
	}
	unsetenv("TZ");
	tzset();
}

static void the_clock_is_the_systems(void **state)
{
	int64_t before = (int64_t)time(NULL), now = kf_now_s();

	assert_true(now >= before && now - before < 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_day_a_moment_and_a_number_are_read),
		MODEL_TEST(leap_days_exist_in_leap_years_alone),
		MODEL_TEST(what_is_no_day_or_hour_is_refused),
		MODEL_TEST(the_last_second_of_32_bits_is_no_end),
		MODEL_TEST(what_is_written_reads_back),
		MODEL_TEST(what_is_out_of_range_is_said_so),
		MODEL_TEST(time_zones_change_nothing),
		MODEL_TEST(the_clock_is_the_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
