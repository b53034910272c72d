/* The header of an update, the attributes, and times. UEFI-43, UEFI-44,
 * UEFI-45, UEFI-46, UEFI-48.
 */
#include "update.h"

#include <stdio.h>

/* DB makes a seal of db with some members of its own. */
static struct seal seal_at(const char *time)
{
	struct seal s = db_seal();

	s.time = time;
	return s;
}

static void lengths(void)
{
	static const struct {
		const char *name;
		long add;
		const char *expect;
	} odd[] = {
		{ "length-one-more", 1, "r" }, { "length-one-less", -1, "r" },
		{ "length-eight-more", 8, "r" },
		{ "length-huge", 0x7fffffff, "r" },
		{ "length-to-the-end", 0, "r" },
	};
	struct seal s;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		s = db_seal();
		s.add_len = odd[i].add ? odd[i].add : (long)s.value.len;
		try_one("UEFI-43", odd[i].name, odd[i].expect, &base, &s);
	}
	s = db_seal();
	s.no_signature = true;
	try_one("UEFI-43", "length-24-no-signature", "r", &base, &s);
	s.add_len = -1;
	try_one("UEFI-43", "length-23", "r", &base, &s);
	s.add_len = -24;
	try_one("UEFI-43", "length-0", "r", &base, &s);
	s = db_seal();
	for (size_t len = 0; len <= 40; len += len == 16 || len == 24 ? 8
						    : len ? 15 : 1) {
		char name[32];

		snprintf(name, sizeof(name), "cut-to-%zu", len);
		put_case("UEFI-43", name, "r", &base, 1,
			 plain_write("db", 0x27, cut(sealed(&s).data, 0,
						     len)));
	}
	put_case("UEFI-43", "cut-to-39", "r", &base, 1,
		 plain_write("db", 0x27, cut(sealed(&s).data, 0, 39)));
}

static void fields(void)
{
	struct seal s = db_seal();

	try_one("UEFI-43", "good-update-of-db", "a", &base, &s);
	s.revision = 0xffff;
	try_one("UEFI-43", "revision-ffff", "a", &base, &s);
	s.revision = 0x0100;
	try_one("UEFI-43", "revision-1", "a", &base, &s);
	s = db_seal();
	s.type = 0x0ef0;
	try_one("UEFI-43", "type-pkcs1", "r", &base, &s);
	s.type = 0x0002;
	try_one("UEFI-43", "type-authenticode", "r", &base, &s);
	s = db_seal();
	s.guid = guid_rsa2048;
	try_one("UEFI-43", "certificate-type-rsa", "r", &base, &s);
	s.guid = "a7717414-c616-4977-9420-844712a735bf";
	try_one("UEFI-43", "certificate-type-rsa2048-sha256", "r", &base, &s);
	s = db_seal();
	s.garbage = zeros(600);
	try_one("UEFI-43", "signature-of-zeros", "r", &base, &s);
	s.garbage = hex("30");
	try_one("UEFI-43", "signature-of-one-byte", "r", &base, &s);
}

static void signed_bytes(void)
{
	struct seal s = db_seal();

	s.signed_var = "dbx";
	try_one("UEFI-48", "signed-for-dbx", "r", &base, &s);
	s = db_seal();
	s.other_vendor = true;
	try_one("UEFI-48", "signed-for-other-vendor", "r", &base, &s);
	s = db_seal();
	s.name_with_end = true;
	try_one("UEFI-48", "signed-name-with-end", "r", &base, &s);
	s = db_seal();
	s.signed_time = "20210101000001";
	try_one("UEFI-48", "signed-for-other-time", "r", &base, &s);
	s = db_seal();
	s.signed_value = hash_of(7);
	try_one("UEFI-48", "signed-for-other-value", "r", &base, &s);
	s = db_seal();
	s.signed_value = zeros(0);
	try_one("UEFI-48", "signed-for-no-value", "r", &base, &s);
	s = db_seal();
	s.by.bad_signature = true;
	try_one("UEFI-48", "signature-one-bit-off", "r", &base, &s);
	s = db_seal();
	s.signed_attributes = 0x67;
	try_one("UEFI-48", "append-written-as-replacement", "r", &base, &s);
	s = db_seal();
	s.attributes = 0x67;
	try_one("UEFI-48", "good-append", "a", &base, &s);
	s.signed_attributes = 0x27;
	try_one("UEFI-48", "replacement-written-as-append", "r", &base, &s);
	s.signed_attributes = 0x07;
	try_one("UEFI-48", "signed-without-authentication-bit", "r", &base,
		&s);
}

/* written tries one signature under other attributes. */
static void attributes(void)
{
	static const struct {
		unsigned bits;
		const char *expect, *absent;
	} odd[] = {
		{ 0x07, "r", "r" }, { 0x37, "r", "r" }, { 0x17, "r", "r" },
		{ 0x26, "r", "r" }, { 0x23, "r", "r" }, { 0x25, "r", "r" },
		{ 0x21, "r", "r" }, { 0x20, "r", "r" }, { 0x47, "r", "r" },
		{ 0x2f, "r", "r" }, { 0xa7, "r", "r" }, { 0x63, "r", "r" },
	};
	char name[48];
	struct seal s;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		s = db_seal();
		s.attributes = odd[i].bits;
		snprintf(name, sizeof(name), "attributes-%02x-of-db",
			 odd[i].bits);
		try_one("UEFI-44", name, odd[i].expect, &base, &s);
		s.var = "dbt";
		snprintf(name, sizeof(name), "attributes-%02x-of-absent-dbt",
			 odd[i].bits);
		try_one("UEFI-44", name, odd[i].absent, &base, &s);
	}
	put_case("UEFI-44", "attributes-0", "r", &base, 1,
		 plain_write("db", 0, zeros(0)));
	put_case("UEFI-44", "empty-data-with-authentication", "r", &base, 1,
		 plain_write("db", 0x27, zeros(0)));
	put_case("UEFI-44", "empty-data-without-authentication", "r", &base,
		 1, plain_write("db", 0x07, zeros(0)));
	put_case("UEFI-44", "list-without-header", "r", &base, 1,
		 plain_write("db", 0x27, base.value[DB]));
	s = db_seal();
	s.attributes = 0x23;
	s.value = zeros(0);
	try_one("UEFI-44", "deletion-with-other-attributes", "r", &base, &s);
}

void header_updates(void)
{
	fields();
	lengths();
	signed_bytes();
	attributes();
}

static void odd_times(void)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t value;
		const char *expect;
	} odd[] = {
		{ "time-pad1", 7, 1, "r" }, { "time-nanosecond", 8, 1, "r" },
		{ "time-nanosecond-high", 11, 1, "r" },
		{ "time-zone", 12, 60, "r" }, { "time-zone-unset", 13, 7, "r" },
		{ "time-daylight", 14, 1, "r" }, { "time-pad2", 15, 1, "r" },
		{ "time-month-13", 2, 13, "a" }, { "time-day-0", 3, 0, "a" },
		{ "time-hour-99", 4, 99, "a" }, { "time-second-99", 6, 99, "a" },
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct seal s = db_seal();
		char name[48];

		s.odd_time = efi_time("20210101000000");
		s.odd_time.data[odd[i].at] = odd[i].value;
		try_one("UEFI-45", odd[i].name, odd[i].expect, &base, &s);
		s.attributes = 0x67;
		snprintf(name, sizeof(name), "append-%s", odd[i].name);
		try_one("UEFI-45", name, odd[i].expect, &base, &s);
	}
}

static struct write at(const char *var, unsigned attributes, const char *time,
		       struct bytes value)
{
	struct seal s = seal_at(time);

	s.var = var;
	s.attributes = attributes;
	s.value = value;
	return sealed(&s);
}

static void sequences(const struct keys *k)
{
	struct bytes v = base.value[DB], x = hash_of(20);

	put_case("UEFI-46", "append-earlier", "a", k, 1,
		 at("db", 0x67, "20100306191721", x));
	put_case("UEFI-46", "append-earlier-keeps-the-later-time", "ara", k,
		 3, at("db", 0x67, "20100306191721", x),
		 at("db", 0x27, "20150601120000", v),
		 at("db", 0x27, "20150601120001", v));
	put_case("UEFI-46", "append-later-moves-the-time", "arra", k, 4,
		 at("db", 0x67, "20220101000000", x),
		 at("db", 0x27, "20210101000000", v),
		 at("db", 0x27, "20220101000000", v),
		 at("db", 0x27, "20220101000001", v));
	put_case("UEFI-46", "append-equal-time", "ar", k, 2,
		 at("db", 0x67, "20150601120000", x),
		 at("db", 0x27, "20150601120000", v));
	put_case("UEFI-46", "same-update-twice", "ar", k, 2,
		 at("db", 0x27, "20210101000000", x),
		 at("db", 0x27, "20210101000000", x));
	put_case("UEFI-46", "same-append-twice", "aa", k, 2,
		 at("db", 0x67, "20210101000000", x),
		 at("db", 0x67, "20210101000000", x));
	put_case("UEFI-46", "deletion-forgets-the-time", "aa", k, 2,
		 at("db", 0x27, "20220101000000", zeros(0)),
		 at("db", 0x27, "20000101000000", x));
	put_case("UEFI-46", "refusal-keeps-the-time", "ra", k, 2,
		 at("db", 0x07, "20300101000000", x),
		 at("db", 0x27, "20210101000000", x));
	put_case("UEFI-46", "each-variable-has-its-time", "aar", k, 3,
		 at("db", 0x27, "20220101000000", x),
		 at("dbx", 0x27, "20210101000000", hash_of(2)),
		 at("db", 0x27, "20210101000000", x));
	put_case("UEFI-46", "known-append-moves-the-time", "ara", k, 3,
		 at("db", 0x67, "20220101000000", v),
		 at("db", 0x27, "20220101000000", x),
		 at("db", 0x27, "20220101000001", x));
	put_case("UEFI-46", "absent-takes-any-time", "a", k, 1,
		 at("dbt", 0x27, "00000000000000", x));
	/* UpdateVariable keeps the later of two times, and with nothing there
	 * to compare keeps none. */
	put_case("UEFI-46", "append-that-creates-keeps-no-time", "aaa", k, 3,
		 at("dbt", 0x67, "20100101000000", x),
		 at("dbt", 0x27, "20100101000000", x),
		 at("dbt", 0x27, "20100101000001", x));
}

void time_updates(void)
{
	static const struct {
		const char *name, *time, *expect;
	} times[] = {
		{ "time-equal", "20150601120000", "r" },
		{ "time-one-second-later", "20150601120001", "a" },
		{ "time-one-second-earlier", "20150601115959", "r" },
		{ "time-later-year-earlier-month", "20160101000000", "a" },
		{ "time-earlier-year-later-month", "20141231235959", "r" },
		{ "time-later-day-earlier-hour", "20150602000000", "a" },
		{ "time-later-month-earlier-day", "20150701000000", "a" },
		{ "time-earlier-day-later-hour", "20150531235959", "r" },
		{ "time-later-minute", "20150601120100", "a" },
		{ "time-year-9999", "99991231235959", "a" },
		{ "time-zero", "00000000000000", "r" },
	};
	struct keys k = base;

	odd_times();
	k.time[DB] = "20150601120000";
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct seal s = seal_at(times[i].time);

		try_one("UEFI-46", times[i].name, times[i].expect, &k, &s);
	}
	sequences(&k);
}
