/* FIT-9, FIT-10: what the signature of a configuration covers: the root, the
 * configuration, and of each image that it names the node, its hashes and its
 * cipher. U-Boot works that out anew, and does not look at hashed-nodes; one
 * that is not mended covers what these tell.
 *
 * Source: U-Boot 2023.01 as Debian 12 has it, boot/image-fit-sig.c:
 * fit_config_get_hash_list, fit_config_add_hash, fit_config_check_sig;
 * boot/fdt_region.c: fdt_find_regions; scripts/dtc/libfdt/fdt_ro.c:
 * fdt_get_path.
 */
#include "u_boot_fit.h"

#include <string.h>

enum {
	PATH_MAX_LEN = 200,
	PATHS_LEN = 4096,
	FAR = 1 << 20,		/* behind the end of the file */
};

/* region is a piece of the structure block. */
struct region {
	uint32_t from, len;
};

/* covering is the work on one signature. */
struct covering {
	struct fit_file *file;
	struct fit_signature *s;
	struct kf_env *env;
	struct kf_bytes path[FIT_NODES_MAX];
	uint32_t num_paths;
	uint8_t text[PATHS_LEN];
	uint32_t used;
	struct region *region;
	uint32_t num_regions, max_regions;
};

/* walk is where the walk over the tags is. */
struct walk {
	uint8_t path[PATH_MAX_LEN];
	uint32_t len;
	uint8_t stack[FIT_DEPTH_MAX];
	int depth;
	uint8_t want;		/* 2: the node's own, 1: its subnodes' tags */
	bool open;
	uint32_t start;
	bool over;		/* the root was closed */
};

/* fail says that the signature covers nothing. */
static bool fail(struct covering *c, const char *rule, uint32_t node,
		 const char *text)
{
	kf_find(&c->s->unfit, KF_REASON_IMAGE_NOT_COVERED, rule);
	fit_prove_node(&c->s->unfit, &c->file->fdt, node);
	kf_prove_text(&c->s->unfit, text);
	return false;
}

static uint32_t depth_of(const struct kf_fdt *fdt, uint32_t node)
{
	uint32_t depth = 0;

	for (; fdt->node[node].parent != KF_FDT_NONE; depth++)
		node = fdt->node[node].parent;
	return depth;
}

/* pop takes the last name off a path, as libfdt does: up to the slash in
 * front of it, were it a part of the name. */
static uint32_t pop(const uint8_t *text, uint32_t len)
{
	do
		len--;
	while (len && text[len - 1] != '/');
	return len;
}

/* put_path writes a node's path behind the others. Names may have slashes in
 * them, and libfdt then makes another path of them. Returns false where it
 * does not fit. */
static bool put_path(struct covering *c, uint32_t node)
{
	const struct kf_fdt *fdt = &c->file->fdt;
	uint8_t *text = c->text + c->used;
	uint32_t room = PATHS_LEN - c->used, len = 0, deep = 0;

	if (room < 2 || c->num_paths == FIT_NODES_MAX)
		return false;
	for (uint32_t i = 0; i <= node; i++) {
		uint32_t depth = depth_of(fdt, i);
		struct kf_bytes name = fdt->node[i].name;

		for (; deep > depth; deep--)
			len = pop(text, len);
		if (deep < depth || len + name.len + 1 > room)
			continue;
		memcpy(text + len, name.data, name.len);
		len += (uint32_t)name.len;
		text[len++] = '/';
		deep++;
	}
	if (deep < depth_of(fdt, node) + 1)
		return false;
	if (len > 1)
		len--;
	c->path[c->num_paths++] = kf_view(text, len);
	c->used += len + 1;
	return c->used <= PATHS_LEN;
}

/* add_path adds a node to those that are covered. */
static bool add_path(struct covering *c, uint32_t node)
{
	/* The walk to a path costs a step a node. */
	if (!kf_spend(c->env, node + 1)) {
		c->file->fdt.status = KF_TOO_MUCH;
		return false;
	}
	return put_path(c, node) ||
	       fail(c, "FIT-10", node, "too many nodes, or paths too long");
}

/* add_named adds a subnode of an image, where there is one. */
static bool add_named(struct covering *c, uint32_t image, const char *name)
{
	uint32_t node = kf_fdt_child(&c->file->fdt, image, kf_text(name));

	return node == KF_FDT_NONE || add_path(c, node);
}

static bool add_image(struct covering *c, uint32_t image)
{
	const struct kf_fdt *fdt = &c->file->fdt;
	bool hashed = false;

	if (!add_path(c, image))
		return false;
	for (uint32_t i = fdt->node[image].child; i != KF_FDT_NONE;
	     i = fdt->node[i].next) {
		if (!fit_begins(fdt->node[i].name, "hash"))
			continue;
		if (!add_path(c, i))
			return false;
		hashed = true;
	}
	if (!hashed)
		return fail(c, "FIT-9", image, "it has no hash");
	return add_named(c, image, "cipher") &&
	       (!c->file->profile->verity ||
		add_named(c, image, "dm-verity"));
}

/* names_images tells whether a property may name images. */
static bool names_images(struct kf_bytes name)
{
	static const char *const others[] = { "description", "compatible",
					      "default" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (kf_equal(name, kf_text(others[i])))
			return false;
	return true;
}

/* add_images adds the images that a property names. A list that does not end
 * with a NUL names none. */
static bool add_images(struct covering *c, const struct kf_fdt_prop *prop,
		       bool *any)
{
	struct kf_fdt *fdt = &c->file->fdt;
	struct kf_bytes list, name;
	uint32_t image;

	if (prop->len > FIT_LIST_MAX)
		fit_beyond(c->file, "a list of images that is too long");
	if (!kf_fdt_value(&list, fdt, prop, FIT_LIST_MAX, c->env))
		return false;
	if (list.len == 0 || list.data[list.len - 1] != '\0')
		return true;
	for (size_t i = 0; kf_fdt_list_at(&name, list, i); i++) {
		image = kf_fdt_child(fdt, c->file->images, name);
		if (image == KF_FDT_NONE)
			continue;
		if (!add_image(c, image))
			return false;
		*any = true;
	}
	return true;
}

/* put_configuration writes the configuration's path, which is put together of
 * its name, whatever libfdt would make of that. */
static bool put_configuration(struct covering *c, uint32_t configuration)
{
	static const char parent[] = "/configurations/";
	struct kf_bytes name = c->file->fdt.node[configuration].name;
	size_t len = sizeof(parent) - 1 + name.len;

	if (len + 1 > PATHS_LEN - c->used)
		return fail(c, "FIT-10", configuration, "its name is too long");
	memcpy(c->text + c->used, parent, sizeof(parent) - 1);
	memcpy(c->text + c->used + sizeof(parent) - 1, name.data, name.len);
	c->path[c->num_paths++] = kf_view(c->text + c->used, len);
	c->used += (uint32_t)len + 1;
	return true;
}

/* collect makes the list of nodes. */
static bool collect(struct covering *c, uint32_t configuration)
{
	const struct kf_fdt *fdt = &c->file->fdt;
	const struct kf_fdt_node *n = &fdt->node[configuration];
	bool any = false;

	c->text[0] = '/';
	c->path[c->num_paths++] = kf_view(c->text, 1);
	c->used = 2;
	if (!put_configuration(c, configuration))
		return false;
	for (uint32_t i = 0; i < n->num_props; i++) {
		const struct kf_fdt_prop *prop = &fdt->prop[n->first_prop + i];

		if (names_images(prop->name) && !add_images(c, prop, &any))
			return false;
	}
	return any || fail(c, "FIT-9", configuration, "it names no image");
}

/* is_itself: a path of the image that names the configuration. */
static bool is_itself(const struct covering *c, struct kf_bytes path,
		      uint32_t configuration)
{
	struct kf_bytes parent = kf_text("/configurations/");

	return path.len >= parent.len &&
	       kf_equal(kf_part_of(path, 0, parent.len), parent) &&
	       kf_equal(kf_part_of(path, parent.len, path.len - parent.len),
			c->file->fdt.node[configuration].name);
}

/* believe takes the list of nodes from the image, as U-Boot did before
 * CVE-2026-46728 was mended. */
static bool believe(struct covering *c, uint32_t configuration)
{
	struct kf_fdt *fdt = &c->file->fdt;
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, c->s->node,
						     "hashed-nodes");
	struct kf_bytes list = { NULL, 0 }, path;
	bool itself = false;

	if (prop && prop->len > FIT_LIST_MAX)
		fit_beyond(c->file, "a list of hashed nodes that is too long");
	if (prop && !kf_fdt_value(&list, fdt, prop, FIT_LIST_MAX, c->env))
		return false;
	if (list.len == 0 || list.data[list.len - 1] != '\0')
		return fail(c, "FIT-9", c->s->node,
			    "it has no hashed-nodes that ends");
	for (size_t i = 0; kf_fdt_list_at(&path, list, i); i++) {
		if (i == FIT_NODES_MAX)
			return fail(c, "FIT-10", c->s->node,
				    "its hashed-nodes are too many");
		c->path[c->num_paths++] = path;
		itself |= is_itself(c, path, configuration);
	}
	return itself || fail(c, "FIT-9", c->s->node,
			      "its hashed-nodes do not name the configuration");
}

static bool covered(const struct covering *c, const struct walk *w)
{
	for (uint32_t i = 0; i < c->num_paths; i++)
		if (kf_equal(c->path[i], kf_view(w->path, w->len)))
			return true;
	return false;
}

/* enter goes into a node. Returns false where U-Boot gives up. */
static bool enter(struct covering *c, struct walk *w,
		  const struct kf_fdt_tag *tag, bool *include, uint32_t *stop)
{
	struct kf_fdt *fdt = &c->file->fdt;

	if (++w->depth == FIT_DEPTH_MAX)
		return fail(c, "FIT-10", 0, "the tree is too deep");
	if (w->len + 2 + tag->len >= PATH_MAX_LEN)
		return fail(c, "FIT-10", 0, "a path is too long");
	if (w->len != 1)
		w->path[w->len++] = '/';
	if (!kf_fdt_get(fdt, fdt->base + fdt->struct_at + tag->offset + 4,
			w->path + w->len, tag->len))
		return false;
	w->len += tag->len;
	w->stack[w->depth] = w->want;
	if (w->want == 1)
		*stop = tag->offset;
	if (covered(c, w))
		w->want = 2;
	else if (w->want)
		w->want--;
	else
		*stop = tag->offset;
	*include = w->want;
	return true;
}

static void leave(struct walk *w, bool *include)
{
	*include = w->want;
	w->want = w->stack[w->depth--];
	while (w->len && w->path[--w->len] != '/')
		continue;
	w->over = w->depth == -1;
}

/* take_tag weighs one tag. */
static bool take_tag(struct covering *c, struct walk *w,
		     const struct kf_fdt_tag *tag, bool *include,
		     uint32_t *stop)
{
	*include = false;
	*stop = tag->next;
	switch (tag->kind) {
	case KF_FDT_PROP:
		*stop = tag->offset;
		*include = w->want >= 2 && !kf_fit_is_data(&c->file->fdt, tag);
		return true;
	case KF_FDT_NOP:
		*stop = tag->offset;
		*include = w->want >= 2;
		return true;
	case KF_FDT_BEGIN_NODE:
		return enter(c, w, tag, include, stop);
	case KF_FDT_END_NODE:
		leave(w, include);
		return true;
	default:
		*include = true;
		return true;
	}
}

/* mark opens and closes regions. One that begins where the last one ended
 * goes on with it. */
static void mark(struct covering *c, struct walk *w, uint32_t offset,
		 bool include, uint32_t stop)
{
	const struct region *last = &c->region[c->num_regions - 1];

	if (include && !w->open) {
		w->start = offset;
		if (c->num_regions && c->num_regions <= c->max_regions &&
		    offset == last->from + last->len)
			w->start = c->region[--c->num_regions].from;
		w->open = true;
	}
	if (include || !w->open)
		return;
	if (c->num_regions < c->max_regions) {
		c->region[c->num_regions].from = w->start;
		c->region[c->num_regions].len = stop - w->start;
	}
	c->num_regions++;
	w->open = false;
}

/* find walks over all tags. */
static bool find(struct covering *c)
{
	struct kf_fdt_tag tag = { 0 };
	struct walk w = { .depth = -1 };
	bool include;
	uint32_t stop;

	do {
		if (!kf_fdt_next_tag(&c->file->fdt, &tag, c->env) ||
		    !take_tag(c, &w, &tag, &include, &stop))
			return false;
		mark(c, &w, tag.offset, include, stop);
	} while (tag.kind != KF_FDT_END);
	if (tag.next != c->file->fdt.struct_len)
		return fail(c, "FIT-10", 0, "something is behind the tree's end");
	if (c->num_regions < c->max_regions) {
		c->region[c->num_regions].from = w.start;
		c->region[c->num_regions].len = tag.next - w.start;
	}
	if (++c->num_regions >= c->max_regions)
		return fail(c, "FIT-10", 0, "too many pieces");
	return true;
}

/* strings_len is how much of the names of properties is covered. Returns false
 * where U-Boot gives up, or goes far behind the file. */
static bool strings_len(struct covering *c, uint32_t *len)
{
	struct kf_fdt *fdt = &c->file->fdt;
	const struct kf_fdt_prop *prop = kf_fdt_find(fdt, c->s->node,
						     "hashed-strings");
	bool bound = c->file->profile->strings_bound;
	struct kf_fdt_prop second;

	*len = 0;
	if (!prop)
		return true;
	if (bound && prop->len < 8)
		return fail(c, "FIT-10", c->s->node,
			    "hashed-strings is too short");
	second = *prop;
	second.at += 4;
	*len = kf_fdt_number(fdt, &second, 0);
	if (bound && *len > fdt->strings_len)
		return fail(c, "FIT-10", c->s->node,
			    "hashed-strings is larger than the strings");
	if ((uint64_t)fdt->strings_at + *len > fdt->source->size + FAR)
		return fail(c, "FIT-10", c->s->node,
			    "hashed-strings is larger than the file");
	return true;
}

static enum kf_status hash(struct covering *c, uint32_t strings)
{
	const struct kf_crypto *crypto = c->env->crypto;
	struct kf_fdt *fdt = &c->file->fdt;
	uint64_t from = fdt->base + fdt->struct_at;
	void *digest = crypto->digest_begin(crypto->self, c->s->kind);
	enum kf_status status = digest ? KF_OK : KF_NO_CRYPTO;

	for (uint32_t i = 0; status == KF_OK && i < c->num_regions; i++)
		status = fit_add(c->file, from + c->region[i].from,
				 c->region[i].len, c->env, crypto->digest_add,
				 digest);
	if (status == KF_OK)
		status = fit_add(c->file, fdt->base + fdt->strings_at, strings,
				 c->env, crypto->digest_add, digest);
	if (digest && status == KF_OK)
		crypto->digest_end(digest, &c->s->digest);
	else if (digest)
		crypto->digest_drop(digest);
	if (status == KF_OK && c->s->digest.len == 0)
		status = KF_NO_CRYPTO;
	return status;
}

enum kf_status fit_regions(struct fit_file *file, struct fit_signature *s,
			   uint32_t configuration, struct kf_env *env)
{
	struct kf_arena arena = *env->arena;
	struct kf_env local = *env;
	enum kf_status status = KF_OK;
	struct covering *c;
	uint32_t strings;
	bool cut = file->fdt.cut;

	local.arena = &arena;
	c = kf_arena_take(&arena, sizeof(*c));
	if (!c)
		return KF_NO_MEMORY;
	c->file = file;
	c->s = s;
	c->env = &local;
	if (file->profile->believes && !file->hypothetical
		    ? believe(c, configuration)
		    : collect(c, configuration)) {
		c->max_regions = 20 + c->num_paths * 7 - 1;
		c->region = kf_arena_take(&arena, c->max_regions *
						  sizeof(*c->region));
		if (!c->region)
			return KF_NO_MEMORY;
		if (find(c) && strings_len(c, &strings))
			status = hash(c, strings);
	}
	s->cut = file->fdt.cut && !cut;
	file->fdt.cut = cut;
	env->steps = local.steps;
	return status == KF_OK ? file->fdt.status : status;
}
