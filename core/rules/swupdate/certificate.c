/* What wolfSSL goes by in a certificate, and where it may read one otherwise
 * than OpenSSL does.
 *
 * Source: RFC 5280, 4.1 and 4.2; wolfSSL/wolfssl, wolfcrypt/src/asn.c
 * (ParseCertRelative, DecodeCertExtensions), v5.7.2-stable with Debian's
 * patches.
 */
#include "swupdate.h"

#include "core/der.h"

enum { BOOLEAN = 1, INTEGER, BIT_STRING = 3, VERSION = 0xa0, EXTENSIONS = 0xa3,
       KEY_ID = 0x80 };

/* What stands in the part that is signed, behind the version. */
enum { SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY };

/* 2.5.29.N: extensions of RFC 5280 by their last number. */
enum { SUBJECT_KEY_ID = 14, KEY_USAGE = 15, CONSTRAINTS = 19, NAMES = 30,
       AUTHORITY_KEY_ID = 35, EXTENDED_USAGE = 37 };

/* extension is one of them. */
struct extension {
	unsigned number;	/* 0: another one */
	bool foreign;		/* neither RFC 5280's nor PKIX' */
	bool critical;
	struct kf_bytes value;
};

/* next takes the next one. */
static bool next(struct extension *out, struct kf_cursor *all)
{
	static const uint8_t standard[] = { 0x55, 0x1d };
	static const uint8_t pkix[] = { 0x2b, 6, 1, 5, 5, 7 };
	struct kf_der one, oid, part;
	struct kf_cursor in;

	if (!kf_der_next(&one, all))
		return false;
	in = kf_cursor_over(one.value, 0);
	out->critical = false;
	if (!kf_der_next(&oid, &in) || !kf_der_next(&part, &in))
		return false;
	if (part.tag == BOOLEAN) {
		out->critical = part.value.len && part.value.data[0];
		if (!kf_der_next(&part, &in))
			return false;
	}
	out->number = oid.value.len == 3 &&
		      kf_equal(kf_part_of(oid.value, 0, 2),
			       kf_view(standard, sizeof(standard)))
		      ? oid.value.data[2] : 0;
	out->foreign = !out->number &&
		       !kf_equal(kf_part_of(oid.value, 0, sizeof(pkix)),
				 kf_view(pkix, sizeof(pkix)));
	out->value = part.value;
	return true;
}

/* inner is the first element inside an extension's value. */
static struct kf_der inner(struct kf_bytes value)
{
	struct kf_cursor c = kf_cursor_over(value, 0);
	struct kf_der first = { 0 };

	(void)!kf_der_next(&first, &c);
	return first;
}

/* usage: an issuer's key usage is not asked for; but one that signs
 * certificates and is no CA is not read at all. */
static void usage(struct swupdate_certificate *out, struct kf_bytes value)
{
	enum { SIGNS_CERTIFICATES = 4 };
	struct kf_der bits = inner(value);

	out->signs = bits.tag == BIT_STRING && bits.value.len > 1 &&
		     bits.value.data[1] & SIGNS_CERTIFICATES;
}

/* constraints: how many CAs may stand below this one. */
static void constraints(struct swupdate_certificate *out,
			struct kf_bytes value)
{
	struct kf_cursor c = kf_cursor_over(inner(value).value, 0);
	struct kf_der part;

	while (kf_more(&c) && kf_der_next(&part, &c)) {
		if (part.tag != INTEGER)
			continue;
		out->has_limit = true;
		out->none_below = part.value.len == 1 &&
				  part.value.data[0] == 0;
	}
}

static void authority(struct swupdate_certificate *out, struct kf_bytes value)
{
	struct kf_der id = inner(inner(value).value);

	out->has_authority = true;
	if (id.tag == KEY_ID)
		out->authority = id.value;
	else
		out->odd = true;
}

static void take(struct swupdate_certificate *out, const struct extension *e)
{
	switch (e->number) {
	case SUBJECT_KEY_ID:
		out->key_id = inner(e->value).value;
		break;
	case AUTHORITY_KEY_ID:
		authority(out, e->value);
		break;
	case KEY_USAGE:
		usage(out, e->value);
		break;
	case CONSTRAINTS:
		constraints(out, e->value);
		break;
	case EXTENDED_USAGE:
		break;
	case NAMES:
		out->odd = true;
		break;
	default:
		out->odd |= e->critical && !e->foreign;
		out->foreign |= e->critical && e->foreign;
		break;
	}
}

/* extensions goes through all of them. */
static bool extensions(struct swupdate_certificate *out, struct kf_bytes list)
{
	struct kf_cursor c = kf_cursor_over(inner(list).value, 0);
	struct extension e;

	while (kf_more(&c)) {
		if (!next(&e, &c))
			return false;
		take(out, &e);
	}
	return true;
}

/* parts takes what is signed apart. */
static bool parts(struct swupdate_certificate *out, struct kf_bytes tbs)
{
	struct kf_cursor c = kf_cursor_over(tbs, 0);
	struct kf_der part;
	int which = SERIAL;

	while (kf_more(&c)) {
		if (!kf_der_next(&part, &c))
			return false;
		if (part.tag == VERSION) {
			out->version = inner(part.value).value;
			continue;
		}
		if (which == ISSUER)
			out->issuer = part.whole;
		else if (which == SUBJECT)
			out->subject = part.whole;
		else if (which == KEY)
			out->key = part.whole;
		else if (which > KEY && part.tag == EXTENSIONS &&
			 !extensions(out, part.value))
			return false;
		which++;
	}
	return which > KEY;
}

void swupdate_certificate(struct swupdate_certificate *out,
			  struct kf_bytes der)
{
	static const uint8_t third[] = { 2 };
	struct kf_der whole = inner(der);
	struct kf_der tbs = inner(whole.value);

	out->der = der;
	out->odd |= !parts(out, tbs.value) ||
		    !kf_equal(out->version, kf_view(third, sizeof(third)));
}
