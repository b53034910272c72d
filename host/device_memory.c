/* Where a device's bytes and texts live, and faults that name a path.
 */
#include "device.h"
#include "within.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kf_kept_file {
	struct kf_kept_file *next;
	struct kf_text_file file;
};

enum kf_status kf_device_memory_open(struct kf_opening *o,
				     const struct kf_crypto *crypto,
				     int64_t now_s)
{
	enum kf_status status;

	o->memory = calloc(1, sizeof(*o->memory));
	if (!o->memory) {
		kf_fault_say(o->why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	status = kf_work_open(&o->memory->work, KF_ARENA_LEN, crypto, now_s,
			      o->why);
	if (status != KF_OK) {
		kf_device_memory_close(o->memory);
		return status;
	}
	o->device->memory = o->memory;
	return KF_OK;
}

void kf_device_memory_close(struct kf_device_memory *memory)
{
	if (!memory)
		return;
	while (memory->files) {
		struct kf_kept_file *first = memory->files;

		memory->files = first->next;
		kf_text_file_close(&first->file);
		free(first);
	}
	kf_work_close(&memory->work);
	free(memory);
}

void kf_say_path(struct kf_fault *why, const char *path, const char *hint,
		 const char *what, ...)
{
	enum { SHOWN = 120 };
	size_t len = strlen(path);
	char text[sizeof(why->what)];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	kf_fault_say(why, hint, "%s%s: %s", len > SHOWN ? "..." : "",
		     len > SHOWN ? path + len - SHOWN : path, text);
}

/* read_within reads a file, if the device may lead to it; `*may` false: not. */
static enum kf_status read_within(struct kf_text_file *out, bool *may,
				  const struct kf_opening *o, const char *path,
				  size_t max_len, struct kf_fault *why)
{
	const char *within = o->ask ? o->ask->within : NULL;
	enum kf_status status;
	bool lost;
	char *real = kf_within_path(within, path, &lost);

	*may = real || lost;
	if (!real) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	status = kf_text_file_read(out, real, max_len, why);
	free(real);
	return status;
}

enum kf_status kf_device_file(struct kf_bytes *out, struct kf_opening *o,
			      const char *path, size_t max_len)
{
	struct kf_kept_file *kept = calloc(1, sizeof(*kept));
	struct kf_fault why = { "", "" };
	enum kf_status status;
	bool may;

	if (!kept) {
		kf_fault_say(o->why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	status = read_within(&kept->file, &may, o, path, max_len, &why);
	if (!may) {
		free(kept);
		return kf_within_stray(o, path);
	}
	if (status != KF_OK) {
		kf_say_path(o->why, path, why.hint, "%s", why.what);
		free(kept);
		/* Whatever it is, it is no file that can be read. */
		return status == KF_NO_MEMORY ? status : KF_CANNOT_READ;
	}
	kept->next = o->memory->files;
	o->memory->files = kept;
	*out = kept->file.bytes;
	return KF_OK;
}

static void say_full(struct kf_opening *o)
{
	kf_fault_say(o->why, NULL,
		     "the device's lists are larger than keyfit holds");
}

enum kf_status kf_device_full(struct kf_opening *o)
{
	say_full(o);
	return KF_NO_MEMORY;
}

const char *kf_device_text(struct kf_opening *o, const char *text)
{
	size_t len = strlen(text);
	char *copy = kf_arena_take(&o->memory->work.arena, len + 1);

	if (copy)
		memcpy(copy, text, len + 1);
	else
		say_full(o);
	return copy;
}

enum kf_status kf_device_join(struct kf_part *part, struct kf_opening *o,
			      struct kf_bytes more)
{
	size_t len = part->bytes.len + more.len;
	uint8_t *bytes = kf_arena_take(&o->memory->work.arena, len);

	if (!bytes)
		return kf_device_full(o);
	if (part->bytes.len)
		memcpy(bytes, part->bytes.data, part->bytes.len);
	memcpy(bytes + part->bytes.len, more.data, more.len);
	part->bytes = kf_view(bytes, len);
	return KF_OK;
}

void kf_names_add(struct kf_names *names, const char *word)
{
	size_t room = sizeof(names->text) - names->len;
	size_t len = strlen(word) + (names->len ? 2 : 0);

	if (len >= room)
		return;
	snprintf(names->text + names->len, room, "%s%s",
		 names->len ? ", " : "", word);
	names->len += len;
}
