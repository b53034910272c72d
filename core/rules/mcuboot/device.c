/* The device: how its bootloader was built, its keys, its slots, what is
 * installed.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/include/bootutil/sign_key.h
 * (bootutil_keys, boot_retrieve_public_key_hash).
 */
#include "mcuboot.h"

#include "core/der.h"
#include "core/setting.h"

#include <string.h>

static const enum kf_digest_kind kinds[MCUBOOT_HASHES] = {
	KF_SHA256, KF_SHA384, KF_SHA512,
};

enum kf_status mcuboot_key_read(struct mcuboot_key *out, struct kf_bytes key,
				struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	enum kf_status status = crypto->key_read
		? crypto->key_read(crypto->self, &out->key, key, env->arena)
		: KF_NO_CRYPTO;

	if (status != KF_OK)
		return status;
	out->own = out->key.kind == KF_KEY_RSA ? out->key.own : out->key.spki;
	for (int i = 0; i < MCUBOOT_HASHES; i++) {
		kf_digest_of(&out->hash[i], crypto, kinds[i], out->own);
		if (out->hash[i].len == 0)
			return KF_NO_CRYPTO;
	}
	return KF_OK;
}

static void malformed(struct mcuboot_device *d, enum kf_reason_id reason,
		      uint64_t at)
{
	if (d->malformed.reason)
		return;
	kf_find(&d->malformed, reason, NULL);
	if (reason == KF_REASON_BEYOND_LIMITS)
		kf_prove_text(&d->malformed, "a table of more than 16 keys");
	else
		kf_prove_field(&d->malformed, "key", at, 0);
}

/* take_keys takes the table apart: keys in DER, one behind the other. */
static enum kf_status take_keys(struct mcuboot_device *d,
				const struct kf_store *store,
				struct kf_env *env)
{
	const struct kf_part *part = kf_store_part(store, "key");
	enum kf_status status = KF_OK;
	struct kf_cursor c;
	struct kf_der e;

	d->keys = kf_store_presence(store, "key");
	if (!part || d->keys != KF_PRESENT)
		return KF_OK;
	c = kf_cursor_over(part->bytes, part->at);
	while (kf_more(&c) && status == KF_OK) {
		uint64_t at = kf_at(&c);

		if (d->num_keys == MCUBOOT_KEYS_MAX) {
			malformed(d, KF_REASON_BEYOND_LIMITS, 0);
			return KF_OK;
		}
		if (kf_der_next(&e, &c))
			status = mcuboot_key_read(&d->key[d->num_keys],
						  e.whole, env);
		if (c.damage.field || status == KF_WRONG_USE) {
			malformed(d, KF_REASON_STORE_MALFORMED, at);
			return KF_OK;
		}
		d->num_keys++;
	}
	return status;
}

static unsigned nibble(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* take_key_hash reads the fused hash, hex digits. */
static enum kf_status take_key_hash(struct mcuboot_device *d,
				    const char *text, struct kf_env *env)
{
	uint8_t *bytes = kf_arena_take(env->arena, 64);
	size_t len = 0;

	if (!bytes)
		return KF_NO_MEMORY;
	for (; text && text[0]; text += 2) {
		unsigned high = nibble(text[0]);
		unsigned low = high < 16 ? nibble(text[1]) : 16;

		if (low > 15 || len == 64)
			return KF_OK;
		bytes[len++] = (uint8_t)(high << 4 | low);
	}
	d->key_hash = kf_view(bytes, len);
	return KF_OK;
}

static void take_number(struct mcuboot_number *out,
			const struct kf_store *store, const char *name)
{
	const char *text = kf_store_setting(store, name);

	if (text && kf_setting_number(&out->value, text))
		out->told = true;
}

/* number_of reads digits, and steps over them. Fails: false, for none. */
static bool number_of(uint32_t *out, const char **text, uint32_t most)
{
	uint64_t value = 0;
	const char *from = *text;

	for (; **text >= '0' && **text <= '9' && value <= most; (*text)++)
		value = value * 10 + (uint64_t)(**text - '0');
	*out = (uint32_t)value;
	return *text != from && value <= most;
}

/* take_version reads "1.2.3", and "+4" where there is one. */
static void take_version(struct mcuboot_device *d, const char *text)
{
	uint32_t part[4] = { 0 };

	if (!text || !number_of(&part[0], &text, 255) || *text++ != '.' ||
	    !number_of(&part[1], &text, 255) || *text++ != '.' ||
	    !number_of(&part[2], &text, 65535))
		return;
	d->has_other = !*text ||
		       (*text++ == '+' &&
			number_of(&part[3], &text, UINT32_MAX) && !*text);
	d->other.major = (uint8_t)part[0];
	d->other.minor = (uint8_t)part[1];
	d->other.revision = (uint16_t)part[2];
	d->other.build = part[3];
}

/* choose sets a question by the place of a value in "a|b". */
static void choose(struct mcuboot_device *d, const struct kf_store *store,
		   const char *name, enum mcuboot_question question,
		   const char *const *values)
{
	const char *value = kf_store_setting(store, name);

	for (int8_t i = 0; value && values[i]; i++)
		if (kf_same(value, values[i]))
			d->known[question] = i;
}

static void take_choices(struct mcuboot_device *d,
			 const struct kf_store *store)
{
	static const char *const operations[] = { "boot", "update", NULL };
	static const char *const signatures[] = {
		"ec256", "ec384", "rsa2048", "rsa3072", "ed25519", "none",
		NULL,
	};
	static const char *const swaps[] = { "test", "permanent", NULL };
	static const char *const keys[] = { "matches", "differs", NULL };

	choose(d, store, "operation", MCUBOOT_Q_OPERATION, operations);
	choose(d, store, "signature", MCUBOOT_Q_SIGNATURE, signatures);
	choose(d, store, "swap", MCUBOOT_Q_SWAP, swaps);
	choose(d, store, "encryption-key", MCUBOOT_Q_DECRYPTS, keys);
	d->image = kf_same(kf_store_setting(store, "image"), "1");
}

static void take_settings(struct mcuboot_device *d,
			  const struct kf_store *store,
			  const struct mcuboot_profile *profile)
{
	const char *options = kf_store_setting(store, "options");

	memset(d->known, -1, sizeof(d->known));
	d->known[MCUBOOT_Q_VALIDATE] = d->known[MCUBOOT_Q_ODD] = 0;
	d->backend = profile->backend;
	d->max_align = 8;
	d->num_images = 2;
	if (options)
		mcuboot_options(d, options);
	take_choices(d, store);
	take_number(&d->slot_len, store, "slot-size");
	take_number(&d->sector_len, store, "sector-size");
	take_number(&d->scratch_len, store, "scratch-size");
	take_number(&d->write_len, store, "write-size");
	take_number(&d->counter, store, "security-counter");
	take_number(&d->address, store, "slot-address");
	take_number(&d->second_address, store, "second-slot-address");
	take_version(d, kf_store_setting(store, "other-version"));
}

static enum kf_status take_installed(struct mcuboot_device *d,
				     const struct kf_store *store,
				     struct kf_env *env)
{
	const struct kf_part *part = kf_store_part(store, "installed");
	struct kf_source *source;
	struct kf_bytes *bytes;

	d->installed = part ? part->presence : KF_UNKNOWN;
	if (d->installed != KF_PRESENT) {
		/* As an erased slot reads. */
		memset(&d->old.header, 0xff, sizeof(d->old.header));
		return KF_OK;
	}
	bytes = kf_arena_take(env->arena, sizeof(*bytes));
	source = kf_arena_take(env->arena, sizeof(*source));
	if (!bytes || !source)
		return KF_NO_MEMORY;
	*bytes = part->bytes;
	*source = kf_bytes_source(bytes);
	return mcuboot_image_read(&d->old, source, env);
}

/* take_private takes the device's own key, for encrypted images. */
static void take_private(struct mcuboot_device *d,
			 const struct kf_store *store)
{
	const struct kf_part *part = kf_store_part(store, "encryption-key");

	if (!part)
		return;
	d->has_private = part->presence;
	d->private_key = part->bytes;
}

void *mcuboot_device(struct kf_store *store, const struct kf_rules *rules,
		     struct kf_env *env)
{
	struct mcuboot_device *d = kf_arena_take(env->arena, sizeof(*d));

	if (!d) {
		store->status = KF_NO_MEMORY;
		return NULL;
	}
	take_settings(d, store, rules->profile);
	take_private(d, store);
	store->status = take_keys(d, store, env);
	if (store->status == KF_OK)
		store->status = take_key_hash(d, kf_store_setting(store,
								  "key-hash"),
					      env);
	if (store->status == KF_OK)
		store->status = take_installed(d, store, env);
	if (store->num_damage)
		malformed(d, KF_REASON_STORE_MALFORMED,
			  store->damage[0].at);
	return d;
}
