/* Reads the headers of a PE/COFF file, and judges none of them.
 *
 * Source: Microsoft "PE Format", MS-DOS stub, COFF file header, optional
 * header, section table; UEFI 2.10, 2.1.1.
 */
#include "pe.h"

#include <string.h>

static void read_optional(struct kf_pe *pe, struct kf_cursor *c)
{
	bool wide;

	pe->magic = kf_u16le(c, "Magic");
	wide = pe->magic == KF_PE_MAGIC_64;
	kf_skip(c, 14, "MajorLinkerVersion");
	pe->entry_rva = kf_u32le(c, "AddressOfEntryPoint");
	kf_skip(c, wide ? 4 : 8, "BaseOfCode");
	pe->image_base = wide ? kf_u64le(c, "ImageBase")
			      : kf_u32le(c, "ImageBase");
	pe->section_alignment = kf_u32le(c, "SectionAlignment");
	pe->file_alignment = kf_u32le(c, "FileAlignment");
	kf_skip(c, 16, "MajorOperatingSystemVersion");
	pe->image_len = kf_u32le(c, "SizeOfImage");
	pe->headers_len = kf_u32le(c, "SizeOfHeaders");
	pe->checksum_at = (uint32_t)kf_at(c);
	kf_skip(c, 4, "CheckSum");
	pe->subsystem = kf_u16le(c, "Subsystem");
	pe->dll_characteristics = kf_u16le(c, "DllCharacteristics");
	kf_skip(c, wide ? 36 : 20, "SizeOfStackReserve");
	pe->num_directories = kf_u32le(c, "NumberOfRvaAndSizes");
	pe->security_at = (uint32_t)kf_at(c) + 8 * KF_PE_DIR_SECURITY;
	for (size_t i = 0; i < KF_PE_DIRECTORIES && kf_left(c) >= 8; i++) {
		pe->directory[i].rva = kf_u32le(c, "VirtualAddress");
		pe->directory[i].len = kf_u32le(c, "Size");
	}
}

/* read_symbols finds where the strings behind the symbol table start. */
static void read_symbols(struct kf_pe *pe, struct kf_cursor *c)
{
	enum { SYMBOL_LEN = 18 };
	uint64_t at, num;

	kf_skip(c, 4, "TimeDateStamp");
	at = kf_u32le(c, "PointerToSymbolTable");
	num = kf_u32le(c, "NumberOfSymbols");
	pe->strings_at = at ? at + num * SYMBOL_LEN : 0;
}

static void read_headers(struct kf_pe *pe, struct kf_cursor *c)
{
	uint32_t signature = kf_u32le(c, "PE signature");

	pe->is_pe = signature == 0x00004550;		/* "PE\0\0" */
	pe->is_te = (signature & 0xffff) == 0x5a56;	/* "VZ" */
	if (!pe->is_pe)
		kf_break(c, "PE signature");
	pe->machine = kf_u16le(c, "Machine");
	pe->num_sections = kf_u16le(c, "NumberOfSections");
	read_symbols(pe, c);
	pe->optional_len = kf_u16le(c, "SizeOfOptionalHeader");
	pe->characteristics = kf_u16le(c, "Characteristics");
	read_optional(pe, c);
	/* As 32-bit verifiers add it: it may wrap in a file above 4 GiB. */
	pe->sections_at = pe->pe_at + 4 + KF_PE_COFF_LEN + pe->optional_len;
}

enum kf_status kf_pe_read(struct kf_pe *out, const struct kf_source *source)
{
	uint8_t bytes[KF_PE_HEADERS_LEN];
	struct kf_cursor c;
	uint64_t left;

	memset(out, 0, sizeof(*out));
	if (source->size < KF_PE_DOS_LEN) {
		out->damage.field = "e_magic";
		return KF_OK;
	}
	out->has_dos = true;
	if (!source->read_at(source->self, 0, bytes, KF_PE_DOS_LEN))
		return KF_CANNOT_READ;
	c = kf_cursor_over(kf_view(bytes, KF_PE_DOS_LEN), 0);
	out->has_mz = kf_u16le(&c, "e_magic") == 0x5a4d;	/* "MZ" */
	kf_skip(&c, 58, "e_cblp");
	if (out->has_mz)
		out->pe_at = kf_u32le(&c, "e_lfanew");
	left = out->pe_at < source->size ? source->size - out->pe_at : 0;
	out->has_headers = left >= sizeof(bytes);
	if (left > sizeof(bytes))
		left = sizeof(bytes);
	if (left && !source->read_at(source->self, out->pe_at, bytes,
				     (size_t)left))
		return KF_CANNOT_READ;
	c = kf_cursor_over(kf_view(bytes, (size_t)left), out->pe_at);
	read_headers(out, &c);
	out->damage = c.damage;
	return KF_OK;
}

enum kf_status kf_pe_section_read(struct kf_pe_section *out,
				  const struct kf_pe *pe,
				  const struct kf_source *source,
				  uint32_t index)
{
	uint8_t bytes[KF_PE_SECTION_LEN];
	uint64_t at = pe->sections_at + (uint64_t)index * sizeof(bytes);
	struct kf_cursor c;

	memset(out, 0, sizeof(*out));
	if (at > source->size || sizeof(bytes) > source->size - at)
		return KF_WRONG_USE;
	if (!source->read_at(source->self, at, bytes, sizeof(bytes)))
		return KF_CANNOT_READ;
	c = kf_cursor_over(kf_view(bytes, sizeof(bytes)), at);
	memcpy(out->name, kf_take(&c, 8, "Name").data, 8);
	out->virtual_len = kf_u32le(&c, "VirtualSize");
	out->rva = kf_u32le(&c, "VirtualAddress");
	out->raw_len = kf_u32le(&c, "SizeOfRawData");
	out->raw_at = kf_u32le(&c, "PointerToRawData");
	kf_skip(&c, 12, "PointerToRelocations");
	out->flags = kf_u32le(&c, "Characteristics");
	return KF_OK;
}

/* name_end cuts a name at its NUL. */
static struct kf_bytes name_end(const void *name, size_t len)
{
	const uint8_t *nul = memchr(name, 0, len);

	return kf_view(name, nul ? (size_t)(nul - (const uint8_t *)name)
				 : len);
}

enum kf_status kf_pe_name_read(struct kf_bytes *name,
			       uint8_t out[KF_PE_NAME_MAX],
			       const struct kf_pe_section *section,
			       const struct kf_pe *pe,
			       const struct kf_source *source)
{
	uint64_t at = 0, left;

	memcpy(out, section->name, sizeof(section->name));
	*name = name_end(out, sizeof(section->name));
	if (name->len < 2 || out[0] != '/' || !pe->strings_at)
		return KF_OK;
	for (size_t i = 1; i < name->len; i++) {
		if (out[i] < '0' || out[i] > '9')
			return KF_OK;
		at = 10 * at + (uint64_t)(out[i] - '0');
	}
	at += pe->strings_at;
	if (at >= source->size)
		return KF_OK;
	left = source->size - at;
	if (left > KF_PE_NAME_MAX)
		left = KF_PE_NAME_MAX;
	if (!source->read_at(source->self, at, out, (size_t)left))
		return KF_CANNOT_READ;
	*name = name_end(out, (size_t)left);
	return KF_OK;
}

const char *kf_pe_machine_name(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{ KF_PE_MACHINE_I386, "ia32" },
		{ KF_PE_MACHINE_ARM, "arm" },
		{ KF_PE_MACHINE_EBC, "ebc" },
		{ KF_PE_MACHINE_RISCV64, "riscv64" },
		{ KF_PE_MACHINE_LOONGARCH64, "loongarch64" },
		{ KF_PE_MACHINE_X64, "x64" },
		{ KF_PE_MACHINE_ARM64, "aa64" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return NULL;
}
