/* What the core asks of GnuTLS: whether a PKCS#7 verifies as fwupd and
 * jcat-tool ask it, through libjcat.
 *
 * Another library takes other certificates, other times and other keys: what
 * OpenSSL says of a signature is no answer for a device that asks GnuTLS.
 */
#ifndef KEYFIT_GNUTLS_H
#define KEYFIT_GNUTLS_H

#include <keyfit/crypto.h>

#ifdef __cplusplus
extern "C" {
#endif

/* kf_gnutls_trust is a list of trusted certificates. */
struct kf_gnutls_trust;

/* kf_anchor is what became of a certificate that was to be trusted. */
enum kf_anchor {
	KF_ANCHOR_TAKEN = 1,
	KF_ANCHOR_UNREADABLE,	/* no certificate, or in the other encoding */
	KF_ANCHOR_NO_USAGE,	/* it does not say what its key is for */
	KF_ANCHOR_OTHER_USAGE,	/* neither signatures nor certificates */
	KF_ANCHOR_REFUSED,	/* by the list itself */
};

/* kf_gnutls_why is why a signature does not count. GnuTLS itself has one
 * number for most of these. */
enum kf_gnutls_why {
	KF_GNUTLS_GOOD = 0,
	KF_GNUTLS_NO_PKCS7,	/* it cannot be parsed */
	KF_GNUTLS_NO_SIGNER,	/* nobody signed it */
	KF_GNUTLS_ALGORITHM,	/* one that GnuTLS has not */
	KF_GNUTLS_NO_CERTIFICATE,	/* the signer's is not inside */
	KF_GNUTLS_CONTENT,	/* it signs another content */
	KF_GNUTLS_SIGNATURE,	/* it does not hold */
	KF_GNUTLS_UNTRUSTED,	/* no trusted certificate issued the signer */
	KF_GNUTLS_EXPIRED,
	KF_GNUTLS_NOT_YET_VALID,
	KF_GNUTLS_NOT_CA,	/* an issuer that is no CA */
	KF_GNUTLS_WEAK,		/* an algorithm that is not secure enough */
	KF_GNUTLS_REFUSED,	/* for another reason: see `code` */
};

enum { KF_GNUTLS_CHAIN_MAX = 6 };

struct kf_gnutls_result {
	enum kf_answer3 answer;
	enum kf_gnutls_why why;
	int code;			/* GnuTLS's number */
	size_t signer;			/* that failed, from 0; or the last */
	size_t num_signers;
	struct kf_bytes chain[KF_GNUTLS_CHAIN_MAX];	/* its certificate
							 * first, DER */
	size_t num_chain;
	int64_t signed_s;		/* newest signing time; 0: none */
};

/* kf_gnutls_data is what is signed: `len` bytes at `at` of a source. Without
 * a source it is what stands in the PKCS#7 itself. */
struct kf_gnutls_data {
	const struct kf_source *source;
	uint64_t at, len;
};

/* kf_gnutls is the table.
 * Fails: KF_NO_CRYPTO, where GnuTLS is not there; KF_NO_MEMORY;
 * KF_CANNOT_READ; KF_TOO_MUCH, for data that is too long to be kept. */
struct kf_gnutls {
	/* trust_open makes an empty list. Owns: `*out`, until trust_close. */
	enum kf_status (*trust_open)(struct kf_gnutls_trust **out);
	void (*trust_close)(struct kf_gnutls_trust *trust);

	/* trust_add takes the first certificate of a file, as PEM or as DER,
	 * that libjcat would take. */
	enum kf_status (*trust_add)(struct kf_gnutls_trust *trust,
				    struct kf_bytes file, bool pem,
				    enum kf_anchor *out);

	/* verify asks of each signature of a PKCS#7, in PEM, whether it is a
	 * trusted one over `data`, at `now_s`. `any_time`: dates do not
	 * count. */
	enum kf_status (*verify)(struct kf_gnutls_result *out,
				 const struct kf_gnutls_trust *trust,
				 struct kf_bytes pem,
				 const struct kf_gnutls_data *data,
				 bool any_time, int64_t now_s,
				 struct kf_arena *arena);

	/* verify_ed25519: is this a raw Ed25519 signature by one raw key? */
	enum kf_status (*verify_ed25519)(enum kf_answer3 *out,
					 struct kf_bytes key,
					 struct kf_bytes signature,
					 const struct kf_gnutls_data *data);
};

#ifdef __cplusplus
}
#endif
#endif
