/* Writes text, and reads its numbers.
 */
#include "room.h"
#include "base64.h"

#include <string.h>

enum { DIGITS_MAX = 20 };

struct kf_room kf_room_of(struct kf_arena *arena, size_t size)
{
	struct kf_room room = { .data = kf_arena_take(arena, size) };

	room.size = room.data ? size : 0;
	room.full = !room.data;
	return room;
}

struct kf_bytes kf_room_bytes(const struct kf_room *room)
{
	return kf_view(room->data, room->full ? 0 : room->len);
}

void kf_room_add(struct kf_room *room, struct kf_bytes bytes)
{
	if (room->full || bytes.len > room->size - room->len) {
		room->full = true;
		return;
	}
	if (bytes.len)
		memcpy(room->data + room->len, bytes.data, bytes.len);
	room->len += bytes.len;
}

void kf_room_text(struct kf_room *room, const char *text)
{
	kf_room_add(room, kf_text(text));
}

void kf_room_number(struct kf_room *room, uint64_t number)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	kf_room_add(room, kf_view(digits + at, sizeof(digits) - at));
}

void kf_room_base64(struct kf_room *room, struct kf_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t some = bytes.len - i < 3 ? bytes.len - i : 3;
		char four[4];

		kf_base64_four(four, kf_part_of(bytes, i, some));
		kf_room_add(room, kf_view(four, sizeof(four)));
	}
}

bool kf_decimal(uint64_t *out, struct kf_bytes text)
{
	*out = 0;
	if (text.len == 0 || text.len >= DIGITS_MAX ||
	    (text.data[0] == '0' && text.len > 1))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(text.data[i] - '0');
	}
	return *out <= INT64_MAX;
}
