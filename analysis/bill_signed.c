/* The signatures of a PKCS#7 or CMS structure, with the certificates that it
 * brings.
 */
#include "bill.h"

#include <string.h>

/* mentions tells whether a name has a word in it, whatever its case and its
 * dashes. */
static bool mentions(const char *name, const char *word)
{
	for (; name && *name; name++) {
		size_t i = 0, skipped = 0;

		for (; word[i]; i++) {
			skipped += name[i + skipped] == '-';
			if ((name[i + skipped] | 0x20) != word[i])
				break;
		}
		if (!word[i])
			return true;
	}
	return false;
}

static bool digest_named(enum kf_digest_kind *out, const char *name)
{
	static const struct { const char *word; enum kf_digest_kind kind; }
	names[] = {
		{ "sha256", KF_SHA256 }, { "sha384", KF_SHA384 },
		{ "sha512", KF_SHA512 }, { "md5", KF_MD5 },
		{ "sha1", KF_SHA1 },
	};

	/* Not the name of the whole scheme: SHA-512/256 is none of these. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mentions(name, names[i].word) && !mentions(name, "/")) {
			*out = names[i].kind;
			return true;
		}
	return false;
}

void kf_bill_scheme(struct kf_bill_algorithm *out, const char *digest,
		    const char *algorithm, const char *key)
{
	*out = (struct kf_bill_algorithm){ .name = algorithm, .key = key };
	out->has_digest = digest_named(&out->digest, digest);
	if (mentions(algorithm, "pss"))
		out->kind = KF_SCHEME_RSA_PSS;
	else if (mentions(algorithm, "ed25519"))
		out->kind = KF_SCHEME_ED25519;
	else if (mentions(algorithm, "ecdsa") ||
		 mentions(algorithm, "ecpublickey"))
		out->kind = KF_SCHEME_ECDSA;
	else if (mentions(algorithm, "rsa"))
		out->kind = KF_SCHEME_RSA_PKCS1;
	/* Each other kind needs a digest to be a scheme. */
	if (out->kind == KF_SCHEME_ED25519) {
		out->has_digest = false;
		out->key = "Ed25519";
	} else if (!out->has_digest) {
		out->kind = 0;
	}
}

/* signer adds one signature, whose certificate may not be there. */
static struct kf_bill_signature *signer(struct kf_bill *b, const char *form,
					struct kf_bytes blob,
					struct kf_bytes certificate)
{
	struct kf_bill_signature *s = kf_bill_add_signature(b, form, blob);

	if (s && certificate.len)
		s->certificate = kf_bill_add_certificate(b, certificate);
	if (s && s->certificate != KF_BILL_NONE)
		s->key = b->certificate[s->certificate].key;
	return s;
}

/* key_name is what a signature's key is; NULL: not told. */
static const char *key_name(const struct kf_bill *b,
			    const struct kf_bill_signature *s)
{
	return s->certificate == KF_BILL_NONE ? NULL
		: b->certificate[s->certificate].x509.key;
}

static void take_signed(struct kf_bill *b, const char *form, const char *over,
			struct kf_bytes blob,
			const struct kf_signed_data *data)
{
	const struct kf_crypto *crypto = b->env->crypto;
	struct kf_signed_facts facts;

	crypto->signed_facts(data, &facts);
	for (size_t i = 0; i < facts.num_signers && b->status == KF_OK; i++) {
		struct kf_signer_facts told;
		struct kf_bill_signature *s;

		crypto->signed_signer(data, i, &told);
		s = signer(b, form, blob, told.certificate);
		if (!s)
			return;
		s->over = over;
		s->stamped = told.timestamp.len > 0;
		kf_bill_scheme(&s->algorithm, told.digest, told.algorithm,
			       key_name(b, s));
	}
	for (size_t i = 0; i < facts.num_certificates && b->status == KF_OK;
	     i++)
		kf_bill_add_use(b, KF_BILL_BRINGS, NULL,
			kf_bill_add_certificate(b,
				crypto->signed_certificate(data, i)),
			KF_BILL_NONE);
}

bool kf_bill_pkcs7(struct kf_bill *b, const char *form, const char *over,
		   struct kf_bytes blob)
{
	const struct kf_crypto *crypto = b->env->crypto;
	struct kf_signed_data *data = NULL;
	enum kf_status status = crypto->signed_read(crypto->self, &data, blob,
						    0);

	if (status != KF_OK && b->status == KF_OK)
		b->status = status;
	if (!data)
		return false;
	take_signed(b, form, over, blob, data);
	crypto->signed_close(data);
	return true;
}

static enum kf_status take_cms(struct kf_bill *b, const char *form,
			       struct kf_bytes der, const struct kf_cms *cms)
{
	const struct kf_crypto *crypto = b->env->crypto;
	struct kf_arena *arena = b->env->arena;
	struct kf_cms_facts facts;
	enum kf_status status = crypto->cms_facts(cms, &facts, arena);

	for (size_t i = 0; i < facts.num_signers && status == KF_OK; i++) {
		struct kf_cms_signer told;
		struct kf_bill_signature *s;

		status = crypto->cms_signer(cms, i, &told, arena);
		if (status != KF_OK)
			break;
		s = signer(b, form, der, told.certificate);
		if (!s)
			return b->status;
		kf_bill_scheme(&s->algorithm, told.digest, told.algorithm,
			       key_name(b, s));
	}
	for (size_t i = 0; i < facts.num_certificates && status == KF_OK;
	     i++) {
		struct kf_bytes one;

		status = crypto->cms_certificate(cms, i, &one, arena);
		if (status == KF_OK)
			kf_bill_add_use(b, KF_BILL_BRINGS, NULL,
					kf_bill_add_certificate(b, one),
					KF_BILL_NONE);
	}
	return status;
}

bool kf_bill_cms(struct kf_bill *b, const char *form, struct kf_bytes der)
{
	const struct kf_crypto *crypto = b->env->crypto;
	struct kf_cms *cms = NULL;
	enum kf_status status = crypto->cms_read(crypto->self, &cms, der);
	bool is = cms != NULL;

	if (cms && status == KF_OK)
		status = take_cms(b, form, der, cms);
	crypto->cms_close(cms);
	if (status != KF_OK && b->status == KF_OK)
		b->status = status;
	return is;
}
