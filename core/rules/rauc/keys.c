/* Keys that are taken out of a group one by one; what is left is refused.
 *
 * Source: rauc/rauc, src/utils.c:key_file_consume_string, check_remaining_keys
 * at v1.8.
 */
#include "rauc.h"

#include <string.h>

bool rauc_is(struct kf_bytes text, const char *word)
{
	return kf_equal(text, kf_text(word));
}

bool rauc_starts(struct kf_bytes text, const char *start)
{
	struct kf_bytes s = kf_text(start);

	return text.len >= s.len && kf_equal(kf_part_of(text, 0, s.len), s);
}

bool rauc_among(struct kf_bytes text, const char *words)
{
	struct kf_bytes all = kf_text(words);
	size_t at = 0;

	while (at < all.len) {
		const uint8_t *end = memchr(all.data + at, ' ', all.len - at);
		size_t len = end ? (size_t)(end - all.data) - at
				 : all.len - at;

		if (kf_equal(text, kf_part_of(all, at, len)))
			return true;
		at += len + 1;
	}
	return false;
}

/* named is a text "[group] key", for people. */
static const char *named(struct rauc_read *r,
			 const struct kf_keyfile_entry *e, const char *what)
{
	struct kf_bytes group = r->group < r->file->num_groups
		? r->file->group[r->group].name : kf_view(NULL, 0);
	struct kf_bytes key = e ? e->key : kf_view(NULL, 0);
	struct kf_bytes part[] = { kf_text("["), group, kf_text("] "), key,
				   kf_text(key.len ? ": " : ""),
				   kf_text(what) };
	size_t len = 0, num = sizeof(part) / sizeof(part[0]);
	char *text;

	for (size_t i = 0; i < num; i++)
		len += part[i].len;
	text = kf_arena_take(r->env->arena, len + 1);
	if (!text) {
		r->status = KF_NO_MEMORY;
		return what;
	}
	len = 0;
	for (size_t i = 0; i < num; i++) {
		if (part[i].len)
			memcpy(text + len, part[i].data, part[i].len);
		len += part[i].len;
	}
	return text;
}

void rauc_refuse(struct rauc_read *r, const struct kf_keyfile_entry *e,
		 const char *text)
{
	if (r->bad->reason)
		return;
	kf_find(r->bad, r->reason, r->rule);
	kf_prove_field(r->bad, "line", e ? e->at :
		       r->group < r->file->num_groups
		       ? r->file->group[r->group].at : 0, 0);
	kf_prove_text(r->bad, named(r, e, text));
}

/* take finds a key and takes it. */
static struct kf_keyfile_entry *take(struct rauc_read *r, const char *key)
{
	struct kf_keyfile_entry *e = kf_keyfile_entry_of(r->file, r->group,
							 key);

	if (e)
		e->taken = true;
	return e;
}

/* good tells whether a value could be read, and refuses it where not. */
static bool good(struct rauc_read *r, const struct kf_keyfile_entry *e,
		 enum kf_value read)
{
	if (read == KF_VALUE_FULL)
		r->status = KF_NO_MEMORY;
	if (read == KF_VALUE_BAD)
		rauc_refuse(r, e, "its value cannot be read");
	return read == KF_VALUE_GOOD;
}

bool rauc_text(struct kf_bytes *out, struct rauc_read *r, const char *key,
	       enum rauc_kind kind)
{
	struct kf_keyfile_entry *e = take(r, key);

	*out = kf_view(NULL, 0);
	if (!e || !good(r, e, kf_keyfile_text(out, e->value,
					      r->profile->strict_texts,
					      r->env->arena)))
		return false;
	if (out->len == 0 && kind == RAUC_TEXT)
		rauc_refuse(r, e, "its value is missing");
	return out->len > 0;
}

bool rauc_truth(bool *out, struct rauc_read *r, const char *key)
{
	struct kf_keyfile_entry *e = take(r, key);

	*out = false;
	return e && good(r, e, kf_keyfile_truth(out, e->value));
}

bool rauc_size(uint64_t *out, struct rauc_read *r, const char *key,
	       enum rauc_kind kind)
{
	struct kf_keyfile_entry *e = take(r, key);

	*out = 0;
	if (!e || !good(r, e, kf_keyfile_number(out, e->value)))
		return false;
	if (*out == 0 && kind == RAUC_SIZE)
		rauc_refuse(r, e, "it must not be 0");
	return true;
}

bool rauc_count(int32_t *out, struct rauc_read *r, const char *key)
{
	struct kf_keyfile_entry *e = take(r, key);

	*out = 0;
	if (!e || !good(r, e, kf_keyfile_integer(out, e->value)))
		return false;
	if (*out < 0 && r->profile->version > RAUC_1_8)
		rauc_refuse(r, e, "it must not be negative");
	return true;
}

bool rauc_list(struct kf_bytes **out, size_t *num, struct rauc_read *r,
	       const char *key, enum rauc_kind kind)
{
	struct kf_keyfile_entry *e = take(r, key);
	enum kf_value read;

	*num = 0;
	if (!e)
		return false;
	read = kf_keyfile_list(out, num, e->value, r->env->arena);
	if (read == KF_VALUE_BAD && kind == RAUC_LAX_LIST) {
		*num = 0;
		return false;
	}
	return good(r, e, read);
}

static void take_one(struct rauc_read *r, const struct rauc_key *key)
{
	struct kf_bytes text, *list;
	uint64_t size;
	int32_t count;
	size_t num;
	bool truth;

	switch (key->kind) {
	case RAUC_TEXT:
	case RAUC_MAYBE:
		(void)rauc_text(&text, r, key->key, key->kind);
		break;
	case RAUC_TRUTH:
		(void)rauc_truth(&truth, r, key->key);
		break;
	case RAUC_SIZE:
	case RAUC_ANY_SIZE:
		(void)rauc_size(&size, r, key->key, key->kind);
		break;
	case RAUC_COUNT:
		(void)rauc_count(&count, r, key->key);
		break;
	case RAUC_LIST:
	case RAUC_LAX_LIST:
		(void)rauc_list(&list, &num, r, key->key, key->kind);
		break;
	}
}

void rauc_take_all(struct rauc_read *r, const struct rauc_key *keys)
{
	for (; keys->key; keys++)
		if (r->profile->version >= keys->since)
			take_one(r, keys);
}

void rauc_end(struct rauc_read *r)
{
	const struct kf_keyfile_entry *e = kf_keyfile_left(r->file, r->group);

	if (e)
		rauc_refuse(r, e, "this version of RAUC does not know the key, or has it twice");
	if (r->group < r->file->num_groups)
		r->file->group[r->group].taken = true;
}
