/* PKCS#11: logging in. A PIN goes to one token, and a wrong one goes there
 * once: tokens lock themselves after a few.
 *
 * Source: PKCS#11 2.40, 5.6, C_OpenSession and C_Login.
 */
#include "p11.h"

enum kf_status kf_p11_say_pin(struct kf_p11 *p, CK_RV rv,
			      struct kf_fault *why)
{
	if (rv == CKR_PIN_LOCKED) {
		kf_fault_say(why, "its security officer can set another one",
			     "the token's PIN is locked");
		return KF_CANNOT_READ;
	}
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID ||
	    rv == CKR_PIN_LEN_RANGE) {
		kf_fault_say(why, "it was tried once; a token locks itself after a few",
			     "the token does not take the PIN");
		return KF_WRONG_USE;
	}
	return kf_p11_wrong(p, "C_Login", rv, why);
}

enum kf_status kf_p11_open(struct kf_p11 *p, struct kf_fault *why)
{
	CK_SESSION_HANDLE login = 0;
	CK_RV rv = p->token.module->C_OpenSession(p->token.slot,
						  CKF_SERIAL_SESSION, NULL,
						  NULL, &login);

	if (rv != CKR_OK)
		return kf_p11_wrong(p, "C_OpenSession", rv, why);
	p->login = login;
	return KF_OK;
}

enum kf_status kf_p11_login(struct kf_p11 *p, struct kf_fault *why)
{
	CK_FLAGS flags = p->token.info.flags;
	bool own = flags & CKF_PROTECTED_AUTHENTICATION_PATH;
	enum kf_status status;
	CK_RV rv;

	if (!(flags & CKF_LOGIN_REQUIRED))
		return KF_OK;
	if (!own && !p->pin.there) {
		kf_fault_say(why, "say where it lies: pin-source=file:PATH behind a question mark, or --pin-source",
			     "the token wants a PIN, and there is none");
		return KF_WRONG_USE;
	}
	if (flags & CKF_USER_PIN_LOCKED)
		return kf_p11_say_pin(p, CKR_PIN_LOCKED, why);
	if (!own && (flags & CKF_USER_PIN_FINAL_TRY)) {
		kf_fault_say(why, "log in once by the token's own tools",
			     "one more wrong PIN would lock the token, so keyfit does not try");
		return KF_CANNOT_READ;
	}
	rv = p->token.module->C_Login(p->login, CKU_USER,
				      own ? NULL
					  : (CK_UTF8CHAR *)p->pin.text,
				      own ? 0 : p->pin.len);
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return KF_OK;
	status = kf_p11_say_pin(p, rv, why);
	/* Whatever it says, it may have counted. */
	p->passes = false;
	return status;
}

void kf_p11_drop(struct kf_p11 *p)
{
	if (p->login)
		(void)p->token.module->C_CloseSession(p->login);
	p->login = 0;
	p->key = 0;
}
