/* What shim's own loader refuses, once it trusts an image or before it looks
 * for signatures. Rules 6, 7 and 70 of UEFI.
 */
#include "shim.h"

static void loads(const char *name, const struct stage *s, const char *end)
{
	struct around a = red_db();

	add_stage("70", name, under_red(s), &a, end);
}

static void entry_points(void)
{
	struct stage s = stage(sbat_head);

	s.entry = 0x4800;
	loads("entry-outside", &s, "returned-3");
	s.entry = 0x5000;
	loads("entry-behind-the-image", &s, "returned-3");
	s.entry = 0x11fe;
	loads("entry-last-but-one", &s, "started");
	s.entry = 0x11ff;
	loads("entry-last-byte", &s, "returned-3");
	s.entry = 0x0;
	loads("entry-0", &s, "returned-3");
	s.entry = 0x2000;
	loads("entry-in-sbat", &s, "started");
	s = stage(sbat_head);
	s.part[SBAT].rva = 0x1000;
	loads("entry-in-two-sections", &s, "returned-3");
	s = stage(sbat_head);
	s.part[TEXT].flags = 0x20000020;
	loads("entry-in-unreadable-section", &s, "returned-3");
	s = stage(sbat_head);
	s.part[TEXT].flags = (uint32_t)(CODE | 0x02000000);
	loads("entry-in-discardable-section", &s, "started");
}

static void relocations(void)
{
	struct stage s = stage(sbat_head);

	s.part[3] = s.part[RELOC];
	s.num_parts = 4;
	/* Bytes that two sections share are counted twice. */
	loads("reloc-twice-in-one-place", &s, "returned-2");
	s.part[3].raw_at += 0x200;
	loads("reloc-twice", &s, "returned-3");
	s = stage(sbat_head);
	s.num_parts = 2;
	loads("reloc-missing", &s, "started");
	s.reloc_rva = s.reloc_len = 0;
	loads("reloc-none-at-all", &s, "started");
	s = stage(sbat_head);
	s.reloc_rva = 0x4008;
	loads("reloc-directory-elsewhere", &s, "returned-3");
	s = stage(sbat_head);
	s.reloc_rva = s.reloc_len = 0;
	loads("reloc-directory-empty", &s, "returned-3");
	s = stage(sbat_head);
	s.reloc_len = 13;
	loads("reloc-directory-longer", &s, "returned-3");
	s.reloc_len = 8;
	loads("reloc-directory-shorter", &s, "returned-3");
	s = stage(sbat_head);
	s.part[RELOC].virtual_len = 0x200;
	loads("reloc-directory-shorter-than-section", &s, "started");
	s = stage(sbat_head);
	s.part[RELOC].raw_len = 0;
	loads("reloc-without-raw-data", &s, "returned-3");
	s = stage(sbat_head);
	s.part[RELOC].name = ".rel";
	loads("reloc-by-another-name", &s, "started");
	s.part[RELOC].content = hex("001000000000000000000000");
	loads("reloc-by-another-name-bad", &s, "started");
}

static void blocks(void)
{
	struct stage s = stage(sbat_head);

	s.part[RELOC].content = hex("001000000000000000000000");
	loads("reloc-block-size-0", &s, "returned-3");
	s.part[RELOC].content = hex("001000000d00000000000000");
	loads("reloc-block-size-13", &s, "returned-3");
	s.part[RELOC].content = hex("001000000c00000000f00000");
	loads("reloc-unknown-kind", &s, "returned-3");
	s.part[RELOC].content = hex("007000000c00000000000000");
	loads("reloc-behind-image", &s, "returned-3");
	s.part[RELOC].content = hex("001000000c00000000a108a1");
	loads("reloc-dir64", &s, "started");
	s.part[RELOC].content = hex("001000000c00000000310000");
	loads("reloc-highlow", &s, "started");
}

static void headers(void)
{
	struct stage s = stage(sbat_head);

	s.num_directories = 5;
	loads("directories-5", &s, "returned-3");
	s.num_directories = 6;
	loads("directories-6", &s, "started");
	s.num_directories = 15;
	loads("directories-15", &s, "started");
	s.num_directories = 17;
	loads("directories-17", &s, "returned-3");
	s = stage(sbat_head);
	s.characteristics = 0x23;
	loads("relocations-stripped", &s, "returned-3");
	s = stage(sbat_head);
	s.machine = 0xaa64;
	loads("machine-arm64", &s, "returned-3");
	s.machine = 0x14c;
	loads("machine-ia32", &s, "returned-3");
	s = stage(sbat_head);
	s.lfanew = 0x80;
	loads("lfanew-0x80", &s, "started");
	s = stage(sbat_head);
	s.file_align = 0x201;
	loads("file-alignment-odd", &s, "returned-3");
	s.file_align = 0;
	loads("file-alignment-0", &s, "started");
	s.file_align = 2;
	loads("file-alignment-2", &s, "started");
	s = stage(sbat_head);
	s.section_align = 0;
	loads("section-alignment-0", &s, "started");
	s.section_align = 0x20;
	loads("section-alignment-0x20", &s, "started");
	s.section_align = 0x10000;
	loads("section-alignment-64-kib", &s, "started");
	s = stage(sbat_head);
	s.image_len = 0x4000;
	loads("image-ends-before-reloc", &s, "returned-3");
	s.image_len = 0x2000;
	loads("image-ends-before-sbat", &s, "returned-3");
	s.image_len = 0x400;
	loads("image-of-headers-alone", &s, "returned-3");
	s.image_len = 0x200;
	loads("image-below-headers", &s, "returned-3");
}

static void sections(void)
{
	struct stage s = stage(sbat_head);

	s.part[TEXT].flags = (uint32_t)(CODE | 0x80000000);
	loads("code-writable", &s, "started");
	s = stage(sbat_head);
	s.part[3] = (struct part){ ".bss", 0x3000, 0x100, 0, 0,
				   (uint32_t)BSS, 0, 0, zeros(0) };
	s.num_parts = 4;
	loads("bss", &s, "started");
	s.part[3].flags = DATA | 0x80000000;
	loads("data-without-raw-at-0", &s, "returned-3");
	s.part[3].raw_at = 0x400;
	loads("data-without-raw", &s, "started");
	s.part[3].virtual_len = 0;
	loads("data-of-no-size", &s, "returned-3");
	s.part[3].flags = DROPPED;
	loads("discardable-of-no-size", &s, "returned-3");
	s.part[3] = (struct part){ ".low", 0x200, 0x10, 0x400, 0, DATA, 0,
				   0, zeros(0) };
	loads("section-inside-headers", &s, "returned-3");
	s.part[3] = (struct part){ ".far", 0x9000, 0x10, 0x400, 0, DATA, 0,
				   0, zeros(0) };
	loads("section-behind-image", &s, "returned-3");
	s.part[3].flags = DROPPED;
	/* shim remembers a digest of each section, and has none of nothing. */
	loads("discardable-behind-image", &s, "returned-9");
	s.part[3].flags = 0x42000000;
	loads("discardable-of-no-kind-behind-image", &s, "started");
	s.part[3].flags = 0x02000040;
	loads("unreadable-behind-image", &s, "started");
	s.part[3] = (struct part){ ".data", 0x3000, 0x10, 0x200, 0x100, DATA,
				   0, 0, zeros(0) };
	loads("raw-data-inside-headers", &s, "returned-3");
}

/* poked is a good, signed image, one field changed afterwards. */
static void poked(const char *rule, const char *name, size_t at,
		  struct bytes to, const char *end)
{
	struct signature by_red = by(&red);
	struct around a = red_db();
	struct bytes img = signed_by(ours(), &by_red);

	poke(img, at, to);
	add_stage(rule, name, img, &a, end);
}

static void changed(void)
{
	struct around a = red_db();
	struct signature by_red = by(&red);
	struct bytes img = signed_by(ours(), &by_red);

	poked("6", "one-byte-of-code", 0x480, hex("01"), "mm");
	poked("6", "checksum", 64 + 24 + 64, hex("01020304"),
	      "started");
	poked("6", "no-mz", 0, hex("0000"), "returned-3");
	poked("6", "no-pe", 64, hex("0000"), "returned-3");
	poked("6", "lfanew-63", 60, le32(63), "returned-3");
	poked("6", "lfanew-behind-file", 60, le32(0x100000),
	      "returned-3");
	poked("6", "optional-header-8-more", 64 + 20, le16(248),
	      "returned-3");
	poked("6", "sections-200", 64 + 6, le16(200), "returned-3");
	poked("6", "magic-0x107", 64 + 24, le16(0x107), "returned-3");
	poked("6", "magic-pe32", 64 + 24, le16(0x10b), "returned-3");
	poked("6", "section-raw-behind-file", 64 + 24 + 240 + 16,
	      le32(0x100000), "returned-2");
	poked("6", "section-raw-at-behind-file", 64 + 24 + 240 + 20,
	      le32(0x100000), "returned-2");
	add_stage("6", "file-of-16-bytes", cut(img, 0, 16), &a,
		  "returned-3");
	add_stage("6", "file-cut-in-headers", cut(img, 0, 200), &a,
		  "returned-3");
	add_stage("6", "file-empty", zeros(0), &a, "returned-3");
}

void loader_stages(void)
{
	entry_points();
	relocations();
	blocks();
	headers();
	sections();
	changed();
}
