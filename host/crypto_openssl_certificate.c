/* X.509 certificates as OpenSSL parses them: what is in one, for people.
 */
#include "crypto_openssl.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <limits.h>
#include <string.h>

static void forget(struct kf_openssl *openssl, unsigned index)
{
	X509_free(openssl->known[index].x);
	OPENSSL_free((void *)(uintptr_t)openssl->known[index].der.data);
	openssl->known[index].x = NULL;
	openssl->known[index].der = kf_view(NULL, 0);
}

void kf_openssl_remember(struct kf_openssl *openssl, struct kf_bytes der,
			 X509 *x)
{
	unsigned index = openssl->next_known;
	uint8_t *copy = OPENSSL_memdup(der.data, der.len);

	/* Without memory nothing is remembered, and nothing is lost. */
	if (!copy)
		return;
	forget(openssl, index);
	X509_up_ref(x);
	openssl->known[index].x = x;
	openssl->known[index].der = kf_view(copy, der.len);
	openssl->next_known = (index + 1) % KF_KNOWN_MAX;
}

void kf_openssl_forget_all(struct kf_openssl *openssl)
{
	for (unsigned i = 0; i < KF_KNOWN_MAX; i++)
		forget(openssl, i);
}

static X509 *recall(struct kf_openssl *openssl, struct kf_bytes der)
{
	for (unsigned i = 0; i < KF_KNOWN_MAX; i++) {
		X509 *x = openssl->known[i].x;

		if (x && kf_equal(openssl->known[i].der, der))
			return X509_up_ref(x) ? x : NULL;
	}
	return NULL;
}

X509 *kf_openssl_certificate(struct kf_openssl *openssl, struct kf_bytes der)
{
	const unsigned char *p = der.data;
	X509 *x;

	if (der.len == 0 || der.len > INT_MAX)
		return NULL;
	x = recall(openssl, der);
	if (x)
		return x;
	x = X509_new_ex(openssl->context, NULL);
	/* On failure d2i releases x and sets it to NULL. */
	if (!x || !d2i_X509(&x, &p, (long)der.len))
		return NULL;
	kf_openssl_remember(openssl, der, x);
	return x;
}

/* keep_text copies what a memory BIO holds, NUL-terminated. */
static const char *keep_text(BIO *bio, struct kf_arena *arena)
{
	char *text, *data;
	long len = BIO_get_mem_data(bio, &data);

	text = kf_arena_take(arena, (size_t)len + 1);
	if (text && len)
		memcpy(text, data, (size_t)len);
	return text;
}

/* no_name stands for a name whose bytes are no text. A certificate may have
 * one, and verifies all the same. Fails: NULL, out of memory. */
static const char *no_name(struct kf_arena *arena)
{
	static const char text[] = "name that is no text";
	char *copy = kf_openssl_fault() == KF_OK
			     ? kf_arena_take(arena, sizeof(text)) : NULL;

	if (copy)
		memcpy(copy, text, sizeof(text));
	return copy;
}

static const char *whole_name(const X509_NAME *name, struct kf_arena *arena)
{
	const unsigned long flags = (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) |
				    ASN1_STRFLGS_UTF8_CONVERT;
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text = NULL;

	if (bio && X509_NAME_print_ex(bio, name, 0, flags) >= 0)
		text = keep_text(bio, arena);
	else
		text = no_name(arena);
	BIO_free(bio);
	return text;
}

/* short_name is the common name, else the last name that there is; all of
 * the name where that has no characters, as a BIT STRING. */
static const char *short_name(const X509_NAME *name, struct kf_arena *arena)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	char *text;
	int len;

	if (at < 0)
		at = X509_NAME_entry_count(name) - 1;
	if (at < 0)
		return kf_arena_take(arena, 1);
	len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(
				  X509_NAME_get_entry(name, at)));
	if (len < 0)
		return whole_name(name, arena);
	text = kf_arena_take(arena, (size_t)len + 1);
	if (text && len)
		memcpy(text, utf8, (size_t)len);
	OPENSSL_free(utf8);
	return text;
}

const char *kf_openssl_key_name(const EVP_PKEY *key, struct kf_arena *arena)
{
	char group[40] = "";
	size_t group_len = 0;
	BIO *bio = BIO_new(BIO_s_mem());
	const char *text = NULL;

	if (!bio)
		return NULL;
	if (!key)
		BIO_puts(bio, "unknown");
	else if (EVP_PKEY_is_a(key, "EC") &&
		 EVP_PKEY_get_group_name(key, group, sizeof(group),
					 &group_len))
		BIO_printf(bio, "EC-%s", group);
	else
		BIO_printf(bio, "%s-%d", EVP_PKEY_get0_type_name(key),
			   EVP_PKEY_get_bits(key));
	text = keep_text(bio, arena);
	BIO_free(bio);
	return text;
}

static int64_t seconds(const ASN1_TIME *time)
{
	static const int64_t day_s = 86400;
	ASN1_TIME *epoch = ASN1_TIME_new();
	int days = 0, rest = 0;
	bool ok = epoch && ASN1_TIME_set_string(epoch, "19700101000000Z") &&
		  ASN1_TIME_diff(&days, &rest, epoch, time);

	ASN1_TIME_free(epoch);
	return ok ? days * day_s + rest : 0;
}

static void read_serial(struct kf_certificate *out, const X509 *x,
			struct kf_arena *arena)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	struct kf_bytes bytes = kf_view(ASN1_STRING_get0_data(serial),
					(size_t)ASN1_STRING_length(serial));

	if (!kf_arena_keep(arena, &out->serial, bytes))
		out->serial = kf_view(NULL, 0);
}

enum kf_status kf_openssl_certificate_read(struct kf_openssl *openssl,
					   struct kf_certificate *out,
					   struct kf_bytes der,
					   struct kf_arena *arena)
{
	const X509_ALGOR *algorithm;
	X509 *x;

	memset(out, 0, sizeof(*out));
	ERR_set_mark();
	x = kf_openssl_certificate(openssl, der);
	if (!x)
		return kf_openssl_fault() == KF_NO_MEMORY ? KF_NO_MEMORY
							  : KF_WRONG_USE;
	out->der = der;
	out->subject = whole_name(X509_get_subject_name(x), arena);
	out->issuer = whole_name(X509_get_issuer_name(x), arena);
	out->name = short_name(X509_get_subject_name(x), arena);
	out->issuer_name = short_name(X509_get_issuer_name(x), arena);
	out->key = kf_openssl_key_name(X509_get0_pubkey(x), arena);
	X509_get0_signature(NULL, &algorithm, x);
	out->algorithm = OBJ_nid2ln(OBJ_obj2nid(algorithm->algorithm));
	read_serial(out, x, arena);
	out->not_before_s = seconds(X509_get0_notBefore(x));
	out->not_after_s = seconds(X509_get0_notAfter(x));
	out->is_ca = X509_check_ca(x) > 0;
	out->self_issued = X509_NAME_cmp(X509_get_subject_name(x),
					 X509_get_issuer_name(x)) == 0;
	kf_digest_of(&out->sha256, &openssl->table, KF_SHA256, der);
	X509_free(x);
	(void)kf_openssl_fault();
	return out->subject && out->issuer && out->name && out->issuer_name &&
	       out->key ? KF_OK : KF_NO_MEMORY;
}

bool kf_openssl_certificate_times(struct kf_openssl *openssl,
				  struct kf_bytes der, int64_t *not_before_s,
				  int64_t *not_after_s)
{
	X509 *x = kf_openssl_certificate(openssl, der);

	if (x) {
		*not_before_s = seconds(X509_get0_notBefore(x));
		*not_after_s = seconds(X509_get0_notAfter(x));
	}
	X509_free(x);
	(void)kf_openssl_fault();
	return x;
}
