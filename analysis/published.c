/* The table of published updates, and certificates by their digest.
 */
#include "published.h"

#include "core/siglist.h"

#define PUBLISHED(file, part, sha256, name, follows_sha256, follows, \
		  authority_sha256, authority) \
	{ file, part, sha256, name, follows_sha256, follows, \
	  authority_sha256, authority },
static const struct kf_published table[] = {
#include "published.def"
};

const struct kf_published *kf_published_at(size_t index)
{
	return index < sizeof(table) / sizeof(table[0]) ? &table[index] : NULL;
}

const struct kf_published *kf_published_brings(const struct kf_digest *sha256)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (kf_hex_is(table[i].sha256, sha256))
			return &table[i];
	return NULL;
}

bool kf_hex_is(const char *hex, const struct kf_digest *digest)
{
	static const char digits[] = "0123456789abcdef";

	if (digest->len == 0 || kf_text(hex).len != 2 * digest->len)
		return false;
	for (size_t i = 0; i < digest->len; i++)
		if (hex[2 * i] != digits[digest->bytes[i] >> 4] ||
		    hex[2 * i + 1] != digits[digest->bytes[i] & 15])
			return false;
	return true;
}

bool kf_store_lists(const struct kf_store *store, const char *part,
		    const char *sha256, const struct kf_crypto *crypto)
{
	const struct kf_part *p = kf_store_part(store, part);
	struct kf_siglist_walk walk;
	struct kf_digest digest;
	struct kf_bytes der;

	if (!p || p->presence != KF_PRESENT)
		return false;
	walk = kf_siglist_walk(p->bytes);
	while (kf_siglist_certificate(&walk, &der)) {
		kf_digest_of(&digest, crypto, KF_SHA256, der);
		if (kf_hex_is(sha256, &digest))
			return true;
	}
	return false;
}
