/* Makes mutants of the generated cases: each is a case's image, changed in
 * one or two places, and told as a recipe of pieces, so that a guest builds it
 * from the image that it already holds.
 *
 *   mutate CASES-FOLDER SEED COUNT
 *
 * reads CASES-FOLDER/cases and prints a script of the same kind. Mutations
 * aim where verifiers decide: the certificate table, DER inside it, header
 * fields, and what is not covered by any signature.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX = 512, CASES_MAX = 4000, EDITS_MAX = 4, PIECES_MAX = 64,
       ELEMENTS_MAX = 4000, ENTRIES_MAX = 64 };

struct file {
	char name[LINE_MAX];
	uint8_t *data;
	size_t len;
};

struct origin {
	char store[LINE_MAX];
	char image[LINE_MAX];
};

/* A mutant is the image with ranges replaced, in ascending order. */
struct edit {
	size_t at, len;
	uint8_t with[64];
	size_t with_len;
	size_t copy_at, copy_len;	/* instead of `with`: a slice */
};

struct mutant {
	struct edit edit[EDITS_MAX];
	size_t num;
};

struct place {
	size_t at, len;
};

static struct origin origins[CASES_MAX];
static size_t num_origins;
static uint64_t state;

static uint64_t next(void)
{
	/* xorshift64*; Source: Marsaglia 2003, Vigna 2016. */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

static size_t below(size_t n)
{
	return n ? (size_t)(next() >> 11) % n : 0;
}

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "mutate: out of memory\n");
		exit(1);
	}
	return p;
}

static uint32_t get32(const struct file *f, size_t at)
{
	if (at + 4 > f->len)
		return 0;
	return f->data[at] | (uint32_t)f->data[at + 1] << 8 |
	       (uint32_t)f->data[at + 2] << 16 |
	       (uint32_t)f->data[at + 3] << 24;
}

static void load(struct file *f, const char *folder, const char *name)
{
	char path[2 * LINE_MAX];
	FILE *in;
	long len;

	if (strcmp(f->name, name) == 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(f->name, sizeof(f->name), "%s", name);
	in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END) || (len = ftell(in)) < 0) {
		fprintf(stderr, "mutate: %s: cannot be read\n", path);
		exit(1);
	}
	rewind(in);
	free(f->data);
	f->data = need(malloc((size_t)len + 1));
	f->len = fread(f->data, 1, (size_t)len, in);
	fclose(in);
}

/* replace adds an edit; edits that would overlap another are dropped. */
static struct edit *replace(struct mutant *m, size_t at, size_t len)
{
	static struct edit dropped;
	struct edit *e;
	size_t i = m->num;

	if (m->num == EDITS_MAX)
		return &dropped;
	for (size_t j = 0; j < m->num; j++)
		if (at < m->edit[j].at + m->edit[j].len &&
		    m->edit[j].at < at + len)
			return &dropped;
	for (; i > 0 && m->edit[i - 1].at > at; i--)
		m->edit[i] = m->edit[i - 1];
	m->num++;
	e = &m->edit[i];
	memset(e, 0, sizeof(*e));
	e->at = at;
	e->len = len;
	return e;
}

static void set_bytes(struct mutant *m, size_t at, const uint8_t *b,
		      size_t len)
{
	struct edit *e = replace(m, at, len);

	memcpy(e->with, b, len);
	e->with_len = len;
}

static void set32(struct mutant *m, size_t at, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
			 (uint8_t)(v >> 24) };

	set_bytes(m, at, b, 4);
}

/* where the table is; len 0: none. */
static struct place table_of(const struct file *f, size_t *field_at)
{
	size_t pe = f->len > 64 && f->data[0] == 'M' ? get32(f, 60) : 0;
	bool wide = pe + 26 < f->len && f->data[pe + 25] == 2;
	struct place t;

	*field_at = pe + 24 + (wide ? 112 : 96) + 32;
	t.at = get32(f, *field_at);
	t.len = get32(f, *field_at + 4);
	if (t.at > f->len || t.len > f->len - t.at)
		t.len = 0;
	return t;
}

static size_t entries_of(const struct file *f, struct place t,
			 struct place *out)
{
	size_t num = 0, at = t.at;

	while (num < ENTRIES_MAX && at + 8 <= t.at + t.len) {
		size_t len = get32(f, at);

		if (len < 8 || len > t.at + t.len - at)
			break;
		out[num].at = at;
		out[num++].len = (len + 7) / 8 * 8;
		at += (len + 7) / 8 * 8;
	}
	return num;
}

/* elements lists the DER elements in a range, outer ones first. */
static size_t elements(const struct file *f, size_t at, size_t len,
		       struct place *out)
{
	size_t num = 0, i = at, end = at + len;

	while (i + 2 <= end && num < ELEMENTS_MAX) {
		uint8_t tag = f->data[i], first = f->data[i + 1];
		size_t head = 2, n = first;

		if (first == 0x81 && i + 3 <= end) {
			head = 3;
			n = f->data[i + 2];
		} else if (first == 0x82 && i + 4 <= end) {
			head = 4;
			n = (size_t)f->data[i + 2] << 8 | f->data[i + 3];
		}
		if (first > 0x82 || n > end - i - head) {
			i++;
			continue;
		}
		out[num].at = i;
		out[num++].len = head + n;
		/* Go inside what is constructed, over what is not. */
		i += tag & 0x20 ? head : head + n;
	}
	return num;
}

/* byte_of keeps a place inside the file. */
static size_t byte_of(const struct file *f, size_t at)
{
	return at < f->len ? at : f->len - 1;
}

static uint8_t odd_byte(void)
{
	static const uint8_t odd[] = { 0, 1, 2, 3, 4, 5, 6, 0x0c, 0x13, 0x17,
				       0x18, 0x20, 0x30, 0x31, 0x7f, 0x80,
				       0x81, 0x82, 0x83, 0x84, 0xa0, 0xa1,
				       0xff };

	return below(3) ? odd[below(sizeof(odd))] : (uint8_t)next();
}

static void flip_bit(struct mutant *m, const struct file *f, size_t at)
{
	uint8_t b = (uint8_t)(f->data[byte_of(f, at)] ^ 1u << below(8));

	set_bytes(m, byte_of(f, at), &b, 1);
}

static void change_byte(struct mutant *m, const struct file *f, size_t at)
{
	uint8_t b = odd_byte();

	set_bytes(m, byte_of(f, at), &b, 1);
}

/* in_der changes one element: tag, length, first or last byte, or all. */
static void in_der(struct mutant *m, const struct file *f, struct place e)
{
	static struct place el[ELEMENTS_MAX];
	size_t len = e.len < f->len - e.at ? e.len : f->len - e.at;
	size_t num = len > 8 ? elements(f, e.at + 8, len - 8, el) : 0;
	struct place p;
	struct edit *x;

	if (num == 0)
		return;
	p = el[below(num)];
	switch (below(9)) {
	case 0:
		change_byte(m, f, p.at);
		break;
	case 1:
		change_byte(m, f, p.at + 1);
		break;
	case 2:
		flip_bit(m, f, p.at + p.len - 1);
		break;
	case 3:
		flip_bit(m, f, p.at + (p.len > 2 ? 2 : 0));
		break;
	case 4:
		flip_bit(m, f, p.at + below(p.len));
		break;
	case 5:		/* another element's bytes in its place */
		x = replace(m, p.at, p.len);
		p = el[below(num)];
		x->copy_at = p.at;
		x->copy_len = p.len;
		break;
	case 6:		/* of the same size, so that the rest still parses */
		for (int i = 0; i < 50; i++) {
			struct place q = el[below(num)];

			if (q.len != p.len || q.at == p.at)
				continue;
			x = replace(m, p.at, p.len);
			x->copy_at = q.at;
			x->copy_len = q.len;
			break;
		}
		break;
	case 7:
		change_byte(m, f, p.at + below(p.len));
		break;
	default:
		if (p.len > 2)
			change_byte(m, f, p.at + p.len - 1);
	}
}

/* in_entry changes a WIN_CERTIFICATE's header. */
static void in_entry(struct mutant *m, const struct file *f, struct place e)
{
	static const uint32_t deltas[] = { 1, 2, 4, 7, 8, 9, 16 };
	uint32_t len = get32(f, e.at), d = deltas[below(7)];

	switch (below(6)) {
	case 0:
		set32(m, e.at, len + d);
		break;
	case 1:
		set32(m, e.at, len - d);
		break;
	case 2:
		set32(m, e.at, (uint32_t)next() >> below(32));
		break;
	case 3:		/* wRevision: nobody looks */
		change_byte(m, f, e.at + 4 + below(2));
		break;
	case 4:
		change_byte(m, f, e.at + 6 + below(2));
		break;
	default:
		if (e.len > len)	/* padding */
			change_byte(m, f, e.at + len + below(e.len - len));
		else
			change_byte(m, f, e.at + 4);
	}
}

/* reorder puts the entries of a table into another order, doubles or drops
 * one of them; the directory's size follows. */
static void reorder(struct mutant *m, struct place t, size_t size_at,
		    const struct place *e, size_t num)
{
	size_t a = below(num), b = below(num);
	struct edit *x;

	if (num == 0)
		return;
	switch (below(4)) {
	case 0:		/* swap */
		if (a == b)
			break;
		x = replace(m, e[a].at, e[a].len);
		x->copy_at = e[b].at;
		x->copy_len = e[b].len;
		x = replace(m, e[b].at, e[b].len);
		x->copy_at = e[a].at;
		x->copy_len = e[a].len;
		break;
	case 1:		/* double */
		x = replace(m, e[a].at, 0);
		x->copy_at = e[b].at;
		x->copy_len = e[b].len;
		if (below(8))
			set32(m, size_at, (uint32_t)(t.len + e[b].len));
		break;
	case 2:		/* drop */
		(void)replace(m, e[a].at, e[a].len);
		if (below(8))
			set32(m, size_at, (uint32_t)(t.len - e[a].len));
		break;
	default:	/* one over the other */
		x = replace(m, e[a].at, e[a].len);
		x->copy_at = e[b].at;
		x->copy_len = e[b].len;
		if (below(8))
			set32(m, size_at, (uint32_t)(t.len - e[a].len +
						     e[b].len));
	}
}

/* in_header changes a field of the headers. */
static void in_header(struct mutant *m, const struct file *f)
{
	static const uint32_t values[] = { 0, 1, 4, 5, 8, 16, 17, 0x200,
					   0x400, 0x1000, 0x7fffffff,
					   0x80000000, 0xfffffff8,
					   0xffffffff };
	size_t pe = f->data[0] == 'M' ? get32(f, 60) : 0;
	size_t at = pe + 4 * below(100);

	if (f->len < 64 || at + 4 > f->len)
		return;
	if (below(4) == 0)
		set32(m, pe + 88, (uint32_t)next());	/* CheckSum */
	else if (below(3))
		flip_bit(m, f, at + below(4));
	else
		set32(m, at, below(2) ? values[below(14)]
				      : get32(f, at) + (uint32_t)below(17) -
				      8);
}

/* cut_or_grow takes bytes away or adds some. */
static void cut_or_grow(struct mutant *m, const struct file *f,
			struct place t)
{
	size_t at = below(2) && t.len ? t.at + below(t.len) : below(f->len);
	struct edit *x;

	switch (below(4)) {
	case 0:
		(void)replace(m, at, f->len - at);
		break;
	case 1:
		(void)replace(m, at, 1 + below(f->len - at < 16 ? f->len - at
								: 16));
		break;
	case 2:
		x = replace(m, at, 0);
		x->with_len = 1 + below(16);
		break;
	default:
		x = replace(m, f->len, 0);
		x->with_len = 1 + below(16);
	}
}

/* loose changes what no signature of the textbook covers: the tail of the
 * last entry, where certificates of the bag and time stamps are. */
static void loose(struct mutant *m, const struct file *f, struct place e)
{
	size_t part = e.len / 3;

	flip_bit(m, f, e.at + e.len - 1 - below(part ? part : 1));
}

/* quiet changes what no verifier weighs, or puts back what was there: a
 * mutant that must still be accepted shows that a refusal is not a habit. */
static void quiet(struct mutant *m, const struct file *f, struct place e,
		  struct place t, size_t size_at)
{
	size_t pe = f->data[0] == 'M' ? get32(f, 60) : 0;
	uint32_t len = get32(f, e.at);
	struct edit *x;

	switch (below(5)) {
	case 0:
		set32(m, pe + 88, (uint32_t)next());	/* CheckSum */
		break;
	case 1:
		change_byte(m, f, e.at + 4 + below(2));	/* wRevision */
		break;
	case 2:
		if (e.len > len)
			change_byte(m, f, e.at + len + below(e.len - len));
		else
			change_byte(m, f, e.at + 5);
		break;
	case 3:		/* the same entry twice */
		x = replace(m, t.at, 0);
		x->copy_at = e.at;
		x->copy_len = e.len;
		set32(m, size_at, (uint32_t)(t.len + e.len));
		break;
	default:	/* an entry of a type that is skipped */
		x = replace(m, t.at + t.len, 0);
		x->with_len = 16;
		x->with[0] = 16;
		x->with[6] = (uint8_t)(3 + below(6));
		for (int i = 8; i < 16; i++)
			x->with[i] = (uint8_t)next();
		set32(m, size_at, (uint32_t)(t.len + 16));
	}
}

static void mutate(struct mutant *m, const struct file *f)
{
	static struct place e[ENTRIES_MAX];
	size_t field_at, num;
	struct place t = table_of(f, &field_at);

	num = t.len ? entries_of(f, t, e) : 0;
	if (f->len == 0)
		return;
	if (num == 0) {
		if (below(2))
			in_header(m, f);
		else
			flip_bit(m, f, below(f->len));
		return;
	}
	if (below(2)) {
		quiet(m, f, e[below(num)], t, field_at + 4);
		return;
	}
	switch (below(20)) {
	case 0: case 1: case 2: case 3: case 4: case 5:
		in_der(m, f, e[below(num)]);
		break;
	case 6: case 7: case 8:
		in_entry(m, f, e[below(num)]);
		break;
	case 9: case 10: case 11:
		reorder(m, t, field_at + 4, e, num);
		break;
	case 12: case 13:
		in_header(m, f);
		break;
	case 14:
		cut_or_grow(m, f, t);
		break;
	case 15:
		flip_bit(m, f, below(f->len));
		break;
	case 16:
		set32(m, field_at + 4 * below(2), below(2)
		      ? get32(f, field_at) + (uint32_t)(8 * below(5)) - 16
		      : (uint32_t)(t.len + 8 * below(5) - 16));
		break;
	case 17:
		flip_bit(m, f, t.at + below(t.len));
		break;
	default:
		loose(m, f, e[below(num)]);
	}
}

static void print(const struct mutant *m, const struct file *f, size_t id)
{
	size_t at = 0;

	printf("case m%zu", id);
	for (size_t i = 0; i < m->num; i++) {
		const struct edit *e = &m->edit[i];

		if (e->at > at)
			printf(" %zu+%zu", at, e->at - at);
		if (e->copy_len)
			printf(" %zu+%zu", e->copy_at, e->copy_len);
		if (e->with_len)
			printf(" =");
		for (size_t j = 0; j < e->with_len; j++)
			printf("%02x", e->with[j]);
		at = e->at + e->len;
	}
	if (at < f->len)
		printf(" %zu+%zu", at, f->len - at);
	printf("\n");
}

static void read_cases(const char *folder)
{
	char path[LINE_MAX], line[LINE_MAX], store[LINE_MAX] = "";
	FILE *in;

	snprintf(path, sizeof(path), "%s/cases", folder);
	in = fopen(path, "r");
	if (!in) {
		fprintf(stderr, "mutate: %s: cannot be read\n", path);
		exit(1);
	}
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "raw-store ", 10) == 0)
			break;
		if (strncmp(line, "store ", 6) == 0)
			strcpy(store, line);
		if (strncmp(line, "base ", 5) || !strstr(store, "mode=user") ||
		    num_origins == CASES_MAX)
			continue;
		strcpy(origins[num_origins].store, store);
		strcpy(origins[num_origins++].image, line + 5);
	}
	fclose(in);
}

int main(int argc, char **argv)
{
	static struct file f;
	const char *store = "";
	size_t count, id = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: mutate CASES-FOLDER SEED COUNT\n");
		return 2;
	}
	read_cases(argv[1]);
	state = strtoull(argv[2], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15) + 1;
	count = strtoull(argv[3], NULL, 10);
	/* Stores change seldom: each origin takes its share in one go. */
	for (size_t i = 0; i < num_origins; i++) {
		size_t share = count * (i + 1) / num_origins - id;

		if (share == 0)
			continue;
		if (strcmp(origins[i].store, store) != 0)
			printf("%s\n", origins[i].store);
		store = origins[i].store;
		printf("base %s\n", origins[i].image);
		load(&f, argv[1], origins[i].image);
		for (size_t j = 0; j < share; j++, id++) {
			struct mutant m = { .num = 0 };

			mutate(&m, &f);
			if (below(4) == 0)
				mutate(&m, &f);
			print(&m, &f, id);
		}
	}
	free(f.data);
	return 0;
}
