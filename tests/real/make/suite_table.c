/* Odd certificate tables. UEFI-3, UEFI-5, UEFI-9, UEFI-12 to UEFI-15.
 */
#include "make.h"

#include <stdio.h>

static struct bytes blob(const struct family *f, struct bytes img)
{
	struct signature s = by(f);

	return sign_digest(&s, image_digest(img, "SHA256"));
}

/* header is a WIN_CERTIFICATE's, with what it claims. */
static struct bytes header(uint32_t len, unsigned revision, unsigned type)
{
	return JOIN3(le32(len), le16(revision), le16(type));
}

static void put(const char *rule, const char *name, struct bytes img)
{
	struct trust t = only(x509_list(&red.root));

	add(rule, name, img, &t);
}

static void types(void)
{
	struct bytes img = plain(800), b = blob(&red, img);
	struct bytes good = entry(2, b);

	put("UEFI-14", "type-pkcs", attach(img, good));
	put("UEFI-14", "type-guid-pkcs7", attach(img, entry_guid(guid_pkcs7,
								 b)));
	put("UEFI-14", "type-guid-other", attach(img, entry_guid(guid_rsa2048,
								 b)));
	put("UEFI-14", "type-x509", attach(img, entry(1, b)));
	put("UEFI-14", "type-reserved", attach(img, entry(3, b)));
	put("UEFI-14", "type-pkcs1", attach(img, entry(9, b)));
	put("UEFI-14", "type-guid-other-then-good",
	    attach(img, JOIN2(entry_guid(guid_rsa2048, b), good)));
	put("UEFI-14", "type-x509-then-good",
	    attach(img, JOIN2(entry(1, b), good)));
	put("UEFI-14", "good-then-type-x509",
	    attach(img, JOIN2(good, entry(1, b))));
	put("UEFI-14", "revision-1", attach(img, JOIN3(header(
	    (uint32_t)b.len + 8, 0x0100, 2), b, zeros(-b.len & 7))));
	put("UEFI-14", "revision-ffff", attach(img, JOIN3(header(
	    (uint32_t)b.len + 8, 0xffff, 2), b, zeros(-b.len & 7))));
}

static void lengths(void)
{
	struct bytes img = plain(801), b = blob(&red, img);
	struct bytes good = entry(2, b), odd = JOIN2(b, zeros(1));
	uint32_t len = (uint32_t)b.len + 8;
	struct bytes pad = zeros(-len & 7);

	odd = b.len % 8 ? b : JOIN2(b, zeros(5));
	put("UEFI-13", "odd-length-padded", attach(img, entry(2, odd)));
	put("UEFI-13", "odd-length-not-padded",
	    attach(img, JOIN2(header((uint32_t)odd.len + 8, 0x200, 2), odd)));
	put("UEFI-13", "one-byte-longer-than-table",
	    attach(img, JOIN3(header((uint32_t)(good.len + 1), 0x200, 2), b,
			      pad)));
	put("UEFI-13", "length-covers-padding",
	    attach(img, JOIN3(header((uint32_t)good.len, 0x200, 2), b, pad)));
	put("UEFI-13", "length-cuts-last-byte",
	    attach(img, JOIN3(header(len - 1, 0x200, 2), b, pad)));
	put("UEFI-13", "length-0", attach(img, JOIN2(good, header(0, 0x200,
								  2))));
	put("UEFI-13", "length-7", attach(img, JOIN2(good, header(7, 0x200,
								  1))));
	put("UEFI-13", "length-8-pkcs", attach(img, JOIN3(good,
	    header(8, 0x200, 2), header(8, 0x200, 1))));
	put("UEFI-13", "length-8-other-type", attach(img, JOIN3(good,
	    header(8, 0x200, 1), header(8, 0x200, 1))));
	put("UEFI-13", "last-entry-has-8-bytes", attach(img, JOIN2(good,
	    header(8, 0x200, 1))));
	put("UEFI-13", "length-24-guid", attach(img, JOIN3(good,
	    header(24, 0x200, 0xef1), zeros(16))));
	put("UEFI-13", "length-25-guid", attach(img, JOIN3(good,
	    header(25, 0x200, 0xef1), zeros(24))));
	put("UEFI-13", "length-huge", attach(img, JOIN3(good,
	    header(0xfffffff8, 0x200, 2), zeros(8))));
	put("UEFI-13", "first-length-huge", attach(img, JOIN3(
	    header(0xfffffff8, 0x200, 1), zeros(8), good)));
	put("UEFI-13", "eight-zero-bytes-behind",
	    attach(img, JOIN2(good, zeros(8))));
	put("UEFI-13", "sixteen-zero-bytes-behind",
	    attach(img, JOIN2(good, zeros(16))));
	put("UEFI-13", "table-of-8-bytes", attach(img, zeros(8)));
	put("UEFI-13", "table-of-7-bytes", attach(img, zeros(7)));
}

/* junk: bytes of no entry behind a good one, as many as a tool may leave. */
static void junk(void)
{
	char name[64];

	for (uint32_t n = 9; n <= 22; n++) {
		struct bytes img = plain(810 + n), good;

		good = entry(2, blob(&red, img));
		snprintf(name, sizeof(name), "junk-behind-%u", n);
		put("UEFI-13", name, attach(img, JOIN2(good, zeros(n))));
	}
}

/* places: where the table says that it lies. */
static void places(void)
{
	struct bytes img = plain(802), b = blob(&red, img);
	struct bytes good = entry(2, b), all = attach(img, good);
	uint32_t at = (uint32_t)img.len, len = (uint32_t)good.len;
	struct bytes moved;

	put("UEFI-12", "size-0-address-set", attach_sized(img, zeros(0), at,
							  0));
	put("UEFI-12", "size-0-table-there", attach_sized(img, good, at, 0));
	put("UEFI-3", "size-one-more-than-file", attach_sized(img, good, at,
							     len + 1));
	put("UEFI-3", "address-behind-file", attach_sized(img, good, at + len,
							  8));
	put("UEFI-3", "sum-overflows", attach_sized(img, good, 0xfffffff0,
						    0x20));
	put("UEFI-3", "size-ffffffff", attach_sized(img, good, at,
						    0xffffffff));
	put("UEFI-13", "size-8-less", attach_sized(img, good, at, len - 8));
	put("UEFI-5", "address-8-less", attach_sized(img, good, at - 8, len));
	put("UEFI-5", "address-0", attach_sized(img, good, 0, len));
	put("UEFI-9", "eight-bytes-behind-table", JOIN2(all, zeros(8)));
	put("UEFI-9", "one-byte-behind-table", JOIN2(all, zeros(1)));
	put("UEFI-9", "a-page-behind-table", JOIN2(all, zeros(4096)));
	/* Signed over what edk2 hashes by its own sum: as many bytes as lie
	 * behind the table, but the table's first ones, which are the same
	 * for all signatures of one length. */
	moved = JOIN2(all, zeros(16));
	b = blob(&red, moved);
	need_ok(entry(2, b).len == len, "a signature of the same length");
	put("UEFI-3,UEFI-5,UEFI-9", "behind-table-and-signed",
	    JOIN2(attach_sized(img, entry(2, b), at, len), zeros(16)));
	/* The table lies before some data that is signed too. */
	moved = cut(img, 0, img.len);
	put("UEFI-5", "table-inside-section", attach_sized(img, good,
							   0x400, len));
}

/* no_digest: the sizes add up to more than the file, and there is nothing to
 * be hashed. */
static void no_digest(void)
{
	struct image_spec spec = { .seed = 804, .num_sections = 1,
				   .section = { { 0x1000, 0x2000, 0x400,
						  0x2000 } } };
	struct bytes img = image(&spec), good;
	struct trust t = only(hash_list(guid_sha256,
					image_digest(img, "SHA256")));

	good = entry(2, blob(&red, img));
	poke(img, 0x800, good);
	img = attach_sized(img, zeros(0), 0x800, (uint32_t)good.len);
	t.db = JOIN2(t.db, x509_list(&red.root));
	add("UEFI-4", "table-counts-twice", img, &t);
}

/* counts: many entries. */
static void counts(void)
{
	struct bytes img = plain(803), good = entry(2, blob(&red, img));
	struct bytes other = entry(2, blob(&green, img));
	struct bytes many = zeros(0);

	for (int i = 0; i < 15; i++)
		many = JOIN2(many, other);
	put("UEFI-28", "fifteen-unknown-then-good",
	    attach(img, JOIN2(many, good)));
	put("UEFI-28", "fifteen-unknown", attach(img, many));
	put("UEFI-28", "same-signature-twice", attach(img, JOIN2(good,
								 good)));
	many = zeros(0);
	for (int i = 0; i < 20; i++)
		many = JOIN2(many, entry(1, zeros(8)));
	put("UEFI-14", "twenty-skipped-then-good",
	    attach(img, JOIN2(many, good)));
}

void table_cases(void)
{
	types();
	lengths();
	junk();
	places();
	no_digest();
	counts();
}
