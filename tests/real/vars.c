/* Writes parts of a trust store into a copy of an OVMF variable store file.
 * Variables that are not named stay as they are in it.
 *
 *   vars IN OUT NAME=FILE|none... [secure-boot=on|off]
 */
#include <keyfit/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ovmf.h"

enum { PAIRS_MAX = 16 };

/* words are the arguments that name parts. */
struct words {
	struct kf_setting pair[PAIRS_MAX];
	size_t num;
	const char *secure_boot;	/* NULL: as it is */
};

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

static bool read_words(struct words *out, int argc, char **argv)
{
	for (int i = 3; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals)
			return false;
		*equals = '\0';
		if (strcmp(argv[i], "secure-boot") == 0)
			out->secure_boot = equals + 1;
		else
			out->pair[out->num++] = (struct kf_setting){ argv[i],
								equals + 1 };
	}
	return true;
}

/* change_one takes a part out of the store that was read from files. */
static void change_one(struct kf_ovmf_change *out,
		       const struct kf_store *store, const char *name)
{
	const struct kf_part *part = kf_store_part(store, name);

	out->variable = kf_variable_of(name);
	out->absent = !part || part->presence != KF_PRESENT;
	if (!out->absent)
		out->bytes = part->bytes;
}

/* is_first: a name that comes again adds to its part, which is written once. */
static bool is_first(const struct words *words, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(words->pair[i].name, words->pair[index].name) == 0)
			return false;
	return true;
}

static size_t changes_of(struct kf_ovmf_change *out, const struct words *words,
			 const struct kf_store *store)
{
	static const uint8_t on[] = { 1 }, off[] = { 0 };
	size_t num = 0;

	for (size_t i = 0; i < words->num; i++)
		if (is_first(words, i))
			change_one(&out[num++], store, words->pair[i].name);
	if (!words->secure_boot)
		return num;
	out[num].variable = kf_variable_of("secure-boot-enable");
	out[num++].bytes = kf_view(strcmp(words->secure_boot, "on") ? off : on,
				   1);
	return num;
}

int main(int argc, char **argv)
{
	struct words words = { .num = 0 };
	struct kf_ask ask = { .rules = "shim-16.1", .trust = words.pair };
	struct kf_ovmf_change change[PAIRS_MAX + 1];
	struct kf_device device = { 0 };
	struct kf_text_file in;
	struct kf_fault why = { 0 };
	const struct kf_crypto *crypto;
	uint8_t *out;
	size_t num;

	if (argc < 4 || argc > 3 + PAIRS_MAX ||
	    !read_words(&words, argc, argv))
		return fail("usage: vars IN OUT NAME=FILE...");
	ask.num_trust = words.num;
	memset(change, 0, sizeof(change));
	crypto = kf_openssl_open(&why);
	if (!crypto ||
	    kf_text_file_read(&in, argv[1], 64 << 20, &why) != KF_OK ||
	    (words.num &&
	     kf_device_open(&device, &ask, crypto, kf_now_s(), &why) != KF_OK))
		return fail(why.what);
	num = changes_of(change, &words,
			 words.num ? &device.verifier[0].store : NULL);
	out = malloc(in.bytes.len);
	if (!out || kf_ovmf_write(out, in.bytes, change, num) != KF_OK)
		return fail("the variables do not fit, or the file has none");
	return write_file(argv[2], out, in.bytes.len);
}
