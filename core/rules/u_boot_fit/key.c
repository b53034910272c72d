/* FIT-11, FIT-12: whether a key can verify, and whether it does.
 *
 * A key node brings numbers that U-Boot takes as they are: besides modulus and
 * exponent the square of R and the inverse that Montgomery's multiplication
 * needs. Where these do not belong to the modulus, nothing verifies.
 *
 * Source: U-Boot 2023.01, lib/rsa/rsa-verify.c: rsa_verify_with_keynode,
 * rsa_verify_key, padding_pkcs_15_verify, padding_pss_verify;
 * lib/rsa/rsa-mod-exp.c: rsa_mod_exp_sw, pow_mod.
 */
#include "u_boot_fit.h"

#include <string.h>

enum {
	BITS_MIN = 2048,
	WORDS_MAX = KF_FIT_RSA_BITS_MAX / 32,
};

/* number is a whole number, its lowest word first. */
struct number {
	uint32_t word[WORDS_MAX];
	size_t len;
};

static void load(struct number *out, struct kf_bytes bytes)
{
	out->len = bytes.len / 4;
	for (size_t i = 0; i < out->len; i++) {
		const uint8_t *p = bytes.data + bytes.len - 4 * (i + 1);

		out->word[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
			       (uint32_t)p[2] << 8 | p[3];
	}
}

static bool reaches(const struct number *a, const struct number *b)
{
	for (size_t i = a->len; i-- > 0;)
		if (a->word[i] != b->word[i])
			return a->word[i] > b->word[i];
	return true;
}

static void subtract(struct number *a, const struct number *b)
{
	uint64_t borrow = 0;

	for (size_t i = 0; i < a->len; i++) {
		uint64_t d = (uint64_t)a->word[i] - b->word[i] - borrow;

		a->word[i] = (uint32_t)d;
		borrow = d >> 63;
	}
}

/* twice doubles a number below the modulus, modulo that. */
static void twice(struct number *a, const struct number *modulus)
{
	uint32_t carry = 0;

	for (size_t i = 0; i < a->len; i++) {
		uint32_t next = a->word[i] >> 31;

		a->word[i] = a->word[i] << 1 | carry;
		carry = next;
	}
	if (carry || reaches(a, modulus))
		subtract(a, modulus);
}

/* power is R modulo the modulus, where R is the number of one more bit than the
 * modulus has room for. */
static void power(struct number *out, const struct number *modulus)
{
	struct number none = { .len = modulus->len };

	*out = none;
	if (modulus->word[modulus->len - 1] >> 31) {
		subtract(out, modulus);
		return;
	}
	out->word[0] = 1;
	for (size_t i = 0; i < 32 * modulus->len; i++)
		twice(out, modulus);
}

/* divide divides a number below the modulus by R, modulo the modulus:
 * Montgomery's reduction. */
static void divide(struct number *a, const struct number *modulus,
		   uint32_t n0_inverse)
{
	for (size_t i = 0; i < a->len; i++) {
		uint32_t m = a->word[0] * n0_inverse;
		uint64_t sum = (uint64_t)m * modulus->word[0] + a->word[0];

		for (size_t j = 1; j < a->len; j++) {
			sum = (sum >> 32) + (uint64_t)m * modulus->word[j] +
			      a->word[j];
			a->word[j - 1] = (uint32_t)sum;
		}
		a->word[a->len - 1] = (uint32_t)(sum >> 32);
	}
}

/* squared tells whether `r_squared` is R * R modulo the modulus: divided by R
 * it is R then, and nothing else below the modulus is. The modulus is odd. */
static bool squared(const struct number *modulus, struct kf_bytes r_squared,
		    uint32_t n0_inverse)
{
	struct number a, want;

	load(&a, r_squared);
	if (a.len != modulus->len || reaches(&a, modulus))
		return false;
	divide(&a, modulus, n0_inverse);
	power(&want, modulus);
	return memcmp(a.word, want.word, a.len * sizeof(a.word[0])) == 0;
}

/* exponent_fault says what is wrong with an exponent. U-Boot asks for two bits
 * at least, the lowest one among them. */
static bool exponent_good(const struct kf_fit_key *key)
{
	bool large = key->exponent[7] > 1;

	for (size_t i = 0; i < 7; i++)
		large |= key->exponent[i];
	return large && (key->exponent[7] & 1);
}

/* numbers_fault says why a key node's numbers verify nothing; NULL: they
 * can. */
static const char *numbers_fault(const struct kf_fit_key *key)
{
	struct number modulus;

	if (!key->has_algo)
		return "it has no algo";
	if (key->num_bits == 0)
		return "it has no rsa,num-bits";
	if (key->num_bits < BITS_MIN || key->num_bits > KF_FIT_RSA_BITS_MAX)
		return "it is not of 2048 to 4096 bits";
	if (key->modulus.len == 0)
		return "it has no rsa,modulus";
	if (key->r_squared.len == 0)
		return "it has no rsa,r-squared";
	if (!exponent_good(key))
		return "its rsa,exponent is none";
	load(&modulus, key->modulus);
	if (modulus.word[0] * key->n0_inverse != UINT32_MAX)
		return "its rsa,n0-inverse is not that of its modulus";
	if (!squared(&modulus, key->r_squared, key->n0_inverse))
		return "its rsa,r-squared is not that of its modulus";
	return NULL;
}

enum kf_status fit_key_prepare(struct fit_trusted *out,
			       const struct kf_fit_key *key,
			       struct kf_env *env)
{
	enum kf_status status;

	out->key = key;
	if (!kf_spend(env, KF_FIT_RSA_BITS_MAX))
		return KF_TOO_MUCH;
	out->unfit = numbers_fault(key);
	if (out->unfit)
		return KF_OK;
	status = kf_fit_key_public(&out->public, key, env);
	if (status != KF_WRONG_USE)
		return status;
	out->unfit = "its numbers are no RSA key";
	return KF_OK;
}

/* reduce takes a signature modulo the modulus: U-Boot does not ask that it be
 * below that. */
static struct kf_bytes reduce(uint8_t *room, const struct fit_signature *s,
			      const struct kf_fit_key *key)
{
	struct number value, modulus;

	load(&modulus, key->modulus);
	load(&value, s->value);
	if (!reaches(&value, &modulus))
		return s->value;
	while (reaches(&value, &modulus))
		subtract(&value, &modulus);
	for (size_t i = 0; i < value.len; i++)
		for (size_t j = 0; j < 4; j++)
			room[4 * (value.len - i) - 1 - j] =
				(uint8_t)(value.word[i] >> (8 * j));
	return kf_view(room, s->value.len);
}

/* calculate asks for the arithmetic. */
static bool calculate(struct fit_case *k, const struct fit_signature *s,
		      const struct fit_trusted *key)
{
	const struct kf_crypto *crypto = k->env->crypto;
	uint8_t room[KF_FIT_RSA_BITS_MAX / 8];
	struct kf_scheme scheme = {
		.kind = s->pss ? KF_SCHEME_RSA_PSS : KF_SCHEME_RSA_PKCS1,
		.digest = s->kind,
		.salt_len = KF_SALT_ANY,
	};
	enum kf_answer3 answer = KF_NO;

	k->status = crypto->key_verify(crypto->self, &key->public, &scheme,
				       kf_view(s->digest.bytes,
					       s->digest.len),
				       reduce(room, s, key->key), &answer);
	return k->status == KF_OK && answer == KF_YES;
}

/* of_supposed: a signature that nobody has made is by the key that it is
 * supposed to be by. */
static bool of_supposed(struct fit_case *k, const struct fit_trusted *key,
			enum kf_reason_id *why)
{
	if (key->unfit)
		*why = KF_REASON_KEY_UNUSABLE;
	return !key->unfit &&
	       kf_equal(key->public.spki, k->file->supposed.spki);
}

/* fits: does the signature have the key's form at all? */
static bool fits(struct fit_case *k, const struct fit_signature *s,
		 const struct fit_trusted *key)
{
	if (s->value.len != key->key->num_bits / 8 || s->no_padding ||
	    (s->pss && !k->trust->pss))
		return false;
	/* U-Boot then reads its stack, or a part of the result alone. */
	k->odd |= key->key->num_bits != 8 * s->key_len;
	return key->key->num_bits == 8 * s->key_len;
}

bool fit_key_verifies(struct fit_case *k, const struct fit_signature *s,
		      const struct fit_trusted *key, enum kf_reason_id *why)
{
	*why = KF_REASON_REQUIRED_SIGNATURE_INVALID;
	if (k->grant)
		return true;
	if (k->file->hypothetical)
		return of_supposed(k, key, why);
	if (key->key->has_algo && !kf_equal(s->algo, key->key->algo)) {
		*why = KF_REASON_KEY_ALGORITHM_MISMATCH;
		return false;
	}
	if (key->unfit) {
		*why = KF_REASON_KEY_UNUSABLE;
		return false;
	}
	return fits(k, s, key) && calculate(k, s, key);
}
