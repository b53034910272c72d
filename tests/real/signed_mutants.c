/* Changes bytes that a signature covers, and asks keyfit about each file: none
 * may be accepted. Prints how many were refused, accepted, left open and
 * faults, and the numbers of those that were accepted.
 *
 * Usage: signed-mutants RULES IMAGE RANGES FIRST NUMBER
 *	[trust NAME=FILE | set NAME=VALUE]...
 * RANGES is a file of lines: where covered bytes begin, and how many they are.
 */
#include "many.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 16, RANGES_MAX = 256, CHANGES_MAX = 3 };

struct range {
	unsigned long at, len;
};

struct covered {
	struct range range[RANGES_MAX];
	size_t num;
	unsigned long len;
};

/* next is splitmix64: the same changes for the same number. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static bool read_ranges(struct covered *out, const char *path, size_t size)
{
	FILE *file = fopen(path, "r");
	struct range r;

	if (!file)
		return false;
	while (out->num < RANGES_MAX &&
	       fscanf(file, "%lu %lu", &r.at, &r.len) == 2 && r.len &&
	       r.len <= size && r.at <= size - r.len) {
		out->range[out->num++] = r;
		out->len += r.len;
	}
	if (!feof(file))
		out->num = 0;
	fclose(file);
	return out->num;
}

/* place picks a covered byte. */
static size_t place(const struct covered *c, uint64_t *state)
{
	unsigned long n = next(state) % c->len;
	size_t i = 0;

	while (n >= c->range[i].len)
		n -= c->range[i++].len;
	return c->range[i].at + n;
}

/* word writes a number over a word that lies in one range as a whole. */
static void word(uint8_t *file, const struct covered *c, uint64_t *state)
{
	static const uint32_t some[] = { 0, 1, 2, 3, 4, 9, 0x7fffffff,
					 0xffffffff, 0xfffffff4 };
	const struct range *r = &c->range[next(state) % c->num];
	uint32_t value = some[next(state) % (sizeof(some) / sizeof(some[0]))];
	size_t at;

	if (r->len < 4)
		return;
	at = r->at + next(state) % (r->len / 4) * 4;
	for (size_t i = 0; i < 4; i++)
		file[at + i] = (uint8_t)(value >> (24 - 8 * i));
}

static void change(uint8_t *file, const struct covered *c, uint64_t *state)
{
	size_t a = place(c, state), b = place(c, state);
	uint8_t byte = file[a];

	switch (next(state) % 5) {
	case 0:
		file[a] ^= (uint8_t)(1u << next(state) % 8);
		return;
	case 1:
		file[a] = (uint8_t)next(state);
		return;
	case 2:
		file[a] = file[b];
		file[b] = byte;
		return;
	case 3:
		file[a] = (uint8_t)"abz-/@,019"[next(state) % 10];
		return;
	default:
		word(file, c, state);
	}
}

int main(int argc, char **argv)
{
	static uint8_t image[FILE_MAX], mutant[FILE_MAX];
	static struct covered covered;
	static struct many many;
	unsigned long counts[4] = { 0 };
	uint64_t first, num;
	size_t len;

	if (argc < 6)
		return 2;
	len = many_slurp(image, sizeof(image), argv[2]);
	if (!len || !read_ranges(&covered, argv[3], len))
		return 4;
	many_open(&many, argv[1], argc - 6, argv + 6);
	if (many_judge(&many, kf_view(image, len)) != '1')
		return 4;	/* the image itself has to start */
	first = strtoull(argv[4], NULL, 10);
	num = strtoull(argv[5], NULL, 10);
	for (uint64_t i = first; i < first + num; i++) {
		uint64_t state = i;
		char answer;

		memcpy(mutant, image, len);
		do
			for (uint64_t n = 1 + next(&state) % CHANGES_MAX; n;
			     n--)
				change(mutant, &covered, &state);
		while (memcmp(mutant, image, len) == 0);
		answer = many_judge(&many, kf_view(mutant, len));
		counts[strcspn("01?!", (char[]){ answer, 0 })]++;
		if (answer == '1')
			printf("accepted %llu\n", (unsigned long long)i);
	}
	printf("refused %lu accepted %lu open %lu faults %lu\n", counts[0],
	       counts[1], counts[2], counts[3]);
	many_close(&many);
	return 0;
}
