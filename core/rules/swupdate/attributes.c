/* What sw-description says of one image, file, script or partition.
 *
 * SWUpdate copies values into fields of fixed size, some of another type than
 * the value's. Where that would write over something else, the answer is
 * beyond keyfit. SWUPDATE-19.
 *
 * Source: sbabic/swupdate, parser/parser.c (parse_common_attributes) and
 * its from_ascii, ascii_to_bin and
 * ustrtoull, core/parsing_library.c
 * (get_hash_value), tags 2022.12 and 2024.12.1.
 */
#include "swupdate.h"

enum { HASH_TEXT_LEN = 64, OFFSET_MAX = 31 };

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* pair is what two letters stand for. What is no digit ends the number: a
 * letter that came before it keeps its place. */
static uint8_t pair(const uint8_t *c)
{
	int high = digit(c[0]), low = digit(c[1]);

	if (c[0] == ' ')
		return (uint8_t)(low < 0 ? 0 : low);
	if (high < 0)
		return 0;
	return (uint8_t)(high << 4 | (low < 0 ? 0 : low));
}

/* hash takes "sha256"; one of another length, or of zeros, is none. */
static void hash(struct swupdate_item *out, const struct kf_config *element)
{
	struct kf_bytes text = swupdate_text(element, "sha256");

	if (text.len != HASH_TEXT_LEN)
		return;
	for (size_t i = 0; i < sizeof(out->sha256); i++) {
		out->sha256[i] = pair(text.data + 2 * i);
		out->has_hash |= out->sha256[i] != 0;
	}
}

/* ignored tells of which types no value is taken at all. */
static bool ignored(const struct swupdate_case *k, enum kf_config_type type)
{
	return type == KF_CONFIG_GROUP || type == KF_CONFIG_LIST ||
	       type == KF_CONFIG_ARRAY || type == KF_CONFIG_NONE ||
	       (type == KF_CONFIG_TEXT && !k->plan.json);
}

/* flag takes one that is true or false, or a number of C. */
static bool flag(bool *out, struct swupdate_case *k,
		 const struct kf_config *element, const char *name)
{
	const struct kf_config *c = swupdate_field(element, name);

	if (c && c->type == KF_CONFIG_BOOL)
		*out = c->number;
	if (!c || c->type == KF_CONFIG_BOOL || k->profile->later ||
	    ignored(k, c->type))
		return true;
	if (c->type != KF_CONFIG_INT || c->number < 0 || c->number > 1)
		return swupdate_beyond(k, "a flag in sw-description that is neither true nor false");
	*out = c->number;
	return true;
}

/* packed takes "compressed": a word, or a flag. */
static bool packed(struct swupdate_item *out, struct swupdate_case *k,
		   const struct kf_config *element)
{
	const struct kf_config *c = swupdate_field(element, "compressed");
	bool gzip = false;

	if (!c || c->type != KF_CONFIG_TEXT) {
		if (!flag(&gzip, k, element, "compressed"))
			return false;
		out->packed = gzip ? SWUPDATE_GZIP : SWUPDATE_PLAIN;
		return true;
	}
	if (kf_equal(c->text, kf_text("zlib")))
		out->packed = SWUPDATE_GZIP;
	else if (kf_equal(c->text, kf_text("zstd")))
		out->packed = SWUPDATE_ZSTD;
	else
		return swupdate_refuse(k, KF_REASON_DESCRIPTION_MALFORMED,
				       "SWUPDATE-19", "no way to unpack: ",
				       c->text, NULL);
	return true;
}

/* digits reads a number as strtoull does with base 0, and steps over it.
 * Returns false where there is none, or more than 64 bits. */
static bool digits(struct kf_bytes text, size_t *at)
{
	unsigned base = 10;
	uint64_t value = 0;
	size_t first;

	if (*at < text.len && text.data[*at] == '0') {
		base = 8;
		if (*at + 2 < text.len && (text.data[*at + 1] | 32) == 'x' &&
		    digit(text.data[*at + 2]) >= 0) {
			base = 16;
			*at += 2;
		}
	}
	for (first = *at; *at < text.len; ++*at) {
		int d = digit(text.data[*at]);

		if (d < 0 || (unsigned)d >= base)
			break;
		if (value > (UINT64_MAX - (unsigned)d) / base)
			return false;
		value = value * base + (unsigned)d;
	}
	return *at > first;
}

/* suffix tells whether what stands behind a number means something. */
static bool suffix(struct kf_bytes text, size_t at)
{
	uint8_t c = at < text.len ? text.data[at] | 32 : 0;

	return at == text.len || c == 'k' || c == 'm' || c == 'g';
}

/* skip steps over blanks and a sign. */
static size_t skip(struct kf_bytes text)
{
	size_t at = 0;

	while (at < text.len && (text.data[at] == ' ' ||
				 (text.data[at] >= '\t' &&
				  text.data[at] <= '\r')))
		at++;
	if (at < text.len && (text.data[at] == '-' || text.data[at] == '+'))
		at++;
	return at;
}

/* offset wants a number, with a letter behind it, where it is a text. */
static bool offset(struct swupdate_case *k, const struct kf_config *element)
{
	struct kf_bytes text = swupdate_text(element, "offset");
	size_t at = skip(text);

	if (text.len == 0)
		return true;
	if ((k->plan.json && !k->profile->later) || text.len > OFFSET_MAX)
		return swupdate_beyond(k, "an offset that is a long text, or one in JSON");
	if (digits(text, &at) && (!k->profile->later || suffix(text, at)))
		return true;
	return swupdate_refuse(k, KF_REASON_DESCRIPTION_MALFORMED,
			       "SWUPDATE-19", "no offset: ", text, NULL);
}

/* size takes the one that later versions hold against the archive's. */
static void size(struct swupdate_item *out, const struct swupdate_case *k,
		 const struct kf_config *element)
{
	const struct kf_config *c = swupdate_field(element, "size");

	if (k->profile->later && c &&
	    (c->type == KF_CONFIG_INT || c->type == KF_CONFIG_INT64))
		out->size = (uint64_t)c->number;
}

/* fits wants every text short enough for its field. */
static bool fits(struct swupdate_case *k, const struct kf_config *element)
{
	static const char *const names[] = { "name", "version", "filename",
		"path", "volume", "device", "mtdname", "filesystem", "type",
		"data", "ivt" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (swupdate_text(element, names[i]).len >
		    (i + 1 == sizeof(names) / sizeof(names[0])
		     ? 32 : SWUPDATE_TEXT_MAX))
			return swupdate_beyond(k, "a text in sw-description that is longer than its field");
	return true;
}

bool swupdate_attributes(struct swupdate_item *out, struct swupdate_case *k,
			 const struct kf_config *element)
{
	if (!fits(k, element))
		return false;
	out->filename = swupdate_text(element, "filename");
	out->type = swupdate_text(element, "type");
	out->name = swupdate_text(element, "name");
	out->version = swupdate_text(element, "version");
	hash(out, element);
	size(out, k, element);
	return offset(k, element) && packed(out, k, element) &&
	       flag(&out->direct, k, element, "installed-directly") &&
	       flag(&out->if_different, k, element, "install-if-different") &&
	       flag(&out->if_higher, k, element, "install-if-higher") &&
	       flag(&out->encrypted, k, element, "encrypted");
}
