/* MCUboot's keys and images: keys that everybody has, in images that are signed
 * with them, in key tables and in bootloaders.
 *
 * Source: core/mcuboot_keys.def; mcu-tools/mcuboot boot/bootutil/include/
 * bootutil/image.h.
 */
#include "audit.h"

#include "core/der.h"
#include "core/ihex.h"
#include "core/mcuboot.h"
#include "core/reasons.h"

/* by_name finds a key of the table by the name that MCUboot's has. */
static const struct kf_known_key *by_name(const struct kf_known *known,
					  const char *name)
{
	static const char prefix[] = "mcuboot ";
	const size_t len = sizeof(prefix) - 1;

	for (size_t i = 0; name && i < known->num_keys; i++) {
		struct kf_bytes text = kf_text(known->key[i].name);

		if (kf_equal(kf_part_of(text, 0, len), kf_text(prefix)) &&
		    kf_equal(kf_part_of(text, len, text.len - len),
			     kf_text(name)))
			return &known->key[i];
	}
	return NULL;
}

/* look_at_hash looks at what an image calls a key. Of RSA keys, and with
 * SHA-384, that is another digest than the table has. */
static void look_at_hash(struct kf_audit *a, const struct kf_mcuboot_entry *e)
{
	const struct kf_known_key *key = kf_known_find(a->known, e->value,
						       kf_view(NULL, 0));

	if (!key)
		key = by_name(a->known, kf_mcuboot_known(e->value));
	if (key)
		kf_audit_known(a, key, "KEYHASH", e->at, e->len);
}

/* look_at_key looks at a whole key. What is none is passed over. */
static void look_at_key(struct kf_audit *a, struct kf_bytes bytes, uint64_t at)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct kf_arena *arena = a->env->arena;
	size_t used = arena->used;
	struct kf_key key;
	enum kf_status status = crypto->key_read(crypto->self, &key, bytes,
						 arena);

	if (status == KF_OK)
		kf_audit_key(a, kf_view(key.sha256.bytes, key.sha256.len), at,
			     bytes.len);
	else if (status != KF_WRONG_USE)
		a->status = status;
	arena->used = used;
}

void kf_audit_mcuboot_image(struct kf_audit *a, const struct kf_source *source)
{
	struct kf_mcuboot_entry e;
	struct kf_cursor c;
	struct kf_bytes areas;
	uint64_t at;

	if (source->size < KF_MCUBOOT_HEADER_LEN)
		return;
	a->status = kf_mcuboot_keep_areas(&areas, &at, source, a->env);
	if (a->status != KF_OK)
		return;
	if (areas.len == 0)
		a->unread(a->self, "the image", "is cut short");
	for (int n = 0; n < 2 && a->status == KF_OK &&
	     kf_mcuboot_area(&c, &areas, &at); n++) {
		while (a->status == KF_OK && kf_mcuboot_next(&e, &c)) {
			if (e.type == KF_MCUBOOT_KEYHASH)
				look_at_hash(a, &e);
			else if (e.type == KF_MCUBOOT_PUBKEY)
				look_at_key(a, e.value, e.at);
		}
	}
}

void kf_audit_mcuboot_keys(struct kf_audit *a, struct kf_bytes keys)
{
	struct kf_cursor c = kf_cursor_over(keys, 0);
	struct kf_der e;
	size_t num = 0;

	while (a->status == KF_OK && kf_more(&c)) {
		uint64_t at = kf_at(&c);

		if (!kf_der_next(&e, &c))
			return;
		look_at_key(a, e.whole, at);
		num++;
	}
	if (num > 1 && a->status == KF_OK)
		kf_audit_part(a, KF_REASON_SEVERAL_KEYS, "key",
			      "each image needs one of them alone");
}

void kf_audit_bootloader(struct kf_audit *a, struct kf_bytes file)
{
	struct kf_bytes key;
	size_t at = 0, num = 0;

	if (kf_ihex_likely(file))
		a->status = kf_ihex_data(&file, file, a->env->arena);
	while (a->status == KF_OK) {
		key = kf_mcuboot_embedded(file, &at);
		if (!key.len)
			break;
		look_at_key(a, key, at - key.len);
		num++;
	}
	if (num > 1 && a->status == KF_OK)
		kf_audit_part(a, KF_REASON_SEVERAL_KEYS, "key",
			      "each image needs one of them alone");
}

bool kf_audit_has_option(const char *list, const char *word)
{
	struct kf_bytes wanted = kf_text(word);

	while (list && *list) {
		struct kf_bytes prefix = kf_text("MCUBOOT_"), one;
		size_t len = 0;

		while (list[len] && list[len] != ',')
			len++;
		one = kf_view(list, len);
		if (kf_equal(kf_part_of(one, 0, prefix.len), prefix))
			one = kf_part_of(one, prefix.len, len - prefix.len);
		if (kf_equal(one, wanted))
			return true;
		list += len + (list[len] == ',');
	}
	return false;
}

/* settings looks at how the bootloader was built. */
static void settings(struct kf_audit *a, const struct kf_store *store)
{
	const char *options = kf_store_setting(store, "options");
	bool verifies = !kf_same(kf_store_setting(store, "signature"), "none");

	if (!verifies)
		kf_audit_setting(a, KF_REASON_NOT_ENFORCED, "options",
				 "the bootloader was built without a signature type, and starts whatever has the right digest");
	if (!options)
		return;
	if (kf_audit_has_option(options, "VALIDATE_PRIMARY_SLOT=0"))
		kf_audit_setting(a, KF_REASON_BOOT_NOT_VALIDATED, "options",
				 "VALIDATE_PRIMARY_SLOT is off");
	if (kf_audit_has_option(options, "BYPASS_KEY_MATCH"))
		kf_audit_setting(a, KF_REASON_KEY_ID_NOT_COMPARED, "options",
				 "BYPASS_KEY_MATCH");
	if (!kf_audit_has_option(options, "DOWNGRADE_PREVENTION") &&
	    !kf_audit_has_option(options, "HW_ROLLBACK_PROT"))
		kf_audit_setting(a, KF_REASON_DOWNGRADE_ALLOWED, "options",
				 "neither DOWNGRADE_PREVENTION nor HW_ROLLBACK_PROT is built in");
}

void kf_audit_mcuboot(struct kf_audit *a, const struct kf_store *store)
{
	const struct kf_part *keys = kf_store_part(store, "key");

	if (keys && keys->presence == KF_PRESENT)
		kf_audit_mcuboot_keys(a, keys->bytes);
	else if (keys && keys->presence == KF_ABSENT)
		kf_audit_part(a, KF_REASON_KEY_MISSING, "key", "the table is empty");
	else
		a->unread(a->self, "key", "is not known");
	if (a->status == KF_OK)
		settings(a, store);
}
