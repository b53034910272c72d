/* A file is there whole under its name, or what was there stays.
 */
#include "tests/model.h"

#include "host/replace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/keyfit-replace-XXXXXX";
static struct kf_file input;
static struct kf_fault why;

static int open_folder(void **state)
{
	FILE *f;

	model_open(state);
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	f = fopen("in", "w");
	assert_non_null(f);
	fputs("old", f);
	fclose(f);
	assert_int_equal(chmod("in", 0750), 0);
	memset(&why, 0, sizeof(why));
	assert_int_equal(kf_file_open(&input, "in", &why), KF_OK);
	return 0;
}

static int close_folder(void **state)
{
	char command[64];

	kf_file_close(&input);
	assert_int_equal(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static enum kf_status put(const char *path, const char *text)
{
	struct kf_bytes bytes = kf_text(text);
	struct kf_source source = model_source(&bytes);

	return kf_replace(path, &source, &input, model_env(), &why);
}

static bool holds(const char *path, const char *text)
{
	char got[32] = { 0 };
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	return model_same(got, text);
}

static unsigned mode(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void a_new_file_has_the_mode_of_the_old_one(void **state)
{
	umask(022);
	assert_int_equal(put("new", "text"), KF_OK);
	assert_true(holds("new", "text"));
	assert_int_equal(mode("new"), 0750);
	umask(077);
	assert_int_equal(put("other", ""), KF_OK);
	assert_true(holds("other", ""));
	assert_int_equal(mode("other"), 0700);
	umask(022);
}

static void a_replaced_file_keeps_its_mode(void **state)
{
	assert_int_equal(put("new", "one"), KF_OK);
	assert_int_equal(chmod("new", 0604), 0);
	assert_int_equal(put("new", "two"), KF_OK);
	assert_true(holds("new", "two"));
	assert_int_equal(mode("new"), 0604);
}

static void a_link_is_followed(void **state)
{
	assert_int_equal(put("new", "one"), KF_OK);
	assert_int_equal(symlink("new", "link"), 0);
	assert_int_equal(put("link", "two"), KF_OK);
	assert_true(holds("new", "two"));
	assert_int_equal(symlink("nothing", "dangling"), 0);
	assert_int_equal(put("dangling", "two"), KF_CANNOT_READ);
	assert_int_not_equal(access("nothing", F_OK), 0);
}

static void what_is_no_file_is_not_replaced(void **state)
{
	assert_int_equal(put(".", "text"), KF_WRONG_USE);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(put("fifo", "text"), KF_WRONG_USE);
	assert_int_equal(put("none/new", "text"), KF_CANNOT_READ);
}

static bool fails(void *self, uint64_t at, void *out, size_t len)
{
	return false;
}

static void a_source_that_fails_leaves_nothing(void **state)
{
	struct kf_source source = { .size = 10, .read_at = fails };

	assert_int_equal(kf_replace("new", &source, &input, model_env(),
				    &why), KF_CANNOT_READ);
	assert_int_not_equal(access("new", F_OK), 0);
	assert_int_equal(system("test $(ls -A | wc -l) = 1"), 0);
}

static void an_input_that_changed_makes_nothing(void **state)
{
	FILE *f = fopen("in", "a");

	assert_non_null(f);
	fputs("more", f);
	fclose(f);
	assert_int_equal(put("new", "text"), KF_CANNOT_READ);
	assert_non_null(strstr(why.what, "has changed"));
	assert_int_equal(system("test $(ls -A | wc -l) = 1"), 0);
}

static void names_of_one_file_are_known(void **state)
{
	assert_int_equal(put("new", "text"), KF_OK);
	assert_int_equal(link("in", "hard"), 0);
	assert_true(kf_is_one_file("in", "hard"));
	assert_true(kf_is_one_file("./in", "in"));
	assert_false(kf_is_one_file("in", "new"));
	assert_false(kf_is_one_file("in", "none"));
}

#define REPLACE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_folder, close_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPLACE_TEST(a_new_file_has_the_mode_of_the_old_one),
		REPLACE_TEST(a_replaced_file_keeps_its_mode),
		REPLACE_TEST(a_link_is_followed),
		REPLACE_TEST(what_is_no_file_is_not_replaced),
		REPLACE_TEST(a_source_that_fails_leaves_nothing),
		REPLACE_TEST(an_input_that_changed_makes_nothing),
		REPLACE_TEST(names_of_one_file_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
