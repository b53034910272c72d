/* keyfit audit-log verify, show: all of the log decided again, and held against
 * checkpoints that were kept elsewhere; or told, record by record.
 */
#include "audit_log.h"
#include "say.h"

#include "host/replace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* verifying is one log, and what is held against it. */
struct verifying {
	struct kf_audit_run *a;
	struct kf_note_key key;
	struct kf_note_key witness[KF_AUDIT_WITNESSES_MAX];
	size_t num_witnesses;
	struct kf_tlog log;
	struct kf_audit audit;
	size_t num_seen;
};

static void find(void *self, const uint64_t *seq, const char *what)
{
	struct verifying *v = self;
	struct kf_output *out = &v->a->base.out;
	struct kf_json json = { .out = out };

	v->a->finding = true;
	if (v->a->base.as_json) {
		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "kind", "finding");
		if (seq)
			kf_json_number(&json, "seq", *seq);
		else
			kf_json_text(&json, "seq", NULL);
		kf_json_foreign(&json, "what", kf_text(what));
		kf_json_close(&json);
		kf_output_text(out, "\n");
		return;
	}
	if (seq)
		kf_output_print(out, "record %" PRIu64 ": ", *seq);
	else
		kf_output_text(out, "the log: ");
	kf_output_shown(out, kf_text(what));
	kf_output_text(out, "\n");
}

/* by_witnesses tells whether each witness has signed a checkpoint. */
static bool by_witnesses(struct verifying *v, const struct kf_checkpoint *c)
{
	struct kf_env *env = &v->a->base.work.env;
	struct kf_note_said said;

	for (size_t i = 0; i < v->num_witnesses; i++)
		if (kf_note_ask(&said, &c->note, &v->witness[i], env) !=
		    KF_OK || said.answer != KF_YES)
			return false;
	return true;
}

/* ask_signers asks the log and the witnesses about a checkpoint that was
 * kept. */
static int ask_signers(struct verifying *v, const char *path,
		       const struct kf_checkpoint *c)
{
	struct kf_env *env = &v->a->base.work.env;
	struct kf_note_said said;

	if (!kf_equal(c->origin, v->key.name) ||
	    kf_note_ask(&said, &c->note, &v->key, env) != KF_OK ||
	    said.answer != KF_YES) {
		kf_say(path, "is no checkpoint of this log, by its key", NULL);
		return KF_EXIT_USAGE;
	}
	if (by_witnesses(v, c))
		return KF_EXIT_FITS;
	kf_say(path, "is not signed by each witness", NULL);
	return KF_EXIT_USAGE;
}

static int hold_seen(struct verifying *v, const char *path)
{
	struct kf_damage damage = { NULL, 0 };
	struct kf_checkpoint c;
	struct kf_fault why = { 0 };
	struct kf_proof proof;
	struct kf_bytes text;
	enum kf_status done;
	int status = kf_approve_read(&text, &v->a->base, path);

	if (status != KF_EXIT_FITS)
		return status;
	if (!kf_checkpoint_read(&c, text, &damage)) {
		kf_say(path, "is no checkpoint", NULL);
		return KF_EXIT_USAGE;
	}
	status = ask_signers(v, path, &c);
	if (status != KF_EXIT_FITS || v->log.wrong.what[0])
		return status;
	v->num_seen++;
	if (c.size > v->log.checkpoint.size) {
		char what[120];

		snprintf(what, sizeof(what), "its end was cut off: it had %" PRIu64 " records, and has %" PRIu64,
			 c.size, v->log.checkpoint.size);
		find(v, NULL, what);
		return KF_EXIT_FITS;
	}
	done = kf_tlog_prove_since(&proof, &v->log, c.size, &c.root, &why);
	if (done != KF_OK)
		return kf_say_failure(v->a->path, done, &why);
	if (v->log.wrong.what[0])
		find(v, NULL, "it is another one than was seen: it does not go on from a checkpoint that was kept");
	memset(&v->log.wrong, 0, sizeof(v->log.wrong));
	return KF_EXIT_FITS;
}

static int hold_all(struct verifying *v)
{
	const struct kf_arguments *args = v->a->base.arguments;
	const char *keep = kf_argument(args, "remember");
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < args->num_given && status == KF_EXIT_FITS; i++)
		if (strcmp(args->given[i].option->name, "seen") == 0)
			status = hold_seen(v, args->given[i].value);
	if (status == KF_EXIT_FITS && keep && access(keep, F_OK) == 0)
		status = hold_seen(v, keep);
	if (status == KF_EXIT_FITS && keep && !v->log.wrong.what[0] &&
	    !by_witnesses(v, &v->log.checkpoint))
		find(v, NULL, "its checkpoint is not signed by each witness, and is not remembered");
	return status;
}

/* fitting refuses what nothing would be held against. */
static int fitting(const struct kf_arguments *args)
{
	const char *what = NULL;

	if (kf_argument(args, "witness") && !kf_argument(args, "seen") &&
	    !kf_argument(args, "remember"))
		what = "--witness goes with --seen or --remember";
	if (kf_argument(args, "ledger-key") && !kf_argument(args, "ledger"))
		what = "--ledger-key goes with --ledger";
	if (!what)
		return KF_EXIT_FITS;
	kf_say(NULL, what, NULL);
	return KF_EXIT_USAGE;
}

static int open_log(struct verifying *v)
{
	const struct kf_arguments *args = v->a->base.arguments;
	struct kf_fault why = { 0 };
	enum kf_status done;
	const char *key;
	int status = kf_approve_option(&key, &v->a->base, "log-key",
				       "which key is the log's?");

	if (status == KF_EXIT_FITS)
		status = kf_audit_log_key(&v->key, v->a, key);
	for (size_t i = 0; i < args->num_given && status == KF_EXIT_FITS;
	     i++) {
		if (strcmp(args->given[i].option->name, "witness") != 0)
			continue;
		if (v->num_witnesses == KF_AUDIT_WITNESSES_MAX) {
			kf_say(NULL, "too many witnesses", NULL);
			return KF_EXIT_USAGE;
		}
		status = kf_audit_log_key(&v->witness[v->num_witnesses++],
					  v->a, args->given[i].value);
	}
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_tlog_open(&v->log, v->a->path, &v->key, v->a->base.crypto,
			    &why);
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(v->a->path, done, &why);
}

static int read_log(struct verifying *v)
{
	struct kf_fault why = { 0 };
	enum kf_status done = kf_audit_read(&v->audit, &v->log, &why);

	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(v->a->path, done, &why);
}

static int reconcile(struct verifying *v)
{
	const char *path = kf_argument(v->a->base.arguments, "ledger");

	return path && !v->log.wrong.what[0]
		? kf_audit_log_ledger(v->a, &v->audit, path, find, v)
		: KF_EXIT_FITS;
}

static void tell_findings(struct verifying *v)
{
	const struct kf_audit *audit = &v->audit;

	for (size_t i = 0; i < audit->num_findings &&
	     i < KF_AUDIT_FINDINGS_MAX; i++)
		find(v, &audit->finding[i].seq, audit->finding[i].text);
	if (audit->num_findings > KF_AUDIT_FINDINGS_MAX)
		find(v, NULL, "there are more findings than are told");
	for (size_t i = 0; i < audit->history.num_past; i++)
		if (audit->past[i].state == KF_PAST_OPEN)
			find(v, &audit->past[i].index,
			     audit->past[i].action == KF_ACTION_SIGN
			     ? "is an intent without a result: something may have been signed"
			     : "stops a key, and no result says that it was done");
}

static void tell_counts(struct verifying *v)
{
	const struct kf_audit *audit = &v->audit;
	struct kf_output *out = &v->a->base.out;
	struct kf_json json = { .out = out };

	if (v->a->base.as_json) {
		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "kind", "log");
		kf_json_yes_no(&json, "good", !v->a->finding);
		kf_json_number(&json, "records", audit->records);
		kf_json_number(&json, "policies", audit->policies);
		kf_json_number(&json, "intents", audit->intents);
		kf_json_number(&json, "results", audit->results);
		kf_json_number(&json, "refusals", audit->refusals);
		kf_json_number(&json, "checkpoints_seen", v->num_seen);
		kf_json_close(&json);
		kf_output_text(out, "\n");
		return;
	}
	kf_output_print(out, "%s  ", v->a->finding ? "NOT GOOD" : "GOOD");
	kf_output_shown(out, kf_text(v->a->path));
	kf_output_print(out, ": %" PRIu64 " records, %" PRIu64 " policies, %" PRIu64 " intents, %" PRIu64 " results, %" PRIu64 " refusals\n",
			audit->records, audit->policies, audit->intents,
			audit->results, audit->refusals);
}

/* remember keeps the checkpoint of today, where nothing was found. */
static int remember(struct verifying *v)
{
	const char *path = kf_argument(v->a->base.arguments, "remember");

	if (!path || v->a->finding)
		return KF_EXIT_FITS;
	return kf_approve_write(&v->a->base, path,
				v->log.checkpoint.note.whole);
}

int kf_audit_log_verify(struct kf_audit_run *a)
{
	static struct verifying v;
	bool kept = kf_argument(a->base.arguments, "remember");
	int status;

	v.a = a;
	v.audit.again = true;
	v.log.folder = -1;
	status = fitting(a->base.arguments);
	if (status == KF_EXIT_FITS)
		status = open_log(&v);
	if (status != KF_EXIT_FITS)
		return status;
	status = read_log(&v);
	if (status == KF_EXIT_FITS && v.log.wrong.what[0])
		find(&v, NULL, v.log.wrong.what);
	if (status == KF_EXIT_FITS)
		status = hold_all(&v);
	if (status == KF_EXIT_FITS)
		tell_findings(&v);
	if (status == KF_EXIT_FITS)
		status = reconcile(&v);
	if (status == KF_EXIT_FITS) {
		tell_counts(&v);
		status = remember(&v);
	}
	if (status == KF_EXIT_FITS && !v.num_seen && !kept) {
		kf_say(a->path, "whether its end was cut off is not known",
		       "--remember FILE keeps a checkpoint; --seen FILE holds one against it");
		a->unknown = true;
	}
	kf_audit_close(&v.audit);
	kf_tlog_close(&v.log);
	return status;
}

static void show_request(struct kf_output *out, const struct kf_audit *audit,
			 const struct kf_dossier *d)
{
	const struct kf_request *q = &d->request;

	kf_output_print(out, "%s ", kf_action_names[q->action]);
	kf_output_shown(out, kf_text(q->artifact_name));
	kf_output_text(out, " ");
	kf_output_hex(out, kf_view(q->artifact.bytes, 6));
	if (q->action == KF_ACTION_SIGN) {
		kf_output_text(out, ", ");
		kf_output_shown(out, kf_text(q->product));
		kf_output_text(out, " ");
		kf_output_shown(out, kf_text(q->version));
	}
	if (q->variable) {
		kf_output_text(out, q->append ? ", added to " : ", in place of ");
		kf_output_shown(out, kf_text(q->variable));
	}
	for (size_t i = 0; i < audit->policy.num_keys; i++)
		if (kf_hash_same(&audit->policy.key[i].spki, &q->key)) {
			kf_output_text(out, ", key ");
			kf_output_shown(out,
					kf_text(audit->policy.key[i].name));
		}
	kf_output_text(out, ", asked by ");
	kf_output_shown(out, kf_text(q->requester));
	kf_output_text(out, ", approved by");
	for (size_t i = 0; i < d->num_approvals; i++) {
		size_t n = d->approval[i].signer;

		kf_output_text(out, " ");
		kf_output_shown(out, kf_text(n < audit->policy.num_people
					     ? audit->policy.person[n].name
					     : "?"));
	}
}

/* show_record tells one record in one line. */
static void show_record(void *self, const struct kf_record *r,
			const struct kf_dossier *d)
{
	struct verifying *v = self;
	struct kf_output *out = &v->a->base.out;
	char time[24];

	kf_time_write(time, r->time_s);
	kf_output_print(out, "%" PRIu64 "  %s  %s  by ", r->seq, time,
			kf_record_names[r->kind]);
	kf_output_shown(out, kf_text(r->by));
	kf_output_text(out, ": ");
	switch (r->kind) {
	case KF_RECORD_POLICY:
		kf_output_shown(out, kf_text(v->audit.policy.name
					     ? v->audit.policy.name : "?"));
		kf_output_print(out, ", version %" PRIu64,
				v->audit.policy.version);
		break;
	case KF_RECORD_INTENT:
		show_request(out, &v->audit, d);
		break;
	case KF_RECORD_RESULT:
		kf_output_print(out, "%s, of record %" PRIu64,
				r->done ? "done" : "failed", r->intent);
		if (r->reason) {
			kf_output_text(out, ": ");
			kf_output_shown(out, kf_text(r->reason));
		}
		break;
	case KF_RECORD_REFUSAL:
		kf_output_print(out, "request ");
		kf_output_hex(out, kf_view(r->refused.bytes, 6));
		kf_output_text(out, ", ");
		kf_output_shown(out, kf_text(r->ruling));
		break;
	case KF_RECORD_NONE:
		break;
	}
	kf_output_text(out, "\n");
}

static void json_request(struct kf_json *json, const struct kf_audit *audit,
			 const struct kf_dossier *d)
{
	const struct kf_request *q = &d->request;

	kf_json_hex(json, "request_sha256", kf_hash_view(&q->sha256));
	kf_json_text(json, "action", kf_action_names[q->action]);
	kf_json_foreign(json, "artifact", kf_text(q->artifact_name));
	kf_json_hex(json, "artifact_sha256", kf_hash_view(&q->artifact));
	kf_json_hex(json, "key_spki_sha256", kf_hash_view(&q->key));
	kf_json_text(json, "environment",
		     kf_environment_names[q->environment]);
	if (q->action == KF_ACTION_SIGN) {
		kf_json_foreign(json, "product", kf_text(q->product));
		kf_json_foreign(json, "version", kf_text(q->version));
		kf_json_number(json, "counter", q->counter);
	}
	if (q->variable) {
		kf_json_foreign(json, "variable", kf_text(q->variable));
		kf_json_text(json, "change", q->append ? "append" : "replace");
		kf_json_time(json, "timestamp", q->at_s);
	}
	kf_json_foreign(json, "requester", kf_text(q->requester));
	kf_json_open(json, "approvers", '[');
	for (size_t i = 0; i < d->num_approvals; i++) {
		size_t n = d->approval[i].signer;

		if (n < audit->policy.num_people)
			kf_json_foreign(json, NULL,
					kf_text(audit->policy.person[n].name));
	}
	kf_json_close(json);
}

static void json_record(void *self, const struct kf_record *r,
			const struct kf_dossier *d)
{
	static const struct kf_hash none;
	struct verifying *v = self;
	struct kf_json json = { .out = &v->a->base.out };

	kf_json_open(&json, NULL, '{');
	kf_json_number(&json, "seq", r->seq);
	kf_json_time(&json, "time", r->time_s);
	kf_json_text(&json, "kind", kf_record_names[r->kind]);
	kf_json_foreign(&json, "by", kf_text(r->by));
	if (r->kind == KF_RECORD_POLICY) {
		kf_json_hex(&json, "policy_sha256",
			    kf_hash_view(&v->audit.policy.sha256));
		kf_json_number(&json, "version", v->audit.policy.version);
	} else if (r->kind == KF_RECORD_INTENT) {
		json_request(&json, &v->audit, d);
	} else if (r->kind == KF_RECORD_RESULT) {
		kf_json_number(&json, "intent", r->intent);
		kf_json_text(&json, "outcome", r->done ? "done" : "failed");
		if (r->reason)
			kf_json_foreign(&json, "reason", kf_text(r->reason));
		if (!kf_hash_same(&r->made, &none))
			kf_json_hex(&json, "made_sha256",
				    kf_hash_view(&r->made));
	} else if (r->kind == KF_RECORD_REFUSAL) {
		kf_json_hex(&json, "request_sha256",
			    kf_hash_view(&r->refused));
		kf_json_foreign(&json, "ruling", kf_text(r->ruling));
	}
	kf_json_close(&json);
	kf_output_text(&v->a->base.out, "\n");
}

int kf_audit_log_show(struct kf_audit_run *a)
{
	static struct verifying v;
	int status;

	v.a = a;
	v.audit.again = true;
	v.audit.told = a->base.as_json ? json_record : show_record;
	v.audit.self = &v;
	v.log.folder = -1;
	status = open_log(&v);
	if (status != KF_EXIT_FITS)
		return status;
	status = read_log(&v);
	if (status == KF_EXIT_FITS &&
	    (v.log.wrong.what[0] || v.audit.num_findings)) {
		kf_say(a->path, v.log.wrong.what[0] ? v.log.wrong.what
		       : "its records do not hold together",
		       "keyfit audit-log verify tells more");
		a->finding = true;
	}
	kf_audit_close(&v.audit);
	kf_tlog_close(&v.log);
	return status;
}
