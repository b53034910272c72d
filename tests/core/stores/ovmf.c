/* Variable stores: what Debian's hold, what becomes of damage, and copies with
 * other variables.
 */
#include "core/ovmf.h"

#include <keyfit/host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEBIAN "/usr/share/OVMF/"

enum { SMALL_LEN = 4096, USED_LEN = 640 };

static const struct kf_crypto *crypto;
static struct kf_work work;
static struct kf_store store;

/* header is that of Debian's stores, with the lengths of a small one. */
static const uint8_t header[100] = {
	[16] = 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
	0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50,
	0x00, 0x10, 0, 0, 0, 0, 0, 0, '_', 'F', 'V', 'H',
	0xff, 0xfe, 0x04, 0x00, 0x48, 0x00, 0x3a, 0xe9, 0, 0, 0, 2,
	1, 0, 0, 0, 0x00, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43,
	0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92,
	0xb8, 0x0f, 0, 0, 0x5a, 0xfe, 0, 0, 0, 0, 0, 0,
};
static const uint8_t dbx_bytes[76] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50,
				       [75] = 7 };
static const uint8_t db_bytes[44] = { 1, 2, 3 };
static const uint8_t one = 1;
static uint8_t empty[SMALL_LEN], small[SMALL_LEN];

static struct kf_ovmf_change change(const char *part, const void *bytes,
				    size_t len)
{
	struct kf_ovmf_change c = { .variable = kf_variable_of(part),
				    .bytes = kf_view(bytes, len),
				    .time = { 2024, 1, 2, 3, 4, 5 } };

	return c;
}

static void read_store(struct kf_bytes file)
{
	const struct kf_store_kind *kind = kf_store_kind_of(file);

	if (!kind)
		kind = kf_store_kind_at(0);
	assert_string_equal(kind->name, "ovmf");
	kf_store_read(&store, kind, file, &work.env);
	assert_int_equal(store.status, KF_OK);
}

static void holds(const char *name, const void *bytes, size_t len)
{
	const struct kf_part *part = kf_store_part(&store, name);

	assert_non_null(part);
	assert_int_equal(part->presence, KF_PRESENT);
	assert_true(kf_equal(part->bytes, kf_view(bytes, len)));
}

/* lost_nothing: dbx is what it was, or unknown; never absent. */
static bool lost_nothing(void)
{
	const struct kf_part *dbx = kf_store_part(&store, "dbx");

	switch (kf_store_presence(&store, "dbx")) {
	case KF_UNKNOWN:
		return store.num_damage > 0;
	case KF_PRESENT:
		return kf_equal(dbx->bytes, kf_view(dbx_bytes, 76));
	default:
		return false;
	}
}

static void make_small(void)
{
	struct kf_ovmf_change changes[] = {
		change("dbx", dbx_bytes, sizeof(dbx_bytes)),
		change("pk", db_bytes, sizeof(db_bytes)),
		change("db", db_bytes, sizeof(db_bytes)),
		change("secure-boot-enable", &one, 1),
	};

	memset(empty, 0xff, sizeof(empty));
	memcpy(empty, header, sizeof(header));
	assert_int_equal(kf_ovmf_write(small, kf_view(empty, SMALL_LEN),
				       changes, 4), KF_OK);
}

static void what_was_written_is_read_back(void **state)
{
	read_store(kf_view(small, SMALL_LEN));
	assert_int_equal(store.num_damage, 0);
	assert_int_equal(store.num_parts, 4);
	holds("dbx", dbx_bytes, sizeof(dbx_bytes));
	holds("db", db_bytes, sizeof(db_bytes));
	holds("secure-boot-enable", &one, 1);
	assert_int_equal(kf_store_part(&store, "pk")->attributes, 0x27);
	assert_int_equal(kf_store_part(&store, "pk")->time.year, 2024);
	assert_int_equal(kf_store_part(&store, "pk")->time.second, 5);
	assert_int_equal(kf_store_presence(&store, "dbt"), KF_ABSENT);
}

/* Names, vendor and attributes: rhboot/shim 16.1, mok.c and sbat.c. */
static void what_shim_keeps_is_read_too(void **state)
{
	static const char *const parts[] = {
		"mok", "mokx", "mok-sb-state", "mok-db-state", "sbat-level",
		"sbat-policy",
	};
	static uint8_t copy[SMALL_LEN];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct kf_ovmf_change c = change(parts[i], dbx_bytes, 76);

		assert_int_equal(kf_ovmf_write(copy, kf_view(small, SMALL_LEN),
					       &c, 1), KF_OK);
		read_store(kf_view(copy, SMALL_LEN));
		assert_int_equal(store.num_parts, 5);
		holds(parts[i], dbx_bytes, 76);
		assert_int_equal(kf_store_part(&store, parts[i])->attributes,
				 3);
	}
	read_store(kf_view(small, SMALL_LEN));
	assert_int_equal(kf_store_presence(&store, "mokx"), KF_ABSENT);
}

static void a_copy_keeps_what_is_not_named(void **state)
{
	static uint8_t copy[SMALL_LEN];
	struct kf_ovmf_change changes[] = {
		change("db", dbx_bytes, 10),
		{ .variable = kf_variable_of("dbx"), .absent = true },
	};

	assert_int_equal(kf_ovmf_write(copy, kf_view(small, SMALL_LEN),
				       changes, 2), KF_OK);
	read_store(kf_view(copy, SMALL_LEN));
	assert_int_equal(store.num_damage, 0);
	holds("db", dbx_bytes, 10);
	holds("pk", db_bytes, sizeof(db_bytes));
	assert_int_equal(kf_store_presence(&store, "dbx"), KF_ABSENT);
}

static void a_copy_that_does_not_fit_is_refused(void **state)
{
	static uint8_t copy[SMALL_LEN], big[SMALL_LEN];
	struct kf_ovmf_change fits = change("db", big, SMALL_LEN - 100 - 66);
	struct kf_ovmf_change not = change("db", big, SMALL_LEN - 100 - 65);

	assert_int_equal(kf_ovmf_write(copy, kf_view(empty, SMALL_LEN),
				       &fits, 1), KF_OK);
	read_store(kf_view(copy, SMALL_LEN));
	assert_int_equal(store.num_damage, 0);
	holds("db", big, SMALL_LEN - 100 - 66);
	assert_int_equal(kf_ovmf_write(copy, kf_view(empty, SMALL_LEN),
				       &not, 1), KF_TOO_MUCH);
}

static void a_damaged_image_is_not_written(void **state)
{
	static uint8_t copy[SMALL_LEN], bad[SMALL_LEN];

	memcpy(bad, small, SMALL_LEN);
	bad[100] = 0;
	assert_int_equal(kf_ovmf_write(copy, kf_view(bad, SMALL_LEN), NULL,
				       0), KF_WRONG_USE);
	assert_int_equal(kf_ovmf_write(copy, kf_view(bad, 100), NULL, 0),
			 KF_WRONG_USE);
}

static void no_cut_loses_a_part(void **state)
{
	static uint8_t copy[SMALL_LEN];

	for (size_t len = 44; len < SMALL_LEN; len++) {
		uint8_t *cut = copy + SMALL_LEN - len;

		memcpy(cut, small, len);
		read_store(kf_view(cut, len));
		if (!lost_nothing() || store.num_damage == 0 ||
		    kf_store_presence(&store, "pk") == KF_ABSENT)
			fail_msg("cut at %zu", len);
	}
}

/* The record of dbx is the first: bytes 100 to 243. A change of its own bytes
 * may make another variable of it, or another value. */
static void no_changed_byte_elsewhere_loses_dbx(void **state)
{
	enum { FROM = 100, TO = 100 + 60 + 8 + 76 };
	static uint8_t copy[SMALL_LEN];

	memcpy(copy, small, SMALL_LEN);
	for (size_t at = 0; at < SMALL_LEN; at++) {
		for (unsigned x = 1; x < (at < USED_LEN ? 256u : 3u); x++) {
			copy[at] = (uint8_t)(small[at] ^ x);
			if (at >= 16 && at < 32)
				continue;	/* no variable store at all */
			if (at >= 40 && at < 44)
				continue;
			read_store(kf_view(copy, SMALL_LEN));
			if ((at < FROM || at >= TO) && !lost_nothing())
				fail_msg("byte %zu ^ %u", at, x);
		}
		copy[at] = small[at];
	}
}

static void a_state_that_nothing_writes_is_not_absence(void **state)
{
	static uint8_t copy[SMALL_LEN];
	/* What clearing bit 7, then bit 6, and bits 0 and 1 can make. */
	static const uint8_t absent[] = { 0xff, 0xfe, 0xfd, 0xfc, 0x7f, 0x7e,
					  0x7d, 0x7c, 0x3d, 0x3c };

	memcpy(copy, small, SMALL_LEN);
	for (unsigned value = 0; value < 256; value++) {
		bool gone = memchr(absent, (int)value, sizeof(absent));
		enum kf_presence presence;

		copy[102] = (uint8_t)value;
		read_store(kf_view(copy, SMALL_LEN));
		presence = kf_store_presence(&store, "dbx");
		if (value == 0x3f || value == 0x3e)
			holds("dbx", dbx_bytes, sizeof(dbx_bytes));
		else if (presence == KF_PRESENT)
			fail_msg("state %x is in force", value);
		else if (presence == KF_ABSENT && !gone)
			fail_msg("state %x is taken for absent", value);
	}
}

/* append puts a second record behind the small store's last one. */
static void append(uint8_t *image, uint8_t state, const char *name,
		   const uint8_t *bytes, size_t len)
{
	struct kf_ovmf_change c = change(name, bytes, len);
	static uint8_t lone[SMALL_LEN];
	struct kf_ovmf s;
	struct kf_ovmf_walk w;
	struct kf_ovmf_record r;

	assert_int_equal(kf_ovmf_write(lone, kf_view(empty, SMALL_LEN), &c,
				       1), KF_OK);
	assert_true(kf_ovmf_find(&s, kf_view(image, SMALL_LEN)));
	w = kf_ovmf_walk(&s);
	while (kf_ovmf_next(&w, &r))
		;
	memcpy(image + w.at, lone + 100, 200);
	image[w.at + 2] = state;
}

static void the_first_of_two_records_in_force_is_read(void **state)
{
	static uint8_t copy[SMALL_LEN], other[SMALL_LEN];

	memcpy(copy, small, SMALL_LEN);
	append(copy, 0x3f, "dbx", db_bytes, sizeof(db_bytes));
	read_store(kf_view(copy, SMALL_LEN));
	holds("dbx", dbx_bytes, sizeof(dbx_bytes));

	copy[102] = 0x3e;
	read_store(kf_view(copy, SMALL_LEN));
	holds("dbx", db_bytes, sizeof(db_bytes));

	memcpy(copy, small, SMALL_LEN);
	copy[102] = 0x3e;
	append(copy, 0x7f, "dbx", db_bytes, sizeof(db_bytes));
	read_store(kf_view(copy, SMALL_LEN));
	holds("dbx", dbx_bytes, sizeof(dbx_bytes));
	append(copy, 0x3e, "dbx", db_bytes, sizeof(db_bytes));
	read_store(kf_view(copy, SMALL_LEN));
	holds("dbx", db_bytes, sizeof(db_bytes));
	/* A copy keeps the one that is read. */
	assert_int_equal(kf_ovmf_write(other, kf_view(copy, SMALL_LEN), NULL,
				       0), KF_OK);
	read_store(kf_view(other, SMALL_LEN));
	holds("dbx", db_bytes, sizeof(db_bytes));
}

static void another_vendors_dbx_is_none(void **state)
{
	static uint8_t copy[SMALL_LEN];

	memcpy(copy, small, SMALL_LEN);
	copy[144]++;
	read_store(kf_view(copy, SMALL_LEN));
	assert_int_equal(store.num_damage, 0);
	assert_int_equal(kf_store_presence(&store, "dbx"), KF_ABSENT);
}

static void a_name_that_stands_for_several_leaves_doubt(void **state)
{
	static uint8_t copy[SMALL_LEN];
	static const char *const parts[] = { "db", "dbx", "dbt" };

	/* "d" without a NUL, of the vendor of db. */
	memset(copy, 0xff, SMALL_LEN);
	memcpy(copy, small, 244);
	copy[136] = 2;
	copy[140] = 76 + 6;
	read_store(kf_view(copy, SMALL_LEN));
	assert_int_equal(store.num_damage, 1);
	assert_string_equal(store.damage[0].field, "NameSize");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(kf_store_presence(&store, parts[i]),
				 KF_UNKNOWN);
	assert_int_equal(kf_store_presence(&store, "pk"), KF_ABSENT);
	/* "dbx" and two NULs. */
	copy[136] = 10;
	copy[140] = 76 - 2;
	memmove(copy + 170, copy + 168, 74);
	copy[168] = 0;
	copy[169] = 0;
	read_store(kf_view(copy, SMALL_LEN));
	assert_int_equal(kf_store_presence(&store, "dbx"), KF_UNKNOWN);
	assert_int_equal(kf_store_presence(&store, "db"), KF_ABSENT);
}

static void secure_boot_itself_is_not_read_from_flash(void **state)
{
	struct kf_ovmf_change c = change("secure-boot", &one, 1);
	static uint8_t copy[SMALL_LEN];

	c.attributes = 7;
	assert_int_equal(kf_ovmf_write(copy, kf_view(small, SMALL_LEN), &c,
				       1), KF_OK);
	read_store(kf_view(copy, SMALL_LEN));
	assert_null(kf_store_part(&store, "secure-boot"));
}

static void two_stores_in_a_file_leave_doubt(void **state)
{
	static uint8_t twice[3 * SMALL_LEN];

	memset(twice, 0, sizeof(twice));
	memcpy(twice + SMALL_LEN, small, SMALL_LEN);
	read_store(kf_view(twice, sizeof(twice)));
	assert_int_equal(store.num_damage, 0);
	holds("dbx", dbx_bytes, sizeof(dbx_bytes));
	memcpy(twice + 2 * SMALL_LEN, small, SMALL_LEN);
	read_store(kf_view(twice, sizeof(twice)));
	assert_int_equal(store.num_damage, 1);
	assert_int_equal(kf_store_presence(&store, "dbx"), KF_UNKNOWN);
}

/* certificate_in tells whether a part holds a certificate of that digest. */
static bool certificate_in(const char *part, const char *sha256)
{
	const uint8_t *b = kf_store_part(&store, part)->bytes.data;
	size_t len = kf_store_part(&store, part)->bytes.len, at = 0;

	while (len - at > 44) {
		size_t list = b[at + 16] | (size_t)b[at + 17] << 8;
		struct kf_digest d;
		char hex[65];

		kf_digest_of(&d, crypto, KF_SHA256,
			     kf_view(b + at + 44, list - 44));
		for (size_t i = 0; i < 32; i++)
			snprintf(hex + 2 * i, 3, "%02x", d.bytes[i]);
		if (strcmp(hex, sha256) == 0)
			return true;
		at += list;
	}
	return false;
}

static void knows_microsofts_keys(const char *path)
{
	struct kf_text_file file;
	struct kf_fault why = { "", "" };

	if (kf_text_file_read(&file, path, 1 << 20, &why) != KF_OK)
		skip();
	read_store(file.bytes);
	assert_int_equal(store.num_damage, 0);
	assert_true(certificate_in("kek", "a1117f516a32cefcba3f2d1ace10a87972fd6bbe8fe0d0b996e09e65d802a503"));
	assert_true(certificate_in("db", "e8e95f0733a55e8bad7be0a1413ee23c51fcea64b3c8fa6a786935fddcc71961"));
	assert_true(certificate_in("db", "48e99b991f57fc52f76149599bff0a58c47154229b9f8d603ac40d3500248507"));
	assert_int_equal(kf_store_part(&store, "dbx")->bytes.len, 76);
	holds("secure-boot-enable", &one, 1);
	kf_text_file_close(&file);
}

static void debians_stores_hold_microsofts_keys(void **state)
{
	knows_microsofts_keys(DEBIAN "OVMF_VARS_4M.ms.fd");
	knows_microsofts_keys(DEBIAN "OVMF_VARS.ms.fd");
}

static void debians_empty_stores_have_no_key(const char *path)
{
	struct kf_text_file file;
	struct kf_fault why = { "", "" };

	if (kf_text_file_read(&file, path, 1 << 20, &why) != KF_OK)
		skip();
	read_store(file.bytes);
	assert_int_equal(store.num_damage, 0);
	assert_int_equal(store.num_parts, 0);
	assert_int_equal(kf_store_presence(&store, "pk"), KF_ABSENT);
	kf_text_file_close(&file);
}

static void debians_other_stores_are_empty(void **state)
{
	debians_empty_stores_have_no_key(DEBIAN "OVMF_VARS_4M.fd");
	debians_empty_stores_have_no_key(DEBIAN "OVMF_VARS.fd");
}

static void a_copy_of_debians_store_reads_the_same(void **state)
{
	struct kf_text_file file;
	struct kf_fault why = { "", "" };
	struct kf_store before;
	uint8_t *copy;

	if (kf_text_file_read(&file, DEBIAN "OVMF_VARS_4M.ms.fd", 1 << 20,
			      &why) != KF_OK)
		skip();
	copy = malloc(file.bytes.len);
	assert_non_null(copy);
	assert_int_equal(kf_ovmf_write(copy, file.bytes, NULL, 0), KF_OK);
	read_store(file.bytes);
	before = store;
	read_store(kf_view(copy, file.bytes.len));
	assert_int_equal(store.num_parts, before.num_parts);
	for (size_t i = 0; i < before.num_parts; i++)
		holds(before.part[i].name, before.part[i].bytes.data,
		      before.part[i].bytes.len);
	free(copy);
	kf_text_file_close(&file);
}

static int begin(void **state)
{
	struct kf_fault why = { "", "" };

	crypto = kf_openssl_open(&why);
	make_small();
	return crypto && kf_work_open(&work, 1 << 20, crypto, 0, &why) == KF_OK
		       ? 0 : -1;
}

static int end(void **state)
{
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_back),
		cmocka_unit_test(what_shim_keeps_is_read_too),
		cmocka_unit_test(a_copy_keeps_what_is_not_named),
		cmocka_unit_test(a_copy_that_does_not_fit_is_refused),
		cmocka_unit_test(a_damaged_image_is_not_written),
		cmocka_unit_test(no_cut_loses_a_part),
		cmocka_unit_test(no_changed_byte_elsewhere_loses_dbx),
		cmocka_unit_test(a_state_that_nothing_writes_is_not_absence),
		cmocka_unit_test(the_first_of_two_records_in_force_is_read),
		cmocka_unit_test(another_vendors_dbx_is_none),
		cmocka_unit_test(a_name_that_stands_for_several_leaves_doubt),
		cmocka_unit_test(secure_boot_itself_is_not_read_from_flash),
		cmocka_unit_test(two_stores_in_a_file_leave_doubt),
		cmocka_unit_test(debians_stores_hold_microsofts_keys),
		cmocka_unit_test(debians_other_stores_are_empty),
		cmocka_unit_test(a_copy_of_debians_store_reads_the_same),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, end);
}
