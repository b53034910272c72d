/* Appends: what is known already, and what is not. UEFI-54.
 */
#include "update.h"

static const char owner[] = "11111111-2222-3333-4444-555555555555";
static const char other_owner[] = "99999999-8888-7777-6666-555555555555";

static struct write append(const char *var, const struct identity *who,
			   struct bytes value)
{
	struct seal s = { .var = var, .attributes = 0x67, .value = value,
			  .by = signature_by(who) };

	return sealed(&s);
}

static void try_append(const char *name, const char *expect, const char *var,
		       struct bytes value)
{
	put_case("UEFI-54", name, expect, &base, 1, append(var, &kek, value));
}

static struct bytes hash_entry(const char *own, unsigned seed)
{
	return JOIN2(guid(own), digest("SHA256", le32(seed)));
}

static struct bytes hashes(struct bytes a, struct bytes b)
{
	return list(guid_sha256, JOIN2(a, b), 48);
}

void append_updates(void)
{
	struct bytes known = base.value[DBX], fresh = hash_of(2);
	struct bytes a = hash_entry(owner, 1), b = hash_entry(owner, 2);
	struct bytes x = x509_list(&ca_one);
	struct keys k = base;

	try_append("append-known", "a", "dbx", known);
	try_append("append-new", "a", "dbx", fresh);
	try_append("append-known-of-other-owner", "a", "dbx",
		   list(guid_sha256, hash_entry(other_owner, 1), 48));
	try_append("append-known-and-new-in-a-list", "a", "dbx",
		   hashes(a, b));
	try_append("append-new-and-known-in-a-list", "a", "dbx",
		   hashes(b, a));
	try_append("append-known-and-new-lists", "a", "dbx",
		   JOIN2(known, fresh));
	try_append("append-new-twice-in-a-list", "a", "dbx", hashes(b, b));
	try_append("append-new-twice-in-lists", "a", "dbx",
		   JOIN2(fresh, fresh));
	try_append("append-known-of-other-type", "a", "dbx",
		   hash_list(guid_sha512, JOIN2(digest("SHA256", le32(1)),
						zeros(32))));
	try_append("append-list-of-no-entries", "a", "dbx",
		   list(guid_sha256, zeros(0), 48));
	try_append("append-nothing", "a", "dbx", zeros(0));
	try_append("append-nothing-to-absent", "a", "dbt", zeros(0));
	try_append("append-to-absent", "a", "dbt", hashes(b, b));
	try_append("append-bad-list", "r", "dbx", JOIN2(fresh, zeros(2)));
	k.value[DB] = x;
	put_case("UEFI-54", "append-known-certificate", "a", &k, 1,
		 append("db", &kek, x));
	put_case("UEFI-54", "append-known-certificate-and-new", "a", &k, 1,
		 append("db", &kek, JOIN2(x, x509_list(&ca_two))));
	put_case("UEFI-54", "append-certificate-of-other-owner", "a", &k, 1,
		 append("db", &kek, list(guid_x509, JOIN2(guid(other_owner),
			ca_one.der), 16 + ca_one.der.len)));
	put_case("UEFI-54", "append-three-times", "aaa", &base, 3,
		 append("dbx", &kek, hashes(a, b)),
		 append("dbx", &kek_leaf, hashes(b, hash_entry(owner, 3))),
		 append("dbx", &pk, hashes(a, hash_entry(owner, 4))));
	put_case("UEFI-54", "append-to-kek", "aaa", &base, 3,
		 append("KEK", &pk, x509_list(&kek2)),
		 append("KEK", &pk, x509_list(&kek2)),
		 append("db", &kek2, x509_list(&ca_two)));
	put_case("UEFI-54", "append-to-kek-by-kek", "r", &base, 1,
		 append("KEK", &kek, x509_list(&kek2)));
	put_case("UEFI-54", "append-to-pk-itself", "a", &base, 1,
		 append("PK", &pk, base.value[PK]));
	put_case("UEFI-54", "append-to-pk-another", "aar", &base, 3,
		 append("PK", &pk, x509_list(&next_pk)),
		 append("KEK", &pk, x509_list(&kek2)),
		 append("KEK", &next_pk, x509_list(&kek2)));
	put_case("UEFI-54", "append-to-pk-by-kek", "r", &base, 1,
		 append("PK", &kek, x509_list(&next_pk)));
	put_case("UEFI-54", "append-to-absent-kek", "a",
		 &(struct keys){ { base.value[PK] }, { NULL } }, 1,
		 append("KEK", &pk, x509_list(&kek2)));
}
