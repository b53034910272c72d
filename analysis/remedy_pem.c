/* A certificate in PEM, to be put behind those that a device trusts.
 *
 * Source: RFC 7468, 3 and 5.1.
 */
#include "remedy_try.h"

#include <string.h>

static const char head[] = "\n-----BEGIN CERTIFICATE-----\n";
static const char tail[] = "-----END CERTIFICATE-----\n";

enum { LINE_BYTES = 48 };

/* encode writes base64, with a line's end behind every 64 letters. */
static size_t encode(uint8_t *out, struct kf_bytes der)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = 0;

	for (size_t i = 0; i < der.len; i += 3) {
		uint32_t group = (uint32_t)der.data[i] << 16;

		if (i + 1 < der.len)
			group |= (uint32_t)der.data[i + 1] << 8;
		if (i + 2 < der.len)
			group |= der.data[i + 2];
		for (int j = 0; j < 4; j++)
			out[len++] = (uint8_t)letters[group >> (18 - 6 * j) &
						      63];
		if (i + 1 >= der.len)
			out[len - 2] = '=';
		if (i + 2 >= der.len)
			out[len - 1] = '=';
		if ((i + 3) % LINE_BYTES == 0 || i + 3 >= der.len)
			out[len++] = '\n';
	}
	return len;
}

struct kf_bytes kf_remedy_pem(struct kf_attempt *a, struct kf_bytes der)
{
	size_t room = sizeof(head) + sizeof(tail) + der.len * 2 + 8, len;
	uint8_t *text = kf_arena_take(a->env->arena, room);

	if (!text) {
		a->status = KF_NO_MEMORY;
		return kf_view(NULL, 0);
	}
	len = sizeof(head) - 1;
	memcpy(text, head, len);
	len += encode(text + len, der);
	memcpy(text + len, tail, sizeof(tail) - 1);
	return kf_view(text, len + sizeof(tail) - 1);
}
