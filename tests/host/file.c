/* Files: opened once, read by place, and what is none is refused in words.
 */
#include "tests/model.h"

#include <keyfit/host.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/keyfit-file-XXXXXX";
static char path[64];

static int open_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int close_folder(void **state)
{
	return rmdir(folder);
}

static void write_file(const char *bytes, size_t len)
{
	FILE *file;

	snprintf(path, sizeof(path), "%s/file", folder);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static enum kf_status open_it(struct kf_file *out, const char *name,
			      struct kf_fault *why)
{
	memset(why, 0, sizeof(*why));
	return kf_file_open(out, name, why);
}

static void every_window_of_a_file_is_read(void **state)
{
	struct kf_fault why;
	struct kf_file file;
	char out[8];

	write_file("01234567", 8);
	assert_int_equal(open_it(&file, path, &why), KF_OK);
	assert_true(file.source.size == 8);
	for (size_t at = 0; at <= 8; at++)
		for (size_t len = 0; len <= 8 - at; len++) {
			assert_true(file.source.read_at(file.source.self, at,
							out, len));
			assert_memory_equal(out, &"01234567"[at], len);
		}
	kf_file_close(&file);
	unlink(path);
}

static void a_file_that_shrinks_is_an_error_and_no_signal(void **state)
{
	struct kf_fault why;
	struct kf_file file;
	char out[8];

	write_file("01234567", 8);
	assert_int_equal(open_it(&file, path, &why), KF_OK);
	assert_int_equal(truncate(path, 4), 0);
	assert_false(file.source.read_at(file.source.self, 0, out, 4));
	assert_false(file.source.read_at(file.source.self, 0, out, 8));
	assert_false(file.source.read_at(file.source.self, 6, out, 1));
	kf_file_close(&file);
	unlink(path);
}

/* Pieces of every length, at every place around where blocks meet. */
static void pieces_are_those_of_the_file(void **state)
{
	static char bytes[9000], out[4200];
	struct kf_fault why;
	struct kf_file file;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 251);
	write_file(bytes, sizeof(bytes));
	assert_int_equal(open_it(&file, path, &why), KF_OK);
	for (size_t at = 1; at < sizeof(bytes); at += 97)
		for (size_t len = 1; len < sizeof(out) &&
		     len <= sizeof(bytes) - at; len += 131) {
			assert_true(file.source.read_at(file.source.self, at,
							out, len));
			assert_memory_equal(out, bytes + at, len);
		}
	assert_false(file.source.read_at(file.source.self, 8999, out, 2));
	assert_false(file.source.read_at(file.source.self, 9001, out, 1));
	kf_file_close(&file);
	unlink(path);
}

static void a_file_that_changed_is_another(void **state)
{
	const struct timespec tick = { 0, 20000000 };
	struct kf_fault why;
	struct kf_file file;

	write_file("0123", 4);
	assert_int_equal(open_it(&file, path, &why), KF_OK);
	assert_true(kf_file_same(&file));
	nanosleep(&tick, NULL);
	write_file("0124", 4);
	assert_false(kf_file_same(&file));
	kf_file_close(&file);
	unlink(path);
}

/* Source: proc(5): sizes there are 0. */
static void a_file_that_hides_its_size_is_refused(void **state)
{
	struct kf_fault why;
	struct kf_file file;

	if (open_it(&file, "/proc/self/status", &why) == KF_CANNOT_READ)
		skip();
	assert_string_equal(why.what, "does not tell its size");
}

static void a_file_that_grows_keeps_its_size(void **state)
{
	struct kf_fault why;
	struct kf_file file;

	write_file("0123", 4);
	assert_int_equal(open_it(&file, path, &why), KF_OK);
	assert_int_equal(truncate(path, 100), 0);
	assert_true(file.source.size == 4);
	kf_file_close(&file);
	unlink(path);
}

static void what_is_no_file_is_refused_in_words(void **state)
{
	struct kf_fault why;
	struct kf_file file;
	char fifo[64];

	assert_int_equal(open_it(&file, folder, &why), KF_WRONG_USE);
	assert_string_equal(why.what, "is a directory");
	assert_int_equal(open_it(&file, "/dev/null", &why), KF_WRONG_USE);
	assert_string_equal(why.what, "is not a regular file");
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	/* Nobody writes into it: it must not wait. */
	assert_int_equal(open_it(&file, fifo, &why), KF_WRONG_USE);
	unlink(fifo);
	assert_int_equal(open_it(&file, "", &why), KF_CANNOT_READ);
	snprintf(fifo, sizeof(fifo), "%s/none", folder);
	assert_int_equal(open_it(&file, fifo, &why), KF_CANNOT_READ);
	assert_non_null(strstr(why.what, "No such file"));
	assert_true(why.hint[0]);
	kf_file_close(&file);
}

/* with_stdin opens "-" with this file as standard input. */
static enum kf_status with_stdin(struct kf_file *out, int fd,
				 struct kf_fault *why)
{
	int saved = dup(STDIN_FILENO);
	enum kf_status status;

	assert_true(saved >= 0 && dup2(fd, STDIN_FILENO) >= 0);
	status = open_it(out, "-", why);
	dup2(saved, STDIN_FILENO);
	close(saved);
	return status;
}

static void standard_input_is_kept_whole(void **state)
{
	struct kf_fault why;
	struct kf_file file;
	char out[8];
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], "0123", 4), 4);
	assert_int_equal(write(pipes[1], "4567", 4), 4);
	close(pipes[1]);
	assert_int_equal(with_stdin(&file, pipes[0], &why), KF_OK);
	close(pipes[0]);
	assert_true(file.source.size == 8);
	assert_true(file.source.read_at(file.source.self, 2, out, 6));
	assert_memory_equal(out, "234567", 6);
	kf_file_close(&file);
}

static void an_empty_standard_input_is_an_empty_file(void **state)
{
	struct kf_fault why;
	struct kf_file file;
	int null = open("/dev/null", O_RDONLY);

	assert_int_equal(with_stdin(&file, null, &why), KF_OK);
	close(null);
	assert_true(file.source.size == 0);
	kf_file_close(&file);
}

static void a_standard_input_that_fails_is_told(void **state)
{
	struct kf_fault why;
	struct kf_file file;
	int dir = open(folder, O_RDONLY);	/* cannot be read */

	assert_int_equal(with_stdin(&file, dir, &why), KF_CANNOT_READ);
	close(dir);
	assert_non_null(strstr(why.what, "standard input"));
	kf_file_close(&file);
}

static void a_closed_file_can_be_closed_again(void **state)
{
	struct kf_file zeroed = { .fd = 0 };
	struct kf_fault why;
	struct kf_file file;

	kf_file_close(&zeroed);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	write_file("x", 1);
	assert_int_equal(open_it(&file, path, &why), KF_OK);
	kf_file_close(&file);
	kf_file_close(&file);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	unlink(path);
}

static void a_text_file_ends_in_nul_and_has_a_limit(void **state)
{
	struct kf_text_file file;
	struct kf_fault why = { "", "" };

	write_file("a\0b", 3);
	assert_int_equal(kf_text_file_read(&file, path, 3, &why), KF_OK);
	assert_int_equal(file.bytes.len, 3);
	assert_memory_equal(file.memory, "a\0b", 4);
	kf_text_file_close(&file);
	kf_text_file_close(&file);
	assert_int_equal(kf_text_file_read(&file, path, 2, &why),
			 KF_TOO_MUCH);
	assert_non_null(strstr(why.what, "larger than 2"));
	assert_null(file.memory);
	write_file("", 0);
	assert_int_equal(kf_text_file_read(&file, path, 0, &why), KF_OK);
	assert_int_equal(file.bytes.len, 0);
	assert_string_equal(file.memory, "");
	kf_text_file_close(&file);
	unlink(path);
}

/* Source of the value: FIPS 180-4's example "abc", by sha256sum 9.1. */
static void a_digest_of_a_file_streams(void **state)
{
	static const char want[] =
		"\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae"
		"\x22\x23\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61"
		"\xf2\x00\x15\xad";
	struct kf_bytes abc = kf_text("abc");
	struct kf_source source = model_source(&abc);
	struct kf_fault why = { "", "" };
	const struct kf_crypto *crypto = kf_openssl_open(&why);
	struct kf_env *env = model_env();
	struct kf_digest digest;

	assert_non_null(crypto);
	env->crypto = crypto;
	for (env->window_len = 1; env->window_len < 5; env->window_len++) {
		assert_int_equal(kf_file_digest(&digest, &source, env),
				 KF_OK);
		assert_int_equal(digest.len, 32);
		assert_memory_equal(digest.bytes, want, 32);
	}
	kf_openssl_close(crypto);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(every_window_of_a_file_is_read),
		MODEL_TEST(a_file_that_shrinks_is_an_error_and_no_signal),
		MODEL_TEST(pieces_are_those_of_the_file),
		MODEL_TEST(a_file_that_changed_is_another),
		MODEL_TEST(a_file_that_hides_its_size_is_refused),
		MODEL_TEST(a_file_that_grows_keeps_its_size),
		MODEL_TEST(what_is_no_file_is_refused_in_words),
		MODEL_TEST(standard_input_is_kept_whole),
		MODEL_TEST(an_empty_standard_input_is_an_empty_file),
		MODEL_TEST(a_standard_input_that_fails_is_told),
		MODEL_TEST(a_closed_file_can_be_closed_again),
		MODEL_TEST(a_text_file_ends_in_nul_and_has_a_limit),
		MODEL_TEST(a_digest_of_a_file_streams),
	};

	return cmocka_run_group_tests(tests, open_folder, close_folder);
}
