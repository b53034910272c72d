/* Numbers and times out of texts.
 */
#include "setting.h"

/* digit is a digit's value; -1: it is none. */
static int digit(char c, unsigned base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (base == 16 && c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (base == 16 && c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool kf_setting_number(uint32_t *out, const char *text)
{
	unsigned base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X')
			? 16 : 10;
	uint64_t value = 0;

	if (base == 16)
		text += 2;
	if (!*text)
		return false;
	for (; *text; text++) {
		int d = digit(*text, base);

		if (d < 0)
			return false;
		value = value * base + (unsigned)d;
		if (value > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)value;
	return true;
}

/* field reads `len` digits and steps over them. */
static bool field(unsigned *out, const char **text, int len)
{
	*out = 0;
	for (int i = 0; i < len; i++) {
		int d = digit((*text)[i], 10);

		if (d < 0)
			return false;
		*out = *out * 10 + (unsigned)d;
	}
	*text += len;
	return true;
}

bool kf_setting_moment(struct kf_moment *out, const char *text)
{
	static const struct { char before; int len; } forms[] = {
		{ 0, 4 }, { '-', 2 }, { '-', 2 }, { 'T', 2 }, { ':', 2 },
		{ ':', 2 },
	};
	unsigned part[6] = { 0 };
	int i = 0;

	for (; i < 6 && (i != 3 || *text); i++) {
		if (forms[i].before && *text++ != forms[i].before)
			return false;
		if (!field(&part[i], &text, forms[i].len))
			return false;
	}
	if (i == 6 && *text++ != 'Z')
		return false;
	if (*text)
		return false;
	out->year = (uint16_t)part[0];
	out->month = (uint8_t)part[1];
	out->day = (uint8_t)part[2];
	out->hour = (uint8_t)part[3];
	out->minute = (uint8_t)part[4];
	out->second = (uint8_t)part[5];
	return true;
}

int kf_moment_compare(const struct kf_moment *a, const struct kf_moment *b)
{
	const int diffs[] = {
		a->year - b->year, a->month - b->month, a->day - b->day,
		a->hour - b->hour, a->minute - b->minute,
		a->second - b->second,
	};

	for (size_t i = 0; i < sizeof(diffs) / sizeof(diffs[0]); i++)
		if (diffs[i])
			return diffs[i];
	return 0;
}
