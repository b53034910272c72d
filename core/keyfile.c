/* Lines, groups and values of a GKeyFile.
 *
 * Source: see keyfile.h.
 */
#include "keyfile.h"

#include <string.h>

enum { LINES_MAX = 65536 };

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_control(uint8_t c)
{
	return c < 0x20 || c == 0x7f;
}

/* to_nul cuts a line at its first NUL: GLib goes on with C strings. */
static struct kf_bytes to_nul(struct kf_bytes line)
{
	const uint8_t *nul = line.len ? memchr(line.data, 0, line.len) : NULL;

	return nul ? kf_view(line.data, (size_t)(nul - line.data)) : line;
}

/* is_group: g_key_file_line_is_group. */
static bool is_group(struct kf_bytes line)
{
	size_t i = 1;

	if (line.len == 0 || line.data[0] != '[')
		return false;
	while (i < line.len && line.data[i] != ']')
		i++;
	if (i == line.len)
		return false;
	for (i++; i < line.len; i++)
		if (line.data[i] != ' ' && line.data[i] != '\t')
			return false;
	return true;
}

/* group_name: g_key_file_parse_group and g_key_file_is_group_name. */
static bool group_name(struct kf_bytes *out, struct kf_bytes line)
{
	size_t end = line.len - 1;

	while (line.data[end] != ']')
		end--;
	*out = kf_part_of(line, 1, end - 1);
	for (size_t i = 0; i < out->len; i++)
		if (out->data[i] == '[' || is_control(out->data[i]))
			return false;
	return out->len > 0;
}

/* is_pair: g_key_file_line_is_key_value_pair. */
static bool is_pair(struct kf_bytes line)
{
	return line.len && line.data[0] != '=' &&
	       memchr(line.data, '=', line.len);
}

static bool is_letter(uint8_t c)
{
	uint8_t lower = c | 0x20;

	return (lower >= 'a' && lower <= 'z') || c >= 0x80;
}

static bool is_locale(struct kf_bytes s)
{
	static const char more[] = "0123456789-_.@";

	for (size_t i = 0; i < s.len; i++)
		if (!is_letter(s.data[i]) &&
		    !memchr(more, s.data[i], sizeof(more) - 1))
			return false;
	return true;
}

/* is_key: g_key_file_is_key_name. `locale` is what stands in brackets. */
static bool is_key(struct kf_bytes key, struct kf_bytes *locale)
{
	size_t len = 0;

	*locale = kf_view(NULL, 0);
	while (len < key.len && key.data[len] != '[' && key.data[len] != ']')
		len++;
	if (len == 0 || key.data[0] == ' ' || key.data[len - 1] == ' ')
		return false;
	if (len == key.len)
		return true;
	if (key.data[len] == ']' || key.data[key.len - 1] != ']')
		return false;
	*locale = kf_part_of(key, len + 1, key.len - len - 2);
	return is_locale(*locale);
}

/* pair splits a line at its first "="; blanks around that are dropped. */
static void split(struct kf_bytes line, struct kf_bytes *key,
		  struct kf_bytes *value)
{
	const uint8_t *sign = memchr(line.data, '=', line.len);
	size_t at = (size_t)(sign - line.data), end = at;

	while (end > 0 && is_space(line.data[end - 1]))
		end--;
	*key = kf_view(line.data, end);
	for (at++; at < line.len && is_space(line.data[at]); at++)
		;
	*value = kf_view(line.data + at, line.len - at);
}

/* add_group: a group that comes again goes on. */
static size_t add_group(struct kf_keyfile *out, struct kf_bytes name,
			uint64_t at)
{
	struct kf_keyfile_group *g = &out->group[out->num_groups];

	for (size_t i = 0; i < out->num_groups; i++)
		if (kf_equal(out->group[i].name, name))
			return i;
	g->name = name;
	g->at = at;
	return out->num_groups++;
}

static bool is_same_letters(struct kf_bytes a, const char *upper)
{
	struct kf_bytes b = kf_text(upper);

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		uint8_t c = a.data[i];

		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		if (c != b.data[i])
			return false;
	}
	return true;
}

/* add_pair: g_key_file_parse_key_value_pair. A translation counts for the
 * locale C alone: which one the device runs in is not known, and RAUC's
 * services run in that one. */
static const char *add_pair(struct kf_keyfile *out, size_t group,
			    struct kf_bytes line, uint64_t at)
{
	struct kf_keyfile_entry *e = &out->entry[out->num_entries];
	struct kf_bytes key, value, locale;

	if (group == out->num_groups)
		return "line before the first group";
	split(line, &key, &value);
	if (!is_key(key, &locale))
		return "name of a key";
	/* The first group that is opened is the one that may tell this. */
	if (group == 0 && kf_equal(key, kf_text("Encoding")) &&
	    !is_same_letters(value, "UTF-8"))
		return "Encoding";
	if (locale.data && !kf_equal(locale, kf_text("C")))
		return NULL;
	e->group = group;
	e->key = key;
	e->value = value;
	e->at = at;
	out->num_entries++;
	return NULL;
}

/* add_line: g_key_file_parse_line. Returns what is wrong with it. */
static const char *add_line(struct kf_keyfile *out, size_t *group,
			    struct kf_bytes line, uint64_t at)
{
	struct kf_bytes name;

	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	line = to_nul(line);
	while (line.len && is_space(line.data[0]))
		line = kf_part_of(line, 1, line.len - 1);
	if (line.len == 0 || line.data[0] == '#')
		return NULL;
	if (is_group(line)) {
		if (!group_name(&name, line))
			return "name of a group";
		*group = add_group(out, name, at);
		return NULL;
	}
	return is_pair(line) ? add_pair(out, *group, line, at) : "line";
}

static size_t count_lines(struct kf_bytes file)
{
	size_t num = 1;

	for (size_t i = 0; i < file.len; i++)
		num += file.data[i] == '\n';
	return num;
}

enum kf_status kf_keyfile_read(struct kf_keyfile *out, struct kf_bytes file,
			       struct kf_env *env)
{
	size_t num = count_lines(file), group = SIZE_MAX;

	memset(out, 0, sizeof(*out));
	if (num > LINES_MAX || !kf_spend(env, file.len + num * num / 64))
		return KF_TOO_MUCH;
	out->group = kf_arena_take(env->arena, num * sizeof(*out->group));
	out->entry = kf_arena_take(env->arena, num * sizeof(*out->entry));
	if (!out->group || !out->entry)
		return KF_NO_MEMORY;
	for (size_t at = 0; at < file.len; ) {
		const uint8_t *end = memchr(file.data + at, '\n',
					    file.len - at);
		size_t len = end ? (size_t)(end - file.data) - at
				 : file.len - at;

		if (group == SIZE_MAX)
			group = out->num_groups;
		out->damage.field = add_line(out, &group,
					     kf_part_of(file, at, len), at);
		out->damage.at = at;
		if (out->damage.field)
			return KF_OK;
		if (out->num_groups == 0)
			group = SIZE_MAX;
		at += len + 1;
	}
	return KF_OK;
}

size_t kf_keyfile_group_of(const struct kf_keyfile *file, const char *name)
{
	size_t i = 0;

	while (i < file->num_groups &&
	       (file->group[i].taken ||
		!kf_equal(file->group[i].name, kf_text(name))))
		i++;
	return i;
}

struct kf_keyfile_entry *kf_keyfile_entry_of(const struct kf_keyfile *file,
					     size_t group, const char *key)
{
	/* A key that was taken is gone, and with it those of the same name
	 * before it: GLib's index has only the last one. */
	for (size_t i = file->num_entries; i > 0; i--) {
		struct kf_keyfile_entry *e = &file->entry[i - 1];

		if (e->group == group && kf_equal(e->key, kf_text(key)))
			return e->taken ? NULL : e;
	}
	return NULL;
}

const struct kf_keyfile_entry *kf_keyfile_left(const struct kf_keyfile *file,
					       size_t group)
{
	for (size_t i = 0; i < file->num_entries; i++)
		if (file->entry[i].group == group && !file->entry[i].taken)
			return &file->entry[i];
	return NULL;
}
