/* Whether bytes are UTF-8, as GLib tells.
 *
 * Source: GNOME/glib, glib/gutf8.c (fast_validate_len), tag 2.74.6; RFC 3629.
 */
#ifndef KEYFIT_CORE_UTF8_H
#define KEYFIT_CORE_UTF8_H

#include <keyfit/bytes.h>

/* kf_utf8_letter is how long the letter at a place is; 0: there is none. A NUL
 * is one. */
size_t kf_utf8_letter(struct kf_bytes text, size_t at);

bool kf_is_utf8(struct kf_bytes text);

/* kf_utf8_put writes a letter, at most four bytes, and returns how many. */
size_t kf_utf8_put(uint8_t *to, uint64_t letter);

#endif
