/* Names and sizes of the digests, and a digest over one view.
 */
#include <keyfit/crypto.h>

static const struct {
	const char *name;
	size_t len;
} kinds[KF_ALL_DIGESTS] = {
	[KF_SHA1] = { "SHA-1", 20 },
	[KF_SHA256] = { "SHA-256", 32 },
	[KF_SHA384] = { "SHA-384", 48 },
	[KF_SHA512] = { "SHA-512", 64 },
	[KF_MD5] = { "MD5", 16 },
};

size_t kf_digest_len(enum kf_digest_kind kind)
{
	return kind < KF_ALL_DIGESTS ? kinds[kind].len : 0;
}

const char *kf_digest_name(enum kf_digest_kind kind)
{
	return kind < KF_ALL_DIGESTS ? kinds[kind].name : "none";
}

void kf_digest_of(struct kf_digest *out, const struct kf_crypto *crypto,
		  enum kf_digest_kind kind, struct kf_bytes bytes)
{
	void *digest = crypto->digest_begin(crypto->self, kind);

	out->len = 0;
	if (!digest)
		return;
	crypto->digest_add(digest, bytes);
	crypto->digest_end(digest, out);
}
