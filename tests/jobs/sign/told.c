/* What a token's process tells is believed no more than the token is: every
 * cut of it, and every byte changed, is read without harm.
 */
#include "jobs/sign/name.h"
#include "jobs/sign/told.h"

#include "tests/openssl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static uint8_t memory[64 << 10];

/* tell_all tells a key with every kind of piece. The point is the base point of
 * P-256. Source: FIPS 186-4, D.1.2.3. */
static void tell_all(struct kf_output *told)
{
	static const uint8_t point[65] = {
		0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8,
		0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d,
		0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8,
		0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
		0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b,
		0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40,
		0x68, 0x37, 0xbf, 0x51, 0xf5,
	};

	kf_tell_number(told, KF_TELL_OBJECT, KF_OBJECT_PRIVATE);
	kf_tell(told, KF_TELL_LABEL, kf_text("key"));
	kf_tell(told, KF_TELL_ID, kf_text("\x01"));
	kf_tell(told, KF_TELL_URI, kf_text("pkcs11:object=key"));
	kf_tell(told, KF_TELL_TYPE, kf_text("EC"));
	kf_tell(told, KF_TELL_CURVE, kf_text("P-256"));
	kf_tell(told, KF_TELL_POINT, kf_view(point, sizeof(point)));
	kf_tell_number(told, KF_TELL_SIGNS, KF_SCHEME_ECDSA);
	kf_tell_number(told, KF_TELL_EXTRACTABLE, KF_NO);
	kf_tell_number(told, KF_TELL_WAS_EXTRACTABLE, KF_YES);
	kf_tell_number(told, KF_TELL_ASKS, 1);
	kf_tell(told, KF_TELL_CERTIFICATE, kf_text("none"));
	assert_false(told->failed);
}

static enum kf_status read_object(struct kf_token_object *out,
				  struct kf_bytes bytes)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);
	struct kf_arena arena = { memory, sizeof(memory), 0 };

	return kf_told_object(out, &c, crypto, &arena);
}

static void what_is_told_arrives(void **state)
{
	struct kf_output told = { 0 };
	struct kf_token_object o;

	(void)state;
	tell_all(&told);
	assert_int_equal(read_object(&o, kf_view(told.data, told.len)), KF_OK);
	assert_int_equal(o.kind, KF_OBJECT_PRIVATE);
	assert_string_equal(o.label, "key");
	assert_string_equal(o.uri, "pkcs11:object=key");
	assert_int_equal(o.key.kind, KF_KEY_EC);
	assert_int_equal(o.extractable, KF_NO);
	assert_int_equal(o.was_extractable, KF_YES);
	assert_true(o.asks_each_time);
	assert_int_equal(o.signs, KF_SIGNS(KF_SCHEME_ECDSA));
	/* It is none of this key. */
	assert_int_equal(o.certificate.len, 0);
	kf_output_close(&told);
}

/* copied reads from a block that is just as long, so that a read behind it is
 * seen by whoever watches memory. */
static enum kf_status copied(struct kf_token_object *out, const char *data,
			     size_t len)
{
	uint8_t *block = malloc(len ? len : 1);
	enum kf_status status;

	assert_non_null(block);
	memcpy(block, data, len);
	status = read_object(out, kf_view(block, len));
	free(block);
	return status;
}

static void no_cut_gives_a_key_that_was_not_told(void **state)
{
	struct kf_output told = { 0 };
	struct kf_token_object whole, o;
	size_t with_key = 0;

	(void)state;
	tell_all(&told);
	assert_int_equal(read_object(&whole, kf_view(told.data, told.len)),
			 KF_OK);
	for (size_t len = 0; len < told.len; len++) {
		assert_int_equal(copied(&o, told.data, len), KF_OK);
		with_key += o.key.name != NULL;
	}
	/* The point is whole in front of the last 33 bytes. */
	assert_int_equal(with_key, 6 * 4 + (5 + 4));
	kf_output_close(&told);
}

static void no_byte_does_harm(void **state)
{
	struct kf_output told = { 0 };
	struct kf_token_object o;

	(void)state;
	tell_all(&told);
	for (size_t i = 0; i < told.len; i++)
		for (int flip = 1; flip < 256; flip = flip * 2 + 1) {
			told.data[i] = (char)(told.data[i] ^ flip);
			assert_true(copied(&o, told.data, told.len) <=
				    KF_WRONG_USE);
			told.data[i] = (char)(told.data[i] ^ flip);
		}
	kf_output_close(&told);
}

static void numbers_of_a_signature_are_positive(void **state)
{
	static const uint8_t r[4] = { 0, 0, 0x80, 1 }, s[2] = { 0, 0x7f };
	static const uint8_t wanted[] = { 0x30, 8, 2, 3, 0, 0x80, 1, 2, 1,
					  0x7f };
	static const uint8_t zero[2], long_one[67] = { 1 };
	struct kf_signature out;

	(void)state;
	assert_true(kf_ecdsa_value(&out, kf_view(r, 4), kf_view(s, 2)));
	assert_int_equal(out.len, sizeof(wanted));
	assert_memory_equal(out.bytes, wanted, sizeof(wanted));
	assert_true(kf_ecdsa_value(&out, kf_view(zero, 2), kf_view(s, 2)));
	assert_false(kf_ecdsa_value(&out, kf_view(long_one, 67),
				    kf_view(s, 2)));
	assert_false(kf_ecdsa_value(&out, kf_view(NULL, 0), kf_view(s, 2)));
}

static enum kf_status read_name(struct kf_key_name *out, const char *name,
				const char *pin_source)
{
	const struct kf_signing_ask ask = { .name = name,
					    .pin_source = pin_source };
	struct kf_fault why = { 0 };
	enum kf_status status = kf_key_name_read(out, &ask, &why);

	assert_true(status == KF_OK || why.what[0]);
	return status;
}

static void names_are_taken_apart(void **state)
{
	static const char *const wrong[] = {
		"", "file:a%", "file:a%4", "file:a%zz", "file:a%00b",
		"file:a?pin-source", "file:a?pin-source=", "file:a?colour=red",
		"tpm:1?tcti=%4", "pkcs11:?pin-source=a&pin-source=b",
		"pkcs11:?pin-source=a&pin-value=b",
	};
	struct kf_key_name n;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(read_name(&n, wrong[i], NULL), KF_WRONG_USE);
	assert_int_equal(read_name(&n, "a?pin-source=b", NULL), KF_OK);
	assert_int_equal(n.place, KF_PLACE_FILE);
	assert_string_equal(n.path, "a?pin-source=b");
	assert_int_equal(read_name(&n, "FILE:a%3fb?pin-source=env:P%41", "x"),
			 KF_OK);
	assert_string_equal(n.path, "a?b");
	assert_string_equal(n.pin_source, "env:PA");
	assert_string_equal(n.shown, "FILE:a%3fb");
	assert_int_equal(read_name(&n, "tpm:0x81000001?tcti=swtpm:port=1",
				   "file:p"), KF_OK);
	assert_int_equal(n.place, KF_PLACE_TPM);
	assert_string_equal(n.tcti, "swtpm:port=1");
	assert_string_equal(n.pin_source, "file:p");
	assert_int_equal(read_name(&n, "pkcs11:token=a?pin-value=12&module-path=x",
				   "file:p"), KF_OK);
	assert_string_equal(n.pin_value, "12");
	assert_string_equal(n.pin_source, "");
	assert_string_equal(n.shown, "pkcs11:token=a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_arrives),
		cmocka_unit_test(no_cut_gives_a_key_that_was_not_told),
		cmocka_unit_test(no_byte_does_harm),
		cmocka_unit_test(numbers_of_a_signature_are_positive),
		cmocka_unit_test(names_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
