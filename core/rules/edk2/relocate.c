/* Resources and relocations: the last two things that the loader can refuse.
 * UEFI-114, UEFI-115.
 *
 * Source: edk2 MdePkg/Library/BasePeCoffLib/BasePeCoff.c:
 * PeCoffLoaderLoadImage (resource directory), PeCoffLoaderRelocateImage;
 * PeCoffLoaderEx.c:PeCoffLoaderRelocateImageEx.
 */
#include "load.h"

enum {
	RESOURCE_HEADER_LEN = 16,
	RESOURCE_ENTRY_LEN = 8,
	DIRECTORY_MAX = 1 << 20,
	BLOCK_HEADER_LEN = 8,
};

/* table_end is where the entries of a resource directory at `at` end, as the
 * loader adds it up. */
static uint32_t table_end(struct kf_bytes tree, uint32_t at, uint32_t *named)
{
	struct kf_cursor c = kf_cursor_over(kf_part_of(tree, at,
					    RESOURCE_HEADER_LEN), at);
	uint32_t entries;

	kf_skip(&c, 12, "Characteristics");
	*named = kf_u16le(&c, "NumberOfNamedEntries");
	entries = *named + kf_u16le(&c, "NumberOfIdEntries");
	return at + RESOURCE_HEADER_LEN + RESOURCE_ENTRY_LEN * entries;
}

static bool is_hii(struct kf_bytes tree, uint32_t name_at)
{
	static const uint8_t hii[] = { 3, 0, 'H', 0, 'I', 0, 'I', 0 };

	return kf_equal(kf_part_of(tree, name_at, sizeof(hii)),
			kf_view(hii, sizeof(hii)));
}

/* descend follows an entry named HII down to its data, two directories deep
 * at most. Returns what the loader says to it. */
static bool descend(struct edk2_loading *l, struct kf_bytes tree,
		    uint32_t entry_at)
{
	uint32_t named;

	for (int depth = 0; depth < 3; depth++) {
		struct kf_cursor c = kf_cursor_over(kf_part_of(tree, entry_at,
						    RESOURCE_ENTRY_LEN),
						    entry_at);
		uint32_t to;

		kf_skip(&c, 4, "Name");
		to = kf_u32le(&c, "OffsetToData");
		if (!(to & UINT32_C(0x80000000)))
			return to < tree.len ||
			       edk2_refuse_load(l, "UEFI-114",
						"its HII resource lies outside of the resources");
		if (depth == 2)
			return true;
		to &= UINT32_C(0x7fffffff);
		if (to >= tree.len || table_end(tree, to, &named) > tree.len)
			return edk2_refuse_load(l, "UEFI-114",
						"a resource directory lies outside of the resources");
		entry_at = to + RESOURCE_HEADER_LEN;
	}
	return true;
}

/* named_fit goes through the named entries, and into the one named HII. */
static bool named_fit(struct edk2_loading *l, struct kf_bytes tree,
		      uint32_t named)
{
	for (uint32_t i = 0; i < named; i++) {
		uint32_t at = RESOURCE_HEADER_LEN + i * RESOURCE_ENTRY_LEN;
		struct kf_cursor c = kf_cursor_over(kf_part_of(tree, at, 4),
						    at);
		uint32_t name = kf_u32le(&c, "Name");

		if (!(name & UINT32_C(0x80000000)))
			continue;
		name &= UINT32_C(0x7fffffff);
		if (name >= tree.len)
			return edk2_refuse_load(l, "UEFI-114",
						"a resource's name lies outside of the resources");
		if (is_hii(tree, name))
			return descend(l, tree, at);
	}
	return true;
}

bool edk2_resources_fit(struct edk2_loading *l)
{
	const struct kf_pe *pe = &l->image->pe;
	struct kf_pe_directory dir = pe->directory[KF_PE_DIR_RESOURCE];
	struct edk2_memory m;
	struct kf_bytes tree;
	uint32_t named, end;

	if (pe->num_directories <= KF_PE_DIR_RESOURCE || dir.len == 0 ||
	    dir.rva >= l->image_len)
		return true;
	if (dir.len > DIRECTORY_MAX)
		return edk2_unsure_load(l, "its resources are larger than 1 MiB");
	if (!edk2_memory(l, &m, dir.rva, dir.len))
		return false;
	tree = kf_view(m.bytes, m.len);
	end = table_end(tree, 0, &named);
	if (end > tree.len)
		return edk2_refuse_load(l, "UEFI-114",
					"its resource directory does not fit its size");
	return named_fit(l, tree, named);
}

/* wrong notes a relocation that the loader refuses, where it is applied: an
 * image that lies at the address it was linked for needs none. */
static bool wrong(struct edk2_loading *l, const char *text)
{
	if (l->image->pe.image_base >= UINT32_C(0x100000))
		return edk2_unsure_load(l, "its relocations are malformed, and whether they are applied depends on the device");
	return edk2_refuse_load(l, "UEFI-115", text);
}

static bool block_fits(struct edk2_loading *l, struct kf_bytes dir,
		       uint32_t at, uint32_t rva, uint32_t len)
{
	struct kf_cursor c;

	if (len == 0 || len > dir.len - at)
		return wrong(l, "a relocation block's size does not fit");
	if (rva >= l->image_len)
		return wrong(l, "a relocation block is for memory outside of the image");
	if (len <= BLOCK_HEADER_LEN)
		return true;
	c = kf_cursor_over(kf_part_of(dir, at + BLOCK_HEADER_LEN,
				      len - BLOCK_HEADER_LEN), 0);
	while (kf_left(&c) >= 2) {
		uint16_t entry = kf_u16le(&c, "relocation");
		unsigned type = entry >> 12;

		if ((uint32_t)(rva + (entry & 0xfff)) >= l->image_len)
			return wrong(l, "a relocation lies outside of the image");
		if (type > 3 && type != 10)
			return wrong(l, "a relocation is of a type that the loader does not know");
	}
	return true;
}

static bool blocks_fit(struct edk2_loading *l, struct kf_bytes dir)
{
	uint32_t at = 0;

	/* The loader stops before the last byte, not behind it. */
	while (at + 1 < dir.len) {
		size_t left = dir.len - at;
		struct kf_cursor c = kf_cursor_over(kf_part_of(dir, at,
			left < BLOCK_HEADER_LEN ? left : BLOCK_HEADER_LEN),
			at);
		uint32_t rva = kf_u32le(&c, "VirtualAddress");
		uint32_t len = kf_u32le(&c, "SizeOfBlock");

		if (c.damage.field)
			return edk2_unsure_load(l, "its relocations end inside a block");
		if (!block_fits(l, dir, at, rva, len))
			return false;
		at += len;
	}
	return true;
}

bool edk2_relocations_fit(struct edk2_loading *l)
{
	const struct kf_pe *pe = &l->image->pe;
	struct kf_pe_directory dir = pe->directory[KF_PE_DIR_RELOC];
	struct edk2_memory m;

	/* With 5 directories the loader takes for the sixth what stands
	 * there: it compares with "less", not with "less or equal". */
	if (pe->num_directories < KF_PE_DIR_RELOC || dir.len == 0)
		return true;
	if (UINT32_MAX - dir.rva < dir.len - 1)
		return !l->profile->debug_goes_on ||
		       edk2_refuse_load(l, "UEFI-115",
					"its relocation directory is malformed");
	if (dir.rva >= l->image_len ||
	    (uint64_t)dir.rva + dir.len - 1 >= l->image_len)
		return edk2_refuse_load(l, "UEFI-115",
					"its relocations lie outside of it");
	if (dir.len > DIRECTORY_MAX)
		return edk2_unsure_load(l, "its relocations are larger than 1 MiB");
	return edk2_memory(l, &m, dir.rva, dir.len) &&
	       blocks_fit(l, kf_view(m.bytes, m.len));
}
