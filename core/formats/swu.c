/* SWUpdate's files (.swu): who signed them, and what is in them.
 *
 * sw-description is shown as the tree that it is, whatever a device would look
 * for in it. What signs it is a CMS, or the raw signature of some key.
 *
 * Source: sbabic/swupdate, doc/source/swupdate.rst (Structure of the update
 * file) and doc/source/signed_images.rst, tag 2022.12.
 */
#include "core/config.h"
#include "core/facts.h"
#include "core/swu.h"

static bool recognise(struct kf_bytes head, const struct kf_source *source)
{
	static const char name[] = KF_SWU_DESCRIPTION;

	(void)source;
	return kf_cpio_likely(head) &&
	       kf_equal(kf_part_of(head, KF_CPIO_HEADER_LEN, sizeof(name)),
			kf_view(name, sizeof(name)));
}

static void read(struct kf_artifact *out, struct kf_env *env)
{
	struct kf_swu *swu = kf_arena_take(env->arena, sizeof(*swu));

	if (!swu) {
		out->status = KF_NO_MEMORY;
		return;
	}
	out->status = kf_swu_read(swu, out->source, env);
	if (out->status != KF_OK)
		return;
	out->description = swu;
	kf_artifact_damage(out, swu->damage);
	for (size_t i = 0; i < swu->num_files; i++)
		if (!swu->file[i].whole) {
			struct kf_damage cut = { "file", swu->file[i].data_at };

			kf_artifact_damage(out, cut);
		}
}

/* describe_number says one that may be negative; facts have none of these. */
static void describe_number(const struct kf_sink *sink, const char *name,
			    int64_t number)
{
	char text[20];
	size_t at = sizeof(text);
	uint64_t left = 0 - (uint64_t)number;

	if (number >= 0) {
		kf_fact_number(sink, name, (uint64_t)number);
		return;
	}
	for (; left; left /= 10)
		text[--at] = (char)('0' + left % 10);
	text[--at] = '-';
	kf_fact_text(sink, name, kf_view(text + at, sizeof(text) - at));
}

/* describe_value says one value of the tree; one that holds others is opened,
 * and true returned. */
static bool describe_value(const struct kf_config *c,
			   const struct kf_sink *sink, char *name, size_t size)
{
	size_t len = c->name.len < size - 1 ? c->name.len : size - 1;
	const char *called = len ? name : NULL;

	for (size_t i = 0; i < len; i++)
		name[i] = (char)c->name.data[i];
	name[len] = '\0';
	switch (c->type) {
	case KF_CONFIG_GROUP:
	case KF_CONFIG_LIST:
	case KF_CONFIG_ARRAY:
		kf_fact_open(sink, called);
		return true;
	case KF_CONFIG_BOOL:
		kf_fact_yes_no(sink, called, c->number);
		return false;
	case KF_CONFIG_INT:
	case KF_CONFIG_INT64:
		describe_number(sink, called, c->number);
		return false;
	default:
		kf_fact_text(sink, called, c->text);
		return false;
	}
}

/* describe_tree says all of it, without going down into itself. */
static void describe_tree(const struct kf_config *root,
			  const struct kf_sink *sink)
{
	const struct kf_config *c = root->first;
	char name[64];

	while (c) {
		bool opened = describe_value(c, sink, name, sizeof(name));

		if (opened && c->first) {
			c = c->first;
			continue;
		}
		if (opened)
			kf_fact_close(sink);
		while (!c->next && c->parent != root) {
			kf_fact_close(sink);
			c = c->parent;
		}
		c = c->next;
	}
}

static void describe_description(struct kf_bytes text, struct kf_env *env,
				 const struct kf_sink *sink)
{
	struct kf_config_text tree;
	enum kf_status status = kf_libconfig_read(&tree, text, true, env);

	if (status == KF_OK && tree.result == KF_CONFIG_WRONG)
		status = kf_json_tree(&tree, text, env);
	if (status != KF_OK) {
		kf_fact_fault(sink, status);
		return;
	}
	kf_fact_open(sink, "description");
	if (tree.result == KF_CONFIG_READ && tree.root)
		describe_tree(tree.root, sink);
	else
		kf_fact_word(sink, "unreadable",
			     tree.result == KF_CONFIG_BEYOND ? tree.beyond
			     : "neither libconfig's syntax nor JSON");
	kf_fact_close(sink);
}

static void describe_signature(const struct kf_swu *swu, struct kf_env *env,
			       const struct kf_sink *sink)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_signed_data *data = NULL;
	enum kf_status status;

	kf_fact_open(sink, "signature");
	if (swu->signature.len == 0) {
		kf_fact_word(sink, "kind", "none");
		kf_fact_close(sink);
		return;
	}
	status = crypto->signed_read(crypto->self, &data, swu->signature, 0);
	if (status != KF_OK)
		kf_fact_fault(sink, status);
	kf_fact_word(sink, "kind", data ? "CMS" : "raw");
	kf_fact_place(sink, swu->file[1].data_at, swu->signature.len);
	if (data) {
		crypto->signed_close(data);
		kf_fact_signed_data(sink, env, swu->signature);
	}
	kf_fact_close(sink);
}

static void describe_files(const struct kf_swu *swu,
			   const struct kf_sink *sink)
{
	kf_fact_open(sink, "files");
	for (size_t i = 0; i < swu->num_files; i++) {
		const struct kf_cpio_file *f = &swu->file[i];

		kf_fact_open(sink, NULL);
		kf_fact_text(sink, "name", f->name);
		kf_fact_place(sink, f->data_at, f->size);
		if (f->has_sum)
			kf_fact_hex(sink, "sum", f->sum);
		kf_fact_close(sink);
	}
	kf_fact_close(sink);
}

static void describe(const struct kf_artifact *artifact, struct kf_env *env,
		     const struct kf_sink *sink)
{
	const struct kf_swu *swu = artifact->description;
	struct kf_arena arena = *env->arena;
	struct kf_env local = *env;

	local.arena = &arena;
	describe_signature(swu, &local, sink);
	if (swu->description.len)
		describe_description(swu->description, &local, sink);
	describe_files(swu, sink);
	kf_fact_damage(sink, artifact->damage, artifact->num_damage);
}

static void contents(const struct kf_artifact *artifact,
		     struct kf_contents *out)
{
	const struct kf_swu *swu = artifact->description;

	out->kind = KF_CONTENTS_FILES;
	out->file = swu->inner;
	out->num_files = swu->num_inner;
}

const struct kf_format kf_format_swu = {
	.name = "swu",
	.title = "SWUpdate's file (.swu)",
	.recognise = recognise,
	.read = read,
	.describe = describe,
	.contents = contents,
};
