/* Lines of a file that may be larger than memory.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum {
	CHUNK = 256 << 10,
	LINE_MAX_LEN = 16 << 20,
};

void kf_lines_close(struct kf_lines *lines)
{
	free(lines->data);
	lines->data = NULL;
	lines->len = lines->size = lines->from = 0;
}

/* more reads another piece behind what is there; `*any` false: the end. */
static enum kf_status more_bytes(struct kf_lines *l, bool *any,
				 struct kf_fault *why)
{
	uint64_t left = l->source->size - l->at;
	size_t some = left < CHUNK ? (size_t)left : CHUNK;

	*any = some > 0;
	if (!some)
		return KF_OK;
	if (l->from) {
		memmove(l->data, l->data + l->from, l->len - l->from);
		l->len -= l->from;
		l->from = 0;
	}
	if (l->size - l->len < some) {
		size_t size = l->size ? 2 * l->size : 2 * CHUNK;
		char *data = realloc(l->data, size);

		if (!data) {
			kf_fault_say(why, NULL, "out of memory");
			return KF_NO_MEMORY;
		}
		l->data = data;
		l->size = size;
	}
	if (!l->source->read_at(l->source->self, l->at, l->data + l->len,
				some)) {
		kf_fault_say(why, NULL,
			     "cannot be read: it may have been changed meanwhile");
		return KF_CANNOT_READ;
	}
	l->at += some;
	l->len += some;
	return KF_OK;
}

/* take hands out what stands before `end`. */
static void take(struct kf_lines *l, struct kf_bytes *line, size_t end)
{
	*line = kf_view(l->data + l->from, end - l->from);
	if (line->len && line->data[line->len - 1] == '\r')
		line->len--;
	l->number++;
}

enum kf_status kf_lines_next(struct kf_lines *l, struct kf_bytes *line,
			     bool *more, struct kf_fault *why)
{
	size_t looked = 0;
	enum kf_status status;
	bool any;

	l->too_long = false;
	for (;;) {
		char *end = l->len > l->from + looked
			? memchr(l->data + l->from + looked, '\n',
				 l->len - l->from - looked) : NULL;

		if (end) {
			*more = true;
			take(l, line, (size_t)(end - l->data));
			l->from = (size_t)(end - l->data) + 1;
			return KF_OK;
		}
		looked = l->len - l->from;
		if (looked > LINE_MAX_LEN) {
			l->too_long = true;
			l->from = l->len;
			looked = 0;
		}
		status = more_bytes(l, &any, why);
		if (status != KF_OK)
			return status;
		if (any)
			continue;
		*more = l->len > l->from || l->too_long;
		take(l, line, l->len);
		l->from = l->len;
		return KF_OK;
	}
}
