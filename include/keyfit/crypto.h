/* What the core asks of a crypto library: digests, facts of certificates, and
 * PKCS#7 SignedData taken apart into the questions that verifiers ask.
 *
 * The core holds no cryptography and builds no certification path. Every
 * function here is a pointer that the host fills in (host/openssl_*.c), or
 * NULL in a build that has none: formats that need it are then left out.
 */
#ifndef KEYFIT_CRYPTO_H
#define KEYFIT_CRYPTO_H

#include <keyfit/env.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

enum kf_digest_kind {
	KF_SHA1,
	KF_SHA256,
	KF_SHA384,
	KF_SHA512,
	KF_NUM_DIGESTS,		/* those that UEFI's lists know */
	KF_MD5 = KF_NUM_DIGESTS,
	KF_ALL_DIGESTS,
};

/* kf_digest is a digest's value; `len` 0 while it is not known. */
struct kf_digest {
	uint8_t bytes[64];
	size_t len;
};

/* kf_certificate is what one X.509 certificate says. Views and texts live as
 * long as the bytes and the arena that it was read from. */
struct kf_certificate {
	struct kf_bytes der;
	struct kf_bytes tbs;	/* TBSCertificate with its own header; empty
				 * when it could not be told apart */
	const char *name;	/* common name, else the last name there is */
	const char *subject;	/* whole, "CN=..., O=..." */
	const char *issuer;
	const char *issuer_name;
	const char *key;	/* "RSA-2048", "EC-P-256", ... */
	const char *algorithm;	/* of the signature on it */
	struct kf_bytes serial;	/* big-endian, as encoded */
	struct kf_digest sha256;	/* of `der` */
	int64_t not_before_s;	/* seconds since 1970, UTC */
	int64_t not_after_s;
	bool is_ca;
	bool self_issued;
};

/* kf_answer3 is the answer to a question of signature arithmetic. The zero
 * value is "not asked": it is never a yes. */
enum kf_answer3 {
	KF_NOT_ASKED = 0,
	KF_NO,
	KF_YES,
};

/* kf_why says which step failed, when the answer is no. `text` is a constant,
 * for people; NULL: nothing to add. */
enum kf_why_kind {
	KF_WHY_NOTHING = 0,
	KF_WHY_NO_PATH,		/* no certificate leads to the anchor */
	KF_WHY_OTHER_KEY,	/* the anchor has the name, not the key */
	KF_WHY_CONSTRAINT,	/* a certificate on the path may not stand
				 * there */
	KF_WHY_ALGORITHM,	/* an algorithm that the policy has not */
	KF_WHY_UNREADABLE,	/* the anchor is no certificate */
	KF_WHY_SIGNATURE,	/* the arithmetic says no */
	KF_WHY_MALFORMED,
};

struct kf_why {
	enum kf_why_kind kind;
	const char *text;
};

/* What a verifier's own crypto library can do and insists on. One bit each;
 * a rules profile is a set of these. */
#define KF_CMS_MD5		(UINT32_C(1) << 0)	/* certificates signed
							 * with MD5 verify */
#define KF_CMS_SHA1		(UINT32_C(1) << 1)
#define KF_CMS_SHA224		(UINT32_C(1) << 2)
#define KF_CMS_SHA3		(UINT32_C(1) << 3)
#define KF_CMS_RSA_PSS		(UINT32_C(1) << 4)
#define KF_CMS_EC		(UINT32_C(1) << 5)
#define KF_CMS_ED25519		(UINT32_C(1) << 6)
#define KF_CMS_DSA		(UINT32_C(1) << 7)
#define KF_CMS_PARTIAL_CHAIN	(UINT32_C(1) << 8)	/* any certificate may
							 * be the anchor */
#define KF_CMS_NO_TIME		(UINT32_C(1) << 9)	/* validity dates are
							 * not looked at */
#define KF_CMS_ANY_PURPOSE	(UINT32_C(1) << 10)	/* nor extended key
							 * usage */
#define KF_CMS_ANY_DIGEST_TAG	(UINT32_C(1) << 11)	/* the messageDigest
							 * attribute need not
							 * be an OCTET STRING */

#define KF_CMS_SIGNATURE_OID	(UINT32_C(1) << 12)	/* a signer may name its
							 * signature algorithm
							 * in place of its
							 * digest */
#define KF_CMS_WHOLE_TIMES	(UINT32_C(1) << 13)	/* a time that is too
							 * short is not parsed
							 */

#define KF_CMS_ROOM_BEHIND	(UINT32_C(1) << 14)	/* an empty element with
							 * a long length is not
							 * parsed at the end of
							 * what is around it */

#define KF_CMS_ANY_UNICODE	(UINT32_C(1) << 15)	/* names may hold what
							 * is no Unicode */

#define KF_CMS_ANY_ANCHOR	(UINT32_C(1) << 16)	/* extensions of the
							 * anchor itself are
							 * not looked at */

#define KF_CMS_WHOLE_IMPRINT	(UINT32_C(1) << 17)	/* a time stamp over a
							 * digest of the wrong
							 * length is none */

/* kf_signed_data is a PKCS#7 SignedData that the crypto library has parsed. */
struct kf_signed_data;

/* kf_signed_facts is what is in it. `content` is the content's value as the
 * crypto library keeps it: for a SEQUENCE with its tag and length, for strings
 * and numbers without. */
struct kf_signed_facts {
	bool is_signed_data;	/* false: another PKCS#7 type */
	bool detached;		/* no content inside */
	int content_tag;	/* ASN.1 universal tag; -1 when there is none
				 * or it is not universal */
	struct kf_bytes content_oid;	/* value bytes of the type's OID */
	struct kf_bytes content;
	size_t num_signers;
	size_t num_certificates;
	bool signers_found;	/* every signer's certificate is in the bag */
};

/* kf_signer_facts is what one SignerInfo says. */
struct kf_signer_facts {
	struct kf_bytes certificate;	/* DER; empty when it is not in the
					 * bag */
	const char *digest;		/* names of the algorithms */
	const char *algorithm;
	struct kf_bytes timestamp;	/* RFC 3161 token, DER; empty: none */
};

/* kf_key_type is a public key's algorithm. */
enum kf_key_type {
	KF_KEY_OTHER = 0,	/* none that kf_crypto verifies with */
	KF_KEY_RSA,
	KF_KEY_EC,
	KF_KEY_ED25519,
};

/* kf_key is a public key by itself. Views live in the arena that it was read
 * into. */
struct kf_key {
	enum kf_key_type kind;
	const char *name;	/* "RSA-2048", "EC-P-256", "Ed25519" */
	unsigned bits;
	struct kf_bytes spki;	/* SubjectPublicKeyInfo, DER */
	struct kf_bytes own;	/* of RSA, RSAPublicKey (RFC 8017), DER */
	struct kf_digest sha256;	/* of `spki` */
};

/* kf_scheme_kind is how a signature is made. */
enum kf_scheme_kind {
	KF_SCHEME_RSA_PKCS1 = 1,
	KF_SCHEME_RSA_PSS,	/* MGF1 with the same digest */
	KF_SCHEME_ECDSA,	/* Ecdsa-Sig-Value, DER */
	KF_SCHEME_ED25519,	/* without a digest */
};

enum { KF_SALT_ANY = -1 };

/* kf_opening_kind is how a secret was made for who has a private key. */
enum kf_opening_kind {
	KF_OPEN_RSA_OAEP = 1,	/* RFC 8017, with SHA-256 in both places */
	KF_OPEN_AES_WRAP,	/* RFC 3394; the key is AES's own */
	KF_OPEN_P256,		/* the secret shared with a point, which is not
				 * compressed */
	KF_OPEN_X25519,		/* RFC 7748 */
	KF_NUM_OPENINGS,
};

enum { KF_SECRET_MAX = 512 };

/* kf_secret is what came out. */
struct kf_secret {
	uint8_t bytes[KF_SECRET_MAX];
	size_t len;
};

struct kf_scheme {
	enum kf_scheme_kind kind;
	enum kf_digest_kind digest;
	int salt_len;		/* of PSS, in bytes, or KF_SALT_ANY */
};

/* kf_cms is a CMS ContentInfo that the crypto library has parsed, for
 * verifiers that hand theirs to OpenSSL's CMS_verify. */
struct kf_cms;

/* kf_cms_facts is what is in it. */
struct kf_cms_facts {
	bool is_signed;		/* SignedData */
	bool is_enveloped;	/* EnvelopedData */
	bool detached;		/* no content inside */
	struct kf_bytes content;
	size_t num_signers;
	size_t num_certificates;
	size_t num_crls;
	size_t num_recipients;
};

/* kf_cms_time is what a signer's signingTime attribute turned out to be. */
enum kf_cms_time {
	KF_CMS_TIME_NONE = 0,
	KF_CMS_TIME_KNOWN,
	KF_CMS_TIME_FRACTION,	/* known, with a fraction of a second */
	KF_CMS_TIME_UNREADABLE,
	KF_CMS_TIME_OTHER,	/* of a type that is no time */
	KF_CMS_TIME_EMPTY,	/* an attribute without a value */
};

/* kf_cms_signer is what one SignerInfo says. */
struct kf_cms_signer {
	struct kf_bytes certificate;	/* DER; empty: it is not inside */
	struct kf_bytes subject_name;	/* the first CN of its subject, as
					 * encoded */
	bool has_name;
	const char *digest;
	const char *algorithm;
	bool has_attributes;		/* signed ones */
	enum kf_cms_time time;
	int64_t signed_s;
};

/* kf_cms_recipient is who can decrypt an EnvelopedData. `issuer` NULL: it is
 * named in another way. */
struct kf_cms_recipient {
	const char *issuer;
	struct kf_bytes serial;
};

/* kf_cms_file is one file of a folder of certificates and CRLs that are found
 * by name, as by the hash of a subject. Folders are numbered from 0. */
struct kf_cms_file {
	unsigned folder;
	const char *name;
	struct kf_bytes bytes;
};

/* kf_cms_trust is what OpenSSL's X509_STORE is filled with. */
struct kf_cms_trust {
	bool has_file;
	struct kf_bytes file;		/* PEM: certificates and CRLs */
	unsigned num_folders;
	const struct kf_cms_file *hashed;
	size_t num_hashed;
	const char *purpose;		/* OpenSSL's short name, or
					 * KF_PURPOSE_CODE_SIGNING; NULL: the
					 * one that the call brings */
	bool crls;			/* every certificate needs one */
	bool partial_chain;		/* any certificate may be the anchor */
	bool any_time;			/* dates are not looked at */
	bool any_purpose;		/* a wrong purpose is passed over */
	bool past_unreadable;		/* a hashed file that cannot be read
					 * does not hide those behind it */
	bool any_date;			/* so is a date that does not fit */
	bool any_ca;			/* an issuer need not be a CA */
	bool front_alone;		/* of the file, the certificates in
					 * front of the first that cannot be
					 * read; no CRLs */
	int64_t now_s;
	/* Of cms_signer_chain alone. */
	size_t signer;			/* from 0 */
	bool as_mail;			/* as CMS_verify asks, whose defaults
					 * are those of signed mail */
	bool nothing_inside;		/* certificates inside lead nowhere */
};

/* A purpose of RAUC's own, older than OpenSSL's: the signer's certificate has
 * to say code signing, and its issuers where they say anything. */
#define KF_PURPOSE_CODE_SIGNING "keyfit-codesign"

/* SWUpdate's: so, but the signer's key usage does not count. */
#define KF_PURPOSE_CODE_ALONE "keyfit-codesign-alone"

/* kf_cms_step is the step at which a CMS failed, in CMS_verify's order. */
enum kf_cms_step {
	KF_CMS_PASSED = 0,
	KF_CMS_STORE,		/* the file of certificates cannot be loaded */
	KF_CMS_TYPE,		/* it is no SignedData */
	KF_CMS_NO_SIGNER,
	KF_CMS_NO_CERTIFICATE,	/* a signer's is not inside */
	KF_CMS_CHAIN,
	KF_CMS_ATTRIBUTES,	/* the signature over them does not hold */
	KF_CMS_DIGEST,		/* the content is another one */
	KF_CMS_SIGNATURE,	/* the signature over the content does not
				 * hold */
	KF_CMS_ALGORITHM,	/* one that the library has not */
	KF_CMS_OTHER,
	KF_CMS_KEY,		/* a private key that cannot be read */
	KF_CMS_RECIPIENT,	/* it is for somebody else */
};

/* kf_chain_error is why a chain of certificates failed. */
enum kf_chain_error {
	KF_CHAIN_GOOD = 0,
	KF_CHAIN_NO_ISSUER,	/* neither inside nor trusted */
	KF_CHAIN_NOT_ROOT,	/* it ends in the store, not at a root */
	KF_CHAIN_OTHER_ROOT,	/* it ends at a root that is not trusted */
	KF_CHAIN_SELF_SIGNED,	/* the signer issued itself */
	KF_CHAIN_EXPIRED,
	KF_CHAIN_NOT_YET_VALID,
	KF_CHAIN_PURPOSE,
	KF_CHAIN_NOT_CA,
	KF_CHAIN_PATH_LENGTH,
	KF_CHAIN_REJECTED,	/* the store says not to use it for this */
	KF_CHAIN_CRL_MISSING,
	KF_CHAIN_CRL_EXPIRED,
	KF_CHAIN_CRL_NOT_YET_VALID,
	KF_CHAIN_REVOKED,
	KF_CHAIN_REFUSED,	/* for another reason: see `text` */
};

enum { KF_CMS_CHAIN_MAX = 8 };

/* kf_cms_result is how a question ended. Views live in the arena; texts are
 * constants. */
struct kf_cms_result {
	enum kf_answer3 answer;
	enum kf_cms_step step;
	enum kf_chain_error error;
	int code;			/* OpenSSL's number for it */
	const char *text;		/* OpenSSL's words for it */
	size_t signer;			/* from 0 */
	size_t depth;			/* of `certificate` in the chain */
	struct kf_bytes certificate;	/* the one that failed */
	struct kf_bytes chain[KF_CMS_CHAIN_MAX];	/* signer's first */
	size_t num_chain;
	int64_t when_s;			/* of a CRL that failed by its date */
};

/* kf_moment is a time as UEFI keeps it. Source: UEFI 2.10, 8.3, EFI_TIME. */
struct kf_moment {
	uint16_t year;
	uint8_t month, day, hour, minute, second;
};

/* kf_crypto is the table. `self` is handed back with every call. */
struct kf_crypto {
	void *self;

	/* A digest over pieces. digest_end gives the value and releases the
	 * digest, as digest_drop does without one.
	 * Fails: digest_begin NULL; digest_end leaves `len` 0. */
	void *(*digest_begin)(void *self, enum kf_digest_kind kind);
	void (*digest_add)(void *digest, struct kf_bytes bytes);
	void (*digest_end)(void *digest, struct kf_digest *out);
	void (*digest_drop)(void *digest);

	/* certificate_read takes a DER certificate apart.
	 * Fails: KF_WRONG_USE when it is none. */
	enum kf_status (*certificate_read)(void *self,
					   struct kf_certificate *out,
					   struct kf_bytes der,
					   struct kf_arena *arena);

	/* certificate_times: the first and the last second of its validity.
	 * Fails: false when the bytes are no certificate. */
	bool (*certificate_times)(void *self, struct kf_bytes der,
				  int64_t *not_before_s, int64_t *not_after_s);

	/* certificate_rsa: do the bytes start with a certificate, as `policy`
	 * parses it, whose key is an RSA key? */
	enum kf_status (*certificate_rsa)(void *self, struct kf_bytes der,
					  uint32_t policy,
					  enum kf_answer3 *out);

	/* key_read takes a key apart: SubjectPublicKeyInfo, RSAPublicKey or a
	 * private key, of which it keeps the public half; DER or PEM, without
	 * a passphrase. Fails: KF_WRONG_USE when it is none of these. */
	enum kf_status (*key_read)(void *self, struct kf_key *out,
				   struct kf_bytes key,
				   struct kf_arena *arena);

	/* key_rsa makes a key out of its numbers, big-endian; key_ec out of a
	 * point of "P-256", "P-384" or "P-521".
	 * Fails: KF_WRONG_USE when they are none. */
	enum kf_status (*key_rsa)(void *self, struct kf_key *out,
				  struct kf_bytes modulus,
				  struct kf_bytes exponent,
				  struct kf_arena *arena);
	enum kf_status (*key_ec)(void *self, struct kf_key *out,
				 const char *curve, struct kf_bytes x,
				 struct kf_bytes y, struct kf_arena *arena);

	/* key_verify: is this the signature of a digest, or with Ed25519 of a
	 * message? A key of another kind says no. */
	enum kf_status (*key_verify)(void *self, const struct kf_key *key,
				     const struct kf_scheme *scheme,
				     struct kf_bytes content,
				     struct kf_bytes signature,
				     enum kf_answer3 *out);

	/* key_open opens what was made for a private key: one in DER or PEM
	 * without a passphrase. Says no where the key is of another kind, or
	 * does not open it. */
	enum kf_status (*key_open)(void *self, struct kf_secret *out,
				   enum kf_opening_kind kind,
				   struct kf_bytes key,
				   struct kf_bytes sealed,
				   enum kf_answer3 *answer);

	/* aes_ctr runs AES in counter mode over `data`, in place, with a key
	 * of 16 or 32 bytes, from one counter block on. */
	enum kf_status (*aes_ctr)(void *self, struct kf_bytes key,
				  const uint8_t counter[16], uint8_t *data,
				  size_t len);

	/* signed_read parses a ContentInfo. `*out` stays NULL when the bytes
	 * are none. Trailing bytes are ignored, as OpenSSL's d2i does.
	 * Fails: KF_NO_MEMORY. Owns: `*out`, until signed_close. */
	enum kf_status (*signed_read)(void *self, struct kf_signed_data **out,
				      struct kf_bytes der, uint32_t policy);

	/* signed_suppose makes a SignedData that nobody has made: signed by
	 * the first of `num` certificates, with all of them in its bag. Its
	 * signatures count as good where the policy has their algorithm. */
	enum kf_status (*signed_suppose)(void *self,
					 struct kf_signed_data **out,
					 const struct kf_bytes *ders,
					 size_t num);
	void (*signed_close)(struct kf_signed_data *data);

	void (*signed_facts)(const struct kf_signed_data *data,
			     struct kf_signed_facts *out);
	/* signed_signer, signed_certificate: `index` from 0. */
	void (*signed_signer)(const struct kf_signed_data *data, size_t index,
			      struct kf_signer_facts *out);
	struct kf_bytes (*signed_certificate)(const struct kf_signed_data *,
					      size_t index);

	/* signed_path: the first signer's certificate and, as far as the bag
	 * holds them, its issuers; by name, nothing is verified. Returns how
	 * many of `max` views it filled. */
	size_t (*signed_path)(const struct kf_signed_data *data,
			      struct kf_bytes *out, size_t max);

	/* signed_verify: does every SignerInfo's signature hold over
	 * `content`? Certificates are not judged. */
	enum kf_status (*signed_verify)(const struct kf_signed_data *data,
					struct kf_bytes content,
					uint32_t policy,
					enum kf_answer3 *out,
					struct kf_why *why);

	/* signed_chain: does every signer's certificate lead to `anchor`,
	 * the one trusted certificate? */
	enum kf_status (*signed_chain)(const struct kf_signed_data *data,
				       struct kf_bytes anchor,
				       uint32_t policy, int64_t now_s,
				       enum kf_answer3 *out,
				       struct kf_why *why);

	/* signed_timestamp: does the RFC 3161 token of the only signer verify
	 * under `anchor`, and cover the signature? An empty anchor stands for
	 * "some anchor": the token's own signer. */
	enum kf_status (*signed_timestamp)(const struct kf_signed_data *data,
					   struct kf_bytes anchor,
					   uint32_t policy,
					   enum kf_answer3 *out,
					   struct kf_moment *when);

	/* cms_read parses a ContentInfo; trailing bytes are ignored. `*out`
	 * stays NULL when the bytes are none. Fails: KF_NO_MEMORY.
	 * Owns: `*out`, until cms_close. */
	enum kf_status (*cms_read)(void *self, struct kf_cms **out,
				   struct kf_bytes der);
	void (*cms_close)(struct kf_cms *cms);

	/* What is in it; `index` from 0. Fails: KF_NO_MEMORY. */
	enum kf_status (*cms_facts)(const struct kf_cms *cms,
				    struct kf_cms_facts *out,
				    struct kf_arena *arena);
	enum kf_status (*cms_signer)(const struct kf_cms *cms, size_t index,
				     struct kf_cms_signer *out,
				     struct kf_arena *arena);
	enum kf_status (*cms_certificate)(const struct kf_cms *cms,
					  size_t index, struct kf_bytes *out,
					  struct kf_arena *arena);
	enum kf_status (*cms_recipient)(const struct kf_cms *cms,
					size_t index,
					struct kf_cms_recipient *out,
					struct kf_arena *arena);

	/* cms_content: does every signature hold over `content`, which is
	 * read once from front to end? NULL: over what is inside.
	 * Certificates are not judged. */
	enum kf_status (*cms_content)(struct kf_cms *cms,
				      const struct kf_source *content,
				      struct kf_cms_result *out);

	/* cms_chain: does every signer's certificate lead to what is trusted,
	 * as CMS_verify asks it? signer_chain asks for one signer alone, as
	 * X509_verify_cert does: with no purpose unless the store has one, and
	 * without the CRLs inside. */
	enum kf_status (*cms_chain)(struct kf_cms *cms,
				    const struct kf_cms_trust *trust,
				    struct kf_cms_result *out,
				    struct kf_arena *arena);
	enum kf_status (*cms_signer_chain)(struct kf_cms *cms,
					   const struct kf_cms_trust *trust,
					   struct kf_cms_result *out,
					   struct kf_arena *arena);

	/* aes_cbc_open decrypts whole blocks of AES-256 in CBC mode, without
	 * padding. `out` may be `in`. Fails: false. */
	bool (*aes_cbc_open)(void *self, uint8_t *out, struct kf_bytes in,
			     const uint8_t key[32], const uint8_t iv[16]);

	/* cms_decrypt opens an EnvelopedData with a private key; the
	 * certificate, PEM too, may be empty: then each recipient is tried. */
	enum kf_status (*cms_decrypt)(struct kf_cms *cms,
				      struct kf_bytes *out,
				      struct kf_bytes certificate,
				      struct kf_bytes key,
				      struct kf_cms_result *result,
				      struct kf_arena *arena);
};

/* kf_digest_len is a digest's size in bytes. */
size_t kf_digest_len(enum kf_digest_kind kind);

/* kf_digest_name is "SHA-256" and the like. */
const char *kf_digest_name(enum kf_digest_kind kind);

/* kf_digest_of computes one digest over one view; `len` stays 0 on failure. */
void kf_digest_of(struct kf_digest *out, const struct kf_crypto *crypto,
		  enum kf_digest_kind kind, struct kf_bytes bytes);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
