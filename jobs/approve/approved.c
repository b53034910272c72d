/* Checks everything again, and writes it down before and after.
 */
#include "approved.h"

#include <inttypes.h>
#include <string.h>

enum kf_status kf_audit_open(struct kf_audit_writer *out,
			     const struct kf_audit_place *place,
			     struct kf_fault *why)
{
	struct kf_tlog log = { .folder = -1 };
	bool opened = false;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	status = kf_tlog_write_open(&out->writer, &place->log, place->signer,
				    place->crypto, why);
	/* What a writer left that died is durable: it counts. */
	if (status == KF_OK)
		status = kf_tlog_publish(out->writer, why);
	if (status == KF_OK) {
		status = kf_tlog_open(&log, place->log.path,
				      &place->signer->note, place->crypto,
				      why);
		opened = status == KF_OK;
	}
	if (status == KF_OK)
		status = kf_audit_read(&out->audit, &log, why);
	if (status == KF_OK && log.wrong.what[0]) {
		kf_fault_say(why, "keyfit audit-log verify tells more",
			     "is not as it was signed: %.180s",
			     log.wrong.what);
		status = KF_WRONG_USE;
	}
	if (status == KF_OK && out->audit.num_findings) {
		kf_fault_say(why, "keyfit audit-log verify tells more",
			     "its records do not hold together: record %" PRIu64 ": %.150s",
			     out->audit.finding[0].seq,
			     out->audit.finding[0].text);
		status = KF_WRONG_USE;
	}
	if (opened)
		kf_tlog_close(&log);
	if (status != KF_OK)
		kf_audit_close_writer(out);
	return status;
}

void kf_audit_close_writer(struct kf_audit_writer *w)
{
	kf_tlog_write_close(w->writer);
	kf_audit_close(&w->audit);
	memset(w, 0, sizeof(*w));
}

/* put writes a record, and lets it be seen. */
static enum kf_status put(uint64_t *index, struct kf_audit_writer *w,
			  struct kf_record *r,
			  const struct kf_audit_place *place,
			  struct kf_fault *why)
{
	struct kf_output text = { 0 };
	struct kf_bytes entry;
	enum kf_status status;

	r->seq = kf_tlog_size(w->writer);
	r->time_s = place->now_s > w->audit.history.last_s
		    ? place->now_s : w->audit.history.last_s;
	status = kf_record_write(&text, r, why);
	entry = kf_view(text.data, text.len);
	if (status == KF_OK)
		status = kf_tlog_append(index, w->writer, &entry, 1, why);
	if (status == KF_OK)
		status = kf_tlog_publish(w->writer, why);
	kf_output_close(&text);
	return status;
}

enum kf_status kf_audit_adopt(enum kf_ruling *ruling,
			      struct kf_audit_writer *w,
			      struct kf_bytes policy, const char *by,
			      const struct kf_audit_place *place,
			      struct kf_fault *why)
{
	struct kf_record r = { .kind = KF_RECORD_POLICY, .by = by };
	struct kf_audit *a = &w->audit;
	const struct kf_policy *old = a->policy.version ? &a->policy : NULL;
	struct kf_policy_signers signers = { 0, 0 };
	struct kf_sealed sealed;
	struct kf_policy new;
	enum kf_status status;
	uint64_t index;

	kf_work_again(&a->work, 0);
	status = kf_policy_open(&new, &sealed, &signers.own, policy,
				&a->work.env, why);
	if (status == KF_OK && old)
		status = kf_sealed_signers(&signers.old, &sealed, old,
					   &a->work.env);
	if (status != KF_OK)
		return status;
	*ruling = kf_policy_decide(&new, old, &signers);
	if (*ruling != KF_RULED_ALLOWED)
		return KF_OK;
	r.policy = kf_dsse_write(&sealed.dsse, &a->work.arena);
	if (!r.policy.len) {
		kf_fault_say(why, NULL, "holds a key id that is no plain text");
		return KF_WRONG_USE;
	}
	return put(&index, w, &r, place, why);
}

enum kf_status kf_audit_result(struct kf_audit_writer *w, uint64_t intent,
			       const struct kf_outcome *outcome,
			       const struct kf_audit_place *place,
			       struct kf_fault *why)
{
	struct kf_record r = {
		.kind = KF_RECORD_RESULT, .by = outcome->by, .intent = intent,
		.done = outcome->done, .reason = outcome->reason,
		.made = outcome->made,
	};
	struct kf_audit *a = &w->audit;
	uint64_t index;

	for (size_t i = 0; i < a->history.num_past; i++)
		if (a->past[i].index == intent &&
		    a->past[i].state == KF_PAST_OPEN)
			return put(&index, w, &r, place, why);
	kf_fault_say(why, "keyfit audit-log show lists them",
		     "record %" PRIu64 " is no intent without a result",
		     intent);
	return KF_WRONG_USE;
}

/* intent_of is the record of what is to be done. */
static struct kf_record intent_of(const struct kf_decision *decision,
				  const struct kf_approved_ask *ask)
{
	const struct kf_dossier *d = ask->dossier;
	struct kf_record r = {
		.kind = KF_RECORD_INTENT, .by = ask->process.operated_by,
		.request = d->request_text,
	};

	/* What is no approval tells nothing, and can hold anything. */
	for (size_t i = 0; i < d->num_approvals; i++)
		if (!d->approval[i].malformed)
			r.approval[r.num_approvals++] = d->approval_text[i];
	for (size_t i = 0; i < d->num_rebuilds; i++)
		if (decision->rebuild[i] == KF_RULED_COUNTS)
			r.rebuild[r.num_rebuilds++] = d->rebuild_text[i];
	return r;
}

static enum kf_status refuse(struct kf_approved *out,
			     const struct kf_approved_ask *ask,
			     enum kf_ruling ruling, struct kf_fault *why)
{
	struct kf_record r = {
		.kind = KF_RECORD_REFUSAL, .by = ask->process.operated_by,
		.refused = ask->dossier->request.sha256,
		.ruling = kf_ruling_slug(ruling),
	};
	uint64_t index;

	return put(&index, &out->w, &r, &out->place, why);
}

/* act writes the intent, where there is none already. */
static enum kf_status act(struct kf_approved *out,
			  const struct kf_decision *decision,
			  const struct kf_approved_ask *ask,
			  struct kf_fault *why)
{
	struct kf_record r = intent_of(decision, ask);

	out->again = decision->open;
	if (decision->open) {
		out->intent = decision->open->index;
		return KF_OK;
	}
	return put(&out->intent, &out->w, &r, &out->place, why);
}

enum kf_status kf_approved(struct kf_approved *out, bool *allowed,
			   struct kf_decision *decision, const char **path,
			   const struct kf_approved_ask *ask,
			   struct kf_fault *why)
{
	struct kf_dossier *d = ask->dossier;
	struct kf_case c = { .process = &ask->process };
	int64_t began_s = kf_now_s(), waited_s;
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	*allowed = false;
	*path = ask->place.log.path;
	out->place = ask->place;
	out->by = ask->process.operated_by;
	status = kf_audit_open(&out->w, &ask->place, why);
	/* What ended while another one wrote has ended. */
	waited_s = kf_now_s() - began_s;
	out->place.now_s += waited_s > 0 ? waited_s : 0;
	c.now_s = out->place.now_s;
	if (status == KF_OK)
		status = kf_dossier_files(d, path, &ask->papers, ask->env,
					  why);
	if (status == KF_OK) {
		*path = ask->place.log.path;
		c.policy = &d->policy;
		c.request = &d->request;
		c.approval = d->approval;
		c.num_approvals = d->num_approvals;
		c.rebuild = d->rebuild;
		c.num_rebuilds = d->num_rebuilds;
		c.history = &out->w.audit.history;
		kf_decide(decision, &c);
		*allowed = decision->ruling == KF_RULED_ALLOWED;
		status = *allowed ? act(out, decision, ask, why)
			: refuse(out, ask, decision->ruling, why);
	}
	if (status != KF_OK)
		*allowed = false;
	if (!*allowed)
		kf_approved_drop(out);
	return status;
}

enum kf_status kf_approved_end(struct kf_approved *approved,
			       const struct kf_outcome *outcome,
			       struct kf_fault *why)
{
	struct kf_record r = {
		.kind = KF_RECORD_RESULT, .by = approved->by,
		.intent = approved->intent, .done = outcome->done,
		.reason = outcome->reason, .made = outcome->made,
	};
	uint64_t index;
	enum kf_status status = put(&index, &approved->w, &r, &approved->place,
				    why);

	kf_approved_drop(approved);
	return status;
}

void kf_approved_drop(struct kf_approved *approved)
{
	kf_audit_close_writer(&approved->w);
}
