/* PKCS#11: the public half of a key, which lies where the token's maker put it:
 * with the private half, or in an object beside it.
 *
 * Source: PKCS#11 2.40 mechanisms, 2.1 and 2.3; PKCS#11 3.0, 2.3.5 of Edwards
 * keys; RFC 5480, 2.1.1; RFC 8410, 3.
 */
#include "p11.h"

#include "told.h"

#include <string.h>

const char *kf_p11_curve(struct kf_bytes params, size_t *coordinate)
{
	static const struct {
		const char *params;
		size_t len;
		const char *name;
		size_t coordinate;
	} curves[] = {
		{ "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10, "P-256",
		  32 },
		{ "\x06\x05\x2b\x81\x04\x00\x22", 7, "P-384", 48 },
		{ "\x06\x05\x2b\x81\x04\x00\x23", 7, "P-521", 66 },
		{ "\x06\x03\x2b\x65\x70", 5, "Ed25519", 32 },
		{ "\x13\x0c" "edwards25519", 14, "Ed25519", 32 },
	};

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (kf_equal(params, kf_view(curves[i].params,
					     curves[i].len))) {
			*coordinate = curves[i].coordinate;
			return curves[i].name;
		}
	*coordinate = 0;
	return NULL;
}

static const char *type_name(CK_KEY_TYPE type)
{
	return type == CKK_RSA ? "RSA" : type == CKK_EC ? "EC" :
	       type == CKK_EC_EDWARDS ? "EC on an Edwards curve" :
	       type == CKK_DSA ? "DSA" : "another kind";
}

/* public_of finds the public half of a private key: the object with its id,
 * and of several the one with its label. Fails: 0. */
static CK_OBJECT_HANDLE public_of(struct kf_p11 *p, struct kf_bytes id,
				  struct kf_bytes label)
{
	CK_OBJECT_HANDLE found[8];
	struct kf_fault ignored = { 0 };
	uint8_t room[512];
	size_t num = sizeof(found) / sizeof(found[0]);

	if (!id.len || kf_p11_find(p, found, &num, CKO_PUBLIC_KEY, &id,
				   &ignored) != KF_OK || !num)
		return 0;
	for (size_t i = 0; i < num; i++)
		if (kf_equal(label, kf_p11_value(p, found[i], CKA_LABEL, room,
						 sizeof(room))))
			return found[i];
	return found[0];
}

/* tell_point tells a curve and a point on it, which is an OCTET STRING, or as
 * some tokens have it, bare. */
static void tell_point(struct kf_p11 *p, struct kf_output *told,
		       CK_OBJECT_HANDLE object)
{
	uint8_t room[256], point_room[256];
	struct kf_bytes params = kf_p11_value(p, object, CKA_EC_PARAMS, room,
					      sizeof(room));
	struct kf_bytes point = kf_p11_value(p, object, CKA_EC_POINT,
					     point_room, sizeof(point_room));
	size_t coordinate, bare;
	const char *curve = kf_p11_curve(params, &coordinate);

	if (!curve)
		return;
	bare = kf_same(curve, "Ed25519") ? coordinate : 2 * coordinate + 1;
	if (point.len > bare)
		point = kf_part_of(point, point.len - bare, bare);
	kf_tell(told, KF_TELL_CURVE, kf_text(curve));
	kf_tell(told, KF_TELL_POINT, point);
}

/* tell_numbers tells an RSA key. */
static void tell_numbers(struct kf_p11 *p, struct kf_output *told,
			 CK_OBJECT_HANDLE object)
{
	uint8_t room[2048];
	struct kf_bytes number = kf_p11_value(p, object, CKA_MODULUS, room,
					      sizeof(room));

	kf_tell(told, KF_TELL_MODULUS, number);
	number = kf_p11_value(p, object, CKA_PUBLIC_EXPONENT, room,
			      sizeof(room));
	kf_tell(told, KF_TELL_EXPONENT, number);
}

static CK_KEY_TYPE type_of(struct kf_p11 *p, CK_OBJECT_HANDLE object)
{
	uint8_t room[sizeof(CK_KEY_TYPE)];
	struct kf_bytes value = kf_p11_value(p, object, CKA_KEY_TYPE, room,
					     sizeof(room));
	CK_KEY_TYPE type = CKK_VENDOR_DEFINED;

	if (value.len == sizeof(type))
		memcpy(&type, value.data, sizeof(type));
	return type;
}

void kf_p11_tell_key(struct kf_p11 *p, struct kf_output *told,
		     CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class,
		     struct kf_bytes id, struct kf_bytes label)
{
	uint8_t room[KF_P11_VALUE_MAX];
	struct kf_bytes spki = kf_p11_value(p, object, CKA_PUBLIC_KEY_INFO,
					    room, sizeof(room));
	CK_KEY_TYPE type = type_of(p, object);
	CK_OBJECT_HANDLE other = 0;

	kf_tell(told, KF_TELL_TYPE, kf_text(type_name(type)));
	if (spki.len)
		kf_tell(told, KF_TELL_SPKI, spki);
	if (class == CKO_PRIVATE_KEY)
		other = public_of(p, id, label);
	if (type == CKK_RSA)
		tell_numbers(p, told, object);
	else if (type == CKK_EC || type == CKK_EC_EDWARDS)
		tell_point(p, told, other ? other : object);
	if (class == CKO_PRIVATE_KEY &&
	    kf_p11_yes_no(p, object, CKA_SIGN) != KF_NO)
		kf_p11_signs(p, told, type);
}
