/* Signatures in PKCS#7, step by step. See pkcs7.h for the sources.
 */
#include "pkcs7.h"

#include <string.h>

/* What is looked for at bytes 4 and 15. */
static const uint8_t signed_oid[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
};

enum { WRAPPING_LEN = 19 };

bool kf_pkcs7_is_wrapped(struct kf_bytes blob)
{
	static const uint8_t explicit_tag[] = { 0xa0, 0x82 };

	return kf_equal(kf_part_of(blob, 4, sizeof(signed_oid)),
			kf_view(signed_oid, sizeof(signed_oid))) &&
	       kf_equal(kf_part_of(blob, 15, 2), kf_view(explicit_tag, 2));
}

bool kf_pkcs7_wrap(struct kf_bytes *out, struct kf_bytes blob,
		   struct kf_arena *arena)
{
	size_t outer = blob.len + WRAPPING_LEN - 4;
	uint8_t *w;

	*out = blob;
	if (kf_pkcs7_is_wrapped(blob))
		return true;
	w = kf_arena_take(arena, blob.len + WRAPPING_LEN);
	if (!w)
		return false;
	w[0] = 0x30;
	w[1] = 0x82;
	w[2] = (uint8_t)(outer >> 8);
	w[3] = (uint8_t)outer;
	memcpy(w + 4, signed_oid, sizeof(signed_oid));
	w[15] = 0xa0;
	w[16] = 0x82;
	w[17] = (uint8_t)(blob.len >> 8);
	w[18] = (uint8_t)blob.len;
	if (blob.len)
		memcpy(w + WRAPPING_LEN, blob.data, blob.len);
	*out = kf_view(w, blob.len + WRAPPING_LEN);
	return true;
}

bool kf_pkcs7_is_authenticode(const struct kf_signed_facts *facts)
{
	/* SPC_INDIRECT_DATA, 1.3.6.1.4.1.311.2.1.4. Source: Microsoft,
	 * "Windows Authenticode Portable Executable Signature Format". */
	static const uint8_t oid[] = {
		0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04,
	};

	return kf_equal(facts->content_oid, kf_view(oid, sizeof(oid)));
}

size_t kf_pkcs7_head_len(struct kf_bytes content, size_t *len)
{
	unsigned first = content.len > 1 ? content.data[1] : 0;

	*len = first & 0x7f;
	if (!(first & 0x80))
		return 2;
	if ((first & 0x81) == 0x81) {
		*len = content.len > 2 ? content.data[2] : 0;
		return 3;
	}
	if ((first & 0x82) == 0x82) {
		*len = content.len > 3 ? (size_t)content.data[2] << 8 |
					 content.data[3] : 0;
		return 4;
	}
	return 0;
}

void kf_pkcs7_show(struct kf_signature_result *out,
		   const struct kf_signed_data *data,
		   const struct kf_crypto *crypto)
{
	struct kf_signer_facts signer;
	struct kf_signed_facts facts;

	if (!data)
		return;
	crypto->signed_facts(data, &facts);
	if (facts.num_signers == 0)
		return;
	crypto->signed_signer(data, 0, &signer);
	out->digest = signer.digest;
	out->algorithm = signer.algorithm;
	out->num_chain = crypto->signed_path(data, out->chain, KF_CHAIN_MAX);
}

struct kf_pkcs7_link *
kf_pkcs7_link_to(struct kf_pkcs7_link links[KF_PKCS7_LINKS_MAX],
		 const uint8_t *id)
{
	static const uint8_t unused[32];

	for (size_t i = 0; i < KF_PKCS7_LINKS_MAX; i++) {
		struct kf_pkcs7_link *l =
			&links[(id[0] + i) % KF_PKCS7_LINKS_MAX];

		if (memcmp(l->id, id, 32) == 0)
			return l;
		if (memcmp(l->id, unused, 32) != 0)
			continue;
		memcpy(l->id, id, 32);
		return l;
	}
	return NULL;
}

enum kf_reason_id kf_pkcs7_reason(enum kf_why_kind kind, const char **rule)
{
	static const enum kf_reason_id reasons[] = {
		[KF_WHY_NOTHING] = KF_REASON_SIGNER_UNKNOWN,
		[KF_WHY_NO_PATH] = KF_REASON_SIGNER_UNKNOWN,
		[KF_WHY_OTHER_KEY] = KF_REASON_SIGNER_UNKNOWN,
		[KF_WHY_UNREADABLE] = KF_REASON_SIGNER_UNKNOWN,
		[KF_WHY_CONSTRAINT] = KF_REASON_CHAIN_CONSTRAINT,
		[KF_WHY_ALGORITHM] = KF_REASON_KEY_ALGORITHM_UNSUPPORTED,
		[KF_WHY_SIGNATURE] = KF_REASON_SIGNATURE_INVALID,
		[KF_WHY_MALFORMED] = KF_REASON_SIGNATURE_INVALID,
	};

	*rule = kind == KF_WHY_CONSTRAINT ? "UEFI-20" :
		kind == KF_WHY_ALGORITHM ? "UEFI-22" : "UEFI-19";
	return reasons[kind];
}

/* Source: NIST, Computer Security Objects Register,
 * sigAlgs 17 to 46. */
bool kf_pkcs7_names_post_quantum(struct kf_bytes blob)
{
	static const uint8_t oid[] = { 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
				       0x65, 0x03, 0x04, 0x03 };

	for (size_t i = 0; i + sizeof(oid) < blob.len; i++)
		if (blob.data[i] == oid[0] &&
		    memcmp(blob.data + i, oid, sizeof(oid)) == 0 &&
		    blob.data[i + sizeof(oid)] >= 17 &&
		    blob.data[i + sizeof(oid)] <= 46)
			return true;
	return false;
}
