/* The parent's side of looking into a container: what the child tells is
 * believed no more than the container is.
 */
#include "members.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NAME_MAX_LEN = 4096,
	MEMBER_MAX = 1 << 30,	/* bytes of one file */
};

static bool read_told(int fd, void *out, size_t len)
{
	uint8_t *to = out;

	while (len) {
		ssize_t got = read(fd, to, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to += got;
		len -= (size_t)got;
	}
	return true;
}

enum kf_status kf_members_open(struct kf_members *out,
			       const struct kf_container *container,
			       kf_wanted *wanted, void *self,
			       struct kf_fault *why)
{
	int fds[2];

	memset(out, 0, sizeof(*out));
	if (pipe2(fds, O_CLOEXEC) < 0) {
		kf_fault_say(why, NULL, "no pipe: %s", strerror(errno));
		return KF_CANNOT_READ;
	}
	out->child = fork();
	if (out->child == 0) {
		signal(SIGPIPE, SIG_DFL);
		close(fds[0]);
		kf_squashfs_tell(container, wanted, self, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (out->child < 0) {
		close(fds[0]);
		out->child = 0;
		kf_fault_say(why, NULL, "no process to look into it: %s",
			     strerror(errno));
		return KF_CANNOT_READ;
	}
	out->from = fds[0];
	return KF_OK;
}

/* refuse words why there are no more files though there should be. */
static enum kf_status refuse(enum kf_told told, struct kf_fault *why)
{
	switch (told) {
	case KF_TOLD_NO_LIBRARY:
		kf_fault_say(why, "install libsquashfs1",
			     "its squashfs image cannot be looked into: libsquashfs is not there");
		break;
	case KF_TOLD_NOT_CONFINED:
		kf_fault_say(why, "use a Linux with seccomp",
			     "its squashfs image is not looked into: that is done in a confined process alone");
		break;
	case KF_TOLD_FILE:
	case KF_TOLD_END:
	case KF_TOLD_DAMAGED:
	default:
		kf_fault_say(why, NULL,
			     "its squashfs image cannot be read: it is damaged, packed with lzo, or larger than keyfit unpacks");
	}
	return KF_CANNOT_READ;
}

enum kf_status kf_members_next(struct kf_member *out,
			       struct kf_members *members,
			       struct kf_fault *why)
{
	struct kf_telling_head head;

	memset(out, 0, sizeof(*out));
	if (!read_told(members->from, &head, sizeof(head)))
		return refuse(KF_TOLD_DAMAGED, why);
	if (head.told == KF_TOLD_END)
		return KF_OK;
	if (head.told != KF_TOLD_FILE || head.name_len > NAME_MAX_LEN ||
	    head.size > MEMBER_MAX)
		return refuse(head.told, why);
	out->name = calloc(1, (size_t)head.name_len + 1);
	if (!out->name) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	if (!read_told(members->from, out->name, head.name_len))
		return refuse(KF_TOLD_DAMAGED, why);
	return kf_file_spool(&out->file, members->from, head.size, why);
}

void kf_member_close(struct kf_member *member)
{
	kf_file_close(&member->file);
	free(member->name);
	member->name = NULL;
}

void kf_members_close(struct kf_members *members)
{
	int status;

	if (!members->child)
		return;
	/* One that still writes ends by SIGPIPE. */
	close(members->from);
	while (waitpid(members->child, &status, 0) < 0 && errno == EINTR)
		;
	members->child = 0;
}
