/* A flattened device tree, read as libfdt reads it.
 *
 * The tree is walked once, with the checks of libfdt's fdt_check_full: the
 * first one that fails is damage, with a field and a place. What was read up to
 * there is kept as tables of nodes and properties. Values stay in the file, so
 * that a tree with a kernel inside needs no memory for it.
 *
 * Source: Devicetree Specification 0.4, 5 (flattened format); U-Boot 2023.01,
 * scripts/dtc/libfdt/fdt.c: fdt_check_header, fdt_next_tag; fdt_ro.c:
 * fdt_check_full, fdt_get_string, fdt_num_mem_rsv.
 */
#ifndef KEYFIT_CORE_FDT_H
#define KEYFIT_CORE_FDT_H

#include <keyfit/env.h>

#define KF_FDT_MAGIC UINT32_C(0xd00dfeed)
#define KF_FDT_NONE UINT32_MAX	/* no such node, no such property */

enum {
	KF_FDT_HEADER_LEN = 40,
	KF_FDT_NODES_MAX = 1 << 15,
	KF_FDT_PROPS_MAX = 1 << 16,
	KF_FDT_STRINGS_MAX = 1 << 20,	/* bytes of names of properties */
	KF_FDT_TEXT_MAX = 1024,		/* bytes of a text that is looked at */
};

enum kf_fdt_tag_kind {
	KF_FDT_BEGIN_NODE = 1,
	KF_FDT_END_NODE = 2,
	KF_FDT_PROP = 3,
	KF_FDT_NOP = 4,
	KF_FDT_END = 9,
};

/* kf_fdt_node is a node. Indexes are those of the tables, KF_FDT_NONE where
 * there is none. Its properties are those that libfdt finds: the ones in front
 * of its first subnode. */
struct kf_fdt_node {
	struct kf_bytes name;	/* a NUL stands behind it */
	uint64_t at;		/* of its tag, in the file */
	uint32_t offset;	/* of its tag, in the structure block */
	uint32_t parent, child, next;
	uint32_t first_prop, num_props;
};

struct kf_fdt_prop {
	struct kf_bytes name;	/* a NUL stands behind it */
	uint64_t at;		/* of its value, in the file */
	uint32_t len;
};

/* Why a tree is neither whole nor damaged. */
enum kf_fdt_trouble {
	KF_FDT_NO_TROUBLE = 0,
	KF_FDT_OLD,		/* of a version before 16: not weighed */
	KF_FDT_TOO_LARGE,	/* more nodes, properties or names than the
				 * tables hold */
	KF_FDT_CIRCLE,		/* a length that leads libfdt of 2023 back to
				 * where it was */
	KF_FDT_WRAPS,		/* a length that leads it on, though it is
				 * larger than the tree */
};

/* kf_fdt is a tree. It begins at `base` of its file. */
struct kf_fdt {
	const struct kf_source *source;
	uint64_t base;
	uint32_t total_len;
	uint32_t struct_at, struct_len;	/* from `base` on */
	uint32_t strings_at, strings_len;
	uint32_t reserve_at;
	uint32_t version, last_version;
	uint32_t room;		/* what of the structure block may be read */
	uint32_t end;		/* of the structure block's last tag */
	struct kf_bytes strings;
	struct kf_fdt_node *node;	/* the root first */
	uint32_t num_nodes;
	struct kf_fdt_prop *prop;
	uint32_t num_props;
	struct kf_damage damage;
	enum kf_fdt_trouble trouble;
	bool cut;		/* zeros stand for bytes behind the file's end
				 * that the tree counts as its own */
	enum kf_status status;
};

/* kf_fdt_tag is one tag of the structure block. */
struct kf_fdt_tag {
	uint32_t kind;		/* kf_fdt_tag_kind */
	uint32_t offset, next;	/* in the structure block */
	uint32_t len;		/* of a node's name or a property's value */
	uint32_t name_at;	/* of a property, in the strings */
};

/* kf_fdt_likely tells whether a file may begin with a tree. */
bool kf_fdt_likely(struct kf_bytes head);

/* kf_fdt_read reads the tree at `base`. Fails: the status; damage is none. */
KF_MUST enum kf_status kf_fdt_read(struct kf_fdt *out,
				   const struct kf_source *source,
				   uint64_t base, struct kf_env *env);

/* kf_fdt_header reads the header of the tree at `base`, and tells whether it
 * is sound; see `out->status`. */
bool kf_fdt_header(struct kf_fdt *out, const struct kf_source *source,
		   uint64_t base);

/* kf_fdt_root finds a property of the root of the tree at `base`, however
 * damaged the rest of it is. Fails: false; see `out->status`. */
KF_MUST bool kf_fdt_root(struct kf_fdt *out, struct kf_fdt_prop *prop,
			 const struct kf_source *source, uint64_t base,
			 const char *name, struct kf_env *env);

/* kf_fdt_next_tag goes on at `tag->next`. Fails: false, at a tag that cannot
 * be read; see `fdt->damage` and `fdt->status`. */
KF_MUST bool kf_fdt_next_tag(struct kf_fdt *fdt, struct kf_fdt_tag *tag,
			     struct kf_env *env);

/* kf_fdt_get reads bytes at a place of the file, with zeros for what is
 * behind its end. Fails: false, see `fdt->status`. */
KF_MUST bool kf_fdt_get(struct kf_fdt *fdt, uint64_t at, void *out,
			size_t len);

/* kf_fdt_peek reads bytes that may not be needed; kf_fdt_need then notes up to
 * which place of the file they were. */
KF_MUST bool kf_fdt_peek(struct kf_fdt *fdt, uint64_t at, void *out,
			 size_t len);
void kf_fdt_need(struct kf_fdt *fdt, uint64_t end);

/* kf_fdt_has tells whether the root of the tree that a file begins with has a
 * subnode of a name, as far as the tree can be read. */
bool kf_fdt_has(const struct kf_source *source, struct kf_bytes name);

/* kf_fdt_string is the name at an offset of the strings. Returns false where
 * libfdt finds none. */
bool kf_fdt_string(struct kf_bytes *out, const struct kf_fdt *fdt,
		   uint32_t offset);

/* kf_fit_is_data: in a FIT, properties that say where data are, and the data
 * themselves, are not covered by a configuration's signature.
 * Source: U-Boot 2023.01, boot/image-fit-sig.c: fit_config_check_sig. */
bool kf_fit_is_data(const struct kf_fdt *fdt, const struct kf_fdt_tag *tag);

/* kf_fit_is_signing: in a signature node of a FIT, properties that signing
 * makes.
 * Source: U-Boot 2023.01, tools/image-host.c: fit_image_write_sig. */
bool kf_fit_is_signing(struct kf_bytes name);

/* kf_fdt_child finds the first subnode of a name, kf_fdt_find a property of a
 * node; KF_FDT_NONE, NULL: there is none. */
uint32_t kf_fdt_child(const struct kf_fdt *fdt, uint32_t parent,
		      struct kf_bytes name);
const struct kf_fdt_prop *kf_fdt_find(const struct kf_fdt *fdt, uint32_t node,
				      const char *name);

/* kf_fdt_text is a property's text as C reads it: up to the first NUL, be that
 * behind the property's end. A NUL stands behind it here, too.
 * Fails: false, see `fdt->status`. */
KF_MUST bool kf_fdt_text(struct kf_bytes *out, struct kf_fdt *fdt,
			 const struct kf_fdt_prop *prop, struct kf_env *env);

/* kf_fdt_value keeps a property's value, of at most `max_len` bytes; the empty
 * view when it is longer. Fails: false, see `fdt->status`. */
KF_MUST bool kf_fdt_value(struct kf_bytes *out, struct kf_fdt *fdt,
			  const struct kf_fdt_prop *prop, uint32_t max_len,
			  struct kf_env *env);

/* kf_fdt_number is the first cell of a property, be that behind its end;
 * `otherwise` when there is no property. */
uint32_t kf_fdt_number(struct kf_fdt *fdt, const struct kf_fdt_prop *prop,
		       uint32_t otherwise);

/* kf_fdt_list_at is a text of a list of texts. Returns false behind the last
 * one, and where the list does not end with a NUL. */
bool kf_fdt_list_at(struct kf_bytes *out, struct kf_bytes list, size_t index);

#endif
