/* FIT-4, FIT-5: which configuration is started: the one that was asked for,
 * the one for the board, or the default one.
 *
 * Source: U-Boot 2023.01, boot/image-fit.c: fit_image_load,
 * fit_conf_find_compat, fit_conf_get_node; libfdt, fdt_ro.c:
 * fdt_stringlist_contains.
 */
#include "u_boot_fit.h"

#include <string.h>

enum { COMPATIBLE_MAX = 4096 };

/* keep_list keeps a list of texts, and one byte more: libfdt looks at it. */
static bool keep_list(struct fit_configuration *c, struct kf_fdt *fdt,
		      const struct kf_fdt_prop *prop, struct kf_env *env)
{
	uint8_t *copy;

	if (prop->len > COMPATIBLE_MAX)
		return true;
	copy = kf_arena_take(env->arena, (size_t)prop->len + 1);
	if (!copy) {
		fdt->status = KF_NO_MEMORY;
		return false;
	}
	c->compatible = kf_view(copy, prop->len);
	c->has_compatible = true;
	return kf_fdt_peek(fdt, prop->at, copy, (size_t)prop->len + 1);
}

/* readable: U-Boot looks into a device tree that is not packed. */
static bool readable(const struct fit_image *image)
{
	return image->has_compression && fit_is(image->compression, "none") &&
	       !image->data_fault && !image->data_far;
}

/* of_tree takes the list from the device tree that a configuration names. */
static bool of_tree(struct fit_file *file, struct fit_configuration *c,
		    struct kf_env *env)
{
	struct kf_fdt *fdt = &file->fdt;
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, c->node, "fdt");
	const struct fit_image *image;
	struct kf_fdt_prop inner;
	struct kf_bytes name;
	struct kf_fdt tree;

	if (!prop || !kf_fdt_text(&name, fdt, prop, env))
		return fdt->status == KF_OK;
	image = fit_image_of(file, kf_fdt_child(fdt, file->images, name));
	if (!image || !readable(image))
		return true;
	if (kf_fdt_root(&tree, &inner, fdt->source, image->data_at,
			"compatible", env))
		return keep_list(c, fdt, &inner, env);
	fdt->status = tree.status;
	c->wild = tree.damage.field && image->data_at + tree.struct_at + 4 >
				       fdt->source->size;
	return fdt->status == KF_OK;
}

enum kf_status fit_compatible(struct fit_file *file,
			      struct fit_configuration *c, struct kf_env *env)
{
	struct kf_fdt *fdt = &file->fdt;
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, c->node,
						     "compatible");

	if (prop ? keep_list(c, fdt, prop, env) : of_tree(file, c, env))
		return KF_OK;
	return fdt->status;
}

/* contains tells whether a list has a text, as libfdt looks for it. */
static bool contains(struct kf_bytes list, struct kf_bytes text)
{
	const uint8_t *from = list.data;
	size_t left = list.len;

	while (left >= text.len) {
		const uint8_t *nul;

		if (memcmp(from, text.data, text.len) == 0 &&
		    from[text.len] == '\0')
			return true;
		nul = left ? memchr(from, 0, left) : NULL;
		if (!nul)
			return false;
		left -= (size_t)(nul - from) + 1;
		from = nul + 1;
	}
	return false;
}

/* by_name finds a configuration. What stands behind "#" names others that are
 * laid over it. */
static const struct fit_configuration *by_name(const struct fit_file *file,
					       struct kf_bytes name)
{
	const uint8_t *hash = name.len ? memchr(name.data, '#', name.len)
				       : NULL;

	if (hash)
		name.len = (size_t)(hash - name.data);
	return fit_configuration_of(file,
				    kf_fdt_child(&file->fdt,
						 file->configurations, name));
}

static const struct fit_configuration *missing(struct fit_case *k,
					       const char *rule,
					       const char *text)
{
	fit_reject(k, KF_REASON_CONFIGURATION_MISSING, rule);
	kf_prove_text(&k->out->why, text);
	return NULL;
}

/* by_default takes the configuration that the file calls its default. */
static const struct fit_configuration *by_default(struct fit_case *k)
{
	const struct fit_file *file = k->file;
	const struct fit_configuration *c;

	if (!file->has_default)
		return missing(k, "FIT-5", "the file has no default one");
	c = by_name(file, file->default_name);
	return c ? c : missing(k, "FIT-5", "its default one is not there");
}

/* place_of is the place of the first text of the device's list that is on a
 * configuration's, below `end`; `end` where none is. */
static size_t place_of(const struct fit_configuration *c,
		       struct kf_bytes device, size_t end)
{
	struct kf_bytes text;

	for (size_t i = 0; c->has_compatible && i < end &&
	     kf_fdt_list_at(&text, device, i); i++)
		if (contains(c->compatible, text))
			return i;
	return end;
}

/* by_board takes the configuration whose list fits the device's best. */
static const struct fit_configuration *by_board(struct fit_case *k)
{
	const struct fit_file *file = k->file;
	const struct fit_configuration *best = NULL, *usual = NULL;
	size_t place = SIZE_MAX - 1;

	if (k->profile->falls_back && file->has_default)
		usual = fit_configuration_of(file,
				kf_fdt_child(&file->fdt, file->configurations,
					     file->default_name));
	for (uint32_t n = 0; n < file->num_configurations; n++) {
		const struct fit_configuration *c = &file->configuration[n];
		size_t end = place + (c == usual && best);
		size_t found = place_of(c, k->trust->compatible, end);

		k->wild |= c->wild;
		if (found == end)
			continue;
		best = c;
		place = found;
	}
	return best;
}

const struct fit_configuration *fit_choose(struct fit_case *k)
{
	const struct fit_file *file = k->file;
	const char *name = k->trust->configuration;
	const struct fit_configuration *c;

	if (file->configurations == KF_FDT_NONE)
		return missing(k, "FIT-4", "the file has no /configurations");
	if (name) {
		c = by_name(file, kf_text(name));
		return c ? c : missing(k, "FIT-4",
				       "the one that is asked for is not there");
	}
	if (!k->trust->best_match)
		return by_default(k);
	c = by_board(k);
	if (c)
		return c;
	if (k->profile->falls_back)
		return by_default(k);
	return missing(k, "FIT-5", k->trust->has_compatible
		       ? "none is for the device's compatible, and this U-Boot does not look at the default one"
		       : "the device tree of the device has no compatible");
}
