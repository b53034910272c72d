/* Updates that Microsoft publishes, against the keys that they are for and
 * against others. UEFI-56.
 */
#include "update.h"

#include <openssl/pkcs7.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_LEN = 4096, FILES_MAX = 64, SIGNATURE_AT = 40 };

static const char microsoft[] = "77fa9abd-0359-4d32-bd60-28f4e78f784b";

static struct bytes read_all(const char *folder, const char *name)
{
	struct bytes b = zeros(1 << 20);
	char path[PATH_LEN];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = need(fopen(path, "rb"), path);
	b.len = fread(b.data, 1, b.len, f);
	fclose(f);
	return b;
}

static struct bytes list_of(struct bytes certificate)
{
	return list(guid_x509, JOIN2(guid(microsoft), certificate),
		    16 + certificate.len);
}

/* signer_of is the certificate of the one that signed an update. */
static struct bytes signer_of(struct bytes update)
{
	size_t len = update.data[16] | (size_t)update.data[17] << 8;
	struct bytes data = cut(update, SIGNATURE_AT, len - 24);
	struct bytes info = der(0x30, JOIN2(der_oid("1.2.840.113549.1.7.2"),
					    der(0xa0, data)));
	/* 06: it is wrapped already. */
	const unsigned char *at = data.data[4] == 0x06 ? data.data
						       : info.data;
	PKCS7 *p7 = need(d2i_PKCS7(NULL, &at, (long)info.len),
			 "a published signature");
	STACK_OF(X509) *all = need(PKCS7_get0_signers(p7, NULL, 0),
				   "a published signer");
	unsigned char *out = NULL;
	int n = i2d_X509(sk_X509_value(all, 0), &out);
	struct bytes b = raw(out, (size_t)n);

	OPENSSL_free(out);
	sk_X509_free(all);
	PKCS7_free(p7);
	return b;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t names_of(const char *folder, char *names[FILES_MAX])
{
	DIR *d = need(opendir(folder), folder);
	size_t num = 0;
	struct dirent *e;

	while ((e = readdir(d)) && num < FILES_MAX)
		if (strstr(e->d_name, ".bin"))
			names[num++] = need(strdup(e->d_name), "a name");
	closedir(d);
	qsort(names, num, sizeof(names[0]), by_name);
	return num;
}

static void try_real(const char *what, const char *file, const char *expect,
		     const struct keys *k, const char *var,
		     unsigned attributes, struct bytes data)
{
	char name[128];

	snprintf(name, sizeof(name), "%.*s-%s", (int)strcspn(file, "."),
		 file, what);
	put_case("UEFI-56", name, expect, k, 1,
		 plain_write(var, attributes, data));
}

static void kek_updates(const char *folder, struct bytes kek_2011)
{
	char *names[FILES_MAX], path[PATH_LEN];
	size_t num;

	snprintf(path, sizeof(path), "%s/kek", folder);
	num = names_of(path, names);
	for (size_t i = 0; i < num; i++) {
		struct bytes b = read_all(path, names[i]);
		struct keys k = base;

		k.value[KEK] = kek_2011;
		try_real("other-pk", names[i], "r", &k, "KEK", 0x67, b);
		k.value[PK] = list_of(signer_of(b));
		try_real("own-pk", names[i], "?", &k, "KEK", 0x67, b);
		try_real("own-pk-replace", names[i], "r", &k, "KEK", 0x27, b);
		free(names[i]);
	}
}

static void list_updates(const char *folder, const char *under,
			 const struct keys *by, const char *const *what,
			 size_t num_stores)
{
	char *names[FILES_MAX], path[PATH_LEN];
	size_t num;

	snprintf(path, sizeof(path), "%s/%s", folder, under);
	num = names_of(path, names);
	for (size_t i = 0; i < num; i++) {
		struct bytes b = read_all(path, names[i]);

		for (size_t j = 0; j < num_stores; j++)
			try_real(what[j], names[i], j == 1 || j == 2 ? "r"
				 : "?", &by[j], under, 0x67, b);
		try_real("replace", names[i], "r", &by[0], under, 0x27, b);
		try_real("as-dbt", names[i], "r", &by[0], "dbt", 0x67, b);
		free(names[i]);
	}
}

void real_updates(const char *folder)
{
	static const char *const what[] = { "kek-2011", "kek-2023", "no-kek",
					    "both-keks" };
	char certs[PATH_LEN];
	struct keys by[4] = { base, base, base, base };
	struct bytes kek_2011, kek_2023;

	snprintf(certs, sizeof(certs), "%s/certs", folder);
	kek_2011 = list_of(read_all(certs, "kek-ca-2011.der"));
	kek_2023 = list_of(read_all(certs, "kek-2k-ca-2023.der"));
	by[0].value[KEK] = kek_2011;
	by[1].value[KEK] = kek_2023;
	by[2].value[KEK] = zeros(0);
	by[3].value[KEK] = JOIN2(kek_2023, kek_2011);
	kek_updates(folder, kek_2011);
	list_updates(folder, "db", by, what, 4);
	list_updates(folder, "dbx", by, what, 4);
}
