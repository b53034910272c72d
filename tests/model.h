/* What unit tests are made of: memory, small images, signature lists, and
 * signatures for which the crypto table of fuzz/toy.c answers.
 *
 * Nothing here asks keyfit for what a test will compare with: GUIDs come as
 * the UEFI specification spells them, digests from code of their own.
 */
#ifndef KEYFIT_TESTS_MODEL_H
#define KEYFIT_TESTS_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <keyfit/check.h>

#include "fuzz/world.h"

/* MODEL_TEST is one line of a group: every test starts with fresh memory. */
#define MODEL_TEST(name) cmocka_unit_test_setup(name, model_open)

int model_open(void **state);
void *model_room(size_t len);		/* zeroed; until the test ends */
struct kf_env *model_env(void);		/* with the toy crypto table */

struct kf_bytes model_copy(struct kf_bytes bytes);
struct kf_bytes model_join(struct kf_bytes a, struct kf_bytes b);
struct kf_bytes model_fill(size_t len, uint8_t value);
struct kf_bytes model_hex(const char *digits);
/* model_poke writes `len` bytes of `value`, least significant first. */
void model_poke(struct kf_bytes bytes, size_t at, size_t len, uint64_t value);
struct kf_source model_source(struct kf_bytes *file);
bool model_same(const char *a, const char *b);

/* Signature lists. Source: UEFI 2.10, 32.4.1. */
extern const char model_x509[], model_sha1[], model_sha224[], model_sha256[],
	model_sha384[], model_sha512[], model_x509_sha256[],
	model_x509_sha384[], model_x509_sha512[], model_rsa2048[];

struct kf_bytes model_guid(const char *text);
/* model_list is one list of one entry; model_list_of, of `num` equal long
 * ones. model_timed is a digest with a time of revocation behind it. */
struct kf_bytes model_list(const char *type, struct kf_bytes entry);
struct kf_bytes model_list_of(const char *type, const struct kf_bytes *entry,
			      size_t num);
struct kf_bytes model_timed(struct kf_bytes digest, unsigned year);

/* Certificates: DER as far as rules look into it. `why` is what the toy says
 * when they do not lead to a signature. */
struct kf_bytes model_certificate(uint8_t fill, enum kf_why_kind why);
struct kf_bytes model_tbs(struct kf_bytes certificate);
/* model_digest is the toy's digest. */
struct kf_bytes model_digest(enum kf_digest_kind kind, struct kf_bytes bytes);

/* model_image: a PE32+ application of one section; what is 0 is as usual. */
struct model_image {
	bool narrow;			/* PE32 */
	unsigned machine;
	unsigned subsystem;
	unsigned directories;		/* with NONE, 0 of them */
	unsigned characteristics;
	uint32_t pe_at;
	uint32_t tail;			/* bytes behind the section */
	uint8_t fill;			/* of the section */
};

enum {
	MODEL_NONE = 0xffff,
	MODEL_HEADERS_LEN = 0x200,
	MODEL_SECTION_LEN = 0x40,
	/* The toy takes the first byte of the content, a SEQUENCE's tag, for
	 * the year of its stamp. */
	MODEL_STAMP_YEAR = 0x30,
};

struct kf_bytes model_image(const struct model_image *spec);
/* Where fields of it stand. Source: Microsoft, "PE Format". */
size_t model_optional_at(struct kf_bytes image);
size_t model_directory_at(struct kf_bytes image, unsigned index);
size_t model_section_at(struct kf_bytes image);
/* The digest of a model image, in the order of UEFI-4. */
struct kf_bytes model_image_digest(enum kf_digest_kind kind,
				   struct kf_bytes image);

/* model_signature: what the toy will say of it. */
struct model_signature {
	enum kf_digest_kind kind;
	struct kf_bytes certificate[4];
	size_t num_certificates;
	unsigned num_signers;	/* 0: one; MODEL_NONE: none */
	bool bad;		/* its arithmetic says no */
	bool other_bytes;	/* it covers another image */
	struct kf_bytes head;	/* of its content; empty: as usual */
	bool lost;		/* its signer's certificate is not in it */
	bool stamped;		/* in MODEL_STAMP_YEAR */
};

/* model_sign attaches signatures to an image; model_by, a plain one of one
 * certificate. model_attach puts any table behind an image. */
struct kf_bytes model_sign(struct kf_bytes image,
			   const struct model_signature *signature,
			   size_t num);
struct kf_bytes model_by(struct kf_bytes image, struct kf_bytes certificate);
struct kf_bytes model_attach(struct kf_bytes image, struct kf_bytes table);
struct kf_bytes model_entry(unsigned type, struct kf_bytes blob);

/* model_load is what edk2's loader has against an image that passes the gate;
 * no reason: it loads. model_found tells whether a finding has this reason. */
struct kf_finding model_load(struct kf_bytes file, const char *rules);
bool model_found(const struct kf_finding *found, const char *slug);

/* model_put gives a store one part; no bytes: it is absent. */
void model_put(struct kf_store *store, const char *name,
	       struct kf_bytes bytes);
/* model_ask asks the rules named; the work has to succeed. */
enum kf_answer model_ask(struct kf_verdict *out, struct kf_bytes file,
			 const struct kf_store *store, const char *rules);

#endif
