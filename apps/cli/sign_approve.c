/* Signing under a policy: everything is decided again from files alone, and the
 * intent is in the audit log before the key signs. The file is written before
 * its result: who is killed in between has both by the same command.
 */
#include "sign.h"

#include "audit_log.h"
#include "say.h"

#include <string.h>

enum { WAIT_S = 60 };

/* ruled is one signing under a policy. */
struct ruled {
	struct kf_audit_run run;
	struct kf_signing_key key;	/* of the log */
	struct kf_tlog_signer signer;
	struct kf_approved approved;
	const char *by;
	const char *approval[KF_APPROVALS_MAX];
	const char *rebuild[KF_REBUILDS_MAX];
	bool started;
	bool open;			/* an intent waits for its result */
};

static struct ruled ruled;

bool kf_sign_is_ruled(const struct kf_sign_run *s)
{
	static const char *const words[] = {
		"policy", "request", "approval", "audit-log", "audit-key",
		"as", "environment", "rebuild",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (kf_argument(s->arguments, words[i]))
			return true;
	return false;
}

/* read_words takes what all of it takes: a part is not passed over. */
static int read_words(struct ruled *r, struct kf_approved_ask *ask)
{
	struct kf_approve *base = &r->run.base;
	const struct kf_arguments *a = base->arguments;
	const char *environment = NULL;
	int status = kf_approve_option(&ask->papers.policy, base, "policy",
				       "which policy?");

	if (status == KF_EXIT_FITS)
		status = kf_approve_option(&ask->papers.request, base,
					   "request", "which request?");
	if (status == KF_EXIT_FITS)
		status = kf_approve_option(&r->run.path, base, "audit-log",
					   "which audit log?");
	if (status == KF_EXIT_FITS)
		status = kf_approve_option(&r->by, base, "as", "who are you?");
	if (status == KF_EXIT_FITS)
		status = kf_approve_option(&environment, base, "environment",
					   "which environment is this?");
	if (status == KF_EXIT_FITS)
		status = kf_approve_given(r->approval,
					  &ask->papers.num_approvals, a,
					  "approval", KF_APPROVALS_MAX);
	if (status == KF_EXIT_FITS)
		status = kf_approve_given(r->rebuild,
					  &ask->papers.num_rebuilds, a,
					  "rebuild", KF_REBUILDS_MAX);
	for (int i = 1; environment && kf_environment_names[i]; i++)
		if (strcmp(environment, kf_environment_names[i]) == 0)
			ask->process.environment = (enum kf_environment)i;
	if (status == KF_EXIT_FITS && !ask->process.environment) {
		kf_say(environment, "--environment is production, test or legacy",
		       NULL);
		status = KF_EXIT_USAGE;
	}
	ask->papers.approval = r->approval;
	ask->papers.rebuild = r->rebuild;
	ask->process.operated_by = r->by;
	return status;
}

/* open_log gets ready to write to the log. */
static int open_log(struct ruled *r, struct kf_approved_ask *ask)
{
	struct kf_approve *base = &r->run.base;
	const char *name = NULL;
	struct kf_fault why = { 0 };
	enum kf_status done;
	int status = kf_audit_log_name(&name, &r->run);

	if (status == KF_EXIT_FITS)
		status = kf_approve_key(&r->key, base, "audit-key", NULL);
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_tlog_signer_of(&r->signer, &r->key, name, base->crypto,
				 &why);
	ask->place = (struct kf_audit_place){
		{ r->run.path, WAIT_S }, &r->signer, base->crypto, kf_now_s(),
	};
	ask->dossier = &base->dossier;
	ask->env = &base->work.env;
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(r->run.path, done, &why);
}

/* decide holds the request against what is here: the copy that is signed, the
 * format, the key. */
static int decide(struct ruled *r, struct kf_sign_run *s,
		  struct kf_approved_ask *ask)
{
	struct kf_process *p = &ask->process;
	struct kf_decision decision = { 0 };
	struct kf_fault why = { 0 };
	const char *path = NULL;
	struct kf_digest sha256;
	bool allowed = false;
	enum kf_status done = kf_file_digest(&sha256, &s->copy.source,
					     &s->work.env);

	if (done == KF_OK && (sha256.len != sizeof(p->artifact.bytes) ||
			      s->key.key.sha256.len != sizeof(p->key.bytes)))
		done = KF_NO_CRYPTO;
	if (done == KF_OK)
		done = kf_approve_payload(&p->payload, &s->copy.source,
					  s->maker->name, s->crypto, &why);
	if (done != KF_OK)
		return kf_say_failure(s->path, done, &why);
	memcpy(p->artifact.bytes, sha256.bytes, sizeof(p->artifact.bytes));
	memcpy(p->key.bytes, s->key.key.sha256.bytes, sizeof(p->key.bytes));
	p->artifact_len = s->copy.source.size;
	p->action = KF_ACTION_SIGN;
	p->format = s->maker->name;
	p->variable = s->ask.variable;
	p->append = s->ask.append;
	p->at_s = s->ask.variable ? s->ask.at_s : 0;
	done = kf_approved(&r->approved, &allowed, &decision, &path, ask,
			   &why);
	if (done != KF_OK)
		return kf_say_failure(path ? path : r->run.path, done, &why);
	s->ruling = kf_ruling_slug(decision.ruling);
	s->ruling_words = kf_ruling_words(decision.ruling);
	if (!allowed)
		return KF_EXIT_NOT;
	r->open = true;
	s->is_ruled = true;
	s->record = r->approved.intent;
	return KF_EXIT_FITS;
}

int kf_sign_approved(struct kf_sign_run *s)
{
	struct kf_approved_ask ask = { 0 };
	int status;

	if (!kf_sign_is_ruled(s) || s->ask.dry)
		return KF_EXIT_FITS;
	ruled.started = true;
	status = kf_approve_start(&ruled.run.base, s->arguments);
	if (status == KF_EXIT_FITS)
		status = read_words(&ruled, &ask);
	if (status == KF_EXIT_FITS)
		status = open_log(&ruled, &ask);
	return status == KF_EXIT_FITS ? decide(&ruled, s, &ask) : status;
}

/* dropped words why there is no file. Whether a key that failed has signed is
 * not known. */
static const char *dropped(const struct kf_sign_run *s)
{
	if (!s->making.has_signed)
		return "the key gave no signature";
	if (s->making.unstamped)
		return "what was signed was dropped: it got no time stamp";
	return s->unwritten
		? "what was signed was dropped: it could not be written"
		: "what was signed was dropped: it would not do";
}

int kf_sign_result(struct kf_sign_run *s, int status)
{
	struct kf_outcome outcome = {
		.done = status == KF_EXIT_FITS,
		.by = ruled.by,
	};
	struct kf_fault why = { 0 };
	enum kf_status done;

	if (!ruled.open)
		return status;
	if (status == KF_EXIT_FITS)
		memcpy(outcome.made.bytes, s->sha256.bytes,
		       sizeof(outcome.made.bytes));
	else
		outcome.reason = dropped(s);
	done = kf_approved_end(&ruled.approved, &outcome, &why);
	ruled.open = false;
	if (done == KF_OK)
		return status;
	/* The file stays: its intent is in the log, and tells of it; its result
	 * may be there too, and then nobody signs it again. */
	if (outcome.done)
		kf_say(s->output, "is signed, and its result may not be in the audit log",
		       "run the same command again: it ends what was begun");
	return kf_say_failure(ruled.run.path, done, &why);
}

void kf_sign_ruled_close(void)
{
	if (ruled.open)
		kf_approved_drop(&ruled.approved);
	kf_signing_key_close(&ruled.key);
	if (ruled.started) {
		kf_output_close(&ruled.run.base.out);
		kf_work_close(&ruled.run.base.work);
		kf_openssl_close(ruled.run.base.crypto);
	}
}
