/* RAUC's verification of update bundles: its versions, and the order of its
 * steps.
 *
 * Source: rauc/rauc, at the versions named by the profiles.
 */
#include "rauc.h"

#include <string.h>

static const struct rauc_profile debian_12 = {
	.version = RAUC_1_8, .told = "1.8", .short_content = true,
};

static const struct rauc_profile debian_13 = {
	.version = RAUC_1_13, .told = "1.13", .strict_texts = true,
	.past_unreadable = KF_YES,
};

static const struct rauc_profile newest = {
	.version = RAUC_1_16, .told = "1.16-dev",
};

extern const struct kf_verifier kf_rules_rauc;

static const struct kf_rules profiles[] = {
	{ "rauc", "RAUC, upstream (3991031, 1.16-dev)", &kf_rules_rauc,
	  &newest, true },
	{ "rauc-1.8", "RAUC 1.8, Debian 12's (1.8-2)", &kf_rules_rauc,
	  &debian_12, true },
	{ "rauc-1.13", "RAUC 1.13, Debian 13's (1.13-3+deb13u1)",
	  &kf_rules_rauc, &debian_13, true },
	{ "rauc-1.16", "RAUC 1.16, before its release (3991031), on Debian 12",
	  &kf_rules_rauc, &newest, true },
	{ NULL, NULL, NULL, NULL, false },
};

static const char *const formats[] = { "rauc", NULL };

static const char *const parts[] = { "config", "keyring", "keyring-directory",
				     "encryption-key",
				     "encryption-certificate", NULL };

static const struct kf_choice choices[] = {
	{ "stage", "info|extract|install",
	  "what RAUC is asked to do; install, if not said" },
	{ "install-check", "accepts|rejects",
	  "what the bundle's own install-check hook says on the device" },
	{ "version", "TEXT", "the version of RAUC on the device, as 1.8-2" },
	{ "unreadable-file", "stops|passed",
	  "what OpenSSL does at a file of the keyring's folder that it cannot read" },
	{ NULL, NULL, NULL },
};

/* read_inline reads the manifest in a CMS. */
static void read_inline(struct rauc_bundle *b, struct kf_artifact *artifact,
			struct kf_env *env)
{
	b->manifest = kf_arena_take(env->arena, sizeof(*b->manifest));
	artifact->status = b->manifest
		? rauc_manifest_read(b->manifest, b->facts.content,
				     b->profile, env)
		: KF_NO_MEMORY;
}

/* no_inner notes why a plain bundle's manifest is not there. */
static void no_inner(struct rauc_bundle *b, enum kf_reason_id reason,
		     const char *text)
{
	kf_find(&b->no_inner, reason, reason == KF_REASON_MANIFEST_MALFORMED
		? "RAUC-20" : NULL);
	kf_prove_text(&b->no_inner, text);
}

/* read_inner reads the manifest in the squashfs, where somebody opens that. */
static void read_inner(struct rauc_bundle *b, struct kf_artifact *artifact,
		       struct kf_env *env)
{
	const struct kf_opener *opener = env->opener;
	enum kf_status status = KF_CANNOT_READ;
	struct kf_bytes text;
	bool there;

	if (opener)
		status = opener->squashfs_file(&text, &there, b->source,
					       b->layout.payload_len,
					       "/manifest.raucm", env->arena);
	if (status == KF_CANNOT_READ && !b->is_squashfs) {
		no_inner(b, KF_REASON_MANIFEST_MALFORMED,
			 "the payload is no squashfs");
		return;
	}
	if (status == KF_CANNOT_READ) {
		no_inner(b, KF_REASON_CONTENTS_UNKNOWN,
			 "the manifest of a plain bundle lies in its squashfs, which could not be opened");
		return;
	}
	artifact->status = status;
	if (status == KF_OK && !there)
		no_inner(b, KF_REASON_MANIFEST_MALFORMED,
			 "there is none in the squashfs");
	if (status != KF_OK || !there)
		return;
	b->inner = kf_arena_take(env->arena, sizeof(*b->inner));
	artifact->status = b->inner
		? rauc_manifest_read(b->inner, text, b->profile, env)
		: KF_NO_MEMORY;
}

/* look_at_payload tells whether it starts as a squashfs does. */
static void look_at_payload(struct rauc_bundle *b,
			    struct kf_artifact *artifact)
{
	uint8_t magic[4];

	if (b->layout.payload_len < sizeof(magic))
		return;
	if (!b->source->read_at(b->source->self, 0, magic, sizeof(magic)))
		artifact->status = KF_CANNOT_READ;
	else
		b->is_squashfs = kf_equal(kf_view(magic, sizeof(magic)),
					  kf_text("hsqs"));
}

/* look_at_signed asks whether the signature holds, and reads the manifest. */
static void look_at_signed(struct rauc_bundle *b,
			   struct kf_artifact *artifact, struct kf_env *env)
{
	rauc_content(b, artifact, env);
	if (artifact->status == KF_OK && !b->facts.detached)
		read_inline(b, artifact, env);
	else if (artifact->status == KF_OK)
		read_inner(b, artifact, env);
}

static void beyond(struct rauc_bundle *b, const char *text)
{
	kf_find(&b->beyond, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&b->beyond, text);
}

/* sign_anew puts the signature that is asked about in place of those that are;
 * whoever signs does so over what is there. `is_there`: there is a bundle. */
static void sign_anew(struct rauc_bundle *b, struct kf_artifact *artifact,
		      bool is_there, struct kf_env *env)
{
	struct kf_bytes content = b->facts.content;
	bool detached = !is_there || b->facts.detached;
	enum kf_status status;

	if (is_there && (!b->cms || !b->facts.is_signed)) {
		if (!b->cms || !b->facts.is_enveloped)
			beyond(b, "what would be signed anew cannot be told");
		return;
	}
	env->crypto->cms_close(b->cms);
	b->cms = NULL;
	status = rauc_sign_anew(&b->cms, &b->facts, b,
				detached ? NULL : &content, env);
	if (status == KF_WRONG_USE)
		beyond(b, "a signer whose signature keyfit does not know");
	else
		artifact->status = status;
	b->content.answer = KF_YES;
}

/* examine works out what does not depend on a device. */
static void examine(struct rauc_bundle *b, struct kf_artifact *artifact,
		    struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;

	if (!crypto->cms_read) {
		artifact->status = KF_NO_CRYPTO;
		return;
	}
	if (b->layout.cms_len > KF_RAUC_CMS_MAX) {
		beyond(b, "its signature is very long");
		return;
	}
	artifact->status = kf_rauc_cms(&b->cms_der, &b->layout, b->source,
				       env);
	if (artifact->status == KF_OK)
		artifact->status = crypto->cms_read(crypto->self, &b->cms,
						    b->cms_der);
	if (artifact->status != KF_OK || !b->cms)
		return;
	artifact->status = crypto->cms_facts(b->cms, &b->facts, env->arena);
	look_at_payload(b, artifact);
	if (artifact->status == KF_OK && b->facts.is_signed)
		look_at_signed(b, artifact, env);
}

static void read_bundle(struct rauc_bundle *b, struct kf_artifact *artifact,
			struct kf_env *env)
{
	artifact->status = kf_rauc_read(&b->layout, b->source);
	if (artifact->status != KF_OK || b->layout.damage.field)
		return;
	examine(b, artifact, env);
	if (b->num_suppose) {
		if (artifact->status == KF_OK)
			sign_anew(b, artifact, true, env);
		return;
	}
	b->signed_at = b->layout.cms_at;
	b->signed_len = b->layout.cms_len;
}

static void *prepare(struct kf_artifact *artifact,
		     const struct kf_rules *rules, struct kf_env *env)
{
	struct rauc_bundle *b = kf_arena_take(env->arena, sizeof(*b));

	if (!b) {
		artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	b->profile = rules->profile;
	b->source = artifact->source;
	b->suppose = artifact->suppose;
	b->num_suppose = artifact->num_suppose;
	if (!b->source && !env->crypto->cms_read)
		artifact->status = KF_NO_CRYPTO;
	else if (!b->source)
		sign_anew(b, artifact, false, env);
	else
		read_bundle(b, artifact, env);
	return b;
}

static void release(void *state, struct kf_env *env)
{
	struct rauc_bundle *b = state;

	if (b->cms)
		env->crypto->cms_close(b->cms);
}

/* part_of takes one part of a store. */
static enum kf_presence part_of(struct kf_bytes *out,
				const struct kf_store *store, const char *name)
{
	const struct kf_part *part = kf_store_part(store, name);
	enum kf_presence presence = kf_store_presence(store, name);

	if (presence == KF_PRESENT && part)
		*out = part->bytes;
	return presence;
}

/* unpack takes apart what host/trust_rauc.c packed: for each file the number
 * of its folder, its name with a NUL, the length of its bytes, they. */
static enum kf_status unpack(struct rauc_trust *t, struct kf_bytes packed,
			     struct kf_env *env)
{
	struct kf_cursor c = kf_cursor_over(packed, 0);
	size_t most = packed.len / 10 + 1;

	t->num_folders = kf_u32le(&c, "folders");
	t->hashed = kf_arena_take(env->arena, most * sizeof(*t->hashed));
	if (!t->hashed)
		return KF_NO_MEMORY;
	while (kf_more(&c) && t->num_hashed < most) {
		struct kf_cms_file *file = &t->hashed[t->num_hashed];
		uint32_t name_len, len;
		struct kf_bytes name;

		file->folder = kf_u32le(&c, "folder");
		name_len = kf_u32le(&c, "name");
		name = kf_take(&c, name_len, "name");
		len = kf_u32le(&c, "length");
		file->bytes = kf_take(&c, len, "file");
		if (c.damage.field || name_len == 0 ||
		    name.data[name_len - 1] != 0)
			return KF_WRONG_USE;
		file->name = (const char *)name.data;
		t->num_hashed++;
	}
	return KF_OK;
}

static enum rauc_stage stage_of(const struct kf_store *store)
{
	const char *stage = kf_store_setting(store, "stage");

	if (stage && kf_same(stage, "info"))
		return RAUC_INFO;
	return stage && kf_same(stage, "extract") ? RAUC_EXTRACT
						  : RAUC_INSTALL;
}

static void *prepare_store(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env)
{
	struct rauc_trust *t = kf_arena_take(env->arena, sizeof(*t));
	struct kf_bytes bytes = { NULL, 0 };

	if (!t) {
		store->status = KF_NO_MEMORY;
		return NULL;
	}
	t->stage = stage_of(store);
	t->install_check = kf_store_setting(store, "install-check");
	t->version = kf_store_setting(store, "version");
	t->config_presence = part_of(&bytes, store, "config");
	if (t->config_presence == KF_PRESENT)
		store->status = rauc_config_read(&t->config, bytes,
						 rules->profile, env);
	t->keyring = part_of(&t->keyring_bytes, store, "keyring");
	t->key = part_of(&t->key_bytes, store, "encryption-key");
	t->certificate = part_of(&t->certificate_bytes, store,
				 "encryption-certificate");
	bytes = kf_view(NULL, 0);
	t->folder = part_of(&bytes, store, "keyring-directory");
	if (store->status == KF_OK && t->folder == KF_PRESENT)
		store->status = unpack(t, bytes, env);
	else if (t->folder == KF_ABSENT)
		t->num_folders = 1;	/* with nothing in it */
	return t;
}

/* prove_accept says who signed, and which certificate of the keyring ends the
 * chain. */
static void prove_accept(struct rauc_case *k)
{
	const struct kf_cms_result *chain = &k->chain;

	memset(&k->out->why, 0, sizeof(k->out->why));
	k->out->why.rule = "RAUC-10";
	kf_prove_signature(&k->out->why, 1, k->bundle->signed_at,
			   k->bundle->signed_len);
	for (size_t i = 0; i < chain->num_chain &&
			   i + 2 < KF_EVIDENCE_MAX; i++)
		kf_prove_certificate(&k->out->why, i == 0 ? "signer" :
				     i + 1 == chain->num_chain ? "anchor"
				     : "issuer", chain->chain[i]);
	kf_prove(&k->out->why, KF_EV_STORE_PART,
		 k->trust->config.keyring_path.len ? "keyring"
						   : "keyring-directory");
}

bool rauc_reject(struct rauc_case *k, enum kf_reason_id reason,
		 const char *rule)
{
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, reason, rule);
	return false;
}

bool rauc_reject_with(struct rauc_case *k, const struct kf_finding *why)
{
	k->out->answer = KF_REJECT;
	k->out->why = *why;
	return false;
}

/* list_signatures fills the table of who signed. */
static void list_signatures(struct rauc_case *k)
{
	for (size_t i = 0; k->cms && k->status == KF_OK &&
			   i < k->facts.num_signers &&
			   i < KF_SIGNATURES_MAX; i++) {
		struct kf_signature_result *s = &k->out->signature[i];
		struct kf_cms_signer signer;

		k->status = k->env->crypto->cms_signer(k->cms, i, &signer,
						       k->env->arena);
		if (k->status != KF_OK)
			return;
		s->number = (uint32_t)i + 1;
		s->at = k->bundle->signed_at;
		s->len = k->bundle->signed_len;
		s->chain[0] = signer.certificate;
		s->num_chain = signer.certificate.len ? 1 : 0;
		s->digest = signer.digest;
		s->algorithm = signer.algorithm;
		s->trusted = k->chain.answer == KF_YES;
		s->trust_known = k->keyring.has_file ||
				 k->keyring.num_folders;
		s->looked_at = true;
		k->out->num_signatures++;
	}
}

static const char *outcome(const struct rauc_case *k)
{
	const struct kf_verdict *v = k->out;

	if (v->answer == KF_REJECT)
		return v->why.reason ==
			&kf_reasons[KF_REASON_VERIFIER_FAULT]
			? "device-fault" : "refused-at-install";
	return v->answer == KF_ACCEPT && k->bundle->source &&
	       k->trust->stage == RAUC_INSTALL ? "installs" : "unknown";
}

/* decide_once decides with an OpenSSL that passes over a file that it cannot
 * read, or with one that stops there. */
static enum kf_status decide_once(struct kf_verdict *out, void *state,
				  const struct kf_store *store,
				  const struct kf_rules *rules,
				  struct kf_env *env, bool past_unreadable)
{
	struct rauc_case k = {
		.bundle = state,
		.trust = kf_store_state(store, rules),
		.profile = rules->profile,
		.env = env,
		.out = out,
		.past_unreadable = past_unreadable,
	};

	if (k.bundle->source ? rauc_signature(&k) && rauc_install(&k)
			     : rauc_signer(&k)) {
		out->answer = KF_ACCEPT;
		prove_accept(&k);
	}
	if (k.status == KF_OK)
		list_signatures(&k);
	if (k.status == KF_OK)
		rauc_warn(&k);
	if (k.decrypted)
		env->crypto->cms_close(k.decrypted);
	out->outcome = outcome(&k);
	return k.status;
}

/* wait_for_openssl: both answers were given, and they differ. RAUC-5 */
static void wait_for_openssl(struct kf_verdict *out)
{
	memset(out, 0, sizeof(*out));
	out->outcome = "unknown";
	kf_find(&out->why, KF_REASON_SETTING_UNKNOWN, "RAUC-5");
	kf_prove_text(&out->why, "what its OpenSSL does at a file that it cannot read (unreadable-file=stops or passed)");
}

static enum kf_status decide(struct kf_verdict *out, void *state,
			     const struct kf_store *store,
			     const struct kf_rules *rules, struct kf_env *env)
{
	const struct rauc_profile *profile = rules->profile;
	const struct rauc_trust *trust = kf_store_state(store, rules);
	const char *told = kf_store_setting(store, "unreadable-file");
	bool past = told ? kf_same(told, "passed")
			 : profile->past_unreadable == KF_YES;
	enum kf_status status = decide_once(out, state, store, rules, env,
					    past);
	struct kf_verdict *other;

	if (status != KF_OK || told || trust->num_hashed == 0 ||
	    profile->past_unreadable != KF_NOT_ASKED)
		return status;
	other = kf_arena_take(env->arena, sizeof(*other));
	if (!other)
		return KF_NO_MEMORY;
	memset(other, 0, sizeof(*other));
	status = decide_once(other, state, store, rules, env, true);
	if (status == KF_OK && other->answer != out->answer)
		wait_for_openssl(out);
	return status;
}

const struct kf_verifier kf_rules_rauc = {
	.name = "rauc",
	.title = "RAUC: update bundles",
	.family = "RAUC",
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
