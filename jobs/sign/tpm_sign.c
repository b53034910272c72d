/* TPM 2.0: signatures. The PIN is proved by an HMAC, so that it is not seen on
 * the way to the TPM. When the way there was lost, it is opened again, once.
 *
 * Source: TPM 2.0 Library, part 1, 19.4, and part 3, 20.2, TPM2_Sign.
 */
#include "tpm.h"

#include "told.h"

#include <string.h>

static TPMI_ALG_HASH hash_of(enum kf_digest_kind digest)
{
	return digest == KF_SHA256 ? TPM2_ALG_SHA256 :
	       digest == KF_SHA384 ? TPM2_ALG_SHA384 : TPM2_ALG_SHA512;
}

static TSS2_RC sign_once(struct kf_tpm *t, TPMT_SIGNATURE **out,
			 const struct kf_scheme *scheme,
			 const TPM2B_DIGEST *digest, const char **command)
{
	static const TPMT_TK_HASHCHECK none = {
		.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL,
	};
	static const TPMT_SYM_DEF open = { .algorithm = TPM2_ALG_NULL };
	const TPMT_SIG_SCHEME how = {
		.scheme = scheme->kind == KF_SCHEME_RSA_PKCS1 ? TPM2_ALG_RSASSA
			: scheme->kind == KF_SCHEME_RSA_PSS ? TPM2_ALG_RSAPSS
							    : TPM2_ALG_ECDSA,
		.details.any.hashAlg = hash_of(scheme->digest),
	};
	ESYS_TR proof = ESYS_TR_NONE;
	TSS2_RC rc;

	*command = "TPM2_StartAuthSession";
	rc = t->esys.StartAuthSession(t->context, ESYS_TR_NONE, ESYS_TR_NONE,
				      ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				      NULL, TPM2_SE_HMAC, &open,
				      TPM2_ALG_SHA256, &proof);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	*command = "TPM2_Sign";
	rc = t->esys.Sign(t->context, t->key, proof, ESYS_TR_NONE,
			  ESYS_TR_NONE, digest, &how, &none, out);
	(void)t->esys.FlushContext(t->context, proof);
	return rc;
}

/* lost tells whether the way to the TPM is gone, or the TPM was reset. */
static bool lost(TSS2_RC rc)
{
	return (rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER ||
	       rc == TPM2_RC_INITIALIZE ||
	       rc == (TPM2_RC_REFERENCE_H0) || rc == TPM2_RC_REFERENCE_S0;
}

/* take keeps a signature as kf_crypto verifies it. */
static enum kf_status take(struct kf_signature *out,
			   const TPMT_SIGNATURE *from, struct kf_fault *why)
{
	const TPM2B_PUBLIC_KEY_RSA *rsa = &from->signature.rsassa.sig;
	const TPMS_SIGNATURE_ECC *ecc = &from->signature.ecdsa;

	if (from->sigAlg == TPM2_ALG_RSASSA ||
	    from->sigAlg == TPM2_ALG_RSAPSS) {
		if (rsa->size <= sizeof(rsa->buffer) &&
		    rsa->size <= sizeof(out->bytes)) {
			memcpy(out->bytes, rsa->buffer, rsa->size);
			out->len = rsa->size;
			return KF_OK;
		}
	} else if (from->sigAlg == TPM2_ALG_ECDSA &&
		   ecc->signatureR.size <= sizeof(ecc->signatureR.buffer) &&
		   ecc->signatureS.size <= sizeof(ecc->signatureS.buffer) &&
		   kf_ecdsa_value(out, kf_view(ecc->signatureR.buffer,
					       ecc->signatureR.size),
				  kf_view(ecc->signatureS.buffer,
					  ecc->signatureS.size))) {
		return KF_OK;
	}
	kf_fault_say(why, "test the TPM",
		     "the TPM gives a signature of another kind");
	return KF_CANNOT_READ;
}

enum kf_status kf_tpm_sign(struct kf_tpm *t, struct kf_signature *out,
			   const struct kf_scheme *scheme,
			   struct kf_bytes content, struct kf_fault *why)
{
	TPM2B_DIGEST digest = { 0 };
	TPMT_SIGNATURE *signature = NULL;
	const char *command = "";
	enum kf_status status = KF_OK;
	TSS2_RC rc;

	if (content.len != kf_digest_size(scheme->digest) ||
	    content.len > sizeof(digest.buffer)) {
		kf_fault_say(why, NULL, "the digest is of another kind");
		return KF_WRONG_USE;
	}
	digest.size = (UINT16)content.len;
	memcpy(digest.buffer, content.data, content.len);
	if (t->key == ESYS_TR_NONE)
		return kf_tpm_wrong("the key", TSS2_ESYS_RC_BAD_REFERENCE,
				    why);
	rc = sign_once(t, &signature, scheme, &digest, &command);
	if (lost(rc)) {
		kf_tpm_part(t);
		status = kf_tpm_connect(t, why);
		if (status == KF_OK)
			status = kf_tpm_open(t, why);
		if (status == KF_OK)
			rc = sign_once(t, &signature, scheme, &digest,
				       &command);
	}
	if (status == KF_OK && rc != TSS2_RC_SUCCESS)
		status = kf_tpm_wrong(command, rc, why);
	if (status == KF_OK)
		status = take(out, signature, why);
	t->esys.Free(signature);
	return status;
}
