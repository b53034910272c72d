/* U-Boot's FIT: the value of the signature node of each configuration, as
 * mkimage puts it there.
 *
 * Nothing else of the tree changes; images in it are not even read. What is
 * covered is what U-Boot works out by itself, and stands in hashed-nodes for
 * those that believe that.
 *
 * Source: U-Boot 2023.01, tools/image-host.c: fit_config_process_sig,
 * fit_image_write_sig; the rules FIT-8 to FIT-10.
 */
#include "fit_tree.h"

#include <string.h>

enum {
	SIGNATURES_MAX = 12,	/* as many as the pieces of a patch allow */
	NAMES = 3,
	HEADER_TOTAL = 4, HEADER_STRUCT = 8, HEADER_STRINGS = 12,
	HEADER_STRINGS_LEN = 32, HEADER_STRUCT_LEN = 36,
};

static const char *const names[NAMES] = { "value", "hashed-nodes",
					  "hashed-strings" };

/* target is one signature node that gets its value. */
struct target {
	uint32_t node;
	struct kf_scheme scheme;
	struct kf_fit_cover cover;
	uint8_t *props;		/* the new properties, in the arena */
	size_t props_len;
	uint8_t *value;		/* in there */
};

/* fit is the work on one file. */
struct fit {
	struct kf_making *m;
	struct kf_fault *why;
	struct kf_fdt tree;
	struct target *target;
	size_t num_targets;
	uint32_t name_at[NAMES];	/* in the strings */
	uint8_t more[64];	/* names that the strings have not yet */
	size_t more_len;
	uint32_t grown;		/* by how much the structure block does */
};

static enum kf_status unfit(struct fit *f, const char *what, const char *hint)
{
	kf_fault_say(f->why, hint, "%s", what);
	return KF_WRONG_USE;
}

static bool begins(struct kf_bytes name, const char *with)
{
	return kf_equal(kf_part_of(name, 0, strlen(with)), kf_text(with));
}

static size_t align(size_t len)
{
	return (len + 3) / 4 * 4;
}

static void put32(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* read_algo reads "sha256,rsa2048", and tells whether it is the key's. */
static bool read_algo(struct kf_scheme *out, struct kf_bytes algo,
		      const struct kf_key *key)
{
	static const struct {
		const char *name;
		enum kf_digest_kind kind;
	} digests[] = { { "sha256,", KF_SHA256 }, { "sha384,", KF_SHA384 },
			{ "sha512,", KF_SHA512 } };
	const char *wanted = key->bits == 2048 ? "rsa2048" :
			     key->bits == 3072 ? "rsa3072" : "rsa4096";

	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		size_t len = strlen(digests[i].name);

		if (!begins(algo, digests[i].name))
			continue;
		out->digest = digests[i].kind;
		return kf_equal(kf_part_of(algo, len, algo.len - len),
				kf_text(wanted));
	}
	return false;
}

/* suits_node tells whether the key can fill a signature node. */
static bool suits_node(struct fit *f, struct kf_scheme *out, uint32_t node)
{
	const struct kf_fdt_prop *algo = kf_fdt_find(&f->tree, node, "algo");
	const struct kf_fdt_prop *padding = kf_fdt_find(&f->tree, node,
							"padding");
	struct kf_bytes text, way = kf_text("pkcs-1.5");
	bool pss;

	*out = f->m->scheme;
	if (!algo || !kf_fdt_text(&text, &f->tree, algo, f->m->env) ||
	    !read_algo(out, text, &f->m->key->key))
		return false;
	if (f->m->ask.has_digest && out->digest != f->m->ask.digest)
		return false;
	if (padding && !kf_fdt_text(&way, &f->tree, padding, f->m->env))
		return false;
	pss = kf_equal(way, kf_text("pss"));
	if ((!pss && !kf_equal(way, kf_text("pkcs-1.5"))) ||
	    (f->m->ask.pss && !pss))
		return false;
	out->kind = pss ? KF_SCHEME_RSA_PSS : KF_SCHEME_RSA_PKCS1;
	out->salt_len = out->digest == KF_SHA256 ? 32 :
			out->digest == KF_SHA384 ? 48 : 64;
	return true;
}

/* choose_node finds the node of a configuration that is filled: the first
 * without a value, or the only one. */
static enum kf_status choose_node(struct fit *f, uint32_t configuration)
{
	const struct kf_fdt_node *n = f->tree.node;
	struct target *t = &f->target[f->num_targets];
	size_t num = 0, num_empty = 0;

	for (uint32_t i = n[configuration].child; i != KF_FDT_NONE;
	     i = n[i].next) {
		struct kf_scheme scheme;
		bool empty = !kf_fdt_find(&f->tree, i, "value");

		if (!begins(n[i].name, "signature") ||
		    !suits_node(f, &scheme, i))
			continue;
		num++;
		if ((empty && !num_empty) || (!num_empty && num == 1)) {
			t->node = i;
			t->scheme = scheme;
		}
		num_empty += empty;
	}
	if (f->tree.status != KF_OK)
		return f->tree.status;
	if (!num)
		return unfit(f, "has a configuration without a signature node that the key can fill",
			     "its source needs one: signature-1 { algo = \"sha256,rsa2048\"; key-name-hint = \"NAME\"; }");
	if (num > 1 && !num_empty)
		return unfit(f, "has a configuration with several signatures that could be replaced",
			     "make the image anew, and sign it with one key after the other");
	return kf_fit_cover_find(&t->cover, &f->tree, configuration,
				 f->m->env, f->why);
}

/* choose goes over all configurations. */
static enum kf_status choose(struct fit *f)
{
	uint32_t all = kf_fdt_child(&f->tree, 0, kf_text("configurations"));
	enum kf_status status = KF_OK;

	if (all == KF_FDT_NONE)
		return unfit(f, "is no FIT: it has no configurations", NULL);
	for (uint32_t i = f->tree.node[all].child;
	     i != KF_FDT_NONE && status == KF_OK; i = f->tree.node[i].next) {
		if (f->num_targets == SIGNATURES_MAX)
			return unfit(f, "has more configurations than keyfit signs, 12",
				     "mkimage signs more");
		status = choose_node(f, i);
		f->num_targets++;
	}
	if (status == KF_OK && !f->num_targets)
		return unfit(f, "is no FIT: it has no configurations", NULL);
	return status;
}

/* find_names finds the new properties' names among the strings, or notes those
 * that have to be put there. */
static void find_names(struct fit *f)
{
	struct kf_bytes strings = f->tree.strings;

	for (size_t i = 0; i < NAMES; i++) {
		size_t len = strlen(names[i]) + 1;
		uint8_t *found = strings.len
			? memmem(strings.data, strings.len, names[i], len)
			: NULL;

		/* Another name may end so: that is how strings are shared. */
		if (found) {
			f->name_at[i] = (uint32_t)(found - strings.data);
			continue;
		}
		f->name_at[i] = f->tree.strings_len + (uint32_t)f->more_len;
		memcpy(f->more + f->more_len, names[i], len);
		f->more_len += len;
	}
}

static uint8_t *put_prop(uint8_t *at, uint32_t name, const void *value,
			 size_t len)
{
	put32(at, KF_FDT_PROP);
	put32(at + 4, len);
	put32(at + 8, name);
	if (value)
		memcpy(at + 12, value, len);
	return at + 12 + align(len);
}

/* write_props writes a signature node's new properties, its value not yet. */
static enum kf_status write_props(struct fit *f, struct target *t)
{
	size_t value_len = f->m->key->key.bits / 8;
	uint8_t strings[8] = { 0 }, *at;

	t->props_len = 3 * 12 + align(value_len) + align(t->cover.paths_len) +
		       sizeof(strings);
	t->props = kf_arena_take(f->m->env->arena, t->props_len);
	if (!t->props)
		return KF_NO_MEMORY;
	put32(strings + 4, f->tree.strings_len + f->more_len);
	t->value = t->props + 12;
	at = put_prop(t->props, f->name_at[0], NULL, value_len);
	at = put_prop(at, f->name_at[1], t->cover.paths, t->cover.paths_len);
	put_prop(at, f->name_at[2], strings, sizeof(strings));
	return KF_OK;
}

/* put_target copies the tree from `*from` up to the end of a signature node's
 * properties, without the old ones, and puts the new ones there. */
static bool put_target(struct fit *f, const struct target *t, uint64_t *from)
{
	const struct kf_fdt_node *n = &f->tree.node[t->node];
	struct kf_patch *patch = &f->m->patch;
	uint64_t at = n->at + 4 + align(n->name.len + 1);
	bool fits = true;

	for (uint32_t i = 0; i < n->num_props; i++) {
		const struct kf_fdt_prop *p = &f->tree.prop[n->first_prop + i];
		uint64_t end = p->at + align(p->len);

		if (kf_fit_is_signing(p->name)) {
			fits = fits && kf_patch_slice(patch, *from,
						      p->at - 12 - *from);
			*from = end;
			f->grown -= (uint32_t)(end - (p->at - 12));
		}
		at = end;
	}
	f->grown += (uint32_t)t->props_len;
	fits = fits && kf_patch_slice(patch, *from, at - *from) &&
	       kf_patch_view(patch, kf_view(t->props, t->props_len));
	*from = at;
	return fits;
}

/* put_tree puts the tree together: header, reservations, the structure with
 * new properties, the strings with new names. */
static enum kf_status put_tree(struct fit *f)
{
	struct kf_fdt *old = &f->tree;
	struct kf_patch *patch = &f->m->patch;
	uint8_t *header = kf_arena_take(f->m->env->arena, KF_FDT_HEADER_LEN);
	uint64_t from = old->struct_at;
	uint32_t before = old->struct_at - KF_FDT_HEADER_LEN, strings_at;
	bool fits;

	if (!header)
		return KF_NO_MEMORY;
	if (!kf_fdt_get(old, 0, header, KF_FDT_HEADER_LEN))
		return old->status;
	fits = kf_patch_view(patch, kf_view(header, KF_FDT_HEADER_LEN)) &&
	       kf_patch_slice(patch, KF_FDT_HEADER_LEN, before);
	for (size_t i = 0; i < f->num_targets; i++)
		fits = fits && put_target(f, &f->target[i], &from);
	fits = fits && kf_patch_slice(patch, from, (uint64_t)old->struct_at +
				      old->struct_len - from) &&
	       kf_patch_slice(patch, old->strings_at, old->strings_len) &&
	       kf_patch_view(patch, kf_view(f->more, f->more_len));
	strings_at = old->struct_at + old->struct_len + f->grown;
	put32(header + HEADER_TOTAL, strings_at + old->strings_len +
	      f->more_len);
	put32(header + HEADER_STRUCT_LEN, old->struct_len + f->grown);
	put32(header + HEADER_STRINGS, strings_at);
	put32(header + HEADER_STRINGS_LEN, old->strings_len + f->more_len);
	return fits ? KF_OK : unfit(f, "has too many configurations for one run", NULL);
}

/* sign_all fills the values in. None of them is covered by another. */
static enum kf_status sign_all(struct fit *f)
{
	struct kf_making *m = f->m;
	struct kf_fdt made;
	enum kf_status status = kf_fdt_read(&made, kf_patch_source(&m->patch),
					    0, m->env);

	if (status == KF_OK && (made.damage.field || made.trouble ||
				made.num_nodes != f->tree.num_nodes))
		return unfit(f, "would be another tree", "nothing was signed; this is a fault of keyfit's");
	for (size_t i = 0; i < f->num_targets && status == KF_OK; i++) {
		struct target *t = &f->target[i];

		m->scheme = t->scheme;
		status = kf_fit_cover_digest(&m->covered, &t->cover, &made,
					     made.strings_len,
					     t->scheme.digest, m->env);
		if (status == KF_OK)
			status = kf_making_sign(m, kf_view(m->covered.bytes,
							   m->covered.len),
						f->why);
		if (status == KF_OK && m->signature.len !=
				       m->key->key.bits / 8)
			status = KF_CANNOT_READ;
		if (status == KF_OK)
			memcpy(t->value, m->signature.bytes, m->signature.len);
	}
	return status;
}

/* read_tree reads the tree, which has to be all of the file, in its usual
 * order. */
static enum kf_status read_tree(struct fit *f)
{
	const struct kf_source *source = f->m->source;
	struct kf_fdt *t = &f->tree;
	enum kf_status status = kf_fdt_read(t, source, 0, f->m->env);

	if (status != KF_OK)
		return status;
	if (t->damage.field || t->trouble || t->cut)
		return unfit(f, "is no sound device tree",
			     "keyfit show tells what is wrong");
	if (t->version < 17 || t->struct_at < KF_FDT_HEADER_LEN ||
	    t->strings_at < t->struct_at + t->struct_len ||
	    t->reserve_at >= t->struct_at)
		return unfit(f, "is a device tree of an unusual layout",
			     "dtc and mkimage write header, reservations, structure and strings in this order");
	if (source->size > align(t->total_len))
		return unfit(f, "has data behind the tree (mkimage -E)",
			     "their places would move: sign the image with the data inside, or with mkimage");
	return KF_OK;
}

static enum kf_status make(struct kf_making *m, struct kf_fault *why)
{
	struct fit *f = kf_arena_take(m->env->arena, sizeof(*f));
	enum kf_status status;

	if (!f)
		return KF_NO_MEMORY;
	f->m = m;
	f->why = why;
	f->target = kf_arena_take(m->env->arena,
				  SIGNATURES_MAX * sizeof(*f->target));
	if (!f->target)
		return KF_NO_MEMORY;
	status = read_tree(f);
	if (status == KF_OK)
		status = choose(f);
	if (status == KF_OK)
		find_names(f);
	for (size_t i = 0; i < f->num_targets && status == KF_OK; i++)
		status = write_props(f, &f->target[i]);
	if (status == KF_OK)
		status = put_tree(f);
	return status == KF_OK ? sign_all(f) : status;
}

static enum kf_status suits(const struct kf_making *m, struct kf_fault *why)
{
	unsigned bits = m->key->key.bits;

	if (bits == 2048 || bits == 3072 || bits == 4096)
		return KF_OK;
	kf_fault_say(why, NULL, "U-Boot takes RSA of 2048, 3072 and 4096 bits (FIT-8)");
	return KF_WRONG_USE;
}

const struct kf_maker kf_maker_fit = {
	.name = "fit",
	.title = "U-Boot's FIT: the signature node of each configuration",
	.schemes = KF_SIGNS(KF_SCHEME_RSA_PKCS1) |
		   KF_SIGNS(KF_SCHEME_RSA_PSS),
	.digests = 1u << KF_SHA256 | 1u << KF_SHA384 | 1u << KF_SHA512,
	.refuses = "U-Boot verifies RSA with SHA-2; elliptic curves need a driver that few boards have (FIT-8)",
	.suits = suits,
	.make = make,
};
