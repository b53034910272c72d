/* RAUC's check_bundle: the keyring, the layout, the CMS and the manifest in it.
 *
 * Source: rauc/rauc, src/bundle.c:check_bundle, open_local_bundle and
 * src/signature.c:setup_x509_store, cms_verify_bytes, cms_get_cert_chain at
 * v1.8, v1.13 and 3991031 (1.16-dev).
 */
#include "rauc.h"

#include <string.h>

/* wait: the answer depends on a part that is not known. */
static bool wait_for(struct rauc_case *k, const char *part)
{
	k->out->answer = KF_UNDECIDED;
	kf_find(&k->out->why, KF_REASON_STORE_PART_UNKNOWN, NULL);
	kf_prove(&k->out->why, KF_EV_STORE_PART, part);
	return false;
}

static bool fault(struct rauc_case *k, enum kf_status status)
{
	k->status = status;
	return false;
}

/* configured: does RAUC start, and with something to trust? RAUC-2, -13 */
static bool configured(struct rauc_case *k)
{
	const struct rauc_trust *t = k->trust;

	if (t->config_presence == KF_UNKNOWN)
		return wait_for(k, "config");
	if (t->config_presence == KF_ABSENT) {
		rauc_reject(k, KF_REASON_TRUST_STORE_MISSING, "RAUC-2");
		kf_prove_text(&k->out->why, "there is no system.conf");
		return false;
	}
	if (t->config.bad.reason)
		return rauc_reject_with(k, &t->config.bad);
	if (t->config.keyring_path.len || t->config.keyring_directory.len)
		return true;
	rauc_reject(k, KF_REASON_TRUST_STORE_MISSING, "RAUC-2");
	kf_prove_text(&k->out->why, "system.conf names no keyring");
	return false;
}

/* is_beyond: there is something that keyfit does not weigh. */
static bool is_beyond(struct rauc_case *k)
{
	if (!k->bundle->beyond.reason)
		return false;
	k->out->answer = KF_UNDECIDED;
	k->out->why = k->bundle->beyond;
	return true;
}

/* laid_out: RAUC-1. */
static bool laid_out(struct rauc_case *k)
{
	const struct kf_rauc *layout = &k->bundle->layout;

	if (layout->damage.field) {
		rauc_reject(k, KF_REASON_CONTAINER_MALFORMED, "RAUC-1");
		kf_prove_field(&k->out->why, layout->damage.field,
			       layout->damage.at, KF_RAUC_TAIL_LEN);
		kf_prove_value(&k->out->why, layout->cms_len,
			       k->bundle->source->size);
		kf_prove_text(&k->out->why, "the length of the signature does not fit the file");
		return false;
	}
	if (layout->cms_len > k->trust->config.cms_max) {
		rauc_reject(k, KF_REASON_CONTAINER_MALFORMED, "RAUC-1");
		kf_prove_field(&k->out->why, "length of the signature",
			       layout->cms_at + layout->cms_len,
			       KF_RAUC_TAIL_LEN);
		kf_prove_value(&k->out->why, layout->cms_len,
			       k->trust->config.cms_max);
		kf_prove_text(&k->out->why, "the signature is longer than RAUC reads");
		return false;
	}
	if (is_beyond(k))
		return false;
	if (k->bundle->cms)
		return true;
	rauc_reject(k, KF_REASON_SIGNATURE_MALFORMED, "RAUC-4");
	kf_prove_signature(&k->out->why, 1, layout->cms_at, layout->cms_len);
	kf_prove_text(&k->out->why, "it is no CMS");
	return false;
}

/* no_key says that an encrypted bundle cannot be opened. RAUC-3 */
static bool no_key(struct rauc_case *k, const char *text)
{
	rauc_reject(k, KF_REASON_DECRYPTION_KEY_MISSING, "RAUC-3");
	kf_prove_text(&k->out->why, text);
	return false;
}

/* has_key: is there a key, and its certificate where one is named? */
static bool has_key(struct rauc_case *k)
{
	const struct rauc_trust *t = k->trust;

	if (t->config.encryption_key.len == 0)
		return no_key(k, "system.conf names no key for decryption");
	if (t->key == KF_ABSENT)
		return no_key(k, "the key for decryption is not there");
	if (t->key == KF_UNKNOWN)
		return wait_for(k, "encryption-key");
	if (t->config.encryption_cert.len == 0)
		return true;
	if (t->certificate == KF_UNKNOWN)
		return wait_for(k, "encryption-certificate");
	return t->certificate == KF_PRESENT ? true
		: no_key(k, "the certificate for decryption is not there");
}

/* sign_inner puts the signature that is asked about in place of the one that
 * was decrypted. */
static bool sign_inner(struct rauc_case *k)
{
	struct kf_bytes content = k->facts.content;
	enum kf_status status = KF_WRONG_USE;

	if (k->cms && k->facts.is_signed && !k->facts.detached) {
		k->env->crypto->cms_close(k->decrypted);
		k->decrypted = k->cms = NULL;
		status = rauc_sign_anew(&k->decrypted, &k->facts, k->bundle,
					&content, k->env);
		k->cms = k->decrypted;
	}
	if (status == KF_OK)
		return true;
	if (status != KF_WRONG_USE)
		return fault(k, status);
	kf_find(&k->out->why, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&k->out->why, "what would be signed anew cannot be told");
	return false;
}

/* take_inner parses what was decrypted. */
static bool take_inner(struct rauc_case *k, struct kf_bytes inner)
{
	const struct kf_crypto *crypto = k->env->crypto;
	enum kf_status status = crypto->cms_read(crypto->self, &k->decrypted,
						 inner);

	k->was_encrypted = true;
	k->cms = k->decrypted;
	if (status == KF_OK && k->cms)
		status = crypto->cms_facts(k->cms, &k->facts, k->env->arena);
	if (status == KF_OK && k->bundle->num_suppose)
		return sign_inner(k);
	return status == KF_OK ? true : fault(k, status);
}

/* decrypt opens the outer CMS with the device's key. */
static bool decrypt(struct rauc_case *k)
{
	const struct rauc_trust *t = k->trust;
	struct kf_bytes inner, certificate = { NULL, 0 };
	struct kf_cms_result result;
	enum kf_status status;

	if (!has_key(k))
		return false;
	if (t->config.encryption_cert.len)
		certificate = t->certificate_bytes;
	status = k->env->crypto->cms_decrypt(k->bundle->cms, &inner,
					     certificate, t->key_bytes,
					     &result, k->env->arena);
	if (status != KF_OK)
		return fault(k, status);
	if (result.answer == KF_YES)
		return take_inner(k, inner);
	if (result.step == KF_CMS_KEY)
		return no_key(k, "the key or certificate for decryption cannot be read");
	return rauc_reject(k, KF_REASON_DECRYPTION_NOT_RECIPIENT, "RAUC-3");
}

/* purpose_of is the purpose that the configuration names; NULL: there is none
 * of that name. RAUC-8 */
static const char *purpose_of(const struct rauc_case *k, struct kf_bytes name)
{
	if (rauc_is(name, "codesign") ||
	    (rauc_is(name, "codesign-rauc") && k->profile->version > RAUC_1_8))
		return KF_PURPOSE_CODE_SIGNING;
	if (rauc_among(name, "sslclient sslserver nssslserver smimesign "
		       "smimeencrypt crlsign any ocsphelper timestampsign"))
		return (const char *)name.data;
	return NULL;
}

/* load_keyring: what setup_x509_store needs. RAUC-5, -6, -7 */
static bool load_keyring(struct rauc_case *k)
{
	const struct rauc_config *config = &k->trust->config;
	const struct rauc_trust *t = k->trust;
	struct kf_cms_trust *out = &k->keyring;

	if (config->keyring_path.len && t->keyring == KF_UNKNOWN)
		return wait_for(k, "keyring");
	if (config->keyring_directory.len && t->folder == KF_UNKNOWN)
		return wait_for(k, "keyring-directory");
	if (config->keyring_path.len && t->keyring == KF_ABSENT) {
		rauc_reject(k, KF_REASON_KEYRING_UNREADABLE, "RAUC-5");
		kf_prove(&k->out->why, KF_EV_STORE_PART, "keyring");
		kf_prove_text(&k->out->why, "the file is not there");
		return false;
	}
	out->has_file = config->keyring_path.len;
	out->file = t->keyring_bytes;
	out->num_folders = config->keyring_directory.len ? t->num_folders : 0;
	out->hashed = t->hashed;
	out->num_hashed = t->num_hashed;
	out->crls = config->check_crl;
	out->partial_chain = config->partial_chain;
	out->now_s = k->env->now_s;
	out->past_unreadable = k->past_unreadable;
	if (config->purpose.len)
		out->purpose = purpose_of(k, config->purpose);
	return true;
}

/* has_purpose: an unknown purpose is refused once the keyring is loaded. */
static bool has_purpose(struct rauc_case *k)
{
	if (k->keyring.purpose || k->trust->config.purpose.len == 0)
		return true;
	rauc_reject(k, KF_REASON_POLICY_INVALID, "RAUC-8");
	kf_prove_text(&k->out->why, "check-purpose is none that RAUC knows");
	return false;
}

static bool reject_time(struct rauc_case *k, const char *text)
{
	rauc_reject(k, KF_REASON_SIGNING_TIME_UNUSABLE, "RAUC-9");
	kf_prove_text(&k->out->why, text);
	return false;
}

/* crash: older versions follow a pointer to nowhere. */
static bool crash(struct rauc_case *k)
{
	rauc_reject(k, KF_REASON_VERIFIER_FAULT, "RAUC-9");
	kf_prove_text(&k->out->why, "use-bundle-signing-time is set, and the signature has no signing time that this version can read");
	return false;
}

/* time_told looks at what a signer's time turned out to be. */
static bool time_told(struct rauc_case *k, const struct kf_cms_signer *signer)
{
	bool newer = k->profile->version >= RAUC_1_16;

	switch (signer->time) {
	case KF_CMS_TIME_KNOWN:
		return newer && signer->signed_s < 0
			? reject_time(k, "it lies before 1970") : true;
	case KF_CMS_TIME_FRACTION:
		return newer ? true
			     : reject_time(k, "it has a fraction of a second");
	case KF_CMS_TIME_UNREADABLE:
		return reject_time(k, "it is no time");
	case KF_CMS_TIME_NONE:
	case KF_CMS_TIME_EMPTY:
	case KF_CMS_TIME_OTHER:
	default:
		return newer ? reject_time(k, "it is missing") : crash(k);
	}
}

/* take_time puts the signing time in place of the clock. RAUC-9 */
static bool take_time(struct rauc_case *k)
{
	bool newer = k->profile->version >= RAUC_1_16;
	struct kf_cms_signer signer;
	enum kf_status status;

	/* Who signs anew does so now. */
	if (!k->trust->config.signing_time || k->bundle->num_suppose)
		return true;
	if (newer && k->facts.num_signers > 1)
		return reject_time(k, "there are several signers");
	if (k->facts.num_signers == 0)
		return newer ? reject_time(k, "nobody has signed it")
			     : crash(k);
	status = k->env->crypto->cms_signer(k->cms, 0, &signer,
					    k->env->arena);
	if (status != KF_OK)
		return fault(k, status);
	k->keyring.now_s = signer.signed_s;
	return time_told(k, &signer);
}

/* reject_cms words what CMS_verify says. */
static bool reject_cms(struct rauc_case *k, const struct kf_cms_result *r,
		       const char *rule)
{
	const char *part = k->trust->config.keyring_path.len
		? "keyring" : "keyring-directory";

	k->out->answer = KF_REJECT;
	kf_cms_find(&k->out->why, r, &k->keyring, part, rule);
	return false;
}

/* chains: do all signers lead to the keyring? The signature itself is looked
 * at after that. OPENSSL-2 */
static bool chains(struct rauc_case *k)
{
	struct kf_cms_result result;
	enum kf_status status = k->env->crypto->cms_chain(k->cms, &k->keyring,
							  &result,
							  k->env->arena);

	if (status != KF_OK)
		return fault(k, status);
	if (result.step == KF_CMS_STORE)
		return reject_cms(k, &result, "RAUC-5");
	if (!has_purpose(k))
		return false;
	return result.answer == KF_YES ? true : reject_cms(k, &result, NULL);
}

/* holds: is what was signed what is there? */
static bool holds(struct rauc_case *k)
{
	struct kf_cms_result result = k->bundle->content;
	enum kf_status status = KF_OK;

	if (k->decrypted && !k->bundle->num_suppose)
		status = k->env->crypto->cms_content(k->cms, NULL, &result);
	if (status != KF_OK)
		return fault(k, status);
	return result.answer == KF_YES ? true : reject_cms(k, &result, NULL);
}

/* fits: newer versions take no plain payload beyond 2 GiB. RAUC-23 */
static bool fits(struct rauc_case *k)
{
	if (!k->plain || k->profile->short_content ||
	    k->bundle->layout.payload_len <= INT32_MAX)
		return true;
	rauc_reject(k, KF_REASON_CONTAINER_MALFORMED, "RAUC-23");
	kf_prove_field(&k->out->why, "length of the payload", 0,
		       k->bundle->layout.payload_len);
	kf_prove_value(&k->out->why, k->bundle->layout.payload_len,
		       INT32_MAX);
	kf_prove_text(&k->out->why, "a plain bundle has 2 GiB at most");
	return false;
}

/* names_allowed: RAUC-11. */
static bool names_allowed(struct rauc_case *k)
{
	const struct rauc_config *config = &k->trust->config;

	if (!config->limits_signers)
		return true;
	for (size_t i = 0; i < k->facts.num_signers; i++) {
		struct kf_cms_signer signer;
		enum kf_status status = k->env->crypto->cms_signer(
			k->cms, i, &signer, k->env->arena);

		if (status != KF_OK)
			return fault(k, status);
		if (!signer.has_name)
			continue;
		if (signer.subject_name.len &&
		    memchr(signer.subject_name.data, 0,
			   signer.subject_name.len))
			break;
		for (size_t j = 0; j < config->num_signer_names; j++)
			if (kf_equal(config->signer_names[j],
				     signer.subject_name))
				return true;
	}
	rauc_reject(k, KF_REASON_SIGNER_NAME_FORBIDDEN, "RAUC-11");
	return false;
}

/* one_signer: the chain is built a second time, for the one signer that there
 * may be; without the CRLs inside, and with no purpose of its own. RAUC-10 */
static bool one_signer(struct rauc_case *k)
{
	enum kf_status status;

	if (k->facts.num_signers != 1) {
		rauc_reject(k, KF_REASON_MULTIPLE_SIGNERS, "RAUC-10");
		kf_prove_field(&k->out->why, "signers", 0, 0);
		kf_prove_value(&k->out->why, k->facts.num_signers, 1);
		return false;
	}
	status = k->env->crypto->cms_signer_chain(k->cms, &k->keyring,
						  &k->chain, k->env->arena);
	if (status != KF_OK)
		return fault(k, status);
	return k->chain.answer == KF_YES ? true
		: reject_cms(k, &k->chain, "RAUC-10");
}

/* is_right_type: older versions leave this to CMS_verify. */
static bool is_right_type(struct rauc_case *k)
{
	bool signs = k->cms && k->facts.is_signed;

	if (!k->plain && signs && k->facts.detached) {
		rauc_reject(k, KF_REASON_SIGNATURE_MALFORMED, "RAUC-4");
		kf_prove_text(&k->out->why, "what was decrypted has no manifest in it");
		return false;
	}
	if (signs)
		return true;
	if (k->cms && k->trust->config.signing_time &&
	    k->profile->version < RAUC_1_16)
		return crash(k);
	rauc_reject(k, KF_REASON_SIGNATURE_MALFORMED, "RAUC-4");
	kf_prove_signature(&k->out->why, 1, k->bundle->layout.cms_at,
			   k->bundle->layout.cms_len);
	kf_prove_text(&k->out->why, "it is no CMS of signed data");
	return false;
}

static bool verified(struct rauc_case *k)
{
	return load_keyring(k) && is_right_type(k) && take_time(k) &&
	       fits(k) && chains(k) && holds(k) && names_allowed(k) &&
	       one_signer(k);
}

/* read_manifest reads the signed manifest of a bundle that was encrypted. */
static bool read_manifest(struct rauc_case *k)
{
	struct rauc_manifest *m;
	enum kf_status status;

	k->manifest = k->bundle->manifest;
	if (!k->decrypted || k->plain)
		return true;
	m = kf_arena_take(k->env->arena, sizeof(*m));
	status = m ? rauc_manifest_read(m, k->facts.content, k->profile,
					k->env) : KF_NO_MEMORY;
	k->manifest = m;
	return status == KF_OK ? true : fault(k, status);
}

/* allowed: RAUC-12, -19. */
static bool allowed(struct rauc_case *k)
{
	unsigned format = RAUC_PLAIN;

	if (!k->plain) {
		if (k->facts.content.len == 0) {
			rauc_reject(k, KF_REASON_MANIFEST_MALFORMED, "RAUC-19");
			kf_prove_text(&k->out->why, "it is empty");
			return false;
		}
		if (k->manifest->bad.reason)
			return rauc_reject_with(k, &k->manifest->bad);
		format = k->manifest->format;
		if (format == RAUC_PLAIN) {
			rauc_reject(k, KF_REASON_MANIFEST_MALFORMED, "RAUC-19");
			kf_prove_text(&k->out->why, "a signed manifest is of the format verity or crypt");
			return false;
		}
	}
	if (k->trust->config.formats & format)
		return true;
	rauc_reject(k, KF_REASON_FORMAT_NOT_ALLOWED, "RAUC-12");
	kf_prove_text(&k->out->why, format == RAUC_PLAIN ? "plain" :
		      format == RAUC_VERITY ? "verity" : "crypt");
	return false;
}

bool rauc_signer(struct rauc_case *k)
{
	if (!configured(k) || is_beyond(k))
		return false;
	k->cms = k->bundle->cms;
	k->facts = k->bundle->facts;
	k->plain = true;
	return verified(k);
}

bool rauc_signature(struct rauc_case *k)
{
	if (!configured(k) || !laid_out(k))
		return false;
	k->cms = k->bundle->cms;
	k->facts = k->bundle->facts;
	k->plain = k->facts.detached;
	if (k->facts.is_enveloped && !decrypt(k))
		return false;
	return verified(k) && read_manifest(k) && allowed(k);
}
