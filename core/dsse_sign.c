/* What is signed of an envelope, and by which arithmetic.
 */
#include "dsse.h"
#include "der.h"
#include "room.h"

#include <string.h>

struct kf_bytes kf_dsse_signed(struct kf_bytes type, struct kf_bytes payload,
			       struct kf_arena *arena)
{
	struct kf_room room = kf_room_of(arena, type.len + payload.len + 64);

	kf_room_text(&room, "DSSEv1 ");
	kf_room_number(&room, type.len);
	kf_room_text(&room, " ");
	kf_room_add(&room, type);
	kf_room_text(&room, " ");
	kf_room_number(&room, payload.len);
	kf_room_text(&room, " ");
	kf_room_add(&room, payload);
	return kf_room_bytes(&room);
}

size_t kf_dsse_schemes(struct kf_scheme out[KF_DSSE_SCHEMES],
		       const struct kf_key *key)
{
	memset(out, 0, KF_DSSE_SCHEMES * sizeof(out[0]));
	switch (key->kind) {
	case KF_KEY_ED25519:
		out[0].kind = KF_SCHEME_ED25519;
		return 1;
	case KF_KEY_EC:
		out[0].kind = KF_SCHEME_ECDSA;
		out[0].digest = key->bits > 384 ? KF_SHA512
			: key->bits > 256 ? KF_SHA384 : KF_SHA256;
		return 1;
	case KF_KEY_RSA:
		out[0].kind = KF_SCHEME_RSA_PSS;
		out[0].digest = KF_SHA256;
		out[0].salt_len = 32;
		out[1].kind = KF_SCHEME_RSA_PKCS1;
		out[1].digest = KF_SHA256;
		return 2;
	case KF_KEY_OTHER:
		break;
	}
	return 0;
}

struct kf_bytes kf_dsse_content(struct kf_digest *digest,
				const struct kf_scheme *scheme,
				struct kf_bytes to_sign,
				const struct kf_crypto *crypto)
{
	if (scheme->kind == KF_SCHEME_ED25519)
		return to_sign;
	kf_digest_of(digest, crypto, scheme->digest, to_sign);
	return kf_view(digest->bytes, digest->len);
}

/* integer is a number in DER: as short as it can be, and not below zero. */
static struct kf_bytes integer(struct kf_bytes number, struct kf_arena *arena)
{
	struct kf_bytes piece[] = { kf_view("\0", 1), number };

	while (piece[1].len > 1 && piece[1].data[0] == 0)
		piece[1] = kf_part_of(piece[1], 1, piece[1].len - 1);
	if (piece[1].len > 0 && piece[1].data[0] < 0x80)
		piece[0].len = 0;
	return kf_der_join(0x02, piece, 2, arena);
}

/* two_numbers makes DER of a signature that is two numbers of the curve's
 * length. */
static struct kf_bytes two_numbers(const struct kf_key *key,
				   struct kf_bytes sig,
				   struct kf_arena *arena)
{
	size_t half = (key->bits + 7) / 8;
	struct kf_bytes piece[2];

	if (half == 0 || sig.len != 2 * half)
		return kf_view(NULL, 0);
	piece[0] = integer(kf_part_of(sig, 0, half), arena);
	piece[1] = integer(kf_part_of(sig, half, half), arena);
	return kf_der_join(0x30, piece, 2, arena);
}

/* verify asks about one signature in one scheme. */
static enum kf_status verify(enum kf_answer3 *out, const struct kf_key *key,
			     const struct kf_scheme *scheme,
			     struct kf_bytes content, struct kf_bytes sig,
			     struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_scheme any = *scheme;
	enum kf_status status;
	struct kf_bytes der;

	any.salt_len = KF_SALT_ANY;
	status = crypto->key_verify(crypto->self, key, &any, content, sig,
				    out);
	if (status != KF_OK || *out == KF_YES || key->kind != KF_KEY_EC)
		return status;
	der = two_numbers(key, sig, env->arena);
	return der.len == 0 ? KF_OK
		: crypto->key_verify(crypto->self, key, &any, content, der,
				     out);
}

enum kf_status kf_dsse_ask(enum kf_answer3 *out,
			   const struct kf_dsse *envelope,
			   const struct kf_key *key, struct kf_env *env)
{
	struct kf_bytes to_sign = kf_dsse_signed(envelope->type,
						 envelope->payload,
						 env->arena);
	struct kf_scheme scheme[KF_DSSE_SCHEMES];
	size_t num = kf_dsse_schemes(scheme, key);
	enum kf_status status = KF_OK;

	*out = KF_NO;
	if (to_sign.len == 0)
		return KF_NO_MEMORY;
	for (size_t i = 0; i < num * envelope->num; i++) {
		struct kf_digest digest = { .len = 0 };
		struct kf_bytes content = kf_dsse_content(
			&digest, &scheme[i % num], to_sign, env->crypto);

		if (content.len == 0)
			return KF_NO_CRYPTO;
		status = verify(out, key, &scheme[i % num], content,
				envelope->signature[i / num].sig, env);
		if (status != KF_OK || *out == KF_YES)
			return status;
	}
	*out = KF_NO;
	return KF_OK;
}
