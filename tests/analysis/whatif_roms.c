/* What a log tells of option ROMs, and what becomes of them. Logs are made
 * here.
 *
 * Source: docs/rules/uefi.md, UEFI-30 (a digest in dbx), UEFI-32 and
 * UEFI-33 (of a certificate), UEFI-34 (db), UEFI-74;
 * tianocore/edk2 edk2-stable202211, DxeImageVerificationLib.c:IsAllowedByDb,
 * IsCertHashFoundInDbx, PassTimestampCheck (a time of zero counts always);
 * TCG PC Client Platform Firmware Profile 1.06, 10.2 (records).
 */
#include "analysis/whatif_roms.h"

#include "core/eventlog.h"

#include <keyfit/host.h>

#include <openssl/sha.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LOG_MAX = 1 << 16, LIST_HEADER = 28, OWNER = 16, SHA = 32 };

#define SHA256_TYPE "\x26\x16\xc4\xc1\x4c\x50\x92\x40" \
		    "\xac\xa9\x41\xf9\x36\x93\x43\x28"
#define X509_SHA256_TYPE "\x92\xa4\xd2\x3b\xc0\x96\x79\x40" \
			 "\xb4\x20\xfc\xf9\x8e\xf1\x03\xed"

static const struct kf_crypto *crypto;
static struct kf_text_file signer;	/* one list with one certificate */
static uint8_t log_bytes[LOG_MAX];
static size_t log_len;
static struct kf_store store;
static uint8_t dbx[256];
static struct kf_rom rom[KF_ROMS_MAX];
static bool more;
static uint8_t rom_digest[SHA], other[SHA];

static void put(const void *data, size_t len)
{
	assert_true(len <= LOG_MAX - log_len);
	memcpy(log_bytes + log_len, data, len);
	log_len += len;
}

static void put_le(uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++, value >>= 8) {
		uint8_t byte = (uint8_t)value;

		put(&byte, 1);
	}
}

static void put_event(uint32_t pcr, uint32_t type, const uint8_t *digest,
		      size_t len)
{
	put_le(pcr, 4);
	put_le(type, 4);
	put_le(1, 4);
	put_le(0x0b, 2);
	put(digest, SHA);
	put_le(len, 4);
}

/* start begins a log of one bank, SHA-256, for a device with these keys. */
static void start(void)
{
	struct kf_store none = { .complete = true };
	struct kf_part pk = { .name = "pk", .presence = KF_PRESENT,
			      .bytes = signer.bytes };
	struct kf_part db = { .name = "db", .presence = KF_PRESENT,
			      .bytes = signer.bytes };
	static const uint8_t zeros[20];

	store = none;
	assert_true(kf_store_put(&store, &pk) && kf_store_put(&store, &db));
	log_len = 0;
	put_le(0, 4);
	put_le(KF_EV_NO_ACTION, 4);
	put(zeros, 20);
	put_le(16 + 4 + 4 + 4 + 4 + 1, 4);
	put("Spec ID Event03", 16);
	put_le(0, 4);
	put_le(0x02000200, 4);
	put_le(1, 4);
	put_le(0x0b, 2);
	put_le(SHA, 2);
	put_le(0, 1);
}

/* measure_entry: an entry of db, owner and data, was needed. */
static void measure_entry(const uint8_t *data, size_t len)
{
	static const uint8_t guid[16];

	put_event(7, KF_EV_VARIABLE_AUTHORITY, other, 16 + 8 + 8 + 4 + len);
	put(guid, 16);
	put_le(2, 8);
	put_le(len, 8);
	put("d\0b", 4);
	put(data, len);
}

static void measure_certificate(void)
{
	measure_entry(signer.bytes.data + LIST_HEADER,
		      signer.bytes.len - LIST_HEADER);
}

static void start_rom(void)
{
	put_event(2, KF_EV_BOOT_DRIVER, rom_digest, 0);
}

/* make_list makes a list of one entry: `len` bytes behind an owner. */
static struct kf_bytes make_list(const char *type, const uint8_t *data,
				 uint8_t len)
{
	memset(dbx, 0, sizeof(dbx));
	memcpy(dbx, type, 16);
	dbx[16] = (uint8_t)(LIST_HEADER + OWNER + len);
	dbx[24] = (uint8_t)(OWNER + len);
	memcpy(dbx + LIST_HEADER + OWNER, data, len);
	return kf_view(dbx, (size_t)LIST_HEADER + OWNER + len);
}

static void give(const char *name, enum kf_presence presence,
		 struct kf_bytes bytes)
{
	struct kf_part part = { .name = name, .presence = presence,
				.bytes = bytes };

	assert_true(kf_store_put(&store, &part));
}

static size_t roms(void)
{
	return kf_roms(rom, &more, kf_view(log_bytes, log_len), &store,
		       crypto);
}

/* one is what becomes of the one ROM of a log. */
static enum kf_answer one(void)
{
	assert_int_equal(roms(), 1);
	assert_false(more);
	return rom[0].answer;
}

static void with_certificate(void)
{
	start();
	measure_certificate();
	start_rom();
}

static void it_starts_as_long_as_its_entry_is_left(void **state)
{
	with_certificate();
	assert_int_equal(one(), KF_ACCEPT);
	assert_int_equal(rom[0].certificate.len,
			 signer.bytes.len - LIST_HEADER - OWNER);
	give("db", KF_PRESENT, make_list(SHA256_TYPE, other, SHA));
	assert_int_equal(one(), KF_REJECT);
	give("db", KF_ABSENT, kf_view(NULL, 0));
	assert_int_equal(one(), KF_REJECT);
	give("pk", KF_ABSENT, kf_view(NULL, 0));
	assert_int_equal(one(), KF_ACCEPT);
}

static void dbx_counts_before_db(void **state)
{
	with_certificate();
	give("dbx", KF_PRESENT, signer.bytes);
	assert_int_equal(one(), KF_REJECT);
	give("dbx", KF_PRESENT, make_list(SHA256_TYPE, other, SHA));
	assert_int_equal(one(), KF_ACCEPT);
}

static void what_is_not_known_decides_nothing(void **state)
{
	with_certificate();
	give("dbx", KF_UNKNOWN, kf_view(NULL, 0));
	assert_int_equal(one(), KF_UNDECIDED);
	give("dbx", KF_ABSENT, kf_view(NULL, 0));
	give("db", KF_UNKNOWN, kf_view(NULL, 0));
	assert_int_equal(one(), KF_UNDECIDED);
	/* In dbx it is refused, whatever db has. */
	give("dbx", KF_PRESENT, signer.bytes);
	assert_int_equal(one(), KF_REJECT);
	/* Behind damage there may be anything. */
	give("db", KF_PRESENT, signer.bytes);
	give("dbx", KF_PRESENT, kf_part_of(signer.bytes, 0, 40));
	assert_int_equal(one(), KF_UNDECIDED);
}

static void a_certificate_is_revoked_by_its_digest(void **state)
{
	struct kf_bytes der = kf_part_of(signer.bytes, LIST_HEADER + OWNER,
					 signer.bytes.len - LIST_HEADER -
					 OWNER);
	const unsigned char *at = der.data;
	X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
	unsigned char *tbs = NULL;
	uint8_t entry[SHA + 16] = { 0 };
	int len;

	assert_non_null(x509);
	len = i2d_re_X509_tbs(x509, &tbs);
	assert_true(len > 0);
	SHA256(tbs, (size_t)len, entry);
	OPENSSL_free(tbs);
	X509_free(x509);
	with_certificate();
	give("dbx", KF_PRESENT, make_list(X509_SHA256_TYPE, entry,
					  sizeof(entry)));
	assert_int_equal(one(), KF_REJECT);
	/* Since a time: a time stamp before that lets it pass, if dbt knows
	 * the stamp's certificate. */
	entry[SHA] = 0xe8;
	entry[SHA + 1] = 7;
	give("dbx", KF_PRESENT, make_list(X509_SHA256_TYPE, entry,
					  sizeof(entry)));
	assert_int_equal(one(), KF_REJECT);
	give("dbt", KF_PRESENT, signer.bytes);
	assert_int_equal(one(), KF_UNDECIDED);
	entry[0] ^= 1;
	give("dbx", KF_PRESENT, make_list(X509_SHA256_TYPE, entry,
					  sizeof(entry)));
	assert_int_equal(one(), KF_ACCEPT);
}

static void the_rom_itself_is_revoked(void **state)
{
	uint8_t entry[OWNER + SHA] = { 0 };

	/* Which digest its signature is over, the log does not tell. */
	with_certificate();
	give("dbx", KF_PRESENT, make_list(SHA256_TYPE, rom_digest, SHA));
	assert_int_equal(one(), KF_UNDECIDED);
	/* Allowed by its digest, it is refused by the same. */
	memcpy(entry + OWNER, rom_digest, SHA);
	start();
	measure_entry(entry, sizeof(entry));
	start_rom();
	give("db", KF_PRESENT, make_list(SHA256_TYPE, rom_digest, SHA));
	assert_int_equal(one(), KF_ACCEPT);
	assert_int_equal(rom[0].certificate.len, 0);
	give("dbx", KF_PRESENT, make_list(SHA256_TYPE, rom_digest, SHA));
	assert_int_equal(one(), KF_REJECT);
}

static void which_entry_a_later_one_needed_is_not_told(void **state)
{
	uint8_t entry[OWNER + SHA] = { 0 };

	memcpy(entry + OWNER, other, SHA);
	start();
	measure_certificate();
	start_rom();
	measure_entry(entry, sizeof(entry));
	start_rom();
	start_rom();
	assert_int_equal(roms(), 3);
	assert_int_equal(rom[0].answer, KF_ACCEPT);
	assert_int_equal(rom[1].answer, KF_REJECT);
	assert_int_equal(rom[2].answer, KF_UNDECIDED);
	assert_int_equal(rom[2].authority.len, 0);
}

static void only_option_roms_count(void **state)
{
	start();
	measure_certificate();
	put_event(4, KF_EV_BOOT_DRIVER, rom_digest, 0);
	put_event(4, KF_EV_APPLICATION, rom_digest, 0);
	assert_int_equal(roms(), 0);
	/* One without any entry was started with Secure Boot off. */
	start();
	start_rom();
	assert_int_equal(one(), KF_UNDECIDED);
	start();
	measure_certificate();
	for (size_t i = 0; i <= KF_ROMS_MAX; i++)
		start_rom();
	assert_int_equal(roms(), KF_ROMS_MAX);
	assert_true(more);
}

static int open_all(void **state)
{
	struct kf_fault why = { "", "" };

	memset(rom_digest, 0x52, SHA);
	memset(other, 0x4f, SHA);
	crypto = kf_openssl_open(&why);
	return crypto && kf_text_file_read(&signer, CORPUS "/store-esl/x509",
					   1 << 20, &why) == KF_OK ? 0 : -1;
}

static int close_all(void **state)
{
	kf_text_file_close(&signer);
	kf_openssl_close(crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_as_long_as_its_entry_is_left),
		cmocka_unit_test(dbx_counts_before_db),
		cmocka_unit_test(what_is_not_known_decides_nothing),
		cmocka_unit_test(a_certificate_is_revoked_by_its_digest),
		cmocka_unit_test(the_rom_itself_is_revoked),
		cmocka_unit_test(which_entry_a_later_one_needed_is_not_told),
		cmocka_unit_test(only_option_roms_count),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
