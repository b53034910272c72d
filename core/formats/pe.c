/* PE/COFF: EFI applications, drivers, kernels, unified kernel images.
 *
 * Describes headers, sections, the certificate table and .sbat, and judges
 * nothing: each verifier's rules read the headers again in their own order.
 *
 * Source: Microsoft "PE Format"; UEFI 2.10, 32.2.4 (WIN_CERTIFICATE); rhboot
 * shim, SBAT.md (.sbat); systemd, docs "Unified Kernel Image" (section names).
 */
#include "core/facts.h"
#include "core/pe.h"

#include <string.h>

enum {
	ENTRIES_MAX = 64,	/* of the certificate table, when shown */
	SBAT_MAX = 64 << 10,
	BLOB_MAX = 1 << 20,
};

static bool recognise(struct kf_bytes head,
		      const struct kf_source *source)
{
	struct kf_cursor c = kf_cursor_over(head, 0);
	uint16_t magic = kf_u16le(&c, "e_magic");
	uint32_t pe_at;

	if (kf_equal(kf_part_of(head, 0, 4), kf_view("PE\0\0", 4)))
		return true;
	if (magic != 0x5a4d || head.len < KF_PE_DOS_LEN)
		return false;
	kf_skip(&c, 58, "e_cblp");
	pe_at = kf_u32le(&c, "e_lfanew");
	if (pe_at >= head.len || head.len - pe_at < 4)
		return pe_at < source->size;
	return kf_equal(kf_part_of(head, pe_at, 4), kf_view("PE\0\0", 4));
}

static void read(struct kf_artifact *out, struct kf_env *env)
{
	struct kf_pe *pe = kf_arena_take(env->arena, sizeof(*pe));

	if (!pe) {
		out->status = KF_NO_MEMORY;
		return;
	}
	out->description = pe;
	out->status = kf_pe_read(pe, out->source);
	kf_artifact_damage(out, pe->damage);
}

static void describe_headers(const struct kf_pe *pe,
			     const struct kf_sink *sink)
{
	const char *machine = kf_pe_machine_name(pe->machine);

	if (machine)
		kf_fact_word(sink, "machine", machine);
	else
		kf_fact_hex(sink, "machine", pe->machine);
	kf_fact_hex(sink, "magic", pe->magic);
	kf_fact_number(sink, "subsystem", pe->subsystem);
	kf_fact_hex(sink, "image-base", pe->image_base);
	kf_fact_number(sink, "image-size", pe->image_len);
	kf_fact_number(sink, "headers-size", pe->headers_len);
	kf_fact_hex(sink, "entry-point", pe->entry_rva);
	kf_fact_yes_no(sink, "nx-compat",
		       pe->dll_characteristics & KF_PE_NX_COMPAT);
	kf_fact_yes_no(sink, "relocations-stripped",
		       pe->characteristics & KF_PE_RELOCS_STRIPPED);
}

static struct kf_bytes section_name(const struct kf_pe_section *s)
{
	size_t len = 0;

	while (len < sizeof(s->name) && s->name[len])
		len++;
	return kf_view(s->name, len);
}

/* describe_sbat shows the lines of a .sbat section. */
static void describe_sbat(const struct kf_artifact *artifact,
			  const struct kf_pe_section *s, struct kf_env *env,
			  const struct kf_sink *sink)
{
	uint32_t len = s->virtual_len < s->raw_len ? s->virtual_len
						   : s->raw_len;
	struct kf_bytes text;
	size_t from = 0;

	if (len > SBAT_MAX || kf_source_keep(&text, artifact->source, env,
					     s->raw_at, len) != KF_OK)
		return;
	kf_fact_open(sink, "sbat");
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] != '\n' && text.data[i] != '\0')
			continue;
		if (i > from)
			kf_fact_text(sink, NULL,
				     kf_part_of(text, from, i - from));
		from = i + 1;
		if (text.data[i] == '\0')
			break;
	}
	kf_fact_close(sink);
}

static void describe_sections(const struct kf_artifact *artifact,
			      const struct kf_pe *pe, struct kf_env *env,
			      const struct kf_sink *sink)
{
	struct kf_pe_section s;

	kf_fact_open(sink, "sections");
	for (uint32_t i = 0; i < pe->num_sections; i++) {
		if (kf_pe_section_read(&s, pe, artifact->source, i) != KF_OK)
			break;
		kf_fact_open(sink, NULL);
		kf_fact_text(sink, "name", section_name(&s));
		kf_fact_place(sink, s.raw_at, s.raw_len);
		kf_fact_hex(sink, "address", s.rva);
		kf_fact_number(sink, "size-in-memory", s.virtual_len);
		kf_fact_close(sink);
	}
	kf_fact_close(sink);
	for (uint32_t i = 0; i < pe->num_sections; i++) {
		if (kf_pe_section_read(&s, pe, artifact->source, i) != KF_OK)
			break;
		if (!kf_equal(section_name(&s), kf_text(".sbat")))
			continue;
		describe_sbat(artifact, &s, env, sink);
		break;
	}
}

/* describe_entry shows one entry of the certificate table. Returns its
 * length with padding; 0 ends the table. */
static uint64_t describe_entry(const struct kf_artifact *artifact,
			       uint64_t at, uint64_t left, struct kf_env *env,
			       const struct kf_sink *sink)
{
	struct kf_arena arena = *env->arena;
	struct kf_env local = *env;
	struct kf_bytes head, blob;
	struct kf_cursor c;
	uint32_t len;
	uint16_t type;

	local.arena = &arena;
	if (left < 8 || kf_source_keep(&head, artifact->source, &local, at,
				       8) != KF_OK)
		return 0;
	c = kf_cursor_over(head, at);
	len = kf_u32le(&c, "dwLength");
	kf_skip(&c, 2, "wRevision");
	type = kf_u16le(&c, "wCertificateType");
	kf_fact_open(sink, NULL);
	kf_fact_place(sink, at, len);
	kf_fact_hex(sink, "type", type);
	if (len < 8 || len > left)
		kf_fact_word(sink, "damage", "dwLength");
	else if (type == 2 && len <= BLOB_MAX &&
		 kf_source_keep(&blob, artifact->source, &local, at + 8,
				len - 8) == KF_OK)
		kf_fact_signed_data(sink, &local, blob);
	kf_fact_close(sink);
	return len < 8 || len > left ? 0 : ((uint64_t)len + 7) / 8 * 8;
}

static void describe_table(const struct kf_artifact *artifact,
			   const struct kf_pe *pe, struct kf_env *env,
			   const struct kf_sink *sink)
{
	struct kf_pe_directory table = pe->directory[KF_PE_DIR_SECURITY];
	uint64_t at = table.rva;
	uint64_t end = at + table.len;

	if (pe->num_directories <= KF_PE_DIR_SECURITY || table.len == 0)
		return;
	if (end > artifact->source->size)
		end = artifact->source->size;
	kf_fact_open(sink, "signatures");
	for (int i = 0; i < ENTRIES_MAX && at < end; i++) {
		uint64_t step = describe_entry(artifact, at, end - at, env,
					       sink);

		if (!step)
			break;
		at += step;
	}
	kf_fact_close(sink);
}

static void describe(const struct kf_artifact *artifact, struct kf_env *env,
		     const struct kf_sink *sink)
{
	const struct kf_pe *pe = artifact->description;

	describe_headers(pe, sink);
	describe_sections(artifact, pe, env, sink);
	describe_table(artifact, pe, env, sink);
	kf_fact_damage(sink, artifact->damage, artifact->num_damage);
}

const struct kf_format kf_format_pe = {
	.name = "pe",
	.title = "PE/COFF image",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
