/* TPM 2.0: the driver, by the enhanced system API (ESYS) of the TPM software
 * stack.
 *
 * Source: TCG TSS 2.0 Enhanced System API, version 1.0; TPM 2.0 Library, part
 * 2, 6.6.3, response codes.
 */
#include "tpm.h"

#include "told.h"

#include "host/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kf_tpm state;	/* the child drives one key, ever */

static const char *const esys_names[] = {
#define ESYS(name) "Esys_" #name,
#include "tpm.def"
#undef ESYS
};
static const char *const mu_names[] = {
#define MU(name) "Tss2_MU_" #name,
#include "tpm.def"
#undef MU
};
static const char *const ldr_names[] = {
#define LDR(name) "Tss2_TctiLdr_" #name,
#include "tpm.def"
#undef LDR
};

#define NUM(table) (sizeof(table) / sizeof((table)[0]))

/* base is a response code without its layer, and without the number of the
 * handle or parameter that it is about. */
static TSS2_RC base(TSS2_RC rc)
{
	rc &= 0xffff;
	return rc & TPM2_RC_FMT1 ? rc & 0xbf : rc;
}

enum kf_status kf_tpm_wrong(const char *command, TSS2_RC rc,
			    struct kf_fault *why)
{
	bool own = (rc & TSS2_RC_LAYER_MASK) == TSS2_TPM_RC_LAYER ||
		   (rc & TSS2_RC_LAYER_MASK) == TSS2_RESMGR_TPM_RC_LAYER;

	if (own && (base(rc) == TPM2_RC_AUTH_FAIL ||
		    base(rc) == TPM2_RC_BAD_AUTH)) {
		kf_fault_say(why, "it was tried once; a TPM locks itself after a few",
			     "the TPM does not take the PIN, or wants one and there is none");
		return KF_WRONG_USE;
	}
	if (own && (rc & 0xffff) == TPM2_RC_LOCKOUT) {
		kf_fault_say(why, "wait, or clear the lockout: tpm2_dictionarylockout",
			     "the TPM is locked: there were too many wrong PINs");
		return KF_CANNOT_READ;
	}
	if (own && base(rc) == TPM2_RC_HANDLE) {
		kf_fault_say(why, "keyfit keys tpm: lists what it holds",
			     "the TPM has no key of this handle");
		return KF_WRONG_USE;
	}
	if (own && (base(rc) == TPM2_RC_SCHEME || base(rc) == TPM2_RC_HASH ||
		    base(rc) == TPM2_RC_VALUE || base(rc) == TPM2_RC_SIZE)) {
		kf_fault_say(why, NULL, "the TPM does not do this with the key: %s gives 0x%x",
			     command, (unsigned)rc);
		return KF_WRONG_USE;
	}
	kf_fault_say(why, "tpm2_rc_decode tells what the number means",
		     "the TPM fails: %s gives 0x%x", command, (unsigned)rc);
	return KF_CANNOT_READ;
}

/* read_handle reads "0x81000001". Fails: false, it is none. */
static bool read_handle(uint32_t *out, const char *text)
{
	char *end = NULL;
	unsigned long number;

	if (strncmp(text, "0x", 2) != 0)
		return false;
	number = strtoul(text, &end, 16);
	if (*end || strlen(text) != 10)
		return false;
	*out = (uint32_t)number;
	return true;
}

/* read_name finds out which key is named. */
static enum kf_status read_name(struct kf_tpm *t,
				const struct kf_key_name *name,
				struct kf_fault *why)
{
	memcpy(t->tcti_name, name->tcti, sizeof(t->tcti_name));
	if (!name->path[0])
		return KF_OK;
	if (!read_handle(&t->handle, name->path))
		return kf_tpm_file_read(t, name->path, why);
	if (t->handle >> TPM2_HR_SHIFT == TPM2_HT_PERSISTENT)
		return KF_OK;
	kf_fault_say(why, "tpm2_evictcontrol makes a key persistent; keyfit keys tpm: lists them",
		     "is no handle of a persistent key: those are from 0x81000000 on");
	return KF_WRONG_USE;
}

static enum kf_status start(void **self, const struct kf_key_name *name,
			    struct kf_fault *warning, struct kf_fault *why)
{
	struct kf_tpm *t = &state;
	enum kf_status status;

	*self = t;
	t->key = ESYS_TR_NONE;
	if (!kf_library_load(&t->esys, "libtss2-esys.so.0", esys_names,
			     NUM(esys_names)) ||
	    !kf_library_load(&t->mu, "libtss2-mu.so.0", mu_names,
			     NUM(mu_names)) ||
	    !kf_library_load(&t->ldr, "libtss2-tctildr.so.0", ldr_names,
			     NUM(ldr_names))) {
		kf_fault_say(why, "install libtss2-esys-3.0.2-0 and libtss2-tctildr0",
			     "the TPM software stack is not there");
		return KF_CANNOT_READ;
	}
	status = read_name(t, name, why);
	if (status == KF_OK)
		status = kf_pin_read(&t->pin, name, warning, why);
	if (status == KF_OK && t->pin.len > sizeof(((TPM2B_AUTH *)0)->buffer)) {
		kf_fault_say(why, NULL, "the PIN is longer than a TPM takes");
		status = KF_WRONG_USE;
	}
	return status;
}

static enum kf_status load(void *self, struct kf_fault *why)
{
	return kf_tpm_connect(self, why);
}

enum kf_status kf_tpm_connect(struct kf_tpm *t, struct kf_fault *why)
{
	const char *name = t->tcti_name[0] ? t->tcti_name : NULL;
	TSS2_RC rc = t->ldr.Initialize(name, &t->tcti);

	if (rc != TSS2_RC_SUCCESS) {
		kf_fault_say(why, "tcti=device:/dev/tpmrm0 behind a question mark names one",
			     "there is no TPM%s%.80s: 0x%x", name ? " at " : "",
			     name ? name : "", (unsigned)rc);
		return KF_CANNOT_READ;
	}
	rc = t->esys.Initialize(&t->context, t->tcti, NULL);
	return rc == TSS2_RC_SUCCESS ? KF_OK
				     : kf_tpm_wrong("Esys_Initialize", rc, why);
}

void kf_tpm_part(struct kf_tpm *t)
{
	if (t->context && t->key != ESYS_TR_NONE && t->wrapped.there)
		(void)t->esys.FlushContext(t->context, t->key);
	t->key = ESYS_TR_NONE;
	if (t->context)
		t->esys.Finalize(&t->context);
	if (t->tcti)
		t->ldr.Finalize(&t->tcti);
}

static enum kf_status open_key(void *self, struct kf_output *told,
			       struct kf_fault *why)
{
	struct kf_tpm *t = self;
	enum kf_status status = kf_tpm_open(t, why);

	if (status == KF_OK)
		kf_tpm_tell(told, &t->public, t->handle);
	return status;
}

static enum kf_status sign(void *self, struct kf_signature *out,
			   const struct kf_scheme *scheme,
			   struct kf_bytes content, struct kf_fault *why)
{
	return kf_tpm_sign(self, out, scheme, content, why);
}

/* word takes the four letters of a property. */
static void word(char *out, uint32_t value)
{
	for (size_t i = 0; i < 4; i++) {
		char c = (char)(value >> (24 - 8 * i) & 0xff);

		out[i] = c >= ' ' && c <= '~' ? c : ' ';
	}
}

/* tell_tpm tells whose the TPM is. */
static enum kf_status tell_tpm(struct kf_tpm *t, struct kf_output *told,
			       struct kf_fault *why)
{
	char maker[4] = "", model[16] = "", firmware[40] = "";
	TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;
	uint32_t version[2] = { 0, 0 };
	TSS2_RC rc = t->esys.GetCapability(t->context, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE,
					   TPM2_CAP_TPM_PROPERTIES,
					   TPM2_PT_MANUFACTURER, 16, &more,
					   &data);

	if (rc != TSS2_RC_SUCCESS)
		return kf_tpm_wrong("TPM2_GetCapability", rc, why);
	for (uint32_t i = 0; i < data->data.tpmProperties.count && i < 16;
	     i++) {
		const TPMS_TAGGED_PROPERTY *p =
			&data->data.tpmProperties.tpmProperty[i];

		if (p->property == TPM2_PT_MANUFACTURER)
			word(maker, p->value);
		else if (p->property >= TPM2_PT_VENDOR_STRING_1 &&
			 p->property <= TPM2_PT_VENDOR_STRING_4)
			word(model + 4 * (p->property -
					  TPM2_PT_VENDOR_STRING_1), p->value);
		else if (p->property == TPM2_PT_FIRMWARE_VERSION_1)
			version[0] = p->value;
		else if (p->property == TPM2_PT_FIRMWARE_VERSION_2)
			version[1] = p->value;
	}
	t->esys.Free(data);
	snprintf(firmware, sizeof(firmware), "firmware %08x.%08x", version[0],
		 version[1]);
	kf_tell(told, KF_TELL_TOKEN, kf_text("TPM 2.0"));
	kf_tell(told, KF_TELL_MAKER, kf_view(maker, sizeof(maker)));
	kf_tell(told, KF_TELL_MODEL, kf_view(model, strnlen(model,
							    sizeof(model))));
	kf_tell(told, KF_TELL_SERIAL, kf_text(firmware));
	return KF_OK;
}

/* tell_handle tells a key, if it is one. */
static void tell_handle(struct kf_tpm *t, struct kf_output *told,
			uint32_t handle)
{
	TPM2B_PUBLIC *public = NULL;
	ESYS_TR key;

	if (t->esys.TR_FromTPMPublic(t->context, handle, ESYS_TR_NONE,
				     ESYS_TR_NONE, ESYS_TR_NONE, &key) !=
	    TSS2_RC_SUCCESS)
		return;
	if (t->esys.ReadPublic(t->context, key, ESYS_TR_NONE, ESYS_TR_NONE,
			       ESYS_TR_NONE, &public, NULL, NULL) ==
	    TSS2_RC_SUCCESS)
		kf_tpm_tell(told, &public->publicArea, handle);
	t->esys.Free(public);
}

static enum kf_status list(void *self, struct kf_output *told,
			   struct kf_fault *why)
{
	struct kf_tpm *t = self;
	TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more = TPM2_NO;
	enum kf_status status = tell_tpm(t, told, why);
	uint32_t from = t->handle ? t->handle : TPM2_PERSISTENT_FIRST;
	TSS2_RC rc;

	if (status != KF_OK)
		return status;
	if (t->wrapped.there)
		return open_key(t, told, why);
	do {
		rc = t->esys.GetCapability(t->context, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE,
					   TPM2_CAP_HANDLES, from,
					   t->handle ? 1 : TPM2_MAX_CAP_HANDLES,
					   &more, &data);
		if (rc != TSS2_RC_SUCCESS)
			return kf_tpm_wrong("TPM2_GetCapability", rc, why);
		for (uint32_t i = 0; i < data->data.handles.count &&
				     i < TPM2_MAX_CAP_HANDLES; i++) {
			uint32_t handle = data->data.handles.handle[i];

			/* Upwards alone, so that it ends. */
			more = handle < from ? TPM2_NO : more;
			from = handle + 1;
			if (!t->handle || handle == t->handle)
				tell_handle(t, told, handle);
		}
		more = data->data.handles.count ? more : TPM2_NO;
		t->esys.Free(data);
		data = NULL;
	} while (more && !t->handle);
	return KF_OK;
}

static void close_key(void *self)
{
	struct kf_tpm *t = self;

	kf_tpm_part(t);
	kf_pin_wipe(&t->pin);
}

const struct kf_driver kf_driver_tpm = {
	start, load, open_key, list, sign, close_key,
};
