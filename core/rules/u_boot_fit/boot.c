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
};

static const struct loading kernel = { "kernel", "kernel", true, false,
				       true };
static const struct loading ramdisk = { "ramdisk", "ramdisk", false, false,
					true };
static const struct loading tree = { "fdt", "flat_dt", false, true, false };
static const struct loading setup = { "setup", "x86_setup", false, false,
				      false };
static const struct loading loadable = { "loadables", NULL, false, true,
					 false };

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

/* packed tells whether data begin as those do that are packed so.
 * Source: U-Boot 2023.01, boot/image.c: image_comp; lib/lz4_wrapper.c. */
static bool packed(const struct fit_image *image)
{
	static const struct { const char *name; uint16_t head; } packings[] = {
		{ "gzip", 0x1f8b }, { "bzip2", 0x425a }, { "lzma", 0x5d00 },
		{ "lzo", 0x894c }, { "lz4", 0x0422 }, { "zstd", 0x28b5 },
	};

	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++)
		if (fit_is(image->compression, packings[i].name))
			return image->head == packings[i].head;
	return false;
}

/* unpacked: what is neither a kernel nor a ramdisk is unpacked at once. */
static bool unpacked(struct fit_case *k, const struct fit_image *image,
		     const struct loading *l)
{
	if (l->raw)
		return true;
	if (image->has_compression && !fit_is(image->compression, "none")) {
		if (!packed(image))
			return unusable(k, "FIT-17", image,
					"its data are not packed as it says");
		k->unweighed = true;
		return true;
	}
	if (l == &tree && !image->is_tree)
		return unusable(k, "FIT-20", image,
				"its data are no device tree");
	return true;
}

/* loaded does what fit_image_load does, but for the configuration. */
static bool loaded(struct fit_case *k, const struct fit_image *image,
		   const struct loading *l)
{
	if (!verified(k, image))
		return false;
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
	bool is_packed = image->has_compression &&
			 !fit_is(image->compression, "none");

	return !k->profile->copies && !image->has_load && !is_packed &&
	       image->data_at - fdt->base < fdt->total_len;
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
	/* One that cannot be loaded or verified is left out, and the boot goes
	 * on; whether the others fit together is not weighed. */
	k->unweighed = true;
	return true;
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
	if (!loaded(k, image, &kernel) || !system_found(k, image) ||
	    !others_found(k, image))
		return;
	if (k->status == KF_OK)
		k->out->answer = KF_ACCEPT;
}
