/* Files taken apart into what was built and what signs it, for formats in which
 * signatures stand in a place of their own.
 */
#include "payload.h"

#include "core/cpio.h"
#include "core/der.h"
#include "core/mcuboot.h"
#include "core/rauc.h"
#include "core/swu.h"
#include "core/update.h"
#include "signatures.h"
#include "zeros.h"

#include <string.h>

static void put(struct kf_payload_parts *p, const char *name, uint64_t end,
		bool aside)
{
	kf_payload_put(p, kf_text(name), end, aside);
}

/* is_over tells whether a section begins in front of the last header that is
 * left aside: a loader would take these bytes for the section's too. */
static bool is_over(const struct kf_signatures *file,
		    const struct kf_pe_section *s)
{
	uint64_t end = (uint64_t)file->pe.checksum_at + 4;

	if (file->has_place)
		end = (uint64_t)file->pe.security_at + 8;
	return s->raw_at < end;
}

/* put_section adds one section, with what stands in front of it. What two of
 * them share counts once. */
static enum kf_status put_section(struct kf_payload_parts *p,
				  const struct kf_signatures *file,
				  const struct kf_pe_section *s)
{
	uint8_t text[KF_PE_NAME_MAX];
	struct kf_bytes name;
	enum kf_status status = kf_pe_name_read(&name, text, s, &file->pe,
						file->source);

	if (status != KF_OK)
		return status;
	if (!kf_arena_keep(p->env->arena, &name, name))
		return KF_NO_MEMORY;
	p->odd |= is_over(file, s);
	put(p, "between sections", s->raw_at, false);
	kf_payload_put(p, name, (uint64_t)s->raw_at + s->raw_len, false);
	return KF_OK;
}

/* put_sections adds them by their places: each time the first one that has not
 * been there. */
static enum kf_status put_sections(struct kf_payload_parts *p,
				   const struct kf_signatures *file)
{
	bool done[KF_IMAGE_SECTIONS_MAX] = { false };
	enum kf_status status = KF_OK;
	struct kf_pe_section s, next;

	for (uint32_t n = 0; n < file->pe.num_sections && status == KF_OK;
	     n++) {
		uint32_t which = KF_IMAGE_SECTIONS_MAX;

		for (uint32_t i = 0; i < file->pe.num_sections; i++) {
			status = kf_pe_section_read(&s, &file->pe,
						    file->source, i);
			if (status != KF_OK)
				return status;
			if (done[i] || (which < KF_IMAGE_SECTIONS_MAX &&
					s.raw_at >= next.raw_at))
				continue;
			which = i;
			next = s;
		}
		if (which == KF_IMAGE_SECTIONS_MAX)
			break;
		done[which] = true;
		if (next.raw_len)
			status = put_section(p, file, &next);
	}
	return status;
}

enum kf_status kf_payload_pe(struct kf_payload_parts *p, bool *fits)
{
	struct kf_signatures *file = kf_arena_take(p->env->arena,
						   sizeof(*file));
	const struct kf_source *source = p->out->source;
	enum kf_status status;

	if (!file)
		return KF_NO_MEMORY;
	status = kf_signatures_read(file, source, p->env);
	if (status != KF_OK)
		return status;
	*fits = !file->unfit && !file->broken.field && !file->too_many &&
		!file->behind_len;
	if (!*fits)
		return KF_OK;
	put(p, "headers", file->pe.checksum_at, false);
	put(p, "checksum", (uint64_t)file->pe.checksum_at + 4, true);
	if (file->has_place) {
		put(p, "headers", file->pe.security_at, false);
		put(p, "certificate table's entry",
		    (uint64_t)file->pe.security_at + 8, true);
	}
	put(p, "headers", file->pe.headers_len, false);
	status = put_sections(p, file);
	put(p, "behind the sections", file->image_len, false);
	put(p, "certificate table", source->size, true);
	p->out->pad = kf_signatures_image(file).pad;
	return status;
}

enum kf_status kf_payload_auth(struct kf_payload_parts *p, bool *fits)
{
	const struct kf_source *source = p->out->source;
	uint8_t head[KF_UPDATE_HEADER_LEN];
	size_t len = source->size < sizeof(head) ? (size_t)source->size
						 : sizeof(head);
	struct kf_update u;

	*fits = true;
	if (!source->read_at(source->self, 0, head, len))
		return KF_CANNOT_READ;
	if (!kf_update_likely(kf_view(head, len))) {
		put(p, "value", source->size, false);
		return KF_OK;
	}
	kf_update_read(&u, kf_view(head, len), source->size);
	*fits = u.adds_up && u.is_pkcs7 && !u.damage.field;
	put(p, "time", KF_UPDATE_TIME_LEN, true);
	put(p, "signature", u.value_at, true);
	put(p, "value", source->size, false);
	return KF_OK;
}

/* inner steps into an element of a tag, which has to be told whole. */
static bool inner(struct kf_cursor *c, uint8_t tag, uint64_t *at,
		  struct kf_bytes *value)
{
	struct kf_der e;

	if (!kf_der_next(&e, c) || e.tag != tag || e.indefinite)
		return false;
	*value = e.value;
	*at = kf_at(c) - e.value.len;
	return true;
}

/* only steps into an element that is all there is. */
static bool only(struct kf_cursor *c, uint8_t tag, uint64_t *at)
{
	struct kf_bytes value;

	if (!inner(c, tag, at, &value) || kf_more(c))
		return false;
	*c = kf_cursor_over(value, *at);
	return true;
}

/* find_signed steps into SignedData. Source: RFC 5652, 3 and 5.1. */
static bool find_signed(struct kf_cursor *c, uint64_t *at)
{
	static const uint8_t signed_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7,
					       0x0d, 0x01, 0x07, 0x02 };
	struct kf_bytes type;

	return only(c, 0x30, at) && inner(c, 0x06, at, &type) &&
	       kf_equal(type, kf_view(signed_data, sizeof(signed_data))) &&
	       only(c, 0xa0, at) && only(c, 0x30, at);
}

/* find_content finds the manifest that a CMS carries: it is in there where the
 * bundle's format is verity. `*len` 0: there is none. Returns false where the
 * CMS is not told so that this can be known.
 * Source: RFC 5652, 5.1 and 5.2. */
static bool find_content(uint64_t *at, uint64_t *len, struct kf_bytes cms,
			 uint64_t cms_at)
{
	struct kf_cursor c = kf_cursor_over(cms, cms_at);
	struct kf_bytes v;

	*len = 0;
	if (!find_signed(&c, at) || !inner(&c, 0x02, at, &v) ||
	    !inner(&c, 0x31, at, &v) || !inner(&c, 0x30, at, &v))
		return false;
	c = kf_cursor_over(v, *at);
	if (!inner(&c, 0x06, at, &v))
		return false;
	if (!kf_more(&c))
		return true;
	if (!only(&c, 0xa0, at) || !only(&c, 0x04, at))
		return false;
	*len = kf_left(&c);
	return true;
}

enum kf_status kf_payload_rauc(struct kf_payload_parts *p, bool *fits)
{
	const struct kf_source *source = p->out->source;
	uint64_t at = 0, len = 0;
	struct kf_rauc bundle;
	struct kf_bytes cms;
	enum kf_status status = kf_rauc_read(&bundle, source);

	if (status == KF_OK)
		status = kf_rauc_cms(&cms, &bundle, source, p->env);
	if (status == KF_WRONG_USE) {
		/* No bundle yet: the image that one is made of. */
		*fits = true;
		put(p, "squashfs", source->size, false);
		return KF_OK;
	}
	if (status != KF_OK)
		return status;
	*fits = find_content(&at, &len, cms, bundle.cms_at);
	put(p, "squashfs", bundle.payload_len, false);
	/* Of another kind: without the CMS, a longer image of the format plain
	 * would be the same bytes. */
	if (len) {
		p->out->kind = KF_PAYLOAD_RAUC_VERITY;
		put(p, "CMS", at, true);
		put(p, "manifest in the CMS", at + len, false);
	}
	put(p, "CMS", bundle.cms_at + bundle.cms_len, true);
	put(p, "length of the CMS", source->size, true);
	return KF_OK;
}

/* put_entries adds an area of MCUboot's that stands behind what is signed. It
 * ends the file: with its head aside nothing else would tell an entry from
 * bytes behind the last one, which no device reads. One that does not add up
 * is no part of such a file. */
static enum kf_status put_entries(struct kf_payload_parts *p, bool *fits)
{
	const struct kf_source *source = p->out->source;
	uint64_t start = p->at, left = source->size - start;
	struct kf_mcuboot_entry e;
	struct kf_bytes area;
	struct kf_cursor c;
	enum kf_status status;

	*fits = !left;
	if (!left || left > KF_MCUBOOT_AREA_MAX)
		return KF_OK;
	status = kf_source_keep(&area, source, p->env, start, left);
	if (status != KF_OK)
		return status;
	c = kf_cursor_over(area, start);
	if (kf_u16le(&c, "magic") != KF_MCUBOOT_PLAIN ||
	    kf_u16le(&c, "size") != area.len || c.damage.field)
		return KF_OK;
	while (kf_mcuboot_next(&e, &c))
		;
	*fits = !c.damage.field;
	if (!*fits)
		return KF_OK;
	c = kf_cursor_over(area, start);
	kf_skip(&c, KF_MCUBOOT_AREA_LEN, "area");
	put(p, "head of the entries", kf_at(&c), true);
	while (kf_mcuboot_next(&e, &c)) {
		const char *name = kf_mcuboot_type_name(e.type);

		put(p, name ? name : "entry", kf_at(&c),
		    kf_mcuboot_is_signing(e.type));
	}
	return KF_OK;
}

/* is_protected tells whether the protected area is as the header says. */
static enum kf_status is_protected(bool *out, const struct kf_source *source,
				   uint64_t at, uint16_t len)
{
	uint8_t head[KF_MCUBOOT_AREA_LEN];
	struct kf_cursor c;

	*out = !len;
	if (!len || len < sizeof(head) || len > source->size - at)
		return KF_OK;
	if (!source->read_at(source->self, at, head, sizeof(head)))
		return KF_CANNOT_READ;
	c = kf_cursor_over(kf_view(head, sizeof(head)), at);
	*out = kf_u16le(&c, "magic") == KF_MCUBOOT_PROTECTED &&
	       kf_u16le(&c, "size") == len;
	return KF_OK;
}

enum kf_status kf_payload_mcuboot(struct kf_payload_parts *p, bool *fits)
{
	const struct kf_source *source = p->out->source;
	uint8_t head[KF_MCUBOOT_HEADER_LEN];
	struct kf_mcuboot h;
	enum kf_status status;
	uint64_t end;

	if (source->size < sizeof(head))
		return KF_OK;
	if (!source->read_at(source->self, 0, head, sizeof(head)))
		return KF_CANNOT_READ;
	kf_mcuboot_header(&h, kf_view(head, sizeof(head)));
	end = (uint64_t)h.header_len + h.image_len;
	if (h.magic != KF_MCUBOOT_MAGIC || h.header_len < sizeof(head) ||
	    end > source->size)
		return KF_OK;
	status = is_protected(fits, source, end, h.protected_len);
	if (status != KF_OK || !*fits)
		return status;
	put(p, "header", h.header_len, false);
	put(p, "image", end, false);
	put(p, "protected entries", end + h.protected_len, false);
	return put_entries(p, fits);
}

enum kf_status kf_payload_swupdate(struct kf_payload_parts *p, bool *fits)
{
	struct kf_cpio cpio = { .source = p->out->source };
	const struct kf_source *source = cpio.source;
	struct kf_cpio_file file;
	enum kf_status status;
	bool zeros = false;

	for (size_t i = 0; i <= KF_SWU_FILES_MAX; i++) {
		bool aside;

		status = kf_cpio_next(&file, &cpio, p->env);
		if (status != KF_OK)
			return status;
		if (cpio.damage.field || !file.whole)
			return KF_OK;
		if (i == 0 && !kf_equal(file.name,
					kf_text(KF_SWU_DESCRIPTION)))
			return KF_OK;
		if (kf_cpio_is_trailer(&file))
			break;
		aside = i == 1 && kf_equal(file.name,
					   kf_text(KF_SWU_SIGNATURE));
		kf_payload_put(p, file.name, cpio.at, aside);
	}
	*fits = kf_cpio_is_trailer(&file);
	kf_payload_put(p, kf_text("trailer"), cpio.at, false);
	status = kf_are_zeros(&zeros, source, p->env, p->at,
				  source->size - p->at);
	put(p, "behind the trailer", source->size, zeros);
	return status;
}
