/* What rides on a verdict without changing it: what allowed the image, and
 * what to know besides. UEFI-8, UEFI-37, UEFI-39.
 *
 * Source: edk2 SecurityPkg/Library/DxeImageVerificationLib/
 * DxeImageVerificationLib.c:HashPeImage, IsForbiddenByDbx; CryptoPkg/Library/
 * BaseCryptLib/Pk/CryptPkcs7VerifyCommon.c:Pkcs7Verify (dates are not looked
 * at); rhboot shim, pe.c:generate_hash (pads).
 */
#include "edk2.h"

/* expired: the certificate of db that let the image through is past its last
 * day. edk2 does not look, but nobody signs under it any more. UEFI-39. */
static void expired(struct edk2_case *k)
{
	const struct edk2_entry *anchor = &k->allowed_by;
	struct kf_finding *w;

	if (!anchor->list || !anchor->known->not_after_s ||
	    anchor->known->not_after_s > k->env->now_s)
		return;
	w = kf_warn(k->out, KF_REASON_CERTIFICATE_EXPIRED, "UEFI-39");
	if (!w)
		return;
	kf_prove_certificate(w, "anchor", anchor->data);
	edk2_prove_entry(w, &k->trust->db, anchor);
	kf_prove(w, KF_EV_MOMENT, "expired")->value =
		(uint64_t)anchor->known->not_after_s;
}

/* cut_short: the firmware stops in the middle of dbx. UEFI-37. */
static void cut_short(struct edk2_case *k)
{
	struct edk2_walk w = edk2_walk(k->trust->dbx.bytes, false);
	struct edk2_list list;
	struct kf_finding *f;
	struct kf_evidence *e;

	if (k->trust->dbx.presence != KF_PRESENT)
		return;
	while (edk2_walk_next(&w, &list) && list.len)
		w.at += list.len;
	if (w.end != EDK2_CUT)
		return;
	f = kf_warn(k->out, KF_REASON_REVOCATIONS_CUT_SHORT, "UEFI-37");
	if (!f)
		return;
	e = kf_prove(f, KF_EV_STORE_PART, "dbx");
	e->at = w.stuck_at;
	e->len = k->trust->dbx.bytes.len - w.stuck_at;
}

/* padded: signing tools and shim pad a file before they hash it. UEFI-8. */
static void padded(struct edk2_case *k)
{
	struct kf_finding *w;

	if (!k->image->source || k->image->is_signed ||
	    k->image->gate.reason || k->image->source->size % 8 == 0)
		return;
	w = kf_warn(k->out, KF_REASON_PADDING_CONVENTION, "UEFI-8");
	if (!w)
		return;
	kf_prove_field(w, "file size", 0, 0);
	kf_prove_value(w, k->image->source->size,
		       k->image->source->size + (-k->image->source->size & 7));
}

/* not_run: nobody held these rules against the firmware of this device. */
static void not_run(struct edk2_case *k)
{
	struct kf_finding *w = k->judged ? NULL
		: kf_warn(k->out, KF_REASON_VERIFIER_NOT_RUN, NULL);

	if (w)
		kf_prove_text(w, "they follow edk2's source, which vendors build in their own ways");
}

/* other_machine: where nobody says what the device is, an image for x86-64 is
 * taken to be meant for it; one for another machine is worth a word.
 * UEFI-110. */
static void other_machine(struct edk2_case *k)
{
	const struct kf_pe *pe = &k->image->pe;
	const char *name = kf_pe_machine_name(pe->machine);
	struct kf_finding *w;

	if (k->trust->machine || !k->image->source || k->image->gate.reason ||
	    pe->machine == KF_PE_MACHINE_X64)
		return;
	w = kf_warn(k->out, KF_REASON_MACHINE_UNKNOWN, "UEFI-110");
	if (!w)
		return;
	kf_prove_field(w, "Machine", (uint64_t)pe->pe_at + 4, 2);
	kf_prove_text(w, name ? name : "a machine that keyfit does not know");
}

/* allowed_why proves what in db let the image through. UEFI-27, UEFI-34. */
static void allowed_why(struct edk2_case *k)
{
	struct kf_finding *f = &k->out->why;
	const struct kf_digest *d = &k->image->digest[k->digest_kind];

	if (k->out->answer != KF_ACCEPT || k->out->not_enforced)
		return;
	if (k->allowed_by.list) {
		f->rule = "UEFI-34";
		kf_prove_signature(f, k->allowed->number, k->allowed->at,
				   k->allowed->len);
		kf_prove_certificate(f, "anchor", k->allowed_by.data);
		edk2_prove_entry(f, &k->trust->db, &k->allowed_by);
	} else if (k->allowed_digest.list) {
		f->rule = k->image->is_signed ? "UEFI-28" : "UEFI-27";
		kf_prove(f, KF_EV_DIGEST, kf_digest_name(k->digest_kind))
			->bytes = kf_view(d->bytes, d->len);
		edk2_prove_entry(f, &k->trust->db, &k->allowed_digest);
	}
}

void edk2_warn(struct edk2_case *k)
{
	allowed_why(k);
	not_run(k);
	other_machine(k);
	expired(k);
	cut_short(k);
	padded(k);
}
