/* What would have RAUC take a bundle that it refuses: one signature in place of
 * several, another signer, another anchor, a clock that is right.
 *
 * RAUC takes one signer (RAUC-10), so that a second signature never bridges two
 * keyrings; a certificate that the old anchor issues for the new key does.
 *
 * Source: as of the rules in core/rules/rauc.
 */
#include "remedy_rauc.h"

#include "keys.h"

#include "core/der.h"
#include "core/rauc.h"

#include <string.h>

enum { CERTIFICATES_MAX = 32, SIGNERS_MAX = 8 };

/* stock is the certificates that there are. `room` is for copies of those that
 * a search hands on, which gives the arena back. */
struct stock {
	struct kf_attempt *a;
	struct kf_bytes der[CERTIFICATES_MAX];
	size_t num;
	uint8_t *room;
	size_t left;
};

static void keep(struct stock *s, struct kf_bytes der)
{
	if (s->num < CERTIFICATES_MAX && der.len)
		s->der[s->num++] = der;
}

static void take_key(void *self, const struct kf_key_found *key)
{
	struct stock *s = self;
	size_t len = key->der.len;

	if (key->kind != KF_KEY_CERTIFICATE || !len || len > s->left)
		return;
	memcpy(s->room, key->der.data, len);
	keep(s, kf_view(s->room, len));
	s->room += len;
	s->left -= len;
}

/* of_keyring finds those that the device trusts. */
static void of_keyring(struct stock *out, struct kf_attempt *a)
{
	static const char *const parts[] = { "keyring", "keyring-directory" };

	out->a = a;
	out->num = 0;
	for (size_t i = 0; i < 2 && a->status == KF_OK; i++) {
		const struct kf_part *part = kf_store_part(a->store, parts[i]);
		struct kf_bytes bytes;
		struct kf_source source;
		enum kf_status status;

		if (!part || part->presence != KF_PRESENT || !part->bytes.len)
			continue;
		bytes = part->bytes;
		source = kf_bytes_source(&bytes);
		out->room = kf_arena_take(a->env->arena, bytes.len);
		out->left = out->room ? bytes.len : 0;
		if (!out->room)
			a->status = KF_NO_MEMORY;
		status = kf_keys_find(&source, a->env, take_key, out);
		if (status != KF_OK)
			a->status = status;
	}
}

/* of_signature finds those that the bundle brings, but its signers'. */
static void of_signature(struct stock *out, struct kf_attempt *a,
			 struct kf_cms *cms)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct kf_cms_facts facts;
	struct kf_cms_signer signer = { 0 };

	out->a = a;
	out->num = 0;
	a->status = crypto->cms_facts(cms, &facts, a->env->arena);
	if (a->status == KF_OK && facts.num_signers)
		a->status = crypto->cms_signer(cms, 0, &signer,
					       a->env->arena);
	for (size_t i = 0; a->status == KF_OK && i < facts.num_certificates;
	     i++) {
		struct kf_bytes der;

		a->status = crypto->cms_certificate(cms, i, &der,
						    a->env->arena);
		if (a->status == KF_OK && !kf_equal(der, signer.certificate))
			keep(out, der);
	}
}

/* says_use tells whether a certificate limits what those are for that it
 * issues: an extended key usage, constraints of names.
 * Source: RFC 5280, 4.2.1.10, 4.2.1.12. */
static bool says_use(struct kf_bytes der)
{
	static const uint8_t oids[2][5] = { { 0x06, 0x03, 0x55, 0x1d, 0x25 },
					    { 0x06, 0x03, 0x55, 0x1d, 0x1e } };

	for (size_t i = 0; i + 5 <= der.len; i++)
		if (memcmp(der.data + i, oids[0], 5) == 0 ||
		    memcmp(der.data + i, oids[1], 5) == 0)
			return true;
	return false;
}

/* may_issue: would RAUC take who is signed under this one? The certificate
 * itself is asked about, for any purpose, since it is no signer's. Revocation
 * lists of its own it may need: nothing is said where they count. */
static bool may_issue(struct kf_attempt *a, struct kf_bytes der)
{
	struct kf_trial trial = { .suppose = &der, .num_suppose = 1 };
	struct kf_certificate c;

	if (a->env->crypto->certificate_read(a->env->crypto->self, &c, der,
					     a->env->arena) != KF_OK ||
	    !c.is_ca || says_use(der) ||
	    kf_rauc_config(a, "keyring", "check-crl").len)
		return false;
	trial.part = "config";
	trial.bytes = kf_rauc_configured(a, "keyring", "check-purpose", "any");
	return trial.bytes.len && kf_try(a, &trial);
}

/* sign_anew offers the first anchor under which a signer would do. */
static void sign_anew(struct kf_attempt *a)
{
	struct kf_bytes purpose = kf_rauc_config(a, "keyring",
						 "check-purpose");
	struct stock anchors;

	of_keyring(&anchors, a);
	for (size_t i = 0; i < anchors.num && a->num < a->max &&
			   a->status == KF_OK; i++) {
		struct kf_remedy *r;

		if (!may_issue(a, anchors.der[i]))
			continue;
		r = kf_offer(a, KF_SIGN_ANEW);
		r->certificate = anchors.der[i];
		if (purpose.len)
			r->caution = "a certificate that check-purpose allows";
		return;
	}
}

/* one_of writes a CMS that has one of its signers alone, with the certificates
 * as they are. Empty: it cannot be taken apart.
 * Source: RFC 5652, 3 and 5.1. */
static struct kf_bytes one_of(struct kf_attempt *a, struct kf_bytes cms,
			      size_t signer)
{
	enum { SEQUENCE = 0x30, SET = 0x31, EXPLICIT_0 = 0xa0, FIELDS = 6 };
	struct kf_arena *arena = a->env->arena;
	struct kf_bytes field[FIELDS], none = { NULL, 0 }, outer[2];
	struct kf_cursor c = kf_cursor_over(cms, 0);
	struct kf_der e;
	size_t num = 0;

	if (!kf_der_next(&e, &c))
		return none;
	c = kf_cursor_over(e.value, 0);
	if (!kf_der_next(&e, &c))
		return none;
	outer[0] = e.whole;
	for (int i = 0; i < 2; i++) {
		if (!kf_der_next(&e, &c) || e.indefinite)
			return none;
		c = kf_cursor_over(e.value, 0);
	}
	while (num < FIELDS && kf_more(&c) && kf_der_next(&e, &c))
		field[num++] = e.whole;
	if (num < 4 || e.tag != SET)
		return none;
	c = kf_cursor_over(e.value, 0);
	for (size_t i = 0; i <= signer; i++)
		if (!kf_der_next(&e, &c))
			return none;
	field[num - 1] = kf_der_join(SET, &e.whole, 1, arena);
	outer[1] = kf_der_join(SEQUENCE, field, num, arena);
	outer[1] = kf_der_join(EXPLICIT_0, &outer[1], 1, arena);
	return kf_der_join(SEQUENCE, outer, 2, arena);
}

/* try_one offers the bundle with one of its signatures, if that helps. */
static bool try_one(struct kf_attempt *a, const struct kf_rauc *layout,
		    struct kf_bytes cms, size_t signer)
{
	struct kf_bytes one = one_of(a, cms, signer);
	uint8_t tail[KF_RAUC_TAIL_LEN];
	struct kf_remedy *r;

	if (!one.len || a->num == a->max)
		return false;
	for (size_t i = 0; i < sizeof(tail); i++)
		tail[i] = (uint8_t)((uint64_t)one.len >>
				    (8 * (sizeof(tail) - 1 - i)));
	r = kf_offer(a, KF_KEEP_SIGNATURE);
	r->signature = (uint32_t)signer + 1;
	kf_patch_open(&r->patch, a->artifact->source);
	if (kf_patch_slice(&r->patch, 0, layout->cms_at) &&
	    kf_patch_view(&r->patch, one) &&
	    kf_patch_bytes(&r->patch, kf_view(tail, sizeof(tail))) &&
	    kf_try_file(a, kf_patch_source(&r->patch), NULL, 0))
		return true;
	a->num--;
	return false;
}

/* keep_one tries the signers one by one. */
static void keep_one(struct kf_attempt *a, const struct kf_rauc *layout,
		     struct kf_bytes cms)
{
	if (!kf_is_why(a, "multiple-signers"))
		return;
	for (size_t i = 0; i < SIGNERS_MAX && a->status == KF_OK; i++)
		if (try_one(a, layout, cms, i))
			return;
}

/* bring_along: an anchor that may have a CA below it certifies the key of the
 * root, and the bundle brings that certificate. `anchor` is one under which
 * signers would do; a limit to its path would be in its way. */
static void bring_along(struct kf_attempt *a, struct kf_bytes root)
{
	/* basicConstraints with a number behind the truth.
	 * Source: RFC 5280, 4.2.1.9. */
	static const uint8_t limited[] = { 0x30, 0x06, 0x01, 0x01, 0xff, 0x02,
					   0x01 };
	struct stock anchors;

	of_keyring(&anchors, a);
	for (size_t i = 0; i < anchors.num && a->num < a->max &&
			   a->status == KF_OK; i++) {
		struct kf_bytes der = anchors.der[i];
		struct kf_remedy *r;
		bool ends = false;

		for (size_t at = 0; at + sizeof(limited) <= der.len; at++)
			ends = ends || memcmp(der.data + at, limited,
					      sizeof(limited)) == 0;
		if (ends || !may_issue(a, der))
			continue;
		r = kf_offer(a, KF_BRING_ALONG);
		r->certificate = root;
		r->anchor = der;
		return;
	}
}

/* trust offers a certificate that the bundle brings, if that helps. */
static void trust(struct kf_attempt *a, struct kf_cms *cms)
{
	struct stock inside;

	of_signature(&inside, a, cms);
	for (size_t i = 0; i < inside.num && a->status == KF_OK; i++) {
		struct kf_bytes text = kf_remedy_pem(a, inside.der[i]);
		struct kf_remedy *r;

		if (!text.len || a->num == a->max ||
		    !kf_try_list(a, "keyring", text))
			continue;
		bring_along(a, inside.der[i]);
		if (a->num == a->max)
			return;
		r = kf_offer(a, KF_ENROL_CERTIFICATE);
		r->part = "keyring";
		r->certificate = inside.der[i];
		r->caution = kf_rauc_first;
		return;
	}
}

/* set_clock offers the moment from which on all certificates hold. */
static void set_clock(struct kf_attempt *a, struct kf_cms *cms)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct stock all[2];
	struct kf_cms_signer signer;
	int64_t best = INT64_MAX;

	of_keyring(&all[0], a);
	if (a->status == KF_OK)
		of_signature(&all[1], a, cms);
	if (a->status == KF_OK)
		a->status = crypto->cms_signer(cms, 0, &signer, a->env->arena);
	if (a->status != KF_OK)
		return;
	keep(&all[1], signer.certificate);
	for (size_t i = 0; i < all[0].num + all[1].num; i++) {
		struct kf_bytes der = i < all[0].num
			? all[0].der[i] : all[1].der[i - all[0].num];
		int64_t from, to;
		const struct kf_trial trial = { .now_s = &from };

		if (crypto->certificate_times(crypto->self, der, &from, &to) &&
		    from > a->env->now_s && from < best && kf_try(a, &trial))
			best = from;
	}
	if (best == INT64_MAX || a->num == a->max)
		return;
	kf_offer(a, KF_SET_CLOCK)->moment_s = best;
}

/* any_of tells whether the verdict was given for one of some reasons. */
static bool any_of(const struct kf_attempt *a, const char *const *slugs)
{
	while (*slugs)
		if (kf_is_why(a, *slugs++))
			return true;
	return false;
}

/* look goes through what may help, the least intrusive first. */
static void look(struct kf_attempt *a, const struct kf_rauc *layout,
		 struct kf_bytes der, struct kf_cms *cms)
{
	static const char *const by_signer[] = {
		"chain-issuer-missing", "chain-root-not-trusted",
		"chain-not-to-root", "chain-expired", "anchor-expired",
		"chain-not-yet-valid", "purpose-not-allowed", "chain-refused",
		"anchor-rejects-use", "signer-certificate-missing",
		"multiple-signers", "signing-time-unusable", NULL,
	}, *const by_trust[] = {
		"chain-issuer-missing", "chain-root-not-trusted",
		"chain-not-to-root", NULL,
	};

	keep_one(a, layout, der);
	if (a->status == KF_OK && kf_is_why(a, "chain-not-yet-valid"))
		set_clock(a, cms);
	if (a->status == KF_OK && a->num == 0 && any_of(a, by_signer))
		sign_anew(a);
	if (a->status == KF_OK && any_of(a, by_trust))
		trust(a, cms);
}

void kf_remedies_of_rauc(struct kf_attempt *a)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct kf_cms *cms = NULL;
	struct kf_rauc layout;
	struct kf_bytes der;

	a->status = kf_rauc_read(&layout, a->artifact->source);
	if (a->status != KF_OK || layout.damage.field ||
	    layout.cms_len > KF_RAUC_CMS_MAX)
		return;
	a->status = kf_rauc_cms(&der, &layout, a->artifact->source, a->env);
	if (a->status == KF_OK)
		a->status = crypto->cms_read(crypto->self, &cms, der);
	if (a->status != KF_OK || !cms)
		return;
	look(a, &layout, der, cms);
	crypto->cms_close(cms);
	if (a->status == KF_OK)
		kf_rauc_build(a);
	if (a->status == KF_OK)
		kf_rauc_configure(a);
}
