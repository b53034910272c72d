/* Whom shim trusts and whom it refuses: db, MOK, the vendor's lists, and what
 * stands against them. Rules 59 to 63, 23 and 24 of UEFI.
 */
#include "shim.h"

#include <string.h>

static struct identity modsign, one, two, modsign_leaf;

/* pair puts two certificates of one length into one list. */
static struct bytes pair(const struct identity *a, const struct identity *b)
{
	struct bytes owner = zeros(16);

	need_ok(a->der.len == b->der.len, "two certificates of one length");
	return list(guid_x509, join(4, owner, a->der, owner, b->der),
		    16 + a->der.len);
}

/* extra makes identities until both have the same length. */
static void extra(void)
{
	struct spec a = { .name = "keyfit test shim one", .ca = CA_TRUE };
	struct spec b = { .name = "keyfit test shim two", .ca = CA_TRUE };
	struct spec m = { .name = "keyfit test module signer", .ca = CA_TRUE,
			  .ext_key_usage = "codeSigning,1.3.6.1.4.1.2312.16.1.2" };
	struct spec l = { .name = "keyfit test module leaf",
			  .issuer = &red.root,
			  .ext_key_usage = "codeSigning,1.3.6.1.4.1.2312.16.1.2" };

	one = identity(&a);
	do
		two = identity(&b);
	while (two.der.len != one.der.len);
	modsign = identity(&m);
	modsign_leaf = identity(&l);
}

static struct bytes signed_by_one(const struct identity *who)
{
	struct signature s = { .signer = { who }, .bag = { who } };

	return signed_by(ours(), &s);
}

static void in_db(const char *name, struct bytes image, struct bytes db,
		  const char *end)
{
	struct around a = { .t = only(db) };

	add_stage("63", name, image, &a, end);
}

static void in_mok(const char *rule, const char *name, struct bytes image,
		   struct bytes mok, const char *end)
{
	struct around a = { .mok = mok };

	add_stage(rule, name, image, &a, end);
}

static void allowed_by_db(void)
{
	struct signature by_red = by(&red);
	struct bytes img = signed_by(ours(), &by_red);
	struct bytes sha256 = image_digest(ours(), "SHA256");
	struct spec sibling = { .name = "keyfit test red sibling",
				.issuer = &red.inter };
	struct identity other = identity(&sibling);

	in_db("db-root", img, x509_list(&red.root), "started");
	in_db("db-inter", img, x509_list(&red.inter), "started");
	in_db("db-leaf", img, x509_list(&red.leaf), "started");
	in_db("db-sibling-leaf", img, x509_list(&other), "mm");
	in_db("db-other-root", img, x509_list(&green.root), "mm");
	in_db("db-none", img, (struct bytes){ 0 }, "mm");
	in_db("db-second-list", img, JOIN2(x509_list(&green.root),
					   x509_list(&red.root)), "started");
	in_db("unsigned", ours(), x509_list(&red.root), "mm");
	in_db("db-sha256-unsigned", ours(), hash_list(guid_sha256, sha256),
	      "started");
	in_db("db-sha256-signed", img, hash_list(guid_sha256, sha256),
	      "started");
	in_db("db-sha1-unsigned", ours(),
	      hash_list(guid_sha1, image_digest(ours(), "SHA1")), "started");
	in_db("db-sha384-unsigned", ours(),
	      hash_list(guid_sha384, image_digest(ours(), "SHA384")),
	      "mm");
	in_db("db-sha256-of-the-file", ours(),
	      hash_list(guid_sha256, digest("SHA256", ours())), "mm");
	in_db("db-sha256-of-the-signed-file", img,
	      hash_list(guid_sha256, digest("SHA256", img)), "mm");
	in_db("db-sha256-second-in-list", ours(),
	      list(guid_sha256, JOIN2(zeros(64), sha256), 48), "started");
}

static void allowed_by_mok(void)
{
	struct signature by_red = by(&red);
	struct bytes img = signed_by(ours(), &by_red);
	struct bytes sha256 = image_digest(ours(), "SHA256");

	in_mok("63", "mok-root", img, x509_list(&red.root), "started");
	in_mok("63", "mok-inter", img, x509_list(&red.inter),
	       "started");
	in_mok("63", "mok-leaf", img, x509_list(&red.leaf), "started");
	in_mok("63", "mok-other", img, x509_list(&green.root),
	       "mm");
	in_mok("63", "mok-sha256-unsigned", ours(),
	       hash_list(guid_sha256, sha256), "started");
	in_mok("63", "mok-sha256-signed", img,
	       hash_list(guid_sha256, sha256), "started");
	in_mok("63", "mok-sha1-unsigned", ours(),
	       hash_list(guid_sha1, image_digest(ours(), "SHA1")),
	       "mm");
	in_mok("63", "mok-behind-a-foreign-list", img,
	       JOIN2(hash_list(guid_sha512, zeros(64)),
		     x509_list(&red.root)), "started");
	in_mok("23", "mok-first-of-two", signed_by_one(&one),
	       pair(&one, &two), "started");
	in_mok("23", "mok-second-of-two", signed_by_one(&two),
	       pair(&one, &two), "mm");
	in_mok("24", "mok-module-signer", signed_by_one(&modsign),
	       x509_list(&modsign), "mm");
	in_mok("24", "mok-module-signer-under-root",
	       signed_by_one(&modsign_leaf), x509_list(&red.root), "started");
	in_db("db-first-of-two", signed_by_one(&one), pair(&one, &two),
	      "started");
	in_db("db-second-of-two", signed_by_one(&two), pair(&one, &two),
	      "mm");
	in_db("db-module-signer", signed_by_one(&modsign),
	      x509_list(&modsign), "mm");
}

/* list_of_size is a list that says this size of itself, and this of its
 * entries; the verifier goes by them without looking. */
static struct bytes list_of_size(const char *type, uint32_t size,
				 uint32_t entry_size)
{
	return join(4, guid(type), le32(size), le32(0),
		    JOIN2(le32(entry_size), zeros(64)));
}

static void refused_lists(void)
{
	struct signature by_red = by(&red);
	struct bytes img = signed_by(ours(), &by_red);
	struct bytes mok = x509_list(&red.root);

	in_mok("63", "mok-list-cut", img, cut(mok, 0, mok.len - 1),
	       "mm");
	in_mok("63", "mok-header-cut", img, cut(mok, 0, 27), "mm");
	in_mok("63", "mok-good-list-then-cut", img,
	       JOIN2(mok, cut(x509_list(&green.root), 0, 100)), "started");
	in_mok("63", "mok-certificate-is-none", img,
	       list(guid_x509, zeros(16 + 64), 80), "mm");
	in_mok("63", "mok-certificate-with-tail", img,
	       list(guid_x509, join(3, zeros(16), red.root.der, zeros(1)),
		    17 + red.root.der.len), "mm");
	in_mok("63", "mok-list-of-size-0", img,
	       list_of_size(guid_sha512, 0, 80), "stumble");
	in_mok("63", "mok-entries-of-size-0", img,
	       list_of_size(guid_sha256, 92, 0), "stumble");
	/* Debian's build divides by an entry's size where it needs to alone. */
	in_mok("63", "mok-foreign-entries-of-size-0", img,
	       list_of_size(guid_sha512, 92, 0), "mm");
}

void trust_stages(void)
{
	extra();
	allowed_by_db();
	allowed_by_mok();
	refused_lists();
}

static void in_dbx(const char *name, struct bytes dbx, const char *end)
{
	struct signature by_red = by(&red);
	struct around a = red_db();

	a.t.dbx = dbx;
	add_stage("62", name, signed_by(ours(), &by_red), &a, end);
}

static void in_mokx(const char *name, struct bytes mokx, const char *end)
{
	struct signature by_red = by(&red);
	struct around a = red_db();

	a.mokx = mokx;
	add_stage("62", name, signed_by(ours(), &by_red), &a, end);
}

static void denied_by_dbx(void)
{
	struct bytes sha256 = image_digest(ours(), "SHA256");
	struct bytes sha1 = image_digest(ours(), "SHA1");

	in_dbx("dbx-sha256", hash_list(guid_sha256, sha256), "mm");
	in_dbx("dbx-sha1", hash_list(guid_sha1, sha1), "mm");
	in_dbx("dbx-sha384", hash_list(guid_sha384,
				       image_digest(ours(), "SHA384")),
	       "started");
	in_dbx("dbx-leaf", x509_list(&red.leaf), "mm");
	in_dbx("dbx-inter", x509_list(&red.inter), "mm");
	in_dbx("dbx-root", x509_list(&red.root), "mm");
	in_dbx("dbx-other", x509_list(&green.root), "started");
	in_dbx("dbx-x509-sha256", tbs_list(guid_x509_sha256, &red.leaf,
					   "SHA256", NULL), "started");
	in_dbx("dbx-x509-sha256-of-root",
	       tbs_list(guid_x509_sha256, &red.root, "SHA256", NULL),
	       "started");
	in_mokx("mokx-sha256", hash_list(guid_sha256, sha256), "mm");
	in_mokx("mokx-sha1", hash_list(guid_sha1, sha1), "started");
	in_mokx("mokx-leaf", x509_list(&red.leaf), "mm");
	in_mokx("mokx-root", x509_list(&red.root), "mm");
	in_mokx("mokx-other", x509_list(&green.root), "started");
}

/* against puts what allows beside what denies. */
static void against(const char *name, struct bytes image, struct bytes db,
		    struct bytes mok, struct bytes dbx, struct bytes mokx,
		    const char *end)
{
	struct around a = { .mok = mok, .mokx = mokx };

	a.t.db = db;
	a.t.dbx = dbx;
	add_stage("61", name, image, &a, end);
}

static void allowed_and_denied(void)
{
	struct signature by_red = by(&red);
	struct bytes img = signed_by(ours(), &by_red), none = { 0 };
	struct bytes hash = hash_list(guid_sha256,
				      image_digest(ours(), "SHA256"));
	struct bytes root = x509_list(&red.root);

	against("hash-in-db-and-dbx", ours(), hash, none, hash, none,
		"mm");
	against("hash-in-db-certificate-in-dbx", img, hash, none, root, none,
		"started");
	against("hash-in-mok-certificate-in-dbx", img, none, hash, root,
		none, "started");
	against("hash-in-mok-and-mokx", ours(), none, hash, none, hash,
		"mm");
	against("hash-in-mok-certificate-in-mokx", img, none, hash, none,
		root, "started");
	against("root-in-mok-and-mokx", img, none, root, none, root,
		"mm");
	against("root-in-mok-leaf-in-mokx", img, none, root, none,
		x509_list(&red.leaf), "mm");
	against("root-in-mok-and-dbx", img, none, root, root, none,
		"mm");
	against("module-signer-in-mokx", signed_by_one(&modsign_leaf), root,
		none, none, x509_list(&modsign_leaf), "started");
	against("module-signer-in-dbx", signed_by_one(&modsign_leaf), root,
		none, x509_list(&modsign_leaf), none, "started");
	against("second-of-two-in-dbx", signed_by_one(&two), x509_list(&two),
		none, pair(&one, &two), none, "started");
	against("first-of-two-in-dbx", signed_by_one(&one), x509_list(&one),
		none, pair(&one, &two), none, "mm");
}

static struct bytes signed_twice(const struct family *a,
				 const struct family *b)
{
	struct bytes d = image_digest(ours(), "SHA256");
	struct signature x = by(a), y = by(b);

	return attach(ours(), JOIN2(entry(2, sign_digest(&x, d)),
				    entry(2, sign_digest(&y, d))));
}

static void several_signatures(void)
{
	struct around a = red_db();

	add_stage("61", "second-signature-trusted",
		  signed_twice(&green, &red), &a, "started");
	add_stage("61", "first-signature-trusted",
		  signed_twice(&red, &green), &a, "started");
	add_stage("61", "no-signature-trusted",
		  signed_twice(&blue, &green), &a, "mm");
	a.t.dbx = x509_list(&green.root);
	add_stage("61", "first-revoked-second-trusted",
		  signed_twice(&green, &red), &a, "started");
	add_stage("61", "first-trusted-second-revoked",
		  signed_twice(&red, &green), &a, "started");
	a.t.db = JOIN2(a.t.db, x509_list(&green.root));
	add_stage("61", "both-trusted-one-revoked",
		  signed_twice(&green, &red), &a, "started");
	a.t.dbx = JOIN2(a.t.dbx, x509_list(&red.root));
	add_stage("61", "both-revoked", signed_twice(&green, &red), &a,
		  "mm");
}

/* with_vendor_dbx is shim, with its vendor's dbx replaced by another. */
static struct bytes with_vendor_dbx(struct bytes dbx)
{
	struct bytes all = raw(real_file("shim").data, real_file("shim").len);
	size_t len, at = section_of(all, ".vendor_cert", &len);

	at += number_at(all, at + 12);
	poke(all, at, dbx);
	at = section_of(all, ".vendor_cert", &len);
	poke(all, at + 4, le32((uint32_t)dbx.len));
	return all;
}

static void in_vendor_dbx(const char *name, struct bytes dbx,
			  const char *end)
{
	struct signature by_red = by(&red);
	struct around a = red_db();

	a.shim = with_vendor_dbx(dbx);
	add_stage("62", name, signed_by(ours(), &by_red), &a, end);
}

static void denied_by_vendor(void)
{
	in_vendor_dbx("vendor-dbx-sha256",
		      hash_list(guid_sha256, image_digest(ours(), "SHA256")),
		      "mm");
	in_vendor_dbx("vendor-dbx-sha1",
		      hash_list(guid_sha1, image_digest(ours(), "SHA1")),
		      "mm");
	in_vendor_dbx("vendor-dbx-leaf", x509_list(&red.leaf), "mm");
	in_vendor_dbx("vendor-dbx-other", x509_list(&green.leaf), "started");
}

void denied_stages(void)
{
	denied_by_dbx();
	allowed_and_denied();
	several_signatures();
	denied_by_vendor();
}
