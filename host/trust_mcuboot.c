/* MCUboot's keys, as users have them: a key in a file, or a bootloader with
 * keys in it.
 *
 * They are kept one behind the other, as a bootloader keeps them: RSAPublicKey
 * of RSA, SubjectPublicKeyInfo of all others.
 */
#include "device.h"
#include "key.h"

#include "core/base64.h"
#include "core/ihex.h"
#include "core/mcuboot.h"

#include <string.h>

/* add_key adds a key that stands by itself. Fails: KF_WRONG_USE, when it is
 * none that MCUboot can have. */
static enum kf_status add_key(struct kf_part *part, struct kf_opening *o,
			      struct kf_bytes bytes)
{
	struct kf_env *env = &o->memory->work.env;
	struct kf_key key;
	enum kf_status status;

	status = env->crypto->key_read(env->crypto->self, &key, bytes,
				       &o->memory->work.arena);
	if (status == KF_OK && key.kind == KF_KEY_OTHER)
		return KF_WRONG_USE;
	if (status != KF_OK)
		return status;
	return kf_device_join(part, o, key.kind == KF_KEY_RSA ? key.own
							      : key.spki);
}

/* add_embedded adds all keys of a bootloader, in the order in which they lie
 * in it. */
static enum kf_status add_embedded(struct kf_part *part, struct kf_opening *o,
				   struct kf_bytes file, size_t *num)
{
	enum kf_status status = KF_OK;
	struct kf_bytes key;
	size_t at = 0;

	if (kf_ihex_likely(file))
		status = kf_ihex_data(&file, file, &o->memory->work.arena);
	while (status == KF_OK) {
		key = kf_mcuboot_embedded(file, &at);
		if (!key.len)
			break;
		status = add_key(part, o, key);
		if (status == KF_OK)
			(*num)++;
		else if (status == KF_WRONG_USE)
			status = KF_OK;
	}
	return status;
}

enum kf_status kf_mcuboot_take_key(struct kf_opening *o,
				   struct kf_store *store, const char *name,
				   const char *path, bool again)
{
	const struct kf_part *old = kf_store_part(store, name);
	struct kf_part part = { .name = name, .presence = KF_PRESENT };
	struct kf_bytes file = { NULL, 0 };
	enum kf_status status = kf_device_file(&file, o, path,
					       KF_STORE_FILE_MAX);
	size_t num = 0;

	if (status != KF_OK)
		return status;
	if (again && old && old->presence == KF_ABSENT) {
		kf_fault_say(o->why, "leave one of the two out",
			     "%s is given as none and as %s", name, path);
		return KF_WRONG_USE;
	}
	if (again && old)
		part = *old;
	status = add_key(&part, o, file);
	if (status == KF_WRONG_USE) {
		status = add_embedded(&part, o, file, &num);
		if (status == KF_OK && num == 0) {
			kf_say_path(o->why, path,
				    "give a public key in PEM or DER, or a bootloader that has its keys in it",
				    "is no key of MCUboot, and has none in it");
			return KF_WRONG_USE;
		}
	}
	if (status != KF_OK)
		return status;
	part.from = part.from ? "several files" : kf_device_text(o, path);
	if (!part.from)
		return KF_NO_MEMORY;
	return kf_store_put(store, &part) ? KF_OK : kf_device_full(o);
}

/* from_base64 reads what MCUboot keeps AES keys as. Returns how many bytes it
 * wrote; 0: it is none, or more than `max`. */
static size_t from_base64(uint8_t *out, size_t max, struct kf_bytes text)
{
	uint32_t bits = 0;
	size_t num = 0, len = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = kf_base64_digit(text.data[i]);

		if (text.data[i] && strchr("\r\n=", text.data[i]))
			continue;
		if (digit > 63 || len == max)
			return 0;
		bits = bits << 6 | digit;
		num += 6;
		if (num >= 8)
			out[len++] = (uint8_t)(bits >> (num -= 8));
	}
	return len;
}

/* take_aes takes a key of AES: its bytes, or their base64. */
static bool take_aes(struct kf_bytes *key, struct kf_opening *o)
{
	uint8_t bytes[32];
	struct kf_bytes text = *key;
	size_t len = 0;

	if (key->len == 16 || key->len == 32)
		return true;
	if (text.len < 64)
		len = from_base64(bytes, sizeof(bytes), text);
	return (len == 16 || len == 32) &&
	       kf_arena_keep(&o->memory->work.arena, key,
			     kf_view(bytes, len));
}

enum kf_status kf_mcuboot_take_private(struct kf_opening *o,
				       struct kf_store *store,
				       const char *name, const char *path,
				       bool again)
{
	static const char *const algorithms[] = { "RSA", "EC", "X25519" };
	const struct kf_crypto *crypto = o->memory->work.env.crypto;
	struct kf_part part = { .name = name, .presence = KF_PRESENT };
	enum kf_status status = kf_device_file(&part.bytes, o, path,
					       KF_PART_FILE_MAX);
	bool known;

	if (status != KF_OK)
		return status;
	if (again) {
		kf_fault_say(o->why, "a device has one", "%s is given twice",
			     name);
		return KF_WRONG_USE;
	}
	known = take_aes(&part.bytes, o);
	for (size_t i = 0; i < 3 && !known; i++)
		known = kf_openssl_key_is_private(crypto, part.bytes,
						  algorithms[i]);
	if (!known) {
		kf_say_path(o->why, path,
			    "give the bootloader's own: a private key of RSA, P-256 or X25519, or an AES key of 16 or 32 bytes",
			    "is no private key that opens images");
		return KF_WRONG_USE;
	}
	part.from = kf_device_text(o, path);
	if (!part.from)
		return KF_NO_MEMORY;
	return kf_store_put(store, &part) ? KF_OK : kf_device_full(o);
}
