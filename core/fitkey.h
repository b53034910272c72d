/* The keys in a U-Boot control device tree: what its /signature node says.
 *
 * Source: U-Boot 2023.01, lib/rsa/rsa-verify.c: rsa_verify_with_keynode;
 * lib/ecdsa/ecdsa-verify.c: ecdsa_verify_hash; lib/rsa/rsa-sign.c:
 * rsa_add_verify_data (what mkimage writes).
 */
#ifndef KEYFIT_CORE_FITKEY_H
#define KEYFIT_CORE_FITKEY_H

#include "fdt.h"

#include <keyfit/crypto.h>

enum {
	KF_FIT_KEYS_MAX = 64,
	KF_FIT_RSA_BITS_MAX = 4096,
};

/* kf_fit_key is one key node. */
struct kf_fit_key {
	uint32_t node;
	struct kf_bytes name;		/* of its node, "key-dev" */
	struct kf_bytes algo;		/* empty: none */
	struct kf_bytes required;	/* "conf", "image"; empty: none */
	struct kf_bytes hint;		/* "key-name-hint" */
	bool has_algo, has_required;
	/* RSA: numbers are big-endian, as U-Boot takes them. */
	uint32_t num_bits;		/* 0: not told */
	uint32_t n0_inverse;
	uint8_t exponent[8];		/* 65537 where it is not told */
	struct kf_bytes modulus;	/* num_bits of them */
	struct kf_bytes r_squared;
	/* ECDSA */
	struct kf_bytes curve, x, y;
};

/* kf_fit_keys is what a control device tree says. */
struct kf_fit_keys {
	bool has_signature;		/* there is a /signature node */
	struct kf_bytes mode;		/* "required-mode" */
	bool has_mode;
	struct kf_fit_key *key;
	uint32_t num_keys;
	bool too_many;
};

/* kf_fit_keys_read reads the keys of a tree that was read into `fdt`.
 * Fails: the status. */
KF_MUST enum kf_status kf_fit_keys_read(struct kf_fit_keys *out,
					struct kf_fdt *fdt,
					struct kf_env *env);

/* kf_fit_key_public makes a key out of a key node's numbers.
 * Fails: KF_WRONG_USE when they are none. */
KF_MUST enum kf_status kf_fit_key_public(struct kf_key *out,
					 const struct kf_fit_key *key,
					 struct kf_env *env);

#endif
