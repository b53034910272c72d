/* libjcat's engines: which keys each of them takes, and what it says of a
 * blob.
 *
 * One file of keys that an engine cannot take stops the engine, and no
 * signature of its kind counts on that device.
 *
 * Source: hughsie/libjcat, libjcat/jcat-engine.c (jcat_engine_setup),
 * jcat-context.c (jcat_context_verify_item, jcat_context_verify_target,
 * jcat_context_verify_blob), jcat-pkcs7-engine.c, jcat-ed25519-engine.c,
 * jcat-gpg-engine.c, jcat-sha256-engine.c, tag 0.2.3.
 */
#include "hex.h"
#include "jcat.h"

#include <string.h>

static bool is_der(struct kf_bytes name)
{
	return kf_jcat_ends(name, ".cer") || kf_jcat_ends(name, ".crt") ||
	       kf_jcat_ends(name, ".der");
}

void kf_jcat_close(struct kf_jcat_ask *ask)
{
	if (ask->trust)
		ask->env->gnutls->trust_close(ask->trust);
	ask->trust = NULL;
}

/* load sets the engine for PKCS#7 up. */
static void load(struct kf_jcat_ask *ask)
{
	const struct kf_gnutls *gnutls = ask->env->gnutls;

	if (ask->loaded)
		return;
	ask->loaded = true;
	ask->status = gnutls ? gnutls->trust_open(&ask->trust)
			     : KF_NO_CRYPTO;
	for (size_t i = 0; ask->status == KF_OK && i < ask->keys->num; i++) {
		const struct kf_jcat_key *k = &ask->keys->key[i];
		enum kf_anchor how = KF_ANCHOR_UNREADABLE;

		if (!kf_jcat_is_key(k->name, KF_JCAT_PKCS7))
			continue;
		if (!k->unreadable)
			ask->status = gnutls->trust_add(ask->trust, k->bytes,
							!is_der(k->name),
							&how);
		if (ask->status != KF_OK || how == KF_ANCHOR_TAKEN)
			continue;
		ask->bad_key = k;
		ask->bad = how;
		return;
	}
}

static void find(struct kf_jcat_answer *out, enum kf_reason_id id,
		 const char *rule)
{
	out->said = KF_JCAT_BAD;
	kf_find(&out->why, id, rule);
}

static void open_question(struct kf_jcat_answer *out, enum kf_reason_id id,
			  const char *text)
{
	out->said = KF_JCAT_OPEN;
	kf_find(&out->why, id, NULL);
	kf_prove_text(&out->why, text);
}

/* keep_text makes a text out of bytes, for people. */
const char *kf_jcat_text(struct kf_jcat_ask *ask, struct kf_bytes bytes)
{
	char *text = kf_arena_take(ask->env->arena, bytes.len + 1);

	if (!text) {
		ask->status = KF_NO_MEMORY;
		return "";
	}
	if (bytes.len)
		memcpy(text, bytes.data, bytes.len);
	return text;
}

/* bad_keys says which file stops the engine. */
static void bad_keys(struct kf_jcat_answer *out, struct kf_jcat_ask *ask)
{
	static const char *const said[] = {
		[KF_ANCHOR_UNREADABLE] = "it is no certificate, or not in the encoding that its name promises",
		[KF_ANCHOR_NO_USAGE] = "its certificate has no key usage",
		[KF_ANCHOR_OTHER_USAGE] = "its certificate's key usage has neither digitalSignature nor keyCertSign",
		[KF_ANCHOR_REFUSED] = "GnuTLS does not trust it",
	};

	find(out, KF_REASON_KEYRING_UNREADABLE, "JCAT-2");
	kf_prove(&out->why, KF_EV_STORE_PART, "pki");
	kf_prove_text(&out->why, kf_jcat_text(ask, ask->bad_key->name));
	kf_prove_text(&out->why, said[ask->bad]);
}

/* dated finds the certificate of a chain that a date refuses. */
static void dated(struct kf_finding *why, struct kf_jcat_ask *ask,
		  const struct kf_gnutls_result *r)
{
	const struct kf_crypto *crypto = ask->env->crypto;
	bool expired = r->why == KF_GNUTLS_EXPIRED;

	for (size_t i = 0; i < r->num_chain; i++) {
		int64_t from, to;

		if (!crypto->certificate_times(crypto->self, r->chain[i],
					       &from, &to) ||
		    (expired ? to >= ask->env->now_s
			     : from <= ask->env->now_s))
			continue;
		kf_prove_certificate(why, i ? "issuer" : "signer",
				     r->chain[i]);
		kf_prove(why, KF_EV_MOMENT, expired ? "not after"
						    : "not before")->value =
			(uint64_t)(expired ? to : from);
		return;
	}
}

/* untrusted tells an issuer that is not there from a root that is another
 * one. */
static enum kf_reason_id untrusted(struct kf_jcat_ask *ask,
				   const struct kf_gnutls_result *r)
{
	const struct kf_crypto *crypto = ask->env->crypto;
	struct kf_certificate last;

	if (r->num_chain == 0)
		return KF_REASON_CHAIN_ISSUER_MISSING;
	if (crypto->certificate_read(crypto->self, &last,
				     r->chain[r->num_chain - 1],
				     ask->env->arena) != KF_OK)
		return KF_REASON_CHAIN_ISSUER_MISSING;
	return last.self_issued ? KF_REASON_CHAIN_ROOT_NOT_TRUSTED
				: KF_REASON_CHAIN_ISSUER_MISSING;
}

/* prove_chain names the certificate that the reason is about. */
static void prove_chain(struct kf_finding *why, struct kf_jcat_ask *ask,
			const struct kf_gnutls_result *r)
{
	size_t which = 0;

	if (r->why == KF_GNUTLS_EXPIRED ||
	    r->why == KF_GNUTLS_NOT_YET_VALID) {
		dated(why, ask, r);
		return;
	}
	if (r->num_chain == 0)
		return;
	if (r->why == KF_GNUTLS_UNTRUSTED)
		which = r->num_chain - 1;
	kf_prove_certificate(why, which ? "issuer" : "signer",
			     r->chain[which]);
}

/* refused words what GnuTLS has one number for. */
static void refused(struct kf_jcat_answer *out, struct kf_jcat_ask *ask)
{
	static const struct {
		enum kf_reason_id reason;
		const char *rule, *text;
	} said[] = {
		[KF_GNUTLS_NO_PKCS7] = { KF_REASON_SIGNATURE_MALFORMED,
			"GNUTLS-8", "it is no PKCS#7 in PEM" },
		[KF_GNUTLS_NO_SIGNER] = { KF_REASON_SIGNATURE_MALFORMED,
			"GNUTLS-8", "nobody signed it" },
		[KF_GNUTLS_ALGORITHM] = {
			KF_REASON_DIGEST_ALGORITHM_UNSUPPORTED, "GNUTLS-8",
			"GnuTLS has no such algorithm" },
		[KF_GNUTLS_NO_CERTIFICATE] = {
			KF_REASON_SIGNER_CERTIFICATE_MISSING, "GNUTLS-6",
			NULL },
		[KF_GNUTLS_CONTENT] = { KF_REASON_DIGEST_MISMATCH,
			"GNUTLS-7", NULL },
		[KF_GNUTLS_SIGNATURE] = { KF_REASON_SIGNATURE_INVALID,
			"GNUTLS-7", "it was changed, or signs another file" },
		[KF_GNUTLS_UNTRUSTED] = { KF_REASON_CHAIN_ISSUER_MISSING,
			"GNUTLS-1", NULL },
		[KF_GNUTLS_EXPIRED] = { KF_REASON_CHAIN_EXPIRED, "GNUTLS-4",
			NULL },
		[KF_GNUTLS_NOT_YET_VALID] = { KF_REASON_CHAIN_NOT_YET_VALID,
			"GNUTLS-4", NULL },
		[KF_GNUTLS_NOT_CA] = { KF_REASON_CHAIN_REFUSED, "GNUTLS-4",
			"its issuer is no CA" },
		[KF_GNUTLS_WEAK] = { KF_REASON_CHAIN_REFUSED, "GNUTLS-5",
			"GnuTLS does not take an algorithm as weak as this" },
		[KF_GNUTLS_REFUSED] = { KF_REASON_CHAIN_REFUSED, "GNUTLS-7",
			"GnuTLS does not say why" },
	};
	enum kf_gnutls_why why = out->pkcs7.why;

	find(out, why == KF_GNUTLS_UNTRUSTED ? untrusted(ask, &out->pkcs7)
	     : said[why].reason, said[why].rule);
	kf_prove_signature(&out->why, out->blob->number, 0,
			   out->blob->data.len);
	prove_chain(&out->why, ask, &out->pkcs7);
	if (said[why].text)
		kf_prove_text(&out->why, said[why].text);
}

static void ask_pkcs7(struct kf_jcat_answer *out, struct kf_jcat_ask *ask,
		      const struct kf_jcat_blob *blob,
		      const struct kf_gnutls_data *data)
{
	load(ask);
	if (ask->status != KF_OK)
		return;
	if (ask->bad_key) {
		bad_keys(out, ask);
		return;
	}
	ask->status = ask->env->gnutls->verify(&out->pkcs7, ask->trust,
					       blob->data, data,
					       ask->any_time,
					       ask->env->now_s,
					       ask->env->arena);
	if (ask->status != KF_OK)
		return;
	out->said = KF_JCAT_GOOD;
	if (out->pkcs7.answer != KF_YES)
		refused(out, ask);
}

static void no_key(struct kf_jcat_answer *out, const char *kind)
{
	find(out, KF_REASON_KEY_KIND_MISSING, "JCAT-6");
	kf_prove_signature(&out->why, out->blob->number, 0,
			   out->blob->data.len);
	kf_prove_text(&out->why, kind);
}

/* ask_gpg: without a key there is nobody to trust; with one, it is not keyfit
 * who can tell. */
static void ask_gpg(struct kf_jcat_answer *out, struct kf_jcat_ask *ask)
{
	if (kf_jcat_keys_have(ask->keys, KF_JCAT_GPG))
		open_question(out, KF_REASON_BEYOND_LIMITS,
			      "a signature of GnuPG, which keyfit does not verify");
	else
		no_key(out, "GnuPG");
}

/* try_key asks one raw key; one that cannot be read stops the engine. */
static enum kf_answer3 try_key(struct kf_jcat_ask *ask,
			       const struct kf_jcat_key *key,
			       const struct kf_jcat_blob *blob,
			       const struct kf_gnutls_data *data)
{
	const struct kf_gnutls *gnutls = ask->env->gnutls;
	enum kf_answer3 answer = KF_NOT_ASKED;

	if (!gnutls)
		ask->status = KF_NO_CRYPTO;
	else if (!key->unreadable)
		ask->status = gnutls->verify_ed25519(&answer, key->bytes,
						     blob->data, data);
	return answer;
}

/* ask_ed25519: all keys are read before the first is asked. */
static void ask_ed25519(struct kf_jcat_answer *out, struct kf_jcat_ask *ask,
			const struct kf_jcat_blob *blob,
			const struct kf_gnutls_data *data)
{
	bool some = false, good = false;

	for (size_t i = 0; ask->status == KF_OK && i < ask->keys->num; i++) {
		const struct kf_jcat_key *k = &ask->keys->key[i];
		struct kf_jcat_ask stopped = *ask;
		enum kf_answer3 answer;

		if (!kf_jcat_is_key(k->name, KF_JCAT_ED25519))
			continue;
		some = true;
		answer = try_key(ask, k, blob, data);
		good |= answer == KF_YES;
		if (ask->status != KF_OK || answer != KF_NOT_ASKED)
			continue;
		stopped.bad_key = k;
		stopped.bad = KF_ANCHOR_UNREADABLE;
		bad_keys(out, &stopped);
		return;
	}
	if (ask->status != KF_OK)
		return;
	out->said = KF_JCAT_GOOD;
	if (good)
		return;
	if (!some) {
		no_key(out, "Ed25519");
		return;
	}
	find(out, KF_REASON_SIGNATURE_INVALID, "JCAT-6");
	kf_prove_signature(&out->why, blob->number, 0, blob->data.len);
	kf_prove_text(&out->why, "no Ed25519 key of the device made it");
}

static enum kf_digest_kind digest_of(uint32_t kind)
{
	return kind == KF_JCAT_SHA1 ? KF_SHA1 : kind == KF_JCAT_SHA512
		? KF_SHA512 : KF_SHA256;
}

void kf_jcat_hash(struct kf_digest *out, struct kf_jcat_ask *ask,
		  uint32_t kind, const struct kf_gnutls_data *data)
{
	const struct kf_crypto *crypto = ask->env->crypto;
	void *digest = crypto->digest_begin(crypto->self, digest_of(kind));
	uint8_t piece[4096];
	uint64_t at = 0;

	out->len = 0;
	if (!digest) {
		ask->status = KF_NO_CRYPTO;
		return;
	}
	while (at < data->len && ask->status == KF_OK) {
		size_t len = data->len - at < sizeof(piece)
			? (size_t)(data->len - at) : sizeof(piece);

		if (!kf_spend(ask->env, len))
			ask->status = KF_TOO_MUCH;
		else if (!data->source->read_at(data->source->self,
						data->at + at, piece, len))
			ask->status = KF_CANNOT_READ;
		else
			crypto->digest_add(digest, kf_view(piece, len));
		at += len;
	}
	crypto->digest_end(digest, out);
}

static void ask_checksum(struct kf_jcat_answer *out, struct kf_jcat_ask *ask,
			 const struct kf_jcat_blob *blob,
			 const struct kf_gnutls_data *data)
{
	struct kf_digest digest;
	struct kf_evidence *e;

	kf_jcat_hash(&digest, ask, blob->kind, data);
	if (ask->status != KF_OK)
		return;
	out->said = KF_JCAT_GOOD;
	if (kf_hex_spells(blob->data, kf_view(digest.bytes, digest.len)))
		return;
	find(out, KF_REASON_FILE_HASH_MISMATCH, "JCAT-3");
	e = kf_prove(&out->why, KF_EV_DIGEST,
		     kf_jcat_kind_name(blob->kind));
	if (!kf_arena_keep(ask->env->arena, &e->bytes,
			   kf_view(digest.bytes, digest.len)))
		ask->status = KF_NO_MEMORY;
}

bool kf_jcat_is_checksum(uint32_t kind)
{
	return kind == KF_JCAT_SHA1 || kind == KF_JCAT_SHA256 ||
	       kind == KF_JCAT_SHA512;
}

bool kf_jcat_is_signature(uint32_t kind)
{
	return kind == KF_JCAT_PKCS7 || kind == KF_JCAT_GPG ||
	       kind == KF_JCAT_ED25519;
}

/* Which kinds are allowed is a set of 32 bits, which a kind is shifted into:
 * as x86 does it. */
enum kf_jcat_said kf_jcat_engine(const struct kf_jcat_ask *ask,
				   uint32_t kind)
{
	if (ask->few_kinds)
		return kind == KF_JCAT_SHA256 || kind == KF_JCAT_SHA512 ||
		       kind == KF_JCAT_PKCS7 || kind == KF_JCAT_GPG
			? KF_JCAT_GOOD : KF_JCAT_NOT_ALLOWED;
	if ((kind & 63) > 31)
		return KF_JCAT_NOT_ALLOWED;
	return kf_jcat_is_checksum(kind) || kf_jcat_is_signature(kind)
		? KF_JCAT_GOOD : KF_JCAT_NO_ENGINE;
}

void kf_jcat_ask_blob(struct kf_jcat_answer *out, struct kf_jcat_ask *ask,
		      const struct kf_jcat_blob *blob,
		      const struct kf_gnutls_data *data)
{
	memset(out, 0, sizeof(*out));
	out->blob = blob;
	out->said = kf_jcat_engine(ask, blob->kind);
	if (out->said != KF_JCAT_GOOD)
		return;
	out->said = KF_JCAT_OPEN;
	if (blob->kind == KF_JCAT_PKCS7)
		ask_pkcs7(out, ask, blob, data);
	else if (blob->kind == KF_JCAT_GPG)
		ask_gpg(out, ask);
	else if (blob->kind == KF_JCAT_ED25519)
		ask_ed25519(out, ask, blob, data);
	else
		ask_checksum(out, ask, blob, data);
}

void kf_jcat_result(struct kf_verdict *v,
		    const struct kf_jcat_answer *answer)
{
	const struct kf_gnutls_result *r = &answer->pkcs7;
	struct kf_signature_result *s;

	if (!answer->blob || !kf_jcat_is_signature(answer->blob->kind) ||
	    v->num_signatures == KF_SIGNATURES_MAX)
		return;
	s = &v->signature[v->num_signatures++];
	s->number = answer->blob->number;
	s->len = answer->blob->data.len;
	s->trusted = answer->said == KF_JCAT_GOOD;
	s->trust_known = answer->said != KF_JCAT_OPEN;
	s->revocation_known = s->looked_at = true;
	s->algorithm = kf_jcat_kind_name(answer->blob->kind);
	s->reason = answer->why.reason;
	s->rule = answer->why.rule;
	for (size_t i = 0; i < r->num_chain && i < KF_GNUTLS_CHAIN_MAX; i++)
		s->chain[s->num_chain++] = r->chain[i];
}
