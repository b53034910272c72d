/* An image by its digests: looked up in dbx and db, and decided by them alone
 * where it has no certificate table. UEFI-27, UEFI-36.
 *
 * Source: edk2 SecurityPkg/Library/DxeImageVerificationLib/
 * DxeImageVerificationLib.c:DxeImageVerificationHandler,
 * IsSignatureFoundInDatabase.
 */
#include "edk2.h"

void edk2_reject(struct edk2_case *k, enum kf_reason_id reason,
		 const char *rule)
{
	k->out->answer = KF_REJECT;
	kf_find(&k->out->why, reason, rule);
}

/* digest_in looks an image digest up in one part. UEFI-36. */
static enum edk2_look digest_in(struct edk2_case *k,
				const struct edk2_part *part,
				enum edk2_guess guess, bool best_is_hit,
				enum kf_digest_kind kind,
				struct edk2_entry *entry)
{
	const struct kf_digest *digest = &k->image->digest[kind];
	enum edk2_end end;

	entry->list = 0;
	if (part->bytes.len && digest->len) {
		end = edk2_find_digest(part->bytes, kind, digest, entry);
		if (!edk2_walked(k, end, part->name, 0))
			return EDK2_STOPPED;
	}
	if (entry->list)
		return EDK2_HIT;
	if (part->presence == KF_UNKNOWN)
		return (guess == EDK2_BEST) == best_is_hit ? EDK2_HIT
							   : EDK2_NOTHING;
	return EDK2_NOTHING;
}

enum edk2_look edk2_digest_in_dbx(struct edk2_case *k,
				  enum kf_digest_kind kind,
				  struct edk2_entry *entry)
{
	return digest_in(k, &k->trust->dbx, k->dbx, false, kind, entry);
}

enum edk2_look edk2_digest_in_db(struct edk2_case *k,
				 enum kf_digest_kind kind)
{
	struct edk2_entry entry;
	enum edk2_look look = digest_in(k, &k->trust->db, k->db, true, kind,
				   &entry);

	if (look == EDK2_HIT) {
		k->allowed_digest = entry;
		k->digest_kind = kind;
	}
	return look;
}

void edk2_prove_digest(struct edk2_case *k, enum kf_digest_kind kind,
		       const struct edk2_entry *entry)
{
	const struct kf_digest *d = &k->image->digest[kind];

	kf_prove(&k->out->why, KF_EV_DIGEST, kf_digest_name(kind))->bytes =
		kf_view(d->bytes, d->len);
	if (entry->list)
		edk2_prove_entry(&k->out->why, &k->trust->dbx, entry);
}

/* judge_unsigned: an image without a certificate table. UEFI-27. */
void edk2_judge_unsigned(struct edk2_case *k)
{
	static const enum kf_digest_kind order[] = {
		KF_SHA512, KF_SHA384, KF_SHA256, KF_SHA1,
	};
	bool allowed = false;
	struct edk2_entry entry;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		enum kf_digest_kind kind = order[i];

		if (!k->profile->all_digests && kind != KF_SHA256)
			continue;
		if (k->image->digest[kind].len == 0)
			continue;
		switch (edk2_digest_in_dbx(k, kind, &entry)) {
		case EDK2_HIT:
			edk2_reject(k, KF_REASON_IMAGE_HASH_REVOKED, "UEFI-27");
			edk2_prove_digest(k, kind, &entry);
			return;
		case EDK2_STOPPED:
			return;
		case EDK2_NOTHING:
			break;
		}
		switch (edk2_digest_in_db(k, kind)) {
		case EDK2_HIT:
			allowed = true;
			break;
		case EDK2_STOPPED:
			return;
		case EDK2_NOTHING:
			break;
		}
	}
	if (allowed) {
		k->out->answer = KF_ACCEPT;
		return;
	}
	edk2_reject(k, KF_REASON_SIGNATURE_MISSING, "UEFI-27");
	entry.list = 0;
	edk2_prove_digest(k, KF_SHA256, &entry);
}
