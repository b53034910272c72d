/* A flattened device tree: what is looked up in its tables, and its values.
 */
#include "fdt.h"

#include <string.h>

enum {
	CELL_LEN = 4,
	CHUNK_LEN = 64,
};

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
	char text[KF_FDT_TEXT_MAX];
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
	if (kf_arena_keep(env->arena, out, kf_view(text, len)))
		return true;
	fdt->status = KF_NO_MEMORY;
	return false;
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
