/* Takes keys' names apart. What may be secret stays out of what is shown.
 *
 * Source: RFC 7512, 2.3 and 2.4.
 */
#include "name.h"

#include <string.h>
#include <strings.h>

static enum kf_status wrong(struct kf_fault *why, const char *what,
			    const char *hint)
{
	kf_fault_say(why, hint, "%s", what);
	return KF_WRONG_USE;
}

static unsigned digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c)
			   : NULL;

	return at ? (unsigned)(at - digits) : 16;
}

/* decode turns %41 into what it stands for. Fails: false, it is too long or
 * stands for nothing that a text may hold. */
static bool decode(char *out, size_t room, const char *text, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			unsigned high = i + 2 < len ? digit(text[i + 1]) : 16;
			unsigned low = high > 15 ? 16 : digit(text[i + 2]);

			if (low > 15 || !(high | low))
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (at + 1 >= room)
			return false;
		out[at++] = c;
	}
	out[at] = '\0';
	return true;
}

/* place_in tells where one attribute of the query goes; NULL: nowhere here. */
static char *place_in(struct kf_key_name *out, const char *name, size_t len,
		      size_t *room)
{
	static const char *const names[] = { "pin-source", "pin-value",
					     "tcti" };
	char *const places[] = { out->pin_source, out->pin_value, out->tcti };
	const size_t rooms[] = { sizeof(out->pin_source),
				 sizeof(out->pin_value), sizeof(out->tcti) };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) != len ||
		    memcmp(names[i], name, len) != 0)
			continue;
		*room = rooms[i];
		return places[i];
	}
	return NULL;
}

static enum kf_status read_query(struct kf_key_name *out, const char *query,
				 struct kf_fault *why)
{
	while (*query) {
		size_t len = strcspn(query, "&");
		size_t name_len = strcspn(query, "=&");
		size_t room = 0;
		char *place = place_in(out, query, name_len, &room);

		if (place && *place)
			return wrong(why, "says the same twice behind its question mark", NULL);
		if (place && (name_len == len || name_len + 1 == len))
			return wrong(why, "says nothing behind an equals sign", NULL);
		if (place && !decode(place, room, query + name_len + 1,
				     len - name_len - 1))
			return wrong(why, "has a value that is too long, or a % without two digits behind it", NULL);
		if (!place && out->place != KF_PLACE_PKCS11)
			return wrong(why, "has something behind its question mark that keyfit does not know", "it knows pin-source, and tcti of a TPM");
		query += len + (query[len] == '&');
	}
	return KF_OK;
}

/* read_uri takes apart what starts with a scheme of `skip` bytes. */
static enum kf_status read_uri(struct kf_key_name *out, size_t skip,
			       struct kf_fault *why)
{
	char *query = strchr(out->shown, '?');

	if (query)
		*query++ = '\0';
	if (out->place != KF_PLACE_PKCS11 &&
	    !decode(out->path, sizeof(out->path), out->shown + skip,
		    strlen(out->shown + skip)))
		return wrong(why, "has a % without two digits behind it", "write %25 for the sign itself");
	return query ? read_query(out, query, why) : KF_OK;
}

enum kf_status kf_key_name_read(struct kf_key_name *out,
				const struct kf_signing_ask *ask,
				struct kf_fault *why)
{
	static const struct {
		const char *scheme;
		enum kf_signing_place place;
	} schemes[] = {
		{ "pkcs11:", KF_PLACE_PKCS11 },
		{ "tpm:", KF_PLACE_TPM },
		{ "file:", KF_PLACE_FILE },
	};
	size_t len = strlen(ask->name), skip = 0;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	if (!len || len >= sizeof(out->whole))
		return wrong(why, len ? "is too long for a key's name"
				      : "a key has to be named", NULL);
	memcpy(out->whole, ask->name, len);
	memcpy(out->shown, ask->name, len);
	out->place = KF_PLACE_FILE;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(ask->name, schemes[i].scheme,
				strlen(schemes[i].scheme)) == 0) {
			out->place = schemes[i].place;
			skip = strlen(schemes[i].scheme);
		}
	if (skip) {
		status = read_uri(out, skip, why);
		if (status != KF_OK)
			return status;
	} else {
		memcpy(out->path, ask->name, len);
	}
	if (ask->pin_source && !out->pin_source[0] && !out->pin_value[0]) {
		if (strlen(ask->pin_source) >= sizeof(out->pin_source))
			return wrong(why, "has a PIN source that is too long",
				     NULL);
		strcpy(out->pin_source, ask->pin_source);
	}
	if (out->pin_source[0] && out->pin_value[0])
		return wrong(why, "has both a PIN and a place where it is", "leave pin-value out");
	return KF_OK;
}
