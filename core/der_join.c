/* Writes one DER element around others.
 *
 * Source: ITU-T X.690, 8.1.3 and 10.1.
 */
#include "der.h"

#include <string.h>

struct kf_bytes kf_der_join(uint8_t tag, const struct kf_bytes *piece,
			    size_t num, struct kf_arena *arena)
{
	size_t len = 0, at = 2, octets = 0;
	uint8_t *out;

	for (size_t i = 0; i < num; i++)
		len += piece[i].len;
	for (size_t rest = len; len > 127 && rest; rest >>= 8)
		octets++;
	out = kf_arena_take(arena, 2 + octets + len);
	if (!out)
		return kf_view(NULL, 0);
	out[0] = tag;
	out[1] = (uint8_t)(octets ? 0x80 | octets : len);
	for (size_t i = octets; i-- > 0;)
		out[at++] = (uint8_t)(len >> (8 * i));
	for (size_t i = 0; i < num; i++) {
		if (piece[i].len)
			memcpy(out + at, piece[i].data, piece[i].len);
		at += piece[i].len;
	}
	return kf_view(out, at);
}
