/* Can shim lay the image out in memory? UEFI-70, UEFI-69.
 *
 * Asked of images that shim loads itself, after they were verified.
 *
 * Source: rhboot/shim, pe.c:handle_image; pe-relocate.c (pe.c before 15.8):
 * ImageAddress, relocate_coff. Sums of two fields are 32 bits wide there, and
 * so here.
 */
#include "shim.h"

#include <string.h>

enum {
	SECTION_HOLDS = 0x60,	/* code, or initialised data */
	SECTION_UNINITIALISED = 0x80,
	SECTION_DISCARDABLE = 0x02000000,
	BLOCK_HEADER_LEN = 8,
	RELOCATIONS_MAX = 1 << 20,
	ADDRESS_LEAST = 1 << 20,	/* no image is loaded below */
};

#define SECTION_EXECUTABLE UINT32_C(0x20000000)
#define SECTION_READABLE UINT32_C(0x40000000)
#define SECTION_WRITABLE UINT32_C(0x80000000)
#define MEMORY_MAX (UINT32_C(1) << 30)

struct loading {
	struct shim_image *image;
	const struct shim_profile *profile;
	struct kf_artifact *artifact;
	struct kf_env *env;
	struct kf_finding *out;
	bool nx;
	unsigned entries;	/* sections that hold the entry point */
	bool has_reloc;
	struct kf_pe_section reloc;
};

static bool refuse(struct loading *l, const char *rule, const char *text)
{
	kf_find(l->out, KF_REASON_LOAD_LAYOUT, rule);
	kf_prove_text(l->out, text);
	return false;
}

/* unsure notes that what happens depends on more than the file. */
static bool unsure(struct loading *l, const char *text)
{
	kf_find(l->out, KF_REASON_BEYOND_LIMITS, "UEFI-70");
	kf_prove_text(l->out, text);
	return false;
}

/* inside: is an address one in the image's memory? Any other counts as 0. */
static bool inside(const struct loading *l, uint32_t rva)
{
	return shim_inside(l->profile, rva, l->image->pe.image_len);
}

/* last is the last byte of a section in memory, by 32 bits. */
static uint32_t last(const struct kf_pe_section *s)
{
	return s->rva + s->virtual_len - 1;
}

static bool holds_entry(const struct loading *l, const struct kf_pe_section *s)
{
	uint32_t entry = l->image->pe.entry_rva;
	uint32_t end = l->profile->entry_by_memory
		? last(s) : s->rva + s->raw_len - 1;

	return s->rva <= entry && end > entry;
}

static bool is_reloc(const struct kf_pe_section *s)
{
	static const char name[8] = ".reloc";

	return memcmp(s->name, name, sizeof(name)) == 0;
}

/* reloc_fits weighs a section named .reloc against the directory. */
static bool reloc_fits(const struct loading *l, const struct kf_pe_section *s)
{
	const struct kf_pe *pe = &l->image->pe;
	struct kf_pe_directory dir = pe->directory[KF_PE_DIR_RELOC];
	uint32_t dir_last = dir.rva + dir.len - 1;
	uint64_t to = inside(l, dir_last) ? UINT64_C(1) + dir_last : 0;
	uint64_t end = UINT64_C(1) + last(s);

	return inside(l, s->rva) && inside(l, last(s)) && s->raw_len &&
	       s->virtual_len && dir.rva == s->rva &&
	       (l->profile->reloc_loose ? to <= end : to == end);
}

static bool take_reloc(struct loading *l, const struct kf_pe_section *s)
{
	bool fits = reloc_fits(l, s);

	if (l->has_reloc)
		return refuse(l, "UEFI-70",
			      "it has more than one section of relocations");
	if (!fits && l->profile->reloc_loose)
		return refuse(l, "UEFI-70",
			      "its section of relocations is not where the directory says");
	if (fits) {
		l->has_reloc = true;
		l->reloc = *s;
	}
	return true;
}

/* copy_fits weighs a section that shim copies to its place. */
static bool copy_fits(struct loading *l, const struct kf_pe_section *s,
		      bool is_inside)
{
	uint32_t headers_len = l->image->pe.headers_len;

	if (!is_inside)
		return refuse(l, "UEFI-70",
			      "a section does not lie inside SizeOfImage");
	if (!(s->flags & SECTION_UNINITIALISED) &&
	    (s->rva < headers_len || s->raw_at < headers_len))
		return refuse(l, "UEFI-70",
			      "a section lies inside the headers");
	return true;
}

/* lacks_digest: shim keeps a digest of each section that holds something, and
 * has none of one that is not in the image. */
static bool lacks_digest(struct loading *l, const struct kf_pe_section *s)
{
	return s->flags & SECTION_HOLDS && l->profile->keeps_digests &&
	       !refuse(l, "UEFI-70",
		       "a section lies outside of SizeOfImage, and shim has no digest of nothing");
}

/* lies_in weighs where a section lies in memory. */
static bool lies_in(struct loading *l, const struct kf_pe_section *s)
{
	bool base = inside(l, s->rva), end = inside(l, last(s));

	if (base && (!end || last(s) < s->rva))
		return refuse(l, "UEFI-70",
			      "a section does not lie inside SizeOfImage");
	l->entries += holds_entry(l, s);
	if (!base && lacks_digest(l, s))
		return false;
	if (is_reloc(s) && !take_reloc(l, s))
		return false;
	return s->flags & SECTION_DISCARDABLE || copy_fits(l, s, base && end);
}
static bool section_fits(struct loading *l, const struct kf_pe_section *s)
{
	const uint32_t both = SECTION_WRITABLE | SECTION_EXECUTABLE;
	bool discardable = (s->flags & SECTION_DISCARDABLE) != 0;

	if ((discardable && !s->virtual_len) ||
	    !(s->flags & SECTION_READABLE))
		return true;
	if (l->nx && !discardable && (s->flags & both) == both)
		return refuse(l, "UEFI-69",
			      "a section is both writable and executable, and the device keeps the two apart");
	return lies_in(l, s);
}

static bool sections_fit(struct loading *l)
{
	struct kf_pe_section s;

	for (uint32_t i = 0; i < l->image->pe.num_sections; i++) {
		l->artifact->status = kf_pe_section_read(&s, &l->image->pe,
							 l->image->source, i);
		if (l->artifact->status != KF_OK || !section_fits(l, &s))
			return false;
	}
	return true;
}

/* wrong notes relocations that shim refuses where it applies them: an image
 * that lies at the address it was linked for needs none. */
static bool wrong(struct loading *l, const char *text)
{
	if (l->image->pe.image_base >= ADDRESS_LEAST)
		return unsure(l, "its relocations are malformed, and whether they are applied depends on the device");
	return refuse(l, "UEFI-70", text);
}

static bool entries_fit(struct loading *l, struct kf_bytes block,
			uint32_t rva)
{
	struct kf_cursor c = kf_cursor_over(block, 0);

	kf_skip(&c, BLOCK_HEADER_LEN, "block");
	while (kf_left(&c) >= 2) {
		uint16_t entry = kf_u16le(&c, "relocation");
		unsigned type = entry >> 12;

		if (type > 3 && type != 10)
			return wrong(l, "a relocation is of a type that shim does not know");
		if (type && (uint64_t)rva + (entry & 0xfff) + 8 >
			    l->image->pe.image_len)
			return unsure(l, "a relocation lies at the image's end or behind it, and shim applies it there");
	}
	if (kf_left(&c))
		return unsure(l, "a block of relocations ends inside an entry");
	return true;
}

/* blocks_fit goes from block to block, as far as shim does. */
static bool blocks_fit(struct loading *l, struct kf_bytes table, uint32_t span)
{
	uint32_t dir_len = l->image->pe.directory[KF_PE_DIR_RELOC].len;
	uint32_t image_len = l->image->pe.image_len;
	uint64_t at = 0;

	while (at < span) {
		struct kf_cursor c = kf_cursor_over(kf_part_of(table, at,
					BLOCK_HEADER_LEN), 0);
		uint32_t rva = kf_u32le(&c, "VirtualAddress");
		uint32_t len = kf_u32le(&c, "SizeOfBlock");

		if (c.damage.field)
			return unsure(l, "its relocations go on behind the end of the file");
		if (len == 0 || len > dir_len ||
		    l->reloc.raw_at + at + len > image_len)
			return wrong(l, "a block of relocations has a size that does not fit");
		if (rva >= image_len)
			return wrong(l, "a block of relocations is for memory outside of the image");
		if (len > table.len - at)
			return unsure(l, "its relocations go on behind the end of the file");
		if (len > BLOCK_HEADER_LEN &&
		    !entries_fit(l, kf_part_of(table, at, len), rva))
			return false;
		at += len;
	}
	return true;
}

/* read_relocations takes the table from the file, as shim does. */
static bool read_relocations(struct loading *l, uint32_t span)
{
	const struct kf_source *source = l->image->source;
	uint32_t dir_len = l->image->pe.directory[KF_PE_DIR_RELOC].len;
	uint32_t at = l->reloc.raw_at;
	uint64_t len = span > dir_len ? span : dir_len;
	struct kf_bytes table;

	if (len > RELOCATIONS_MAX)
		return unsure(l, "its relocations are larger than 1 MiB");
	if (len > source->size - at)
		len = source->size - at;
	l->artifact->status = kf_source_keep(&table, source, l->env, at, len);
	return l->artifact->status == KF_OK && blocks_fit(l, table, span);
}

/* relocations_fit holds their place in the file against the size in memory, as
 * shim does. */
static bool relocations_fit(struct loading *l)
{
	uint32_t dir_len = l->image->pe.directory[KF_PE_DIR_RELOC].len;
	uint32_t at = l->reloc.raw_at;
	uint32_t span = l->profile->reloc_loose ? dir_len - 1
						: l->reloc.virtual_len;

	if (!dir_len || !l->has_reloc ||
	    (!inside(l, at) && !inside(l, at + span)))
		return true;
	if (!inside(l, at) || !inside(l, at + span))
		return wrong(l, "its relocations lie behind SizeOfImage");
	return read_relocations(l, span);
}

static bool sizes_fit(struct loading *l)
{
	const struct kf_pe *pe = &l->image->pe;

	if (pe->image_len > MEMORY_MAX || pe->section_alignment > MEMORY_MAX)
		return unsure(l, "it asks for more than 1 GiB of memory");
	return inside(l, pe->entry_rva) ||
	       refuse(l, "UEFI-70", "its entry point lies outside of it");
}

static bool entry_fits(struct loading *l)
{
	if (l->entries == 0)
		return refuse(l, "UEFI-70",
			      "its entry point lies in no section");
	return l->entries == 1 ||
	       refuse(l, "UEFI-70",
		      "its entry point lies in more than one section");
}

static bool has_directory(struct loading *l)
{
	return l->image->pe.num_directories > KF_PE_DIR_RELOC ||
	       refuse(l, "UEFI-70", "it has no directory of relocations");
}

void shim_layout(struct shim_image *image, const struct shim_profile *profile,
		 struct kf_artifact *artifact, struct kf_env *env)
{
	for (int nx = 0; nx < 2 && artifact->status == KF_OK; nx++) {
		struct loading l = { .image = image, .profile = profile,
				     .artifact = artifact, .env = env,
				     .out = &image->load[nx],
				     .nx = nx == 1 };

		(void)(sizes_fit(&l) && sections_fit(&l) &&
		       has_directory(&l) && relocations_fit(&l) &&
		       entry_fits(&l));
	}
}
