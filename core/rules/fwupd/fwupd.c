/* fwupd's verification of cabinets, and the order of its steps.
 *
 * The cabinet, its catalogues and metainfo files have to be sound, whatever
 * the device is; then a component is looked for that is for the device; its
 * version has to be one that the device takes, and its payload trusted.
 *
 * Source: fwupd/fwupd, src/fu-dbus-daemon.c
 * (fu_dbus_daemon_install_with_helper_device), tag 2.0.20.
 */
#include "fwupd.h"

#include "core/keyfile.h"
#include "core/setting.h"

#include <string.h>

extern const struct kf_verifier kf_rules_fwupd;

static const struct kf_rules profiles[] = {
	{ "fwupd-2.0", "fwupd 2.0.20 with libjcat 0.2.3, Debian 12's (2.0.20-1~deb12u2)",
	  &kf_rules_fwupd, NULL, true },
	{ NULL, NULL, NULL, NULL, false },
};

static const char *const formats[] = { "cab", NULL };

static const char *const parts[] = { "pki", "conf", NULL };

static const struct kf_choice choices[] = {
	{ "only-trusted", "on|off",
	  "whether unsigned payloads are refused; on, if not said" },
	{ "installed", KF_SETTING_TEXT, "the version that the device has" },
	{ "lowest", KF_SETTING_TEXT,
	  "the lowest version that the device takes" },
	{ "version-format", KF_SETTING_TEXT,
	  "how the device's versions are written, as fwupd names it" },
	{ "upgrade-only", "on|off",
	  "whether the device takes newer versions alone" },
	{ "allow-older", "on|off", "as --allow-older of fwupdmgr" },
	{ "allow-reinstall", "on|off", "as --allow-reinstall of fwupdmgr" },
	{ "version", KF_SETTING_TEXT,
	  "the version of fwupd on the device, as 2.0.20-1" },
	{ "guid", KF_SETTING_TEXT,
	  "the device's GUID; several between commas" },
	{ NULL, NULL, NULL },
};

bool fwupd_refuse(struct fwupd_case *k, enum kf_reason_id reason,
		  const char *rule, const char *text)
{
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, reason, rule);
	kf_prove_text(&k->out->why, text);
	return false;
}

bool fwupd_leave(struct fwupd_case *k, enum kf_reason_id reason,
		 const char *text)
{
	k->out->answer = KF_UNDECIDED;
	kf_find(&k->out->why, reason, NULL);
	if (reason == KF_REASON_STORE_PART_UNKNOWN)
		kf_prove(&k->out->why, KF_EV_STORE_PART, text);
	else
		kf_prove_text(&k->out->why, text);
	return false;
}

/* crashes looks for what libjcat does not survive. */
static bool crashes(const struct kf_jcat *jcat)
{
	for (const struct kf_jcat_item *i = jcat->item; i; i = i->next)
		for (const struct kf_jcat_blob *b = i->blob; b; b = b->next)
			if (b->crashes)
				return true;
	return false;
}

/* weigh takes the steps in which no device matters. */
static enum kf_status weigh(struct fwupd_update *u, struct kf_env *env)
{
	const struct kf_cabinet *c = &u->cabinet;
	struct kf_finding *f = &u->refused;

	u->beyond = c->beyond ? c->beyond : c->jcat.beyond;
	if (c->cab.damage.field) {
		kf_find(f, KF_REASON_CABINET_MALFORMED, "FWUPD-10");
		kf_prove_field(f, c->cab.damage.field, c->cab.damage.at, 0);
		return KF_OK;
	}
	if (crashes(&c->jcat)) {
		kf_find(f, KF_REASON_VERIFIER_FAULT, "JCAT-1");
		kf_prove_text(f, "a blob of the catalogue that says it is text, and is none");
		return KF_OK;
	}
	if (c->jcat.damage.field) {
		kf_find(f, KF_REASON_CATALOGUE_MALFORMED, "JCAT-1");
		kf_prove_field(f, c->jcat.damage.field, c->jcat.damage.at, 0);
		return KF_OK;
	}
	return u->beyond ? KF_OK : fwupd_metainfo(u, env);
}

static void *prepare(struct kf_artifact *artifact,
		     const struct kf_rules *rules, struct kf_env *env)
{
	struct fwupd_update *u = kf_arena_take(env->arena, sizeof(*u));

	if (!u) {
		artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	if (artifact->num_suppose || !artifact->source) {
		u->beyond = "a signature that nobody made cannot be asked about here";
		return u;
	}
	artifact->status = kf_cabinet_read(&u->cabinet, artifact->source,
					   env);
	if (artifact->status == KF_OK)
		artifact->status = weigh(u, env);
	return u;
}

static void release(void *state, struct kf_env *env)
{
}

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

/* truth is a value of fwupd.conf; empty is as if it were not there. */
static bool truth(const struct kf_keyfile *file, const char *key,
		  bool otherwise)
{
	size_t group = kf_keyfile_group_of(file, "fwupd");
	const struct kf_keyfile_entry *e = kf_keyfile_entry_of(file, group,
							       key);

	return e && e->value.len ? is_true(e->value) : otherwise;
}

static enum kf_status read_conf(struct fwupd_device *d,
				const struct kf_store *store,
				struct kf_env *env)
{
	const struct kf_part *part = kf_store_part(store, "conf");
	struct kf_keyfile file;
	enum kf_status status;

	d->only_trusted = true;
	if (!part || part->presence != KF_PRESENT)
		return KF_OK;
	status = kf_keyfile_read(&file, part->bytes, env);
	if (status != KF_OK)
		return status;
	if (file.damage.field) {
		d->conf_beyond = "a fwupd.conf that GLib does not read";
		return KF_OK;
	}
	d->only_trusted = truth(&file, "OnlyTrusted", true);
	d->only_quantum = truth(&file, "OnlyTrustPostQuantumSignatures",
				false);
	return KF_OK;
}

static bool is_on(const struct kf_store *store, const char *name)
{
	const char *value = kf_store_setting(store, name);

	return value && kf_same(value, "on");
}

static void *prepare_store(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env)
{
	struct fwupd_device *d = kf_arena_take(env->arena, sizeof(*d));

	if (!d) {
		store->status = KF_NO_MEMORY;
		return NULL;
	}
	store->status = kf_jcat_keys_read(&d->keys, store, "pki", env);
	if (store->status == KF_OK)
		store->status = read_conf(d, store, env);
	if (kf_store_setting(store, "only-trusted"))
		d->only_trusted = is_on(store, "only-trusted");
	d->installed = kf_store_setting(store, "installed");
	d->lowest = kf_store_setting(store, "lowest");
	d->format = kf_store_setting(store, "version-format");
	d->guids = kf_store_setting(store, "guid");
	d->version = kf_store_setting(store, "version");
	d->upgrade_only = is_on(store, "upgrade-only");
	d->allow_older = is_on(store, "allow-older");
	d->allow_reinstall = is_on(store, "allow-reinstall");
	return d;
}

/* among tells whether a word is one of those between commas. */
static bool among(const char *words, struct kf_bytes word)
{
	struct kf_bytes all = kf_text(words);
	size_t from = 0;

	for (size_t i = 0; i <= all.len; i++) {
		if (i < all.len && all.data[i] != ',')
			continue;
		if (kf_equal(kf_part_of(all, from, i - from), word))
			return true;
		from = i + 1;
	}
	return false;
}

/* has_guid tells whether a list has one of the device's. */
static bool has_guid(const struct kf_element *list, const char *guids)
{
	const struct kf_element *guid = NULL;

	while ((guid = kf_markup_child(list, guid, "firmware", "type",
				       "flashed")))
		if (guid->text.data && (!guids || among(guids, guid->text)))
			return true;
	return false;
}

/* is_for tells whether a component is for the device. */
static bool is_for(const struct fwupd_component *c, const char *guids)
{
	const struct kf_element *list = NULL;

	while (fwupd_is_firmware(c) &&
	       (list = kf_markup_child(c->element, list, "provides", NULL,
				       NULL)))
		if (has_guid(list, guids))
			return true;
	return false;
}

/* prove_accept says who signed the payload. */
static void prove_accept(struct fwupd_case *k)
{
	struct kf_verdict *v = k->out;
	const struct kf_gnutls_result *r = &k->payload.pkcs7;

	v->answer = KF_ACCEPT;
	memset(&v->why, 0, sizeof(v->why));
	if (!k->device->only_trusted && k->payload.said != KF_JCAT_GOOD) {
		v->not_enforced = true;
		v->enforced_answer = k->payload.said == KF_JCAT_OPEN
			? KF_UNDECIDED : KF_REJECT;
		v->enforced = k->payload.why;
		kf_find(&v->why, KF_REASON_NOT_ENFORCED, "FWUPD-3");
		kf_prove_text(&v->why, "OnlyTrusted is false");
		return;
	}
	v->why.rule = "FWUPD-2";
	kf_prove_signature(&v->why, k->payload.blob->number, 0,
			   k->payload.blob->data.len);
	kf_prove(&v->why, KF_EV_STORE_PART, "pki");
	for (size_t i = 0; i < r->num_chain && i < 5; i++)
		kf_prove_certificate(&v->why, i == 0 ? "signer" :
				     i + 1 == r->num_chain ? "anchor"
				     : "issuer", r->chain[i]);
}

/* judge_component gives the verdict over one component alone. */
static void judge_component(struct fwupd_case *k,
			    const struct fwupd_component *c)
{
	memset(k->out, 0, sizeof(*k->out));
	k->component = c;
	if (fwupd_version_fits(k) && fwupd_trusted(k))
		prove_accept(k);
}

/* next_for is the next component for the device. */
static const struct fwupd_component *
next_for(const struct fwupd_component *c, const char *guids)
{
	while (c && !is_for(c, guids))
		c = c->next;
	return c;
}

/* judge_components: of a device that is told, one component that it takes is
 * enough; of any device, all have to have the same answer. The first one tells
 * the reason. */
static void judge_components(struct fwupd_case *k)
{
	const char *guids = k->device->guids;
	const struct fwupd_component *first, *c;
	enum kf_answer answer;

	first = next_for(k->update->component, guids);
	if (!first) {
		(void)fwupd_refuse(k, KF_REASON_HARDWARE_DIFFERS, "FWUPD-12",
				   "none of its GUIDs is the device's");
		return;
	}
	judge_component(k, first);
	answer = k->out->answer;
	for (c = next_for(first->next, guids); c && k->ask.status == KF_OK &&
	     !(guids && k->out->answer != KF_REJECT);
	     c = next_for(c->next, guids)) {
		judge_component(k, c);
		if (k->out->answer == answer || guids)
			continue;
		memset(k->out, 0, sizeof(*k->out));
		(void)fwupd_leave(k, KF_REASON_SETTING_UNKNOWN, "which of its components is for this device (guid=GUID)");
		return;
	}
	if (k->component != first && k->out->answer == KF_REJECT)
		judge_component(k, first);
}

static void judge(struct fwupd_case *k)
{
	const struct fwupd_update *u = k->update;

	if (u->refused.reason) {
		k->out->answer = KF_REJECT;
		k->out->why = u->refused;
	} else if (u->beyond || k->device->conf_beyond) {
		(void)fwupd_leave(k, KF_REASON_BEYOND_LIMITS, u->beyond
				  ? u->beyond : k->device->conf_beyond);
	} else if (k->device->only_quantum) {
		(void)fwupd_refuse(k, KF_REASON_POLICY_INVALID, "FWUPD-9",
				   "OnlyTrustPostQuantumSignatures needs a newer libjcat");
	} else {
		judge_components(k);
	}
}

static const char *outcome(const struct fwupd_case *k)
{
	const struct kf_verdict *v = k->out;

	if (v->answer == KF_REJECT)
		return v->why.reason == &kf_reasons[KF_REASON_VERIFIER_FAULT]
			? "device-fault" : "refused-at-install";
	return v->answer == KF_ACCEPT && k->device->installed ? "installs"
							      : "unknown";
}

static enum kf_status decide(struct kf_verdict *out, void *state,
			     const struct kf_store *store,
			     const struct kf_rules *rules, struct kf_env *env)
{
	const struct fwupd_device *d = kf_store_state(store, rules);
	struct fwupd_case k = {
		.update = state, .device = d, .env = env, .out = out,
		.ask = { .keys = &d->keys, .env = env, .few_kinds = true },
	};

	judge(&k);
	if (k.ask.status == KF_OK)
		fwupd_warn(&k);
	kf_jcat_close(&k.ask);
	out->outcome = outcome(&k);
	return k.ask.status;
}

const struct kf_verifier kf_rules_fwupd = {
	.name = "fwupd",
	.title = "fwupd: firmware updates in cabinets",
	.family = "FWUPD",
	.stage = "update",
	.formats = formats,
	.parts = parts,
	.choices = choices,
	.profiles = profiles,
	.prepare = prepare,
	.prepare_store = prepare_store,
	.release = release,
	.decide = decide,
};
