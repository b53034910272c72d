/* The clock, and times as people write them.
 *
 * Reckoned here, without timegm and gmtime: these count leap seconds where TZ
 * names such a zone (TZ=right/UTC), and a verdict must not move by 27 s.
 */
#include <keyfit/host.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

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

/* A day of the Gregorian calendar; month and day count from 1. */
struct date {
	int year, month, day;
};

/* days_before counts the days from 1970-01-01. The year begins in March here,
 * so that the day that some years have is the last one. */
static int64_t days_before(struct date date)
{
	static const int to_1970 = 719468;	/* from 0000-03-01 */
	int64_t year = date.year - (date.month <= 2);
	int64_t month = (date.month + 9) % 12;
	int64_t century = year / 100 - (year % 100 < 0);

	return year * 365 + (year - (year < 0) * 3) / 4 - century +
	       (century - (century < 0) * 3) / 4 +
	       (month * 153 + 2) / 5 + date.day - 1 - to_1970;
}

/* date_of is the other way: the year is guessed, and mended. */
static struct date date_of(int64_t days)
{
	struct date date = { (int)(1970 + days / 366), 1, 1 };

	if (days < 0)
		date.year = (int)(1969 + days / 365);
	while (days_before((struct date){ date.year + 1, 1, 1 }) <= days)
		date.year++;
	while (date.month < 12 && days_before((struct date){
	       date.year, date.month + 1, 1 }) <= days)
		date.month++;
	date.day = (int)(days - days_before(date)) + 1;
	return date;
}

bool kf_time_read(int64_t *out, const char *text)
{
	static const char *const forms[] = { "%Y-%m-%d",
					     "%Y-%m-%dT%H:%M:%SZ" };

	if (text[0] == '@')
		return read_seconds(out, text + 1);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);
		struct date date = { tm.tm_year + 1900, tm.tm_mon + 1,
				     tm.tm_mday };
		struct date same;

		if (!end || *end || tm.tm_sec > 59)
			continue;
		*out = days_before(date) * DAY_S + tm.tm_hour * HOUR_S +
		       tm.tm_min * MINUTE_S + tm.tm_sec;
		/* The 30th of February is none. */
		same = date_of(days_before(date));
		return same.day == date.day;
	}
	return false;
}

void kf_time_write(char out[24], int64_t seconds)
{
	int64_t days = seconds / DAY_S - (seconds % DAY_S < 0);
	int rest = (int)(seconds - days * DAY_S);
	struct date date;

	if (days < days_before((struct date){ 0, 1, 1 }) ||
	    days >= days_before((struct date){ 10000, 1, 1 })) {
		strcpy(out, "out of range");
		return;
	}
	date = date_of(days);
	snprintf(out, 24, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		 (unsigned)date.year % 10000, (unsigned)date.month % 100,
		 (unsigned)date.day % 100, (unsigned)rest / HOUR_S % 100,
		 (unsigned)rest / MINUTE_S % 60, (unsigned)rest % 60);
}
