/* Faults: worded once, cut where they do not fit.
 */
#include "tests/model.h"

#include <keyfit/host.h>

#include <string.h>

static void the_first_fault_stays(void **state)
{
	struct kf_fault why = { "", "" };

	kf_fault_say(&why, "do this", "%s is %d", "x", 3);
	kf_fault_say(&why, "or that", "another");
	assert_string_equal(why.what, "x is 3");
	assert_string_equal(why.hint, "do this");
}

static void a_fault_may_have_no_hint(void **state)
{
	struct kf_fault why = { "", "old" };

	kf_fault_say(&why, NULL, "%s", "x");
	assert_string_equal(why.hint, "");
}

static void a_long_fault_is_cut_and_ends(void **state)
{
	struct kf_fault why = { "", "" };
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	kf_fault_say(&why, text, "%s", text);
	assert_int_equal(strlen(why.what), sizeof(why.what) - 1);
	assert_int_equal(strlen(why.hint), sizeof(why.hint) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(the_first_fault_stays),
		MODEL_TEST(a_fault_may_have_no_hint),
		MODEL_TEST(a_long_fault_is_cut_and_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
