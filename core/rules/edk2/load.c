/* What the loader refuses after verification let an image through. UEFI-111
 * to UEFI-114.
 *
 * A validly signed image can still be one that cannot be laid out in memory.
 * Where the answer depends on the device's memory map, there is none.
 *
 * Source: edk2 MdeModulePkg/Core/Dxe/Image/Image.c:CoreLoadPeImage;
 * MdePkg/Library/BasePeCoffLib/BasePeCoff.c:PeCoffLoaderLoadImage.
 */
#include "load.h"

#include <string.h>

bool edk2_refuse_load(struct edk2_loading *l, const char *rule,
		      const char *text)
{
	struct kf_finding *f = &l->image->load;

	kf_find(f, KF_REASON_LOAD_LAYOUT, rule);
	kf_prove_text(f, text);
	return false;
}

bool edk2_unsure_load(struct edk2_loading *l, const char *text)
{
	struct kf_finding *f = &l->image->load;

	kf_find(f, KF_REASON_BEYOND_LIMITS, "UEFI-111");
	kf_prove_text(f, text);
	return false;
}

/* copied is how many bytes of a section are copied from the file. */
static uint32_t copied(const struct kf_pe_section *s)
{
	return s->virtual_len == 0 || s->virtual_len > s->raw_len
		? s->raw_len : s->virtual_len;
}

/* overlay copies what of [at, at+len) in the file belongs at [rva, rva+len)
 * into the wanted range of memory. */
static bool overlay(struct edk2_loading *l, struct edk2_memory *m,
		    uint64_t rva, uint64_t at, uint64_t len, bool zero)
{
	const struct kf_source *source = l->image->source;
	uint64_t from = rva > m->rva ? rva : m->rva;
	uint64_t to = rva + len < m->rva + m->len ? rva + len
						  : m->rva + m->len;
	uint8_t *out;

	if (from >= to)
		return true;
	if (!kf_spend(l->env, to - from))
		return edk2_unsure_load(l, "its sections lie over one another too many times");
	out = m->bytes + (from - m->rva);
	memset(m->known + (from - m->rva), 1, (size_t)(to - from));
	if (zero) {
		memset(out, 0, (size_t)(to - from));
		return true;
	}
	if (source->read_at(source->self, at + (from - rva), out,
			    (size_t)(to - from)))
		return true;
	l->artifact->status = KF_CANNOT_READ;
	return false;
}

bool edk2_memory(struct edk2_loading *l, struct edk2_memory *m, uint64_t rva,
		 uint32_t len)
{
	const struct kf_pe *pe = &l->image->pe;
	struct kf_pe_section s;

	m->rva = rva;
	m->len = len;
	m->bytes = kf_arena_take(l->env->arena, len);
	m->known = kf_arena_take(l->env->arena, len);
	if (!m->bytes || !m->known) {
		l->artifact->status = KF_NO_MEMORY;
		return false;
	}
	if (!overlay(l, m, 0, 0, pe->headers_len, false))
		return false;
	for (uint32_t i = 0; i < pe->num_sections; i++) {
		uint32_t file;

		l->artifact->status = kf_pe_section_read(&s, pe,
							 l->image->source, i);
		if (l->artifact->status != KF_OK)
			return false;
		file = copied(&s);
		if (!overlay(l, m, s.rva, s.raw_at, file, false))
			return false;
		if (s.virtual_len > file &&
		    !overlay(l, m, (uint64_t)s.rva + file, 0,
			     s.virtual_len - file, true))
			return false;
	}
	if (memchr(m->known, 0, len))
		return edk2_unsure_load(l, "the loader reads memory that the file does not fill");
	return true;
}

/* sizes_fit: kind of image, alignment, memory. UEFI-111. */
static bool sizes_fit(struct edk2_loading *l)
{
	const struct kf_pe *pe = &l->image->pe;

	if (pe->subsystem < KF_PE_APPLICATION ||
	    pe->subsystem > KF_PE_SAL_DRIVER)
		return edk2_refuse_load(l, "UEFI-111",
					"its subsystem is no EFI application or driver");
	if (pe->section_alignment == 0)
		return edk2_refuse_load(l, "UEFI-111",
					"its section alignment is 0");
	if (pe->image_len > UINT32_C(1) << 30 ||
	    pe->section_alignment > UINT32_C(1) << 30)
		return edk2_unsure_load(l, "it asks for more than 1 GiB of memory");
	if (!(pe->characteristics & KF_PE_RELOCS_STRIPPED))
		return true;
	if (pe->subsystem == KF_PE_RUNTIME_DRIVER)
		return edk2_refuse_load(l, "UEFI-111",
					"a runtime driver needs its relocations");
	return edk2_unsure_load(l, "it has no relocations: whether its address is free depends on the device");
}

static bool section_fits(struct edk2_loading *l,
			 const struct kf_pe_section *s)
{
	uint32_t last = s->rva + s->virtual_len - 1;
	uint32_t size = copied(s);
	bool inside = s->rva < l->image_len && last < l->image_len;

	if (size && !inside)
		return edk2_refuse_load(l, "UEFI-112",
					"a section does not lie inside SizeOfImage");
	if (size > l->image_len || s->rva > l->image_len - size) {
		if (size)
			return edk2_unsure_load(l, "a section is copied over the end of its memory");
		/* Nothing is copied, but what follows is set to zero. */
		if (s->virtual_len && !l->profile->debug_goes_on)
			return edk2_unsure_load(l, "the loader clears memory at address 0");
	}
	return true;
}

static bool sections_fit(struct edk2_loading *l)
{
	struct kf_pe_section s;

	for (uint32_t i = 0; i < l->image->pe.num_sections; i++) {
		l->artifact->status = kf_pe_section_read(&s, &l->image->pe,
							 l->image->source, i);
		if (l->artifact->status != KF_OK || !section_fits(l, &s))
			return false;
		l->last = s;
	}
	return true;
}

/* codeview_len is the least size of a CodeView entry by its signature. */
static uint32_t codeview_len(struct kf_bytes signature)
{
	static const struct {
		const char *name;
		uint32_t len;
	} kinds[] = { { "NB10", 16 }, { "RSDS", 24 }, { "MTOC", 20 } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kf_equal(signature, kf_text(kinds[i].name)))
			return kinds[i].len;
	return 0;
}

/* debug_fits: the CodeView entry of the debug directory. UEFI-113. */
static bool debug_fits(struct edk2_loading *l)
{
	enum { ENTRY_LEN = 28 };
	struct edk2_memory m;
	struct kf_cursor c;
	uint32_t len, rva, file_at;
	uint8_t signature[4];

	if (l->codeview_rva == 0)
		return true;
	if (l->codeview_rva >= l->image_len)
		return edk2_refuse_load(l, "UEFI-113",
					"its debug directory lies outside of it");
	if (!edk2_memory(l, &m, l->codeview_rva, ENTRY_LEN))
		return false;
	c = kf_cursor_over(kf_view(m.bytes, ENTRY_LEN), 0);
	kf_skip(&c, 16, "Characteristics");
	len = kf_u32le(&c, "SizeOfData");
	rva = kf_u32le(&c, "AddressOfRawData");
	file_at = kf_u32le(&c, "PointerToRawData");
	if (rva == 0 && file_at == 0)
		return true;
	if (rva == 0)
		return edk2_unsure_load(l, "its CodeView entry is not mapped");
	if (rva >= l->image_len)
		return edk2_refuse_load(l, "UEFI-113",
					"its CodeView entry lies outside of it");
	if (!edk2_memory(l, &m, rva, sizeof(signature)))
		return false;
	if (len < codeview_len(kf_view(m.bytes, sizeof(signature))))
		return edk2_refuse_load(l, "UEFI-113",
					"its CodeView entry is too short");
	return true;
}

/* ends_walk: does the loader stop at a CodeView entry whose data are at
 * `file_at`? `next_at` is where the next entry stands, if `left` is more than
 * one entry. */
static bool ends_walk(const struct edk2_loading *l, uint64_t file_at,
		      uint64_t next_at, uint64_t left)
{
	enum { ENTRY_LEN = 28 };

	return !l->profile->debug_goes_on ||
	       (left > ENTRY_LEN && file_at == next_at);
}

/* find_codeview repeats the loader's walk through the debug directory: it
 * keeps the place of the last CodeView entry that it comes to. */
static bool find_codeview(struct edk2_loading *l)
{
	enum { ENTRY_LEN = 28, CODEVIEW = 2 };
	const struct kf_pe *pe = &l->image->pe;
	const struct kf_source *source = l->image->source;
	struct kf_pe_directory dir = pe->directory[KF_PE_DIR_DEBUG];
	uint64_t at;

	l->image_len = pe->image_len;
	if (pe->num_directories <= KF_PE_DIR_DEBUG ||
	    !edk2_debug_at(l->image, l->artifact, &at) || at == 0)
		return l->artifact->status == KF_OK;
	for (uint64_t i = 0; i < dir.len; i += ENTRY_LEN) {
		uint8_t bytes[ENTRY_LEN];
		struct kf_cursor c = kf_cursor_over(kf_view(bytes, ENTRY_LEN),
						    0);
		uint32_t type, len, rva, file_at;

		if (!source->read_at(source->self, at + i, bytes, ENTRY_LEN)) {
			l->artifact->status = KF_CANNOT_READ;
			return false;
		}
		kf_skip(&c, 12, "Characteristics");
		type = kf_u32le(&c, "Type");
		len = kf_u32le(&c, "SizeOfData");
		rva = kf_u32le(&c, "AddressOfRawData");
		file_at = kf_u32le(&c, "PointerToRawData");
		if (type != CODEVIEW)
			continue;
		l->codeview_rva = (uint32_t)(dir.rva + i);
		if (rva == 0 && file_at != 0)
			l->image_len += len;
		if (ends_walk(l, file_at, at + i + ENTRY_LEN, dir.len - i))
			break;
	}
	return true;
}

void edk2_load(struct edk2_image *image, const struct edk2_profile *profile,
	       struct kf_artifact *artifact, struct kf_env *env)
{
	struct edk2_loading l = { .image = image, .profile = profile,
				  .artifact = artifact, .env = env };

	(void)(find_codeview(&l) && sizes_fit(&l) && sections_fit(&l) &&
	       debug_fits(&l) && edk2_resources_fit(&l) &&
	       edk2_relocations_fit(&l));
}
