/* What is read of the protected area alone: the counter that is kept, and what
 * an image depends on. MCUBOOT-25, MCUBOOT-29.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/bootutil_img_security_cnt.c:
 * bootutil_get_img_security_cnt; loader.c:boot_verify_slot_dependencies,
 * boot_verify_slot_dependency.
 */
#include "mcuboot.h"

enum { DEPENDENCY_LEN = 12, RANK = 35, COUNTER_RANK = 40 };

bool mcuboot_counter(uint32_t *out, const struct mcuboot_image *m)
{
	struct mcuboot_walk w;
	struct kf_cursor c;

	if (m->header.protected_len == 0 || !mcuboot_walk_start(&w, m, true) ||
	    mcuboot_walk_find(&w, KF_MCUBOOT_SEC_CNT) != MCUBOOT_ENTRY ||
	    w.entry.len != 4)
		return false;
	c = kf_cursor_over(w.entry.value, w.entry.at);
	*out = kf_u32le(&c, "SEC_CNT");
	return true;
}

bool mcuboot_readable_counter(struct mcuboot_case *k, const char *outcome)
{
	uint32_t value;

	if (mcuboot_counter(&value, k->image) ||
	    !mcuboot_is(k, MCUBOOT_Q_ROLLBACK))
		return true;
	mcuboot_refuse(k, KF_REASON_COUNTER_MISSING, "MCUBOOT-25",
		       COUNTER_RANK);
	kf_prove_text(&k->run.why, "it has one, but not among what is protected: validation passes, and what comes after it fails");
	k->run.outcome = outcome;
	return false;
}

/* met tells whether one dependency is. */
static bool met(struct mcuboot_case *k, const struct mcuboot_image *m,
		const struct kf_mcuboot_entry *e)
{
	const struct mcuboot_device *d = k->device;
	struct kf_cursor c = kf_cursor_over(e->value, e->at);
	struct kf_mcuboot_version wanted;
	uint8_t image = kf_u8(&c, "image_id");

	kf_skip(&c, 3, "_pad1");
	wanted.major = kf_u8(&c, "iv_major");
	wanted.minor = kf_u8(&c, "iv_minor");
	wanted.revision = kf_u16le(&c, "iv_revision");
	wanted.build = kf_u32le(&c, "iv_build_num");
	if (e->len != DEPENDENCY_LEN || image >= d->num_images)
		return false;
	if (image == d->image)
		return mcuboot_compare(k, &m->header.version, &wanted) >= 0;
	if (d->has_other)
		return mcuboot_compare(k, &d->other, &wanted) >= 0;
	return !mcuboot_is(k, MCUBOOT_Q_OTHER);
}

bool mcuboot_dependencies(struct mcuboot_case *k,
			  const struct mcuboot_image *m)
{
	enum mcuboot_step step;
	struct mcuboot_walk w;

	if (!mcuboot_walk_start(&w, m, true))
		return true;
	while ((step = mcuboot_walk_find(&w, KF_MCUBOOT_DEPENDENCY)) ==
	       MCUBOOT_ENTRY)
		if (mcuboot_is(k, MCUBOOT_Q_IMAGES) && !met(k, m, &w.entry))
			break;
	if (step == MCUBOOT_END ||
	    (step == MCUBOOT_BROKEN && !mcuboot_is(k, MCUBOOT_Q_IMAGES)))
		return true;
	mcuboot_refuse(k, KF_REASON_DEPENDENCY_UNMET, "MCUBOOT-29", RANK);
	kf_prove_field(&k->run.why, "DEPENDENCY", w.entry.at, w.entry.len);
	return false;
}
