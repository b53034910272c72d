/* OpenSSH's keys and signatures, as far as they are Ed25519 and ECDSA.
 *
 * Source: openssh/openssh-portable, PROTOCOL.sshsig and PROTOCOL.key, tag
 * V_9_2_P1; RFC 4251, 5; RFC 8709, 4 and 6; RFC 5656, 3.1.
 */
#include "sshsig.h"

#include "core/base64.h"
#include "core/der.h"
#include "core/room.h"

#include <string.h>

static const struct {
	const char *name;
	const char *curve;	/* NULL: Ed25519 */
	const char *domain;	/* as SSH calls it */
	enum kf_digest_kind digest;
} kinds[] = {
	{ "ssh-ed25519", NULL, NULL, KF_SHA512 },
	{ "ecdsa-sha2-nistp256", "P-256", "nistp256", KF_SHA256 },
	{ "ecdsa-sha2-nistp384", "P-384", "nistp384", KF_SHA384 },
	{ "ecdsa-sha2-nistp521", "P-521", "nistp521", KF_SHA512 },
};

enum { NUM_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* string takes a string of SSH's: its length, and so many bytes. */
static struct kf_bytes string(struct kf_cursor *c, const char *field)
{
	uint32_t len = kf_u32be(c, field);

	return kf_take(c, len, field);
}

static size_t kind_of(struct kf_bytes name)
{
	size_t i = 0;

	while (i < NUM_KINDS && !kf_equal(name, kf_text(kinds[i].name)))
		i++;
	return i;
}

/* blob_key makes a key of what stands behind its kind. */
static enum kf_status blob_key(struct kf_key *out, struct kf_bytes blob,
			       struct kf_env *env)
{
	static const uint8_t head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
					0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
	struct kf_cursor c = kf_cursor_over(blob, 0);
	size_t kind = kind_of(string(&c, "key type"));
	struct kf_bytes domain = kf_view(NULL, 0), point;
	uint8_t spki[sizeof(head) + 32];
	size_t half;

	if (kind == NUM_KINDS)
		return KF_WRONG_USE;
	if (kinds[kind].curve)
		domain = string(&c, "curve");
	point = string(&c, "point");
	if (c.damage.field || kf_left(&c))
		return KF_WRONG_USE;
	if (!kinds[kind].curve) {
		if (point.len != 32)
			return KF_WRONG_USE;
		memcpy(spki, head, sizeof(head));
		memcpy(spki + sizeof(head), point.data, 32);
		return env->crypto->key_read(env->crypto->self, out,
					     kf_view(spki, sizeof(spki)),
					     env->arena);
	}
	half = point.len / 2;
	if (!kf_equal(domain, kf_text(kinds[kind].domain)) ||
	    point.len % 2 != 1 || point.data[0] != 4)
		return KF_WRONG_USE;
	return env->crypto->key_ec(env->crypto->self, out, kinds[kind].curve,
				   kf_part_of(point, 1, half),
				   kf_part_of(point, 1 + half, half),
				   env->arena);
}

/* word takes what stands up to a space. */
static struct kf_bytes word(struct kf_bytes *rest)
{
	struct kf_bytes out;
	size_t len = 0;

	while (len < rest->len && rest->data[len] != ' ')
		len++;
	out = kf_part_of(*rest, 0, len);
	*rest = len < rest->len ? kf_part_of(*rest, len + 1,
					     rest->len - len - 1)
				: kf_view(NULL, 0);
	return out;
}

static enum kf_status decode(struct kf_bytes *out, struct kf_bytes text,
			     struct kf_env *env)
{
	uint8_t *room = kf_arena_take(env->arena, text.len + 4);
	size_t len = 0;

	if (!room)
		return KF_NO_MEMORY;
	if (!kf_base64_strict(room, text.len + 4, &len, text))
		return KF_WRONG_USE;
	*out = kf_view(room, len);
	return KF_OK;
}

enum kf_status kf_ssh_key_read(struct kf_key *out, struct kf_bytes line,
			       struct kf_env *env)
{
	struct kf_bytes rest = line, name, base64, blob, own;
	struct kf_cursor c;
	enum kf_status status;

	while (rest.len && (rest.data[rest.len - 1] == '\n' ||
			    rest.data[rest.len - 1] == ' '))
		rest.len--;
	name = word(&rest);
	base64 = word(&rest);
	if (kind_of(name) == NUM_KINDS)
		return KF_WRONG_USE;
	status = decode(&blob, base64, env);
	if (status != KF_OK)
		return status;
	c = kf_cursor_over(blob, 0);
	own = string(&c, "key type");
	return kf_equal(own, name) ? blob_key(out, blob, env) : KF_WRONG_USE;
}

enum kf_status kf_ssh_unpack(struct kf_bytes *out, struct kf_bytes file,
			     struct kf_env *env)
{
	static const char begin[] = "-----BEGIN SSH SIGNATURE-----\n";
	static const char end[] = "-----END SSH SIGNATURE-----\n";
	size_t edges = sizeof(begin) - 1 + sizeof(end) - 1, len = 0;
	struct kf_bytes text;
	uint8_t *plain = kf_arena_take(env->arena, file.len + 1);

	if (!plain)
		return KF_NO_MEMORY;
	if (file.len < edges ||
	    !kf_equal(kf_part_of(file, 0, sizeof(begin) - 1),
		      kf_text(begin)) ||
	    !kf_equal(kf_part_of(file, file.len - (sizeof(end) - 1),
				 sizeof(end) - 1), kf_text(end)))
		return KF_WRONG_USE;
	text = kf_part_of(file, sizeof(begin) - 1, file.len - edges);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] != '\n')
			plain[len++] = text.data[i];
	return decode(out, kf_view(plain, len), env);
}

/* sshsig is a signature taken apart. */
struct sshsig {
	struct kf_bytes key, space, reserved, hash, kind, value;
};

static bool take_apart(struct sshsig *out, struct kf_bytes signature)
{
	struct kf_cursor c = kf_cursor_over(signature, 0);
	struct kf_cursor inner;
	struct kf_bytes whole;

	if (!kf_equal(kf_take(&c, 6, "magic"), kf_text("SSHSIG")) ||
	    kf_u32be(&c, "version") != 1)
		return false;
	out->key = string(&c, "publickey");
	out->space = string(&c, "namespace");
	out->reserved = string(&c, "reserved");
	out->hash = string(&c, "hash_algorithm");
	whole = string(&c, "signature");
	inner = kf_cursor_over(whole, 0);
	out->kind = string(&inner, "signature type");
	out->value = string(&inner, "signature value");
	return !c.damage.field && !kf_left(&c) && !inner.damage.field &&
	       !kf_left(&inner);
}

static void room_string(struct kf_room *room, struct kf_bytes bytes)
{
	uint8_t len[4] = { (uint8_t)(bytes.len >> 24),
			   (uint8_t)(bytes.len >> 16),
			   (uint8_t)(bytes.len >> 8), (uint8_t)bytes.len };

	kf_room_add(room, kf_view(len, sizeof(len)));
	kf_room_add(room, bytes);
}

/* signed_bytes is what OpenSSH signs in place of a message. */
static struct kf_bytes signed_bytes(const struct sshsig *s,
				    struct kf_bytes message,
				    struct kf_env *env)
{
	struct kf_room room = kf_room_of(env->arena, 256);
	enum kf_digest_kind kind = KF_SHA512;
	struct kf_digest digest = { .len = 0 };

	if (kf_equal(s->hash, kf_text("sha256")))
		kind = KF_SHA256;
	kf_digest_of(&digest, env->crypto, kind, message);
	kf_room_text(&room, "SSHSIG");
	room_string(&room, s->space);
	room_string(&room, s->reserved);
	room_string(&room, s->hash);
	room_string(&room, kf_view(digest.bytes, digest.len));
	return digest.len ? kf_room_bytes(&room) : kf_view(NULL, 0);
}

/* der_of makes DER of two numbers of SSH's, which are written as DER's are. */
static struct kf_bytes der_of(struct kf_bytes value, struct kf_arena *arena)
{
	struct kf_cursor c = kf_cursor_over(value, 0);
	struct kf_bytes number[2], piece[2];

	for (int i = 0; i < 2; i++) {
		number[i] = string(&c, "number");
		piece[i] = kf_der_join(0x02, &number[i], 1, arena);
	}
	if (c.damage.field || kf_left(&c))
		return kf_view(NULL, 0);
	return kf_der_join(0x30, piece, 2, arena);
}

enum kf_status kf_ssh_ask(enum kf_answer3 *out, struct kf_bytes signature,
			  const struct kf_key *key, struct kf_bytes message,
			  struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_scheme scheme = { .kind = KF_SCHEME_ED25519 };
	struct kf_digest digest = { .len = 0 };
	struct kf_bytes content, value;
	enum kf_status status;
	struct kf_key own;
	struct sshsig s;
	size_t kind;

	*out = KF_NO;
	if (!take_apart(&s, signature))
		return KF_OK;
	/* It names its key: of another one it is not, whatever it says. */
	status = blob_key(&own, s.key, env);
	if (status != KF_OK || !kf_equal(own.spki, key->spki))
		return status == KF_WRONG_USE ? KF_OK : status;
	kind = kind_of(s.kind);
	if (kind == NUM_KINDS || s.reserved.len ||
	    !kf_equal(s.space, kf_text(KF_SSH_NAMESPACE)) ||
	    (!kf_equal(s.hash, kf_text("sha256")) &&
	     !kf_equal(s.hash, kf_text("sha512"))))
		return KF_OK;
	content = signed_bytes(&s, message, env);
	if (!content.len)
		return KF_NO_CRYPTO;
	value = s.value;
	if (kinds[kind].curve) {
		scheme.kind = KF_SCHEME_ECDSA;
		scheme.digest = kinds[kind].digest;
		kf_digest_of(&digest, crypto, scheme.digest, content);
		content = kf_view(digest.bytes, digest.len);
		value = der_of(s.value, env->arena);
	}
	if (!value.len)
		return KF_OK;
	return crypto->key_verify(crypto->self, key, &scheme, content, value,
				  out);
}
