/* Files inside containers that mksquashfs(1), mke2fs(8) and tar(1) make: they
 * come out as they went in, and the child that unpacks them can do no more.
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

/* make_by makes the image with a command, behind some other bytes. */
static void make_by(const char *maker)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "cd %s && rm -f image && (%s) >/dev/null 2>&1 && (head -c %d /dev/zero; cat image) >%s",
		 folder, maker, BEFORE, image);
	assert_int_equal(system(command), 0);
}

/* make makes a squashfs image, compressed in one way. */
static void make(const char *compressor)
{
	char maker[128];

	snprintf(maker, sizeof(maker),
		 "mksquashfs in image -comp %s -quiet -no-progress -all-root",
		 compressor);
	make_by(maker);
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

/* What an archive gives has to be kept before it can be asked. */
static bool small_ones(void *self, const char *name, struct kf_bytes head,
		       const struct kf_source *file)
{
	return file ? file->size < BIG : strcmp(name, "deep/big") != 0;
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

static const struct kf_container as_squashfs = {
	.kind = KF_CONTAINER_SQUASHFS,
};

/* look_as goes through an image. Returns how many files came out; `*status` is
 * how it ended. */
static size_t look_as(struct kf_container container, kf_wanted *wanted,
		      uint64_t shorter, char names[][32],
		      enum kf_status *status)
{
	struct kf_fault why = { "", "" };
	struct kf_file file;
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
		if (strstr(member.name, "deep/big")) {
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

static size_t look(kf_wanted *wanted, uint64_t shorter, char names[][32],
		   enum kf_status *status)
{
	return look_as(as_squashfs, wanted, shorter, names, status);
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

/* The file is taken for what its maker calls it. */
static struct kf_container container_of(void)
{
	struct kf_container c = { .kind = KF_CONTAINER_NONE };
	struct kf_fault why = { "", "" };
	struct kf_source part;
	struct kf_file file;
	uint8_t head[4096];

	assert_int_equal(kf_file_open(&file, image, &why), KF_OK);
	part = file.source;
	assert_true(part.size >= BEFORE + sizeof(head));
	assert_true(part.read_at(part.self, BEFORE, head, sizeof(head)));
	c.kind = kf_container_kind_of(kf_view(head, sizeof(head)), NULL);
	kf_file_close(&file);
	return c;
}

static void an_ext_file_system_is_walked(void **state)
{
	static const char *const kinds[] = { "ext2", "ext3", "ext4" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct kf_container c;
		enum kf_status status;
		char names[8][32], maker[128];

		snprintf(maker, sizeof(maker),
			 "mke2fs -q -t %s -d in image 8M", kinds[i]);
		make_by(maker);
		c = container_of();
		assert_int_equal(c.kind, KF_CONTAINER_EXT);
		assert_int_equal(look_as(c, any, 0, names, &status), 3);
		assert_int_equal(status, KF_OK);
		assert_int_equal(look_as(c, small_ones, 0, names, &status), 2);
		/* In a whole system, deep/ is no place for what boots. */
		c.system = true;
		assert_int_equal(look_as(c, any, 0, names, &status), 2);
		assert_int_equal(status, KF_OK);
		assert_int_equal(look_as(c, that_opens, 0, names, &status), 0);
		assert_int_equal(status, KF_CANNOT_READ);
	}
}

static void an_archive_is_read_in_order(void **state)
{
	static const char *const flags[] = {
		"--format=ustar", "--format=gnu", "--format=pax", "--gzip",
		"--bzip2", "--xz", "--zstd",
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		struct kf_container c;
		enum kf_status status;
		char names[8][32], maker[128];

		snprintf(maker, sizeof(maker), "tar %s -cf image -C in .",
			 flags[i]);
		make_by(maker);
		c = container_of();
		assert_int_equal(c.kind, KF_CONTAINER_ARCHIVE);
		assert_int_equal(look_as(c, any, 0, names, &status), 3);
		assert_int_equal(status, KF_OK);
		assert_int_equal(look_as(c, small_ones, 0, names, &status), 2);
		c.system = true;
		assert_int_equal(look_as(c, any, 0, names, &status), 2);
		assert_int_equal(status, KF_OK);
		c.system = false;
		(void)look_as(c, any, 200000, names, &status);
		assert_int_equal(status, KF_CANNOT_READ);
	}
}

static void a_packed_file_comes_out_unpacked(void **state)
{
	static const char *const packers[] = { "gzip", "bzip2", "xz", "zstd -q" };

	for (size_t i = 0; i < sizeof(packers) / sizeof(*packers); i++) {
		struct kf_container c;
		enum kf_status status;
		char names[8][32], maker[128];

		/* Zeros come first, as before an ext file system. */
		snprintf(maker, sizeof(maker),
			 "(head -c 4096 /dev/zero; cat in/deep/big) | %s >image",
			 packers[i]);
		make_by(maker);
		c = container_of();
		assert_int_equal(c.kind, KF_CONTAINER_ARCHIVE);
		assert_int_equal(look_as(c, any, 0, names, &status), 1);
		assert_int_equal(status, KF_OK);
		assert_string_equal(names[0], "/unpacked");
		(void)look_as(c, any, 1000, names, &status);
		assert_int_equal(status, KF_CANNOT_READ);
	}
}

static void damage_of_others_is_an_end_too(void **state)
{
	static const char *const makers[] = {
		"mke2fs -q -t ext4 -d in image 8M", "tar --xz -cf image -C in .",
		"tar -cf image -C in .", "gzip <in/deep/big >image",
	};

	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++) {
		struct kf_container c;

		make_by(makers[i]);
		c = container_of();
		for (long at = 0; at < 4000; at += 37) {
			enum kf_status status;
			char names[8][32];
			FILE *file = fopen(image, "r+");

			assert_non_null(file);
			fseek(file, BEFORE + at, SEEK_SET);
			fputc(0xff, file);
			fclose(file);
			(void)look_as(c, any, 0, names, &status);
			assert_true(status == KF_OK ||
				    status == KF_CANNOT_READ);
		}
	}
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
		cmocka_unit_test(an_ext_file_system_is_walked),
		cmocka_unit_test(an_archive_is_read_in_order),
		cmocka_unit_test(a_packed_file_comes_out_unpacked),
		cmocka_unit_test(damage_of_others_is_an_end_too),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
