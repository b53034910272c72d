/* OpenSSL as the crypto table: known digests, known certificates, and all of
 * it beside an OPENSSL_CONF that wants FIPS and names a provider that is not
 * there.
 *
 * Sources: FIPS 180-4, examples of SHA-1 and SHA-2 (one block, two blocks,
 * the empty message); for Microsoft's certificates what OpenSSL 3.0.19 prints
 * (openssl x509 -noout -subject -enddate -serial; date -u +%s of the date).
 */
#include "tests/model.h"

#include <keyfit/host.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct kf_crypto *crypto;
static char conf[] = "/tmp/keyfit-conf-XXXXXX";

/* is_hostile: in a process of its own, does OpenSSL's default context obey
 * the configuration, and lose SHA-256? */
static bool is_hostile(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		EVP_MD *md;

		OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
		_exit(md ? 1 : 0);
	}
	return child > 0 && waitpid(child, &status, 0) == child &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int open_crypto(void **state)
{
	static const char text[] =
		"openssl_conf = o\n[o]\nproviders = p\nalg_section = a\n"
		"[p]\nfips = f\nnone = n\n[f]\nactivate = 1\n"
		"module = /nonexistent/fips.so\n[n]\nactivate = 1\n"
		"[a]\ndefault_properties = fips=yes\n";
	struct kf_fault why = { "", "" };
	int fd = mkstemp(conf);

	if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0)
		return -1;
	close(fd);
	setenv("OPENSSL_CONF", conf, 1);
	setenv("OPENSSL_MODULES", "/nonexistent", 1);
	if (!is_hostile())
		return -1;
	crypto = kf_openssl_open(&why);
	return crypto ? 0 : -1;
}

static int close_crypto(void **state)
{
	kf_openssl_close(crypto);
	return unlink(conf);
}

static bool hashes(enum kf_digest_kind kind, struct kf_bytes bytes,
		   const char *want)
{
	struct kf_digest digest;

	kf_digest_of(&digest, crypto, kind, bytes);
	return kf_equal(kf_view(digest.bytes, digest.len), model_hex(want));
}

static void digests_are_those_of_the_standard(void **state)
{
	struct kf_bytes abc = kf_text("abc");

	assert_true(hashes(KF_SHA1, abc,
		"a9993e364706816aba3e25717850c26c9cd0d89d"));
	assert_true(hashes(KF_SHA256, abc,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61"
		"f20015ad"));
	assert_true(hashes(KF_SHA384, abc,
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a"
		"43ff5bed8086072ba1e7cc2358baeca134c825a7"));
	assert_true(hashes(KF_SHA512, abc,
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee6"
		"4b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
		"2a9ac94fa54ca49f"));
}

static void digests_of_two_blocks_and_of_nothing_too(void **state)
{
	struct kf_bytes two = kf_text("abcdbcdecdefdefgefghfghighijhijkijkl"
				      "jklmklmnlmnomnopnopq");

	assert_true(hashes(KF_SHA1, two,
		"84983e441c3bd26ebaae4aa1f95129e5e54670f1"));
	assert_true(hashes(KF_SHA256, two,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd4"
		"19db06c1"));
	assert_true(hashes(KF_SHA256, kf_view(NULL, 0),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
		"7852b855"));
}

static void a_digest_over_pieces_is_that_of_the_whole(void **state)
{
	void *digest = crypto->digest_begin(crypto->self, KF_SHA1);
	struct kf_digest out;

	assert_non_null(digest);
	crypto->digest_add(digest, kf_text("a"));
	crypto->digest_add(digest, kf_view(NULL, 0));
	crypto->digest_add(digest, kf_text("bc"));
	crypto->digest_end(digest, &out);
	assert_true(kf_equal(kf_view(out.bytes, out.len), model_hex(
		"a9993e364706816aba3e25717850c26c9cd0d89d")));
	crypto->digest_drop(crypto->digest_begin(crypto->self, KF_SHA1));
}

/* file reads one of the published certificates. */
static struct kf_bytes file(const char *name)
{
	struct kf_text_file text;
	struct kf_fault why = { "", "" };
	struct kf_bytes copy;
	char path[200];

	snprintf(path, sizeof(path), "tests/data/microsoft/certs/%s.der",
		 name);
	assert_int_equal(kf_text_file_read(&text, path, 1 << 16, &why),
			 KF_OK);
	copy = model_copy(text.bytes);
	kf_text_file_close(&text);
	return copy;
}

static const struct {
	const char *file, *name, *serial, *sha256;
	int64_t not_after_s;
	bool is_ca;
} published[] = {
	{ "kek-ca-2011", "Microsoft Corporation KEK CA 2011",
	  "610ad188000000000003",
	  "a1117f516a32cefcba3f2d1ace10a87972fd6bbe8fe0d0b996e09e65d802a503",
	  1782334289, true },
	{ "kek-2k-ca-2023", "Microsoft Corporation KEK 2K CA 2023",
	  "33000000131416b8616d82824b000000000013",
	  "3cd3f0309edae228767a976dd40d9f4affc4fbd5218f2e8cc3c9dd97e8ac6f9d",
	  2151174695, true },
	{ "windows-production-pca-2011",
	  "Microsoft Windows Production PCA 2011", "61077656000000000008",
	  "e8e95f0733a55e8bad7be0a1413ee23c51fcea64b3c8fa6a786935fddcc71961",
	  1792435902, true },
	{ "windows-uefi-ca-2023", "Windows UEFI CA 2023",
	  "330000001a888b9800562284c100000000001a",
	  "076f1fea90ac29155ebf77c17682f75f1fdd1be196da302dc8461e350a9ae330",
	  2065374509, true },
	{ "uefi-ca-2011", "Microsoft Corporation UEFI CA 2011",
	  "6108d3c4000000000004",
	  "48e99b991f57fc52f76149599bff0a58c47154229b9f8d603ac40d3500248507",
	  1782595965, true },
	{ "uefi-ca-2023", "Microsoft UEFI CA 2023",
	  "330000001636bf36899f1575cc000000000016",
	  "f6124e34125bee3fe6d79a574eaa7b91c0e7bd9d929c1a321178efd611dad901",
	  2160070307, true },
	{ "windows-oem-devices-pk", "Windows OEM Devices PK",
	  "3300000014e8c838dede044ea7000000000014",
	  "2f569e8edaf9657dc4951c29598725255c7f821472db71374211fe44d082546f",
	  2168454506, false },
};

static void published_certificates_say_what_openssl_says(void **state)
{
	for (size_t i = 0; i < sizeof(published) / sizeof(*published); i++) {
		struct kf_env *env = model_env();
		struct kf_certificate c;
		int64_t from, to;
		struct kf_bytes der = file(published[i].file);

		assert_int_equal(crypto->certificate_read(crypto->self, &c,
			der, env->arena), KF_OK);
		assert_string_equal(c.name, published[i].name);
		assert_non_null(strstr(c.subject, published[i].name));
		assert_string_equal(c.key, "RSA-2048");
		assert_string_equal(c.algorithm, "sha256WithRSAEncryption");
		assert_true(kf_equal(c.serial, model_hex(published[i].serial)));
		assert_true(kf_equal(kf_view(c.sha256.bytes, c.sha256.len),
				     model_hex(published[i].sha256)));
		assert_true(c.not_after_s == published[i].not_after_s);
		assert_int_equal(c.is_ca, published[i].is_ca);
		assert_false(c.self_issued);
		assert_true(crypto->certificate_times(crypto->self, der,
						      &from, &to));
		assert_true(to == c.not_after_s && from == c.not_before_s);
	}
}

static void what_is_no_certificate_is_wrong_use(void **state)
{
	struct kf_bytes der = file("uefi-ca-2011");
	struct kf_env *env = model_env();
	struct kf_certificate c;
	int64_t from, to;

	for (size_t len = 0; len < der.len; len += 7) {
		struct kf_bytes cut = kf_part_of(der, 0, len);

		assert_int_equal(crypto->certificate_read(crypto->self, &c,
			cut, env->arena), KF_WRONG_USE);
		assert_false(crypto->certificate_times(crypto->self, cut,
						       &from, &to));
	}
}

static void an_arena_that_is_full_is_no_memory(void **state)
{
	struct kf_bytes der = file("uefi-ca-2011");
	struct kf_env *env = model_env();
	struct kf_certificate c;

	env->arena->size = 64;
	assert_int_equal(crypto->certificate_read(crypto->self, &c, der,
			 env->arena), KF_NO_MEMORY);
}

/* with_name makes a certificate whose common name has an odd type. */
static struct kf_bytes with_name(int type, const char *bytes)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, "provider=default", "RSA",
					  (size_t)1024);
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();
	unsigned char *der = NULL;
	struct kf_bytes copy;
	int len;

	assert_true(key && x && name);
	assert_true(X509_NAME_add_entry_by_NID(name, NID_commonName, type,
		(const unsigned char *)bytes, -1, -1, 0));
	X509_set_subject_name(x, name);
	X509_set_issuer_name(x, name);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 1000);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()));
	len = i2d_X509(x, &der);
	assert_true(len > 0);
	copy = model_copy(kf_view(der, (size_t)len));
	OPENSSL_free(der);
	X509_NAME_free(name);
	X509_free(x);
	EVP_PKEY_free(key);
	return copy;
}

static void a_name_of_any_type_can_be_read(void **state)
{
	static const int types[] = { V_ASN1_UTF8STRING, V_ASN1_T61STRING,
				     V_ASN1_BIT_STRING };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct kf_env *env = model_env();
		struct kf_certificate c;

		assert_int_equal(crypto->certificate_read(crypto->self, &c,
			with_name(types[i], "odd"), env->arena), KF_OK);
		assert_non_null(c.name);
	}
}

static void two_tables_do_not_disturb_each_other(void **state)
{
	struct kf_fault why = { "", "" };
	const struct kf_crypto *other = kf_openssl_open(&why);
	struct kf_digest digest;

	assert_non_null(other);
	kf_digest_of(&digest, other, KF_SHA256, kf_text("abc"));
	assert_int_equal(digest.len, 32);
	kf_openssl_close(other);
	kf_openssl_close(NULL);
	digests_are_those_of_the_standard(state);
}

/* The program around may have a context of its own in which nothing works;
 * it has it back afterwards. */
static void the_default_context_of_the_program_is_left_alone(void **state)
{
	OSSL_LIB_CTX *theirs = OSSL_LIB_CTX_new();
	OSSL_LIB_CTX *before;

	assert_non_null(theirs);
	assert_int_equal(EVP_set_default_properties(theirs, "fips=yes"), 1);
	before = OSSL_LIB_CTX_set0_default(theirs);
	published_certificates_say_what_openssl_says(state);
	what_is_no_certificate_is_wrong_use(state);
	assert_ptr_equal(OSSL_LIB_CTX_set0_default(before), theirs);
	OSSL_LIB_CTX_free(theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MODEL_TEST(digests_are_those_of_the_standard),
		MODEL_TEST(digests_of_two_blocks_and_of_nothing_too),
		MODEL_TEST(a_digest_over_pieces_is_that_of_the_whole),
		MODEL_TEST(published_certificates_say_what_openssl_says),
		MODEL_TEST(what_is_no_certificate_is_wrong_use),
		MODEL_TEST(an_arena_that_is_full_is_no_memory),
		MODEL_TEST(a_name_of_any_type_can_be_read),
		MODEL_TEST(two_tables_do_not_disturb_each_other),
		MODEL_TEST(the_default_context_of_the_program_is_left_alone),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
