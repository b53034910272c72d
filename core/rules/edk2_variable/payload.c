/* The file: its header, its signature, and what that has to cover. UEFI-43,
 * UEFI-47, UEFI-48.
 *
 * Source: edk2 MdeModulePkg/Universal/Variable/RuntimeDxe/Variable.c:
 * VariableServiceSetVariable; SecurityPkg/Library/AuthVariableLib/
 * AuthService.c:VerifyTimeBasedPayload, FindHashAlgorithmIndex; CryptoPkg/
 * Library/BaseCryptLib/Pk/CryptPkcs7VerifyCommon.c:WrapPkcs7Data,
 * Pkcs7GetSigners.
 */
#include "edk2_variable.h"

#include <string.h>

/* What is signed in front of the value: the name without its end, the vendor,
 * the attributes, the time. */
enum { COVERED_MAX = 2 * KF_VARIABLE_NAME_MAX + KF_GUID_LEN + 4 +
		     KF_UPDATE_TIME_LEN };

static void beyond(struct edk2_variable_update *u, const char *what)
{
	if (u->beyond.reason)
		return;
	kf_find(&u->beyond, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&u->beyond, what);
}

/* parse takes the signature apart, and notes who signed. */
static void parse(struct edk2_variable_update *u,
		  const struct edk2_variable_profile *profile,
		  struct kf_artifact *artifact, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_bytes wrapped;

	if (profile->post_quantum && kf_pkcs7_names_post_quantum(u->blob))
		beyond(u, "a signature or certificate with ML-DSA or SLH-DSA, which this firmware may verify");
	if (!kf_pkcs7_wrap(&wrapped, u->blob, env->arena)) {
		artifact->status = KF_NO_MEMORY;
		return;
	}
	artifact->status = crypto->signed_read(crypto->self, &u->data,
					       wrapped, profile->cms);
}

/* note_signers fills what is known of the signers. */
static void note_signers(struct edk2_variable_update *u,
			 struct kf_artifact *artifact,
			 const struct kf_crypto *crypto)
{
	struct kf_signature_result *r = &u->shown;
	struct kf_signed_facts facts;
	struct kf_signer_facts signer;

	r->number = 1;
	r->at = u->header.signature_at;
	r->len = u->header.signature_len;
	if (!u->data)
		return;
	kf_pkcs7_show(r, u->data, crypto);
	crypto->signed_facts(u->data, &facts);
	if (facts.num_signers == 0)
		return;
	crypto->signed_signer(u->data, 0, &signer);
	u->has_signers = facts.is_signed_data && facts.signers_found;
	if (!u->has_signers)
		return;
	u->signer = signer.certificate;
	kf_digest_of(&u->signer_id, crypto, KF_SHA256, u->signer);
	if (u->signer_id.len == 0)
		artifact->status = KF_NO_CRYPTO;
}

/* read_file keeps the bytes that decide. */
static void read_file(struct edk2_variable_update *u,
		      struct kf_artifact *artifact, struct kf_env *env)
{
	struct kf_bytes file;

	u->size = artifact->source->size;
	if (u->size > EDK2_VARIABLE_FILE_MAX) {
		beyond(u, "an update of more than 1 MiB");
		return;
	}
	artifact->status = kf_source_keep(&file, artifact->source, env, 0,
					  u->size);
	if (artifact->status != KF_OK)
		return;
	kf_update_read(&u->header, kf_part_of(file, 0, u->size <
					      KF_UPDATE_HEADER_LEN ? u->size
					      : KF_UPDATE_HEADER_LEN),
		       u->size);
	u->blob = kf_part_of(file, u->header.signature_at,
			     u->header.signature_len);
	u->value = kf_part_of(file, u->header.value_at, u->header.value_len);
	u->covered = kf_arena_take(env->arena, COVERED_MAX + u->value.len);
	if (!u->covered) {
		artifact->status = KF_NO_MEMORY;
		return;
	}
	if (file.len)
		memcpy(u->covered + COVERED_MAX - KF_UPDATE_TIME_LEN,
		       file.data, file.len < KF_UPDATE_TIME_LEN
		       ? file.len : KF_UPDATE_TIME_LEN);
	if (u->value.len)
		memcpy(u->covered + COVERED_MAX, u->value.data, u->value.len);
}

void *edk2_variable_update(struct kf_artifact *artifact,
			   const struct kf_rules *rules, struct kf_env *env)
{
	const struct edk2_variable_profile *profile = rules->profile;
	const struct kf_crypto *crypto = env->crypto;
	struct edk2_variable_update *u = kf_arena_take(env->arena, sizeof(*u));

	if (!u) {
		artifact->status = KF_NO_MEMORY;
		return NULL;
	}
	u->no_file = !artifact->source;
	u->supposed = artifact->num_suppose;
	if (artifact->source)
		read_file(u, artifact, env);
	if (artifact->status == KF_OK && u->supposed)
		artifact->status = crypto->signed_suppose(crypto->self,
							  &u->data,
							  artifact->suppose,
							  artifact
							  ->num_suppose);
	else if (artifact->status == KF_OK && u->header.adds_up)
		parse(u, profile, artifact, env);
	if (artifact->status == KF_OK)
		note_signers(u, artifact, crypto);
	return u;
}

void edk2_variable_release(void *state, struct kf_env *env)
{
	struct edk2_variable_update *u = state;

	env->crypto->signed_close(u->data);
}

bool edk2_variable_beyond(struct edk2_variable_case *k)
{
	if (!k->update->beyond.reason)
		return true;
	k->waits = k->update->beyond;
	return false;
}

bool edk2_variable_layout(struct edk2_variable_case *k)
{
	const struct kf_update *h = &k->update->header;
	uint64_t size = k->update->size;

	if (k->update->no_file || h->adds_up)
		return true;
	edk2_variable_refuse(k, KF_REASON_UPDATE_MALFORMED, "UEFI-43");
	if (size < KF_UPDATE_HEADER_LEN) {
		kf_prove_field(&k->refused, h->damage.field, h->damage.at, 0);
		kf_prove_text(&k->refused, "the file ends before its header does");
		return false;
	}
	kf_prove_field(&k->refused, "dwLength", KF_UPDATE_CERTIFICATE_AT, 4);
	kf_prove_value(&k->refused, h->certificate_len,
		       size - KF_UPDATE_TIME_LEN);
	kf_prove_text(&k->refused, "the certificate's length does not fit the file");
	return false;
}

bool edk2_variable_kind(struct edk2_variable_case *k)
{
	const struct kf_update *h = &k->update->header;

	if (k->update->no_file || h->is_pkcs7)
		return true;
	edk2_variable_refuse(k, KF_REASON_UPDATE_MALFORMED, "UEFI-43");
	kf_prove_field(&k->refused, h->type == 0x0ef1 ? "CertType"
		       : "wCertificateType", h->type == 0x0ef1 ? 24 : 22,
		       h->type == 0x0ef1 ? 16 : 2);
	kf_prove_text(&k->refused, "its certificate is not of the type PKCS#7");
	return false;
}

/* The digests that are looked for, by the value of their OID. */
static const uint8_t sha2_oid[] = {
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
};

/* names_digest: does the name of a digest stand at a fixed place, behind a
 * length of two bytes? `last` is how far the names of SHA-2 count: 1 is
 * SHA-256. */
static bool names_digest(struct kf_bytes blob, size_t length_at, size_t oid_at,
			 unsigned last)
{
	struct kf_bytes oid = kf_part_of(blob, oid_at, sizeof(sha2_oid) + 1);

	return oid.len && (blob.data[length_at] & 0x82) == 0x82 &&
	       memcmp(oid.data, sha2_oid, sizeof(sha2_oid)) == 0 &&
	       oid.data[sizeof(sha2_oid)] >= 1 &&
	       oid.data[sizeof(sha2_oid)] <= last;
}

bool edk2_variable_digest(struct edk2_variable_case *k)
{
	enum { BARE_AT = 13, WRAPPED_AT = 32, OID_LEN = 9 };
	const struct edk2_variable_update *u = k->update;
	bool any = k->profile->any_digest;

	if (u->supposed || names_digest(u->blob, 1, BARE_AT, any ? 3 : 1) ||
	    (any && names_digest(u->blob, 20, WRAPPED_AT, 3)))
		return true;
	/* What is too short for a name is left to the parser. */
	if (!any && u->blob.len < BARE_AT + OID_LEN)
		return true;
	edk2_variable_refuse(k, KF_REASON_DIGEST_ALGORITHM_UNSUPPORTED,
			     "UEFI-47");
	kf_prove_signature(&k->refused, 1, u->header.signature_at,
			   u->header.signature_len);
	kf_prove_field(&k->refused, "digestAlgorithms",
		       u->header.signature_at + BARE_AT, OID_LEN);
	if (any)
		kf_prove_text(&k->refused, "neither byte 13 nor byte 32 of it starts the name of SHA-256, SHA-384 or SHA-512");
	else if (kf_pkcs7_is_wrapped(u->blob))
		kf_prove_text(&k->refused, "it has an outer header (ContentInfo), and this firmware looks for SHA-256 at byte 13 alone");
	else
		kf_prove_text(&k->refused, "byte 13 of it does not start the name of SHA-256");
	return false;
}

/* cover writes what is signed right in front of the value. The time stands
 * there already. */
static struct kf_bytes cover(const struct edk2_variable_update *u, int target,
			     uint32_t attributes)
{
	const struct kf_variable *v = &kf_variables[target];
	uint8_t name[2 * KF_VARIABLE_NAME_MAX + 2];
	size_t name_len = kf_variable_name(name, v).len - 2;
	uint8_t *out = u->covered + COVERED_MAX - KF_UPDATE_TIME_LEN - 4 -
		       KF_GUID_LEN - name_len;

	memcpy(out, name, name_len);
	memcpy(out + name_len, v->guid, KF_GUID_LEN);
	for (int i = 0; i < 4; i++)
		out[name_len + KF_GUID_LEN + (size_t)i] =
			(uint8_t)(attributes >> 8 * i);
	return kf_view(out, name_len + KF_GUID_LEN + 4 + KF_UPDATE_TIME_LEN +
		       u->value.len);
}

struct edk2_variable_verified
edk2_variable_verify(struct edk2_variable_case *k, int target,
		     uint32_t attributes)
{
	const struct kf_crypto *crypto = k->env->crypto;
	struct edk2_variable_update *u = k->update;
	bool append = attributes & EDK2_VARIABLE_APPEND;
	struct edk2_variable_verified none = { 0 };
	struct edk2_variable_verified *v =
		(attributes & ~(uint32_t)EDK2_VARIABLE_APPEND) ==
		EDK2_VARIABLE_REPLACE_ALL ? &u->verified[target][append]
					  : &none;
	struct kf_bytes covered = kf_view(NULL, 0);

	if (v->answer != KF_NOT_ASKED || k->status != KF_OK || !u->data)
		return *v;
	if (u->covered)
		covered = cover(u, target, attributes);
	k->status = crypto->signed_verify(u->data, covered, k->profile->cms,
					  &v->answer, &v->why);
	return *v;
}
