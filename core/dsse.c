/* Envelopes as JSON, read and written.
 */
#include "dsse.h"
#include "base64.h"
#include "config.h"
#include "room.h"
#include "utf8.h"

#include <string.h>

/* printing tells whether a text stands in JSON as it is. */
static bool printing(struct kf_bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] > '~' ||
		    text.data[i] == '"' || text.data[i] == '\\')
			return false;
	return true;
}

/* member finds a text of a group by its one name. */
static bool member(struct kf_bytes *out, const struct kf_config *group,
		   const char *name, bool needed)
{
	const struct kf_config *c = kf_config_member(group, kf_text(name));

	*out = kf_view(NULL, 0);
	if (!c)
		return !needed;
	*out = c->text;
	return c->type == KF_CONFIG_TEXT;
}

/* usual writes base64 of either alphabet in the usual one. Fails: it is of
 * both. */
static bool usual(uint8_t *out, struct kf_bytes text)
{
	bool plus = false, minus = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		plus = plus || c == '+' || c == '/';
		minus = minus || c == '-' || c == '_';
		out[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	return !plus || !minus;
}

/* unpack turns base64 into bytes. */
static enum kf_status unpack(struct kf_bytes *out, struct kf_bytes text,
			     struct kf_arena *arena)
{
	uint8_t *plain = kf_arena_take(arena, text.len + 1);
	size_t len = 0;

	if (!plain)
		return KF_NO_MEMORY;
	if (!usual(plain, text) ||
	    !kf_base64_strict(plain, text.len, &len, kf_view(plain, text.len)))
		return KF_WRONG_USE;
	*out = kf_view(plain, len);
	return KF_OK;
}

/* twice tells whether a name comes twice in one group: readers would differ on
 * which one counts. */
static bool twice(const struct kf_config *group, struct kf_env *env)
{
	if (!group || group->type != KF_CONFIG_GROUP)
		return false;
	for (const struct kf_config *c = group->first; c; c = c->next) {
		/* It may take many steps, and costs as many. */
		if (!kf_spend(env, group->num) ||
		    kf_config_member(group, c->name) != c)
			return true;
	}
	return false;
}

static enum kf_status read_signature(struct kf_dsse *out,
				     const struct kf_config *c,
				     struct kf_env *env)
{
	struct kf_dsse_signature *s = &out->signature[out->num];
	struct kf_bytes sig;

	if (c->type != KF_CONFIG_GROUP || twice(c, env) ||
	    !member(&sig, c, "sig", true) ||
	    !member(&s->keyid, c, "keyid", false))
		return KF_WRONG_USE;
	out->num++;
	return unpack(&s->sig, sig, env->arena);
}

static enum kf_status read_signatures(struct kf_dsse *out,
				      const struct kf_config *list,
				      struct kf_env *env)
{
	enum kf_status status = KF_OK;

	if (!list || list->type != KF_CONFIG_LIST || list->num == 0 ||
	    list->num > KF_DSSE_SIGNATURES_MAX)
		return KF_WRONG_USE;
	for (const struct kf_config *c = list->first; c && status == KF_OK;
	     c = c->next)
		status = read_signature(out, c, env);
	return status;
}

/* trimmed is a text without white space at its end: the reader of JSON stops
 * where its object ends. */
static struct kf_bytes trimmed(struct kf_bytes text)
{
	size_t end = text.len;

	while (end > 0 && (text.data[end - 1] == '\n' ||
			   text.data[end - 1] == '\r' ||
			   text.data[end - 1] == '\t' ||
			   text.data[end - 1] == ' '))
		end--;
	return kf_part_of(text, 0, end);
}

enum kf_status kf_dsse_read(struct kf_dsse *out, const char **what,
			    struct kf_bytes text, struct kf_env *env)
{
	struct kf_config_text tree = { .result = KF_CONFIG_WRONG };
	struct kf_bytes payload;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	*what = "no JSON object";
	text = trimmed(text);
	if (text.len == 0 || !kf_is_utf8(text))
		return KF_WRONG_USE;
	status = kf_json_tree(&tree, text, env);
	if (status != KF_OK)
		return status;
	if (tree.result != KF_CONFIG_READ || tree.end < text.len)
		return KF_WRONG_USE;
	*what = "a name that comes twice";
	if (twice(tree.root, env))
		return KF_WRONG_USE;
	*what = "no payload, or none of a type";
	if (!member(&out->type, tree.root, "payloadType", true) ||
	    !member(&payload, tree.root, "payload", true))
		return KF_WRONG_USE;
	status = unpack(&out->payload, payload, env->arena);
	if (status != KF_OK)
		return status;
	*what = "no signatures, or some that are none";
	return read_signatures(out, kf_config_member(
		tree.root, kf_text("signatures")), env);
}

struct kf_bytes kf_dsse_write(const struct kf_dsse *envelope,
			      struct kf_arena *arena)
{
	size_t size = envelope->type.len + envelope->payload.len / 3 * 4 + 80;
	struct kf_room room;

	if (!printing(envelope->type))
		return kf_view(NULL, 0);
	for (size_t i = 0; i < envelope->num; i++) {
		const struct kf_dsse_signature *s = &envelope->signature[i];

		size += s->keyid.len + s->sig.len / 3 * 4 + 32;
		if (!printing(s->keyid))
			return kf_view(NULL, 0);
	}
	room = kf_room_of(arena, size);
	kf_room_text(&room, "{\"payload\":\"");
	kf_room_base64(&room, envelope->payload);
	kf_room_text(&room, "\",\"payloadType\":\"");
	kf_room_add(&room, envelope->type);
	kf_room_text(&room, "\",\"signatures\":[");
	for (size_t i = 0; i < envelope->num; i++) {
		kf_room_text(&room, i ? ",{\"keyid\":\"" : "{\"keyid\":\"");
		kf_room_add(&room, envelope->signature[i].keyid);
		kf_room_text(&room, "\",\"sig\":\"");
		kf_room_base64(&room, envelope->signature[i].sig);
		kf_room_text(&room, "\"}");
	}
	kf_room_text(&room, "]}");
	return kf_room_bytes(&room);
}
