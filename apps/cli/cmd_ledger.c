/* keyfit ledger: which key signed which version, in a log that anyone can
 * check.
 *
 * The first operand says what to do. The log is a folder (host/tlog.h), its
 * entries are statements (jobs/ledger); here both are asked for and shown.
 */
#include "ledger.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

static const struct kf_option options[] = {
	{ "key", KF_VALUE_FILE, "KEY", true,
	  "init, append: the log's private key; who-signed: a signer's key" },
	{ "name", KF_VALUE_ANY, "NAME", false,
	  "init: the log's name, as example.com/firmware-log" },
	{ "log-key", KF_VALUE_ANY, "VKEY", false,
	  "the log's public key, as init tells it, or a file that holds it" },
	{ "product", KF_VALUE_ANY, "NAME", false,
	  "append, versions, monitor: the product" },
	{ "version", KF_VALUE_ANY, "TEXT", false, "append: the version" },
	{ "counter", KF_VALUE_ANY, "NUMBER", false,
	  "append: the security counter, against rollback" },
	{ "signer", KF_VALUE_FILE, "FILE", true,
	  "append: who signed it, where the format does not tell: a key or certificate" },
	{ "statement", KF_VALUE_FILE, "FILE", true,
	  "append: a statement, or an envelope that was signed already" },
	{ "statement-key", KF_VALUE_FILE, "KEY", false,
	  "append: signs the statement, not the log's key; verify: has to have signed it" },
	{ "pin-source", KF_VALUE_ANY, "SOURCE", false,
	  "where the PIN or passphrase is: file:PATH, env:NAME, credential:NAME" },
	{ "proof", KF_VALUE_FILE, "FILE", false,
	  "verify: the proof that came with the artifact" },
	{ "witness", KF_VALUE_ANY, "VKEY", true,
	  "a witness's public key, or a file that holds it" },
	{ "quorum", KF_VALUE_ANY, "NUMBER", false,
	  "how many witnesses have to have signed; without it, all" },
	{ "known", KF_VALUE_FILE, "FILE", true,
	  "monitor: a key that may sign; others are findings" },
	{ "revoked", KF_VALUE_FILE, "FILE", true,
	  "monitor: a key that may not sign any more" },
	{ "state", KF_VALUE_FILE, "FOLDER", false,
	  "monitor: where it keeps what it has seen, and evidence" },
	{ "seen", KF_VALUE_FILE, "FILE", true,
	  "monitor: a checkpoint of this log that was seen elsewhere" },
	{ "old", KF_VALUE_ANY, "NUMBER", false,
	  "cosign: how many entries the witness has seen; 0 without it" },
	{ "response", KF_VALUE_FILE, "FILE", false,
	  "cosign: what the witness answered" },
	{ "witness-url", KF_VALUE_ANY, "URL", true,
	  "cosign: where a witness is asked, for each --witness in its order" },
	{ "wait", KF_VALUE_ANY, "SECONDS", false,
	  "cosign: how long a witness may take; 60 without it" },
	{ "output", KF_VALUE_FILE, "FILE", false,
	  "prove, cosign: write there, not to standard output" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit ledger init log --name example.com/firmware --key log.key",
	"keyfit ledger append log shimx64.efi --key log.key --product gw --version 1.2.0",
	"keyfit ledger prove log shimx64.efi --log-key log.vkey --output shimx64.efi.tlog-proof",
	"keyfit ledger verify shimx64.efi --proof shimx64.efi.tlog-proof --log-key log.vkey",
	"keyfit ledger who-signed log --key release.crt --log-key log.vkey",
	"keyfit ledger monitor log --log-key log.vkey --known release.crt --state seen",
	NULL,
};

/* word is what the first operand may be, and the options that go with it; of
 * some words fewer, which they find out themselves. */
static const struct word {
	const char *name;
	int (*run)(struct kf_ledger *l);
	const char *usage;
	size_t most;		/* operands, with the word; 0: any number */
	const char *takes;
} words[] = {
	{ "init", kf_ledger_init,
	  "usage: keyfit ledger init LOG --name NAME --key KEY", 2,
	  "name key pin-source" },
	{ "append", kf_ledger_append,
	  "usage: keyfit ledger append LOG ARTIFACT... --key KEY --product NAME --version TEXT",
	  0, "key product version counter signer statement statement-key pin-source json" },
	{ "prove", kf_ledger_prove,
	  "usage: keyfit ledger prove LOG ARTIFACT|INDEX --log-key VKEY", 3,
	  "log-key output" },
	{ "verify", kf_ledger_verify,
	  "usage: keyfit ledger verify ARTIFACT --proof FILE --log-key VKEY, or verify LOG --log-key VKEY",
	  2, "log-key proof statement-key witness quorum json" },
	{ "who-signed", kf_ledger_who_signed,
	  "usage: keyfit ledger who-signed LOG --key KEY --log-key VKEY", 2,
	  "log-key key json" },
	{ "versions", kf_ledger_versions,
	  "usage: keyfit ledger versions LOG --product NAME --log-key VKEY",
	  2, "log-key product json" },
	{ "monitor", kf_ledger_monitor,
	  "usage: keyfit ledger monitor LOG --log-key VKEY --state FOLDER",
	  2, "log-key product witness quorum known revoked state seen json" },
	{ "cosign", kf_ledger_cosign,
	  "usage: keyfit ledger cosign LOG --log-key VKEY [--old NUMBER | --response FILE --witness VKEY | --witness VKEY --witness-url URL]",
	  2, "log-key witness witness-url wait quorum old response output json" },
};

static const struct word *find(const struct kf_arguments *a)
{
	struct kf_nearest nearest = { .wanted = a->num_operands
					     ? a->operand[0] : "" };
	char hint[160];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (a->num_operands &&
		    strcmp(a->operand[0], words[i].name) == 0)
			return &words[i];
		kf_nearest_weigh(&nearest, words[i].name);
	}
	kf_hint_nearest(hint, sizeof(hint), &nearest, "keyfit ledger ",
			"there are init, append, prove, verify, who-signed, versions, monitor, cosign");
	kf_say(a->num_operands ? a->operand[0] : NULL,
	       a->num_operands ? "is nothing that a ledger does"
			       : "what is the ledger to do?", hint);
	return NULL;
}

static int run(const struct kf_arguments *arguments)
{
	struct kf_ledger l = { .arguments = arguments,
			       .as_json = kf_argument(arguments, "json") };
	const struct word *word = find(arguments);
	struct kf_fault why = { 0 };
	int status, put;

	if (!word)
		return KF_EXIT_USAGE;
	if (arguments->num_operands < 2 ||
	    (word->most && arguments->num_operands > word->most)) {
		kf_say(NULL, arguments->num_operands < 2
		       ? "which log?" : "that is too much at once",
		       word->usage);
		return KF_EXIT_USAGE;
	}
	if (kf_arguments_only(arguments, word->name, word->takes) !=
	    KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	l.path = arguments->operand[1];
	l.crypto = kf_openssl_open(&why);
	if (!l.crypto ||
	    kf_work_open(&l.work, KF_ARENA_LEN, l.crypto, kf_now_s(),
			 &why) != KF_OK) {
		kf_say_fault(NULL, &why);
		kf_openssl_close(l.crypto);
		return KF_EXIT_FAULT;
	}
	status = word->run(&l);
	if (status == KF_EXIT_FITS && l.finding)
		status = KF_EXIT_NOT;
	if (l.fault) {
		kf_say(l.path, kf_status_text(KF_NO_MEMORY), NULL);
		kf_output_close(&l.out);
		status = KF_EXIT_FAULT;
	}
	put = kf_put_answer(&l.out);
	kf_work_close(&l.work);
	kf_openssl_close(l.crypto);
	return put == KF_EXIT_FITS ? status : put;
}

const struct kf_command kf_cmd_ledger = {
	.operands = "WORD LOG|ARTIFACT...",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
