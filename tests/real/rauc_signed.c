/* Changes bytes of a bundle that its signature covers, many times over, and
 * asks keyfit about each: none may be accepted.
 *
 * Usage: rauc-signed BUNDLE REGIONS PROFILE FIRST NUMBER
 *	[trust NAME=FILE | set NAME=VALUE]...
 * REGIONS are "AT+LENGTH,AT+LENGTH". Prints how many were refused, accepted,
 * open and not worked out; then, of those that were not refused, the number of
 * each. The bundle as it is has to be accepted.
 */
#include "many.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUNDLE_MAX = 1 << 18, REGIONS_MAX = 16, SHOWN_MAX = 20 };

struct region {
	size_t at, len;
};

struct changing {
	uint8_t good[BUNDLE_MAX], bytes[BUNDLE_MAX];
	size_t len;
	struct region region[REGIONS_MAX];
	size_t num_regions, covered;
	uint64_t state;
};

/* pick is below `most`, the same in each run. Source: Sebastiano Vigna,
 * splitmix64. */
static size_t pick(struct changing *c, size_t most)
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (size_t)((z ^ (z >> 31)) % most);
}

static void read_regions(struct changing *c, const char *text)
{
	while (*text) {
		struct region *r = &c->region[c->num_regions];
		char *end;

		if (c->num_regions++ == REGIONS_MAX)
			exit(2);
		r->at = strtoul(text, &end, 10);
		r->len = *end == '+' ? strtoul(end + 1, &end, 10) : 0;
		if (r->len == 0 || r->at + r->len > c->len)
			exit(2);
		c->covered += r->len;
		text = *end == ',' ? end + 1 : end;
	}
}

/* somewhere is a place in one of the regions: half of the time each of them is
 * as likely as the others, so that small ones have their share too. `left` says
 * how far it is to its end. */
static size_t somewhere(struct changing *c, size_t *left)
{
	const struct region *r = &c->region[pick(c, c->num_regions)];
	size_t at = pick(c, c->covered);

	if (pick(c, 2))
		for (r = c->region; at >= r->len; r++)
			at -= r->len;
	at = pick(c, r->len);
	*left = r->len - at;
	return r->at + at;
}

/* change alters a few bytes; what is covered stays where it is. */
static void change(struct changing *c)
{
	size_t left, from_left, at = somewhere(c, &left);
	size_t from = somewhere(c, &from_left);
	size_t len = 1 + pick(c, 64);

	if (len > left)
		len = left;
	switch (pick(c, 6)) {
	case 0:
		c->bytes[at] ^= (uint8_t)(1 + pick(c, 255));
		break;
	case 1:
		memset(c->bytes + at, (int)pick(c, 256), len);
		break;
	case 2:
		for (size_t i = 0; i < len; i++)
			c->bytes[at + i] = (uint8_t)pick(c, 256);
		break;
	case 3:
		if (len > from_left)
			len = from_left;
		memmove(c->bytes + at, c->good + from, len);
		break;
	case 4:		/* a byte less, and one more behind it */
		memmove(c->bytes + at, c->good + at + 1, left - 1);
		break;
	default:
		c->bytes[at] ^= (uint8_t)(1u << pick(c, 8));
		break;
	}
}

static void make(struct changing *c, uint64_t number)
{
	c->state = number * 0xd1342543de82ef95u + 1;
	memcpy(c->bytes, c->good, c->len);
	do
		change(c);
	while (memcmp(c->bytes, c->good, c->len) == 0);
}

int main(int argc, char **argv)
{
	static struct changing c;
	static struct many many;
	static uint64_t seen[256];
	uint64_t first, num;

	if (argc < 6)
		return 2;
	c.len = many_slurp(c.good, BUNDLE_MAX, argv[1]);
	read_regions(&c, argv[2]);
	first = strtoull(argv[4], NULL, 10);
	num = strtoull(argv[5], NULL, 10);
	many_open(&many, argv[3], argc - 6, argv + 6);
	if (many_judge(&many, kf_view(c.good, c.len)) != '1') {
		fprintf(stderr, "the bundle is not accepted as it is\n");
		return 1;
	}
	for (uint64_t i = 0; i < num; i++) {
		char said;

		make(&c, first + i);
		said = many_judge(&many, kf_view(c.bytes, c.len));
		if (said != '0' && seen['1'] + seen['?'] + seen['!'] <
				   SHOWN_MAX)
			fprintf(stderr, "%llu: %c\n",
				(unsigned long long)(first + i), said);
		seen[(uint8_t)said]++;
	}
	printf("%llu %llu %llu %llu\n", (unsigned long long)seen['0'],
	       (unsigned long long)seen['1'], (unsigned long long)seen['?'],
	       (unsigned long long)seen['!']);
	many_close(&many);
	return 0;
}
