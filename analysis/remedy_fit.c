/* What would let a FIT image start: another of its configurations, or a
 * signature by a key that the device has.
 */
#include "remedy_try.h"

#include "core/fitkey.h"

enum { CONFIGURATIONS_TRIED = 16 };

/* other_configurations offers the first one that the device starts. */
static void other_configurations(struct kf_attempt *a, const struct kf_fdt *fdt)
{
	uint32_t parent = kf_fdt_child(fdt, 0, kf_text("configurations"));
	uint32_t i = parent == KF_FDT_NONE ? KF_FDT_NONE
					   : fdt->node[parent].child;

	for (int tried = 0; i != KF_FDT_NONE && a->num < a->max &&
	     a->status == KF_OK && tried < CONFIGURATIONS_TRIED; tried++) {
		struct kf_remedy *r = kf_offer(a, KF_ASK_OTHERWISE);

		r->setting = "configuration";
		r->value = (const char *)fdt->node[i].name.data;
		if (r->value[0] && kf_try_setting(a, r->setting, r->value))
			return;
		a->num--;
		i = fdt->node[i].next;
	}
}

/* names_more tells whether a configuration names images that mkimage of 2023
 * leaves out, where nobody tells it what to sign.
 * Source: U-Boot 2023.01, tools/image-host.c: fit_config_get_image_list. */
static bool names_more(const struct kf_fdt *fdt, uint32_t node)
{
	static const char *const kinds[] = { "ramdisk", "loadables",
					     "firmware", "fpga", "setup",
					     "standalone" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kf_fdt_find(fdt, node, kinds[i]))
			return true;
	return false;
}

/* pads_otherwise tells whether one of a configuration's signatures has a
 * padding of its own, which mkimage keeps and this device may not have. */
static bool pads_otherwise(const struct kf_fdt *fdt, uint32_t node)
{
	uint32_t i = fdt->node[node].child;

	while (i != KF_FDT_NONE && !kf_fdt_find(fdt, i, "padding"))
		i = fdt->node[i].next;
	return i != KF_FDT_NONE;
}

/* is_outside: mkimage -F hashes what is inside the tree. */
static bool is_outside(const struct kf_fdt *fdt, uint32_t node)
{
	return kf_fdt_find(fdt, node, "data-offset") ||
	       kf_fdt_find(fdt, node, "data-position");
}

/* any_of tells whether one of the nodes below one of the root's is so. */
static bool any_of(const struct kf_fdt *fdt, const char *parent,
		   bool (*is)(const struct kf_fdt *fdt, uint32_t node))
{
	uint32_t i = kf_fdt_child(fdt, 0, kf_text(parent));

	i = i == KF_FDT_NONE ? i : fdt->node[i].child;
	for (; i != KF_FDT_NONE; i = fdt->node[i].next)
		if (is(fdt, i))
			return true;
	return false;
}

/* sign_with offers a key by which the configuration would start. */
static void sign_with(struct kf_attempt *a, const struct kf_fdt *image,
		      const struct kf_fit_key *key)
{
	struct kf_remedy *r;
	struct kf_key public;
	enum kf_status status = kf_fit_key_public(&public, key, a->env);

	if (status != KF_OK && status != KF_WRONG_USE)
		a->status = status;
	if (status != KF_OK || a->num == a->max)
		return;
	r = kf_offer(a, KF_SIGN_CONFIGURATION);
	r->part = "dtb";
	r->key = (const char *)key->name.data;
	r->whole = (kf_is_why(a, "required-signature-invalid") ||
		    kf_is_why(a, "image-hash-mismatch")) &&
		   !any_of(image, "images", is_outside) &&
		   !any_of(image, "configurations", names_more) &&
		   !any_of(image, "configurations", pads_otherwise);
	if (!kf_try_file(a, a->artifact->source, &public.spki, 1))
		a->num--;
}

/* sign offers the keys that the device requires; any one that would do. */
static void sign(struct kf_attempt *a, const struct kf_fdt *image,
		 struct kf_bytes tree)
{
	struct kf_source source = kf_bytes_source(&tree);
	struct kf_fit_keys keys;
	size_t before = a->num;
	struct kf_fdt fdt;

	a->status = kf_fdt_read(&fdt, &source, 0, a->env);
	if (a->status != KF_OK || fdt.damage.field || fdt.trouble)
		return;
	a->status = kf_fit_keys_read(&keys, &fdt, a->env);
	for (uint32_t i = 0; a->status == KF_OK && i < keys.num_keys &&
	     a->num == before; i++)
		if (keys.key[i].has_required)
			sign_with(a, image, &keys.key[i]);
}

void kf_remedies_of_fit(struct kf_attempt *a)
{
	const struct kf_part *dtb = kf_store_part(a->store, "dtb");
	struct kf_fdt fdt;

	a->status = kf_fdt_read(&fdt, a->artifact->source, 0, a->env);
	if (a->status != KF_OK || fdt.damage.field || fdt.trouble)
		return;
	other_configurations(a, &fdt);
	if (a->status == KF_OK && dtb && dtb->presence == KF_PRESENT)
		sign(a, &fdt, dtb->bytes);
}
