/* From entry to entry. MCUBOOT-2, MCUBOOT-3, MCUBOOT-4.
 *
 * Who asks for protected entries alone is held to the end of the protected
 * area; who asks for all is held to the end of the plain one, and an entry may
 * then reach from the first into the second.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/tlv.c: bootutil_tlv_iter_begin,
 * bootutil_tlv_iter_next.
 */
#include "mcuboot.h"

bool mcuboot_walk_start(struct mcuboot_walk *out,
			const struct mcuboot_image *m, bool only_protected)
{
	uint64_t at = m->areas_at;
	uint16_t magic = mcuboot_u16(m, at);
	uint16_t total = mcuboot_u16(m, at + 2);

	out->image = m;
	out->only_protected = only_protected;
	if (magic == KF_MCUBOOT_PROTECTED) {
		if (total != m->header.protected_len)
			return false;
		magic = mcuboot_u16(m, at + total);
		total = mcuboot_u16(m, at + total + 2);
	} else if (m->header.protected_len) {
		return false;
	}
	if (magic != KF_MCUBOOT_PLAIN)
		return false;
	out->protected_end = at + m->header.protected_len;
	out->end = out->protected_end + total;
	out->at = at + KF_MCUBOOT_AREA_LEN;
	return true;
}

/* value is the bytes of an entry, as far as the file has them. */
static struct kf_bytes value(const struct mcuboot_image *m, uint64_t at,
			     uint16_t len)
{
	return kf_part_of(m->areas, at - m->areas_at, len);
}

/* is_done steps over the plain area's header, and tells whether the walk is
 * at its end. */
static bool is_done(struct mcuboot_walk *w)
{
	if (w->at >= w->end)
		return true;
	if (w->only_protected)
		return w->at >= w->protected_end;
	if (w->image->header.protected_len && w->at == w->protected_end)
		w->at += KF_MCUBOOT_AREA_LEN;
	return w->at >= w->end;
}

enum mcuboot_step mcuboot_walk_next(struct mcuboot_walk *w)
{
	const struct mcuboot_image *m = w->image;
	uint64_t end = w->only_protected ? w->protected_end : w->end;

	if (is_done(w))
		return MCUBOOT_END;
	if (w->at > end || end - w->at < KF_MCUBOOT_ENTRY_LEN)
		return MCUBOOT_BROKEN;
	w->entry.type = mcuboot_u16(m, w->at);
	w->entry.len = mcuboot_u16(m, w->at + 2);
	w->entry.at = w->at + KF_MCUBOOT_ENTRY_LEN;
	if (w->entry.len > end - w->entry.at)
		return MCUBOOT_BROKEN;
	w->entry.value = value(m, w->entry.at, w->entry.len);
	w->at = w->entry.at + w->entry.len;
	return MCUBOOT_ENTRY;
}

enum mcuboot_step mcuboot_walk_find(struct mcuboot_walk *w, uint16_t type)
{
	enum mcuboot_step step;

	do {
		step = mcuboot_walk_next(w);
	} while (step == MCUBOOT_ENTRY && w->entry.type != type);
	return step;
}
