/* Bundles of anchors: the public keys of a product in one statement, with a
 * version that only goes up and a last day. Whoever signs it says that these
 * are the product's keys, and there are no others.
 *
 * Source: in-toto/attestation, spec/v1/statement.md; the predicate is keyfit's
 * own, docs/schema/anchor-bundle.schema.json.
 */
#ifndef KEYFIT_JOBS_BUNDLE_BUNDLE_H
#define KEYFIT_JOBS_BUNDLE_BUNDLE_H

#include "host/output.h"

#include <jansson.h>

#define KF_BUNDLE_PREDICATE "urn:keyfit:anchors:v1"

enum {
	KF_BUNDLE_LEN_MAX = 4 << 20,
	KF_BUNDLE_ANCHORS_MAX = 256,
	KF_DIGITS_LEN = 8 * 6,	/* eight groups of five, and a NUL */
};

/* A double holds no larger number exactly, and some read numbers as doubles. */
#define KF_BUNDLE_VERSION_MAX (UINT64_C(1) << 53)

/* kf_bundle_anchor is one key, or a certificate with it. */
struct kf_bundle_anchor {
	const char *name;
	struct kf_bytes spki;		/* DER */
	struct kf_bytes certificate;	/* DER; empty: a key alone */
	struct kf_key key;		/* as read */
	char digits[KF_DIGITS_LEN];	/* of its SHA-256 */
};

struct kf_bundle {
	const char *product;
	uint64_t version;		/* from 1 */
	int64_t made_s, expires_s;
	struct kf_bundle_anchor anchor[KF_BUNDLE_ANCHORS_MAX];
	size_t num;
	json_t *root;			/* with the texts, where read */
};

/* kf_digits spells a digest for who checks it by voice: read as one large
 * number, its last 40 decimal digits, in eight groups of five. Whoever would
 * have another key with the same ones has 2^132 keys to make. */
void kf_digits(char out[KF_DIGITS_LEN], const struct kf_digest *digest);

/* kf_bundle_write writes the statement, one line. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_bundle_write(struct kf_output *out,
				       const struct kf_bundle *bundle);

/* kf_bundle_read reads a statement; keys and certificates live in the arena.
 * What it says of a key besides the key has to be true of it.
 * Owns: `out`, until kf_bundle_close, which takes a zeroed one too.
 * Fails: KF_WRONG_USE, it is none, or does not add up; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_bundle_read(struct kf_bundle *out,
				      struct kf_bytes statement,
				      struct kf_env *env,
				      struct kf_fault *why);
void kf_bundle_close(struct kf_bundle *bundle);

#endif
