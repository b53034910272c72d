/* A bootloader with MCUboot's keys in it, as raw bytes, ELF or Intel HEX, or
 * one such key by itself. Nothing tells a bootloader from other programs but
 * the keys: where they lie, one starts like the other.
 *
 * It is no list of keys for UEFI's parts.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/include/bootutil/sign_key.h
 * (bootutil_keys).
 */
#include "core/facts.h"
#include "core/ihex.h"
#include "core/mcuboot.h"

#include <keyfit/store.h>

static bool recognise(struct kf_bytes file)
{
	size_t at = 0;

	return kf_ihex_likely(file) || kf_mcuboot_embedded(file, &at).len;
}

static void read(struct kf_store *out, struct kf_bytes file,
		 struct kf_env *env)
{
	(void)out;
	(void)file;
	(void)env;
}

static void describe_key(struct kf_bytes own, uint64_t at, bool placed,
			 struct kf_env *env, const struct kf_sink *sink)
{
	const struct kf_crypto *crypto = env->crypto;
	size_t used = env->arena->used;
	struct kf_digest hash;
	struct kf_key key;

	kf_fact_open(sink, NULL);
	if (placed)
		kf_fact_place(sink, at, own.len);
	if (crypto->key_read &&
	    crypto->key_read(crypto->self, &key, own, env->arena) == KF_OK)
		kf_fact_word(sink, "key", key.name);
	kf_digest_of(&hash, crypto, KF_SHA256, own);
	kf_fact_bytes(sink, "key-hash", kf_view(hash.bytes, hash.len));
	if (kf_mcuboot_known(kf_view(hash.bytes, hash.len)))
		kf_fact_word(sink, "published-test-key",
			     kf_mcuboot_known(kf_view(hash.bytes, hash.len)));
	kf_fact_close(sink);
	env->arena->used = used;
}

static void describe(const struct kf_store *store, struct kf_bytes file,
		     struct kf_env *env, const struct kf_sink *sink)
{
	bool hex = kf_ihex_likely(file);
	enum kf_status status = KF_OK;
	struct kf_bytes key;
	size_t at = 0;

	(void)store;
	if (hex)
		status = kf_ihex_data(&file, file, env->arena);
	if (status != KF_OK) {
		kf_fact_fault(sink, status);
		return;
	}
	kf_fact_open(sink, "keys");
	while ((key = kf_mcuboot_embedded(file, &at)).len)
		describe_key(key, at - key.len, !hex, env, sink);
	kf_fact_close(sink);
}

const struct kf_store_kind kf_store_bootloader = {
	.name = "bootloader",
	.title = "MCUboot's keys, in a bootloader or by themselves",
	.recognise = recognise,
	.read = read,
	.describe = describe,
};
