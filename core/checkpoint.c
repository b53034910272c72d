/* Reads and writes checkpoints and what stands around them, line by line.
 */
#include "checkpoint.h"
#include "base64.h"
#include "room.h"

#include <string.h>

enum { HASH_TEXT_LEN = 44 };

static const char proof_first[] = "c2sp.org/tlog-proof@v1";

/* line takes the next line, without its end. Fails: it has none. */
static bool line(struct kf_bytes *out, struct kf_cursor *c, const char *field)
{
	size_t len = 0, left = kf_left(c);

	while (len < left && c->bytes.data[c->pos + len] != '\n')
		len++;
	if (len == left) {
		kf_break(c, field);
		return false;
	}
	*out = kf_take(c, len, field);
	kf_skip(c, 1, field);
	return true;
}

/* behind takes a line that starts with a word and a space; what follows. */
static bool behind(struct kf_bytes *out, struct kf_cursor *c,
		   const char *word)
{
	struct kf_bytes with = kf_text(word);
	size_t at = c->pos;

	if (!line(out, c, word))
		return false;
	if (!kf_equal(kf_part_of(*out, 0, with.len), with)) {
		*out = kf_view(NULL, 0);
		c->pos = at;
		return false;
	}
	*out = kf_part_of(*out, with.len, out->len - with.len);
	return true;
}

static bool hash_of(struct kf_hash *out, struct kf_bytes text)
{
	size_t len;

	return text.len == HASH_TEXT_LEN &&
	       kf_base64_strict(out->bytes, sizeof(out->bytes), &len, text) &&
	       len == sizeof(out->bytes);
}

/* number takes one behind a word. */
static bool number(uint64_t *out, struct kf_cursor *c, const char *word)
{
	struct kf_bytes text;

	if (behind(&text, c, word) && kf_decimal(out, text))
		return true;
	kf_break(c, word);
	return false;
}

/* hashes takes lines up to an empty one. No proof has more than `most`. */
static bool hashes(struct kf_proof *out, struct kf_cursor *c, size_t most)
{
	struct kf_bytes text;

	out->num = 0;
	while (line(&text, c, "hash of the proof") && text.len > 0) {
		if (out->num == most || !hash_of(&out->hash[out->num], text)) {
			kf_break(c, "hash of the proof");
			return false;
		}
		out->num++;
	}
	return !c->damage.field;
}

/* checkpoint takes all that is left. */
static bool checkpoint(struct kf_checkpoint *out, struct kf_cursor *c)
{
	size_t at = c->pos;
	struct kf_bytes rest = kf_take(c, kf_left(c), "checkpoint");

	if (kf_checkpoint_read(out, rest, &c->damage))
		return true;
	c->damage.at += at;
	return false;
}

/* three_lines takes those that every checkpoint has. */
static void three_lines(struct kf_checkpoint *out, struct kf_cursor *c)
{
	struct kf_bytes text;

	if (!line(&out->origin, c, "origin") || out->origin.len == 0) {
		kf_break(c, "origin");
		return;
	}
	if (!number(&out->size, c, "")) {
		c->damage.field = "size";
		return;
	}
	if (!line(&text, c, "root") || !hash_of(&out->root, text))
		kf_break(c, "root");
}

bool kf_checkpoint_read(struct kf_checkpoint *out, struct kf_bytes bytes,
			struct kf_damage *damage)
{
	struct kf_bytes text;
	struct kf_cursor c;

	if (!kf_note_read(&out->note, bytes, damage))
		return false;
	c = kf_cursor_over(out->note.text, 0);
	three_lines(out, &c);
	out->more = kf_part_of(out->note.text, c.pos, kf_left(&c));
	while (kf_more(&c))
		if (line(&text, &c, "extension") && text.len == 0)
			kf_break(&c, "extension");
	if (c.damage.field)
		*damage = c.damage;
	return !c.damage.field;
}

struct kf_bytes kf_checkpoint_text(struct kf_bytes origin, uint64_t size,
				   const struct kf_hash *root,
				   struct kf_arena *arena)
{
	struct kf_room room = kf_room_of(arena, origin.len + 80);

	kf_room_add(&room, origin);
	kf_room_text(&room, "\n");
	kf_room_number(&room, size);
	kf_room_text(&room, "\n");
	kf_room_base64(&room, kf_hash_view(root));
	kf_room_text(&room, "\n");
	return kf_room_bytes(&room);
}

struct kf_bytes kf_checkpoint_join(struct kf_bytes text, bool is_note,
				   struct kf_bytes lines,
				   struct kf_arena *arena)
{
	struct kf_room room = kf_room_of(arena, text.len + lines.len + 1);

	kf_room_add(&room, text);
	if (!is_note)
		kf_room_text(&room, "\n");
	kf_room_add(&room, lines);
	return kf_room_bytes(&room);
}

/* is_base64 tells of a text of any length. */
static bool is_base64(struct kf_bytes text)
{
	uint8_t three[3];
	size_t len = 3;

	if (text.len == 0 || text.len % 4 != 0)
		return false;
	for (size_t i = 0; i < text.len; i += 4)
		if (len < 3 || !kf_base64_strict(three, sizeof(three), &len,
						 kf_part_of(text, i, 4)))
			return false;
	return true;
}

bool kf_log_proof_read(struct kf_log_proof *out, struct kf_bytes bytes,
		       struct kf_damage *damage)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);
	struct kf_bytes first = { NULL, 0 };

	memset(out, 0, sizeof(*out));
	if (!line(&first, &c, "first line") ||
	    !kf_equal(first, kf_text(proof_first)))
		kf_break(&c, "first line");
	else if (behind(&out->extra, &c, "extra ") && !is_base64(out->extra))
		kf_break(&c, "extra");
	else if (number(&out->index, &c, "index ") &&
		 hashes(&out->hashes, &c, KF_TREE_HEIGHT))
		(void)checkpoint(&out->checkpoint, &c);
	*damage = c.damage;
	return !c.damage.field;
}

/* put_hashes writes the lines of a proof, and the empty one. */
static void put_hashes(struct kf_room *room, const struct kf_proof *proof)
{
	kf_room_text(room, "\n");
	for (size_t i = 0; i < proof->num; i++) {
		kf_room_base64(room, kf_hash_view(&proof->hash[i]));
		kf_room_text(room, "\n");
	}
	kf_room_text(room, "\n");
}

struct kf_bytes kf_log_proof_write(uint64_t index, struct kf_bytes extra,
				   const struct kf_proof *hashes,
				   struct kf_bytes checkpoint,
				   struct kf_arena *arena)
{
	struct kf_room room = kf_room_of(arena, extra.len + checkpoint.len +
					 80 + hashes->num *
					 (HASH_TEXT_LEN + 1));

	kf_room_text(&room, proof_first);
	if (extra.len) {
		kf_room_text(&room, "\nextra ");
		kf_room_add(&room, extra);
	}
	kf_room_text(&room, "\nindex ");
	kf_room_number(&room, index);
	put_hashes(&room, hashes);
	kf_room_add(&room, checkpoint);
	return kf_room_bytes(&room);
}

bool kf_witness_request_read(struct kf_witness_request *out,
			     struct kf_bytes bytes, struct kf_damage *damage)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);

	memset(out, 0, sizeof(*out));
	if (number(&out->old_size, &c, "old ") &&
	    hashes(&out->hashes, &c, KF_TREE_HEIGHT))
		(void)checkpoint(&out->checkpoint, &c);
	*damage = c.damage;
	return !c.damage.field;
}

struct kf_bytes kf_witness_request_write(uint64_t old_size,
					 const struct kf_proof *hashes,
					 struct kf_bytes checkpoint,
					 struct kf_arena *arena)
{
	struct kf_room room = kf_room_of(arena, checkpoint.len + 40 +
					 hashes->num * (HASH_TEXT_LEN + 1));

	kf_room_text(&room, "old ");
	kf_room_number(&room, old_size);
	put_hashes(&room, hashes);
	kf_room_add(&room, checkpoint);
	return kf_room_bytes(&room);
}
