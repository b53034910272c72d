/* A cursor over DER, to find and to show things; and a writer of elements.
 *
 * It decides nothing about certificates: paths and signatures are the crypto
 * library's.
 */
#ifndef KEYFIT_CORE_DER_H
#define KEYFIT_CORE_DER_H

#include <keyfit/env.h>

/* kf_der is one element. */
struct kf_der {
	uint8_t tag;		/* first byte: class, form, number */
	bool indefinite;	/* no length is told; `value` is the rest */
	struct kf_bytes whole;	/* tag and length too */
	struct kf_bytes value;
};

/* kf_der_next reads the element at the cursor and steps over it.
 * Fails: false, and the cursor is damaged. */
KF_MUST bool kf_der_next(struct kf_der *out, struct kf_cursor *c);

/* kf_der_join writes an element of a tag whose value is some pieces, one behind
 * the other. Fails: the empty view, where the arena is full. */
struct kf_bytes kf_der_join(uint8_t tag, const struct kf_bytes *piece,
			    size_t num, struct kf_arena *arena);

/* kf_der_certificate_key finds the SubjectPublicKeyInfo of a certificate.
 * Source: RFC 5280, 4.1. Fails: the empty view. */
struct kf_bytes kf_der_certificate_key(struct kf_bytes certificate);

#endif
