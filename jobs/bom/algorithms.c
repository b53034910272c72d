/* Algorithms as CycloneDX names them.
 *
 * Source: CycloneDX specification 1.7, schema/cryptography-defs.json (names and
 * families); RFC 8017, A.2; RFC 5758, 3; RFC 8410, 3; RFC 5480, 2.1; NIST
 * SP 800-57 part 1 revision 5, table 2 (strengths: where a length is not in the
 * table nothing is said).
 */
#include "bom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	enum kf_digest_kind digest;
	const char *name, *bits, *oid, *family;
	const char *pkcs1, *ecdsa;	/* OIDs of schemes with it */
} digests[] = {
	{ KF_MD5, "MD5", "128", "1.2.840.113549.2.5", "MD5",
	  "1.2.840.113549.1.1.4", NULL },
	{ KF_SHA1, "SHA-1", "160", "1.3.14.3.2.26", "SHA-1",
	  "1.2.840.113549.1.1.5", "1.2.840.10045.4.1" },
	{ KF_SHA256, "SHA-256", "256", "2.16.840.1.101.3.4.2.1", "SHA-2",
	  "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2" },
	{ KF_SHA384, "SHA-384", "384", "2.16.840.1.101.3.4.2.2", "SHA-2",
	  "1.2.840.113549.1.1.12", "1.2.840.10045.4.3.3" },
	{ KF_SHA512, "SHA-512", "512", "2.16.840.1.101.3.4.2.3", "SHA-2",
	  "1.2.840.113549.1.1.13", "1.2.840.10045.4.3.4" },
};

static const struct {
	const char *key, *curve, *curve_17;
	unsigned classical;
} sizes[] = {
	{ "RSA-1024", NULL, NULL, 80 },
	{ "RSA-2048", NULL, NULL, 112 },
	{ "RSA-3072", NULL, NULL, 128 },
	{ "RSA-7680", NULL, NULL, 192 },
	{ "RSA-15360", NULL, NULL, 256 },
	{ "EC-P-224", "P-224", "nist/P-224", 112 },
	{ "EC-P-256", "P-256", "nist/P-256", 128 },
	{ "EC-P-384", "P-384", "nist/P-384", 192 },
	{ "EC-P-521", "P-521", "nist/P-521", 256 },
	{ "EC-secp224r1", "P-224", "nist/P-224", 112 },
	{ "EC-prime256v1", "P-256", "nist/P-256", 128 },
	{ "EC-secp384r1", "P-384", "nist/P-384", 192 },
	{ "EC-secp521r1", "P-521", "nist/P-521", 256 },
	{ "Ed25519", "Ed25519", "other/Ed25519", 128 },
	{ "ED25519-256", "Ed25519", "other/Ed25519", 128 },
};

static size_t digest_of(enum kf_digest_kind kind)
{
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (digests[i].digest == kind)
			return i;
	return 2;
}

/* put_ref makes a reference of the name. */
static void put_ref(struct kf_bom_algorithm *a)
{
	size_t len = 0;

	snprintf(a->ref, sizeof(a->ref), "alg:%s", a->name);
	for (len = 4; a->ref[len]; len++) {
		char c = a->ref[len];

		if (c >= 'A' && c <= 'Z')
			a->ref[len] = (char)(c | 32);
		else if (c <= ' ' || c > '~' || c == '"' || c == '\\')
			a->ref[len] = '-';
	}
}

/* size takes over what is known of a key. */
static void size(struct kf_bom_algorithm *a, const char *key)
{
	if (key && strncmp(key, "RSA-", 4) == 0)
		snprintf(a->bits, sizeof(a->bits), "%.7s", key + 4);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (!key || strcmp(sizes[i].key, key) != 0)
			continue;
		a->curve = sizes[i].curve;
		a->curve_17 = sizes[i].curve_17;
		a->classical = sizes[i].classical;
		a->has_levels = true;
	}
}

static void rsa(struct kf_bom_algorithm *a, const struct kf_bill_algorithm *s,
		size_t d)
{
	bool pss = s->kind == KF_SCHEME_RSA_PSS;

	a->oid = pss ? "1.2.840.113549.1.1.10" : digests[d].pkcs1;
	a->family = pss ? "RSASSA-PSS" : "RSASSA-PKCS1";
	a->padding = pss ? "other" : "pkcs1v15";
	snprintf(a->name, sizeof(a->name), "%s-%s%s%s",
		 pss ? "RSA-PSS" : "RSA-PKCS1-1.5", digests[d].name,
		 a->bits[0] ? "-" : "", a->bits);
}

bool kf_bom_of_scheme(struct kf_bom_algorithm *out,
		      const struct kf_bill_algorithm *s)
{
	size_t d = digest_of(s->digest);

	*out = (struct kf_bom_algorithm){ .primitive = "signature",
		.digest = s->digest, .has_digest = s->has_digest };
	size(out, s->key);
	switch (s->kind) {
	case KF_SCHEME_RSA_PKCS1:
	case KF_SCHEME_RSA_PSS:
		rsa(out, s, d);
		break;
	case KF_SCHEME_ECDSA:
		out->oid = digests[d].ecdsa;
		out->family = "ECDSA";
		snprintf(out->name, sizeof(out->name), "ECDSA%s%s-%s",
			 out->curve ? "-" : "", out->curve ? out->curve : "",
			 digests[d].name);
		break;
	case KF_SCHEME_ED25519:
		out->oid = "1.3.101.112";
		out->family = "EdDSA";
		snprintf(out->name, sizeof(out->name), "Ed25519");
		break;
	default:
		if (!s->name || !s->name[0] ||
		    strcmp(s->name, "unknown") == 0)
			return false;
		out->primitive = "unknown";
		snprintf(out->name, sizeof(out->name), "%.63s", s->name);
		for (char *c = out->name; *c; c++)
			if (*c < ' ' || *c > '~')
				*c = '?';
		break;
	}
	put_ref(out);
	return true;
}

bool kf_bom_of_key(struct kf_bom_algorithm *out, const char *kind)
{
	*out = (struct kf_bom_algorithm){ .primitive = "signature" };
	if (!kind || !kind[0])
		return false;
	size(out, kind);
	/* The names that OpenSSL has for NIST's curves are others. */
	if (out->curve && strcmp(out->curve, "Ed25519") == 0)
		return kf_bom_of_scheme(out, &(struct kf_bill_algorithm){
			.kind = KF_SCHEME_ED25519, .key = kind });
	if (strncmp(kind, "EC-", 3) == 0 && out->curve)
		snprintf(out->name, sizeof(out->name), "EC-%s", out->curve);
	else
		snprintf(out->name, sizeof(out->name), "%.63s", kind);
	if (strncmp(kind, "RSA", 3) == 0)
		out->oid = "1.2.840.113549.1.1.1";
	else if (strncmp(kind, "EC-", 3) == 0)
		out->oid = "1.2.840.10045.2.1";
	else
		out->primitive = "unknown";
	put_ref(out);
	return true;
}

void kf_bom_of_digest(struct kf_bom_algorithm *out, enum kf_digest_kind kind)
{
	size_t d = digest_of(kind);

	*out = (struct kf_bom_algorithm){ .primitive = "hash",
		.oid = digests[d].oid, .family = digests[d].family,
		.hashes = true };
	snprintf(out->bits, sizeof(out->bits), "%s", digests[d].bits);
	snprintf(out->name, sizeof(out->name), "%s", digests[d].name);
	put_ref(out);
}
