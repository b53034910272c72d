/* Reads one DER element after the other.
 *
 * Source: ITU-T X.690, 8.1.
 */
#include "der.h"

/* read_length reads a length of at most four bytes. */
static uint64_t read_length(struct kf_der *out, struct kf_cursor *c)
{
	uint8_t first = kf_u8(c, "length");
	uint64_t len = 0;

	if (first < 0x80)
		return first;
	if (first == 0x80) {
		out->indefinite = true;
		return kf_left(c);
	}
	if (first > 0x84) {
		kf_break(c, "length");
		return 0;
	}
	for (unsigned i = first & 0x7f; i; i--)
		len = len << 8 | kf_u8(c, "length");
	return len;
}

bool kf_der_next(struct kf_der *out, struct kf_cursor *c)
{
	size_t from = c->pos;
	uint64_t len;

	out->indefinite = false;
	out->tag = kf_u8(c, "tag");
	if ((out->tag & 0x1f) == 0x1f)
		kf_break(c, "tag");
	len = read_length(out, c);
	out->value = kf_take(c, len, "value");
	if (c->damage.field)
		return false;
	out->whole = kf_part_of(c->bytes, from, c->pos - from);
	return true;
}

struct kf_bytes kf_der_certificate_key(struct kf_bytes certificate)
{
	enum { BEFORE = 5, VERSION = 0xa0 };
	struct kf_cursor c = kf_cursor_over(certificate, 0);
	struct kf_der e;

	for (size_t i = 0; i < 2; i++) {
		if (!kf_der_next(&e, &c))
			return kf_view(NULL, 0);
		c = kf_cursor_over(e.value, 0);
	}
	for (size_t i = 0; kf_der_next(&e, &c); i += e.tag != VERSION)
		if (i == BEFORE && e.tag != VERSION)
			return e.whole;
	return kf_view(NULL, 0);
}
