/* What a record may say: names that people can read, groups, paths that stay
 * where they belong.
 */
#include "parts.h"

#include <string.h>

const char *kf_record_name(struct kf_bytes name, size_t most)
{
	struct kf_bytes rest = name;
	uint32_t code;

	if (name.len == 0)
		return "is empty";
	if (name.len > most)
		return "is too long";
	while (rest.len) {
		size_t len;

		/* Most names are plain. */
		if (rest.data[0] >= 0x20 && rest.data[0] < 0x7f) {
			rest = kf_view(rest.data + 1, rest.len - 1);
			continue;
		}
		len = kf_utf8(rest, &code);

		if (len == 0)
			return "is no UTF-8";
		if (kf_steers(code))
			return "holds a character that steers terminals";
		rest = kf_view(rest.data + len, rest.len - len);
	}
	return NULL;
}

/* before tells whether one text stands before another one. */
static bool before(struct kf_bytes a, struct kf_bytes b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least ? memcmp(a.data, b.data, least) : 0;

	return order < 0 || (order == 0 && a.len < b.len);
}

/* place finds where a group belongs, or stands already. */
static size_t place(const struct kf_output *groups, struct kf_bytes name,
		    bool *there)
{
	size_t at = 1;

	*there = false;
	while (at < groups->len) {
		const char *end = memchr(groups->data + at, ',',
					 groups->len - at);
		struct kf_bytes one = kf_view(groups->data + at,
			end ? (size_t)(end - groups->data) - at : 0);

		*there = kf_equal(one, name);
		if (!end || *there || before(name, one))
			return at;
		at += one.len + 1;
	}
	return at;
}

const char *kf_groups_add(struct kf_output *groups, struct kf_bytes name)
{
	const char *wrong = kf_record_name(name, KF_GROUP_LEN);
	struct kf_output tail = { 0 };
	bool there;
	size_t at;

	if (wrong)
		return wrong;
	if (memchr(name.data, ',', name.len))
		return "holds a comma";
	if (groups->len == 0)
		kf_output_text(groups, ",");
	if (groups->failed)
		return NULL;
	at = place(groups, name, &there);
	if (there)
		return NULL;
	kf_output_add(&tail, groups->data + at, groups->len - at);
	groups->len = at;
	kf_output_add(groups, (const char *)name.data, name.len);
	kf_output_text(groups, ",");
	kf_output_add(groups, tail.data, tail.len);
	groups->failed = groups->failed || tail.failed;
	kf_output_close(&tail);
	return groups->len > KF_LABELS_LEN ? "is one group too many" : NULL;
}

bool kf_path_below(struct kf_bytes path)
{
	size_t start = 0;

	if (path.len == 0 || path.data[0] == '/' ||
	    memchr(path.data, '\0', path.len))
		return false;
	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.data[i] != '/')
			continue;
		if (i - start == 2 && memcmp(path.data + start, "..", 2) == 0)
			return false;
		start = i + 1;
	}
	return true;
}
