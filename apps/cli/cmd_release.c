/* keyfit release: a folder of files with its manifest, which tells what they
 * are, who signed them and which devices take them.
 */
#include "ask.h"
#include "fleet_ask.h"
#include "release.h"
#include "say.h"
#include "seal.h"

#include <stdlib.h>
#include <string.h>

static const struct kf_option options[] = {
	{ "key", KF_VALUE_FILE, "KEY", false,
	  "make: the private key that signs the manifest; verify: the public one" },
	KF_ASK_PIN,
	{ "product", KF_VALUE_ANY, "NAME", false,
	  "make: the product; verify: which one it has to be" },
	{ "version", KF_VALUE_ANY, "TEXT", false,
	  "make: the version; verify: which one it has to be" },
	{ "counter", KF_VALUE_ANY, "NUMBER", false,
	  "make: the security counter, against rollback" },
	KF_ASK_DEVICES,
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "the verifier's profile, as edk2-2025.02 or rauc-1.8" },
	KF_ASK_TRUST,
	KF_ASK_SET,
	KF_ASK_FLEET,
	KF_ASK_GROUP,
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "when it is made, and judged: 2028-05-15, 2028-05-15T12:00:00Z, @SECONDS" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit release make release/ --product gateway --version 4.2.0 --counter 7 --key 'pkcs11:token=release;object=manifest' --pin-source env:PIN --device gateway.json",
	"keyfit release make release/ --product gateway --version 4.2.0 --key manifest.key --fleet fleet.db",
	"keyfit release verify release/ --key manifest.pub --product gateway",
	"keyfit release show release/",
	NULL,
};

static const char usage_line[] =
	"usage: keyfit release make FOLDER --product NAME --version TEXT --key KEY, keyfit release verify FOLDER --key KEY, keyfit release show FOLDER";

/* word is what the first operand may be. */
static const struct word {
	const char *name;
	int (*run)(struct kf_releasing *q);
	const char *without;	/* options that it does not take, in commas */
} words[] = {
	{ "make", kf_release_make, "," },
	{ "verify", kf_release_verify, ",pin-source,counter," },
	{ "show", kf_release_show,
	  ",key,pin-source,product,version,counter,device,rules,trust,set,fleet,group,at," },
};

static const struct word *find(const struct kf_arguments *a)
{
	for (size_t i = 0; a->num_operands == 2 &&
	     i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(a->operand[0], words[i].name) == 0)
			return &words[i];
	kf_say(a->num_operands == 2 ? a->operand[0] : NULL,
	       a->num_operands == 2 ? "make, verify or show?"
				    : "which folder, and what of it?",
	       usage_line);
	return NULL;
}

/* fitting refuses options that the word does not take, and a fleet beside what
 * it has itself. */
static int fitting(const struct kf_arguments *a, const struct word *word)
{
	for (size_t i = 0; i < a->num_given; i++) {
		const struct kf_option *o = a->given[i].option;
		char name[32] = ",";

		strncat(name, o->name, sizeof(name) - 3);
		strcat(name, ",");
		if (!strstr(word->without, name))
			continue;
		kf_say(o->name, "does not go with this word", o->title);
		return KF_EXIT_USAGE;
	}
	if (kf_argument(a, "group") && !kf_argument(a, "fleet")) {
		kf_say("--group", "of which fleet?", "--fleet FLEET");
		return KF_EXIT_USAGE;
	}
	if (kf_argument(a, "fleet") &&
	    (kf_argument(a, "trust") || kf_argument(a, "set") ||
	     kf_argument(a, "rules"))) {
		kf_say(NULL, "a fleet has its own devices and rules",
		       "leave --rules, --trust and --set out, or --fleet");
		return KF_EXIT_USAGE;
	}
	return KF_EXIT_FITS;
}

/* asking refuses what is about devices where none is asked. */
static int asking(const struct kf_arguments *a, const struct word *word)
{
	bool judges = kf_argument(a, "rules") || kf_argument(a, "set") ||
		      (word->run == kf_release_verify && kf_argument(a, "at"));

	if (!judges || kf_argument(a, "device") || kf_argument(a, "trust") ||
	    kf_argument(a, "fleet"))
		return KF_EXIT_FITS;
	kf_say(NULL, word->run == kf_release_verify
	       ? "--rules, --set and --at are about devices, and none is named"
	       : "--rules and --set are about devices, and none is named",
	       "--device DEVICE, --trust NAME=FILE or --fleet FLEET");
	return KF_EXIT_USAGE;
}

static int prepare(struct kf_releasing *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status;

	q->folder = q->arguments->operand[1];
	q->as_json = kf_argument(q->arguments, "json") != NULL;
	if (kf_argument_time(&q->at_s, q->arguments) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	q->manifest = kf_release_path(q->folder, KF_RELEASE_NAME);
	if (!q->manifest)
		return kf_say_failure(NULL, KF_NO_MEMORY, &why);
	q->crypto = kf_openssl_open(&why);
	if (!q->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	status = kf_work_open(&q->work, KF_ARENA_LEN, q->crypto, q->at_s,
			      &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, &why);
}

static void release(struct kf_releasing *q)
{
	for (size_t i = 0; i < q->num_findings; i++) {
		free(q->finding[i].path);
		free(q->finding[i].more);
	}
	free(q->finding);
	for (size_t i = 0; i < q->num_devices; i++)
		kf_device_close(&q->device[i]);
	free(q->class);
	kf_fleet_close(q->fleet);
	kf_manifest_close(&q->told);
	kf_release_close(&q->release);
	kf_output_close(&q->out);
	kf_work_close(&q->work);
	kf_openssl_close(q->crypto);
	free(q->manifest);
}

static int run(const struct kf_arguments *arguments)
{
	static struct kf_releasing q;
	const struct word *word = find(arguments);
	int status;

	if (!word)
		return KF_EXIT_USAGE;
	q.arguments = arguments;
	status = fitting(arguments, word);
	if (status == KF_EXIT_FITS)
		status = asking(arguments, word);
	if (status == KF_EXIT_FITS)
		status = prepare(&q);
	if (status == KF_EXIT_FITS)
		status = word->run(&q);
	release(&q);
	return status;
}

const struct kf_command kf_cmd_release = {
	.operands = "make FOLDER | verify FOLDER | show FOLDER",
	.operand_kind = KF_VALUE_FILE,
	.max_operands = 2,
	.options = options,
	.examples = examples,
	.run = run,
};
