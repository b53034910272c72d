/* What registers will hold: the log of one boot in, the values of the next
 * out.
 *
 * Logs are made here, by the rules that docs/rules/uefi.md tells: one for the
 * device as it was, one for the device as it will be. The value that is
 * predicted from the first has to be what the second adds up to.
 */
#include "tests/model.h"

#include "analysis/predict.h"

#include <keyfit/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_MAX = 1 << 16, ARENA = 24 << 20 };

/* world is a device with its one loader, and what GRUB would do. */
struct world {
	struct kf_store store;
	struct kf_bytes loader, script;
	const char *command;
	bool refused;		/* what starts then is no part of the log */
	bool vendor;		/* an event that nobody knows */
};

static const struct kf_crypto *crypto;
static struct kf_work work;
static struct kf_text_file signed_file, signer_file;
static uint8_t memory[2][LOG_MAX];
static size_t memory_len;
static uint8_t *memory_at;

static int open_all(void **state)
{
	struct kf_fault why = { "", "" };

	crypto = kf_openssl_open(&why);
	if (!crypto ||
	    kf_work_open(&work, ARENA, crypto, 1800000000, &why) != KF_OK ||
	    kf_text_file_read(&signed_file, CORPUS "/format-pe/signed",
			      1 << 20, &why) != KF_OK ||
	    kf_text_file_read(&signer_file, CORPUS "/store-esl/x509",
			      1 << 20, &why) != KF_OK)
		return -1;
	return 0;
}

static int close_all(void **state)
{
	kf_text_file_close(&signed_file);
	kf_text_file_close(&signer_file);
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return 0;
}

static void put(const void *data, size_t len)
{
	assert_true(memory_len + len <= LOG_MAX);
	if (len)
		memcpy(memory_at + memory_len, data, len);
	memory_len += len;
}

static void put_u32(uint32_t value)
{
	uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8),
			    (uint8_t)(value >> 16), (uint8_t)(value >> 24) };

	put(bytes, sizeof(bytes));
}

/* record is one of the older form, with one SHA-1 digest. */
static void record(uint32_t pcr, uint32_t type, struct kf_bytes data,
		   struct kf_bytes over)
{
	struct kf_digest digest;

	kf_digest_of(&digest, crypto, KF_SHA1, over);
	put_u32(pcr);
	put_u32(type);
	put(digest.bytes, 20);
	put_u32((uint32_t)data.len);
	put(data.data, data.len);
}

/* variable_data as the specification has it. */
static struct kf_bytes variable_data(const char *guid, const char *name,
				     struct kf_bytes value)
{
	size_t len = strlen(name);
	struct kf_bytes out = model_fill(32 + 2 * len, 0);

	out = model_join(model_guid(guid), model_fill(16, 0));
	model_poke(out, 16, 8, len);
	model_poke(out, 24, 8, value.len);
	for (size_t i = 0; i < len; i++) {
		uint8_t wide[] = { (uint8_t)name[i], 0 };

		out = model_join(out, model_copy(kf_view(wide, 2)));
	}
	return value.len ? model_join(out, value) : out;
}

static const char global[] = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
static const char security[] = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";

static void variable(const char *guid, const char *name,
		     struct kf_bytes value)
{
	struct kf_bytes data = variable_data(guid, name, value);

	record(7, KF_EV_VARIABLE_DRIVER_CONFIG, data, data);
}

static struct kf_bytes part(const struct world *w, const char *name)
{
	const struct kf_part *p = kf_store_part(&w->store, name);

	return p && p->presence == KF_PRESENT ? p->bytes : kf_view(NULL, 0);
}

static bool is_off(const struct world *w)
{
	return kf_store_presence(&w->store, "pk") == KF_ABSENT ||
	       kf_store_part(&w->store, "secure-boot-enable");
}

static void command(const char *line)
{
	char text[256];
	size_t len = (size_t)snprintf(text, sizeof(text), "grub_cmd: %s",
				      line) + 1;

	record(8, KF_EV_IPL, model_copy(kf_view(text, len)), kf_text(line));
}

static uint32_t u32_at(struct kf_bytes file, size_t at)
{
	struct kf_cursor c = kf_cursor_over(kf_part_of(file, at, 4), 0);

	return kf_u32le(&c, "number");
}

/* image_of is what the digest of an image is over: headers without checksum
 * and place of the table, sections, and what is left of as many bytes as the
 * image has. The sections of this file lie in order. */
static struct kf_bytes image_of(struct kf_bytes file)
{
	size_t pe = u32_at(file, 0x3c), headers = u32_at(file, pe + 84);
	size_t num = u32_at(file, pe + 6) & 0xffff;
	size_t table = u32_at(file, pe + 168), sum = headers;
	struct kf_bytes out;

	out = model_join(kf_part_of(file, 0, pe + 88),
			 kf_part_of(file, pe + 92, 76));
	out = model_join(out, kf_part_of(file, pe + 176, headers - pe - 176));
	for (size_t i = 0; i < num; i++) {
		size_t at = pe + 264 + 40 * i;
		size_t len = u32_at(file, at + 16);

		out = model_join(out, kf_part_of(file, u32_at(file, at + 20),
						 len));
		sum += len;
	}
	return sum < table ? model_join(out, kf_part_of(file, sum,
							table - sum))
			   : out;
}

static struct kf_bytes log_of(const struct world *w, int which)
{
	static const uint8_t zeros[4], one[] = { 1 }, zero[] = { 0 };
	struct kf_bytes authority;

	memory_at = memory[which];
	memory_len = 0;
	variable(global, "SecureBoot", kf_view(is_off(w) ? zero : one, 1));
	variable(global, "PK", part(w, "pk"));
	variable(global, "KEK", part(w, "kek"));
	variable(security, "db", part(w, "db"));
	variable(security, "dbx", part(w, "dbx"));
	if (part(w, "dbt").len)
		variable(security, "dbt", part(w, "dbt"));
	if (w->vendor)
		variable(global, "Vendor", kf_view(one, 1));
	record(7, KF_EV_SEPARATOR, kf_view(zeros, 4), kf_view(zeros, 4));
	record(4, KF_EV_EFI_ACTION, kf_text("Calling"), kf_text("Calling"));
	authority = variable_data(security, "db",
		kf_part_of(part(w, "db"), 28, part(w, "db").len - 28));
	if (!is_off(w))
		record(7, KF_EV_VARIABLE_AUTHORITY, authority, authority);
	record(4, KF_EV_APPLICATION, kf_text("path"), image_of(w->loader));
	if (!w->command)
		return kf_view(memory_at, memory_len);
	record(9, KF_EV_IPL, kf_view("/grub.cfg", 10), w->script);
	command(w->command);
	return kf_view(memory_at, memory_len);
}

static void set(struct world *w, const char *name, struct kf_bytes bytes)
{
	struct kf_part p = { .name = name, .presence = bytes.len ? KF_PRESENT
							: KF_ABSENT,
			     .bytes = bytes };

	assert_true(kf_store_put(&w->store, &p));
}

static struct world device(void)
{
	struct world w = { .store = { .complete = true },
			   .loader = signed_file.bytes };

	set(&w, "pk", model_copy(kf_text("platform key")));
	set(&w, "kek", model_copy(kf_text("exchange key")));
	set(&w, "db", signer_file.bytes);
	return w;
}

static struct kf_forecast forecast;
static struct kf_boot_file file[2];
static struct kf_plan plan;

/* predict asks for the way from one world to another; the test may have set
 * up `plan` before. */
static void predict(const struct world *before, const struct world *after)
{
	kf_work_again(&work, 64 << 20);
	plan.log = log_of(before, 0);
	plan.store[KF_BEFORE] = &before->store;
	plan.store[KF_AFTER] = &after->store;
	plan.firmware = kf_rules_find("edk2");
	assert_int_equal(kf_predict(&forecast, &plan, &work.env), KF_OK);
}

static void give_loader(const struct world *before, const struct world *after)
{
	struct kf_plan none = { .num_files = 1, .file = file };

	plan = none;
	file[0] = (struct kf_boot_file){ "loader", before->loader,
		after->loader, before->loader.data != after->loader.data };
}

/* holds: the value of a register is what the other world's log adds up to. */
static void holds(const struct world *after, uint32_t pcr)
{
	static struct kf_pcrs pcrs;
	struct kf_eventlog log = kf_eventlog_open(log_of(after, 1));
	struct kf_event event;

	kf_pcrs_start(&pcrs, &log);
	while (kf_eventlog_next(&log, &event))
		assert_int_equal(kf_pcrs_event(&pcrs, &event, crypto), KF_OK);
	assert_true(forecast.known[pcr]);
	assert_int_equal(forecast.pcrs[KF_AFTER].value[0][pcr].len, 20);
	assert_memory_equal(forecast.pcrs[KF_AFTER].value[0][pcr].bytes,
			    pcrs.value[0][pcr].bytes, 20);
}

static void is_unknown(uint32_t pcr)
{
	assert_false(forecast.known[pcr]);
	assert_int_equal(forecast.pcrs[KF_AFTER].value[0][pcr].len, 0);
}

static void without_a_change_all_stays(void **state)
{
	struct world w = device();

	give_loader(&w, &w);
	predict(&w, &w);
	holds(&w, 4);
	holds(&w, 7);
	for (size_t i = 0; i < forecast.num; i++) {
		assert_int_equal(forecast.event[i].fate, KF_FATE_KEPT);
		assert_false(forecast.event[i].unexplained);
	}
}

static void lists_are_measured_as_they_will_be(void **state)
{
	struct world w = device(), other = device();
	struct kf_bytes list = model_list(model_sha256, model_fill(32, 7));

	set(&other, "dbx", list);
	set(&other, "kek", model_copy(kf_text("another")));
	set(&other, "dbt", model_copy(kf_text("a time stamper")));
	give_loader(&w, &other);
	predict(&w, &other);
	holds(&other, 7);
	holds(&other, 4);
}

static void a_dbt_that_goes_leaves_no_event(void **state)
{
	struct world w = device(), other = device();

	set(&w, "dbt", model_copy(kf_text("a time stamper")));
	give_loader(&w, &other);
	predict(&w, &other);
	holds(&other, 7);
}

static void another_owner_is_another_authority(void **state)
{
	struct world w = device(), other = device();
	struct kf_bytes list = model_copy(signer_file.bytes);

	model_poke(list, 28, 4, 0x12345678);
	set(&other, "db", list);
	give_loader(&w, &other);
	predict(&w, &other);
	holds(&other, 7);
}

static void without_secure_boot_nothing_is_allowed(void **state)
{
	static const uint8_t off[] = { 0 };
	struct world w = device(), other = device();

	set(&other, "secure-boot-enable", kf_view(off, 1));
	give_loader(&w, &other);
	predict(&w, &other);
	holds(&other, 7);
	predict(&other, &w);
	holds(&w, 7);
	set(&other, "secure-boot-enable", kf_view(NULL, 0));
	set(&other, "pk", kf_view(NULL, 0));
	predict(&w, &other);
	holds(&other, 7);
}

static void an_image_that_is_refused_ends_it(void **state)
{
	struct world w = device(), other = device();

	set(&other, "dbx", signer_file.bytes);
	give_loader(&w, &other);
	predict(&w, &other);
	is_unknown(4);
	is_unknown(7);
}

static void a_file_that_is_missing_is_named(void **state)
{
	struct world w = device(), other = device();
	struct kf_plan none = { .num_files = 0 };
	bool named = false;

	set(&other, "dbx", model_list(model_sha256, model_fill(32, 7)));
	plan = none;
	predict(&w, &other);
	is_unknown(4);
	is_unknown(7);
	for (size_t i = 0; i < forecast.num; i++)
		named |= forecast.event[i].missing &&
			 forecast.event[i].missing->type ==
				KF_EV_APPLICATION;
	assert_true(named);
	/* Nothing that it hangs on changes: it stays. */
	other = device();
	set(&other, "kek", model_copy(kf_text("another")));
	predict(&w, &other);
	holds(&other, 4);
	holds(&other, 7);
}

static void what_the_store_does_not_explain_is_unknown(void **state)
{
	struct world w = device(), other = device();

	set(&other, "kek", model_copy(kf_text("another")));
	give_loader(&w, &other);
	predict(&w, &other);
	/* The log is of one device, the store of another. */
	plan.store[KF_BEFORE] = plan.store[KF_AFTER] = &other.store;
	assert_int_equal(kf_predict(&forecast, &plan, &work.env), KF_OK);
	is_unknown(7);
	holds(&w, 4);
}

static void an_event_of_the_vendors_is_marked(void **state)
{
	struct world w = device(), other = device();

	w.vendor = other.vendor = true;
	set(&other, "kek", model_copy(kf_text("another")));
	give_loader(&w, &other);
	predict(&w, &other);
	is_unknown(7);
	plan.keep_unexplained = true;
	predict(&w, &other);
	holds(&other, 7);
}

static void a_file_that_was_not_measured_is_a_stray(void **state)
{
	struct world w = device();

	give_loader(&w, &w);
	file[0].before = model_copy(kf_text("another file"));
	file[0].replaced = true;
	predict(&w, &w);
	assert_true(forecast.stray_file[0]);
	is_unknown(4);
	is_unknown(7);
}

static void commands_are_replaced_by_the_users_word(void **state)
{
	struct world w = device(), other = device();
	struct kf_line line = { kf_text("linux /old"), kf_text("linux /new") };

	w.command = "linux /old";
	other.command = "linux /new";
	w.script = kf_text("linux /old\n");
	other.script = kf_text("linux /new\n");
	give_loader(&w, &other);
	file[1] = (struct kf_boot_file){ "grub.cfg", w.script, other.script,
					 true };
	plan.num_files = 2;
	predict(&w, &other);
	is_unknown(8);
	is_unknown(9);
	plan.line = &line;
	plan.num_lines = 1;
	predict(&w, &other);
	holds(&other, 8);
	holds(&other, 9);
}

static void a_cut_log_is_a_fault(void **state)
{
	struct world w = device();

	give_loader(&w, &w);
	predict(&w, &w);
	plan.log.len -= 3;
	assert_int_equal(kf_predict(&forecast, &plan, &work.env),
			 KF_WRONG_USE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(without_a_change_all_stays),
		MODEL_TEST(lists_are_measured_as_they_will_be),
		MODEL_TEST(a_dbt_that_goes_leaves_no_event),
		MODEL_TEST(another_owner_is_another_authority),
		MODEL_TEST(without_secure_boot_nothing_is_allowed),
		MODEL_TEST(an_image_that_is_refused_ends_it),
		MODEL_TEST(a_file_that_is_missing_is_named),
		MODEL_TEST(what_the_store_does_not_explain_is_unknown),
		MODEL_TEST(an_event_of_the_vendors_is_marked),
		MODEL_TEST(a_file_that_was_not_measured_is_a_stray),
		MODEL_TEST(commands_are_replaced_by_the_users_word),
		MODEL_TEST(a_cut_log_is_a_fault),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
