/* keyfit keys: what a token, a TPM or a file holds, which devices trust it, and
 * the proof that a private key belongs to a public one.
 */
#include "ask.h"
#include "keys.h"
#include "newest.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

static const struct kf_option options[] = {
	{ "public", KF_VALUE_FILE, "FILE", false,
	  "of prove: the public key, or a certificate that has it" },
	{ "nonce", KF_VALUE_ANY, "TEXT", false,
	  "of prove: what whoever asks wants to see signed along" },
	{ "pin-source", KF_VALUE_ANY, "SOURCE", false,
	  "where the PIN or passphrase is: file:PATH, env:NAME, credential:NAME" },
	{ "wait", KF_VALUE_ANY, "SECONDS", false,
	  "how long a token may think about one answer; 60 without it" },
	{ "never-extractable", KF_VALUE_NONE, NULL, false,
	  "a private key that can come out, or could ever, is a finding" },
	KF_ASK_DEVICES,
	KF_ASK_TRUST,
	KF_ASK_SET,
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "the verifier's rules, not the device's own" },
	{ "newest", KF_VALUE_FILE, "FILE", true,
	  "a newer table of known keys, in place of keyfit's own" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit keys",
	"keyfit keys 'pkcs11:token=release' --pin-source file:/etc/keyfit/pin",
	"keyfit keys release.key --device OVMF_VARS_4M.ms.fd",
	"keyfit keys prove 'pkcs11:token=release;object=fw' --pin-source env:PIN --public fw.crt --never-extractable",
	NULL,
};

static int read_wait(struct kf_keys *k)
{
	const char *text = kf_argument(k->arguments, "wait");
	char *end = NULL;
	unsigned long seconds = text ? strtoul(text, &end, 10) : 0;

	if (text && (text[0] < '0' || text[0] > '9' || *end || !seconds ||
		     seconds > 86400)) {
		kf_say(text, "is no number of seconds", "from 1 to 86400");
		return KF_EXIT_USAGE;
	}
	k->ask.wait_s = (unsigned)seconds;
	return KF_EXIT_FITS;
}

static int usage(const char *what, const char *hint)
{
	kf_say(NULL, what, hint);
	return KF_EXIT_USAGE;
}

/* fitting refuses options that would be passed over. */
static int fitting(const struct kf_arguments *a, bool prove)
{
	if (prove)
		return kf_arguments_only(a, "prove",
			"public nonce pin-source wait never-extractable json");
	if (kf_argument(a, "device") || kf_argument(a, "trust") ||
	    (!kf_argument(a, "set") && !kf_argument(a, "rules")))
		return KF_EXIT_FITS;
	return usage("--set and --rules describe a device, and none is named",
		     "--device DEVICE, or --trust NAME=FILE");
}

/* read_words takes the operands: [prove] NAME. */
static int read_words(struct kf_keys *k, bool *prove)
{
	const struct kf_arguments *a = k->arguments;
	const char *public = kf_argument(a, "public");

	*prove = a->num_operands && strcmp(a->operand[0], "prove") == 0;
	if (*prove && (a->num_operands != 2 || !public))
		return usage(public ? "which key?" : "which public key?",
			     "usage: keyfit keys prove KEY --public FILE");
	if (!*prove && a->num_operands > 1)
		return usage("one token or file at a time",
			     "usage: keyfit keys [TOKEN|FILE], keyfit keys prove KEY --public FILE");
	if (!*prove && (public || kf_argument(a, "nonce")))
		return usage("--public and --nonce go with prove", NULL);
	if (fitting(a, *prove) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	k->ask.name = a->num_operands ? a->operand[a->num_operands - 1]
				      : "pkcs11:";
	k->ask.pin_source = kf_argument(a, "pin-source");
	k->as_json = kf_argument(a, "json");
	k->sealed = kf_argument(a, "never-extractable");
	return read_wait(k);
}

/* shown is a name without what may be secret. */
static void shown(char *out, size_t room, const char *name)
{
	bool is_uri = strncmp(name, "pkcs11:", 7) == 0 ||
		      strncmp(name, "tpm:", 4) == 0 ||
		      strncmp(name, "file:", 5) == 0;
	size_t len = is_uri ? strcspn(name, "?") : strlen(name);

	len = len < room ? len : room - 1;
	memcpy(out, name, len);
	out[len] = '\0';
}

static int say_failed(const struct kf_keys *k, enum kf_status status,
		      const struct kf_fault *why)
{
	char name[200];

	shown(name, sizeof(name), k->ask.name);
	return kf_say_failure(name, status, why);
}

static void warn(const struct kf_keys *k, const struct kf_fault *warning)
{
	char name[200];

	shown(name, sizeof(name), k->ask.name);
	if (warning->what[0])
		kf_say(name, warning->what, warning->hint);
}

int kf_keys_open(struct kf_signing_key *out, struct kf_keys *k)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_signing_key_open_as(out, &k->ask, k->crypto,
						       &k->work, &why);

	if (status != KF_OK)
		return say_failed(k, status, &why);
	warn(k, &out->warning);
	return KF_EXIT_FITS;
}

static int list_file(struct kf_keys *k)
{
	struct kf_signing_key key = { 0 };
	int status = kf_keys_open(&key, k);

	if (status == KF_EXIT_FITS)
		kf_keys_file(k, &key);
	kf_signing_key_close(&key);
	return status;
}

/* missing tells what an answer about all tokens does not say: the one that was
 * named, or, where no key may ever come out, a key at all. */
static int missing(struct kf_keys *k, const struct kf_tokens *tokens)
{
	const char *hidden = NULL;
	size_t num_private = 0;
	char name[200];

	for (size_t i = 0; i < tokens->num_tokens; i++) {
		const struct kf_token *token = &tokens->token[i];

		hidden = token->hidden ? token->hidden : hidden;
		for (size_t o = 0; o < token->num_objects; o++)
			num_private += token->object[o].kind ==
				       KF_OBJECT_PRIVATE;
	}
	shown(name, sizeof(name), k->ask.name);
	if (!tokens->num_tokens && k->arguments->num_operands)
		kf_say(name, "no token matches",
		       "keyfit keys lists those that are there");
	else if (k->sealed && !k->finding && hidden)
		kf_say(name, "private keys are not shown, so that nothing is known of them",
		       "--pin-source says where the PIN is");
	else if (k->sealed && !num_private)
		kf_say(name, "there is no private key", NULL);
	else
		return KF_EXIT_FITS;
	return KF_EXIT_USAGE;
}

static int list_tokens(struct kf_keys *k)
{
	struct kf_tokens tokens = { 0 };
	struct kf_fault why = { 0 };
	enum kf_status status = kf_tokens_list(&tokens, &k->ask, k->crypto,
					       &why);
	int missed;

	if (status != KF_OK)
		return say_failed(k, status, &why);
	warn(k, &tokens.warning);
	for (size_t i = 0; i < tokens.num_tokens; i++) {
		if (i && !k->as_json)
			kf_output_text(&k->out, "\n");
		kf_keys_tell(k, &tokens.token[i]);
	}
	missed = missing(k, &tokens);
	if (!tokens.num_tokens && !k->as_json && missed == KF_EXIT_FITS)
		kf_output_text(&k->out, "no token\n");
	kf_tokens_close(&tokens);
	return missed;
}

static int ask_device(struct kf_keys *k, const struct kf_given *given)
{
	struct kf_device *device = &k->device[k->num_devices];
	int status;

	if (k->num_devices == KF_KEYS_DEVICES_MAX)
		return usage("one device too many", "16 at most");
	status = kf_ask_one(device, k->arguments, given, k->crypto,
			    k->work.env.now_s);
	k->num_devices += status == KF_EXIT_FITS;
	return status;
}

static int ask_devices(struct kf_keys *k)
{
	const struct kf_arguments *a = k->arguments;
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < a->num_given && status == KF_EXIT_FITS; i++)
		if (strcmp(a->given[i].option->name, "device") == 0)
			status = ask_device(k, &a->given[i]);
	if (status == KF_EXIT_FITS && !k->num_devices &&
	    kf_argument(a, "trust"))
		status = ask_device(k, NULL);
	return status;
}

static int prepare(struct kf_keys *k, struct kf_arena *tables)
{
	struct kf_fault why = { 0 };
	enum kf_status status;

	k->crypto = kf_openssl_open(&why);
	if (!k->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	status = kf_work_open(&k->work, KF_ARENA_LEN, k->crypto, kf_now_s(),
			      &why);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	kf_known_start(&k->known);
	return kf_newest_read(&k->known, tables, k->arguments);
}

static int run(const struct kf_arguments *arguments)
{
	static struct kf_keys k;
	struct kf_arena tables = { 0 };
	bool prove;
	int status, put;

	k.arguments = arguments;
	status = read_words(&k, &prove);
	if (status == KF_EXIT_FITS)
		status = prepare(&k, &tables);
	if (status == KF_EXIT_FITS)
		status = ask_devices(&k);
	if (status == KF_EXIT_FITS)
		status = prove ? kf_keys_prove(&k, kf_argument(arguments,
							       "public"))
			: kf_key_is_file(k.ask.name) ? list_file(&k)
						     : list_tokens(&k);
	if (status == KF_EXIT_FITS && k.finding)
		status = KF_EXIT_NOT;
	if (k.fault)
		status = KF_EXIT_FAULT;
	put = kf_put_answer(&k.out);
	for (size_t i = 0; i < k.num_devices; i++)
		kf_device_close(&k.device[i]);
	kf_work_close(&k.work);
	kf_openssl_close(k.crypto);
	free(tables.base);
	return put == KF_EXIT_FITS ? status : put;
}

const struct kf_command kf_cmd_keys = {
	.operands = "[TOKEN|FILE], prove KEY",
	.operand_kind = KF_VALUE_FILE,
	.max_operands = 2,
	.options = options,
	.examples = examples,
	.run = run,
};
