/* The audit log, read from its start.
 */
#include "audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLICY_ARENA = 4 << 20 };

enum kf_status kf_audit_find(struct kf_audit *audit, uint64_t seq,
			     const char *format, ...)
{
	struct kf_audit_finding *f;
	va_list args;

	if (!audit->finding)
		audit->finding = calloc(KF_AUDIT_FINDINGS_MAX, sizeof(*f));
	if (!audit->finding)
		return KF_NO_MEMORY;
	if (audit->num_findings++ >= KF_AUDIT_FINDINGS_MAX)
		return KF_OK;
	f = &audit->finding[audit->num_findings - 1];
	f->seq = seq;
	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	return KF_OK;
}

/* room makes room for one more in a list. */
static void *room(void *list, size_t num, size_t *has, size_t size)
{
	size_t more = *has ? 2 * *has : 64;
	void *out;

	if (num < *has)
		return list;
	out = realloc(list, more * size);
	if (out)
		*has = more;
	return out;
}

static enum kf_status add_past(struct kf_audit *a, const struct kf_record *r)
{
	const struct kf_request *q = &a->dossier.request;
	struct kf_past *past = room(a->past, a->history.num_past,
				    &a->room_past, sizeof(*past));

	if (!past)
		return KF_NO_MEMORY;
	a->past = past;
	a->history.past = past;
	past[a->history.num_past++] = (struct kf_past){
		.request = q->sha256, .key = q->key, .artifact = q->artifact,
		.action = q->action, .state = KF_PAST_OPEN,
		.time_s = r->time_s, .policy_version = a->policy.version,
		.index = r->seq,
	};
	return KF_OK;
}

static enum kf_status add_spent(struct kf_audit *a)
{
	const struct kf_dossier *d = &a->dossier;

	for (size_t i = 0; i < d->num_approvals; i++) {
		struct kf_spent *spent = room(a->spent, a->history.num_spent,
					      &a->room_spent, sizeof(*spent));

		if (!spent)
			return KF_NO_MEMORY;
		a->spent = spent;
		a->history.spent = spent;
		if (!d->approval[i].malformed)
			spent[a->history.num_spent++] = (struct kf_spent){
				d->approval[i].nonce, d->request.sha256,
			};
	}
	return KF_OK;
}

static enum kf_status add_keys(struct kf_audit *a)
{
	const struct kf_policy *p = &a->policy;

	for (size_t i = 0; i < p->num_keys; i++) {
		bool there = false;
		struct kf_hash *key;

		for (size_t k = 0; k < a->num_keys; k++)
			there = there || kf_hash_same(&a->key[k],
						      &p->key[i].spki);
		if (there)
			continue;
		key = room(a->key, a->num_keys, &a->room_keys, sizeof(*key));
		if (!key)
			return KF_NO_MEMORY;
		a->key = key;
		key[a->num_keys++] = p->key[i].spki;
	}
	return KF_OK;
}

/* take_policy reads one beside that which counts, and lets it count. */
static enum kf_status take_policy(struct kf_audit *a,
				  const struct kf_record *r)
{
	struct kf_work *work = &a->policies_in[!a->current];
	const struct kf_policy *old = a->policy.version ? &a->policy : NULL;
	struct kf_policy_signers signers = { 0, 0 };
	struct kf_fault unread = { 0 };
	struct kf_sealed sealed;
	struct kf_policy policy;
	struct kf_bytes text;
	enum kf_ruling ruling;
	enum kf_status status;

	kf_work_again(work, 0);
	if (!kf_arena_keep(&work->arena, &text, r->policy))
		return KF_NO_MEMORY;
	status = kf_policy_open(&policy, &sealed, &signers.own, text,
				&work->env, &unread);
	if (status == KF_OK && old)
		status = kf_sealed_signers(&signers.old, &sealed, old,
					   &work->env);
	if (status == KF_WRONG_USE)
		return kf_audit_find(a, r->seq, "%.180s", unread.what);
	if (status != KF_OK)
		return status;
	ruling = kf_policy_decide(&policy, old, &signers);
	if (ruling != KF_RULED_ALLOWED)
		return kf_audit_find(a, r->seq, "the policy does not hold: %s",
				     kf_ruling_words(ruling));
	a->current = !a->current;
	a->policy = policy;
	a->history.has_policy = true;
	a->history.policy = policy.sha256;
	a->policies++;
	return add_keys(a);
}

/* decide_again decides on an intent as if it were asked for now. */
static enum kf_status decide_again(struct kf_audit *a,
				   const struct kf_record *r)
{
	const struct kf_request *q = &a->dossier.request;
	const struct kf_process process = {
		r->by, q->action, q->environment, q->artifact,
		q->artifact_len, q->format, q->key, q->variable, q->append,
		q->at_s, q->payload,
	};
	struct kf_case c = {
		&a->policy, q, a->dossier.approval, a->dossier.num_approvals,
		&a->history, &process, a->dossier.rebuild,
		a->dossier.num_rebuilds, r->time_s,
	};
	struct kf_decision d;

	kf_decide(&d, &c);
	if (d.ruling != KF_RULED_ALLOWED)
		return kf_audit_find(a, r->seq, "should not have been allowed: %s",
				     kf_ruling_words(d.ruling));
	if (d.open)
		return kf_audit_find(a, r->seq, "is the intent of record %" PRIu64 " once more",
				     d.open->index);
	return KF_OK;
}

/* read_plainly reads a request and approvals without asking who signed. */
static enum kf_status read_plainly(struct kf_audit *a,
				   const struct kf_record *r,
				   struct kf_fault *unread)
{
	struct kf_dossier *d = &a->dossier;
	struct kf_env *env = &a->work.env;
	struct kf_sealed sealed;
	enum kf_status status = kf_sealed_read(&sealed, r->request,
					       KF_STATEMENT_PAYLOAD, env,
					       unread);

	if (status == KF_OK)
		status = kf_request_read(&d->request, &sealed, env, unread);
	for (size_t i = 0; i < r->num_approvals && status == KF_OK; i++) {
		status = kf_sealed_read(&sealed, r->approval[i],
					KF_STATEMENT_PAYLOAD, env, unread);
		if (status == KF_OK)
			status = kf_approval_read(&d->approval[i], &sealed,
						  env, unread);
		d->num_approvals += status == KF_OK;
	}
	return status;
}

static enum kf_status read_closely(struct kf_audit *a,
				   const struct kf_record *r,
				   struct kf_fault *unread)
{
	struct kf_dossier *d = &a->dossier;
	enum kf_status status = kf_dossier_request(d, r->request, &a->work.env,
						   unread);

	for (size_t i = 0; i < r->num_approvals && status == KF_OK; i++)
		status = kf_dossier_approval(d, r->approval[i], &a->work.env,
					     unread);
	for (size_t i = 0; i < r->num_rebuilds && status == KF_OK; i++)
		status = kf_dossier_rebuild(d, r->rebuild[i], &a->work.env,
					    unread);
	return status;
}

static enum kf_status take_intent(struct kf_audit *a,
				  const struct kf_record *r)
{
	struct kf_fault unread = { 0 };
	enum kf_status status;

	a->intents++;
	a->dossier.policy = a->policy;
	a->dossier.num_approvals = 0;
	a->dossier.num_rebuilds = 0;
	status = a->again ? read_closely(a, r, &unread)
			  : read_plainly(a, r, &unread);
	if (status == KF_WRONG_USE)
		return kf_audit_find(a, r->seq, "%.180s", unread.what);
	if (status == KF_OK && a->again)
		status = decide_again(a, r);
	if (status == KF_OK)
		status = add_past(a, r);
	return status == KF_OK ? add_spent(a) : status;
}

static enum kf_status take_result(struct kf_audit *a,
				  const struct kf_record *r)
{
	a->results++;
	for (size_t i = a->history.num_past; i-- > 0;) {
		struct kf_past *p = &a->past[i];

		if (p->index != r->intent)
			continue;
		if (p->state != KF_PAST_OPEN)
			return kf_audit_find(a, r->seq, "is one more result of record %" PRIu64,
					     r->intent);
		p->state = r->done ? KF_PAST_DONE : KF_PAST_FAILED;
		p->made = r->made;
		return KF_OK;
	}
	return kf_audit_find(a, r->seq, "is the result of record %" PRIu64 ", which is no intent",
			     r->intent);
}

static enum kf_status take(struct kf_audit *a, const struct kf_record *r)
{
	switch (r->kind) {
	case KF_RECORD_POLICY:
		return take_policy(a, r);
	case KF_RECORD_INTENT:
		return take_intent(a, r);
	case KF_RECORD_RESULT:
		return take_result(a, r);
	case KF_RECORD_REFUSAL:
		a->refusals++;
		break;
	case KF_RECORD_NONE:
		break;
	}
	return KF_OK;
}

static enum kf_status each(void *self, uint64_t index, struct kf_bytes entry)
{
	struct kf_audit *a = self;
	struct kf_fault unread = { 0 };
	struct kf_record r;
	enum kf_status status;

	a->records++;
	kf_work_again(&a->work, 0);
	status = kf_record_read(&r, entry, &a->work.env, &unread);
	if (status == KF_WRONG_USE)
		return kf_audit_find(a, index, "%.180s", unread.what);
	if (status == KF_OK && r.seq != index)
		status = kf_audit_find(a, index, "says that it is record %" PRIu64,
				       r.seq);
	r.seq = index;
	if (status == KF_OK && r.time_s < a->history.last_s)
		status = kf_audit_find(a, index, "is older than an intent in front of it");
	if (status == KF_OK)
		status = take(a, &r);
	/* Of an intent alone: it was made while its request lasted, so that a
	 * clock that was wrong once cannot stop the log for ever. */
	if (r.kind == KF_RECORD_INTENT && r.time_s > a->history.last_s)
		a->history.last_s = r.time_s;
	if (status == KF_OK && a->told)
		a->told(a->self, &r, &a->dossier);
	return status;
}

enum kf_status kf_audit_read(struct kf_audit *a, struct kf_tlog *log,
			     struct kf_fault *why)
{
	const struct kf_tlog_visitor visitor = { each, a };
	enum kf_status status = KF_OK;

	a->crypto = log->crypto;
	for (int i = 0; i < 2 && status == KF_OK; i++)
		status = kf_work_open(&a->policies_in[i], POLICY_ARENA,
				      log->crypto, 0, why);
	if (status == KF_OK)
		status = kf_work_open(&a->work, KF_ARENA_LEN, log->crypto, 0,
				      why);
	if (status == KF_OK && !log->wrong.what[0])
		status = kf_tlog_scan(log, &visitor, why);
	if (status == KF_NO_MEMORY)
		kf_fault_say(why, NULL, "out of memory");
	return status;
}

void kf_audit_close(struct kf_audit *a)
{
	for (int i = 0; i < 2; i++)
		kf_work_close(&a->policies_in[i]);
	kf_work_close(&a->work);
	free(a->past);
	free(a->spent);
	free(a->key);
	free(a->finding);
	memset(a, 0, sizeof(*a));
}
