/* keyfit lab: what does real firmware in a virtual machine do with these
 * files, and does keyfit say the same?
 *
 * One file is booted; several are handed to one firmware in one boot, through
 * the guest, and booted one by one where that does not take the lists.
 */
#include "ask.h"
#include "render.h"
#include "say.h"

#include "host/flash.h"
#include "jobs/lab/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMAGE_MAX = 48 << 20, NUM_LISTS = 3 };

/* asked is one file, and both answers. */
struct asked {
	const char *path;
	enum kf_answer answer;
	char reason[64], rule[32];
	struct kf_lab_answer said;
	bool faulty;
};

struct lab {
	const struct kf_arguments *arguments;
	const struct kf_crypto *crypto;
	struct kf_lab_firmware firmware;
	struct kf_device device;
	const struct kf_device_verifier *verifier;
	struct kf_work work;
	struct asked *asked;
	size_t num_asked, num_said;
};

static const struct kf_option options[] = {
	KF_ASK_DEVICE,
	KF_ASK_TRUST,
	KF_ASK_SET,
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "hold these rules against it, not those of its version" },
	{ "firmware", KF_VALUE_FILE, "FILE", false,
	  "the firmware's code, not the machine's own OVMF" },
	{ "vars", KF_VALUE_FILE, "FILE", false,
	  "an empty variable store for it" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a line" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit lab uefi shimx64.efi --device OVMF_VARS_4M.ms.fd",
	"keyfit lab uefi *.efi --trust db=db.esl --trust dbx=none --trust dbt=none",
	NULL,
};

static int check_operands(const struct kf_arguments *a)
{
	if (a->num_operands == 0 || strcmp(a->operand[0], "uefi") != 0) {
		kf_say(a->num_operands ? a->operand[0] : NULL,
		       "there is no such lab",
		       "usage: keyfit lab uefi ARTIFACT... [OPTION...]");
		return KF_EXIT_USAGE;
	}
	if (a->num_operands > 1)
		return KF_EXIT_FITS;
	kf_say(NULL, "no artifact", "usage: keyfit lab uefi ARTIFACT... [OPTION...]");
	return KF_EXIT_USAGE;
}

/* rules_of finds the profile for a firmware's version; NULL: there is none. */
static const char *rules_of(const struct kf_lab_firmware *firmware)
{
	static char name[80];

	if (!firmware->version[0])
		return NULL;
	snprintf(name, sizeof(name), "edk2-%.*s",
		 (int)strcspn(firmware->version, "-"), firmware->version);
	return kf_rules_find(name) ? name : NULL;
}

static int open_device(struct lab *l)
{
	const char *rules = kf_argument(l->arguments, "rules");
	int status = kf_ask_device(&l->device, l->arguments,
				   rules ? rules : rules_of(&l->firmware),
				   l->crypto, kf_now_s());

	if (status != KF_EXIT_FITS)
		return status;
	for (size_t i = 0; i < l->device.num_verifiers; i++)
		if (strcmp(l->device.verifier[i].rules->verifier->name,
			   "edk2") == 0)
			l->verifier = &l->device.verifier[i];
	if (l->verifier)
		return KF_EXIT_FITS;
	kf_say(l->device.name, "it has no UEFI firmware", NULL);
	return KF_EXIT_FAULT;
}

static int prepare(struct lab *l)
{
	struct kf_fault why = { 0 };
	enum kf_status status;

	l->num_asked = l->arguments->num_operands - 1;
	l->asked = calloc(l->num_asked, sizeof(*l->asked));
	l->crypto = kf_openssl_open(&why);
	if (!l->crypto || !l->asked)
		return kf_say_failure(NULL, l->asked ? KF_NO_CRYPTO
						     : KF_NO_MEMORY, &why);
	for (size_t i = 0; i < l->num_asked; i++)
		l->asked[i].path = l->arguments->operand[i + 1];
	status = kf_lab_firmware_find(&l->firmware,
				      kf_argument(l->arguments, "firmware"),
				      kf_argument(l->arguments, "vars"),
				      l->crypto, &why);
	if (status == KF_OK)
		status = kf_work_open(&l->work, KF_ARENA_LEN, l->crypto,
				      kf_now_s(), &why);
	return status == KF_OK ? open_device(l)
			       : kf_say_failure(NULL, status, &why);
}

/* judge asks keyfit. */
static enum kf_status judge(struct lab *l, struct asked *a,
			    struct kf_fault *why)
{
	static struct kf_verdict v;
	struct kf_file file = { 0 };
	struct kf_artifact artifact;
	enum kf_status status = kf_file_open(&file, a->path, why);

	if (status != KF_OK)
		return status;
	kf_work_again(&l->work, file.source.size);
	kf_artifact_read(&artifact, NULL, &file.source, &l->work.env);
	kf_artifact_prepare(&artifact, l->verifier->rules, &l->work.env);
	status = kf_check(&v, &artifact, &l->verifier->store,
			  l->verifier->rules, &l->work.env);
	if (status == KF_OK) {
		a->answer = v.answer;
		snprintf(a->reason, sizeof(a->reason), "%s",
			 v.why.reason ? v.why.reason->slug : "");
		snprintf(a->rule, sizeof(a->rule), "%s",
			 v.why.rule ? v.why.rule : "");
	}
	kf_artifact_close(&artifact, &l->work.env);
	kf_file_close(&file);
	return status;
}

/* boot asks the firmware about one file, by a boot of its own. */
static enum kf_status boot(struct lab *l, struct asked *a,
			   struct kf_fault *why)
{
	struct kf_text_file image = { 0 }, empty = { 0 };
	enum kf_status status = kf_text_file_read(&image, a->path, IMAGE_MAX,
						  why);
	uint8_t *vars = NULL;

	if (status == KF_OK)
		status = kf_text_file_read(&empty, l->firmware.vars,
					   IMAGE_MAX, why);
	if (status == KF_OK) {
		vars = malloc(empty.bytes.len + 1);
		status = vars ? kf_flash_write(vars, empty.bytes,
					       &l->verifier->store, why)
			      : KF_NO_MEMORY;
	}
	if (status == KF_OK)
		status = kf_lab_boot(&a->said, &l->firmware, image.bytes,
				     kf_view(vars, empty.bytes.len), why);
	free(vars);
	kf_text_file_close(&empty);
	kf_text_file_close(&image);
	return status;
}

/* hear takes the answers of one boot, in the order of the questions; what was
 * faulty was not asked. */
static void hear(void *self, const struct kf_lab_answer *answer)
{
	struct lab *l = self;

	while (l->num_said < l->num_asked && l->asked[l->num_said].faulty)
		l->num_said++;
	if (l->num_said < l->num_asked)
		l->asked[l->num_said++].said = *answer;
}

/* put_store writes the lists into nameless files, for the script to name. */
static enum kf_status put_store(struct kf_output *script, const struct lab *l,
				int fd[NUM_LISTS], struct kf_fault *why)
{
	static const char *const names[] = { "db", "dbx", "dbt" };
	const struct kf_store *store = &l->verifier->store;

	kf_output_print(script, "store mode=%s",
			kf_flash_mode(store));
	for (int i = 0; i < NUM_LISTS; i++) {
		const struct kf_part *part = kf_store_part(store, names[i]);

		if (!part || part->presence != KF_PRESENT) {
			kf_output_print(script, " %s=none", names[i]);
			continue;
		}
		fd[i] = kf_lab_keep(part->bytes, why);
		if (fd[i] < 0)
			return KF_NO_MEMORY;
		kf_output_print(script, " %s=/proc/self/fd/%d", names[i],
				fd[i]);
	}
	kf_output_text(script, "\n");
	return KF_OK;
}

/* ask_together asks about all files in one boot. */
static enum kf_status ask_together(struct lab *l, struct kf_fault *why)
{
	struct kf_output script = { 0 };
	int fd[NUM_LISTS] = { -1, -1, -1 };
	enum kf_status status = put_store(&script, l, fd, why);

	for (size_t i = 0; i < l->num_asked; i++)
		if (!l->asked[i].faulty)
			kf_output_print(&script, "base %s\ncase %zu\n",
					l->asked[i].path, i);
	if (status == KF_OK && script.failed)
		status = KF_NO_MEMORY;
	if (status == KF_OK)
		status = kf_lab_batch(&l->firmware,
				      kf_view(script.data, script.len), ".",
				      hear, l, why);
	for (int i = 0; i < NUM_LISTS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	kf_output_close(&script);
	return status;
}

/* agree: a firmware that stumbles does not start the file. */
static bool agree(const struct asked *a)
{
	return a->answer == (a->said.outcome == KF_LAB_ACCEPT ? KF_ACCEPT
							       : KF_REJECT);
}

static void write_json(struct kf_output *out, const struct lab *l,
		       const struct asked *a)
{
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_foreign(&json, "artifact", kf_text(a->path));
	kf_json_text(&json, "device", l->device.name);
	kf_json_text(&json, "rules", l->verifier->rules->name);
	kf_json_text(&json, "verdict", kf_answer_name(a->answer));
	kf_json_text(&json, "reason", a->reason[0] ? a->reason : NULL);
	kf_json_text(&json, "rule", a->rule[0] ? a->rule : NULL);
	kf_json_text(&json, "firmware", kf_lab_outcome_name(a->said.outcome));
	kf_json_text(&json, "firmware_sha256", l->firmware.sha256);
	kf_json_text(&json, "firmware_version", l->firmware.version[0]
		     ? l->firmware.version : NULL);
	kf_json_yes_no(&json, "agree", agree(a));
	kf_json_close(&json);
	kf_output_text(out, "\n");
}

static void write_text(struct kf_output *out, const struct lab *l,
		       const struct asked *a)
{
	kf_output_print(out, "%-9s  ", agree(a) ? "AGREE" : "DISAGREE");
	kf_output_shown(out, kf_text(a->path));
	kf_output_print(out, "\n  %-9s%s  %s%s%s  by %s\n", "keyfit",
			kf_answer_name(a->answer), a->reason,
			a->rule[0] ? "  " : "", a->rule,
			l->verifier->rules->name);
	kf_output_print(out, "  %-9s%s  OVMF %s, SHA-256 %s\n", "firmware",
			kf_lab_outcome_name(a->said.outcome),
			l->firmware.version[0] ? l->firmware.version
					       : "of unknown version",
			l->firmware.sha256);
}

/* ask_all asks both about every file. Returns the worst exit status. */
static int ask_all(struct lab *l, struct kf_output *out)
{
	bool json = kf_argument(l->arguments, "json");
	int worst = KF_EXIT_FITS;
	struct kf_fault why = { 0 };

	for (size_t i = 0; i < l->num_asked; i++) {
		struct asked *a = &l->asked[i];
		struct kf_fault own = { 0 };
		enum kf_status status = judge(l, a, &own);

		a->faulty = status != KF_OK;
		if (a->faulty)
			worst = kf_say_failure(a->path, status, &own);
	}
	if (l->num_asked > 1 && ask_together(l, &why) != KF_OK)
		return kf_say_failure(NULL, KF_CANNOT_READ, &why);
	for (size_t i = 0; i < l->num_asked; i++) {
		struct asked *a = &l->asked[i];
		struct kf_fault own = { 0 };
		enum kf_status status = KF_OK;

		if (a->faulty)
			continue;
		if (a->said.outcome == KF_LAB_UNDECIDED ||
		    a->said.outcome == KF_LAB_REFUSE_STORE)
			status = boot(l, a, &own);
		if (status != KF_OK)
			return kf_say_failure(a->path, status, &own);
		(json ? write_json : write_text)(out, l, a);
		if (!agree(a) && worst == KF_EXIT_FITS)
			worst = KF_EXIT_NOT;
	}
	return worst;
}

static int run(const struct kf_arguments *arguments)
{
	struct lab l = { .arguments = arguments };
	struct kf_output out = { 0 };
	int status = check_operands(arguments), written;

	if (status == KF_EXIT_FITS)
		status = prepare(&l);
	if (status == KF_EXIT_FITS)
		status = ask_all(&l, &out);
	written = kf_put_answer(&out);
	if (written != KF_EXIT_FITS)
		status = written;
	kf_device_close(&l.device);
	kf_work_close(&l.work);
	kf_openssl_close(l.crypto);
	free(l.asked);
	return status;
}

const struct kf_command kf_cmd_lab = {
	.operands = "uefi ARTIFACT...",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
