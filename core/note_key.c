/* Keys of notes, as people hand them on.
 */
#include "note.h"
#include "base64.h"
#include "hex.h"
#include "room.h"

#include <string.h>

enum { HEX_LEN = 2 * KF_NOTE_ID_LEN, BLOB_LEN = 1 + KF_NOTE_KEY_LEN };

enum kf_status kf_note_key_of(struct kf_note_key *out, struct kf_bytes name,
			      enum kf_note_kind kind, struct kf_bytes key,
			      const struct kf_crypto *crypto)
{
	const uint8_t between[] = { '\n', (uint8_t)kind };
	struct kf_digest made = { .len = 0 };
	void *digest;

	if (!kf_note_name(name) || key.len != KF_NOTE_KEY_LEN ||
	    (kind != KF_NOTE_ED25519 && kind != KF_NOTE_COSIGNATURE))
		return KF_WRONG_USE;
	digest = crypto->digest_begin(crypto->self, KF_SHA256);
	if (!digest)
		return KF_NO_CRYPTO;
	crypto->digest_add(digest, name);
	crypto->digest_add(digest, kf_view(between, sizeof(between)));
	crypto->digest_add(digest, key);
	crypto->digest_end(digest, &made);
	if (made.len < KF_NOTE_ID_LEN)
		return KF_NO_CRYPTO;
	out->name = name;
	out->kind = kind;
	memcpy(out->id, made.bytes, KF_NOTE_ID_LEN);
	memcpy(out->key, key.data, KF_NOTE_KEY_LEN);
	return KF_OK;
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_id(uint8_t *id, struct kf_bytes text)
{
	for (size_t i = 0; i < KF_NOTE_ID_LEN; i++) {
		int high = hex(text.data[2 * i]);
		int low = hex(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		id[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

enum kf_status kf_note_key_read(struct kf_note_key *out, struct kf_bytes text,
				const struct kf_crypto *crypto)
{
	uint8_t id[KF_NOTE_ID_LEN], blob[BLOB_LEN];
	size_t plus = 0, len = 0, rest;
	enum kf_status status;

	while (plus < text.len && text.data[plus] != '+')
		plus++;
	if (text.len - plus < HEX_LEN + 2 ||
	    text.data[plus + 1 + HEX_LEN] != '+' ||
	    !read_id(id, kf_part_of(text, plus + 1, HEX_LEN)))
		return KF_WRONG_USE;
	rest = plus + HEX_LEN + 2;
	if (!kf_base64_strict(blob, sizeof(blob), &len,
			      kf_part_of(text, rest, text.len - rest)) ||
	    len != sizeof(blob))
		return KF_WRONG_USE;
	status = kf_note_key_of(out, kf_part_of(text, 0, plus), blob[0],
				kf_view(blob + 1, KF_NOTE_KEY_LEN), crypto);
	if (status == KF_OK && memcmp(id, out->id, sizeof(id)) != 0)
		return KF_WRONG_USE;
	return status;
}

struct kf_bytes kf_note_key_write(const struct kf_note_key *key,
				  struct kf_arena *arena)
{
	struct kf_room room = kf_room_of(arena, key->name.len + 80);
	uint8_t blob[BLOB_LEN] = { (uint8_t)key->kind };
	char id[HEX_LEN];

	memcpy(blob + 1, key->key, KF_NOTE_KEY_LEN);
	kf_room_add(&room, key->name);
	kf_room_text(&room, "+");
	kf_hex(id, kf_view(key->id, sizeof(key->id)));
	kf_room_add(&room, kf_view(id, sizeof(id)));
	kf_room_text(&room, "+");
	kf_room_base64(&room, kf_view(blob, sizeof(blob)));
	return kf_room_bytes(&room);
}
