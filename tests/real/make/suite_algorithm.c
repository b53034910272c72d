/* Algorithms: of the image digest, of keys, of certificate signatures.
 * UEFI-16, UEFI-22.
 */
#include "make.h"

#include <stdio.h>

static void image_digests(void)
{
	static const char *const mds[] = { "MD5", "SHA1", "SHA224", "SHA256",
					   "SHA384", "SHA512", "SHA3-256",
					   "SHA512-256" };
	struct trust t = only(x509_list(&red.root));

	for (unsigned i = 0; i < sizeof(mds) / sizeof(mds[0]); i++) {
		struct signature s = by(&red);
		char name[64];

		s.digest = mds[i];
		snprintf(name, sizeof(name), "image-digest-%s", mds[i]);
		add("UEFI-16", name, signed_by(plain(700 + i), &s), &t);
	}
}

/* signer_digests: the image is hashed with SHA-256, the signer uses another
 * digest; announced or not. */
static void signer_digests(void)
{
	static const char *const mds[] = { "MD5", "SHA1", "SHA224", "SHA384",
					   "SHA512", "SHA3-256", "RIPEMD160",
					   "SHA512-256" };
	struct trust t = only(x509_list(&red.root));

	for (unsigned i = 0; i < sizeof(mds) / sizeof(mds[0]); i++) {
		struct signature s = by(&red);
		char name[64];

		s.attr_digest = mds[i];
		s.announce = "SHA256";
		s.announce2 = mds[i];
		snprintf(name, sizeof(name), "signer-digest-%s", mds[i]);
		add("UEFI-22", name, signed_by(plain(710 + i), &s), &t);
	}
	for (unsigned i = 0; i < 3; i++) {
		static const char *const names[] = {
			"signer-digest-not-announced",
			"announced-sha1-first", "announced-unknown-too" };
		struct signature s = by(&red);

		s.attr_digest = i == 0 ? "SHA384" : "SHA256";
		s.announce = i == 1 ? "SHA1" : "SHA256";
		s.announce2 = i == 1 ? "SHA256" : i == 2 ? "RIPEMD160" : NULL;
		add("UEFI-16", names[i], signed_by(plain(720 + i), &s), &t);
	}
}

/* keys: the leaf has a key of each kind; then the whole chain has. */
static void keys(void)
{
	static const struct { enum key_kind kind; const char *name; } kinds[] =
	{
		{ KEY_RSA1024, "rsa1024" }, { KEY_RSA3072, "rsa3072" },
		{ KEY_RSA4096, "rsa4096" }, { KEY_RSA_E3, "rsa-e3" },
		{ KEY_PSS, "rsa-pss" }, { KEY_P256, "p256" },
		{ KEY_P384, "p384" }, { KEY_ED25519, "ed25519" },
		{ KEY_DSA, "dsa" },
	};

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct spec l = { .name = "keyfit other leaf",
				  .kind = kinds[i].kind,
				  .issuer = &red.inter };
		struct spec r = { .name = "keyfit other root", .ca = CA_TRUE,
				  .kind = kinds[i].kind };
		struct identity leaf = identity(&l), root = identity(&r);
		struct spec n = { .name = "keyfit leaf under other",
				  .issuer = &root };
		struct identity under = identity(&n);
		struct signature s = { .signer = { &leaf },
				       .bag = { &leaf, &red.inter } };
		struct trust t = only(x509_list(&red.root));
		char name[64];
		/* SetVariable takes RSA keys alone, and not RSASSA-PSS. */
		bool refused = i >= 4;

		snprintf(name, sizeof(name), "leaf-key-%s", kinds[i].name);
		add("UEFI-22", name, signed_by(plain(730 + i), &s), &t);
		t = only(x509_list(&leaf));
		t.raw = refused;
		snprintf(name, sizeof(name), "leaf-key-%s-is-anchor",
			 kinds[i].name);
		add("UEFI-22", name, signed_by(plain(740 + i), &s), &t);
		s.signer[0] = &under;
		s.bag[0] = &under, s.bag[1] = NULL;
		t = only(x509_list(&root));
		t.raw = refused;
		snprintf(name, sizeof(name), "root-key-%s", kinds[i].name);
		add("UEFI-22", name, signed_by(plain(750 + i), &s), &t);
	}
}

/* certificate_signatures: the leaf's certificate is signed in each way. */
static void certificate_signatures(void)
{
	static const char *const mds[] = { "MD5", "SHA1", "SHA224", "SHA384",
					   "SHA512", "SHA3-256", "RIPEMD160",
					   "SHA512-256" };
	struct trust t = only(x509_list(&red.root));

	for (unsigned i = 0; i <= sizeof(mds) / sizeof(mds[0]); i++) {
		bool last = i == sizeof(mds) / sizeof(mds[0]);
		struct spec l = { .name = "keyfit leaf signed otherwise",
				  .issuer = &red.inter,
				  .digest = last ? "SHA256" : mds[i],
				  .pss = last };
		struct identity leaf = identity(&l);
		struct signature s = { .signer = { &leaf },
				       .bag = { &leaf, &red.inter } };
		char name[64];

		snprintf(name, sizeof(name), "certificate-signed-%s",
			 last ? "rsa-pss" : mds[i]);
		add("UEFI-22", name, signed_by(plain(760 + i), &s), &t);
	}
}

void algorithm_cases(void)
{
	image_digests();
	signer_digests();
	keys();
	certificate_signatures();
}
