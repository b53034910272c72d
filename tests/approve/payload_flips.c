/* Changes each byte of a file in three ways, and tells of which its payload is
 * the same: "any" where one of the three leaves it, "all" where each does.
 *
 *   payload-flips FILE...
 */
#include "analysis/payload.h"

#include <keyfit/host.h>

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

static struct kf_fault why;

static bool same(const struct kf_payload *a, const struct kf_payload *b)
{
	return a->kind == b->kind && kf_hash_same(&a->sha256, &b->sha256);
}

/* ranges prints runs of places. */
static void ranges(const char *name, const unsigned char *is, size_t len,
		   unsigned char least)
{
	printf("%s", name);
	for (size_t i = 0; i < len; i++)
		if (is[i] >= least && (i == 0 || is[i - 1] < least)) {
			size_t end = i;

			while (end < len && is[end] >= least)
				end++;
			printf(" %zu-%zu", i, end);
		}
	printf("\n");
}

static bool flip_all(struct kf_bytes bytes, uint8_t *data,
		     struct kf_work *work)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	static unsigned char leaves[FILE_MAX];
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_payload right, now;

	kf_work_again(work, bytes.len);
	if (kf_payload_read(&right, &source, &work->env) != KF_OK)
		return false;
	printf("%s ", kf_payload_names[right.kind]);
	for (size_t i = 0; i < KF_HASH_LEN; i++)
		printf("%02x", right.sha256.bytes[i]);
	printf(" %zu\n", bytes.len);
	memset(leaves, 0, bytes.len);
	for (size_t i = 0; i < bytes.len; i++)
		for (size_t m = 0; m < sizeof(masks); m++) {
			data[i] ^= masks[m];
			kf_work_again(work, bytes.len);
			if (kf_payload_read(&now, &source, &work->env) !=
			    KF_OK)
				return false;
			leaves[i] += same(&now, &right);
			data[i] ^= masks[m];
		}
	ranges("any", leaves, bytes.len, 1);
	ranges("all", leaves, bytes.len, sizeof(masks));
	return true;
}

int main(int argc, char **argv)
{
	const struct kf_crypto *crypto = kf_openssl_open(&why);
	struct kf_work work = { 0 };
	bool good = crypto && kf_work_open(&work, KF_ARENA_LEN, crypto, 0,
					   &why) == KF_OK;

	for (int i = 1; i < argc && good; i++) {
		struct kf_text_file file = { 0 };

		good = kf_text_file_read(&file, argv[i], FILE_MAX, &why) ==
		       KF_OK &&
		       flip_all(file.bytes, (uint8_t *)file.memory, &work);
		kf_text_file_close(&file);
	}
	if (!good)
		fprintf(stderr, "%s\n", why.what);
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return good ? 0 : 4;
}
