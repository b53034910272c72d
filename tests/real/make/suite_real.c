/* Real boot loaders, as Debian signs and ships them: the certificates that
 * their signatures bring, the images' digests, and stores made of these.
 * UEFI-28 to UEFI-36.
 */
#include "make.h"

#include <openssl/pkcs7.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bytes read_file(const char *path)
{
	struct bytes b = zeros(32 << 20);
	FILE *f = need(fopen(path, "rb"), path);

	b.len = fread(b.data, 1, b.len, f);
	fclose(f);
	return b;
}

static uint32_t get32(struct bytes b, size_t at)
{
	return at + 4 > b.len ? 0 : b.data[at] | (uint32_t)b.data[at + 1] << 8
				    | (uint32_t)b.data[at + 2] << 16 |
				    (uint32_t)b.data[at + 3] << 24;
}

/* certificates_of adds a list for each certificate in one signature. */
static struct bytes certificates_of(struct bytes blob)
{
	const unsigned char *at = blob.data;
	PKCS7 *p7 = need(d2i_PKCS7(NULL, &at, (long)blob.len),
			 "a real signature");
	const STACK_OF(X509) *bag = p7->d.sign->cert;
	struct bytes all = zeros(0);

	for (int i = 0; i < sk_X509_num(bag); i++) {
		struct identity who = { .x = sk_X509_value(bag, i) };
		unsigned char *out = NULL;
		int len = i2d_X509(who.x, &out);

		who.der = raw(out, (size_t)len);
		OPENSSL_free(out);
		all = JOIN2(all, x509_list(&who));
	}
	PKCS7_free(p7);
	return all;
}

static void one(const char *path)
{
	static unsigned number;
	struct bytes img = read_file(path), certs = zeros(0), first = certs;
	size_t pe = get32(img, 60), table = pe + 24 + 112 + 32;
	size_t at = get32(img, table), end = at + get32(img, table + 4);
	struct trust t;
	char name[64];

	for (size_t len; at + 8 < end; at += (len + 7) / 8 * 8) {
		struct bytes c;

		len = get32(img, at);
		c = certificates_of(cut(img, at + 8, len - 8));
		if (first.len == 0)
			first = c;
		certs = JOIN2(certs, c);
	}
	number++;
	t = only(certs);
	snprintf(name, sizeof(name), "real-%u-all-anchors", number);
	add("UEFI-28", name, img, &t);
	t.dbx = hash_list(guid_sha256, image_digest(img, "SHA256"));
	snprintf(name, sizeof(name), "real-%u-digest-in-dbx", number);
	add("UEFI-28", name, img, &t);
	t.dbx = first;
	snprintf(name, sizeof(name), "real-%u-first-in-dbx", number);
	add("UEFI-29", name, img, &t);
	t = only(hash_list(guid_sha256, image_digest(img, "SHA256")));
	snprintf(name, sizeof(name), "real-%u-digest-in-db", number);
	add("UEFI-28", name, img, &t);
}

void real_cases(char *const *paths, int num)
{
	for (int i = 0; i < num; i++)
		one(paths[i]);
}
