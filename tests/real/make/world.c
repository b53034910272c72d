/* The identities that many suites use.
 */
#include "make.h"

struct family red, green, blue;
struct identity tsa_root, tsa, tsa_other;

static void make_family(struct family *f, const char *root, const char *inter,
			const char *leaf)
{
	struct spec r = { .name = root, .ca = CA_TRUE };
	struct spec i = { .name = inter, .ca = CA_TRUE };
	struct spec l = { .name = leaf };

	f->root = identity(&r);
	i.issuer = &f->root;
	f->inter = identity(&i);
	l.issuer = &f->inter;
	f->leaf = identity(&l);
}

void open_world(void)
{
	struct spec root = { .name = "keyfit test TSA root", .ca = CA_TRUE };
	struct spec leaf = { .name = "keyfit test TSA",
			     .ext_key_usage = "critical,timeStamping" };
	struct spec other = { .name = "keyfit test TSA of somebody else",
			      .ca = CA_TRUE };

	make_family(&red, "keyfit test red root", "keyfit test red inter",
		    "keyfit test red leaf");
	make_family(&green, "keyfit test green root",
		    "keyfit test green inter", "keyfit test green leaf");
	make_family(&blue, "keyfit test blue root", "keyfit test blue inter",
		    "keyfit test blue leaf");
	tsa_root = identity(&root);
	leaf.issuer = &tsa_root;
	tsa = identity(&leaf);
	tsa_other = identity(&other);
}

struct signature by(const struct family *f)
{
	struct signature s = { .signer = { &f->leaf },
			       .bag = { &f->leaf, &f->inter } };

	return s;
}

struct bytes plain(unsigned seed)
{
	struct image_spec spec = { .seed = seed };

	return image(&spec);
}

struct trust only(struct bytes db)
{
	struct trust t = { .db = db };

	return t;
}

struct trust both(struct bytes db, struct bytes dbx)
{
	struct trust t = { .db = db, .dbx = dbx };

	return t;
}
