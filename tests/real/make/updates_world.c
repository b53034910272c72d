/* Who signs updates, and what the variables hold.
 */
#include "update.h"

#include <string.h>

struct identity pk, next_pk, kek, kek_inter, kek_leaf, leaf, stranger, kek2,
	ca_one, ca_two;
struct keys base;

static struct identity make(const char *name, const struct identity *issuer,
			    enum ca_kind ca)
{
	struct spec s = { .name = name, .issuer = issuer, .ca = ca };

	return identity(&s);
}

void open_update_world(void)
{
	pk = make("keyfit test PK", NULL, CA_TRUE);
	next_pk = make("keyfit test next PK", NULL, CA_TRUE);
	kek = make("keyfit test KEK", NULL, CA_TRUE);
	kek_inter = make("keyfit test KEK inter", &kek, CA_TRUE);
	kek_leaf = make("keyfit test KEK leaf", &kek, CA_FALSE);
	leaf = make("keyfit test leaf", &kek_inter, CA_FALSE);
	stranger = make("keyfit test stranger", NULL, CA_TRUE);
	kek2 = make("keyfit test second KEK", NULL, CA_FALSE);
	ca_one = make("keyfit test CA one", NULL, CA_TRUE);
	ca_two = make("keyfit test CA two", NULL, CA_TRUE);
	base.value[PK] = x509_list(&pk);
	base.value[KEK] = x509_list(&kek);
	base.value[DB] = hash_of(0);
	base.value[DBX] = hash_of(1);
}

struct bytes hash_of(unsigned seed)
{
	return hash_list(guid_sha256, digest("SHA256", le32(seed)));
}

struct seal db_seal(void)
{
	struct seal s = { .var = "db", .value = hash_of(20),
			  .by = signature_by(&leaf) };

	s.by.bag[0] = &leaf;
	s.by.bag[1] = &kek_inter;
	return s;
}

void try_one(const char *rule, const char *name, const char *expect,
	     const struct keys *keys, const struct seal *s)
{
	put_case(rule, name, expect, keys, 1, sealed(s));
}
