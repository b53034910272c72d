/* The clock, and times as people write them.
 */
#include <keyfit/host.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t kf_now_s(void)
{
	return (int64_t)time(NULL);
}

/* read_seconds reads "@" and a number. */
static bool read_seconds(int64_t *out, const char *text)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

bool kf_time_read(int64_t *out, const char *text)
{
	static const char *const forms[] = { "%Y-%m-%d",
					     "%Y-%m-%dT%H:%M:%SZ" };

	if (text[0] == '@')
		return read_seconds(out, text + 1);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { 0 }, same;
		const char *end = strptime(text, forms[i], &tm);
		int day = tm.tm_mday;
		time_t seconds;

		if (!end || *end)
			continue;
		/* timegm would turn the 30th of February into March. */
		seconds = timegm(&tm);
		*out = (int64_t)seconds;
		return gmtime_r(&seconds, &same) && same.tm_mday == day;
	}
	return false;
}

void kf_time_write(char out[24], int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&time, &tm) || tm.tm_year > 9999 - 1900 ||
	    strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(out, "out of range");
}
