/* Base64: one character of it, and whole texts.
 *
 * Source: RFC 4648, 4.
 */
#ifndef KEYFIT_CORE_BASE64_H
#define KEYFIT_CORE_BASE64_H

#include <keyfit/bytes.h>

/* kf_base64_digit is the value of a character, 0 to 63; 64: it is none. */
unsigned kf_base64_digit(uint8_t c);

/* kf_base64_strict turns a text into bytes, at most `size`. There is one text
 * of each value: no other character, all of the padding, no spare bits.
 * Fails: false, it is none, or longer. */
KF_MUST bool kf_base64_strict(uint8_t *room, size_t size, size_t *len,
			      struct kf_bytes text);

/* kf_base64_four writes up to three bytes as four characters. */
void kf_base64_four(char out[4], struct kf_bytes three);

#endif
