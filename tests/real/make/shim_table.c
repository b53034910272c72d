/* The certificate table as shim walks it, and signatures with every oddity.
 * Rules 7 and 15 to 22 of UEFI.
 */
#include "shim.h"

static struct bytes blob(void)
{
	struct signature by_red = by(&red);

	return sign_digest(&by_red, image_digest(ours(), "SHA256"));
}

static void table(const char *rule, const char *name, struct bytes image,
		  const char *end)
{
	struct around a = red_db();

	add_stage(rule, name, image, &a, end);
}

static void with_table(const char *name, struct bytes entries,
		       const char *end)
{
	table("15", name, attach(ours(), entries), end);
}

/* sized is one entry whose length field says something else. */
static struct bytes sized(uint32_t len)
{
	struct bytes e = entry(2, blob());

	poke(e, 0, le32(len));
	return e;
}

static void entries(void)
{
	struct bytes good = entry(2, blob());

	with_table("entry-good", good, "started");
	with_table("entry-length-rounded-up", sized((uint32_t)good.len),
		   "started");
	with_table("entry-length-too-long", sized((uint32_t)good.len + 1),
		   "returned-2");
	with_table("entry-with-a-cut-blob",
		   entry(2, cut(blob(), 0, blob().len - 1)), "mm");
	with_table("entry-length-7", sized(7), "returned-2");
	with_table("entry-length-8", sized(8), "returned-2");
	with_table("entry-length-0", sized(0), "returned-2");
	with_table("entry-then-zeros", JOIN2(good, zeros(8)), "returned-2");
	with_table("zeros-then-entry", JOIN2(zeros(8), good), "returned-2");
	with_table("entry-then-short-one", JOIN2(good, le64(8)), "returned-2");
	with_table("entry-twice", JOIN2(good, good), "started");
	with_table("entry-guid-alone", entry_guid(guid_pkcs7, blob()),
		   "mm");
	with_table("entry-guid-then-good",
		   JOIN2(entry_guid(guid_pkcs7, blob()), good), "started");
	with_table("entry-type-1", entry(1, blob()), "mm");
	with_table("entry-of-garbage", entry(2, zeros(64)), "mm");
	with_table("entry-of-garbage-then-good",
		   JOIN2(entry(2, zeros(64)), good), "started");
	with_table("entry-empty-blob", entry(2, zeros(0)), "returned-2");
	poke(good, 4, le16(0x0100));
	with_table("entry-revision-1", good, "started");
}

static void places(void)
{
	struct bytes img = ours(), e = entry(2, blob());
	uint32_t at = (uint32_t)img.len, len = (uint32_t)e.len;

	table("7", "table-then-8-bytes",
	      attach_sized(img, JOIN2(e, zeros(8)), at, len), "returned-2");
	table("7", "table-then-1-byte",
	      attach_sized(img, JOIN2(e, zeros(1)), at, len), "returned-2");
	table("7", "table-cut", attach_sized(img, cut(e, 0, len - 8), at,
						  len), "returned-2");
	table("7", "table-size-8-less",
	      attach_sized(img, e, at, len - 8), "returned-2");
	table("7", "table-size-8-more",
	      attach_sized(img, e, at, len + 8), "returned-2");
	table("7", "table-8-later",
	      attach_sized(img, e, at + 8, len - 8), "returned-2");
	table("7", "table-at-end-of-file",
	      attach_sized(img, e, at + len, 8), "returned-2");
	table("7", "table-behind-file",
	      attach_sized(img, e, at + len + 8, 8), "returned-2");
	table("7", "table-at-0-size-0", attach_sized(img, e, 0, 0),
	      "mm");
	table("7", "table-at-end-size-0",
	      attach_sized(img, e, at + len, 0), "mm");
	table("7", "gap-of-zeros-before-table",
	      attach_sized(img, JOIN2(zeros(8), e), at + 8, len),
	      "mm");
	table("7", "tail-signed", signed_by(JOIN2(img, zeros(8)),
		&(struct signature){ .signer = { &red.leaf },
				     .bag = { &red.leaf, &red.inter } }),
	      "started");
}

/* unpadded: a file whose length is no multiple of 8. */
static void unpadded(void)
{
	struct bytes img = JOIN2(ours(), hex("0102030405"));
	struct around a = { .t = only(hash_list(guid_sha256,
				image_digest(img, "SHA256"))) };

	add_stage("6", "odd-length-digest-as-it-is", img, &a,
		  "mm");
	a.t.db = hash_list(guid_sha256, image_digest(pad8(img), "SHA256"));
	add_stage("6", "odd-length-digest-padded", img, &a, "started");
}

void table_stages(void)
{
	entries();
	places();
	unpadded();
}

static void sign(const char *rule, const char *name,
		 const struct signature *s, struct bytes anchor,
		 const char *end)
{
	struct around a = { .t = only(anchor) };

	add_stage(rule, name, signed_by(ours(), s), &a, end);
}

static void digests(void)
{
	static const struct {
		const char *name, *digest, *attr, *end;
	} all[] = {
		{ "digest-sha1", "SHA1", NULL, "mm" },
		{ "digest-sha384", "SHA384", NULL, "mm" },
		{ "digest-sha512", "SHA512", NULL, "mm" },
		{ "signer-digest-sha1", "SHA256", "SHA1", "started" },
		{ "signer-digest-sha384", "SHA256", "SHA384", "started" },
		{ "signer-digest-sha512", "SHA256", "SHA512", "started" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct signature s = by(&red);

		s.digest = all[i].digest;
		s.attr_digest = all[i].attr;
		sign("18", all[i].name, &s, x509_list(&red.root),
		     all[i].end);
	}
}

static void broken(void)
{
	struct bytes root = x509_list(&red.root);
	struct signature s = by(&red);

	s.bad_signature = true;
	sign("17", "signature-bad", &s, root, "mm");
	s = by(&red);
	s.wrong_message_digest = true;
	sign("17", "message-digest-wrong", &s, root, "mm");
	s = by(&red);
	s.wrong_image_digest = true;
	sign("17", "image-digest-wrong", &s, root, "mm");
	s = by(&red);
	s.no_attributes = true;
	sign("17", "no-attributes", &s, root, "started");
	s = by(&red);
	s.trailing = true;
	sign("16", "bytes-behind-the-signature", &s, root, "started");
	s = by(&red);
	s.bare = true;
	sign("16", "signed-data-bare", &s, root, "mm");
	s = by(&red);
	s.detached = true;
	sign("16", "content-missing", &s, root, "mm");
	s = by(&red);
	s.nested = true;
	sign("16", "nested-signature", &s, root, "started");
	s = (struct signature){ .signer = { &red.leaf } };
	sign("20", "intermediate-missing", &s, root, "mm");
	sign("20", "intermediate-missing-and-trusted", &s,
	     x509_list(&red.inter), "started");
	s.no_bag = true;
	sign("20", "no-certificates", &s, x509_list(&red.leaf),
	     "mm");
	s = by(&red);
	s.signer[1] = &green.leaf;
	s.bag[2] = &green.leaf;
	s.bag[3] = &green.inter;
	sign("20", "two-signers-one-trusted", &s, root, "mm");
	sign("20", "two-signers-both-trusted-apart", &s,
	     JOIN2(root, x509_list(&green.root)), "mm");
}

static void kind_of_key(const char *name, const struct spec *given,
			const char *end)
{
	struct spec spec = *given;
	struct identity who;
	struct signature s = { .signer = { &who } };
	struct around a = { 0 };

	spec.name = name;
	who = identity(&spec);
	a.mok = x509_list(&who);
	add_stage("22", name, signed_by(ours(), &s), &a, end);
}

static void keys(void)
{
	static const struct {
		const char *name;
		struct spec spec;
		const char *end;
	} all[] = {
		{ "rsa-1024", { .kind = KEY_RSA1024 }, "started" },
		{ "rsa-3072", { .kind = KEY_RSA3072 }, "started" },
		{ "rsa-4096", { .kind = KEY_RSA4096 }, "started" },
		{ "rsa-exponent-3", { .kind = KEY_RSA_E3 }, "started" },
		{ "ec-p256", { .kind = KEY_P256 }, "mm" },
		{ "ec-p384", { .kind = KEY_P384 }, "mm" },
		{ "expired", { .from_days = -400, .to_days = -35 },
		  "started" },
		{ "not-yet-valid", { .from_days = 30, .to_days = 60 },
		  "started" },
		{ "version-1", { .version1 = true }, "started" },
		{ "certificate-sha1", { .digest = "SHA1" }, "started" },
		{ "certificate-sha512", { .digest = "SHA512" }, "started" },
		{ "client-authentication",
		  { .ext_key_usage = "clientAuth" }, "started" },
		{ "usage-encryption", { .key_usage = "keyEncipherment" },
		  "started" },
		{ "unknown-critical", { .critical_unknown = true },
		  "started" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		kind_of_key(all[i].name, &all[i].spec, all[i].end);
}

/* chain is a leaf under an authority, which MOK trusts. */
static void chain(const char *name, struct spec ca, struct spec leaf,
		  const char *end)
{
	struct identity root, who;
	struct signature s = { .signer = { &who } };
	struct around a = { 0 };

	ca.name = "keyfit test odd authority";
	root = identity(&ca);
	leaf.name = name;
	leaf.issuer = &root;
	who = identity(&leaf);
	a.mok = x509_list(&root);
	add_stage("21", name, signed_by(ours(), &s), &a, end);
}

static void chains(void)
{
	struct spec ca = { .ca = CA_TRUE }, plain_leaf = { 0 };
	struct spec expired = { .from_days = -400, .to_days = -35 };
	struct spec old_ca = { .ca = CA_TRUE, .from_days = -400,
			       .to_days = -35 };
	struct spec no_ca = { .ca = CA_FALSE };
	struct spec unsaid = { .ca = CA_UNSAID };

	chain("leaf-expired", ca, expired, "started");
	chain("authority-expired", old_ca, plain_leaf, "started");
	chain("authority-is-none", no_ca, plain_leaf, "started");
	chain("authority-says-nothing", unsaid, plain_leaf, "started");
}

void signature_stages(void)
{
	digests();
	broken();
	keys();
	chains();
}
