/* Digests, kinds of keys, odd certificates and odd signatures. UEFI-47,
 * UEFI-51.
 */
#include "update.h"

#include <stdio.h>

static void digests(void)
{
	static const struct {
		const char *name, *digest, *bare, *wrapped;
	} known[] = {
		{ "sha1", "SHA1", "r", "r" },
		{ "sha224", "SHA224", "r", "r" },
		{ "sha256", "SHA256", "a", "r|a" },
		{ "sha384", "SHA384", "r|a", "r|a" },
		{ "sha512", "SHA512", "r|a", "r|a" },
	};
	char name[48];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		for (int by_pk = 0; by_pk < 2; by_pk++) {
			struct seal s = db_seal();

			if (by_pk)
				s.by = signature_by(&pk);
			s.by.attr_digest = known[i].digest;
			snprintf(name, sizeof(name), "%s-bare%s",
				 known[i].name, by_pk ? "-by-pk" : "");
			try_one("UEFI-47", name, known[i].bare, &base, &s);
			s.by.bare = false;
			snprintf(name, sizeof(name), "%s-wrapped%s",
				 known[i].name, by_pk ? "-by-pk" : "");
			try_one("UEFI-47", name, known[i].wrapped, &base, &s);
		}
}

static void announced(void)
{
	struct seal s = db_seal();

	s.by.announce = "SHA512";
	try_one("UEFI-47", "announces-sha512-signs-sha256", "r", &base, &s);
	s.by.announce2 = "SHA256";
	try_one("UEFI-47", "announces-sha512-then-sha256", "r|a", &base, &s);
	s.by.announce = "SHA1";
	try_one("UEFI-47", "announces-sha1-then-sha256", "r", &base, &s);
	s = db_seal();
	s.by.attr_digest = "SHA512";
	s.by.announce = "SHA256";
	try_one("UEFI-47", "announces-sha256-signs-sha512", "r", &base, &s);
	s.by.announce2 = "SHA512";
	try_one("UEFI-47", "announces-sha256-then-sha512", "a", &base, &s);
	s.by.attr_digest = "SHA1";
	s.by.announce2 = "SHA1";
	try_one("UEFI-47", "announces-sha256-then-sha1-signs-sha1", "?",
		&base, &s);
	s = db_seal();
	s.by.sig_oid_as_digest = true;
	try_one("UEFI-47", "digest-is-sha256-with-rsa", "?", &base, &s);
	s = db_seal();
	s.by.unknown_digest = true;
	try_one("UEFI-47", "digest-is-nobodys", "r|?", &base, &s);
}

static void shapes(void)
{
	struct seal s = db_seal();

	s.by.no_attributes = false;
	try_one("UEFI-51", "signed-attributes", "a", &base, &s);
	s.by.no_message_digest = true;
	try_one("UEFI-51", "signed-attributes-without-digest", "r", &base,
		&s);
	s.by.no_message_digest = false;
	s.by.wrong_message_digest = true;
	try_one("UEFI-51", "signed-attributes-wrong-digest", "r", &base, &s);
	s.by.wrong_message_digest = false;
	s.by.no_content_type = true;
	try_one("UEFI-51", "signed-attributes-without-type", "?", &base, &s);
	s = db_seal();
	s.by.detached = false;
	try_one("UEFI-51", "content-inside", "?", &base, &s);
	s = db_seal();
	s.by.with_crl = true;
	try_one("UEFI-51", "with-a-crl", "a", &base, &s);
	s = db_seal();
	s.by.trailing = true;
	try_one("UEFI-43", "bytes-behind-the-signature", "?", &base, &s);
	s.by.bare = false;
	try_one("UEFI-43", "bytes-behind-the-wrapped-signature", "r|?", &base,
		&s);
	s = db_seal();
	s.by.bare = false;
	s.by.indefinite = true;
	try_one("UEFI-47", "wrapped-indefinite", "r|?", &base, &s);
	s.by.indefinite = false;
	s.by.short_lengths = true;
	try_one("UEFI-47", "wrapped-three-length-bytes", "r|?", &base, &s);
	s = db_seal();
	s.by.long_null = true;
	try_one("UEFI-47", "null-with-long-length", "?", &base, &s);
	s = db_seal();
	s.by.content_oid = "1.3.6.1.4.1.311.2.1.4";
	try_one("UEFI-51", "content-is-authenticode", "?", &base, &s);
	s.by.content_oid = "1.2.840.113549.1.7.5";
	try_one("UEFI-51", "content-is-digested-data", "?", &base, &s);
}

/* by_key: db by a leaf under KEK with a key of this kind, and by a KEK. */
static void by_key(const char *kind, enum key_kind key, const char *expect)
{
	struct spec under = { .name = "keyfit test odd leaf", .issuer = &kek,
			      .kind = key };
	struct identity who = identity(&under);
	struct seal s = db_seal();
	char name[64];

	s.by = signature_by(&who);
	snprintf(name, sizeof(name), "key-%s-under-kek", kind);
	try_one("UEFI-51", name, expect, &base, &s);
}

/* as_pk: KEK by a PK with a key of this kind. */
static void as_pk(const char *kind, enum key_kind key, const char *expect)
{
	struct spec own = { .name = "keyfit test odd PK", .kind = key,
			    .ca = CA_TRUE };
	struct identity who = identity(&own);
	struct keys k = base;
	struct seal s = { .var = "KEK", .value = x509_list(&kek2),
			  .by = signature_by(&who) };
	char name[64];

	k.value[PK] = x509_list(&who);
	snprintf(name, sizeof(name), "key-%s-as-pk", kind);
	try_one("UEFI-50", name, expect, &k, &s);
}

static void odd_leaf(const char *name, const char *expect, struct spec spec)
{
	struct identity who;
	struct seal s = db_seal();

	spec.name = "keyfit test odd leaf";
	if (!spec.issuer)
		spec.issuer = &kek;
	who = identity(&spec);
	s.by = signature_by(&who);
	s.by.bag[0] = &who;
	s.by.bag[1] = spec.issuer == &kek ? NULL : spec.issuer;
	try_one("UEFI-51", name, expect, &base, &s);
}

static void odd_leaves(void)
{
	struct spec short_path = { .name = "keyfit test short path",
				   .issuer = &kek, .ca = CA_TRUE,
				   .has_pathlen = true };
	struct identity no_more = identity(&short_path);
	struct spec too_far = { .name = "keyfit test too far",
				.issuer = &no_more, .ca = CA_TRUE };
	struct identity one_more = identity(&too_far);
	struct seal s = db_seal();
	struct identity last;

	odd_leaf("leaf-expired", "a", (struct spec){ .from_days = -400,
						     .to_days = -30 });
	odd_leaf("leaf-not-yet-valid", "a", (struct spec){ .from_days = 30 });
	odd_leaf("leaf-of-no-use", "a", (struct spec){
		.key_usage = "keyEncipherment" });
	odd_leaf("leaf-for-servers", "a", (struct spec){
		.ext_key_usage = "critical,serverAuth" });
	odd_leaf("leaf-critical-unknown", "r", (struct spec){
		.critical_unknown = true });
	odd_leaf("leaf-signed-with-sha1", "a", (struct spec){
		.digest = "SHA1" });
	odd_leaf("leaf-signed-with-md5", "?", (struct spec){
		.digest = "MD5" });
	odd_leaf("leaf-signed-with-pss", "?", (struct spec){ .pss = true });
	odd_leaf("leaf-version-1", "a", (struct spec){ .version1 = true });
	odd_leaf("leaf-wrong-key-id", "?", (struct spec){
		.wrong_key_id = true });
	odd_leaf("leaf-under-path-length-0", "a", (struct spec){
		.issuer = &no_more });
	last = identity(&(struct spec){ .name = "keyfit test last",
					.issuer = &one_more });
	s.by = signature_by(&last);
	s.by.bag[0] = &last;
	s.by.bag[1] = &one_more;
	s.by.bag[2] = &no_more;
	try_one("UEFI-51", "leaf-beyond-path-length", "r", &base, &s);
}

static void expired_anchors(void)
{
	struct spec old = { .name = "keyfit test old", .ca = CA_TRUE,
			    .from_days = -400, .to_days = -30 };
	struct identity who = identity(&old);
	struct keys k = base;
	struct seal s = db_seal();

	s.by = signature_by(&who);
	k.value[KEK] = x509_list(&who);
	try_one("UEFI-51", "kek-expired", "a", &k, &s);
	k = base;
	k.value[PK] = x509_list(&who);
	s.var = "KEK";
	try_one("UEFI-50", "pk-expired", "a", &k, &s);
}

void algorithm_updates(void)
{
	digests();
	announced();
	shapes();
	by_key("rsa1024", KEY_RSA1024, "a");
	by_key("rsa3072", KEY_RSA3072, "a");
	by_key("rsa4096", KEY_RSA4096, "a");
	by_key("rsa-e3", KEY_RSA_E3, "a");
	by_key("pss", KEY_PSS, "?");
	by_key("p256", KEY_P256, "?");
	by_key("p384", KEY_P384, "?");
	by_key("ed25519", KEY_ED25519, "?");
	as_pk("rsa1024", KEY_RSA1024, "a");
	as_pk("rsa3072", KEY_RSA3072, "a");
	as_pk("rsa4096", KEY_RSA4096, "a");
	odd_leaves();
	expired_anchors();
}
