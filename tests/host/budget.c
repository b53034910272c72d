/* What looking into containers costs is counted, and ends with the budget:
 * images and archives that mksquashfs(1), mke2fs(8), tar(1) and packers make
 * small become no larger than that. Bytes are counted here, and no time.
 */
#include "tests/model.h"

#include "host/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MIB = 1 << 20, BUDGET = 6 * MIB, BOMB = 32 * MIB };

static char folder[] = "/tmp/keyfit-budget-XXXXXX";
static char image[64];

static int make_folder(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(image, sizeof(image), "%s/image", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* make makes the image with a command, in which in/ holds a large file of
 * zeros, and a small one. */
static void make(const char *maker)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "cd %s && rm -rf image in && mkdir in && truncate -s %d in/large && echo hello >in/small && (%s) >/dev/null 2>&1",
		 folder, BOMB, maker);
	assert_int_equal(system(command), 0);
}

static bool any(void *self, const char *name, struct kf_bytes head,
		const struct kf_source *file)
{
	return true;
}

static bool small_one(void *self, const char *name, struct kf_bytes head,
		      const struct kf_source *file)
{
	return file ? file->size < 100 : strstr(name, "small") != NULL;
}

/* looked is how it ended, how many files came, and how large the largest
 * was. */
struct looked {
	enum kf_status status;
	size_t num;
	uint64_t largest;
	struct kf_fault why;
};

static struct looked look(enum kf_container_kind kind, kf_wanted *wanted,
			  struct kf_budget *budget)
{
	struct kf_container container = { .kind = kind, .budget = budget };
	struct looked out = { .num = 0 };
	struct kf_members members;
	struct kf_member member;
	struct kf_file file;
	bool more = true;

	assert_int_equal(kf_file_open(&file, image, &out.why), KF_OK);
	container.source = &file.source;
	container.len = file.source.size;
	out.status = kf_members_open(&members, &container, wanted, NULL,
				     &out.why);
	while (out.status == KF_OK && more) {
		out.status = kf_members_next(&member, &members, &out.why);
		more = out.status == KF_OK && member.name;
		out.num += more;
		if (more && member.file.source.size > out.largest)
			out.largest = member.file.source.size;
		kf_member_close(&member);
	}
	kf_members_close(&members);
	kf_file_close(&file);
	return out;
}

static void a_budget_grows_with_the_file(void **state)
{
	struct kf_budget b;

	kf_budget_open(&b, 0);
	assert_int_equal(b.whole, 256 * MIB);
	kf_budget_open(&b, 10 * MIB);
	assert_int_equal(b.whole, 576 * MIB);
	assert_int_equal(b.left, b.whole);
	kf_budget_open(&b, UINT64_MAX / 2);
	assert_int_equal(b.whole, UINT64_MAX);
}

static void what_is_left_can_be_taken_and_no_more(void **state)
{
	struct kf_budget b = { 10, 10 };

	assert_true(kf_budget_take(&b, 4));
	assert_true(kf_budget_take(&b, 6));
	assert_true(kf_budget_take(&b, 0));
	assert_false(kf_budget_take(&b, 1));
	assert_int_equal(b.left, 0);
	b.left = 5;
	assert_false(kf_budget_take(&b, UINT64_MAX));
	assert_int_equal(b.left, 0);
}

static const struct {
	const char *maker;
	enum kf_container_kind kind;
} makers[] = {
	{ "mksquashfs in image -quiet", KF_CONTAINER_SQUASHFS },
	{ "mksquashfs in image -quiet -comp zstd", KF_CONTAINER_SQUASHFS },
	{ "mke2fs -q -t ext4 -d in image 64M", KF_CONTAINER_EXT },
	{ "tar --zstd -cf image -C in large small", KF_CONTAINER_ARCHIVE },
	{ "tar --xz -cf image -C in large small", KF_CONTAINER_ARCHIVE },
	{ "tar --bzip2 -cf image -C in large small", KF_CONTAINER_ARCHIVE },
	{ "tar --gzip -cf image -C in large small", KF_CONTAINER_ARCHIVE },
	{ "tar -S -cf image -C in large small", KF_CONTAINER_ARCHIVE },
	{ "gzip <in/large >image", KF_CONTAINER_ARCHIVE },
	{ "bzip2 <in/large >image", KF_CONTAINER_ARCHIVE },
	{ "xz <in/large >image", KF_CONTAINER_ARCHIVE },
	{ "zstd <in/large >image", KF_CONTAINER_ARCHIVE },
	{ "for i in 1 2 3 4; do head -c 4M in/large | gzip; done >image",
	  KF_CONTAINER_ARCHIVE },
};

static void what_becomes_too_large_ends_with_the_budget(void **state)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++) {
		struct kf_budget b = { BUDGET, BUDGET };
		struct looked l;

		make(makers[i].maker);
		l = look(makers[i].kind, any, &b);
		assert_int_equal(l.status, KF_CANNOT_READ);
		assert_non_null(strstr(l.why.what, "more than 6 MiB"));
		assert_true(l.largest < BUDGET);
		assert_true(b.left < MIB);
	}
}

static void what_is_large_and_not_too_large_comes_out(void **state)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++) {
		struct kf_budget b;
		struct looked l;

		make(makers[i].maker);
		kf_budget_open(&b, 0);
		l = look(makers[i].kind, any, &b);
		assert_int_equal(l.status, KF_OK);
		assert_true(l.largest == BOMB || l.largest == BOMB / 2);
		assert_true(b.whole - b.left > l.largest);
		assert_true(b.whole - b.left < 3 * (uint64_t)BOMB);
	}
}

/* An archive has to be unpacked up to the file that is wanted. */
static void what_nobody_wants_costs_where_it_is_unpacked(void **state)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++) {
		struct kf_budget b = { BUDGET, BUDGET };
		bool packed = strstr(makers[i].maker, "--");
		struct looked l;

		if (!strstr(makers[i].maker, "in large") &&
		    makers[i].kind == KF_CONTAINER_ARCHIVE)
			continue;
		make(makers[i].maker);
		l = look(makers[i].kind, small_one, &b);
		assert_int_equal(l.status, packed ? KF_CANNOT_READ : KF_OK);
		assert_int_equal(l.num, packed ? 0 : 1);
		b.left = b.whole = 2 * BOMB;
		l = look(makers[i].kind, small_one, &b);
		assert_int_equal(l.status, KF_OK);
		assert_int_equal(l.num, 1);
		assert_true(packed == (b.whole - b.left > BOMB));
	}
}

static void what_one_spent_is_not_there_for_another(void **state)
{
	struct kf_budget b = { 40 * MIB, 40 * MIB };

	make("gzip <in/large >image");
	assert_int_equal(look(KF_CONTAINER_ARCHIVE, any, &b).status, KF_OK);
	assert_int_equal(look(KF_CONTAINER_ARCHIVE, any, &b).status,
			 KF_CANNOT_READ);
	/* A process costs as well, whatever there is to unpack. */
	assert_int_equal(b.left, 0);
	assert_int_equal(look(KF_CONTAINER_ARCHIVE, any, &b).status,
			 KF_CANNOT_READ);
}

static void what_is_packed_twice_is_not_unpacked(void **state)
{
	static const char *const two[] = {
		"gzip <in/small | gzip >image", "xz <in/small | zstd >image",
		"tar -cf - -C in small | gzip | bzip2 >image",
	};

	for (size_t i = 0; i < sizeof(two) / sizeof(*two); i++) {
		struct kf_budget b = { BUDGET, BUDGET };
		struct looked l;

		make(two[i]);
		l = look(KF_CONTAINER_ARCHIVE, any, &b);
		assert_int_equal(l.status, KF_CANNOT_READ);
		assert_non_null(strstr(l.why.what, "packed more than once"));
	}
}

/* Files that are all the same lie there once, and cost as often as they are
 * looked at. */
static void many_names_of_one_file_cost_each(void **state)
{
	struct kf_budget b = { BUDGET, BUDGET };
	struct looked l;

	make("cd in && rm large && head -c 100000 /dev/urandom >one && for i in $(seq 100); do cp one $i; done && rm small && mksquashfs . ../image -quiet");
	l = look(KF_CONTAINER_SQUASHFS, small_one, &b);
	assert_int_equal(l.num, 0);
	assert_int_equal(l.status, KF_CANNOT_READ);
	assert_int_equal(b.whole, BUDGET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_budget_grows_with_the_file),
		cmocka_unit_test(what_is_left_can_be_taken_and_no_more),
		cmocka_unit_test(what_becomes_too_large_ends_with_the_budget),
		cmocka_unit_test(what_is_large_and_not_too_large_comes_out),
		cmocka_unit_test(what_nobody_wants_costs_where_it_is_unpacked),
		cmocka_unit_test(what_one_spent_is_not_there_for_another),
		cmocka_unit_test(what_is_packed_twice_is_not_unpacked),
		cmocka_unit_test(many_names_of_one_file_cost_each),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
