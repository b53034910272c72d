/* Reading Intel HEX.
 */
#include "ihex.h"

#include <string.h>

enum { HEAD = 4, SUM = 1, LINE_MAX = HEAD + 255 + SUM };

/* digit is the value of a hex digit; 16: it is none. */
static unsigned digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10u : 16;
}

/* take_line reads the bytes of the line at `*at`, and steps behind them.
 * Returns how much data it has; SIZE_MAX: it is no line of data. */
static size_t take_line(uint8_t line[LINE_MAX], struct kf_bytes in, size_t *at)
{
	size_t n = 0;
	uint8_t sum = 0;

	for (*at += in.data[*at] == ':'; in.len - *at > 1; *at += 2) {
		unsigned high = digit(in.data[*at]);
		unsigned low = digit(in.data[*at + 1]);

		if (high > 15 || low > 15 || n == LINE_MAX)
			break;
		line[n] = (uint8_t)(high << 4 | low);
		sum = (uint8_t)(sum + line[n++]);
	}
	return n >= HEAD + SUM && line[0] == n - HEAD - SUM && sum == 0 &&
	       line[3] == 0 ? line[0] : SIZE_MAX;
}

bool kf_ihex_likely(struct kf_bytes file)
{
	uint8_t line[LINE_MAX] = { 0 };
	size_t at = 0;

	if (!file.len || file.data[0] != ':')
		return false;
	/* A first line may be a place as well. */
	return take_line(line, file, &at) != SIZE_MAX ||
	       (line[3] >= 2 && line[3] <= 5 && line[0] <= 4 && at > 9);
}

enum kf_status kf_ihex_data(struct kf_bytes *out, struct kf_bytes file,
			    struct kf_arena *arena)
{
	uint8_t *data = kf_arena_take(arena, file.len / 2 + 1);
	uint8_t line[LINE_MAX];
	size_t len = 0, at = 0;

	if (!data)
		return KF_NO_MEMORY;
	while (at < file.len) {
		size_t n = take_line(line, file, &at);

		if (n != SIZE_MAX) {
			memcpy(data + len, line + HEAD, n);
			len += n;
		}
		while (at < file.len && file.data[at] != ':')
			at++;
	}
	*out = kf_view(data, len);
	return KF_OK;
}
