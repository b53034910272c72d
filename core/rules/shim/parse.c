/* The parse gate: what shim refuses before it looks at any signature. UEFI-6.
 *
 * Since 15.8 no sum may wrap; before, some could, and what followed refused
 * most of that.
 *
 * Source: rhboot/shim, pe-relocate.c (pe.c before 15.8):read_header;
 * pe.c:generate_hash (wants a DOS header).
 */
#include "shim.h"

enum {
	HEADERS_32_LEN = 248,
	FIXED_32 = 96,
	FIXED_64 = 112,
	MOST = 0x7fffffff,	/* shim keeps sizes in 31 bits */
};

struct gate {
	struct shim_image *image;
	const struct shim_profile *profile;
	struct kf_artifact *artifact;
};

/* need refuses the image unless `ok`, naming the field, its place, its value
 * and the bound that it broke. */
static bool need(struct gate *g, bool ok, const char *field, uint64_t at,
		 uint64_t value, uint64_t bound)
{
	struct kf_finding *f = &g->image->gate;

	if (ok)
		return true;
	kf_find(f, KF_REASON_PE_MALFORMED, "UEFI-6");
	kf_prove_field(f, field, at, 4);
	kf_prove_value(f, value, bound);
	return false;
}

static bool headers_there(struct gate *g)
{
	const struct kf_pe *pe = &g->image->pe;
	uint64_t size = g->image->source->size;
	uint64_t least = pe->magic == KF_PE_MAGIC_64 ? KF_PE_HEADERS_LEN
						     : HEADERS_32_LEN;

	return need(g, pe->has_dos, "DOS header", 0, size, KF_PE_DOS_LEN) &&
	       need(g, pe->has_mz, "e_magic", 0, pe->has_mz, 1) &&
	       need(g, !g->profile->sums_checked ||
		    pe->pe_at >= KF_PE_DOS_LEN, "e_lfanew", 60, pe->pe_at,
		    KF_PE_DOS_LEN) &&
	       need(g, size > pe->pe_at && size - pe->pe_at >= least,
		    "e_lfanew", 60, pe->pe_at, size);
}

/* signed_pe: shim compares two bytes of the signature, not four. */
static bool signed_pe(struct gate *g)
{
	const struct kf_source *source = g->image->source;
	const struct kf_pe *pe = &g->image->pe;
	uint8_t two[2];

	if (pe->is_pe)
		return true;
	if (!source->read_at(source->self, pe->pe_at, two, sizeof(two))) {
		g->artifact->status = KF_CANNOT_READ;
		return false;
	}
	if (two[0] == 'P' && two[1] == 'E') {
		shim_beyond(g->image, "its PE signature does not end in two zeros, which shim does not mind");
		return false;
	}
	return need(g, false, "PE signature", pe->pe_at, 0, 0x4550);
}

static bool optional_header_fits(struct gate *g)
{
	const struct kf_pe *pe = &g->image->pe;
	uint64_t counted_at = (uint64_t)pe->security_at -
			      8 * KF_PE_DIR_SECURITY - 4;
	uint64_t fixed = pe->magic == KF_PE_MAGIC_64 ? FIXED_64 : FIXED_32;
	uint64_t wanted = fixed + UINT64_C(8) * pe->num_directories;

	return need(g, pe->magic == KF_PE_MAGIC_32 ||
		    pe->magic == KF_PE_MAGIC_64, "Magic",
		    (uint64_t)pe->pe_at + 24, pe->magic, KF_PE_MAGIC_64) &&
	       need(g, pe->file_alignment % 2 == 0, "FileAlignment",
		    (uint64_t)pe->pe_at + 60, pe->file_alignment, 2) &&
	       need(g, pe->num_directories <= KF_PE_DIRECTORIES,
		    "NumberOfRvaAndSizes", counted_at, pe->num_directories,
		    KF_PE_DIRECTORIES) &&
	       need(g, pe->optional_len == wanted, "SizeOfOptionalHeader",
		    (uint64_t)pe->pe_at + 20, pe->optional_len, wanted);
}

/* room counts the section headers that fit between two places. What wraps is
 * room without end, where nobody looks. */
static bool room(struct gate *g, uint64_t *out, uint64_t to, uint64_t from)
{
	*out = (to - from) / KF_PE_SECTION_LEN;
	return to >= from || !g->profile->sums_checked;
}

static bool sizes_fit(struct gate *g)
{
	const struct kf_pe *pe = &g->image->pe;
	uint64_t image_at = (uint64_t)pe->pe_at + 80;
	uint64_t from = pe->sections_at, size = g->image->source->size;
	uint64_t in_image, in_headers;
	uint64_t end = from + (uint64_t)pe->num_sections * KF_PE_SECTION_LEN;

	return need(g, room(g, &in_image, pe->image_len, from) &&
		    in_image > pe->num_sections, "SizeOfImage", image_at,
		    pe->image_len, end) &&
	       need(g, room(g, &in_headers, pe->headers_len, from) &&
		    in_headers >= pe->num_sections, "SizeOfHeaders",
		    image_at + 4, pe->headers_len, end) &&
	       need(g, !g->profile->sums_checked || end <= size,
		    "NumberOfSections", (uint64_t)pe->pe_at + 6,
		    pe->num_sections, size) &&
	       need(g, pe->has_headers, "e_lfanew", 60, pe->pe_at, size);
}

static bool rest_fits(struct gate *g)
{
	const struct kf_pe *pe = &g->image->pe;
	struct kf_pe_directory table = pe->directory[KF_PE_DIR_SECURITY];
	uint64_t size = g->image->source->size;

	return need(g, !(pe->characteristics & KF_PE_RELOCS_STRIPPED),
		    "Characteristics", (uint64_t)pe->pe_at + 22,
		    pe->characteristics, KF_PE_RELOCS_STRIPPED) &&
	       need(g, pe->image_len >= pe->headers_len, "SizeOfImage",
		    (uint64_t)pe->pe_at + 80, pe->image_len,
		    pe->headers_len) &&
	       need(g, table.rva < size || (table.rva == size && !table.len),
		    "certificate table", pe->security_at, table.rva, size);
}

void shim_parse(struct shim_image *image, const struct shim_profile *profile,
		struct kf_artifact *artifact, struct kf_env *env)
{
	struct gate g = { image, profile, artifact };

	(void)env;
	if (image->source->size > MOST) {
		shim_beyond(image, "a file of more than 2 GiB");
		return;
	}
	artifact->status = kf_pe_read(&image->pe, image->source);
	if (artifact->status != KF_OK)
		return;
	(void)(headers_there(&g) && signed_pe(&g) &&
	       optional_header_fits(&g) && sizes_fit(&g) && rest_fits(&g));
	/* Sums that wrapped can leave section headers outside of the file. */
	if (!image->gate.reason && artifact->status == KF_OK &&
	    (uint64_t)image->pe.sections_at + (uint64_t)KF_PE_SECTION_LEN *
	    image->pe.num_sections > image->source->size)
		shim_beyond(image, "section headers behind the end of the file, which this shim reads");
}
