/* ext2, ext3 and ext4 file systems, through libext2fs, loaded when there is
 * one.
 *
 * Source: libext2fs 1.47.0, ext2fs/ext2fs.h, ext2_io.h.
 */
#include "library.h"
#include "members.h"

#include <string.h>
#include <sys/stat.h>

#include <ext2fs/ext2fs.h>

enum { DEPTH_MAX = 64, PATH_LEN = 4096 };

/* library: the functions that are used, without the ext2fs_ of their names. */
struct library {
	__typeof__(ext2fs_open2) *open2;
	__typeof__(ext2fs_dir_iterate2) *dir_iterate2;
	__typeof__(ext2fs_read_inode) *read_inode;
	__typeof__(ext2fs_file_open) *file_open;
	__typeof__(ext2fs_file_llseek) *file_llseek;
	__typeof__(ext2fs_file_read) *file_read;
	__typeof__(ext2fs_file_close) *file_close;
};

/* image is the container as the library sees it. The process looks into one
 * alone, and the library hands no pointer back. */
static struct image {
	const struct kf_teller *teller;
	struct library lib;
	ext2_filsys fs;
	struct struct_io_channel channel;
	char path[PATH_LEN];	/* where the walk is; "" at the root */
	int depth;
	bool failed;
} m;

static errcode_t channel_open(const char *name, int flags, io_channel *out);

static errcode_t channel_close(io_channel channel)
{
	return 0;
}

static errcode_t set_block_size(io_channel channel, int size)
{
	channel->block_size = size;
	return 0;
}

/* A count below zero is one of bytes. */
static errcode_t read_blocks(io_channel channel, unsigned long long block,
			     int count, void *out)
{
	const struct kf_container *c = m.teller->container;
	uint64_t size = (uint64_t)channel->block_size;
	uint64_t len = count < 0 ? (uint64_t)-(int64_t)count
				 : (uint64_t)count * size;

	if (block > c->len / size || len > c->len - block * size ||
	    !kf_tell_spend(m.teller, len))
		return EXT2_ET_SHORT_READ;
	return c->source->read_at(c->source->self, c->at + block * size, out,
				  (size_t)len) ? 0 : EXT2_ET_SHORT_READ;
}

static errcode_t read_few_blocks(io_channel channel, unsigned long block,
				 int count, void *out)
{
	return read_blocks(channel, block, count, out);
}

static struct struct_io_manager operations = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "keyfit",
	.open = channel_open,
	.close = channel_close,
	.set_blksize = set_block_size,
	.read_blk = read_few_blocks,
	.read_blk64 = read_blocks,
};

static errcode_t channel_open(const char *name, int flags, io_channel *out)
{
	m.channel.magic = EXT2_ET_MAGIC_IO_CHANNEL;
	m.channel.manager = &operations;
	m.channel.block_size = EXT2_MIN_BLOCK_SIZE;
	m.channel.refcount = 1;
	*out = &m.channel;
	return 0;
}

static bool load(struct library *lib)
{
	static const char *const names[] = {
		"ext2fs_open2", "ext2fs_dir_iterate2", "ext2fs_read_inode",
		"ext2fs_file_open", "ext2fs_file_llseek", "ext2fs_file_read",
		"ext2fs_file_close",
	};

	_Static_assert(sizeof(*lib) == sizeof(names), "one name a function");
	return kf_library_load(lib, "libext2fs.so.2", names,
			       sizeof(names) / sizeof(*names));
}

static bool read_member(void *self, uint64_t at, void *out, size_t len)
{
	ext2_file_t file = self;
	uint8_t *to = out;
	unsigned got;

	if (m.lib.file_llseek(file, at, EXT2_SEEK_SET, NULL))
		return false;
	while (len) {
		unsigned some = len < 65536 ? (unsigned)len : 65536;

		if (m.lib.file_read(file, to, some, &got) || got == 0 ||
		    !kf_tell_spend(m.teller, got))
			return false;
		to += got;
		len -= got;
	}
	return true;
}

static bool take_file(ext2_ino_t number, const struct ext2_inode *inode)
{
	struct kf_source source = { .size = EXT2_I_SIZE(inode),
				    .read_at = read_member };
	ext2_file_t file;
	bool ok;

	if (m.lib.file_open(m.fs, number, 0, &file))
		return false;
	source.self = file;
	ok = kf_tell_file(m.teller, m.path, &source);
	m.lib.file_close(file);
	return ok;
}

/* take_link tells of a link, whose target stands in the inode where it is
 * short, as a file does where not. */
static bool take_link(ext2_ino_t number, const struct ext2_inode *inode)
{
	uint64_t len = EXT2_I_SIZE(inode);
	char target[PATH_LEN];
	ext2_file_t file;
	bool ok;

	if (len < sizeof(inode->i_block)) {
		memcpy(target, inode->i_block, sizeof(inode->i_block));
	} else if (len > sizeof(target) ||
		   m.lib.file_open(m.fs, number, 0, &file)) {
		return false;
	} else {
		ok = read_member(file, 0, target, (size_t)len);
		m.lib.file_close(file);
		if (!ok)
			return false;
	}
	return kf_tell_link(m.teller, m.path, kf_view(target, (size_t)len));
}

static bool take_folder(ext2_ino_t number);

static int take_entry(ext2_ino_t folder, int kind, struct ext2_dir_entry *entry,
		      int at, int block_size, char *block, void *self)
{
	size_t before = strlen(m.path);
	size_t len = entry->name_len & 0xff;	/* above it: the kind */
	struct ext2_inode inode;
	bool is_folder;

	if (kind != DIRENT_OTHER_FILE || entry->inode == 0)
		return 0;
	m.failed = before + len + 2 > sizeof(m.path) ||
		   m.lib.read_inode(m.fs, entry->inode, &inode);
	if (m.failed)
		return DIRENT_ABORT;
	m.path[before] = '/';
	memcpy(m.path + before + 1, entry->name, len);
	m.path[before + 1 + len] = '\0';
	is_folder = LINUX_S_ISDIR(inode.i_mode);
	if (!kf_tell_place(m.teller, m.path, is_folder))
		m.failed = false;
	else if (is_folder)
		m.failed = !take_folder(entry->inode);
	else if (LINUX_S_ISREG(inode.i_mode))
		m.failed = !take_file(entry->inode, &inode);
	else if (LINUX_S_ISLNK(inode.i_mode))
		m.failed = !take_link(entry->inode, &inode);
	m.path[before] = '\0';
	return m.failed ? DIRENT_ABORT : 0;
}

static bool take_folder(ext2_ino_t number)
{
	bool ok;

	if (m.depth == DEPTH_MAX)
		return false;
	m.depth++;
	ok = m.lib.dir_iterate2(m.fs, number, 0, NULL, take_entry, NULL) == 0;
	m.depth--;
	return ok && !m.failed;
}

enum kf_told kf_ext_tell(const struct kf_teller *teller)
{
	m.teller = teller;
	if (!load(&m.lib))
		return KF_TOLD_NO_LIBRARY;
	if (!kf_confine())
		return KF_TOLD_NOT_CONFINED;
	return m.lib.open2("", NULL, EXT2_FLAG_64BITS, 0, 0, &operations,
			   &m.fs) == 0 && take_folder(EXT2_ROOT_INO)
		? KF_TOLD_END : KF_TOLD_DAMAGED;
}
