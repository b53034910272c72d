/* Keys and certificates, good ones and odd ones.
 */
#include "make.h"

#include <openssl/dsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <string.h>

static EVP_PKEY *rsa(unsigned bits, unsigned long e)
{
	EVP_PKEY_CTX *ctx = need(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL),
				 "RSA");
	BIGNUM *exponent = need(BN_new(), "a number");
	EVP_PKEY *key = NULL;

	need_ok(BN_set_word(exponent, e) && EVP_PKEY_keygen_init(ctx) > 0 &&
		EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) > 0 &&
		EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, exponent) > 0 &&
		EVP_PKEY_keygen(ctx, &key) > 0, "an RSA key");
	BN_free(exponent);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *pss(void)
{
	EVP_PKEY_CTX *ctx = need(EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL),
				 "RSA-PSS");
	EVP_PKEY *key = NULL;

	need_ok(EVP_PKEY_keygen_init(ctx) > 0 &&
		EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) > 0 &&
		EVP_PKEY_keygen(ctx, &key) > 0, "an RSA-PSS key");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *dsa(void)
{
	EVP_PKEY_CTX *ctx = need(EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, NULL),
				 "DSA");
	EVP_PKEY *params = NULL, *key = NULL;

	need_ok(EVP_PKEY_paramgen_init(ctx) > 0 &&
		EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) > 0 &&
		EVP_PKEY_paramgen(ctx, &params) > 0, "DSA parameters");
	EVP_PKEY_CTX_free(ctx);
	ctx = need(EVP_PKEY_CTX_new(params, NULL), "DSA");
	need_ok(EVP_PKEY_keygen_init(ctx) > 0 &&
		EVP_PKEY_keygen(ctx, &key) > 0, "a DSA key");
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(params);
	return key;
}

/* rsa2048 makes keys of its own for those who come first, and then takes
 * turns with a few: making keys is what takes the time, and no case has more
 * of them than there are turns. */
static EVP_PKEY *rsa2048(void)
{
	enum { OWN = 12, TURNS = 16 };
	static EVP_PKEY *keys[TURNS];
	static unsigned made;
	unsigned turn = made++ % TURNS;

	if (made <= OWN)
		return rsa(2048, 65537);
	if (!keys[turn])
		keys[turn] = rsa(2048, 65537);
	EVP_PKEY_up_ref(keys[turn]);
	return keys[turn];
}

static EVP_PKEY *new_key(enum key_kind kind)
{
	switch (kind) {
	case KEY_RSA1024:
		return rsa(1024, 65537);
	case KEY_RSA3072:
		return rsa(3072, 65537);
	case KEY_RSA4096:
		return rsa(4096, 65537);
	case KEY_RSA_E3:
		return rsa(2048, 3);
	case KEY_PSS:
		return pss();
	case KEY_P256:
		return need(EVP_EC_gen("P-256"), "an EC key");
	case KEY_P384:
		return need(EVP_EC_gen("P-384"), "an EC key");
	case KEY_ED25519:
		return need(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
			    "an Ed25519 key");
	case KEY_DSA:
		return dsa();
	case KEY_RSA2048:
		break;
	}
	return rsa2048();
}

static void extend(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *e = need(X509V3_EXT_conf_nid(NULL, ctx, nid, value),
				 value);

	need_ok(X509_add_ext(x, e, -1), value);
	X509_EXTENSION_free(e);
}

static void add_unknown(X509 *x)
{
	ASN1_OBJECT *oid = need(OBJ_txt2obj("1.3.6.1.4.1.55555.1.1", 1),
				"an OID");
	ASN1_OCTET_STRING *value = need(ASN1_OCTET_STRING_new(), "a string");
	X509_EXTENSION *e;

	ASN1_OCTET_STRING_set(value, (const unsigned char *)"\5\0", 2);
	e = need(X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value),
		 "an extension");
	need_ok(X509_add_ext(x, e, -1), "an extension");
}

static void add_constraints(X509 *x, X509V3_CTX *ctx, const struct spec *s)
{
	char value[64];

	if (s->ca == CA_TRUE && s->has_pathlen) {
		snprintf(value, sizeof(value), "critical,CA:TRUE,pathlen:%d",
			 s->pathlen);
		extend(x, ctx, NID_basic_constraints, value);
	} else if (s->ca == CA_TRUE) {
		extend(x, ctx, NID_basic_constraints, "critical,CA:TRUE");
	} else if (s->ca == CA_FALSE) {
		extend(x, ctx, NID_basic_constraints, "CA:FALSE");
	}
}

static void add_extensions(X509 *x, const struct spec *s, X509 *issuer)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	if (s->version1)
		return;
	add_constraints(x, &ctx, s);
	if (s->key_usage)
		extend(x, &ctx, NID_key_usage, s->key_usage);
	if (s->ext_key_usage)
		extend(x, &ctx, NID_ext_key_usage, s->ext_key_usage);
	if (s->name_constraints)
		extend(x, &ctx, NID_name_constraints, s->name_constraints);
	if (!s->no_key_ids)
		extend(x, &ctx, NID_subject_key_identifier, "hash");
	if (s->wrong_key_id) {
		X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
		extend(x, &ctx, NID_authority_key_identifier, "keyid:always");
	} else if (!s->no_key_ids && issuer != x &&
		   X509_get0_subject_key_id(issuer)) {
		extend(x, &ctx, NID_authority_key_identifier, "keyid");
	}
	if (s->critical_unknown)
		add_unknown(x);
}

static void sign_certificate(X509 *x, const struct spec *s, EVP_PKEY *by)
{
	bool pure = EVP_PKEY_get_base_id(by) == EVP_PKEY_ED25519;
	const EVP_MD *md = pure ? NULL : EVP_get_digestbyname(
				s->digest ? s->digest : "SHA256");
	EVP_MD_CTX *ctx = need(EVP_MD_CTX_new(), "a context");
	EVP_PKEY_CTX *key_ctx = NULL;

	need_ok(EVP_DigestSignInit(ctx, &key_ctx, md, NULL, by) > 0,
		"a certificate's signature");
	if (s->pss)
		need_ok(EVP_PKEY_CTX_set_rsa_padding(key_ctx,
				RSA_PKCS1_PSS_PADDING) > 0, "PSS");
	need_ok(X509_sign_ctx(x, ctx) > 0, "a certificate's signature");
	EVP_MD_CTX_free(ctx);
}

/* keep_key leaves the key where remedies find it, by its certificate. */
static void keep_key(const struct identity *id)
{
	struct bytes d = digest("SHA256", id->der);
	char name[64];
	BIO *bio = need(BIO_new(BIO_s_mem()), "memory");
	char *text;
	long len;

	snprintf(name, sizeof(name), "key-%02x%02x%02x%02x%02x%02x.pem",
		 d.data[0], d.data[1], d.data[2], d.data[3], d.data[4],
		 d.data[5]);
	need_ok(PEM_write_bio_PrivateKey(bio, id->key, NULL, NULL, 0, NULL,
					 NULL) == 1, "a key's file");
	len = BIO_get_mem_data(bio, &text);
	write_file(cases_folder(), name, raw(text, (size_t)len));
	BIO_free(bio);
}

struct identity identity(const struct spec *s)
{
	static long next_serial = 1000;
	struct identity id = { need(X509_new(), "a certificate"), NULL,
			       { NULL, 0 } };
	X509_NAME *name = X509_get_subject_name(id.x);
	EVP_PKEY *by;
	unsigned char *out = NULL;
	int len;

	id.key = s->key_of ? s->key_of->key : new_key(s->kind);
	by = s->issuer ? s->issuer->key : id.key;
	X509_set_version(id.x, s->version1 ? 0 : 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id.x),
			 s->serial ? s->serial : next_serial++);
	X509_gmtime_adj(X509_getm_notBefore(id.x),
			86400L * (s->from_days ? s->from_days : -1));
	X509_gmtime_adj(X509_getm_notAfter(id.x),
			86400L * (s->to_days ? s->to_days : 365));
	X509_NAME_add_entry_by_txt(name, "O", s->printable
				   ? V_ASN1_PRINTABLESTRING
				   : V_ASN1_UTF8STRING,
				   (const unsigned char *)"keyfit tests", -1,
				   -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", s->printable
				   ? V_ASN1_PRINTABLESTRING
				   : V_ASN1_UTF8STRING,
				   (const unsigned char *)s->name, -1, -1, 0);
	X509_set_issuer_name(id.x, s->issuer
			     ? X509_get_subject_name(s->issuer->x) : name);
	need_ok(X509_set_pubkey(id.x, id.key), "a public key");
	add_extensions(id.x, s, s->issuer ? s->issuer->x : id.x);
	sign_certificate(id.x, s, by);
	len = i2d_X509(id.x, &out);
	need_ok(len > 0, "a certificate");
	id.der = raw(out, (size_t)len);
	OPENSSL_free(out);
	keep_key(&id);
	return id;
}
