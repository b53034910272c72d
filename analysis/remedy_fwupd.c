/* What would have fwupd, or jcat-tool, take what it refuses: a certificate more
 * among the device's keys, or a version that a person lets through.
 *
 * A certificate without key usage is never offered: it would stop all others
 * (JCAT-2), which the trial shows. Nor is OnlyTrusted=false: that is no remedy.
 *
 * Source: as of the rules in core/rules/fwupd.
 */
#include "remedy_try.h"

#include <string.h>

#define NAME "added.pem"

static void put_number(uint8_t out[4], size_t number)
{
	for (size_t i = 0; i < 4; i++)
		out[i] = (uint8_t)(number >> (8 * i));
}

/* with_key is the device's keys with one file more, as host/trust_jcat.c packs
 * them. */
static struct kf_bytes with_key(struct kf_attempt *a, struct kf_bytes old,
				struct kf_bytes pem)
{
	size_t name_len = sizeof(NAME) - 1;
	size_t len = old.len + 12 + name_len + pem.len;
	uint8_t *all = kf_arena_take(a->env->arena, len), *out;

	if (!all) {
		a->status = KF_NO_MEMORY;
		return kf_view(NULL, 0);
	}
	if (old.len)
		memcpy(all, old.data, old.len);
	out = all + old.len;
	put_number(out, 0);
	put_number(out + 4, name_len);
	memcpy(out + 8, NAME, name_len);
	put_number(out + 8 + name_len, pem.len);
	memcpy(out + 12 + name_len, pem.data, pem.len);
	return kf_view(all, len);
}

/* try_certificate offers one, if it helps. */
static bool try_certificate(struct kf_attempt *a, struct kf_bytes der)
{
	const struct kf_part *pki = kf_store_part(a->store, "pki");
	struct kf_bytes none = { NULL, 0 }, pem = kf_remedy_pem(a, der);
	struct kf_trial trial = { .part = "pki" };
	struct kf_remedy *r;

	if (!pem.len || a->num == a->max)
		return false;
	trial.bytes = with_key(a, pki && pki->presence == KF_PRESENT
			       ? pki->bytes : none, pem);
	if (a->status != KF_OK || !kf_try(a, &trial))
		return false;
	r = kf_offer(a, KF_ENROL_CERTIFICATE);
	r->part = "pki";
	r->certificate = der;
	if (kf_is_why(a, "chain-root-not-trusted"))
		r->caution = "the device then takes whatever is signed under it";
	return true;
}

/* try_chain tries what a refused signature brings: its root or issuer before
 * the signer, since what they issued helps other updates too. */
static void try_chain(struct kf_attempt *a)
{
	for (size_t i = 0; i < a->verdict->num_signatures; i++) {
		const struct kf_signature_result *s = &a->verdict->signature[i];

		for (size_t c = s->num_chain; c > 0 && !s->trusted &&
		     a->status == KF_OK; c--)
			if (try_certificate(a, s->chain[c - 1]))
				return;
	}
}

/* try_version offers what a person may say when installing. */
static void try_version(struct kf_attempt *a, const char *setting,
			const char *option, const char *caution)
{
	struct kf_remedy *r;

	if (a->num == a->max || !kf_try_setting(a, setting, "on"))
		return;
	r = kf_offer(a, KF_WRITE_OTHERWISE);
	r->setting = "fwupdmgr install";
	r->value = option;
	r->caution = caution;
}

void kf_remedies_of_fwupd(struct kf_attempt *a)
{
	if (kf_is_why(a, "chain-issuer-missing") ||
	    kf_is_why(a, "chain-root-not-trusted"))
		try_chain(a);
	else if (kf_is_why(a, "version-too-old"))
		try_version(a, "allow-older", "--allow-older",
			    "the device then has an older version");
	else if (kf_is_why(a, "version-installed"))
		try_version(a, "allow-reinstall", "--allow-reinstall", NULL);
}

void kf_remedies_of_jcat(struct kf_attempt *a)
{
	if (kf_is_why(a, "chain-issuer-missing") ||
	    kf_is_why(a, "chain-root-not-trusted"))
		try_chain(a);
}
