/* Checksums, half a byte at a time: small tables, and fast enough.
 */
#include "crc.h"

uint32_t kf_crc32(uint32_t sum, struct kf_bytes bytes)
{
	static const uint32_t half[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	sum = ~sum;
	for (size_t i = 0; i < bytes.len; i++) {
		sum ^= bytes.data[i];
		sum = sum >> 4 ^ half[sum & 15];
		sum = sum >> 4 ^ half[sum & 15];
	}
	return ~sum;
}

uint16_t kf_crc16(uint16_t sum, struct kf_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned next = sum ^ (unsigned)bytes.data[i] << 8;

		for (int bit = 0; bit < 8; bit++)
			next = next & 0x8000 ? next << 1 ^ 0x1021 : next << 1;
		sum = (uint16_t)next;
	}
	return sum;
}
