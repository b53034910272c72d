/* A flattened device tree: what is looked up in its tables, and its values.
 */
#include "fdt.h"

#include <string.h>

enum {
	CELL_LEN = 4,
	CHUNK_LEN = 64,
	LOOK_STEPS = 1 << 22,	/* to look for one node */
};

bool kf_fdt_has(const struct kf_source *source, struct kf_bytes name)
{
	struct kf_fdt fdt;
	struct kf_env env = { .steps = LOOK_STEPS };
	struct kf_fdt_tag tag = { 0 };
	uint8_t text[CHUNK_LEN];
	uint32_t depth = 0;

	if (!kf_fdt_header(&fdt, source, 0))
		return false;
	while (kf_fdt_next_tag(&fdt, &tag, &env) && tag.kind != KF_FDT_END) {
		depth -= tag.kind == KF_FDT_END_NODE;
		if (tag.kind != KF_FDT_BEGIN_NODE)
			continue;
		if (++depth == 2 && tag.len == name.len &&
		    tag.len <= sizeof(text) &&
		    kf_fdt_peek(&fdt, (uint64_t)fdt.struct_at + tag.offset +
				CELL_LEN, text, tag.len) &&
		    kf_equal(kf_view(text, tag.len), name))
			return true;
	}
	return false;
}

/* is_named tells whether a tag is a property of a name. */
static bool is_named(struct kf_fdt *fdt, const struct kf_fdt_tag *tag,
		     const char *name)
{
	struct kf_bytes want = kf_text(name);
	uint8_t text[CHUNK_LEN];
	uint64_t at = (uint64_t)fdt->strings_at + tag->name_at;

	return tag->kind == KF_FDT_PROP && want.len < sizeof(text) &&
	       tag->name_at < fdt->strings_len && at < fdt->total_len &&
	       kf_fdt_peek(fdt, fdt->base + at, text, want.len + 1) &&
	       kf_equal(kf_view(text, want.len + 1),
			kf_view(name, want.len + 1));
}

bool kf_fdt_root(struct kf_fdt *out, struct kf_fdt_prop *prop,
		 const struct kf_source *source, uint64_t base,
		 const char *name, struct kf_env *env)
{
	struct kf_fdt_tag tag = { 0 };

	if (!kf_fdt_header(out, source, base) ||
	    !kf_fdt_next_tag(out, &tag, env) || tag.kind != KF_FDT_BEGIN_NODE)
		return false;
	while (kf_fdt_next_tag(out, &tag, env) &&
	       (tag.kind == KF_FDT_PROP || tag.kind == KF_FDT_NOP)) {
		if (!is_named(out, &tag, name))
			continue;
		prop->name = kf_text(name);
		prop->at = base + out->struct_at + tag.offset + 12;
		prop->len = tag.len;
		return true;
	}
	return false;
}

bool kf_fit_is_signing(struct kf_bytes name)
{
	static const char *const old[] = { "value", "hashed-nodes",
					   "hashed-strings", "signer-name",
					   "signer-version", "timestamp" };

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if (kf_equal(name, kf_text(old[i])))
			return true;
	return false;
}

uint32_t kf_fdt_child(const struct kf_fdt *fdt, uint32_t parent,
		      struct kf_bytes name)
{
	uint32_t i = parent < fdt->num_nodes ? fdt->node[parent].child
					     : KF_FDT_NONE;

	while (i != KF_FDT_NONE && !kf_equal(fdt->node[i].name, name))
		i = fdt->node[i].next;
	return i;
}

const struct kf_fdt_prop *kf_fdt_find(const struct kf_fdt *fdt, uint32_t node,
				      const char *name)
{
	const struct kf_fdt_node *n;

	if (node >= fdt->num_nodes)
		return NULL;
	n = &fdt->node[node];
	for (uint32_t i = 0; i < n->num_props; i++)
		if (kf_equal(fdt->prop[n->first_prop + i].name, kf_text(name)))
			return &fdt->prop[n->first_prop + i];
	return NULL;
}

bool kf_fdt_text(struct kf_bytes *out, struct kf_fdt *fdt,
		 const struct kf_fdt_prop *prop, struct kf_env *env)
{
	char text[KF_FDT_TEXT_MAX], *copy;
	size_t len = 0;

	*out = kf_view(NULL, 0);
	while (len < sizeof(text)) {
		const char *nul;

		if (!kf_fdt_peek(fdt, prop->at + len, text + len, CHUNK_LEN))
			return false;
		nul = memchr(text + len, 0, CHUNK_LEN);
		len = nul ? (size_t)(nul - text) : len + CHUNK_LEN;
		if (nul)
			break;
	}
	kf_fdt_need(fdt, prop->at + len + 1);
	copy = kf_arena_take(env->arena, len + 1);
	if (!copy) {
		fdt->status = KF_NO_MEMORY;
		return false;
	}
	memcpy(copy, text, len);
	*out = kf_view(copy, len);
	return true;
}

bool kf_fdt_value(struct kf_bytes *out, struct kf_fdt *fdt,
		  const struct kf_fdt_prop *prop, uint32_t max_len,
		  struct kf_env *env)
{
	uint8_t *copy;

	*out = kf_view(NULL, 0);
	if (prop->len == 0 || prop->len > max_len)
		return true;
	copy = kf_arena_take(env->arena, prop->len);
	if (!copy) {
		fdt->status = KF_NO_MEMORY;
		return false;
	}
	*out = kf_view(copy, prop->len);
	return kf_fdt_get(fdt, prop->at, copy, prop->len);
}

uint32_t kf_fdt_number(struct kf_fdt *fdt, const struct kf_fdt_prop *prop,
		       uint32_t otherwise)
{
	uint8_t word[CELL_LEN];

	if (!prop || !kf_fdt_get(fdt, prop->at, word, sizeof(word)))
		return otherwise;
	return (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 |
	       (uint32_t)word[2] << 8 | word[3];
}

bool kf_fdt_list_at(struct kf_bytes *out, struct kf_bytes list, size_t index)
{
	size_t from = 0;

	*out = kf_view(NULL, 0);
	while (from < list.len) {
		const uint8_t *nul = memchr(list.data + from, 0,
					    list.len - from);

		if (!nul)
			return false;
		if (index-- == 0) {
			*out = kf_view(list.data + from,
				       (size_t)(nul - list.data) - from);
			return true;
		}
		from = (size_t)(nul - list.data) + 1;
	}
	return false;
}

bool kf_fit_is_data(const struct kf_fdt *fdt, const struct kf_fdt_tag *tag)
{
	static const char *const names[] = { "data", "data-size",
					     "data-position", "data-offset" };
	struct kf_bytes name;

	if (!kf_fdt_string(&name, fdt, tag->name_at))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (kf_equal(name, kf_text(names[i])))
			return true;
	return false;
}
