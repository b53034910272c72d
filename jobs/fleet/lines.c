/* Lines of a file that may be larger than memory.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 << 10 };

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
	if (l->start) {
		memmove(l->data, l->data + l->start, l->len - l->start);
		l->len -= l->start;
		l->from -= l->start;
		l->start = 0;
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
	*line = end > l->start ? kf_view(l->data + l->start, end - l->start)
			       : kf_view(NULL, 0);
	if (line->len && line->data[line->len - 1] == '\r')
		line->len--;
	l->number++;
}

/* find moves on to the end of the next line, which may be longer than is read.
 * `*end` is where it ends. */
static enum kf_status find(struct kf_lines *l, size_t *end, bool *more,
			   struct kf_fault *why)
{
	size_t looked = 0;
	enum kf_status status;
	bool any;

	for (;;) {
		char *new_line = l->len > l->from + looked
			? memchr(l->data + l->from + looked, '\n',
				 l->len - l->from - looked) : NULL;

		if (new_line) {
			*more = true;
			*end = (size_t)(new_line - l->data);
			l->from = *end + 1;
			return KF_OK;
		}
		looked = l->len - l->from;
		if (l->len - l->start > KF_LINE_MAX) {
			l->too_long = true;
			l->start = l->from = l->len;
			looked = 0;
		}
		status = more_bytes(l, &any, why);
		if (status != KF_OK)
			return status;
		if (any)
			continue;
		*more = l->len > l->from || l->too_long;
		*end = l->from = l->len;
		return KF_OK;
	}
}

enum kf_status kf_lines_next(struct kf_lines *l, struct kf_bytes *line,
			     bool *more, struct kf_fault *why)
{
	enum kf_status status;
	size_t end;

	l->too_long = false;
	l->start = l->from;
	status = find(l, &end, more, why);
	if (status != KF_OK)
		return status;
	take(l, line, end);
	l->first_len = l->from - l->start;
	l->first_number = l->number;
	return KF_OK;
}

enum kf_status kf_lines_join(struct kf_lines *l, struct kf_bytes *line,
			     bool *more, struct kf_fault *why)
{
	enum kf_status status;
	size_t end;

	status = find(l, &end, more, why);
	if (status == KF_OK && *more)
		take(l, line, end);
	return status;
}

void kf_lines_back(struct kf_lines *l, struct kf_bytes *line)
{
	size_t end = l->start + l->first_len;

	l->from = end;
	end -= end > l->start && l->data[end - 1] == '\n';
	l->number = l->first_number - 1;
	take(l, line, end);
}
