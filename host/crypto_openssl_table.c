/* The CMS part of the crypto table: each call runs with the private context as
 * the thread's default, since parts of OpenSSL ask for that one.
 */
#include "crypto_openssl_cms.h"

static enum kf_status cms_read(void *self, struct kf_cms **out,
			       struct kf_bytes der)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	enum kf_status status = kf_openssl_cms_read(self, out, der);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status cms_content(struct kf_cms *cms,
				  const struct kf_source *content,
				  struct kf_cms_result *out)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(cms->openssl);
	enum kf_status status = kf_openssl_cms_content(cms, content, out);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status cms_chain(struct kf_cms *cms,
				const struct kf_cms_trust *trust,
				struct kf_cms_result *out,
				struct kf_arena *arena)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(cms->openssl);
	enum kf_status status = kf_openssl_cms_chain(cms, trust, out, arena);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status cms_signer_chain(struct kf_cms *cms,
				       const struct kf_cms_trust *trust,
				       struct kf_cms_result *out,
				       struct kf_arena *arena)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(cms->openssl);
	enum kf_status status = kf_openssl_cms_signer_chain(cms, trust, out,
							    arena);

	kf_openssl_leave(before);
	return status;
}

static enum kf_status cms_decrypt(struct kf_cms *cms, struct kf_bytes *out,
				  struct kf_bytes certificate,
				  struct kf_bytes key,
				  struct kf_cms_result *result,
				  struct kf_arena *arena)
{
	OSSL_LIB_CTX *before = kf_openssl_enter(cms->openssl);
	enum kf_status status = kf_openssl_cms_decrypt(cms, out, certificate,
						       key, result, arena);

	kf_openssl_leave(before);
	return status;
}

static bool aes_cbc_open(void *self, uint8_t *out, struct kf_bytes in,
			 const uint8_t key[32], const uint8_t iv[16])
{
	OSSL_LIB_CTX *before = kf_openssl_enter(self);
	bool good = kf_openssl_aes_cbc_open(self, out, in, key, iv);

	kf_openssl_leave(before);
	return good;
}

void kf_openssl_cms_table(struct kf_crypto *out)
{
	out->aes_cbc_open = aes_cbc_open;
	out->cms_read = cms_read;
	out->cms_close = kf_openssl_cms_close;
	out->cms_facts = kf_openssl_cms_facts;
	out->cms_signer = kf_openssl_cms_signer;
	out->cms_certificate = kf_openssl_cms_certificate;
	out->cms_recipient = kf_openssl_cms_recipient;
	out->cms_content = cms_content;
	out->cms_chain = cms_chain;
	out->cms_signer_chain = cms_signer_chain;
	out->cms_decrypt = cms_decrypt;
}
