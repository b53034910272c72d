/* The inside of a signature: content, attributes, encodings, signers.
 * UEFI-16, UEFI-17, UEFI-21, UEFI-31.
 */
#include "make.h"

#include <stdio.h>

struct odd {
	const char *rule, *name;
	struct signature s;
};

static const struct odd odds[] = {
	{ "UEFI-17", "plain", { 0 } },
	{ "UEFI-17", "no-attributes", { .no_attributes = true } },
	{ "UEFI-22", "unknown-digest-no-attributes",
	  { .no_attributes = true, .unknown_digest = true } },
	{ "UEFI-22", "unknown-digest",
	  { .unknown_digest = true } },
	{ "UEFI-17", "no-content-type", { .no_content_type = true } },
	{ "UEFI-17", "no-message-digest",
	  { .no_message_digest = true } },
	{ "UEFI-17", "wrong-message-digest",
	  { .wrong_message_digest = true } },
	{ "UEFI-17", "message-digest-as-bit-string",
	  { .digest_as_bits = true } },
	{ "UEFI-19", "bad-signature", { .bad_signature = true } },
	{ "UEFI-17", "wrong-image-digest",
	  { .wrong_image_digest = true } },
	{ "UEFI-17", "content-type-data",
	  { .content_oid = "1.2.840.113549.1.7.1" } },
	{ "UEFI-17", "content-type-other",
	  { .content_oid = "1.3.6.1.4.1.311.2.1.5" } },
	{ "UEFI-17", "detached", { .detached = true } },
	{ "UEFI-17", "content-null", { .odd_content = "0500" } },
	{ "UEFI-17", "content-true", { .odd_content = "0101ff" } },
	{ "UEFI-17", "content-false", { .odd_content = "010100" } },
	{ "UEFI-17", "content-oid", { .odd_content = "06032a0304" } },
	{ "UEFI-17", "content-integer", { .odd_content = "020105" } },
	{ "UEFI-17", "content-empty", { .odd_content = "3000" } },
	{ "UEFI-17", "content-long-form",
	  { .content_long_form = true } },
	{ "UEFI-19", "signature-algorithm-as-digest",
	  { .sig_oid_as_digest = true } },
	{ "UEFI-17", "bare-signed-data", { .bare = true } },
	{ "UEFI-16", "indefinite-length", { .indefinite = true } },
	{ "UEFI-16", "three-length-bytes",
	  { .short_lengths = true } },
	{ "UEFI-17", "with-crl", { .with_crl = true } },
	{ "UEFI-17", "with-nested-signature", { .nested = true } },
	{ "UEFI-22", "announces-a-signature-algorithm-too",
	  { .announce2 = "1.2.840.113549.1.1.12" } },
	{ "UEFI-22", "announces-an-ec-signature-algorithm-too",
	  { .announce2 = "1.2.840.10045.4.3.2" } },
	{ "UEFI-22", "long-null-at-the-end", { .long_null = true } },
	{ "UEFI-22", "long-null-in-the-content",
	  { .long_null_value = true } },
	{ "UEFI-17", "trailing-bytes", { .trailing = true } },
	{ "UEFI-17", "digest-sha384", { .digest = "SHA384" } },
	{ "UEFI-17", "digest-sha384-signer-sha256",
	  { .digest = "SHA384", .attr_digest = "SHA256",
	    .announce = "SHA384", .announce2 = "SHA256" } },
};

static void structure(void)
{
	char name[96];

	for (unsigned i = 0; i < sizeof(odds) / sizeof(odds[0]); i++) {
		struct signature s = odds[i].s;
		struct bytes img = plain(1300 + i), file;
		struct trust t = only(x509_list(&red.root));

		s.signer[0] = &red.leaf;
		s.bag[0] = &red.leaf;
		s.bag[1] = &red.inter;
		file = signed_by(img, &s);
		snprintf(name, sizeof(name), "structure-%s", odds[i].name);
		add(odds[i].rule, name, file, &t);
		/* The same with a dbx that says nothing of it. */
		t.dbx = x509_list(&blue.root);
		snprintf(name, sizeof(name), "structure-%s-with-dbx",
			 odds[i].name);
		add(odds[i].rule, name, file, &t);
	}
}

/* no_content: over which the firmware stumbles, unless it tries no
 * certificate at all. */
static void no_content(void)
{
	struct bytes img = plain(1370), d = image_digest(img, "SHA256");
	struct signature s = by(&red);
	struct bytes good = entry(2, sign_digest(&s, d)), null;
	struct trust t = only(hash_list(guid_sha256, d));

	s.odd_content = "0500";
	null = entry(2, sign_digest(&s, d));
	add("UEFI-17", "content-null-digest-in-db", attach(img, null), &t);
	t.dbx = hash_list(guid_sha256, zeros(32));
	add("UEFI-17", "content-null-digest-in-db-digests-in-dbx",
	    attach(img, null), &t);
	t.dbx = x509_list(&blue.root);
	add("UEFI-17", "content-null-digest-in-db-certificate-in-dbx",
	    attach(img, null), &t);
	t = only(x509_list(&red.root));
	add("UEFI-17", "content-null-behind-good",
	    attach(img, JOIN2(good, null)), &t);
	t.dbx = x509_list(&blue.root);
	add("UEFI-17", "content-null-behind-good-certificate-in-dbx",
	    attach(img, JOIN2(good, null)), &t);
}

/* several SignerInfos in one signature: every one has to verify. */
static void signers(void)
{
	struct signature s = { .signer = { &red.leaf, &green.leaf },
			       .bag = { &red.leaf, &red.inter, &green.leaf,
					&green.inter } };
	struct bytes img = plain(1350);
	struct trust t = only(x509_list(&red.root));

	add("UEFI-20", "two-signers-one-anchor", signed_by(img, &s), &t);
	t = only(JOIN2(x509_list(&red.root), x509_list(&green.root)));
	add("UEFI-20", "two-signers-two-anchors", signed_by(img, &s), &t);
	s.signer[1] = &red.leaf;
	t = only(x509_list(&red.root));
	add("UEFI-20", "same-signer-twice", signed_by(img, &s), &t);
	s.second_bad = true;
	add("UEFI-20", "second-signer-bad", signed_by(img, &s), &t);
	s.second_bad = false;
	s.signer[1] = &green.leaf;
	t.dbx = tbs_list(guid_x509_sha256, &green.leaf, "SHA256", NULL);
	add("UEFI-31", "second-signer-revoked-by-tbs", signed_by(img, &s),
	    &t);
	t.db = zeros(0);
	t = both(hash_list(guid_sha256, image_digest(img, "SHA256")),
		 tbs_list(guid_x509_sha256, &red.leaf, "SHA256", NULL));
	add("UEFI-31", "first-signer-revoked-digest-in-db",
	    signed_by(img, &s), &t);
}

/* unreadable signatures: with a dbx they forbid, without one they do not. */
static void unreadable(void)
{
	struct bytes img = plain(1360), d = image_digest(img, "SHA256");
	struct signature s = by(&red);
	struct bytes good = sign_digest(&s, d), broken = cut(good, 0,
							     good.len);
	struct trust t = only(hash_list(guid_sha256, d));

	broken.data[70] ^= 0xff;	/* a length deep inside */
	add("UEFI-31", "unreadable-digest-in-db",
	    attach(img, entry(2, broken)), &t);
	t.dbx = x509_list(&blue.root);
	add("UEFI-31", "unreadable-digest-in-db-with-dbx",
	    attach(img, entry(2, broken)), &t);
	t = only(x509_list(&red.root));
	add("UEFI-31", "unreadable-then-good",
	    attach(img, JOIN2(entry(2, broken), entry(2, good))), &t);
	t.dbx = x509_list(&blue.root);
	add("UEFI-31", "unreadable-then-good-with-dbx",
	    attach(img, JOIN2(entry(2, broken), entry(2, good))), &t);
	add("UEFI-31", "good-then-unreadable-with-dbx",
	    attach(img, JOIN2(entry(2, good), entry(2, broken))), &t);
}

void structure_cases(void)
{
	structure();
	no_content();
	signers();
	unreadable();
}
