/* Envelopes: the specification's own example, read, verified and written; and
 * what is no envelope.
 */
#include "tests/model.h"
#include "tests/openssl.h"

#include "core/dsse.h"

#include <keyfit/host.h>

#include <stdio.h>
#include <string.h>

/* Source: secure-systems-lab/dsse, protocol.md, "Test Vectors", commit
 * eebf7b59. */
#define SIG "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
static const char example[] =
	"{\"payload\": \"aGVsbG8gd29ybGQ=\",\n"
	" \"payloadType\": \"http://example.com/HelloWorld\",\n"
	" \"signatures\": [{\"sig\": \"" SIG "\"}]}\n";
static const char pae[] =
	"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
static const char x[] =
	"67cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238";
static const char y[] =
	"0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74";

static struct kf_env *env(void)
{
	struct kf_env *e = model_env();

	e->crypto = crypto;
	return e;
}

static enum kf_status reads(struct kf_dsse *out, const char *text)
{
	const char *what = NULL;

	return kf_dsse_read(out, &what, kf_text(text), env());
}

static struct kf_key key_of(struct kf_env *e)
{
	struct kf_key key;

	assert_int_equal(crypto->key_ec(crypto->self, &key, "P-256",
					model_hex(x), model_hex(y), e->arena),
			 KF_OK);
	return key;
}

static enum kf_answer3 ask(const char *text)
{
	struct kf_env *e = env();
	struct kf_key key = key_of(e);
	enum kf_answer3 answer;
	struct kf_dsse d;
	const char *what;

	assert_int_equal(kf_dsse_read(&d, &what, kf_text(text), e), KF_OK);
	assert_int_equal(kf_dsse_ask(&answer, &d, &key, e), KF_OK);
	return answer;
}

static void the_example_of_the_specification_verifies(void **state)
{
	struct kf_dsse d;

	assert_int_equal(reads(&d, example), KF_OK);
	assert_true(kf_equal(d.type, kf_text("http://example.com/HelloWorld")));
	assert_true(kf_equal(d.payload, kf_text("hello world")));
	assert_int_equal(d.num, 1);
	assert_true(kf_equal(kf_dsse_signed(d.type, d.payload, env()->arena),
			     kf_text(pae)));
	assert_int_equal(ask(example), KF_YES);
}

static void another_content_does_not(void **state)
{
	static const char *const others[][2] = {
		{ "aGVsbG8gd29ybGU=", "http://example.com/HelloWorld" },
		{ "aGVsbG8gd29ybGQ=", "http://example.com/HelloWorle" },
		{ "", "http://example.com/HelloWorld 11 hello world" },
	};

	for (size_t i = 0; i < 3; i++) {
		char text[1024];

		snprintf(text, sizeof(text), "{\"payload\":\"%s\","
			 "\"payloadType\":\"%s\","
			 "\"signatures\":[{\"sig\":\"%s\"}]}", others[i][0],
			 others[i][1], SIG);
		assert_int_equal(ask(text), KF_NO);
	}
}

static void one_of_several_signatures_is_enough(void **state)
{
	char text[1024];

	snprintf(text, sizeof(text), "{\"signatures\":[{\"sig\":\"AAAA\","
		 "\"keyid\":\"a\"},{\"keyid\":\"b\",\"sig\":\"%s\"},"
		 "{\"sig\":\"\"}],\"other\":{\"payload\":1},"
		 "\"payloadType\":\"http:\\/\\/example.com\\/HelloWorld\","
		 "\"payload\":\"aGVsbG8gd29ybGQ=\"}", SIG);
	assert_int_equal(ask(text), KF_YES);
}

static void the_other_alphabet_is_read_too(void **state)
{
	static const char text[] =
		"{\"payload\":\"aGVsbG8gd29ybGQ=\","
		"\"payloadType\":\"http://example.com/HelloWorld\","
		"\"signatures\":[{\"sig\":\"A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F-FnZ-O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==\"}]}";

	assert_int_equal(ask(text), KF_YES);
}

static void what_is_no_envelope_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"{}",
		"[]",
		"{\"payload\":\"\",\"payloadType\":\"t\"}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":{}}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[1]}",
		"{\"payload\":\"\",\"payloadType\":1,\"signatures\":[{\"sig\":\"\"}]}",
		"{\"payload\":1,\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}",
		"{\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}",
		"{\"payload\":\"\",\"signatures\":[{\"sig\":\"\"}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"A\"}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AB==\"}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"+_==\"}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\",\"keyid\":7}]}",
		"{\"payload\":\"\",\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\",\"sig\":\"\"}]}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}{}",
		"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]",
		"{\"payload\":\"\",\"payloadType\":\"\xff\",\"signatures\":[{\"sig\":\"\"}]}",
		"// x\n{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}",
	};
	struct kf_dsse d;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (reads(&d, wrong[i]) != KF_WRONG_USE)
			fail_msg("taken: %s", wrong[i]);
	assert_int_equal(reads(&d, "{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}"),
			 KF_OK);
}

static void an_envelope_is_written_in_one_way(void **state)
{
	static const char want[] =
		"{\"payload\":\"aGVsbG8gd29ybGQ=\",\"payloadType\":\"t\","
		"\"signatures\":[{\"keyid\":\"a\",\"sig\":\"AQI=\"},"
		"{\"keyid\":\"\",\"sig\":\"\"}]}";
	struct kf_dsse d = {
		.type = kf_text("t"), .payload = kf_text("hello world"),
		.signature = { { kf_text("a"), kf_text("\1\2") } }, .num = 2,
	};
	struct kf_dsse again;

	assert_true(kf_equal(kf_dsse_write(&d, env()->arena), kf_text(want)));
	assert_int_equal(reads(&again, want), KF_OK);
	assert_true(kf_equal(again.payload, kf_text("hello world")));
	assert_int_equal(again.num, 2);
	d.signature[0].keyid = kf_text("\"");
	assert_int_equal(kf_dsse_write(&d, env()->arena).len, 0);
	d.signature[0].keyid = kf_text("a");
	d.type = kf_text("a\\");
	assert_int_equal(kf_dsse_write(&d, env()->arena).len, 0);
}

static void no_more_than_32_signatures_are_taken(void **state)
{
	char text[2048] = "{\"payload\":\"\",\"payloadType\":\"t\","
			  "\"signatures\":[{\"sig\":\"\"}";
	struct kf_dsse d;

	for (int i = 1; i < KF_DSSE_SIGNATURES_MAX; i++)
		strcat(text, ",{\"sig\":\"\"}");
	strcat(text, "]}");
	assert_int_equal(reads(&d, text), KF_OK);
	strcpy(text + strlen(text) - 2, ",{\"sig\":\"\"}]}");
	assert_int_equal(reads(&d, text), KF_WRONG_USE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(the_example_of_the_specification_verifies),
		MODEL_TEST(another_content_does_not),
		MODEL_TEST(one_of_several_signatures_is_enough),
		MODEL_TEST(the_other_alphabet_is_read_too),
		MODEL_TEST(what_is_no_envelope_is_refused),
		MODEL_TEST(an_envelope_is_written_in_one_way),
		MODEL_TEST(no_more_than_32_signatures_are_taken),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
