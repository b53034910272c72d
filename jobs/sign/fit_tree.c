/* Finds and hashes what U-Boot works out to be covered: the root, the
 * configuration, and of each image that it names the node, its hashes and its
 * cipher (FIT-9).
 *
 * Source: U-Boot 2023.01 as Debian 12 has it, boot/image-fit-sig.c:
 * fit_config_get_hash_list; boot/fdt_region.c: fdt_find_regions.
 */
#include "fit_tree.h"

#include <string.h>

enum { LIST_MAX = 4096, DEPTH_MAX = 32, PATH_LEN_MAX = 200 };

/* finding is the search of one configuration's nodes. */
struct finding {
	struct kf_fit_cover *out;
	struct kf_fdt *fdt;
	struct kf_env *env;
	struct kf_fault *why;
};

static enum kf_status unfit(struct finding *f, const char *what)
{
	kf_fault_say(f->why, NULL, "%s", what);
	return KF_WRONG_USE;
}

static bool begins(struct kf_bytes name, const char *with)
{
	return kf_equal(kf_part_of(name, 0, strlen(with)), kf_text(with));
}

/* put_name writes "/NAME" behind a path. Returns the new length; 0: it does
 * not fit. */
static size_t put_name(char *path, size_t len, struct kf_bytes name)
{
	if (name.len + 2 > PATH_LEN_MAX - len ||
	    (name.len && memchr(name.data, '/', name.len)))
		return 0;
	path[len++] = '/';
	if (name.len)
		memcpy(path + len, name.data, name.len);
	return len + name.len;
}

/* add adds a node once, with its path of at most three names. */
static enum kf_status add(struct finding *f, uint32_t node)
{
	const struct kf_fdt_node *n = f->fdt->node;
	struct kf_fit_cover *c = f->out;
	uint32_t chain[4], num = 0;
	char path[PATH_LEN_MAX];
	size_t len = 0;

	for (size_t i = 0; i < c->num; i++)
		if (c->node[i] == node)
			return KF_OK;
	for (uint32_t at = node; n[at].parent != KF_FDT_NONE && num < 4;
	     at = n[at].parent)
		chain[num++] = at;
	if (!num)
		len = put_name(path, 0, kf_view(NULL, 0));
	while (num--) {
		len = put_name(path, len, n[chain[num]].name);
		if (!len)
			return unfit(f, "has a node whose name is too long, or has a slash in it");
	}
	if (c->num == KF_FIT_NODES_MAX ||
	    len + 1 > sizeof(c->paths) - c->paths_len)
		return unfit(f, "has a configuration with more nodes than U-Boot takes (FIT-10)");
	memcpy(c->paths + c->paths_len, path, len);
	c->paths[c->paths_len + len] = '\0';
	c->paths_len += len + 1;
	c->node[c->num++] = node;
	return KF_OK;
}

/* add_image adds an image, which needs a hash with its value. */
static enum kf_status add_image(struct finding *f, uint32_t image)
{
	const struct kf_fdt_node *n = f->fdt->node;
	enum kf_status status = add(f, image);
	bool hashed = false;

	for (uint32_t i = n[image].child; i != KF_FDT_NONE && status == KF_OK;
	     i = n[i].next) {
		bool is_hash = begins(n[i].name, "hash");

		if (is_hash && !kf_fdt_find(f->fdt, i, "value"))
			return unfit(f, "has an image whose hash has no value: mkimage puts it there");
		if (is_hash || kf_equal(n[i].name, kf_text("cipher")) ||
		    kf_equal(n[i].name, kf_text("dm-verity")))
			status = add(f, i);
		hashed |= is_hash;
	}
	if (status == KF_OK && !hashed)
		return unfit(f, "has an image without a hash: U-Boot refuses what names it (FIT-9)");
	return status;
}

/* add_named adds the images that a property names. */
static enum kf_status add_named(struct finding *f, uint32_t images,
				const struct kf_fdt_prop *prop, bool *any)
{
	enum kf_status status = KF_OK;
	struct kf_bytes list, name;

	if (kf_equal(prop->name, kf_text("description")) ||
	    kf_equal(prop->name, kf_text("compatible")) ||
	    kf_equal(prop->name, kf_text("default")))
		return KF_OK;
	if (!kf_fdt_value(&list, f->fdt, prop, LIST_MAX, f->env))
		return f->fdt->status != KF_OK ? f->fdt->status : KF_NO_MEMORY;
	if (!list.len || list.data[list.len - 1])
		return KF_OK;
	for (size_t i = 0; kf_fdt_list_at(&name, list, i) && status == KF_OK;
	     i++) {
		uint32_t image = kf_fdt_child(f->fdt, images, name);

		if (image == KF_FDT_NONE)
			continue;
		status = add_image(f, image);
		*any = true;
	}
	return status;
}

enum kf_status kf_fit_cover_find(struct kf_fit_cover *out, struct kf_fdt *fdt,
				 uint32_t configuration, struct kf_env *env,
				 struct kf_fault *why)
{
	struct finding f = { out, fdt, env, why };
	const struct kf_fdt_node *n = &fdt->node[configuration];
	uint32_t images = kf_fdt_child(fdt, 0, kf_text("images"));
	enum kf_status status;
	bool any = false;

	memset(out, 0, sizeof(*out));
	if (images == KF_FDT_NONE)
		return unfit(&f, "has no images");
	status = add(&f, 0);
	if (status == KF_OK)
		status = add(&f, configuration);
	for (uint32_t i = 0; i < n->num_props && status == KF_OK; i++)
		status = add_named(&f, images, &fdt->prop[n->first_prop + i],
				   &any);
	if (status == KF_OK && !any)
		return unfit(&f, "has a configuration that names no image (FIT-9)");
	return status;
}

static bool is_covered(const struct kf_fit_cover *cover, uint32_t node)
{
	for (size_t i = 0; i < cover->num; i++)
		if (cover->node[i] == node)
			return true;
	return false;
}

/* walk is where the walk over the tags is: the nodes around it. */
struct walk {
	uint32_t node[DEPTH_MAX];
	size_t depth;
	uint32_t next;		/* the number of the node that comes */
};

/* is_on tells whether a tag is covered, and goes into or out of a node. */
static bool is_on(struct walk *w, const struct kf_fit_cover *cover,
		  const struct kf_fdt *fdt, const struct kf_fdt_tag *tag)
{
	uint32_t node, up;
	bool on;

	if (tag->kind == KF_FDT_END)
		return true;
	if (tag->kind == KF_FDT_BEGIN_NODE)
		w->node[w->depth++] = w->next++;
	node = w->node[w->depth - 1];
	up = w->depth > 1 ? w->node[w->depth - 2] : KF_FDT_NONE;
	on = is_covered(cover, node);
	if (tag->kind == KF_FDT_PROP)
		return on && !kf_fit_is_data(fdt, tag);
	if (tag->kind == KF_FDT_BEGIN_NODE || tag->kind == KF_FDT_END_NODE)
		on |= up != KF_FDT_NONE && is_covered(cover, up);
	if (tag->kind == KF_FDT_END_NODE)
		w->depth--;
	return on;
}

static bool add_bytes(void *digest, struct kf_fdt *fdt, uint64_t at,
		      uint64_t len, struct kf_env *env)
{
	while (len) {
		size_t some = len < env->window_len ? (size_t)len
						    : env->window_len;

		if (!kf_fdt_get(fdt, at, env->window, some))
			return false;
		env->crypto->digest_add(digest, kf_view(env->window, some));
		at += some;
		len -= some;
	}
	return true;
}

/* is_sound: what kf_fdt_read has seen is not held against again, but for what
 * would lead this walk astray. */
static bool is_sound(const struct walk *w, const struct kf_fdt_tag *tag)
{
	if (tag->kind == KF_FDT_BEGIN_NODE)
		return w->depth < DEPTH_MAX;
	return w->depth || tag->kind == KF_FDT_END;
}

/* add_tags hashes all tags that are covered. */
static bool add_tags(void *digest, const struct kf_fit_cover *cover,
		     struct kf_fdt *fdt, struct kf_env *env)
{
	struct kf_fdt_tag tag = { 0 };
	struct walk w = { .depth = 0 };

	do {
		if (!kf_fdt_next_tag(fdt, &tag, env))
			return false;
		/* Such as stand in front of the root are in no node. */
		if (tag.kind == KF_FDT_NOP && !w.depth)
			continue;
		if (!is_sound(&w, &tag))
			return false;
		if (is_on(&w, cover, fdt, &tag) &&
		    !add_bytes(digest, fdt, fdt->base + fdt->struct_at +
			       tag.offset, tag.next - tag.offset, env))
			return false;
	} while (tag.kind != KF_FDT_END);
	return true;
}

enum kf_status kf_fit_cover_digest(struct kf_digest *out,
				   const struct kf_fit_cover *cover,
				   struct kf_fdt *fdt, uint32_t strings,
				   enum kf_digest_kind kind,
				   struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	void *digest = crypto->digest_begin(crypto->self, kind);

	out->len = 0;
	if (!digest)
		return KF_NO_CRYPTO;
	if (!add_tags(digest, cover, fdt, env) ||
	    !add_bytes(digest, fdt, fdt->base + fdt->strings_at, strings,
		       env)) {
		crypto->digest_drop(digest);
		return fdt->status != KF_OK ? fdt->status : KF_CANNOT_READ;
	}
	crypto->digest_end(digest, out);
	return out->len ? KF_OK : KF_NO_CRYPTO;
}
