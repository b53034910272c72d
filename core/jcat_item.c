/* Whether an item of a catalogue vouches for a file: all checksums have to be
 * right, and one signature.
 *
 * Source: hughsie/libjcat, libjcat/jcat-context.c (jcat_context_verify_item,
 * jcat_context_verify_target), tag 0.2.3.
 */
#include "base64.h"
#include "hex.h"
#include "jcat.h"

#include <string.h>

static void find(struct kf_jcat_answer *out, enum kf_reason_id id,
		 const char *rule)
{
	out->said = KF_JCAT_BAD;
	kf_find(&out->why, id, rule);
}

/* target is the checksum that a blob signs, as fwupd works it out. */
struct target {
	struct kf_digest digest[2];
	uint8_t hex[2][128];
};

static bool target_of(struct kf_bytes *out, const struct target *t,
		      uint32_t kind)
{
	size_t i = kind == KF_JCAT_SHA512;

	if (kind != KF_JCAT_SHA256 && kind != KF_JCAT_SHA512)
		return false;
	*out = kf_view(t->hex[i], t->digest[i].len * 2);
	return true;
}

static void make_target(struct target *t, struct kf_jcat_ask *ask,
			const struct kf_gnutls_data *data)
{
	kf_jcat_hash(&t->digest[0], ask, KF_JCAT_SHA256, data);
	if (ask->status == KF_OK)
		kf_jcat_hash(&t->digest[1], ask, KF_JCAT_SHA512, data);
	for (size_t i = 0; i < 2; i++)
		kf_hex(t->hex[i], kf_view(t->digest[i].bytes,
					  t->digest[i].len));
}

/* item is a question about a whole item. */
struct item {
	struct kf_jcat_answer *out;
	struct kf_jcat_ask *ask;
	const struct kf_jcat_item *item;
	const struct kf_gnutls_data *data;
	const struct target *target;	/* NULL: the data itself is signed */
};

static void prove_file(const struct item *i)
{
	kf_prove_text(&i->out->why, kf_jcat_text(i->ask, i->item->id));
}

/* is_base64 tells whether bytes are those that a text of whole groups stands
 * for. */
static bool is_base64(struct kf_bytes bytes, struct kf_bytes text)
{
	uint32_t value = 0;
	size_t len = 0;

	if (text.len % 4 || bytes.len != text.len / 4 * 3)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		value = value << 6 | kf_base64_digit(text.data[i]);
		if (i % 4 != 3)
			continue;
		if (bytes.data[len] != (uint8_t)(value >> 16) ||
		    bytes.data[len + 1] != (uint8_t)(value >> 8) ||
		    bytes.data[len + 2] != (uint8_t)value)
			return false;
		len += 3;
	}
	return true;
}

/* same_checksum compares as libjcat writes them: what is no text in base64. */
static bool same_checksum(const struct item *i,
			  const struct kf_jcat_blob *blob, bool *there)
{
	struct kf_bytes want;

	*there = target_of(&want, i->target, blob->kind);
	if (!*there)
		return true;
	return blob->is_text ? kf_equal(blob->data, want)
			     : is_base64(blob->data, want);
}

/* checksum asks about one. `*there`: it was compared with something. */
static bool checksum(const struct item *i, const struct kf_jcat_blob *b,
		     bool *there)
{
	struct kf_jcat_answer one;

	memset(&one, 0, sizeof(one));
	one.said = KF_JCAT_GOOD;
	*there = true;
	if (!i->target)
		kf_jcat_ask_blob(&one, i->ask, b, i->data);
	else if (!same_checksum(i, b, there))
		find(&one, KF_REASON_FILE_HASH_MISMATCH, "JCAT-3");
	one.blob = b;
	if (one.said == KF_JCAT_GOOD)
		return true;
	*i->out = one;
	prove_file(i);
	return false;
}

/* checksums: all have to be right, and one has to be there. */
static bool checksums(const struct item *i)
{
	size_t good = 0;

	for (const struct kf_jcat_blob *b = i->item->blob;
	     b && i->ask->status == KF_OK; b = b->next) {
		bool there;

		if (b->replaced || !kf_jcat_is_checksum(b->kind) ||
		    kf_jcat_engine(i->ask, b->kind) != KF_JCAT_GOOD)
			continue;
		if (!checksum(i, b, &there))
			return false;
		good += there;
	}
	if (i->ask->status != KF_OK)
		return false;
	if (good)
		return true;
	find(i->out, KF_REASON_FILE_HASH_MISSING, "JCAT-3");
	prove_file(i);
	return false;
}

/* signature asks about one that may count. False: it is passed over. */
static bool signature(struct kf_jcat_answer *one, const struct item *i,
		      const struct kf_jcat_blob *b)
{
	struct kf_bytes signed_text;
	struct kf_source source;
	struct kf_gnutls_data data = *i->data;

	if (b->replaced || !kf_jcat_is_signature(b->kind) ||
	    kf_jcat_engine(i->ask, b->kind) != KF_JCAT_GOOD)
		return false;
	if (i->target) {
		if (b->target == KF_JCAT_UNKNOWN ||
		    !target_of(&signed_text, i->target, b->target))
			return false;
		source = kf_bytes_source(&signed_text);
		data.source = &source;
		data.at = 0;
		data.len = signed_text.len;
	}
	kf_jcat_ask_blob(one, i->ask, b, &data);
	return true;
}

/* signatures: one good one is enough, and an open one leaves it open. */
static void signatures(const struct item *i)
{
	struct kf_jcat_answer one, open;
	bool some = false, is_open = false;

	for (const struct kf_jcat_blob *b = i->item->blob;
	     b && i->ask->status == KF_OK; b = b->next) {
		if (!signature(&one, i, b))
			continue;
		if (one.said == KF_JCAT_GOOD) {
			*i->out = one;
			return;
		}
		if (one.said == KF_JCAT_OPEN) {
			open = one;
			is_open = true;
		} else if (!some) {
			*i->out = one;
			some = true;
		}
	}
	if (is_open)
		*i->out = open;
	else if (!some) {
		find(i->out, KF_REASON_FILE_UNSIGNED, "JCAT-3");
		prove_file(i);
	}
}

void kf_jcat_ask_item(struct kf_jcat_answer *out, struct kf_jcat_ask *ask,
		      const struct kf_jcat_item *jcat_item,
		      const struct kf_gnutls_data *data, bool direct)
{
	struct item i = { out, ask, jcat_item, data, NULL };
	struct target target;

	memset(out, 0, sizeof(*out));
	memset(&target, 0, sizeof(target));
	if (!direct && kf_jcat_has_target(jcat_item)) {
		make_target(&target, ask, data);
		i.target = &target;
	}
	if (ask->status == KF_OK && checksums(&i))
		signatures(&i);
}
