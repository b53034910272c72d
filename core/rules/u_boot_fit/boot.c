/* FIT-17 to FIT-21: what bootm does with a FIT, in its order: the
 * configuration, the kernel, what the kernel node has to say, and then, for an
 * operating system that wants them, ramdisk, device tree and loadables.
 *
 * Source: U-Boot 2023.01, boot/bootm.c: bootm_find_os, bootm_find_images;
 * boot/image-fit.c: fit_image_load, boot_get_fdt_fit; boot/image-board.c:
 * select_ramdisk, boot_get_loadable.
 */
#include "u_boot_fit.h"

#include <string.h>

/* loading is what a kind of image has to be. */
struct loading {
	const char *prop;	/* of the configuration */
	const char *type;	/* NULL: any */
	bool kernel, any_os, raw;	/* raw: never unpacked here */
	bool lies_over;			/* another one */
};

static const struct kf_finding nothing;

enum {
	TREES = 2,		/* the place of their list */
};

static const char flat_dt[] = "flat_dt";

static const struct loading kernel = { "kernel", "kernel", true, false,
				       true, false };
static const struct loading ramdisk = { "ramdisk", "ramdisk", false, false,
					true, false };
static const struct loading tree = { "fdt", flat_dt, false, true, false,
				     false };
static const struct loading overlay = { "fdt", flat_dt, false, true, false,
					true };
static const struct loading setup = { "setup", "x86_setup", false, false,
				      false, false };
static const struct loading loadable = { "loadables", NULL, false, true,
					 false, false };

void fit_reject(struct fit_case *k, enum kf_reason_id reason, const char *rule)
{
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, reason, rule);
}

bool fit_refuse(struct fit_case *k, enum kf_reason_id reason, const char *rule,
		uint32_t node, const char *text)
{
	fit_reject(k, reason, rule);
	fit_prove_node(&k->out->why, &k->file->fdt, node);
	kf_prove_text(&k->out->why, text);
	return false;
}

static bool unusable(struct fit_case *k, const char *rule,
		     const struct fit_image *image, const char *text)
{
	return fit_refuse(k, KF_REASON_IMAGE_UNUSABLE, rule, image->node,
			  text);
}

static bool among(struct kf_bytes text, const char *const *words)
{
	for (; *words; words++)
		if (fit_is(text, *words))
			return true;
	return false;
}

static bool type_fits(const struct fit_case *k, const struct fit_image *image,
		      const struct loading *l)
{
	static const char *const any[] = { "firmware", "tee", NULL };

	if (!image->has_type)
		return false;
	return fit_is(image->type, l->type) || among(image->type, any) ||
	       (l->kernel && fit_is(image->type, "kernel_noload")) ||
	       (k->profile->more_types && fit_is(image->type, "tfa-bl31"));
}

static bool os_fits(const struct fit_case *k, const struct fit_image *image)
{
	static const char *const systems[] = { "linux", "u-boot", "tee", "efi",
					       "vxworks", NULL };

	return image->has_os &&
	       (among(image->os, systems) ||
		(k->profile->more_types && fit_is(image->os, "elf")));
}

/* verified: signatures that images need, and hashes. */
static bool verified(struct fit_case *k, const struct fit_image *image)
{
	if (image->data_fault)
		return unusable(k, "FIT-14", image, image->data_fault);
	if (!k->trust->verify)
		return true;
	if (!fit_require_image(k, image))
		return false;
	if (!image->hash.reason)
		return true;
	k->out->answer = KF_REJECT;
	k->out->why = image->hash;
	return false;
}

/* tree_came_out: is what was unpacked a device tree? What is shorter than the
 * header of one has what memory holds behind it. */
static bool tree_came_out(struct fit_case *k, const struct fit_image *image)
{
	const struct fit_unpacked *u = &image->unpacked;
	struct kf_bytes head = kf_view(u->head, sizeof(u->head));
	struct kf_source source = kf_bytes_source(&head);
	bool short_head = u->made < KF_FDT_HEADER_LEN;
	struct kf_fdt fdt;

	if (u->went_on) {
		fit_doubt(k, "FIT-25", "U-Boot 2023.01 goes on after an error of zstd, with what came out until then");
		return true;
	}
	if (u->unknown || (kf_fdt_header(&fdt, &source, 0) && !short_head))
		return true;
	if (short_head && (u->made < 4 || kf_fdt_likely(head))) {
		fit_doubt(k, "FIT-25", "what it unpacks to is shorter than the header of a device tree");
		return true;
	}
	return unusable(k, "FIT-25", image,
			"what it unpacks to is no device tree");
}

/* comes_out: what is packed is unpacked, within bounds. */
static bool comes_out(struct fit_case *k, const struct fit_image *image)
{
	const struct fit_unpacked *u = &image->unpacked;

	if (!fit_unpack(k, image))
		return false;
	if (u->unknown)
		fit_doubt(k, "FIT-25", u->fault);
	else if (u->fault)
		return unusable(k, "FIT-25", image, u->fault);
	else if (u->made > image->data_len * FIT_MADE_MAX)
		return unusable(k, "FIT-25", image,
				"more than 20 times its size comes out of it");
	return true;
}

/* unpacked: what is neither a kernel nor a ramdisk is unpacked at once. */
static bool unpacked(struct fit_case *k, const struct fit_image *image,
		     const struct loading *l)
{
	if (l->raw || (l->lies_over && k->profile->lazy_overlays))
		return true;
	if (fit_is_packed(image))
		return comes_out(k, image) &&
		       (l->type != flat_dt || tree_came_out(k, image));
	return l->type != flat_dt || image->is_tree ||
	       unusable(k, "FIT-20", image, "its data are no device tree");
}

/* loaded does what fit_image_load does, but for the configuration. */
static bool loaded(struct fit_case *k, const struct fit_image *image,
		   const struct loading *l)
{
	if (!verified(k, image))
		return false;
	k->arch = image->arch;
	k->has_arch = image->has_arch;
	if (l->type && !type_fits(k, image, l))
		return unusable(k, "FIT-17", image,
				"its type is not the one that is needed");
	if (!l->any_os && !os_fits(k, image))
		return unusable(k, "FIT-17", image,
				"its os is none that bootm starts");
	k->cut |= image->data_cut;
	if (!k->weak && image->hashed && image->weak)
		k->weak = image;
	return unpacked(k, image, l);
}

/* image_named finds an image by its name. */
static const struct fit_image *image_named(const struct fit_file *file,
					   struct kf_bytes name)
{
	uint32_t node = kf_fdt_child(&file->fdt, file->images, name);

	for (uint32_t i = 0; i < file->num_images; i++)
		if (file->image[i].node == node)
			return &file->image[i];
	return NULL;
}

/* list_of is the list of images that a configuration names for one kind. */
static struct kf_bytes list_of(const struct fit_case *k,
			       const struct loading *l)
{
	static const struct loading *const all[FIT_LISTS] = {
		&kernel, &ramdisk, &tree, &setup, &loadable,
	};

	for (size_t i = 0; i < FIT_LISTS; i++)
		if (all[i] == l)
			return k->configuration->list[i];
	return kf_view(NULL, 0);
}

static const struct fit_image *first_of(const struct fit_case *k,
					const struct loading *l)
{
	struct kf_bytes name;

	return kf_fdt_list_at(&name, list_of(k, l), 0)
		       ? image_named(k->file, name) : NULL;
}

static bool is_x86(const struct fit_image *image)
{
	return fit_is(image->arch, "x86") || fit_is(image->arch, "x86_64");
}

/* addresses: where the kernel is to go, and to start. */
static bool addresses(struct fit_case *k, const struct fit_image *image,
		      bool noload)
{
	const struct fit_image *first;

	if (k->profile->noload && noload)
		return true;
	if (!image->has_load)
		return unusable(k, "FIT-18", image,
				"it has no load address");
	if (is_x86(image)) {
		first = first_of(k, &setup);
		return !first || loaded(k, first, &setup);
	}
	if (!image->has_entry)
		return unusable(k, "FIT-18", image, "it has no entry point");
	return true;
}

/* system_found: what the kernel's node has to say. */
static bool system_found(struct fit_case *k, const struct fit_image *image)
{
	bool noload = fit_is(image->type, "kernel_noload");

	if (image->data_len == 0 && !k->profile->empty_kernel)
		return unusable(k, "FIT-18", image, "it has not one byte");
	if (!image->has_compression)
		return unusable(k, "FIT-18", image, "it has no compression");
	if (!image->has_arch)
		return unusable(k, "FIT-18", image, "it has no arch");
	if (!addresses(k, image, noload))
		return false;
	if (noload && !k->profile->noload && fit_is(image->arch, "arm64") &&
	    !image->is_arm64)
		return unusable(k, "FIT-18", image,
				"it is no kernel for arm64");
	return true;
}

/* more_trees tells whether device trees are to be laid over the first one: the
 * configuration names them, or others were asked for behind a "#". */
static bool more_trees(const struct fit_case *k)
{
	struct kf_bytes list = list_of(k, &tree), name;
	struct kf_bytes asked = kf_text(k->trust->configuration);
	bool sound = list.len && list.data[list.len - 1] == '\0';

	return (sound && kf_fdt_list_at(&name, list, 1)) ||
	       (asked.len && memchr(asked.data, '#', asked.len));
}

/* in_place tells whether a device tree stays where it is in the FIT itself,
 * where nothing can be laid over it. */
static bool in_place(const struct fit_case *k, const struct fit_image *image)
{
	const struct kf_fdt *fdt = &k->file->fdt;

	return !k->profile->copies && !image->has_load &&
	       !fit_is_packed(image) &&
	       image->data_at - fdt->base < fdt->total_len;
}

/* in_its_place is what U-Boot takes for a device tree that is not there: that
 * of the configuration which it would start if none were asked for. */
static const struct fit_image *in_its_place(struct fit_case *k)
{
	const struct fit_trust *real = k->trust;
	const struct fit_configuration *c;
	struct fit_trust asked = *real;
	struct kf_bytes name;

	asked.configuration = NULL;
	k->trust = &asked;
	c = fit_choose(k);
	k->trust = real;
	return c && kf_fdt_list_at(&name, c->list[TREES], 0)
		       ? image_named(k->file, name) : NULL;
}

/* lay_one lays one tree over the first. What is not there, or cannot be loaded
 * or verified, is left out. Returns false where U-Boot gives up. */
static bool lay_one(struct fit_case *k, const struct fit_image *first,
		    const struct fit_image *over)
{
	if (over && loaded(k, over, &overlay))
		return fit_lay_over(k, first, over);
	if (k->status != KF_OK)
		return false;
	k->out->answer = KF_UNDECIDED;
	k->out->why = nothing;
	return true;
}

/* lay_more lays a list's trees over the first, from the second one on. */
static bool lay_more(struct fit_case *k, const struct fit_image *first,
		     struct kf_bytes list)
{
	struct kf_bytes name;

	for (size_t i = 1; kf_fdt_list_at(&name, list, i); i++) {
		const struct fit_image *over = image_named(k->file, name);

		if (!lay_one(k, first, over ? over : in_its_place(k)))
			return false;
	}
	return true;
}

/* lay_asked lays the trees of one more configuration over the first. */
static bool lay_asked(struct fit_case *k, const struct fit_image *first,
		      struct kf_bytes asked)
{
	const struct fit_configuration *c =
		fit_configuration_of(k->file,
				     kf_fdt_child(&k->file->fdt,
						  k->file->configurations,
						  asked));
	struct kf_bytes name;

	if (!c)
		return true;
	if (kf_fdt_list_at(&name, c->list[TREES], 0) &&
	    !lay_one(k, first, image_named(k->file, name)))
		return false;
	return lay_more(k, first, c->list[TREES]);
}

/* trees_laid lays all others over the first one: those of the configuration,
 * and then those of others that were asked for. */
static bool trees_laid(struct fit_case *k, const struct fit_image *first)
{
	struct kf_bytes rest = kf_text(k->trust->configuration);
	const uint8_t *hash;

	if (!lay_more(k, first, list_of(k, &tree)))
		return false;
	hash = rest.len ? memchr(rest.data, '#', rest.len) : NULL;
	while (hash) {
		size_t at = (size_t)(hash - rest.data) + 1;
		struct kf_bytes asked;

		rest = kf_part_of(rest, at, rest.len - at);
		hash = rest.len ? memchr(rest.data, '#', rest.len) : NULL;
		asked = kf_part_of(rest, 0, hash ? (size_t)(hash - rest.data)
						 : rest.len);
		if (!lay_asked(k, first, asked))
			return false;
	}
	return true;
}

/* trees_loaded: one device tree, or one with others laid over it. */
static bool trees_loaded(struct fit_case *k)
{
	const struct fit_image *first = first_of(k, &tree);

	if (!first)
		return true;
	if (!loaded(k, first, &tree))
		return false;
	if (!more_trees(k))
		return true;
	if (!k->trust->overlays)
		return unusable(k, "FIT-24", first,
				"others are to be laid over it, and this U-Boot cannot do that");
	if (in_place(k, first))
		return unusable(k, "FIT-24", first,
				"others are to be laid over it, and it has no load address");
	return trees_laid(k, first);
}

static bool loadables_loaded(struct fit_case *k)
{
	struct kf_bytes list = list_of(k, &loadable), name;

	for (size_t i = 0; kf_fdt_list_at(&name, list, i); i++) {
		const struct fit_image *image = image_named(k->file, name);

		if (!image)
			return fit_refuse(k, KF_REASON_IMAGE_UNUSABLE,
					  "FIT-21", k->configuration->node,
					  "it names a loadable that is not there");
		if (!loaded(k, image, &loadable))
			return false;
		if (!image->has_type)
			return unusable(k, "FIT-21", image,
					"it has no type");
	}
	return true;
}

/* others_found: what comes along with a kernel of Linux. */
static bool others_found(struct fit_case *k, const struct fit_image *image)
{
	static const char *const types[] = { "kernel", "kernel_noload",
					     "multi", NULL };
	static const char *const systems[] = { "linux", "vxworks", NULL };
	static const char *const more[] = { "efi", "tee", "elf", NULL };
	const struct fit_image *disk = first_of(k, &ramdisk);

	if (!among(image->type, types) ||
	    (!among(image->os, systems) &&
	     !(k->profile->more_types && among(image->os, more))))
		return true;
	if (disk && !loaded(k, disk, &ramdisk))
		return false;
	return trees_loaded(k) && loadables_loaded(k);
}

static void accept(struct fit_case *k)
{
	if (k->status == KF_OK)
		k->out->answer = KF_ACCEPT;
}

void fit_boot(struct fit_case *k)
{
	const struct fit_image *image;

	if (k->file->gate.reason) {
		k->out->answer = KF_REJECT;
		k->out->why = k->file->gate;
		return;
	}
	k->configuration = fit_choose(k);
	if (!k->configuration)
		return;
	if (k->trust->verify && !fit_require_configuration(k))
		return;
	image = first_of(k, &kernel);
	if (!image) {
		fit_refuse(k, KF_REASON_IMAGE_UNUSABLE, "FIT-17",
			   k->configuration->node,
			   "it names no kernel that is there");
		return;
	}
	if (loaded(k, image, &kernel) && system_found(k, image) &&
	    others_found(k, image) && fit_kernel_fits(k, image))
		accept(k);
}
