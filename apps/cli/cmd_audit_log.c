/* keyfit audit-log: what was decided, what was signed and what was stopped, in
 * a log that nobody can change unseen.
 *
 * The first operand says what to do.
 */
#include "audit_log.h"
#include "say.h"

#include <string.h>

static const struct kf_option options[] = {
	{ "key", KF_VALUE_ANY, "KEY", false,
	  "init, append: the log's private key, of Ed25519" },
	{ "name", KF_VALUE_ANY, "NAME", false,
	  "init: the log's name, as example.com/audit" },
	{ "log-key", KF_VALUE_ANY, "VKEY", false,
	  "verify, show: the log's public key, as init tells it, or a file that holds it" },
	KF_APPROVE_SIGNING,
	{ "adopt", KF_VALUE_FILE, "POLICY", false,
	  "append: this policy counts from now on" },
	{ "request", KF_VALUE_FILE, "REQUEST", false,
	  "append: an intent, if the policy allows it" },
	{ "approval", KF_VALUE_FILE, "APPROVAL", true,
	  "append: an approval of it" },
	{ "policy", KF_VALUE_FILE, "POLICY", false,
	  "append: the policy of the request" },
	{ "artifact", KF_VALUE_FILE, "FILE", false,
	  "append: the artifact that the request has to name" },
	{ "environment", KF_VALUE_ANY, "NAME", false,
	  "append: which environment is signed for here" },
	KF_APPROVE_REBUILD("append: "),
	{ "result", KF_VALUE_ANY, "NUMBER", false,
	  "append: the result of the intent that is this record" },
	{ "outcome", KF_VALUE_ANY, "WORD", false,
	  "append: done, or failed where nothing was signed" },
	{ "made", KF_VALUE_FILE, "FILE", false,
	  "append: what was signed, as it came out" },
	{ "reason", KF_VALUE_ANY, "TEXT", false, "append: why it failed" },
	{ "witness", KF_VALUE_ANY, "VKEY", true,
	  "verify: a witness that has to have signed each --seen" },
	{ "seen", KF_VALUE_FILE, "FILE", true,
	  "verify: a checkpoint of this log that was kept elsewhere" },
	{ "remember", KF_VALUE_FILE, "FILE", false,
	  "verify: as --seen, and then keeps the checkpoint of today there" },
	{ "ledger", KF_VALUE_FILE, "LEDGER", false,
	  "verify: hold it against this ledger, both ways" },
	{ "ledger-key", KF_VALUE_ANY, "VKEY", false,
	  "verify: the ledger's public key, or a file that holds it" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit audit-log init audit --name example.com/audit --key audit.key",
	"keyfit audit-log append audit --key audit.key --as signer --adopt policy.json",
	"keyfit audit-log append audit --key audit.key --as signer --policy policy.json --request request.json --approval ann.json --approval bob.json --artifact gw.efi --environment production",
	"keyfit audit-log append audit --key audit.key --as signer --result 1 --outcome done --made gw-signed.efi",
	"keyfit audit-log verify audit --log-key audit.vkey --remember audit.seen",
	"keyfit audit-log show audit --log-key audit.vkey",
	NULL,
};

/* word is what the first operand may be, and the options that go with it. */
static const struct word {
	const char *name;
	int (*run)(struct kf_audit_run *a);
	const char *takes;
} words[] = {
	{ "init", kf_audit_log_init, "name key pin-source" },
	{ "append", kf_audit_log_append,
	  "key pin-source as adopt request approval policy artifact environment rebuild result outcome made reason json" },
	{ "verify", kf_audit_log_verify,
	  "log-key witness seen remember ledger ledger-key json" },
	{ "show", kf_audit_log_show, "log-key json" },
};

static int usage(const char *subject, const char *what)
{
	kf_say(subject, what, "usage: keyfit audit-log init|append|verify|show LOG");
	return KF_EXIT_USAGE;
}

int kf_audit_log_key(struct kf_note_key *out, struct kf_audit_run *a,
		     const char *value)
{
	struct kf_bytes text = kf_text(value);
	struct kf_fault why = { 0 };
	enum kf_status done;
	int status = KF_EXIT_FITS;

	if (!strchr(value, '+'))
		status = kf_approve_read(&text, &a->base, value);
	if (status != KF_EXIT_FITS)
		return status;
	while (text.len && text.data[text.len - 1] == '\n')
		text.len--;
	done = kf_note_key_read(out, text, a->base.crypto);
	if (done == KF_OK)
		return KF_EXIT_FITS;
	kf_fault_say(&why, "as init writes it: NAME+ID+KEY",
		     "is no public key of a log or a witness (Ed25519)");
	return kf_say_failure(value, done, &why);
}

static int run(const struct kf_arguments *arguments)
{
	static struct kf_audit_run a;
	const struct word *word = NULL;
	int status;

	if (arguments->num_operands != 2)
		return usage(NULL, arguments->num_operands
			     ? "one log at a time"
			     : "what is the audit log to do?");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, arguments->operand[0]) == 0)
			word = &words[i];
	if (!word)
		return usage(arguments->operand[0],
			     "is nothing that an audit log does");
	if (kf_arguments_only(arguments, word->name, word->takes) !=
	    KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	a.path = arguments->operand[1];
	status = kf_approve_start(&a.base, arguments);
	if (status == KF_EXIT_FITS)
		status = word->run(&a);
	if (status == KF_EXIT_FITS && a.finding)
		status = KF_EXIT_NOT;
	if (status == KF_EXIT_FITS && a.unknown)
		status = KF_EXIT_UNKNOWN;
	return kf_approve_finish(&a.base, status);
}

const struct kf_command kf_cmd_audit_log = {
	.operands = "init|append|verify|show LOG",
	.operand_kind = KF_VALUE_FILE,
	.max_operands = 2,
	.options = options,
	.examples = examples,
	.run = run,
};
