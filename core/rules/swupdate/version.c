/* Versions: which of two is newer, and what a device makes of that.
 *
 * Up to four numbers between dots, each below 65536; else Semantic Versioning
 * as SWUpdate's parser takes it; else the order of the letters. SWUPDATE-11,
 * SWUPDATE-12.
 *
 * Source: sbabic/swupdate, core/artifacts_versions.c (compare_versions,
 * version_to_number), core/semver.c, core/parser.c (parse) and parser/parser.c
 * (is_image_installed, is_image_higher), tag 2022.12.
 */
#include "swupdate.h"

#include <string.h>

enum { PARTS_MAX = 4, NUMBER_MAX = 0xffff };

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* number reads digits as strtol does, at most INT64_MAX, and steps over
 * them. */
static int64_t number(struct kf_bytes text, size_t *at)
{
	int64_t value = 0;

	for (; *at < text.len && is_digit(text.data[*at]); ++*at) {
		int d = text.data[*at] - '0';

		value = value > (INT64_MAX - d) / 10 ? INT64_MAX
						     : value * 10 + d;
	}
	return value;
}

/* numbered takes a version that is numbers and dots alone; dots by themselves
 * count nothing, and so do numbers after the fourth. */
static bool numbered(uint64_t *out, struct kf_bytes text)
{
	size_t at = 0, num = 0;

	*out = 0;
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit(text.data[i]) && text.data[i] != '.')
			return false;
	while (at < text.len && num < PARTS_MAX) {
		int64_t value;

		if (text.data[at] == '.') {
			at++;
			continue;
		}
		value = number(text, &at);
		if (value > NUMBER_MAX)
			return false;
		*out = *out << 16 | (uint64_t)value;
		num++;
	}
	if (num < PARTS_MAX && num > 0)
		*out <<= 16 * (PARTS_MAX - num);
	return true;
}

/* semantic is a version taken apart. */
struct semantic {
	int32_t part[3];
	bool has_prerelease;
	struct kf_bytes prerelease;
};

/* cut ends `text` at the first letter `c`, and gives what stood behind it. */
static bool cut(struct kf_bytes *behind, struct kf_bytes *text, uint8_t c)
{
	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] == c) {
			*behind = kf_part_of(*text, i + 1, text->len - i - 1);
			*text = kf_part_of(*text, 0, i);
			return true;
		}
	return false;
}

static bool is_valid(struct kf_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i], low = c | 32;

		if (!is_digit(c) && !(low >= 'a' && low <= 'z') && c != '.' &&
		    c != '-' && c != '+')
			return false;
	}
	return text.len <= SWUPDATE_TEXT_MAX;
}

/* semantic_read takes four parts at most; of a fifth nobody asks. A part is
 * cut to 32 bits. */
static bool semantic_read(struct semantic *out, struct kf_bytes text)
{
	struct kf_bytes metadata;
	size_t at = 0;

	memset(out, 0, sizeof(*out));
	if (!is_valid(text))
		return false;
	(void)cut(&metadata, &text, '+');
	out->has_prerelease = cut(&out->prerelease, &text, '-');
	for (size_t i = 0; i < PARTS_MAX; i++) {
		uint64_t value = (uint64_t)number(text, &at);

		if (at < text.len && text.data[at] != '.')
			return false;
		if (i < 3)
			out->part[i] = (int32_t)(uint32_t)value;
		if (at++ >= text.len)
			return true;
	}
	return true;
}

/* word is one part of a prerelease, up to its dot. */
static struct kf_bytes word(struct kf_bytes text, size_t at)
{
	size_t end = at;

	while (end < text.len && text.data[end] != '.')
		end++;
	return kf_part_of(text, at, end - at);
}

/* is_number tells whether a word is one as strtol reads it: no digits at all
 * are none, but end where they began, and so does an empty word. */
static bool is_number(int32_t *out, struct kf_bytes text)
{
	bool negative = text.len && text.data[0] == '-';
	size_t at = negative;
	int64_t value = number(text, &at);

	if (negative)
		value = value == INT64_MAX ? INT64_MIN : -value;
	*out = (int32_t)(uint32_t)(uint64_t)value;
	return at == text.len && (text.len != 1 || is_digit(text.data[0]));
}

static int by_bytes(struct kf_bytes a, struct kf_bytes b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int by = least ? memcmp(a.data, b.data, least) : 0;

	if (by)
		return by;
	return a.len < b.len ? -1 : a.len > b.len;
}

static int by_word(struct kf_bytes a, struct kf_bytes b)
{
	int32_t x, y;
	bool a_number = is_number(&x, a), b_number = is_number(&y, b);

	if (a_number != b_number)
		return a_number ? -1 : 1;
	if (a_number)
		return x < y ? -1 : x > y;
	return by_bytes(a, b);
}

static int by_prerelease(const struct semantic *a, const struct semantic *b)
{
	struct kf_bytes x = a->prerelease, y = b->prerelease;
	size_t i = 0, j = 0;

	if (!a->has_prerelease || !b->has_prerelease)
		return b->has_prerelease - a->has_prerelease;
	for (;;) {
		struct kf_bytes u = word(x, i), v = word(y, j);
		int by = by_word(u, v);

		if (by)
			return by;
		i += u.len + 1;
		j += v.len + 1;
		if (i > x.len || j > y.len)
			return (i <= x.len) - (j <= y.len);
	}
}

static int by_semantic(const struct semantic *a, const struct semantic *b)
{
	for (size_t i = 0; i < 3; i++)
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i] ? -1 : 1;
	return by_prerelease(a, b);
}

int swupdate_compare(struct kf_bytes a, struct kf_bytes b, bool *beyond)
{
	struct semantic x, y;
	uint64_t m, n;

	if (a.len > SWUPDATE_TEXT_MAX || b.len > SWUPDATE_TEXT_MAX)
		*beyond = true;
	if (numbered(&m, a) && numbered(&n, b))
		return m < n ? -1 : m > n;
	if (semantic_read(&x, a) && semantic_read(&y, b))
		return by_semantic(&x, &y);
	return by_bytes(a, b);
}

/* limit holds the version against one that the device is told. */
static bool limit(struct swupdate_case *k, const char *told, int sign,
		  enum kf_reason_id id)
{
	bool beyond = false;
	int by;

	if (!told)
		return true;
	by = swupdate_compare(k->plan.version, kf_text(told), &beyond);
	if (beyond)
		return swupdate_beyond(k, "a version of more than 255 letters");
	if (by * sign <= 0)
		return true;
	(void)swupdate_refuse(k, id, "SWUPDATE-11", "version ",
			      k->plan.version, sign < 0
			      ? ", and the device takes none below its own"
			      : ", and the device takes none above its limit");
	kf_prove(&k->out->why, KF_EV_SETTING, sign < 0 ? "no-downgrading"
		 : "max-version")->text = told;
	return false;
}

bool swupdate_versions(struct swupdate_case *k)
{
	const struct swupdate_device *d = k->device;

	if (!limit(k, d->minimum, -1, KF_REASON_VERSION_TOO_OLD) ||
	    !limit(k, d->maximum, 1, KF_REASON_VERSION_TOO_NEW))
		return false;
	if (!d->installed ||
	    !kf_equal(kf_text(d->installed), k->plan.version))
		return true;
	(void)swupdate_refuse(k, KF_REASON_VERSION_INSTALLED, "SWUPDATE-11",
			      "version ", k->plan.version, NULL);
	kf_prove(&k->out->why, KF_EV_SETTING, "no-reinstalling")->text =
		d->installed;
	return false;
}

/* is_there tells whether what is installed makes an item needless. */
static bool is_there(struct swupdate_case *k,
		     const struct swupdate_item *item)
{
	struct kf_bytes file = k->device->versions_file;
	size_t at = 0;

	for (;;) {
		struct kf_bytes name = swupdate_word(file, &at);
		struct kf_bytes version = swupdate_word(file, &at);
		bool beyond = false;
		int by;

		if (version.len == 0)
			return false;
		if (!kf_equal(name, item->name))
			continue;
		by = swupdate_compare(item->version, version, &beyond);
		if (beyond || name.len > SWUPDATE_TEXT_MAX)
			return !swupdate_beyond(k, "a version of more than 255 letters");
		if ((item->if_different && by == 0) ||
		    (item->if_higher && by <= 0))
			return true;
	}
}

bool swupdate_skips(struct swupdate_case *k, const struct swupdate_item *item)
{
	if (item->name.len == 0 || item->version.len == 0 ||
	    (!item->if_different && !item->if_higher))
		return false;
	if (k->device->versions == KF_PRESENT)
		return is_there(k, item);
	if (k->device->versions == KF_ABSENT)
		return false;
	k->guessed = true;
	return k->guess == SWUPDATE_SKIPS;
}
