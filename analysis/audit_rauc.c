/* RAUC's keyring, its configuration and its bundles: keys that are not secret,
 * settings that let more pass than has to.
 *
 * Source: as of the rules in core/rules/rauc; rauc/rauc, docs/reference.rst
 * ([keyring] section) at v1.13.
 */
#include "audit.h"
#include "keys.h"

#include "core/keyfile.h"
#include "core/rauc.h"
#include "core/reasons.h"

/* keyring is what is looked at, while it goes on. */
struct keyring {
	struct kf_audit *a;
	const char *part;
	size_t num_anchors;	/* CAs */
};

static void look(struct kf_audit *a, struct kf_bytes der,
		 const struct kf_audit_place *place, size_t *anchors)
{
	size_t used = a->env->arena->used;
	struct kf_certificate c;

	if (kf_audit_key_of(a, &c, der, place)) {
		*anchors += c.is_ca;
		kf_audit_end(a, &c, place);
	}
	a->env->arena->used = used;
}

static void take_key(void *self, const struct kf_key_found *key)
{
	struct keyring *k = self;
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_STORE_PART, .name = k->part,
			   .at = key->at, .len = key->len },
		.role = "certificate",
	};

	if (key->kind == KF_KEY_CERTIFICATE && key->der.len)
		look(k->a, key->der, &place, &k->num_anchors);
}

/* look_at_keyring looks at the certificates of one part. */
static void look_at_keyring(struct keyring *k, const struct kf_store *store,
			    const char *part)
{
	const struct kf_part *p = kf_store_part(store, part);
	struct kf_bytes bytes;
	struct kf_source source;

	if (!p || k->a->status != KF_OK)
		return;
	if (p->presence == KF_UNKNOWN)
		k->a->unread(k->a->self, part, "is not known");
	if (p->presence != KF_PRESENT || !p->bytes.len)
		return;
	bytes = p->bytes;
	source = kf_bytes_source(&bytes);
	k->part = part;
	k->a->status = kf_keys_find(&source, k->a->env, take_key, k);
}

/* value is a key's, as it stands there; empty: it is not there. */
static struct kf_bytes value(const struct kf_keyfile *file, const char *group,
			     const char *key)
{
	const struct kf_keyfile_entry *e = kf_keyfile_entry_of(
		file, kf_keyfile_group_of(file, group), key);

	return e ? e->value : kf_view(NULL, 0);
}

static bool on(const struct kf_keyfile *file, const char *group,
	       const char *key)
{
	bool truth = false;
	struct kf_bytes text = value(file, group, key);

	return text.len && kf_keyfile_truth(&truth, text) == KF_VALUE_GOOD &&
	       truth;
}

/* has tells whether one of the words of a text is this one. */
static bool has(struct kf_bytes text, const char *word)
{
	struct kf_bytes w = kf_text(word);

	for (size_t at = 0; at + w.len <= text.len; at++)
		if (kf_equal(kf_part_of(text, at, w.len), w) &&
		    (at == 0 || text.data[at - 1] == ' ') &&
		    (at + w.len == text.len || text.data[at + w.len] == ' '))
			return true;
	return false;
}

/* takes_plain: named, or not taken away from the three that there are.
 * RAUC-12 */
static bool takes_plain(const struct kf_keyfile *file)
{
	struct kf_bytes formats = value(file, "system", "bundle-formats");

	if (has(formats, "plain") || has(formats, "+plain"))
		return true;
	return !has(formats, "verity") && !has(formats, "crypt") &&
	       !has(formats, "-plain");
}

/* settings looks at the keyring's section, in its order in the manual. */
static void settings(struct kf_audit *a, const struct kf_keyfile *file)
{
	struct kf_bytes purpose = value(file, "keyring", "check-purpose");

	if (!purpose.len)
		kf_audit_part(a, KF_REASON_PURPOSE_NOT_CHECKED, "config",
			      "check-purpose is not set, so that certificates for e-mail, and those that say nothing, sign bundles");
	else if (kf_equal(purpose, kf_text("any")))
		kf_audit_part(a, KF_REASON_PURPOSE_NOT_CHECKED, "config",
			      "check-purpose is any");
	if (!on(file, "keyring", "check-crl"))
		kf_audit_part(a, KF_REASON_REVOCATION_NOT_CHECKED, "config",
			      "check-crl is not set");
	if (on(file, "keyring", "allow-partial-chain"))
		kf_audit_part(a, KF_REASON_PARTIAL_CHAIN_ALLOWED, "config",
			      "allow-partial-chain is set");
	if (on(file, "keyring", "use-bundle-signing-time"))
		kf_audit_part(a, KF_REASON_SIGNING_TIME_TRUSTED, "config",
			      "use-bundle-signing-time is set");
	if (takes_plain(file))
		kf_audit_part(a, KF_REASON_PLAIN_ALLOWED, "config",
			      "bundle-formats does not leave plain out");
	if (!value(file, "system", "min-bundle-version").len)
		kf_audit_part(a, KF_REASON_DOWNGRADE_ALLOWED, "config",
			      "min-bundle-version is not set, which RAUC 1.12 and newer know");
}

/* look_at_config: without a keyring no bundle is taken. RAUC-2 */
static void look_at_config(struct kf_audit *a, struct kf_bytes bytes)
{
	struct kf_keyfile file;

	a->status = kf_keyfile_read(&file, bytes, a->env);
	if (a->status != KF_OK)
		return;
	if (file.damage.field) {
		a->unread(a->self, "config", "cannot be read as a key file");
		return;
	}
	if (!value(&file, "keyring", "path").len &&
	    !value(&file, "keyring", "directory").len)
		kf_audit_part(a, KF_REASON_TRUST_STORE_MISSING, "config",
			      "system.conf names no keyring");
	else
		settings(a, &file);
}

void kf_audit_rauc(struct kf_audit *a, const struct kf_store *store)
{
	const struct kf_part *config = kf_store_part(store, "config");
	enum kf_presence presence = kf_store_presence(store, "config");
	struct keyring keyring = { .a = a };
	size_t used = a->env->arena->used;

	if (presence == KF_UNKNOWN)
		a->unread(a->self, "config", "is not known");
	else if (presence == KF_ABSENT)
		kf_audit_part(a, KF_REASON_TRUST_STORE_MISSING, "config",
			      "there is no system.conf");
	else
		look_at_config(a, config->bytes);
	look_at_keyring(&keyring, store, "keyring");
	look_at_keyring(&keyring, store, "keyring-directory");
	if (a->status == KF_OK && keyring.num_anchors > 1)
		kf_audit_part(a, KF_REASON_SEVERAL_ANCHORS, keyring.part,
			      "whatever is signed under one of them is taken");
	a->env->arena->used = used;
}

void kf_audit_raucb(struct kf_audit *a, const struct kf_source *source)
{
	struct kf_rauc layout;
	struct kf_bytes der;

	a->status = kf_rauc_read(&layout, source);
	if (a->status != KF_OK)
		return;
	if (layout.damage.field || layout.cms_len > KF_RAUC_CMS_MAX) {
		a->unread(a->self, "the signature", "is damaged");
		return;
	}
	a->status = kf_rauc_cms(&der, &layout, source, a->env);
	if (a->status == KF_OK)
		kf_audit_cms(a, der, layout.cms_at);
}
