/* shim's decision: lists by digest, SBAT, levels, and what is unknown.
 *
 * Expected values: UEFI-59 to UEFI-71 and UEFI-116 of docs/rules/uefi.md, by
 * hand. The shim binary is made here, section by section.
 */
#include "tests/model.h"

#include <string.h>

static struct kf_bytes plain, none, shim;
static struct kf_verdict verdict;
static struct kf_store store;

static void put_text(struct kf_bytes to, size_t at, const char *text)
{
	for (size_t i = 0; text[i]; i++)
		model_poke(to, at + i, 1, (uint8_t)text[i]);
}

/* section writes one section header. */
static void section(struct kf_bytes file, unsigned index, const char *name,
		    size_t at, size_t len)
{
	size_t header = model_section_at(file) + 40 * index;

	model_poke(file, header, 8, 0);
	put_text(file, header, name);
	model_poke(file, header + 8, 4, len);
	model_poke(file, header + 16, 4, len);
	model_poke(file, header + 20, 4, at);
}

/* make_shim: an empty vendor's table, shim's rows, and both levels. The long
 * names stand behind the symbols, of which there are none. */
static struct kf_bytes make_shim(const char *sbat, const char *automatic,
				 const char *latest)
{
	enum { VENDOR_AT = 0x240, SBAT_AT = 0x280, LEVEL_AT = 0x380,
	       NAMES_AT = 0x480, LEN = 0x4c0 };
	struct model_image spec = { .tail = LEN - 0x240 };
	struct kf_bytes file = model_image(&spec);
	size_t coff = model_optional_at(file) - 20;

	for (size_t i = VENDOR_AT; i < LEN; i++)
		model_poke(file, i, 1, 0);
	model_poke(file, coff + 2, 2, 4);
	model_poke(file, coff + 8, 4, NAMES_AT);
	model_poke(file, coff + 12, 4, 0);
	section(file, 1, "/4", VENDOR_AT, 16);
	section(file, 2, ".sbat", SBAT_AT, strlen(sbat));
	section(file, 3, "/17", LEVEL_AT, 0x100);
	put_text(file, NAMES_AT + 4, ".vendor_cert");
	put_text(file, NAMES_AT + 17, ".sbatlevel");
	model_poke(file, VENDOR_AT + 8, 4, 16);
	model_poke(file, VENDOR_AT + 12, 4, 16);
	put_text(file, SBAT_AT, sbat);
	model_poke(file, LEVEL_AT + 4, 4, 8);
	model_poke(file, LEVEL_AT + 8, 4, 0x80);
	put_text(file, LEVEL_AT + 12, automatic);
	put_text(file, LEVEL_AT + 4 + 0x80, latest);
	return file;
}

/* with_vendor is the shim with lists of its vendor's, behind all else. */
static struct kf_bytes with_vendor(struct kf_bytes lists)
{
	struct kf_bytes file = model_join(shim, model_fill(16, 0));
	size_t at = shim.len;

	model_poke(file, at, 4, lists.len);
	model_poke(file, at + 8, 4, 16);
	model_poke(file, at + 12, 4, 16 + lists.len);
	file = model_join(file, lists);
	section(file, 1, "/4", at, 16 + lists.len);
	return file;
}

/* show puts a part as a running system sees it. */
static void show(const char *name, struct kf_bytes bytes)
{
	struct kf_part part = { .name = name, .presence = KF_PRESENT,
				.bytes = bytes, .shown = true };

	assert_true(kf_store_put(&store, &part));
}

/* with_sbat is an image whose one section is its SBAT. */
static struct kf_bytes with_sbat(const char *rows)
{
	struct kf_bytes file = model_copy(plain);

	assert_true(strlen(rows) <= MODEL_SECTION_LEN);
	for (size_t i = 0; i < MODEL_SECTION_LEN; i++)
		model_poke(file, MODEL_HEADERS_LEN + i, 1, 0);
	put_text(file, MODEL_HEADERS_LEN, rows);
	model_poke(file, model_section_at(file), 8, 0);
	put_text(file, model_section_at(file), ".sbat");
	return file;
}

static struct kf_bytes hash(struct kf_bytes file)
{
	return model_list(model_sha256, model_image_digest(KF_SHA256, file));
}

static int open_shim(void **state)
{
	struct model_image spec = { .characteristics = 0x2e };
	struct kf_store complete = { .complete = true };

	model_open(state);
	none = kf_view(NULL, 0);
	plain = model_image(&spec);
	shim = make_shim("sbat,1,a,b,c,d\nshim,4,a,b,c,d\n",
			 "sbat,1,2025021800\nshim,4\ngrub,5\n",
			 "sbat,1,2025051000\nshim,4\ngrub,5\ngrub.x,2\n");
	store = complete;
	model_put(&store, "pk", model_fill(1, 1));
	model_put(&store, "shim", shim);
	return 0;
}

static bool accepts(struct kf_bytes file, const char *rules)
{
	return model_ask(&verdict, file, &store, rules) == KF_ACCEPT;
}

static bool refused(struct kf_bytes file, const char *slug)
{
	return model_ask(&verdict, file, &store, "shim-16.1") == KF_REJECT &&
	       model_same(verdict.why.reason->slug, slug);
}

static bool waits_for(struct kf_bytes file, const char *part)
{
	return model_ask(&verdict, file, &store, "shim-16.1") ==
	       KF_UNDECIDED &&
	       model_same(verdict.why.reason->slug, "store-part-unknown") &&
	       model_same(verdict.why.evidence[0].name, part);
}

static void level(const char *text)
{
	model_put(&store, "sbat-level", kf_text(text));
}

static const char grub_5[] = "grub,5,a,b,c,d\n";
static const char grub_4[] = "grub,4,a,b,c,d\n";

/* UEFI-63. */
static void a_digest_in_db_or_among_the_moks_is_allowed(void **state)
{
	struct kf_bytes file = with_sbat(grub_5);

	assert_true(refused(file, "signature-missing"));
	model_put(&store, "db", hash(file));
	assert_true(accepts(file, "shim-16.1"));
	model_put(&store, "mok-db-state", model_fill(1, 1));
	assert_true(refused(file, "signature-missing"));
	model_put(&store, "mok", hash(file));
	assert_true(accepts(file, "shim-16.1"));
	assert_true(model_same(verdict.why.evidence[1].name, "mok"));
}

/* UEFI-62. */
static void a_digest_in_dbx_or_mokx_is_forbidden(void **state)
{
	struct kf_bytes file = with_sbat(grub_5);

	model_put(&store, "db", hash(file));
	model_put(&store, "mokx", hash(file));
	assert_true(refused(file, "image-hash-revoked"));
	model_put(&store, "mokx", none);
	model_put(&store, "dbx", hash(file));
	assert_true(refused(file, "image-hash-revoked"));
	model_put(&store, "dbx", hash(with_sbat(grub_4)));
	assert_true(accepts(file, "shim-16.1"));
}

/* UEFI-64, UEFI-65, UEFI-66. */
static void sbat_is_wanted_sound_and_of_the_level(void **state)
{
	struct kf_bytes old = with_sbat(grub_4);
	struct kf_bytes bad = with_sbat("grub,5,a,b,c\n");
	struct kf_bytes all = model_join(model_join(hash(old), hash(bad)),
					 hash(plain));

	model_put(&store, "db", all);
	assert_true(refused(old, "sbat-revoked"));
	assert_true(refused(bad, "sbat-malformed"));
	assert_true(refused(plain, "sbat-missing"));
	assert_true(kf_store_set(&store, "via", "protocol"));
	assert_true(accepts(plain, "shim-16.1"));
	assert_true(refused(old, "sbat-revoked"));
}

/* UEFI-68: the date alone decides. */
static void a_later_level_stays_and_an_earlier_one_goes(void **state)
{
	struct kf_bytes old = with_sbat(grub_4);

	model_put(&store, "db", hash(old));
	level("sbat,1,2025021800\n");		/* as late: kept */
	assert_true(accepts(old, "shim-16.1"));
	level("sbat,1,2025021799\ngrub,1\n");
	assert_true(refused(old, "sbat-revoked"));
	level("sbat,1,2099010100\ngrub,4\n");
	assert_true(accepts(old, "shim-16.1"));
	level("sbat,0,2099010100,\n");		/* kept, for its date */
	assert_true(accepts(old, "shim-16.1"));
	level("grub,1,2099010100,,,,,\n");	/* no level */
	assert_true(refused(old, "sbat-revoked"));
}

/* UEFI-68: 1 asks for the latest, which has other rows. */
static void the_policy_chooses_the_latest(void **state)
{
	struct kf_bytes file = with_sbat("grub.x,1,a,b,c,d\n");

	model_put(&store, "db", hash(file));
	assert_true(accepts(file, "shim-16.1"));
	model_put(&store, "sbat-policy", model_fill(1, 2));
	assert_true(accepts(file, "shim-16.1"));
	model_put(&store, "sbat-policy", model_fill(1, 1));
	assert_true(refused(file, "sbat-revoked"));
	/* 15.6 has no such section. */
	assert_true(accepts(file, "shim-15.6"));
}

/* UEFI-71, and UEFI-60: before MokSBState is known. */
static void a_level_that_revokes_shim_stops_it(void **state)
{
	struct kf_bytes file = with_sbat(grub_5);

	model_put(&store, "db", hash(file));
	level("sbat,1,2099010100\nshim,5\n");
	assert_true(refused(file, "shim-revoked"));
	model_put(&store, "mok-sb-state", model_fill(1, 1));
	assert_true(refused(file, "shim-revoked"));
	level("sbat,1,2099010100\nshim\n");
	assert_true(refused(file, "sbat-level-malformed"));
	assert_true(kf_store_set(&store, "secure-boot", "off"));
	assert_true(accepts(file, "shim-16.1"));
	assert_true(verdict.not_enforced);
}

/* UEFI-59. */
static void without_validation_all_starts_that_can_be_laid_out(void **state)
{
	model_put(&store, "mok-sb-state", model_fill(2, 1));
	assert_true(refused(plain, "signature-missing"));
	model_put(&store, "mok-sb-state", model_fill(1, 1));
	assert_true(accepts(plain, "shim-16.1"));
	assert_true(verdict.not_enforced);
	assert_int_equal(verdict.enforced_answer, KF_REJECT);
	model_poke(plain, model_optional_at(plain) + 16, 4, 0x1fff);
	assert_true(refused(plain, "load-layout"));
}

/* The contract: unknown where completions differ. */
static void a_missing_part_is_waited_for(void **state)
{
	struct kf_bytes file = with_sbat(grub_5);

	memset(&store, 0, sizeof(store));
	model_put(&store, "db", hash(file));
	assert_true(waits_for(file, "shim"));
	model_put(&store, "shim", shim);
	assert_true(waits_for(file, "dbx"));
	model_put(&store, "dbx", none);
	assert_true(waits_for(file, "mokx"));
	model_put(&store, "mokx", none);
	assert_true(waits_for(file, "sbat-level"));
	model_put(&store, "sbat-level", none);
	assert_true(waits_for(file, "mok"));
	model_put(&store, "mok", none);
	assert_true(waits_for(file, "mok-db-state"));
	/* In both lists it does not matter whether one is ignored. */
	model_put(&store, "mok", hash(file));
	assert_true(accepts(file, "shim-16.1"));
	model_put(&store, "mokx", hash(file));
	assert_true(refused(file, "image-hash-revoked"));
}

/* UEFI-63: MokListRT is the vendor's own with MokList behind it. */
static void what_shim_shows_is_the_owners_behind_its_own(void **state)
{
	struct kf_bytes file = with_sbat(grub_5);
	struct kf_bytes vendor = hash(with_sbat("vendor,1,a,b,c,d\n"));
	struct kf_bytes other = hash(with_sbat("other,1,a,b,c,d\n"));

	model_put(&store, "shim", with_vendor(vendor));
	show("mok", vendor);
	assert_true(refused(file, "signature-missing"));
	show("mok", model_join(vendor, hash(file)));
	assert_true(accepts(file, "shim-16.1"));
	assert_true(accepts(file, "shim-15.6"));
	/* Another shim ran: its own cannot be told from the owner's. */
	show("mok", model_join(other, hash(file)));
	assert_true(waits_for(file, "mok"));
	show("mok", model_join(other, vendor));
	assert_true(waits_for(file, "mok"));
	show("mok", vendor);
	show("mokx", hash(file));
	model_put(&store, "db", hash(file));
	assert_true(waits_for(file, "mokx"));
	show("mokx", none);
	assert_true(accepts(file, "shim-16.1"));
}

/* UEFI-116. */
static void a_list_of_size_zero_stops_shim(void **state)
{
	struct kf_bytes file = with_sbat(grub_5);
	struct kf_bytes list = hash(file);

	model_poke(list, 0, 1, 0);	/* of no type that is searched */
	model_poke(list, 16, 4, 0);
	model_put(&store, "db", hash(file));
	model_put(&store, "mokx", list);
	assert_true(refused(file, "verifier-fault"));
}

/* UEFI-8: a tail without a table is hashed since 16.1. */
static void the_tail_of_an_unsigned_file_counts_since_16_1(void **state)
{
	struct kf_bytes file = with_sbat(grub_5);
	struct kf_bytes longer = model_join(file, model_fill(3, 't'));
	struct kf_bytes padded = model_join(longer, model_fill(5, 0));

	model_put(&store, "db", hash(file));
	assert_true(refused(longer, "signature-missing"));
	assert_true(accepts(longer, "shim-15.8"));
	model_put(&store, "db", hash(padded));
	assert_true(accepts(longer, "shim-16.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define SHIM_TEST(name) cmocka_unit_test_setup(name, open_shim)
		SHIM_TEST(a_digest_in_db_or_among_the_moks_is_allowed),
		SHIM_TEST(a_digest_in_dbx_or_mokx_is_forbidden),
		SHIM_TEST(sbat_is_wanted_sound_and_of_the_level),
		SHIM_TEST(a_later_level_stays_and_an_earlier_one_goes),
		SHIM_TEST(the_policy_chooses_the_latest),
		SHIM_TEST(a_level_that_revokes_shim_stops_it),
		SHIM_TEST(without_validation_all_starts_that_can_be_laid_out),
		SHIM_TEST(a_missing_part_is_waited_for),
		SHIM_TEST(what_shim_shows_is_the_owners_behind_its_own),
		SHIM_TEST(a_list_of_size_zero_stops_shim),
		SHIM_TEST(the_tail_of_an_unsigned_file_counts_since_16_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
