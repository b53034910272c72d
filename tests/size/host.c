/* The bare rules on a host: prints for each image, with one P-256 key in DER,
 * whether it is accepted. Usage: host KEY IMAGE...
 */
#include "entry.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *begin(void *self, enum kf_digest_kind kind)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	(void)self;
	EVP_DigestInit_ex(c, kind == KF_SHA256 ? EVP_sha256()
			  : kind == KF_SHA384 ? EVP_sha384() : EVP_sha512(),
			  NULL);
	return c;
}

static void more(void *digest, struct kf_bytes bytes)
{
	EVP_DigestUpdate(digest, bytes.data, bytes.len);
}

static void end(void *digest, struct kf_digest *out)
{
	unsigned len = 0;

	EVP_DigestFinal_ex(digest, out->bytes, &len);
	out->len = len;
	EVP_MD_CTX_free(digest);
}

static void drop(void *digest)
{
	EVP_MD_CTX_free(digest);
}

static enum kf_status verify(void *self, const struct kf_key *key,
			     const struct kf_scheme *scheme,
			     struct kf_bytes content,
			     struct kf_bytes signature, enum kf_answer3 *out)
{
	const unsigned char *p = key->spki.data;
	uint8_t buffer[MCUBOOT_BUFFER] = { 0 }, der[MCUBOOT_BUFFER];
	struct mcuboot_stale stale;
	size_t len;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)key->spki.len);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(pkey, NULL);

	(void)self;
	(void)scheme;
	/* As the bootloader's own library reads it: Mbed TLS. */
	memcpy(buffer, signature.data, signature.len);
	len = mcuboot_ecdsa(der, buffer, sizeof(buffer), signature.len, 32,
			    MCUBOOT_MBED_TLS, &stale);
	*out = len && c && EVP_PKEY_verify_init(c) > 0 &&
	       EVP_PKEY_verify(c, der, len, content.data, content.len) == 1
		? KF_YES : KF_NO;
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(pkey);
	return KF_OK;
}

static struct kf_bytes slurp(const char *path)
{
	enum { MOST = 1 << 20 };
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(MOST);
	size_t len = file && bytes ? fread(bytes, 1, MOST, file) : 0;

	if (file)
		fclose(file);
	return kf_view(bytes, len);
}

/* judge asks about one image; all memory is the caller's. */
static enum kf_answer judge(const char *path, const struct kf_crypto *crypto,
			    struct mcuboot_device *d)
{
	static uint8_t memory[1 << 20], window[4096];
	static struct mcuboot_memo memo[MCUBOOT_MEMO_MAX];
	struct kf_arena arena = { memory, sizeof(memory), 0 };
	struct kf_env env = { .crypto = crypto, .arena = &arena,
			      .steps = UINT64_C(1) << 30, .window = window,
			      .window_len = sizeof(window) };
	struct kf_bytes file = slurp(path);
	struct kf_source source = kf_bytes_source(&file);
	struct mcuboot_image image = { 0 };
	struct mcuboot_case k = { .device = d, .memo = memo };
	enum kf_answer answer;
	int reason;

	answer = kf_mcuboot_fits(&k, &image, &source, &env, &reason);
	free((void *)(uintptr_t)file.data);
	return answer;
}

int main(int argc, char **argv)
{
	const struct kf_crypto crypto = {
		.digest_begin = begin, .digest_add = more, .digest_end = end,
		.digest_drop = drop, .key_verify = verify,
	};
	static struct mcuboot_device d = {
		.slot_len = { true, 0x20000 }, .sector_len = { true, 4096 },
		.max_align = 8, .num_images = 1, .keys = KF_PRESENT,
		.num_keys = 1, .installed = KF_UNKNOWN,
	};
	struct mcuboot_key *key = &d.key[0];

	if (argc < 2)
		return 2;
	key->own = key->key.spki = slurp(argv[1]);
	key->key.kind = KF_KEY_EC;
	for (int i = 0; i < MCUBOOT_HASHES; i++)
		kf_digest_of(&key->hash[i], &crypto,
			     i == 0 ? KF_SHA256 : i == 1 ? KF_SHA384
							 : KF_SHA512,
			     key->own);
	for (int i = 2; i < argc; i++)
		puts(judge(argv[i], &crypto, &d) == KF_ACCEPT ? "accept"
							      : "reject");
	return 0;
}
