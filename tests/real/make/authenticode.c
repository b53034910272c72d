/* Authenticode signatures and RFC 3161 tokens, put together by hand.
 *
 * Source: RFC 2315 (PKCS#7), RFC 3161 (TSTInfo), Microsoft "Windows
 * Authenticode Portable Executable Signature Format".
 */
#include "make.h"

#include <string.h>

#define OID_SPC_INDIRECT "1.3.6.1.4.1.311.2.1.4"
#define OID_SPC_PE_IMAGE "1.3.6.1.4.1.311.2.1.15"
#define OID_RFC3161 "1.3.6.1.4.1.311.3.3.1"
#define OID_NESTED "1.3.6.1.4.1.311.2.4.1"
#define OID_TST_INFO "1.2.840.113549.1.9.16.1.4"
#define OID_SIGNED "1.2.840.113549.1.7.2"
#define OID_CONTENT_TYPE "1.2.840.113549.1.9.3"
#define OID_MESSAGE_DIGEST "1.2.840.113549.1.9.4"
#define OID_COUNTERSIGNATURE "1.2.840.113549.1.9.6"
#define OID_NOBODYS "1.3.6.1.4.1.55555.3"
#define OID_SHA256_RSA "1.2.840.113549.1.1.11"

/* content is what a SignedData holds: its type, its element, and the bytes
 * that the signature covers. */
struct content {
	const char *oid;
	struct bytes element;
	struct bytes covered;
};

static const char *or(const char *word, const char *otherwise)
{
	return word ? word : otherwise;
}

static bool long_nulls;	/* as the signature in work wants them */

static struct bytes algorithm(const char *name)
{
	return der(0x30, JOIN2(der_oid(name), long_nulls ? hex("058100")
						 : der(0x05, zeros(0))));
}

static struct bytes attribute(const char *oid, struct bytes value)
{
	return der(0x30, JOIN2(der_oid(oid), der(0x31, value)));
}

static struct bytes sign_bytes(const struct identity *who, const char *md,
			       struct bytes b)
{
	bool pure = EVP_PKEY_get_base_id(who->key) == EVP_PKEY_ED25519;
	EVP_MD_CTX *ctx = need(EVP_MD_CTX_new(), "a context");
	struct bytes out = zeros(1024);

	need_ok(EVP_DigestSignInit(ctx, NULL, pure ? NULL
				   : EVP_get_digestbyname(md), NULL,
				   who->key) > 0 &&
		EVP_DigestSign(ctx, out.data, &out.len, b.data, b.len) > 0,
		"a signature");
	EVP_MD_CTX_free(ctx);
	return out;
}

static struct bytes issuer_and_serial(const struct identity *who)
{
	unsigned char *name = NULL, *serial = NULL;
	int name_len = i2d_X509_NAME(X509_get_issuer_name(who->x), &name);
	int serial_len = i2d_ASN1_INTEGER(X509_get_serialNumber(who->x),
					  &serial);
	struct bytes b = der(0x30, JOIN2(raw(name, (size_t)name_len),
					 raw(serial, (size_t)serial_len)));

	OPENSSL_free(name);
	OPENSSL_free(serial);
	return b;
}

static struct bytes attributes(const struct signature *s, const char *md,
			       const struct content *c)
{
	struct bytes value = digest(md, c->covered);
	struct bytes all = zeros(0);

	if (s->wrong_message_digest)
		value.data[0] ^= 1;
	if (!s->no_content_type)
		all = attribute(OID_CONTENT_TYPE, der_oid(c->oid));
	if (!s->no_message_digest)
		all = JOIN2(all, attribute(OID_MESSAGE_DIGEST,
			s->digest_as_bits
			? der(0x03, JOIN2(zeros(1), value))
			: der(0x04, value)));
	return all;
}

static struct bytes token(const struct stamp *t, struct bytes stamped);

/* unsigned_attributes are what hangs on a signature after it was made. */
static struct bytes unsigned_attributes(const struct signature *s,
					struct bytes sig)
{
	struct bytes all = zeros(0);

	if (s->stamp.tsa && s->stamp.pkcs9)
		all = attribute(OID_COUNTERSIGNATURE, der(0x30, zeros(0)));
	else if (s->stamp.tsa)
		all = attribute(OID_RFC3161, token(&s->stamp, sig));
	if (s->stamp.twice)
		all = JOIN2(attribute(OID_RFC3161, der(0x30, zeros(0))), all);
	if (s->nested)
		all = JOIN2(all, attribute(OID_NESTED, der(0x30, zeros(4))));
	return all.len ? der(0xa1, all) : all;
}

static struct bytes signer_info(const struct signature *s, size_t index,
				const struct content *c)
{
	const struct identity *who = s->signer[index];
	const char *md = or(s->attr_digest, or(s->digest, "SHA256"));
	struct bytes attrs = s->no_attributes ? zeros(0)
					      : attributes(s, md, c);
	struct bytes over = s->no_attributes ? c->covered : der(0x31, attrs);
	struct bytes sig = sign_bytes(who, md, over);

	if (s->bad_signature || (s->second_bad && index == 1))
		sig.data[sig.len / 2] ^= 4;
	return der(0x30, join(7, der_int(1), issuer_and_serial(who),
			      s->unknown_digest ? algorithm(OID_NOBODYS) :
			      s->sig_oid_as_digest
			      ? algorithm(OID_SHA256_RSA) : algorithm(md),
			      attrs.len ? der(0xa0, attrs) : attrs,
			      algorithm("1.2.840.113549.1.1.1"),
			      der(0x04, sig), unsigned_attributes(s, sig)));
}

static struct bytes bag_of(const struct signature *s)
{
	struct bytes all = zeros(0);

	if (s->no_bag)
		return all;
	for (size_t i = 0; !s->bag[0] && i < SIGNERS_MAX && s->signer[i]; i++)
		all = JOIN2(all, s->signer[i]->der);
	for (size_t i = 0; i < BAG_MAX && s->bag[i]; i++)
		all = JOIN2(all, s->bag[i]->der);
	return der(0xa0, all);
}

/* crl is an empty list that nobody asked for. */
static struct bytes crl(const struct identity *who)
{
	X509_CRL *crl = need(X509_CRL_new(), "a CRL");
	ASN1_TIME *now = need(X509_gmtime_adj(NULL, 0), "a time");
	unsigned char *out = NULL;
	int len;

	X509_CRL_set_issuer_name(crl, X509_get_subject_name(who->x));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, now);
	need_ok(X509_CRL_sign(crl, who->key, EVP_sha256()) > 0, "a CRL");
	len = i2d_X509_CRL(crl, &out);
	need_ok(len > 0, "a CRL");
	return der(0xa1, raw(out, (size_t)len));
}

static struct bytes signed_data(const struct signature *s,
				const struct content *c)
{
	const char *md = or(s->announce, or(s->attr_digest,
					    or(s->digest, "SHA256")));
	struct bytes announced = s->sig_oid_as_digest
		? algorithm("SHA256") : algorithm(md);
	struct bytes infos = zeros(0);
	struct bytes content = c->element;

	if (s->announce2)
		announced = JOIN2(announced, algorithm(s->announce2));
	for (size_t i = 0; i < SIGNERS_MAX && s->signer[i]; i++)
		infos = JOIN2(infos, signer_info(s, i, c));
	if (s->odd_content)
		content = hex(s->odd_content);
	content = s->detached ? der_oid(c->oid)
			      : JOIN2(der_oid(c->oid), der(0xa0, content));
	return der(0x30, join(6, der_int(1), der(0x31, announced),
			      der(0x30, content), bag_of(s),
			      s->with_crl ? crl(s->signer[0]) : zeros(0),
			      der(0x31, infos)));
}

static struct bytes content_info(const struct signature *s,
				 struct bytes data)
{
	struct bytes oid = der_oid(OID_SIGNED);
	struct bytes end = zeros(2);

	if (s->bare)
		return data;
	if (s->indefinite)
		return join(6, hex("3080"), oid, hex("a080"), data, end, end);
	if (s->short_lengths)	/* three length bytes where two would do */
		return JOIN2(JOIN2(hex("3083"), raw((uint8_t[]){ 0,
			(uint8_t)((data.len + oid.len + 4) >> 8),
			(uint8_t)(data.len + oid.len + 4) }, 3)),
			JOIN2(oid, der(0xa0, data)));
	return der(0x30, JOIN2(oid, der(0xa0, data)));
}

/* token makes a time stamp over a signature. */
static struct bytes token(const struct stamp *t, struct bytes stamped)
{
	const char *md = or(t->digest, "SHA256");
	struct bytes imprint = digest(md, stamped);
	struct signature s = { .signer = { t->tsa },
			       .announce = t->announce,
			       .bag = { t->tsa, t->with[0], t->with[1],
					t->with[2] } };
	struct content c = { .oid = OID_TST_INFO };
	struct bytes info;

	if (t->wrong_imprint)
		imprint.data[3] ^= 1;
	if (t->short_imprint)
		imprint.len--;
	info = join(5, der_int(t->version ? t->version : 1),
		    der_oid("1.3.6.1.4.1.55555.2"),
		    der(0x30, JOIN2(algorithm(md), der(0x04, imprint))),
		    der_int(7), der(0x18, text(t->time)));
	if (t->long_content)	/* a nonce that nobody wanted */
		info = JOIN2(info, der(0x02, JOIN2(hex("01"), zeros(2100))));
	if (t->two_signers)
		s.signer[1] = t->with[0];
	c.covered = der(0x30, info);
	c.element = der(0x04, c.covered);
	return content_info(&s, signed_data(&s, &c));
}

/* spc is the SpcIndirectDataContent for an image digest. */
static struct bytes spc(const struct signature *s, struct bytes value)
{
	struct bytes image_data = der(0x30, JOIN2(der_oid(OID_SPC_PE_IMAGE),
		der(0x30, JOIN2(hex("030100"),
				der(0xa0, der(0xa2, der(0x80, zeros(0))))))));
	struct bytes info = der(0x30, JOIN2(algorithm(or(s->digest,
							 "SHA256")),
					    der(0x04, value)));

	if (s->content_long_form)	/* longer than 255 bytes */
		image_data = JOIN2(image_data, der(0x04, zeros(300)));
	return der(0x30, JOIN2(image_data, info));
}

struct bytes sign_digest(const struct signature *s, struct bytes value)
{
	struct content c = { .oid = or(s->content_oid, OID_SPC_INDIRECT) };
	struct bytes out;
	size_t head;

	if (s->wrong_image_digest) {
		value = raw(value.data, value.len);
		value.data[0] ^= 1;
	}
	long_nulls = s->long_null_value;
	c.element = spc(s, value);
	long_nulls = s->long_null;
	head = c.element.data[1] < 0x80 ? 2 : c.element.data[1] == 0x81 ? 3
									: 4;
	c.covered = cut(c.element, head, c.element.len - head);
	out = content_info(s, signed_data(s, &c));
	long_nulls = false;
	return s->trailing ? JOIN2(out, text("trailing")) : out;
}

struct bytes sign_data(const struct signature *s, struct bytes covered)
{
	struct content c = { .oid = or(s->content_oid, OID_SPC_INDIRECT),
			     .element = der(0x04, covered),
			     .covered = covered };
	struct bytes out;

	long_nulls = s->long_null;
	out = content_info(s, signed_data(s, &c));
	long_nulls = false;
	return s->trailing ? JOIN2(out, text("trailing")) : out;
}
