/* keyfit fleet: the devices of a fleet, and what each of them trusts.
 *
 * The first operand says what to do. What is stored is stored by jobs/fleet;
 * here it is asked for and shown.
 */
#include "fleet_ask.h"
#include "say.h"

#include "host/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kf_option options[] = {
	KF_ASK_FLEET,
	KF_ASK_GROUP,
	KF_ASK_INSTALLED,
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "import: the rules of devices that name none themselves" },
	{ "certificate", KF_VALUE_FILE, "FILE", true,
	  "import: a certificate that osquery names by its digest" },
	{ "store", KF_VALUE_FILE, "FILE", false,
	  "show: write the device's trust store there, for --device" },
	{ "csv", KF_VALUE_NONE, NULL, false, "export, list: CSV" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit fleet import devices.csv --fleet fleet.db",
	"keyfit fleet list --group beta --fleet fleet.db",
	"keyfit fleet show gw-0001 --fleet fleet.db",
	"keyfit fleet release add 2026.11 shimx64.efi --fleet fleet.db",
	"keyfit fleet export --fleet fleet.db >fleet.jsonl",
	NULL,
};

/* telling is who is told of lines that are not taken. */
struct telling {
	const char *path;
};

static void tell_bad(void *self, const char *path, uint64_t line,
		     const struct kf_fault *fault)
{
	char subject[4096];

	(void)self;
	kf_progress("", 0, 0);
	if (line)
		snprintf(subject, sizeof(subject), "%s:%" PRIu64, path, line);
	else
		snprintf(subject, sizeof(subject), "%s", path);
	kf_say_fault(subject, fault);
}

static void tell_progress(void *self, uint64_t done, uint64_t all)
{
	const struct telling *t = self;

	if (all)
		kf_progress(t->path, done, all);
}

static void count_json(struct kf_output *out, const char *path,
		       const struct kf_import_count *c)
{
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_foreign(&json, "file", kf_text(path));
	kf_json_number(&json, "records", c->records);
	kf_json_number(&json, "added", c->added);
	kf_json_number(&json, "changed", c->changed);
	kf_json_number(&json, "same", c->same);
	kf_json_number(&json, "older", c->older);
	kf_json_number(&json, "refused", c->refused);
	kf_json_number(&json, "classes", c->classes);
	kf_json_close(&json);
	kf_output_text(out, "\n");
}

static void count_text(struct kf_output *out, const char *path,
		       const struct kf_import_count *c)
{
	kf_output_shown(out, kf_text(path));
	kf_output_print(out, ": %" PRIu64 " records: %" PRIu64 " devices new, %"
			PRIu64 " changed, %" PRIu64 " as before, %" PRIu64
			" older than what is known, %" PRIu64 " refused; %"
			PRIu64 " classes new\n", c->records, c->added,
			c->changed, c->same, c->older, c->refused,
			c->classes);
}

/* import_one takes one file. */
static int import_one(struct kf_fleet *fleet, const char *path,
		      const struct kf_ask *how, bool json,
		      struct kf_output *out)
{
	struct telling t = { path };
	const struct kf_import_told told = { tell_bad, tell_progress, &t };
	struct kf_fault why = { "", "" };
	struct kf_import_count count;
	enum kf_status done = kf_fleet_import(fleet, &count, path, how,
					      kf_now_s(), &told, &why);

	kf_progress("", 0, 0);
	if (done != KF_OK) {
		/* What was taken before stays, and is told. */
		int put = kf_put_answer(out);
		int status = kf_say_failure(path, done, &why);

		return put == KF_EXIT_FITS ? status : put;
	}
	if (json)
		count_json(out, path, &count);
	else
		count_text(out, path, &count);
	return count.refused ? KF_EXIT_NOT : KF_EXIT_FITS;
}

/* import takes the files, each by itself. */
static int import(struct kf_fleet *fleet, const struct kf_arguments *a)
{
	struct kf_setting *certificate = calloc(a->num_given + 1,
						sizeof(*certificate));
	struct kf_ask how = { .rules = kf_argument(a, "rules"),
			      .trust = certificate };
	bool json = kf_argument(a, "json");
	struct kf_output out = { 0 };
	int status = KF_EXIT_FITS, put;

	if (!certificate) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	for (size_t n = 0; n < a->num_given; n++)
		if (strcmp(a->given[n].option->name, "certificate") == 0)
			certificate[how.num_trust++] = (struct kf_setting){
				"db", a->given[n].value };
	for (size_t n = 1; n < a->num_operands && status < KF_EXIT_USAGE;
	     n++) {
		int one = import_one(fleet, a->operand[n], &how, json, &out);

		status = one != KF_EXIT_FITS ? one : status;
	}
	free(certificate);
	if (status >= KF_EXIT_USAGE)
		return status;
	put = kf_put_answer(&out);
	return put == KF_EXIT_FITS ? status : put;
}

static int forget(struct kf_fleet *fleet, const struct kf_arguments *a)
{
	if (a->num_operands < 2) {
		kf_say(NULL, "no device to forget",
		       "usage: keyfit fleet forget DEVICE... --fleet FLEET");
		return KF_EXIT_USAGE;
	}
	for (size_t n = 1; n < a->num_operands; n++) {
		struct kf_fault why = { "", "" };
		enum kf_status status = kf_fleet_forget(fleet, a->operand[n],
							&why);

		if (status != KF_OK)
			return kf_say_failure(a->operand[n], status, &why);
	}
	return KF_EXIT_FITS;
}

static int release_usage(void)
{
	kf_say(NULL, "what about a release?",
	       "usage: keyfit fleet release add NAME FILE... | release remove NAME | release list");
	return KF_EXIT_USAGE;
}

static int release_add(struct kf_fleet *fleet, const struct kf_arguments *a,
		       const struct kf_crypto *crypto)
{
	struct telling t = { NULL };
	const struct kf_import_told told = { tell_bad, tell_progress, &t };
	struct kf_fault why = { "", "" };
	struct kf_work work = { 0 };
	enum kf_status status = kf_work_open(&work, KF_ARENA_LEN, crypto,
					     kf_now_s(), &why);

	if (status == KF_OK)
		status = kf_fleet_release_put(fleet, a->operand[2],
					      a->operand + 3,
					      a->num_operands - 3, &work,
					      &told, &why);
	kf_work_close(&work);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, &why);
}

static int release(struct kf_fleet *fleet, const struct kf_arguments *a,
		   const struct kf_crypto *crypto)
{
	const char *verb = a->num_operands > 1 ? a->operand[1] : "";
	struct kf_fault why = { "", "" };
	enum kf_status status;

	if (strcmp(verb, "list") == 0)
		return kf_fleet_list_releases(fleet, a);
	if (strcmp(verb, "add") == 0 && a->num_operands > 3)
		return release_add(fleet, a, crypto);
	if (strcmp(verb, "remove") != 0 || a->num_operands != 3)
		return release_usage();
	status = kf_fleet_release_drop(fleet, a->operand[2], &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(a->operand[2], status, &why);
}

/* use_of tells what a noun needs of the fleet. */
static bool use_of(enum kf_db_use *use, const struct kf_arguments *a)
{
	static const struct {
		const char *noun;
		enum kf_db_use use;
	} nouns[] = {
		{ "import", KF_DB_MAKE }, { "list", KF_DB_READ },
		{ "show", KF_DB_READ }, { "classes", KF_DB_READ },
		{ "export", KF_DB_READ }, { "forget", KF_DB_WRITE },
		{ "release", KF_DB_WRITE },
	};
	const char *noun = a->num_operands ? a->operand[0] : "";

	for (size_t n = 0; n < sizeof(nouns) / sizeof(nouns[0]); n++)
		if (strcmp(nouns[n].noun, noun) == 0) {
			*use = nouns[n].use;
			if (a->num_operands > 1 && *use == KF_DB_WRITE &&
			    strcmp(a->operand[1], "list") == 0)
				*use = KF_DB_READ;
			return true;
		}
	kf_say(noun[0] ? noun : NULL, noun[0] ? "is nothing to do with a fleet"
	       : "what is to be done with the fleet?",
	       "there are import, list, show, classes, release, export, forget");
	return false;
}

static int act(struct kf_fleet *fleet, const struct kf_arguments *a,
	       const struct kf_crypto *crypto)
{
	const char *noun = a->operand[0];

	if (strcmp(noun, "import") == 0 && a->num_operands < 2) {
		kf_say(NULL, "no file to import",
		       "usage: keyfit fleet import FILE... --fleet FLEET");
		return KF_EXIT_USAGE;
	}
	if (strcmp(noun, "import") == 0)
		return import(fleet, a);
	if (strcmp(noun, "list") == 0)
		return kf_fleet_list(fleet, a);
	if (strcmp(noun, "show") == 0)
		return kf_fleet_show(fleet, a);
	if (strcmp(noun, "classes") == 0)
		return kf_fleet_list_classes(fleet, a);
	if (strcmp(noun, "export") == 0)
		return kf_fleet_export(fleet, a);
	if (strcmp(noun, "forget") == 0)
		return forget(fleet, a);
	return release(fleet, a, crypto);
}

static int run(const struct kf_arguments *arguments)
{
	struct kf_fault why = { "", "" };
	const struct kf_crypto *crypto;
	struct kf_fleet *fleet = NULL;
	enum kf_db_use use;
	int status;

	if (!use_of(&use, arguments))
		return KF_EXIT_USAGE;
	crypto = kf_openssl_open(&why);
	if (!crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	status = kf_ask_fleet(&fleet, arguments, use, crypto);
	if (status == KF_EXIT_FITS)
		status = act(fleet, arguments, crypto);
	kf_fleet_close(fleet);
	kf_openssl_close(crypto);
	return status;
}

const struct kf_command kf_cmd_fleet = {
	.operands = "import|list|show|classes|release|export|forget [ARGUMENT...]",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
