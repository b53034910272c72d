/* Squashfs images, through libsquashfs: which is loaded only when there is
 * such an image, so that no other check waits for it.
 *
 * Source: libsquashfs 1.2.0, sqfs/super.h, dir_reader.h, data_reader.h.
 */
#include "library.h"
#include "members.h"

#include <sqfs/compressor.h>
#include <sqfs/data_reader.h>
#include <sqfs/dir.h>
#include <sqfs/dir_reader.h>
#include <sqfs/error.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/io.h>
#include <sqfs/super.h>

enum { PIECE_LEN = 65536, DEPTH_MAX = 64 };

/* library: the functions that are used, without the sqfs_ of their names. */
struct library {
	__typeof__(sqfs_super_read) *super_read;
	__typeof__(sqfs_compressor_config_init) *compressor_config_init;
	__typeof__(sqfs_compressor_create) *compressor_create;
	__typeof__(sqfs_id_table_create) *id_table_create;
	__typeof__(sqfs_id_table_read) *id_table_read;
	__typeof__(sqfs_dir_reader_create) *dir_reader_create;
	__typeof__(sqfs_dir_reader_get_full_hierarchy)
		*dir_reader_get_full_hierarchy;
	__typeof__(sqfs_data_reader_create) *data_reader_create;
	__typeof__(sqfs_data_reader_load_fragment_table)
		*data_reader_load_fragment_table;
	__typeof__(sqfs_data_reader_read) *data_reader_read;
	__typeof__(sqfs_inode_get_file_size) *inode_get_file_size;
	__typeof__(sqfs_tree_node_get_path) *tree_node_get_path;
};

/* image is the container as the library sees it, and what it made of it. */
struct image {
	sqfs_file_t file;	/* first: the library hands it back */
	const struct kf_teller *teller;
	struct library lib;
	sqfs_super_t super;
	sqfs_compressor_t *compressor;
	sqfs_data_reader_t *data;
	sqfs_tree_node_t *root;
};

/* member is one file of it, as a source. */
struct member {
	struct image *image;
	const sqfs_inode_generic_t *inode;
};

static int read_image(sqfs_file_t *file, sqfs_u64 at, void *out, size_t len)
{
	const struct kf_container *c =
		((struct image *)file)->teller->container;

	if (at > c->len || len > c->len - at)
		return SQFS_ERROR_OUT_OF_BOUNDS;
	return c->source->read_at(c->source->self, c->at + at, out, len)
		? 0 : SQFS_ERROR_IO;
}

static int write_nothing(sqfs_file_t *file, sqfs_u64 at, const void *bytes,
			 size_t len)
{
	return SQFS_ERROR_IO;
}

static sqfs_u64 image_size(const sqfs_file_t *file)
{
	return ((const struct image *)file)->teller->container->len;
}

static int truncate_nothing(sqfs_file_t *file, sqfs_u64 size)
{
	return SQFS_ERROR_IO;
}

static bool load(struct library *lib)
{
	static const char *const names[] = {
		"sqfs_super_read", "sqfs_compressor_config_init",
		"sqfs_compressor_create", "sqfs_id_table_create",
		"sqfs_id_table_read", "sqfs_dir_reader_create",
		"sqfs_dir_reader_get_full_hierarchy",
		"sqfs_data_reader_create",
		"sqfs_data_reader_load_fragment_table",
		"sqfs_data_reader_read", "sqfs_inode_get_file_size",
		"sqfs_tree_node_get_path",
	};

	_Static_assert(sizeof(*lib) == sizeof(names), "one name a function");
	return kf_library_load(lib, "libsquashfs.so.1", names,
			       sizeof(names) / sizeof(*names));
}

static bool open_image(struct image *m)
{
	struct library *lib = &m->lib;
	sqfs_compressor_config_t config;
	sqfs_id_table_t *ids;
	sqfs_dir_reader_t *folders;
	const sqfs_u32 others = SQFS_TREE_NO_DEVICES | SQFS_TREE_NO_SOCKETS |
				SQFS_TREE_NO_FIFO;
	const sqfs_u32 skip = m->teller->container->bare ? 0 : others;

	if (lib->super_read(&m->super, &m->file) ||
	    lib->compressor_config_init(&config,
			m->super.compression_id, m->super.block_size,
			SQFS_COMP_FLAG_UNCOMPRESS) ||
	    lib->compressor_create(&config, &m->compressor))
		return false;
	ids = lib->id_table_create(0);
	if (!ids || lib->id_table_read(ids, &m->file, &m->super,
					    m->compressor))
		return false;
	folders = lib->dir_reader_create(&m->super, m->compressor,
					      &m->file, 0);
	m->data = lib->data_reader_create(&m->file, m->super.block_size,
					       m->compressor, 0);
	return folders && m->data &&
	       !lib->data_reader_load_fragment_table(m->data,
							  &m->super) &&
	       !lib->dir_reader_get_full_hierarchy(folders, ids, NULL,
							skip, &m->root);
}

static bool read_member(void *self, uint64_t at, void *out, size_t len)
{
	const struct member *f = self;
	uint8_t *to = out;

	while (len) {
		uint32_t some = len < PIECE_LEN ? (uint32_t)len : PIECE_LEN;
		int32_t got = f->image->lib.data_reader_read(
			f->image->data, f->inode, at, to, some);

		if (got <= 0 ||
		    !kf_tell_spend(f->image->teller, (uint64_t)got))
			return false;
		to += got;
		at += (uint64_t)got;
		len -= (size_t)got;
	}
	return true;
}

/* take_file tells a file, where it is wanted. A first look costs a whole block
 * that is unpacked. What the library allocates ends with the process. */
static bool take_file(struct image *m, const sqfs_tree_node_t *node)
{
	struct member member = { m, node->inode };
	struct kf_source source = { .read_at = read_member, .self = &member };
	char *name = NULL;

	if (m->lib.tree_node_get_path(node, &name))
		return false;
	if (!kf_tell_place(m->teller, name, false))
		return true;
	return (m->teller->container->bare ||
		kf_tell_spend(m->teller, m->super.block_size)) &&
	       !m->lib.inode_get_file_size(node->inode, &source.size) &&
	       kf_tell_file(m->teller, name, &source);
}

/* target_of is where a link leads to; empty: it is none. */
static struct kf_bytes target_of(const sqfs_inode_generic_t *inode)
{
	bool is_link = inode->base.type == SQFS_INODE_SLINK ||
		       inode->base.type == SQFS_INODE_EXT_SLINK;

	return kf_view(inode->extra, is_link ? inode->data.slink.target_size
					     : 0);
}

/* take_other tells of what is no file, where that is wanted. */
static bool take_other(struct image *m, const sqfs_tree_node_t *node)
{
	struct kf_bytes target = target_of(node->inode);
	const struct kf_source none = { .size = 0 };
	const struct kf_teller *t = m->teller;
	char *name = NULL;

	if (!node->parent)
		return true;
	if (!t->container->bare)
		return !target.len ||
		       (!m->lib.tree_node_get_path(node, &name) &&
			kf_tell_link(t, name, target));
	return !m->lib.tree_node_get_path(node, &name) &&
	       (!t->wanted(t->self, name, kf_view(NULL, 0), &none) ||
		kf_tell_bare(t, name, UINT64_MAX));
}

static bool is_file(const sqfs_tree_node_t *node)
{
	return node->inode->base.type == SQFS_INODE_FILE ||
	       node->inode->base.type == SQFS_INODE_EXT_FILE;
}

static bool walk(struct image *m)
{
	const sqfs_tree_node_t *node = m->root, *stack[DEPTH_MAX];
	int depth = 0;

	while (node || depth) {
		if (!node) {
			node = stack[--depth]->next;
			continue;
		}
		if (is_file(node) ? !take_file(m, node)
				  : !take_other(m, node))
			return false;
		if (!node->children) {
			node = node->next;
			continue;
		}
		if (depth == DEPTH_MAX)
			return false;
		stack[depth++] = node;
		node = node->children;
	}
	return true;
}

enum kf_told kf_squashfs_tell(const struct kf_teller *teller)
{
	static struct image m;

	m.file.read_at = read_image;
	m.file.write_at = write_nothing;
	m.file.get_size = image_size;
	m.file.truncate = truncate_nothing;
	m.teller = teller;
	if (!load(&m.lib))
		return KF_TOLD_NO_LIBRARY;
	if (!kf_confine())
		return KF_TOLD_NOT_CONFINED;
	return open_image(&m) && walk(&m) ? KF_TOLD_END : KF_TOLD_DAMAGED;
}
