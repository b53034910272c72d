/* X.509 certificates as PEM: each becomes a signature list of one entry.
 *
 * Text between the certificates is no harm. Everything that may be a
 * certificate that was mangled, or that is another kind of block, is damage: a
 * certificate that is dropped from dbx in silence revokes nothing any more.
 *
 * Source: RFC 7468, 2 to 5; UEFI 2.10, 32.4.1.
 */
#include "core/base64.h"
#include "core/facts.h"
#include "core/siglist.h"

#include <keyfit/store.h>

#include <string.h>

static const char begin[] = "-----BEGIN ";
static const char end[] = "-----END ";
static const char dashes[] = "-----";

/* block is one of them: its label, and its text. */
struct block {
	struct kf_bytes label;
	uint64_t at;
	struct kf_cursor body;
};

static bool starts(struct kf_bytes text, const char *with)
{
	struct kf_bytes start = kf_text(with);

	return kf_equal(kf_part_of(text, 0, start.len), start);
}

static bool contains(struct kf_bytes text, const char *what)
{
	size_t len = kf_text(what).len;

	for (size_t i = 0; i + len <= text.len; i++)
		if (kf_equal(kf_part_of(text, i, len), kf_text(what)))
			return true;
	return false;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* next_line takes a line, without the space at its end. */
static struct kf_bytes next_line(struct kf_cursor *c)
{
	struct kf_bytes rest = kf_part_of(c->bytes, c->pos, kf_left(c));
	size_t len = 0;

	while (len < rest.len && rest.data[len] != '\n')
		len++;
	kf_skip(c, len < rest.len ? len + 1 : len, "line");
	while (len && is_space(rest.data[len - 1]))
		len--;
	return kf_part_of(rest, 0, len);
}

/* suspicious: a line between blocks that looks like a part of one. */
static bool suspicious(struct kf_bytes line)
{
	enum { SHORTEST = 32 };
	size_t i = 0;

	while (i < line.len && kf_base64_digit(line.data[i]) < 64)
		i++;
	return (i == line.len && i >= SHORTEST) || contains(line, "---");
}

/* next_begin looks for the next block. Fails: false, at the end or damaged. */
static bool next_begin(struct kf_cursor *c, struct block *out)
{
	while (kf_more(c)) {
		uint64_t at = kf_at(c);
		struct kf_bytes line = next_line(c);
		size_t around = sizeof(begin) - 1 + sizeof(dashes) - 1;

		if (starts(line, begin) && line.len > around &&
		    kf_equal(kf_part_of(line, line.len - 5, 5),
			     kf_text(dashes))) {
			out->at = at;
			out->label = kf_part_of(line, sizeof(begin) - 1,
						line.len - around);
			return true;
		}
		if (suspicious(line)) {
			kf_break(c, "text outside of BEGIN and END");
			c->damage.at = at;
		}
	}
	return false;
}

/* next_block takes a block up to its END. */
static bool next_block(struct kf_cursor *c, struct block *out)
{
	size_t from, to;
	struct kf_bytes line;

	if (!next_begin(c, out))
		return false;
	from = to = c->pos;
	for (;;) {
		if (!kf_more(c)) {
			kf_break(c, "END");
			return false;
		}
		line = next_line(c);
		if (starts(line, dashes))
			break;
		to = c->pos;
	}
	out->body = kf_cursor_over(kf_part_of(c->bytes, from, to - from),
				   c->base + from);
	if (!starts(line, end) || line.len != sizeof(end) - 1 +
	    out->label.len + sizeof(dashes) - 1 ||
	    !kf_equal(kf_part_of(line, sizeof(end) - 1, out->label.len),
		      out->label))
		kf_break(c, "END");
	return !c->damage.field;
}

/* take_digit reads one character of base64. Nothing but padding may stand
 * behind padding. Returns false for space. */
static bool take_digit(struct kf_cursor *c, unsigned *value, size_t *pad)
{
	uint8_t character = kf_u8(c, "base64");

	if (is_space(character))
		return false;
	*pad += character == '=';
	*value = kf_base64_digit(character);
	if ((*value == 64) != (*pad > 0) || *pad > 2)
		kf_break(c, "base64");
	*value &= 63;
	return true;
}

/* decode turns base64 into bytes. Fails: false when the arena is full. */
static bool decode(struct kf_bytes *out, struct kf_cursor *c,
		   struct kf_arena *arena)
{
	uint8_t *bytes = kf_arena_take(arena, kf_left(c) / 4 * 3 + 3);
	size_t len = 0, num = 0, pad = 0;
	uint32_t group = 0;
	unsigned value;

	if (!bytes)
		return false;
	while (kf_more(c)) {
		if (!take_digit(c, &value, &pad))
			continue;
		group = group << 6 | value;
		if (++num % 4 != 0)
			continue;
		for (int shift = 16; shift >= 0; shift -= 8)
			bytes[len++] = (uint8_t)(group >> shift);
	}
	if (num % 4 != 0 || len <= pad)
		kf_break(c, "base64");
	*out = kf_view(bytes, len > pad ? len - pad : 0);
	return true;
}

/* kind_of says what else than a certificate a block is. */
static const char *kind_of(struct kf_bytes label)
{
	static const char *const kinds[] = { "PRIVATE KEY", "PUBLIC KEY" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (contains(label, kinds[i]))
			return kinds[i];
	return "BEGIN";
}

/* take_certificate decodes one block. Fails: see `out->status`, and damage. */
static bool take_certificate(struct kf_bytes *der, struct block *b,
			     struct kf_store *out, struct kf_env *env)
{
	struct kf_damage other = { NULL, b->at };

	if (!kf_equal(b->label, kf_text("CERTIFICATE")) &&
	    !kf_equal(b->label, kf_text("X509 CERTIFICATE")))
		other.field = kind_of(b->label);
	else if (!decode(der, &b->body, env->arena))
		out->status = KF_NO_MEMORY;
	else if (b->body.damage.field)
		other = b->body.damage;
	else
		out->status = kf_siglist_certificate_check(&other, *der, b->at,
							   env);
	kf_store_damage(out, other);
	return out->status == KF_OK && !other.field;
}

static size_t count(struct kf_bytes file, struct kf_damage *damage)
{
	struct kf_cursor c = kf_cursor_over(file, 0);
	struct block b;
	size_t num = 0;

	while (next_block(&c, &b))
		num++;
	if (!num)
		kf_break(&c, "BEGIN");
	*damage = c.damage;
	return num;
}

static bool recognise(struct kf_bytes file)
{
	return file.len && !memchr(file.data, 0, file.len) &&
	       contains(file, begin);
}

static void read(struct kf_store *out, struct kf_bytes file,
		 struct kf_env *env)
{
	struct kf_part part = { .name = "", .presence = KF_PRESENT };
	struct kf_cursor c = kf_cursor_over(file, 0);
	struct kf_damage damage;
	size_t num = count(file, &damage), i = 0;
	struct kf_bytes *der;
	struct block b;

	kf_store_damage(out, damage);
	if (damage.field)
		return;
	der = kf_arena_take(env->arena, num * sizeof(*der));
	if (!der) {
		out->status = KF_NO_MEMORY;
		return;
	}
	while (next_block(&c, &b))
		if (!take_certificate(&der[i++], &b, out, env))
			return;
	out->status = kf_siglist_of_certificates(&part.bytes, der, num,
						 env->arena);
	if (out->status == KF_OK && !kf_store_put(out, &part))
		out->status = KF_NO_MEMORY;
}

static void describe(const struct kf_store *store, struct kf_bytes file,
		     struct kf_env *env, const struct kf_sink *sink)
{
	const struct kf_part *part = kf_store_part(store, "");
	struct kf_siglist_walk walk;
	struct kf_bytes der;

	(void)file;
	kf_fact_open(sink, "certificates");
	if (part) {
		walk = kf_siglist_walk(part->bytes);
		while (kf_siglist_certificate(&walk, &der))
			kf_fact_certificate(sink, env, NULL, der);
	}
	kf_fact_close(sink);
	kf_fact_damage(sink, store->damage, store->num_damage);
}

const struct kf_store_kind kf_store_pem = {
	.name = "pem",
	.title = "X.509 certificates (PEM)",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
