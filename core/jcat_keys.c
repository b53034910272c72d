/* Files of keys: what their names say that is in them.
 *
 * Source: hughsie/libjcat, libjcat/jcat-pkcs7-engine.c
 * (jcat_pkcs7_engine_add_public_key), jcat-ed25519-engine.c, jcat-gpg-engine.c,
 * tag 0.2.3.
 */
#include "jcat.h"

#include <string.h>

bool kf_jcat_ends(struct kf_bytes name, const char *with)
{
	struct kf_bytes w = kf_text(with);

	return name.len >= w.len &&
	       kf_equal(kf_part_of(name, name.len - w.len, w.len), w);
}

bool kf_jcat_is_key(struct kf_bytes name, enum kf_jcat_kind kind)
{
	static const char gpg[] = "GPG-KEY-";

	switch (kind) {
	case KF_JCAT_PKCS7:
		return kf_jcat_ends(name, ".pem") || kf_jcat_ends(name, ".cer") ||
		       kf_jcat_ends(name, ".crt") ||
		       kf_jcat_ends(name, ".der");
	case KF_JCAT_ED25519:
		return kf_jcat_ends(name, ".ed25519");
	case KF_JCAT_GPG:
		return kf_equal(kf_part_of(name, 0, sizeof(gpg) - 1),
				kf_text(gpg));
	default:
		return false;
	}
}

bool kf_jcat_keys_have(const struct kf_jcat_keys *keys,
		       enum kf_jcat_kind kind)
{
	for (size_t i = 0; i < keys->num; i++)
		if (kf_jcat_is_key(keys->key[i].name, kind))
			return true;
	return false;
}

enum kf_status kf_jcat_keys_read(struct kf_jcat_keys *out,
				 const struct kf_store *store,
				 const char *name, struct kf_env *env)
{
	const struct kf_part *part = kf_store_part(store, name);
	struct kf_cursor c;
	struct kf_jcat_key *key;
	size_t most;

	memset(out, 0, sizeof(*out));
	out->presence = kf_store_presence(store, name);
	if (out->presence != KF_PRESENT || !part)
		return KF_OK;
	c = kf_cursor_over(part->bytes, 0);
	most = part->bytes.len / 12 + 1;
	key = kf_arena_take(env->arena, most * sizeof(*key));
	if (!key)
		return KF_NO_MEMORY;
	out->key = key;
	while (kf_more(&c) && out->num < most) {
		struct kf_jcat_key *k = &key[out->num++];
		uint32_t len;

		k->unreadable = kf_u32le(&c, "unreadable");
		len = kf_u32le(&c, "name");
		k->name = kf_take(&c, len, "name");
		len = kf_u32le(&c, "length");
		k->bytes = kf_take(&c, len, "file");
	}
	return c.damage.field ? KF_WRONG_USE : KF_OK;
}
