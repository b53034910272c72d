/* The control device tree of a U-Boot, by itself or inside U-Boot's own binary.
 *
 * Source: U-Boot, doc/develop/devicetree/control.rst (OF_SEPARATE: the tree
 * stands behind u-boot-nodtb.bin); Makefile (u-boot-dtb.bin, u-boot.img).
 */
#include "fit_tree.h"

#include "core/fdt.h"

#include <stdio.h>
#include <string.h>

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* tree_at is the tree that begins at a place; the empty view: none does. */
static struct kf_bytes tree_at(struct kf_bytes file, size_t at)
{
	struct kf_bytes rest = kf_part_of(file, at, file.len - at);
	struct kf_source source = kf_bytes_source(&rest);
	struct kf_fdt fdt;

	if (!kf_fdt_likely(rest) || !kf_fdt_header(&fdt, &source, 0))
		return kf_view(NULL, 0);
	return kf_part_of(rest, 0, fdt.total_len);
}

bool kf_fit_has_keys(const struct kf_source *tree)
{
	return tree->size && kf_fdt_has(tree, kf_text("signature"));
}

/* is_image: a FIT image is no control device tree, but may hold one. */
static bool is_image(struct kf_bytes tree)
{
	struct kf_source source = kf_bytes_source(&tree);

	return kf_fdt_has(&source, kf_text("images"));
}

struct kf_bytes kf_fit_tree(struct kf_bytes file)
{
	struct kf_bytes whole = tree_at(file, 0);

	if (whole.len && !is_image(whole))
		return whole;
	/* What appends the tree aligns it to four bytes, of the file or of
	 * what the file is put together of. */
	for (size_t at = 0; at + KF_FDT_HEADER_LEN <= file.len; at++) {
		const uint8_t *p = memchr(file.data + at, 0xd0,
					  file.len - at);
		struct kf_source source;
		struct kf_bytes tree;

		if (!p)
			break;
		at = (size_t)(p - file.data);
		if (file.len - at < 4 || be32(p) != KF_FDT_MAGIC)
			continue;
		tree = tree_at(file, at);
		source = kf_bytes_source(&tree);
		if (kf_fit_has_keys(&source))
			return tree;
	}
	return kf_view(NULL, 0);
}

struct kf_bytes kf_fit_version(struct kf_bytes file)
{
	static const char mark[] = "U-Boot 20";
	const uint8_t *p = file.len ? memmem(file.data, file.len, mark,
					     sizeof(mark) - 1) : NULL;
	size_t left, len = 0;

	if (!p)
		return kf_view(NULL, 0);
	p += sizeof("U-Boot ") - 1;
	left = file.len - (size_t)(p - file.data);
	while (len < left && len < 64 && p[len] > ' ' && p[len] < 0x7f)
		len++;
	return kf_view(p, len);
}

enum kf_status kf_trust_fit_dtb(struct kf_opening *o, struct kf_store *store,
				const char *name, const char *path, bool again)
{
	struct kf_part part = { .name = name, .presence = KF_PRESENT };
	struct kf_bytes file = { NULL, 0 };
	enum kf_status status;

	if (again) {
		kf_fault_say(o->why, "leave one of the two out",
			     "%s is one file, and %s is another one", name,
			     path);
		return KF_WRONG_USE;
	}
	status = kf_device_file(&file, o, path, KF_STORE_FILE_MAX);
	if (status != KF_OK)
		return status;
	part.bytes = kf_fit_tree(file);
	if (part.bytes.len == 0) {
		kf_say_path(o->why, path,
			    "give u-boot.dtb, or the U-Boot that carries it",
			    "holds no device tree with a node /signature");
		return KF_WRONG_USE;
	}
	part.from = kf_device_text(o, path);
	if (!part.from)
		return KF_NO_MEMORY;
	return kf_store_put(store, &part) ? KF_OK : kf_device_full(o);
}
