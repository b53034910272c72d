/* keyfit audit-log init, append: what writes to the log.
 */
#include "audit_log.h"
#include "say.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_S = 60 };

/* writing is what it takes to write. */
struct writing {
	struct kf_signing_key key;
	struct kf_tlog_signer signer;
	struct kf_audit_place place;
	const char *by;
};

int kf_audit_log_init(struct kf_audit_run *a)
{
	const struct kf_crypto *crypto = a->base.crypto;
	struct kf_signing_key key = { 0 };
	struct kf_tlog_signer signer;
	struct kf_fault why = { 0 };
	struct kf_bytes vkey;
	enum kf_status done;
	const char *name;
	int status = kf_approve_option(&name, &a->base, "name",
				       "what is the log called?");

	if (status == KF_EXIT_FITS)
		status = kf_approve_key(&key, &a->base, "key", NULL);
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_tlog_signer_of(&signer, &key, name, crypto, &why);
	if (done == KF_OK)
		done = kf_tlog_init(a->path, &signer, crypto, &why);
	if (done == KF_OK) {
		vkey = kf_note_key_write(&signer.note, &a->base.work.arena);
		kf_output_add(&a->base.out, (const char *)vkey.data,
			      vkey.len);
		kf_output_text(&a->base.out, "\n");
	}
	kf_signing_key_close(&key);
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(a->path, done, &why);
}

int kf_audit_log_name(const char **out, struct kf_audit_run *a)
{
	char path[4096];
	struct kf_bytes text;
	char *name;
	size_t len = 0;
	int status;

	if (snprintf(path, sizeof(path), "%s/checkpoint", a->path) >=
	    (int)sizeof(path)) {
		kf_say(a->path, "has too long a name", NULL);
		return KF_EXIT_USAGE;
	}
	status = kf_approve_read(&text, &a->base, path);
	if (status != KF_EXIT_FITS)
		return status;
	while (len < text.len && text.data[len] != '\n')
		len++;
	name = kf_arena_take(&a->base.work.arena, len + 1);
	if (!name) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	memcpy(name, text.data, len);
	*out = name;
	return KF_EXIT_FITS;
}

static int prepare(struct writing *w, struct kf_audit_run *a)
{
	struct kf_fault why = { 0 };
	const char *name = NULL;
	enum kf_status done;
	int status = kf_approve_option(&w->by, &a->base, "as", "who are you?");

	if (status == KF_EXIT_FITS)
		status = kf_audit_log_name(&name, a);
	if (status == KF_EXIT_FITS)
		status = kf_approve_key(&w->key, &a->base, "key", NULL);
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_tlog_signer_of(&w->signer, &w->key, name, a->base.crypto,
				 &why);
	w->place = (struct kf_audit_place){
		{ a->path, WAIT_S }, &w->signer, a->base.crypto, kf_now_s(),
	};
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(a->path, done, &why);
}

static int adopt(struct writing *w, struct kf_audit_run *a, const char *path)
{
	static struct kf_audit_writer log;
	enum kf_ruling ruling = KF_RULED_NONE;
	struct kf_fault why = { 0 };
	struct kf_bytes text;
	enum kf_status done;
	const char *subject = a->path;
	int status = kf_approve_read(&text, &a->base, path);

	if (status != KF_EXIT_FITS)
		return status;
	done = kf_audit_open(&log, &w->place, &why);
	if (done == KF_OK) {
		subject = path;
		done = kf_audit_adopt(&ruling, &log, text, w->by, &w->place,
				      &why);
	}
	kf_audit_close_writer(&log);
	if (done != KF_OK)
		return kf_say_failure(subject, done, &why);
	if (ruling != KF_RULED_ALLOWED)
		return kf_approve_refused(path, ruling);
	kf_output_text(&a->base.out, "adopted\n");
	return KF_EXIT_FITS;
}

/* process_of takes what the request says for what is done elsewhere; the
 * artifact and the environment are those of this machine. */
static int process_of(struct kf_process *p, struct kf_audit_run *a,
		      const struct kf_papers *papers)
{
	const char *environment = kf_argument(a->base.arguments,
					      "environment");
	struct kf_request *r = &a->base.dossier.request;
	struct kf_fault why = { 0 };
	struct kf_approve_file file = { 0 };
	const char *artifact, *path = NULL;
	enum kf_status done;
	int status = kf_approve_option(&artifact, &a->base, "artifact",
				       "which artifact?");

	for (int i = 1; environment && kf_environment_names[i]; i++)
		if (strcmp(environment, kf_environment_names[i]) == 0)
			p->environment = (enum kf_environment)i;
	if (status == KF_EXIT_FITS &&
	    p->environment == KF_ENVIRONMENT_NONE) {
		kf_say(environment, "--environment is production, test or legacy",
		       NULL);
		status = KF_EXIT_USAGE;
	}
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_dossier_files(&a->base.dossier, &path, papers,
				&a->base.work.env, &why);
	if (done != KF_OK)
		return kf_say_failure(path, done, &why);
	p->action = r->action;
	p->format = r->format;
	p->variable = r->variable;
	p->append = r->append;
	p->at_s = r->at_s;
	p->key = r->key;
	a->base.dossier.num_approvals = 0;
	a->base.dossier.num_rebuilds = 0;
	status = kf_approve_artifact(&file, &a->base, artifact, r->format,
				     r->format);
	p->artifact = file.sha256;
	p->artifact_len = file.len;
	p->payload = file.payload;
	return status;
}

/* say_owed: until its result is there the request is neither carried out nor
 * given up. */
static void say_owed(struct kf_audit_run *a, const char *by,
		     uint64_t intent)
{
	struct kf_output *out = &a->base.out;

	kf_output_text(out, "  owed     its result, once it is done: keyfit audit-log append ");
	kf_output_shown(out, kf_text(a->path));
	kf_output_text(out, " --key ");
	kf_output_shown(out, kf_text(kf_argument(a->base.arguments, "key")));
	kf_output_text(out, " --as ");
	kf_output_shown(out, kf_text(by));
	kf_output_print(out, " --result %" PRIu64 " --outcome done\n", intent);
}

/* intend tells the ruling as `approve --check` does, and leaves the intent
 * open: what is done now is done elsewhere. */
static int intend(struct writing *w, struct kf_audit_run *a)
{
	static struct kf_approved approved;
	const char *files[KF_APPROVALS_MAX + 1] = {
		kf_argument(a->base.arguments, "request"),
	};
	const char *rebuild[KF_REBUILDS_MAX];
	struct kf_approved_ask ask = {
		.papers = { kf_argument(a->base.arguments, "policy"),
			    files[0], files + 1, 0, rebuild, 0 },
		.process = { .operated_by = w->by },
		.place = w->place, .dossier = &a->base.dossier,
		.env = &a->base.work.env,
	};
	struct kf_decision decision = { 0 };
	struct kf_fault why = { 0 };
	const char *path = NULL;
	bool allowed;
	enum kf_status done;
	struct kf_case c = { &a->base.dossier.policy,
			     &a->base.dossier.request,
			     a->base.dossier.approval, 0, NULL, NULL,
			     a->base.dossier.rebuild, 0, 0 };
	int status = ask.papers.policy ? KF_EXIT_FITS : KF_EXIT_USAGE;

	if (status == KF_EXIT_USAGE)
		kf_say(NULL, "which policy?", "--policy");
	if (status == KF_EXIT_FITS)
		status = kf_approve_given(files + 1, &ask.papers.num_approvals,
					  a->base.arguments, "approval",
					  KF_APPROVALS_MAX);
	if (status == KF_EXIT_FITS)
		status = kf_approve_given(rebuild, &ask.papers.num_rebuilds,
					  a->base.arguments, "rebuild",
					  KF_REBUILDS_MAX);
	if (status == KF_EXIT_FITS)
		status = process_of(&ask.process, a, &ask.papers);
	if (status != KF_EXIT_FITS)
		return status;
	done = kf_approved(&approved, &allowed, &decision, &path, &ask, &why);
	if (done != KF_OK)
		return kf_say_failure(path, done, &why);
	c.num_approvals = a->base.dossier.num_approvals;
	c.num_rebuilds = a->base.dossier.num_rebuilds;
	status = kf_approve_ruling(&a->base, &decision, &c, files, rebuild);
	if (!allowed)
		return status;
	if (!a->base.as_json) {
		kf_output_print(&a->base.out, "  record   %" PRIu64 "%s\n",
				approved.intent, approved.again
				? ", taken up again" : "");
		say_owed(a, w->by, approved.intent);
	}
	kf_approved_drop(&approved);
	return status;
}

static int result(struct writing *w, struct kf_audit_run *a)
{
	static struct kf_audit_writer log;
	const char *word, *made = kf_argument(a->base.arguments, "made");
	struct kf_outcome outcome = {
		.reason = kf_argument(a->base.arguments, "reason"),
		.by = w->by,
	};
	struct kf_fault why = { 0 };
	struct kf_approve_file file = { 0 };
	uint64_t intent;
	enum kf_status done;
	int status = kf_approve_number(&intent, &a->base, "result",
				       INT64_MAX);

	if (status == KF_EXIT_FITS)
		status = kf_approve_option(&word, &a->base, "outcome",
					   "what came of it?");
	if (status == KF_EXIT_FITS && made)
		status = kf_approve_artifact(&file, &a->base, made, false,
					     NULL);
	outcome.made = file.sha256;
	if (status != KF_EXIT_FITS)
		return status;
	outcome.done = strcmp(word, "done") == 0;
	if (!outcome.done && strcmp(word, "failed") != 0) {
		kf_say(word, "is neither done nor failed", NULL);
		return KF_EXIT_USAGE;
	}
	done = kf_audit_open(&log, &w->place, &why);
	if (done == KF_OK)
		done = kf_audit_result(&log, intent, &outcome, &w->place,
				       &why);
	kf_audit_close_writer(&log);
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(a->path, done, &why);
}

int kf_audit_log_append(struct kf_audit_run *a)
{
	static struct writing w;
	const struct kf_arguments *args = a->base.arguments;
	const char *policy = kf_argument(args, "adopt");
	bool request = kf_argument(args, "request");
	bool ends = kf_argument(args, "result");
	int status;

	if (!!policy + request + ends != 1) {
		kf_say(NULL, "what is to be appended?", "one of --adopt, --request, --result");
		return KF_EXIT_USAGE;
	}
	status = kf_arguments_only(args, policy ? "--adopt" : request
				   ? "--request" : "--result", policy
		? "key pin-source as adopt" : request
		? "key pin-source as request approval policy artifact environment rebuild json"
		: "key pin-source as result outcome made reason");
	if (status == KF_EXIT_FITS)
		status = prepare(&w, a);
	if (status == KF_EXIT_FITS)
		status = policy ? adopt(&w, a, policy)
			: request ? intend(&w, a) : result(&w, a);
	kf_signing_key_close(&w.key);
	return status;
}
