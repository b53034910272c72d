/* Who may write which variable, and chains. UEFI-49, UEFI-50, UEFI-51.
 */
#include "update.h"

#include <stdio.h>
#include <string.h>

/* try_by adds a case: a value written to a variable by one signer. */
static void try_by(const char *rule, const char *name, const char *expect,
		   const struct keys *k, const char *var,
		   const struct identity *who)
{
	struct seal s = { .var = var, .by = signature_by(who) };

	s.value = strcmp(var, "PK") == 0 ? x509_list(&next_pk)
		: strcmp(var, "KEK") == 0 ? x509_list(&kek2)
		: hash_of(3);
	try_one(rule, name, expect, k, &s);
}

static void who_may_write(void)
{
	static const char *const vars[] = { "PK", "KEK", "db", "dbx", "dbt" };
	static const struct {
		const char *name;
		const struct identity *who;
		const char *expect[5];
	} signers[] = {
		{ "pk", &pk, { "a", "a", "a", "a", "a" } },
		{ "kek", &kek, { "r", "r", "a", "a", "a" } },
		{ "under-kek", &kek_leaf, { "r", "r", "a", "a", "a" } },
		{ "stranger", &stranger, { "r", "r", "r", "r", "r" } },
		{ "new-pk", &next_pk, { "r", "r", "r", "r", "r" } },
		{ "db-entry", &ca_one, { "r", "r", "r", "r", "r" } },
	};
	char name[48];

	for (size_t i = 0; i < sizeof(signers) / sizeof(signers[0]); i++)
		for (size_t j = 0; j < 5; j++) {
			snprintf(name, sizeof(name), "%s-by-%s", vars[j],
				 signers[i].name);
			try_by("UEFI-49", name, signers[i].expect[j], &base,
			       vars[j], signers[i].who);
		}
}

static void without_kek(void)
{
	struct keys k = base;

	k.value[KEK] = zeros(0);
	try_by("UEFI-49", "no-kek-db-by-pk", "a", &k, "db", &pk);
	try_by("UEFI-49", "no-kek-db-by-kek", "r", &k, "db", &kek);
	try_by("UEFI-49", "no-kek-kek-by-pk", "a", &k, "KEK", &pk);
	k = base;
	k.value[KEK] = hash_of(5);
	try_by("UEFI-51", "kek-of-a-hash-db-by-kek", "r", &k, "db", &kek);
	try_by("UEFI-51", "kek-of-a-hash-db-by-pk", "a", &k, "db", &pk);
	k.value[KEK] = JOIN3(hash_of(5), x509_list(&kek2), base.value[KEK]);
	try_by("UEFI-51", "kek-third-of-three-lists", "a", &k, "db",
	       &kek_leaf);
	try_by("UEFI-51", "kek-second-of-three-lists", "a", &k, "db", &kek2);
	k.value[KEK] = list(guid_rsa2048, zeros(272), 272);
	try_by("UEFI-51", "kek-of-an-rsa-key", "r", &k, "db", &kek);
	k.value[KEK] = JOIN2(x509_list(&pk), base.value[KEK]);
	try_by("UEFI-49", "pk-in-kek-too", "a", &k, "db", &pk);
}

/* in_one_list: two certificates of one length in one list. */
static void in_one_list(void)
{
	struct bytes own = guid("11111111-2222-3333-4444-555555555555");
	size_t len = kek.der.len > kek2.der.len ? kek.der.len : kek2.der.len;
	struct keys k = base;

	k.value[KEK] = list(guid_x509, join(6, own, kek2.der,
					    zeros(len - kek2.der.len), own,
					    kek.der,
					    zeros(len - kek.der.len)),
			    16 + len);
	try_by("UEFI-51", "kek-second-entry-of-a-list", "?", &k, "db",
	       &kek_leaf);
	try_by("UEFI-51", "kek-first-entry-of-a-list", "?", &k, "db", &kek2);
}

static struct identity twin_of(const struct identity *who, const char *name,
			       bool same_key)
{
	struct spec s = { .name = name, .ca = CA_TRUE,
			  .key_of = same_key ? who : NULL };

	return identity(&s);
}

static void twins(void)
{
	struct identity pk_twin = twin_of(&pk, "keyfit test PK", true);
	struct identity pk_name = twin_of(&pk, "keyfit test PK", false);
	struct identity kek_twin = twin_of(&kek, "keyfit test KEK", true);
	struct identity kek_name = twin_of(&kek, "keyfit test KEK", false);
	struct identity other = twin_of(&kek, "keyfit test KEK by another name",
					true);
	struct spec s = { .name = "keyfit test leaf of PK", .issuer = &pk };
	struct identity under_pk = identity(&s);
	struct keys k = base;

	try_by("UEFI-50", "kek-by-pk-other-certificate", "r", &base, "KEK",
	       &pk_twin);
	try_by("UEFI-50", "kek-by-pk-same-name-other-key", "r", &base, "KEK",
	       &pk_name);
	try_by("UEFI-50", "kek-by-leaf-of-pk", "r", &base, "KEK", &under_pk);
	try_by("UEFI-50", "db-by-leaf-of-pk", "r", &base, "db", &under_pk);
	try_by("UEFI-50", "db-by-pk-other-certificate", "r", &base, "db",
	       &pk_twin);
	try_by("UEFI-51", "db-by-kek-other-certificate", "r", &base, "db",
	       &kek_twin);
	try_by("UEFI-51", "db-by-kek-same-name-other-key", "r", &base, "db",
	       &kek_name);
	try_by("UEFI-51", "db-by-kek-key-other-name", "r", &base, "db",
	       &other);
	k.value[PK] = x509_list(&pk_twin);
	try_by("UEFI-50", "twin-enrolled-kek-by-twin", "a", &k, "KEK",
	       &pk_twin);
	try_by("UEFI-50", "twin-enrolled-kek-by-pk", "r", &k, "KEK", &pk);
	k.value[PK] = JOIN2(zeros(0), list(guid_x509, JOIN2(
		guid("99999999-8888-7777-6666-555555555555"), pk.der),
		16 + pk.der.len));
	try_by("UEFI-50", "pk-of-another-owner", "a", &k, "KEK", &pk);
	k.value[PK] = list(guid_x509, JOIN3(
		guid("99999999-8888-7777-6666-555555555555"), pk.der,
		zeros(1)), 17 + pk.der.len);
	try_by("UEFI-50", "pk-with-a-byte-behind", "r", &k, "KEK", &pk);
}

static struct seal by_chain(const struct identity *who,
			    const struct identity *inter)
{
	struct seal s = db_seal();

	s.by = signature_by(who);
	s.by.bag[0] = who;
	s.by.bag[1] = inter;
	return s;
}

static void chains(void)
{
	struct spec no_ca = { .name = "keyfit test no CA", .issuer = &kek };
	struct identity not_ca = identity(&no_ca);
	struct spec under = { .name = "keyfit test under no CA",
			      .issuer = &not_ca };
	struct identity below = identity(&under);
	struct seal s = by_chain(&below, &not_ca);
	struct keys k = base;

	try_one("UEFI-51", "chain-through-no-ca", "r", &base, &s);
	s = by_chain(&leaf, NULL);
	try_one("UEFI-51", "chain-without-intermediate", "r", &base, &s);
	s = by_chain(&leaf, &kek_inter);
	s.by.bag[0] = &kek_inter;
	s.by.bag[1] = &leaf;
	try_one("UEFI-51", "chain-bag-turned-round", "a", &base, &s);
	s.by.bag[2] = &stranger;
	s.by.bag[3] = &ca_one;
	try_one("UEFI-51", "chain-with-strangers-in-the-bag", "a", &base, &s);
	s = by_chain(&leaf, &kek_inter);
	s.by.bag[2] = &kek;
	try_one("UEFI-51", "chain-with-root-in-the-bag", "a", &base, &s);
	k.value[KEK] = x509_list(&kek_inter);
	try_one("UEFI-51", "kek-is-an-intermediate", "a", &k, &s);
	k.value[KEK] = x509_list(&leaf);
	try_one("UEFI-51", "kek-is-the-leaf", "a", &k, &s);
	k.value[KEK] = x509_list(&kek_leaf);
	try_one("UEFI-51", "kek-is-a-sibling", "r", &k, &s);
	k.value[KEK] = x509_list(&not_ca);
	s = by_chain(&below, NULL);
	try_one("UEFI-51", "kek-is-no-ca-but-issues", "r", &k, &s);
	s = by_chain(&not_ca, NULL);
	try_one("UEFI-51", "kek-is-no-ca-and-signs", "a", &k, &s);
	s = by_chain(&kek, NULL);
	s.by.bag[0] = &stranger;
	try_one("UEFI-51", "signer-is-not-in-the-bag", "r|?", &base, &s);
}

static void signers(void)
{
	struct seal s = { .var = "KEK", .value = x509_list(&kek2),
			  .by = signature_by(&pk) };

	s.by.no_bag = true;
	try_one("UEFI-50", "kek-by-pk-no-bag", "r", &base, &s);
	s.by = signature_by(&pk);
	s.by.signer[1] = &stranger;
	try_one("UEFI-50", "kek-by-pk-and-stranger", "r", &base, &s);
	s.by.signer[0] = &stranger;
	s.by.signer[1] = &pk;
	try_one("UEFI-50", "kek-by-stranger-and-pk", "r", &base, &s);
	s.by.signer[0] = &pk;
	try_one("UEFI-50", "kek-by-pk-twice", "a", &base, &s);
	s.by.second_bad = true;
	try_one("UEFI-50", "kek-by-pk-twice-second-broken", "r", &base, &s);
	s.by = signature_by(&pk);
	s.by.bag[0] = &stranger;
	s.by.bag[1] = &pk;
	try_one("UEFI-50", "kek-by-pk-stranger-first-in-bag", "a", &base, &s);
	s = db_seal();
	s.by.no_bag = true;
	try_one("UEFI-51", "db-by-leaf-no-bag", "r", &base, &s);
	s.by = signature_by(&kek);
	s.by.no_bag = true;
	try_one("UEFI-51", "db-by-kek-no-bag", "?", &base, &s);
	s.by = signature_by(&kek);
	s.by.signer[1] = &pk;
	try_one("UEFI-51", "db-by-kek-and-pk", "r", &base, &s);
	s.by.signer[1] = &kek_leaf;
	try_one("UEFI-51", "db-by-kek-and-its-leaf", "a", &base, &s);
	s.by.second_bad = true;
	try_one("UEFI-51", "db-by-two-second-broken", "r", &base, &s);
	s.by = signature_by(&pk);
	s.by.signer[1] = &kek;
	try_one("UEFI-49", "db-by-pk-and-kek", "r", &base, &s);
}

/* same_number: a stranger under PK's name and serial number. */
static void same_number(void)
{
	struct spec a = { .name = "keyfit test numbered", .serial = 4711,
			  .ca = CA_TRUE };
	struct identity real = identity(&a), fake = identity(&a);
	struct seal s = { .var = "KEK", .value = x509_list(&kek2),
			  .by = signature_by(&real) };
	struct keys k = base;

	k.value[PK] = x509_list(&real);
	s.by.bag[0] = &real;
	s.by.bag[1] = &fake;
	try_one("UEFI-50", "same-number-real-first", "a", &k, &s);
	s.by.bag[0] = &fake;
	s.by.bag[1] = &real;
	try_one("UEFI-50", "same-number-fake-first", "r", &k, &s);
}

void authority_updates(void)
{
	who_may_write();
	without_kek();
	in_one_list();
	twins();
	chains();
	signers();
	same_number();
}
