/* The table of published updates, and certificates by their digest.
 */
#include "published.h"

#include "known.h"

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

/* is: do hex digits spell a digest that is known? */
static bool is(const char *hex, const struct kf_digest *digest)
{
	return kf_hex_is(hex, kf_view(digest->bytes, digest->len));
}

const struct kf_published *kf_published_brings(const struct kf_digest *sha256)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (is(table[i].sha256, sha256))
			return &table[i];
	return NULL;
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
		if (is(sha256, &digest))
			return true;
	}
	return false;
}
