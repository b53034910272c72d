/* One key, one certificate: is its private part secret, is it long enough,
 * does it end?
 *
 * Keys are known by the key itself or by the serial of their certificate. A
 * name alone makes nobody guilty: it is a finding of its own, and a weaker one.
 */
#include "audit.h"

#include "core/reasons.h"

#include <string.h>

enum { LEAST_BITS = 2048 };

static const struct {
	enum kf_reason_id reason;
	enum kf_severity severity;
} weights[] = {
#define FINDING(id, severity) { KF_REASON_##id, KF_##severity },
#include "findings.def"
#undef FINDING
};

enum kf_severity kf_audit_severity(const struct kf_reason *reason)
{
	for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++)
		if (&kf_reasons[weights[i].reason] == reason)
			return weights[i].severity;
	return 0;
}

void kf_audit_give(struct kf_audit *a, const struct kf_finding *finding)
{
	a->found(a->self, finding, kf_audit_severity(finding->reason));
}

void kf_audit_start(struct kf_finding *out, uint32_t reason,
		    const struct kf_audit_place *place, struct kf_bytes der)
{
	kf_find(out, (enum kf_reason_id)reason, NULL);
	if (der.len)
		kf_prove_certificate(out, place->role, der);
	*kf_prove(out, place->where.kind, NULL) = place->where;
}

/* about gives a finding about one thing of a device. */
static void about(struct kf_audit *a, uint32_t reason,
		  enum kf_evidence_kind kind, const char *name,
		  const char *text)
{
	const struct kf_audit_place place = {
		.where = { .kind = kind, .name = name },
	};
	struct kf_finding f;

	kf_audit_start(&f, reason, &place, kf_view(NULL, 0));
	kf_prove_text(&f, text);
	kf_audit_give(a, &f);
}

void kf_audit_part(struct kf_audit *a, uint32_t reason, const char *part,
		   const char *text)
{
	about(a, reason, KF_EV_STORE_PART, part, text);
}

void kf_audit_setting(struct kf_audit *a, uint32_t reason, const char *setting,
		      const char *text)
{
	about(a, reason, KF_EV_SETTING, setting, text);
}

const char *kf_audit_join(struct kf_audit *a, const char *const *texts)
{
	size_t len = 0, at = 0;
	char *out;

	for (size_t i = 0; texts[i]; i++)
		len += kf_text(texts[i]).len;
	out = kf_arena_take(a->env->arena, len + 1);
	if (!out) {
		a->status = KF_NO_MEMORY;
		return texts[0];
	}
	for (size_t i = 0; texts[i]; i++) {
		struct kf_bytes text = kf_text(texts[i]);

		memcpy(out + at, text.data, text.len);
		at += text.len;
	}
	return out;
}

/* contains: letters count as capitals and small ones. */
static bool contains(const char *text, const char *what)
{
	for (; *text; text++) {
		size_t i = 0;

		while (what[i] && (text[i] & ~0x20) == (what[i] & ~0x20))
			i++;
		if (!what[i])
			return true;
	}
	return false;
}

/* known_key tells of a key that is known. */
static bool known_key(struct kf_audit *a, const struct kf_known_key *key,
		      const struct kf_audit_place *place, struct kf_bytes der)
{
	static const enum kf_reason_id reasons[] = {
		[KF_EXPOSED_NOT] = KF_REASON_EXAMPLE_KEY,
		[KF_EXPOSED_EXAMPLE] = KF_REASON_EXAMPLE_KEY,
		[KF_EXPOSED_LEAKED] = KF_REASON_LEAKED_KEY,
		[KF_EXPOSED_PUBLISHED] = KF_REASON_KNOWN_TEST_KEY,
	};
	struct kf_finding f;

	if (!key)
		return false;
	kf_audit_start(&f, reasons[key->exposure], place, der);
	kf_prove_text(&f, key->where);
	kf_prove_text(&f, key->name);
	kf_audit_give(a, &f);
	return true;
}

/* "DO NOT SHIP" is such a phrase, "SHIP" by itself is a vendor's word for the
 * opposite. */
const char *kf_audit_phrase(const struct kf_certificate *c,
			    const struct kf_crypto *crypto,
			    const struct kf_suspect **out)
{
	static const char *const phrases[] = { "DO NOT TRUST", "DO NOT SHIP" };
	const struct kf_suspect *suspect;
	struct kf_digest sha1;

	kf_digest_of(&sha1, crypto, KF_SHA1, c->der);
	suspect = kf_suspect_find(kf_view(sha1.bytes, sha1.len));
	if (out)
		*out = suspect;
	for (size_t i = 0; i < 2 && !suspect; i++)
		if (contains(c->subject, phrases[i]) ||
		    contains(c->issuer, phrases[i]))
			return phrases[i];
	return suspect ? suspect->name : NULL;
}

/* says_so tells of a certificate that calls itself a test key. */
static void says_so(struct kf_audit *a, const struct kf_certificate *c,
		    const struct kf_audit_place *place)
{
	const struct kf_suspect *suspect;
	const char *said = kf_audit_phrase(c, a->env->crypto, &suspect);
	struct kf_finding f;

	if (!said)
		return;
	kf_audit_start(&f, KF_REASON_SAYS_TEST_KEY, place, c->der);
	kf_prove_text(&f, said);
	if (suspect) {
		kf_prove_text(&f, "the platform key of machines that were sold; Microsoft publishes a KEK update for it:");
		kf_prove_text(&f, suspect->where);
	}
	kf_audit_give(a, &f);
}

/* rsa_bits is the size of an RSA key by its name, "RSA-1024"; 0: it is none. */
static uint64_t rsa_bits(const char *key)
{
	uint64_t bits = 0;

	if (!kf_equal(kf_part_of(kf_text(key), 0, 4), kf_text("RSA-")))
		return 0;
	for (key += 4; *key >= '0' && *key <= '9'; key++)
		bits = bits * 10 + (uint64_t)(*key - '0');
	return bits;
}

static void weak(struct kf_audit *a, const struct kf_certificate *c,
		 const struct kf_audit_place *place)
{
	uint64_t bits = rsa_bits(c->key);
	struct kf_finding f;

	if (bits == 0 || bits >= LEAST_BITS)
		return;
	kf_audit_start(&f, KF_REASON_WEAK_KEY, place, c->der);
	kf_prove_field(&f, "RSA", 0, 0);
	kf_prove_value(&f, bits, LEAST_BITS);
	kf_audit_give(a, &f);
}

bool kf_audit_key_of(struct kf_audit *a, struct kf_certificate *out,
		     struct kf_bytes der, const struct kf_audit_place *place)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct kf_bytes serial, spki;
	struct kf_digest digest;
	enum kf_status status = crypto->certificate_read(crypto->self, out,
							 der, a->env->arena);

	if (status == KF_WRONG_USE)
		a->unread(a->self, place->where.name ? place->where.name
			  : "a certificate", "is no certificate");
	else if (status != KF_OK)
		a->status = status;
	if (status != KF_OK)
		return false;
	kf_known_parts(&serial, &spki, der);
	kf_digest_of(&digest, crypto, KF_SHA256, spki);
	a->exposed = known_key(a, kf_known_find(a->known,
						kf_view(digest.bytes,
							digest.len), serial),
			       place, der);
	if (!a->exposed)
		says_so(a, out, place);
	weak(a, out, place);
	return true;
}

void kf_audit_end(struct kf_audit *a, const struct kf_certificate *c,
		  const struct kf_audit_place *place)
{
	bool ended = c->not_after_s <= a->at_s;
	struct kf_finding f;

	if (!c->not_after_s || a->exposed ||
	    (!ended && c->not_after_s - a->at_s > a->soon_s))
		return;
	kf_audit_start(&f, ended ? KF_REASON_CERTIFICATE_EXPIRED
				 : KF_REASON_CERTIFICATE_ENDS,
		       place, c->der);
	kf_prove(&f, KF_EV_MOMENT, "ends")->value = (uint64_t)c->not_after_s;
	kf_audit_give(a, &f);
}

void kf_audit_certificate(struct kf_audit *a, struct kf_bytes der, uint64_t at)
{
	struct kf_audit_place place = {
		.where = { .kind = KF_EV_FIELD, .name = "certificate",
			   .at = at, .len = der.len },
		.role = "certificate",
	};
	struct kf_arena *arena = a->env->arena;
	size_t used = arena->used;
	struct kf_certificate c;

	if (kf_audit_key_of(a, &c, der, &place))
		kf_audit_end(a, &c, &place);
	arena->used = used;
}

void kf_audit_known(struct kf_audit *a, const struct kf_known_key *key,
		    const char *field, uint64_t at, uint64_t len)
{
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_FIELD, .name = field,
			   .at = at, .len = len },
	};

	(void)known_key(a, key, &place, kf_view(NULL, 0));
}

void kf_audit_key(struct kf_audit *a, struct kf_bytes spki, uint64_t at,
		  uint64_t len)
{
	const struct kf_audit_place place = {
		.where = { .kind = KF_EV_FIELD, .name = "key",
			   .at = at, .len = len },
	};

	(void)known_key(a, kf_known_find(a->known, spki, kf_view(NULL, 0)),
			&place, kf_view(NULL, 0));
}
