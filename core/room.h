/* Text that is written into memory of the caller's, byte by byte as its format
 * has it.
 */
#ifndef KEYFIT_CORE_ROOM_H
#define KEYFIT_CORE_ROOM_H

#include <keyfit/env.h>

/* kf_room: `full` is set by what did not fit, and stays; nobody has to look
 * before the end. */
struct kf_room {
	uint8_t *data;
	size_t size, len;
	bool full;
};

/* kf_room_of takes `size` bytes of an arena; none: it is full from the start.
 * kf_room_bytes is what was written; the empty view, when it did not fit. */
struct kf_room kf_room_of(struct kf_arena *arena, size_t size);
struct kf_bytes kf_room_bytes(const struct kf_room *room);

void kf_room_add(struct kf_room *room, struct kf_bytes bytes);
void kf_room_text(struct kf_room *room, const char *text);
void kf_room_number(struct kf_room *room, uint64_t number);
void kf_room_base64(struct kf_room *room, struct kf_bytes bytes);

/* kf_decimal reads a number without a sign, and without zeros in front.
 * Fails: false, it is none, or more than 2^63 - 1. */
KF_MUST bool kf_decimal(uint64_t *out, struct kf_bytes text);

#endif
