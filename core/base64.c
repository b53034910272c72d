/* The alphabet of base64, which PEM and others are written in.
 */
#include "base64.h"

unsigned kf_base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)c - 'A';
	if (c >= 'a' && c <= 'z')
		return (unsigned)c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}
