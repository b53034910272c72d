/* Finds what a shim binary carries for its own use, by the names of its
 * sections.
 *
 * Source: rhboot/shim, cert.S (.vendor_cert), data/sbat.csv and
 * elf_x86_64_efi.lds (.sbat), sbat_var.S (.sbatlevel).
 */
#include "shim.h"

#include "pe.h"

#include <string.h>

enum {
	TABLE_LEN = 16,		/* two sizes, two offsets */
	LEVELS_AT = 4,		/* behind the format's version */
};

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_bytes *file = self;
	struct kf_bytes part = kf_part_of(*file, at, len);

	if (part.len != len)
		return false;
	memcpy(out, part.data, len);
	return true;
}

/* read_vendor: offsets are counted from the table itself. */
static void read_vendor(struct kf_shim *out, struct kf_bytes section)
{
	struct kf_cursor c = kf_cursor_over(section, 0);
	uint32_t len = kf_u32le(&c, "vendor_authorized_size");
	uint32_t dbx_len = kf_u32le(&c, "vendor_deauthorized_size");
	uint32_t at = kf_u32le(&c, "vendor_authorized_offset");
	uint32_t dbx_at = kf_u32le(&c, "vendor_deauthorized_offset");

	out->vendor = kf_part_of(section, at, len);
	out->vendor_dbx = kf_part_of(section, dbx_at, dbx_len);
	out->has_table = !c.damage.field && at >= TABLE_LEN &&
			 dbx_at >= TABLE_LEN && out->vendor.len == len &&
			 out->vendor_dbx.len == dbx_len;
}

/* text_at cuts the text at `at`, up to its NUL. */
static struct kf_bytes text_at(struct kf_bytes section, uint32_t at)
{
	struct kf_bytes rest = at < section.len
		? kf_part_of(section, at, section.len - at)
		: kf_view(NULL, 0);
	const uint8_t *nul = rest.len ? memchr(rest.data, 0, rest.len) : NULL;

	return nul ? kf_view(rest.data, (size_t)(nul - rest.data))
		   : kf_view(NULL, 0);
}

static void read_levels(struct kf_shim *out, struct kf_bytes section)
{
	struct kf_cursor c = kf_cursor_over(section, 0);
	struct kf_bytes levels;
	uint32_t version = kf_u32le(&c, "version");
	uint32_t automatic = kf_u32le(&c, "automatic_offset");
	uint32_t latest = kf_u32le(&c, "latest_offset");

	if (c.damage.field || version != 0)
		return;
	levels = kf_part_of(section, LEVELS_AT, section.len - LEVELS_AT);
	out->automatic = text_at(levels, automatic);
	out->latest = text_at(levels, latest);
}

/* name_end cuts a name at its NUL. */
static struct kf_bytes name_end(struct kf_bytes name)
{
	const uint8_t *nul = name.len ? memchr(name.data, 0, name.len) : NULL;

	return nul ? kf_view(name.data, (size_t)(nul - name.data)) : name;
}

/* name_of is a section's name; "/37" stands for what is at byte 37 of the
 * strings behind the symbols. */
static struct kf_bytes name_of(const struct kf_pe_section *s,
			       struct kf_bytes strings)
{
	struct kf_bytes name = name_end(kf_view(s->name, sizeof(s->name)));
	uint64_t at = 0;

	if (name.len < 2 || name.data[0] != '/')
		return name;
	for (size_t i = 1; i < name.len; i++) {
		if (name.data[i] < '0' || name.data[i] > '9')
			return name;
		at = 10 * at + (uint64_t)(name.data[i] - '0');
	}
	if (at >= strings.len)
		return name;
	return name_end(kf_part_of(strings, at, strings.len - at));
}

static void read_section(struct kf_shim *out, struct kf_bytes file,
			 const struct kf_pe_section *s,
			 struct kf_bytes strings)
{
	uint32_t len = s->virtual_len < s->raw_len ? s->virtual_len
						   : s->raw_len;
	struct kf_bytes bytes = kf_part_of(file, s->raw_at, len);
	struct kf_bytes name = name_of(s, strings);

	if (kf_equal(name, kf_text(".vendor_cert")))
		read_vendor(out, bytes);
	else if (kf_equal(name, kf_text(".sbat")))
		out->sbat = bytes;
	else if (kf_equal(name, kf_text(".sbatlevel")))
		read_levels(out, bytes);
}

/* strings_of finds the strings behind the symbol table. */
static struct kf_bytes strings_of(struct kf_bytes file, const struct kf_pe *pe)
{
	enum { SYMBOLS_AT = 12, SYMBOL_LEN = 18 };
	struct kf_cursor c = kf_cursor_over(kf_part_of(file,
		(uint64_t)pe->pe_at + SYMBOLS_AT, 8), 0);
	uint64_t at = kf_u32le(&c, "PointerToSymbolTable");

	at += (uint64_t)kf_u32le(&c, "NumberOfSymbols") * SYMBOL_LEN;
	if (c.damage.field || at >= file.len)
		return kf_view(NULL, 0);
	return kf_part_of(file, at, file.len - at);
}

void kf_shim_read(struct kf_shim *out, struct kf_bytes file)
{
	struct kf_source source = { file.len, read_at, &file };
	struct kf_bytes strings;
	struct kf_pe_section s;
	struct kf_pe pe;

	memset(out, 0, sizeof(*out));
	if (kf_pe_read(&pe, &source) != KF_OK || !pe.is_pe || !pe.has_mz)
		return;
	out->machine = pe.machine;
	out->nx_compat = (pe.dll_characteristics & KF_PE_NX_COMPAT) != 0;
	strings = strings_of(file, &pe);
	for (uint32_t i = 0; i < pe.num_sections; i++)
		if (kf_pe_section_read(&s, &pe, &source, i) == KF_OK)
			read_section(out, file, &s, strings);
}

bool kf_shim_is_certificate(struct kf_bytes vendor)
{
	return vendor.len >= 4 && vendor.data[0] == 0x30;
}
