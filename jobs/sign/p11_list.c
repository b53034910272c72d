/* PKCS#11: the driver, and all that tokens hold.
 */
#include "p11.h"

#include "told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kf_p11 state;	/* the child drives one token, ever */

static enum kf_status start(void **self, const struct kf_key_name *name,
			    struct kf_fault *warning, struct kf_fault *why)
{
	*self = &state;
	return kf_p11_start(&state, name, warning, why);
}

static enum kf_status load(void *self, struct kf_fault *why)
{
	return kf_p11_load(self, why);
}

static enum kf_status open_key(void *self, struct kf_output *told,
			       struct kf_fault *why)
{
	struct kf_p11 *p = self;
	struct kf_fault last = { 0 };
	unsigned times = 0;
	enum kf_status status;

	do {
		memset(&last, 0, sizeof(last));
		status = kf_p11_use(p, &last);
	} while (status != KF_OK && kf_p11_again(p, &times));
	if (last.what[0])
		kf_fault_say(why, last.hint, "%s", last.what);
	if (status == KF_OK)
		status = kf_p11_tell(p, told, p->key, CKO_PRIVATE_KEY, why);
	return status;
}

static enum kf_status sign(void *self, struct kf_signature *out,
			   const struct kf_scheme *scheme,
			   struct kf_bytes content, struct kf_fault *why)
{
	return kf_p11_sign(self, out, scheme, content, why);
}

static void tell_mechanisms(struct kf_p11 *p, struct kf_output *told)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		const char *name;
	} known[] = {
#define MECHANISM(name) { name, #name },
#include "p11_mechanisms.def"
#undef MECHANISM
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CK_MECHANISM_INFO info = { 0 };
		char text[120];

		if (p->token.module->C_GetMechanismInfo(p->token.slot,
				known[i].type, &info) != CKR_OK)
			continue;
		snprintf(text, sizeof(text), "%s %lu-%lu", known[i].name,
			 info.ulMinKeySize, info.ulMaxKeySize);
		if (!info.ulMaxKeySize)
			snprintf(text, sizeof(text), "%s", known[i].name);
		kf_tell(told, KF_TELL_MECHANISM, kf_text(text));
	}
}

static void tell_token(struct kf_p11 *p, struct kf_output *told)
{
	const CK_TOKEN_INFO *i = &p->token.info;
	P11KitUri *uri = p->kit.uri_new();
	char *text = NULL;

	kf_tell(told, KF_TELL_TOKEN,
		kf_p11_field(i->label, sizeof(i->label)));
	kf_tell(told, KF_TELL_MAKER,
		kf_p11_field(i->manufacturerID, sizeof(i->manufacturerID)));
	kf_tell(told, KF_TELL_MODEL,
		kf_p11_field(i->model, sizeof(i->model)));
	kf_tell(told, KF_TELL_SERIAL,
		kf_p11_field(i->serialNumber, sizeof(i->serialNumber)));
	if (uri) {
		*p->kit.uri_get_token_info(uri) = *i;
		if (p->kit.uri_format(uri, P11_KIT_URI_FOR_TOKEN, &text) ==
		    P11_KIT_URI_OK && text)
			kf_tell(told, KF_TELL_URI, kf_text(text));
		p->kit.uri_free(uri);
		free(text);
	}
	tell_mechanisms(p, told);
}

static enum kf_status tell_class(struct kf_p11 *p, struct kf_output *told,
				 CK_OBJECT_CLASS class, struct kf_fault *why)
{
	static CK_OBJECT_HANDLE found[KF_P11_OBJECTS_MAX];
	size_t num = KF_P11_OBJECTS_MAX;
	enum kf_status status = kf_p11_find(p, found, &num, class, NULL, why);

	if (status == KF_OK && num == KF_P11_OBJECTS_MAX) {
		kf_fault_say(why, "name fewer of them: object=, id=, type=",
			     "the token has %d objects and more",
			     KF_P11_OBJECTS_MAX);
		status = KF_TOO_MUCH;
	}
	for (size_t i = 0; i < num && status == KF_OK; i++)
		status = kf_p11_tell(p, told, found[i], class, why);
	return status;
}

/* log_in logs in for a list. Without a PIN there is still something to tell. */
static enum kf_status log_in(struct kf_p11 *p, struct kf_output *told,
			     bool alone, struct kf_fault *why)
{
	CK_FLAGS flags = p->token.info.flags;
	const char *hidden = NULL;

	if (!(flags & CKF_LOGIN_REQUIRED))
		return KF_OK;
	if (!alone && p->pin.there)
		hidden = "the PIN was not used: it goes to one token alone";
	else if (!p->pin.there &&
		 !(flags & CKF_PROTECTED_AUTHENTICATION_PATH))
		hidden = "there is no PIN";
	if (!hidden)
		return kf_p11_login(p, why);
	kf_tell(told, KF_TELL_HIDDEN, kf_text(hidden));
	return KF_OK;
}

static enum kf_status list(void *self, struct kf_output *told,
			   struct kf_fault *why)
{
	static const CK_OBJECT_CLASS classes[] = {
		CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE,
	};
	static struct kf_p11_token tokens[KF_P11_TOKENS_MAX];
	struct kf_p11 *p = self;
	size_t num;
	enum kf_status status = kf_p11_tokens(p, tokens, &num, why);

	for (size_t i = 0; i < num && status == KF_OK; i++) {
		p->token = tokens[i];
		status = kf_p11_open(p, why);
		if (status == KF_OK) {
			tell_token(p, told);
			status = log_in(p, told, num == 1, why);
		}
		for (size_t c = 0; c < 3 && status == KF_OK; c++)
			status = tell_class(p, told, classes[c], why);
		kf_p11_drop(p);
	}
	return status;
}

static void close_token(void *self)
{
	kf_p11_end(self);
}

const struct kf_driver kf_driver_pkcs11 = {
	start, load, open_key, list, sign, close_token,
};
