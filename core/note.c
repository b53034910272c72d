/* Notes read as their format has them, and asked about keys.
 */
#include "note.h"
#include "base64.h"
#include "room.h"
#include "utf8.h"

#include <string.h>

/* What a line of a signature starts with: U+2014 and a space. */
static const char dash[] = "\xe2\x80\x94 ";

enum { DASH_LEN = 4, TIME_LEN = 8, SIGNATURE_LEN = 64 };

/* space_at tells whether a character of Unicode that is a space stands there.
 * Source: Unicode 15, PropList.txt, White_Space, without controls, which notes
 * may not hold. */
static bool space_at(struct kf_bytes text, size_t at)
{
	static const char *const spaces[] = {
		" ", "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
	};
	const uint8_t *p = text.data + at;

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		struct kf_bytes s = kf_text(spaces[i]);

		if (kf_equal(kf_part_of(text, at, s.len), s))
			return true;
	}
	/* U+2000 to U+200A. */
	return text.len - at >= 3 && p[0] == 0xe2 && p[1] == 0x80 &&
	       p[2] >= 0x80 && p[2] <= 0x8a;
}

bool kf_note_name(struct kf_bytes name)
{
	if (name.len == 0 || name.len > KF_NOTE_NAME_MAX || !kf_is_utf8(name))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < ' ' || name.data[i] == '+' ||
		    space_at(name, i))
			return false;
	return true;
}

/* wrong says where a note breaks its format. */
static bool wrong(struct kf_damage *damage, const char *field, size_t at)
{
	damage->field = field;
	damage->at = at;
	return false;
}

/* split finds the last empty line: before it is the text. */
static bool split(struct kf_note *out, struct kf_bytes bytes)
{
	for (size_t i = bytes.len; i-- > 1;)
		if (bytes.data[i] == '\n' && bytes.data[i - 1] == '\n') {
			out->text = kf_part_of(bytes, 0, i);
			out->lines = kf_part_of(bytes, i + 1,
						bytes.len - i - 1);
			return true;
		}
	return false;
}

/* decode takes the base64 of a line apart. What is longer than any signature
 * that is verified here has to be base64 all the same. */
static bool decode(struct kf_note_signature *s, struct kf_bytes text)
{
	uint8_t three[3];
	size_t len = 0;

	if (kf_base64_strict(s->bytes, sizeof(s->bytes), &s->len, text)) {
		memcpy(s->id, s->bytes, KF_NOTE_ID_LEN);
		return s->len > KF_NOTE_ID_LEN;
	}
	s->len = 0;
	if (text.len % 4 != 0 ||
	    text.len / 4 * 3 <= KF_NOTE_SIGNATURE_MAX + 2)
		return false;
	for (size_t i = 0; i < text.len; i += 4) {
		bool good = kf_base64_strict(three, sizeof(three), &len,
					     kf_part_of(text, i, 4));

		if (!good || (len < 3 && i + 4 < text.len))
			return false;
		if (i < KF_NOTE_ID_LEN)
			memcpy(s->id, three, 3);
		else if (i < 2 * KF_NOTE_ID_LEN)
			s->id[3] = three[0];
	}
	return true;
}

/* until counts the bytes from `from` on to the next one of a value. */
static size_t until(struct kf_bytes text, size_t from, uint8_t end)
{
	while (from < text.len && text.data[from] != end)
		from++;
	return from;
}

bool kf_note_next(struct kf_note_signature *out, const struct kf_note *note,
		  size_t *at)
{
	struct kf_bytes rest, text;
	size_t end, space;

	rest = kf_part_of(note->lines, *at, note->lines.len - *at);
	end = until(rest, 0, '\n');
	if (end == rest.len || end <= DASH_LEN ||
	    memcmp(rest.data, dash, DASH_LEN) != 0)
		return false;
	text = kf_part_of(rest, 0, end);
	space = until(text, DASH_LEN, ' ');
	out->name = kf_part_of(text, DASH_LEN, space - DASH_LEN);
	if (space == end || !kf_note_name(out->name) ||
	    !decode(out, kf_part_of(text, space + 1, end - space - 1)))
		return false;
	out->line = kf_part_of(rest, 0, end + 1);
	*at += end + 1;
	return true;
}

bool kf_note_lines_read(struct kf_note *out, struct kf_bytes lines,
			struct kf_damage *damage)
{
	struct kf_note_signature s;
	size_t at = 0;

	memset(out, 0, sizeof(*out));
	out->lines = lines;
	for (; at < lines.len && kf_note_next(&s, out, &at); out->num++)
		if (out->num == KF_NOTE_SIGNATURES_MAX)
			return wrong(damage, "number of signatures", at);
	return at > 0 && at == lines.len ? true
					 : wrong(damage, "signature", at);
}

bool kf_note_read(struct kf_note *out, struct kf_bytes bytes,
		  struct kf_damage *damage)
{
	struct kf_note parts = { .num = 0 };

	if (bytes.len > KF_NOTE_MAX)
		return wrong(damage, "length", KF_NOTE_MAX);
	if (!kf_is_utf8(bytes))
		return wrong(damage, "UTF-8", 0);
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i] < ' ' && bytes.data[i] != '\n')
			return wrong(damage, "control character", i);
	if (!split(&parts, bytes))
		return wrong(damage, "empty line", bytes.len);
	if (!kf_note_lines_read(out, parts.lines, damage)) {
		damage->at += bytes.len - parts.lines.len;
		return false;
	}
	out->whole = bytes;
	out->text = parts.text;
	return true;
}

/* verify asks about one signature of a key. */
static enum kf_status verify(struct kf_note_said *out,
			     const struct kf_note_signature *s,
			     const struct kf_note *note,
			     const struct kf_note_key *key,
			     struct kf_env *env)
{
	/* AlgorithmIdentifier and BIT STRING around an Ed25519 key.
	 * Source: RFC 8410, 4. */
	uint8_t spki[12 + KF_NOTE_KEY_LEN] = {
		0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03,
		0x21, 0x00,
	};
	const struct kf_scheme scheme = { .kind = KF_SCHEME_ED25519 };
	struct kf_key public = { .kind = KF_KEY_ED25519, .name = "Ed25519",
				 .spki = kf_view(spki, sizeof(spki)) };
	size_t head = KF_NOTE_ID_LEN +
		      (key->kind == KF_NOTE_COSIGNATURE ? TIME_LEN : 0);
	struct kf_bytes content;
	uint64_t time_s = 0;
	enum kf_status status;

	out->answer = KF_NO;
	if (s->len != head + SIGNATURE_LEN)
		return KF_OK;
	for (size_t i = KF_NOTE_ID_LEN; i < head; i++)
		time_s = time_s << 8 | s->bytes[i];
	if (time_s > INT64_MAX)
		return KF_OK;
	memcpy(spki + 12, key->key, KF_NOTE_KEY_LEN);
	content = kf_note_to_sign(key->kind, note->text, time_s, env->arena);
	if (!content.data)
		return KF_NO_MEMORY;
	status = env->crypto->key_verify(env->crypto->self, &public, &scheme,
					 content, kf_view(s->bytes + head,
							  SIGNATURE_LEN),
					 &out->answer);
	if (time_s > out->time_s)
		out->time_s = time_s;
	/* A point that is none verifies nothing. */
	return status == KF_WRONG_USE ? KF_OK : status;
}

enum kf_status kf_note_ask(struct kf_note_said *out,
			   const struct kf_note *note,
			   const struct kf_note_key *key, struct kf_env *env)
{
	struct kf_note_signature s;
	size_t at = 0;

	memset(out, 0, sizeof(*out));
	while (kf_note_next(&s, note, &at)) {
		enum kf_status status;

		if (!kf_equal(s.name, key->name) ||
		    memcmp(s.id, key->id, sizeof(s.id)) != 0)
			continue;
		status = verify(out, &s, note, key, env);
		if (status != KF_OK)
			return status;
		if (out->answer != KF_YES) {
			out->answer = KF_NO;
			return KF_OK;
		}
	}
	return KF_OK;
}

struct kf_bytes kf_note_to_sign(enum kf_note_kind kind, struct kf_bytes text,
				uint64_t time_s, struct kf_arena *arena)
{
	struct kf_room room;

	if (kind == KF_NOTE_ED25519)
		return text;
	room = kf_room_of(arena, text.len + 48);
	kf_room_text(&room, "cosignature/v1\ntime ");
	kf_room_number(&room, time_s);
	kf_room_text(&room, "\n");
	kf_room_add(&room, text);
	return kf_room_bytes(&room);
}

struct kf_bytes kf_note_line(const struct kf_note_key *key,
			     struct kf_bytes signature, uint64_t time_s,
			     struct kf_arena *arena)
{
	struct kf_room room = kf_room_of(arena, key->name.len + 128);
	uint8_t all[KF_NOTE_SIGNATURE_MAX];
	size_t len = KF_NOTE_ID_LEN;

	if (signature.len != SIGNATURE_LEN)
		return kf_view(NULL, 0);
	memcpy(all, key->id, KF_NOTE_ID_LEN);
	for (size_t i = 0; i < TIME_LEN && key->kind == KF_NOTE_COSIGNATURE;
	     i++)
		all[len++] = (uint8_t)(time_s >> (56 - 8 * i));
	memcpy(all + len, signature.data, SIGNATURE_LEN);
	kf_room_text(&room, dash);
	kf_room_add(&room, key->name);
	kf_room_text(&room, " ");
	kf_room_base64(&room, kf_view(all, len + SIGNATURE_LEN));
	kf_room_text(&room, "\n");
	return kf_room_bytes(&room);
}
