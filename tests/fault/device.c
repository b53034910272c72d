/* Opens a device and prints what was found, for those who take memory away.
 *
 * Usage: device DEVICE [NAME=FILE]
 * Exit status: 0 opened, 2 wrong use, 4 fault.
 */
#include <keyfit/host.h>

#include <stdio.h>
#include <string.h>

static void print(const struct kf_device *device)
{
	printf("%s\n", device->name);
	for (size_t i = 0; i < device->num_verifiers; i++) {
		const struct kf_store *store = &device->verifier[i].store;

		printf("%s:", device->verifier[i].rules->name);
		for (size_t p = 0; p < store->num_parts; p++)
			printf(" %s %d %zu", store->part[p].name,
			       (int)store->part[p].presence,
			       store->part[p].bytes.len);
		printf("\n");
	}
	printf("%s\n", device->unread.what);
}

int main(int argc, char **argv)
{
	struct kf_fault why = { "", "" };
	const struct kf_crypto *crypto = kf_openssl_open(&why);
	struct kf_device device = { 0 };
	struct kf_setting trust = { NULL, NULL };
	struct kf_ask ask = { .trust = &trust };
	enum kf_status status = KF_NO_CRYPTO;
	char *equals = argc > 2 ? strchr(argv[2], '=') : NULL;

	if (argc > 1)
		ask.device = argv[1];
	if (equals) {
		*equals = '\0';
		trust.name = argv[2];
		trust.value = equals + 1;
		ask.num_trust = 1;
	}
	if (crypto)
		status = kf_device_open(&device, &ask, crypto, 1800000000,
					&why);
	if (status == KF_OK)
		print(&device);
	else
		fprintf(stderr, "device: %s\n", why.what);
	kf_device_close(&device);
	kf_openssl_close(crypto);
	return status == KF_OK ? 0 : status == KF_WRONG_USE ? 2 : 4;
}
