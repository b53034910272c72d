/* The files inside a container: a squashfs image, an ext file system, an
 * archive, a packed file.
 *
 * Whoever made the container may be hostile, and what unpacks it is large: so
 * it is opened by a child that may read, write to its parent and ask for some
 * memory, and nothing else. Only files that somebody wants come out of it.
 */
#ifndef KEYFIT_HOST_MEMBERS_H
#define KEYFIT_HOST_MEMBERS_H

#include <keyfit/host.h>

#include <sys/types.h>

enum kf_container_kind {
	KF_CONTAINER_NONE = 0,
	KF_CONTAINER_SQUASHFS,
	KF_CONTAINER_EXT,	/* ext2, ext3, ext4 */
	KF_CONTAINER_ARCHIVE,	/* tar, packed or not; or one packed file */
	KF_CONTAINER_FAT,	/* or a disk with such a partition */
	KF_CONTAINER_UNKNOWN,	/* keyfit knows it, and cannot look into it */
};

/* kf_container_kind_of finds out by content. `head` is the first bytes of
 * `file`, 4096 or all. */
enum kf_container_kind kf_container_kind_of(struct kf_bytes head,
					    const struct kf_source *file);

/* kf_budget bounds what looking into one file may cost, in bytes that come out
 * of it, be they packed in there or read again and again: so the time that it
 * takes grows with the file, and not with what the file makes of itself. */
struct kf_budget {
	uint64_t whole, left;
};

/* kf_budget_open gives what a file of `size` bytes may cost. */
void kf_budget_open(struct kf_budget *out, uint64_t size);

/* kf_budget_take takes some, or all that is left. Fails: false, there was
 * less. */
KF_MUST bool kf_budget_take(struct kf_budget *budget, uint64_t cost);

/* kf_container is where in a file a container stands. `budget`: of the whole
 * file, in which other containers may be; NULL: the container has its own.
 * `system`: it holds a whole system, of which only what lies where boot loaders
 * look is given.
 * `bare`, of squashfs alone: files are told of, not sent; nothing of those that
 * nobody wants is read, and of the others only `through`. Folders and links are
 * told of too. */
struct kf_container {
	enum kf_container_kind kind;
	const struct kf_source *source;
	uint64_t at, len;
	struct kf_budget *budget;
	bool system;
	bool bare, through;
};

/* kf_wanted tells whether a file is wanted; it is asked in the child. `file` is
 * NULL where the container can only be read in order. */
typedef bool kf_wanted(void *self, const char *name, struct kf_bytes head,
		       const struct kf_source *file);

struct kf_members {
	enum kf_container_kind kind;
	pid_t child;	/* 0: none */
	int from;
	bool bare;
	struct kf_budget own, *budget;
	uint64_t told;	/* bytes of files that came */
};

/* kf_member is one file, or a link to one. Its name is a path inside, from "/". */
struct kf_member {
	char *name;	/* NULL: there are no more */
	struct kf_file file;
	bool is_link;	/* out of where keyfit looks: there is no file */
	uint64_t size;	/* bare: its size; UINT64_MAX: it is no file */
};

/* kf_members_open starts to look through a container that is neither FAT nor
 * unknown.
 * Owns: `out`, until kf_members_close, which takes a zeroed one too.
 * Fails: KF_NO_MEMORY, or the machine has no process for it. */
KF_MUST enum kf_status kf_members_open(struct kf_members *out,
				       const struct kf_container *container,
				       kf_wanted *wanted, void *self,
				       struct kf_fault *why);

/* kf_members_next gives the next file that is wanted. Owns: `out`, until
 * kf_member_close. Fails: KF_CANNOT_READ, as where the container is damaged,
 * its library is not there or the budget is spent, of which nothing is left
 * then; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_members_next(struct kf_member *out,
				       struct kf_members *members,
				       struct kf_fault *why);
void kf_member_close(struct kf_member *member);
void kf_members_close(struct kf_members *members);

/* What the child tells its parent: heads, each with the bytes of a name behind
 * it; behind those of a file its bytes, in pieces with their length before
 * them, up to one of no length, or of KF_TOLD_BROKEN, or KF_TOLD_STOPPED where
 * the budget was spent. */
#define KF_TOLD_BROKEN UINT32_MAX
#define KF_TOLD_STOPPED (UINT32_MAX - 1)

enum kf_told {
	KF_TOLD_FILE = 1,
	KF_TOLD_LINK,		/* without bytes */
	KF_TOLD_END,
	KF_TOLD_DAMAGED,
	KF_TOLD_SPENT,		/* the budget is */
	KF_TOLD_NESTED,		/* packed more than once: what comes out
				 * between two libraries is not counted */
	KF_TOLD_NO_LIBRARY,
	KF_TOLD_NOT_CONFINED,
};

struct kf_telling_head {
	uint32_t told;
	uint32_t name_len;
	uint64_t size;		/* of a bare container's file; at the end:
				 * what all that was read has cost */
};

/* kf_teller is the child's side. */
struct kf_teller {
	const struct kf_container *container;
	kf_wanted *wanted;
	void *self;
	int to;
	struct kf_budget *budget;
};

/* kf_tell_spend takes from the budget. Fails: false, it is spent. */
KF_MUST bool kf_tell_spend(const struct kf_teller *teller, uint64_t cost);

/* kf_confine leaves this process, for good, with nothing but reading and
 * writing what is open, and with as much memory as unpacking takes.
 * Fails: false. */
KF_MUST bool kf_confine(void);

/* kf_tell_place tells whether a path of a container matters: a folder that may
 * hold what boots, or such a file. */
bool kf_tell_place(const struct kf_teller *teller, const char *path,
		   bool is_folder);

/* kf_tell_file asks whether a file is wanted, and tells it, whole.
 * Fails: false. */
KF_MUST bool kf_tell_file(const struct kf_teller *teller, const char *name,
			  const struct kf_source *file);

/* kf_tell_bare tells of what is there, without its bytes. Fails: false. */
KF_MUST bool kf_tell_bare(const struct kf_teller *teller, const char *name,
			  uint64_t size);

/* kf_tell_link tells of a link of a whole system that stands where boot loaders
 * look, and leads to where nobody has looked. Fails: false. */
KF_MUST bool kf_tell_link(const struct kf_teller *teller, const char *name,
			  struct kf_bytes target);

/* kf_tell_start, kf_tell_piece and kf_tell_stop tell a file as it comes. None
 * of the pieces is empty; `whole` is false where it broke off. Fails: false. */
KF_MUST bool kf_tell_start(const struct kf_teller *teller, const char *name);
KF_MUST bool kf_tell_piece(const struct kf_teller *teller,
			   struct kf_bytes piece);
KF_MUST bool kf_tell_stop(const struct kf_teller *teller, bool whole);

/* Each looks through a container and tells what is wanted; it confines the
 * process as soon as its library is there. The answer is the last word. */
enum kf_told kf_squashfs_tell(const struct kf_teller *teller);
enum kf_told kf_ext_tell(const struct kf_teller *teller);
enum kf_told kf_archive_tell(const struct kf_teller *teller);

#endif
