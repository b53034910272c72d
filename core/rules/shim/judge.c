/* The decision: does shim start this image? UEFI-61.
 *
 * The parse gate; the digests; the lists by digest; then each signature, of
 * which one good one is enough; SBAT; and whether the image can be laid out in
 * memory. shim looks at SBAT first before 15.8.
 *
 * Source: rhboot/shim, pe.c:handle_image; verify.c (shim.c before 16.0):
 * verify_buffer, verify_buffer_authenticode, verify_one_signature,
 * shim_verify; pe-relocate.c (pe.c before 15.8):image_is_loadable.
 */
#include "shim.h"

static void reject_with(struct shim_case *k, const struct kf_finding *why)
{
	k->out->answer = KF_REJECT;
	k->out->why = *why;
}

/* runs_on: is the image for the machine that shim was built for? */
static bool runs_on(const struct shim_case *k)
{
	const struct kf_pe *pe = &k->image->pe;
	uint16_t machine = k->trust->shim.machine;
	bool wide = machine == KF_PE_MACHINE_X64 ||
		    machine == KF_PE_MACHINE_ARM64;

	if (!k->trust->has_shim || !k->image->source)
		return true;
	/* A 32-bit shim lets another loader ask about a 64-bit kernel. */
	if (machine == KF_PE_MACHINE_I386 && k->trust->by_protocol &&
	    pe->machine == KF_PE_MACHINE_X64)
		return true;
	if (machine == KF_PE_MACHINE_I386 && k->trust->by_protocol)
		return pe->machine == machine;
	return pe->machine == machine &&
	       (pe->magic == KF_PE_MAGIC_64) == wide;
}

static bool machine_fits(struct shim_case *k)
{
	const struct kf_pe *pe = &k->image->pe;
	const char *name = kf_pe_machine_name(pe->machine);

	if (runs_on(k))
		return true;
	shim_reject(k, KF_REASON_WRONG_MACHINE, "UEFI-6");
	kf_prove_field(&k->out->why, "Machine", (uint64_t)pe->pe_at + 4, 2);
	kf_prove_value(&k->out->why, pe->machine, k->trust->shim.machine);
	kf_prove_text(&k->out->why, name ? name : "unknown machine");
	return false;
}

/* needs_nx: does the device ask for code and data apart? */
static bool needs_nx(const struct shim_case *k)
{
	return k->trust->doubts & 1u << SHIM_DOUBT_NX
		? shim_takes_worst(k, SHIM_DOUBT_NX) : k->trust->needs_nx;
}

static bool nx_fits(struct shim_case *k)
{
	const struct kf_pe *pe = &k->image->pe;

	if (!needs_nx(k) || !k->image->source ||
	    pe->dll_characteristics & KF_PE_NX_COMPAT)
		return true;
	shim_reject(k, KF_REASON_NX_REQUIRED, "UEFI-69");
	kf_prove_field(&k->out->why, "DllCharacteristics",
		       (uint64_t)pe->pe_at + 94, 2);
	kf_prove_value(&k->out->why, pe->dll_characteristics,
		       KF_PE_NX_COMPAT);
	return false;
}

/* gate_passes: what shim refuses whether it verifies or not. */
static bool gate_passes(struct shim_case *k)
{
	if (k->image->gate.reason) {
		reject_with(k, &k->image->gate);
		return false;
	}
	return machine_fits(k) && nx_fits(k);
}

static struct kf_bytes signer_of(const struct shim_signature *s)
{
	return s->shown.num_chain ? s->shown.chain[0] : kf_view(NULL, 0);
}

static struct kf_bytes top_of(const struct shim_signature *s)
{
	size_t num = s->shown.num_chain;

	return num ? s->shown.chain[num - 1] : kf_view(NULL, 0);
}

/* explain words why one signature did not allow the image. */
static void explain(struct kf_finding *f, const struct shim_signature *s,
		    const struct shim_nearest *n)
{
	struct kf_evidence *e;

	if (s->content_fault.reason) {
		*f = s->content_fault;
		return;
	}
	kf_find(f, n->reason, n->rule);
	kf_prove_signature(f, s->number, s->at, s->len);
	kf_prove_certificate(f, "signer", signer_of(s));
	if (n->reason == KF_REASON_SIGNER_UNKNOWN)
		kf_prove_certificate(f, "top of its chain", top_of(s));
	if (n->anchor.list) {
		e = kf_prove(f, KF_EV_STORE_ENTRY, n->part);
		e->list = n->anchor.list;
		e->entry = n->anchor.entry;
		e->at = n->anchor.at;
		e->len = n->anchor.len;
		e->bytes = n->anchor.data;
	}
	if (n->why.text && n->why.kind != KF_WHY_NO_PATH)
		kf_prove_text(f, n->why.text);
}

/* look_at takes one signature through the lists. `*why` is the reason where
 * it does not count. */
static enum shim_look look_at(struct shim_case *k, struct shim_signature *s,
			      struct kf_finding *why)
{
	struct kf_signature_result *r = &k->out->signature[s->number - 1];
	struct shim_nearest n = { .reason = KF_REASON_SIGNER_UNKNOWN,
				  .rule = "UEFI-63" };
	enum shim_look look;

	if (s->skipped.reason) {
		*why = s->skipped;
		return SHIM_NOTHING;
	}
	look = shim_denied(k, s, why);
	r->revoked = look == SHIM_HIT;
	if (look == SHIM_HIT)
		return SHIM_NOTHING;
	if (look == SHIM_NOTHING)
		look = shim_allowed(k, s, &n);
	if (look == SHIM_NOTHING)
		explain(why, s, &n);
	r->trusted = look == SHIM_HIT;
	return look;
}

/* signatures_pass: one good signature is enough, if the table is sound to its
 * end. A revoked one is no more than not good. */
static bool signatures_pass(struct shim_case *k)
{
	struct kf_finding first = { 0 };
	bool good = false;

	for (size_t i = 0; i < k->image->num_signatures; i++) {
		struct kf_signature_result *r = &k->out->signature[i];
		struct kf_finding why = { 0 };
		enum shim_look look = look_at(k, k->image->signature[i],
					      &why);

		if (look == SHIM_STOPPED)
			return false;
		good |= look == SHIM_HIT;
		r->looked_at = true;
		r->reason = why.reason;
		r->rule = why.rule;
		if (!first.reason)
			first = why;
	}
	if (k->image->table.reason) {
		reject_with(k, &k->image->table);
		return false;
	}
	if (!good)
		reject_with(k, &first);
	return good;
}

/* authenticode_passes: the lists by digest, then the signatures. */
static bool authenticode_passes(struct shim_case *k)
{
	struct shim_nearest n = { .reason = KF_REASON_SIGNER_UNKNOWN };
	struct kf_finding why;
	enum shim_look look;

	if (k->image->unhashable.reason) {
		reject_with(k, &k->image->unhashable);
		return false;
	}
	look = shim_denied(k, NULL, &why);
	if (look == SHIM_HIT)
		reject_with(k, &why);
	if (look != SHIM_NOTHING)
		return false;
	look = shim_allowed(k, NULL, &n);
	if (look != SHIM_NOTHING)
		return look == SHIM_HIT;
	if (k->image->is_signed)
		return signatures_pass(k);
	shim_reject(k, KF_REASON_SIGNATURE_MISSING, "UEFI-63");
	return false;
}

/* verified runs the two verifications in this version's order. */
static bool verified(struct shim_case *k)
{
	if (k->profile->sbat_last)
		return authenticode_passes(k) && shim_sbat_passes(k);
	return shim_sbat_passes(k) && authenticode_passes(k);
}

/* loads: where shim only answers another loader, that one lays it out. */
static bool loads(struct shim_case *k)
{
	const struct kf_finding *why = &k->image->load[needs_nx(k)];

	if (k->image->unhashable.reason) {
		reject_with(k, &k->image->unhashable);
		return false;
	}
	if (!k->image->source || k->trust->by_protocol || !why->reason)
		return true;
	reject_with(k, why);
	if (why->reason == &kf_reasons[KF_REASON_BEYOND_LIMITS])
		k->out->answer = KF_UNDECIDED;
	return false;
}

/* starts: does shim itself come so far? UEFI-60. It looks at SBAT before it
 * knows whether its owner turned verification off. */
static bool starts(struct shim_case *k)
{
	const struct shim_trust *trust = k->trust;
	unsigned policy = trust->doubts & 1u << SHIM_DOUBT_POLICY
		? shim_takes_worst(k, SHIM_DOUBT_POLICY) : trust->policy;
	const struct shim_level *level = &trust->level[policy];

	if (level->open && shim_takes_worst(k, SHIM_DOUBT_LEVEL)) {
		shim_reject(k, KF_REASON_STORE_PART_UNKNOWN, NULL);
		return false;
	}
	if (level->stops.reason)
		reject_with(k, &level->stops);
	return !level->stops.reason;
}

/* show_rest tells of each signature what the lists say of it, wherever the
 * decision came to its end. */
static void show_rest(struct shim_case *k)
{
	struct shim_case quiet = *k;
	const struct shim_list *list = k->trust->list;

	for (size_t i = 0; i < k->image->num_signatures; i++) {
		struct kf_signature_result *r = &k->out->signature[i];
		struct kf_finding why = { 0 };

		r->trust_known = !list[SHIM_DB].open &&
				 !list[SHIM_MOK].open;
		r->revocation_known = !list[SHIM_DBX].open &&
				      !list[SHIM_MOKX].open &&
				      !list[SHIM_VENDOR_DBX].open;
		if (!r->looked_at)
			(void)look_at(&quiet, k->image->signature[i], &why);
	}
	k->status = quiet.status;
}

/* decide takes the steps in shim's order. */
static void decide(struct shim_case *k)
{
	if (!starts(k) || !gate_passes(k) || k->image->beyond.reason)
		return;
	if (!verified(k) || k->fault != SHIM_END || k->status != KF_OK)
		return;
	if (loads(k))
		k->out->answer = KF_ACCEPT;
}

void shim_judge_off(struct shim_case *k)
{
	/* Where the firmware does not verify, shim does not look at itself. */
	if (k->trust->mode == SHIM_VALIDATION_OFF && !starts(k))
		return;
	if (gate_passes(k) && !k->image->beyond.reason && loads(k))
		k->out->answer = KF_ACCEPT;
}

void shim_judge(struct shim_case *k)
{
	for (size_t i = 0; i < k->image->num_signatures; i++)
		k->out->signature[i] = k->image->signature[i]->shown;
	k->out->num_signatures = k->image->num_signatures;
	k->out->image_digest = k->image->digest[KF_SHA256];
	decide(k);
	if (!k->image->gate.reason && !k->image->beyond.reason &&
	    !k->image->unhashable.reason)
		show_rest(k);
}
