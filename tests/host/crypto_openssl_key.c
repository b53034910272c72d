/* Keys by themselves: read in every form, made of their numbers, and what
 * they verify.
 *
 * Sources: RFC 8032, 7.1, TEST 2 (Ed25519); RFC 6979, A.2.5 (ECDSA, P-256,
 * SHA-256, "sample"); RFC 7748, 6.1 (X25519); RFC 3394, 4.1 (key wrap); NIST
 * SP 800-38A, F.5.1 (counter mode). RSA signatures are made here, by OpenSSL's
 * own signer.
 */
#include "tests/model.h"

#include <keyfit/host.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <string.h>

static const struct kf_crypto *crypto;
static EVP_PKEY *rsa;

static int open_crypto(void **state)
{
	struct kf_fault why = { "", "" };

	crypto = kf_openssl_open(&why);
	rsa = EVP_RSA_gen(2048);
	return crypto && rsa ? 0 : -1;
}

static int close_crypto(void **state)
{
	EVP_PKEY_free(rsa);
	kf_openssl_close(crypto);
	return 0;
}

static struct kf_arena *arena(void)
{
	return model_env()->arena;
}

static enum kf_answer3 verify(const struct kf_key *key,
			      enum kf_scheme_kind kind, int salt_len,
			      struct kf_bytes content,
			      struct kf_bytes signature)
{
	struct kf_scheme scheme = { kind, KF_SHA256, salt_len };
	enum kf_answer3 answer = KF_NOT_ASKED;

	assert_int_equal(crypto->key_verify(crypto->self, key, &scheme,
					    content, signature, &answer),
			 KF_OK);
	return answer;
}

static void ed25519_verifies_messages(void **state)
{
	struct kf_bytes spki = model_hex("302a300506032b6570032100"
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
	struct kf_bytes signature = model_hex(
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
	struct kf_key key;

	assert_int_equal(crypto->key_read(crypto->self, &key, spki,
					  arena()), KF_OK);
	assert_int_equal(key.kind, KF_KEY_ED25519);
	assert_true(kf_equal(key.spki, spki));
	assert_int_equal(verify(&key, KF_SCHEME_ED25519, 0, model_hex("72"),
				signature), KF_YES);
	assert_int_equal(verify(&key, KF_SCHEME_ED25519, 0, model_hex("73"),
				signature), KF_NO);
	assert_int_equal(verify(&key, KF_SCHEME_ECDSA, 0, model_hex("72"),
				signature), KF_NO);
}

static void a_point_is_a_key(void **state)
{
	struct kf_bytes x = model_hex(
		"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
	struct kf_bytes y = model_hex(
		"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
	struct kf_bytes digest = model_hex(
		"af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
	struct kf_bytes signature = model_hex("3046022100"
		"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
		"022100"
		"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
	struct kf_key key;

	assert_int_equal(crypto->key_ec(crypto->self, &key, "P-256", x, y,
					arena()), KF_OK);
	assert_int_equal(key.kind, KF_KEY_EC);
	assert_int_equal(verify(&key, KF_SCHEME_ECDSA, 0, digest, signature),
			 KF_YES);
	model_poke(digest, 0, 1, 0xae);
	assert_int_equal(verify(&key, KF_SCHEME_ECDSA, 0, digest, signature),
			 KF_NO);
	/* Off the curve, and of the wrong length. */
	assert_int_equal(crypto->key_ec(crypto->self, &key, "P-256", x, x,
					arena()), KF_WRONG_USE);
	assert_int_equal(crypto->key_ec(crypto->self, &key, "P-384", x, y,
					arena()), KF_WRONG_USE);
	assert_int_equal(crypto->key_ec(crypto->self, &key, "P-256",
					kf_part_of(x, 0, 31), y, arena()),
			 KF_WRONG_USE);
}

/* sign signs 32 bytes with RSA. */
static struct kf_bytes sign(struct kf_bytes digest, int padding, int salt_len)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(rsa, NULL);
	size_t len = 256;
	struct kf_bytes out = model_fill(len, 0);

	assert_true(c && EVP_PKEY_sign_init(c) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(c, padding) > 0);
	assert_true(EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) > 0);
	if (padding == RSA_PKCS1_PSS_PADDING)
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(c, salt_len) > 0);
	assert_int_equal(EVP_PKEY_sign(c, (uint8_t *)(uintptr_t)out.data, &len,
				       digest.data, digest.len), 1);
	EVP_PKEY_CTX_free(c);
	return out;
}

static void a_padding_is_no_other(void **state)
{
	struct kf_bytes digest = model_fill(32, 7), pkcs1, pss, none;
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(rsa, &der);
	struct kf_key key;

	assert_int_equal(crypto->key_read(crypto->self, &key,
					  kf_view(der, (size_t)len),
					  arena()), KF_OK);
	OPENSSL_free(der);
	pkcs1 = sign(digest, RSA_PKCS1_PADDING, 0);
	pss = sign(digest, RSA_PKCS1_PSS_PADDING, 32);
	none = sign(digest, RSA_PKCS1_PSS_PADDING, 0);
	assert_int_equal(verify(&key, KF_SCHEME_RSA_PKCS1, 0, digest, pkcs1),
			 KF_YES);
	assert_int_equal(verify(&key, KF_SCHEME_RSA_PKCS1, 0, digest, pss),
			 KF_NO);
	assert_int_equal(verify(&key, KF_SCHEME_RSA_PSS, 32, digest, pss),
			 KF_YES);
	assert_int_equal(verify(&key, KF_SCHEME_RSA_PSS, 32, digest, none),
			 KF_NO);
	assert_int_equal(verify(&key, KF_SCHEME_RSA_PSS, KF_SALT_ANY, digest,
				none), KF_YES);
	assert_int_equal(verify(&key, KF_SCHEME_RSA_PSS, KF_SALT_ANY, digest,
				pkcs1), KF_NO);
	assert_int_equal(verify(&key, KF_SCHEME_RSA_PKCS1, 0, digest,
				kf_part_of(pkcs1, 0, 255)), KF_NO);
	assert_int_equal(verify(&key, KF_SCHEME_RSA_PKCS1, 0,
				kf_part_of(digest, 0, 31), pkcs1), KF_NO);
}

/* read_bio reads what OpenSSL wrote into a BIO, which it releases. */
static void read_bio(struct kf_key *out, BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	assert_int_equal(crypto->key_read(crypto->self, out,
					  kf_view(data, (size_t)len),
					  arena()), KF_OK);
	BIO_free(bio);
}

static void every_form_is_the_same_key(void **state)
{
	struct kf_key key, same;
	unsigned char *der = NULL;
	int len = i2d_PublicKey(rsa, &der);
	BIO *bio = BIO_new(BIO_s_mem());

	/* RSAPublicKey by itself. */
	assert_int_equal(crypto->key_read(crypto->self, &key,
					  kf_view(der, (size_t)len),
					  arena()), KF_OK);
	assert_string_equal(key.name, "RSA-2048");
	assert_true(kf_equal(key.own, kf_view(der, (size_t)len)));
	OPENSSL_free(der);
	assert_true(PEM_write_bio_PUBKEY(bio, rsa));
	read_bio(&same, bio);
	assert_true(kf_equal(same.spki, key.spki));
	bio = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio_PrivateKey(bio, rsa, NULL, NULL, 0, NULL,
					     NULL));
	read_bio(&same, bio);
	assert_true(kf_equal(same.spki, key.spki));
	assert_memory_equal(same.sha256.bytes, key.sha256.bytes, 32);
}

static void numbers_are_a_key(void **state)
{
	BIGNUM *n = NULL, *e = NULL;
	struct kf_bytes modulus = model_fill(256, 0);
	struct kf_bytes exponent = model_fill(8, 0), digest = model_fill(32, 9);
	struct kf_key key;

	assert_true(EVP_PKEY_get_bn_param(rsa, "n", &n));
	assert_true(EVP_PKEY_get_bn_param(rsa, "e", &e));
	BN_bn2binpad(n, (uint8_t *)(uintptr_t)modulus.data, 256);
	BN_bn2binpad(e, (uint8_t *)(uintptr_t)exponent.data, 8);
	BN_free(n);
	BN_free(e);
	assert_int_equal(crypto->key_rsa(crypto->self, &key, modulus, exponent,
					 arena()), KF_OK);
	assert_string_equal(key.name, "RSA-2048");
	assert_int_equal(verify(&key, KF_SCHEME_RSA_PKCS1, 0, digest,
				sign(digest, RSA_PKCS1_PADDING, 0)), KF_YES);
	assert_int_equal(crypto->key_rsa(crypto->self, &key, kf_view(NULL, 0),
					 exponent, arena()), KF_WRONG_USE);
}

/* What OpenSSL's own encoders make of a key, at lengths that are told in one,
 * two and three bytes. */
static void an_rsa_key_is_written_as_openssl_writes_it(void **state)
{
	static const size_t lens[] = { 64, 65, 100, 127, 128, 256, 384, 512,
				       2048 };
	struct kf_bytes exponent = model_fill(3, 1);

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct kf_bytes modulus = model_fill(lens[i], i % 2 ? 0x81
								    : 0x71);
		unsigned char *spki = NULL, *own = NULL;
		struct kf_key key;
		const unsigned char *p;
		EVP_PKEY *pkey;
		int len;

		assert_int_equal(crypto->key_rsa(crypto->self, &key, modulus,
						 exponent, arena()), KF_OK);
		p = key.spki.data;
		pkey = d2i_PUBKEY(NULL, &p, (long)key.spki.len);
		assert_non_null(pkey);
		len = i2d_PUBKEY(pkey, &spki);
		assert_true(kf_equal(key.spki, kf_view(spki, (size_t)len)));
		len = i2d_PublicKey(pkey, &own);
		assert_true(kf_equal(key.own, kf_view(own, (size_t)len)));
		OPENSSL_free(spki);
		OPENSSL_free(own);
		EVP_PKEY_free(pkey);
	}
}

static void other_bytes_are_no_key(void **state)
{
	static const char *const none[] = { "", "0", "-----BEGIN PUBLIC KEY-----" };
	struct kf_key key;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(crypto->key_read(crypto->self, &key,
						  kf_text(none[i]),
						  arena()), KF_WRONG_USE);
}

static enum kf_answer3 open_with(struct kf_secret *out,
				 enum kf_opening_kind kind, struct kf_bytes key,
				 struct kf_bytes sealed)
{
	enum kf_answer3 answer = KF_NOT_ASKED;

	assert_int_equal(crypto->key_open(crypto->self, out, kind, key, sealed,
					  &answer), KF_OK);
	return answer;
}

static void a_private_key_opens_what_was_made_for_it(void **state)
{
	struct kf_bytes bob = model_hex("302e020100300506032b656e04220420"
		"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
	struct kf_bytes alice = model_hex(
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
	struct kf_secret out;

	assert_int_equal(open_with(&out, KF_OPEN_X25519, bob, alice), KF_YES);
	assert_true(kf_equal(kf_view(out.bytes, out.len), model_hex(
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")));
	assert_int_equal(open_with(&out, KF_OPEN_X25519, bob,
				   model_fill(0, 32)), KF_NO);
	assert_int_equal(open_with(&out, KF_OPEN_X25519, alice, alice),
			 KF_NO);
	assert_int_equal(open_with(&out, KF_OPEN_P256, bob, alice), KF_NO);
	assert_int_equal(open_with(&out, KF_OPEN_RSA_OAEP, bob, alice),
			 KF_NO);
	assert_int_equal(out.len, 0);
}

static void a_wrapped_key_is_unwrapped(void **state)
{
	struct kf_bytes key = model_hex("000102030405060708090a0b0c0d0e0f");
	struct kf_secret out;

	assert_int_equal(open_with(&out, KF_OPEN_AES_WRAP, key, model_hex(
		"1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5")), KF_YES);
	assert_true(kf_equal(kf_view(out.bytes, out.len), model_hex(
		"00112233445566778899aabbccddeeff")));
	assert_int_equal(open_with(&out, KF_OPEN_AES_WRAP, key, model_hex(
		"1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe4")), KF_NO);
	assert_int_equal(open_with(&out, KF_OPEN_AES_WRAP, model_fill(0, 17),
				   key), KF_NO);
}

static void a_counter_runs_over_data_in_place(void **state)
{
	struct kf_bytes key = model_hex("2b7e151628aed2a6abf7158809cf4f3c");
	struct kf_bytes counter = model_hex(
		"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
	struct kf_bytes data = model_copy(model_hex(
		"874d6191b620e3261bef6864990db6ce"));

	assert_int_equal(crypto->aes_ctr(crypto->self, key, counter.data,
					 (uint8_t *)(uintptr_t)data.data,
					 data.len), KF_OK);
	assert_true(kf_equal(data, model_hex(
		"6bc1bee22e409f96e93d7e117393172a")));
	assert_int_equal(crypto->aes_ctr(crypto->self, model_fill(0, 15),
					 counter.data,
					 (uint8_t *)(uintptr_t)data.data,
					 data.len), KF_NO_CRYPTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(ed25519_verifies_messages),
		MODEL_TEST(a_point_is_a_key),
		MODEL_TEST(an_rsa_key_is_written_as_openssl_writes_it),
		MODEL_TEST(a_padding_is_no_other),
		MODEL_TEST(every_form_is_the_same_key),
		MODEL_TEST(numbers_are_a_key),
		MODEL_TEST(other_bytes_are_no_key),
		MODEL_TEST(a_private_key_opens_what_was_made_for_it),
		MODEL_TEST(a_wrapped_key_is_unwrapped),
		MODEL_TEST(a_counter_runs_over_data_in_place),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
