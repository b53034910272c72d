/* Why GnuTLS does not take a signature. It has one number for a changed file,
 * an unknown issuer and a date: so it is asked again, a step at a time.
 *
 * Source: gnutls, lib/x509/pkcs7.c (gnutls_pkcs7_verify, find_signer,
 * figure_pkcs7_sigdata), tag 3.7.9.
 */
#include "crypto_gnutls.h"

#include <string.h>

#define MESSAGE_DIGEST "1.2.840.113549.1.9.4"

enum { INSIDE_MAX = 32 };

/* inside is what a PKCS#7 has in it, and the chain from a signer on. */
struct inside {
	gnutls_x509_crt_t crt[INSIDE_MAX];
	size_t num;
	gnutls_x509_crt_t chain[KF_GNUTLS_CHAIN_MAX];
	size_t num_chain;
};

static void release(const struct gnutls *lib, void *bytes)
{
	(*lib->release)(bytes);
}

/* import takes one certificate, if GnuTLS can read it. */
static enum kf_status import(struct inside *in, const gnutls_datum_t *der,
			     const struct gnutls *lib)
{
	gnutls_x509_crt_t *crt = &in->crt[in->num];
	int code;

	if (lib->crt_init(crt) < 0)
		return KF_NO_MEMORY;
	code = lib->crt_import(*crt, der, GNUTLS_X509_FMT_DER);
	if (code >= 0)
		in->num++;
	else
		lib->crt_deinit(*crt);
	return code == GNUTLS_E_MEMORY_ERROR ? KF_NO_MEMORY : KF_OK;
}

/* take_inside takes those certificates that are inside. */
static enum kf_status take_inside(struct inside *in,
				  const struct gnutls_asked *asked)
{
	const struct gnutls *lib = &asked->trust->lib;
	int num = lib->pkcs7_certificates(asked->pkcs7);
	enum kf_status status = KF_OK;

	for (int i = 0; i < num && in->num < INSIDE_MAX && status == KF_OK;
	     i++) {
		gnutls_datum_t der;
		int code = lib->pkcs7_certificate(asked->pkcs7, (unsigned)i,
						  &der);

		if (code == GNUTLS_E_MEMORY_ERROR)
			status = KF_NO_MEMORY;
		if (code < 0)
			continue;
		status = import(in, &der, lib);
		release(lib, der.data);
	}
	return status;
}

static bool same(const gnutls_datum_t *a, const void *b, size_t len)
{
	return a->size == len && memcmp(a->data, b, len) == 0;
}

/* is_signer tells whether a certificate is the one that a signature names. */
static bool is_signer(const struct gnutls *lib, gnutls_x509_crt_t crt,
		      const gnutls_pkcs7_signature_info_st *info)
{
	unsigned char number[128];
	size_t len = sizeof(number);
	gnutls_datum_t dn = { NULL, 0 };
	bool is;

	if (info->signer_serial.size == 0)
		return info->issuer_keyid.size &&
		       lib->crt_key_id(crt, number, &len, NULL) >= 0 &&
		       same(&info->issuer_keyid, number, len);
	if (lib->crt_serial(crt, number, &len) < 0 ||
	    !same(&info->signer_serial, number, len) ||
	    lib->crt_issuer(crt, &dn) < 0)
		return false;
	is = same(&info->issuer_dn, dn.data, dn.size);
	release(lib, dn.data);
	return is;
}

/* take_chain follows the issuers from the signer on, as far as they are
 * inside. */
static void take_chain(struct inside *in, const struct gnutls_asked *asked)
{
	const struct gnutls *lib = &asked->trust->lib;
	gnutls_x509_crt_t next = NULL;

	for (size_t i = 0; i < in->num && !next; i++)
		if (is_signer(lib, in->crt[i], asked->info))
			next = in->crt[i];
	while (next && in->num_chain < KF_GNUTLS_CHAIN_MAX - 1) {
		gnutls_x509_crt_t last = next;

		in->chain[in->num_chain++] = last;
		next = NULL;
		for (size_t i = 0; i < in->num && !next; i++)
			if (in->crt[i] != last &&
			    lib->crt_issued_by(last, in->crt[i]) &&
			    !lib->crt_issued_by(last, last))
				next = in->crt[i];
	}
}

static enum kf_status keep(struct kf_gnutls_result *out,
			   gnutls_x509_crt_t crt,
			   const struct gnutls_asked *asked)
{
	const struct gnutls *lib = &asked->trust->lib;
	struct kf_bytes *to = &out->chain[out->num_chain];
	gnutls_datum_t der;
	bool kept;

	if (out->num_chain == KF_GNUTLS_CHAIN_MAX ||
	    lib->crt_export(crt, GNUTLS_X509_FMT_DER, &der) < 0)
		return KF_OK;
	kept = kf_arena_keep(asked->arena, to, kf_view(der.data, der.size));
	release(lib, der.data);
	if (kept)
		out->num_chain++;
	return kept ? KF_OK : KF_NO_MEMORY;
}

/* keep_chain keeps it, and the trusted certificate that issued its end. */
static enum kf_status keep_chain(struct kf_gnutls_result *out,
				 const struct inside *in,
				 const struct gnutls_asked *asked)
{
	const struct gnutls *lib = &asked->trust->lib;
	enum kf_status status = KF_OK;
	gnutls_x509_crt_t anchor;

	out->num_chain = 0;
	for (size_t i = 0; i < in->num_chain && status == KF_OK; i++)
		status = keep(out, in->chain[i], asked);
	if (in->num_chain == 0 || status != KF_OK ||
	    lib->list_issuer(asked->trust->list, in->chain[in->num_chain - 1],
			     &anchor, GNUTLS_TL_GET_COPY) < 0)
		return status;
	status = keep(out, anchor, asked);
	lib->crt_deinit(anchor);
	return status;
}

/* other_content tells whether the digest that was signed is of another file.
 * A signature without attributes has none. */
static bool other_content(const struct gnutls_asked *asked)
{
	const struct gnutls *lib = &asked->trust->lib;
	gnutls_digest_algorithm_t kind = lib->sign_hash(asked->info->algo);
	unsigned char digest[64];
	unsigned len = lib->hash_len(kind);
	bool other = false;

	if (len == 0 || len > sizeof(digest) || !asked->data.data ||
	    lib->hash_fast(kind, asked->data.data, asked->data.size,
			   digest) < 0)
		return false;
	for (unsigned i = 0; ; i++) {
		gnutls_datum_t value;
		char *oid;

		if (lib->pkcs7_attribute(asked->info->signed_attrs, i, &oid,
					 &value,
					 GNUTLS_PKCS7_ATTR_ENCODE_OCTET_STRING)
		    < 0)
			return other;
		if (strcmp(oid, MESSAGE_DIGEST) == 0)
			other = !same(&value, digest, len);
		release(lib, value.data);
	}
}

/* chain_why tells what is wrong with the signer's chain. */
static enum kf_gnutls_why chain_why(struct inside *in,
				    const struct gnutls_asked *asked)
{
	static const struct {
		unsigned bit;
		enum kf_gnutls_why why;
	} reasons[] = {
		{ GNUTLS_CERT_SIGNER_NOT_FOUND, KF_GNUTLS_UNTRUSTED },
		{ GNUTLS_CERT_SIGNER_NOT_CA, KF_GNUTLS_NOT_CA },
		{ GNUTLS_CERT_INSECURE_ALGORITHM, KF_GNUTLS_WEAK },
		{ GNUTLS_CERT_EXPIRED, KF_GNUTLS_EXPIRED },
		{ GNUTLS_CERT_NOT_ACTIVATED, KF_GNUTLS_NOT_YET_VALID },
	};
	unsigned status = 0;

	if (asked->trust->lib.list_verify(asked->trust->list, in->chain,
					  (unsigned)in->num_chain, NULL, 0,
					  asked->flags, &status, NULL) < 0)
		return KF_GNUTLS_REFUSED;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (status & reasons[i].bit)
			return reasons[i].why;
	return KF_GNUTLS_REFUSED;
}

static enum kf_gnutls_why why(struct inside *in,
			      const struct gnutls_asked *asked)
{
	const struct gnutls *lib = &asked->trust->lib;
	/* The dates of the signer belong to its chain. */
	const unsigned any_time = GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
				  GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS;
	int code;

	if (other_content(asked))
		return KF_GNUTLS_CONTENT;
	if (in->num_chain == 0)
		return KF_GNUTLS_NO_CERTIFICATE;
	code = lib->pkcs7_verify_direct(asked->pkcs7, in->chain[0],
					asked->index, &asked->data, any_time);
	if (code == GNUTLS_E_INSUFFICIENT_SECURITY)
		return KF_GNUTLS_WEAK;
	return code < 0 ? KF_GNUTLS_SIGNATURE : chain_why(in, asked);
}

enum kf_status kf_gnutls_explain(struct kf_gnutls_result *out,
				 const struct gnutls_asked *asked)
{
	struct inside in = { .num = 0 };
	enum kf_status status = take_inside(&in, asked);

	if (status == KF_OK) {
		take_chain(&in, asked);
		status = keep_chain(out, &in, asked);
	}
	if (status == KF_OK && out->answer == KF_NO)
		out->why = why(&in, asked);
	for (size_t i = 0; i < in.num; i++)
		asked->trust->lib.crt_deinit(in.crt[i]);
	return status;
}
