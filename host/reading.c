/* Objects of JSON, read strictly.
 */
#include "reading.h"

#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

void kf_reading_wrong(struct kf_reading *r, const char *name,
		      const char *what)
{
	if (r->status == KF_OK) {
		r->status = KF_WRONG_USE;
		kf_fault_say(r->why, NULL, name ? "%s: \"%s\" %s" : "%s: %s%s",
			     r->prefix, name ? name : what, name ? what : "");
	}
}

static void short_of(struct kf_reading *r, enum kf_status status)
{
	if (r->status == KF_OK) {
		r->status = status;
		kf_fault_say(r->why, NULL, "%s: %s", r->prefix,
			     status == KF_NO_MEMORY ? "out of memory"
			     : "takes too long to read");
	}
}

void *kf_reading_room(struct kf_reading *r, size_t num, size_t size)
{
	void *out = kf_arena_take(r->env->arena, num * size + 1);

	if (!out)
		short_of(r, KF_NO_MEMORY);
	return out;
}

const struct kf_config *kf_reading_start(struct kf_reading *r,
					 struct kf_bytes text)
{
	struct kf_config_text tree = { .result = KF_CONFIG_WRONG };
	enum kf_status status;

	while (text.len && (text.data[text.len - 1] == '\n' ||
			    text.data[text.len - 1] == ' '))
		text.len--;
	if (!kf_is_utf8(text)) {
		kf_reading_wrong(r, NULL, "is no UTF-8");
		return NULL;
	}
	status = kf_json_tree(&tree, text, r->env);
	if (status != KF_OK) {
		short_of(r, status);
		return NULL;
	}
	if (tree.result != KF_CONFIG_READ || tree.end < text.len ||
	    !tree.root || tree.root->type != KF_CONFIG_GROUP) {
		kf_reading_wrong(r, NULL, "is no JSON object");
		return NULL;
	}
	return tree.root;
}

void kf_reading_names(struct kf_reading *r, const struct kf_config *group,
		      const char *const *names)
{
	for (const struct kf_config *c = group ? group->first : NULL; c;
	     c = c->next) {
		bool known = false;
		char name[40];

		for (size_t i = 0; names[i]; i++)
			known = known || kf_equal(c->name, kf_text(names[i]));
		snprintf(name, sizeof(name), "%.*s",
			 (int)(c->name.len < 32 ? c->name.len : 32),
			 (const char *)c->name.data);
		if (!known)
			kf_reading_wrong(r, name, "is not known here");
		else if (kf_config_member(group, c->name) != c)
			kf_reading_wrong(r, name, "comes twice");
	}
}

static const struct kf_config *member(struct kf_reading *r,
				      const struct kf_config *group,
				      const char *name, enum kf_need need)
{
	const struct kf_config *c = group
		? kf_config_member(group, kf_text(name)) : NULL;

	if (!c && need == KF_NEEDED && group)
		kf_reading_wrong(r, name, "is missing");
	return c;
}

const struct kf_config *kf_reading_group(struct kf_reading *r,
					 const struct kf_config *group,
					 const char *name, enum kf_need need)
{
	const struct kf_config *c = member(r, group, name, need);

	if (!c || c->type == KF_CONFIG_GROUP)
		return c;
	kf_reading_wrong(r, name, "is no object");
	return NULL;
}

const struct kf_config *kf_reading_list(struct kf_reading *r,
					const struct kf_config *group,
					const char *name, enum kf_need need,
					size_t max)
{
	const struct kf_config *c = member(r, group, name, need);

	if (c && c->type != KF_CONFIG_LIST && c->type != KF_CONFIG_ARRAY)
		kf_reading_wrong(r, name, "is no list");
	else if (c && c->num > max)
		kf_reading_wrong(r, name, "has too many entries");
	else
		return c;
	return NULL;
}

/* text_of gives a text an end. It may have more lines, as a PEM key has. */
static const char *text_of(struct kf_reading *r, const struct kf_config *c,
			   const char *name, size_t max)
{
	struct kf_bytes out;
	char *text;

	if (c->type != KF_CONFIG_TEXT || c->text.len == 0 ||
	    c->text.len > max) {
		kf_reading_wrong(r, name, "is no text, or too long a one");
		return NULL;
	}
	for (size_t i = 0; i < c->text.len; i++)
		if (c->text.data[i] == 0x7f ||
		    (c->text.data[i] < ' ' &&
		     (c->text.data[i] != '\n' || max == KF_TEXT_MAX))) {
			kf_reading_wrong(r, name, "holds a control character");
			return NULL;
		}
	text = kf_reading_room(r, c->text.len + 1, 1);
	if (!text)
		return NULL;
	out = c->text;
	memcpy(text, out.data, out.len);
	return text;
}

const char *kf_reading_text(struct kf_reading *r,
			    const struct kf_config *group, const char *name,
			    enum kf_need need)
{
	const struct kf_config *c = member(r, group, name, need);

	return c ? text_of(r, c, name, KF_TEXT_MAX) : NULL;
}

struct kf_bytes kf_reading_long(struct kf_reading *r,
				const struct kf_config *group,
				const char *name)
{
	const struct kf_config *c = member(r, group, name, KF_NEEDED);

	return kf_text(c ? text_of(r, c, name, UINT16_MAX) : NULL);
}

const char *kf_reading_item(struct kf_reading *r, const struct kf_config *c,
			    const char *name)
{
	return text_of(r, c, name, 64 * KF_TEXT_MAX);
}

const char *const *kf_reading_items(struct kf_reading *r,
				    const struct kf_config *list,
				    const char *name)
{
	const char **out = kf_reading_room(r, list ? list->num + 1 : 1,
					   sizeof(*out));
	size_t num = 0;

	for (const struct kf_config *c = list ? list->first : NULL; c && out;
	     c = c->next)
		out[num++] = text_of(r, c, name, KF_TEXT_MAX);
	return out;
}

uint64_t kf_reading_number(struct kf_reading *r, const struct kf_config *group,
			   const char *name, enum kf_need need, uint64_t max)
{
	const struct kf_config *c = member(r, group, name, need);

	if (!c)
		return 0;
	if ((c->type != KF_CONFIG_INT && c->type != KF_CONFIG_INT64) ||
	    c->number < 0 || (uint64_t)c->number > max) {
		kf_reading_wrong(r, name, "is no number, or out of bounds");
		return 0;
	}
	return (uint64_t)c->number;
}

static int digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void kf_reading_hash(struct kf_reading *r, struct kf_hash *out,
		     const struct kf_config *group, const char *name,
		     enum kf_need need)
{
	const struct kf_config *c = member(r, group, name, need);
	bool good = c && c->type == KF_CONFIG_TEXT &&
		    c->text.len == 2 * KF_HASH_LEN;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; good && i < KF_HASH_LEN; i++) {
		int high = digit(c->text.data[2 * i]);
		int low = digit(c->text.data[2 * i + 1]);

		good = high >= 0 && low >= 0;
		if (good)
			out->bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (c && !good)
		kf_reading_wrong(r, name, "is not 64 hex digits, a to f small");
}

int64_t kf_reading_time(struct kf_reading *r, const struct kf_config *group,
			const char *name, enum kf_need need)
{
	const char *text = kf_reading_text(r, group, name, need);
	int64_t out = 0;

	if (text && (!kf_time_read(&out, text) || out <= 0 ||
		     out > KF_TIME_LAST_S)) {
		kf_reading_wrong(r, name, "is no time like 2028-05-15T12:00:00Z");
		return 0;
	}
	return out;
}

int kf_reading_word(struct kf_reading *r, const struct kf_config *group,
		    const char *name, const char *const *words)
{
	const char *text = kf_reading_text(r, group, name, KF_NEEDED);

	for (int i = 0; text && words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	if (text)
		kf_reading_wrong(r, name, "is none of the words it may be");
	return 0;
}
