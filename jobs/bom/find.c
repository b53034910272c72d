/* Members of a foreign file's objects: of the type that they have to be, or
 * not there.
 */
#include "bom.h"

#include <string.h>

static bool wrong(const struct kf_bom_from *from, const char *name,
		  const char *what)
{
	kf_fault_say(from->why, NULL, "%s: \"%s\" is %s", from->where, name,
		     what);
	return false;
}

bool kf_bom_text(const char **out, const json_t *object, const char *name,
		 const struct kf_bom_from *from)
{
	const json_t *member = json_object_get(object, name);

	*out = NULL;
	if (!member)
		return true;
	if (!json_is_string(member))
		return wrong(from, name, "no text");
	*out = json_string_value(member);
	return true;
}

bool kf_bom_object(const json_t **out, const json_t *object, const char *name,
		   const struct kf_bom_from *from)
{
	*out = json_object_get(object, name);
	return !*out || json_is_object(*out) ||
	       wrong(from, name, "no object");
}

bool kf_bom_list(const json_t **out, const json_t *object, const char *name,
		 const struct kf_bom_from *from)
{
	*out = json_object_get(object, name);
	return !*out || json_is_array(*out) || wrong(from, name, "no list");
}

bool kf_bom_is_hex(const char *text, size_t len)
{
	return strlen(text) == len &&
	       strspn(text, "0123456789abcdef") == len;
}

/* one takes an object of alg and content, if it is a SHA-256. */
static bool one(const char **out, const json_t *hash, const char *name,
		const struct kf_bom_from *from)
{
	const char *alg, *content;

	if (!json_is_object(hash))
		return wrong(from, name, "no object");
	if (!kf_bom_text(&alg, hash, "alg", from) ||
	    !kf_bom_text(&content, hash, "content", from))
		return false;
	if (!alg || !content)
		return wrong(from, name, "not whole");
	if (strcmp(alg, "SHA-256") != 0)
		return true;
	/* Digits in capitals are allowed, and nobody's: keyfit compares
	 * texts. */
	if (strlen(content) != 64 ||
	    strspn(content, "0123456789abcdefABCDEF") != 64)
		return wrong(from, name, "no SHA-256");
	if (*out && strcasecmp(*out, content) != 0)
		return wrong(from, name, "there with two values");
	*out = content;
	return true;
}

bool kf_bom_hash(const char **out, const json_t *object, const char *name,
		 const struct kf_bom_from *from)
{
	const json_t *member = json_object_get(object, name);
	const json_t *each;
	size_t i;

	if (!member)
		return true;
	if (json_is_object(member))
		return one(out, member, name, from);
	if (!json_is_array(member))
		return wrong(from, name, "no list");
	json_array_foreach(member, i, each)
		if (!one(out, each, name, from))
			return false;
	return true;
}
