/* PKCS#11: the one key that a URI names, and signatures by it. When the token
 * is lost, it is opened again, once for each signature.
 *
 * Source: PKCS#11 2.40, 5.11; PKCS#11 2.40 mechanisms, 2.1.6, 2.1.10 and 2.3.6;
 * RFC 8017, 9.2, note 1.
 */
#include "p11.h"

#include "told.h"

#include <stdio.h>
#include <string.h>

/* prefixes of DigestInfo, by their digests. */
static const struct {
	enum kf_digest_kind digest;
	uint8_t prefix[19];
	CK_MECHANISM_TYPE mechanism;
	CK_RSA_PKCS_MGF_TYPE mgf;
} digests[] = {
	{ KF_SHA256, { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
		       0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
		       0x20 }, CKM_SHA256, CKG_MGF1_SHA256 },
	{ KF_SHA384, { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
		       0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04,
		       0x30 }, CKM_SHA384, CKG_MGF1_SHA384 },
	{ KF_SHA512, { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
		       0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04,
		       0x40 }, CKM_SHA512, CKG_MGF1_SHA512 },
};

static const struct {
	enum kf_scheme_kind kind;
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE mechanism;
} schemes[] = {
	{ KF_SCHEME_RSA_PKCS1, CKK_RSA, CKM_RSA_PKCS },
	{ KF_SCHEME_RSA_PSS, CKK_RSA, CKM_RSA_PKCS_PSS },
	{ KF_SCHEME_ECDSA, CKK_EC, CKM_ECDSA },
	{ KF_SCHEME_ED25519, CKK_EC_EDWARDS, CKM_EDDSA },
};

enum {
	NUM_DIGESTS = sizeof(digests) / sizeof(digests[0]),
	NUM_SCHEMES = sizeof(schemes) / sizeof(schemes[0]),
};

void kf_p11_signs(struct kf_p11 *p, struct kf_output *told, CK_KEY_TYPE type)
{
	for (size_t i = 0; i < NUM_SCHEMES; i++) {
		CK_MECHANISM_INFO info = { 0 };

		if (schemes[i].type == type &&
		    p->token.module->C_GetMechanismInfo(p->token.slot,
				schemes[i].mechanism, &info) == CKR_OK &&
		    (info.flags & CKF_SIGN))
			kf_tell_number(told, KF_TELL_SIGNS, schemes[i].kind);
	}
}

/* name_tokens writes the labels of tokens, for a hint. */
static void name_tokens(char *out, size_t room, const struct kf_p11_token *t,
			size_t num)
{
	int at = snprintf(out, room, "there %s", num == 1 ? "is" : "are");

	for (size_t i = 0; i < num && at >= 0 && (size_t)at < room; i++) {
		struct kf_bytes label = kf_p11_field(t[i].info.label,
						     sizeof(t[i].info.label));

		at += snprintf(out + at, room - (size_t)at, "%s token=%.*s",
			       i ? "," : "", (int)label.len,
			       (const char *)label.data);
	}
}

static enum kf_status not_one_token(struct kf_p11 *p,
				    const struct kf_p11_token *tokens,
				    size_t num, struct kf_fault *why)
{
	char hint[200] = "see whether it is plugged in, and p11-kit list-tokens";

	p->passes = !num;
	if (num)
		name_tokens(hint, sizeof(hint), tokens, num);
	if (num)
		kf_fault_say(why, hint, "matches %zu tokens, and a PIN goes to one alone",
			     num);
	else
		kf_fault_say(why, hint, "no token matches");
	return KF_WRONG_USE;
}

/* shows tells whether a token shows a key that matches before any login. */
static bool shows(struct kf_p11 *p, const struct kf_p11_token *token)
{
	struct kf_fault ignored = { 0 };
	CK_OBJECT_HANDLE found[1];
	size_t num = 1;

	p->token = *token;
	if (kf_p11_open(p, &ignored) != KF_OK)
		return false;
	if (kf_p11_find(p, found, &num, CKO_PRIVATE_KEY, NULL, &ignored) !=
	    KF_OK)
		num = 0;
	kf_p11_drop(p);
	return num;
}

/* choose finds the one token to log in to: the only one that matches; else the
 * only one that shows the key; else the only one that hides what it has. */
static enum kf_status choose(struct kf_p11 *p, struct kf_fault *why)
{
	struct kf_p11_token tokens[KF_P11_TOKENS_MAX];
	size_t num, num_shown = 0, num_shut = 0, shown = 0, shut = 0;
	enum kf_status status = kf_p11_tokens(p, tokens, &num, why);

	if (status != KF_OK)
		return status;
	for (size_t i = 0; i < num && num > 1; i++)
		if (shows(p, &tokens[i])) {
			shown = i;
			num_shown++;
		} else if (tokens[i].info.flags & CKF_LOGIN_REQUIRED) {
			shut = i;
			num_shut++;
		}
	if (num == 1 || num_shown + num_shut == 1) {
		p->token = tokens[num_shown ? shown : shut];
		return KF_OK;
	}
	return not_one_token(p, tokens, num, why);
}

/* name_keys writes the labels of private keys, for a hint. */
static void name_keys(struct kf_p11 *p, char *out, size_t room,
		      const CK_OBJECT_HANDLE *keys, size_t num)
{
	int at = snprintf(out, room, "there %s", num == 1 ? "is" : "are");

	for (size_t i = 0; i < num && at >= 0 && (size_t)at < room; i++) {
		uint8_t label_room[64], id_room[32];
		struct kf_bytes label = kf_p11_value(p, keys[i], CKA_LABEL,
						     label_room,
						     sizeof(label_room));
		struct kf_bytes id = kf_p11_value(p, keys[i], CKA_ID, id_room,
						  sizeof(id_room));

		at += snprintf(out + at, room - (size_t)at, "%s object=%.*s",
			       i ? "," : "", (int)label.len,
			       (const char *)label.data);
		for (size_t k = 0; k < id.len && (size_t)at < room; k++)
			at += snprintf(out + at, room - (size_t)at, "%s%%%02x",
				       k ? "" : ";id=", id.data[k]);
	}
}

static enum kf_status not_one_key(struct kf_p11 *p, CK_OBJECT_HANDLE *keys,
				  size_t num, struct kf_fault *why)
{
	char hint[200] = "keyfit keys lists what the token holds";
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE any = { CKA_CLASS, &class, sizeof(class) };
	CK_FUNCTION_LIST *m = p->token.module;
	CK_ULONG got = num;

	if (!num && m->C_FindObjectsInit(p->login, &any, 1) == CKR_OK) {
		if (m->C_FindObjects(p->login, keys, 16, &got) != CKR_OK ||
		    got > 16)
			got = 0;
		(void)m->C_FindObjectsFinal(p->login);
	}
	if (got)
		name_keys(p, hint, sizeof(hint), keys, got < 16 ? got : 16);
	if (num)
		kf_fault_say(why, hint, "matches %zu private keys, and one alone signs",
			     num);
	else
		kf_fault_say(why, hint, "the token has no private key that matches");
	return KF_WRONG_USE;
}

/* find_key finds the key, and what signing has to know of it. */
static enum kf_status find_key(struct kf_p11 *p, struct kf_fault *why)
{
	CK_OBJECT_HANDLE keys[64];
	uint8_t room[256];
	size_t num = sizeof(keys) / sizeof(keys[0]);
	struct kf_bytes value;
	enum kf_status status = kf_p11_find(p, keys, &num, CKO_PRIVATE_KEY,
					    NULL, why);

	if (status != KF_OK)
		return status;
	p->failed = CKR_OK;
	if (num != 1)
		return not_one_key(p, keys, num, why);
	p->key = keys[0];
	value = kf_p11_value(p, p->key, CKA_KEY_TYPE, room, sizeof(room));
	p->type = CKK_VENDOR_DEFINED;
	if (value.len == sizeof(p->type))
		memcpy(&p->type, value.data, sizeof(p->type));
	if (p->type == CKK_EC) {
		value = kf_p11_value(p, p->key, CKA_EC_PARAMS, room,
				     sizeof(room));
		(void)kf_p11_curve(value, &p->coordinate);
	}
	p->asks_each_time = kf_p11_yes_no(p, p->key, CKA_ALWAYS_AUTHENTICATE)
			    == KF_YES;
	return p->failed == CKR_OK
		? KF_OK : kf_p11_wrong(p, "C_GetAttributeValue", p->failed, why);
}

static bool names_another_class(struct kf_p11 *p)
{
	CK_ULONG num = 0;
	CK_ATTRIBUTE *said = p->kit.uri_get_attributes(p->uri, &num);
	CK_OBJECT_CLASS class;

	for (CK_ULONG i = 0; i < num; i++)
		if (said[i].type == CKA_CLASS &&
		    said[i].ulValueLen == sizeof(class)) {
			memcpy(&class, said[i].pValue, sizeof(class));
			return class != CKO_PRIVATE_KEY;
		}
	return false;
}

enum kf_status kf_p11_use(struct kf_p11 *p, struct kf_fault *why)
{
	enum kf_status status;

	if (names_another_class(p)) {
		kf_fault_say(why, "leave type out, or say type=private",
			     "names no private key");
		return KF_WRONG_USE;
	}
	status = choose(p, why);
	if (status == KF_OK) {
		p->passes = false;
		status = kf_p11_open(p, why);
	}
	if (status == KF_OK)
		status = kf_p11_login(p, why);
	if (status == KF_OK)
		status = find_key(p, why);
	if (status != KF_OK)
		kf_p11_drop(p);
	return status;
}

/* signing is one signature: what is signed, how, and what came out. */
struct signing {
	CK_MECHANISM mechanism;
	CK_RSA_PKCS_PSS_PARAMS pss;
	uint8_t info[19 + 64];		/* DigestInfo */
	struct kf_bytes content;
	uint8_t out[KF_SIGNATURE_MAX];
	CK_ULONG out_len;
	const char *failing;
};

static void prepare(struct signing *s, const struct kf_scheme *scheme,
		    struct kf_bytes content)
{
	s->content = content;
	for (size_t i = 0; i < NUM_SCHEMES; i++)
		if (schemes[i].kind == scheme->kind)
			s->mechanism.mechanism = schemes[i].mechanism;
	for (size_t i = 0; i < NUM_DIGESTS; i++) {
		if (digests[i].digest != scheme->digest)
			continue;
		s->pss.hashAlg = digests[i].mechanism;
		s->pss.mgf = digests[i].mgf;
		s->pss.sLen = scheme->salt_len == KF_SALT_ANY
			? content.len : (CK_ULONG)scheme->salt_len;
		memcpy(s->info, digests[i].prefix, 19);
	}
	if (scheme->kind == KF_SCHEME_RSA_PSS) {
		s->mechanism.pParameter = &s->pss;
		s->mechanism.ulParameterLen = sizeof(s->pss);
	}
	if (scheme->kind == KF_SCHEME_RSA_PKCS1) {
		memcpy(s->info + 19, content.data, content.len);
		s->content = kf_view(s->info, 19 + content.len);
	}
}

/* sign_once makes one attempt. Returns what failed, in `s->failing`. */
static CK_RV sign_once(struct kf_p11 *p, struct signing *s)
{
	CK_FUNCTION_LIST *m = p->token.module;
	CK_BYTE *content;
	CK_RV rv;

	s->failing = "C_SignInit";
	rv = m->C_SignInit(p->login, &s->mechanism, p->key);
	if (rv != CKR_OK)
		return rv;
	if (p->asks_each_time) {
		bool own = p->token.info.flags &
			   CKF_PROTECTED_AUTHENTICATION_PATH;

		s->failing = "C_Login";
		rv = m->C_Login(p->login, CKU_CONTEXT_SPECIFIC,
				own ? NULL : (CK_UTF8CHAR *)p->pin.text,
				own ? 0 : p->pin.len);
		if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
			return rv;
	}
	s->failing = "C_Sign";
	s->out_len = sizeof(s->out);
	memcpy(&content, &s->content.data, sizeof(content));
	rv = m->C_Sign(p->login, content, s->content.len, s->out,
		       &s->out_len);
	return rv == CKR_OK && s->out_len > sizeof(s->out)
		? CKR_BUFFER_TOO_SMALL : rv;
}

static enum kf_status refused(struct kf_p11 *p, const struct signing *s,
			      CK_RV rv, struct kf_fault *why)
{
	if (strcmp(s->failing, "C_Login") == 0)
		return kf_p11_say_pin(p, rv, why);
	if (rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID ||
	    rv == CKR_KEY_TYPE_INCONSISTENT || rv == CKR_KEY_SIZE_RANGE ||
	    rv == CKR_KEY_FUNCTION_NOT_PERMITTED) {
		(void)kf_p11_wrong(p, s->failing, rv, why);
		return KF_WRONG_USE;
	}
	return kf_p11_wrong(p, s->failing, rv, why);
}

/* take keeps the signature in the form that kf_crypto verifies. */
static enum kf_status take(struct kf_p11 *p, struct kf_signature *out,
			   const struct kf_scheme *scheme,
			   const struct signing *s, struct kf_fault *why)
{
	size_t half = p->coordinate;

	if (scheme->kind != KF_SCHEME_ECDSA) {
		memcpy(out->bytes, s->out, s->out_len);
		out->len = s->out_len;
		return KF_OK;
	}
	if (half && s->out_len == 2 * half &&
	    kf_ecdsa_value(out, kf_view(s->out, half),
			   kf_view(s->out + half, half)))
		return KF_OK;
	kf_fault_say(why, "test the token",
		     "the token gives %lu bytes for a signature of %zu",
		     (unsigned long)s->out_len, 2 * half);
	return KF_CANNOT_READ;
}

enum kf_status kf_p11_sign(struct kf_p11 *p, struct kf_signature *out,
			   const struct kf_scheme *scheme,
			   struct kf_bytes content, struct kf_fault *why)
{
	struct signing s = { .failing = "C_SignInit" };
	enum kf_status status = KF_OK;
	CK_RV rv;

	if (scheme->kind != KF_SCHEME_ED25519 &&
	    content.len != kf_digest_size(scheme->digest)) {
		kf_fault_say(why, NULL, "the digest is of another kind");
		return KF_WRONG_USE;
	}
	prepare(&s, scheme, content);
	if (!p->login)
		status = kf_p11_use(p, why);
	if (status != KF_OK)
		return status;
	rv = sign_once(p, &s);
	if (rv != CKR_OK && kf_p11_lost(rv)) {
		kf_p11_drop(p);
		status = kf_p11_use(p, why);
		if (status == KF_OK)
			rv = sign_once(p, &s);
	}
	if (status == KF_OK)
		status = rv == CKR_OK ? take(p, out, scheme, &s, why)
				      : refused(p, &s, rv, why);
	explicit_bzero(&s, sizeof(s));
	/* What is left half done in there ends with it. */
	if (status != KF_OK)
		kf_p11_drop(p);
	return status;
}
