/* A signature that nobody has made yet: the CMS that signing anew would make,
 * but for its arithmetic, over the content that is there.
 *
 * Source: RFC 5652, 5.1 and 5.3 (SignedData, SignerInfo), RFC 5280, 4.1 (where
 * a certificate has its issuer, its number and its key); rauc/rauc,
 * src/signature.c:cms_sign at v1.8, which signs by SHA-256 and lays down all
 * certificates that it is given.
 */
#include "rauc.h"

#include "core/der.h"

#include <string.h>

enum {
	INTEGER = 0x02, OCTETS = 0x04, SEQUENCE = 0x30, SET = 0x31,
	EXPLICIT_0 = 0xa0,
};

/* With their tags: signed data, data, and SHA-256 with no parameters. */
static const uint8_t signed_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 0x01, 0x07, 0x02 };
static const uint8_t data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
				0x0d, 0x01, 0x07, 0x01 };
static const uint8_t sha256[] = { 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
				  0x01, 0x65, 0x03, 0x04, 0x02, 0x01 };
static const uint8_t by_rsa[] = { 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48,
				  0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t by_ecdsa[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48,
				    0xce, 0x3d, 0x04, 0x03, 0x02 };
static const uint8_t one[] = { 0x02, 0x01, 0x01 };

#define VIEW(array) kf_view(array, sizeof(array))

/* signer_parts is what a SignerInfo needs of its certificate. */
struct signer_parts {
	struct kf_bytes serial, issuer, key;
};

/* take_apart finds the parts of a certificate. Fails: false. */
static bool take_apart(struct signer_parts *out, struct kf_bytes der)
{
	enum { SERIAL, ALGORITHM, ISSUER, DATES, SUBJECT, KEY, NUM_FIELDS };
	struct kf_bytes field[NUM_FIELDS];
	struct kf_cursor c = kf_cursor_over(der, 0);
	struct kf_der e;
	size_t num = 0;

	for (int i = 0; i < 2; i++) {
		if (!kf_der_next(&e, &c) || e.tag != SEQUENCE)
			return false;
		c = kf_cursor_over(e.value, 0);
	}
	while (num < NUM_FIELDS && kf_der_next(&e, &c))
		if (num > 0 || e.tag != EXPLICIT_0)
			field[num++] = e.whole;
	if (num < NUM_FIELDS || field[SERIAL].data[0] != INTEGER)
		return false;
	out->serial = field[SERIAL];
	out->issuer = field[ISSUER];
	out->key = field[KEY];
	return true;
}

/* info makes the SignerInfo. Empty: keyfit does not know how it would be
 * signed, or the arena is full. */
static struct kf_bytes info(struct kf_bytes certificate, struct kf_env *env,
			    enum kf_status *status)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_bytes none = { NULL, 0 }, piece[5], name[2];
	struct signer_parts parts;
	struct kf_key key;

	*status = KF_WRONG_USE;
	if (!take_apart(&parts, certificate))
		return none;
	*status = crypto->key_read(crypto->self, &key, parts.key, env->arena);
	if (*status != KF_OK)
		return none;
	if (key.kind != KF_KEY_RSA && key.kind != KF_KEY_EC) {
		*status = KF_WRONG_USE;
		return none;
	}
	name[0] = parts.issuer;
	name[1] = parts.serial;
	piece[0] = VIEW(one);
	piece[1] = kf_der_join(SEQUENCE, name, 2, env->arena);
	piece[2] = VIEW(sha256);
	piece[3] = key.kind == KF_KEY_RSA ? VIEW(by_rsa) : VIEW(by_ecdsa);
	piece[4] = kf_der_join(OCTETS, &none, 1, env->arena);
	return kf_der_join(SEQUENCE, piece, 5, env->arena);
}

/* encapsulated is the content in its place; NULL: it is elsewhere. */
static struct kf_bytes encapsulated(const struct kf_bytes *content,
				    struct kf_env *env)
{
	struct kf_bytes piece[2] = { VIEW(data) };

	if (!content)
		return kf_der_join(SEQUENCE, piece, 1, env->arena);
	piece[1] = kf_der_join(OCTETS, content, 1, env->arena);
	piece[1] = kf_der_join(EXPLICIT_0, &piece[1], 1, env->arena);
	return kf_der_join(SEQUENCE, piece, 2, env->arena);
}

/* write makes the whole CMS. */
static enum kf_status write(struct kf_bytes *out,
			    const struct rauc_bundle *bundle,
			    const struct kf_bytes *content,
			    struct kf_env *env)
{
	struct kf_bytes piece[5], outer[2], signer, digest = VIEW(sha256);
	enum kf_status status;

	signer = info(bundle->suppose[0], env, &status);
	if (status != KF_OK)
		return status;
	piece[0] = VIEW(one);
	piece[1] = kf_der_join(SET, &digest, 1, env->arena);
	piece[2] = encapsulated(content, env);
	piece[3] = kf_der_join(EXPLICIT_0, bundle->suppose,
			       bundle->num_suppose, env->arena);
	piece[4] = kf_der_join(SET, &signer, 1, env->arena);
	outer[0] = VIEW(signed_data);
	outer[1] = kf_der_join(SEQUENCE, piece, 5, env->arena);
	outer[1] = kf_der_join(EXPLICIT_0, &outer[1], 1, env->arena);
	*out = kf_der_join(SEQUENCE, outer, 2, env->arena);
	for (size_t i = 1; i < 5; i++)
		if (piece[i].len == 0)
			return KF_NO_MEMORY;
	return signer.len && outer[1].len && out->len ? KF_OK : KF_NO_MEMORY;
}

enum kf_status rauc_sign_anew(struct kf_cms **out,
			      struct kf_cms_facts *facts,
			      const struct rauc_bundle *bundle,
			      const struct kf_bytes *content,
			      struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_bytes der;
	enum kf_status status = write(&der, bundle, content, env);

	if (status == KF_OK)
		status = crypto->cms_read(crypto->self, out, der);
	if (status == KF_OK && !*out)
		status = KF_WRONG_USE;
	return status == KF_OK ? crypto->cms_facts(*out, facts, env->arena)
			       : status;
}
