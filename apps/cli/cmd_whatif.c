/* keyfit whatif: what would these changes of its keys do to this device?
 *
 * Writes to no device: all of it is played in the model.
 */
#include "ask.h"
#include "newest.h"
#include "options.h"
#include "say.h"
#include "whatif.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ARENA_LEN = 128 << 20,	/* stores and verdicts of many steps; what is
				 * not used is never touched */
};

/* question is what was asked, and all that it takes to answer for one device
 * after the other. */
struct question {
	const struct kf_arguments *arguments;
	const struct kf_crypto *crypto;
	struct kf_changes changes;
	struct kf_known known;
	struct kf_arena tables;	/* of what newer files say */
	char quirk[256];	/* what is known of the model */
	struct kf_device device;
	struct kf_work work;
	struct kf_unit *unit[KF_WHATIF_BOOTS_MAX];
	size_t num_units;
	struct kf_whatif whatif;
	struct kf_render render;
	int64_t at_s;
	bool json;
	bool seen[KF_EXIT_FAULT + 1];
};

static const struct kf_option options[] = {
	{ "device", KF_VALUE_FILE, "DEVICE", true,
	  "the device: a variable store, an efivarfs folder, a profile" },
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "the firmware and its version, as edk2-2025.02" },
	KF_ASK_TRUST,
	KF_ASK_SET,
	{ "file", KF_VALUE_FILE, "PATH", true,
	  "what is installed: a boot file, SHIM:GRUB:KERNEL, an ESP's folder" },
	{ "media", KF_VALUE_FILE, "PATH", true,
	  "the same, on an installation or recovery medium" },
	{ "log", KF_VALUE_FILE, "LOG", false,
	  "the event log of a boot before the changes: foretell PCR 7" },
	{ "newest", KF_VALUE_FILE, "FILE", true,
	  "a newer list of models that take no dbx: fwupd's uefi-dbx.quirk" },
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "judge at another time: 2028-05-15, 2028-05-15T12:00:00Z, @SECONDS" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object a device" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit whatif DBUpdate3P2023.bin --device OVMF_VARS_4M.ms.fd --file shimx64.efi",
	"keyfit whatif dbx+=uefi-ca-2011.der --device OVMF_VARS_4M.ms.fd --file /boot/efi --media usb/shimx64.efi",
	"keyfit whatif DBXUpdate2024.bin DBUpdate2024.bin --file /boot/efi",
	NULL,
};

static int read_words(struct question *q)
{

	q->json = kf_argument(q->arguments, "json");
	if (kf_argument_time(&q->at_s, q->arguments) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	if (q->arguments->num_operands)
		return KF_EXIT_FITS;
	kf_say(NULL, "no change", "usage: keyfit whatif CHANGE... [OPTION...]");
	return KF_EXIT_USAGE;
}

/* firmware_name: rules of updates stand for the firmware of their version. */
static const char *firmware_name(char out[64], const char *rules)
{
	static const char update[] = "edk2-variable";

	if (!rules || strncmp(rules, update, sizeof(update) - 1) != 0)
		return rules;
	snprintf(out, 64, "edk2%s", rules + sizeof(update) - 1);
	return out;
}

/* update_rules finds the rules of updates of the same version. */
static const struct kf_rules *update_rules(const struct kf_rules *firmware)
{
	const struct kf_rules *rules;
	char name[64];

	snprintf(name, sizeof(name), "edk2-variable%s",
		 firmware->name + strlen("edk2"));
	rules = kf_rules_find(name);
	return rules ? rules : kf_rules_find("edk2-variable");
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

static int ask_device(struct question *q, const struct kf_given *device)
{
	const char *rules = kf_argument(q->arguments, "rules");
	struct kf_arguments one;
	char room[64];
	int status = kf_ask_only(&one, q->arguments, device);

	if (status == KF_EXIT_FITS)
		status = kf_ask_both(&q->device, &one,
				     firmware_name(room, rules), q->crypto,
				     q->at_s);
	free(one.given);
	if (status != KF_EXIT_FITS || verifier_of(&q->device, "edk2"))
		return status;
	kf_say(rules ? rules : q->device.name, rules
	       ? "are no rules of a firmware"
	       : "has no verifier of what its firmware starts",
	       "say which one: --rules edk2-2025.02");
	return KF_EXIT_USAGE;
}

/* add_row adds the files of A:B:C; a path that is there counts as it is. */
static enum kf_status add_row(struct kf_unit *unit, struct kf_fault *why)
{
	const char *at = unit->text;
	enum kf_status status = KF_OK;
	struct stat st;

	if (stat(at, &st) == 0 || !strchr(at, ':'))
		return kf_esp_add(&unit->esp, at, why);
	while (status == KF_OK && *at) {
		size_t len = strcspn(at, ":");
		char *path = strndup(at, len);

		status = path ? kf_esp_add(&unit->esp, path, why)
			      : KF_NO_MEMORY;
		free(path);
		at += len + (at[len] == ':');
	}
	return status;
}

static int open_unit(struct question *q, const struct kf_given *given)
{
	struct kf_fault why = { 0 };
	struct kf_unit *unit;
	enum kf_status status;

	if (q->num_units == KF_WHATIF_BOOTS_MAX) {
		kf_say(given->value, "is one path too many", NULL);
		return KF_EXIT_USAGE;
	}
	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return kf_say_failure(NULL, KF_NO_MEMORY, &why);
	q->unit[q->num_units++] = unit;
	unit->text = given->value;
	unit->esp.crypto = q->crypto;
	unit->esp.now_s = q->at_s;
	unit->boots.given = &unit->esp.given;
	unit->boots.media = strcmp(given->option->name, "media") == 0;
	status = add_row(unit, &why);
	if (status == KF_OK)
		status = kf_esp_ready(&unit->esp, &why);
	unit->esp.given.machine = kf_chain_machine(&verifier_of(&q->device, "edk2")
					     ->store);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, &why);
}

static int open_units(struct question *q)
{
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < q->arguments->num_given &&
			   status == KF_EXIT_FITS; i++) {
		const struct kf_given *given = &q->arguments->given[i];

		if (strcmp(given->option->name, "file") == 0 ||
		    strcmp(given->option->name, "media") == 0)
			status = open_unit(q, given);
	}
	return status;
}

static void close_units(struct question *q)
{
	for (size_t i = 0; i < q->num_units; i++) {
		kf_esp_close(&q->unit[i]->esp);
		free(q->unit[i]);
	}
	q->num_units = 0;
}

/* play asks the model. */
static int play(struct question *q, const struct kf_plan_shown *plan)
{
	struct kf_boots *boots[KF_WHATIF_BOOTS_MAX];
	struct kf_whatif_ask ask = {
		.store = &verifier_of(&q->device, "edk2")->store,
		.for_shim = &verifier_of(&q->device, "shim")->store,
		.firmware = plan->firmware,
		.update = plan->update,
		.change = q->changes.change,
		.num_changes = q->changes.num,
		.quirk = q->quirk[0] ? q->quirk : NULL,
		.boots = boots,
		.num_boots = q->num_units,
	};
	struct kf_fault why = { 0 };
	enum kf_status status;

	for (size_t i = 0; i < q->num_units; i++)
		boots[i] = &q->unit[i]->boots;
	kf_work_again(&q->work, 0);
	status = kf_whatif(&q->whatif, &ask, &q->work.env);
	for (size_t i = 0; i < q->num_units && status == KF_OK; i++)
		if (!kf_esp_same(&q->unit[i]->esp))
			status = KF_CANNOT_READ;
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(NULL, status, &why);
}

/* look_up finds what is known of the device's model. */
static int look_up(struct question *q)
{
	const struct kf_known *known = &q->known;
	struct kf_fault why = { 0 };
	const struct kf_quirk *quirk;
	enum kf_status status = kf_quirk_of(&quirk, known, &q->device.hardware,
					    q->crypto);

	q->quirk[0] = '\0';
	if (status != KF_OK)
		return kf_say_failure(q->device.name, status, &why);
	if (quirk)
		snprintf(q->quirk, sizeof(q->quirk),
			 "hardware id %s%s%s%s, in %s of %s", quirk->id,
			 quirk->model[0] ? " (" : "", quirk->model,
			 quirk->model[0] ? ")" : "", known->quirks.source,
			 known->quirks.date);
	return KF_EXIT_FITS;
}

static int show(struct question *q, const struct kf_plan_shown *plan)
{
	static const int exits[] = {
		[KF_PLAN_UNKNOWN] = KF_EXIT_UNKNOWN,
		[KF_PLAN_SAFE] = KF_EXIT_FITS,
		[KF_PLAN_REFUSED] = KF_EXIT_NOT,
		[KF_PLAN_STRANDS] = KF_EXIT_NOT,
	};
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (q->json)
		kf_plan_json(&q->render, plan);
	else
		kf_plan_text(&q->render, plan);
	status = kf_output_flush(&q->render.out, STDOUT_FILENO, &why);
	return status == KF_OK ? exits[kf_plan_conclusion(plan)]
			       : kf_say_failure("stdout", status, &why);
}

/* answer answers for one device. Returns an exit status. */
static int answer(struct question *q, const struct kf_given *device)
{
	struct kf_plan_shown plan = {
		.device = &q->device,
		.whatif = &q->whatif,
		.unit = q->unit,
		.env = &q->work.env,
	};
	int status = ask_device(q, device);

	if (status == KF_EXIT_FITS) {
		plan.firmware = verifier_of(&q->device, "edk2")->rules;
		plan.update = update_rules(plan.firmware);
		status = open_units(q);
	}
	plan.num_units = q->num_units;
	if (status == KF_EXIT_FITS)
		status = look_up(q);
	if (status == KF_EXIT_FITS)
		status = play(q, &plan);
	if (status == KF_EXIT_FITS)
		status = kf_whatif_room(&plan.room, device ? device->value
					: NULL, &q->whatif);
	if (status == KF_EXIT_FITS)
		status = kf_whatif_log(&plan.told,
				       kf_argument(q->arguments, "log"),
				       &plan, q->crypto, q->at_s);
	if (status == KF_EXIT_FITS)
		status = show(q, &plan);
	kf_output_close(&plan.told.log);
	kf_whatif_close(&q->whatif, &q->work.env);
	close_units(q);
	kf_device_close(&q->device);
	return status;
}

/* answer_all goes from device to device. */
static int answer_all(struct question *q)
{
	static const int order[] = { KF_EXIT_USAGE, KF_EXIT_FAULT, KF_EXIT_NOT,
				     KF_EXIT_UNKNOWN, KF_EXIT_FITS };
	bool any = false;

	for (size_t i = 0; i < q->arguments->num_given; i++) {
		const struct kf_given *given = &q->arguments->given[i];

		if (strcmp(given->option->name, "device") != 0)
			continue;
		any = true;
		q->seen[answer(q, given)] = true;
	}
	if (!any)
		q->seen[answer(q, NULL)] = true;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (q->seen[order[i]])
			return order[i];
	return KF_EXIT_FAULT;
}

static int run(const struct kf_arguments *arguments)
{
	static struct question q;
	struct kf_fault why = { 0 };
	enum kf_status opened;
	int status;

	q.arguments = arguments;
	status = read_words(&q);
	if (status != KF_EXIT_FITS)
		return status;
	q.crypto = kf_openssl_open(&why);
	if (!q.crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	opened = kf_work_open(&q.work, ARENA_LEN, q.crypto, q.at_s, &why);
	status = opened == KF_OK
		? kf_changes_read(&q.changes, arguments->operand,
				  arguments->num_operands, q.crypto, q.at_s)
		: kf_say_failure(NULL, opened, &why);
	kf_known_start(&q.known);
	if (status == KF_EXIT_FITS)
		status = kf_newest_read(&q.known, &q.tables, arguments);
	if (!q.json)
		kf_render_terminal(&q.render);
	if (status == KF_EXIT_FITS)
		status = answer_all(&q);
	kf_changes_close(&q.changes);
	free(q.tables.base);
	kf_output_close(&q.render.out);
	kf_work_close(&q.work);
	kf_openssl_close(q.crypto);
	return status;
}

const struct kf_command kf_cmd_whatif = {
	.operands = "CHANGE...",
	.operand_kind = KF_VALUE_FILE,
	.options = options,
	.examples = examples,
	.run = run,
};
