/* keyfit audit: which keys are not secret, weak or at their end, and which
 * settings let everything pass, in files, in folders and on a device.
 */
#include "ask.h"
#include "audit.h"
#include "newest.h"
#include "say.h"

#include "host/walk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DAY_S = 24 * 60 * 60,
	SOON_DAYS = 180,
	SOON_MAX = 100000,
};

static const struct kf_option options[] = {
	KF_ASK_DEVICE,
	KF_ASK_TRUST,
	KF_ASK_SET,
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "audit as of another time: 2028-05-15, 2028-05-15T12:00:00Z, @SECONDS" },
	{ "within", KF_VALUE_ANY, "DAYS", false,
	  "tell certificates that end within so many days (180)" },
	{ "newest", KF_VALUE_FILE, "FILE", true,
	  "a newer table: DBXUpdate.bin, dbx_info_msft JSON, SbatLevel_Variable.txt, keys as CSV" },
	{ "fail-on", KF_VALUE_ANY, "SEVERITY", false,
	  "which findings make the exit status 1: low (all of them), medium, high" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit audit",
	"keyfit audit release/",
	"keyfit audit --device OVMF_VARS_4M.ms.fd --fail-on medium",
	"keyfit audit --newest DBXUpdate.bin --newest SbatLevel_Variable.txt",
	"keyfit audit shimx64.efi --trust pk=PK.esl --trust db=db.esl --json",
	NULL,
};

static int read_time(struct kf_auditing *q, const struct kf_arguments *args)
{
	const char *days = kf_argument(args, "within");
	unsigned long num = SOON_DAYS;
	char *end = NULL;

	if (kf_argument_time(&q->audit.at_s, args) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	if (days)
		num = strtoul(days, &end, 10);
	if (days && (end == days || *end || days[0] == '-' ||
		     num > SOON_MAX)) {
		kf_say(days, "is no number of days",
		       "a number from 0 to 100000");
		return KF_EXIT_USAGE;
	}
	q->audit.soon_s = (int64_t)num * DAY_S;
	return KF_EXIT_FITS;
}

static int read_severity(struct kf_auditing *q,
			 const struct kf_arguments *args)
{
	static const char *const names[] = { NULL, "low", "medium", "high" };
	const char *name = kf_argument(args, "fail-on");

	q->fail_on = KF_LOW;
	if (!name)
		return KF_EXIT_FITS;
	for (int s = KF_LOW; s <= KF_HIGH; s++)
		if (strcmp(names[s], name) == 0) {
			q->fail_on = (enum kf_severity)s;
			return KF_EXIT_FITS;
		}
	kf_say(name, "is no severity", "low, medium or high");
	return KF_EXIT_USAGE;
}

/* asks_device tells whether a device is looked at: one that is named, or this
 * machine where nothing else is. */
static bool asks_device(const struct kf_arguments *args)
{
	return args->num_operands == 0 || kf_argument(args, "device") ||
	       kf_argument(args, "trust") || kf_argument(args, "set");
}

/* names_shim tells whether a part is given that the firmware does not have. */
static bool names_shim(const struct kf_arguments *args)
{
	const struct kf_rules *edk2 = kf_rules_find("edk2");

	for (size_t i = 0; edk2 && i < args->num_given; i++) {
		const char *value = args->given[i].value;
		const char *const *part = edk2->verifier->parts;
		size_t len = strcspn(value, "=");

		if (strcmp(args->given[i].option->name, "trust") != 0)
			continue;
		while (*part && (strlen(*part) != len ||
				 strncmp(*part, value, len) != 0))
			part++;
		if (!*part)
			return true;
	}
	return false;
}

/* open_device: where parts are given, rules only say which ones there are. */
static int open_device(struct kf_auditing *q, const struct kf_arguments *args)
{
	bool shim = !kf_argument(args, "device") && names_shim(args);

	return kf_ask_device(&q->device, args, shim ? "shim" : NULL,
			     q->crypto, q->audit.at_s);
}

static void look_at_device(struct kf_auditing *q)
{
	for (size_t i = 0; i < q->device.num_verifiers; i++) {
		q->path = NULL;
		q->verifier = &q->device.verifier[i];
		q->audit.status = KF_OK;
		kf_work_again(&q->work, 0);
		kf_audit_store(&q->audit, &q->verifier->store,
			       q->verifier->rules->verifier, i == 0 ? NULL :
			       &q->device.verifier[i - 1].store);
		if (q->audit.status == KF_OK)
			continue;
		kf_say(q->device.name, kf_status_text(q->audit.status), NULL);
		q->fault = true;
	}
}

static void folder_unread(void *self, const char *path, const char *why)
{
	struct kf_auditing *q = self;

	q->path = path;
	kf_audit_show_unread(q, "the folder or file", why);
}

static void look_at_operand(struct kf_auditing *q, const char *path)
{
	const struct kf_walk_sink sink = {
		.file = kf_audit_walk_file,
		.unread = folder_unread,
		.self = q,
	};
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		kf_audit_open_file(q, path);
	} else if (kf_walk(path, &sink) != KF_OK) {
		kf_say(path, "out of memory", NULL);
		q->fault = true;
	}
}

static int flush(struct kf_auditing *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_output_flush(&q->out, STDOUT_FILENO, &why);

	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure("stdout", status, &why);
}

static int look(struct kf_auditing *q, const struct kf_arguments *args)
{
	int status = KF_EXIT_FITS;

	if (asks_device(args))
		status = open_device(q, args);
	if (status != KF_EXIT_FITS)
		return status;
	look_at_device(q);
	for (size_t i = 0; i < args->num_operands; i++) {
		look_at_operand(q, args->operand[i]);
		status = flush(q);
		if (status != KF_EXIT_FITS)
			return status;
	}
	kf_audit_show_end(q);
	status = flush(q);
	if (status != KF_EXIT_FITS || q->fault)
		return KF_EXIT_FAULT;
	return q->grave ? KF_EXIT_NOT :
	       q->num_unread ? KF_EXIT_UNKNOWN : KF_EXIT_FITS;
}

static int prepare(struct kf_auditing *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status;

	q->crypto = kf_openssl_open(&why);
	if (!q->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	status = kf_work_open(&q->work, KF_ARENA_LEN, q->crypto,
			      q->audit.at_s, &why);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	kf_known_start(&q->known);
	q->audit.known = &q->known;
	q->audit.env = &q->work.env;
	q->audit.found = kf_audit_show_finding;
	q->audit.unread = kf_audit_show_unread;
	q->audit.untold = kf_audit_show_untold;
	q->audit.self = q;
	return KF_EXIT_FITS;
}

static int run(const struct kf_arguments *arguments)
{
	static struct kf_auditing q;
	int status = read_time(&q, arguments);

	q.as_json = kf_argument(arguments, "json");
	if (status == KF_EXIT_FITS)
		status = read_severity(&q, arguments);
	if (status == KF_EXIT_FITS)
		status = prepare(&q);
	if (status == KF_EXIT_FITS)
		status = kf_newest_read(&q.known, &q.tables, arguments);
	if (status == KF_EXIT_FITS)
		status = look(&q, arguments);
	kf_output_close(&q.out);
	kf_output_close(&q.untold);
	kf_device_close(&q.device);
	kf_work_close(&q.work);
	kf_openssl_close(q.crypto);
	free(q.tables.base);
	return status;
}

const struct kf_command kf_cmd_audit = {
	.operands = "[FILE|FOLDER]...",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
