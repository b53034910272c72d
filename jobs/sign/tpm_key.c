/* TPM 2.0: the key that is named, by its handle or out of a file, and what is
 * told of it.
 *
 * Source: TPM 2.0 Library, part 2, 8.3, object attributes, and 12.2, public
 * areas; "ASN.1 Specification for TPM 2.0 Key Files", 3.1.8, parents.
 */
#include "tpm.h"

#include "told.h"

#include <stdio.h>
#include <string.h>

/* fill_curve copies a coordinate to its full length. */
static void fill(uint8_t *out, size_t size, const TPM2B_ECC_PARAMETER *from)
{
	size_t len = from->size < size ? from->size : size;

	memcpy(out + size - len, from->buffer, len);
}

static void tell_numbers(struct kf_output *told, const TPMT_PUBLIC *public)
{
	const TPMS_ECC_PARMS *ecc = &public->parameters.eccDetail;
	uint32_t e = public->parameters.rsaDetail.exponent;
	size_t size = ecc->curveID == TPM2_ECC_NIST_P256 ? 32 :
		      ecc->curveID == TPM2_ECC_NIST_P384 ? 48 : 0;
	uint8_t exponent[4], point[1 + 2 * 48] = { 4 };

	kf_tell(told, KF_TELL_TYPE,
		kf_text(public->type == TPM2_ALG_RSA ? "RSA" :
			public->type == TPM2_ALG_ECC ? "EC" : "another kind"));
	if (public->type == TPM2_ALG_RSA) {
		e = e ? e : 65537;
		for (size_t i = 0; i < 4; i++)
			exponent[i] = (uint8_t)(e >> (24 - 8 * i));
		kf_tell(told, KF_TELL_MODULUS,
			kf_view(public->unique.rsa.buffer,
				public->unique.rsa.size));
		kf_tell(told, KF_TELL_EXPONENT, kf_view(exponent, 4));
	}
	if (public->type == TPM2_ALG_ECC && size) {
		fill(point + 1, size, &public->unique.ecc.x);
		fill(point + 1 + size, size, &public->unique.ecc.y);
		kf_tell(told, KF_TELL_CURVE, kf_text(size == 32 ? "P-256"
								: "P-384"));
		kf_tell(told, KF_TELL_POINT, kf_view(point, 1 + 2 * size));
	}
}

/* tell_schemes tells by what it signs: a key may be bound to one scheme. One
 * that is restricted signs what the TPM itself says, and nothing else. */
static void tell_schemes(struct kf_output *told, const TPMT_PUBLIC *public)
{
	TPMI_ALG_RSA_SCHEME rsa = public->parameters.rsaDetail.scheme.scheme;
	TPMI_ALG_ECC_SCHEME ecc = public->parameters.eccDetail.scheme.scheme;

	if (!(public->objectAttributes & TPMA_OBJECT_SIGN_ENCRYPT) ||
	    (public->objectAttributes & TPMA_OBJECT_RESTRICTED))
		return;
	if (public->type == TPM2_ALG_RSA &&
	    (rsa == TPM2_ALG_NULL || rsa == TPM2_ALG_RSASSA))
		kf_tell_number(told, KF_TELL_SIGNS, KF_SCHEME_RSA_PKCS1);
	if (public->type == TPM2_ALG_RSA &&
	    (rsa == TPM2_ALG_NULL || rsa == TPM2_ALG_RSAPSS))
		kf_tell_number(told, KF_TELL_SIGNS, KF_SCHEME_RSA_PSS);
	if (public->type == TPM2_ALG_ECC &&
	    (ecc == TPM2_ALG_NULL || ecc == TPM2_ALG_ECDSA))
		kf_tell_number(told, KF_TELL_SIGNS, KF_SCHEME_ECDSA);
}

void kf_tpm_tell(struct kf_output *told, const TPMT_PUBLIC *public,
		 uint32_t handle)
{
	TPMA_OBJECT has = public->objectAttributes;
	bool stays = (has & TPMA_OBJECT_FIXEDTPM) &&
		     (has & TPMA_OBJECT_FIXEDPARENT);
	char label[16], uri[24];

	if (public->type != TPM2_ALG_RSA && public->type != TPM2_ALG_ECC)
		return;
	kf_tell_number(told, KF_TELL_OBJECT, KF_OBJECT_PRIVATE);
	if (handle) {
		snprintf(label, sizeof(label), "0x%08x", (unsigned)handle);
		snprintf(uri, sizeof(uri), "tpm:%s", label);
		kf_tell(told, KF_TELL_LABEL, kf_text(label));
		kf_tell(told, KF_TELL_URI, kf_text(uri));
	}
	tell_numbers(told, public);
	tell_schemes(told, public);
	kf_tell_number(told, KF_TELL_EXTRACTABLE, stays ? KF_NO : KF_YES);
	kf_tell_number(told, KF_TELL_WAS_EXTRACTABLE,
		       stays && (has & TPMA_OBJECT_SENSITIVEDATAORIGIN)
		       ? KF_NO : KF_YES);
	kf_tell_number(told, KF_TELL_MADE_THERE,
		       has & TPMA_OBJECT_SENSITIVEDATAORIGIN ? KF_YES : KF_NO);
}

/* make_parent makes the storage key that key files of a hierarchy agree on. */
static enum kf_status make_parent(struct kf_tpm *t, ESYS_TR hierarchy,
				  ESYS_TR *parent, struct kf_fault *why)
{
	static const TPM2B_SENSITIVE_CREATE sensitive;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION pcrs;
	static const TPM2B_PUBLIC template = {
		.publicArea = {
			.type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_USERWITHAUTH |
				TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT |
				TPMA_OBJECT_NODA | TPMA_OBJECT_FIXEDTPM |
				TPMA_OBJECT_FIXEDPARENT |
				TPMA_OBJECT_SENSITIVEDATAORIGIN,
			.parameters.eccDetail = {
				.symmetric = {
					.algorithm = TPM2_ALG_AES,
					.keyBits.aes = 128,
					.mode.aes = TPM2_ALG_CFB,
				},
				.scheme.scheme = TPM2_ALG_NULL,
				.curveID = TPM2_ECC_NIST_P256,
				.kdf.scheme = TPM2_ALG_NULL,
			},
		},
	};
	TSS2_RC rc = t->esys.CreatePrimary(t->context, hierarchy,
					   ESYS_TR_PASSWORD, ESYS_TR_NONE,
					   ESYS_TR_NONE, &sensitive, &template,
					   &outside, &pcrs, parent, NULL, NULL,
					   NULL, NULL);

	return rc == TSS2_RC_SUCCESS
		? KF_OK : kf_tpm_wrong("TPM2_CreatePrimary", rc, why);
}

/* find_parent opens the parent of a wrapped key; `*made` tells whether it has
 * to be flushed. */
static enum kf_status find_parent(struct kf_tpm *t, ESYS_TR *parent,
				  bool *made, struct kf_fault *why)
{
	static const struct {
		uint32_t handle;
		ESYS_TR hierarchy;
	} known[] = {
		{ TPM2_RH_OWNER, ESYS_TR_RH_OWNER },
		{ TPM2_RH_NULL, ESYS_TR_RH_NULL },
		{ TPM2_RH_ENDORSEMENT, ESYS_TR_RH_ENDORSEMENT },
		{ TPM2_RH_PLATFORM, ESYS_TR_RH_PLATFORM },
	};
	TSS2_RC rc;

	*made = true;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].handle == t->wrapped.parent)
			return make_parent(t, known[i].hierarchy, parent, why);
	*made = false;
	rc = t->esys.TR_FromTPMPublic(t->context, t->wrapped.parent,
				      ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				      parent);
	return rc == TSS2_RC_SUCCESS
		? KF_OK : kf_tpm_wrong("TPM2_ReadPublic of the parent", rc,
				       why);
}

static enum kf_status load_wrapped(struct kf_tpm *t, struct kf_fault *why)
{
	ESYS_TR parent = ESYS_TR_NONE;
	bool made = false;
	enum kf_status status = find_parent(t, &parent, &made, why);
	TSS2_RC rc;

	if (status != KF_OK)
		return status;
	rc = t->esys.Load(t->context, parent, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			  ESYS_TR_NONE, &t->wrapped.private,
			  &t->wrapped.public, &t->key);
	if (made)
		(void)t->esys.FlushContext(t->context, parent);
	if (rc == TSS2_RC_SUCCESS)
		return KF_OK;
	t->key = ESYS_TR_NONE;
	if ((rc & 0xffff & ~0xf40u) == (TPM2_RC_INTEGRITY & ~0xf40u)) {
		kf_fault_say(why, NULL, "the key is not of this TPM");
		return KF_WRONG_USE;
	}
	return kf_tpm_wrong("TPM2_Load", rc, why);
}

/* find_persistent opens a key by its handle. */
static enum kf_status find_persistent(struct kf_tpm *t, struct kf_fault *why)
{
	TSS2_RC rc = t->esys.TR_FromTPMPublic(t->context, t->handle,
					      ESYS_TR_NONE, ESYS_TR_NONE,
					      ESYS_TR_NONE, &t->key);

	if (rc == TSS2_RC_SUCCESS)
		return KF_OK;
	t->key = ESYS_TR_NONE;
	return kf_tpm_wrong("TPM2_ReadPublic", rc, why);
}

static enum kf_status set_auth(struct kf_tpm *t, struct kf_fault *why)
{
	TPM2B_AUTH auth = { 0 };
	TSS2_RC rc;

	auth.size = (UINT16)t->pin.len;
	memcpy(auth.buffer, t->pin.text, t->pin.len);
	rc = t->esys.TR_SetAuth(t->context, t->key, &auth);
	explicit_bzero(&auth, sizeof(auth));
	return rc == TSS2_RC_SUCCESS
		? KF_OK : kf_tpm_wrong("Esys_TR_SetAuth", rc, why);
}

enum kf_status kf_tpm_open(struct kf_tpm *t, struct kf_fault *why)
{
	TPM2B_PUBLIC *public = NULL;
	enum kf_status status;
	TSS2_RC rc;

	if (!t->handle && !t->wrapped.there) {
		kf_fault_say(why, "it reads like tpm:0x81000001; keyfit keys tpm: lists them",
			     "names no key of the TPM");
		return KF_WRONG_USE;
	}
	status = t->handle ? find_persistent(t, why) : load_wrapped(t, why);
	if (status != KF_OK)
		return status;
	rc = t->esys.ReadPublic(t->context, t->key, ESYS_TR_NONE, ESYS_TR_NONE,
				ESYS_TR_NONE, &public, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return kf_tpm_wrong("TPM2_ReadPublic", rc, why);
	t->public = public->publicArea;
	t->esys.Free(public);
	if (!(t->public.objectAttributes & TPMA_OBJECT_USERWITHAUTH)) {
		kf_fault_say(why, "keyfit signs with keys that a PIN opens, or nothing",
			     "the key is used by a policy alone");
		return KF_WRONG_USE;
	}
	return set_auth(t, why);
}
