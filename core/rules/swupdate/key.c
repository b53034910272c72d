/* The key that a device verifies with. Without one that it can read, SWUpdate
 * does not start, and nothing is ever installed. SWUPDATE-2, SWUPDATE-3.
 *
 * Of a file of keys the first is taken, whatever else is in it; of certificates
 * all. The key must be a public one, in PEM, and no certificate.
 *
 * Source: sbabic/swupdate, core/swupdate.c (main),
 * corelib/swupdate_rsa_verify.c (load_pubkey),
 * corelib/swupdate_cms_verify.c (load_cert_chain), tag 2022.12;
 * openssl/openssl, crypto/pem/pem_lib.c (PEM_bytes_read_bio), openssl-3.0.
 */
#include "swupdate.h"

static const char begin[] = "-----BEGIN ";
static const char end[] = "-----END ";

/* find is where a text stands from `at` on, at the start of a line; the file's
 * length: nowhere. */
static size_t find(struct kf_bytes file, size_t at, const char *with)
{
	struct kf_bytes w = kf_text(with);

	for (; at < file.len; at++)
		if ((at == 0 || file.data[at - 1] == '\n') &&
		    kf_equal(kf_part_of(file, at, w.len), w))
			return at;
	return file.len;
}

/* is_key tells whether a block's label names a public key, with or without the
 * algorithm in its name. */
static bool is_key(struct kf_bytes file, size_t at)
{
	static const char *const labels[] = { "PUBLIC KEY-----",
					      "RSA PUBLIC KEY-----" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct kf_bytes label = kf_text(labels[i]);

		if (kf_equal(kf_part_of(file, at, label.len), label))
			return true;
	}
	return false;
}

/* block finds the next public key from `at` on. What stands in front of it is
 * left alone, but has to be whole: else OpenSSL may stop before it, or not. */
static struct kf_bytes block(struct kf_bytes file, size_t at,
			     const char **beyond)
{
	at = find(file, at, begin);
	while (at < file.len) {
		size_t behind = find(file, at, end);

		if (behind > find(file, at + 1, begin) || behind == file.len)
			break;
		if (is_key(file, at + sizeof(begin) - 1))
			return kf_part_of(file, at, file.len - at);
		at = find(file, behind, begin);
	}
	if (at < file.len)
		*beyond = "a file of keys with a block that does not end";
	return kf_view(NULL, 0);
}

/* has_certificate tells whether one seems to be there. Whether it is one, the
 * signature's verification asks. */
static bool has_certificate(struct kf_bytes file)
{
	return find(file, 0, "-----BEGIN CERTIFICATE-----") < file.len ||
	       find(file, 0, "-----BEGIN X509 CERTIFICATE-----") < file.len;
}

/* unreadable: the first key is none. Whether OpenSSL then takes a second one
 * depends on what is wrong with it. */
static void unreadable(struct swupdate_device *out, struct kf_bytes text)
{
	if (find(text, 1, begin) < text.len)
		out->key_beyond = "a file of keys of which the first cannot be read";
	else
		out->key_fault = "its first PUBLIC KEY cannot be read";
}

/* suits tells whether a build can verify with a kind of key. */
static void suits(struct swupdate_device *out,
		  const struct swupdate_profile *profile)
{
	const struct kf_key *key = &out->public_key;

	if (key->kind == KF_KEY_OTHER)
		out->key_beyond = "a key of a kind that keyfit does not verify with";
	else if (key->kind == KF_KEY_ED25519 ||
		 (profile->scheme == SWUPDATE_PSS && key->kind != KF_KEY_RSA))
		out->key_fault = "its key cannot make signatures of this kind";
}

/* certificates: are there any? */
static enum kf_status certificates(struct swupdate_device *out,
				   const struct swupdate_profile *profile,
				   struct kf_env *env)
{
	if (!has_certificate(out->key_file))
		out->key_fault = "there is no certificate in PEM in it";
	else if (profile->wolf)
		return swupdate_anchors(out, env);
	return KF_OK;
}

enum kf_status swupdate_key(struct swupdate_device *out,
			    const struct swupdate_profile *profile,
			    struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_bytes text;
	enum kf_status status;

	if (out->key != KF_PRESENT)
		return KF_OK;
	if (profile->scheme == SWUPDATE_CMS)
		return certificates(out, profile, env);
	text = block(out->key_file, 0, &out->key_beyond);
	if (out->key_beyond)
		return KF_OK;
	out->key_fault = "there is no PEM block PUBLIC KEY in it";
	if (text.len == 0)
		return KF_OK;
	status = crypto->key_read(crypto->self, &out->public_key, text,
				  env->arena);
	out->key_fault = NULL;
	if (status == KF_WRONG_USE) {
		unreadable(out, text);
		return KF_OK;
	}
	if (status == KF_OK)
		suits(out, profile);
	return status;
}
