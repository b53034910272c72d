/* The files inside a container, as a bundle's squashfs image.
 *
 * Whoever made the container may be hostile, and what unpacks it is large: so
 * it is opened by a child that may read, write to its parent and ask for some
 * memory, and nothing else. Only files that somebody wants come out of it.
 */
#ifndef KEYFIT_HOST_MEMBERS_H
#define KEYFIT_HOST_MEMBERS_H

#include <keyfit/host.h>

#include <sys/types.h>

/* kf_container is where in a file a container stands. */
struct kf_container {
	const struct kf_source *source;
	uint64_t at, len;
};

/* kf_wanted tells whether a file is wanted; it is asked in the child. */
typedef bool kf_wanted(void *self, const char *name, struct kf_bytes head,
		       const struct kf_source *file);

struct kf_members {
	pid_t child;	/* 0: none */
	int from;
};

/* kf_member is one file. Its name is a path inside, from "/". */
struct kf_member {
	char *name;	/* NULL: there are no more */
	struct kf_file file;
};

/* kf_members_open starts to look through a squashfs image.
 * Owns: `out`, until kf_members_close, which takes a zeroed one too.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_members_open(struct kf_members *out,
				       const struct kf_container *container,
				       kf_wanted *wanted, void *self,
				       struct kf_fault *why);

/* kf_members_next gives the next file that is wanted. Owns: `out`, until
 * kf_member_close. Fails: KF_CANNOT_READ, as where the container is damaged or
 * libsquashfs is not there; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_members_next(struct kf_member *out,
				       struct kf_members *members,
				       struct kf_fault *why);
void kf_member_close(struct kf_member *member);
void kf_members_close(struct kf_members *members);

/* What the child tells its parent. */
enum kf_told {
	KF_TOLD_FILE = 1,	/* name and bytes follow */
	KF_TOLD_END,
	KF_TOLD_DAMAGED,
	KF_TOLD_NO_LIBRARY,
	KF_TOLD_NOT_CONFINED,
};

struct kf_telling_head {
	uint32_t told;
	uint32_t name_len;
	uint64_t size;
};

/* confine.c: kf_confine leaves this process, for good, with nothing but
 * reading and writing what is open, and `memory_max` bytes of memory.
 * Fails: false. */
KF_MUST bool kf_confine(size_t memory_max);

/* squashfs.c: kf_squashfs_tell looks through an image and tells `to` what is
 * wanted. It confines the process as soon as its library is there. */
void kf_squashfs_tell(const struct kf_container *container, kf_wanted *wanted,
		      void *self, int to);

#endif
