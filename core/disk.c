/* Looks for an EFI system partition: by GPT, then by MBR, as a hybrid image for
 * disks and discs has it; a FAT file system without partitions is one.
 *
 * Source: UEFI 2.10, 5.2.3 (MBR, type 0xef), 5.3.2, 5.3.3 (GPT header and
 * entries), 13.3 (FAT).
 */
#include "disk.h"

#include <string.h>

enum {
	SECTOR_LEN = 512,
	ENTRY_LEN = 128,	/* of a GPT, at least */
	ENTRIES_MAX = 1024,
	TABLE_AT = 446,		/* of an MBR */
	TYPE_ESP = 0xef,
};

/* UEFI 2.10, table 5-7: EFI System Partition. */
static const uint8_t esp_type[16] = {
	0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
	0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
};

static bool read(const struct kf_source *source, uint64_t at, uint8_t *out,
		 size_t len)
{
	return at <= source->size && len <= source->size - at &&
	       source->read_at(source->self, at, out, len);
}

static bool is_fat(const uint8_t sector[SECTOR_LEN])
{
	struct kf_bytes all = kf_view(sector, SECTOR_LEN);

	return kf_equal(kf_part_of(all, 54, 3), kf_text("FAT")) ||
	       kf_equal(kf_part_of(all, 82, 5), kf_text("FAT32"));
}

/* in_gpt looks through a GPT whose header lies in sector 1. */
static bool in_gpt(uint64_t *at, const struct kf_source *source,
		   uint64_t sector_len)
{
	uint8_t header[92], entry[ENTRY_LEN];
	struct kf_cursor c;
	uint64_t table, start;
	uint32_t num, len;

	if (!read(source, sector_len, header, sizeof(header)) ||
	    memcmp(header, "EFI PART", 8) != 0)
		return false;
	c = kf_cursor_over(kf_view(header, sizeof(header)), sector_len);
	kf_skip(&c, 72, "Signature");
	table = kf_u64le(&c, "PartitionEntryLBA");
	num = kf_u32le(&c, "NumberOfPartitionEntries");
	len = kf_u32le(&c, "SizeOfPartitionEntry");
	if (table > source->size / sector_len || len < ENTRY_LEN)
		return false;
	for (uint32_t i = 0; i < num && i < ENTRIES_MAX; i++) {
		if (!read(source, table * sector_len + (uint64_t)i * len,
			  entry, sizeof(entry)))
			return false;
		if (memcmp(entry, esp_type, sizeof(esp_type)) != 0)
			continue;
		c = kf_cursor_over(kf_view(entry, sizeof(entry)), 0);
		kf_skip(&c, 32, "PartitionTypeGUID");
		start = kf_u64le(&c, "StartingLBA");
		*at = start <= source->size / sector_len
		      ? start * sector_len : source->size;
		return *at < source->size;
	}
	return false;
}

static bool in_mbr(uint64_t *at, const struct kf_source *source,
		   const uint8_t sector[SECTOR_LEN])
{
	struct kf_cursor c = kf_cursor_over(kf_view(sector, SECTOR_LEN), 0);

	kf_skip(&c, TABLE_AT, "BootCode");
	for (int i = 0; i < 4; i++) {
		uint8_t type;

		kf_skip(&c, 4, "StartingCHS");
		type = kf_u8(&c, "OSType");
		kf_skip(&c, 3, "EndingCHS");
		*at = (uint64_t)kf_u32le(&c, "StartingLBA") * SECTOR_LEN;
		kf_skip(&c, 4, "SizeInLBA");
		if (type == TYPE_ESP && *at < source->size)
			return true;
	}
	return false;
}

enum kf_status kf_disk_esp(uint64_t *at, const struct kf_source *source)
{
	uint8_t sector[SECTOR_LEN];

	if (source->size < SECTOR_LEN)
		return KF_WRONG_USE;
	if (!read(source, 0, sector, sizeof(sector)))
		return KF_CANNOT_READ;
	/* A kernel has the mark of a boot sector too. */
	if (memcmp(sector, "MZ", 2) == 0 || sector[510] != 0x55 || sector[511] != 0xaa)
		return KF_WRONG_USE;
	*at = 0;
	if (is_fat(sector) || in_gpt(at, source, SECTOR_LEN) ||
	    in_gpt(at, source, 4096) || in_mbr(at, source, sector))
		return KF_OK;
	return KF_WRONG_USE;
}
