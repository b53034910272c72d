/* Signatures that nobody has made: good in one table, by one key, over one
 * digest, by one scheme; and nowhere else.
 */
#include "tests/model.h"

#include "host/suppose.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <string.h>

static const struct kf_crypto *crypto;
static const struct kf_crypto *supposing;
static struct kf_key ours, theirs, curve;
static uint8_t memory[1 << 14];
static struct kf_arena arena = { .base = memory, .size = sizeof(memory) };
static uint8_t digest[32], stand_in[256];
static struct kf_supposed list;

static struct kf_key made(EVP_PKEY *pkey)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);
	struct kf_key key;
	struct kf_bytes spki;

	assert_true(len > 0);
	assert_true(kf_arena_keep(&arena, &spki,
				  kf_view(der, (size_t)len)));
	assert_int_equal(crypto->key_read(crypto->self, &key, spki,
					  &arena), KF_OK);
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	return key;
}

static int set_up(void **state)
{
	struct kf_fault why = { "", "" };

	crypto = kf_openssl_open(&why);
	if (!crypto)
		return -1;
	ours = made(EVP_RSA_gen(2048));
	theirs = made(EVP_RSA_gen(2048));
	curve = made(EVP_EC_gen("P-256"));
	memset(digest, 7, sizeof(digest));
	memset(stand_in + 1, 0x5a, sizeof(stand_in) - 1);
	list.scheme = (struct kf_scheme){ KF_SCHEME_RSA_PSS, KF_SHA256, 32 };
	list.content = kf_view(digest, sizeof(digest));
	list.signature = kf_view(stand_in, sizeof(stand_in));
	supposing = kf_openssl_suppose(crypto, &ours, &list, 1, &why);
	return supposing ? 0 : -1;
}

static int tear_down(void **state)
{
	kf_openssl_suppose_close(supposing);
	kf_openssl_suppose_close(NULL);
	kf_openssl_close(crypto);
	return 0;
}

static bool takes(const struct kf_crypto *table, const struct kf_key *key,
		  const struct kf_scheme *scheme, struct kf_bytes content,
		  struct kf_bytes signature)
{
	enum kf_answer3 answer = KF_NOT_ASKED;

	assert_int_equal(table->key_verify(table->self, key, scheme, content,
					   signature, &answer), KF_OK);
	assert_int_not_equal(answer, KF_NOT_ASKED);
	return answer == KF_YES;
}

static void one_key_over_one_digest_is_good(void **state)
{
	struct kf_scheme any = list.scheme;

	assert_true(takes(supposing, &ours, &list.scheme, list.content,
			  list.signature));
	any.salt_len = KF_SALT_ANY;
	assert_true(takes(supposing, &ours, &any, list.content,
			  list.signature));
}

static void the_real_table_takes_none_of_it(void **state)
{
	assert_false(takes(crypto, &ours, &list.scheme, list.content,
			   list.signature));
}

static void nothing_else_is_good(void **state)
{
	static const struct kf_scheme others[] = {
		{ KF_SCHEME_RSA_PSS, KF_SHA384, 32 },
		{ KF_SCHEME_RSA_PSS, KF_SHA256, 20 },
		{ KF_SCHEME_RSA_PKCS1, KF_SHA256, 32 },
	};
	static const struct kf_scheme ecdsa = { KF_SCHEME_ECDSA, KF_SHA256, 0 };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(takes(supposing, &ours, &others[i], list.content,
				   list.signature));
	assert_false(takes(supposing, &theirs, &list.scheme, list.content,
			   list.signature));
	assert_false(takes(supposing, &curve, &ecdsa, list.content,
			   list.signature));
	for (size_t i = 0; i < sizeof(digest); i++) {
		uint8_t other[sizeof(digest)];

		memcpy(other, digest, sizeof(other));
		other[i] ^= 1;
		assert_false(takes(supposing, &ours, &list.scheme,
				   kf_view(other, sizeof(other)),
				   list.signature));
	}
	for (size_t i = 0; i < sizeof(stand_in); i++) {
		uint8_t other[sizeof(stand_in)];

		memcpy(other, stand_in, sizeof(other));
		other[i] ^= 1;
		assert_false(takes(supposing, &ours, &list.scheme,
				   list.content,
				   kf_view(other, sizeof(other))));
	}
	assert_false(takes(supposing, &ours, &list.scheme, list.content,
			   kf_view(stand_in, sizeof(stand_in) - 1)));
	assert_false(takes(supposing, &ours, &list.scheme,
			   kf_view(digest, sizeof(digest) - 1),
			   list.signature));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_key_over_one_digest_is_good),
		cmocka_unit_test(the_real_table_takes_none_of_it),
		cmocka_unit_test(nothing_else_is_good),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
