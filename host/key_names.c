/* Finds the key in a certificate, and names both.
 */
#include "key_names.h"
#include "core/base64.h"
#include "core/der.h"

#include <stdio.h>
#include <string.h>

/* of_pem takes the first certificate out of a text. */
static enum kf_status of_pem(struct kf_bytes *der, struct kf_bytes text,
			     struct kf_arena *arena)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	const uint8_t *at = text.len ? memmem(text.data, text.len, begin,
					      sizeof(begin) - 1) : NULL;
	size_t from, num = 0, len = 0;
	uint8_t *plain;

	*der = text;
	if (!at)
		return KF_OK;
	plain = kf_arena_take(arena, text.len + 1);
	if (!plain)
		return KF_NO_MEMORY;
	from = (size_t)(at - text.data) + sizeof(begin) - 1;
	for (; from < text.len && text.data[from] != '-'; from++)
		if (text.data[from] > ' ')
			plain[num++] = text.data[from];
	if (!kf_base64_strict(plain, num, &len, kf_view(plain, num)))
		return KF_WRONG_USE;
	*der = kf_view(plain, len);
	return KF_OK;
}

/* of_key names a key that stands by itself. */
static enum kf_status of_key(struct kf_key_names *out, struct kf_bytes bytes,
			     struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_key key;
	enum kf_status status = crypto->key_read(crypto->self, &key, bytes,
						 env->arena);

	if (status != KF_OK)
		return status;
	out->spki = key.sha256;
	if (key.own.len)
		kf_digest_of(&out->own, crypto, KF_SHA256, key.own);
	if (!out->key[0])
		snprintf(out->key, sizeof(out->key), "%s", key.name);
	return KF_OK;
}

enum kf_status kf_key_names_read(struct kf_key_names *out,
				 struct kf_bytes bytes, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_certificate c;
	struct kf_bytes der, spki;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	status = of_pem(&der, bytes, env->arena);
	if (status != KF_OK)
		return status;
	status = crypto->certificate_read(crypto->self, &c, der, env->arena);
	if (status == KF_WRONG_USE)
		return of_key(out, bytes, env);
	if (status != KF_OK)
		return status;
	spki = kf_der_certificate_key(der);
	out->certificate = c.sha256;
	snprintf(out->key, sizeof(out->key), "%s", c.key ? c.key : "");
	if (spki.len == 0)
		return KF_OK;
	kf_digest_of(&out->spki, crypto, KF_SHA256, spki);
	/* A key of another kind has its digest all the same. */
	status = of_key(out, spki, env);
	return status == KF_WRONG_USE ? KF_OK : status;
}

bool kf_key_names_hex(struct kf_key_names *out, const char *text)
{
	memset(out, 0, sizeof(*out));
	if (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
		return false;
	for (size_t i = 0; i < 32; i++) {
		unsigned value = 0;

		if (sscanf(text + 2 * i, "%2x", &value) != 1)
			return false;
		out->spki.bytes[i] = (uint8_t)value;
	}
	out->spki.len = 32;
	out->certificate = out->own = out->spki;
	return true;
}
