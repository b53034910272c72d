/* What the test case maker's parts share: keys, certificates, signatures,
 * images and lists, each with every knob that a verifier might trip over.
 *
 * A generator runs once and ends: memory is given back by its end, and every
 * failure ends it at once.
 */
#ifndef KEYFIT_TESTS_REAL_MAKE_H
#define KEYFIT_TESTS_REAL_MAKE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bytes.c */
struct bytes {
	uint8_t *data;
	size_t len;
};

void *need(void *made, const char *what);	/* ends the run on NULL */
void need_ok(bool ok, const char *what);
struct bytes raw(const void *data, size_t len);
struct bytes hex(const char *digits);
struct bytes text(const char *words);
struct bytes join(size_t num, ...);		/* of struct bytes */
#define JOIN2(a, b) join(2, a, b)
#define JOIN3(a, b, c) join(3, a, b, c)
struct bytes cut(struct bytes b, size_t at, size_t len);
struct bytes zeros(size_t len);
struct bytes le16(unsigned value);
struct bytes le32(uint32_t value);
struct bytes le64(uint64_t value);
struct bytes der(unsigned tag, struct bytes value);
struct bytes der_oid(const char *dotted);
struct bytes der_int(long value);
struct bytes digest(const char *name, struct bytes b);
void poke(struct bytes b, size_t at, struct bytes over);
void write_file(const char *dir, const char *name, struct bytes b);

/* pki.c */
enum key_kind {
	KEY_RSA2048, KEY_RSA1024, KEY_RSA3072, KEY_RSA4096, KEY_RSA_E3,
	KEY_PSS, KEY_P256, KEY_P384, KEY_ED25519, KEY_DSA,
};

struct identity {
	X509 *x;
	EVP_PKEY *key;
	struct bytes der;
};

/* spec: zero is a plain leaf: RSA-2048, SHA-256, valid now, CA:FALSE. */
enum ca_kind { CA_FALSE, CA_TRUE, CA_UNSAID };
struct spec {
	const char *name;
	const struct identity *issuer;	/* NULL: self-signed */
	enum key_kind kind;
	const struct identity *key_of;	/* same key as this one */
	enum ca_kind ca;
	int pathlen;			/* with `has_pathlen` */
	bool has_pathlen;
	const char *key_usage;		/* as in openssl.cnf; NULL: none */
	const char *ext_key_usage;
	const char *name_constraints;
	bool critical_unknown;
	bool no_key_ids;
	bool wrong_key_id;		/* authority key id of somebody else */
	bool version1;
	int from_days, to_days;		/* from now; 0,0: -1 .. +365 */
	const char *digest;		/* NULL: SHA256 */
	bool pss;			/* signature on it is RSASSA-PSS */
	long serial;			/* 0: the next one */
	bool printable;			/* subject as PrintableString */
};
struct identity identity(const struct spec *spec);

/* authenticode.c */
enum { SIGNERS_MAX = 3, BAG_MAX = 8 };
struct stamp {
	const struct identity *tsa;	/* NULL: no time stamp */
	const struct identity *with[3];	/* more certificates in its bag */
	const char *time;		/* "20250101120000Z" */
	const char *digest;		/* of the imprint; NULL: SHA256 */
	bool wrong_imprint, short_imprint, twice, long_content, two_signers;
	const char *announce;	/* digestAlgorithms of the token */
	bool pkcs9;			/* the older kind, not RFC 3161 */
	long version;			/* 0: 1 */
};
struct signature {
	const struct identity *signer[SIGNERS_MAX];	/* NULL ends */
	const struct identity *bag[BAG_MAX];	/* NULL ends; empty: signers */
	const char *digest;		/* of the image; NULL: SHA256 */
	const char *attr_digest;	/* of the SignerInfo; NULL: as above */
	const char *announce;		/* digestAlgorithms; NULL: as above */
	const char *announce2;		/* a second one */
	const char *content_oid;	/* NULL: SPC_INDIRECT_DATA */
	bool no_attributes, no_message_digest, wrong_message_digest;
	bool digest_as_bits;		/* messageDigest is a BIT STRING */
	bool no_content_type;
	bool bad_signature;		/* one bit of it is turned */
	bool wrong_image_digest;
	bool no_bag;			/* no certificates at all */
	bool detached;
	bool unknown_digest;	/* digestAlgorithm is an OID of nobody's */
	bool sig_oid_as_digest;		/* digestAlgorithm is sha256WithRSA */
	bool bare;			/* no ContentInfo around it */
	bool indefinite;		/* outer lengths are not told */
	bool short_lengths;		/* lengths in other forms */
	bool content_long_form;
	const char *odd_content;	/* hex: instead of the SEQUENCE */
	bool with_crl;
	bool nested;			/* another signature, unauthenticated */
	bool trailing;			/* bytes behind the DER */
	bool long_null;		/* algorithms end in 05 81 00 */
	bool long_null_value;	/* so does a value of any type */
	bool second_bad;		/* the second signer's is broken */
	struct stamp stamp;
};
struct bytes sign_digest(const struct signature *s, struct bytes digest);
/* sign_data signs bytes that come with the signature, or do not (detached). */
struct bytes sign_data(const struct signature *s, struct bytes covered);

/* image.c */
struct section_spec {
	uint32_t rva, virtual_len, raw_at, raw_len;
};
struct image_spec {
	bool pe32;
	bool no_mz;
	unsigned machine;	/* 0: x64, or ia32 for PE32 */
	unsigned subsystem;	/* 0: application */
	unsigned num_directories;	/* 0: 16 */
	uint32_t lfanew;	/* 0: 64 */
	unsigned seed;		/* another content */
	struct section_spec section[6];
	unsigned num_sections;	/* 0: one of 512 bytes */
	uint32_t tail;		/* bytes behind the sections */
	unsigned characteristics;	/* 0: 0x22 */
	uint64_t image_base;
	uint32_t reloc_rva, reloc_len;
	uint32_t debug_rva, debug_len;
	uint32_t resource_rva, resource_len;
};
struct bytes image(const struct image_spec *spec);
struct bytes image_digest(struct bytes image, const char *name);
/* entry is one WIN_CERTIFICATE, padded to 8. */
struct bytes entry(unsigned type, struct bytes blob);
struct bytes entry_guid(const char *guid, struct bytes blob);
struct bytes attach(struct bytes image, struct bytes table);
struct bytes attach_sized(struct bytes image, struct bytes table,
			  uint32_t at, uint32_t len);
struct bytes pad8(struct bytes image);
/* signed_by: one signature by one signer, with its chain in the bag. */
struct bytes signed_by(struct bytes image, const struct signature *s);

/* list.c */
extern const char guid_x509[], guid_sha1[], guid_sha224[], guid_sha256[],
	guid_sha384[], guid_sha512[], guid_x509_sha256[], guid_x509_sha384[],
	guid_x509_sha512[], guid_rsa2048[], guid_pkcs7[];
struct bytes guid(const char *text);
struct bytes list(const char *type, struct bytes entries_with_owner,
		  size_t entry_len);
struct bytes x509_list(const struct identity *who);
struct bytes hash_list(const char *type, struct bytes digest);
struct bytes tbs_list(const char *type, const struct identity *who,
		      const char *digest, const char *time);
struct bytes efi_time(const char *time);	/* NULL: zeros */

/* cases.c: what a case is, and where it is written. */
struct trust {
	struct bytes db, dbx, dbt;	/* empty: absent */
	const char *mode;	/* NULL: user mode; "setup", "off" */
	bool raw;		/* SetVariable would refuse these lists */
};
void open_cases(const char *dir);
const char *cases_folder(void);
void add(const char *rule, const char *name, struct bytes image,
	 const struct trust *trust);
void close_cases(void);

/* world.c: identities that many suites use. Each family is a root, an
 * intermediate under it and a leaf under that. */
struct family {
	struct identity root, inter, leaf;
};
extern struct family red, green, blue;
extern struct identity tsa_root, tsa, tsa_other;
void open_world(void);
/* by: a signature by a family's leaf, with its intermediate in the bag. */
struct signature by(const struct family *f);
struct bytes plain(unsigned seed);	/* a small image, not signed */
struct trust only(struct bytes db);
struct trust both(struct bytes db, struct bytes dbx);

/* suites: one file each adds its cases. */
void chain_cases(void);
void order_cases(void);
void revocation_cases(void);
void algorithm_cases(void);
void table_cases(void);
void image_cases(void);
void list_cases(void);
void structure_cases(void);
void real_cases(char *const *paths, int num);

#endif
