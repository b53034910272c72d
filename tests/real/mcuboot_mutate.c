/* Bits, bytes, fields, cuts, splices, and entries that are moved, doubled,
 * left out or put in. Half of them are such that a bootloader may not notice.
 */
#include "mcuboot_mutate.h"

#include <string.h>

enum { ENTRIES_MAX = 64, HEADER_LEN = 32 };

/* entry is one entry of the plain area: its place, with its own header. */
struct entry {
	size_t at, len;
	unsigned type;
};

struct mutant {
	uint8_t *bytes;
	size_t len;
	uint64_t state;
	size_t plain_at;	/* of the plain area; 0: none */
	struct entry entry[ENTRIES_MAX];
	size_t num;
};

/* Source: Vigna, "SplitMix64", public domain. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t pick(struct mutant *m, size_t num)
{
	return num ? (size_t)(next(&m->state) % num) : 0;
}

static unsigned u16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static void put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

/* find looks for the plain area and its entries. */
static void find(struct mutant *m)
{
	size_t at, end;

	m->plain_at = m->num = 0;
	if (m->len < HEADER_LEN)
		return;
	at = u16(m->bytes + 8) + (size_t)u16(m->bytes + 10) +
	     (u16(m->bytes + 12) | (size_t)u16(m->bytes + 14) << 16);
	if (at >= m->len || m->len - at < 4)
		return;
	m->plain_at = at;
	end = at + u16(m->bytes + at + 2);
	if (end > m->len)
		end = m->len;
	for (at += 4; at + 4 <= end && m->num < ENTRIES_MAX;) {
		struct entry *e = &m->entry[m->num++];

		e->at = at;
		e->type = u16(m->bytes + at);
		e->len = 4 + u16(m->bytes + at + 2);
		at += e->len;
	}
}

/* splice puts `len` bytes in place of `old` ones, and the area's size right. */
static void splice(struct mutant *m, size_t at, size_t old,
		   const uint8_t *from, size_t len)
{
	uint8_t copy[2048];
	size_t total;

	if (at > m->len || old > m->len - at || len > sizeof(copy) ||
	    m->len - old + len > MUTANT_MAX)
		return;
	if (len)
		memcpy(copy, from, len);
	memmove(m->bytes + at + len, m->bytes + at + old, m->len - at - old);
	if (len)
		memcpy(m->bytes + at, copy, len);
	m->len = m->len - old + len;
	if (!m->plain_at || at < m->plain_at + 4)
		return;
	total = u16(m->bytes + m->plain_at + 2) + len - old;
	put16(m->bytes + m->plain_at + 2, (unsigned)total);
}

static void flip(struct mutant *m, size_t at)
{
	if (at < m->len)
		m->bytes[at] ^= (uint8_t)(1u << pick(m, 8));
}

/* field changes a number of 16 bits, or a type, to a likely one. */
static void field(struct mutant *m, size_t at)
{
	static const uint16_t odd[] = {
		0, 1, 2, 3, 4, 8, 0x10, 0x11, 0x12, 0x20, 0x22, 0x23, 0x24,
		0x25, 0x30, 0x40, 0x50, 0xa0, 0xff, 0x6907, 0x6908, 0x7fff,
		0xffff,
	};

	if (at + 2 > m->len)
		return;
	if (pick(m, 2))
		put16(m->bytes + at, odd[pick(m, sizeof(odd) / 2)]);
	else
		put16(m->bytes + at,
		      u16(m->bytes + at) + (unsigned)pick(m, 17) - 8);
}

/* an_entry is one of the plain area; NULL: it has none. */
static const struct entry *an_entry(struct mutant *m)
{
	const struct entry *e = m->num ? &m->entry[pick(m, m->num)] : NULL;

	return e && e->at + e->len <= m->len ? e : NULL;
}

/* insert puts a new entry somewhere between those that are there. */
static void insert(struct mutant *m)
{
	static const uint16_t types[] = { 0xa0, 0xa1, 0x01, 0x02, 0x10, 0x21,
					  0x22, 0x20, 0x23, 0x24, 0x31, 0x40,
					  0x60, 0xb7 };
	const struct entry *e = an_entry(m);
	uint8_t bytes[4 + 80];
	size_t len = pick(m, 80);

	if (!e)
		return;
	put16(bytes, types[pick(m, sizeof(types) / 2)]);
	put16(bytes + 2, (unsigned)len);
	for (size_t i = 0; i < len; i++)
		bytes[4 + i] = (uint8_t)pick(m, 256);
	splice(m, pick(m, 3) ? m->plain_at + 4 : e->at, 0, bytes, 4 + len);
}

static void shuffle(struct mutant *m)
{
	const struct entry *a = an_entry(m), *b = an_entry(m);
	uint8_t copy[1024];
	size_t len;

	if (!a || !b || a->len > sizeof(copy))
		return;
	len = a->len;
	memcpy(copy, m->bytes + a->at, len);
	switch (pick(m, 4)) {
	case 0:		/* double it */
		splice(m, b->at, 0, copy, len);
		break;
	case 1:		/* leave it out */
		splice(m, a->at, len, NULL, 0);
		break;
	case 2:		/* put it in front */
		splice(m, a->at, len, NULL, 0);
		splice(m, m->plain_at + 4, 0, copy, len);
		break;
	default:	/* put it last */
		splice(m, a->at, len, NULL, 0);
		splice(m, m->plain_at + u16(m->bytes + m->plain_at + 2), 0,
		       copy, len);
		break;
	}
}

/* shorten changes how long a value is, with all that follows moved. */
static void shorten(struct mutant *m)
{
	static const uint8_t more[4] = { 0, 0, 0, 0 };
	const struct entry *e = an_entry(m);
	size_t len, at;

	if (!e)
		return;
	len = e->len - 4;
	at = e->at;
	if (pick(m, 3) == 0) {
		splice(m, at + e->len, 0, more, 1);
		put16(m->bytes + at + 2, (unsigned)len + 1);
		return;
	}
	len = pick(m, 2) && len ? len - 1 : pick(m, len + 1);
	splice(m, at + 4 + len, e->len - 4 - len, NULL, 0);
	put16(m->bytes + at + 2, (unsigned)len);
}

/* borrow takes an entry of another image, in front or in place of one. */
static void borrow(struct mutant *m, const uint8_t *other, size_t other_len)
{
	struct mutant o = { .bytes = (uint8_t *)(uintptr_t)other,
			    .len = other_len, .state = m->state };
	const struct entry *from, *to = an_entry(m);

	find(&o);
	from = an_entry(&o);
	m->state = next(&o.state);
	if (!from || !to || from->len > 1024)
		return;
	splice(m, to->at, pick(m, 2) ? to->len : 0, other + from->at,
	       from->len);
}

/* behind changes what stands behind the areas. */
static void behind(struct mutant *m)
{
	size_t more = 1 + pick(m, 64);

	if (m->len + more > MUTANT_MAX)
		return;
	for (size_t i = 0; i < more; i++)
		m->bytes[m->len++] = (uint8_t)pick(m, 256);
}

/* within changes a value of the plain area, its head more often. */
static void within(struct mutant *m)
{
	const struct entry *e = an_entry(m);

	if (!e || e->len == 4)
		return;
	flip(m, e->at + 4 + (pick(m, 2) ? pick(m, e->len - 4 < 8
					       ? e->len - 4 : 8)
			     : pick(m, e->len - 4)));
}

static void one(struct mutant *m, const uint8_t *other, size_t other_len)
{
	const struct entry *e;

	find(m);
	switch (pick(m, 20)) {
	case 0:
		flip(m, pick(m, m->len));
		break;
	case 1:
		if (m->len)
			m->bytes[pick(m, m->len)] = (uint8_t)pick(m, 256);
		break;
	case 2:
		field(m, 2 * pick(m, 16));
		break;
	case 3:
		e = an_entry(m);
		field(m, e ? e->at + 2 * pick(m, 2) : 0);
		break;
	case 4:
		field(m, m->plain_at + 2 * pick(m, 2));
		break;
	case 5:
		m->len -= pick(m, m->len < 100 ? m->len : 100);
		break;
	case 6:
		within(m);
		break;
	case 7:
	case 8:
		shuffle(m);
		break;
	case 9:
		shorten(m);
		break;
	case 10:
		borrow(m, other, other_len);
		break;
	case 11:
	case 12:
		behind(m);
		break;
	default:
		insert(m);
		break;
	}
}

static void start(struct mutant *m, uint8_t *out, const uint8_t *image,
		  size_t len, uint64_t number)
{
	memset(m, 0, sizeof(*m));
	m->bytes = out;
	m->len = len;
	m->state = number * UINT64_C(0xd1342543de82ef95) + 1;
	(void)next(&m->state);
	memcpy(out, image, len);
}

size_t mutate(uint8_t *out, const uint8_t *image, size_t len,
	      const uint8_t *other, size_t other_len, uint64_t number)
{
	struct mutant m;

	start(&m, out, image, len, number);
	one(&m, other, other_len);
	if (pick(&m, 4) == 0)
		one(&m, other, other_len);
	return m.len;
}

size_t mutate_signed(uint8_t *out, const uint8_t *image, size_t len,
		     uint64_t number)
{
	struct mutant m;
	size_t end, at;

	start(&m, out, image, len, number);
	find(&m);
	/* The magic number at the start of the header is signed too. */
	end = m.plain_at ? m.plain_at : len;
	at = pick(&m, end);
	if (pick(&m, 2))
		flip(&m, at);
	else
		out[at] = (uint8_t)(out[at] + 1 + pick(&m, 255));
	if (pick(&m, 4) == 0)
		out[pick(&m, end)] ^= 0x40;
	if (memcmp(out, image, end) == 0)
		out[at] ^= 1;
	return m.len;
}
