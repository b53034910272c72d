/* Writes a trust store into a copy of an OVMF variable store file.
 *
 *   vars EMPTY OUT NAME=FILE|none...
 */
#include <keyfit/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/flash.h"

enum { PAIRS_MAX = 16 };

static int fail(const char *what)
{
	fprintf(stderr, "vars: %s\n", what);
	return 4;
}

static int write_file(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
		return fail("cannot be written");
	return 0;
}

int main(int argc, char **argv)
{
	struct kf_setting trust[PAIRS_MAX];
	struct kf_ask ask = { .rules = "edk2", .trust = trust };
	struct kf_device device = { 0 };
	struct kf_text_file empty;
	struct kf_fault why = { 0 };
	const struct kf_crypto *crypto;
	uint8_t *out;

	if (argc < 4 || argc > 3 + PAIRS_MAX)
		return fail("usage: vars EMPTY OUT NAME=FILE...");
	for (int i = 3; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals)
			return fail("usage: vars EMPTY OUT NAME=FILE...");
		*equals = '\0';
		trust[ask.num_trust++] = (struct kf_setting){ argv[i],
							      equals + 1 };
	}
	crypto = kf_openssl_open(&why);
	if (!crypto ||
	    kf_text_file_read(&empty, argv[1], 64 << 20, &why) != KF_OK ||
	    kf_device_open(&device, &ask, crypto, kf_now_s(), &why) != KF_OK)
		return fail(why.what);
	out = malloc(empty.bytes.len);
	if (!out || kf_flash_write(out, empty.bytes, &device.verifier[0].store,
				   &why) != KF_OK)
		return fail(why.what);
	return write_file(argv[2], out, empty.bytes.len);
}
