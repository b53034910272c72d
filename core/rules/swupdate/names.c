/* The common names of a certificate's subject. SWUPDATE-8.
 *
 * OpenSSL turns each into UTF-8 before SWUpdate compares it. Names whose
 * letters would change in that are beyond keyfit.
 *
 * Source: sbabic/swupdate, corelib/swupdate_cms_verify.c (check_signer_name and
 * what it calls), tag 2022.12; RFC 5280, 4.1.
 */
#include "swupdate.h"

#include "core/der.h"

enum { SEQUENCE = 0x30, SET = 0x31, VERSION = 0xa0, UTF8 = 12, PRINTABLE = 19,
       IA5 = 22 };

/* subject finds the names of a certificate. */
static struct kf_cursor subject(struct kf_bytes certificate)
{
	struct kf_cursor c = kf_cursor_over(certificate, 0);
	struct kf_der part = { 0 };
	size_t skip = 5;

	/* Into the certificate, into what is signed; serial number, algorithm,
	 * issuer, validity, subject. */
	for (int i = 0; i < 2 && kf_der_next(&part, &c); i++)
		c = kf_cursor_over(part.value, 0);
	while (skip && kf_der_next(&part, &c))
		if (part.tag != VERSION)
			skip--;
	return kf_cursor_over(skip ? kf_view(NULL, 0) : part.value, 0);
}

/* next_name takes the next common name of a set; false: it has none. */
static bool next_name(struct kf_der *out, struct kf_cursor *set)
{
	static const uint8_t oid[] = { 0x55, 4, 3 };
	struct kf_der pair, type;

	while (kf_der_next(&pair, set)) {
		struct kf_cursor in = kf_cursor_over(pair.value, 0);

		if (kf_der_next(&type, &in) && kf_der_next(out, &in) &&
		    kf_equal(type.value, kf_view(oid, sizeof(oid))))
			return true;
	}
	return false;
}

static bool is_plain(struct kf_bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == 0 || text.data[i] > 0x7e)
			return false;
	return true;
}

/* compare holds one name against the one that is asked for. */
static enum swupdate_match compare(const struct kf_der *name,
				   struct kf_bytes wanted)
{
	bool known = name->tag == UTF8 ||
		     ((name->tag == PRINTABLE || name->tag == IA5) &&
		      is_plain(name->value));

	if (!known)
		return SWUPDATE_MATCH_BEYOND;
	return kf_equal(name->value, wanted) ? SWUPDATE_MATCH
					     : SWUPDATE_NO_MATCH;
}

enum swupdate_match swupdate_names(struct kf_bytes certificate,
				   struct kf_bytes wanted)
{
	enum swupdate_match all = SWUPDATE_NO_MATCH;
	struct kf_cursor names = subject(certificate);
	struct kf_der set, name;

	while (kf_der_next(&set, &names)) {
		struct kf_cursor in = kf_cursor_over(set.value, 0);

		while (next_name(&name, &in)) {
			all = compare(&name, wanted);
			if (all != SWUPDATE_MATCH)
				return all;
		}
	}
	return all;
}
