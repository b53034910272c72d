/* Text that grows in memory until it is written in one piece, and the ways in
 * which foreign text is made harmless for whoever reads it.
 */
#ifndef KEYFIT_HOST_OUTPUT_H
#define KEYFIT_HOST_OUTPUT_H

#include <keyfit/host.h>

enum {
	/* More than any answer needs: an answer about 32 signatures takes
	 * some 100 KiB. */
	KF_OUTPUT_MAX = 256 << 20,
};

/* kf_output: `failed` is set when memory ran out, and stays; what is added
 * from then on is dropped, so that nobody has to look before the end. */
struct kf_output {
	char *data;
	size_t len;
	size_t size;
	bool failed;
};

void kf_output_close(struct kf_output *out);

/* kf_output_add, kf_output_text: bytes, a string. */
void kf_output_add(struct kf_output *out, const char *data, size_t len);
void kf_output_text(struct kf_output *out, const char *text);

/* kf_output_print is printf-like. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void kf_output_print(struct kf_output *out, const char *format, ...);

/* kf_output_hex writes bytes as hex digits. */
void kf_output_hex(struct kf_output *out, struct kf_bytes bytes);

/* kf_output_shown writes foreign text for a terminal: what would steer it, or
 * turn the direction of writing, and what is no UTF-8 becomes \x1b and the
 * like. */
void kf_output_shown(struct kf_output *out, struct kf_bytes text);

/* kf_output_flush writes everything with as few write calls as it takes, and
 * starts anew. Fails: KF_NO_MEMORY, KF_CANNOT_READ (the other end is closed or
 * full). */
KF_MUST enum kf_status kf_output_flush(struct kf_output *out, int fd,
				       struct kf_fault *why);

/* kf_utf8 takes the first character of a text that is not empty: returns how
 * many bytes it has, 0 when it is none. */
size_t kf_utf8(struct kf_bytes text, uint32_t *code);

/* kf_steers tells whether a character steers a terminal, or turns the
 * direction of writing. */
bool kf_steers(uint32_t code);

#endif
