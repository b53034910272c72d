/* Finds what a shim binary carries for its own use, by the names of its
 * sections.
 *
 * Source: rhboot/shim, cert.S (.vendor_cert), data/sbat.csv and
 * elf_x86_64_efi.lds (.sbat), sbat_var.S (.sbatlevel), version.c.in
 * (.data.ident).
 */
#include "shim.h"

#include "pe.h"

#include <string.h>

enum {
	TABLE_LEN = 16,		/* two sizes, two offsets */
	LEVELS_AT = 4,		/* behind the format's version */
};

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

/* read_version finds "$Version: 16.1 $" in shim's ident. */
static void read_version(struct kf_shim *out, struct kf_bytes ident)
{
	const struct kf_bytes start = kf_text("UEFI SHIM\n$Version: ");
	struct kf_bytes rest;
	const uint8_t *end;

	if (!kf_equal(kf_part_of(ident, 0, start.len), start))
		return;
	rest = kf_part_of(ident, start.len, ident.len - start.len);
	end = rest.len ? memchr(rest.data, ' ', rest.len) : NULL;
	if (end)
		out->version = kf_view(rest.data, (size_t)(end - rest.data));
}

static void read_section(struct kf_shim *out, struct kf_bytes file,
			 const struct kf_pe_section *s, struct kf_bytes name)
{
	uint32_t len = s->virtual_len < s->raw_len ? s->virtual_len
						   : s->raw_len;
	struct kf_bytes bytes = kf_part_of(file, s->raw_at, len);

	if (kf_equal(name, kf_text(".vendor_cert")))
		read_vendor(out, bytes);
	else if (kf_equal(name, kf_text(".sbat")))
		out->sbat = bytes;
	else if (kf_equal(name, kf_text(".sbatlevel")))
		read_levels(out, bytes);
	else if (kf_equal(name, kf_text(".data.ident")))
		read_version(out, bytes);
}

void kf_shim_read(struct kf_shim *out, struct kf_bytes file)
{
	struct kf_source source = kf_bytes_source(&file);
	uint8_t text[KF_PE_NAME_MAX];
	struct kf_bytes name;
	struct kf_pe_section s;
	struct kf_pe pe;

	memset(out, 0, sizeof(*out));
	if (kf_pe_read(&pe, &source) != KF_OK || !pe.is_pe || !pe.has_mz)
		return;
	out->machine = pe.machine;
	out->nx_compat = (pe.dll_characteristics & KF_PE_NX_COMPAT) != 0;
	for (uint32_t i = 0; i < pe.num_sections; i++)
		if (kf_pe_section_read(&s, &pe, &source, i) == KF_OK &&
		    kf_pe_name_read(&name, text, &s, &pe, &source) == KF_OK)
			read_section(out, file, &s, name);
}

bool kf_shim_is_certificate(struct kf_bytes vendor)
{
	return vendor.len >= 4 && vendor.data[0] == 0x30;
}
