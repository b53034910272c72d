/* What holds other files, known by its first bytes.
 *
 * Source: Linux, Documentation/filesystems (ext4/super.rst, erofs.rst,
 * squashfs.rst) and include/uapi/linux/magic.h; POSIX pax, "ustar Interchange
 * Format"; RFC 1952, RFC 8878, the formats of xz, bzip2 and LZ4 frames; UBI in
 * Linux drivers/mtd/ubi/ubi-media.h; LUKS in cryptsetup, docs/on-disk-format.
 */
#include "members.h"

#include "core/disk.h"

#include <string.h>

struct mark {
	enum kf_container_kind kind;
	size_t at;
	const char *bytes;
	size_t len;
};

static const struct mark marks[] = {
	{ KF_CONTAINER_SQUASHFS, 0, "hsqs", 4 },
	{ KF_CONTAINER_EXT, 1080, "\x53\xef", 2 },
	{ KF_CONTAINER_ARCHIVE, 257, "ustar", 5 },
	{ KF_CONTAINER_ARCHIVE, 0, "\x1f\x8b\x08", 3 },
	{ KF_CONTAINER_ARCHIVE, 0, "\xfd" "7zXZ\0", 6 },
	{ KF_CONTAINER_ARCHIVE, 0, "\x28\xb5\x2f\xfd", 4 },
	{ KF_CONTAINER_ARCHIVE, 0, "BZh", 3 },
	{ KF_CONTAINER_ARCHIVE, 0, "\x04\x22\x4d\x18", 4 },
	{ KF_CONTAINER_UNKNOWN, 0, "UBI#", 4 },
	{ KF_CONTAINER_UNKNOWN, 0, "\x31\x18\x10\x06", 4 },	/* UBIFS */
	{ KF_CONTAINER_UNKNOWN, 0, "\x85\x19", 2 },		/* JFFS2 */
	{ KF_CONTAINER_UNKNOWN, 0, "\x45\x3d\xcd\x28", 4 },	/* cramfs */
	{ KF_CONTAINER_UNKNOWN, 0, "LUKS\xba\xbe", 6 },
	{ KF_CONTAINER_UNKNOWN, 1024, "\xe2\xe1\xf5\xe0", 4 },	/* EROFS */
	{ KF_CONTAINER_UNKNOWN, 1024, "\x10\x20\xf5\xf2", 4 },	/* F2FS */
	{ KF_CONTAINER_UNKNOWN, 0, "XFSB", 4 },
};

/* is_disk: a table of partitions, of which only one would be looked into. */
static bool is_disk(struct kf_bytes head)
{
	enum { TABLE = 446, ENTRY_LEN = 16, NUM = 4, TYPE = 4, END = 510 };
	bool any = false;

	if (head.len < END + 10 || head.data[END] != 0x55 ||
	    head.data[END + 1] != 0xaa || head.data[0] == 'M')
		return false;
	for (size_t at = TABLE; at < TABLE + NUM * ENTRY_LEN; at += ENTRY_LEN) {
		if (head.data[at] & 0x7f)
			return false;
		any = any || head.data[at + TYPE] != 0;
	}
	return any;
}

enum kf_container_kind kf_container_kind_of(struct kf_bytes head,
					    const struct kf_source *file)
{
	uint64_t at;

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		const struct mark *m = &marks[i];

		if (head.len >= m->at + m->len &&
		    memcmp(head.data + m->at, m->bytes, m->len) == 0)
			return m->kind;
	}
	if (file && kf_disk_esp(&at, file) == KF_OK && at == 0)
		return KF_CONTAINER_FAT;
	return is_disk(head) ? KF_CONTAINER_UNKNOWN : KF_CONTAINER_NONE;
}
