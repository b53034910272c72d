/* FIT-1 to FIT-3: is the file a tree that U-Boot takes for a FIT?
 *
 * Source: U-Boot 2023.01, boot/image-fit.c: fit_check_format,
 * fdt_check_no_at.
 */
#include "u_boot_fit.h"

#include <string.h>

static void refuse(struct fit_file *file, const char *rule, const char *field,
		   uint64_t at)
{
	kf_find(&file->gate, KF_REASON_FIT_MALFORMED, rule);
	kf_prove_field(&file->gate, field, at, 0);
}

/* weigh looks at what the reader of trees leaves open. Returns false where
 * that decides. */
static bool weigh(struct fit_file *file)
{
	const struct kf_fdt *fdt = &file->fdt;
	bool old = !file->profile->deep_check;

	if (fdt->trouble == KF_FDT_CIRCLE && old) {
		kf_find(&file->gate, KF_REASON_VERIFIER_FAULT, "FIT-1");
		kf_prove_field(&file->gate, fdt->damage.field, fdt->damage.at,
			       4);
		kf_prove_text(&file->gate, "a property's length leads back to where it stands, and U-Boot never gets past it");
		return false;
	}
	if (fdt->trouble == KF_FDT_OLD)
		fit_beyond(file, "a device tree of a version before 16");
	if (fdt->trouble == KF_FDT_TOO_LARGE)
		fit_beyond(file, "a device tree with too many nodes or names");
	if (fdt->trouble == KF_FDT_WRAPS && old)
		fit_beyond(file, "a property whose length wraps around");
	return !file->beyond.reason;
}

/* check_names looks for nodes that libfdt could take for others. */
static bool check_names(struct fit_file *file)
{
	const struct kf_fdt *fdt = &file->fdt;
	uint32_t depth = 0, i = 0;

	while (i != KF_FDT_NONE) {
		const struct kf_fdt_node *n = &fdt->node[i];

		if (depth >= FIT_DEPTH_MAX && file->profile->deep_check) {
			refuse(file, "FIT-2", "node that is too deep", n->at);
			return false;
		}
		if (n->name.len && memchr(n->name.data, '@', n->name.len)) {
			refuse(file, "FIT-2", "node name with \"@\"", n->at);
			return false;
		}
		if (n->child != KF_FDT_NONE) {
			i = n->child;
			depth++;
			continue;
		}
		while (i != KF_FDT_NONE && fdt->node[i].next == KF_FDT_NONE) {
			i = fdt->node[i].parent;
			depth--;
		}
		if (i != KF_FDT_NONE)
			i = fdt->node[i].next;
	}
	return true;
}

void fit_gate(struct fit_file *file)
{
	const struct kf_fdt *fdt = &file->fdt;

	if (!weigh(file))
		return;
	if (fdt->damage.field) {
		refuse(file, "FIT-1", fdt->damage.field, fdt->damage.at);
		return;
	}
	if (fdt->num_nodes == 0) {
		refuse(file, "FIT-2", "root", fdt->base + fdt->struct_at);
		return;
	}
	if (!check_names(file))
		return;
	file->images = kf_fdt_child(fdt, 0, kf_text("images"));
	file->configurations = kf_fdt_child(fdt, 0,
					    kf_text("configurations"));
	if (!kf_fdt_find(fdt, 0, "description"))
		refuse(file, "FIT-3", "description", fdt->node[0].at);
	else if (!kf_fdt_find(fdt, 0, "timestamp"))
		refuse(file, "FIT-3", "timestamp", fdt->node[0].at);
	else if (file->images == KF_FDT_NONE)
		refuse(file, "FIT-3", "/images", fdt->node[0].at);
}
