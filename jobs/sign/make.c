/* The table of makers, and what they share: which scheme a key signs by, and
 * the one call that signs.
 */
#include "make.h"

#include "stamp.h"
#include "told.h"

#include "analysis/known.h"
#include "host/http.h"

#include <string.h>

#define MAKER(name, title) extern const struct kf_maker kf_maker_##name;
#include "makers.def"
#undef MAKER

static const struct kf_maker *const makers[] = {
#define MAKER(name, title) &kf_maker_##name,
#include "makers.def"
#undef MAKER
};

const struct kf_maker *kf_maker_at(size_t index)
{
	return index < sizeof(makers) / sizeof(makers[0]) ? makers[index]
							  : NULL;
}

const struct kf_maker *kf_maker_named(const char *name)
{
	for (size_t i = 0; kf_maker_at(i); i++)
		if (strcmp(kf_maker_at(i)->name, name) == 0)
			return kf_maker_at(i);
	return NULL;
}

static enum kf_status refuse(const struct kf_making *m, struct kf_fault *why)
{
	kf_fault_say(why, m->maker->refuses, "%s does not sign with %s%s",
		     m->maker->name, m->key->key.name,
		     m->scheme.kind == KF_SCHEME_RSA_PSS ? ", RSASSA-PSS"
							 : "");
	return KF_WRONG_USE;
}

/* scheme_of is what a kind of key signs by. RSA that nobody asked PSS of signs
 * by it where the format has nothing else. */
static enum kf_scheme_kind scheme_of(const struct kf_making *m)
{
	bool only_pss = !(m->maker->schemes & KF_SIGNS(KF_SCHEME_RSA_PKCS1));

	switch (m->key->key.kind) {
	case KF_KEY_RSA:
		return m->ask.pss || only_pss ? KF_SCHEME_RSA_PSS
					      : KF_SCHEME_RSA_PKCS1;
	case KF_KEY_EC:
		return KF_SCHEME_ECDSA;
	case KF_KEY_ED25519:
		return KF_SCHEME_ED25519;
	case KF_KEY_OTHER:
	default:
		return 0;
	}
}

static enum kf_status choose_digest(struct kf_making *m, struct kf_fault *why)
{
	unsigned bits = m->key->key.kind == KF_KEY_EC ? m->key->key.bits : 0;

	m->scheme.digest = m->ask.has_digest ? m->ask.digest :
			   bits > 384 ? KF_SHA512 :
			   bits > 256 ? KF_SHA384 : KF_SHA256;
	if (m->maker->digests & UINT32_C(1) << m->scheme.digest)
		return KF_OK;
	kf_fault_say(why, m->maker->refuses, "%s does not sign with %s",
		     m->maker->name, kf_digest_name(m->scheme.digest));
	return KF_WRONG_USE;
}

/* is_own tells whether a certificate is of the key that signs. */
static enum kf_status is_own(bool *yes, struct kf_making *m,
			     struct kf_bytes certificate)
{
	const struct kf_key *ours = &m->key->key;
	struct kf_bytes serial, spki;
	struct kf_key key = { 0 };
	enum kf_status status;

	kf_known_parts(&serial, &spki, certificate);
	status = m->crypto->key_read(m->crypto->self, &key, spki,
				     m->env->arena);
	*yes = status == KF_OK && key.kind == ours->kind &&
	       (kf_equal(key.spki, ours->spki) ||
		(ours->own.len && kf_equal(key.own, ours->own)));
	return status == KF_WRONG_USE ? KF_OK : status;
}

/* put_first puts the signer's own certificate in front. */
static enum kf_status put_first(struct kf_making *m, struct kf_fault *why)
{
	for (size_t i = 0; i < m->num_certificates; i++) {
		struct kf_bytes own = m->certificate[i];
		bool yes = false;
		enum kf_status status = is_own(&yes, m, own);

		if (status != KF_OK)
			return status;
		if (!yes)
			continue;
		m->certificate[i] = m->certificate[0];
		m->certificate[0] = own;
		return KF_OK;
	}
	kf_fault_say(why, m->num_certificates
		     ? "keyfit keys prove KEY --public CERTIFICATE tells which is whose"
		     : "give it with --certificate FILE, and those between it and the root",
		     m->num_certificates
		     ? "no certificate that was given is of this key"
		     : "%s needs the key's certificate", m->maker->name);
	return KF_WRONG_USE;
}

/* may_stamp: nobody is asked yet, and the key has not signed. */
static enum kf_status may_stamp(const struct kf_making *m,
				struct kf_fault *why)
{
	struct kf_fault what = { 0 };
	enum kf_status status;

	if (m->maker->takes_stamp) {
		status = kf_http_ready(m->ask.stamp_url, &what);
		if (what.what[0])
			kf_fault_say(why, what.hint, "--timestamp-server: %s",
				     what.what);
		return status;
	}
	kf_fault_say(why, NULL, "%s has no place for a time stamp",
		     m->maker->name);
	return KF_WRONG_USE;
}

enum kf_status kf_making_choose(struct kf_making *m, struct kf_fault *why)
{
	enum kf_status status;

	m->scheme.kind = scheme_of(m);
	if (m->ask.pss && m->scheme.kind != KF_SCHEME_RSA_PSS) {
		kf_fault_say(why, NULL, "--pss is for RSA, and the key is %s",
			     m->key->key.name);
		return KF_WRONG_USE;
	}
	if (!m->scheme.kind || !(m->maker->schemes & KF_SIGNS(m->scheme.kind)))
		return refuse(m, why);
	status = choose_digest(m, why);
	m->scheme.salt_len = (int)kf_digest_size(m->scheme.digest);
	if (status == KF_OK && m->maker->needs_certificate)
		status = put_first(m, why);
	if (status == KF_OK && m->ask.stamp_url)
		status = may_stamp(m, why);
	if (status == KF_OK && m->maker->suits)
		status = m->maker->suits(m, why);
	if (status == KF_OK && !m->key->calls->can(m->key->self, &m->scheme)) {
		kf_fault_say(why, "keyfit keys lists what it signs by",
			     "where the key lies it does not sign so");
		status = KF_WRONG_USE;
	}
	return status;
}

enum kf_status kf_making_run(struct kf_making *m, struct kf_fault *why)
{
	m->num_supposed = 0;
	m->has_signed = false;
	kf_patch_open(&m->patch, m->source);
	return m->maker->make(m, why);
}

enum kf_status kf_making_digest(struct kf_making *m, uint64_t at, uint64_t len)
{
	const struct kf_source *source = m->source;
	void *digest = m->crypto->digest_begin(m->crypto->self,
					       m->scheme.digest);

	if (!digest)
		return KF_NO_CRYPTO;
	while (len) {
		size_t some = m->env->window_len;

		if (some > len)
			some = (size_t)len;
		if (!source->read_at(source->self, at, m->env->window, some)) {
			m->crypto->digest_drop(digest);
			return KF_CANNOT_READ;
		}
		m->crypto->digest_add(digest, kf_view(m->env->window, some));
		at += some;
		len -= some;
	}
	m->crypto->digest_end(digest, &m->covered);
	return m->covered.len ? KF_OK : KF_NO_CRYPTO;
}

/* put_number writes one number of Ecdsa-Sig-Value, as long as one can be and
 * below the order of each curve. Returns its length. */
static size_t put_number(uint8_t *out, unsigned bits)
{
	size_t bytes = (bits + 7) / 8, len = bytes + (bits % 8 == 0);

	out[0] = 0x02;
	out[1] = (uint8_t)len;
	memset(out + 2, 0x5a, len);
	out[2] = 0;
	out[2 + len - bytes] = bits % 8 ? 1 : 0x80;
	return 2 + len;
}

/* stand_in writes what has the form of a signature by the key. */
static void stand_in(struct kf_signature *out, const struct kf_making *m)
{
	unsigned bits = m->key->key.bits;
	uint8_t *number;
	size_t len;

	if (m->scheme.kind != KF_SCHEME_ECDSA) {
		out->len = m->scheme.kind == KF_SCHEME_ED25519
			? 64 : (bits + 7) / 8;
		memset(out->bytes, 0x5a, out->len);
		out->bytes[0] = 0;	/* below the modulus */
		return;
	}
	len = 2 * (2 + (bits + 7) / 8 + (bits % 8 == 0));
	number = out->bytes;
	*number++ = 0x30;
	if (len > 0x7f)
		*number++ = 0x81;
	*number++ = (uint8_t)len;
	number += put_number(number, bits);
	number += put_number(number, bits);
	out->len = (size_t)(number - out->bytes);
}

/* suppose remembers what would have been signed. */
static enum kf_status suppose(struct kf_making *m, struct kf_bytes content)
{
	struct kf_supposed *s = &m->supposed[m->num_supposed];
	struct kf_arena *arena = m->env->arena;

	stand_in(&m->signature, m);
	if (m->num_supposed == KF_MAKING_SUPPOSED_MAX)
		return KF_NO_MEMORY;
	s->scheme = m->scheme;
	s->content = content;
	/* A digest's place is used again; a message stays where it is. */
	if (content.len <= sizeof(m->covered.bytes) &&
	    !kf_arena_keep(arena, &s->content, content))
		return KF_NO_MEMORY;
	if (!kf_arena_keep(arena, &s->signature, kf_view(m->signature.bytes,
							 m->signature.len)))
		return KF_NO_MEMORY;
	m->num_supposed++;
	return KF_OK;
}

enum kf_status kf_making_sign(struct kf_making *m, struct kf_bytes content,
			      struct kf_fault *why)
{
	enum kf_status status;

	memset(&m->signature, 0, sizeof(m->signature));
	if (m->ask.dry)
		return suppose(m, content);
	status = kf_sign(&m->signature, m->key, &m->scheme, content,
			 m->crypto, why);
	m->has_signed = m->has_signed || status == KF_OK;
	if (status == KF_OK && m->ask.stamp_url)
		status = kf_making_stamp(m, why);
	return status;
}

enum kf_status kf_making_done(bool fits)
{
	return fits ? KF_OK : KF_NO_MEMORY;
}
