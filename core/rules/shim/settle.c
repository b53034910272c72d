/* The verdict, over all that the unknown parts of a store may be; and what
 * rides on it. UEFI-39, UEFI-59, UEFI-116.
 *
 * A verdict stands where the best and the worst that is unknown give the same.
 * The two policies for the SBAT level are tried both: neither is the worse.
 *
 * Source: rhboot/shim, shim.c:secure_mode, efi_main; verify.c (shim.c before
 * 16.0):check_db_cert_in_ram, check_db_hash_in_ram.
 */
#include "shim.h"

#include <string.h>

typedef void shim_judging(struct shim_case *k);

static const char *const doubt_names[SHIM_NUM_DOUBTS] = {
	[SHIM_DOUBT_SHIM] = "shim",
	[SHIM_DOUBT_DBX] = "dbx",
	[SHIM_DOUBT_MOKX] = "mokx",
	[SHIM_DOUBT_LEVEL] = "sbat-level",
	[SHIM_DOUBT_DB_STATE] = "mok-db-state",
	[SHIM_DOUBT_DB] = "db",
	[SHIM_DOUBT_MOK] = "mok",
	[SHIM_DOUBT_POLICY] = "sbat-policy",
};

/* fault words how shim fails over a list, UEFI-116, or over a signature. */
static void fault(struct shim_case *k)
{
	bool unknown = k->fault == SHIM_PAST;
	struct kf_evidence *e;

	if (k->fault == SHIM_NULL) {
		k->out->answer = KF_REJECT;
		k->out->why = k->fault_signature->content_fault;
		k->out->why.reason = &kf_reasons[KF_REASON_VERIFIER_FAULT];
		return;
	}
	k->out->answer = unknown ? KF_UNDECIDED : KF_REJECT;
	kf_find(&k->out->why, unknown ? KF_REASON_UNPREDICTABLE
				      : KF_REASON_VERIFIER_FAULT, "UEFI-116");
	e = kf_prove(&k->out->why, KF_EV_STORE_PART, k->fault_part);
	e->at = k->fault_at;
	kf_prove_text(&k->out->why,
		      k->fault == SHIM_DIVIDE
		      ? "a signature list says that its entries have size 0, and shim divides by that" :
		      k->fault == SHIM_HANG
		      ? "a signature list says that it has size 0, and shim never gets past it"
		      : "the sizes in a signature list lead shim behind the end of the list");
}

/* run judges once, with the doubts of `worst` taken for their worst. Returns
 * whether the image starts. */
static bool run(struct shim_case *k, shim_judging *judging, unsigned worst)
{
	struct kf_verdict *out = k->out;

	memset(out, 0, sizeof(*out));
	memset(&k->allowed_by, 0, sizeof(k->allowed_by));
	k->allowed_part = NULL;
	k->allowed_anchor = NULL;
	k->allowed = NULL;
	k->worst = worst;
	k->fault = SHIM_END;
	judging(k);
	if (k->fault != SHIM_END)
		fault(k);
	if (k->image->beyond.reason && !k->image->gate.reason &&
	    out->why.reason == NULL) {
		out->answer = KF_UNDECIDED;
		out->why = k->image->beyond;
	}
	return k->status == KF_OK && out->answer == KF_ACCEPT;
}

/* turning finds the doubt that turns the answer: by itself, or else with those
 * before it. */
static enum shim_doubt turning(struct shim_case *k, shim_judging *judging)
{
	unsigned before = 0;

	for (int with = 0; with < 2; with++)
		for (int d = 0; d < SHIM_DOUBT_POLICY; d++) {
			if (!(k->trust->doubts & 1u << d))
				continue;
			if (!run(k, judging, before | 1u << d))
				return (enum shim_doubt)d;
			before |= with ? 1u << d : 0;
		}
	return SHIM_DOUBT_POLICY;
}

/* wait leaves the verdict open, and says on what. */
static void wait(struct shim_case *k, shim_judging *judging)
{
	enum shim_doubt d = turning(k, judging);

	k->out->answer = KF_UNDECIDED;
	if (d == SHIM_DOUBT_NX) {
		kf_find(&k->out->why, KF_REASON_SETTING_UNKNOWN, "UEFI-69");
		kf_prove(&k->out->why, KF_EV_SETTING, "nx")->text = "on|off";
		kf_prove_text(&k->out->why,
			      "whether the device's firmware keeps code and data apart");
		return;
	}
	if (k->trust->malformed.reason) {
		k->out->why = k->trust->malformed;
		return;
	}
	kf_find(&k->out->why, KF_REASON_STORE_PART_UNKNOWN, NULL);
	kf_prove(&k->out->why, KF_EV_STORE_PART, doubt_names[d]);
}

/* over_all judges with the best and the worst of the unknown. */
static void over_all(struct shim_case *k, shim_judging *judging)
{
	const unsigned policy = 1u << SHIM_DOUBT_POLICY;
	unsigned doubts = k->trust->doubts;
	bool other = doubts & policy;

	if (!run(k, judging, 0) && !(other && run(k, judging, policy))) {
		(void)run(k, judging, 0);
		return;
	}
	if (doubts == 0)
		return;
	if (run(k, judging, doubts & ~policy) &&
	    (!other || run(k, judging, doubts)))
		return;
	wait(k, judging);
}

/* words says why nothing is verified. */
static const char *words(enum shim_mode mode)
{
	return mode == SHIM_SETUP_MODE
	       ? "it has no platform key and is in setup mode" :
	       mode == SHIM_VALIDATION_OFF
	       ? "its owner turned shim's verification off (MokSBState)"
	       : "Secure Boot is off";
}

/* not_enforced turns the answer into what a device does that verifies
 * nothing, and keeps the enforced one beside it. UEFI-59. */
static void not_enforced(struct shim_case *k)
{
	struct kf_verdict *out = k->out;
	struct kf_verdict *enforced = kf_arena_take(k->env->arena,
						    sizeof(*enforced));
	struct kf_finding *w;

	if (!enforced) {
		k->status = KF_NO_MEMORY;
		return;
	}
	*enforced = *out;
	over_all(k, shim_judge_off);
	enforced->not_enforced = true;
	enforced->enforced_answer = enforced->answer;
	enforced->enforced = enforced->why;
	enforced->answer = out->answer;
	enforced->why = out->why;
	*out = *enforced;
	if (k->trust->mode == SHIM_UNSURE)
		return;
	w = kf_warn(out, KF_REASON_NOT_ENFORCED, "UEFI-59");
	if (w)
		kf_prove_text(w, words(k->trust->mode));
}

/* unsure: a reject hangs on a mode that could not be read. */
static void unsure(struct shim_case *k)
{
	struct kf_verdict *out = k->out;
	enum kf_answer answer = out->answer;

	if (answer != KF_REJECT)
		return;
	not_enforced(k);
	out->not_enforced = false;
	if (out->answer == KF_REJECT)
		return;
	out->answer = KF_UNDECIDED;
	kf_find(&out->why, KF_REASON_STORE_PART_UNKNOWN, "UEFI-59");
	kf_prove(&out->why, KF_EV_STORE_PART, k->trust->waits);
}

/* allowed_why proves what let the image through. */
static void allowed_why(struct shim_case *k)
{
	const struct kf_digest *d = &k->image->digest[k->digest_kind];
	struct kf_finding *f = &k->out->why;
	struct shim_list list = { .name = k->allowed_part };

	if (k->out->answer != KF_ACCEPT || k->out->not_enforced ||
	    !k->allowed_by.list)
		return;
	for (int i = 0; i < SHIM_NUM_LISTS; i++)
		if (k->trust->list[i].name == list.name)
			list.own_len = k->trust->list[i].own_len;
	f->rule = "UEFI-63";
	if (k->allowed) {
		kf_prove_signature(f, k->allowed->number, k->allowed->at,
				   k->allowed->len);
		kf_prove_certificate(f, "anchor", k->allowed_by.data);
	} else {
		kf_prove(f, KF_EV_DIGEST, kf_digest_name(k->digest_kind))
			->bytes = kf_view(d->bytes, d->len);
	}
	shim_prove_entry(f, &list, &k->allowed_by);
}

/* expired: shim does not look at dates, but nobody signs any more under what
 * let the image through. */
static void expired(struct shim_case *k)
{
	const struct shim_certificate *anchor = k->allowed_anchor;
	struct kf_finding *w;

	if (k->out->answer != KF_ACCEPT || !anchor || !anchor->not_after_s ||
	    anchor->not_after_s > k->env->now_s)
		return;
	w = kf_warn(k->out, KF_REASON_CERTIFICATE_EXPIRED, "UEFI-39");
	if (!w)
		return;
	kf_prove_certificate(w, "anchor", anchor->entry.data);
	kf_prove(w, KF_EV_MOMENT, "expired")->value =
		(uint64_t)anchor->not_after_s;
}

static void not_run(struct shim_case *k)
{
	struct kf_finding *w = k->judged ? NULL
		: kf_warn(k->out, KF_REASON_VERIFIER_NOT_RUN, NULL);

	if (w)
		kf_prove_text(w, "they follow shim's source, which distributions build in their own ways");
}

enum kf_status shim_settle(struct shim_case *k)
{
	over_all(k, shim_judge);
	if (k->trust->mode == SHIM_UNSURE)
		unsure(k);
	else if (k->trust->mode > SHIM_UNSURE)
		not_enforced(k);
	allowed_why(k);
	not_run(k);
	expired(k);
	return k->status;
}
