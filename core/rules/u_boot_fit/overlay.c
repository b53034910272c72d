/* FIT-24: whether a device tree can be laid over another one. The plain reasons
 * why it cannot be are looked for, and what changes nothing is let pass. All
 * else is not known.
 *
 * Source: U-Boot 2023.01, scripts/dtc/libfdt/fdt_overlay.c: fdt_overlay_apply,
 * overlay_fixup_phandles, overlay_merge, fdt_overlay_target_offset;
 * boot/image-fit.c: boot_get_fdt_fit.
 */
#include "u_boot_fit.h"

#include <string.h>

static const char may_fail[] =
	"device trees are laid over each other, and that can fail";

static bool unusable(struct fit_case *k, const struct fit_image *image,
		     const char *text)
{
	return fit_refuse(k, KF_REASON_IMAGE_UNUSABLE, "FIT-24", image->node,
			  text);
}

/* node_at finds a node by its path, which has no "@" left out. */
static uint32_t node_at(const struct kf_fdt *fdt, struct kf_bytes path)
{
	uint32_t node = 0;

	while (path.len && node != KF_FDT_NONE) {
		const uint8_t *slash = memchr(path.data, '/', path.len);
		size_t len = slash ? (size_t)(slash - path.data) : path.len;

		if (len)
			node = kf_fdt_child(fdt, node,
					    kf_part_of(path, 0, len));
		len += slash ? 1 : 0;
		path = kf_part_of(path, len, path.len - len);
	}
	return node;
}

/* labels_there: what the tree leaves open has to be among the symbols of the
 * one that it is laid over. */
static bool labels_there(struct fit_case *k, const struct kf_fdt *base,
			 const struct kf_fdt *over,
			 const struct fit_image *image)
{
	uint32_t fixups = kf_fdt_child(over, 0, kf_text("__fixups__"));
	uint32_t symbols = kf_fdt_child(base, 0, kf_text("__symbols__"));
	const struct kf_fdt_node *n;

	if (fixups == KF_FDT_NONE)
		return true;
	n = &over->node[fixups];
	for (uint32_t i = 0; i < n->num_props; i++) {
		const char *label = (const char *)
			over->prop[n->first_prop + i].name.data;

		if (symbols == KF_FDT_NONE ||
		    !kf_fdt_find(base, symbols, label))
			return unusable(k, image,
					"it is laid over a device tree, and names a label that is not among the __symbols__ of that");
	}
	if (n->num_props)
		fit_doubt(k, "FIT-24", "a device tree with labels is laid over another one");
	return true;
}

/* place_there: the place of the first piece has to be in the tree itself, where
 * it is told by a path that has no short form. */
static bool place_there(struct fit_case *k, const struct kf_fdt *base,
			struct kf_fdt *over, uint32_t piece,
			const struct fit_image *image)
{
	const struct kf_fdt_prop *path = kf_fdt_find(over, piece,
						     "target-path");
	struct kf_bytes text;

	if (!path || kf_fdt_find(over, piece, "target"))
		return true;
	if (!kf_fdt_text(&text, over, path, k->env))
		return false;
	return text.len == 0 || text.data[0] != '/' ||
	       memchr(text.data, '@', text.len) ||
	       node_at(base, text) != KF_FDT_NONE ||
	       unusable(k, image, "it is to be laid over a node that the device tree does not have");
}

/* places_there looks at the pieces. Those behind the first one may go where
 * another one has made a place. */
static bool places_there(struct fit_case *k, const struct kf_fdt *base,
			 struct kf_fdt *over, const struct fit_image *image)
{
	uint32_t i = over->node[0].child;

	while (i != KF_FDT_NONE &&
	       kf_fdt_child(over, i, kf_text("__overlay__")) == KF_FDT_NONE)
		i = over->node[i].next;
	if (i == KF_FDT_NONE)
		return true;
	if (!k->doubt && !place_there(k, base, over, i, image))
		return false;
	fit_doubt(k, "FIT-24", may_fail);
	return true;
}

/* above_end tells whether a tree says that it is longer than its data. */
static bool above_end(const struct kf_fdt *fdt, const struct fit_image *image)
{
	return !fdt->damage.field && fdt->total_len > image->data_len;
}

static bool is_sound(const struct kf_fdt *fdt)
{
	return !fdt->damage.field && !fdt->trouble && !fdt->cut;
}

/* sound_in_full: U-Boot of 2026 checks each tree as a whole. Returns false
 * where it refuses one; what keyfit does not tell is a doubt. */
static bool sound_in_full(struct fit_case *k, const struct kf_fdt *fdt,
			  const struct fit_image *image)
{
	if (k->profile->copies && above_end(fdt, image))
		return unusable(k, image, "it is longer than its data");
	if (k->profile->copies && fdt->damage.field && !fdt->trouble)
		return unusable(k, image, "it is damaged, and is laid over another one or under it");
	if (!is_sound(fdt))
		fit_doubt(k, "FIT-24", "a device tree that is not sound is laid over another one, or under it");
	return true;
}

/* weigh looks into both trees. */
static bool weigh(struct fit_case *k, const struct kf_fdt *base,
		  struct kf_fdt *over, const struct fit_image *first,
		  const struct fit_image *image)
{
	if (!sound_in_full(k, base, first) || !sound_in_full(k, over, image))
		return false;
	if (!is_sound(base) || !is_sound(over))
		return true;
	if (kf_fdt_child(over, 0, kf_text("__local_fixups__")) !=
		    KF_FDT_NONE ||
	    kf_fdt_child(over, 0, kf_text("__symbols__")) != KF_FDT_NONE)
		fit_doubt(k, "FIT-24", may_fail);
	return labels_there(k, base, over, image) &&
	       places_there(k, base, over, image);
}

bool fit_lay_over(struct fit_case *k, const struct fit_image *base,
		  const struct fit_image *over)
{
	const struct kf_source *source = k->file->fdt.source;
	struct kf_arena arena = *k->env->arena;
	struct kf_env env = *k->env;
	struct kf_fdt below, above;
	bool fits = false;

	if (k->doubt)
		return true;
	if (fit_is_packed(base) ||
	    (fit_is_packed(over) && !k->profile->lazy_overlays)) {
		fit_doubt(k, "FIT-24", "device trees that are packed are laid over each other");
		return true;
	}
	env.arena = &arena;
	k->status = kf_fdt_read(&below, source, base->data_at, &env);
	if (k->status == KF_OK)
		k->status = kf_fdt_read(&above, source, over->data_at, &env);
	if (k->status == KF_OK) {
		struct kf_env *own = k->env;

		k->env = &env;
		fits = weigh(k, &below, &above, base, over);
		k->env = own;
	}
	k->env->steps = env.steps;
	return fits;
}
