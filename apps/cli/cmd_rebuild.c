/* keyfit rebuild: a builder says what it has built; what several have said is
 * held against an artifact; and two files are held against each other.
 *
 * The first operand says what to do.
 */
#include "rebuild.h"
#include "say.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct kf_option options[] = {
	{ "policy", KF_VALUE_FILE, "POLICY", false,
	  "add, check: the policy, whose builders count" },
	KF_APPROVE_SIGNING,
	{ "key", KF_VALUE_ANY, "KEY", false,
	  "add: the builder's key: a file, a pkcs11: URI or a tpm: name" },
	{ "source", KF_VALUE_ANY, "URI", false,
	  "add: where the source is that was built" },
	{ "commit", KF_VALUE_ANY, "HEX", false,
	  "add: the commit of git that was built" },
	{ "started", KF_VALUE_ANY, "TIME", false, "add: when the build began" },
	{ "finished", KF_VALUE_ANY, "TIME", false, "add: when it ended" },
	{ "output", KF_VALUE_FILE, "FILE", false, "add: the statement" },
	{ "format", KF_VALUE_ANY, "FORMAT", false,
	  "check: how the artifact is to be signed, as keyfit sign names it" },
	{ "needed", KF_VALUE_ANY, "NUMBER", false,
	  "check: how many have to agree; 1 without it" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit rebuild add gw.efi --policy policy.json --as lab-a --key lab-a.key --source https://git.example/gw --commit 3f1d0c5b7e0a4c1f9d2e8b6a5c4d3e2f1a0b9c8d --output gw.lab-a.json",
	"keyfit rebuild check gw.efi gw.lab-a.json gw.lab-b.json --policy policy.json --needed 2",
	"keyfit rebuild compare gw.efi theirs/gw.efi",
	NULL,
};

static int usage(const char *subject, const char *what)
{
	kf_say(subject, what, "usage: keyfit rebuild add ARTIFACT, keyfit rebuild check ARTIFACT STATEMENT..., keyfit rebuild compare FILE FILE");
	return KF_EXIT_USAGE;
}

/* take reads the artifact: its digest, and what of it counts. */
static int take(struct kf_built *out, struct kf_approve *a, const char *path,
		const char *format)
{
	const char *slash = strrchr(path, '/');
	struct kf_approve_file file = { 0 };
	int status = kf_approve_artifact(&file, a, path, true, format);

	out->artifact_name = slash && slash[1] ? slash + 1 : path;
	out->artifact = file.sha256;
	out->payload = file.payload;
	return status;
}

static int read_time(int64_t *out, bool *there, struct kf_approve *a,
		     const char *name)
{
	const char *text = kf_argument(a->arguments, name);

	*there = text;
	if (!text || (kf_time_read(out, text) && *out > 0))
		return KF_EXIT_FITS;
	kf_say(text, "is no time", "write 2028-05-15, 2028-05-15T12:00:00Z or @1842004800");
	return KF_EXIT_USAGE;
}

/* read_words takes what the builder tells besides. */
static int read_words(struct kf_built *b, struct kf_approve *a)
{
	size_t len;
	int status = read_time(&b->started_s, &b->has_started, a, "started");

	if (status == KF_EXIT_FITS)
		status = read_time(&b->finished_s, &b->has_finished, a,
				   "finished");
	if (status != KF_EXIT_FITS)
		return status;
	if (b->has_started && b->has_finished &&
	    b->finished_s < b->started_s)
		return usage("--finished", "is before --started");
	b->source = kf_argument(a->arguments, "source");
	b->commit = kf_argument(a->arguments, "commit");
	if (b->source && (!strchr(b->source, ':') || strlen(b->source) > 255))
		return usage(b->source, "is no URI, or too long a one");
	if (!b->commit)
		return KF_EXIT_FITS;
	len = strspn(b->commit, "0123456789abcdef");
	return (len == 40 || len == 64) && !b->commit[len]
	       ? KF_EXIT_FITS
	       : usage(b->commit, "is no commit: 40 or 64 hex digits, a to f small");
}

static int add(struct kf_approve *a)
{
	const struct kf_policy *policy = &a->dossier.policy;
	struct kf_built built = { 0 };
	struct kf_sealed sealed;
	size_t who = 0;
	int status;

	if (a->arguments->num_operands != 2)
		return usage(NULL, "one artifact at a time");
	status = read_words(&built, a);
	if (status == KF_EXIT_FITS)
		status = kf_approve_policy(a);
	if (status == KF_EXIT_FITS)
		status = kf_approve_person(&who, a, policy);
	if (status == KF_EXIT_FITS &&
	    !kf_may(policy->person[who].roles, KF_MAY_REBUILD))
		return kf_approve_refused("the statement",
					  KF_RULED_BUILDER_ROLE);
	if (status == KF_EXIT_FITS)
		status = take(&built, a, a->arguments->operand[1], NULL);
	if (status != KF_EXIT_FITS)
		return status;
	built.builder = policy->person[who].name;
	if (kf_rebuild_write(&sealed, &built, &a->work.env) != KF_OK) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	status = kf_approve_sign(&sealed, a, "key", &policy->person[who]);
	if (status == KF_EXIT_FITS)
		status = kf_approve_seal(a, &sealed);
	if (status != KF_EXIT_FITS ||
	    kf_same(kf_argument(a->arguments, "output"), "-"))
		return status;
	kf_output_text(&a->out, "payload  ");
	kf_approve_told_payload(&a->out, &built.payload);
	return KF_EXIT_FITS;
}

/* checked is what came of a check. */
struct checked {
	const char *path;
	const char *const *statement;
	const struct kf_built *built;
	enum kf_ruling ruling[KF_REBUILDS_MAX];
	uint64_t needed;
	unsigned reached;
};

static void json_checked(struct kf_approve *a, const struct checked *c)
{
	const struct kf_of_artifact *payload = &c->built->payload;
	struct kf_json json = { .out = &a->out };

	kf_json_open(&json, NULL, '{');
	kf_json_foreign(&json, "artifact", kf_text(c->path));
	kf_json_hex(&json, "sha256", kf_hash_view(&c->built->artifact));
	kf_json_text(&json, "payload_kind", kf_payload_names[payload->kind]);
	kf_json_hex(&json, "payload_sha256", kf_hash_view(&payload->sha256));
	kf_json_hex(&json, "policy_sha256",
		    kf_hash_view(&a->dossier.policy.sha256));
	kf_json_yes_no(&json, "agree", c->reached >= c->needed);
	kf_json_number(&json, "rebuilds_needed", c->needed);
	kf_json_number(&json, "rebuilds_reached", c->reached);
	kf_approve_json_rebuilds(&json, &a->dossier.policy,
				 a->dossier.rebuild, c->ruling,
				 a->dossier.num_rebuilds, c->statement);
	kf_json_close(&json);
	kf_output_text(&a->out, "\n");
}

static void text_checked(struct kf_approve *a, const struct checked *c)
{
	kf_output_text(&a->out, c->reached >= c->needed ? "AGREE  "
							: "TOO FEW  ");
	kf_output_shown(&a->out, kf_text(c->path));
	kf_output_text(&a->out, "\n");
	kf_output_text(&a->out, "  payload  ");
	kf_approve_told_payload(&a->out, &c->built->payload);
	kf_output_print(&a->out, "  rebuilt  %u of %" PRIu64 " independent rebuilds agree\n",
			c->reached, c->needed);
	kf_approve_told_rebuilds(a, &a->dossier.policy, a->dossier.rebuild,
				 c->ruling, a->dossier.num_rebuilds,
				 c->statement);
}

static int check(struct kf_approve *a)
{
	const struct kf_arguments *args = a->arguments;
	struct kf_built built = { 0 };
	struct kf_agreeing agreeing = { .policy = &a->dossier.policy };
	struct checked c = { .built = &built, .needed = 1 };
	int status = KF_EXIT_FITS;

	if (args->num_operands < 3)
		return usage(NULL, "which artifact, and which statements?");
	c.path = args->operand[1];
	c.statement = args->operand + 2;
	if (kf_argument(args, "needed"))
		status = kf_approve_number(&c.needed, a, "needed",
					   KF_REBUILDS_MAX);
	if (status == KF_EXIT_FITS && !c.needed)
		return usage("--needed", "is 0: that asks nothing");
	if (status == KF_EXIT_FITS)
		status = kf_approve_policy(a);
	if (status == KF_EXIT_FITS)
		status = take(&built, a, c.path, kf_argument(args, "format"));
	if (status == KF_EXIT_FITS)
		status = kf_approve_rebuilds(a, c.statement,
					     args->num_operands - 2);
	if (status != KF_EXIT_FITS)
		return status;
	agreeing.artifact = built.artifact;
	agreeing.payload = built.payload;
	agreeing.rebuild = a->dossier.rebuild;
	agreeing.num = a->dossier.num_rebuilds;
	c.reached = kf_rebuilds_decide(c.ruling, &agreeing);
	if (a->as_json)
		json_checked(a, &c);
	else
		text_checked(a, &c);
	return c.reached >= c.needed ? KF_EXIT_FITS : KF_EXIT_NOT;
}

static int compare(struct kf_approve *a)
{
	const struct kf_arguments *args = a->arguments;

	if (args->num_operands != 3)
		return usage(NULL, "which two files?");
	return kf_rebuild_compare(a, args->operand[1], args->operand[2]);
}

/* word is what the first operand may be, and the options that go with it. */
static const struct word {
	const char *name;
	int (*run)(struct kf_approve *a);
	const char *takes;
} words[] = {
	{ "add", add,
	  "policy as pin-source key source commit started finished output" },
	{ "check", check, "policy format needed json" },
	{ "compare", compare, "json" },
};

static int run(const struct kf_arguments *arguments)
{
	static struct kf_approve a;
	const struct word *word = NULL;
	int status;

	if (!arguments->num_operands)
		return usage(NULL, "what is to be done about a rebuild?");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, arguments->operand[0]) == 0)
			word = &words[i];
	if (!word)
		return usage(arguments->operand[0],
			     "is nothing that can be done about a rebuild");
	if (kf_arguments_only(arguments, word->name, word->takes) !=
	    KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	status = kf_approve_start(&a, arguments);
	if (status == KF_EXIT_FITS)
		status = word->run(&a);
	return kf_approve_finish(&a, status);
}

const struct kf_command kf_cmd_rebuild = {
	.operands = "add|check|compare FILE...",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
