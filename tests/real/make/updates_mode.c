/* Setup mode, and the way into it and out. UEFI-52, UEFI-55.
 */
#include "update.h"

static struct write by_one(const char *var, const struct identity *who,
		       const char *time, struct bytes value)
{
	struct seal s = { .var = var, .time = time, .value = value };

	if (who)
		s.by = signature_by(who);
	s.no_signature = !who;
	return sealed(&s);
}

static void keys_in_setup(const struct keys *k)
{
	struct seal s = { .var = "db", .value = hash_of(20),
			  .garbage = text("no signature at all") };

	put_case("UEFI-52", "setup-db-garbage", "a", k, 1, sealed(&s));
	put_case("UEFI-52", "setup-db-header-alone", "a", k, 1,
		 by_one("db", NULL, NULL, s.value));
	put_case("UEFI-52", "setup-kek-header-alone", "a", k, 1,
		 by_one("KEK", NULL, NULL, x509_list(&kek2)));
	put_case("UEFI-52", "setup-dbx-header-alone", "a", k, 1,
		 by_one("dbx", NULL, NULL, hash_of(3)));
	put_case("UEFI-52", "setup-list-without-header", "r", k, 1,
		 plain_write("db", 0x27, s.value));
	s.add_len = -20;
	put_case("UEFI-52", "setup-length-too-small", "r", k, 1, sealed(&s));
	s.add_len = 0;
	s.odd_time = efi_time("20210101000000");
	s.odd_time.data[12] = 60;
	put_case("UEFI-52", "setup-time-zone", "a", k, 1, sealed(&s));
	s.odd_time.len = 0;
	s.type = 2;
	put_case("UEFI-52", "setup-other-type", "a", k, 1, sealed(&s));
	s.type = 0;
	s.guid = guid_rsa2048;
	put_case("UEFI-52", "setup-other-certificate-type", "a", k, 1,
		 sealed(&s));
	s.guid = NULL;
	s.attributes = 0x67;
	put_case("UEFI-52", "setup-append", "a", k, 1, sealed(&s));
	s.attributes = 0x07;
	put_case("UEFI-52", "setup-without-authentication", "r", k, 1,
		 sealed(&s));
	s.attributes = 0;
	s.value = JOIN2(s.value, zeros(3));
	put_case("UEFI-52", "setup-bytes-behind-the-list", "r", k, 1,
		 sealed(&s));
	put_case("UEFI-52", "setup-time-goes-back", "aa", k, 2,
		 by_one("db", NULL, "20300101000000", hash_of(21)),
		 by_one("db", NULL, "20000101000000", hash_of(20)));
	put_case("UEFI-52", "setup-delete", "a", k, 1,
		 by_one("db", NULL, NULL, zeros(0)));
	put_case("UEFI-52", "setup-delete-absent", "r", k, 1,
		 by_one("dbt", NULL, NULL, zeros(0)));
}

static void pk_in_setup(const struct keys *k)
{
	struct spec p256 = { .name = "keyfit test EC PK", .ca = CA_TRUE,
			     .kind = KEY_P256 };
	struct spec under = { .name = "keyfit test leaf of next PK",
			      .issuer = &next_pk };
	struct spec twin_spec = { .name = "keyfit test next PK",
				  .ca = CA_TRUE, .key_of = &next_pk };
	struct identity ec = identity(&p256), child = identity(&under);
	struct identity twin = identity(&twin_spec);
	struct bytes v = x509_list(&next_pk);
	struct seal s = { .var = "PK", .value = v,
			  .garbage = text("no signature at all") };

	put_case("UEFI-52", "setup-pk-self-signed", "a", k, 1,
		 by_one("PK", &next_pk, NULL, v));
	put_case("UEFI-52", "setup-pk-header-alone", "r", k, 1,
		 by_one("PK", NULL, NULL, v));
	put_case("UEFI-52", "setup-pk-garbage", "r", k, 1, sealed(&s));
	put_case("UEFI-52", "setup-pk-by-stranger", "r", k, 1,
		 by_one("PK", &stranger, NULL, v));
	put_case("UEFI-52", "setup-pk-by-its-leaf", "a", k, 1,
		 by_one("PK", &child, NULL, v));
	put_case("UEFI-52", "setup-pk-by-twin", "r", k, 1,
		 by_one("PK", &twin, NULL, v));
	put_case("UEFI-52", "setup-pk-ec", "r", k, 1,
		 by_one("PK", &ec, NULL, x509_list(&ec)));
	put_case("UEFI-53", "setup-pk-two-lists", "r", k, 1,
		 by_one("PK", &next_pk, NULL, JOIN2(v, x509_list(&pk))));
	put_case("UEFI-52", "setup-pk-leaf-signed", "a", k, 1,
		 by_one("PK", &kek_leaf, NULL, x509_list(&kek_leaf)));
	s.garbage.data = NULL;
	s.by = signature_by(&next_pk);
	s.attributes = 0x67;
	put_case("UEFI-52", "setup-pk-append", "a", k, 1, sealed(&s));
	s.odd_time = efi_time("20210101000000");
	s.odd_time.data[15] = 1;
	put_case("UEFI-45", "setup-pk-odd-time", "r", k, 1, sealed(&s));
	put_case("UEFI-52", "setup-pk-then-guarded", "aaraa", k, 5,
		 by_one("db", NULL, NULL, hash_of(20)),
		 by_one("PK", &next_pk, NULL, v),
		 by_one("db", NULL, "20220101000000", hash_of(20)),
		 by_one("KEK", &next_pk, "20220101000000", x509_list(&kek2)),
		 by_one("db", &kek2, "20220101000000", hash_of(21)));
}

static void deletions(void)
{
	struct bytes none = zeros(0);

	put_case("UEFI-55", "delete-db-by-kek", "a", &base, 1,
		 by_one("db", &kek, NULL, none));
	put_case("UEFI-55", "delete-db-by-pk", "a", &base, 1,
		 by_one("db", &pk, NULL, none));
	put_case("UEFI-55", "delete-dbx-by-kek", "a", &base, 1,
		 by_one("dbx", &kek_leaf, NULL, none));
	put_case("UEFI-55", "delete-absent-dbt", "r", &base, 1,
		 by_one("dbt", &kek, NULL, none));
	put_case("UEFI-55", "delete-by-stranger", "r", &base, 1,
		 by_one("db", &stranger, NULL, none));
	put_case("UEFI-55", "delete-without-signature", "r", &base, 1,
		 by_one("db", NULL, NULL, none));
	put_case("UEFI-55", "delete-with-equal-time", "r", &base, 1,
		 by_one("db", &kek, "20200101000000", none));
	put_case("UEFI-55", "delete-kek-by-kek", "r", &base, 1,
		 by_one("KEK", &kek, NULL, none));
	put_case("UEFI-55", "delete-kek-by-pk", "arar", &base, 4,
		 by_one("KEK", &pk, NULL, none),
		 by_one("db", &kek, NULL, hash_of(20)),
		 by_one("db", &pk, NULL, hash_of(20)),
		 by_one("KEK", &kek, NULL, x509_list(&kek)));
	put_case("UEFI-55", "delete-pk-by-kek", "r", &base, 1,
		 by_one("PK", &kek, NULL, none));
	put_case("UEFI-55", "delete-pk-by-pk", "aaa", &base, 3,
		 by_one("PK", &pk, NULL, none),
		 by_one("db", NULL, "20000101000000", hash_of(4)),
		 by_one("PK", &next_pk, "20000101000000", x509_list(&next_pk)));
	put_case("UEFI-55", "replace-then-delete", "aaar", &base, 4,
		 by_one("db", &kek, "20210101000000", hash_of(20)),
		 by_one("db", &kek, "20210101000001", none),
		 by_one("db", &kek, "20210101000000", hash_of(21)),
		 by_one("db", &kek, "20210101000000", none));
}

static void rotations(void)
{
	put_case("UEFI-50", "new-pk", "arra", &base, 4,
		 by_one("PK", &pk, NULL, x509_list(&next_pk)),
		 by_one("KEK", &pk, NULL, x509_list(&kek2)),
		 by_one("PK", &pk, "20220101000000", x509_list(&pk)),
		 by_one("KEK", &next_pk, NULL, x509_list(&kek2)));
	put_case("UEFI-51", "new-kek", "ara", &base, 3,
		 by_one("KEK", &pk, NULL, x509_list(&kek2)),
		 by_one("db", &kek, NULL, hash_of(20)),
		 by_one("db", &kek2, NULL, hash_of(20)));
	put_case("UEFI-55", "replace-drops-the-rest", "ar", &base, 2,
		 by_one("KEK", &pk, NULL, JOIN2(hash_of(9), x509_list(&kek2))),
		 by_one("dbx", &kek_leaf, NULL, hash_of(6)));
}

void mode_updates(void)
{
	struct keys k = base;

	k.value[PK] = zeros(0);
	keys_in_setup(&k);
	pk_in_setup(&k);
	deletions();
	rotations();
}
