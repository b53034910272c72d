/* Tells boot files apart by their sections, by what they say of themselves in
 * .sbat, and by a word or two that only they hold.
 *
 * Source: rhboot/shim, cert.S, version.c.in, MokManager.c, fallback.c; GNU
 * GRUB, grub-core/kern/efi/init.c (the section "mods");
 * systemd, src/boot/efi/boot.c and stub.c (.sdmagic), "Unified Kernel Image"
 * (.linux, .osrel); Linux, Documentation/arch/x86/boot.rst ("HdrS"),
 * Documentation/arch/arm64/booting.rst, drivers/firmware/efi/libstub/
 * zboot-header.S; fwupd/fwupd-efi, generate_sbat.py.
 */
#include "loader.h"

#include "pe.h"

#include <string.h>

enum {
	TEXT_MAX = 16 << 10,	/* of a section with text */
	SEARCH_MAX = 4 << 20,	/* of a section that is searched */
	HEADER_LEN = 0x260,	/* of a kernel's setup header */
};

/* seen is what the sections of one file say. */
struct seen {
	struct kf_loader *out;
	const struct kf_source *source;
	struct kf_env *env;
	struct kf_pe pe;
	struct kf_bytes sbat, magic, ident;
	struct kf_pe_section data, resources;
	bool has_vendor, has_mods, has_linux, has_release;
};

static const struct {
	const char *name, *title;
} kinds[KF_NUM_LOADERS] = {
	[KF_LOADER_OTHER] = { "other", "another program" },
	[KF_LOADER_SHIM] = { "shim", "shim" },
	[KF_LOADER_MOKMANAGER] = { "mokmanager", "MokManager" },
	[KF_LOADER_FALLBACK] = { "fallback", "shim's fallback" },
	[KF_LOADER_GRUB] = { "grub", "GRUB" },
	[KF_LOADER_SYSTEMD_BOOT] = { "systemd-boot", "systemd-boot" },
	[KF_LOADER_UKI] = { "uki", "unified kernel image" },
	[KF_LOADER_LINUX] = { "linux", "Linux" },
	[KF_LOADER_FWUPD] = { "fwupd", "fwupd" },
	[KF_LOADER_WINDOWS] = { "windows", "Windows boot manager" },
};

const char *kf_loader_name(enum kf_loader_kind kind)
{
	return kinds[kind].name;
}

const char *kf_loader_title(enum kf_loader_kind kind)
{
	return kinds[kind].title;
}

static bool named(struct kf_bytes name, const char *wanted)
{
	return kf_equal(name, kf_text(wanted));
}

/* keep_text keeps a section's text; what is too long is cut. */
static enum kf_status keep_text(struct kf_bytes *out, struct seen *s,
				const struct kf_pe_section *section)
{
	uint32_t len = section->virtual_len < section->raw_len
		       ? section->virtual_len : section->raw_len;
	uint64_t size = s->source->size;

	if (section->raw_at >= size)
		return KF_OK;
	if (len > TEXT_MAX)
		len = TEXT_MAX;
	if (len > size - section->raw_at)
		len = (uint32_t)(size - section->raw_at);
	return kf_source_keep(out, s->source, s->env, section->raw_at, len);
}

static enum kf_status look_at(struct seen *s, struct kf_bytes name,
			      const struct kf_pe_section *section)
{
	if (named(name, ".sbat") && !s->sbat.len)
		return keep_text(&s->sbat, s, section);
	if (named(name, ".sdmagic") && !s->magic.len)
		return keep_text(&s->magic, s, section);
	if (named(name, ".data.ident") && !s->ident.len)
		return keep_text(&s->ident, s, section);
	s->has_vendor |= named(name, ".vendor_cert");
	s->has_mods |= named(name, "mods");
	s->has_linux |= named(name, ".linux");
	s->has_release |= named(name, ".osrel");
	if (named(name, ".data"))
		s->data = *section;
	if (named(name, ".rsrc"))
		s->resources = *section;
	return KF_OK;
}

static enum kf_status look_at_all(struct seen *s)
{
	enum kf_status status = KF_OK;
	uint8_t text[KF_PE_NAME_MAX];
	struct kf_pe_section section;
	struct kf_bytes name;

	for (uint32_t i = 0; i < s->pe.num_sections && status == KF_OK; i++) {
		status = kf_pe_section_read(&section, &s->pe, s->source, i);
		/* A header that is not there ends the table. */
		if (status == KF_WRONG_USE)
			return KF_OK;
		if (status == KF_OK)
			status = kf_pe_name_read(&name, text, &section, &s->pe,
						 s->source);
		if (status == KF_OK)
			status = look_at(s, name, &section);
	}
	return status;
}

/* find gives the place of a text in another one; its length: not there. */
static size_t find(struct kf_bytes in, const char *text)
{
	struct kf_bytes wanted = kf_text(text);

	for (size_t at = 0; at + wanted.len <= in.len; at++)
		if (in.data[at] == wanted.data[0] &&
		    kf_equal(kf_part_of(in, at, wanted.len), wanted))
			return at;
	return in.len;
}

/* set_version takes the text from `at` to the first of `ends`. */
static void set_version(struct kf_loader *out, struct kf_bytes text,
			size_t at, const char *ends)
{
	size_t len = 0;

	while (at < text.len && len + 1 < sizeof(out->version)) {
		uint8_t byte = text.data[at++];

		if (byte < 0x20 || byte > 0x7e ||
		    find(kf_text(ends), (const char[]){ (char)byte, 0 }) <
		    kf_text(ends).len)
			break;
		out->version[len++] = (char)byte;
	}
	out->version[len] = '\0';
}

/* row_of finds the row of a component in .sbat; its length: not there. */
static size_t row_of(struct kf_bytes sbat, const char *component)
{
	struct kf_bytes wanted = kf_text(component);

	for (size_t at = 0; at < sbat.len; at++) {
		if (at && sbat.data[at - 1] != '\n')
			continue;
		if (kf_equal(kf_part_of(sbat, at, wanted.len), wanted) &&
		    kf_equal(kf_part_of(sbat, at + wanted.len, 1),
			     kf_text(",")))
			return at;
	}
	return sbat.len;
}

/* is_component tells whether .sbat names a component, and takes the version
 * from its fifth column. */
static bool is_component(struct seen *s, const char *component)
{
	enum { VERSION_COLUMN = 4 };
	size_t at = row_of(s->sbat, component);
	unsigned column = 0;

	if (at == s->sbat.len)
		return false;
	for (; at < s->sbat.len && column < VERSION_COLUMN; at++) {
		if (s->sbat.data[at] == '\n')
			return true;
		column += s->sbat.data[at] == ',';
	}
	set_version(s->out, s->sbat, at, ",");
	return true;
}

/* words is a text that is looked for, in ASCII or in UTF-16. */
struct words {
	const char *text;
	size_t unit;	/* bytes of a character */
};

static bool matches(const uint8_t *at, const struct words *w, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[w->unit * i] != (uint8_t)w->text[i] ||
		    (w->unit == 2 && at[2 * i + 1] != 0))
			return false;
	return true;
}

/* search goes through a part of the file, window by window. */
static enum kf_status search(bool *out, const struct seen *s, uint64_t at,
			     uint64_t end, const struct words *w)
{
	struct kf_env *env = s->env;
	size_t len = kf_text(w->text).len, whole = w->unit * len, some;

	*out = false;
	for (; end - at >= whole; at += some - whole + 1) {
		some = end - at < env->window_len ? (size_t)(end - at)
						  : env->window_len;
		if (!s->source->read_at(s->source->self, at, env->window,
					some))
			return KF_CANNOT_READ;
		for (size_t i = 0; i + whole <= some; i++)
			if (matches(env->window + i, w, len)) {
				*out = true;
				return KF_OK;
			}
	}
	return KF_OK;
}

/* holds searches a section for a text in UTF-16. */
static enum kf_status holds(bool *out, const struct seen *s,
			    const struct kf_pe_section *section,
			    const char *text)
{
	const struct words w = { text, 2 };
	uint64_t at = section->raw_at, end = at + section->raw_len;

	*out = false;
	if (section->raw_len > SEARCH_MAX || end > s->source->size)
		return KF_OK;
	return search(out, s, at, end, &w);
}

/* of_authority looks for the names of Windows' authorities in the certificate
 * table. What is too large to look through may name them. */
static enum kf_status of_authority(struct seen *s)
{
	static const struct words names[] = {
		{ "Microsoft Windows Production PCA 2011", 1 },
		{ "Windows UEFI CA 2023", 1 },
	};
	const struct kf_pe_directory *d = &s->pe.directory[KF_PE_DIR_SECURITY];
	uint64_t size = s->source->size, end = (uint64_t)d->rva + d->len;
	enum kf_status status = KF_OK;
	bool *out = &s->out->windows_signed;

	if (d->rva >= size)
		return KF_OK;
	if (end > size)
		end = size;
	*out = end - d->rva > SEARCH_MAX;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !*out &&
	     status == KF_OK; i++)
		status = search(out, s, d->rva, end, &names[i]);
	return status;
}

/* of_shim tells shim and its two companions apart: these have shim's .sbat,
 * and no vendor's certificate. */
static enum kf_status of_shim(struct seen *s)
{
	static const struct {
		enum kf_loader_kind kind;
		const char *text;
	} table[] = {
		{ KF_LOADER_MOKMANAGER, "MOK management" },
		{ KF_LOADER_FALLBACK, "FALLBACK_VERBOSE" },
	};
	bool is_component_of_shim = is_component(s, "shim");
	size_t at = find(s->ident, "$Version: ");
	enum kf_status status = KF_OK;
	bool found = false;

	if (s->has_vendor) {
		s->out->kind = KF_LOADER_SHIM;
		if (at < s->ident.len)
			set_version(s->out, s->ident, at + 10, " $");
		return KF_OK;
	}
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) &&
	     is_component_of_shim && status == KF_OK && !found; i++) {
		status = holds(&found, s, &s->data, table[i].text);
		if (found)
			s->out->kind = table[i].kind;
	}
	/* What stands there is no version of theirs. */
	s->out->version[0] = '\0';
	return status;
}

/* of_kernel tells kernels by their own headers, which stand beside PE's. */
static enum kf_status of_kernel(struct seen *s)
{
	uint8_t head[HEADER_LEN] = { 0 };
	struct kf_bytes h = kf_view(head, sizeof(head));

	if (s->source->size < sizeof(head))
		return KF_OK;
	if (!s->source->read_at(s->source->self, 0, head, sizeof(head)))
		return KF_CANNOT_READ;
	if (kf_equal(kf_part_of(h, 0x202, 4), kf_text("HdrS")) ||
	    kf_equal(kf_part_of(h, 56, 4), kf_text("ARM\x64")) ||
	    kf_equal(kf_part_of(h, 4, 4), kf_text("zimg")))
		s->out->kind = KF_LOADER_LINUX;
	return KF_OK;
}

static enum kf_status of_windows(struct seen *s)
{
	bool found = false;
	enum kf_status status = holds(&found, s, &s->resources,
				      "bootmgr.exe");

	if (found)
		s->out->kind = KF_LOADER_WINDOWS;
	return status;
}

/* of_sections tells what a single section gives away. */
static bool of_sections(struct seen *s)
{
	static const char boot[] = "LoaderInfo: systemd-boot ";
	size_t at = find(s->magic, boot);

	if (s->has_linux && s->has_release) {
		s->out->kind = KF_LOADER_UKI;
	} else if (at < s->magic.len) {
		s->out->kind = KF_LOADER_SYSTEMD_BOOT;
		set_version(s->out, s->magic, at + sizeof(boot) - 1, " #");
	} else if (is_component(s, "grub") || s->has_mods) {
		s->out->kind = KF_LOADER_GRUB;
	} else if (is_component(s, "fwupd-efi")) {
		s->out->kind = KF_LOADER_FWUPD;
	}
	return s->out->kind != KF_LOADER_OTHER;
}

static enum kf_status tell(struct seen *s)
{
	enum kf_status status = KF_OK;

	if (of_sections(s))
		return KF_OK;
	status = of_shim(s);
	if (status == KF_OK && s->out->kind == KF_LOADER_OTHER)
		status = of_kernel(s);
	if (status == KF_OK && s->out->kind == KF_LOADER_OTHER)
		status = of_windows(s);
	return status;
}

enum kf_status kf_loader_read(struct kf_loader *out,
			      const struct kf_source *source,
			      struct kf_env *env)
{
	struct seen s = { .out = out, .source = source, .env = env };
	size_t used = env->arena->used;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	status = kf_pe_read(&s.pe, source);
	if (status != KF_OK || !s.pe.is_pe)
		return status;
	out->is_pe = true;
	out->machine = s.pe.machine;
	status = look_at_all(&s);
	if (status == KF_OK)
		status = tell(&s);
	if (status == KF_OK)
		status = of_authority(&s);
	env->arena->used = used;
	return status;
}
