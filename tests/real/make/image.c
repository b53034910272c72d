/* Small PE images, well-formed by default, and their certificate tables.
 *
 * They are loaded by the firmware, never started.
 *
 * Source: Microsoft "PE Format".
 */
#include "make.h"

#include <string.h>

enum {
	HEADERS_LEN = 0x400,
	SECTION_ALIGN = 0x1000,
	OPTIONAL_FIXED_64 = 112,
	OPTIONAL_FIXED_32 = 96,
};

static unsigned directories(const struct image_spec *spec)
{
	return spec->num_directories ? spec->num_directories : 16;
}

static uint32_t image_len(const struct image_spec *spec)
{
	uint32_t top = 2 * SECTION_ALIGN;

	for (unsigned i = 0; i < spec->num_sections; i++) {
		const struct section_spec *s = &spec->section[i];
		uint32_t len = s->virtual_len > s->raw_len ? s->virtual_len
							   : s->raw_len;

		if (s->rva + len > top)
			top = s->rva + len;
	}
	return (top + SECTION_ALIGN - 1) / SECTION_ALIGN * SECTION_ALIGN;
}

static struct bytes optional_header(const struct image_spec *spec)
{
	struct bytes b = join(6, le16(spec->pe32 ? 0x10b : 0x20b),
			      zeros(2), le32(0x200), zeros(8),
			      le32(SECTION_ALIGN), le32(SECTION_ALIGN));

	if (spec->pe32)
		b = JOIN3(b, zeros(4), le32((uint32_t)spec->image_base));
	else
		b = JOIN2(b, le64(spec->image_base));
	b = join(8, b, le32(SECTION_ALIGN), le32(0x200), zeros(16),
		 le32(image_len(spec)), le32(HEADERS_LEN), zeros(4),
		 JOIN2(le16(spec->subsystem ? spec->subsystem : 10),
		       le16(0)));
	b = JOIN3(b, zeros(spec->pe32 ? 20 : 36), le32(directories(spec)));
	for (unsigned i = 0; i < directories(spec); i++) {
		uint32_t rva = i == 2 ? spec->resource_rva :
			       i == 5 ? spec->reloc_rva :
			       i == 6 ? spec->debug_rva : 0;
		uint32_t len = i == 2 ? spec->resource_len :
			       i == 5 ? spec->reloc_len :
			       i == 6 ? spec->debug_len : 0;

		b = JOIN3(b, le32(rva), le32(len));
	}
	return b;
}

static struct bytes section_header(const struct section_spec *s)
{
	return join(7, text(".keyfit"), zeros(1), le32(s->virtual_len),
		    le32(s->rva), JOIN2(le32(s->raw_len), le32(s->raw_at)),
		    zeros(12), le32(0x60000020));
}

/* content gives bytes that differ by seed and place. */
static struct bytes content(unsigned seed, uint32_t len)
{
	struct bytes b = zeros(len);

	for (uint32_t i = 0; i < len; i++)
		b.data[i] = (uint8_t)(i * 31 + (i >> 8) * 17 + seed * 101);
	return b;
}

struct bytes image(const struct image_spec *given)
{
	struct image_spec spec = *given;
	uint32_t end = HEADERS_LEN;
	struct bytes headers, optional, all;

	if (spec.num_sections == 0) {
		struct section_spec one = { SECTION_ALIGN, 0x200,
					    HEADERS_LEN, 0x200 };

		spec.section[0] = one;
		spec.num_sections = 1;
	}
	optional = optional_header(&spec);
	headers = join(7, text("PE"), zeros(2),
		       le16(spec.machine ? spec.machine :
			    spec.pe32 ? 0x14c : 0x8664),
		       le16(spec.num_sections), zeros(12),
		       JOIN2(le16((unsigned)optional.len),
			     le16(spec.characteristics ? spec.characteristics
						       : 0x22)), optional);
	for (unsigned i = 0; i < spec.num_sections; i++) {
		const struct section_spec *s = &spec.section[i];

		headers = JOIN2(headers, section_header(s));
		if (s->raw_at + s->raw_len > end)
			end = s->raw_at + s->raw_len;
	}
	if (!spec.no_mz)
		headers = join(5, text("MZ"), zeros(58),
			       le32(spec.lfanew ? spec.lfanew : 64),
			       zeros(spec.lfanew ? spec.lfanew - 64 : 0),
			       headers);
	all = content(spec.seed, end + spec.tail);
	poke(all, 0, zeros(HEADERS_LEN));
	poke(all, 0, headers);
	return all;
}

static uint32_t get32(struct bytes b, size_t at)
{
	return b.data[at] | (uint32_t)b.data[at + 1] << 8 |
	       (uint32_t)b.data[at + 2] << 16 |
	       (uint32_t)b.data[at + 3] << 24;
}

/* where the parts of the headers are. */
struct places {
	size_t pe, checksum, security, sections;
	unsigned num_sections, num_directories;
};

static struct places places(struct bytes b)
{
	struct places p = { 0 };
	bool wide;

	p.pe = b.data[0] == 'M' ? get32(b, 60) : 0;
	wide = b.data[p.pe + 25] == 2;
	p.checksum = p.pe + 24 + 64;
	p.security = p.pe + 24 + (wide ? OPTIONAL_FIXED_64
				       : OPTIONAL_FIXED_32) + 32;
	p.num_directories = get32(b, p.security - 36);
	p.num_sections = b.data[p.pe + 6] | b.data[p.pe + 7] * 256u;
	p.sections = p.pe + 24 + (b.data[p.pe + 20] | b.data[p.pe + 21] *
				  256u);
	return p;
}

/* image_digest is the textbook digest: headers but for two fields, sections
 * in file order, the rest but for the table. Good for well-formed images;
 * what it is for others the firmware says. */
struct bytes image_digest(struct bytes b, const char *name)
{
	struct places p = places(b);
	uint32_t headers = get32(b, p.pe + 24 + 60), at[16], len[16];
	uint32_t table = p.num_directories > 4 ? get32(b, p.security + 4) : 0;
	size_t from = p.checksum + 4, sum = headers;
	struct bytes all = cut(b, 0, p.checksum);

	if (p.num_directories > 4) {
		all = JOIN2(all, cut(b, from, p.security - from));
		from = p.security + 8;
	}
	all = JOIN2(all, cut(b, from, headers - from));
	for (unsigned i = 0; i < p.num_sections; i++) {
		unsigned j = i;
		size_t h = p.sections + 40u * i;

		for (; j > 0 && at[j - 1] > get32(b, h + 20); j--) {
			at[j] = at[j - 1];
			len[j] = len[j - 1];
		}
		at[j] = get32(b, h + 20);
		len[j] = get32(b, h + 16);
	}
	for (unsigned i = 0; i < p.num_sections; i++) {
		if (len[i])
			all = JOIN2(all, cut(b, at[i], len[i]));
		sum += len[i];
	}
	if (b.len > sum + table)
		all = JOIN2(all, cut(b, sum, b.len - table - sum));
	return digest(name, all);
}

struct bytes entry(unsigned type, struct bytes blob)
{
	struct bytes e = join(4, le32((uint32_t)(blob.len + 8)),
			      le16(0x0200), le16(type), blob);

	return JOIN2(e, zeros(-e.len & 7));
}

struct bytes entry_guid(const char *guid_text, struct bytes blob)
{
	return entry(0x0ef1, JOIN2(guid(guid_text), blob));
}

struct bytes pad8(struct bytes b)
{
	return JOIN2(b, zeros(-b.len & 7));
}

struct bytes attach_sized(struct bytes b, struct bytes table, uint32_t at,
			  uint32_t len)
{
	struct bytes all = JOIN2(b, table);
	struct places p = places(b);

	poke(all, p.security, JOIN2(le32(at), le32(len)));
	return all;
}

struct bytes attach(struct bytes b, struct bytes table)
{
	return attach_sized(b, table, (uint32_t)b.len, (uint32_t)table.len);
}

struct bytes signed_by(struct bytes b, const struct signature *s)
{
	struct bytes d = image_digest(b, s->digest ? s->digest : "SHA256");

	return attach(b, entry(2, sign_digest(s, d)));
}
