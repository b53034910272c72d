/* The cursor: the one place where bounds are weighed and pointers into hostile
 * bytes are formed.
 */
#include <keyfit/bytes.h>

#include <string.h>

struct kf_bytes kf_view(const void *data, size_t len)
{
	struct kf_bytes view = { len ? data : NULL, len };

	return view;
}

struct kf_bytes kf_text(const char *text)
{
	size_t len = 0;

	while (text && text[len])
		len++;
	return kf_view(text, len);
}

bool kf_equal(struct kf_bytes a, struct kf_bytes b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || memcmp(a.data, b.data, a.len) == 0;
}

bool kf_same(const char *a, const char *b)
{
	return a && b && kf_equal(kf_text(a), kf_text(b));
}

struct kf_bytes kf_part_of(struct kf_bytes whole, uint64_t at, uint64_t len)
{
	if (len == 0 || at > whole.len || len > whole.len - at)
		return kf_view(NULL, 0);
	return kf_view(whole.data + at, (size_t)len);
}

struct kf_cursor kf_cursor_over(struct kf_bytes bytes, uint64_t base)
{
	struct kf_cursor c = { bytes, 0, base, { NULL, 0 } };

	return c;
}

size_t kf_left(const struct kf_cursor *c)
{
	return c->damage.field ? 0 : c->bytes.len - c->pos;
}

bool kf_more(const struct kf_cursor *c)
{
	return kf_left(c) > 0;
}

uint64_t kf_at(const struct kf_cursor *c)
{
	return c->base + c->pos;
}

void kf_break(struct kf_cursor *c, const char *field)
{
	if (c->damage.field)
		return;
	c->damage.field = field;
	c->damage.at = kf_at(c);
}

struct kf_bytes kf_take(struct kf_cursor *c, uint64_t len, const char *field)
{
	size_t at = c->pos;

	if (len > kf_left(c)) {
		kf_break(c, field);
		return kf_view(NULL, 0);
	}
	c->pos += (size_t)len;
	return kf_part_of(c->bytes, at, len);
}

void kf_skip(struct kf_cursor *c, uint64_t len, const char *field)
{
	(void)kf_take(c, len, field);
}

/* number reads `len` bytes, 8 at most, least significant first. */
static uint64_t number(struct kf_cursor *c, size_t len, const char *field)
{
	struct kf_bytes b = kf_take(c, len, field);
	uint64_t value = 0;

	for (size_t i = b.len; i-- > 0;)
		value = value << 8 | b.data[i];
	return value;
}

uint8_t kf_u8(struct kf_cursor *c, const char *field)
{
	return (uint8_t)number(c, 1, field);
}

uint16_t kf_u16le(struct kf_cursor *c, const char *field)
{
	return (uint16_t)number(c, 2, field);
}

uint32_t kf_u32le(struct kf_cursor *c, const char *field)
{
	return (uint32_t)number(c, 4, field);
}

uint64_t kf_u64le(struct kf_cursor *c, const char *field)
{
	return number(c, 8, field);
}

uint16_t kf_u16be(struct kf_cursor *c, const char *field)
{
	uint16_t v = kf_u16le(c, field);

	return (uint16_t)(v << 8 | v >> 8);
}

uint32_t kf_u32be(struct kf_cursor *c, const char *field)
{
	uint32_t v = kf_u32le(c, field);

	return v << 24 | (v & 0xff00u) << 8 | (v >> 8 & 0xff00u) | v >> 24;
}
