/* Signature lists, as the firmware walks those that are there. UEFI-51.
 *
 * Source: edk2 SecurityPkg/Library/AuthVariableLib/AuthService.c:
 * VerifyTimeBasedPayload.
 */
#include "edk2_variable.h"

#include "core/siglist.h"

#include <string.h>

/* EFI_CERT_X509_GUID. Source: UEFI 2.10, 32.4.1. */
static const uint8_t x509_guid[16] = {
	0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
	0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72,
};

enum { SIZED_LEN = 20 };

bool edk2_variable_list(struct edk2_variable_list *out, struct kf_bytes bytes,
			uint64_t at)
{
	struct kf_cursor c;

	memset(out, 0, sizeof(*out));
	if (at >= bytes.len)
		return false;
	c = kf_cursor_over(kf_part_of(bytes, at, bytes.len - at), at);
	out->at = at;
	out->left = bytes.len - at;
	out->sized = out->left >= SIZED_LEN;
	out->whole = out->left >= KF_SIGLIST_HEADER_LEN;
	out->type = kf_part_of(bytes, at, KF_GUID_LEN);
	kf_skip(&c, KF_GUID_LEN, "SignatureType");
	out->len = kf_u32le(&c, "SignatureListSize");
	out->header_len = kf_u32le(&c, "SignatureHeaderSize");
	out->entry_len = kf_u32le(&c, "SignatureSize");
	return true;
}

bool edk2_variable_is_x509(const struct edk2_variable_list *list)
{
	return kf_equal(list->type, kf_view(x509_guid, sizeof(x509_guid)));
}

struct edk2_variable_keys edk2_variable_keys(struct kf_bytes bytes)
{
	struct edk2_variable_keys keys = { .bytes = bytes };

	return keys;
}

/* open_list looks at the next list. Returns false where the walk ends. */
static bool open_list(struct edk2_variable_keys *keys)
{
	struct edk2_variable_list *l = &keys->list;
	uint64_t around;

	/* A list of size 0 is never left. */
	if (keys->number && l->len == 0) {
		keys->end = EDK2_VARIABLE_HANG;
		return false;
	}
	if (!edk2_variable_list(l, keys->bytes, keys->at))
		return false;
	keys->number++;
	if (!l->sized) {
		keys->end = EDK2_VARIABLE_PAST;
		return false;
	}
	if (l->len > l->left)
		return false;
	keys->at += l->len;
	keys->index = keys->count = 0;
	if (!edk2_variable_is_x509(l))
		return true;
	around = KF_SIGLIST_HEADER_LEN + l->header_len;
	if (!l->whole || l->len < around)
		keys->end = EDK2_VARIABLE_PAST;
	else if (l->entry_len == 0)
		keys->end = EDK2_VARIABLE_DIVIDE;
	else
		keys->count = (l->len - around) / l->entry_len;
	return keys->end == EDK2_VARIABLE_END;
}

bool edk2_variable_next_key(struct edk2_variable_keys *keys,
			    struct edk2_variable_entry *out)
{
	const struct edk2_variable_list *l = &keys->list;

	/* What has no room for a certificate never verifies anything. */
	while (keys->index == keys->count ||
	       l->entry_len <= KF_SIGLIST_OWNER_LEN)
		if (!open_list(keys))
			return false;
	out->list = keys->number;
	out->entry = (uint32_t)keys->index + 1;
	out->at = l->at + KF_SIGLIST_HEADER_LEN + l->header_len +
		  keys->index * l->entry_len;
	out->len = l->entry_len;
	out->data = kf_part_of(keys->bytes, out->at + KF_SIGLIST_OWNER_LEN,
			       l->entry_len - KF_SIGLIST_OWNER_LEN);
	out->id = NULL;
	keys->index++;
	return true;
}
