/* Facts, one call each.
 */
#include "facts.h"

#include "der.h"

static void give(const struct kf_sink *sink, enum kf_fact_kind kind,
		 const char *name, uint64_t number, struct kf_bytes bytes)
{
	struct kf_fact fact = { .kind = kind, .name = name,
				.number = number, .bytes = bytes };

	sink->fact(sink->self, &fact);
}

static const struct kf_bytes nothing;

void kf_fact_open(const struct kf_sink *sink, const char *name)
{
	give(sink, KF_FACT_OPEN, name, 0, nothing);
}

void kf_fact_close(const struct kf_sink *sink)
{
	give(sink, KF_FACT_CLOSE, NULL, 0, nothing);
}

void kf_fact_number(const struct kf_sink *sink, const char *name,
		    uint64_t number)
{
	give(sink, KF_FACT_NUMBER, name, number, nothing);
}

void kf_fact_hex(const struct kf_sink *sink, const char *name,
		 uint64_t number)
{
	give(sink, KF_FACT_HEX, name, number, nothing);
}

void kf_fact_text(const struct kf_sink *sink, const char *name,
		  struct kf_bytes text)
{
	give(sink, KF_FACT_TEXT, name, 0, text);
}

void kf_fact_word(const struct kf_sink *sink, const char *name,
		  const char *word)
{
	give(sink, KF_FACT_TEXT, name, 0, kf_text(word));
}

void kf_fact_bytes(const struct kf_sink *sink, const char *name,
		   struct kf_bytes bytes)
{
	give(sink, KF_FACT_BYTES, name, 0, bytes);
}

void kf_fact_seconds(const struct kf_sink *sink, const char *name,
		     int64_t seconds)
{
	give(sink, KF_FACT_SECONDS, name, (uint64_t)seconds, nothing);
}

void kf_fact_yes_no(const struct kf_sink *sink, const char *name, bool yes)
{
	give(sink, KF_FACT_YES_NO, name, yes, nothing);
}

void kf_fact_place(const struct kf_sink *sink, uint64_t at, uint64_t len)
{
	kf_fact_number(sink, "offset", at);
	kf_fact_number(sink, "size", len);
}

void kf_fact_moment(const struct kf_sink *sink, const char *name,
		    const struct kf_moment *moment)
{
	kf_fact_open(sink, name);
	kf_fact_number(sink, "year", moment->year);
	kf_fact_number(sink, "month", moment->month);
	kf_fact_number(sink, "day", moment->day);
	kf_fact_number(sink, "hour", moment->hour);
	kf_fact_number(sink, "minute", moment->minute);
	kf_fact_number(sink, "second", moment->second);
	kf_fact_close(sink);
}

void kf_fact_guid(const struct kf_sink *sink, const char *name,
		  struct kf_bytes guid)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6,
					   8, 9, 10, 11, 12, 13, 14, 15 };
	static const char digits[] = "0123456789abcdef";
	char text[36];
	size_t n = 0;

	if (guid.len != sizeof(order)) {
		kf_fact_bytes(sink, name, guid);
		return;
	}
	for (size_t i = 0; i < sizeof(order); i++) {
		uint8_t b = guid.data[order[i]];

		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[n++] = '-';
		text[n++] = digits[b >> 4];
		text[n++] = digits[b & 15];
	}
	kf_fact_text(sink, name, kf_view(text, n));
}

/* key_digest tells the name that a key has apart from its certificates. */
static void key_digest(const struct kf_sink *sink,
		       const struct kf_crypto *crypto, struct kf_bytes der)
{
	struct kf_bytes spki = kf_der_certificate_key(der);
	struct kf_digest digest = { .len = 0 };

	if (!spki.len)
		return;
	kf_digest_of(&digest, crypto, KF_SHA256, spki);
	if (digest.len)
		kf_fact_bytes(sink, "spki-sha256",
			      kf_view(digest.bytes, digest.len));
	else
		kf_fact_fault(sink, KF_NO_CRYPTO);
}

void kf_fact_certificate(const struct kf_sink *sink, struct kf_env *env,
			 const char *name, struct kf_bytes der)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_arena arena = *env->arena;
	struct kf_certificate c;
	enum kf_status status = crypto->certificate_read(crypto->self, &c, der,
							 &arena);

	kf_fact_open(sink, name);
	if (status != KF_OK) {
		if (status == KF_WRONG_USE)
			kf_fact_word(sink, "unreadable",
				     "no X.509 certificate");
		else
			kf_fact_fault(sink, status);
		kf_fact_number(sink, "size", der.len);
		kf_fact_close(sink);
		return;
	}
	kf_fact_word(sink, "subject", c.subject);
	kf_fact_word(sink, "issuer", c.issuer);
	kf_fact_word(sink, "key", c.key);
	kf_fact_word(sink, "signed-with", c.algorithm);
	kf_fact_bytes(sink, "serial", c.serial);
	kf_fact_seconds(sink, "not-before", c.not_before_s);
	kf_fact_seconds(sink, "not-after", c.not_after_s);
	kf_fact_yes_no(sink, "ca", c.is_ca);
	kf_fact_bytes(sink, "sha256", kf_view(c.sha256.bytes, c.sha256.len));
	key_digest(sink, crypto, der);
	kf_fact_close(sink);
}

/* WEIGHS is all that a time stamp may be made of; a digest that is not as long
 * as it has to be covers nothing. */
#define WEIGHS (KF_CMS_SHA1 | KF_CMS_SHA224 | KF_CMS_SHA3 | KF_CMS_RSA_PSS | \
		KF_CMS_EC | KF_CMS_ED25519 | KF_CMS_PARTIAL_CHAIN | \
		KF_CMS_NO_TIME | KF_CMS_ANY_PURPOSE | KF_CMS_ANY_ANCHOR | \
		KF_CMS_WHOLE_IMPRINT)

/* fact_stamp tells when and by whom. A time is told only where the token is
 * signed by who it says, and of this signature; whether anybody believes him is
 * not asked. */
static void fact_stamp(const struct kf_sink *sink, struct kf_env *env,
		       const struct kf_signed_data *data,
		       struct kf_bytes bytes)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_signed_data *token = NULL;
	enum kf_answer3 answer = KF_NO;
	struct kf_signer_facts signer;
	struct kf_moment when;
	enum kf_status status = crypto->signed_timestamp(
		data, kf_view(NULL, 0), WEIGHS, &answer, &when);

	kf_fact_open(sink, "time-stamp");
	if (status == KF_OK)
		kf_fact_yes_no(sink, "holds", answer == KF_YES);
	if (status == KF_OK && answer == KF_YES) {
		kf_fact_moment(sink, "time", &when);
		status = crypto->signed_read(crypto->self, &token, bytes, 0);
	}
	if (token) {
		crypto->signed_signer(token, 0, &signer);
		kf_fact_certificate(sink, env, "certificate",
				    signer.certificate);
		crypto->signed_close(token);
	}
	if (status != KF_OK)
		kf_fact_fault(sink, status);
	kf_fact_close(sink);
}

void kf_fact_signed_data(const struct kf_sink *sink, struct kf_env *env,
			 struct kf_bytes blob)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_signed_data *data = NULL;
	struct kf_signed_facts facts;
	struct kf_signer_facts signer;

	enum kf_status status = crypto->signed_read(crypto->self, &data, blob,
						    0);

	if (!data) {
		if (status == KF_OK)
			kf_fact_word(sink, "unreadable", "no PKCS#7 structure");
		else
			kf_fact_fault(sink, status);
		return;
	}
	crypto->signed_facts(data, &facts);
	kf_fact_open(sink, "signers");
	for (size_t i = 0; i < facts.num_signers; i++) {
		crypto->signed_signer(data, i, &signer);
		kf_fact_open(sink, NULL);
		kf_fact_word(sink, "digest", signer.digest);
		kf_fact_word(sink, "algorithm", signer.algorithm);
		kf_fact_yes_no(sink, "time-stamped", signer.timestamp.len);
		if (signer.certificate.len)
			kf_fact_certificate(sink, env, "certificate",
					    signer.certificate);
		if (signer.timestamp.len && facts.num_signers == 1)
			fact_stamp(sink, env, data, signer.timestamp);
		kf_fact_close(sink);
	}
	kf_fact_close(sink);
	kf_fact_open(sink, "certificates");
	for (size_t i = 0; i < facts.num_certificates; i++)
		kf_fact_certificate(sink, env, NULL,
				    crypto->signed_certificate(data, i));
	kf_fact_close(sink);
	crypto->signed_close(data);
}

void kf_fact_fault(const struct kf_sink *sink, enum kf_status status)
{
	kf_fact_word(sink, "fault", status == KF_CANNOT_READ
		     ? "cannot be read" : "could not be looked at");
}

void kf_fact_damage(const struct kf_sink *sink, const struct kf_damage *list,
		    size_t num)
{
	if (num == 0)
		return;
	kf_fact_open(sink, "damage");
	for (size_t i = 0; i < num; i++) {
		kf_fact_open(sink, NULL);
		kf_fact_word(sink, "field", list[i].field);
		kf_fact_number(sink, "offset", list[i].at);
		kf_fact_close(sink);
	}
	kf_fact_close(sink);
}
