/* What a person should know though the update is taken.
 *
 * Source: fwupd/fwupd, src/fu-engine-requirements.c
 * (fu_engine_requirements_check), plugins/uefi-capsule/README.md, tag 2.0.20.
 */
#include "fwupd.h"

/* requirements: what the metainfo file asks of the device is not compared. */
static void requirements(struct fwupd_case *k)
{
	const struct kf_element *requires = kf_markup_child(
		k->component->element, NULL, "requires", NULL, NULL);
	struct kf_finding *w;

	if (!requires || !requires->first)
		return;
	w = kf_warn(k->out, KF_REASON_REQUIREMENT_NOT_ASKED, "FWUPD-7");
	if (w)
		kf_prove_text(w, kf_jcat_text(&k->ask,
					      requires->first->name));
}

/* capsule: the payload is for the machine's own firmware, by what the metainfo
 * file says of how it is written. */
static void capsule(struct fwupd_case *k)
{
	const struct kf_element *custom = NULL, *value = NULL;
	struct kf_finding *w;

	while (!value && (custom = kf_markup_child(k->component->element,
						   custom, "custom", NULL,
						   NULL)))
		value = kf_markup_child(custom, NULL, "value", "key",
					"LVFS::UpdateProtocol");
	if (!value || !kf_markup_is(value->text, "org.uefi.capsule"))
		return;
	w = kf_warn(k->out, KF_REASON_CAPSULE_NOT_JUDGED, "FWUPD-8");
	if (w)
		kf_prove_text(w, kf_jcat_text(&k->ask,
			k->component->release->payload->name));
}

/* replaced tells of signatures that libjcat does not keep. */
static void replaced(struct fwupd_case *k)
{
	const struct kf_jcat_item *i = k->update->cabinet.jcat.item;

	for (; i; i = i->next)
		for (const struct kf_jcat_blob *b = i->blob; b; b = b->next) {
			struct kf_finding *w;

			if (!b->replaced || !kf_jcat_is_signature(b->kind))
				continue;
			w = kf_warn(k->out, KF_REASON_SIGNATURE_REPLACED,
				    "JCAT-5");
			if (w)
				kf_prove_signature(w, b->number, 0,
						   b->data.len);
		}
}

/* other_version: the device has a fwupd that was not run against these rules,
 * or it is not known which one it has. */
static void other_version(struct fwupd_case *k)
{
	static const char told[] = "2.0.20";
	const char *version = k->device->version;
	struct kf_bytes text = kf_text(version), own = kf_text(told);
	struct kf_finding *w;

	if (!version || (kf_equal(kf_part_of(text, 0, own.len), own) &&
			 (text.len == own.len || text.data[own.len] == '-')))
		return;
	w = kf_warn(k->out, KF_REASON_VERIFIER_NOT_RUN, NULL);
	if (w)
		kf_prove_text(w, text.len ? version
					  : "its version is not known");
}

void fwupd_warn(struct fwupd_case *k)
{
	other_version(k);
	replaced(k);
	if (k->out->answer != KF_ACCEPT)
		return;
	if (!k->device->installed)
		(void)kf_warn(k->out, KF_REASON_VERSION_NOT_COMPARED,
			      "FWUPD-6");
	requirements(k);
	capsule(k);
}
