/* Envelopes: read, asked who signed them, signed.
 */
#include "sealed.h"

#include "core/hex.h"
#include "host/sshsig.h"

#include <string.h>

enum kf_status kf_hash_of(struct kf_hash *out, struct kf_bytes bytes,
			  const struct kf_crypto *crypto)
{
	struct kf_digest digest = { .len = 0 };

	kf_digest_of(&digest, crypto, KF_SHA256, bytes);
	if (digest.len != sizeof(out->bytes))
		return KF_NO_CRYPTO;
	memcpy(out->bytes, digest.bytes, sizeof(out->bytes));
	return KF_OK;
}

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

enum kf_status kf_sealed_file(struct kf_bytes *out, const char *path,
			      struct kf_env *env, struct kf_fault *why)
{
	struct kf_text_file file = { 0 };
	enum kf_status status = kf_text_file_read(&file, path, KF_SEALED_MAX,
						  why);

	if (status == KF_OK && !kf_arena_keep(env->arena, out, file.bytes))
		status = no_memory(why);
	kf_text_file_close(&file);
	return status;
}

enum kf_status kf_sealed_read(struct kf_sealed *out, struct kf_bytes text,
			      const char *type, struct kf_env *env,
			      struct kf_fault *why)
{
	const char *what = NULL;
	enum kf_status status = kf_dsse_read(&out->dsse, &what, text, env);

	if (status == KF_WRONG_USE)
		kf_fault_say(why, NULL, "is no envelope: it has %s", what);
	else if (status != KF_OK)
		kf_fault_say(why, NULL, "cannot be read: %s",
			     status == KF_NO_MEMORY ? "out of memory"
						    : "it is too much");
	else if (!kf_equal(out->dsse.type, kf_text(type))) {
		kf_fault_say(why, NULL, "is an envelope of something else");
		status = KF_WRONG_USE;
	}
	if (status != KF_OK)
		return status;
	return kf_hash_of(&out->sha256, out->dsse.payload, env->crypto);
}

static bool is_ssh(struct kf_bytes signature)
{
	return kf_equal(kf_part_of(signature, 0, 6), kf_text("SSHSIG"));
}

/* ask_ssh asks about OpenSSH's signatures among those that there are. */
static enum kf_status ask_ssh(bool *out, const struct kf_dsse *dsse,
			      const struct kf_key *key, struct kf_env *env)
{
	struct kf_bytes message = kf_dsse_signed(dsse->type, dsse->payload,
						 env->arena);
	enum kf_status status = message.len ? KF_OK : KF_NO_MEMORY;

	for (size_t i = 0; i < dsse->num && status == KF_OK && !*out; i++) {
		enum kf_answer3 answer = KF_NO;

		if (is_ssh(dsse->signature[i].sig))
			status = kf_ssh_ask(&answer, dsse->signature[i].sig,
					    key, message, env);
		*out = answer == KF_YES;
	}
	return status;
}

enum kf_status kf_sealed_ask(bool *out, const struct kf_sealed *sealed,
			     const struct kf_key *key, struct kf_env *env)
{
	size_t used = env->arena->used;
	enum kf_answer3 answer = KF_NO;
	enum kf_status status = kf_dsse_ask(&answer, &sealed->dsse, key, env);

	*out = answer == KF_YES;
	if (status == KF_OK && !*out)
		status = ask_ssh(out, &sealed->dsse, key, env);
	env->arena->used = used;
	return status;
}

enum kf_status kf_sealed_signers(uint64_t *out,
				 const struct kf_sealed *sealed,
				 const struct kf_policy *policy,
				 struct kf_env *env)
{
	enum kf_status status = KF_OK;

	*out = 0;
	for (size_t i = 0; i < policy->num_people; i++) {
		const struct kf_person *p = &policy->person[i];
		bool yes = false;

		for (size_t k = 0; k < p->num_keys && !yes; k++) {
			status = kf_sealed_ask(&yes, sealed, &p->key[k], env);
			if (status != KF_OK)
				return status;
		}
		*out |= (uint64_t)yes << i;
	}
	return KF_OK;
}

size_t kf_sealed_signer(uint64_t signers)
{
	if (signers & (signers - 1))
		return KF_NOBODY;
	for (size_t i = 0; i < KF_PEOPLE_MAX; i++)
		if (signers >> i & 1)
			return i;
	return KF_NOBODY;
}

/* key_id is a key's digest, in hex: for people. */
static struct kf_bytes key_id(const struct kf_key *key, struct kf_env *env)
{
	char *out = kf_arena_take(env->arena, 2 * key->sha256.len + 1);

	if (out)
		kf_hex(out, kf_view(key->sha256.bytes, key->sha256.len));
	return kf_view(out, out ? 2 * key->sha256.len : 0);
}

enum kf_status kf_sealed_add(struct kf_sealed *sealed,
			     struct kf_bytes signature, struct kf_env *env,
			     struct kf_fault *why)
{
	struct kf_dsse *dsse = &sealed->dsse;

	if (dsse->num == KF_DSSE_SIGNATURES_MAX) {
		kf_fault_say(why, NULL, "has %d signatures, and no room for one more",
			     KF_DSSE_SIGNATURES_MAX);
		return KF_WRONG_USE;
	}
	memset(&dsse->signature[dsse->num], 0, sizeof(dsse->signature[0]));
	if (!kf_arena_keep(env->arena, &dsse->signature[dsse->num].sig,
			   signature))
		return no_memory(why);
	dsse->num++;
	return KF_OK;
}

enum kf_status kf_sealed_sign(struct kf_sealed *sealed,
			      struct kf_signing_key *key, struct kf_env *env,
			      struct kf_fault *why)
{
	struct kf_dsse *dsse = &sealed->dsse;
	struct kf_bytes to_sign = kf_dsse_signed(dsse->type, dsse->payload,
						 env->arena);
	struct kf_scheme scheme[KF_DSSE_SCHEMES];
	struct kf_digest digest = { .len = 0 };
	struct kf_signature signature = { .len = 0 };
	struct kf_bytes content;
	enum kf_status status;
	size_t i = 0, num = kf_dsse_schemes(scheme, &key->key);

	if (!to_sign.len)
		return no_memory(why);
	while (i < num && !key->calls->can(key->self, &scheme[i]))
		i++;
	if (i == num) {
		kf_fault_say(why, "take an Ed25519, ECDSA or RSA key",
			     "the key signs no envelopes");
		return KF_WRONG_USE;
	}
	content = kf_dsse_content(&digest, &scheme[i], to_sign, env->crypto);
	if (!content.len)
		return KF_NO_CRYPTO;
	status = kf_sign(&signature, key, &scheme[i], content, env->crypto,
			 why);
	if (status != KF_OK)
		return status;
	status = kf_sealed_add(sealed, kf_view(signature.bytes,
					       signature.len), env, why);
	if (status == KF_OK)
		dsse->signature[dsse->num - 1].keyid = key_id(&key->key, env);
	return status;
}
