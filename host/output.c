/* Text in memory, foreign text made harmless, and writing it out.
 */
#include "output.h"

#include "core/hex.h"
#include "file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kf_output_close(struct kf_output *out)
{
	free(out->data);
	memset(out, 0, sizeof(*out));
}

/* room makes room for `len` bytes and a NUL. */
static bool room(struct kf_output *out, size_t len)
{
	size_t size = out->size ? out->size : 4096;
	char *data;

	if (out->failed || len >= KF_OUTPUT_MAX - out->len) {
		out->failed = true;
		return false;
	}
	if (out->size > out->len + len)
		return true;
	while (size <= out->len + len)
		size *= 2;
	data = realloc(out->data, size);
	if (!data) {
		out->failed = true;
		return false;
	}
	out->data = data;
	out->size = size;
	return true;
}

void kf_output_add(struct kf_output *out, const char *data, size_t len)
{
	if (len == 0 || !room(out, len))
		return;
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

void kf_output_text(struct kf_output *out, const char *text)
{
	kf_output_add(out, text, strlen(text));
}

void kf_output_print(struct kf_output *out, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !room(out, (size_t)len)) {
		out->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(out->data + out->len, (size_t)len + 1, format, args);
	va_end(args);
	out->len += (size_t)len;
}

void kf_output_hex(struct kf_output *out, struct kf_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char pair[2];

		kf_hex(pair, kf_view(bytes.data + i, 1));
		kf_output_add(out, pair, sizeof(pair));
	}
}

/* trailing reads the bytes behind the first one of a character. */
static bool trailing(struct kf_bytes text, size_t len, uint32_t *code)
{
	for (size_t i = 1; i < len; i++) {
		if ((text.data[i] & 0xc0) != 0x80)
			return false;
		*code = *code << 6 | (text.data[i] & 0x3f);
	}
	return true;
}

size_t kf_utf8(struct kf_bytes text, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = text.data[0];
	size_t len = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 :
		     first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;

	if (len == 0 || len > text.len)
		return 0;
	*code = len == 1 ? first : first & (0xffu >> (len + 1));
	if (!trailing(text, len, code) || *code < least[len] ||
	    *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

bool kf_steers(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
	       code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xe0000 && code <= 0xe007f);
}

void kf_output_shown(struct kf_output *out, struct kf_bytes text)
{
	for (size_t at = 0; at < text.len;) {
		uint32_t code = 0;
		struct kf_bytes rest = kf_view(text.data + at, text.len - at);
		size_t len = kf_utf8(rest, &code);

		if (len && !kf_steers(code))
			kf_output_add(out, (const char *)rest.data, len);
		else if (len > 1)
			kf_output_print(out, "\\u{%x}", (unsigned)code);
		else
			kf_output_print(out, "\\x%02x", rest.data[0]);
		at += len ? len : 1;
	}
}

enum kf_status kf_output_flush(struct kf_output *out, int fd,
			       struct kf_fault *why)
{
	if (out->failed) {
		kf_fault_say(why, "free some memory, or raise the limit",
			     "out of memory");
		return KF_NO_MEMORY;
	}
	if (!kf_write_all(fd, kf_view(out->data, out->len))) {
		kf_fault_say(why, NULL, "cannot be written: %s",
			     strerror(errno));
		return KF_CANNOT_READ;
	}
	out->len = 0;
	return KF_OK;
}
