/* U-Boot FIT: images, configurations, their hashes and signatures.
 *
 * Describes what the tree says, and judges nothing: what U-Boot makes of it is
 * worked out by its rules.
 *
 * Source: Flattened Image Tree specification 0.8; U-Boot,
 * doc/usage/fit/signature.rst, source_file_format.rst.
 */
#include "core/facts.h"
#include "core/fdt.h"

#include <string.h>

enum {
	VALUE_MAX = 8192,	/* bytes of one property, when shown */
	NODES_SHOWN = 4096,
};

static bool recognise(struct kf_bytes head, const struct kf_source *source)
{
	return kf_fdt_likely(head) &&
	       (kf_fdt_has(source, kf_text("images")) ||
		kf_fdt_has(source, kf_text("configurations")));
}

static void read(struct kf_artifact *out, struct kf_env *env)
{
	struct kf_fdt *fdt = kf_arena_take(env->arena, sizeof(*fdt));
	struct kf_damage cut = { "totalsize", 4 };

	if (!fdt) {
		out->status = KF_NO_MEMORY;
		return;
	}
	out->description = fdt;
	out->status = kf_fdt_read(fdt, out->source, 0, env);
	kf_artifact_damage(out, fdt->damage);
	if (!fdt->damage.field && fdt->cut)
		kf_artifact_damage(out, cut);
}

/* What is known of properties: how to show them. */
enum shape { TEXT, LIST, HEX, NUMBER, SECONDS, BYTES };

struct known {
	const char *name;
	enum shape shape;
};

static const struct known image_props[] = {
	{ "description", TEXT }, { "type", TEXT }, { "arch", TEXT },
	{ "os", TEXT }, { "compression", TEXT }, { "phase", TEXT },
	{ "load", HEX }, { "entry", HEX }, { "compatible", LIST },
	{ NULL, TEXT },
};

static const struct known check_props[] = {
	{ "algo", TEXT }, { "key-name-hint", TEXT }, { "padding", TEXT },
	{ "sign-images", LIST }, { "signer-name", TEXT },
	{ "signer-version", TEXT }, { "timestamp", SECONDS },
	{ "uboot-ignore", NUMBER }, { "iv-name-hint", TEXT },
	{ "value", BYTES }, { NULL, TEXT },
};

static const struct known configuration_props[] = {
	{ "description", TEXT }, { "kernel", LIST }, { "fdt", LIST },
	{ "ramdisk", LIST }, { "loadables", LIST }, { "firmware", LIST },
	{ "fpga", LIST }, { "script", LIST }, { "setup", LIST },
	{ "standalone", LIST }, { "compatible", LIST }, { NULL, TEXT },
};

static void show_list(const struct kf_sink *sink, const char *name,
		      struct kf_bytes list)
{
	struct kf_bytes text;

	kf_fact_open(sink, name);
	for (size_t i = 0; kf_fdt_list_at(&text, list, i); i++)
		kf_fact_text(sink, NULL, text);
	kf_fact_close(sink);
}

/* cells is a number of up to two cells. */
static uint64_t cells(struct kf_bytes value)
{
	uint64_t number = 0;

	for (size_t i = 0; i < value.len && i < 8; i++)
		number = number << 8 | value.data[i];
	return number;
}

static void show_prop(struct kf_fdt *fdt, const struct kf_fdt_prop *prop,
		      const struct known *known, struct kf_env *env,
		      const struct kf_sink *sink)
{
	struct kf_bytes value, text;

	if (!kf_fdt_value(&value, fdt, prop, VALUE_MAX, env))
		return;
	switch (known->shape) {
	case TEXT:
		if (kf_fdt_list_at(&text, value, 0))
			kf_fact_text(sink, known->name, text);
		else
			kf_fact_bytes(sink, known->name, value);
		break;
	case LIST:
		show_list(sink, known->name, value);
		break;
	case HEX:
		kf_fact_hex(sink, known->name, cells(value));
		break;
	case NUMBER:
		kf_fact_number(sink, known->name, cells(value));
		break;
	case SECONDS:
		kf_fact_seconds(sink, known->name, (int64_t)cells(value));
		break;
	default:
		kf_fact_bytes(sink, known->name, value);
		break;
	}
}

static void show_props(struct kf_fdt *fdt, uint32_t node,
		       const struct known *known, struct kf_env *env,
		       const struct kf_sink *sink)
{
	for (; known->name; known++) {
		const struct kf_fdt_prop *prop = kf_fdt_find(fdt, node,
							     known->name);

		if (prop)
			show_prop(fdt, prop, known, env, sink);
	}
}

static bool begins(struct kf_bytes name, const char *with)
{
	struct kf_bytes start = kf_text(with);

	return name.len >= start.len &&
	       memcmp(name.data, start.data, start.len) == 0;
}

/* show_checks shows the subnodes of one kind: hashes, signatures, ciphers. */
static void show_checks(struct kf_fdt *fdt, uint32_t node, const char *prefix,
			const char *title, struct kf_env *env,
			const struct kf_sink *sink)
{
	bool open = false;

	for (uint32_t i = fdt->node[node].child; i != KF_FDT_NONE;
	     i = fdt->node[i].next) {
		if (!begins(fdt->node[i].name, prefix))
			continue;
		if (!open)
			kf_fact_open(sink, title);
		open = true;
		kf_fact_open(sink, NULL);
		kf_fact_text(sink, "name", fdt->node[i].name);
		show_props(fdt, i, check_props, env, sink);
		kf_fact_close(sink);
	}
	if (open)
		kf_fact_close(sink);
}

/* show_data says where an image's bytes are. */
static void show_data(struct kf_fdt *fdt, uint32_t node,
		      const struct kf_sink *sink)
{
	const struct kf_fdt_prop *at = kf_fdt_find(fdt, node, "data-position");
	const struct kf_fdt_prop *len = kf_fdt_find(fdt, node, "data-size");
	const struct kf_fdt_prop *data = kf_fdt_find(fdt, node, "data");
	uint64_t place = 0;

	if (!at) {
		at = kf_fdt_find(fdt, node, "data-offset");
		place = ((uint64_t)fdt->total_len + 3) & ~UINT64_C(3);
	}
	if (at) {
		kf_fact_yes_no(sink, "external", true);
		kf_fact_place(sink, place + kf_fdt_number(fdt, at, 0),
			      kf_fdt_number(fdt, len, 0));
	} else if (data) {
		kf_fact_place(sink, data->at, data->len);
	}
}

static void show_image(struct kf_fdt *fdt, uint32_t node, struct kf_env *env,
		       const struct kf_sink *sink)
{
	kf_fact_open(sink, NULL);
	kf_fact_text(sink, "name", fdt->node[node].name);
	show_props(fdt, node, image_props, env, sink);
	show_data(fdt, node, sink);
	show_checks(fdt, node, "hash", "hashes", env, sink);
	show_checks(fdt, node, "signature", "signatures", env, sink);
	show_checks(fdt, node, "cipher", "ciphers", env, sink);
	kf_fact_close(sink);
}

static void show_configuration(struct kf_fdt *fdt, uint32_t node,
			       struct kf_env *env, const struct kf_sink *sink)
{
	kf_fact_open(sink, NULL);
	kf_fact_text(sink, "name", fdt->node[node].name);
	show_props(fdt, node, configuration_props, env, sink);
	show_checks(fdt, node, "signature", "signatures", env, sink);
	kf_fact_close(sink);
}

/* show_all shows the subnodes of one of the root's. */
static void show_all(struct kf_fdt *fdt, const char *name,
		     void (*show)(struct kf_fdt *fdt, uint32_t node,
				  struct kf_env *env,
				  const struct kf_sink *sink),
		     struct kf_env *env, const struct kf_sink *sink)
{
	uint32_t parent = kf_fdt_child(fdt, 0, kf_text(name));
	uint32_t i, num = 0;

	if (parent == KF_FDT_NONE)
		return;
	kf_fact_open(sink, name);
	for (i = fdt->node[parent].child; i != KF_FDT_NONE && num++ <
	     NODES_SHOWN; i = fdt->node[i].next) {
		struct kf_arena arena = *env->arena;
		struct kf_env local = *env;

		local.arena = &arena;
		show(fdt, i, &local, sink);
	}
	kf_fact_close(sink);
}

static void describe(const struct kf_artifact *artifact, struct kf_env *env,
		     const struct kf_sink *sink)
{
	static const struct known root_props[] = {
		{ "description", TEXT }, { "timestamp", SECONDS },
		{ NULL, TEXT },
	};
	static const struct known default_prop[] = {
		{ "default", TEXT }, { NULL, TEXT },
	};
	struct kf_fdt fdt = *(const struct kf_fdt *)artifact->description;
	struct kf_arena arena = *env->arena;
	struct kf_env local = *env;

	local.arena = &arena;
	show_props(&fdt, 0, root_props, &local, sink);
	kf_fact_number(sink, "tree-size", fdt.total_len);
	show_all(&fdt, "images", show_image, &local, sink);
	show_props(&fdt, kf_fdt_child(&fdt, 0, kf_text("configurations")),
		   default_prop, &local, sink);
	show_all(&fdt, "configurations", show_configuration, &local, sink);
	if (fdt.status != KF_OK)
		kf_fact_fault(sink, fdt.status);
	kf_fact_damage(sink, artifact->damage, artifact->num_damage);
}

const struct kf_format kf_format_fit = {
	.name = "fit",
	.title = "U-Boot FIT",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
