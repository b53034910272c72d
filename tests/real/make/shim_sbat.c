/* SBAT data of images, and the SbatLevel that they are held against. Rules
 * 64 to 68 and 71 of UEFI.
 */
#include "shim.h"

#include <stdio.h>
#include <string.h>

#define ROW ",x,y,1,z\n"	/* behind a component and its generation */

static void with(const char *rule, const char *name, const char *sbat,
		 const char *end)
{
	struct around a = red_db();
	struct stage s = stage(sbat);

	add_stage(rule, name, under_red(&s), &a, end);
}

/* headed puts the row of SBAT itself in front. */
static void headed(const char *rule, const char *name, const char *rows,
		   const char *end)
{
	char sbat[2048];

	snprintf(sbat, sizeof(sbat), "%s%s", sbat_head, rows);
	with(rule, name, sbat, end);
}

static void rows(void)
{
	headed("65", "sbat-head-alone", "", "started");
	with("65", "sbat-no-head", "keyfit,1" ROW, "started");
	headed("65", "sbat-five-columns", "keyfit,1,x,y,1\n",
	       "returned-2");
	headed("65", "sbat-one-column", "keyfit\n", "returned-2");
	headed("65", "sbat-seven-columns", "keyfit,1,x,y,1,z,more\n",
	       "started");
	headed("65", "sbat-empty-column", "keyfit,1,x,,1,z\n",
	       "returned-2");
	headed("65", "sbat-empty-name", ",1" ROW, "returned-2");
	headed("65", "sbat-empty-last-column", "keyfit,1,x,y,1,\n",
	       "returned-2");
	headed("65", "sbat-empty-lines", "\n\n\nkeyfit,1" ROW "\n\n",
	       "started");
	headed("65", "sbat-crlf", "keyfit,1,x,y,1,z\r\nkeyfit.b,1,x,y,1,z\r\n",
	       "started");
	headed("65", "sbat-no-last-newline", "keyfit,1,x,y,1,z",
	       "started");
	headed("65", "sbat-blank-line", " \nkeyfit,1" ROW,
	       "returned-2");
	with("65", "sbat-bom", "\xef\xbb\xbfsbat,1" ROW, "started");
	with("65", "sbat-bom-later", "sbat,1" ROW "\xef\xbb\xbfgrub,4" ROW,
	     "started");
	with("65", "sbat-newlines-alone", "\n\n\n\n", "started");
	with("65", "sbat-newline-first", "\nsbat,1" ROW, "started");
	with("65", "sbat-a-word", "sbat", "returned-2");
	headed("65", "sbat-long-row", "keyfit,1,"
	       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	       ",y,1,z\n", "started");
}

static void generations(void)
{
	headed("66", "grub-equal", "grub,5" ROW, "started");
	headed("66", "grub-lower", "grub,4" ROW, "mm");
	headed("66", "grub-higher", "grub,6" ROW, "started");
	headed("66", "shim-lower", "shim,3" ROW, "mm");
	headed("66", "shim-equal", "shim,4" ROW, "started");
	headed("66", "grub-vendor-alone", "grub.debian,1" ROW,
	       "started");
	headed("66", "grub-in-capitals", "GRUB,1" ROW, "started");
	headed("66", "grub-blank-before", " grub,1" ROW, "started");
	headed("66", "grub-blank-behind", "grub ,1" ROW, "started");
	headed("66", "grub-garbage", "grub,x" ROW, "mm");
	headed("66", "grub-5x", "grub,5x" ROW, "started");
	headed("66", "grub-hex", "grub,0x10" ROW, "mm");
	headed("66", "grub-leading-zeros", "grub,0005" ROW, "started");
	headed("66", "grub-blank-5", "grub, 5" ROW, "started");
	headed("66", "grub-plus-5", "grub,+5" ROW, "mm");
	headed("66", "grub-minus-1", "grub,-1" ROW, "mm");
	headed("66", "grub-65536", "grub,65536" ROW, "mm");
	headed("66", "grub-65541", "grub,65541" ROW, "started");
	headed("66", "grub-2-to-the-32", "grub,4294967301" ROW,
	       "started");
	headed("66", "grub-good-then-bad", "grub,5" ROW "grub,4" ROW,
	       "mm");
	headed("66", "grub-bad-then-good", "grub,4" ROW "grub,5" ROW,
	       "mm");
	with("67", "sbat-row-0", "sbat,0" ROW, "mm");
	with("67", "sbat-row-2", "sbat,2" ROW, "started");
	with("67", "sbat-row-not-first", "keyfit,1" ROW "sbat,0" ROW,
	     "mm");
}

static void sections(const char *name, const struct stage *s,
		     const char *end)
{
	struct around a = red_db();

	add_stage("64", name, under_red(s), &a, end);
}

/* second_sbat is a stage with one more section of that name. */
static struct stage second_sbat(void)
{
	struct stage s = stage(sbat_head);

	s.part[3] = s.part[SBAT];
	s.part[3].rva = 0x3000;
	s.part[3].raw_at = 0xa00;
	s.num_parts = 4;
	return s;
}

static void missing(void)
{
	struct stage s = no_sbat();
	struct around a = red_db();
	struct signature by_red = by(&red);
	struct bytes bare = signed_by(build(&s), &by_red);

	sections("sbat-missing", &s, "mm");
	a.t.db = hash_list(guid_sha256, image_digest(build(&s), "SHA256"));
	add_stage("64", "sbat-missing-hash-in-db", build(&s), &a,
		  "mm");
	a = (struct around){ .mok = a.t.db };
	add_stage("64", "sbat-missing-hash-in-mok", build(&s), &a,
		  "mm");
	a = red_db();
	a.way = "verify";
	add_stage("64", "sbat-missing-by-protocol", bare, &a, "passed");
	a.way = "load";
	add_stage("64", "sbat-missing-by-load-image", bare, &a,
		  "passed");
	a.way = "verify";
	add_stage("61", "unsigned-by-protocol", ours(), &a, "asked-26");
	a.way = "load";
	add_stage("61", "unsigned-by-load-image", ours(), &a,
		  "asked-26");
	s = stage("sbat,1" ROW "grub,4" ROW);
	add_stage("64", "grub-lower-by-load-image", under_red(&s), &a,
		  "asked-26");
	a.way = "verify";
	add_stage("64", "grub-lower-by-protocol", under_red(&s), &a,
		  "asked-26");
}

static void odd_sections(void)
{
	struct stage s = second_sbat();

	sections("sbat-twice", &s, "returned-3");
	s.part[SBAT].virtual_len = s.part[SBAT].raw_len + 1;
	sections("sbat-first-too-short-second-good", &s, "started");
	s = stage(sbat_head);
	s.part[SBAT].virtual_len = s.part[SBAT].raw_len + 1;
	sections("sbat-raw-below-virtual", &s, "mm");
	s.part[SBAT].virtual_len = s.part[SBAT].raw_len;
	sections("sbat-raw-equals-virtual", &s, "started");
	s = stage(sbat_head);
	s.part[SBAT].num_relocations = 1;
	sections("sbat-number-of-relocations", &s, "returned-3");
	s = stage(sbat_head);
	s.part[SBAT].relocations_at = 0x400;
	sections("sbat-pointer-to-relocations", &s, "returned-3");
	s = stage(sbat_head);
	s.part[SBAT].name = ".sbatx";
	sections("sbat-other-name", &s, "mm");
	s.part[SBAT].name = "sbat";
	sections("sbat-name-without-dot", &s, "mm");
	s = stage(sbat_head);
	s.part[SBAT].content = zeros(s.part[SBAT].raw_len);
	sections("sbat-all-zeros", &s, "started");
	s = stage(sbat_head);
	s.part[SBAT].content = JOIN3(text("sbat,1" ROW), zeros(1),
				     text("grub,1" ROW));
	sections("sbat-row-behind-a-zero", &s, "started");
	s = stage(sbat_head);
	s.part[SBAT].virtual_len = 1;
	sections("sbat-virtual-size-1", &s, "started");
	s = stage("sbat,1" ROW "grub,4" ROW);
	s.part[SBAT].virtual_len = 15;
	sections("sbat-row-behind-virtual-size", &s, "mm");
}

void sbat_stages(void)
{
	rows();
	generations();
	missing();
	odd_sections();
}

static struct bytes of_grub(const char *generation)
{
	char sbat[256];
	struct stage s;

	snprintf(sbat, sizeof(sbat), "%sgrub,%s" ROW, sbat_head, generation);
	s = stage(sbat);
	return under_red(&s);
}

static void level(const char *name, const char *held, const char *grub,
		  const char *end)
{
	struct around a = red_db();

	a.level = text(held);
	add_stage("68", name, of_grub(grub), &a, end);
}

static void which_level(void)
{
	level("level-original-is-replaced", "sbat,1,2021030218\n", "4",
	      "mm");
	level("level-original-good-grub", "sbat,1,2021030218\n", "5",
	      "started");
	level("level-older-with-more", "sbat,1,2025021700\nshim,4\ngrub,9\n",
	      "5", "started");
	level("level-newer-with-less", "sbat,1,2099010100\n", "1",
	      "started");
	level("level-newer-with-more", "sbat,1,2099010100\ngrub,9\n", "5",
	      "mm");
	level("level-same-date-without-grub", "sbat,1,2025021800\nshim,4\n",
	      "1", "started");
	level("level-same-date-grub-6",
	      "sbat,1,2025021800\nshim,4\ngrub,6\n", "5", "mm");
	level("level-newest", "sbat,1,2025051000\nshim,4\ngrub,5\ngrub.proxmox,2\n",
	      "5", "started");
	level("level-2024-replaced", "sbat,1,2024010900\nshim,4\ngrub,3\ngrub.debian,4\n",
	      "4", "mm");
	level("level-sbat-0", "sbat,0,2099010100\ngrub,9\n", "5",
	      "mm");
	level("level-date-with-more-digits", "sbat,1,20990101001\ngrub,9\n",
	      "5", "mm");
	level("level-date-of-letters", "sbat,1,zzzzzzzzzz\ngrub,9\n", "5",
	      "mm");
	level("level-too-short", "sbat,1,209901010\n", "4", "mm");
	level("level-not-sbat", "tabs,1,2099010100\ngrub,9\n", "5",
	      "started");
	level("level-bom", "\xef\xbb\xbfsbat,1,2099010100\ngrub,9\n", "5",
	      "started");
	level("level-garbage", "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0b\x0c"
	      "\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18", "5",
	      "started");
}

static void odd_levels(void)
{
	level("level-crlf", "sbat,1,2099010100\r\ngrub,9\r\n", "5",
	      "mm");
	level("level-empty-lines", "sbat,1,2099010100\n\n\ngrub,9\n", "5",
	      "mm");
	level("level-no-last-newline", "sbat,1,2099010100\ngrub,9", "8",
	      "mm");
	level("level-three-columns", "sbat,1,2099010100\ngrub,9,x\n", "5",
	      "mm");
	level("level-four-columns", "sbat,1,2099010100,x\ngrub,9,x,y\n", "5",
	      "mm");
	level("level-garbage-number", "sbat,1,2099010100\ngrub,x\n", "0",
	      "started");
	level("level-number-wraps", "sbat,1,2099010100\ngrub,65537\n", "1",
	      "started");
	level("level-twice-low-first", "sbat,1,2099010100\ngrub,3\ngrub,9\n",
	      "5", "started");
	level("level-twice-high-first", "sbat,1,2099010100\ngrub,9\ngrub,3\n",
	      "5", "mm");
	level("level-sbat-row-twice", "sbat,1,2099010100\nsbat,9\n", "5",
	      "started");
	level("level-blank-before-grub", "sbat,1,2099010100\n grub,9\n", "5",
	      "started");
}

static void at_boot(const char *name, const char *held, const char *end)
{
	level(name, held, "9", end);
}

static void self_check(void)
{
	at_boot("level-shim-5", "sbat,1,2099010100\nshim,5\n", "off");
	at_boot("level-shim-4", "sbat,1,2099010100\nshim,4\n", "started");
	at_boot("level-shim-debian-2", "sbat,1,2099010100\nshim.debian,2\n",
		"off");
	at_boot("level-shim-other-2", "sbat,1,2099010100\nshim.other,2\n",
		"started");
	at_boot("level-sbat-2", "sbat,2,2021030218\n", "off");
	at_boot("level-sbat-10", "sbat,10,2021030218\n", "off");
	at_boot("level-row-of-one-column", "sbat,1,2099010100\nshim\n",
		"off");
	at_boot("level-empty-generation", "sbat,1,2099010100\nshim,\n",
		"off");
	at_boot("level-empty-component", "sbat,1,2099010100\n,1\n", "off");
}

static void more_self_checks(void)
{
	struct around a = red_db();
	struct bytes old = raw(real_file("shim").data, real_file("shim").len);
	size_t len, at = section_of(old, ".sbat", &len);

	a.level = text("sbat,1,2099010100\nshim,5\n");
	a.sb_state = hex("01");
	add_stage("71", "level-shim-5-insecure", of_grub("9"), &a,
		  "off");
	a = red_db();
	a.level = text("sbat,1,2099010100\nshim,5\n");
	a.t.mode = "setup";
	add_stage("71", "level-shim-5-setup-mode", of_grub("9"), &a,
		  "started");
	/* S-10: a shim of generation 3. */
	for (; memcmp(old.data + at, "shim,4", 6) != 0; at++)
		;
	old.data[at + 5] = '3';
	a = red_db();
	a.shim = old;
	a.level = text("sbat,1,2024010900\nshim,4\ngrub,3\ngrub.debian,4\n");
	add_stage("71", "shim-3-level-2024", of_grub("9"), &a, "off");
	a.level = (struct bytes){ 0 };
	add_stage("71", "shim-3-no-level", of_grub("9"), &a, "off");
}

/* policy: `proxmox` is a component that only the newest level names. */
static void policy(const char *name, struct bytes value, const char *held,
		   const char *mode, const char *proxmox, const char *end)
{
	struct around a = red_db();
	char sbat[256];
	struct stage s;

	snprintf(sbat, sizeof(sbat), "%sgrub.proxmox,%s" ROW, sbat_head,
		 proxmox);
	s = stage(sbat);
	a.policy = value;
	if (held)
		a.level = text(held);
	a.t.mode = mode;
	add_stage("68", name, under_red(&s), &a, end);
}

static void policies(void)
{
	policy("policy-none", (struct bytes){ 0 }, NULL, NULL, "1",
	       "started");
	policy("policy-latest", hex("01"), NULL, NULL, "1", "mm");
	policy("policy-latest-good", hex("01"), NULL, NULL, "2", "started");
	policy("policy-latest-two-bytes", hex("0102"), NULL, NULL, "1",
	       "mm");
	policy("policy-latest-level-newer", hex("01"), "sbat,1,2099010100\n",
	       NULL, "1", "started");
	policy("policy-latest-level-between", hex("01"),
	       "sbat,1,2025040100\n", NULL, "1", "mm");
	policy("policy-automatic", hex("02"), NULL, NULL, "1", "started");
	policy("policy-automatic-level-newest", hex("02"),
	       "sbat,1,2025051000\nshim,4\ngrub,5\ngrub.proxmox,2\n", NULL,
	       "1", "mm");
	policy("policy-reset-refused", hex("03"),
	       "sbat,1,2025051000\nshim,4\ngrub,5\ngrub.proxmox,2\n", NULL,
	       "1", "mm");
	policy("policy-reset-in-setup-mode", hex("03"),
	       "sbat,1,2099010100\n", "setup", "1", "started");
	policy("policy-unknown", hex("09"), NULL, NULL, "1", "started");
	policy("no-policy-in-setup-mode", (struct bytes){ 0 },
	       "sbat,1,2099010100\n", "setup", "1", "started");
	policy("policy-latest-in-setup-mode", hex("01"), NULL, "setup", "1",
	       "started");
}

static void attributes(void)
{
	struct around a = red_db();

	a.lab_alone = true;
	a.level = text("sbat,1,2099010100\ngrub,9\n");
	a.level_as = "7";
	add_stage("68", "level-at-runtime", of_grub("5"), &a,
		  "started");
	a.level_as = "2";
	add_stage("68", "level-volatile", of_grub("5"), &a, "started");
	a.level_as = "6";
	add_stage("68", "level-volatile-at-runtime", of_grub("5"), &a,
		  "started");
}

void level_stages(void)
{
	which_level();
	odd_levels();
	self_check();
	more_self_checks();
	policies();
	attributes();
}
