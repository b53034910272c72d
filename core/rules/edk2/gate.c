/* The parse gate: what edk2 refuses before it looks at any signature.
 * UEFI-1, UEFI-2, UEFI-3, UEFI-106.
 *
 * Source: edk2 MdePkg/Library/BasePeCoffLib/BasePeCoff.c:
 * PeCoffLoaderGetPeHeader, PeCoffLoaderGetImageInfo; PeCoffLoaderEx.c:
 * PeCoffLoaderImageFormatSupported. Sums are 32 bits wide there, and so here.
 */
#include "edk2.h"

struct gate {
	struct edk2_image *image;
	const struct edk2_profile *profile;
	struct kf_artifact *artifact;
	struct kf_env *env;
};

/* need refuses the image unless `ok`, naming the field, its place, its value
 * and the bound that it broke. */
static bool need(struct gate *g, bool ok, const char *rule, const char *field,
		 uint64_t at, uint64_t value, uint64_t bound)
{
	struct kf_finding *f = &g->image->gate;

	if (ok)
		return true;
	kf_find(f, KF_REASON_PE_MALFORMED, rule);
	kf_prove_field(f, field, at, 4);
	kf_prove_value(f, value, bound);
	return false;
}

/* in_file tells whether `len` bytes at `at` can be read. */
static bool in_file(const struct gate *g, uint64_t at, uint64_t len)
{
	uint64_t size = g->image->source->size;

	return at <= size && len <= size - at;
}

static bool headers_there(struct gate *g)
{
	const struct kf_pe *pe = &g->image->pe;
	uint64_t size = g->image->source->size;

	return need(g, pe->has_dos, "UEFI-1", "DOS header", 0, size,
		    KF_PE_DOS_LEN) &&
	       need(g, pe->has_headers, "UEFI-1", "e_lfanew", 60, pe->pe_at,
		    size) &&
	       need(g, pe->is_pe, "UEFI-1", "PE signature", pe->pe_at,
		    pe->is_te, 0x4550) &&
	       need(g, pe->magic == KF_PE_MAGIC_32 ||
		    pe->magic == KF_PE_MAGIC_64, "UEFI-1", "Magic",
		    (uint64_t)pe->pe_at + 24, pe->magic, KF_PE_MAGIC_64);
}

static bool optional_header_fits(struct gate *g)
{
	const struct kf_pe *pe = &g->image->pe;
	uint64_t counted_at = (uint64_t)pe->security_at -
			      8 * KF_PE_DIR_SECURITY - 4;
	uint32_t fixed = pe->magic == KF_PE_MAGIC_64 ? 112 : 96;
	uint32_t variable = (uint32_t)pe->optional_len - fixed;

	return need(g, pe->num_directories <= KF_PE_DIRECTORIES, "UEFI-1",
		    "NumberOfRvaAndSizes", counted_at, pe->num_directories,
		    KF_PE_DIRECTORIES) &&
	       need(g, variable == 8 * pe->num_directories, "UEFI-1",
		    "SizeOfOptionalHeader", (uint64_t)pe->pe_at + 20,
		    pe->optional_len, fixed + 8 * pe->num_directories);
}

static bool sizes_fit(struct gate *g)
{
	const struct kf_pe *pe = &g->image->pe;
	uint64_t image_at = (uint64_t)pe->pe_at + 80;
	uint32_t from = pe->sections_at;
	uint32_t sections = pe->num_sections;

	return need(g, pe->image_len > from, "UEFI-1", "SizeOfImage",
		    image_at, pe->image_len, from) &&
	       need(g, (pe->image_len - from) / KF_PE_SECTION_LEN > sections,
		    "UEFI-1", "SizeOfImage", image_at, pe->image_len,
		    from + (uint64_t)(sections + 1) * KF_PE_SECTION_LEN) &&
	       need(g, pe->headers_len > from, "UEFI-1", "SizeOfHeaders",
		    image_at + 4, pe->headers_len, from) &&
	       need(g, pe->headers_len < pe->image_len, "UEFI-1",
		    "SizeOfHeaders", image_at + 4, pe->headers_len,
		    pe->image_len) &&
	       need(g, (pe->headers_len - from) / KF_PE_SECTION_LEN >=
		    sections, "UEFI-1", "SizeOfHeaders", image_at + 4,
		    pe->headers_len,
		    from + (uint64_t)sections * KF_PE_SECTION_LEN) &&
	       need(g, in_file(g, pe->headers_len - 1, 1), "UEFI-1",
		    "SizeOfHeaders", image_at + 4, pe->headers_len,
		    g->image->source->size);
}

static bool table_in_file(struct gate *g)
{
	const struct kf_pe *pe = &g->image->pe;
	struct kf_pe_directory table = pe->directory[KF_PE_DIR_SECURITY];

	if (pe->num_directories <= KF_PE_DIR_SECURITY || table.len == 0)
		return true;
	return need(g, UINT32_MAX - table.rva >= table.len &&
		    in_file(g, table.rva + table.len - 1, 1), "UEFI-3",
		    "certificate table", pe->security_at,
		    (uint64_t)table.rva + table.len, g->image->source->size);
}

static bool machine_known(struct gate *g)
{
	uint16_t machine = g->image->pe.machine;

	/* Only the x86 builds are modelled: their list is the same in every
	 * version that was read. */
	if (g->profile->machine != KF_PE_MACHINE_X64)
		return true;
	if (machine == KF_PE_MACHINE_X64 || machine == KF_PE_MACHINE_I386 ||
	    machine == KF_PE_MACHINE_EBC || machine == KF_PE_MACHINE_ARM64)
		return true;
	kf_find(&g->image->gate, KF_REASON_WRONG_MACHINE, "UEFI-1");
	kf_prove_field(&g->image->gate, "Machine",
		       (uint64_t)g->image->pe.pe_at + 4, 2);
	kf_prove_value(&g->image->gate, machine, g->profile->machine);
	kf_prove_text(&g->image->gate,
		      "the firmware's loader does not know it at all");
	return false;
}

static bool section_fits(struct gate *g, uint32_t index,
			 const struct kf_pe_section *s)
{
	const struct kf_pe *pe = &g->image->pe;
	uint64_t at = pe->sections_at + (uint64_t)index * KF_PE_SECTION_LEN;

	if (s->raw_len == 0)
		return true;
	return need(g, s->rva >= pe->headers_len, "UEFI-2", "VirtualAddress",
		    at + 12, s->rva, pe->headers_len) &&
	       need(g, s->raw_at >= pe->headers_len, "UEFI-2",
		    "PointerToRawData", at + 20, s->raw_at,
		    pe->headers_len) &&
	       need(g, UINT32_MAX - s->raw_at >= s->raw_len &&
		    in_file(g, s->raw_at + s->raw_len - 1, 1), "UEFI-2",
		    "SizeOfRawData", at + 16,
		    (uint64_t)s->raw_at + s->raw_len,
		    g->image->source->size);
}

/* section reads one section header; false when the work or the image ends. */
static bool section(struct gate *g, uint32_t index, struct kf_pe_section *out)
{
	const struct kf_pe *pe = &g->image->pe;
	enum kf_status status = kf_pe_section_read(out, pe, g->image->source,
						   index);

	if (status == KF_WRONG_USE)
		return need(g, false, "UEFI-1", "section header",
			    pe->sections_at +
			    (uint64_t)index * KF_PE_SECTION_LEN, index,
			    pe->num_sections);
	if (status != KF_OK)
		g->artifact->status = status;
	return status == KF_OK;
}

static bool sections_fit(struct gate *g)
{
	struct kf_pe_section s;

	for (uint32_t i = 0; i < g->image->pe.num_sections; i++)
		if (!section(g, i, &s) || !section_fits(g, i, &s))
			return false;
	return true;
}

bool edk2_debug_at(struct edk2_image *image, struct kf_artifact *artifact,
		   uint64_t *at)
{
	uint32_t rva = image->pe.directory[KF_PE_DIR_DEBUG].rva;
	struct kf_pe_section s;

	*at = 0;
	for (uint32_t i = 0; i < image->pe.num_sections; i++) {
		artifact->status = kf_pe_section_read(&s, &image->pe,
						      image->source, i);
		if (artifact->status != KF_OK)
			return false;
		if (rva < s.rva || rva >= (uint32_t)(s.rva + s.virtual_len))
			continue;
		*at = (uint64_t)rva - s.rva + s.raw_at;
		return true;
	}
	return true;
}

/* debug_entry reads one entry of the debug directory. Returns whether the
 * next one is read; `*ok` false: the image is refused or the work ended. */
static bool debug_entry(struct gate *g, uint64_t dir_at, uint64_t index,
			bool *ok)
{
	enum { ENTRY_LEN = 28, CODEVIEW = 2, EX_DLL = 20 };
	const struct kf_pe *pe = &g->image->pe;
	uint8_t bytes[ENTRY_LEN];
	uint64_t at = dir_at + index;
	struct kf_cursor c;
	uint32_t type, file_at;

	*ok = need(g, in_file(g, at, ENTRY_LEN), "UEFI-106", "debug directory",
		   at, at + ENTRY_LEN, g->image->source->size);
	if (!*ok)
		return false;
	if (!g->image->source->read_at(g->image->source->self, at, bytes,
				       ENTRY_LEN)) {
		g->artifact->status = KF_CANNOT_READ;
		*ok = false;
		return false;
	}
	c = kf_cursor_over(kf_view(bytes, ENTRY_LEN), at);
	kf_skip(&c, 12, "Characteristics");
	type = kf_u32le(&c, "Type");
	kf_skip(&c, 8, "SizeOfData");
	file_at = kf_u32le(&c, "PointerToRawData");
	if (type == CODEVIEW)
		return g->profile->debug_goes_on &&
		       !(index + ENTRY_LEN <
				 pe->directory[KF_PE_DIR_DEBUG].len &&
			 file_at == dir_at + index + ENTRY_LEN);
	if (type == EX_DLL && g->profile->debug_goes_on)
		*ok = need(g, in_file(g, file_at, 4), "UEFI-106",
			   "PointerToRawData", at + 24, file_at,
			   g->image->source->size);
	return *ok;
}

static bool debug_directory_fits(struct gate *g)
{
	enum { ENTRY_LEN = 28 };
	const struct kf_pe *pe = &g->image->pe;
	uint64_t at;
	bool ok = true;

	if (pe->num_directories <= KF_PE_DIR_DEBUG)
		return true;
	if (!edk2_debug_at(g->image, g->artifact, &at))
		return false;
	if (at == 0)
		return true;
	for (uint64_t i = 0; i < pe->directory[KF_PE_DIR_DEBUG].len;
	     i += ENTRY_LEN) {
		if (!kf_spend(g->env, ENTRY_LEN)) {
			edk2_beyond(g->image, "debug directory too long");
			return false;
		}
		if (!debug_entry(g, at, i, &ok))
			return ok;
	}
	return true;
}

void edk2_gate(struct edk2_image *image, const struct edk2_profile *profile,
	       struct kf_artifact *artifact, struct kf_env *env)
{
	struct gate g = { image, profile, artifact, env };

	(void)(headers_there(&g) && optional_header_fits(&g) &&
	       sizes_fit(&g) && table_in_file(&g) && machine_known(&g) &&
	       sections_fit(&g) && debug_directory_fits(&g));
}
