/* Bytes as hex digits, a to f small.
 */
#ifndef KEYFIT_CORE_HEX_H
#define KEYFIT_CORE_HEX_H

#include <keyfit/bytes.h>

/* kf_hex writes two digits a byte, and no NUL. */
void kf_hex(void *out, struct kf_bytes bytes);

/* kf_hex_spells tells whether a text is these digits and nothing else. */
bool kf_hex_spells(struct kf_bytes text, struct kf_bytes bytes);

#endif
