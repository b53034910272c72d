/* What an update holds, and how much of it. UEFI-53, UEFI-44.
 */
#include "update.h"

#include <stdio.h>
#include <string.h>

static const char owner[] = "11111111-2222-3333-4444-555555555555";

static void try_value(const char *name, const char *expect, const char *var,
		      struct bytes value)
{
	struct seal s = { .var = var, .value = value };

	s.by = signature_by(strcmp(var, "PK") == 0 || strcmp(var, "KEK") == 0
			    ? &pk : &kek);
	try_one("UEFI-53", name, expect, &base, &s);
}

static struct bytes with32(struct bytes l, size_t at, uint32_t value)
{
	struct bytes b = cut(l, 0, l.len);

	poke(b, at, le32(value));
	return b;
}

static void types(void)
{
	static const struct {
		const char *name, *type;
		size_t len;
		const char *expect;
	} known[] = {
		{ "sha1", guid_sha1, 20, "a" },
		{ "sha224", guid_sha224, 28, "a" },
		{ "sha256", guid_sha256, 32, "a" },
		{ "sha384", guid_sha384, 48, "a" },
		{ "sha512", guid_sha512, 64, "a" },
		{ "x509-sha256", guid_x509_sha256, 48, "a" },
		{ "x509-sha384", guid_x509_sha384, 64, "a" },
		{ "x509-sha512", guid_x509_sha512, 80, "a" },
		{ "rsa2048", guid_rsa2048, 256, "a" },
		{ "rsa2048-sha256", "e2b36190-879b-4a3d-ad8d-f2e7bba32784",
		  256, "a" },
		{ "rsa2048-sha1", "67f8444f-8743-48f1-a328-1eaab8736080",
		  256, "a" },
		{ "pkcs7", guid_pkcs7, 64, "r" },
		{ "sm3", "57347f87-7a9b-403a-b93c-dc4afbf6f3b6", 32, "r" },
		{ "nobodys", "12345678-1234-1234-1234-123456789abc", 32,
		  "r" },
	};
	char name[48];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t len = known[i].len;

		snprintf(name, sizeof(name), "type-%s", known[i].name);
		try_value(name, known[i].expect, "dbx",
			  hash_list(known[i].type, zeros(len)));
		snprintf(name, sizeof(name), "type-%s-one-byte-less",
			 known[i].name);
		try_value(name, "r", "dbx",
			  hash_list(known[i].type, zeros(len - 1)));
	}
	try_value("type-sha256-in-kek", "a", "KEK", hash_of(2));
	try_value("type-sha256-in-pk", "a", "PK", hash_of(2));
	try_value("type-x509-in-dbx", "a", "dbx", x509_list(&stranger));
}

static void shapes(void)
{
	struct bytes l = hash_of(2), two = JOIN2(l, hash_of(3));
	struct bytes x = x509_list(&ca_two);

	try_value("two-lists", "a", "dbx", two);
	try_value("two-entries", "a", "dbx", list(guid_sha256, JOIN2(
		JOIN2(guid(owner), zeros(32)), JOIN2(guid(owner), zeros(32))),
		48));
	try_value("list-of-no-entries", "a", "dbx",
		  list(guid_sha256, zeros(0), 48));
	try_value("x509-list-of-no-entries", "r", "db",
		  list(guid_x509, zeros(0), 800));
	try_value("header-size-4", "r", "dbx", with32(l, 20, 4));
	try_value("x509-header-size-4", "r", "db", with32(x, 20, 4));
	try_value("list-one-byte-short", "r", "dbx", cut(l, 0, l.len - 1));
	try_value("list-one-byte-long", "r", "dbx", JOIN2(l, zeros(1)));
	try_value("list-and-half-a-header", "r", "dbx", JOIN2(l, cut(l, 0,
								    16)));
	try_value("list-and-a-header-less-one", "r", "dbx",
		  JOIN2(l, cut(l, 0, 27)));
	try_value("list-size-less", "r", "dbx", with32(l, 16, 75));
	try_value("list-size-more", "r", "dbx", with32(l, 16, 77));
	try_value("list-size-huge", "r", "dbx", with32(l, 16, 0xffffffff));
	try_value("list-size-zero", "r", "dbx", with32(l, 16, 0));
	try_value("list-size-below-header", "r", "dbx", with32(l, 16, 27));
	try_value("not-a-multiple", "r", "dbx", list(guid_sha256,
						     zeros(49), 48));
	try_value("signature-size-zero", "?", "dbx", with32(l, 24, 0));
	try_value("signature-size-zero-x509", "?", "db", with32(x, 24, 0));
	try_value("signature-size-16-x509", "r", "db", with32(x, 24, 16));
	try_value("signature-size-huge-x509", "?", "db",
		  with32(x, 24, 0x7fffffff));
	try_value("second-list-bad", "r", "dbx",
		  JOIN2(l, with32(l, 20, 4)));
	try_value("first-list-bad", "r", "dbx", JOIN2(with32(l, 20, 4), l));
	try_value("one-byte", "r", "dbx", zeros(1));
	try_value("twenty-eight-zeros", "r", "dbx", zeros(28));
	try_value("five-hundred-zeros", "r", "dbx", zeros(500));
}

/* odd_sizes: sizes that the check of even division lets by. With a size of 0
 * the firmware walks on the spot and loses memory each time, until it has
 * none: it refuses, and verifies no more signatures until it starts again.
 * That would spoil the cases behind it, and is not asked here. */
static void odd_sizes(void)
{
	struct bytes l = list(guid_x509, JOIN3(guid(owner), ca_two.der,
					       zeros(3491 - 16 -
						     ca_two.der.len)), 3491);

	try_value("certificate-with-many-bytes-behind", "a", "db", l);
	try_value("list-size-12", "r", "dbx", with32(hash_of(2), 16, 12));
}

static void pk_shapes(void)
{
	struct bytes x = x509_list(&next_pk);
	struct bytes e = JOIN2(guid(owner), next_pk.der);

	try_value("pk-two-lists", "r", "PK", JOIN2(x, x509_list(&pk)));
	try_value("pk-two-entries", "r", "PK",
		  list(guid_x509, JOIN2(e, e), e.len));
	try_value("pk-no-entries", "a", "PK",
		  list(guid_sha256, zeros(0), 48));
	try_value("pk-empty-list-then-one", "a", "PK",
		  JOIN2(list(guid_sha256, zeros(0), 48), x));
	try_value("pk-same-again", "a", "PK", base.value[PK]);
	try_value("kek-two-lists", "a", "KEK",
		  JOIN2(x509_list(&kek), x509_list(&kek2)));
}

static struct identity of_kind(enum key_kind kind)
{
	struct spec s = { .name = "keyfit test odd key", .kind = kind,
			  .ca = CA_TRUE };

	return identity(&s);
}

static void certificates(void)
{
	static const struct {
		const char *name;
		enum key_kind kind;
		const char *expect;
	} kinds[] = {
		{ "certificate-p256", KEY_P256, "r" },
		{ "certificate-p384", KEY_P384, "r" },
		{ "certificate-ed25519", KEY_ED25519, "r" },
		{ "certificate-dsa", KEY_DSA, "r" },
		{ "certificate-pss", KEY_PSS, "r" },
		{ "certificate-rsa1024", KEY_RSA1024, "a" },
		{ "certificate-rsa3072", KEY_RSA3072, "a" },
		{ "certificate-rsa4096", KEY_RSA4096, "a" },
		{ "certificate-rsa-e3", KEY_RSA_E3, "a" },
	};
	struct identity ec = of_kind(KEY_P256);
	struct bytes own = guid(owner), der = ca_two.der;
	struct bytes bad = cut(der, 0, der.len);
	size_t len = der.len;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct identity who = of_kind(kinds[i].kind);

		try_value(kinds[i].name, kinds[i].expect, "db",
			  x509_list(&who));
	}
	try_value("certificate-p256-in-kek", "r", "KEK", x509_list(&ec));
	try_value("certificate-p256-in-second-list", "r", "db",
		  JOIN2(x509_list(&ca_two), x509_list(&ec)));
	try_value("certificate-p256-second-of-a-list", "a", "db",
		  list(guid_x509, join(5, own, der, own, ec.der,
				       zeros(len - ec.der.len)), 16 + len));
	try_value("certificate-p256-first-of-a-list", "r", "db",
		  list(guid_x509, join(5, own, ec.der,
				       zeros(len - ec.der.len), own, der),
		       16 + len));
	try_value("certificate-of-zeros", "r", "db",
		  list(guid_x509, JOIN2(own, zeros(600)), 616));
	try_value("certificate-cut", "r", "db",
		  list(guid_x509, JOIN2(own, cut(der, 0, len - 1)), 15 + len));
	try_value("certificate-with-bytes-behind", "a", "db",
		  list(guid_x509, JOIN3(own, der, zeros(5)), 21 + len));
	bad.data[len - 5] ^= 1;
	try_value("certificate-badly-signed", "a", "db",
		  list(guid_x509, JOIN2(own, bad), 16 + len));
	try_value("certificate-and-garbage-second", "a", "db",
		  list(guid_x509, join(4, own, der, own, zeros(len)),
		       16 + len));
}

static struct bytes many(unsigned from, size_t num)
{
	struct bytes all = zeros(48 * num);

	for (size_t i = 0; i < num; i++)
		poke(all, 48 * i + 16, digest("SHA256",
					      le32(from + (unsigned)i)));
	return list(guid_sha256, all, 48);
}

static void sizes(void)
{
	struct seal a = { .var = "dbx", .attributes = 0x67,
			  .by = signature_by(&kek) };
	struct seal b = a;
	struct bytes fill = zeros(33000);

	for (size_t num = 702; num <= 703; num++) {
		struct seal s = { .var = "dbx", .value = many(100, num),
				  .by = signature_by(&kek) };
		char name[32];

		snprintf(name, sizeof(name), "size-%zu-hashes", num);
		try_one("UEFI-44", name, num == 702 ? "a" : "r", &base, &s);
	}
	a.value = many(1000, 400);
	b.value = many(2000, 250);
	put_case("UEFI-44", "size-appends-that-fit", "aa", &base, 2,
		 sealed(&a), sealed(&b));
	b.value = many(2000, 350);
	put_case("UEFI-44", "size-appends-too-long", "ar", &base, 2,
		 sealed(&a), sealed(&b));
	put_case("UEFI-44", "size-no-room", "?????????r", &base, 10,
		 plain_write("f0", 7, fill), plain_write("f1", 7, fill),
		 plain_write("f2", 7, fill), plain_write("f3", 7, fill),
		 plain_write("f4", 7, fill), plain_write("f5", 7, fill),
		 plain_write("f6", 7, fill), plain_write("f7", 7, fill),
		 plain_write("f8", 7, cut(fill, 0, 16000)), sealed(&a));
}

void content_updates(void)
{
	types();
	shapes();
	odd_sizes();
	pk_shapes();
	certificates();
	sizes();
}
