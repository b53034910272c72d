/* fwupd's keys, and its settings: a device that installs what nobody has
 * signed.
 *
 * Source: fwupd/fwupd, src/fu-engine-config.c
 * (fu_engine_config_get_only_trusted), libfwupdplugin/fu-config.c
 * (fu_config_get_value_bool), tag 2.0.20.
 */
#include "audit.h"
#include "keys.h"

#include "core/keyfile.h"
#include "core/reasons.h"

/* is_true: fwupd asks for this word alone, in any case. */
static bool is_true(struct kf_bytes value)
{
	static const char word[] = "true";

	if (value.len != sizeof(word) - 1)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if ((value.data[i] | 32) != word[i])
			return false;
	return true;
}

enum kf_status kf_audit_takes_all(bool *out, struct kf_bytes conf,
				  struct kf_env *env)
{
	const struct kf_keyfile_entry *e;
	struct kf_keyfile file;
	enum kf_status status = kf_keyfile_read(&file, conf, env);

	*out = false;
	if (status != KF_OK || file.damage.field)
		return status;
	e = kf_keyfile_entry_of(&file, kf_keyfile_group_of(&file, "fwupd"),
				"OnlyTrusted");
	*out = e && e->value.len && !is_true(e->value);
	return KF_OK;
}

/* take_key looks at one certificate among the files of keys. */
static void take_key(void *self, const struct kf_key_found *key)
{
	struct kf_audit *a = self;
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_STORE_PART, .name = "pki",
			   .at = key->at, .len = key->len },
		.role = "certificate",
	};
	size_t used = a->env->arena->used;
	struct kf_certificate c;

	if (key->kind == KF_KEY_CERTIFICATE && key->der.len &&
	    kf_audit_key_of(a, &c, key->der, &place))
		kf_audit_end(a, &c, &place);
	a->env->arena->used = used;
}

static void look_at_keys(struct kf_audit *a, const struct kf_part *pki)
{
	struct kf_bytes bytes = pki->bytes;
	struct kf_source source = kf_bytes_source(&bytes);

	a->status = kf_keys_find(&source, a->env, take_key, a);
}

void kf_audit_fwupd(struct kf_audit *a, const struct kf_store *store)
{
	const struct kf_part *conf = kf_store_part(store, "conf");
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_STORE_PART, .name = "conf" },
	};
	const char *told = kf_store_setting(store, "only-trusted");
	const struct kf_part *pki = kf_store_part(store, "pki");
	struct kf_finding f;
	bool off = told && kf_same(told, "off");

	if (!told && conf && conf->presence == KF_PRESENT)
		a->status = kf_audit_takes_all(&off, conf->bytes, a->env);
	if (off) {
		kf_audit_start(&f, KF_REASON_ONLY_TRUSTED_OFF, &place,
			       kf_view(NULL, 0));
		kf_audit_give(a, &f);
	}
	if (a->status == KF_OK && pki && pki->presence == KF_PRESENT)
		look_at_keys(a, pki);
}
