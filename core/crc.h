/* Checksums that some formats use in place of digests. They keep out errors of
 * a wire, and nobody who means harm.
 */
#ifndef KEYFIT_CORE_CRC_H
#define KEYFIT_CORE_CRC_H

#include <keyfit/bytes.h>

/* kf_crc32, kf_crc16 go on with a checksum; the first call starts with 0.
 * Source: RFC 1952, 8 (CRC-32); U-Boot, lib/crc16-ccitt.c: crc16_ccitt
 * (polynomial 0x1021, not reflected). */
uint32_t kf_crc32(uint32_t sum, struct kf_bytes bytes);
uint16_t kf_crc16(uint16_t sum, struct kf_bytes bytes);

#endif
