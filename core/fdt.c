/* A flattened device tree: its header, its tags, and the tables of what is in
 * it.
 */
#include "fdt.h"

#include <string.h>

enum {
	TAG_LEN = 4,
	PROP_LEN = 12,		/* tag, length, place of the name */
	RESERVE_LEN = 16,
	CHUNK_LEN = 64,
	FIRST_VERSION = 2,
	SIZED_VERSION = 17,	/* tells the structure block's size */
	EVEN_VERSION = 16,	/* from here on values are not realigned */
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

bool kf_fdt_likely(struct kf_bytes head)
{
	return head.len >= TAG_LEN && be32(head.data) == KF_FDT_MAGIC;
}

bool kf_fdt_peek(struct kf_fdt *fdt, uint64_t at, void *out, size_t len)
{
	const struct kf_source *source = fdt->source;
	uint64_t there = at < source->size ? source->size - at : 0;
	size_t num = there < len ? (size_t)there : len;

	memset(out, 0, len);
	if (num == 0 || source->read_at(source->self, at, out, num))
		return fdt->status == KF_OK;
	fdt->status = KF_CANNOT_READ;
	return false;
}

void kf_fdt_need(struct kf_fdt *fdt, uint64_t end)
{
	fdt->cut |= end > fdt->source->size;
}

bool kf_fdt_get(struct kf_fdt *fdt, uint64_t at, void *out, size_t len)
{
	kf_fdt_need(fdt, at + len);
	return kf_fdt_peek(fdt, at, out, len);
}

/* harm notes damage at a place of the tree. The first one stays. */
static bool harm(struct kf_fdt *fdt, const char *field, uint64_t at)
{
	if (!fdt->damage.field && fdt->status == KF_OK) {
		fdt->damage.field = field;
		fdt->damage.at = fdt->base + at;
	}
	return false;
}

static bool inside(const struct kf_fdt *fdt, uint64_t offset, uint64_t len)
{
	return offset + len <= fdt->room;
}

/* skip_name steps over a node's name and its NUL. */
static bool skip_name(struct kf_fdt *fdt, struct kf_fdt_tag *tag,
		      struct kf_env *env)
{
	uint32_t at = tag->offset + TAG_LEN;
	uint8_t chunk[CHUNK_LEN];
	const uint8_t *nul = NULL;
	uint32_t len = 0;

	while (!nul) {
		uint32_t left = at < fdt->room ? fdt->room - at : 0;

		len = left < CHUNK_LEN ? left : CHUNK_LEN;
		if (len == 0)
			return harm(fdt, "node name",
				    (uint64_t)fdt->struct_at + tag->offset);
		if (!kf_spend(env, len)) {
			fdt->status = KF_TOO_MUCH;
			return false;
		}
		if (!kf_fdt_peek(fdt, fdt->base + fdt->struct_at + at, chunk,
				 len))
			return false;
		nul = memchr(chunk, 0, len);
		at += nul ? (uint32_t)(nul - chunk) : len;
	}
	kf_fdt_need(fdt, fdt->base + fdt->struct_at + at + 1);
	tag->len = at - tag->offset - TAG_LEN;
	tag->next = (at + 1 + 3) & ~UINT32_C(3);
	return true;
}

/* look_behind tells where libfdt of 2023 goes on behind a property so long
 * that its sum wraps around: from nowhere on, unless a tag stands there. */
static void look_behind(struct kf_fdt *fdt, const struct kf_fdt_tag *tag)
{
	uint32_t step = (tag->len + PROP_LEN + 3) & ~UINT32_C(3);
	uint8_t word[TAG_LEN];
	uint32_t kind;

	if (tag->len < UINT32_MAX - PROP_LEN + 1 ||
	    !inside(fdt, (uint64_t)tag->offset + step, TAG_LEN) ||
	    !kf_fdt_peek(fdt, fdt->base + fdt->struct_at + tag->offset + step,
			 word, sizeof(word)))
		return;
	kind = be32(word);
	if (step == 0)
		fdt->trouble = KF_FDT_CIRCLE;
	else if ((kind >= KF_FDT_BEGIN_NODE && kind <= KF_FDT_NOP) ||
		 kind == KF_FDT_END)
		fdt->trouble = KF_FDT_WRAPS;
}

/* skip_prop steps over a property. */
static bool skip_prop(struct kf_fdt *fdt, struct kf_fdt_tag *tag)
{
	uint64_t place = (uint64_t)fdt->struct_at + tag->offset;
	uint8_t head[PROP_LEN];

	if (!inside(fdt, tag->offset, 2 * TAG_LEN))
		return harm(fdt, "property length", place);
	if (!kf_fdt_get(fdt, fdt->base + place, head, sizeof(head)))
		return false;
	tag->len = be32(head + 4);
	tag->name_at = be32(head + 8);
	if (!inside(fdt, tag->offset, (uint64_t)PROP_LEN + tag->len)) {
		look_behind(fdt, tag);
		return harm(fdt, "property length", place + 4);
	}
	tag->next = (tag->offset + PROP_LEN + tag->len + 3) & ~UINT32_C(3);
	return true;
}

bool kf_fdt_next_tag(struct kf_fdt *fdt, struct kf_fdt_tag *tag,
		     struct kf_env *env)
{
	uint8_t word[TAG_LEN];
	uint64_t place;

	tag->offset = tag->next;
	place = (uint64_t)fdt->struct_at + tag->offset;
	if (!kf_spend(env, TAG_LEN)) {
		fdt->status = KF_TOO_MUCH;
		return false;
	}
	if (!inside(fdt, tag->offset, TAG_LEN))
		return harm(fdt, "structure block", place);
	if (!kf_fdt_get(fdt, fdt->base + place, word, sizeof(word)))
		return false;
	tag->kind = be32(word);
	tag->next = tag->offset + TAG_LEN;
	switch (tag->kind) {
	case KF_FDT_BEGIN_NODE:
		return skip_name(fdt, tag, env);
	case KF_FDT_PROP:
		return skip_prop(fdt, tag);
	case KF_FDT_END_NODE:
	case KF_FDT_NOP:
	case KF_FDT_END:
		return true;
	default:
		return harm(fdt, "tag", place);
	}
}

bool kf_fdt_string(struct kf_bytes *out, const struct kf_fdt *fdt,
		   uint32_t offset)
{
	const uint8_t *from, *nul;

	*out = kf_view(NULL, 0);
	if (offset > INT32_MAX || offset >= fdt->strings.len)
		return false;
	from = fdt->strings.data + offset;
	nul = memchr(from, 0, fdt->strings.len - offset);
	if (nul)
		*out = kf_view(from, (size_t)(nul - from));
	return nul;
}

/* within tells whether a block lies between the header and the end. */
static bool within(const struct kf_fdt *fdt, uint64_t head, uint64_t at,
		   uint64_t len)
{
	return at >= head && at <= fdt->total_len &&
	       at + len <= fdt->total_len;
}

/* check_versions holds the version against those that libfdt knows. */
static bool check_versions(struct kf_fdt *fdt)
{
	if (fdt->version < FIRST_VERSION)
		return harm(fdt, "version", 20);
	if (fdt->last_version > SIZED_VERSION)
		return harm(fdt, "last_comp_version", 24);
	if (fdt->version < fdt->last_version)
		return harm(fdt, "version", 20);
	return true;
}

/* check_blocks holds the blocks against the whole, in libfdt's order. */
static bool check_blocks(struct kf_fdt *fdt, uint32_t head)
{
	uint32_t len = fdt->version >= SIZED_VERSION ? fdt->struct_len : 0;
	const struct {
		const char *field;
		uint32_t field_at, at, len;
	} blocks[] = {
		{ "off_mem_rsvmap", 16, fdt->reserve_at, 0 },
		{ "off_dt_struct", 8, fdt->struct_at, 0 },
		{ "size_dt_struct", 36, fdt->struct_at, len },
		{ "off_dt_strings", 12, fdt->strings_at, 0 },
		{ "size_dt_strings", 32, fdt->strings_at, fdt->strings_len },
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (!within(fdt, head, blocks[i].at, blocks[i].len))
			return harm(fdt, blocks[i].field, blocks[i].field_at);
	return true;
}

/* check_header holds the header against the rules. */
static bool check_header(struct kf_fdt *fdt)
{
	uint32_t head = fdt->version >= SIZED_VERSION ? KF_FDT_HEADER_LEN
		      : fdt->version >= 3 ? 36 : 32;

	if (fdt->total_len < head || fdt->total_len > INT32_MAX)
		return harm(fdt, "totalsize", 4);
	if (!check_blocks(fdt, head))
		return false;
	fdt->room = fdt->total_len - fdt->struct_at;
	if (fdt->version >= SIZED_VERSION && fdt->room > fdt->struct_len)
		fdt->room = fdt->struct_len;
	return true;
}

static bool read_header(struct kf_fdt *fdt)
{
	uint8_t h[KF_FDT_HEADER_LEN];

	if (!kf_fdt_get(fdt, fdt->base, h, sizeof(h)))
		return false;
	fdt->total_len = be32(h + 4);
	fdt->struct_at = be32(h + 8);
	fdt->strings_at = be32(h + 12);
	fdt->reserve_at = be32(h + 16);
	fdt->version = be32(h + 20);
	fdt->last_version = be32(h + 24);
	fdt->strings_len = be32(h + 32);
	fdt->struct_len = be32(h + 36);
	if (be32(h) != KF_FDT_MAGIC)
		return harm(fdt, "magic", 0);
	return check_versions(fdt) && check_header(fdt);
}

/* check_reserved walks the memory reservations to the one that ends them. */
static bool check_reserved(struct kf_fdt *fdt, struct kf_env *env)
{
	static const uint8_t nothing[8];
	uint64_t at = fdt->reserve_at;
	uint8_t entry[RESERVE_LEN];

	do {
		if (at + RESERVE_LEN > fdt->total_len)
			return harm(fdt, "memory reservations", at);
		if (!kf_spend(env, RESERVE_LEN)) {
			fdt->status = KF_TOO_MUCH;
			return false;
		}
		if (!kf_fdt_get(fdt, fdt->base + at, entry, sizeof(entry)))
			return false;
		at += RESERVE_LEN;
	} while (memcmp(entry + 8, nothing, sizeof(nothing)) != 0);
	return true;
}

/* keep_strings takes the names of properties into memory. */
static bool keep_strings(struct kf_fdt *fdt, struct kf_env *env)
{
	uint32_t len = fdt->version >= SIZED_VERSION ? fdt->strings_len
		     : fdt->total_len - fdt->strings_at;
	uint8_t *copy;

	if (len > KF_FDT_STRINGS_MAX) {
		fdt->trouble = KF_FDT_TOO_LARGE;
		return false;
	}
	copy = kf_arena_take(env->arena, (size_t)len + 1);
	if (!copy) {
		fdt->status = KF_NO_MEMORY;
		return false;
	}
	fdt->strings = kf_view(copy, len);
	return kf_fdt_get(fdt, fdt->base + fdt->strings_at, copy, len);
}

/* scan is one walk over all tags: the first one checks and counts, the second
 * one fills the tables. */
struct scan {
	struct kf_fdt *fdt;
	struct kf_env *env;
	struct kf_fdt_tag tag;
	uint32_t depth;
	uint32_t node;		/* the one that is open */
	uint32_t last;		/* the last one that was closed */
	bool fill;
	bool fresh;		/* no subnode of `node` came yet */
	bool over;		/* the root was closed */
	uint32_t num_nodes, num_props;
};

/* keep_name takes a node's name into memory. */
static bool keep_name(struct scan *s, struct kf_fdt_node *node)
{
	char *copy = kf_arena_take(s->env->arena, (size_t)s->tag.len + 1);

	if (!copy) {
		s->fdt->status = KF_NO_MEMORY;
		return false;
	}
	node->name = kf_view(copy, s->tag.len);
	return kf_fdt_get(s->fdt, node->at + TAG_LEN, copy, s->tag.len);
}

static bool open_node(struct scan *s)
{
	struct kf_fdt *fdt = s->fdt;
	struct kf_fdt_node *node;

	if (++s->depth == 1 && s->tag.len)
		return harm(fdt, "root name",
			    (uint64_t)fdt->struct_at + s->tag.offset);
	if (++s->num_nodes > KF_FDT_NODES_MAX) {
		fdt->trouble = KF_FDT_TOO_LARGE;
		return false;
	}
	if (!s->fill)
		return true;
	node = &fdt->node[s->num_nodes - 1];
	node->offset = s->tag.offset;
	node->at = fdt->base + fdt->struct_at + s->tag.offset;
	node->parent = s->node;
	node->child = node->next = KF_FDT_NONE;
	node->first_prop = s->num_props;
	if (s->node != KF_FDT_NONE && s->last == KF_FDT_NONE)
		fdt->node[s->node].child = s->num_nodes - 1;
	else if (s->node != KF_FDT_NONE)
		fdt->node[s->last].next = s->num_nodes - 1;
	s->node = s->num_nodes - 1;
	s->last = KF_FDT_NONE;
	s->fresh = true;
	fdt->num_nodes = s->num_nodes;
	return keep_name(s, node);
}

static bool close_node(struct scan *s)
{
	if (s->depth == 0)
		return harm(s->fdt, "end of node",
			    (uint64_t)s->fdt->struct_at + s->tag.offset);
	s->over = --s->depth == 0;
	s->fresh = false;
	if (!s->fill)
		return true;
	s->last = s->node;
	s->node = s->fdt->node[s->node].parent;
	return true;
}

static bool add_prop(struct scan *s)
{
	struct kf_fdt *fdt = s->fdt;
	uint64_t place = (uint64_t)fdt->struct_at + s->tag.offset;
	struct kf_fdt_prop *prop;
	struct kf_bytes name;

	if (!kf_fdt_string(&name, fdt, s->tag.name_at))
		return harm(fdt, "property name", place + 8);
	if (++s->num_props > KF_FDT_PROPS_MAX) {
		fdt->trouble = KF_FDT_TOO_LARGE;
		return false;
	}
	if (!s->fill)
		return true;
	prop = &fdt->prop[s->num_props - 1];
	prop->name = name;
	prop->at = fdt->base + place + PROP_LEN;
	prop->len = s->tag.len;
	fdt->num_props = s->num_props;
	if (s->fresh)
		fdt->node[s->node].num_props++;
	return true;
}

/* step takes one tag. Returns false at the end, and where it is damaged. */
static bool step(struct scan *s)
{
	uint64_t place;

	if (!kf_fdt_next_tag(s->fdt, &s->tag, s->env))
		return false;
	place = (uint64_t)s->fdt->struct_at + s->tag.offset;
	if (s->over && s->tag.kind != KF_FDT_END)
		return harm(s->fdt, "second root", place);
	switch (s->tag.kind) {
	case KF_FDT_BEGIN_NODE:
		return open_node(s);
	case KF_FDT_END_NODE:
		return close_node(s);
	case KF_FDT_PROP:
		return add_prop(s);
	case KF_FDT_NOP:
		return true;
	default:
		break;
	}
	s->fdt->end = s->tag.next;
	if (s->depth)
		harm(s->fdt, "end of tree", place);
	return false;
}

/* scan_tags walks over all tags, up to the first damage. */
static void scan_tags(struct kf_fdt *fdt, struct kf_env *env, bool fill)
{
	struct scan s = { .fdt = fdt, .env = env, .node = KF_FDT_NONE,
			  .last = KF_FDT_NONE, .fill = fill };
	struct kf_damage first = fdt->damage;

	while (step(&s))
		continue;
	if (fill) {
		fdt->damage = first;
		return;
	}
	fdt->num_nodes = s.num_nodes;
	fdt->num_props = s.num_props;
}

/* fill_tables makes the tables as large as the first walk counted. */
static void fill_tables(struct kf_fdt *fdt, struct kf_env *env)
{
	fdt->node = kf_arena_take(env->arena, ((size_t)fdt->num_nodes + 1) *
					      sizeof(*fdt->node));
	fdt->prop = kf_arena_take(env->arena, ((size_t)fdt->num_props + 1) *
					      sizeof(*fdt->prop));
	fdt->num_nodes = fdt->num_props = 0;
	if (!fdt->node || !fdt->prop) {
		fdt->status = KF_NO_MEMORY;
		return;
	}
	scan_tags(fdt, env, true);
}

bool kf_fdt_header(struct kf_fdt *out, const struct kf_source *source,
		   uint64_t base)
{
	memset(out, 0, sizeof(*out));
	out->source = source;
	out->base = base;
	return read_header(out);
}

enum kf_status kf_fdt_read(struct kf_fdt *out, const struct kf_source *source,
			   uint64_t base, struct kf_env *env)
{
	if (!kf_fdt_header(out, source, base))
		return out->status;
	/* Here one byte more is too large than for the header alone. */
	if (out->total_len == INT32_MAX) {
		harm(out, "totalsize", 4);
		return out->status;
	}
	if (out->version < EVEN_VERSION) {
		out->trouble = KF_FDT_OLD;
		return out->status;
	}
	if (!check_reserved(out, env) || !keep_strings(out, env))
		return out->status;
	scan_tags(out, env, false);
	if (out->status == KF_OK && out->trouble != KF_FDT_TOO_LARGE)
		fill_tables(out, env);
	return out->status;
}
