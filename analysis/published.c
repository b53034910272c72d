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

#define KEK_UPDATE(sha1, file) { sha1, file },
static const struct {
	const char *sha1, *file;
} kek_updates[] = {
#include "kek_updates.def"
};

const char *kf_published_kek(const struct kf_digest *sha1)
{
	for (size_t i = 0; i < sizeof(kek_updates) / sizeof(kek_updates[0]);
	     i++)
		if (is(kek_updates[i].sha1, sha1))
			return kek_updates[i].file;
	return NULL;
}

enum kf_status kf_published_taken(enum kf_answer3 *out,
				  const struct kf_published *published,
				  const struct kf_store *store,
				  const struct kf_crypto *crypto)
{
	enum kf_presence kek = kf_store_presence(store, "kek");
	enum kf_status status;
	bool listed;

	*out = KF_YES;
	if (kf_store_presence(store, "pk") == KF_ABSENT)
		return KF_OK;
	*out = KF_NOT_ASKED;
	if (kek == KF_UNKNOWN)
		return KF_OK;
	status = kf_store_lists(&listed, store, "kek",
				published->authority_sha256, crypto);
	if (status != KF_OK)
		return status;
	/* Behind damage there may be more. */
	if (!listed && kek == KF_PRESENT &&
	    kf_siglist_damage(kf_store_part(store, "kek")->bytes).field)
		return KF_OK;
	*out = listed ? KF_YES : KF_NO;
	return KF_OK;
}

struct kf_bytes kf_store_pk(const struct kf_store *store)
{
	const struct kf_part *pk = kf_store_part(store, "pk");
	struct kf_siglist_walk walk;
	struct kf_bytes der;

	if (!pk || pk->presence != KF_PRESENT)
		return kf_view(NULL, 0);
	walk = kf_siglist_walk(pk->bytes);
	return kf_siglist_certificate(&walk, &der) ? der : kf_view(NULL, 0);
}

enum kf_status kf_store_lists(bool *out, const struct kf_store *store,
			      const char *part, const char *sha256,
			      const struct kf_crypto *crypto)
{
	const struct kf_part *p = kf_store_part(store, part);
	struct kf_siglist_walk walk;
	struct kf_digest digest;
	struct kf_bytes der;

	*out = false;
	if (!p || p->presence != KF_PRESENT)
		return KF_OK;
	walk = kf_siglist_walk(p->bytes);
	while (!*out && kf_siglist_certificate(&walk, &der)) {
		kf_digest_of(&digest, crypto, KF_SHA256, der);
		if (digest.len == 0)
			return KF_NO_CRYPTO;
		*out = is(sha256, &digest);
	}
	return KF_OK;
}
