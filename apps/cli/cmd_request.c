/* keyfit request: ask for a signature, a halt or a revocation.
 *
 * The request names one artifact by its digest, and is signed by who asks. What
 * the policy would refuse whoever approves it is not written.
 */
#include "approve.h"
#include "say.h"

#include "jobs/sign/make.h"

#include <inttypes.h>
#include <string.h>

static const struct kf_option options[] = {
	{ "key", KF_VALUE_ANY, "KEY", false,
	  "the key that is to sign: its name in the policy, its SHA-256, or where it is" },
	{ "product", KF_VALUE_ANY, "NAME", false, "the product" },
	{ "version", KF_VALUE_ANY, "TEXT", false, "its version" },
	{ "counter", KF_VALUE_ANY, "NUMBER", false,
	  "its security counter, against rollback; 0 without it" },
	{ "format", KF_VALUE_ANY, "NAME", false,
	  "the format of the signature, as keyfit sign names it" },
	{ "variable", KF_VALUE_ANY, "NAME", false,
	  "of the format auth: PK, KEK, db, dbx or dbt" },
	{ "append", KF_VALUE_NONE, NULL, false,
	  "of the format auth: add to the variable, not in its place" },
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "of the format auth: the time that is signed along" },
	{ "environment", KF_VALUE_ANY, "NAME", false,
	  "production, test or legacy" },
	{ "action", KF_VALUE_ANY, "ACTION", false,
	  "sign, without it; or halt or revoke, which stop the key" },
	{ "policy", KF_VALUE_FILE, "POLICY", false, "the policy" },
	KF_APPROVE_SIGNING,
	{ "as-key", KF_VALUE_ANY, "KEY", false,
	  "the key of who asks: a file, a pkcs11: URI or a tpm: name" },
	{ "expires", KF_VALUE_ANY, "TIME", false,
	  "when the request ends; in a week without it" },
	{ "output", KF_VALUE_FILE, "FILE", false, "the request" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit request gw.efi --key gateway --product gateway --version 1.2.0 --format pe --environment production --policy policy.json --as ci --as-key ci.key --output request.json",
	"keyfit request gw.efi --action halt --key gateway --environment production --policy policy.json --as bob --as-key bob.key --output halt.json",
	NULL,
};

/* word finds one of some words, from the second on. */
static int word(int *out, const char *text, const char *const *words,
		const char *what)
{
	for (int i = 1; text && words[i]; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return KF_EXIT_FITS;
		}
	kf_say(text, what, NULL);
	return KF_EXIT_USAGE;
}

static bool hex_hash(struct kf_hash *out, const char *text)
{
	size_t len = strspn(text, "0123456789abcdef");

	if (len != 2 * KF_HASH_LEN || text[len])
		return false;
	for (size_t i = 0; i < KF_HASH_LEN; i++) {
		unsigned high = (unsigned)text[2 * i];
		unsigned low = (unsigned)text[2 * i + 1];

		high = high > '9' ? high - 'a' + 10 : high - '0';
		low = low > '9' ? low - 'a' + 10 : low - '0';
		out->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* find_key finds the key that is to sign: the policy's, or one that is at
 * hand. */
static int find_key(struct kf_hash *out, struct kf_approve *a)
{
	const struct kf_policy *p = &a->dossier.policy;
	struct kf_signing_key key = { 0 };
	const char *name;
	int status = kf_approve_option(&name, a, "key",
				       "which key is to sign?");

	if (status != KF_EXIT_FITS)
		return status;
	for (size_t i = 0; i < p->num_keys; i++)
		if (strcmp(p->key[i].name, name) == 0) {
			*out = p->key[i].spki;
			return KF_EXIT_FITS;
		}
	if (hex_hash(out, name))
		return KF_EXIT_FITS;
	status = kf_approve_key(&key, a, "key", NULL);
	if (status == KF_EXIT_FITS) {
		struct kf_digest digest = { .len = 0 };

		kf_digest_of(&digest, a->crypto, KF_SHA256, key.key.spki);
		memcpy(out->bytes, digest.bytes, sizeof(out->bytes));
		if (digest.len != sizeof(out->bytes))
			status = KF_EXIT_FAULT;
	}
	kf_signing_key_close(&key);
	return status;
}

/* read_variable: which variable an update is for, and the time that is signed
 * along, are not in the artifact. */
static int read_variable(struct kf_request *r, const struct kf_arguments *args)
{
	const struct kf_maker *maker = kf_maker_named(r->format);
	bool takes = maker && maker->takes_variable;

	r->variable = kf_argument(args, "variable");
	r->append = kf_argument(args, "append");
	if (!takes && !r->variable && !r->append && !kf_argument(args, "at"))
		return KF_EXIT_FITS;
	if (!takes)
		kf_say(r->format, "has no variable: --variable, --append and --at go with auth",
		       NULL);
	else if (!r->variable)
		kf_say(NULL, "which variable?",
		       "--variable PK, KEK, db, dbx or dbt: its name is signed too");
	else if (!kf_argument(args, "at"))
		kf_say(NULL, "which time?",
		       "--at TIME: it is signed too, and has to be later than that of the update before");
	else
		return kf_argument_time(&r->at_s, args);
	return KF_EXIT_USAGE;
}

static int read_sign(struct kf_request *r, struct kf_approve *a)
{
	const struct kf_arguments *args = a->arguments;
	int status;

	if (r->action != KF_ACTION_SIGN) {
		if (!kf_argument(args, "product") &&
		    !kf_argument(args, "version") &&
		    !kf_argument(args, "counter") &&
		    !kf_argument(args, "format") &&
		    !kf_argument(args, "variable") &&
		    !kf_argument(args, "append") && !kf_argument(args, "at"))
			return KF_EXIT_FITS;
		kf_say(NULL, "--product, --version, --counter, --format, --variable, --append and --at go with a signature",
		       "a halt or a revocation is about the key");
		return KF_EXIT_USAGE;
	}
	status = kf_approve_option(&r->product, a, "product",
				   "which product is it?");
	if (status == KF_EXIT_FITS)
		status = kf_approve_option(&r->version, a, "version",
					   "which version is it?");
	if (status == KF_EXIT_FITS)
		status = kf_approve_option(&r->format, a, "format",
					   "in which format is it to be signed?");
	if (status == KF_EXIT_FITS)
		status = read_variable(r, args);
	if (status == KF_EXIT_FITS)
		status = kf_approve_number(&r->counter, a, "counter",
					   INT64_MAX);
	return status;
}

static int read_request(struct kf_request *r, struct kf_approve *a)
{
	const struct kf_arguments *args = a->arguments;
	const char *action = kf_argument(args, "action");
	const char *path = args->operand[0], *slash = strrchr(path, '/');
	struct kf_approve_file file = { 0 };
	int environment = 0, of = KF_ACTION_SIGN;
	int status = action ? word(&of, action, kf_action_names,
				   "is none of sign, halt, revoke")
			    : KF_EXIT_FITS;

	r->action = (enum kf_action)of;
	r->artifact_name = slash && slash[1] ? slash + 1 : path;
	if (status == KF_EXIT_FITS)
		status = word(&environment, kf_argument(args, "environment"),
			      kf_environment_names,
			      "--environment is production, test or legacy");
	r->environment = (enum kf_environment)environment;
	if (status == KF_EXIT_FITS)
		status = read_sign(r, a);
	if (status == KF_EXIT_FITS)
		status = kf_approve_expires(&r->expires_s, a);
	if (status == KF_EXIT_FITS)
		status = kf_approve_policy(a);
	if (status == KF_EXIT_FITS)
		status = kf_approve_person(&r->signer, a, &a->dossier.policy);
	if (status == KF_EXIT_FITS)
		status = find_key(&r->key, a);
	if (status == KF_EXIT_FITS)
		status = kf_approve_artifact(&file, a, path, r->format,
					     r->format);
	r->artifact = file.sha256;
	r->artifact_len = file.len;
	if (r->action == KF_ACTION_SIGN)
		r->payload = file.payload;
	return status;
}

/* hopeless tells whether the policy says no whoever approves it. */
static bool hopeless(struct kf_decision *d, struct kf_approve *a,
		     const struct kf_request *r)
{
	struct kf_case c = { &a->dossier.policy, r, NULL, 0, NULL, NULL,
			     NULL, 0, a->work.env.now_s };

	kf_decide(d, &c);
	return d->ruling != KF_RULED_QUORUM && d->ruling != KF_RULED_GROUPS &&
	       d->ruling != KF_RULED_WINDOW && d->ruling != KF_RULED_REBUILDS;
}

static int ask(struct kf_approve *a)
{
	struct kf_request *r = &a->dossier.request;
	const struct kf_policy *p = &a->dossier.policy;
	struct kf_decision d;
	struct kf_sealed sealed;
	int status = read_request(r, a);

	if (status != KF_EXIT_FITS)
		return status;
	r->policy = p->sha256;
	r->requester = p->person[r->signer].name;
	if (hopeless(&d, a, r))
		return kf_approve_refused(a->arguments->operand[0], d.ruling);
	if (!kf_nonce(&r->nonce) ||
	    kf_request_write(&sealed, r, &a->work.env) != KF_OK) {
		kf_say(NULL, "out of memory, or of random numbers", NULL);
		return KF_EXIT_FAULT;
	}
	status = kf_approve_sign(&sealed, a, "as-key", &p->person[r->signer]);
	if (status == KF_EXIT_FITS)
		status = kf_approve_seal(a, &sealed);
	if (status != KF_EXIT_FITS ||
	    kf_same(kf_argument(a->arguments, "output"), "-"))
		return status;
	kf_output_text(&a->out, "request  ");
	kf_output_hex(&a->out, kf_hash_view(&sealed.sha256));
	kf_output_print(&a->out, "\nneeds    %u approval%s", d.needed.approvals,
			d.needed.approvals == 1 ? "" : "s");
	if (d.needed.groups > 1)
		kf_output_print(&a->out, " of %u groups", d.needed.groups);
	if (d.key->rebuilds && r->action == KF_ACTION_SIGN)
		kf_output_print(&a->out, ", and %u independent rebuild%s",
				d.key->rebuilds,
				d.key->rebuilds == 1 ? "" : "s");
	kf_output_text(&a->out, "\n");
	return KF_EXIT_FITS;
}

static int run(const struct kf_arguments *arguments)
{
	static struct kf_approve a;
	int status;

	if (arguments->num_operands != 1) {
		kf_say(NULL, "which artifact?", "usage: keyfit request ARTIFACT --key KEY --policy POLICY ...");
		return KF_EXIT_USAGE;
	}
	status = kf_approve_start(&a, arguments);
	if (status == KF_EXIT_FITS)
		status = ask(&a);
	return kf_approve_finish(&a, status);
}

const struct kf_command kf_cmd_request = {
	.operands = "ARTIFACT",
	.operand_kind = KF_VALUE_FILE,
	.max_operands = 1,
	.options = options,
	.examples = examples,
	.run = run,
};
