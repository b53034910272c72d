/* Several signatures in every order. UEFI-28, UEFI-29, UEFI-30.
 *
 * red is trusted, green is unknown, blue is revoked.
 */
#include "make.h"

#include <stdio.h>
#include <string.h>

static struct bytes entry_of(const struct family *f, struct bytes img,
			     const char *md)
{
	struct signature s = by(f);

	s.digest = md;
	return entry(2, sign_digest(&s, image_digest(img, md)));
}

static const struct family *const families[] = { &red, &green, &blue };
static const char *const names[] = { "trusted", "unknown", "revoked" };

/* the two ways in which blue may be revoked */
static struct bytes dbx_of(int way)
{
	return way == 0 ? x509_list(&blue.root)
	     : way == 1 ? tbs_list(guid_x509_sha256, &blue.leaf, "SHA256",
				   NULL)
	     : x509_list(&blue.leaf);
}

static void combine(int way, int num, const char *suffix)
{
	int total = num == 2 ? 9 : 27;

	for (int n = 0; n < total; n++) {
		struct bytes img = plain(300 + (unsigned)n);
		struct trust t = both(JOIN2(x509_list(&red.root),
					    x509_list(&blue.root)),
				      dbx_of(way));
		struct bytes table = zeros(0);
		char name[96] = "order";

		for (int i = 0, rest = n; i < num; i++, rest /= 3) {
			table = JOIN2(table, entry_of(families[rest % 3],
						      img, "SHA256"));
			strcat(name, "-");
			strcat(name, names[rest % 3]);
		}
		strcat(name, suffix);
		add("UEFI-28,UEFI-29", name, attach(img, table), &t);
	}
}

/* mixed: signatures with different digests; dbx holds one of them. */
static void mixed(void)
{
	static const char *const mds[] = { "SHA256", "SHA384", "SHA512" };
	static const char *const types[] = { guid_sha256, guid_sha384,
					     guid_sha512 };

	for (int a = 0; a < 3; a++)
		for (int b = 0; b < 3; b++)
			for (int in = 0; in < 3; in++) {
				struct bytes img = plain(400);
				struct bytes table = JOIN2(
					entry_of(&red, img, mds[a]),
					entry_of(&green, img, mds[b]));
				struct trust t = both(x509_list(&red.root),
					hash_list(types[in],
						  image_digest(img, mds[in])));
				char name[96];

				snprintf(name, sizeof(name),
					 "digests-%s-%s-dbx-has-%s", mds[a],
					 mds[b], mds[in]);
				add("UEFI-30", name, attach(img, table), &t);
			}
}

/* by_hash: a signature that nobody trusts, and the digest in db. */
static void by_hash(void)
{
	struct bytes img = plain(410);
	struct bytes table = entry_of(&green, img, "SHA256");
	struct bytes d256 = image_digest(img, "SHA256");
	struct bytes d384 = image_digest(img, "SHA384");
	struct trust t = only(hash_list(guid_sha256, d256));

	add("UEFI-11,UEFI-28", "unknown-signer-digest-in-db", attach(img, table), &t);
	t = only(hash_list(guid_sha384, d384));
	add("UEFI-30", "unknown-signer-other-digest-in-db",
	    attach(img, table), &t);
	t = both(hash_list(guid_sha256, d256), x509_list(&green.root));
	add("UEFI-29", "digest-in-db-signer-revoked", attach(img, table), &t);
	t = both(JOIN2(hash_list(guid_sha256, d256), x509_list(&green.root)),
		 hash_list(guid_sha256, d256));
	add("UEFI-28", "digest-in-db-and-dbx", attach(img, table), &t);
}

void order_cases(void)
{
	combine(0, 2, "");
	combine(0, 3, "");
	combine(1, 2, "-by-tbs");
	combine(2, 2, "-leaf-in-dbx");
	mixed();
	by_hash();
}
