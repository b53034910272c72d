/* The new value, which has to be signature lists that the firmware takes.
 * UEFI-53.
 *
 * Sizes are reckoned in 64 bits here, as the firmware does, and may wrap.
 *
 * Source: edk2 SecurityPkg/Library/AuthVariableLib/AuthService.c:
 * CheckSignatureListFormat, mSupportSigItem; CryptoPkg/Library/BaseCryptLib/
 * Pk/CryptX509.c:RsaGetPublicKeyFromX509.
 */
#include "edk2_variable.h"

#include "core/siglist.h"

#include <string.h>

/* The types that are taken, and the size of an entry without its owner; 0:
 * any. */
static const struct {
	const char *name;
	uint32_t len;
} types[] = {
	{ "sha256", 32 }, { "rsa2048", 256 }, { "rsa2048-sha256", 256 },
	{ "sha1", 20 }, { "rsa2048-sha1", 256 }, { "x509", 0 },
	{ "sha224", 28 }, { "sha384", 48 }, { "sha512", 64 },
	{ "x509-sha256", 48 }, { "x509-sha384", 64 }, { "x509-sha512", 80 },
};

/* Where fields stand in a list. */
enum { SIZE_AT = 16, HEADER_AT = 20, ENTRY_AT = 24 };

static bool refuse(struct edk2_variable_case *k,
		   const struct edk2_variable_list *l, const char *field,
		   uint64_t at, uint64_t len, const char *text)
{
	edk2_variable_refuse(k, KF_REASON_UPDATE_CONTENT, "UEFI-53");
	kf_prove_field(&k->refused, field,
		       k->update->header.value_at + l->at + at, len);
	kf_prove_text(&k->refused, text);
	return false;
}

/* type_of finds a list's type; -1: it is none that is taken. */
static int type_of(const struct edk2_variable_list *l)
{
	const char *name = kf_siglist_type(l->type);

	for (size_t i = 0; name && i < sizeof(types) / sizeof(types[0]); i++)
		if (kf_equal(kf_text(types[i].name), kf_text(name)))
			return (int)i;
	return -1;
}

/* reads_past: what the firmware looks at lies behind the value. */
static bool reads_past(struct edk2_variable_case *k,
		       const struct edk2_variable_list *l)
{
	return edk2_variable_unpredictable(k, k->device->old.name, l->at,
					   "a signature list of the update leads edk2 behind its end");
}

/* cut: the value ends inside a list's header. Bytes that no list starts with
 * are refused whatever lies behind them. */
static bool cut(struct edk2_variable_case *k,
		const struct edk2_variable_list *l)
{
	if ((l->sized && l->len > l->left) ||
	    (l->left >= KF_GUID_LEN && type_of(l) < 0) ||
	    (l->left < KF_GUID_LEN && !kf_siglist_starts(
	     kf_part_of(k->update->value, l->at, l->left))))
		return refuse(k, l, "SignatureType", 0, l->left,
			      "bytes are left behind the last list");
	return reads_past(k, l);
}

/* sizes holds a list's sizes against its type. */
static bool sizes(struct edk2_variable_case *k,
		  const struct edk2_variable_list *l)
{
	int type = type_of(l);

	if (type < 0)
		return refuse(k, l, "SignatureType", 0, KF_GUID_LEN,
			      "the type of a list is none that it knows");
	if (types[type].len &&
	    l->entry_len != types[type].len + KF_SIGLIST_OWNER_LEN)
		return refuse(k, l, "SignatureSize", ENTRY_AT, 4,
			      "the size of a list's entries is not the one of its type");
	if (l->header_len)
		return refuse(k, l, "SignatureHeaderSize", HEADER_AT, 4,
			      "a list has a header of its own, and none of the types has one");
	return true;
}

/* even: the entries fill the list. */
static bool even(const struct edk2_variable_list *l)
{
	return (l->len - KF_SIGLIST_HEADER_LEN) % l->entry_len == 0;
}

/* certificate: the first certificate of a list has to have an RSA key. */
static bool certificate(struct edk2_variable_case *k,
			const struct edk2_variable_list *l)
{
	const struct kf_crypto *crypto = k->env->crypto;
	uint64_t at = l->at + KF_SIGLIST_HEADER_LEN + KF_SIGLIST_OWNER_LEN;
	uint64_t len = l->entry_len - KF_SIGLIST_OWNER_LEN;
	struct kf_bytes der = kf_part_of(k->update->value, at, len);
	enum kf_answer3 rsa = KF_NO;

	if (l->entry_len == KF_SIGLIST_OWNER_LEN &&
	    k->profile->empty_certificates)
		return true;
	if (l->entry_len > KF_SIGLIST_OWNER_LEN && der.len == 0 && even(l))
		return reads_past(k, l);
	if (der.len)
		k->status = crypto->certificate_rsa(crypto->self, der,
						    k->profile->cms, &rsa);
	if (rsa == KF_YES)
		return true;
	refuse(k, l, "SignatureData", at - l->at, der.len,
	       "a list's first certificate is none, or its key is not RSA");
	if (der.len)
		kf_prove_certificate(&k->refused, "certificate", der);
	return false;
}

/* take_list checks one whole list. */
static bool take_list(struct edk2_variable_case *k,
		      const struct edk2_variable_list *l)
{
	if (!sizes(k, l))
		return false;
	if (edk2_variable_is_x509(l) && !certificate(k, l))
		return false;
	if (k->waits.reason && l->entry_len == 0)
		return true;
	if (!even(l))
		return refuse(k, l, "SignatureListSize", SIZE_AT, 4,
			      "the entries do not fill their list");
	if (l->len == 0)
		return edk2_variable_fault(k, k->device->old.name, l->at,
					   "a signature list of the update says that it has size 0, and edk2 never gets past it");
	return true;
}

static bool too_many(struct edk2_variable_case *k,
		     const struct edk2_variable_list *l, uint32_t count)
{
	if (count <= 1 ||
	    !kf_equal(kf_text(k->device->old.name), kf_text("pk")))
		return false;
	refuse(k, l, "SignatureListSize", SIZE_AT, 4,
	       "it has more than one entry, and there is one platform key");
	return true;
}

bool edk2_variable_content(struct edk2_variable_case *k)
{
	struct edk2_variable_list l, last = { .at = 0 };
	struct kf_bytes value = k->update->value;
	uint64_t at = 0;
	uint32_t count = 0;

	while (edk2_variable_list(&l, value, at)) {
		if (!l.whole)
			return cut(k, &l);
		if (l.len > l.left)
			return refuse(k, &l, "SignatureListSize", SIZE_AT, 4,
				      "a list is longer than what is left");
		if (!take_list(k, &l))
			return false;
		count += (uint32_t)((l.len - KF_SIGLIST_HEADER_LEN) /
				    (l.entry_len ? l.entry_len : 1));
		at += l.len;
		last = l;
	}
	return !too_many(k, &last, count);
}
