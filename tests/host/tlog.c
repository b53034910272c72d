/* A log in a folder: the worked example byte for byte, logs that grow in all
 * sorts of steps, and every byte of one changed and found.
 */
#include "tests/model.h"
#include "tests/signer.h"

#include "host/tlog_parts.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "ledger.example/keyfit-demo"

enum { PATHS = 64, ENTRY_LEN = 64 };

static char folder[128];
static const struct kf_crypto *crypto;
static struct kf_signing_key key;
static struct kf_tlog_signer signer;
static struct kf_fault why;

static int open_all(void **state)
{
	crypto = kf_openssl_open(&why);
	return crypto && signer_open(&key, "keyfit ledger example log key")
		? 0 : -1;
}

static int close_all(void **state)
{
	kf_signing_key_close(&key);
	kf_openssl_close(crypto);
	return 0;
}

static int open_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");

	model_open(state);
	snprintf(folder, sizeof(folder), "%s/keyfit-tlog-XXXXXX",
		 tmp ? tmp : "/tmp");
	memset(&why, 0, sizeof(why));
	return mkdtemp(folder) &&
	       kf_tlog_signer_of(&signer, &key, NAME, crypto, &why) == KF_OK
		? 0 : -1;
}

static int removed(const char *path, const struct stat *st, int type,
		   struct FTW *at)
{
	return remove(path);
}

static int close_folder(void **state)
{
	return nftw(folder, removed, 16, FTW_DEPTH | FTW_PHYS);
}

static void good(enum kf_status status)
{
	if (status != KF_OK || why.what[0])
		fail_msg("%d: %s", (int)status, why.what);
}

static struct kf_tlog_writer *write_open(void)
{
	const struct kf_tlog_place place = { folder, 1 };
	struct kf_tlog_writer *w;

	good(kf_tlog_write_open(&w, &place, &signer, crypto, &why));
	return w;
}

static void read_open(struct kf_tlog *log)
{
	good(kf_tlog_open(log, folder, &signer.note, crypto, &why));
}

static struct kf_bytes entry_of(char room[ENTRY_LEN], uint64_t i)
{
	int len = snprintf(room, ENTRY_LEN, "{\"v\":1,\"i\":%llu}",
			   (unsigned long long)i);

	return kf_view(room, (size_t)len);
}

/* append puts `num` entries behind the others, as one. */
static void append(struct kf_tlog_writer *w, size_t num)
{
	struct kf_bytes *entry = calloc(num + 1, sizeof(*entry));
	char (*room)[ENTRY_LEN] = calloc(num + 1, sizeof(*room));
	uint64_t from = kf_tlog_size(w), index;

	for (size_t i = 0; i < num; i++)
		entry[i] = entry_of(room[i], from + i);
	good(kf_tlog_append(&index, w, entry, num, &why));
	assert_int_equal(index, from);
	free(entry);
	free(room);
}

static void make(size_t num)
{
	struct kf_tlog_writer *w;

	good(kf_tlog_init(folder, &signer, crypto, &why));
	w = write_open();
	append(w, num);
	good(kf_tlog_publish(w, &why));
	kf_tlog_write_close(w);
}

static struct kf_tlog_file slurp(const char *name)
{
	struct kf_tlog_file file;
	struct kf_tlog log;

	read_open(&log);
	good(kf_tlog_file_read(&file, log.folder, name, 1 << 26, &why));
	kf_tlog_close(&log);
	return file;
}

static void digest_is(const char *name, size_t len, const char *hex)
{
	struct kf_tlog_file file = slurp(name);
	struct kf_digest digest;

	assert_int_equal(file.len, len);
	kf_digest_of(&digest, crypto, KF_SHA256, kf_view(file.data, file.len));
	assert_true(kf_equal(kf_view(digest.bytes, digest.len),
			     model_hex(hex)));
	kf_tlog_file_close(&file);
}

/* Made by another program. */
static void the_worked_example_is_written_byte_for_byte(void **state)
{
	static const char want[] =
		"ledger.example/keyfit-demo\n5\n"
		"XRv6ePsMO7UUEmRIBmp6yDbFNIpxJmQfVrWlsoOgUe4=\n\n"
		"— ledger.example/keyfit-demo R8HmJu6MVwcaIuOUUxmZoTeTY3yK0Ji2qNA8sSvjYhgbzXTo7vX+of/wfDkOCZI+N/TiXyo7cjjU0+DiWKaTyD4I/Ac=\n";
	struct kf_tlog_file file;

	make(5);
	file = slurp("checkpoint");
	assert_true(kf_equal(kf_view(file.data, file.len), kf_text(want)));
	kf_tlog_file_close(&file);
	digest_is("tile/0/000.p/5", 160,
		  "a0a5ac7db03ddc04facb6f3193bb61fdc2fcb2ec7c10c39ca02b6c7ad571644b");
	digest_is("tile/entries/000.p/5", 75,
		  "7f80cab1b3ef31e713532c50c2486099bc900d1f0f26b544c053fb49cb24266f");
}

static void names_of_tiles_are_those_of_the_specification(void **state)
{
	char name[KF_TLOG_NAME_LEN];

	kf_tlog_tile_name(name, 0, 1234067, 256);
	assert_string_equal(name, "tile/0/x001/x234/067");
	kf_tlog_tile_name(name, 2, 0, 1);
	assert_string_equal(name, "tile/2/000.p/1");
	kf_tlog_tile_name(name, -1, 273, 112);
	assert_string_equal(name, "tile/entries/273.p/112");
	kf_tlog_tile_name(name, 0, UINT64_MAX / 512, 255);
	assert_string_equal(name,
			    "tile/0/x036/x028/x797/x018/x963/967.p/255");
}

struct counted {
	uint64_t next;
};

static enum kf_status count(void *self, uint64_t index, struct kf_bytes entry)
{
	struct counted *c = self;
	char room[ENTRY_LEN];

	assert_int_equal(index, c->next++);
	assert_true(kf_equal(entry, entry_of(room, index)));
	return KF_OK;
}

/* whole scans a log, and proves some of it. */
static void whole(uint64_t size)
{
	struct counted counted = { 0 };
	const struct kf_tlog_visitor visitor = { count, &counted };
	struct kf_tlog log;

	read_open(&log);
	assert_string_equal(log.wrong.what, "");
	assert_int_equal(log.checkpoint.size, size);
	good(kf_tlog_scan(&log, &visitor, &why));
	assert_string_equal(log.wrong.what, "");
	assert_int_equal(counted.next, size);
	for (uint64_t i = 0; i < size; i += size > 300 ? 41 : 7) {
		char room[ENTRY_LEN];
		struct kf_proof proof = { .num = 0 };
		struct kf_hash leaf;

		good(kf_hash_leaf(&leaf, crypto, entry_of(room, i)));
		good(kf_tlog_prove(&proof, &log, i, &leaf, &why));
		assert_string_equal(log.wrong.what, "");
	}
	kf_tlog_close(&log);
}

static void logs_grow_in_all_sorts_of_steps(void **state)
{
	static const size_t steps[] = { 1, 1, 3, 250, 1, 1, 255, 256, 512, 7,
					65536, 1, 300 };
	struct kf_tlog_writer *w;
	struct kf_hash old_root;
	uint64_t size = 0;

	good(kf_tlog_init(folder, &signer, crypto, &why));
	whole(0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct kf_proof proof = { .num = 0 };
		struct kf_tlog log;

		read_open(&log);
		old_root = log.checkpoint.root;
		kf_tlog_close(&log);
		w = write_open();
		append(w, steps[i] / 2);
		append(w, steps[i] - steps[i] / 2);
		good(kf_tlog_publish(w, &why));
		if (i % 2)
			append(w, 0);
		kf_tlog_write_close(w);
		if (i < 10 || i == 12)
			whole(size + steps[i]);
		read_open(&log);
		good(kf_tlog_prove_since(&proof, &log, size, &old_root, &why));
		assert_string_equal(log.wrong.what, "");
		if (size > 0) {
			old_root.bytes[0] ^= 1;
			good(kf_tlog_prove_since(&proof, &log, size,
						 &old_root, &why));
			assert_string_not_equal(log.wrong.what, "");
		}
		kf_tlog_close(&log);
		size += steps[i];
	}
}

static void tiles_that_filled_up_leave_no_parts(void **state)
{
	struct kf_tlog_writer *w;
	struct stat st;
	char path[256];

	make(3);
	w = write_open();
	append(w, 252);
	good(kf_tlog_publish(w, &why));
	snprintf(path, sizeof(path), "%s/tile/0/000.p/3", folder);
	assert_int_equal(stat(path, &st), 0);
	append(w, 2);
	good(kf_tlog_publish(w, &why));
	kf_tlog_write_close(w);
	snprintf(path, sizeof(path), "%s/tile/0/000.p", folder);
	assert_int_not_equal(stat(path, &st), 0);
	snprintf(path, sizeof(path), "%s/tile/entries/000.p", folder);
	assert_int_not_equal(stat(path, &st), 0);
	whole(257);
}

static void what_was_appended_is_there_after_a_fall(void **state)
{
	struct kf_tlog_writer *w;

	make(3);
	w = write_open();
	append(w, 300);
	kf_tlog_write_close(w);		/* not published */
	whole(3);
	w = write_open();
	assert_int_equal(kf_tlog_size(w), 303);
	append(w, 2);
	good(kf_tlog_publish(w, &why));
	kf_tlog_write_close(w);
	whole(305);
}

static void two_do_not_write_at_once(void **state)
{
	const struct kf_tlog_place place = { folder, 0 };
	struct kf_tlog_writer *w, *other;

	make(3);
	w = write_open();
	assert_int_equal(kf_tlog_write_open(&other, &place, &signer, crypto,
					    &why), KF_WRONG_USE);
	assert_non_null(strstr(why.what, "somebody else writes"));
	assert_null(other);
	kf_tlog_write_close(w);
	assert_int_equal(kf_tlog_init(folder, &signer, crypto, &why),
			 KF_WRONG_USE);
}

static void what_is_no_longer_what_was_signed_is_not_written(void **state)
{
	static const char *const gone[] = {
		"state/signed", "tile/0/000.p/3", "tile/entries/000.p/3",
	};

	make(3);
	for (size_t i = 0; i < 3; i++) {
		const struct kf_tlog_place place = { folder, 0 };
		struct kf_fault other = { "", "" };
		struct kf_tlog_writer *w;
		char path[256], kept[256];

		snprintf(path, sizeof(path), "%s/%s", folder, gone[i]);
		snprintf(kept, sizeof(kept), "%s/kept", folder);
		assert_int_equal(rename(path, kept), 0);
		assert_int_equal(kf_tlog_write_open(&w, &place, &signer,
						    crypto, &other),
				 KF_WRONG_USE);
		assert_int_equal(rename(kept, path), 0);
	}
	whole(3);
}

/* An old copy of the state is put back: the log is larger than it says. */
static void no_checkpoint_is_signed_twice_for_one_size(void **state)
{
	const struct kf_tlog_place place = { folder, 0 };
	struct kf_tlog_writer *w;
	char command[512];

	make(3);
	snprintf(command, sizeof(command), "cp -r %s/state %s/old", folder,
		 folder);
	assert_int_equal(system(command), 0);
	w = write_open();
	append(w, 4);
	good(kf_tlog_publish(w, &why));
	kf_tlog_write_close(w);
	snprintf(command, sizeof(command),
		 "rm -r %s/state && mv %s/old %s/state", folder, folder,
		 folder);
	assert_int_equal(system(command), 0);
	assert_int_equal(kf_tlog_write_open(&w, &place, &signer, crypto,
					    &why), KF_WRONG_USE);
	assert_non_null(strstr(why.what, "does not come before"));
}

static void another_key_neither_reads_nor_writes_it(void **state)
{
	const struct kf_tlog_place place = { folder, 0 };
	struct kf_signing_key other;
	struct kf_tlog_signer by;
	struct kf_tlog_writer *w;
	struct kf_tlog log;

	make(3);
	assert_true(signer_open(&other, "another"));
	good(kf_tlog_signer_of(&by, &other, NAME, crypto, &why));
	good(kf_tlog_open(&log, folder, &by.note, crypto, &why));
	assert_non_null(strstr(log.wrong.what, "no signature by"));
	kf_tlog_close(&log);
	assert_int_equal(kf_tlog_write_open(&w, &place, &by, crypto, &why),
			 KF_WRONG_USE);
	kf_signing_key_close(&other);
}

/* A file of the log, and its bytes as they were. */
static struct kept {
	char name[256];
	char *bytes;
	size_t len;
} kept[PATHS];
static size_t num_kept;

static int keep(const char *name, const struct stat *st, int type,
		struct FTW *at)
{
	struct kept *k = &kept[num_kept];
	FILE *f;

	if (type != FTW_F || strstr(name, "/state/"))
		return 0;
	assert_true(num_kept < PATHS);
	num_kept++;
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->len = (size_t)st->st_size;
	k->bytes = model_room(k->len + 1);
	f = fopen(name, "r");
	assert_non_null(f);
	assert_int_equal(fread(k->bytes, 1, k->len, f), k->len);
	fclose(f);
	return 0;
}

static void put(const struct kept *k, size_t len)
{
	FILE *f = fopen(k->name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(k->bytes, 1, len, f), len);
	fclose(f);
}

/* found tells whether a log that was changed is known to be. */
static bool found(void)
{
	struct kf_tlog log;
	bool wrong;

	read_open(&log);
	if (!log.wrong.what[0])
		good(kf_tlog_scan(&log, NULL, &why));
	wrong = log.wrong.what[0] != '\0';
	kf_tlog_close(&log);
	return wrong;
}

static size_t flip_all(struct kept *k)
{
	FILE *f = fopen(k->name, "r+");

	assert_non_null(f);
	setbuf(f, NULL);
	for (size_t at = 0; at < k->len; at++) {
		int c = (uint8_t)k->bytes[at];

		fseek(f, (long)at, SEEK_SET);
		fputc(c ^ 1 << at % 8, f);
		if (!found())
			fail_msg("%s, byte %zu: not found", k->name, at);
		fseek(f, (long)at, SEEK_SET);
		fputc(c, f);
	}
	fclose(f);
	return k->len;
}

static void every_byte_of_a_log_of_1000_entries_counts(void **state)
{
	size_t flips = 0;

	make(1000);
	num_kept = 0;
	assert_int_equal(nftw(folder, keep, 16, FTW_PHYS), 0);
	assert_false(found());
	for (size_t i = 0; i < num_kept; i++) {
		struct kept *k = &kept[i];

		flips += flip_all(k);
		put(k, k->len - 1);
		assert_true(found());
		put(k, k->len + 1);
		assert_true(found());
		assert_int_equal(unlink(k->name), 0);
		if (strcmp(strrchr(k->name, '/'), "/checkpoint") != 0)
			assert_true(found());
		put(k, k->len);
		assert_false(found());
	}
	assert_true(flips > 45000);
	print_message("# counted log-bytes: %zu bytes of %zu files of a log of 1,000 entries, each changed and found\n",
		      flips, num_kept);
}

int main(void)
{
#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, open_folder, \
						       close_folder)
	const struct CMUnitTest tests[] = {
		LOG_TEST(the_worked_example_is_written_byte_for_byte),
		LOG_TEST(names_of_tiles_are_those_of_the_specification),
		LOG_TEST(logs_grow_in_all_sorts_of_steps),
		LOG_TEST(tiles_that_filled_up_leave_no_parts),
		LOG_TEST(what_was_appended_is_there_after_a_fall),
		LOG_TEST(two_do_not_write_at_once),
		LOG_TEST(what_is_no_longer_what_was_signed_is_not_written),
		LOG_TEST(no_checkpoint_is_signed_twice_for_one_size),
		LOG_TEST(another_key_neither_reads_nor_writes_it),
		LOG_TEST(every_byte_of_a_log_of_1000_entries_counts),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
