/* Makes mutants of the generated stores: db or dbx of a case, changed in one
 * or two places, each with the case's own image.
 *
 *   mutate-lists CASES-FOLDER SEED COUNT
 *
 * writes the lists into CASES-FOLDER as mSEED-N.esl and prints a script. The
 * firmware's SetVariable refuses most of them, so each has to be written into
 * a store file and needs a start of its own.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX = 512, CASES_MAX = 4000, LISTS_MAX = 512 };

struct origin {
	char db[LINE_MAX], dbx[LINE_MAX], dbt[LINE_MAX], image[LINE_MAX];
};

static struct origin origins[CASES_MAX];
static size_t num_origins;
static uint64_t state;
static const char *folder;

static size_t below(size_t n)
{
	/* xorshift64*; Source: Marsaglia 2003, Vigna 2016. */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return n ? (size_t)((state * UINT64_C(2685821657736338717)) >> 11) % n
		 : 0;
}

static void stop(const char *what)
{
	fprintf(stderr, "mutate-lists: %s\n", what);
	exit(1);
}

static uint8_t *load(const char *name, size_t *len)
{
	char path[2 * LINE_MAX];
	uint8_t *data;
	FILE *in;
	long end;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END) || (end = ftell(in)) < 0)
		stop(path);
	rewind(in);
	data = malloc((size_t)end + 64);
	if (!data)
		stop("out of memory");
	*len = fread(data, 1, (size_t)end, in);
	fclose(in);
	return data;
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* a_list picks one of the lists; its place, or `len` when there is none. */
static size_t a_list(const uint8_t *data, size_t len)
{
	size_t at[LISTS_MAX], num = 0, i = 0;

	while (i + 28 <= len && num < LISTS_MAX) {
		uint32_t n = get32(data + i + 16);

		if (n < 28 || n > len - i)
			break;
		at[num++] = i;
		i += n;
	}
	return num ? at[below(num)] : len;
}

/* in_field changes a size of a list. */
static void in_field(uint8_t *data, size_t len)
{
	static const int32_t steps[] = { 1, -1, 2, 4, -4, 8, -8, 16, -16, 28,
					 -28, 48, -48 };
	size_t at = a_list(data, len), field = 16 + 4 * below(3);
	uint32_t old;

	if (at == len)
		return;
	old = get32(data + at + field);
	if (below(3))
		put32(data + at + field, old + (uint32_t)steps[below(13)]);
	else if (below(3))
		put32(data + at + field, (uint32_t)below(0x200));
	else
		put32(data + at + field, old ^ UINT32_C(1) << below(32));
}

static size_t mutate(uint8_t *data, size_t len)
{
	size_t at = below(len), n;

	switch (below(8)) {
	case 0:
		data[at] ^= (uint8_t)(1u << below(8));
		return len;
	case 1:		/* the type */
		at = a_list(data, len);
		if (at < len)
			data[at + below(16)] ^= (uint8_t)(1u << below(8));
		return len;
	case 2:		/* cut */
		return len - below(len < 64 ? len : 64) - 1;
	case 3:		/* take some bytes out */
		n = 1 + below(len - at < 32 ? len - at : 32);
		if (n > len - at)
			n = len - at;
		memmove(data + at, data + at + n, len - at - n);
		return len - n;
	case 4:		/* put some bytes behind */
		n = 1 + below(32);
		memset(data + len, (int)below(3) - 1, n);
		return len + n;
	default:
		in_field(data, len);
		return len;
	}
}

static void word(char *out, const char *line, const char *name)
{
	const char *at = strstr(line, name);

	out[0] = '\0';
	if (at)
		sscanf(at + strlen(name), "%511s", out);
}

static void read_cases(void)
{
	char path[LINE_MAX], line[LINE_MAX], store[LINE_MAX] = "";
	FILE *in;

	snprintf(path, sizeof(path), "%s/cases", folder);
	in = fopen(path, "r");
	if (!in)
		stop(path);
	while (fgets(line, sizeof(line), in)) {
		struct origin *o = &origins[num_origins];

		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "raw-store ", 10) == 0)
			break;
		if (strncmp(line, "store ", 6) == 0)
			strcpy(store, line);
		if (strncmp(line, "base ", 5) || !strstr(store, "mode=user") ||
		    num_origins == CASES_MAX)
			continue;
		word(o->db, store, " db=");
		word(o->dbx, store, " dbx=");
		word(o->dbt, store, " dbt=");
		strcpy(o->image, line + 5);
		num_origins++;
	}
	fclose(in);
}

int main(int argc, char **argv)
{
	size_t count;

	if (argc != 4) {
		fprintf(stderr, "usage: mutate-lists CASES-FOLDER SEED COUNT\n");
		return 2;
	}
	folder = argv[1];
	read_cases();
	state = strtoull(argv[2], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 1;
	count = strtoull(argv[3], NULL, 10);
	for (size_t i = 0; i < count && num_origins;) {
		struct origin o = origins[below(num_origins)];
		bool in_dbx = strcmp(o.dbx, "none") && below(2);
		char *which = in_dbx ? o.dbx : o.db, path[2 * LINE_MAX];
		uint8_t *data;
		size_t len;
		FILE *out;

		if (strcmp(which, "none") == 0)
			continue;
		data = load(which, &len);
		for (size_t n = 1 + below(2); n && len > 1; n--)
			len = mutate(data, len);
		sprintf(which, "m%s-%zu.esl", argv[2], i);
		snprintf(path, sizeof(path), "%s/%s", folder, which);
		out = fopen(path, "wb");
		if (!out || fwrite(data, 1, len, out) != len || fclose(out))
			stop(path);
		free(data);
		printf("raw-store mode=user db=%s dbx=%s dbt=%s\nbase %s\n"
		       "case l%zu\n", o.db, o.dbx, o.dbt, o.image, i++);
	}
	return 0;
}
