/* A FAT16 disk without partitions, in memory: the boot file at its place, and
 * the pack beside it. It is written once and never changed.
 *
 * Source: Microsoft "FAT: General Overview of On-Disk Format" 1.03; UEFI 2.10,
 * 13.3 (a disk without partition table), 3.5.1.1 (the boot file's name).
 */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SECTOR = 512,
	CLUSTER = 4096,
	/* A FAT16 disk has 4085 clusters at least, and 65524 at most. */
	CLUSTERS_MIN = 4200,
	CLUSTERS_MAX = 65500,
	ROOT_ENTRIES = 512,
	ROOT_LEN = ROOT_ENTRIES * 32,
	IS_FOLDER = 0x10,
};

struct disk {
	uint8_t *bytes;
	size_t len;
	size_t fat_at, root_at, data_at;
	unsigned next;		/* the next free cluster */
};

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, size_t value)
{
	put16(at, (unsigned)(value & 0xffff));
	put16(at + 2, (unsigned)(value >> 16 & 0xffff));
}

static unsigned clusters(size_t len)
{
	return (unsigned)((len + CLUSTER - 1) / CLUSTER);
}

/* put_chain takes clusters for `len` bytes; returns the first. */
static unsigned put_chain(struct disk *d, size_t len)
{
	unsigned first = d->next, num = clusters(len);

	for (unsigned i = 0; i < num; i++)
		put16(d->bytes + d->fat_at + 2 * (first + i),
		      i + 1 < num ? first + i + 1 : 0xffff);
	d->next += num;
	return num ? first : 0;
}

static uint8_t *cluster(const struct disk *d, unsigned number)
{
	return d->bytes + d->data_at + (size_t)(number - 2) * CLUSTER;
}

/* put_entry writes a folder's entry; `name` has 11 characters. */
static void put_entry(uint8_t *at, const char *name, unsigned attributes,
		      unsigned first, size_t len)
{
	memcpy(at, name, 11);
	at[11] = (uint8_t)attributes;
	put16(at + 24, 0x2821);		/* 1 January 2000 */
	put16(at + 26, first);
	put32(at + 28, len);
}

static unsigned put_folder(struct disk *d, uint8_t *in, const char *name,
			   unsigned parent)
{
	unsigned first = put_chain(d, CLUSTER);

	put_entry(in, name, IS_FOLDER, first, 0);
	put_entry(cluster(d, first), ".          ", IS_FOLDER, first, 0);
	put_entry(cluster(d, first) + 32, "..         ", IS_FOLDER, parent,
		  0);
	return first;
}

static void put_file(struct disk *d, uint8_t *in, const char *name,
		     struct kf_bytes file)
{
	unsigned first = put_chain(d, file.len);

	put_entry(in, name, 0, first, file.len);
	if (file.len)
		memcpy(cluster(d, first), file.data, file.len);
}

static void put_boot_sector(struct disk *d, unsigned num_clusters)
{
	uint8_t *b = d->bytes;

	memcpy(b, "\xeb\x3c\x90" "keyfit  ", 11);
	put16(b + 11, SECTOR);
	b[13] = CLUSTER / SECTOR;
	put16(b + 14, 1);		/* reserved sectors */
	b[16] = 1;			/* one FAT */
	put16(b + 17, ROOT_ENTRIES);
	b[21] = 0xf8;
	put16(b + 22, (unsigned)((d->root_at - d->fat_at) / SECTOR));
	put32(b + 32, d->len / SECTOR);
	b[36] = 0x80;
	b[38] = 0x29;
	put32(b + 39, num_clusters);	/* a serial number */
	memcpy(b + 43, "KEYFIT     FAT16   ", 19);
	put16(b + 510, 0xaa55);
	put16(b + d->fat_at, 0xfff8);
	put16(b + d->fat_at + 2, 0xffff);
	d->next = 2;
}

static void fill_disk(struct disk *d, struct kf_bytes boot,
		      struct kf_bytes pack)
{
	uint8_t *root = d->bytes + d->root_at;
	unsigned efi = put_folder(d, root, "EFI        ", 0);
	unsigned folder = put_folder(d, cluster(d, efi) + 64, "BOOT       ",
				     efi);

	put_file(d, cluster(d, folder) + 64, "BOOTX64 EFI", boot);
	if (pack.len)
		put_file(d, root + 32, "KEYFIT  PAK", pack);
}

int kf_disk_make(struct kf_bytes boot, struct kf_bytes pack,
	      struct kf_fault *why)
{
	unsigned num = clusters(boot.len) + clusters(pack.len) + 8;
	struct disk d = { .fat_at = SECTOR };
	int fd;

	if (num < CLUSTERS_MIN)
		num = CLUSTERS_MIN;
	if (boot.len > (size_t)CLUSTERS_MAX * CLUSTER ||
	    pack.len > (size_t)CLUSTERS_MAX * CLUSTER ||
	    num > CLUSTERS_MAX) {
		kf_fault_say(why, "give fewer or smaller files at a time",
			     "too much for the machine's disk");
		return -1;
	}
	d.root_at = d.fat_at + (2 * (num + 2) + SECTOR - 1) / SECTOR * SECTOR;
	d.data_at = d.root_at + ROOT_LEN;
	d.len = d.data_at + (size_t)num * CLUSTER;
	fd = kf_nameless("disk", kf_view(NULL, 0), why);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)d.len) == 0)
		d.bytes = mmap(NULL, d.len, PROT_READ | PROT_WRITE,
			       MAP_SHARED, fd, 0);
	if (!d.bytes || d.bytes == MAP_FAILED) {
		kf_fault_say(why, NULL, "no memory for the machine's disk: %s",
			     strerror(errno));
		close(fd);
		return -1;
	}
	put_boot_sector(&d, num);
	fill_disk(&d, boot, pack);
	munmap(d.bytes, d.len);
	return fd;
}
