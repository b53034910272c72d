/* Chains: which anchor reaches which signature. UEFI-19, UEFI-20, UEFI-21,
 * UEFI-39.
 */
#include "make.h"

#include <stdio.h>

/* with adds a case: this signature on a fresh image, against this db. */
static void with(const char *rule, const char *name,
		 const struct signature *s, struct bytes db)
{
	static unsigned seed = 100;
	struct trust t = only(db);

	add(rule, name, signed_by(plain(seed++), s), &t);
}

static void anchors(void)
{
	struct signature s = by(&red);
	struct spec sibling_spec = { .name = "keyfit test red sibling",
				     .issuer = &red.inter };
	struct spec twin_spec = { .name = "keyfit test red root",
				  .ca = CA_TRUE };
	struct identity sibling = identity(&sibling_spec);
	struct identity twin = identity(&twin_spec);

	with("UEFI-19", "anchor-root", &s, x509_list(&red.root));
	with("UEFI-19", "anchor-intermediate", &s, x509_list(&red.inter));
	with("UEFI-19", "anchor-leaf", &s, x509_list(&red.leaf));
	with("UEFI-19", "anchor-sibling-leaf", &s, x509_list(&sibling));
	with("UEFI-19", "anchor-other-root", &s, x509_list(&green.root));
	with("UEFI-19", "anchor-same-name-other-key", &s, x509_list(&twin));
	with("UEFI-34", "anchor-second-in-db", &s,
	     JOIN2(x509_list(&green.root), x509_list(&red.root)));
	with("UEFI-34", "anchor-after-twin", &s,
	     JOIN2(x509_list(&twin), x509_list(&red.root)));
	with("UEFI-34", "anchor-none-of-three", &s,
	     JOIN3(x509_list(&green.root), x509_list(&blue.root),
		   x509_list(&twin)));
}

static void bags(void)
{
	struct signature s = { .signer = { &red.leaf },
			       .bag = { &red.leaf } };
	struct bytes root = x509_list(&red.root);

	with("UEFI-21", "bag-without-intermediate", &s, root);
	with("UEFI-21", "bag-leaf-only-anchor-intermediate", &s,
	     x509_list(&red.inter));
	s.bag[1] = &red.inter;
	s.bag[2] = &red.root;
	with("UEFI-21", "bag-with-root", &s, root);
	with("UEFI-21", "bag-with-root-not-in-db", &s,
	     x509_list(&green.root));
	s.bag[0] = &red.root;
	s.bag[1] = &red.inter;
	s.bag[2] = &red.leaf;
	with("UEFI-21", "bag-reversed", &s, root);
	s.bag[3] = &red.inter;
	s.bag[4] = &red.leaf;
	with("UEFI-21", "bag-with-duplicates", &s, root);
	s.bag[3] = &green.inter;
	s.bag[4] = &blue.leaf;
	with("UEFI-21", "bag-with-strangers", &s, root);
	s.no_bag = true;
	with("UEFI-21", "bag-missing-anchor-root", &s, root);
	with("UEFI-21", "bag-missing-anchor-leaf", &s, x509_list(&red.leaf));
	s.no_bag = false;
	s.bag[0] = &red.inter;
	s.bag[1] = NULL;
	with("UEFI-21", "bag-without-signer", &s, x509_list(&red.leaf));
}

/* variant makes root, intermediate and leaf, each as specified, and signs. */
static void variant(const char *rule, const char *name, struct spec root,
		    struct spec inter, struct spec leaf)
{
	static unsigned seed = 200;
	struct identity r, i, l;
	struct signature s = { .signer = { &l }, .bag = { &l, &i } };
	struct trust t;

	root.name = "keyfit variant root";
	inter.name = "keyfit variant inter";
	leaf.name = "keyfit variant leaf";
	r = identity(&root);
	inter.issuer = &r;
	i = identity(&inter);
	leaf.issuer = &i;
	l = identity(&leaf);
	t = only(x509_list(&r));
	add(rule, name, signed_by(plain(seed++), &s), &t);
}

static const struct spec ca = { .ca = CA_TRUE };
static const struct spec leaf;

static void constraints(void)
{
	struct spec x;

	x = ca, x.has_pathlen = true, x.pathlen = 0;
	variant("UEFI-20", "root-pathlen-0", x, ca, leaf);
	x.pathlen = 1;
	variant("UEFI-20", "root-pathlen-1", x, ca, leaf);
	x = ca, x.ca = CA_FALSE;
	variant("UEFI-20", "intermediate-no-ca", ca, x, leaf);
	variant("UEFI-20", "root-no-ca", x, ca, leaf);
	x.ca = CA_UNSAID;
	variant("UEFI-20", "intermediate-ca-unsaid", ca, x, leaf);
	variant("UEFI-20", "root-ca-unsaid", x, ca, leaf);
	x = ca, x.version1 = true;
	variant("UEFI-20", "intermediate-version-1", ca, x, leaf);
	variant("UEFI-20", "root-version-1", x, ca, leaf);
	x = ca, x.key_usage = "critical,digitalSignature";
	variant("UEFI-20", "intermediate-no-keycertsign", ca, x, leaf);
	variant("UEFI-20", "root-no-keycertsign", x, ca, leaf);
	x.key_usage = "critical,keyCertSign";
	variant("UEFI-20", "intermediate-keycertsign", ca, x, leaf);
	x = ca, x.critical_unknown = true;
	variant("UEFI-20", "intermediate-critical-unknown", ca, x, leaf);
	variant("UEFI-20", "root-critical-unknown", x, ca, leaf);
	x = leaf, x.critical_unknown = true;
	variant("UEFI-20", "leaf-critical-unknown", ca, ca, x);
	x = ca, x.name_constraints = "critical,permitted;DNS:example.org";
	variant("UEFI-20", "intermediate-name-constraint-dns", ca, x, leaf);
	x = ca, x.wrong_key_id = true;
	variant("UEFI-20", "intermediate-wrong-authority-key", ca, x, leaf);
	x = leaf, x.wrong_key_id = true;
	variant("UEFI-20", "leaf-wrong-authority-key", ca, ca, x);
	x = ca, x.no_key_ids = true;
	variant("UEFI-20", "intermediate-without-key-ids", ca, x, leaf);
}

static void usages(void)
{
	struct spec x = leaf;

	x.key_usage = "critical,keyEncipherment";
	variant("UEFI-20", "leaf-usage-encipherment", ca, ca, x);
	x.key_usage = "critical,digitalSignature";
	variant("UEFI-20", "leaf-usage-signature", ca, ca, x);
	x = leaf, x.ext_key_usage = "codeSigning";
	variant("UEFI-19", "leaf-eku-codesigning", ca, ca, x);
	x.ext_key_usage = "critical,emailProtection";
	variant("UEFI-19", "leaf-eku-email", ca, ca, x);
	x.ext_key_usage = "serverAuth,clientAuth";
	variant("UEFI-19", "leaf-eku-tls", ca, ca, x);
	x.ext_key_usage = "critical,timeStamping";
	variant("UEFI-19", "leaf-eku-timestamping", ca, ca, x);
	x = ca, x.ext_key_usage = "critical,serverAuth";
	variant("UEFI-19", "intermediate-eku-tls", ca, x, leaf);
	variant("UEFI-19", "root-eku-tls", x, ca, leaf);
	x = leaf, x.ca = CA_TRUE;
	variant("UEFI-19", "leaf-is-ca", ca, ca, x);
}

static void dates(void)
{
	struct spec x = leaf;

	x.from_days = -400, x.to_days = -30;
	variant("UEFI-39", "leaf-expired", ca, ca, x);
	x = ca, x.from_days = -400, x.to_days = -30;
	variant("UEFI-39", "intermediate-expired", ca, x, leaf);
	variant("UEFI-39", "root-expired", x, ca, leaf);
	x = leaf, x.from_days = 30, x.to_days = 60;
	variant("UEFI-39", "leaf-not-yet-valid", ca, ca, x);
	x = ca, x.from_days = 30, x.to_days = 60;
	variant("UEFI-39", "root-not-yet-valid", x, ca, leaf);
	x.from_days = -60, x.to_days = 20000;
	variant("UEFI-39", "root-valid-past-2050", x, ca, leaf);
}

/* expired: a certificate that has ended still revokes. */
static void expired(void)
{
	struct spec spec = { .name = "keyfit expired root", .ca = CA_TRUE,
			     .from_days = -400, .to_days = -30 };
	struct identity root = identity(&spec), leaf_id;
	struct spec end = { .name = "keyfit leaf of expired",
			    .issuer = &root };
	struct signature s = { .signer = { &leaf_id } };
	struct trust t;

	leaf_id = identity(&end);
	t = both(x509_list(&leaf_id), x509_list(&root));
	add("UEFI-39", "expired-root-in-dbx", signed_by(plain(290), &s), &t);
	t = both(x509_list(&root), x509_list(&green.root));
	add("UEFI-39", "expired-root-in-db-with-dbx",
	    signed_by(plain(291), &s), &t);
}

static void self_signed(void)
{
	struct spec spec = { .name = "keyfit lone signer" };
	struct identity lone = identity(&spec);
	struct signature s = { .signer = { &lone } };
	struct identity ca_leaf;

	with("UEFI-19", "self-signed-in-db", &s, x509_list(&lone));
	with("UEFI-19", "self-signed-not-in-db", &s, x509_list(&red.root));
	spec.name = "keyfit lone root";
	spec.ca = CA_TRUE;
	ca_leaf = identity(&spec);
	s.signer[0] = &ca_leaf;
	with("UEFI-19", "root-signs-itself", &s, x509_list(&ca_leaf));
}

/* deep: four levels, with the anchor at each. */
static void deep(void)
{
	struct spec spec = { .name = "keyfit deep 2", .ca = CA_TRUE,
			     .issuer = &red.inter };
	struct identity second = identity(&spec), last;
	struct signature s = { .signer = { &last },
			       .bag = { &last, &second, &red.inter } };
	struct spec end = { .name = "keyfit deep leaf", .issuer = &second };

	last = identity(&end);
	with("UEFI-19", "deep-anchor-root", &s, x509_list(&red.root));
	with("UEFI-19", "deep-anchor-first", &s, x509_list(&red.inter));
	with("UEFI-19", "deep-anchor-second", &s, x509_list(&second));
	s.bag[1] = &red.inter;
	s.bag[2] = NULL;
	with("UEFI-21", "deep-gap-in-the-middle", &s, x509_list(&red.root));
}

/* names: two intermediates of one name, names in other string types. */
static void names(void)
{
	struct spec cross_spec = { .name = "keyfit test red inter",
				   .ca = CA_TRUE, .issuer = &green.root,
				   .key_of = &red.inter };
	struct spec twin_spec = { .name = "keyfit test red inter",
				  .ca = CA_TRUE, .issuer = &red.root };
	struct spec print_spec = { .name = "keyfit test red inter",
				   .ca = CA_TRUE, .issuer = &red.root,
				   .key_of = &red.inter, .printable = true };
	struct identity cross = identity(&cross_spec);
	struct identity twin = identity(&twin_spec);
	struct identity print = identity(&print_spec);
	struct signature s = { .signer = { &red.leaf },
			       .bag = { &red.leaf, &cross } };

	with("UEFI-21", "cross-signed-own-root", &s, x509_list(&red.root));
	with("UEFI-21", "cross-signed-other-root", &s,
	     x509_list(&green.root));
	s.bag[1] = &cross, s.bag[2] = &red.inter;
	with("UEFI-21", "cross-signed-both-first-fits", &s,
	     x509_list(&green.root));
	with("UEFI-21", "cross-signed-both-second-fits", &s,
	     x509_list(&red.root));
	s.bag[1] = &twin, s.bag[2] = &red.inter;
	with("UEFI-21", "twin-intermediate-first", &s, x509_list(&red.root));
	s.bag[1] = &red.inter, s.bag[2] = &twin;
	with("UEFI-21", "twin-intermediate-second", &s, x509_list(&red.root));
	s.bag[1] = &print, s.bag[2] = NULL;
	with("UEFI-21", "intermediate-in-printable-string", &s,
	     x509_list(&red.root));
}

/* serials: two certificates with one issuer and serial number. */
static void serials(void)
{
	struct spec spec = { .name = "keyfit serial one", .serial = 4242,
			     .issuer = &red.inter };
	struct identity one = identity(&spec), two;
	struct signature s = { .signer = { &one },
			       .bag = { &one, &two, &red.inter } };

	spec.name = "keyfit serial two";
	two = identity(&spec);
	with("UEFI-31", "same-serial-right-one-first", &s,
	     x509_list(&red.root));
	s.bag[0] = &two, s.bag[1] = &one;
	with("UEFI-31", "same-serial-wrong-one-first", &s,
	     x509_list(&red.root));
}

void chain_cases(void)
{
	anchors();
	bags();
	constraints();
	usages();
	dates();
	expired();
	self_signed();
	deep();
	names();
	serials();
}
