/* Where paths lead: through links, up, and to what is not there.
 */
#include "tests/model.h"

#include "host/within.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[128];

static int start(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[200];

	(void)state;
	snprintf(top, sizeof(top), "%s/keyfit-within-XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(top) || chdir(top) != 0)
		return 1;
	snprintf(path, sizeof(path), "%s/in/a", top);
	if (mkdir("in", 0700) || mkdir("in/a", 0700) || mkdir("inner", 0700) ||
	    symlink("../inner", "in/out") || symlink("a", "in/b") ||
	    symlink("nowhere", "in/gone") || symlink(path, "in/whole"))
		return 1;
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink("in/out");
	unlink("in/b");
	unlink("in/gone");
	unlink("in/whole");
	return rmdir("in/a") || rmdir("in") || rmdir("inner") ||
	       chdir("/") || rmdir(top);
}

static bool may(const char *path)
{
	bool lost, is;
	char *real = kf_within_path("in", path, &lost);

	assert_false(lost);
	is = real;
	free(real);
	return is;
}

static void test_what_lies_in_the_folder_may_be_read(void **state)
{
	(void)state;
	assert_true(may("in"));
	assert_true(may("in/a"));
	assert_true(may("in/b"));
	assert_true(may("in/whole"));
	assert_true(may("in/a/../b"));
	assert_true(may("in/a/not-there"));
	assert_true(may("in/not/there"));
	assert_true(may("in/gone"));
}

static void test_nothing_else_may(void **state)
{
	(void)state;
	assert_false(may("inner"));
	assert_false(may("in/out"));
	assert_false(may("in/out/not-there"));
	assert_false(may("in/../inner"));
	assert_false(may("in/.."));
	assert_false(may("not-there"));
	assert_false(may("/etc/passwd"));
	assert_false(may("/"));
	assert_false(may(""));
}

static void test_without_a_folder_all_may(void **state)
{
	bool lost;
	char *path = kf_within_path(NULL, "-", &lost);

	(void)state;
	assert_string_equal(path, "-");
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_lies_in_the_folder_may_be_read),
		cmocka_unit_test(test_nothing_else_may),
		cmocka_unit_test(test_without_a_folder_all_may),
	};

	return cmocka_run_group_tests(tests, start, end);
}
