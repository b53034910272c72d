/* One character of base64.
 *
 * Source: RFC 4648, 4.
 */
#ifndef KEYFIT_CORE_BASE64_H
#define KEYFIT_CORE_BASE64_H

#include <keyfit/bytes.h>

/* kf_base64_digit is the value of a character, 0 to 63; 64: it is none. */
unsigned kf_base64_digit(uint8_t c);

#endif
