/* A device that is written and read again is the same device; what is no such
 * device is refused, wherever it is cut or changed.
 */
#include "host/device.h"
#include "host/stored.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct kf_crypto *crypto;

static const char whole[] =
	"{\"keyfit_device\":1,\"device\":\"one\",\"verifiers\":[{\"rules\":"
	"\"edk2-2025.02\",\"complete\":true,\"parts\":[{\"name\":\"db\","
	"\"state\":\"present\",\"data\":\"AAEC\",\"attributes\":39,\"time\":"
	"[2026,11,27,8,0,1],\"shown\":true},{\"name\":\"dbx\",\"state\":"
	"\"absent\"},{\"name\":\"pk\",\"state\":\"unknown\"}],\"settings\":"
	"[{\"name\":\"secure-boot\",\"value\":\"on\"}],\"damage\":"
	"[{\"field\":\"Size\",\"at\":7}]}]}";

static enum kf_status open_text(struct kf_device *out, const char *text,
				size_t len, struct kf_fault *why)
{
	struct kf_ask ask = { .device = "device.json" };
	struct kf_bytes file = kf_view(text, len);

	memset(why, 0, sizeof(*why));
	return kf_device_open_bytes(out, &ask, &file, NULL, crypto, 0, why);
}

static void what_is_written_is_read_again(void **state)
{
	struct kf_output out = { 0 };
	struct kf_device device;
	struct kf_fault why;

	(void)state;
	assert_int_equal(open_text(&device, whole, sizeof(whole) - 1, &why),
			 KF_OK);
	assert_string_equal(device.name, "one");
	assert_int_equal(device.verifier[0].store.num_parts, 3);
	assert_int_equal(device.verifier[0].store.part[0].time.second, 1);
	assert_int_equal(device.verifier[0].store.part[0].attributes, 39);
	assert_int_equal(kf_store_presence(&device.verifier[0].store, "pk"),
			 KF_UNKNOWN);
	assert_int_equal(kf_stored_write(&out, &device, "one", NULL, NULL,
					 &why), KF_OK);
	assert_int_equal(out.len, sizeof(whole) - 1);
	assert_memory_equal(out.data, whole, out.len);
	kf_output_close(&out);
	kf_device_close(&device);
}

static void every_cut_is_refused(void **state)
{
	(void)state;
	for (size_t len = 1; len < sizeof(whole) - 1; len++) {
		struct kf_device device;
		struct kf_fault why;

		assert_int_not_equal(open_text(&device, whole, len, &why),
				     KF_OK);
		assert_true(why.what[0]);
	}
}

static void no_changed_byte_is_passed_over(void **state)
{
	char text[sizeof(whole)];

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct kf_output out = { 0 };
		struct kf_device device;
		struct kf_fault why;

		memcpy(text, whole, sizeof(text));
		text[n] = (char)(text[n] == '0' ? '2' : '0');
		if (open_text(&device, text, sizeof(text) - 1, &why) != KF_OK) {
			assert_true(why.what[0]);
			continue;
		}
		/* What is taken is another device, or says the same. */
		assert_int_equal(kf_stored_write(&out, &device, "one", NULL,
						 NULL, &why), KF_OK);
		kf_output_close(&out);
		kf_device_close(&device);
	}
}

static void what_was_not_assumed_then_is_not_now(void **state)
{
	static const char text[] =
		"{\"keyfit_device\":1,\"verifiers\":[{\"rules\":\"edk2\","
		"\"complete\":true,\"parts\":[],\"settings\":[]}]}";
	struct kf_device device;
	struct kf_fault why;

	(void)state;
	assert_int_equal(open_text(&device, text, sizeof(text) - 1, &why),
			 KF_OK);
	assert_null(kf_store_setting(&device.verifier[0].store,
				     "secure-boot"));
	assert_string_equal(device.name, "device");
	kf_device_close(&device);
}

static enum kf_status keep_one(void *self, const struct kf_digest *sha256,
			       struct kf_bytes bytes, struct kf_fault *why)
{
	size_t *num = self;

	(void)why;
	assert_int_equal(sha256->len, 32);
	assert_int_equal(bytes.len, 3);
	(*num)++;
	return KF_OK;
}

static enum kf_status find_one(void *self, struct kf_bytes *out,
			       struct kf_bytes sha256, struct kf_fault *why)
{
	static const uint8_t bytes[] = { 0, 1, 2 };

	(void)self;
	(void)why;
	assert_int_equal(sha256.len, 32);
	*out = kf_view(bytes, sizeof(bytes));
	return KF_OK;
}

static void bytes_may_be_kept_elsewhere(void **state)
{
	const struct kf_blobs blobs = { find_one, NULL };
	struct kf_ask ask = { .device = "device.json" };
	struct kf_output out = { 0 }, again = { 0 };
	struct kf_device device, read;
	struct kf_bytes text;
	struct kf_fault why;
	size_t num = 0;

	(void)state;
	assert_int_equal(open_text(&device, whole, sizeof(whole) - 1, &why),
			 KF_OK);
	assert_int_equal(kf_stored_write(&out, &device, NULL, keep_one, &num,
					 &why), KF_OK);
	assert_int_equal(num, 1);
	text = kf_view(out.data, out.len);
	assert_null(memmem(text.data, text.len, "AAEC", 4));
	assert_int_equal(open_text(&read, out.data, out.len, &why),
			 KF_WRONG_USE);
	assert_int_equal(kf_device_open_bytes(&read, &ask, &text, &blobs,
					      crypto, 0, &why), KF_OK);
	assert_int_equal(kf_stored_write(&again, &read, "one", NULL, NULL,
					 &why), KF_OK);
	assert_memory_equal(again.data, whole, sizeof(whole) - 1);
	kf_output_close(&out);
	kf_output_close(&again);
	kf_device_close(&device);
	kf_device_close(&read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(no_changed_byte_is_passed_over),
		cmocka_unit_test(what_was_not_assumed_then_is_not_now),
		cmocka_unit_test(bytes_may_be_kept_elsewhere),
	};
	struct kf_fault why = { "", "" };
	int failed;

	crypto = kf_openssl_open(&why);
	if (!crypto)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kf_openssl_close(crypto);
	return failed;
}
