/* Looks into bundles, for those who judge what is in them.
 */
#include "inside.h"

#include "host/file.h"
#include "host/image.h"
#include "host/members.h"
#include "host/walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	HEAD_LEN = 4096,
	DEPTH_MAX = 4,	/* containers in containers, as ext4, packed, in a
			 * bundle */
	JUDGE_COST = 4 << 20,	/* to judge a file, however small */
	DISK_COST = 16 << 20,	/* the processes that copy files out of one */
};

/* looking is one bundle, and who wants what of it. */
struct looking {
	const struct kf_device *device;
	kf_inside_file *take;
	void *self;
	struct kf_budget budget;
	struct kf_inside_found *found;
	struct kf_fault *why;
};

/* place is where the look is: `path` for people, in `depth` containers. */
struct place {
	const char *path;
	unsigned depth;
};

/* part is a piece of a source, as a source. */
struct part {
	const struct kf_source *whole;
	uint64_t at;
};

static bool read_part(void *self, uint64_t at, void *out, size_t len)
{
	const struct part *p = self;

	return p->whole->read_at(p->whole->self, p->at + at, out, len);
}

bool kf_inside_takes(const struct kf_device *device,
		     const struct kf_format *format)
{
	for (size_t i = 0; i < device->num_verifiers; i++)
		if (kf_verifier_takes(device->verifier[i].rules->verifier,
				      format))
			return true;
	return false;
}

bool kf_inside_matters(const struct kf_device *device,
		       const struct kf_format *format)
{
	if (!format || !format->contents)
		return false;
	for (size_t i = 0; i < device->num_verifiers; i++)
		if (!kf_verifier_takes(device->verifier[i].rules->verifier,
				       format))
			return true;
	return false;
}

/* is_image tells whether a file calls itself an image that others look into: if
 * keyfit does not know it, it is not known to hold nothing. */
static bool is_image(const char *name)
{
	static const char *const ends[] = {
		".ext2", ".ext3", ".ext4", ".squashfs", ".squash", ".vfat",
		".ubi", ".ubifs", ".erofs", ".btrfs", ".tar", ".wic",
	};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (len > end && strcmp(name + len - end, ends[i]) == 0)
			return true;
	}
	return false;
}

/* wanted: what cannot be asked now is looked at later. */
static bool wanted(void *self, const char *name, struct kf_bytes head,
		   const struct kf_source *file)
{
	const struct looking *l = self;

	return !file || is_image(name) ||
	       kf_inside_takes(l->device, kf_format_of(head, file)) ||
	       kf_container_kind_of(head, file) != KF_CONTAINER_NONE;
}

static enum kf_status look_into(struct looking *l, const struct place *at,
				const struct kf_container *container);

/* leave notes an image that is not looked into. */
static void leave(struct looking *l, const struct place *at)
{
	kf_fault_say(&l->found->unsearched, "give what boots from it by itself",
		     "%.200s is not searched: keyfit cannot look into such an image",
		     at->path);
}

/* miss_link notes a link whose end nobody has looked at. */
static void miss_link(struct looking *l, const struct place *at,
		      const char *name)
{
	kf_fault_say(&l->found->unsearched, "give what boots from it by itself",
		     "%.200s/%.200s is a link out of where keyfit looks",
		     at->path, name + (name[0] == '/'));
}

/* look_at_inner takes an image that lies in another. What it cannot read is
 * told with the name of the image. */
static enum kf_status look_at_inner(struct looking *l, const struct place *at,
				    const struct kf_source *file,
				    enum kf_container_kind kind)
{
	struct kf_container container = { .kind = kind, .source = file,
					  .len = file->size, .system = true,
					  .budget = &l->budget };
	struct kf_fault why = { "", "" }, *outer = l->why;
	enum kf_status status;

	if (kind == KF_CONTAINER_UNKNOWN || at->depth == DEPTH_MAX) {
		leave(l, at);
		return KF_OK;
	}
	l->why = &why;
	status = look_into(l, at, &container);
	l->why = outer;
	if (status != KF_OK)
		kf_fault_say(outer, why.hint[0] ? why.hint : NULL,
			     "%.200s: %s", at->path, why.what);
	return status;
}

/* pay takes from the budget what looking into the bundle may cost. */
static enum kf_status pay(struct looking *l, uint64_t cost)
{
	if (kf_budget_take(&l->budget, cost))
		return KF_OK;
	kf_fault_say(l->why, "give what boots from it by itself",
		     "it holds too much: keyfit takes no more than %" PRIu64 " MiB out of such a file",
		     l->budget.whole >> 20);
	return KF_CANNOT_READ;
}

/* hand_on gives one file to whoever asked, or looks into it. What the child
 * wants is not believed to be that. */
static enum kf_status hand_on(struct looking *l, const struct place *outer,
			      const char *name, const struct kf_source *file)
{
	size_t len = file->size < HEAD_LEN ? (size_t)file->size : HEAD_LEN;
	size_t path_len = strlen(outer->path) + strlen(name) + 2;
	const struct kf_format *format;
	enum kf_container_kind kind;
	enum kf_status status = KF_OK;
	uint8_t head[HEAD_LEN];
	struct place at;
	char *path;

	if (len && !file->read_at(file->self, 0, head, len)) {
		kf_fault_say(l->why, NULL, "%.200s cannot be read", name);
		return KF_CANNOT_READ;
	}
	format = kf_format_of(kf_view(head, len), file);
	kind = kf_container_kind_of(kf_view(head, len), file);
	if (kind == KF_CONTAINER_NONE && is_image(name))
		kind = KF_CONTAINER_UNKNOWN;
	if (!kf_inside_takes(l->device, format) && kind == KF_CONTAINER_NONE)
		return KF_OK;
	path = malloc(path_len);
	if (!path) {
		kf_fault_say(l->why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	snprintf(path, path_len, "%s/%s", outer->path,
		 name + (name[0] == '/'));
	at.path = path;
	at.depth = outer->depth + 1;
	if (kf_inside_takes(l->device, format)) {
		status = pay(l, JUDGE_COST);
		if (status == KF_OK) {
			l->found->num_files++;
			l->take(l->self, path, file, format);
		}
	} else {
		status = look_at_inner(l, &at, file, kind);
	}
	free(path);
	return status;
}

static enum kf_status look_at_files(struct looking *l, const struct place *at,
				    const struct kf_contents *contents,
				    const struct kf_source *source)
{
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < contents->num_files && status == KF_OK; i++) {
		const struct kf_inner *inner = &contents->file[i];
		struct part part = { source, inner->at };
		struct kf_source file = { inner->len, read_part, &part };

		status = hand_on(l, at, inner->name, &file);
	}
	return status;
}

/* look_with_child has a confined child look through a container. */
static enum kf_status look_with_child(struct looking *l,
				      const struct place *at,
				      const struct kf_container *container)
{
	struct kf_members members;
	struct kf_member member;
	bool more = true;
	enum kf_status status = kf_members_open(&members, container, wanted,
						l, l->why);

	while (status == KF_OK && more) {
		status = kf_members_next(&member, &members, l->why);
		more = member.name;
		if (status == KF_OK && more && member.is_link)
			miss_link(l, at, member.name);
		else if (status == KF_OK && more)
			status = hand_on(l, at, member.name,
					 &member.file.source);
		kf_member_close(&member);
	}
	kf_members_close(&members);
	return status;
}

/* on_disk is a walk through the files of a FAT file system. */
struct on_disk {
	struct looking *looking;
	const struct place *at;
	size_t skip;	/* bytes of paths, of the folder that holds copies */
	enum kf_status status;
};

static bool take_copy(void *self, const char *path)
{
	struct on_disk *d = self;
	struct kf_file file = { 0 };

	d->status = kf_file_open(&file, path, d->looking->why);
	if (d->status == KF_OK)
		d->status = hand_on(d->looking, d->at, path + d->skip,
				    &file.source);
	kf_file_close(&file);
	return d->status == KF_OK;
}

static void miss_copy(void *self, const char *path, const char *why)
{
	struct on_disk *d = self;

	kf_fault_say(d->looking->why, NULL, "%.200s: %s", path + d->skip, why);
	d->status = KF_CANNOT_READ;
}

/* look_with_mtools has mtools copy what boots out of a FAT file system. */
static enum kf_status look_with_mtools(struct looking *l,
				       const struct place *at,
				       const struct kf_container *container)
{
	struct kf_file copy = { 0 };
	struct kf_esp_image image = { 0 };
	enum kf_status status = pay(l, container->len + DISK_COST);
	struct on_disk disk = { l, at, 0, KF_OK };
	struct kf_walk_sink sink = { take_copy, miss_copy, NULL, &disk };
	char path[64];

	if (status == KF_OK)
		status = kf_file_copy(&copy, container->source, l->why);
	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getpid(),
		 copy.fd);
	if (status == KF_OK)
		status = kf_esp_image_all(&image, path, 0, l->why);
	if (status == KF_OK) {
		disk.skip = strlen(image.folder) + 1;
		status = kf_walk(image.folder, &sink);
	}
	if (status == KF_OK)
		status = disk.status;
	kf_esp_image_close(&image);
	kf_file_close(&copy);
	return status;
}

static enum kf_status look_into(struct looking *l, const struct place *at,
				const struct kf_container *container)
{
	return container->kind == KF_CONTAINER_FAT
		? look_with_mtools(l, at, container)
		: look_with_child(l, at, container);
}

enum kf_status kf_inside(struct kf_inside_found *out,
			 const struct kf_device *device,
			 const struct kf_contents *contents,
			 const struct kf_source *source, const char *path,
			 kf_inside_file *take, void *self,
			 struct kf_fault *why)
{
	struct looking l = { .device = device, .take = take, .self = self,
			     .found = out, .why = why };
	struct place at = { path, 0 };
	struct kf_container image = {
		.kind = contents->kind == KF_CONTENTS_CABINET
			? KF_CONTAINER_ARCHIVE : KF_CONTAINER_SQUASHFS,
		.source = source, .at = contents->at, .len = contents->len,
		.budget = &l.budget,
	};

	kf_budget_open(&l.budget, source->size);
	memset(out, 0, sizeof(*out));
	switch (contents->kind) {
	case KF_CONTENTS_FILES:
		return look_at_files(&l, &at, contents, source);
	case KF_CONTENTS_SQUASHFS:
	case KF_CONTENTS_CABINET:
		return look_into(&l, &at, &image);
	case KF_CONTENTS_SEALED:
		kf_fault_say(why, NULL, "its contents are encrypted");
		return KF_CANNOT_READ;
	case KF_CONTENTS_NONE:
	default:
		return KF_OK;
	}
}
