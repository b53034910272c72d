/* Files inside squashfs images that mksquashfs(1) makes: they come out as they
 * went in, and the child that unpacks them can do nothing else.
 */
#include "tests/model.h"

#include "host/members.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BEFORE = 12345, BIG = 300000 };

static char folder[] = "/tmp/keyfit-members-XXXXXX";
static char image[64];
static uint8_t big[BIG];

static void put(const char *name, const void *bytes, size_t len)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* make makes the image, compressed in one way, behind some other bytes. */
static void make(const char *compressor)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "cd %s && rm -f image && mksquashfs in image -comp %s -quiet -no-progress -all-root >/dev/null 2>&1 && (head -c %d /dev/zero; cat image) >%s",
		 folder, compressor, BEFORE, image);
	assert_int_equal(system(command), 0);
}

static int make_folder(void **state)
{
	char path[128];

	if (!mkdtemp(folder))
		return -1;
	snprintf(image, sizeof(image), "%s/file", folder);
	for (uint32_t i = 0, r = 1; i < BIG; i++, r = r * 1664525 + 1013904223)
		big[i] = (uint8_t)(r >> 24);
	snprintf(path, sizeof(path), "%s/in", folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/in/deep", folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/in/link", folder);
	if (symlink("/etc/passwd", path) < 0)
		return -1;
	put("in/hello", "hello", 5);
	put("in/empty", "", 0);
	put("in/deep/big", big, BIG);
	return 0;
}

static int remove_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static bool any(void *self, const char *name, struct kf_bytes head,
		const struct kf_source *file)
{
	return true;
}

static bool with_hello(void *self, const char *name, struct kf_bytes head,
		       const struct kf_source *file)
{
	return kf_equal(head, kf_text("hello"));
}

/* The head, and the source behind it, are the same bytes. */
static bool long_ones(void *self, const char *name, struct kf_bytes head,
		      const struct kf_source *file)
{
	uint8_t last;

	return file->size == BIG && head.len == 4096 &&
	       file->read_at(file->self, BIG - 1, &last, 1) &&
	       last == big[BIG - 1] &&
	       !file->read_at(file->self, BIG, &last, 1);
}

static bool that_opens(void *self, const char *name, struct kf_bytes head,
		       const struct kf_source *file)
{
	return open("/dev/null", O_RDONLY) >= 0;
}

/* look goes through an image. Returns how many files came out; `*status` is
 * how it ended. */
static size_t look(kf_wanted *wanted, uint64_t shorter, char names[][32],
		   enum kf_status *status)
{
	struct kf_fault why = { "", "" };
	struct kf_file file;
	struct kf_container container;
	struct kf_members members;
	struct kf_member member;
	size_t num = 0;

	assert_int_equal(kf_file_open(&file, image, &why), KF_OK);
	container.source = &file.source;
	container.at = BEFORE;
	container.len = file.source.size - BEFORE - shorter;
	assert_int_equal(kf_members_open(&members, &container, wanted, NULL,
					 &why), KF_OK);
	for (;;) {
		*status = kf_members_next(&member, &members, &why);
		if (*status != KF_OK || !member.name)
			break;
		if (strcmp(member.name, "/deep/big") == 0) {
			static uint8_t got[BIG];

			assert_int_equal(member.file.source.size, BIG);
			assert_true(member.file.source.read_at(
				    member.file.source.self, 0, got, BIG));
			assert_memory_equal(got, big, BIG);
		}
		assert_true(num < 8);
		snprintf(names[num++], 32, "%s", member.name);
		kf_member_close(&member);
	}
	if (*status != KF_OK)
		assert_true(why.what[0]);
	kf_member_close(&member);
	kf_members_close(&members);
	kf_file_close(&file);
	return num;
}

static void what_went_in_comes_out(void **state)
{
	static const char *const compressors[] = { "gzip", "xz", "zstd", "lz4" };
	enum kf_status status;
	char names[8][32];

	for (size_t i = 0; i < sizeof(compressors) / sizeof(*compressors);
	     i++) {
		make(compressors[i]);
		assert_int_equal(look(any, 0, names, &status), 3);
		assert_int_equal(status, KF_OK);
		assert_string_equal(names[0], "/deep/big");
		assert_string_equal(names[1], "/empty");
		assert_string_equal(names[2], "/hello");
	}
}

/* Source: Debian's libsquashfs1 1.2.0-1 is not linked with liblzo2. */
static void what_the_library_cannot_unpack_cannot_be_read(void **state)
{
	enum kf_status status;
	char names[8][32];

	make("lzo");
	assert_int_equal(look(any, 0, names, &status), 0);
	assert_int_equal(status, KF_CANNOT_READ);
}

static void only_what_is_wanted_comes_out(void **state)
{
	enum kf_status status;
	char names[8][32];

	make("gzip");
	assert_int_equal(look(with_hello, 0, names, &status), 1);
	assert_string_equal(names[0], "/hello");
	assert_int_equal(status, KF_OK);
	assert_int_equal(look(long_ones, 0, names, &status), 1);
	assert_string_equal(names[0], "/deep/big");
}

/* A file that is opened in the child is the end of the child. */
static void the_child_can_open_nothing(void **state)
{
	enum kf_status status;
	char names[8][32];

	make("gzip");
	assert_int_equal(look(that_opens, 0, names, &status), 0);
	assert_int_equal(status, KF_CANNOT_READ);
}

static void an_image_that_is_cut_short_cannot_be_read(void **state)
{
	enum kf_status status;
	char names[8][32];
	struct stat st;

	make("gzip");
	assert_int_equal(stat(image, &st), 0);
	for (off_t cut = 4096; cut < st.st_size - BEFORE; cut += 20000) {
		(void)look(any, (uint64_t)cut, names, &status);
		assert_int_equal(status, KF_CANNOT_READ);
	}
}

static void damage_is_an_end_and_no_more(void **state)
{
	size_t bad = 0;

	make("gzip");
	for (int i = 0; i < 96; i++) {
		enum kf_status status;
		char names[8][32];
		FILE *file = fopen(image, "r+");

		assert_non_null(file);
		fseek(file, BEFORE + i, SEEK_SET);
		fputc(0xff, file);
		fclose(file);
		(void)look(any, 0, names, &status);
		assert_true(status == KF_OK || status == KF_CANNOT_READ);
		bad += status != KF_OK;
	}
	assert_true(bad > 48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_in_comes_out),
		cmocka_unit_test(what_the_library_cannot_unpack_cannot_be_read),
		cmocka_unit_test(only_what_is_wanted_comes_out),
		cmocka_unit_test(the_child_can_open_nothing),
		cmocka_unit_test(an_image_that_is_cut_short_cannot_be_read),
		cmocka_unit_test(damage_is_an_end_and_no_more),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
