/* Bytes as base64, in JSON.
 *
 * Source: RFC 4648, 4.
 */
#include "base64.h"

#include "core/base64.h"

#include <string.h>

void kf_base64_write(struct kf_json *json, const char *name,
		     struct kf_bytes bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	struct kf_output text = { 0 };

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t group = (uint32_t)bytes.data[i] << 16;
		char four[4];

		if (left > 1)
			group |= (uint32_t)bytes.data[i + 1] << 8;
		if (left > 2)
			group |= bytes.data[i + 2];
		for (size_t k = 0; k < 4; k++)
			four[k] = k > left ? '='
				: digits[group >> (18 - 6 * k) & 63];
		kf_output_add(&text, four, 4);
	}
	kf_json_foreign(json, name, kf_view(text.data, text.len));
	json->out->failed = json->out->failed || text.failed;
	kf_output_close(&text);
}

bool kf_base64_read(struct kf_bytes *out, uint8_t *room, const char *text)
{
	size_t len = strlen(text), pad = 0, at = 0;

	if (len % 4 != 0)
		return false;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len; i += 4) {
		uint32_t group = 0;

		for (size_t k = 0; k < 4; k++) {
			unsigned value = kf_base64_digit(
				(uint8_t)text[i + k]);

			if (value == 64 && i + k < len - pad)
				return false;
			group = group << 6 | (value & 63);
		}
		for (int shift = 16; shift >= 0; shift -= 8)
			room[at++] = (uint8_t)(group >> shift);
	}
	*out = kf_view(room, at - pad);
	return true;
}
