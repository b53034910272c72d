/* Second stages for shim: small PE images whose code returns at once, with
 * SBAT data and relocations.
 *
 * Source: Microsoft "PE Format"; rhboot/shim 16.1, SBAT.md.
 */
#include "shim.h"

#include <string.h>

const char sbat_head[] = "sbat,1,SBAT Version,sbat,1,"
	"https://github.com/rhboot/shim/blob/main/SBAT.md\n";

static uint32_t up(size_t len, uint32_t to)
{
	return (uint32_t)((len + to - 1) / to * to);
}

struct stage stage(const char *sbat)
{
	struct stage s = { .num_parts = 3, .entry = 0x1000,
		.section_align = 0x1000, .file_align = 0x200,
		.headers_len = 0x400, .num_directories = 16,
		.machine = 0x8664, .magic = 0x20b, .characteristics = 0x22,
		.lfanew = 64, .reloc_rva = 0x4000, .reloc_len = 12,
		.image_len = 0x5000 };
	uint32_t len = (uint32_t)strlen(sbat), raw_len = up(len, 0x200);
	struct part text_part = { "." "text", 0x1000, 0x200, 0x400, 0x200,
				  CODE, .content = hex("b8464b0000c3") };
	struct part sbat_part = { ".sbat", 0x2000, len, 0x600, raw_len, DATA,
				  .content = text(sbat) };
	/* A block with two entries that change nothing. */
	struct part reloc_part = { ".reloc", 0x4000, 12, 0x600 + raw_len,
				   0x200, DROPPED,
				   .content = hex("001000000c00000000000000") };

	s.part[TEXT] = text_part;
	s.part[SBAT] = sbat_part;
	s.part[RELOC] = reloc_part;
	return s;
}

struct stage no_sbat(void)
{
	struct stage s = stage("");

	s.part[SBAT] = s.part[RELOC];
	s.num_parts = 2;
	return s;
}

static struct bytes section_header(const struct part *p)
{
	struct bytes name = zeros(8);

	memcpy(name.data, p->name, strlen(p->name));
	return join(8, name, le32(p->virtual_len), le32(p->rva),
		    JOIN2(le32(p->raw_len), le32(p->raw_at)),
		    JOIN2(le32(p->relocations_at), zeros(4)),
		    le16(p->num_relocations), zeros(2),
		    le32((uint32_t)p->flags));
}

static struct bytes headers(const struct stage *s)
{
	struct bytes optional = join(8, le16(s->magic), zeros(14),
		le32(s->entry), zeros(4), zeros(8), le32(s->section_align),
		le32(s->file_align), zeros(16));
	struct bytes all;

	optional = join(7, optional, le32(s->image_len), le32(s->headers_len),
			zeros(4), JOIN2(le16(10), le16(s->dll)), zeros(36),
			le32(s->num_directories));
	for (unsigned i = 0; i < s->num_directories; i++)
		optional = JOIN3(optional, le32(i == 5 ? s->reloc_rva : 0),
				 le32(i == 5 ? s->reloc_len : 0));
	all = join(8, text("PE"), zeros(2), le16(s->machine),
		   le16(s->num_parts), zeros(12),
		   le16(s->optional_len ? s->optional_len
					: (unsigned)optional.len),
		   le16(s->characteristics), optional);
	for (unsigned i = 0; i < s->num_parts; i++)
		all = JOIN2(all, section_header(&s->part[i]));
	return join(5, text("MZ"), zeros(58), le32(s->lfanew),
		    zeros(s->lfanew > 64 ? s->lfanew - 64 : 0), all);
}

struct bytes build(const struct stage *s)
{
	size_t end = s->headers_len;
	struct bytes all;

	for (unsigned i = 0; i < s->num_parts; i++)
		if (s->part[i].raw_at + s->part[i].raw_len > end)
			end = s->part[i].raw_at + s->part[i].raw_len;
	all = zeros(end);
	poke(all, 0, headers(s));
	for (unsigned i = 0; i < s->num_parts; i++)
		if (s->part[i].raw_len)
			poke(all, s->part[i].raw_at, s->part[i].content);
	if (s->seed)
		poke(all, s->part[TEXT].raw_at + 0x100, le32(s->seed));
	return all;
}

struct bytes ours(void)
{
	struct stage s = stage(
		"sbat,1,SBAT Version,sbat,1,https://example.org/\n"
		"keyfit,1,keyfit,keyfit,1,https://example.org/\n");

	return build(&s);
}

struct bytes under_red(const struct stage *s)
{
	struct signature by_red = by(&red);

	return signed_by(build(s), &by_red);
}
