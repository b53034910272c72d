/* Signs digests, or messages, of files with a key of any place, and writes the
 * bare signatures; what they are worth is the test's to find out.
 *
 * Usage: signer KEY SCHEME DIGEST TIMES FILE OUT [PIN-SOURCE]; TIMES signatures
 * are made, one after the other, with one key; OUT is where the last goes.
 */
#include "jobs/sign/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kf_scheme scheme_of(const char *name, const char *digest)
{
	struct kf_scheme scheme = { .salt_len = KF_SALT_ANY };

	scheme.kind = strcmp(name, "pkcs1") == 0 ? KF_SCHEME_RSA_PKCS1 :
		      strcmp(name, "pss") == 0 ? KF_SCHEME_RSA_PSS :
		      strcmp(name, "ecdsa") == 0 ? KF_SCHEME_ECDSA
						 : KF_SCHEME_ED25519;
	scheme.digest = strcmp(digest, "sha1") == 0 ? KF_SHA1 :
			strcmp(digest, "sha384") == 0 ? KF_SHA384 :
			strcmp(digest, "sha512") == 0 ? KF_SHA512 : KF_SHA256;
	if (scheme.kind == KF_SCHEME_RSA_PSS)
		scheme.salt_len = scheme.digest == KF_SHA384 ? 48 :
				  scheme.digest == KF_SHA512 ? 64 : 32;
	return scheme;
}

static int failed(enum kf_status status, const struct kf_fault *why)
{
	fprintf(stderr, "signer: %s\nsigner: hint: %s\n", why->what,
		why->hint);
	return status == KF_WRONG_USE ? 2 : 4;
}

static enum kf_status make(char **argv, struct kf_signing_key *key,
			   const struct kf_crypto *crypto,
			   struct kf_signature *out, struct kf_fault *why)
{
	const struct kf_scheme scheme = scheme_of(argv[2], argv[3]);
	struct kf_text_file file = { 0 };
	struct kf_digest digest;
	struct kf_bytes content;
	enum kf_status status = kf_text_file_read(&file, argv[5], 1 << 20,
						  why);

	content = file.bytes;
	if (scheme.kind != KF_SCHEME_ED25519) {
		kf_digest_of(&digest, crypto, scheme.digest, file.bytes);
		content = kf_view(digest.bytes, digest.len);
	}
	for (int i = atoi(argv[4]); i > 0 && status == KF_OK; i--)
		status = kf_sign(out, key, &scheme, content, crypto, why);
	kf_text_file_close(&file);
	return status;
}

static bool write_out(const char *path, const struct kf_signature *signature)
{
	FILE *out = fopen(path, "wb");
	bool ok = out && fwrite(signature->bytes, 1, signature->len, out) ==
			 signature->len;

	return out && fclose(out) == 0 && ok;
}

int main(int argc, char **argv)
{
	struct kf_fault why = { 0 };
	const struct kf_crypto *crypto = kf_openssl_open(&why);
	struct kf_signing_ask ask = {
		.name = argv[1],
		.pin_source = argc > 7 ? argv[7] : NULL,
		.wait_s = getenv("WAIT") ? (unsigned)atoi(getenv("WAIT")) : 0,
	};
	struct kf_signing_key key = { 0 };
	struct kf_signature signature;
	struct kf_work work = { 0 };
	enum kf_status status;

	if (argc < 7 || !crypto)
		return 4;
	status = kf_work_open(&work, KF_ARENA_LEN, crypto, kf_now_s(), &why);
	if (status == KF_OK)
		status = kf_signing_key_open_as(&key, &ask, crypto, &work,
						&why);
	if (status == KF_OK)
		status = make(argv, &key, crypto, &signature, &why);
	kf_signing_key_close(&key);
	kf_work_close(&work);
	kf_openssl_close(crypto);
	if (status != KF_OK)
		return failed(status, &why);
	return write_out(argv[6], &signature) ? 0 : 4;
}
