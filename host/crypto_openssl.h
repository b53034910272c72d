/* What the files around OpenSSL share. Nobody else includes it.
 */
#ifndef KEYFIT_HOST_CRYPTO_OPENSSL_H
#define KEYFIT_HOST_CRYPTO_OPENSSL_H

#include <keyfit/crypto.h>

#include <openssl/pkcs7.h>
#include <openssl/x509.h>

enum { KF_KNOWN_MAX = 16 };

/* kf_openssl is the private library context: nothing that the process or its
 * environment configures reaches it. */
struct kf_openssl {
	struct kf_crypto table;
	OSSL_LIB_CTX *context;
	OSSL_PROVIDER *provider;
	EVP_MD *digest[KF_ALL_DIGESTS];
	/* Certificates that were parsed lately: taking one apart costs more
	 * than all else that is done with it, and the same few come again. */
	struct {
		struct kf_bytes der;	/* a copy */
		X509 *x;
	} known[KF_KNOWN_MAX];
	unsigned next_known;
	/* What counts as good though nobody has signed it; NULL, but in a table
	 * of kf_openssl_suppose. */
	struct kf_openssl_supposed *supposed;
};

struct kf_signed_data {
	struct kf_openssl *openssl;
	PKCS7 *pkcs7;			/* NULL: supposed */
	STACK_OF(X509) *bag;		/* borrowed from pkcs7, or owned */
	STACK_OF(X509) *signers;	/* NULL: one is missing */
	struct kf_bytes *der;		/* of each certificate in the bag */
	size_t num_der;
	struct kf_bytes *signer_der;
	size_t num_signers;
	struct kf_bytes token;		/* RFC 3161, borrowed from pkcs7 */
	bool has_token;
};

/* kf_openssl_fault tells a fault of the library from an answer: out of memory
 * must never read as "no". Drops the errors noted since the last mark. */
enum kf_status kf_openssl_fault(void);

/* crypto_openssl_certificate.c */
enum kf_status kf_openssl_certificate_read(struct kf_openssl *openssl,
					   struct kf_certificate *out,
					   struct kf_bytes der,
					   struct kf_arena *arena);
bool kf_openssl_certificate_times(struct kf_openssl *openssl,
				  struct kf_bytes der, int64_t *not_before_s,
				  int64_t *not_after_s);
/* kf_openssl_certificate parses a certificate, or finds it among the known.
 * Owns: the certificate, until X509_free. Fails: NULL. */
X509 *kf_openssl_certificate(struct kf_openssl *openssl, struct kf_bytes der);

/* kf_openssl_key_name is "RSA-2048", "EC-P-256" and the like; "unknown" for
 * NULL. Fails: NULL, out of memory. */
const char *kf_openssl_key_name(const EVP_PKEY *key, struct kf_arena *arena);

/* kf_openssl_remember keeps a certificate that was parsed from just these
 * bytes. */
void kf_openssl_remember(struct kf_openssl *openssl, struct kf_bytes der,
			 X509 *x);
void kf_openssl_forget_all(struct kf_openssl *openssl);

/* crypto_openssl_signed.c */
enum kf_status kf_openssl_signed_read(void *self, struct kf_signed_data **out,
				      struct kf_bytes der, uint32_t policy);
enum kf_status kf_openssl_signed_suppose(void *self,
					 struct kf_signed_data **out,
					 const struct kf_bytes *ders,
					 size_t num);
void kf_openssl_signed_close(struct kf_signed_data *data);
void kf_openssl_signed_facts(const struct kf_signed_data *data,
			     struct kf_signed_facts *out);
void kf_openssl_signed_signer(const struct kf_signed_data *data, size_t index,
			      struct kf_signer_facts *out);
struct kf_bytes kf_openssl_signed_certificate(const struct kf_signed_data *,
					      size_t index);
size_t kf_openssl_signed_path(const struct kf_signed_data *data,
			      struct kf_bytes *out, size_t max);

/* crypto_openssl_strict.c: is every time in it as long as a time must be? */
bool kf_openssl_certificate_whole(const X509 *x);
bool kf_openssl_signed_whole(const PKCS7 *p);
/* Is there room behind every empty element whose length is in the long form? */
bool kf_openssl_lengths_fit(struct kf_bytes der);

/* crypto_openssl_lenient.c: gives values of names that later versions refuse
 * another type, in place. Returns whether there were any. */
bool kf_openssl_lenient_names(uint8_t *der, size_t len);

/* crypto_openssl_verify.c */
enum kf_status kf_openssl_signed_verify(const struct kf_signed_data *data,
					struct kf_bytes content,
					uint32_t policy,
					enum kf_answer3 *out,
					struct kf_why *why);
enum kf_status kf_openssl_signed_chain(const struct kf_signed_data *data,
				       struct kf_bytes anchor,
				       uint32_t policy, int64_t now_s,
				       enum kf_answer3 *out,
				       struct kf_why *why);
enum kf_status kf_openssl_certificate_rsa(void *self, struct kf_bytes der,
					  uint32_t policy,
					  enum kf_answer3 *out);
/* kf_openssl_digest_nid: the digest behind an object's name, where `policy`
 * has it; NID_undef: it has not. */
int kf_openssl_digest_nid(const ASN1_OBJECT *object, uint32_t policy);

/* crypto_openssl_key.c */
enum kf_status kf_openssl_key_read(void *self, struct kf_key *out,
				   struct kf_bytes key,
				   struct kf_arena *arena);
enum kf_status kf_openssl_key_rsa(void *self, struct kf_key *out,
				  struct kf_bytes modulus,
				  struct kf_bytes exponent,
				  struct kf_arena *arena);
enum kf_status kf_openssl_key_ec(void *self, struct kf_key *out,
				 const char *curve, struct kf_bytes x,
				 struct kf_bytes y, struct kf_arena *arena);
enum kf_status kf_openssl_key_verify(void *self, const struct kf_key *key,
				     const struct kf_scheme *scheme,
				     struct kf_bytes content,
				     struct kf_bytes signature,
				     enum kf_answer3 *out);

/* kf_openssl_set_scheme tells OpenSSL how a signature is made, or was.
 * `any_salt` stands for KF_SALT_ANY. */
bool kf_openssl_set_scheme(const struct kf_openssl *openssl, EVP_PKEY_CTX *c,
			   const struct kf_scheme *scheme, int any_salt);

/* kf_openssl_key_private reads a private key. Owns: it, until EVP_PKEY_free.
 * Fails: NULL. */
EVP_PKEY *kf_openssl_key_private(const struct kf_openssl *openssl,
				 struct kf_bytes key);

/* crypto_openssl_suppose.c: is this one of the signatures that nobody has made
 * yet? A table that judges real files has none. */
bool kf_openssl_is_supposed(const struct kf_openssl *openssl,
			    const EVP_PKEY *key, const struct kf_scheme *scheme,
			    struct kf_bytes content,
			    struct kf_bytes signature);

/* crypto_openssl_open.c: its part of the table. */
void kf_openssl_open_table(struct kf_crypto *out);

/* crypto_openssl_timestamp.c */
enum kf_status kf_openssl_signed_timestamp(const struct kf_signed_data *data,
					   struct kf_bytes anchor,
					   uint32_t policy,
					   enum kf_answer3 *out,
					   struct kf_moment *when);

/* crypto_openssl_cms.c */
enum kf_status kf_openssl_cms_read(void *self, struct kf_cms **out,
				   struct kf_bytes der);
void kf_openssl_cms_close(struct kf_cms *cms);
enum kf_status kf_openssl_cms_facts(const struct kf_cms *cms,
				    struct kf_cms_facts *out,
				    struct kf_arena *arena);
enum kf_status kf_openssl_cms_signer(const struct kf_cms *cms, size_t index,
				     struct kf_cms_signer *out,
				     struct kf_arena *arena);
enum kf_status kf_openssl_cms_certificate(const struct kf_cms *cms,
					  size_t index, struct kf_bytes *out,
					  struct kf_arena *arena);
enum kf_status kf_openssl_cms_recipient(const struct kf_cms *cms,
					size_t index,
					struct kf_cms_recipient *out,
					struct kf_arena *arena);
enum kf_status kf_openssl_cms_content(struct kf_cms *cms,
				      const struct kf_source *content,
				      struct kf_cms_result *out);
enum kf_status kf_openssl_cms_decrypt(struct kf_cms *cms, struct kf_bytes *out,
				      struct kf_bytes certificate,
				      struct kf_bytes key,
				      struct kf_cms_result *result,
				      struct kf_arena *arena);
/* crypto_openssl_trust.c */
enum kf_status kf_openssl_cms_chain(struct kf_cms *cms,
				    const struct kf_cms_trust *trust,
				    struct kf_cms_result *out,
				    struct kf_arena *arena);
enum kf_status kf_openssl_cms_signer_chain(struct kf_cms *cms,
					   const struct kf_cms_trust *trust,
					   struct kf_cms_result *out,
					   struct kf_arena *arena);
/* crypto_openssl_table.c: the CMS part of the table, each in the private
 * context. */
void kf_openssl_cms_table(struct kf_crypto *out);

/* kf_openssl_enter makes the private context the thread's default; _leave
 * gives back the one before. */
/* crypto_openssl_cipher.c */
bool kf_openssl_aes_cbc_open(struct kf_openssl *openssl, uint8_t *out,
			     struct kf_bytes in, const uint8_t key[32],
			     const uint8_t iv[16]);
OSSL_LIB_CTX *kf_openssl_enter(const struct kf_openssl *openssl);
void kf_openssl_leave(OSSL_LIB_CTX *before);

#endif
