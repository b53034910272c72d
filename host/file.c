/* Files: opened once, read by position, never mapped, so that a file that
 * shrinks is an error and not a signal.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool pread_all(int fd, uint64_t at, uint8_t *to, size_t len)
{
	while (len) {
		ssize_t got = pread(fd, to, len, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = 0;	/* it has become shorter */
		if (got <= 0)
			return false;
		to += got;
		at += (uint64_t)got;
		len -= (size_t)got;
	}
	return true;
}

/* read_near reads a block and hands out a piece of it. A table of a million
 * headers would else cost a million calls. */
static bool read_near(struct kf_file *file, uint64_t at, void *out, size_t len)
{
	uint64_t from = at - at % (sizeof(file->near) / 2);
	uint64_t left = file->source.size - from;
	size_t some = left < sizeof(file->near) ? (size_t)left
						: sizeof(file->near);

	if (at < file->near_at || at - file->near_at > file->near_len ||
	    len > file->near_len - (at - file->near_at)) {
		file->near_len = 0;
		if (!pread_all(file->fd, from, file->near, some))
			return false;
		file->near_at = from;
		file->near_len = some;
	}
	memcpy(out, file->near + (at - file->near_at), len);
	return true;
}

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	struct kf_file *file = self;

	if (at > file->source.size || len > file->source.size - at)
		return false;
	return len <= sizeof(file->near) / 2
		? read_near(file, at, out, len)
		: pread_all(file->fd, at, out, len);
}

bool kf_write_all(int fd, struct kf_bytes bytes)
{
	while (bytes.len) {
		ssize_t put = write(fd, bytes.data, bytes.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put == 0)
			errno = ENOSPC;
		if (put <= 0)
			return false;
		bytes = kf_part_of(bytes, (size_t)put,
				   bytes.len - (size_t)put);
	}
	return true;
}

bool kf_read_all(int fd, void *out, size_t len)
{
	uint8_t *to = out;

	while (len) {
		ssize_t got = read(fd, to, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = 0;
		if (got <= 0)
			return false;
		to += got;
		len -= (size_t)got;
	}
	return true;
}

/* nameless opens a file that nobody else can see. */
static int nameless(void)
{
	FILE *file = tmpfile();
	int fd = file ? dup(fileno(file)) : -1;

	if (file)
		fclose(file);
	return fd;
}

/* spool_hint tells what to do about an error of reading standard input, or of
 * writing its copy; NULL: nothing that is known. */
static const char *spool_hint(int error)
{
	switch (error) {
	case EBADF:
		return "it is closed: name a file, or open it with < FILE";
	case EISDIR:
		return "it is a directory: name a file, or open one with < FILE";
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return "free some space where temporary files go";
	default:
		return NULL;
	}
}

/* spool copies standard input into a nameless file. */
static int spool(struct kf_fault *why)
{
	char buffer[65536];
	int fd = nameless();
	ssize_t got = 0;

	while (fd >= 0 &&
	       ((got = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0 ||
		(got < 0 && errno == EINTR)))
		if (got > 0 && !kf_write_all(fd, kf_view(buffer,
						       (size_t)got))) {
			got = -1;
			break;
		}
	if (fd >= 0 && got == 0)
		return fd;
	kf_fault_say(why, spool_hint(errno),
		     "standard input cannot be kept: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* hides_bytes: files that the kernel makes up, as in /proc, say that they are
 * empty, and are not. */
static bool hides_bytes(int fd, const struct stat *st)
{
	char byte;

	return st->st_size == 0 && pread(fd, &byte, 1, 0) != 0;
}

static enum kf_status refuse(struct kf_file *out, struct kf_fault *why,
			     const char *what)
{
	kf_fault_say(why, "name a file", "%s", what);
	kf_file_close(out);
	return KF_WRONG_USE;
}

/* adopt makes a file of a descriptor that is open. */
static enum kf_status adopt(struct kf_file *out, struct kf_fault *why)
{
	struct stat st;

	if (fstat(out->fd, &st) != 0)
		return refuse(out, why, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return refuse(out, why, "is a directory");
	if (!S_ISREG(st.st_mode))
		return refuse(out, why, "is not a regular file");
	if (hides_bytes(out->fd, &st))
		return refuse(out, why, "does not tell its size");
	out->source.size = (uint64_t)st.st_size;
	out->changed_s = st.st_ctim.tv_sec;
	out->changed_ns = st.st_ctim.tv_nsec;
	out->source.read_at = read_at;
	out->source.self = out;
	return KF_OK;
}

enum kf_status kf_file_open(struct kf_file *out, const char *path,
			    struct kf_fault *why)
{
	bool is_stdin = strcmp(path, "-") == 0;

	memset(out, 0, sizeof(*out));
	out->fd = is_stdin ? spool(why)
			   : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (out->fd < 0) {
		kf_fault_say(why, errno == EACCES
			     ? "run as a user who may read it" :
			     errno == ENOENT ? "check the path" : NULL,
			     "cannot be opened: %s", strerror(errno));
		return KF_CANNOT_READ;
	}
	return adopt(out, why);
}

/* keep adds bytes to a file; zeros are passed over. Fails: false. */
static bool keep(int fd, struct kf_bytes bytes)
{
	bool is_zero = bytes.data[0] == 0 &&
		       memcmp(bytes.data, bytes.data + 1, bytes.len - 1) == 0;

	return is_zero
		? lseek(fd, (off_t)bytes.len, SEEK_CUR) >= 0
		: kf_write_all(fd, bytes);
}

enum kf_status kf_file_spool(struct kf_file *out, kf_file_pull *pull,
			     void *self, uint64_t max_len, struct kf_fault *why)
{
	uint8_t buffer[65536];
	enum kf_status status;
	uint64_t len = 0;
	ssize_t got = -1;

	memset(out, 0, sizeof(*out));
	out->fd = nameless();
	while (out->fd >= 0) {
		got = pull(self, buffer, sizeof(buffer));
		if (got > 0 && (uint64_t)got > max_len - len) {
			errno = EFBIG;
			got = -1;
		}
		if (got > 0 && !keep(out->fd, kf_view(buffer, (size_t)got)))
			got = -1;
		if (got <= 0)
			break;
		len += (uint64_t)got;
	}
	if (got == 0 && ftruncate(out->fd, (off_t)len) == 0)
		return adopt(out, why);
	/* Only where the bytes broke off is it their fault. */
	status = errno ? KF_NO_MEMORY : KF_CANNOT_READ;
	kf_fault_say(why, spool_hint(errno), "a copy cannot be kept: %s",
		     errno ? strerror(errno) : "the file inside is cut short");
	kf_file_close(out);
	return status;
}

/* copying is how far a source was copied. */
struct copying {
	const struct kf_source *source;
	uint64_t at;
};

static ssize_t pull_source(void *self, void *out, size_t len)
{
	struct copying *c = self;
	uint64_t left = c->source->size - c->at;

	if (left < len)
		len = (size_t)left;
	errno = EIO;
	if (len && !c->source->read_at(c->source->self, c->at, out, len))
		return -1;
	c->at += len;
	return (ssize_t)len;
}

enum kf_status kf_file_copy(struct kf_file *out,
			    const struct kf_source *source,
			    struct kf_fault *why)
{
	struct copying copying = { source, 0 };

	return kf_file_spool(out, pull_source, &copying, source->size, why);
}

bool kf_file_same(const struct kf_file *file)
{
	struct stat st;

	return fstat(file->fd, &st) == 0 &&
	       (uint64_t)st.st_size == file->source.size &&
	       st.st_ctim.tv_sec == file->changed_s &&
	       st.st_ctim.tv_nsec == file->changed_ns;
}

void kf_file_close(struct kf_file *file)
{
	/* A zeroed file was never opened: descriptor 0 is not its own. */
	if (file->source.read_at || file->fd > 0)
		close(file->fd);
	memset(file, 0, sizeof(*file));
}

enum kf_status kf_file_digest(struct kf_digest *out,
			      const struct kf_source *source,
			      const struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	void *digest = crypto->digest_begin(crypto->self, KF_SHA256);
	uint64_t at = 0;

	out->len = 0;
	if (!digest)
		return KF_NO_CRYPTO;
	while (at < source->size) {
		size_t some = env->window_len;

		if (some > source->size - at)
			some = (size_t)(source->size - at);
		if (!source->read_at(source->self, at, env->window, some)) {
			crypto->digest_drop(digest);
			return KF_CANNOT_READ;
		}
		crypto->digest_add(digest, kf_view(env->window, some));
		at += some;
	}
	crypto->digest_end(digest, out);
	return out->len ? KF_OK : KF_NO_CRYPTO;
}

enum kf_status kf_text_file_read(struct kf_text_file *out, const char *path,
				 size_t max_len, struct kf_fault *why)
{
	struct kf_file file;
	enum kf_status status = kf_file_open(&file, path, why);
	size_t len;

	memset(out, 0, sizeof(*out));
	if (status != KF_OK)
		return status;
	if (file.source.size > max_len) {
		kf_fault_say(why, NULL, "is larger than %zu bytes", max_len);
		kf_file_close(&file);
		return KF_TOO_MUCH;
	}
	len = (size_t)file.source.size;
	out->memory = malloc(len + 1);
	if (!out->memory) {
		kf_fault_say(why, NULL, "out of memory");
		status = KF_NO_MEMORY;
	} else if (!read_at(&file, 0, out->memory, len)) {
		kf_fault_say(why, NULL, "cannot be read: %s", errno
			     ? strerror(errno) : "it has become shorter");
		status = KF_CANNOT_READ;
	}
	kf_file_close(&file);
	if (status != KF_OK) {
		kf_text_file_close(out);
		return status;
	}
	out->memory[len] = '\0';
	out->bytes = kf_view(out->memory, len);
	return KF_OK;
}

void kf_text_file_close(struct kf_text_file *file)
{
	free(file->memory);
	memset(file, 0, sizeof(*file));
}
