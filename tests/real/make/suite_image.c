/* Odd images: headers, sections, layout; and who may load at all. UEFI-1,
 * UEFI-2, UEFI-4, UEFI-106, UEFI-110 and on.
 */
#include "make.h"

#include <stdio.h>

/* signed_image adds a case: the image as specified, signed as the textbook
 * says. */
static void signed_image(const char *rule, const char *name,
			 const struct image_spec *spec)
{
	struct signature s = by(&red);
	struct trust t = only(x509_list(&red.root));

	add(rule, name, signed_by(image(spec), &s), &t);
}

/* poked adds a case: a good image, one field changed, then signed. */
static void poked(const char *rule, const char *name, size_t at,
		  struct bytes value)
{
	static unsigned seed = 900;
	struct signature s = by(&red);
	struct trust t = only(x509_list(&red.root));
	struct bytes img = plain(seed++);

	poke(img, at, value);
	add(rule, name, signed_by(img, &s), &t);
}

/* after adds a case: a good image is signed, then one field changed. */
static void after(const char *rule, const char *name, size_t at,
		  struct bytes value)
{
	static unsigned seed = 950;
	struct signature s = by(&red);
	struct trust t = only(x509_list(&red.root));
	struct bytes img = signed_by(plain(seed++), &s);

	poke(img, at, value);
	add(rule, name, img, &t);
}

enum {	/* places in the small image, whose PE header is at 64 */
	PE = 64,
	MACHINE = PE + 4,
	SECTIONS = PE + 6,
	OPTIONAL_LEN = PE + 20,
	CHARACTERISTICS = PE + 22,
	MAGIC = PE + 24,
	ALIGNMENT = PE + 24 + 32,
	IMAGE_LEN = PE + 24 + 56,
	HEADERS_LEN = PE + 24 + 60,
	CHECKSUM = PE + 24 + 64,
	SUBSYSTEM = PE + 24 + 68,
	DIRECTORIES = PE + 24 + 108,
	SECTION = PE + 24 + 112 + 128,
};

static void headers(void)
{
	poked("UEFI-1", "image-size-too-small", IMAGE_LEN, le32(0x150));
	poked("UEFI-1", "image-size-below-headers", IMAGE_LEN, le32(0x3ff));
	poked("UEFI-1", "headers-size-too-small", HEADERS_LEN, le32(0x100));
	after("UEFI-1", "headers-size-behind-file", HEADERS_LEN,
	      le32(0x10000000));
	after("UEFI-1", "directories-17", DIRECTORIES, le32(17));
	after("UEFI-1", "directories-15", DIRECTORIES, le32(15));
	after("UEFI-1", "optional-header-one-more", OPTIONAL_LEN, le16(241));
	after("UEFI-1", "magic-0x107", MAGIC, le16(0x107));
	after("UEFI-1", "sections-65535", SECTIONS, le16(0xffff));
	poked("UEFI-1", "sections-0", SECTIONS, le16(0));
	after("UEFI-1", "no-pe-signature", PE, text("NE"));
	after("UEFI-1", "lfanew-behind-file", 60, le32(0x7fffffff));
	after("UEFI-1", "lfanew-at-end", 60, le32(0x5f0));
	poked("UEFI-1", "machine-mips", MACHINE, le16(0x166));
	poked("UEFI-110", "machine-arm64", MACHINE, le16(0xaa64));
	poked("UEFI-110", "machine-ebc", MACHINE, le16(0x0ebc));
	poked("UEFI-1", "machine-arm", MACHINE, le16(0x1c2));
	after("UEFI-4", "checksum-changed", CHECKSUM, le32(0x12345678));
	after("UEFI-17", "machine-changed-after-signing", MACHINE + 4,
	      le32(0x12345678));
	after("UEFI-17", "one-bit-of-code-changed", 0x410, hex("00"));
}

static void shapes(void)
{
	struct image_spec s = { .seed = 1000, .no_mz = true };

	signed_image("UEFI-1", "no-mz", &s);
	s = (struct image_spec){ .seed = 1001, .lfanew = 0x80 };
	signed_image("UEFI-1", "lfanew-0x80", &s);
	s = (struct image_spec){ .seed = 1003, .num_directories = 5 };
	signed_image("UEFI-115", "directories-5-signed", &s);
	s = (struct image_spec){ .seed = 1004, .num_directories = 6 };
	signed_image("UEFI-1", "directories-6-signed", &s);
	s = (struct image_spec){ .seed = 1005, .tail = 64 };
	signed_image("UEFI-4", "tail-of-64", &s);
	s = (struct image_spec){ .seed = 1006, .tail = 8 };
	signed_image("UEFI-4", "tail-of-8", &s);
}

/* changed_tail: what lies behind the sections is signed too. */
static void changed_tail(void)
{
	struct image_spec s = { .seed = 1007, .tail = 64 };
	struct signature by_red = by(&red);
	struct trust t = only(x509_list(&red.root));
	struct bytes img = signed_by(image(&s), &by_red);

	img.data[0x600 + 7] ^= 1;
	add("UEFI-4", "tail-changed", img, &t);
}

/* codeview adds a case: a debug directory of one entry, and CodeView data of
 * a kind and length, both in the image's only section. */
static void codeview(const char *name, const char *kind, uint32_t len,
		     uint32_t rva)
{
	static unsigned seed = 1060;
	struct image_spec spec = { .seed = seed, .debug_rva = 0x1000,
				   .debug_len = 28 };
	struct bytes img = image(&spec);
	struct signature s = by(&red);
	struct trust t = only(x509_list(&red.root));

	seed++;
	poke(img, 0x400, join(4, zeros(12), le32(2), le32(len),
			      JOIN2(le32(rva), le32(0x440))));
	poke(img, 0x440, JOIN2(text(kind), zeros(0x40)));
	add("UEFI-113", name, signed_by(img, &s), &t);
}

static void codeviews(void)
{
	codeview("codeview-rsds", "RSDS", 0x40, 0x1040);
	codeview("codeview-rsds-short", "RSDS", 20, 0x1040);
	codeview("codeview-nb10", "NB10", 16, 0x1040);
	codeview("codeview-nb10-short", "NB10", 15, 0x1040);
	codeview("codeview-mtoc", "MTOC", 20, 0x1040);
	codeview("codeview-mtoc-short", "MTOC", 19, 0x1040);
	codeview("codeview-unknown-kind", "XXYY", 4, 0x1040);
	codeview("codeview-outside", "RSDS", 0x40, 0x2000);
}

/* four directories: there is no room for a certificate table. */
static void no_table(void)
{
	struct image_spec s = { .seed = 1010, .num_directories = 4 };
	struct bytes img = image(&s);
	struct trust t = only(hash_list(guid_sha256, image_digest(img,
								  "SHA256")));

	add("UEFI-12", "directories-4-digest-in-db", img, &t);
	t = only(x509_list(&red.root));
	add("UEFI-12", "directories-4", img, &t);
	s.num_directories = 1;
	img = image(&s);
	t = only(hash_list(guid_sha256, image_digest(img, "SHA256")));
	add("UEFI-12", "directories-1-digest-in-db", img, &t);
}

static void sections(void)
{
	static const struct {
		const char *name, *rule;
		struct section_spec s[3];
		unsigned num;
	} all[] = {
		{ "two-sections", "UEFI-4",
		  { { 0x1000, 0x200, 0x400, 0x200 },
		    { 0x2000, 0x200, 0x600, 0x200 } }, 2 },
		{ "sections-swapped", "UEFI-4",
		  { { 0x1000, 0x200, 0x600, 0x200 },
		    { 0x2000, 0x200, 0x400, 0x200 } }, 2 },
		{ "sections-with-a-gap", "UEFI-5",
		  { { 0x1000, 0x200, 0x400, 0x200 },
		    { 0x2000, 0x200, 0x800, 0x200 } }, 2 },
		{ "sections-overlap", "UEFI-5",
		  { { 0x1000, 0x200, 0x400, 0x200 },
		    { 0x2000, 0x200, 0x500, 0x200 } }, 2 },
		{ "sections-same-bytes", "UEFI-5",
		  { { 0x1000, 0x200, 0x400, 0x200 },
		    { 0x2000, 0x200, 0x400, 0x200 } }, 2 },
		{ "section-of-size-0-in-between", "UEFI-4",
		  { { 0x1000, 0x200, 0x400, 0x200 },
		    { 0x2000, 0x200, 0, 0 },
		    { 0x3000, 0x200, 0x600, 0x200 } }, 3 },
		{ "section-raw-larger-than-virtual", "UEFI-4",
		  { { 0x1000, 0x100, 0x400, 0x200 } }, 1 },
		{ "section-virtual-0", "UEFI-4",
		  { { 0x1000, 0, 0x400, 0x200 } }, 1 },
		{ "section-at-headers-end", "UEFI-2",
		  { { 0x400, 0x200, 0x400, 0x200 } }, 1 },
		{ "section-inside-headers", "UEFI-2",
		  { { 0x3ff, 0x200, 0x400, 0x200 } }, 1 },
		{ "section-raw-inside-headers", "UEFI-2",
		  { { 0x1000, 0x200, 0x300, 0x300 } }, 1 },
		{ "gap-between-headers-and-section", "UEFI-5",
		  { { 0x1000, 0x200, 0x600, 0x200 } }, 1 },
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct image_spec s = { .seed = 1020 + i,
					.num_sections = all[i].num };

		for (int j = 0; j < 3; j++)
			s.section[j] = all[i].s[j];
		signed_image(all[i].rule, all[i].name, &s);
	}
	after("UEFI-2", "section-behind-file", SECTION + 20,
	      le32(0x10000000));
	after("UEFI-2", "section-sum-overflows", SECTION + 16,
	      le32(0xfffffff0));
}

static void loading(void)
{
	struct image_spec s = { .seed = 1050, .subsystem = 11 };

	signed_image("UEFI-111", "boot-driver", &s);
	s.subsystem = 12;
	signed_image("UEFI-111", "runtime-driver", &s);
	s.subsystem = 3;
	signed_image("UEFI-111", "windows-program", &s);
	s.machine = 0xebc, s.subsystem = 11;
	signed_image("UEFI-110", "machine-ebc-boot-driver", &s);
	s.subsystem = 12;
	signed_image("UEFI-110", "machine-ebc-runtime-driver", &s);
	s = (struct image_spec){ .seed = 1053, .pe32 = true };
	signed_image("UEFI-110", "machine-ia32", &s);
	s = (struct image_spec){ .seed = 1050 };
	s.subsystem = 10;
	s.reloc_rva = 0x1000, s.reloc_len = 8;
	signed_image("UEFI-115", "relocations-of-random-bytes", &s);
	s.reloc_rva = 0x100000;
	signed_image("UEFI-115", "relocations-outside", &s);
	s.reloc_rva = 0xfffffff0, s.reloc_len = 0x20;
	signed_image("UEFI-115", "relocations-overflow", &s);
	s = (struct image_spec){ .seed = 1051, .debug_rva = 0x1000,
				 .debug_len = 28 };
	signed_image("UEFI-106", "debug-directory-of-random-bytes", &s);
	s.debug_len = 0x10000;
	signed_image("UEFI-106", "debug-directory-behind-file", &s);
	s.debug_rva = 0x100000;
	signed_image("UEFI-106", "debug-directory-in-no-section", &s);
	s = (struct image_spec){ .seed = 1052, .resource_rva = 0x1000,
				 .resource_len = 16 };
	signed_image("UEFI-114", "resources-of-random-bytes", &s);
	s.resource_rva = 0x100000;
	signed_image("UEFI-114", "resources-outside", &s);
	poked("UEFI-111", "alignment-0", ALIGNMENT, le32(0));
	poked("UEFI-111", "alignment-0x20", ALIGNMENT, le32(0x20));
	poked("UEFI-112", "section-as-long-as-image", SECTION + 8,
	      le32(0x1000));
	poked("UEFI-112", "section-one-byte-longer-than-image", SECTION + 8,
	      le32(0x1001));
	poked("UEFI-112", "section-outside-image", SECTION + 12,
	      le32(0x8000));
	poked("UEFI-112", "section-longer-than-image", SECTION + 8,
	      le32(0x8000));
}

/* modes: the same images where nothing is enforced. */
static void modes(void)
{
	static const char *const mode[] = { "setup", "off" };
	struct signature s = by(&red), bad = by(&red);
	char name[64];

	bad.bad_signature = true;
	for (int m = 0; m < 2; m++) {
		struct trust t = both(x509_list(&red.root),
				      x509_list(&red.leaf));

		t.mode = mode[m];
		snprintf(name, sizeof(name), "mode-%s-revoked", mode[m]);
		add("UEFI-26", name, signed_by(plain(1100), &s), &t);
		snprintf(name, sizeof(name), "mode-%s-unsigned", mode[m]);
		add("UEFI-26", name, plain(1101), &t);
		snprintf(name, sizeof(name), "mode-%s-bad-signature",
			 mode[m]);
		add("UEFI-26", name, signed_by(plain(1102), &bad), &t);
		snprintf(name, sizeof(name), "mode-%s-no-image", mode[m]);
		add("UEFI-26", name, zeros(300), &t);
	}
}

static void no_images(void)
{
	struct trust t = only(x509_list(&red.root));

	add("UEFI-1", "zeros", zeros(512), &t);
	add("UEFI-1", "one-byte", text("M"), &t);
	add("UEFI-1", "sixty-three-bytes", JOIN2(text("MZ"), zeros(61)), &t);
	add("UEFI-1", "dos-header-only", JOIN2(text("MZ"), zeros(62)), &t);
	add("UEFI-1", "text", text("This is no image at all, but a line of text that goes on for long enough."), &t);
}

void image_cases(void)
{
	headers();
	shapes();
	changed_tail();
	codeviews();
	no_table();
	sections();
	loading();
	modes();
	no_images();
}
