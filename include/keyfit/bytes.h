/* Views of bytes, and the cursor that reads hostile ones.
 *
 * A view owns nothing. A cursor never reads outside its view: the first field
 * that was not there is remembered by name and place, and from then on every
 * read yields zeros, so that a reader is a list of fields without a branch a
 * field. Lengths are weighed by subtraction, so no sum can overflow.
 */
#ifndef KEYFIT_BYTES_H
#define KEYFIT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

#if defined(__GNUC__)
#define KF_MUST __attribute__((warn_unused_result))
#else
#define KF_MUST
#endif

/* kf_bytes is a view: `len` bytes at `data`. NULL with 0 is the empty view. */
struct kf_bytes {
	const uint8_t *data;
	size_t len;
};

/* kf_damage names the first field that broke its own format, and where it
 * would stand, in bytes from the start of the file. `field` NULL: none. */
struct kf_damage {
	const char *field;
	uint64_t at;
};

/* kf_cursor walks a view. `base` is the place of the view in its file, so
 * that damage is reported in file offsets. */
struct kf_cursor {
	struct kf_bytes bytes;
	size_t pos;
	uint64_t base;
	struct kf_damage damage;
};

/* kf_view makes a view of `len` bytes at `data`. */
struct kf_bytes kf_view(const void *data, size_t len);

/* kf_text makes a view of a NUL-terminated string, without its NUL. */
struct kf_bytes kf_text(const char *text);

/* kf_equal tells whether two views hold the same bytes. Not constant time:
 * nothing that it compares here is secret. */
bool kf_equal(struct kf_bytes a, struct kf_bytes b);

/* kf_same tells whether two texts are the same. NULL is no text, and the same
 * as none. */
bool kf_same(const char *a, const char *b);

/* kf_part_of cuts `len` bytes at `at` out of a view; the empty view when they
 * do not all lie inside. */
struct kf_bytes kf_part_of(struct kf_bytes whole, uint64_t at, uint64_t len);

/* kf_cursor_over starts a cursor at the first byte of `bytes`. */
struct kf_cursor kf_cursor_over(struct kf_bytes bytes, uint64_t base);

/* kf_more tells whether bytes are left and nothing was missing so far. */
bool kf_more(const struct kf_cursor *c);

/* kf_left counts the bytes that are left; 0 once something was missing. */
size_t kf_left(const struct kf_cursor *c);

/* kf_at is the cursor's place in the file. */
uint64_t kf_at(const struct kf_cursor *c);

/* kf_break marks the cursor as damaged at its present place. The first call
 * wins. */
void kf_break(struct kf_cursor *c, const char *field);

/* kf_take, kf_skip: the next `len` bytes, or damage under the name `field`. */
struct kf_bytes kf_take(struct kf_cursor *c, uint64_t len, const char *field);
void kf_skip(struct kf_cursor *c, uint64_t len, const char *field);

/* kf_u8 .. kf_u64le: the next number; 0 and damage when it is not there. */
uint8_t kf_u8(struct kf_cursor *c, const char *field);
uint16_t kf_u16le(struct kf_cursor *c, const char *field);
uint32_t kf_u32le(struct kf_cursor *c, const char *field);
uint64_t kf_u64le(struct kf_cursor *c, const char *field);
uint16_t kf_u16be(struct kf_cursor *c, const char *field);
uint32_t kf_u32be(struct kf_cursor *c, const char *field);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
