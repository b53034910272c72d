/* A folder of certificates and CRLs that are found by the hash of a name, as
 * OpenSSL's own X509_LOOKUP_hash_dir finds them on a disk; here the files were
 * read before.
 *
 * What a file holds goes into the store when its name is asked for, and not
 * before: a certificate under another's hash is found by nobody, or by whoever
 * comes later.
 *
 * Source: openssl/openssl, crypto/x509/by_dir.c:get_cert_by_subject_ex and
 * crypto/x509/by_file.c:X509_load_cert_file_ex, X509_load_crl_file at 3.0.17.
 */
#include "crypto_openssl_cms.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct hashed {
	const struct kf_openssl *openssl;
	const struct kf_cms_trust *trust;
};

static const struct kf_cms_file *find(const struct kf_cms_trust *trust,
				      unsigned folder, const char *name)
{
	for (size_t i = 0; i < trust->num_hashed; i++)
		if (trust->hashed[i].folder == folder &&
		    strcmp(trust->hashed[i].name, name) == 0)
			return &trust->hashed[i];
	return NULL;
}

/* load_certificates adds all of a file. Fails: false, where there is none, or
 * one that cannot be parsed; those before it stay. */
static bool load_certificates(X509_STORE *store,
			      const struct kf_openssl *openssl,
			      struct kf_bytes pem)
{
	BIO *bio = kf_openssl_pem(pem);
	int num = 0;

	for (; bio; num++) {
		X509 *x = X509_new_ex(openssl->context, NULL);
		bool added = x && PEM_read_bio_X509_AUX(bio, &x, NULL, NULL) &&
			     X509_STORE_add_cert(store, x);
		bool at_end = ERR_GET_REASON(ERR_peek_last_error()) ==
			      PEM_R_NO_START_LINE;

		X509_free(x);
		if (added)
			continue;
		BIO_free(bio);
		return at_end && num > 0;
	}
	return false;
}

static bool load_crls(X509_STORE *store, const struct kf_openssl *openssl,
		      struct kf_bytes pem)
{
	BIO *bio = kf_openssl_pem(pem);
	int num = 0;

	for (; bio; num++) {
		X509_CRL *crl = X509_CRL_new_ex(openssl->context, NULL);
		bool added = crl &&
			     PEM_read_bio_X509_CRL(bio, &crl, NULL, NULL) &&
			     X509_STORE_add_crl(store, crl);
		bool at_end = ERR_GET_REASON(ERR_peek_last_error()) ==
			      PEM_R_NO_START_LINE;

		X509_CRL_free(crl);
		if (added)
			continue;
		BIO_free(bio);
		return at_end && num > 0;
	}
	return false;
}

/* forget_errors drops what a file that cannot be parsed has left, but not that
 * memory ran out. */
static void forget_errors(void)
{
	if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		ERR_clear_last_mark();
	else
		ERR_pop_to_mark();
}

/* load adds what one folder has under a hash: NAME.0, NAME.1 ..., until one is
 * missing or cannot be loaded. */
static void load(X509_STORE *store, const struct hashed *h, unsigned folder,
		 X509_LOOKUP_TYPE type, unsigned long hash)
{
	bool crls = type == X509_LU_CRL;
	char name[32];

	for (int i = 0; ; i++) {
		const struct kf_cms_file *file;

		snprintf(name, sizeof(name), "%08lx.%s%d", hash,
			 crls ? "r" : "", i);
		file = find(h->trust, folder, name);
		if (!file)
			return;
		ERR_set_mark();
		if (!(crls ? load_crls(store, h->openssl, file->bytes)
			   : load_certificates(store, h->openssl,
					       file->bytes)) &&
		    !h->trust->past_unreadable) {
			forget_errors();
			return;
		}
		forget_errors();
	}
}

/* lend hands out what the store has under a name. The store keeps it: the
 * reference that the object takes is given back at once, as OpenSSL's own
 * lookup borrows too. */
static int lend(X509_STORE *store, X509_LOOKUP_TYPE type,
		const X509_NAME *name, X509_OBJECT *out)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	X509_OBJECT *found = X509_OBJECT_retrieve_by_subject(all, type, name);

	if (!found)
		return 0;
	if (type == X509_LU_CRL) {
		X509_CRL *crl = X509_OBJECT_get0_X509_CRL(found);

		if (!X509_OBJECT_set1_X509_CRL(out, crl))
			return 0;
		X509_CRL_free(crl);
	} else {
		X509 *x = X509_OBJECT_get0_X509(found);

		if (!X509_OBJECT_set1_X509(out, x))
			return 0;
		X509_free(x);
	}
	return 1;
}

static int by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type,
		      const X509_NAME *name, X509_OBJECT *out)
{
	const struct hashed *h = X509_LOOKUP_get_method_data(lookup);
	X509_STORE *store = X509_LOOKUP_get_store(lookup);
	unsigned long hash;
	int ok = 0;

	hash = X509_NAME_hash_ex(name, h->openssl->context, NULL, &ok);
	for (unsigned i = 0; ok && i < h->trust->num_folders; i++) {
		load(store, h, i, type, hash);
		if (lend(store, type, name, out))
			return 1;
	}
	return 0;
}

static void drop(X509_LOOKUP *lookup)
{
	OPENSSL_free(X509_LOOKUP_get_method_data(lookup));
}

/* The method is made once and stays: stores keep pointing to it. */
static X509_LOOKUP_METHOD *method;

static void make_method(void)
{
	method = X509_LOOKUP_meth_new("files that were read before");
	if (!method)
		return;
	X509_LOOKUP_meth_set_get_by_subject(method, by_subject);
	X509_LOOKUP_meth_set_free(method, drop);
}

bool kf_openssl_hashed(X509_STORE *store, const struct kf_openssl *openssl,
		       const struct kf_cms_trust *trust)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	X509_LOOKUP *lookup;
	struct hashed *h;

	pthread_once(&once, make_method);
	lookup = method ? X509_STORE_add_lookup(store, method) : NULL;
	h = lookup ? OPENSSL_malloc(sizeof(*h)) : NULL;
	if (!h)
		return false;
	h->openssl = openssl;
	h->trust = trust;
	X509_LOOKUP_set_method_data(lookup, h);
	return true;
}
