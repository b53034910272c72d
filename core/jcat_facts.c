/* Describes catalogues: who signed what, with which key.
 */
#include "facts.h"
#include "jcat.h"

#include "base64.h"

enum { SHOWN_MAX = 256 };

/* find is where a text starts behind `from`, or the end. */
static size_t find(struct kf_bytes in, size_t from, const char *text)
{
	struct kf_bytes t = kf_text(text);

	for (size_t i = from; i + t.len <= in.len; i++)
		if (kf_equal(kf_part_of(in, i, t.len), t))
			return i;
	return in.len;
}

struct kf_bytes kf_jcat_unarmour(struct kf_bytes text, struct kf_arena *arena)
{
	size_t begin = find(text, 0, "-----BEGIN ");
	size_t from = find(text, begin, "\n"), len = 0, n = 0;
	size_t to = find(text, from, "-----END ");
	uint8_t *out = to > from ? kf_arena_take(arena, to - from) : NULL;
	uint32_t value = 0;

	for (size_t i = from; out && i < to && to < text.len; i++) {
		unsigned digit = kf_base64_digit(text.data[i]);

		if (digit > 63)
			continue;
		value = value << 6 | digit;
		if (n++ % 4)
			out[len++] = (uint8_t)(value >>
					       (6 - 2 * ((n - 1) % 4)));
	}
	return kf_view(out, len);
}

/* describe_pkcs7 takes the armour off, as far as it is plain, and describes
 * what is in it. */
static void describe_pkcs7(const struct kf_jcat_blob *blob,
			   struct kf_env *env, const struct kf_sink *sink)
{
	struct kf_bytes der = kf_jcat_unarmour(blob->data, env->arena);

	if (der.len)
		kf_fact_signed_data(sink, env, der);
	else
		kf_fact_word(sink, "kind", "no PKCS#7 in PEM");
}

static void describe_kind(const char *name, uint32_t kind,
			  const struct kf_sink *sink)
{
	const char *word = kf_jcat_kind_name(kind);

	if (word)
		kf_fact_word(sink, name, word);
	else
		kf_fact_number(sink, name, kind);
}

static void describe_blob(const struct kf_jcat_blob *blob,
			  struct kf_env *env, const struct kf_sink *sink)
{
	struct kf_arena lent = *env->arena;
	struct kf_env local = *env;

	local.arena = &lent;
	kf_fact_open(sink, NULL);
	describe_kind("kind", blob->kind, sink);
	if (blob->target != KF_JCAT_UNKNOWN)
		describe_kind("signs", blob->target, sink);
	if (blob->replaced)
		kf_fact_yes_no(sink, "used", false);
	if (blob->id.data)
		kf_fact_text(sink, "appstream-id", blob->id);
	if (blob->made_s > 0)
		kf_fact_seconds(sink, "made", blob->made_s);
	if (kf_jcat_is_checksum(blob->kind) && blob->is_text)
		kf_fact_text(sink, "value", blob->data);
	else
		kf_fact_number(sink, "length", blob->data.len);
	if (blob->kind == KF_JCAT_PKCS7)
		describe_pkcs7(blob, &local, sink);
	kf_fact_close(sink);
}

static void describe_item(const struct kf_jcat_item *item,
			  struct kf_env *env, const struct kf_sink *sink)
{
	size_t shown = 0;

	kf_fact_open(sink, NULL);
	kf_fact_text(sink, "id", item->id);
	if (item->alias) {
		kf_fact_open(sink, "aliases");
		for (const struct kf_jcat_name *a = item->alias; a;
		     a = a->next)
			kf_fact_text(sink, NULL, a->name);
		kf_fact_close(sink);
	}
	kf_fact_open(sink, "blobs");
	for (const struct kf_jcat_blob *b = item->blob;
	     b && shown < SHOWN_MAX; b = b->next, shown++)
		describe_blob(b, env, sink);
	kf_fact_close(sink);
	kf_fact_close(sink);
}

void kf_jcat_describe(const struct kf_jcat *jcat, struct kf_env *env,
		      const struct kf_sink *sink)
{
	size_t shown = 0;

	if (jcat->beyond)
		kf_fact_word(sink, "unread", jcat->beyond);
	kf_fact_open(sink, "items");
	for (const struct kf_jcat_item *i = jcat->item;
	     i && shown < SHOWN_MAX; i = i->next, shown++)
		describe_item(i, env, sink);
	kf_fact_close(sink);
}
