/* What events add up to.
 *
 * The value of a register into which one EV_SEPARATOR of four zero bytes went
 * was read with TPM2_PCR_Read from swtpm 0.7.1 under OVMF 2022.11-6+deb12u2.
 */
#include "tests/model.h"
#include "tests/openssl.h"

#include "analysis/pcr.h"

#include <keyfit/host.h>

#include <stdio.h>
#include <string.h>

static struct kf_pcrs pcrs;
static const uint8_t zeros[4];

/* one_bank is a log of SHA-256 alone. */
static struct kf_eventlog one_bank(void)
{
	struct kf_eventlog log = {
		.num_banks = 1,
		.bank = { { "sha256", 0x000b, 32, true, KF_SHA256 } },
	};

	return log;
}

static struct kf_event event_of(uint32_t pcr, uint32_t type,
				struct kf_bytes data, struct kf_digest *digest)
{
	struct kf_event event = { .pcr = pcr, .type = type, .data = data };

	kf_digest_of(digest, crypto, KF_SHA256, data);
	event.digest[0] = kf_view(digest->bytes, digest->len);
	return event;
}

static void holds(int pcr, const char *hex)
{
	const struct kf_digest *value = &pcrs.value[0][pcr];
	char text[65] = "";

	assert_int_equal(value->len, 32);
	for (size_t i = 0; i < value->len; i++)
		snprintf(text + 2 * i, 3, "%02x", value->bytes[i]);
	assert_string_equal(text, hex);
}

static void a_separator_gives_what_the_tpm_holds(void **state)
{
	struct kf_eventlog log = one_bank();
	struct kf_digest digest;
	struct kf_event event = event_of(3, KF_EV_SEPARATOR,
					 kf_view(zeros, 4), &digest);

	kf_pcrs_start(&pcrs, &log);
	assert_int_equal(kf_pcrs_event(&pcrs, &event, crypto), KF_OK);
	assert_true(pcrs.extended[3]);
	assert_false(pcrs.extended[2]);
	holds(3, "3d458cfe55cc03ea1f443f1562beec8d"
		 "f51c75e14a9fcf9a7234a13f198e7969");
	holds(2, "00000000000000000000000000000000"
		 "00000000000000000000000000000000");
	holds(17, "ffffffffffffffffffffffffffffffff"
		  "ffffffffffffffffffffffffffffffff");
}

static void an_event_that_is_no_action_is_not_extended(void **state)
{
	struct kf_eventlog log = one_bank();
	struct kf_digest digest;
	struct kf_event event = event_of(3, KF_EV_NO_ACTION,
					 kf_view(zeros, 4), &digest);

	kf_pcrs_start(&pcrs, &log);
	assert_int_equal(kf_pcrs_event(&pcrs, &event, crypto), KF_OK);
	assert_false(pcrs.extended[3]);
	assert_int_equal(kf_event_prove(&event, &log, crypto),
			 KF_PROOF_NOT_EXTENDED);
}

static void the_locality_is_where_pcr_0_starts(void **state)
{
	struct kf_eventlog log = one_bank();
	struct kf_digest digest;
	struct kf_event event = event_of(0, KF_EV_NO_ACTION,
		kf_view("StartupLocality\0\3", 17), &digest);

	kf_pcrs_start(&pcrs, &log);
	assert_int_equal(kf_pcrs_event(&pcrs, &event, crypto), KF_OK);
	holds(0, "00000000000000000000000000000000"
		 "00000000000000000000000000000003");
}

/* A register into which an event went without a digest for the bank is not
 * known from then on. */
static void a_missing_digest_makes_a_register_unknown(void **state)
{
	struct kf_eventlog log = one_bank();
	struct kf_event event = { .pcr = 5, .type = KF_EV_SEPARATOR };

	kf_pcrs_start(&pcrs, &log);
	assert_int_equal(kf_pcrs_event(&pcrs, &event, crypto), KF_OK);
	assert_int_equal(pcrs.value[0][5].len, 0);
	assert_int_equal(pcrs.value[0][4].len, 32);
}

static void digests_are_held_against_the_record(void **state)
{
	struct kf_eventlog log = one_bank();
	struct kf_digest digest;
	struct kf_event event = event_of(4, KF_EV_EFI_ACTION,
					 kf_text("Calling"), &digest);

	assert_int_equal(kf_event_prove(&event, &log, crypto), KF_PROOF_DATA);
	event.data = kf_text("calling");
	assert_int_equal(kf_event_prove(&event, &log, crypto),
			 KF_PROOF_FALSE);
	event.type = KF_EV_APPLICATION;
	assert_int_equal(kf_event_prove(&event, &log, crypto), KF_PROOF_NONE);
}

/* Source: grub, grub-core/lib/tpm.c: the name in front is not measured. */
static void a_command_is_measured_without_its_name(void **state)
{
	struct kf_eventlog log = one_bank();
	struct kf_digest digest;
	struct kf_event event = event_of(8, KF_EV_IPL, kf_text("boot"),
					 &digest);

	event.data = kf_view("grub_cmd: boot", 15);
	assert_int_equal(kf_event_prove(&event, &log, crypto), KF_PROOF_DATA);
	event.data = kf_view("grub_cmd: halt", 15);
	assert_int_equal(kf_event_prove(&event, &log, crypto), KF_PROOF_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(a_separator_gives_what_the_tpm_holds),
		MODEL_TEST(an_event_that_is_no_action_is_not_extended),
		MODEL_TEST(the_locality_is_where_pcr_0_starts),
		MODEL_TEST(a_missing_digest_makes_a_register_unknown),
		MODEL_TEST(digests_are_held_against_the_record),
		MODEL_TEST(a_command_is_measured_without_its_name),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
