/* dbx by certificate, by digest of a certificate, with times and time stamps,
 * and by image digest. UEFI-27, UEFI-31 to UEFI-36.
 */
#include "make.h"

#include <stdio.h>

static void with(const char *rule, const char *name,
		 const struct signature *s, const struct trust *t)
{
	static unsigned seed = 500;

	add(rule, name, signed_by(plain(seed++), s), t);
}

static void certificates(void)
{
	struct bytes db = x509_list(&red.root);
	struct signature s = by(&red);
	struct trust t = both(db, x509_list(&red.leaf));

	with("UEFI-31", "dbx-leaf", &s, &t);
	t.dbx = x509_list(&red.inter);
	with("UEFI-31", "dbx-intermediate", &s, &t);
	t.dbx = x509_list(&red.root);
	with("UEFI-31", "dbx-root", &s, &t);
	t.dbx = x509_list(&green.root);
	with("UEFI-31", "dbx-stranger", &s, &t);
	t.dbx = JOIN3(x509_list(&green.root), x509_list(&blue.leaf),
		      x509_list(&red.inter));
	with("UEFI-31", "dbx-third-of-three", &s, &t);
	t.db = x509_list(&red.leaf);
	t.dbx = x509_list(&red.root);
	with("UEFI-31", "db-leaf-dbx-root", &s, &t);
	s.bag[1] = NULL;
	with("UEFI-31", "db-leaf-dbx-root-chain-not-in-bag", &s, &t);
	t = only(x509_list(&red.root));
	t.db.len = 0;
	t.dbx = x509_list(&red.root);
	with("UEFI-31", "no-db-dbx-root", &s, &t);
}

static void digests_of_certificates(void)
{
	static const char *const types[] = { guid_x509_sha256,
					     guid_x509_sha384,
					     guid_x509_sha512 };
	static const char *const mds[] = { "SHA256", "SHA384", "SHA512" };
	static const struct { const struct identity *who; const char *name; }
	whos[] = {
		{ &red.leaf, "leaf" }, { &red.inter, "intermediate" },
		{ &red.root, "root" }, { &green.leaf, "stranger" },
	};
	struct signature s = by(&red);

	for (int m = 0; m < 3; m++)
		for (int w = 0; w < 4; w++) {
			struct trust t = both(x509_list(&red.root),
				tbs_list(types[m], whos[w].who, mds[m],
					 NULL));
			char name[96];

			snprintf(name, sizeof(name), "tbs-%s-of-%s", mds[m],
				 whos[w].name);
			with(w == 2 ? "UEFI-34" : "UEFI-32,UEFI-35", name,
			     &s, &t);
		}
}

/* anchor_tbs: db has the intermediate and the root; the digest of one of
 * them is in dbx. */
static void anchor_tbs(void)
{
	struct signature s = by(&red), g = by(&green);
	struct trust t = both(JOIN2(x509_list(&red.inter),
				    x509_list(&red.root)),
			      tbs_list(guid_x509_sha256, &red.inter, "SHA256",
				       NULL));
	struct bytes img = plain(560), d = image_digest(img, "SHA256");

	with("UEFI-34", "anchor-tbs-first-of-two", &s, &t);
	t.dbx = tbs_list(guid_x509_sha256, &red.root, "SHA256", NULL);
	with("UEFI-34", "anchor-tbs-second-of-two", &s, &t);
	t.db = JOIN2(x509_list(&red.root), x509_list(&green.root));
	add("UEFI-34,UEFI-35", "anchor-tbs-other-signature-counts",
	    attach(img, JOIN2(entry(2, sign_digest(&s, d)),
			      entry(2, sign_digest(&g, d)))), &t);
	t.db = JOIN2(x509_list(&red.root), hash_list(guid_sha256, d));
	add("UEFI-34", "anchor-tbs-digest-in-db",
	    attach(img, entry(2, sign_digest(&s, d))), &t);
}

#define BEFORE "20240601000000Z"
#define REVOKED "20250101120000Z"
#define AFTER "20250601000000Z"

/* stamped adds a case: signed and stamped, revoked at a time. */
static void stamped(const char *rule, const char *name, struct stamp stamp,
		    struct bytes dbt, const char *revoked_at)
{
	struct signature s = by(&red);
	struct trust t = both(x509_list(&red.root),
			      tbs_list(guid_x509_sha256, &red.leaf, "SHA256",
				       revoked_at));

	s.stamp = stamp;
	t.dbt = dbt;
	with(rule, name, &s, &t);
}

static void times(void)
{
	struct stamp ok = { .tsa = &tsa, .with = { &tsa_root },
			    .time = BEFORE };
	struct bytes dbt = x509_list(&tsa_root), none = zeros(0);
	struct stamp none_stamp = { 0 }, x;

	stamped("UEFI-33", "stamped-before", ok, dbt, REVOKED);
	stamped("UEFI-33", "stamped-before-no-dbt", ok, none, REVOKED);
	stamped("UEFI-33", "stamped-before-other-dbt", ok,
		x509_list(&tsa_other), REVOKED);
	stamped("UEFI-33", "stamped-before-second-in-dbt", ok,
		JOIN2(x509_list(&tsa_other), dbt), REVOKED);
	stamped("UEFI-33", "stamped-before-dbt-is-tsa", ok, x509_list(&tsa),
		REVOKED);
	stamped("UEFI-33", "stamped-before-revoked-always", ok, dbt, NULL);
	stamped("UEFI-33", "not-stamped", none_stamp, dbt, REVOKED);
	x = ok, x.time = AFTER;
	stamped("UEFI-33", "stamped-after", x, dbt, REVOKED);
	x.time = REVOKED;
	stamped("UEFI-33", "stamped-at-that-second", x, dbt, REVOKED);
	x.time = "20250101120001Z";
	stamped("UEFI-33", "stamped-one-second-late", x, dbt, REVOKED);
	x.time = "20250101115959Z";
	stamped("UEFI-33", "stamped-one-second-early", x, dbt, REVOKED);
	x.time = "20250101120000.5Z";
	stamped("UEFI-33", "stamped-half-a-second-late", x, dbt, REVOKED);
	x.time = "20250101130000+0200";
	stamped("UEFI-33", "stamped-in-another-zone", x, dbt, REVOKED);
	x.time = "20241301000000Z";
	stamped("UEFI-33", "stamped-in-month-13", x, dbt, REVOKED);
	x.time = "20240231000000Z";
	stamped("UEFI-33", "stamped-on-february-31", x, dbt, REVOKED);
	x.time = "18990101000000Z";
	stamped("UEFI-33", "stamped-in-1899", x, dbt, REVOKED);
	x.time = "20240101240000Z";
	stamped("UEFI-33", "stamped-at-hour-24", x, dbt, REVOKED);
}

static void stamps(void)
{
	struct stamp ok = { .tsa = &tsa, .with = { &tsa_root },
			    .time = BEFORE };
	struct bytes dbt = x509_list(&tsa_root);
	struct stamp x;

	x = ok, x.wrong_imprint = true;
	stamped("UEFI-33", "stamp-for-another-signature", x, dbt, REVOKED);
	x = ok, x.short_imprint = true;
	stamped("UEFI-33", "stamp-imprint-too-short", x, dbt, REVOKED);
	x.wrong_imprint = true;
	stamped("UEFI-33", "stamp-imprint-too-short-and-wrong", x, dbt,
		REVOKED);
	x = ok, x.digest = "SHA1";
	stamped("UEFI-33", "stamp-imprint-sha1", x, dbt, REVOKED);
	x.digest = "SHA384";
	stamped("UEFI-33", "stamp-imprint-sha384", x, dbt, REVOKED);
	x.digest = "SHA512";
	stamped("UEFI-33", "stamp-imprint-sha512", x, dbt, REVOKED);
	x.digest = "MD5";
	stamped("UEFI-33", "stamp-imprint-md5", x, dbt, REVOKED);
	x.digest = "SHA3-256";
	stamped("UEFI-33", "stamp-imprint-sha3", x, dbt, REVOKED);
	x = ok, x.announce = "1.2.840.113549.1.1.11";
	stamped("UEFI-33", "stamp-announces-signature-algorithm", x, dbt,
		REVOKED);
	x = ok, x.pkcs9 = true;
	stamped("UEFI-33", "stamp-pkcs9", x, dbt, REVOKED);
	x = ok, x.twice = true;
	stamped("UEFI-33", "stamp-after-a-broken-one", x, dbt, REVOKED);
	x = ok, x.long_content = true;
	stamped("UEFI-33", "stamp-longer-than-2048", x, dbt, REVOKED);
	x = ok, x.version = 2;
	stamped("UEFI-33", "stamp-version-2", x, dbt, REVOKED);
	x = ok, x.two_signers = true, x.with[0] = &tsa_root;
	stamped("UEFI-33", "stamp-by-two", x, dbt, REVOKED);
	x = ok, x.with[0] = NULL;
	stamped("UEFI-33", "stamp-without-root-in-bag", x, dbt, REVOKED);
	x = ok, x.tsa = &red.leaf, x.with[0] = &red.inter;
	stamped("UEFI-33", "stamp-by-no-tsa", x, x509_list(&red.root),
		REVOKED);
}

/* anchor_times: the anchor's digest in dbx, with a time. */
static void anchor_times(void)
{
	struct signature s = by(&red);
	struct trust t = both(x509_list(&red.root),
			      tbs_list(guid_x509_sha256, &red.root, "SHA256",
				       REVOKED));

	t.dbt = x509_list(&tsa_root);
	with("UEFI-34", "anchor-revoked-not-stamped", &s, &t);
	s.stamp.tsa = &tsa;
	s.stamp.with[0] = &tsa_root;
	s.stamp.time = BEFORE;
	with("UEFI-34", "anchor-revoked-stamped-before", &s, &t);
	s.stamp.time = AFTER;
	with("UEFI-34", "anchor-revoked-stamped-after", &s, &t);
}

/* unsigned_images: by digest, in each algorithm. */
static void unsigned_images(void)
{
	static const char *const types[] = { guid_sha1, guid_sha256,
					     guid_sha384, guid_sha512 };
	static const char *const mds[] = { "SHA1", "SHA256", "SHA384",
					   "SHA512" };
	struct image_spec odd = { .seed = 601, .tail = 3 };
	struct bytes img = plain(600);
	struct trust t = only(x509_list(&red.root));
	char name[96];

	add("UEFI-27", "unsigned", img, &t);
	for (int a = 0; a < 4; a++) {
		struct bytes in = hash_list(types[a],
					    image_digest(img, mds[a]));

		snprintf(name, sizeof(name), "unsigned-db-%s", mds[a]);
		t = only(in);
		add("UEFI-27", name, img, &t);
		for (int b = 0; b < 4; b++) {
			t = both(in, hash_list(types[b],
					       image_digest(img, mds[b])));
			snprintf(name, sizeof(name),
				 "unsigned-db-%s-dbx-%s", mds[a], mds[b]);
			add("UEFI-27", name, img, &t);
		}
	}
	img = image(&odd);
	t = only(hash_list(guid_sha256, image_digest(img, "SHA256")));
	add("UEFI-8", "unsigned-odd-length-own-digest", img, &t);
	t = only(hash_list(guid_sha256, image_digest(pad8(img), "SHA256")));
	add("UEFI-8", "unsigned-odd-length-padded-digest", img, &t);
	add("UEFI-8", "unsigned-padded", pad8(img), &t);
}

/* by_image: a good signature, and the image's digest in dbx. */
static void by_image(void)
{
	struct signature s = by(&red);
	struct bytes img = plain(610);
	struct trust t = both(x509_list(&red.root),
			      hash_list(guid_sha256,
					image_digest(img, "SHA256")));

	add("UEFI-11,UEFI-28", "signed-digest-in-dbx", signed_by(img, &s), &t);
	t.dbx = hash_list(guid_sha1, image_digest(img, "SHA1"));
	add("UEFI-30", "signed-sha1-in-dbx", signed_by(img, &s), &t);
	t.dbx = hash_list(guid_sha256, digest("SHA256", signed_by(img, &s)));
	add("UEFI-28", "signed-flat-digest-in-dbx", signed_by(img, &s), &t);
	t.dbx = hash_list(guid_sha224, image_digest(img, "SHA224"));
	add("UEFI-36", "signed-sha224-in-dbx", signed_by(img, &s), &t);
}

void revocation_cases(void)
{
	certificates();
	digests_of_certificates();
	anchor_tbs();
	times();
	stamps();
	anchor_times();
	unsigned_images();
	by_image();
}
