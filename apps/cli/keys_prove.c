/* Proves that a private key belongs to a public one, by a signature over what
 * was never there before and is nothing that a device or a log takes: it starts
 * with a text of its own, behind which stand random bytes.
 */
#include "keys.h"

#include "say.h"

#include "analysis/keys.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

enum {
	RANDOM_LEN = 32,
	NONCE_MAX = 64,
	MESSAGE_MAX = 256,
};

/* No image, CMS, DSSE message, note or SSH signature starts like this. */
static const char prefix[] = "KEYFIT PROOF OF POSSESSION 1: this proves that a private key is held, and stands for nothing else\n";

/* proof is one of them. */
struct proof {
	struct kf_key public;
	bool found;
	bool failed;		/* memory ran out */
	uint8_t message[MESSAGE_MAX];
	size_t len;
	struct kf_signature signature;
	struct kf_scheme scheme;
	struct kf_keys *k;
};

/* take_key takes the first key of the file, or that of its first
 * certificate. */
static void take_key(void *self, const struct kf_key_found *key)
{
	struct proof *p = self;
	struct kf_bytes bytes = key->bytes, serial;
	enum kf_status status;

	if (p->found || key->kind == KF_KEY_PRIVATE)
		return;
	if (key->kind == KF_KEY_CERTIFICATE)
		kf_known_parts(&serial, &bytes, key->der);
	status = p->k->crypto->key_read(p->k->crypto->self, &p->public, bytes,
					&p->k->work.arena);
	p->failed |= status == KF_NO_MEMORY;
	p->found = status == KF_OK;
}

static int read_public(struct proof *p, const char *path)
{
	struct kf_fault why = { 0 };
	struct kf_file file = { 0 };
	enum kf_status status = kf_file_open(&file, path, &why);

	kf_work_again(&p->k->work, 0);
	if (status == KF_OK)
		status = kf_keys_find(&file.source, &p->k->work.env, take_key,
				      p);
	if (status == KF_OK && p->failed)
		status = KF_NO_MEMORY;
	if (status == KF_OK && !p->found) {
		kf_fault_say(&why, "give a public key or a certificate, in PEM or DER",
			     "holds no public key");
		status = KF_WRONG_USE;
	}
	kf_file_close(&file);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

static bool add(struct proof *p, struct kf_bytes bytes)
{
	if (bytes.len > sizeof(p->message) - p->len)
		return false;
	memcpy(p->message + p->len, bytes.data, bytes.len);
	p->len += bytes.len;
	return true;
}

/* compose makes the message: prefix, the nonce with its length, random bytes,
 * the digest of the key. */
static int compose(struct proof *p, const char *nonce)
{
	uint8_t random[RANDOM_LEN], len = (uint8_t)(nonce ? strlen(nonce) : 0);
	ssize_t got;

	if (nonce && (!nonce[0] || strlen(nonce) > NONCE_MAX)) {
		kf_say("--nonce", "has from 1 to 64 bytes", NULL);
		return KF_EXIT_USAGE;
	}
	do
		got = getrandom(random, sizeof(random), 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(random)) {
		kf_say(NULL, "there are no random bytes", NULL);
		return KF_EXIT_FAULT;
	}
	return add(p, kf_text(prefix)) && add(p, kf_view(&len, 1)) &&
	       add(p, kf_view(nonce, len)) &&
	       add(p, kf_view(random, sizeof(random))) &&
	       add(p, kf_view(p->public.sha256.bytes, p->public.sha256.len))
		? KF_EXIT_FITS : KF_EXIT_FAULT;
}

/* choose takes the first scheme that the key has. */
static bool choose(struct proof *p, const struct kf_signing_key *key)
{
	static const struct kf_scheme schemes[] = {
		{ KF_SCHEME_RSA_PKCS1, KF_SHA256, 0 },
		{ KF_SCHEME_RSA_PSS, KF_SHA256, 32 },
		{ KF_SCHEME_ECDSA, KF_SHA256, 0 },
		{ KF_SCHEME_ED25519, KF_SHA256, 0 },
	};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		p->scheme = schemes[i];
		if (p->scheme.kind == KF_SCHEME_ECDSA && key->key.bits > 256)
			p->scheme.digest = KF_SHA384;
		if (key->calls->can(key->self, &p->scheme))
			return true;
	}
	return false;
}

static const char *scheme_name(const struct kf_scheme *scheme)
{
	switch (scheme->kind) {
	case KF_SCHEME_RSA_PKCS1:
		return "rsa-pkcs1-sha256";
	case KF_SCHEME_RSA_PSS:
		return "rsa-pss-sha256";
	case KF_SCHEME_ECDSA:
		return scheme->digest == KF_SHA384 ? "ecdsa-sha384"
						   : "ecdsa-sha256";
	case KF_SCHEME_ED25519:
	default:
		return "ed25519";
	}
}

/* sign signs, and verifies under the public key of the file. */
static enum kf_status sign(struct proof *p, struct kf_signing_key *key,
			   enum kf_answer3 *good, struct kf_fault *why)
{
	const struct kf_crypto *crypto = p->k->crypto;
	struct kf_bytes content = kf_view(p->message, p->len);
	struct kf_digest digest;
	enum kf_status status;

	if (!choose(p, key)) {
		kf_fault_say(why, NULL, "the key signs by nothing that keyfit knows");
		return KF_WRONG_USE;
	}
	if (p->scheme.kind != KF_SCHEME_ED25519) {
		kf_digest_of(&digest, crypto, p->scheme.digest, content);
		if (!digest.len)
			return KF_NO_CRYPTO;
		content = kf_view(digest.bytes, digest.len);
	}
	status = kf_sign(&p->signature, key, &p->scheme, content, crypto, why);
	if (status == KF_OK)
		status = crypto->key_verify(crypto->self, &p->public,
					    &p->scheme, content,
					    kf_view(p->signature.bytes,
						    p->signature.len), good);
	return status;
}

static void tell_text(struct proof *p, const struct kf_signing_key *key,
		      bool held, bool sealed)
{
	struct kf_output *out = &p->k->out;

	kf_output_text(out, held ? "HELD    " : "OTHER   ");
	kf_output_shown(out, kf_text(key->name));
	kf_output_text(out, "\n");
	kf_output_print(out, "  asked for   %s, ", p->public.name);
	kf_output_hex(out, kf_view(p->public.sha256.bytes,
				   p->public.sha256.len));
	kf_output_print(out, "\n  has         %s, ", key->key.name);
	kf_output_hex(out, kf_view(key->key.sha256.bytes,
				   key->key.sha256.len));
	kf_output_print(out, "\n  comes out   %s\n",
			kf_keys_out_text(key->extractable,
					 key->was_extractable));
	if (held)
		kf_output_print(out, "  proof       %s over a message of its own, which --json shows\n",
				scheme_name(&p->scheme));
	if (held && !sealed && p->k->sealed)
		kf_output_text(out, "  but         a copy of it may be elsewhere\n");
}

static void tell_json(struct proof *p, const struct kf_signing_key *key,
		      bool held)
{
	struct kf_json j = { .out = &p->k->out };

	kf_json_open(&j, NULL, '{');
	kf_json_foreign(&j, "name", kf_text(key->name));
	kf_json_yes_no(&j, "held", held);
	kf_json_text(&j, "key", key->key.name);
	kf_json_hex(&j, "spki-sha256", kf_view(key->key.sha256.bytes,
					       key->key.sha256.len));
	kf_json_hex(&j, "public-sha256", kf_view(p->public.sha256.bytes,
						 p->public.sha256.len));
	kf_json_text(&j, "extractable", kf_keys_answer(key->extractable));
	kf_json_text(&j, "was-extractable",
		     kf_keys_answer(key->was_extractable));
	kf_json_text(&j, "scheme", held ? scheme_name(&p->scheme) : NULL);
	kf_json_hex(&j, "message", kf_view(p->message, held ? p->len : 0));
	kf_json_hex(&j, "signature", kf_view(p->signature.bytes,
					     p->signature.len));
	kf_json_close(&j);
	kf_output_text(&p->k->out, "\n");
}

/* conclude answers for a key that was opened. One that has another public half
 * is not touched. */
static int conclude(struct proof *p, struct kf_signing_key *key)
{
	bool same = kf_equal(key->key.spki, p->public.spki);
	bool sealed = !kf_keys_can_come_out(key->extractable,
					    key->was_extractable);
	enum kf_answer3 good = KF_NO;
	struct kf_fault why = { 0 };
	enum kf_status status = same ? sign(p, key, &good, &why) : KF_OK;

	if (status != KF_OK)
		return kf_say_failure(key->name, status, &why);
	if (p->k->as_json)
		tell_json(p, key, good == KF_YES);
	else
		tell_text(p, key, good == KF_YES, sealed);
	return good == KF_YES && (sealed || !p->k->sealed) ? KF_EXIT_FITS
							   : KF_EXIT_NOT;
}

int kf_keys_prove(struct kf_keys *k, const char *path)
{
	static struct proof p;
	struct kf_signing_key key = { 0 };
	int status;

	p.k = k;
	status = read_public(&p, path);
	if (status == KF_EXIT_FITS)
		status = compose(&p, kf_argument(k->arguments, "nonce"));
	if (status == KF_EXIT_FITS)
		status = kf_keys_open(&key, k);
	if (status == KF_EXIT_FITS)
		status = conclude(&p, &key);
	kf_signing_key_close(&key);
	return status;
}
