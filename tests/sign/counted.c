/* Counts what a private key does in a file: to be preloaded. Each signature of
 * OpenSSL's is one line in the file that SIGN_COUNTED names. The one whose
 * number SIGN_FAILS has fails, and each one changes the file that SIGN_CHANGES
 * names.
 */
#define _GNU_SOURCE
#include <openssl/evp.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEEN __attribute__((visibility("default")))

static void add(const char *path)
{
	int fd = path ? open(path, O_CREAT | O_WRONLY | O_APPEND, 0600) : -1;

	if (fd < 0 || write(fd, "signed\n", 7) != 7)
		abort();
	close(fd);
}

/* count counts one. Returns whether it is to fail. */
static bool count(void)
{
	const char *fails = getenv("SIGN_FAILS"), *path = getenv("SIGN_CHANGES");
	static unsigned long num;

	if (fails && ++num == strtoul(fails, NULL, 10))
		return true;
	add(getenv("SIGN_COUNTED"));
	if (path)
		add(path);
	return false;
}

/* next finds OpenSSL's own. */
static void next(void *out, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol)
		abort();
	memcpy(out, &symbol, sizeof(symbol));
}

SEEN int EVP_PKEY_sign(EVP_PKEY_CTX *ctx, unsigned char *sig, size_t *siglen,
		       const unsigned char *tbs, size_t tbslen)
{
	int (*real)(EVP_PKEY_CTX *, unsigned char *, size_t *,
		    const unsigned char *, size_t);

	next(&real, "EVP_PKEY_sign");
	if (sig && count())
		return 0;
	return real(ctx, sig, siglen, tbs, tbslen);
}

SEEN int EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *siglen,
			const unsigned char *tbs, size_t tbslen)
{
	int (*real)(EVP_MD_CTX *, unsigned char *, size_t *,
		    const unsigned char *, size_t);

	next(&real, "EVP_DigestSign");
	if (sig && count())
		return 0;
	return real(ctx, sig, siglen, tbs, tbslen);
}
