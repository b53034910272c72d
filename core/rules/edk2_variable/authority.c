/* Who may write: PK, or whom a certificate of KEK leads to. UEFI-49 to
 * UEFI-52.
 *
 * Source: edk2 SecurityPkg/Library/AuthVariableLib/AuthVariableLib.c:
 * AuthVariableLibProcessVariable; AuthService.c:ProcessVarWithPk,
 * ProcessVarWithKek, VerifyTimeBasedPayload; CryptoPkg/Library/BaseCryptLib/
 * Pk/CryptPkcs7VerifyCommon.c:Pkcs7Verify, Pkcs7GetSigners.
 */
#include "edk2_variable.h"

#include "core/siglist.h"

#include <string.h>

/* What a look for one authority said. */
enum look {
	NO,
	YES,
	MAYBE,		/* it is not known, and could be */
	STOPPED,	/* the firmware does not come back */
};

static bool is_target(const struct edk2_variable_case *k, const char *part)
{
	return kf_equal(kf_text(kf_variables[k->device->target].part),
			kf_text(part));
}

static struct edk2_variable_verified verified(struct edk2_variable_case *k)
{
	return edk2_variable_verify(k, k->device->target, k->attributes);
}

/* leads tells whether every signer leads to one anchor. */
static bool leads(struct edk2_variable_case *k, struct kf_bytes anchor,
		  const struct kf_digest *id)
{
	const struct kf_crypto *crypto = k->env->crypto;
	struct kf_pkcs7_link passing = { .answer = KF_NOT_ASKED };
	struct kf_pkcs7_link *l =
		id ? kf_pkcs7_link_to(k->update->link, id->bytes) : NULL;

	if (!l)
		l = &passing;
	if (l->answer == KF_NOT_ASKED && k->status == KF_OK)
		k->status = crypto->signed_chain(k->update->data, anchor,
						 k->profile->cms,
						 k->env->now_s, &l->answer,
						 &l->why);
	return l->answer == KF_YES;
}

/* allow notes whose right it was. */
static void allow(struct edk2_variable_case *k, const char *rule,
		  const char *part, const struct edk2_variable_entry *entry)
{
	struct kf_finding *f = &k->allowed;

	memset(f, 0, sizeof(*f));
	f->rule = rule;
	kf_prove_signature(f, 1, k->update->header.signature_at,
			   k->update->header.signature_len);
	kf_prove_certificate(f, "anchor", entry->data);
	edk2_variable_prove_entry(f, part, entry);
}

/* first_key is the first entry of PK's first list: the firmware looks at no
 * other, and not at its type. Returns false where that reaches behind the
 * variable. */
static bool first_key(struct edk2_variable_entry *out, struct kf_bytes bytes)
{
	struct edk2_variable_list l;

	memset(out, 0, sizeof(*out));
	if (!edk2_variable_list(&l, bytes, 0) || !l.whole)
		return false;
	out->list = out->entry = 1;
	out->at = KF_SIGLIST_HEADER_LEN + l.header_len;
	out->len = l.entry_len;
	if (l.entry_len <= KF_SIGLIST_OWNER_LEN)
		return true;
	out->data = kf_part_of(bytes, out->at + KF_SIGLIST_OWNER_LEN,
			       l.entry_len - KF_SIGLIST_OWNER_LEN);
	return out->data.len;
}

/* is_signer tells whether PK is the first signer's certificate. Where PK is cut
 * short, and could be, the case waits for what lies behind it. */
static bool is_signer(struct edk2_variable_case *k,
		      struct edk2_variable_entry *key)
{
	struct kf_bytes bytes = k->device->pk.bytes;
	struct edk2_variable_list l;

	if (first_key(key, bytes))
		return kf_equal(key->data, k->update->signer);
	if (!edk2_variable_list(&l, bytes, 0) || !l.whole ||
	    l.entry_len == k->update->signer.len + KF_SIGLIST_OWNER_LEN)
		edk2_variable_unpredictable(k, "pk", 0,
					    "edk2 compares the signer with what lies behind the end of PK");
	return false;
}

/* by_pk: the first signer's certificate has to be PK's, byte for byte. `*led`
 * is set where it is but the signature does not hold. UEFI-50. */
static enum look by_pk(struct edk2_variable_case *k, bool *led)
{
	const struct edk2_variable_part *pk = &k->device->pk;
	const struct edk2_variable_update *u = k->update;
	struct edk2_variable_entry key;

	if (pk->presence == KF_ABSENT)
		return NO;
	if (pk->presence == KF_PRESENT && !is_signer(k, &key))
		return k->waits.reason ? MAYBE : NO;
	if (!leads(k, u->signer, &u->signer_id))
		return NO;
	if (verified(k).answer != KF_YES) {
		*led = pk->presence == KF_PRESENT;
		return NO;
	}
	if (pk->presence != KF_PRESENT)
		return MAYBE;
	allow(k, "UEFI-50", "pk", &key);
	return YES;
}

/* ended says how the walk through KEK ended. */
static enum look ended(struct edk2_variable_case *k,
		       const struct edk2_variable_keys *keys)
{
	switch (keys->end) {
	case EDK2_VARIABLE_END:
		return NO;
	case EDK2_VARIABLE_PAST:
		edk2_variable_unpredictable(k, "kek", keys->list.at,
					    "the sizes in a signature list lead edk2 behind the end of the variable");
		return MAYBE;
	case EDK2_VARIABLE_DIVIDE:
		edk2_variable_fault(k, "kek", keys->list.at,
				    "a signature list says that its entries have size 0, and edk2 divides by that");
		return STOPPED;
	case EDK2_VARIABLE_HANG:
		edk2_variable_fault(k, "kek", keys->list.at,
				    "a signature list says that it has size 0, and edk2 never gets past it");
		return STOPPED;
	}
	return NO;
}

/* by_kek tries all certificates of KEK, each as the only anchor. `*led` is
 * set where one is one but the signature does not hold. UEFI-51. */
static enum look by_kek(struct edk2_variable_case *k, bool *led)
{
	const struct edk2_variable_part *kek = &k->device->kek;
	struct edk2_variable_keys keys = edk2_variable_keys(kek->bytes);
	struct edk2_variable_entry entry;
	size_t i = 0;

	if (kek->presence == KF_ABSENT)
		return NO;
	if (kek->presence == KF_UNKNOWN)
		return verified(k).answer == KF_YES ? MAYBE : NO;
	while (k->status == KF_OK && edk2_variable_next_key(&keys, &entry)) {
		if (!leads(k, entry.data, &k->device->kek_id[i++]))
			continue;
		*led = true;
		if (verified(k).answer != KF_YES)
			continue;
		allow(k, "UEFI-51", "kek", &entry);
		return YES;
	}
	return ended(k, &keys);
}

/* prove_signer shows who signed, and who stands behind. */
static void prove_signer(struct edk2_variable_case *k)
{
	const struct kf_signature_result *s = &k->update->shown;

	kf_prove_signature(&k->refused, 1, s->at, s->len);
	for (size_t i = 0; i < s->num_chain; i++)
		if (i == 0 || i + 1 == s->num_chain)
			kf_prove_certificate(&k->refused, i ? "issuer"
					     : "signer", s->chain[i]);
}

/* other_attributes: the signature holds for the same variable, written
 * otherwise. UEFI-48. */
static bool other_attributes(struct edk2_variable_case *k)
{
	uint32_t other = k->attributes == EDK2_VARIABLE_APPEND_ALL
		? EDK2_VARIABLE_REPLACE_ALL : EDK2_VARIABLE_APPEND_ALL;

	if (edk2_variable_verify(k, k->device->target, other).answer !=
	    KF_YES)
		return false;
	edk2_variable_refuse(k, KF_REASON_UPDATE_ATTRIBUTES_NOT_SIGNED,
			     "UEFI-48");
	kf_prove(&k->refused, KF_EV_FIELD, "attributes");
	kf_prove_value(&k->refused, k->attributes, other);
	kf_prove_text(&k->refused, other == EDK2_VARIABLE_APPEND_ALL
		      ? "0x67 (append)" : "0x27 (replace)");
	return true;
}

/* other_variable: the signature holds for another variable. UEFI-48. */
static bool other_variable(struct edk2_variable_case *k)
{
	static const uint32_t ways[] = { EDK2_VARIABLE_APPEND_ALL,
					 EDK2_VARIABLE_REPLACE_ALL };

	for (int i = 0; i < 2 * EDK2_VARIABLE_TARGETS; i++) {
		if (edk2_variable_verify(k, i / 2, ways[i % 2]).answer !=
		    KF_YES)
			continue;
		edk2_variable_refuse(k, KF_REASON_UPDATE_OTHER_VARIABLE,
				     "UEFI-48");
		kf_prove_text(&k->refused, kf_variables[i / 2].name);
		return true;
	}
	return false;
}

/* not_verified words why a signature by the right signer does not hold. */
static bool not_verified(struct edk2_variable_case *k)
{
	struct kf_why why = verified(k).why;
	bool algorithm = why.kind == KF_WHY_ALGORITHM;

	if (!algorithm && !other_attributes(k) && !other_variable(k))
		edk2_variable_refuse(k, KF_REASON_SIGNATURE_INVALID,
				     "UEFI-48");
	else if (algorithm)
		edk2_variable_refuse(k, KF_REASON_KEY_ALGORITHM_UNSUPPORTED,
				     "UEFI-22");
	prove_signer(k);
	if (why.text)
		kf_prove_text(&k->refused, why.text);
	return false;
}

/* not_pk refuses what PK alone may write, and has not signed. UEFI-50. */
static bool not_pk(struct edk2_variable_case *k)
{
	struct edk2_variable_entry key;
	bool is_pk = k->device->pk.presence == KF_PRESENT &&
		     first_key(&key, k->device->pk.bytes);

	if (is_pk && kf_equal(key.data, k->update->signer))
		return not_verified(k);
	edk2_variable_refuse(k, KF_REASON_UPDATE_PK_NOT_IDENTICAL, "UEFI-50");
	prove_signer(k);
	if (is_pk)
		edk2_variable_prove_entry(&k->refused, "pk", &key);
	return false;
}

/* is_for_another: what was signed for another variable verifies here under no
 * key at all, so that it does not matter whose keys there are. */
static bool is_for_another(struct edk2_variable_case *k)
{
	int target = k->device->target;

	if (edk2_variable_verify(k, target, EDK2_VARIABLE_APPEND_ALL).answer ==
	    KF_YES ||
	    edk2_variable_verify(k, target, EDK2_VARIABLE_REPLACE_ALL).answer ==
	    KF_YES || !other_variable(k))
		return false;
	prove_signer(k);
	return true;
}

/* not_authorized refuses what neither PK nor KEK stands behind. UEFI-49. */
static bool not_authorized(struct edk2_variable_case *k)
{
	struct edk2_variable_keys keys = edk2_variable_keys(k->device->kek
							    .bytes);
	struct edk2_variable_entry entry;

	if (is_for_another(k))
		return false;
	edk2_variable_refuse(k, KF_REASON_UPDATE_NOT_AUTHORIZED, "UEFI-49");
	prove_signer(k);
	if (k->device->pk.presence == KF_PRESENT &&
	    first_key(&entry, k->device->pk.bytes))
		edk2_variable_prove_entry(&k->refused, "pk", &entry);
	while (k->refused.num_evidence < KF_EVIDENCE_MAX &&
	       edk2_variable_next_key(&keys, &entry))
		edk2_variable_prove_entry(&k->refused, "kek", &entry);
	return false;
}

/* unreadable refuses a signature that is none. */
static bool unreadable(struct edk2_variable_case *k)
{
	edk2_variable_refuse(k, KF_REASON_SIGNATURE_MALFORMED, "UEFI-48");
	kf_prove_signature(&k->refused, 1, k->update->header.signature_at,
			   k->update->header.signature_len);
	kf_prove_text(&k->refused, k->update->data
		      ? "it is no SignedData that brings its signers' certificates"
		      : "it is no PKCS#7 structure");
	return false;
}

/* by_itself: the first PK has to be signed by the certificate in it.
 * UEFI-52. */
static bool by_itself(struct edk2_variable_case *k)
{
	struct edk2_variable_entry key;
	bool led;

	if (k->update->no_file)
		return true;
	if (!first_key(&key, k->update->value))
		return edk2_variable_unpredictable(k, "pk", 0,
						   "edk2 looks for a certificate behind the end of the update");
	led = key.data.len && leads(k, key.data, NULL);
	if (led && verified(k).answer == KF_YES)
		return true;
	if (led)
		return not_verified(k);
	edk2_variable_refuse(k, KF_REASON_UPDATE_NOT_SELF_SIGNED, "UEFI-52");
	prove_signer(k);
	return false;
}

/* or_kek goes on to KEK, where PK has not signed. */
static bool or_kek(struct edk2_variable_case *k, enum look pk, bool led)
{
	enum look kek = by_kek(k, &led);

	if (kek == YES)
		return true;
	if (pk == MAYBE) {
		k->faulted = false;
		k->refused.reason = NULL;
		return edk2_variable_waits(k, "pk", "UEFI-49");
	}
	if (kek == MAYBE)
		return edk2_variable_waits(k, "kek", "UEFI-49");
	if (kek == STOPPED)
		return false;
	return led ? not_verified(k) : not_authorized(k);
}

bool edk2_variable_authority(struct edk2_variable_case *k)
{
	bool led = false;
	enum look pk;

	if (!k->update->has_signers)
		return unreadable(k);
	if (k->device->setup && is_target(k, "pk") && !k->device->custom)
		return by_itself(k);
	pk = by_pk(k, &led);
	if (pk == YES)
		return true;
	if (!is_target(k, "pk") && !is_target(k, "kek"))
		return or_kek(k, pk, led);
	return pk == MAYBE ? edk2_variable_waits(k, "pk", "UEFI-50")
			   : not_pk(k);
}
