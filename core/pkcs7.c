/* The outer header of PKCS#7 SignedData: found, or put in front.
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
