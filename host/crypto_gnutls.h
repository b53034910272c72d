/* GnuTLS as the core's table, and what its files share.
 */
#ifndef KEYFIT_HOST_CRYPTO_GNUTLS_H
#define KEYFIT_HOST_CRYPTO_GNUTLS_H

#include <keyfit/gnutls.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509.h>

/* kf_gnutls_library asks GnuTLS, which the first question loads. */
extern const struct kf_gnutls kf_gnutls_library;

/* gnutls: the functions that are used, without the start of their names. */
struct gnutls {
	__typeof__(gnutls_global_init) *global_init;
	__typeof__(gnutls_global_set_time_function) *set_time;
	__typeof__(gnutls_free) *release;
	__typeof__(gnutls_hash_fast) *hash_fast;
	__typeof__(gnutls_hash_get_len) *hash_len;
	__typeof__(gnutls_sign_get_hash_algorithm) *sign_hash;
	__typeof__(gnutls_pkcs7_init) *pkcs7_init;
	__typeof__(gnutls_pkcs7_deinit) *pkcs7_deinit;
	__typeof__(gnutls_pkcs7_import) *pkcs7_import;
	__typeof__(gnutls_pkcs7_get_signature_count) *pkcs7_signatures;
	__typeof__(gnutls_pkcs7_get_signature_info) *pkcs7_info;
	__typeof__(gnutls_pkcs7_signature_info_deinit) *pkcs7_info_deinit;
	__typeof__(gnutls_pkcs7_get_attr) *pkcs7_attribute;
	__typeof__(gnutls_pkcs7_get_crt_count) *pkcs7_certificates;
	__typeof__(gnutls_pkcs7_get_crt_raw2) *pkcs7_certificate;
	__typeof__(gnutls_pkcs7_verify) *pkcs7_verify;
	__typeof__(gnutls_pkcs7_verify_direct) *pkcs7_verify_direct;
	__typeof__(gnutls_x509_crt_init) *crt_init;
	__typeof__(gnutls_x509_crt_deinit) *crt_deinit;
	__typeof__(gnutls_x509_crt_import) *crt_import;
	__typeof__(gnutls_x509_crt_export2) *crt_export;
	__typeof__(gnutls_x509_crt_get_key_usage) *crt_usage;
	__typeof__(gnutls_x509_crt_get_serial) *crt_serial;
	__typeof__(gnutls_x509_crt_get_subject_key_id) *crt_key_id;
	__typeof__(gnutls_x509_crt_get_raw_issuer_dn) *crt_issuer;
	__typeof__(gnutls_x509_crt_check_issuer) *crt_issued_by;
	__typeof__(gnutls_x509_trust_list_init) *list_init;
	__typeof__(gnutls_x509_trust_list_deinit) *list_deinit;
	__typeof__(gnutls_x509_trust_list_add_cas) *list_add;
	__typeof__(gnutls_x509_trust_list_get_issuer) *list_issuer;
	__typeof__(gnutls_x509_trust_list_verify_crt2) *list_verify;
	__typeof__(gnutls_pubkey_init) *pubkey_init;
	__typeof__(gnutls_pubkey_deinit) *pubkey_deinit;
	__typeof__(gnutls_pubkey_import_ecc_raw) *pubkey_import;
	__typeof__(gnutls_pubkey_verify_data2) *pubkey_verify;
};

struct kf_gnutls_trust {
	struct gnutls lib;
	gnutls_x509_trust_list_t list;
};

/* kf_gnutls_load loads it. Fails: false. */
KF_MUST bool kf_gnutls_load(struct gnutls *out);

/* gnutls_asked is one signature of a PKCS#7 under way. */
struct gnutls_asked {
	const struct kf_gnutls_trust *trust;
	gnutls_pkcs7_t pkcs7;
	unsigned index;
	unsigned flags;
	gnutls_datum_t data;
	const gnutls_pkcs7_signature_info_st *info;
	struct kf_arena *arena;
};

/* crypto_gnutls_why.c: kf_gnutls_explain keeps the signer's certificate and
 * those above it; where `out->answer` is no, it tells why. */
KF_MUST enum kf_status kf_gnutls_explain(struct kf_gnutls_result *out,
					 const struct gnutls_asked *asked);

#endif
