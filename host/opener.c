/* Files out of squashfs images, for the core: a confined child unpacks them.
 */
#include "opener.h"

#include "members.h"

#include <string.h>

enum { WANTED_MAX = 1 << 20 };

static bool is_named(void *self, const char *name, struct kf_bytes head,
		     const struct kf_source *file)
{
	(void)head;
	return file->size <= WANTED_MAX && strcmp(name, self) == 0;
}

/* keep reads a member into the arena. */
static enum kf_status keep(struct kf_bytes *out, const struct kf_source *file,
			   struct kf_arena *arena)
{
	uint8_t *bytes;

	if (file->size > WANTED_MAX)
		return KF_CANNOT_READ;
	bytes = kf_arena_take(arena, (size_t)file->size + 1);
	if (!bytes)
		return KF_NO_MEMORY;
	if (file->size && !file->read_at(file->self, 0, bytes,
					 (size_t)file->size))
		return KF_CANNOT_READ;
	*out = kf_view(bytes, (size_t)file->size);
	return KF_OK;
}

static enum kf_status squashfs_file(struct kf_bytes *out, bool *there,
				    const struct kf_source *source,
				    uint64_t len, const char *name,
				    struct kf_arena *arena)
{
	struct kf_container container = { .kind = KF_CONTAINER_SQUASHFS,
					  .source = source, .len = len };
	struct kf_fault why = { "", "" };
	struct kf_member member = { 0 };
	struct kf_members members;
	enum kf_status status;

	*there = false;
	*out = kf_view(NULL, 0);
	status = kf_members_open(&members, &container, is_named,
				 (void *)(uintptr_t)name, &why);
	if (status != KF_OK)
		return status;
	status = kf_members_next(&member, &members, &why);
	if (status == KF_OK && member.name) {
		*there = true;
		status = keep(out, &member.file.source, arena);
	}
	kf_member_close(&member);
	kf_members_close(&members);
	return status;
}

/* looking is what is looked for. */
struct looking {
	struct kf_looked *looked;
	size_t num;
};

static struct kf_looked *among(const struct looking *l, const char *name)
{
	for (size_t i = 0; i < l->num; i++)
		if (strcmp(l->looked[i].name, name) == 0)
			return &l->looked[i];
	return NULL;
}

static bool is_among(void *self, const char *name, struct kf_bytes head,
		     const struct kf_source *file)
{
	(void)head;
	(void)file;
	return among(self, name);
}

/* note marks all of one name: several images may be of one file. */
static void note(const struct looking *l, const struct kf_member *member)
{
	for (size_t i = 0; i < l->num; i++) {
		struct kf_looked *one = &l->looked[i];

		if (strcmp(one->name, member->name) != 0)
			continue;
		one->there = true;
		one->plain = member->size != UINT64_MAX;
		one->size = member->size;
	}
}

static enum kf_status squashfs_look(struct kf_looked *looked, size_t num,
				    const struct kf_source *source,
				    uint64_t len, bool through)
{
	struct kf_container container = { .kind = KF_CONTAINER_SQUASHFS,
					  .source = source, .len = len,
					  .bare = true, .through = through };
	struct looking l = { looked, num };
	struct kf_fault why = { "", "" };
	struct kf_member member = { 0 };
	struct kf_members members;
	enum kf_status status;
	bool more = true;

	status = kf_members_open(&members, &container, is_among, &l, &why);
	while (status == KF_OK && more) {
		status = kf_members_next(&member, &members, &why);
		more = status == KF_OK && member.name;
		if (more)
			note(&l, &member);
		kf_member_close(&member);
	}
	if (status == KF_CANNOT_READ && through && members.budget->left == 0)
		status = KF_TOO_MUCH;
	kf_members_close(&members);
	return status;
}

const struct kf_opener kf_opener_members = {
	.squashfs_file = squashfs_file,
	.squashfs_look = squashfs_look,
};
