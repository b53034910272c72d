/* OpenSSL, open while a group of cmocka's tests runs: `crypto`. Included once,
 * by the file that has the group.
 */
#ifndef KEYFIT_TESTS_OPENSSL_H
#define KEYFIT_TESTS_OPENSSL_H

#include <keyfit/host.h>

static const struct kf_crypto *crypto;

static int open_crypto(void **state)
{
	struct kf_fault why = { "", "" };

	(void)state;
	crypto = kf_openssl_open(&why);
	return crypto ? 0 : -1;
}

static int close_crypto(void **state)
{
	(void)state;
	kf_openssl_close(crypto);
	return 0;
}

#endif
