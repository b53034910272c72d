/* keyfit collect: this machine, or a copy of one, written into one file that
 * stands for it as a device.
 */
#include "options.h"
#include "say.h"

#include "host/collect.h"
#include "host/replace.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct kf_option options[] = {
	{ "root", KF_VALUE_FILE, "FOLDER", false,
	  "a copy of a machine's files, in place of this machine" },
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "how a build is judged of which the files do not tell it" },
	{ "output", KF_VALUE_FILE, "FILE", false,
	  "write into this file; without it, to standard output" },
	{ "serials", KF_VALUE_NONE, NULL, false,
	  "serial numbers of the machine too" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit collect --output machine.json",
	"keyfit collect --root /mnt --output machine.json",
	"keyfit check shimx64.efi --device machine.json",
	NULL,
};

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_output *text = self;

	memcpy(out, text->data + at, len);
	return true;
}

/* put writes the file, whole or not at all. Returns an exit status. */
static int put(struct kf_output *text, const char *path, struct kf_env *env)
{
	const struct kf_source source = {
		.size = text->len, .read_at = read_at, .self = text,
	};
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (!path || strcmp(path, "-") == 0)
		return kf_put_answer(text);
	status = kf_replace(path, &source, NULL, env, &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

static int collect(struct kf_work *work, const struct kf_arguments *arguments,
		   const char *root)
{
	const struct kf_collect_ask ask = {
		.root = root,
		.serials = kf_argument(arguments, "serials"),
		.rules = kf_argument(arguments, "rules"),
		.by = "keyfit " KEYFIT_VERSION,
		.at_s = kf_now_s(),
		.env = &work->env,
	};
	struct kf_fault why = { 0 };
	struct kf_output text = { 0 };
	size_t num_unread = 0;
	enum kf_status status = kf_collect(&text, &num_unread, &ask);
	int exit_status;

	if (status != KF_OK) {
		kf_output_close(&text);
		return kf_say_failure(NULL, status, &why);
	}
	if (num_unread)
		kf_say(NULL, "not all of the machine could be read",
		       "\"unread\" in the file says what, and why; root may read more");
	exit_status = put(&text, kf_argument(arguments, "output"), &work->env);
	kf_output_close(&text);
	return exit_status;
}

static int run(const struct kf_arguments *arguments)
{
	const char *root = kf_argument(arguments, "root");
	const char *rules = kf_argument(arguments, "rules");
	struct kf_fault why = { 0 };
	struct kf_work work = { 0 };
	const struct kf_crypto *crypto;
	int status = KF_EXIT_FAULT;
	struct stat st;

	if (arguments->num_operands) {
		kf_say(arguments->operand[0], "is one argument too many",
		       "usage: keyfit collect [OPTION...]");
		return KF_EXIT_USAGE;
	}
	if (root && (stat(root, &st) != 0 || !S_ISDIR(st.st_mode))) {
		kf_say(root, "is no folder",
		       "name the folder that holds the machine's sys, etc, boot");
		return KF_EXIT_USAGE;
	}
	if (rules && !kf_rules_find(rules)) {
		kf_say(rules, "is the name of no rules",
		       "name a profile, as swupdate-2022.12-cms");
		return KF_EXIT_USAGE;
	}
	if (!root || strcmp(root, "/") == 0)
		root = "";
	crypto = kf_openssl_open(&why);
	if (crypto && kf_work_open(&work, 1 << 20, crypto, kf_now_s(),
				   &why) == KF_OK) {
		work.env.steps = UINT64_MAX;
		status = collect(&work, arguments, root);
	} else {
		kf_say_fault(NULL, &why);
	}
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return status;
}

const struct kf_command kf_cmd_collect = {
	.operands = "",
	.operand_kind = KF_VALUE_NONE,
	.max_operands = 0,
	.options = options,
	.examples = examples,
	.run = run,
};
