/* keyfit check: would this device take these files?
 *
 * Reads what was asked, then goes from file to file and from verifier to
 * verifier. One arena serves all files in turn. Verdicts are the core's.
 */
#include "ask.h"
#include "inside.h"
#include "log.h"
#include "options.h"
#include "render.h"
#include "say.h"
#include "signer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	HEAD_LEN = 4096,	/* what a format is recognised by */
	DEVICES_MAX = 64,
};

/* question is what was asked, and all that it takes to answer. */
struct question {
	const struct kf_arguments *arguments;
	const struct kf_crypto *crypto;
	struct kf_device device[DEVICES_MAX];
	size_t num_devices;
	struct kf_signer signer;
	struct kf_log log;
	struct kf_work work;
	const struct kf_file *file;	/* the one being judged; NULL: none */
	const struct kf_device *only;	/* whose bundle is looked into; NULL:
					 * no bundle is */
	struct kf_render render;
	struct kf_verdict verdict;
	struct kf_remedy remedy[KF_REMEDIES_MAX];
	struct kf_harms harms[KF_REMEDIES_MAX];
	int64_t at_s;
	bool quiet;
	bool digests;		/* the answers tell the file's digest */
	bool seen[KF_EXIT_FAULT + 1];	/* exit statuses of the pairs */
};

static const struct kf_option options[] = {
	KF_ASK_DEVICES,
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "the verifier and its version, as edk2-2025.02" },
	KF_ASK_TRUST,
	KF_ASK_SET,
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "judge at another time: 2028-05-15, 2028-05-15T12:00:00Z, @SECONDS" },
	{ "signed-by", KF_VALUE_FILE, "CERTIFICATE", false,
	  "as if this certificate had signed the file, and nobody else" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ "sarif", KF_VALUE_NONE, NULL, false, "one SARIF 2.1.0 document" },
	{ "junit", KF_VALUE_NONE, NULL, false, "one JUnit XML document" },
	{ "log", KF_VALUE_FILE, "FILE", false,
	  "append one JSON event for each verdict" },
	{ "quiet", KF_VALUE_NONE, NULL, false,
	  "write no answer: the exit status is it" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit check shimx64.efi",
	"keyfit check shimx64.efi grubx64.efi --device OVMF_VARS_4M.ms.fd",
	"keyfit check shimx64.efi --rules edk2 --trust db=db.esl --trust dbx=none",
	"keyfit check --signed-by new-key.pem --device OVMF_VARS_4M.ms.fd",
	NULL,
};

/* pick_form finds the form that was asked for. Fails: 2. */
static int pick_form(struct question *q)
{
	static const struct kf_form *const forms[] = {
		&kf_form_json, &kf_form_sarif, &kf_form_junit,
	};

	q->render.form = &kf_form_text;
	q->quiet = kf_argument(q->arguments, "quiet");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!kf_argument(q->arguments, forms[i]->name))
			continue;
		if (q->render.form != &kf_form_text || q->quiet) {
			kf_say(NULL, "one form of answer at a time",
			       "choose one of --json, --sarif, --junit, --quiet");
			return KF_EXIT_USAGE;
		}
		q->render.form = forms[i];
	}
	q->digests = q->render.form != &kf_form_text ||
		     kf_argument(q->arguments, "log");
	return KF_EXIT_FITS;
}

static int check_operands(const struct kf_arguments *arguments)
{
	size_t num_stdin = 0;

	for (size_t i = 0; i < arguments->num_operands; i++)
		num_stdin += strcmp(arguments->operand[i], "-") == 0;
	if (num_stdin > 1) {
		kf_say("-", "standard input can be read once", NULL);
		return KF_EXIT_USAGE;
	}
	if (arguments->num_operands || kf_argument(arguments, "signed-by"))
		return KF_EXIT_FITS;
	kf_say(NULL, "no artifact", "usage: keyfit check ARTIFACT... [OPTION...]");
	return KF_EXIT_USAGE;
}

/* ask_device opens one device of those that were given. */
static int ask_device(struct question *q, const struct kf_given *given)
{
	struct kf_device *device = &q->device[q->num_devices];
	int status;

	if (q->num_devices == DEVICES_MAX) {
		kf_say(given->value, "is one device too many", NULL);
		return KF_EXIT_USAGE;
	}
	status = kf_ask_one(device, q->arguments, given, q->crypto, q->at_s);
	if (status != KF_EXIT_FITS)
		return status;
	q->num_devices++;
	return kf_ask_judged(device);
}

static int ask_devices(struct question *q)
{
	const struct kf_arguments *all = q->arguments;
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < all->num_given && status == KF_EXIT_FITS; i++)
		if (strcmp(all->given[i].option->name, "device") == 0)
			status = ask_device(q, &all->given[i]);
	return status == KF_EXIT_FITS && q->num_devices == 0
		? ask_device(q, NULL) : status;
}

/* prepare gets everything ready that all pairs share. */
static int prepare(struct question *q)
{
	struct kf_fault why = { 0 };
	const char *signer = kf_argument(q->arguments, "signed-by");
	const char *log = kf_argument(q->arguments, "log");
	enum kf_status status = KF_OK;

	q->crypto = kf_openssl_open(&why);
	if (!q->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	if (signer)
		status = kf_signer_read(&q->signer, signer, q->crypto, &why);
	if (status != KF_OK)
		return kf_say_failure(signer, status, &why);
	if (log)
		status = kf_log_open(&q->log, log, &why);
	if (status != KF_OK)
		return kf_say_failure(log, status, &why);
	status = kf_work_open(&q->work, KF_ARENA_LEN, q->crypto, q->at_s,
			      &why);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	return ask_devices(q);
}

/* fault: this pair could not be judged, or with no verifier none of this
 * file's; the others go on. */
static void fault(struct question *q, const char *path,
		  const struct kf_pair *pair, enum kf_status status,
		  const struct kf_fault *why)
{
	struct kf_fault words = *why;

	if (!words.what[0])
		kf_fault_say(&words, NULL, "%s", kf_status_text(status));
	kf_say_fault(path, &words);
	if (q->render.form->fault)
		q->render.form->fault(&q->render, path, pair ? pair->device
				      : q->device, pair ? pair->verifier
				      : NULL, &words);
	q->seen[KF_EXIT_FAULT] = true;
}

/* tell writes one answer and logs it. */
static void tell(struct question *q, const struct kf_pair *pair)
{
	struct kf_fault why = { 0 };

	if (q->log.path && kf_log_verdict(&q->log, pair, &why) != KF_OK) {
		kf_say_fault(q->log.path, &why);
		q->seen[KF_EXIT_FAULT] = true;
	}
	if (!q->quiet)
		q->render.form->pair(&q->render, pair);
}

static void note(struct question *q, enum kf_answer answer)
{
	q->seen[answer == KF_ACCEPT ? KF_EXIT_FITS :
		answer == KF_REJECT ? KF_EXIT_NOT : KF_EXIT_UNKNOWN] = true;
}

/* is_asked: a file that is made for some verifiers of a device goes to no other
 * one of it. */
static bool is_asked(const struct kf_device *device, size_t verifier,
		     const struct kf_format *format)
{
	return !kf_inside_takes(device, format) ||
	       kf_verifier_takes(device->verifier[verifier].rules->verifier,
				 format);
}

/* look_elsewhere asks one other verifier about one remedy. Each has a budget of
 * its own: their number is bounded. */
static void look_elsewhere(struct question *q, struct kf_artifact *artifact,
			   size_t remedy, const struct kf_device *device,
			   const struct kf_device_verifier *verifier)
{
	struct kf_elsewhere other = { artifact, &verifier->store,
				      verifier->rules, device->name };
	struct kf_env env = q->work.env;
	struct kf_harms *harms = &q->harms[remedy];

	/* What could not be asked may be a harm. */
	if (kf_harms_look(harms, &q->remedy[remedy], &other, &env) != KF_OK)
		harms->more = true;
}

/* look_around asks all other verifiers that were given what each remedy does
 * to them. */
static void look_around(struct question *q, struct kf_pair *pair,
			struct kf_artifact *artifact)
{
	memset(q->harms, 0, sizeof(q->harms));
	pair->harms = q->harms;
	for (size_t n = 0; n < q->num_devices * pair->num_remedies; n++) {
		const struct kf_device *d = &q->device[n % q->num_devices];
		size_t remedy = n / q->num_devices;

		for (size_t v = 0; v < d->num_verifiers; v++)
			if (kf_remedy_is_file(&q->remedy[remedy]) &&
			    &d->verifier[v] != pair->verifier &&
			    is_asked(d, v, artifact->format))
				look_elsewhere(q, artifact, remedy, d,
					       &d->verifier[v]);
	}
}

/* judge answers for one verifier. What it took of the arena is given back. */
static void judge(struct question *q, struct kf_pair *pair,
		  struct kf_artifact *artifact)
{
	const struct kf_device_verifier *verifier = pair->verifier;
	struct kf_fault why = { 0 };
	enum kf_status status;

	kf_artifact_prepare(artifact, verifier->rules, &q->work.env);
	status = kf_check(&q->verdict, artifact, &verifier->store,
			  verifier->rules, &q->work.env);
	if (status == KF_OK)
		status = kf_remedies(q->remedy, KF_REMEDIES_MAX,
				     &pair->num_remedies, artifact,
				     &verifier->store, verifier->rules,
				     &q->verdict, &q->work.env);
	/* The answer stands where there are no steps left to seek remedies. */
	if (status == KF_TOO_MUCH && q->verdict.answer != KF_UNDECIDED)
		status = KF_OK;
	if (status == KF_OK && q->file && !kf_file_same(q->file))
		status = KF_CANNOT_READ;
	if (status != KF_OK) {
		fault(q, pair->path, pair, status, &why);
		return;
	}
	note(q, q->verdict.answer);
	look_around(q, pair, artifact);
	tell(q, pair);
}

/* say_sealed answers for those who would judge what is in a bundle, where
 * that cannot be looked into. */
static void say_sealed(struct question *q, struct kf_pair *pair,
		       const struct kf_fault *why)
{
	const struct kf_format *format = pair->artifact->format;

	for (size_t i = 0; i < pair->device->num_verifiers; i++) {
		pair->verifier = &pair->device->verifier[i];
		if (kf_verifier_takes(pair->verifier->rules->verifier, format))
			continue;
		memset(&q->verdict, 0, sizeof(q->verdict));
		q->verdict.outcome = "unknown";
		q->verdict.why.reason = kf_reason_find("contents-unknown");
		q->verdict.why.num_evidence = 1;
		q->verdict.why.evidence[0].kind = KF_EV_TEXT;
		q->verdict.why.evidence[0].text = why->what;
		pair->num_remedies = 0;
		note(q, KF_UNDECIDED);
		tell(q, pair);
	}
}

static void judge_source(struct question *q, const char *path,
			 const struct kf_source *source,
			 const struct kf_format *format);

/* take_inner judges a file that a bundle holds. */
static void take_inner(void *self, const char *path,
		       const struct kf_source *source,
		       const struct kf_format *format)
{
	struct question *q = self;
	size_t used = q->work.arena.used;

	kf_work_more(&q->work, source->size);
	judge_source(q, path, source, format);
	q->work.arena.used = used;
}

/* look_inside has what a bundle holds judged by those of one device's
 * verifiers that will meet it. */
static void look_inside(struct question *q, struct kf_pair *pair)
{
	const struct kf_artifact *artifact = pair->artifact;
	struct kf_inside_found found = { 0 };
	struct kf_contents contents = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (q->only || artifact->status != KF_OK ||
	    !kf_inside_takes(pair->device, artifact->format) ||
	    !kf_inside_matters(pair->device, artifact->format))
		return;
	artifact->format->contents(artifact, &contents);
	q->only = pair->device;
	status = kf_inside(&found, pair->device, &contents, artifact->source,
			   pair->path, take_inner, q, &why);
	q->only = NULL;
	if (status == KF_CANNOT_READ)
		say_sealed(q, pair, &why);
	else if (status != KF_OK)
		fault(q, pair->path, pair, status, &why);
	else if (found.unsearched.what[0])
		say_sealed(q, pair, &found.unsearched);
	else if (found.num_files == 0 && !q->quiet)
		kf_say(pair->path, "holds no file that the device's other verifiers judge",
		       NULL);
}

/* judge_source asks all verifiers of all devices about one file, or about
 * none. */
static void judge_source(struct question *q, const char *path,
			 const struct kf_source *source,
			 const struct kf_format *format)
{
	struct kf_artifact artifact;
	struct kf_fault why = { 0 };
	struct kf_pair pair = {
		.path = path,
		.artifact = &artifact,
		.verdict = &q->verdict,
		.remedy = q->remedy,
		.at_s = q->at_s,
		.env = &q->work.env,
	};
	enum kf_status status = KF_OK;

	kf_artifact_read(&artifact, format, source, &q->work.env);
	artifact.suppose = q->signer.certificate;
	artifact.num_suppose = q->signer.num;
	if (source && q->digests)
		status = kf_file_digest(&pair.sha256, source, &q->work.env);
	if (status != KF_OK)
		fault(q, path, NULL, status, &why);
	for (size_t d = 0; status == KF_OK && d < q->num_devices; d++) {
		pair.device = &q->device[d];
		if (q->only && q->only != pair.device)
			continue;
		for (size_t i = 0; i < pair.device->num_verifiers; i++) {
			pair.verifier = &pair.device->verifier[i];
			if (is_asked(pair.device, i, format))
				judge(q, &pair, &artifact);
		}
		look_inside(q, &pair);
	}
	kf_artifact_close(&artifact, &q->work.env);
}

/* judge_file opens a file and finds its format. */
static void judge_file(struct question *q, const char *path)
{
	struct kf_fault why = { 0 };
	struct kf_file file = { 0 };
	uint8_t head[HEAD_LEN];
	size_t len = sizeof(head);
	enum kf_status status = kf_file_open(&file, path, &why);

	if (status == KF_OK && file.source.size < len)
		len = (size_t)file.source.size;
	if (status == KF_OK && len &&
	    !file.source.read_at(file.source.self, 0, head, len))
		status = KF_CANNOT_READ;
	if (status == KF_OK) {
		kf_work_again(&q->work, file.source.size);
		q->file = &file;
		judge_source(q, path, &file.source,
			     kf_format_of(kf_view(head, len),
					  &file.source));
	} else {
		fault(q, path, NULL, status, &why);
	}
	q->file = NULL;
	kf_file_close(&file);
}

/* flush writes what is there. Fails: 4. */
static int flush(struct question *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_output_flush(&q->render.out, STDOUT_FILENO,
						&why);

	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure("stdout", status, &why);
}

static int answer(struct question *q)
{
	static const int order[] = { KF_EXIT_FAULT, KF_EXIT_NOT,
				     KF_EXIT_UNKNOWN, KF_EXIT_FITS };
	const struct kf_arguments *arguments = q->arguments;
	const struct kf_form *form = q->render.form;
	int status = KF_EXIT_FITS;

	if (form->begin)
		form->begin(&q->render);
	if (arguments->num_operands == 0)
		judge_source(q, NULL, NULL, NULL);
	for (size_t i = 0; i < arguments->num_operands; i++) {
		judge_file(q, arguments->operand[i]);
		if (!form->whole)
			status = flush(q);
		if (status != KF_EXIT_FITS)
			return status;
	}
	if (form->end)
		form->end(&q->render);
	if (flush(q) != KF_EXIT_FITS)
		return KF_EXIT_FAULT;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (q->seen[order[i]])
			return order[i];
	return KF_EXIT_FAULT;
}

static int run(const struct kf_arguments *arguments)
{
	static struct question q;
	int status;

	q.arguments = arguments;
	status = pick_form(&q);
	if (status == KF_EXIT_FITS)
		status = kf_argument_time(&q.at_s, q.arguments);
	if (status == KF_EXIT_FITS)
		status = check_operands(arguments);
	if (status == KF_EXIT_FITS)
		status = prepare(&q);
	if (q.render.form == &kf_form_text)
		kf_render_terminal(&q.render);
	if (status == KF_EXIT_FITS)
		status = answer(&q);
	kf_output_close(&q.render.out);
	kf_output_close(&q.render.later);
	for (size_t i = 0; i < q.num_devices; i++)
		kf_device_close(&q.device[i]);
	kf_work_close(&q.work);
	kf_log_close(&q.log);
	kf_signer_close(&q.signer);
	kf_openssl_close(q.crypto);
	return status;
}

const struct kf_command kf_cmd_check = {
	.operands = "ARTIFACT...",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
