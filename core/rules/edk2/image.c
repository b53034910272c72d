/* The decision, with Secure Boot on: dbx, db and dbt over all signatures.
 * UEFI-28 to UEFI-38; an image without signatures: unsigned.c.
 *
 * Source: edk2 SecurityPkg/Library/DxeImageVerificationLib/
 * DxeImageVerificationLib.c:DxeImageVerificationHandler, IsForbiddenByDbx,
 * IsAllowedByDb.
 */
#include "edk2.h"

/* first keeps the first reason why a signature does not count. */
static void first(struct kf_signature_result *r, enum kf_reason_id reason,
		  const char *rule)
{
	if (r->reason)
		return;
	r->reason = &kf_reasons[reason];
	r->rule = rule;
}

/* reject_signature rejects for what is wrong with one signature. */
static struct kf_finding *reject_signature(struct edk2_case *k,
					   const struct edk2_signature *s,
					   enum kf_reason_id reason,
					   const char *rule)
{
	edk2_reject(k, reason, rule);
	kf_prove_signature(&k->out->why, s->number, s->at, s->len);
	return &k->out->why;
}

/* is_walked tells whether there is anything of a part to be gone through: all
 * of it, or what is known of it. */
static bool is_walked(const struct edk2_part *part)
{
	return part->presence == KF_PRESENT || part->bytes.len;
}

/* revoked_certificate: does the signature verify with a certificate that dbx
 * holds whole? UEFI-31. */
static enum edk2_look revoked_certificate(struct edk2_case *k,
					  struct edk2_signature *s,
					  struct edk2_entry *entry)
{
	struct edk2_certificates c = edk2_certificates(&k->trust->dbx);
	struct kf_why why;

	while (edk2_certificates_next(&c, entry)) {
		if (edk2_authenticode(k, s, entry, &why))
			return EDK2_HIT;
		if (k->status != KF_OK || k->fault != EDK2_END)
			return EDK2_STOPPED;
	}
	return edk2_walked(k, c.walk.end, "dbx", c.walk.stuck_at)
		? EDK2_NOTHING : EDK2_STOPPED;
}

/* revoked_digest: is the digest of a signer's certificate in dbx, and the
 * signature not stamped before that? UEFI-31, UEFI-32, UEFI-33. Signers are
 * taken from the last to the first, as edk2 pops them. */
static enum edk2_look revoked_digest(struct edk2_case *k,
				     struct edk2_signature *s,
				     struct edk2_entry *entry,
				     struct kf_bytes *signer)
{
	for (size_t i = s->num_signers; i-- > 0;) {
		enum edk2_end end;

		if (s->tbs[i][KF_SHA256].len == 0)
			continue;	/* UEFI-38 */
		end = edk2_find_tbs(k->trust->dbx.bytes, s->tbs[i], entry);
		if (!edk2_walked(k, end, "dbx", 0))
			return EDK2_STOPPED;
		if (!entry->list)
			continue;
		*signer = s->signer[i];
		if (!edk2_stamped_before(k, s, &entry->revoked_at))
			return k->fault == EDK2_END && k->status == KF_OK
				       ? EDK2_HIT : EDK2_STOPPED;
	}
	return EDK2_NOTHING;
}

/* unknown_dbx: what is not known of dbx may forbid it. */
static enum edk2_look unknown_dbx(struct edk2_case *k,
				  const struct edk2_signature *s)
{
	if (k->trust->dbx.presence != KF_UNKNOWN || k->dbx == EDK2_BEST)
		return EDK2_NOTHING;
	reject_signature(k, s, KF_REASON_STORE_PART_UNKNOWN, NULL);
	return EDK2_HIT;
}

/* forbidden: does dbx forbid this signature, and with it the image? UEFI-28,
 * UEFI-31. Fills the verdict on a hit. */
static enum edk2_look forbidden(struct edk2_case *k, struct edk2_signature *s)
{
	struct kf_signature_result *r = &k->out->signature[s->number - 1];
	struct kf_bytes signer = kf_view(NULL, 0);
	struct edk2_entry entry = { 0 };
	struct kf_finding *f;
	enum edk2_look look;

	if (!is_walked(&k->trust->dbx))
		return unknown_dbx(k, s);
	look = revoked_certificate(k, s, &entry);
	if (look == EDK2_HIT) {
		r->revoked = true;
		first(r, KF_REASON_CERTIFICATE_REVOKED, "UEFI-29");
		f = reject_signature(k, s, KF_REASON_CERTIFICATE_REVOKED,
				     "UEFI-29");
		kf_prove_certificate(f, "revoked certificate", entry.data);
		edk2_prove_entry(f, &k->trust->dbx, &entry);
	}
	if (look != EDK2_NOTHING)
		return look;
	if (s->num_signers == 0) {
		first(r, KF_REASON_SIGNATURE_MALFORMED, "UEFI-31");
		f = reject_signature(k, s, KF_REASON_SIGNATURE_MALFORMED,
				     "UEFI-31");
		kf_prove_text(f, "its signers' certificates cannot be found in it, and there is a dbx to hold them against");
		return EDK2_HIT;
	}
	look = revoked_digest(k, s, &entry, &signer);
	if (look == EDK2_HIT) {
		r->revoked = true;
		first(r, KF_REASON_CERTIFICATE_HASH_REVOKED, "UEFI-31");
		f = reject_signature(k, s, KF_REASON_CERTIFICATE_HASH_REVOKED,
				     "UEFI-31");
		kf_prove_certificate(f, "signer", signer);
		edk2_prove_entry(f, &k->trust->dbx, &entry);
	}
	return look == EDK2_NOTHING ? unknown_dbx(k, s) : look;
}

/* anchor_revoked: is the digest of the db certificate that verified in dbx?
 * Then this signature is not allowed, and no other entry is tried. UEFI-34. */
static enum edk2_look anchor_revoked(struct edk2_case *k,
				     struct edk2_signature *s,
				     const struct edk2_entry *anchor,
				     struct edk2_entry *entry)
{
	enum edk2_end end;

	entry->list = 0;
	if (!is_walked(&k->trust->dbx))
		return EDK2_NOTHING;
	if (!anchor->known->has_tbs)
		return EDK2_HIT;
	end = edk2_find_tbs(k->trust->dbx.bytes, anchor->known->tbs, entry);
	if (!edk2_walked(k, end, "dbx", 0))
		return EDK2_STOPPED;
	if (!entry->list || edk2_stamped_before(k, s, &entry->revoked_at))
		return EDK2_NOTHING;
	return k->fault == EDK2_END && k->status == KF_OK ? EDK2_HIT
							  : EDK2_STOPPED;
}

/* nearest is what a walk through db learned about a signature that nothing
 * allowed: the entry that came nearest, and what it lacked. */
struct nearest {
	enum kf_reason_id reason;
	const char *rule;
	struct kf_why why;
	struct edk2_entry anchor;	/* list 0: none came near */
	struct edk2_entry revoked;
};

static void learn(struct nearest *n, const struct kf_why *why,
		  const struct edk2_entry *anchor)
{
	if (why->kind <= n->why.kind || why->kind == KF_WHY_UNREADABLE)
		return;
	n->reason = kf_pkcs7_reason(why->kind, &n->rule);
	n->why = *why;
	if (why->kind != KF_WHY_NO_PATH)
		n->anchor = *anchor;
}

/* anchored: the signature leads to this certificate of db. Does that allow
 * it? */
static enum edk2_look anchored(struct edk2_case *k, struct edk2_signature *s,
			       struct nearest *n,
			       const struct edk2_entry *anchor)
{
	enum edk2_look look = anchor_revoked(k, s, anchor, &n->revoked);

	n->anchor = *anchor;
	if (look == EDK2_STOPPED)
		return EDK2_STOPPED;
	if (look == EDK2_HIT) {
		n->reason = KF_REASON_ANCHOR_HASH_REVOKED;
		return EDK2_NOTHING;
	}
	if (!k->allowed_by.list) {
		k->allowed_by = *anchor;
		k->allowed = s;
	}
	return EDK2_HIT;
}

/* allowed: does a certificate of db allow this signature? UEFI-34. */
static enum edk2_look allowed(struct edk2_case *k, struct edk2_signature *s,
			      struct nearest *n)
{
	const struct edk2_part *db = &k->trust->db;
	struct edk2_certificates c = edk2_certificates(db);
	struct edk2_entry anchor;
	struct kf_why why;

	if (db->presence == KF_UNKNOWN && k->db == EDK2_BEST)
		return EDK2_HIT;
	/* Where an entry that is not known stands before those that are, and
	 * the signature leads to it too, its digest in dbx would end this. */
	if (db->presence == KF_UNKNOWN && edk2_any_tbs(k->trust->dbx.bytes))
		return EDK2_NOTHING;
	while (edk2_certificates_next(&c, &anchor)) {
		if (edk2_authenticode(k, s, &anchor, &why))
			return anchored(k, s, n, &anchor);
		if (k->status != KF_OK || k->fault != EDK2_END)
			return EDK2_STOPPED;
		learn(n, &why, &anchor);
	}
	return edk2_walked(k, c.walk.end, "db", c.walk.stuck_at) ? EDK2_NOTHING
								 : EDK2_STOPPED;
}

/* top_of is the last certificate of the chain that the signature brings: the
 * one whose issuer would have to be in db. */
static struct kf_bytes top_of(const struct edk2_signature *s)
{
	size_t num = s->shown.num_chain;

	return num ? s->shown.chain[num - 1] : kf_view(NULL, 0);
}

static struct kf_bytes signer_of(const struct edk2_signature *s)
{
	return s->shown.num_chain ? s->shown.chain[0] : kf_view(NULL, 0);
}

/* explain_signature words why one signature did not allow the image. */
static void explain_signature(struct kf_finding *f, const struct edk2_case *k,
			      const struct edk2_signature *s,
			      const struct nearest *n)
{
	if (s->content_fault.reason) {
		*f = s->content_fault;
		return;
	}
	kf_find(f, n->reason, n->rule);
	kf_prove_signature(f, s->number, s->at, s->len);
	if (n->reason == KF_REASON_ANCHOR_HASH_REVOKED) {
		f->rule = "UEFI-34";
		kf_prove_certificate(f, "anchor", n->anchor.data);
		edk2_prove_entry(f, &k->trust->dbx, &n->revoked);
		return;
	}
	kf_prove_certificate(f, "signer", signer_of(s));
	if (n->reason == KF_REASON_SIGNER_UNKNOWN)
		kf_prove_certificate(f, "top of its chain", top_of(s));
	if (n->anchor.list)
		edk2_prove_entry(f, &k->trust->db, &n->anchor);
	if (n->why.text && n->why.kind != KF_WHY_NO_PATH)
		kf_prove_text(f, n->why.text);
}

/* pass_over notes why a signature does not allow the image. */
static void pass_over(struct edk2_case *k, const struct edk2_signature *s,
		      const struct nearest *n, struct kf_finding *not_yet)
{
	struct kf_signature_result *r = &k->out->signature[s->number - 1];
	struct kf_finding why = { 0 };

	explain_signature(&why, k, s, n);
	r->reason = why.reason;
	r->rule = why.rule;
	if (!not_yet->reason)
		*not_yet = why;
}

/* look_at_signature takes one signature through edk2's steps. UEFI-28.
 * Returns EDK2_STOPPED when the loop ends with it. */
static enum edk2_look look_at_signature(struct edk2_case *k,
					struct edk2_signature *s,
					bool *verified,
					struct kf_finding *not_yet)
{
	struct kf_signature_result *r = &k->out->signature[s->number - 1];
	struct nearest n = { .reason = KF_REASON_SIGNER_UNKNOWN,
			     .rule = "UEFI-28" };
	struct edk2_entry entry;
	enum edk2_look look = forbidden(k, s);

	r->looked_at = true;
	if (look != EDK2_NOTHING)
		return EDK2_STOPPED;
	look = *verified ? EDK2_NOTHING : allowed(k, s, &n);
	if (look == EDK2_STOPPED)
		return EDK2_STOPPED;
	if (look == EDK2_HIT) {
		r->trusted = true;
		*verified = true;
	} else if (!*verified) {
		pass_over(k, s, &n, not_yet);
	}
	look = edk2_digest_in_dbx(k, s->kind, &entry);
	if (look == EDK2_HIT) {
		edk2_reject(k, KF_REASON_IMAGE_HASH_REVOKED, "UEFI-28");
		edk2_prove_digest(k, s->kind, &entry);
	}
	if (look != EDK2_NOTHING)
		return EDK2_STOPPED;
	if (*verified)
		return EDK2_NOTHING;
	look = edk2_digest_in_db(k, s->kind);
	*verified = look == EDK2_HIT;
	return look == EDK2_STOPPED ? EDK2_STOPPED : EDK2_NOTHING;
}

/* show_one tells of a signature whether an entry of dbx or of db leads to it,
 * where the decision did not come so far. */
static void show_one(struct edk2_case *k, struct edk2_signature *s,
		     struct kf_signature_result *r)
{
	struct nearest n = { .reason = KF_REASON_SIGNER_UNKNOWN };
	struct edk2_entry entry;
	struct kf_bytes signer;

	if (k->trust->dbx.presence == KF_PRESENT && !r->looked_at)
		r->revoked = revoked_certificate(k, s, &entry) == EDK2_HIT ||
			     revoked_digest(k, s, &entry, &signer) == EDK2_HIT;
	if (k->trust->db.presence == KF_PRESENT && !r->trusted)
		r->trusted = allowed(k, s, &n) == EDK2_HIT;
}

/* show_rest tells of the signatures that edk2 did not come to what it would
 * have made of them: that is what a remedy is made of. */
static void show_rest(struct edk2_case *k)
{
	struct edk2_case quiet = *k;

	for (size_t i = 0; i < k->image->num_signatures; i++) {
		struct kf_signature_result *r = &k->out->signature[i];

		r->trust_known = k->trust->db.presence != KF_UNKNOWN;
		r->revocation_known = k->trust->dbx.presence != KF_UNKNOWN;
		if (!k->image->signature[i]->skipped.reason)
			show_one(&quiet, k->image->signature[i], r);
	}
	k->status = quiet.status;
}

/* judge_signed: an image with a certificate table. UEFI-13, UEFI-28. */
static void judge_signed(struct edk2_case *k)
{
	struct kf_finding not_yet = { 0 };
	struct kf_finding skipped = { 0 };
	bool verified = false;

	for (size_t i = 0; i < k->image->num_signatures; i++) {
		struct edk2_signature *s = k->image->signature[i];

		if (s->skipped.reason) {
			if (!skipped.reason)
				skipped = s->skipped;
			continue;
		}
		if (look_at_signature(k, s, &verified, &not_yet) ==
		    EDK2_STOPPED)
			return;
	}
	if (k->image->table.reason) {
		k->out->answer = KF_REJECT;
		k->out->why = k->image->table;
	} else if (verified) {
		k->out->answer = KF_ACCEPT;
	} else {
		k->out->answer = KF_REJECT;
		k->out->why = not_yet.reason ? not_yet : skipped;
	}
}

void edk2_judge(struct edk2_case *k)
{
	for (size_t i = 0; i < k->image->num_signatures; i++) {
		struct edk2_signature *s = k->image->signature[i];

		k->out->signature[i] = s->shown;
		if (s->skipped.reason) {
			k->out->signature[i].reason = s->skipped.reason;
			k->out->signature[i].rule = s->skipped.rule;
		}
	}
	k->out->num_signatures = k->image->num_signatures;
	k->out->image_digest = k->image->digest[KF_SHA256];
	if (k->image->gate.reason) {
		k->out->answer = KF_REJECT;
		k->out->why = k->image->gate;
		return;
	}
	/* Then the signatures were not worked out: there is no answer. */
	if (k->image->beyond.reason)
		return;
	if (k->image->is_signed)
		judge_signed(k);
	else
		edk2_judge_unsigned(k);
	show_rest(k);
}
