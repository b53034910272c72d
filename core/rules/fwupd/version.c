/* Which versions a device takes.
 *
 * Source: fwupd/fwupd, src/fu-release.c (fu_release_check_version),
 * libfwupdplugin/fu-version-common.c (fu_version_compare,
 * fu_version_compare_safe, fu_version_compare_chunk), tag 2.0.20.
 */
#include "fwupd.h"

#include <string.h>

static uint8_t at(struct kf_bytes t, size_t i)
{
	return i < t.len ? t.data[i] : 0;
}

/* compare_letter: a tilde is before all. */
static int compare_letter(uint8_t a, uint8_t b)
{
	if (a == b)
		return 0;
	if (a == '~' || b == '~')
		return a == '~' ? -1 : 1;
	return (int8_t)a < (int8_t)b ? -1 : 1;
}

/* compare_rest: what is behind the digits. */
static int compare_rest(struct kf_bytes a, struct kf_bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < len; i++) {
		int order = compare_letter(a.data[i], b.data[i]);

		if (order)
			return order;
	}
	return compare_letter(at(a, len), at(b, len));
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* number takes the digits at the front, as strtoll does, and leaves the
 * rest. */
static int64_t number(struct kf_bytes *t)
{
	uint64_t value = 0, most = INT64_MAX;
	size_t i = 0, digits;
	bool minus;

	while (is_space(at(*t, i)))
		i++;
	minus = at(*t, i) == '-';
	i += minus || at(*t, i) == '+';
	most += minus;
	for (digits = i; is_digit(at(*t, i)); i++) {
		unsigned digit = (unsigned)at(*t, i) - '0';

		value = value > (most - digit) / 10 ? most
						    : value * 10 + digit;
	}
	if (i > digits)
		*t = kf_part_of(*t, i, t->len - i);
	return minus ? (int64_t)(0 - value) : (int64_t)value;
}

/* section cuts one off the front; false: there is none. */
static bool section(struct kf_bytes *out, struct kf_bytes *left, bool *more)
{
	size_t len = 0;

	if (!*more)
		return false;
	while (len < left->len && left->data[len] != '.')
		len++;
	*out = kf_part_of(*left, 0, len);
	*more = len < left->len;
	*left = *more ? kf_part_of(*left, len + 1, left->len - len - 1)
		      : kf_view(NULL, 0);
	return true;
}

static int compare_section(struct kf_bytes a, struct kf_bytes b)
{
	int64_t x = number(&a), y = number(&b);

	if (x != y)
		return x < y ? -1 : 1;
	return a.len || b.len ? compare_rest(a, b) : 0;
}

static int compare_plain(struct kf_bytes a, struct kf_bytes b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.data, b.data, len) : 0;

	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

int fwupd_compare(struct kf_bytes a, struct kf_bytes b, bool plain)
{
	bool more_a = a.len, more_b = b.len;

	if (plain || kf_equal(a, b))
		return compare_plain(a, b);
	for (;;) {
		struct kf_bytes x, y;
		bool has_a = section(&x, &a, &more_a);
		bool has_b = section(&y, &b, &more_b);
		int order;

		if (!has_a || !has_b)
			return (int)has_a - (int)has_b;
		order = compare_section(x, y);
		if (order)
			return order;
	}
}

static struct kf_bytes version_of(const struct fwupd_case *k)
{
	return kf_markup_attribute(k->component->release->element, "version");
}

/* said is the version, and how it stands to what is there. */
static const char *said(struct fwupd_case *k, const char *middle,
			const char *there)
{
	struct kf_bytes part[] = { version_of(k), kf_text(middle),
				   kf_text(there) };
	size_t len = 0;
	char *text = kf_arena_take(k->env->arena, part[0].len + part[1].len +
				   part[2].len + 1);

	if (!text) {
		k->ask.status = KF_NO_MEMORY;
		return "";
	}
	for (size_t i = 0; i < 3; i++) {
		if (part[i].len)
			memcpy(text + len, part[i].data, part[i].len);
		len += part[i].len;
	}
	return text;
}

/* installed_fits compares with what the device has. */
static bool installed_fits(struct fwupd_case *k, bool plain)
{
	const struct fwupd_device *d = k->device;
	int order = fwupd_compare(kf_text(d->installed), version_of(k),
				  plain);

	if (d->upgrade_only && order >= 0)
		return fwupd_refuse(k, KF_REASON_VERSION_TOO_OLD, "FWUPD-6",
				    said(k, ", and the device only goes up from ",
					 d->installed));
	if (order == 0 && !d->allow_reinstall)
		return fwupd_refuse(k, KF_REASON_VERSION_INSTALLED, "FWUPD-6",
				    d->installed);
	if (order > 0 && !d->allow_older)
		return fwupd_refuse(k, KF_REASON_VERSION_TOO_OLD, "FWUPD-6",
				    said(k, ", and installed is ",
					 d->installed));
	return true;
}

static bool same_format(struct kf_bytes listed, const char *format)
{
	return kf_markup_is(listed, format) ||
	       (kf_same(format, "bcd") && kf_markup_is(listed, "pair"));
}

/* format_fits: a release may say how its version is written. */
static bool format_fits(struct fwupd_case *k)
{
	const struct kf_element *custom = NULL, *value;
	const char *format = k->device->format;
	bool some = false;

	while (format && (custom = kf_markup_child(k->component->element,
						   custom, "custom", NULL,
						   NULL))) {
		value = NULL;
		while ((value = kf_markup_child(custom, value, "value", "key",
						"LVFS::VersionFormat"))) {
			if (same_format(value->text, format))
				return true;
			some = true;
		}
	}
	return !some || fwupd_refuse(k, KF_REASON_REQUIREMENT_NOT_MET,
				     "FWUPD-6",
				     "versions that are written in another way");
}

static bool is_format(const struct fwupd_device *d, const char *format)
{
	return d->format && kf_same(d->format, format);
}

bool fwupd_version_fits(struct fwupd_case *k)
{
	const struct fwupd_device *d = k->device;
	bool plain = is_format(d, "plain");

	if (!version_of(k).data)
		return fwupd_refuse(k, KF_REASON_DESCRIPTION_INCOMPLETE,
				    "FWUPD-6", "no version");
	if (is_format(d, "hex") && (d->installed || d->lowest))
		return fwupd_leave(k, KF_REASON_BEYOND_LIMITS,
				   "versions in hex are not compared");
	if (!format_fits(k))
		return false;
	if (d->lowest && fwupd_compare(kf_text(d->lowest), version_of(k),
				       plain) > 0)
		return fwupd_refuse(k, KF_REASON_VERSION_TOO_OLD, "FWUPD-6",
				    said(k, ", and the lowest is ",
					 d->lowest));
	return !d->installed || installed_fits(k, plain);
}
