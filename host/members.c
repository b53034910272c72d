/* The parent's side of looking into a container: what the child tells is
 * believed no more than the container is.
 */
#include "members.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NAME_MAX_LEN = 4096,
	/* A whole system that is packed well becomes some ten times as large,
	 * and one with much free room more than that. */
	TIMES_MAX = 32,
	BUDGET_AT_LEAST = 256 << 20,
	CHILD_COST = 1 << 20,	/* a process takes as long */
};

/* Bytes of one file: the image of a root file system may be one. */
static const uint64_t member_max = UINT64_C(8) << 30;

void kf_budget_open(struct kf_budget *out, uint64_t size)
{
	out->whole = size < UINT64_MAX / TIMES_MAX - BUDGET_AT_LEAST
		? size * TIMES_MAX + BUDGET_AT_LEAST : UINT64_MAX;
	out->left = out->whole;
}

bool kf_budget_take(struct kf_budget *budget, uint64_t cost)
{
	bool enough = cost <= budget->left;

	budget->left -= enough ? cost : budget->left;
	return enough;
}

/* look_through is all that the child does. */
static void look_through(const struct kf_container *container,
			 struct kf_budget *budget, kf_wanted *wanted,
			 void *self, int to)
{
	struct kf_teller teller = { container, wanted, self, to, budget };
	struct kf_telling_head last = { .told = KF_TOLD_DAMAGED };
	uint64_t left = budget->left;

	switch (container->kind) {
	case KF_CONTAINER_SQUASHFS:
		last.told = kf_squashfs_tell(&teller);
		break;
	case KF_CONTAINER_EXT:
		last.told = kf_ext_tell(&teller);
		break;
	case KF_CONTAINER_ARCHIVE:
		last.told = kf_archive_tell(&teller);
		break;
	case KF_CONTAINER_NONE:
	case KF_CONTAINER_FAT:
	case KF_CONTAINER_UNKNOWN:
	default:
		break;
	}
	if (last.told == KF_TOLD_DAMAGED && budget->left == 0)
		last.told = KF_TOLD_SPENT;
	last.size = left - budget->left;
	(void)!kf_write_all(to, kf_view(&last, sizeof(last)));
}

/* words are for people: what a container is, and what reads it. */
struct words {
	const char *what, *library, *install, *limits;
};

static struct words words_of(enum kf_container_kind kind)
{
	static const struct words squashfs = {
		"squashfs image", "libsquashfs", "install libsquashfs1",
		"damaged, packed with lzo, or larger than keyfit unpacks"
	};
	static const struct words ext = {
		"ext file system", "libext2fs", "install libext2fs2",
		"damaged, or has features that libext2fs does not know"
	};
	static const struct words archive = {
		"archive", "libarchive", "install libarchive13",
		"damaged, or larger than keyfit unpacks"
	};

	return kind == KF_CONTAINER_EXT ? ext :
	       kind == KF_CONTAINER_ARCHIVE ? archive : squashfs;
}

/* refuse words why there are no more files though there should be. */
static enum kf_status refuse(const struct kf_members *members,
			     enum kf_told told, struct kf_fault *why)
{
	const struct words w = words_of(members->kind);

	switch (told) {
	case KF_TOLD_NO_LIBRARY:
		kf_fault_say(why, w.install,
			     "its %s cannot be looked into: %s is not there",
			     w.what, w.library);
		break;
	case KF_TOLD_NOT_CONFINED:
		kf_fault_say(why, "use a Linux with seccomp",
			     "its %s is not looked into: that is done in a confined process alone",
			     w.what);
		break;
	case KF_TOLD_SPENT:
		members->budget->left = 0;
		kf_fault_say(why, "give what boots from it by itself",
			     "its %s becomes too large: keyfit takes no more than %" PRIu64 " MiB out of such a file",
			     w.what, members->budget->whole >> 20);
		break;
	case KF_TOLD_NESTED:
		kf_fault_say(why, "give what boots from it by itself",
			     "its %s is packed more than once", w.what);
		break;
	case KF_TOLD_FILE:
	case KF_TOLD_LINK:
	case KF_TOLD_END:
	case KF_TOLD_DAMAGED:
	default:
		kf_fault_say(why, NULL, "its %s cannot be read: it is %s",
			     w.what, w.limits);
	}
	return KF_CANNOT_READ;
}

enum kf_status kf_members_open(struct kf_members *out,
			       const struct kf_container *container,
			       kf_wanted *wanted, void *self,
			       struct kf_fault *why)
{
	int fds[2];

	memset(out, 0, sizeof(*out));
	out->bare = container->bare;
	out->kind = container->kind;
	kf_budget_open(&out->own, container->len);
	out->budget = container->budget ? container->budget : &out->own;
	if (!kf_budget_take(out->budget, CHILD_COST))
		return refuse(out, KF_TOLD_SPENT, why);
	if (pipe2(fds, O_CLOEXEC) < 0) {
		kf_fault_say(why, NULL, "no pipe: %s", strerror(errno));
		return KF_NO_MEMORY;
	}
	out->child = fork();
	if (out->child == 0) {
		signal(SIGPIPE, SIG_DFL);
		close(fds[0]);
		look_through(container, out->budget, wanted, self, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (out->child < 0) {
		close(fds[0]);
		out->child = 0;
		kf_fault_say(why, NULL, "no process to look into it: %s",
			     strerror(errno));
		return KF_NO_MEMORY;
	}
	out->from = fds[0];
	return KF_OK;
}

/* pulling is one file as its pieces come. */
struct pulling {
	struct kf_members *members;
	uint32_t left;	/* of the piece */
	bool over, stopped;
};

/* pull_length reads how long the next piece is. */
static bool pull_length(struct pulling *p)
{
	struct kf_members *m = p->members;

	if (!kf_read_all(m->from, &p->left, sizeof(p->left)) ||
	    p->left == KF_TOLD_BROKEN)
		return false;
	p->over = p->left == 0;
	p->stopped = p->left == KF_TOLD_STOPPED ||
		     !kf_budget_take(m->budget, p->left);
	m->told += p->stopped ? 0 : p->left;
	return !p->stopped;
}

static ssize_t pull(void *self, void *out, size_t len)
{
	struct pulling *p = self;

	errno = 0;
	if (p->left == 0 && !p->over && !pull_length(p))
		return -1;
	if (len > p->left)
		len = p->left;
	if (!kf_read_all(p->members->from, out, len))
		return -1;
	p->left -= (uint32_t)len;
	return (ssize_t)len;
}

/* settle takes from the budget what the child has read, and not told. */
static enum kf_status settle(struct kf_members *members, uint64_t cost)
{
	if (cost > members->told)
		(void)!kf_budget_take(members->budget, cost - members->told);
	return KF_OK;
}

enum kf_status kf_members_next(struct kf_member *out,
			       struct kf_members *members,
			       struct kf_fault *why)
{
	struct pulling pulling = { .members = members };
	struct kf_telling_head head;
	struct kf_fault cut = { "", "" };
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	if (!kf_read_all(members->from, &head, sizeof(head)))
		return refuse(members, KF_TOLD_DAMAGED, why);
	if (head.told == KF_TOLD_END)
		return settle(members, head.size);
	out->is_link = head.told == KF_TOLD_LINK;
	if ((head.told != KF_TOLD_FILE && !out->is_link) ||
	    head.name_len > NAME_MAX_LEN)
		return refuse(members, head.told, why);
	out->name = calloc(1, (size_t)head.name_len + 1);
	if (!out->name) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	if (!kf_read_all(members->from, out->name, head.name_len))
		return refuse(members, KF_TOLD_DAMAGED, why);
	out->size = head.size;
	if (members->bare || out->is_link)
		return KF_OK;
	status = kf_file_spool(&out->file, pull, &pulling, member_max, &cut);
	if (pulling.stopped)
		return refuse(members, KF_TOLD_SPENT, why);
	if (status != KF_OK)
		*why = cut;
	return status;
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
