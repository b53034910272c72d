/* Versions, as RAUC compares them: RAUC-18.
 *
 * Source: rauc/rauc, src/utils.c:r_semver_parse, r_semver_less_equal at v1.13.
 * Not quite Semantic Versioning: the pre-release starts at the last hyphen.
 */
#include "rauc.h"

#include <string.h>

struct version {
	uint64_t core[3];
	struct kf_bytes pre;
	bool has_pre;
};

/* number reads a number of digits alone. */
static bool number(uint64_t *out, struct kf_bytes text)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = text.data[i] - (unsigned)'0';

		if (digit > 9 || *out > (UINT64_MAX - digit) / 10)
			return false;
		*out = *out * 10 + digit;
	}
	return text.len > 0;
}

/* last finds a character from behind; SIZE_MAX: it is not there. */
static size_t last(struct kf_bytes text, char c)
{
	size_t i = text.len;

	while (i > 0 && text.data[i - 1] != (uint8_t)c)
		i--;
	return i > 0 ? i - 1 : SIZE_MAX;
}

/* field cuts what stands before the next dot off a text. */
static struct kf_bytes field(struct kf_bytes *rest)
{
	const uint8_t *dot = rest->len ? memchr(rest->data, '.', rest->len)
				       : NULL;
	size_t len = dot ? (size_t)(dot - rest->data) : rest->len;
	struct kf_bytes out = kf_part_of(*rest, 0, len);

	*rest = dot ? kf_part_of(*rest, len + 1, rest->len - len - 1)
		    : kf_view(NULL, 0);
	return out;
}

/* parse_core reads up to three numbers with dots between them. */
static bool parse_core(struct version *out, struct kf_bytes text)
{
	bool more = text.len > 0;

	if (!more)
		return false;
	for (size_t i = 0; i < 3 && more; i++) {
		struct kf_bytes part = text;

		more = i < 2 && text.len && memchr(text.data, '.', text.len);
		if (more)
			part = field(&text);
		if (!number(&out->core[i], part))
			return false;
	}
	return true;
}

static bool parse(struct version *out, struct kf_bytes text)
{
	size_t plus = last(text, '+'), hyphen;

	memset(out, 0, sizeof(*out));
	if (plus != SIZE_MAX)
		text = kf_part_of(text, 0, plus);
	hyphen = last(text, '-');
	if (hyphen != SIZE_MAX) {
		out->pre = kf_part_of(text, hyphen + 1,
				      text.len - hyphen - 1);
		out->has_pre = true;
		text = kf_part_of(text, 0, hyphen);
	}
	return parse_core(out, text);
}

/* order compares two fields of pre-releases: negative, zero, positive. */
static int order(struct kf_bytes a, struct kf_bytes b)
{
	uint64_t num_a, num_b;
	bool is_a = number(&num_a, a), is_b = number(&num_b, b);
	size_t len = a.len < b.len ? a.len : b.len;
	int by_bytes;

	if (is_a && is_b)
		return num_a < num_b ? -1 : num_a > num_b;
	if (is_a != is_b)
		return is_a ? -1 : 1;
	by_bytes = len ? memcmp(a.data, b.data, len) : 0;
	if (by_bytes)
		return by_bytes;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* pre_within compares two pre-releases field by field. An empty one has no
 * fields. */
static bool pre_within(struct kf_bytes a, struct kf_bytes b)
{
	bool more_a = a.len > 0, more_b = b.len > 0;

	while (more_a && more_b) {
		struct kf_bytes rest_a = a, rest_b = b;
		struct kf_bytes field_a = field(&rest_a);
		struct kf_bytes field_b = field(&rest_b);
		int by = order(field_a, field_b);

		if (by)
			return by < 0;
		more_a = field_a.len < a.len;
		more_b = field_b.len < b.len;
		a = rest_a;
		b = rest_b;
	}
	return !more_a;
}

static bool within(const struct version *a, const struct version *b)
{
	for (size_t i = 0; i < 3; i++)
		if (a->core[i] != b->core[i])
			return a->core[i] < b->core[i];
	if (a->has_pre && b->has_pre)
		return pre_within(a->pre, b->pre);
	return a->has_pre || !b->has_pre;
}

enum kf_answer3 rauc_version_within(struct kf_bytes a, struct kf_bytes b)
{
	struct version va, vb;

	if (!parse(&va, a) || !parse(&vb, b))
		return KF_NOT_ASKED;
	return within(&va, &vb) ? KF_YES : KF_NO;
}
