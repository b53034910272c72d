/* SWUpdate: its builds, and the order of its steps.
 *
 * key: does it start at all? archive: are description and signature where they
 * belong, and does the signature hold? description, items, attributes: what is
 * to be installed? kinds, version, hardware: may it be? files: is it all there?
 *
 * Source: sbabic/swupdate, core/stream_interface.c (extract_files), at the
 * versions that the profiles name.
 */
#include "swupdate.h"

#include "core/setting.h"

#include <string.h>

static const struct swupdate_profile debian_12 = {
	.scheme = SWUPDATE_CMS,
	.builds = SWUPDATE_IN_DEBIAN_12,
	.any_signer = true,
	.own_certificates = true,
};

static const struct swupdate_profile debian_13 = {
	.scheme = SWUPDATE_CMS,
	.builds = SWUPDATE_IN_DEBIAN_13,
	.later = true,
	.wolf = true,
};

static const struct swupdate_profile raw_rsa = {
	.scheme = SWUPDATE_RAW,
	.builds = SWUPDATE_IN_SMALL,
};

static const struct swupdate_profile rsa_pss = {
	.scheme = SWUPDATE_PSS,
	.builds = SWUPDATE_IN_SMALL,
};

static const struct swupdate_profile cms = {
	.scheme = SWUPDATE_CMS,
	.builds = SWUPDATE_IN_SMALL,
};

static const struct swupdate_profile cms_relaxed = {
	.scheme = SWUPDATE_CMS,
	.builds = SWUPDATE_IN_SMALL,
	.any_signer = true,
	.any_time = true,
	.any_purpose = true,
};

extern const struct kf_verifier kf_rules_swupdate;

static const struct kf_rules profiles[] = {
	{ "swupdate-2022.12-debian",
	  "SWUpdate 2022.12, Debian 12's package (deb12u3)",
	  &kf_rules_swupdate, &debian_12, true },
	{ "swupdate-2024.12-debian",
	  "SWUpdate 2024.12, Debian 13's package (deb13u2), with wolfSSL",
	  &kf_rules_swupdate, &debian_13, true },
	{ "swupdate-2022.12-rawrsa",
	  "SWUpdate 2022.12, built for raw signatures (RSA, ECDSA)",
	  &kf_rules_swupdate, &raw_rsa, true },
	{ "swupdate-2022.12-rsapss",
	  "SWUpdate 2022.12, built for raw RSA-PSS signatures",
	  &kf_rules_swupdate, &rsa_pss, true },
	{ "swupdate-2022.12-cms", "SWUpdate 2022.12, built for CMS",
	  &kf_rules_swupdate, &cms, true },
	{ "swupdate-2022.12-cms-relaxed",
	  "SWUpdate 2022.12, built for CMS of any date, purpose and signer beside a good one",
	  &kf_rules_swupdate, &cms_relaxed, true },
	{ NULL, NULL, NULL, NULL, false },
};

static const char *const formats[] = { "swu", NULL };

static const char *const parts[] = { "key", "hwrevision", "sw-versions",
				     NULL };

static const struct kf_choice choices[] = {
	{ "hardware", KF_SETTING_TEXT,
	  "BOARD:REVISION of the device, as -H or /etc/hwrevision tells it" },
	{ "select", KF_SETTING_TEXT, "SET,MODE of software, as -e tells it" },
	{ "no-downgrading", KF_SETTING_TEXT,
	  "versions below this one are refused" },
	{ "no-reinstalling", KF_SETTING_TEXT, "this very version is refused" },
	{ "max-version", KF_SETTING_TEXT,
	  "versions above this one are refused" },
	{ "cert-purpose", "emailProtection|codeSigning",
	  "what the signer's certificate has to be for" },
	{ "forced-signer-name", KF_SETTING_TEXT,
	  "the common name that the signer's certificate has to have" },
	{ "decryption-key", "none|given|matches",
	  "whether the device has a key to decrypt images with, and it is the right one" },
	{ "types", KF_SETTING_TEXT,
	  "types that the device installs beside those of its build, between commas" },
	{ NULL, NULL, NULL },
};

void swupdate_words(struct swupdate_case *k, struct kf_finding *f,
		    const char *a, struct kf_bytes b, const char *c)
{
	struct kf_bytes part[] = { kf_text(a), b, kf_text(c) };
	size_t len = part[0].len + part[1].len + part[2].len, at = 0;
	char *text = kf_arena_take(k->env->arena, len + 1);

	if (!text) {
		k->status = KF_NO_MEMORY;
		return;
	}
	for (size_t i = 0; i < 3; i++) {
		if (part[i].len)
			memcpy(text + at, part[i].data, part[i].len);
		at += part[i].len;
	}
	kf_prove_text(f, len ? text : "nothing");
}

bool swupdate_refuse(struct swupdate_case *k, enum kf_reason_id id,
		     const char *rule, const char *a, struct kf_bytes b,
		     const char *c)
{
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, id, rule);
	swupdate_words(k, &k->out->why, a, b, c);
	return false;
}

bool swupdate_beyond(struct swupdate_case *k, const char *what)
{
	if (k->out->why.reason)
		return false;
	k->out->answer = KF_UNDECIDED;
	kf_find(&k->out->why, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&k->out->why, what);
	return false;
}

bool swupdate_untold(struct swupdate_case *k, const char *setting)
{
	k->out->answer = KF_UNDECIDED;
	kf_find(&k->out->why, KF_REASON_SETTING_UNKNOWN, NULL);
	kf_prove_text(&k->out->why, setting);
	return false;
}

bool swupdate_fail(struct swupdate_case *k, enum kf_status status)
{
	k->status = status;
	return false;
}

/* read takes a file apart: what is in it, its digests, its description. */
static enum kf_status read(struct swupdate_update *out,
			   const struct kf_source *source, bool later,
			   struct kf_env *env)
{
	struct kf_bytes text;
	enum kf_status status = kf_swu_read(&out->swu, source, env);

	if (status == KF_OK)
		status = swupdate_digests(out, source, env);
	text = out->swu.description;
	if (status == KF_OK)
		status = kf_libconfig_read(&out->libconfig, text, later, env);
	if (status == KF_OK && out->libconfig.result == KF_CONFIG_WRONG)
		status = kf_json_tree(&out->json, text, env);
	return status;
}

/* read_cms takes the signature apart, and asks whether it holds over
 * sw-description, or with wolfSSL over what is inside. */
static enum kf_status read_cms(struct swupdate_update *out, bool wolf,
			       struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_bytes text = out->swu.description;
	struct kf_source source = kf_bytes_source(&text);
	enum kf_status status = crypto->cms_read(crypto->self, &out->cms,
						 out->swu.signature);

	if (status != KF_OK || !out->cms)
		return status;
	status = crypto->cms_facts(out->cms, &out->facts, env->arena);
	if (status != KF_OK)
		return status;
	return crypto->cms_content(out->cms, wolf && !out->facts.detached
				   ? NULL : &source, &out->content);
}

static void *prepare(struct kf_artifact *artifact,
		     const struct kf_rules *rules, struct kf_env *env)
{
	const struct swupdate_profile *profile = rules->profile;
	struct swupdate_update *update = kf_arena_take(env->arena,
						       sizeof(*update));

	if (!update) {
		artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	if (artifact->num_suppose || !artifact->source)
		return update;
	update->source = artifact->source;
	artifact->status = read(update, artifact->source, profile->later, env);
	if (artifact->status == KF_OK && profile->scheme == SWUPDATE_CMS)
		artifact->status = read_cms(update, profile->wolf, env);
	return update;
}

static void release(void *state, struct kf_env *env)
{
	struct swupdate_update *update = state;

	if (update->cms)
		env->crypto->cms_close(update->cms);
}

/* halves cuts a text at its first letter `c`. */
static bool halves(struct kf_bytes *a, struct kf_bytes *b, const char *text,
		   uint8_t c)
{
	struct kf_bytes all = kf_text(text);

	for (size_t i = 0; i < all.len; i++)
		if (all.data[i] == c) {
			*a = kf_part_of(all, 0, i);
			*b = kf_part_of(all, i + 1, all.len - i - 1);
			return a->len && b->len;
		}
	return false;
}

/* is_blank tells what separates words, as isspace does. */
static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct kf_bytes swupdate_word(struct kf_bytes file, size_t *at)
{
	size_t from;

	while (*at < file.len && is_blank(file.data[*at]))
		++*at;
	from = *at;
	while (*at < file.len && !is_blank(file.data[*at]))
		++*at;
	return kf_part_of(file, from, *at - from);
}

/* first_words takes the two words that /etc/hwrevision starts with. */
static bool first_words(struct kf_bytes out[2], struct kf_bytes file)
{
	size_t at = 0;

	for (size_t i = 0; i < 2; i++) {
		out[i] = swupdate_word(file, &at);
		if (out[i].len == 0 || out[i].len > SWUPDATE_TEXT_MAX)
			return false;
	}
	return true;
}

/* hardware is what the device says that it is: the setting before the file. */
static void hardware(struct swupdate_device *out, const struct kf_store *store)
{
	const char *text = kf_store_setting(store, "hardware");
	const struct kf_part *part = kf_store_part(store, "hwrevision");
	enum kf_presence file = kf_store_presence(store, "hwrevision");
	struct kf_bytes words[2];

	if (text) {
		if (halves(&out->board, &out->revision, text, ':'))
			out->hardware = SWUPDATE_TOLD;
		return;
	}
	if (file == KF_UNKNOWN)
		return;
	out->hardware = SWUPDATE_NONE;
	if (file != KF_PRESENT || !first_words(words, part->bytes))
		return;
	out->hardware = SWUPDATE_TOLD;
	out->board = words[0];
	out->revision = words[1];
}

static struct kf_bytes file_of(const struct kf_store *store, const char *name,
			       enum kf_presence *presence)
{
	const struct kf_part *part = kf_store_part(store, name);

	*presence = kf_store_presence(store, name);
	return *presence == KF_PRESENT ? part->bytes : kf_view(NULL, 0);
}

static void *prepare_store(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env)
{
	struct swupdate_device *d = kf_arena_take(env->arena, sizeof(*d));
	const char *select = kf_store_setting(store, "select");

	if (!d) {
		store->status = KF_NO_MEMORY;
		return NULL;
	}
	d->key_file = file_of(store, "key", &d->key);
	d->versions_file = file_of(store, "sw-versions", &d->versions);
	hardware(d, store);
	if (select && !halves(&d->set, &d->mode, select, ','))
		d->set.len = d->mode.len = 0;
	d->minimum = kf_store_setting(store, "no-downgrading");
	d->maximum = kf_store_setting(store, "max-version");
	d->installed = kf_store_setting(store, "no-reinstalling");
	d->signer = kf_store_setting(store, "forced-signer-name");
	d->purpose = kf_store_setting(store, "cert-purpose");
	d->types = kf_store_setting(store, "types");
	d->decryption = kf_store_setting(store, "decryption-key");
	store->status = swupdate_key(d, rules->profile, env);
	return d;
}

/* starts tells whether SWUpdate does, with the key that it has. */
static bool starts(struct swupdate_case *k)
{
	const struct swupdate_device *d = k->device;

	if (d->key == KF_ABSENT)
		return swupdate_refuse(k, KF_REASON_KEY_MISSING, "SWUPDATE-2",
				       "SWUpdate does not start without",
				       kf_view(NULL, 0), NULL);
	if (d->key_beyond)
		return swupdate_beyond(k, d->key_beyond);
	if (d->key_fault)
		return swupdate_refuse(k, KF_REASON_KEY_UNREADABLE,
				       "SWUPDATE-2", d->key_fault,
				       kf_view(NULL, 0), NULL);
	return true;
}

/* judge takes all steps once. */
static void judge(struct swupdate_case *k)
{
	memset(k->out, 0, sizeof(*k->out));
	k->guessed = k->unsigned_yet = k->sealed = false;
	if (starts(k) && swupdate_head(k) && swupdate_signature(k) &&
	    swupdate_description(k) && swupdate_hardware(k) &&
	    swupdate_files(k))
		k->out->answer = KF_ACCEPT;
}

/* waits gives no answer until a part is known. */
static void waits(struct swupdate_case *k, const char *part)
{
	memset(k->out, 0, sizeof(*k->out));
	kf_find(&k->out->why, KF_REASON_STORE_PART_UNKNOWN, NULL);
	kf_prove(&k->out->why, KF_EV_STORE_PART, part);
}

/* settle asks twice where the answer rests on what is installed. With nothing
 * left out the update has to have most; with all left out that can be, least:
 * what both say, all others between them say too, unless nothing is left. */
static void settle(struct swupdate_case *k)
{
	enum kf_answer first;

	k->guess = SWUPDATE_INSTALLS;
	judge(k);
	if (!k->guessed || k->status != KF_OK)
		return;
	first = k->out->answer;
	k->guess = SWUPDATE_SKIPS;
	judge(k);
	if (k->status != KF_OK || k->out->answer == KF_UNDECIDED)
		return;
	if (first != k->out->answer ||
	    k->out->why.reason == &kf_reasons[KF_REASON_NOTHING_TO_INSTALL]) {
		waits(k, "sw-versions");
		return;
	}
	k->guess = SWUPDATE_INSTALLS;
	judge(k);
}

/* raw_result is how a raw signature stands. */
static void raw_result(struct swupdate_case *k, struct kf_signature_result *s)
{
	const struct kf_key *key = &k->device->public_key;
	bool pss = k->profile->scheme == SWUPDATE_PSS;
	struct kf_finding *why = &k->out->why;

	s->digest = "SHA-256";
	s->algorithm = pss ? "RSA-PSS" : key->kind == KF_KEY_EC ? "ECDSA"
								 : "RSA";
	if (!s->trusted)
		return;
	why->rule = pss ? "SWUPDATE-4" : "SWUPDATE-3";
	kf_prove_signature(why, 1, s->at, s->len);
	kf_prove(why, KF_EV_STORE_PART, "key");
	kf_prove_text(why, key->name);
}

/* cms_result is how the signer stands that counts, or the first one. */
static void cms_result(struct swupdate_case *k, struct kf_signature_result *s)
{
	const struct swupdate_update *u = k->update;
	const struct kf_cms_result *r = &k->chain;
	struct kf_finding *why = &k->out->why;
	struct kf_cms_signer signer;

	if (!u->cms || r->signer >= u->facts.num_signers)
		return;
	k->status = k->env->crypto->cms_signer(u->cms, r->signer, &signer,
					       k->env->arena);
	s->number = (uint32_t)r->signer + 1;
	s->digest = signer.digest;
	s->algorithm = signer.algorithm;
	s->chain[s->num_chain++] = signer.certificate;
	for (size_t i = 1; i < r->num_chain && i < KF_CHAIN_MAX; i++)
		s->chain[s->num_chain++] = r->chain[i];
	if (!s->trusted)
		return;
	why->rule = k->profile->wolf ? "SWUPDATE-23" : "SWUPDATE-5";
	kf_prove_signature(why, s->number, s->at, s->len);
	kf_prove(why, KF_EV_STORE_PART, "key");
	for (size_t i = 0; i < s->num_chain && i < 4; i++)
		kf_prove_certificate(why, i ? "issuer" : "signer",
				     s->chain[i]);
}

/* signature_result says what let the update through, and how its signature
 * stands. */
static void signature_result(struct swupdate_case *k)
{
	const struct swupdate_update *u = k->update;
	struct kf_signature_result *s = &k->out->signature[0];

	if (!u->source || u->swu.num_files < 2)
		return;
	k->out->num_signatures = 1;
	s->number = 1;
	s->at = u->swu.file[1].data_at;
	s->len = u->swu.file[1].size;
	s->looked_at = s->revocation_known = true;
	s->trust_known = k->device->key != KF_UNKNOWN;
	s->trusted = k->out->answer == KF_ACCEPT;
	if (k->profile->scheme == SWUPDATE_CMS)
		cms_result(k, s);
	else
		raw_result(k, s);
}

static const char *outcome(const struct kf_verdict *v)
{
	return v->answer == KF_ACCEPT ? "installs" :
	       v->answer == KF_REJECT ? "refused-at-install" : "unknown";
}

static enum kf_status decide(struct kf_verdict *out, void *state,
			     const struct kf_store *store,
			     const struct kf_rules *rules, struct kf_env *env)
{
	struct swupdate_case k = {
		.out = out,
		.update = state,
		.device = kf_store_state(store, rules),
		.profile = rules->profile,
		.env = env,
	};

	settle(&k);
	if (k.status != KF_OK)
		return k.status;
	if (k.unsigned_yet && out->answer == KF_ACCEPT)
		waits(&k, "key");
	if (k.sealed && out->answer == KF_ACCEPT) {
		memset(out, 0, sizeof(*out));
		(void)swupdate_untold(&k, "whether the device's key opens the encrypted files (decryption-key=matches)");
	}
	signature_result(&k);
	swupdate_warn(&k);
	out->outcome = outcome(out);
	return k.status;
}

const struct kf_verifier kf_rules_swupdate = {
	.name = "swupdate",
	.title = "SWUpdate: updates of embedded Linux",
	.family = "SWUPDATE",
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
