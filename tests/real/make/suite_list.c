/* Odd signature lists in db and dbx. UEFI-32, UEFI-36, UEFI-37, UEFI-107.
 */
#include "make.h"

static const char owner[] = "11111111-2222-3333-4444-555555555555";
static const char other_owner[] = "99999999-8888-7777-6666-555555555555";

/* put adds a case: red's signature against these lists. */
static void put(const char *rule, const char *name, struct trust t)
{
	static unsigned seed = 1200;
	struct signature s = by(&red);

	add(rule, name, signed_by(plain(seed++), &s), &t);
}

/* two adds a case with one list changed in a field. */
static struct bytes changed(struct bytes l, size_t at, uint32_t value)
{
	struct bytes b = cut(l, 0, l.len);

	poke(b, at, le32(value));
	return b;
}

static struct bytes x509_entry(const struct identity *who, const char *own)
{
	return JOIN2(guid(own), who->der);
}

static void shapes(void)
{
	struct bytes r = x509_list(&red.root), g = x509_list(&green.root);
	struct spec twin_spec = { .name = "keyfit test red root",
				  .ca = CA_TRUE, .key_of = &red.root };
	struct identity twin = identity(&twin_spec);
	size_t len = red.root.der.len;
	struct bytes same = cut(green.root.der, 0, green.root.der.len);

	put("UEFI-36", "list-after-sha256-list",
	    only(JOIN2(hash_list(guid_sha256, zeros(32)), r)));
	put("UEFI-36", "list-after-rsa2048-list",
	    only(JOIN2(list(guid_rsa2048, JOIN2(guid(owner), zeros(256)),
			    272), r)));
	put("UEFI-36", "list-with-other-owner",
	    only(list(guid_x509, x509_entry(&red.root, other_owner),
		      16 + len)));
	put("UEFI-36", "same-key-other-certificate", only(x509_list(&twin)));
	if (same.len < len)
		same = JOIN2(same, zeros(len - same.len));
	same = cut(same, 0, len);
	put("UEFI-34", "two-certificates-in-one-list",
	    only(list(guid_x509, JOIN3(guid(owner), red.root.der,
				       JOIN2(guid(owner), same)), 16 + len)));
	put("UEFI-36", "empty-list-first",
	    only(JOIN2(list(guid_sha256, zeros(0), 48), r)));
	put("UEFI-36", "many-lists",
	    only(join(5, g, hash_list(guid_sha512, zeros(64)), g,
		      hash_list(guid_sha1, zeros(20)), r)));
	put("UEFI-36", "dbx-of-sha1-zeros",
	    both(r, hash_list(guid_sha1, zeros(20))));
	put("UEFI-36", "no-db", only(zeros(0)));
	put("UEFI-36", "db-of-digests-only",
	    only(hash_list(guid_sha256, zeros(32))));
}

/* entries: many digests, the right one among them. */
static void entries(void)
{
	struct bytes img = plain(1250), d = image_digest(img, "SHA256");
	struct bytes many = zeros(0);
	struct trust t;

	for (int i = 0; i < 200; i++) {
		struct bytes e = zeros(32);

		e.data[0] = (uint8_t)i;
		many = join(3, many, guid(owner), i == 150 ? d : e);
	}
	t = only(list(guid_sha256, many, 48));
	add("UEFI-36", "digest-151-of-200-in-db", img, &t);
	t = both(hash_list(guid_sha256, d), list(guid_sha256, many, 48));
	add("UEFI-36", "digest-151-of-200-in-dbx", img, &t);
	t = only(hash_list(guid_sha384, image_digest(img, "SHA384")));
	add("UEFI-36", "digest-sha384-in-db", img, &t);
}

/* raw lists: those that SetVariable refuses, written into the store file. */
static void put_raw(const char *rule, const char *name, struct trust t)
{
	t.raw = true;
	put(rule, name, t);
}

static void refused(void)
{
	struct bytes r = x509_list(&red.root);
	struct bytes b = x509_list(&blue.root);
	uint32_t len = (uint32_t)r.len;
	struct bytes odd = list(guid_x509, JOIN2(x509_entry(&red.root, owner),
						 zeros(5)), 16 +
				red.root.der.len);
	struct bytes junk = list(guid_x509, JOIN2(guid(owner), zeros(64)),
				 80);

	put_raw("UEFI-37", "db-list-one-byte-too-long",
		only(changed(r, 16, len + 1)));
	put_raw("UEFI-37", "db-cut-list-then-good",
		only(JOIN2(changed(b, 16, 0x10000), r)));
	put_raw("UEFI-37", "db-good-then-cut-list",
		only(JOIN2(r, changed(b, 16, 0x10000))));
	put_raw("UEFI-37", "dbx-cut-list-then-revoking",
		both(r, JOIN2(changed(b, 16, 0x10000),
			      x509_list(&red.leaf))));
	put_raw("UEFI-37", "dbx-revoking-then-cut-list",
		both(r, JOIN2(x509_list(&red.leaf),
			      changed(b, 16, 0x10000))));
	put_raw("UEFI-36", "db-header-size-8",
		only(JOIN3(cut(changed(changed(r, 20, 8), 16, len + 8), 0,
			       28), zeros(8), cut(r, 28, len - 28))));
	put_raw("UEFI-36", "db-half-an-entry-behind", only(odd));
	put_raw("UEFI-36", "db-junk-certificate-first", only(JOIN2(junk, r)));
	put_raw("UEFI-36", "dbx-junk-certificate", both(r, junk));
	put_raw("UEFI-36", "db-unknown-type-first",
		only(JOIN2(list(owner, zeros(48), 48), r)));
	put_raw("UEFI-36", "dbx-unknown-type",
		both(r, list(owner, zeros(48), 48)));
	put_raw("UEFI-36", "db-sha256-entries-of-49",
		only(JOIN2(list(guid_sha256, zeros(49), 49), r)));
}

/* deadly: lists over which the firmware stumbles. */
static void deadly(void)
{
	struct bytes r = x509_list(&red.root);

	put_raw("UEFI-107", "db-entry-size-0", only(changed(r, 24, 0)));
	put_raw("UEFI-107", "dbx-entry-size-0",
		both(r, changed(x509_list(&blue.root), 24, 0)));
	put_raw("UEFI-107", "dbx-entry-size-0-other-type",
		both(r, changed(list(guid_rsa2048, zeros(272), 272), 24, 0)));
	put_raw("UEFI-107", "db-list-size-0", only(changed(r, 16, 0)));
	put_raw("UEFI-107", "dbx-list-size-0",
		both(r, changed(list(guid_rsa2048, zeros(272), 272), 16, 0)));
}

void list_cases(void)
{
	shapes();
	entries();
	refused();
	deadly();
}
