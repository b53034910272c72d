/* keyfit chain: would this device boot from these files, from the firmware to
 * the kernel, and if not, which stage refuses?
 */
#include "ask.h"
#include "chain_show.h"
#include "options.h"
#include "say.h"

#include "host/bootvars.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* question is what was asked, and all that it takes to answer. */
struct question {
	const struct kf_arguments *arguments;
	const struct kf_crypto *crypto;
	struct kf_device device;
	struct kf_esp esp;
	struct kf_chain chain;
	struct kf_boot_options options;
	struct kf_work work;
	struct kf_digest digest[KF_ESP_FILES_MAX];
	struct kf_render render;
	int64_t at_s;
	bool json, quiet;
};

static const struct kf_option options[] = {
	KF_ASK_DEVICE,
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "the firmware and its version, as edk2-2025.02" },
	KF_ASK_TRUST,
	KF_ASK_SET,
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "judge at another time: 2028-05-15, 2028-05-15T12:00:00Z, @SECONDS" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a path" },
	{ "quiet", KF_VALUE_NONE, NULL, false,
	  "write no answer: the exit status is it" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit chain /boot/efi",
	"keyfit chain /boot/efi /boot/vmlinuz-6.1.0 --device OVMF_VARS_4M.ms.fd",
	"keyfit chain shimx64.efi grubx64.efi vmlinuz --trust db=db.esl --trust dbx=none --trust mok=none --trust mokx=none --trust sbat-level=none",
	NULL,
};

static int read_words(struct question *q)
{
	q->json = kf_argument(q->arguments, "json");
	q->quiet = kf_argument(q->arguments, "quiet");
	if (q->json && q->quiet) {
		kf_say(NULL, "one form of answer at a time",
		       "choose one of --json, --quiet");
		return KF_EXIT_USAGE;
	}
	if (kf_argument_time(&q->at_s, q->arguments) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	if (q->arguments->num_operands)
		return KF_EXIT_FITS;
	kf_say(NULL, "no path", "usage: keyfit chain PATH... [OPTION...]");
	return KF_EXIT_USAGE;
}

/* verifier_of finds the device's verifier of a kind; NULL: none. */
static const struct kf_device_verifier *
verifier_of(const struct kf_device *device, const char *name)
{
	for (size_t i = 0; i < device->num_verifiers; i++)
		if (strcmp(device->verifier[i].rules->verifier->name,
			   name) == 0)
			return &device->verifier[i];
	return NULL;
}

static int ask_device(struct question *q)
{
	const char *rules = kf_argument(q->arguments, "rules");
	int status = kf_ask_both(&q->device, q->arguments, rules, q->crypto,
				 q->at_s);

	if (status != KF_EXIT_FITS)
		return status;
	if (verifier_of(&q->device, "edk2"))
		return KF_EXIT_FITS;
	kf_say(rules ? rules : q->device.name, rules
	       ? "are no rules of a firmware for what it starts"
	       : "has no verifier of what its firmware starts",
	       "say which one: --rules edk2-2025.02; those of shim follow from its version");
	return KF_EXIT_USAGE;
}

static int open_files(struct question *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status = KF_OK;
	size_t i;

	q->esp.crypto = q->crypto;
	q->esp.now_s = q->at_s;
	for (i = 0; i < q->arguments->num_operands && status == KF_OK; i++)
		status = kf_esp_add(&q->esp, q->arguments->operand[i], &why);
	if (status == KF_OK)
		status = kf_esp_ready(&q->esp, &why);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	return KF_EXIT_FITS;
}

/* read_options: what is given part by part says nothing of them. */
static int read_options(struct question *q)
{
	const char *device = kf_argument(q->arguments, "device");
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (!device && kf_argument(q->arguments, "trust"))
		return KF_EXIT_FITS;
	status = kf_boot_options_read(&q->options, device, &why);
	if (status == KF_OK && q->options.cut) {
		kf_fault_say(&why, NULL, "has more boot options than keyfit holds");
		status = KF_TOO_MUCH;
	}
	if (status != KF_OK)
		return kf_say_failure(device, status, &why);
	if (q->options.num_order || q->options.has_next)
		q->esp.given.options = &q->options;
	return KF_EXIT_FITS;
}

static int prepare(struct question *q)
{
	struct kf_fault why = { 0 };
	enum kf_status status;
	int asked;

	q->crypto = kf_openssl_open(&why);
	if (!q->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	status = kf_work_open(&q->work, KF_ARENA_LEN, q->crypto, q->at_s,
			      &why);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	asked = ask_device(q);
	if (asked == KF_EXIT_FITS)
		asked = open_files(q);
	return asked == KF_EXIT_FITS ? read_options(q) : asked;
}

/* culprit is what a fault is about. */
static const char *culprit_of(const struct question *q, size_t culprit)
{
	return culprit == KF_CHAIN_NO_FILE ? NULL
					   : q->esp.given.file[culprit].path;
}

static int judge(struct question *q)
{
	const struct kf_device_verifier *firmware = verifier_of(&q->device,
								"edk2");
	struct kf_chain_judges judges = {
		.firmware = firmware->rules,
		.store = &firmware->store,
		.for_shim = &verifier_of(&q->device, "shim")->store,
	};
	struct kf_fault why = { 0 };
	size_t culprit = KF_CHAIN_NO_FILE;
	enum kf_status status;

	q->esp.given.machine = kf_chain_machine(&firmware->store);
	status = kf_chain_plan(&q->chain, &q->esp.given, &q->work.env);
	if (status == KF_OK && q->chain.cut) {
		kf_fault_say(&why, "give fewer files", "there are more or longer ways to boot than keyfit follows");
		status = KF_TOO_MUCH;
	}
	if (status == KF_OK && q->chain.num_paths == 0) {
		kf_say(q->arguments->operand[0],
		       "holds nothing that firmware would start", NULL);
		return KF_EXIT_USAGE;
	}
	if (status == KF_OK)
		status = kf_chain_judge(&q->chain, &q->esp.given, &judges,
					&q->work.env, &culprit);
	if (status == KF_OK && !kf_esp_same(&q->esp)) {
		kf_fault_say(&why, NULL, "a file changed while it was read");
		status = KF_CANNOT_READ;
	}
	return status == KF_OK ? KF_EXIT_FITS
		: kf_say_failure(culprit_of(q, culprit), status, &why);
}

/* hash_files: JSON tells the digest of each file. */
static int hash_files(struct question *q)
{
	for (size_t i = 0; q->json && i < q->esp.given.num_files; i++) {
		const struct kf_chain_file *f = &q->esp.file[i];
		struct kf_fault why = { 0 };
		enum kf_status status = kf_file_digest(&q->digest[i],
			f->artifact->source, f->env);

		if (status != KF_OK)
			return kf_say_failure(f->path, status, &why);
	}
	return KF_EXIT_FITS;
}

static int show(struct question *q)
{
	struct kf_chain_show show = {
		.render = &q->render,
		.device = &q->device,
		.esp = &q->esp,
		.chain = &q->chain,
		.digest = q->json ? q->digest : NULL,
		.env = &q->work.env,
		.at_s = q->at_s,
	};

	if (!q->json)
		kf_render_terminal(&q->render);
	for (size_t i = 0; !q->quiet && i < q->chain.num_paths; i++)
		(q->json ? kf_chain_json : kf_chain_text)(&show,
			&q->chain.path[i]);
	if (!q->json && !q->quiet && q->esp.given.options)
		kf_chain_first(&show);
	return kf_put_answer(&q->render.out);
}

/* verdict_of: what is taken only when it is asked for does not count, unless
 * there is nothing else. */
static int verdict_of(const struct kf_chain *chain)
{
	bool seen[KF_REJECT + 1] = { false };

	for (size_t i = 0; i < chain->num_paths; i++)
		if (!chain->path[i].aside && chain->path[i].num_stages)
			seen[chain->path[i].answer] = true;
	if (seen[KF_REJECT])
		return KF_EXIT_NOT;
	return seen[KF_UNDECIDED] ? KF_EXIT_UNKNOWN : KF_EXIT_FITS;
}

static int run(const struct kf_arguments *arguments)
{
	static struct question q;
	int status;

	q.arguments = arguments;
	status = read_words(&q);
	if (status == KF_EXIT_FITS)
		status = prepare(&q);
	if (status == KF_EXIT_FITS)
		status = judge(&q);
	if (status == KF_EXIT_FITS)
		status = hash_files(&q);
	if (status == KF_EXIT_FITS)
		status = show(&q);
	if (status == KF_EXIT_FITS)
		status = verdict_of(&q.chain);
	kf_esp_close(&q.esp);
	kf_device_close(&q.device);
	kf_work_close(&q.work);
	kf_openssl_close(q.crypto);
	return status;
}

const struct kf_command kf_cmd_chain = {
	.operands = "PATH...",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
