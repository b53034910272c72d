/* Statements in their envelopes: signed, read, compared.
 */
#include "ledger.h"

#include "core/hex.h"
#include "host/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kf_status kf_statement_sign(struct kf_bytes *out,
				 struct kf_bytes statement,
				 struct kf_signing_key *key,
				 struct kf_env *env, struct kf_fault *why)
{
	struct kf_dsse envelope = { .type = kf_text(KF_STATEMENT_PAYLOAD),
				    .payload = statement, .num = 1 };
	struct kf_bytes to_sign = kf_dsse_signed(envelope.type, statement,
						 env->arena), content;
	struct kf_scheme scheme[KF_DSSE_SCHEMES];
	size_t num = kf_dsse_schemes(scheme, &key->key), use = 0;
	struct kf_digest digest, spki;
	struct kf_signature made;
	char id[64];
	enum kf_status status;

	while (use + 1 < num && !key->calls->can(key->self, &scheme[use]))
		use++;
	if (num == 0) {
		kf_fault_say(why, NULL, "%s, a key of %s, signs no statements",
			     key->name, key->key.name);
		return KF_WRONG_USE;
	}
	content = kf_dsse_content(&digest, &scheme[use], to_sign, env->crypto);
	kf_digest_of(&spki, env->crypto, KF_SHA256, key->key.spki);
	if (to_sign.len == 0)
		return KF_NO_MEMORY;
	if (content.len == 0 || spki.len != sizeof(id) / 2)
		return KF_NO_CRYPTO;
	status = kf_sign(&made, key, &scheme[use], content, env->crypto, why);
	if (status != KF_OK)
		return status;
	kf_hex(id, kf_view(spki.bytes, spki.len));
	envelope.signature[0].keyid = kf_view(id, sizeof(id));
	envelope.signature[0].sig = kf_view(made.bytes, made.len);
	*out = kf_dsse_write(&envelope, env->arena);
	return out->len ? KF_OK : KF_NO_MEMORY;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* fill takes the members of a statement. Fails: what is wrong with it. */
static const char *fill(struct kf_statement *out)
{
	json_t *predicate = json_object_get(out->json, "predicate");
	const char *type = text_of(out->json, "_type");
	json_t *counter;

	if (!type || strcmp(type, KF_STATEMENT_TYPE) != 0)
		return "it is no in-toto Statement of version 1";
	out->type = text_of(out->json, "predicateType");
	out->subjects = json_object_get(out->json, "subject");
	if (!out->type || !json_is_array(out->subjects) ||
	    json_array_size(out->subjects) == 0)
		return "the statement has no type, or no subject";
	if (strcmp(out->type, KF_STATEMENT_KEY_USE) != 0 &&
	    strcmp(out->type, KF_STATEMENT_RELEASE) != 0)
		return NULL;
	out->product = text_of(predicate, "product");
	out->version = text_of(predicate, "version");
	out->signers = json_object_get(predicate, "signers");
	counter = json_object_get(predicate, "security_counter");
	out->has_counter = counter != NULL;
	out->counter = (uint64_t)json_integer_value(counter);
	if (!out->product || !out->version || !json_is_array(out->signers) ||
	    (counter && (!json_is_integer(counter) ||
			 json_integer_value(counter) < 0)))
		return "the statement lacks product, version or signers, or its counter is none";
	return NULL;
}

enum kf_status kf_statement_read(struct kf_statement *out,
				 struct kf_bytes entry, struct kf_env *env,
				 struct kf_fault *why)
{
	const char *what = NULL;
	json_error_t error;
	enum kf_status status;
	bool lost;

	memset(out, 0, sizeof(*out));
	status = kf_dsse_read(&out->envelope, &what, entry, env);
	if (status == KF_WRONG_USE)
		kf_fault_say(why, NULL, "no envelope: %s", what);
	if (status != KF_OK)
		return status;
	out->payload = out->envelope.payload;
	if (!kf_equal(out->envelope.type, kf_text(KF_STATEMENT_PAYLOAD))) {
		kf_fault_say(why, NULL, "the envelope holds no statement");
		return KF_WRONG_USE;
	}
	out->json = kf_json_read(out->payload, &error, &lost);
	if (!out->json && lost)
		return KF_NO_MEMORY;
	what = out->json ? fill(out) : "the statement is no JSON";
	if (!what)
		return KF_OK;
	kf_fault_say(why, NULL, "%s", what);
	kf_statement_close(out);
	return KF_WRONG_USE;
}

void kf_statement_close(struct kf_statement *s)
{
	json_decref(s->json);
	memset(s, 0, sizeof(*s));
}

/* is_digest compares 64 digits with a digest. */
static bool is_digest(const char *hex, const struct kf_digest *d)
{
	char text[65];

	if (!hex || d->len != 32)
		return false;
	for (size_t i = 0; i < d->len; i++)
		snprintf(text + 2 * i, 3, "%02x", d->bytes[i]);
	return strcmp(hex, text) == 0;
}

bool kf_statement_subject(const struct kf_statement *s, const char **name,
			  const struct kf_digest *sha256)
{
	size_t i;
	json_t *subject;

	json_array_foreach(s->subjects, i, subject) {
		const json_t *digest = json_object_get(subject, "digest");

		*name = text_of(subject, "name");
		if (is_digest(text_of(digest, "sha256"), sha256))
			return true;
	}
	return false;
}

bool kf_statement_signer(const json_t *signer, const struct kf_key_names *key)
{
	return is_digest(text_of(signer, "spki_sha256"), &key->spki) ||
	       is_digest(text_of(signer, "cert_sha256"), &key->certificate) ||
	       is_digest(text_of(signer, "key_hash"), &key->spki) ||
	       is_digest(text_of(signer, "key_hash"), &key->own);
}

/* without_time is a statement but for when it was made. */
static json_t *without_time(const struct kf_statement *s)
{
	json_t *copy = json_deep_copy(s->json);

	json_object_del(json_object_get(copy, "predicate"), "made");
	return copy;
}

enum kf_status kf_statement_same(bool *same, const struct kf_statement *a,
				 const struct kf_statement *b)
{
	json_t *one = without_time(a), *other = without_time(b);
	bool lost = !one || !other;

	*same = !lost && json_equal(one, other);
	json_decref(one);
	json_decref(other);
	return lost ? KF_NO_MEMORY : KF_OK;
}
