/* Digests as digits that people read to each other: digits are the same in all
 * languages, and none sounds like a letter.
 */
#include "bundle.h"

#include <stdio.h>
#include <string.h>

enum { GROUPS = 8, GROUP = 100000 };

/* divide divides a number in place, and returns the rest. */
static unsigned divide(uint8_t *number, size_t len, unsigned by)
{
	unsigned rest = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned long value = (unsigned long)rest << 8 | number[i];

		number[i] = (uint8_t)(value / by);
		rest = (unsigned)(value % by);
	}
	return rest;
}

void kf_digits(char out[KF_DIGITS_LEN], const struct kf_digest *digest)
{
	uint8_t number[sizeof(digest->bytes)];
	char group[8];

	memcpy(number, digest->bytes, sizeof(number));
	for (size_t i = GROUPS; i-- > 0;) {
		snprintf(group, sizeof(group), "%05u",
			 divide(number, digest->len, GROUP));
		memcpy(out + 6 * i, group, 5);
		out[6 * i + 5] = i + 1 == GROUPS ? '\0' : ' ';
	}
}
