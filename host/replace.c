/* Writes beside, then renames: a full disk, a signal or a crash leaves what was
 * there.
 */
#include "replace.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ATTEMPTS = 100,		/* at a name that nobody has */
	PERMISSIONS = 0777,
};

/* replacing is one file that is on its way to its name. */
struct replacing {
	char *target;		/* the name, links followed */
	char *beside;
	int fd;
	bool is_there;		/* a file has the name, and this is it */
	struct stat old;
};

static enum kf_status cannot(struct kf_fault *why, int error)
{
	kf_fault_say(why, error == ENOSPC || error == EDQUOT
		     ? "free some space there" :
		     error == EACCES || error == EPERM
		     ? "write to a folder that is yours" : NULL,
		     "cannot be written: %s", strerror(error));
	return KF_CANNOT_READ;
}

enum kf_status kf_pour(int fd, const struct kf_source *source,
		       struct kf_env *env, struct kf_fault *why)
{
	uint64_t at = 0;

	while (at < source->size) {
		size_t some = env->window_len;

		if (some > source->size - at)
			some = (size_t)(source->size - at);
		if (!source->read_at(source->self, at, env->window, some))
			return KF_CANNOT_READ;
		if (!kf_write_all(fd, kf_view(env->window, some)))
			return cannot(why, errno);
		at += some;
	}
	return KF_OK;
}

bool kf_is_one_file(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* find_target follows links, and refuses what a rename would destroy. */
static enum kf_status find_target(struct replacing *r, const char *path,
				  struct kf_fault *why)
{
	struct stat link;

	if (lstat(path, &link) != 0) {
		r->target = strdup(path);
		return r->target ? KF_OK : KF_NO_MEMORY;
	}
	r->is_there = true;
	r->target = realpath(path, NULL);
	if (!r->target && errno == ENOMEM)
		return KF_NO_MEMORY;
	if (!r->target || stat(r->target, &r->old) != 0)
		return cannot(why, errno);
	if (!S_ISREG(r->old.st_mode)) {
		kf_fault_say(why, "name a file, or - for standard output",
			     "is not a regular file");
		return KF_WRONG_USE;
	}
	return access(r->target, W_OK) == 0 ? KF_OK : cannot(why, errno);
}

/* start opens a file beside the target, under a name that nobody has. */
static enum kf_status start(struct replacing *r, mode_t mode,
			    struct kf_fault *why)
{
	const char *slash = strrchr(r->target, '/');
	int folder = slash ? (int)(slash - r->target + 1) : 0;
	size_t room = (size_t)folder + 48;

	r->beside = malloc(room);
	if (!r->beside)
		return KF_NO_MEMORY;
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		snprintf(r->beside, room, "%.*s.keyfit-%ld-%u", folder,
			 r->target, (long)getpid(), i);
		r->fd = open(r->beside, O_WRONLY | O_CREAT | O_EXCL |
			     O_CLOEXEC | O_NOFOLLOW, mode);
		if (r->fd >= 0 || errno != EEXIST)
			break;
	}
	return r->fd >= 0 ? KF_OK : cannot(why, errno);
}

/* keep gives the new file what the old one had. Some file systems have no
 * owners and permissions, and not everybody may give a file away. */
static bool keep(const struct replacing *r)
{
	mode_t mode = r->old.st_mode & PERMISSIONS;

	if (!r->is_there)
		return true;
	if (fchown(r->fd, r->old.st_uid, r->old.st_gid) != 0 &&
	    errno != EPERM && errno != EINVAL)
		return false;
	return fchmod(r->fd, mode) == 0 || errno == EPERM;
}

/* settle puts a folder's change on the disk, where the file system can. */
static void settle(const struct replacing *r)
{
	char *slash = strrchr(r->beside, '/');
	int fd;

	if (slash)
		slash[1] = '\0';
	fd = open(slash ? r->beside : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static enum kf_status finish(struct replacing *r, const struct kf_file *input,
			     struct kf_fault *why)
{
	int fd = r->fd;

	if (!keep(r) || fsync(fd) != 0)
		return cannot(why, errno);
	r->fd = -1;
	if (close(fd) != 0)
		return cannot(why, errno);
	if (input && !kf_file_same(input)) {
		kf_fault_say(why, NULL, "not written: what it is made from has changed meanwhile");
		return KF_CANNOT_READ;
	}
	if (rename(r->beside, r->target) != 0)
		return cannot(why, errno);
	settle(r);
	return KF_OK;
}

/* mode_of: standard input was copied to a file without a name, whose mode is
 * nobody's choice. */
static mode_t mode_of(const struct kf_file *input)
{
	struct stat st;

	if (!input || fstat(input->fd, &st) != 0 || st.st_nlink == 0)
		return 0666;
	return st.st_mode & PERMISSIONS;
}

enum kf_status kf_replace(const char *path, const struct kf_source *source,
			  const struct kf_file *input, struct kf_env *env,
			  struct kf_fault *why)
{
	struct replacing r = { .fd = -1 };
	sigset_t all, before;
	enum kf_status status = find_target(&r, path, why);

	/* Whoever presses ^C gets the old file, and nothing beside it. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (status == KF_OK)
		status = start(&r, mode_of(input), why);
	if (status == KF_OK) {
		status = kf_pour(r.fd, source, env, why);
		if (status == KF_OK)
			status = finish(&r, input, why);
		if (r.fd >= 0)
			close(r.fd);
		if (status != KF_OK)
			unlink(r.beside);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	free(r.beside);
	free(r.target);
	return status;
}
