/* Looks into bundles, for those who judge what is in them.
 */
#include "inside.h"

#include "host/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_LEN = 4096 };

/* looking is one bundle, and who wants what of it. */
struct looking {
	const struct kf_device *device;
	const struct kf_source *source;
	const char *path;
	kf_inside_file *take;
	void *self;
	struct kf_fault *why;
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

static bool wanted(void *self, const char *name, struct kf_bytes head,
		   const struct kf_source *file)
{
	const struct looking *l = self;

	(void)name;
	return kf_inside_takes(l->device, kf_format_of(head, file));
}

/* hand_on gives one file to whoever asked. */
static enum kf_status hand_on(const struct looking *l, const char *name,
			      const struct kf_source *file)
{
	size_t len = file->size < HEAD_LEN ? (size_t)file->size : HEAD_LEN;
	size_t path_len = strlen(l->path) + strlen(name) + 2;
	const struct kf_format *format;
	uint8_t head[HEAD_LEN];
	char *path;

	if (len && !file->read_at(file->self, 0, head, len)) {
		kf_fault_say(l->why, NULL, "%.200s cannot be read", name);
		return KF_CANNOT_READ;
	}
	/* What the child wants is not believed to be that. */
	format = kf_format_of(kf_view(head, len), file);
	if (!kf_inside_takes(l->device, format))
		return KF_OK;
	path = malloc(path_len);
	if (!path) {
		kf_fault_say(l->why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	snprintf(path, path_len, "%s/%s", l->path, name + (name[0] == '/'));
	l->take(l->self, path, file, format);
	free(path);
	return KF_OK;
}

static enum kf_status look_at_files(const struct looking *l,
				    const struct kf_contents *contents)
{
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < contents->num_files && status == KF_OK; i++) {
		const struct kf_inner *inner = &contents->file[i];
		struct part part = { l->source, inner->at };
		struct kf_source file = { inner->len, read_part, &part };

		status = hand_on(l, inner->name, &file);
	}
	return status;
}

static enum kf_status look_at_image(struct looking *l,
				    const struct kf_contents *contents)
{
	struct kf_container container = { l->source, contents->at,
					  contents->len };
	struct kf_members members;
	struct kf_member member;
	bool more = true;
	enum kf_status status = kf_members_open(&members, &container, wanted,
						l, l->why);

	while (status == KF_OK && more) {
		status = kf_members_next(&member, &members, l->why);
		more = member.name;
		if (status == KF_OK && more)
			status = hand_on(l, member.name, &member.file.source);
		kf_member_close(&member);
	}
	kf_members_close(&members);
	return status;
}

enum kf_status kf_inside(const struct kf_device *device,
			 const struct kf_contents *contents,
			 const struct kf_source *source, const char *path,
			 kf_inside_file *take, void *self,
			 struct kf_fault *why)
{
	struct looking l = { device, source, path, take, self, why };

	switch (contents->kind) {
	case KF_CONTENTS_FILES:
		return look_at_files(&l, contents);
	case KF_CONTENTS_SQUASHFS:
		return look_at_image(&l, contents);
	case KF_CONTENTS_SEALED:
		kf_fault_say(why, NULL, "its contents are encrypted");
		return KF_CANNOT_READ;
	case KF_CONTENTS_NONE:
	default:
		return KF_OK;
	}
}
