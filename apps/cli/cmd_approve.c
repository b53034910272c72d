/* keyfit approve: approve a request or deny it, tell whether the quorum is
 * reached; sign a policy, tell whether it holds.
 *
 * What is approved is told before it is signed, and what would not count is not
 * signed.
 */
#include "approve.h"
#include "say.h"

#include <string.h>

static const struct kf_option options[] = {
	{ "check", KF_VALUE_NONE, NULL, false,
	  "tell whether the quorum is reached, with what becomes of each approval" },
	{ "policy", KF_VALUE_FILE, "POLICY", false,
	  "the policy; of a policy, the version before" },
	KF_APPROVE_SIGNING,
	{ "key", KF_VALUE_ANY, "KEY", false,
	  "the key of who approves: a file, a pkcs11: URI or a tpm: name" },
	{ "deny", KF_VALUE_NONE, NULL, false,
	  "deny it, or take back one's own request" },
	{ "artifact", KF_VALUE_FILE, "FILE", false,
	  "a copy that has to be the artifact which the request names" },
	{ "to-sign", KF_VALUE_FILE, "FILE", false,
	  "sign nothing: write what is to be signed, for ssh-keygen -Y sign" },
	{ "signed", KF_VALUE_FILE, "FILE", false,
	  "what --to-sign wrote, and OpenSSH has signed" },
	{ "ssh-signature", KF_VALUE_FILE, "FILE", false,
	  "OpenSSH's signature over it" },
	{ "expires", KF_VALUE_ANY, "TIME", false,
	  "when the approval ends; in a week without it" },
	KF_APPROVE_REBUILD("of --check: "),
	{ "output", KF_VALUE_FILE, "FILE", false, "the approval, or policy" },
	{ "json", KF_VALUE_NONE, NULL, false, "of --check: one JSON object" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit approve request.json --policy policy.json --as ann --key ann.key --artifact gw.efi --output ann.json",
	"keyfit approve request.json --policy policy.json --as bob --to-sign bob.txt",
	"keyfit approve request.json --policy policy.json --as bob --signed bob.txt --ssh-signature bob.txt.sig --output bob.json",
	"keyfit approve --check request.json ann.json bob.json --policy policy.json",
	"keyfit approve policy-2.json --policy policy-1.json --as ann --key ann.key --output policy-2.json",
	NULL,
};

static int read_request(struct kf_approve *a, struct kf_bytes text)
{
	const char *path = a->arguments->operand[0];
	struct kf_fault why = { 0 };
	enum kf_status done = kf_dossier_request(&a->dossier, text,
						 &a->work.env, &why);

	return done == KF_OK ? KF_EXIT_FITS : kf_say_failure(path, done, &why);
}

/* hold_against holds a copy against what is to be approved. */
static int hold_against(struct kf_approve *a)
{
	const char *path = kf_argument(a->arguments, "artifact");
	const struct kf_request *r = &a->dossier.request;
	struct kf_approve_file file = { 0 };
	int status;

	if (!path)
		return KF_EXIT_FITS;
	status = kf_approve_artifact(&file, a, path, r->format, r->format);
	if (status != KF_EXIT_FITS)
		return status;
	if (!kf_hash_same(&file.sha256, &r->artifact) ||
	    file.len != r->artifact_len) {
		kf_say(path, "is not the artifact that the request names",
		       NULL);
		return KF_EXIT_NOT;
	}
	if (r->action != KF_ACTION_SIGN ||
	    kf_same_payload(&file.payload, &r->payload))
		return KF_EXIT_FITS;
	return kf_approve_refused(path, KF_RULED_PAYLOAD_OTHER);
}

/* would_count rules on what is about to be signed. */
static int would_count(struct kf_approve *a, const struct kf_approval *one)
{
	struct kf_case c = { &a->dossier.policy, &a->dossier.request, one, 1,
			     NULL, NULL, NULL, 0, a->work.env.now_s };
	struct kf_decision d;

	kf_decide(&d, &c);
	if (d.approval[0] != KF_RULED_COUNTS &&
	    d.approval[0] != KF_RULED_DENIES &&
	    d.approval[0] != KF_RULED_TAKES_BACK)
		return kf_approve_refused("the approval", d.approval[0]);
	if (one->denies || d.ruling == KF_RULED_QUORUM ||
	    d.ruling == KF_RULED_GROUPS || d.ruling == KF_RULED_WINDOW ||
	    d.ruling == KF_RULED_REBUILDS || d.ruling == KF_RULED_ALLOWED)
		return KF_EXIT_FITS;
	return kf_approve_refused(a->arguments->operand[0], d.ruling);
}

/* take_signed takes what was signed elsewhere out of what --to-sign wrote. */
static int take_signed(struct kf_sealed *out, struct kf_approval *one,
		       struct kf_approve *a, const char *path)
{
	struct kf_fault why = { 0 };
	struct kf_bytes text, again;
	enum kf_status done = KF_OK;
	size_t signer = one->signer, at = 0;
	int status = kf_approve_read(&text, a, path);

	if (status != KF_EXIT_FITS)
		return status;
	while (at < text.len && text.data[at] != '{')
		at++;
	memset(out, 0, sizeof(*out));
	out->dsse.type = kf_text(KF_STATEMENT_PAYLOAD);
	out->dsse.payload = kf_part_of(text, at, text.len - at);
	again = kf_dsse_signed(out->dsse.type, out->dsse.payload,
			       &a->work.arena);
	if (!kf_equal(again, text)) {
		kf_fault_say(&why, NULL, "is not what --to-sign wrote");
		done = KF_WRONG_USE;
	}
	if (done == KF_OK)
		done = kf_hash_of(&out->sha256, out->dsse.payload, a->crypto);
	if (done == KF_OK)
		done = kf_approval_read(one, out, &a->work.env, &why);
	one->signer = signer;
	return done == KF_OK ? KF_EXIT_FITS : kf_say_failure(path, done, &why);
}

static int make(struct kf_sealed *out, struct kf_approval *one,
		struct kf_approve *a)
{
	const char *path = kf_argument(a->arguments, "signed");
	int status;

	if (!path != !kf_argument(a->arguments, "ssh-signature")) {
		kf_say(NULL, "--signed and --ssh-signature go together", NULL);
		return KF_EXIT_USAGE;
	}
	if (path)
		return take_signed(out, one, a, path);
	one->request = a->dossier.request.sha256;
	one->policy = a->dossier.policy.sha256;
	one->denies = kf_argument(a->arguments, "deny");
	status = kf_approve_expires(&one->expires_s, a);
	if (status != KF_EXIT_FITS)
		return status;
	if (kf_nonce(&one->nonce) &&
	    kf_approval_write(out, one, &a->work.env) == KF_OK)
		return KF_EXIT_FITS;
	kf_say(NULL, "out of memory, or of random numbers", NULL);
	return KF_EXIT_FAULT;
}

static int approve(struct kf_approve *a, struct kf_bytes text)
{
	struct kf_approval one = { .signer = KF_NOBODY };
	struct kf_sealed sealed;
	bool done = false;
	int status = kf_approve_policy(a);

	if (status == KF_EXIT_FITS)
		status = read_request(a, text);
	if (status == KF_EXIT_FITS)
		status = kf_approve_person(&one.signer, a, &a->dossier.policy);
	if (status == KF_EXIT_FITS)
		status = hold_against(a);
	if (status == KF_EXIT_FITS)
		status = make(&sealed, &one, a);
	if (status == KF_EXIT_FITS)
		status = would_count(a, &one);
	if (status != KF_EXIT_FITS)
		return status;
	if (!kf_same(kf_argument(a->arguments, "output"), "-"))
		kf_approve_story(a);
	status = kf_approve_signature(&sealed, &done, a,
				      &a->dossier.policy.person[one.signer]);
	if (status == KF_EXIT_FITS && !done)
		status = kf_approve_seal(a, &sealed);
	if (status == KF_EXIT_FITS && a->out.len)
		kf_output_text(&a->out, done ? "to be signed with ssh-keygen -Y sign -n keyfit-approval\n"
			       : one.denies ? "denied\n" : "approved\n");
	return status;
}

static int check(struct kf_approve *a, struct kf_bytes text)
{
	const struct kf_arguments *args = a->arguments;
	struct kf_case c = { .now_s = a->work.env.now_s };
	struct kf_fault why = { 0 };
	struct kf_decision d;
	const char *rebuild[KF_REBUILDS_MAX];
	size_t num_rebuilds = 0;
	int status = kf_approve_policy(a);

	if (status == KF_EXIT_FITS)
		status = read_request(a, text);
	if (status == KF_EXIT_FITS)
		status = hold_against(a);
	if (status == KF_EXIT_FITS)
		status = kf_approve_given(rebuild, &num_rebuilds, args,
					  "rebuild", KF_REBUILDS_MAX);
	if (status == KF_EXIT_FITS)
		status = kf_approve_rebuilds(a, rebuild, num_rebuilds);
	for (size_t i = 1; i < args->num_operands && status == KF_EXIT_FITS;
	     i++) {
		enum kf_status done;

		status = kf_approve_read(&text, a, args->operand[i]);
		if (status != KF_EXIT_FITS)
			return status;
		done = kf_dossier_approval(&a->dossier, text, &a->work.env,
					   &why);
		if (done != KF_OK)
			return kf_say_failure(args->operand[i], done, &why);
	}
	if (status != KF_EXIT_FITS)
		return status;
	c.policy = &a->dossier.policy;
	c.request = &a->dossier.request;
	c.approval = a->dossier.approval;
	c.num_approvals = a->dossier.num_approvals;
	c.rebuild = a->dossier.rebuild;
	c.num_rebuilds = a->dossier.num_rebuilds;
	kf_decide(&d, &c);
	return kf_approve_ruling(a, &d, &c, args->operand, rebuild);
}

/* fitting refuses what would be passed over: a no to a policy would have been a
 * yes. Keys, --to-sign and OpenSSH's signatures are three ways to sign. */
static int fitting(const struct kf_arguments *a, bool is_policy)
{
	static const struct {
		const char *what, *takes;
	} ways[2][4] = { {
		{ "a request and --key",
		  "policy as key pin-source deny artifact expires output" },
		{ "a request and --to-sign",
		  "policy as to-sign deny artifact expires" },
		{ "--signed and --ssh-signature",
		  "policy as signed ssh-signature artifact output" },
		{ "--check of a request",
		  "check policy artifact rebuild json" },
	}, {
		{ "a policy and --key", "policy as key pin-source output" },
		{ "a policy and --to-sign", "policy as to-sign" },
		{ "a policy and --ssh-signature",
		  "policy as ssh-signature output" },
		{ "--check of a policy", "check policy json" },
	} };
	size_t way = kf_argument(a, "check") ? 3 :
		     kf_argument(a, "ssh-signature") ||
		     kf_argument(a, "signed") ? 2 :
		     kf_argument(a, "to-sign") ? 1 : 0;

	return kf_arguments_only(a, ways[is_policy][way].what,
				 ways[is_policy][way].takes);
}

static int run(const struct kf_arguments *arguments)
{
	static struct kf_approve a;
	bool checks = kf_argument(arguments, "check"), is_policy = false;
	struct kf_bytes text;
	int status;

	if (arguments->num_operands < 1 ||
	    (!checks && arguments->num_operands != 1)) {
		kf_say(NULL, "which request?", "usage: keyfit approve REQUEST --policy POLICY --as NAME --key KEY --output FILE, keyfit approve --check REQUEST APPROVAL... --policy POLICY");
		return KF_EXIT_USAGE;
	}
	status = kf_approve_start(&a, arguments);
	if (status == KF_EXIT_FITS)
		status = kf_approve_read(&text, &a, arguments->operand[0]);
	if (status == KF_EXIT_FITS) {
		is_policy = kf_approve_is_policy(&a, text);
		status = fitting(arguments, is_policy);
	}
	if (status == KF_EXIT_FITS && is_policy)
		status = checks ? kf_approve_change_check(&a, text)
				: kf_approve_change(&a, text);
	else if (status == KF_EXIT_FITS)
		status = checks ? check(&a, text) : approve(&a, text);
	return kf_approve_finish(&a, status);
}

const struct kf_command kf_cmd_approve = {
	.operands = "REQUEST|POLICY [APPROVAL...]",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
