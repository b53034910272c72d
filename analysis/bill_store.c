/* The keys of trust stores, and of whatever file holds some.
 */
#include "bill.h"
#include "entries.h"
#include "keys.h"

void kf_bill_lists(struct kf_bill *b, struct kf_bytes lists,
		   enum kf_bill_role role, const char *part)
{
	struct kf_entries walk = kf_entries_of(lists);
	struct kf_entry entry;

	while (b->status == KF_OK && kf_entries_next(&walk, &entry)) {
		if (kf_same(entry.type, "x509"))
			kf_bill_add_use(b, role, part,
					kf_bill_add_certificate(b, entry.data),
					KF_BILL_NONE);
		else if (!entry.type || kf_same(entry.type, "rsa2048"))
			kf_bill_of_file(b)->num_unread++;
		else
			kf_bill_of_file(b)->num_digests++;
	}
	kf_bill_of_file(b)->damaged |= walk.damage.field != NULL;
}

enum { DER_MAX = 64 << 10 };

/* found takes what lies in a file. Of a private key the public half counts,
 * and that its other half is there. */
static void found(void *self, const struct kf_key_found *f)
{
	struct kf_bill *b = self;
	size_t key;

	if (b->status != KF_OK)
		return;
	if (f->kind == KF_KEY_CERTIFICATE) {
		kf_bill_add_use(b, KF_BILL_LISTS, NULL,
				kf_bill_add_certificate(b, f->der),
				KF_BILL_NONE);
		return;
	}
	key = f->encrypted ? KF_BILL_NONE : kf_bill_add_bytes(b, f->bytes);
	if (key == KF_BILL_NONE) {
		kf_bill_of_file(b)->num_unread++;
		return;
	}
	kf_bill_add_use(b, f->kind == KF_KEY_PRIVATE ? KF_BILL_HOLDS
			: KF_BILL_LISTS, NULL, KF_BILL_NONE, key);
	if (f->kind == KF_KEY_PRIVATE && !b->key[key].private_at)
		b->key[key].private_at = kf_bill_of_file(b)->name;
}

void kf_bill_loose(struct kf_bill *b, const struct kf_source *source,
		   struct kf_bytes file)
{
	size_t before = b->num_uses;
	enum kf_status status = kf_keys_find(source, b->env, found, b);

	if (b->status == KF_OK)
		b->status = status;
	/* A public key in DER is told by nothing but that it is one. */
	if (b->status == KF_OK && b->num_uses == before && file.len <= DER_MAX)
		kf_bill_add_use(b, KF_BILL_LISTS, NULL, KF_BILL_NONE,
				kf_bill_add_bytes(b, file));
}

void kf_bill_store(struct kf_bill *b, const struct kf_store *store,
		   struct kf_bytes file)
{
	kf_bill_of_file(b)->damaged |= store->num_damage > 0;
	if (kf_same(store->kind->name, "bootloader"))
		kf_bill_bootloader(b, file);
	else if (kf_same(store->kind->name, "dtb"))
		kf_bill_tree(b, file);
	else if (kf_same(store->kind->name, "der"))
		kf_bill_add_use(b, KF_BILL_LISTS, NULL,
				kf_bill_add_certificate(b, file),
				KF_BILL_NONE);
	else
		for (size_t i = 0; i < store->num_parts; i++)
			kf_bill_lists(b, store->part[i].bytes, KF_BILL_LISTS,
				      store->part[i].name[0]
				      ? store->part[i].name : NULL);
}

/* anchor takes one key that a verifier has. */
static void anchor(struct kf_bill *b, const struct kf_anchor_key *a,
		   const char *part)
{
	enum kf_bill_role role = a->role == KF_ANCHOR_FORBIDS
		? KF_BILL_FORBIDS : KF_BILL_TRUSTS;
	struct kf_key key = { .sha256 = a->spki, .name = a->key,
			      .own = a->own };

	if (a->der.len)
		kf_bill_add_use(b, role, part,
				kf_bill_add_certificate(b, a->der),
				KF_BILL_NONE);
	else if (a->spki.len)
		kf_bill_add_use(b, role, part, KF_BILL_NONE,
				kf_bill_add_key(b, &key));
	else
		kf_bill_of_file(b)->num_unread++;
}

void kf_bill_anchors(struct kf_bill *b, const struct kf_anchors *anchors)
{
	struct kf_bill_subject *s = kf_bill_of_file(b);

	for (size_t p = 0; p < anchors->num_parts; p++) {
		const struct kf_anchor_part *part = &anchors->part[p];

		for (size_t i = part->first; i < part->first + part->num &&
		     b->status == KF_OK; i++)
			anchor(b, &anchors->anchor[i], part->name);
		s->num_digests += part->num_digests;
		s->num_unread += part->num_others;
		s->damaged |= part->damaged ||
			      part->presence == KF_UNKNOWN;
	}
	s->damaged |= anchors->more;
}
