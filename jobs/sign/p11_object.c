/* PKCS#11: objects of a token, found and told. A token that tells more than
 * there is room for, or things without end, is not believed.
 *
 * Source: PKCS#11 2.40, 4 and 5.7; RFC 7512, 2.3.
 */
#include "p11.h"

#include "told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kf_bytes kf_p11_value(struct kf_p11 *p, CK_OBJECT_HANDLE object,
			     CK_ATTRIBUTE_TYPE type, uint8_t *room,
			     size_t room_len)
{
	CK_ATTRIBUTE wanted = { type, room, room_len };
	CK_RV rv = p->token.module->C_GetAttributeValue(p->login, object,
							&wanted, 1);

	if (rv == CKR_OK && wanted.ulValueLen <= room_len)
		return kf_view(room, wanted.ulValueLen);
	if (rv == CKR_OK && wanted.ulValueLen != CK_UNAVAILABLE_INFORMATION)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID &&
	    rv != CKR_ATTRIBUTE_SENSITIVE && p->failed == CKR_OK)
		p->failed = rv;
	return kf_view(NULL, 0);
}

enum kf_answer3 kf_p11_yes_no(struct kf_p11 *p, CK_OBJECT_HANDLE object,
			      CK_ATTRIBUTE_TYPE type)
{
	uint8_t room[8];
	struct kf_bytes value = kf_p11_value(p, object, type, room,
					     sizeof(room));

	if (value.len != sizeof(CK_BBOOL))
		return KF_NOT_ASKED;
	return value.data[0] ? KF_YES : KF_NO;
}

/* template is what is looked for: a class, and an id or what the URI says. */
static CK_ULONG template(struct kf_p11 *p, CK_ATTRIBUTE *out, CK_ULONG room,
			 CK_OBJECT_CLASS *class, const struct kf_bytes *id)
{
	CK_ULONG num = 0, num_said = 0;
	CK_ATTRIBUTE *said = p->kit.uri_get_attributes(p->uri, &num_said);

	out[num++] = (CK_ATTRIBUTE){ CKA_CLASS, class, sizeof(*class) };
	if (id) {
		out[num].type = CKA_ID;
		memcpy(&out[num].pValue, &id->data, sizeof(id->data));
		out[num++].ulValueLen = id->len;
		return num;
	}
	for (CK_ULONG i = 0; i < num_said && num < room; i++)
		if (said[i].type != CKA_CLASS)
			out[num++] = said[i];
	return num;
}

enum kf_status kf_p11_find(struct kf_p11 *p, CK_OBJECT_HANDLE *out,
			   size_t *num, CK_OBJECT_CLASS class,
			   const struct kf_bytes *id, struct kf_fault *why)
{
	enum { ATTRIBUTES_MAX = 8 };
	CK_ATTRIBUTE wanted[ATTRIBUTES_MAX];
	CK_FUNCTION_LIST *m = p->token.module;
	CK_ULONG got = 1, n = template(p, wanted, ATTRIBUTES_MAX, &class, id);
	CK_RV rv = m->C_FindObjectsInit(p->login, wanted, n), last;
	size_t room = *num;

	*num = 0;
	if (rv != CKR_OK)
		return kf_p11_wrong(p, "C_FindObjectsInit", rv, why);
	while (rv == CKR_OK && got && *num < room) {
		CK_ULONG left = room - *num < 64 ? room - *num : 64;

		got = 0;
		rv = m->C_FindObjects(p->login, out + *num, left, &got);
		if (rv == CKR_OK && got > left)
			rv = CKR_BUFFER_TOO_SMALL;
		*num += rv == CKR_OK ? got : 0;
	}
	last = m->C_FindObjectsFinal(p->login);
	if (rv != CKR_OK || last != CKR_OK)
		return kf_p11_wrong(p, rv != CKR_OK ? "C_FindObjects"
				    : "C_FindObjectsFinal",
				    rv != CKR_OK ? rv : last, why);
	return KF_OK;
}

/* tell_uri tells the URI that names an object, and nothing else. */
static void tell_uri(struct kf_p11 *p, struct kf_output *told,
		     CK_OBJECT_CLASS class, struct kf_bytes id,
		     struct kf_bytes label)
{
	P11KitUri *uri = p->kit.uri_new();
	CK_ATTRIBUTE said[3] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ .type = CKA_ID, .ulValueLen = id.len },
		{ .type = CKA_LABEL, .ulValueLen = label.len },
	};
	char *text = NULL;

	if (!uri)
		return;
	memcpy(&said[1].pValue, &id.data, sizeof(id.data));
	memcpy(&said[2].pValue, &label.data, sizeof(label.data));
	*p->kit.uri_get_token_info(uri) = p->token.info;
	for (size_t i = 0; i < 3; i++)
		if (said[i].ulValueLen)
			p->kit.uri_set_attribute(uri, &said[i]);
	if (p->kit.uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text) ==
	    P11_KIT_URI_OK && text)
		kf_tell(told, KF_TELL_URI, kf_text(text));
	free(text);
	p->kit.uri_free(uri);
}

/* tell_date tells a CK_DATE, eight digits. */
static void tell_date(struct kf_p11 *p, struct kf_output *told,
		      CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
		      enum kf_told tag)
{
	uint8_t room[8];
	struct kf_bytes date = kf_p11_value(p, object, type, room,
					    sizeof(room));
	char text[16];

	if (date.len != 8)
		return;
	for (size_t i = 0; i < 8; i++)
		if (room[i] < '0' || room[i] > '9')
			return;
	snprintf(text, sizeof(text), "%.4s-%.2s-%.2s", (char *)room,
		 (char *)room + 4, (char *)room + 6);
	kf_tell(told, tag, kf_text(text));
}

static enum kf_answer3 turned(enum kf_answer3 answer)
{
	return answer == KF_YES ? KF_NO : answer == KF_NO ? KF_YES
							  : KF_NOT_ASKED;
}

/* worse: a key can come out if either way lets it. */
static enum kf_answer3 worse(enum kf_answer3 a, enum kf_answer3 b)
{
	if (a == KF_YES || b == KF_YES)
		return KF_YES;
	return a == KF_NO && b == KF_NO ? KF_NO : KF_NOT_ASKED;
}

static void tell_private(struct kf_p11 *p, struct kf_output *told,
			 CK_OBJECT_HANDLE key)
{
	kf_tell_number(told, KF_TELL_EXTRACTABLE,
		worse(kf_p11_yes_no(p, key, CKA_EXTRACTABLE),
		      turned(kf_p11_yes_no(p, key, CKA_SENSITIVE))));
	kf_tell_number(told, KF_TELL_WAS_EXTRACTABLE,
		worse(turned(kf_p11_yes_no(p, key, CKA_NEVER_EXTRACTABLE)),
		      turned(kf_p11_yes_no(p, key, CKA_ALWAYS_SENSITIVE))));
	kf_tell_number(told, KF_TELL_MADE_THERE,
		       kf_p11_yes_no(p, key, CKA_LOCAL));
	kf_tell_number(told, KF_TELL_ASKS,
		       kf_p11_yes_no(p, key, CKA_ALWAYS_AUTHENTICATE) ==
		       KF_YES);
}

/* tell_certificate tells the certificate that has the key's id. */
static void tell_certificate(struct kf_p11 *p, struct kf_output *told,
			     const struct kf_bytes *id)
{
	uint8_t room[KF_P11_VALUE_MAX];
	struct kf_fault ignored = { 0 };
	CK_OBJECT_HANDLE found[1];
	struct kf_bytes der;
	size_t num = 1;

	if (!id->len || kf_p11_find(p, found, &num, CKO_CERTIFICATE, id,
				    &ignored) != KF_OK || !num)
		return;
	der = kf_p11_value(p, found[0], CKA_VALUE, room, sizeof(room));
	if (der.len)
		kf_tell(told, KF_TELL_CERTIFICATE, der);
}

enum kf_status kf_p11_tell(struct kf_p11 *p, struct kf_output *told,
			   CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class,
			   struct kf_fault *why)
{
	uint8_t id_room[256], label_room[512], room[KF_P11_VALUE_MAX];
	struct kf_bytes id, label, der;

	p->failed = CKR_OK;
	id = kf_p11_value(p, object, CKA_ID, id_room, sizeof(id_room));
	label = kf_p11_value(p, object, CKA_LABEL, label_room,
			     sizeof(label_room));
	kf_tell_number(told, KF_TELL_OBJECT,
		       class == CKO_PRIVATE_KEY ? KF_OBJECT_PRIVATE :
		       class == CKO_PUBLIC_KEY ? KF_OBJECT_PUBLIC
					       : KF_OBJECT_CERTIFICATE);
	kf_tell(told, KF_TELL_LABEL, label);
	kf_tell(told, KF_TELL_ID, id);
	tell_uri(p, told, class, id, label);
	tell_date(p, told, object, CKA_START_DATE, KF_TELL_START);
	tell_date(p, told, object, CKA_END_DATE, KF_TELL_END);
	if (class == CKO_CERTIFICATE) {
		der = kf_p11_value(p, object, CKA_VALUE, room, sizeof(room));
		kf_tell(told, KF_TELL_CERTIFICATE, der);
	} else {
		kf_p11_tell_key(p, told, object, class, id, label);
	}
	if (class == CKO_PRIVATE_KEY) {
		tell_private(p, told, object);
		tell_certificate(p, told, &id);
	}
	return p->failed == CKR_OK
		? KF_OK : kf_p11_wrong(p, "C_GetAttributeValue", p->failed, why);
}
