/* keyfit pcr: what a boot measured, whether its log is whole, and what it adds
 * up to.
 */
#include "ask.h"
#include "event_words.h"
#include "predict.h"
#include "say.h"

#include "analysis/pcr.h"
#include "host/collected.h"
#include "host/json_write.h"
#include "host/measured.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_OF_SYSTEMS = 8 };

/* request is one log that is being told. */
struct request {
	const char *path;
	struct kf_work *work;
	struct kf_output *out;
	struct kf_json json;
	bool as_json;
	bool wanted[KF_NUM_PCRS];
	const char *bank;	/* of the text; NULL: SHA-256, else the first */
	struct kf_pcr_values expected;
	bool has_expected;
	bool own;		/* this machine's log */
	unsigned num_false;	/* events that are not what they say */
	unsigned num_other;	/* registers that hold another value */
};

static const struct kf_option options[] = {
	{ "pcr", KF_VALUE_ANY, "N", true, "tell only this register" },
	{ "bank", KF_VALUE_ANY, "NAME", false,
	  "whose digests the text shows: sha1, sha256, sha384, sha512" },
	{ "expect", KF_VALUE_FILE, "FILE", false,
	  "what the TPM holds, as tpm2_pcrread prints it" },
	KF_ASK_DEVICE,
	KF_ASK_TRUST,
	KF_ASK_SET,
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "the firmware's rules, not the device's own" },
	KF_PREDICT_OPTIONS,
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static const char *const examples[] = {
	"keyfit pcr",
	"keyfit pcr binary_bios_measurements --pcr 7",
	"keyfit pcr eventlog.bin --expect pcrs.txt --json",
	"keyfit pcr eventlog.bin --device vars.fd --change DBUpdate3P2023.bin --file shimx64.efi --file grubx64.efi",
	NULL,
};

static const char *proof_name(enum kf_event_proof proof)
{
	switch (proof) {
	case KF_PROOF_DATA:
		return "data";
	case KF_PROOF_FALSE:
		return "false";
	case KF_PROOF_NOT_EXTENDED:
		return "not-extended";
	default:
		return "none";
	}
}

static void type_name(char out[40], uint32_t type)
{
	const char *name = kf_event_type(type);

	snprintf(out, 40, "%s", name ? name : "");
	if (!name)
		snprintf(out, 40, "0x%08" PRIx32, type);
}

static void event_json(struct request *r, const struct kf_event *event,
		       const struct kf_eventlog *log, const char *words,
		       enum kf_event_proof proof)
{
	struct kf_json *j = &r->json;
	char type[40];

	type_name(type, event->type);
	kf_json_open(j, NULL, '{');
	kf_json_number(j, "number", event->number);
	kf_json_number(j, "pcr", event->pcr);
	kf_json_text(j, "type", type);
	kf_json_text(j, "words", words);
	kf_json_text(j, "proof", proof_name(proof));
	kf_json_number(j, "at", event->at);
	kf_json_number(j, "length", event->len);
	kf_json_open(j, "digests", '{');
	for (size_t b = 0; b < log->num_banks; b++)
		if (event->digest[b].len)
			kf_json_hex(j, log->bank[b].name,
				    event->digest[b]);
	kf_json_close(j);
	kf_json_close(j);
}

static void event_text(struct request *r, const struct kf_event *event,
		       const char *words, enum kf_event_proof proof)
{
	char type[40];

	type_name(type, event->type);
	kf_output_print(r->out, "%4" PRIu32 "  PCR %-2" PRIu32 "  %s\n",
			event->number, event->pcr, words);
	if (proof == KF_PROOF_FALSE)
		kf_output_print(r->out, "      its digest is not that of what it says (%s)\n",
				type);
}

/* tell tells one event. Fails: as memory does. */
static enum kf_status tell(struct request *r, const struct kf_event *event,
			   const struct kf_eventlog *log)
{
	struct kf_output words = { 0 };
	enum kf_event_proof proof = kf_event_prove(event, log,
						   r->work->env.crypto);

	r->num_false += proof == KF_PROOF_FALSE;
	if (event->pcr >= KF_NUM_PCRS || !r->wanted[event->pcr])
		return KF_OK;
	r->work->arena.used = 0;
	kf_event_words(&words, event, &r->work->env);
	kf_output_add(&words, "", 1);
	if (words.failed) {
		kf_output_close(&words);
		return KF_NO_MEMORY;
	}
	if (r->as_json)
		event_json(r, event, log, words.data, proof);
	else
		event_text(r, event, words.data, proof);
	kf_output_close(&words);
	return KF_OK;
}

/* shown is the bank whose values the text shows. */
static size_t shown(const struct request *r, const struct kf_pcrs *pcrs)
{
	const char *name = r->bank ? r->bank : "sha256";

	for (size_t b = 0; b < pcrs->num_banks; b++)
		if (strcmp(pcrs->bank[b].name, name) == 0)
			return b;
	return r->bank ? pcrs->num_banks : 0;
}

/* differs tells whether a register holds another value than the log adds up
 * to; false where one of them is not known. From 8 on, systems keep registers
 * of their own with other logs, as IMA does in PCR 10: those that this log says
 * nothing of are not held against it. */
static bool differs(const struct request *r, const struct kf_pcrs *pcrs,
		    size_t bank, int pcr)
{
	const struct kf_digest *a = &pcrs->value[bank][pcr], *b;

	if (!r->has_expected || !pcrs->bank[bank].known || !a->len ||
	    (pcr >= FIRST_OF_SYSTEMS && !pcrs->extended[pcr]))
		return false;
	b = &r->expected.value[pcrs->bank[bank].kind][pcr];
	return b->len && !kf_equal(kf_view(a->bytes, a->len),
				   kf_view(b->bytes, b->len));
}

static void values_json(struct request *r, const struct kf_pcrs *pcrs)
{
	char number[8];

	kf_json_open(&r->json, "pcrs", '{');
	for (size_t b = 0; b < pcrs->num_banks; b++) {
		kf_json_open(&r->json, pcrs->bank[b].name, '{');
		for (int pcr = 0; pcr < KF_NUM_PCRS; pcr++) {
			const struct kf_digest *v = &pcrs->value[b][pcr];

			snprintf(number, sizeof(number), "%d", pcr);
			if (r->wanted[pcr] && pcrs->extended[pcr] && v->len)
				kf_json_hex(&r->json, number,
					    kf_view(v->bytes, v->len));
		}
		kf_json_close(&r->json);
	}
	kf_json_close(&r->json);
	kf_json_open(&r->json, "differ", '[');
	for (size_t b = 0; b < pcrs->num_banks; b++)
		for (int pcr = 0; pcr < KF_NUM_PCRS; pcr++) {
			if (!r->wanted[pcr] || !differs(r, pcrs, b, pcr))
				continue;
			kf_json_open(&r->json, NULL, '{');
			kf_json_text(&r->json, "bank",
				     pcrs->bank[b].name);
			kf_json_number(&r->json, "pcr", (uint64_t)pcr);
			kf_json_close(&r->json);
		}
	kf_json_close(&r->json);
}

static void values_text(struct request *r, const struct kf_pcrs *pcrs)
{
	size_t bank = shown(r, pcrs);

	if (bank == pcrs->num_banks)
		return;
	kf_output_text(r->out, "\n");
	for (int pcr = 0; pcr < KF_NUM_PCRS; pcr++) {
		const struct kf_digest *v = &pcrs->value[bank][pcr];

		if (!r->wanted[pcr] || !pcrs->extended[pcr])
			continue;
		kf_output_print(r->out, "PCR %-2d  %s  ", pcr,
				pcrs->bank[bank].name);
		if (v->len)
			kf_output_hex(r->out, kf_view(v->bytes, v->len));
		else
			kf_output_text(r->out, "cannot be computed");
		kf_output_text(r->out, differs(r, pcrs, bank, pcr)
			       ? "  the TPM holds another\n" : "\n");
	}
}

/* count_other counts registers that hold something else, in all banks. */
static void count_other(struct request *r, const struct kf_pcrs *pcrs)
{
	for (size_t b = 0; b < pcrs->num_banks; b++)
		for (int pcr = 0; pcr < KF_NUM_PCRS; pcr++)
			r->num_other += r->wanted[pcr] &&
					differs(r, pcrs, b, pcr);
}

/* conclude says what is wrong. Returns the exit status. */
static int conclude(const struct request *r, const struct kf_damage *damage)
{
	char what[160];

	if (damage->field) {
		snprintf(what, sizeof(what), "ends too early: %s at byte %"
			 PRIu64, damage->field, damage->at);
		kf_say(r->path, what, "copy it again; what stands before was read");
		return KF_EXIT_FAULT;
	}
	if (r->num_false) {
		snprintf(what, sizeof(what), "%u %s not what %s", r->num_false,
			 r->num_false == 1 ? "event is" : "events are",
			 r->num_false == 1 ? "it says" : "they say");
		kf_say(r->path, what, "the log was changed, or this firmware measures in its own way");
	}
	if (r->num_other) {
		snprintf(what, sizeof(what), "does not add up to what the TPM holds, in %u %s",
			 r->num_other, r->num_other == 1 ? "register"
							 : "registers");
		kf_say(r->path, what, "the log is of another boot, or it was changed");
	}
	return r->num_false || r->num_other ? KF_EXIT_NOT : KF_EXIT_FITS;
}

static int tell_log(struct request *r, struct kf_bytes bytes)
{
	struct kf_eventlog log = kf_eventlog_open(bytes);
	static struct kf_pcrs pcrs;
	struct kf_event event;
	enum kf_status status = KF_OK;
	struct kf_fault why = { 0 };

	kf_pcrs_start(&pcrs, &log);
	if (r->as_json) {
		kf_json_open(&r->json, NULL, '{');
		kf_json_text(&r->json, "log", r->path);
		kf_json_yes_no(&r->json, "crypto_agile", log.agile);
		kf_json_open(&r->json, "events", '[');
	}
	while (status == KF_OK && kf_eventlog_next(&log, &event)) {
		status = tell(r, &event, &log);
		if (status == KF_OK)
			status = kf_pcrs_event(&pcrs, &event,
					       r->work->env.crypto);
	}
	if (status != KF_OK) {
		kf_say(r->path, kf_status_text(status), NULL);
		return KF_EXIT_FAULT;
	}
	if (r->as_json) {
		kf_json_close(&r->json);
		values_json(r, &pcrs);
		kf_json_close(&r->json);
		kf_output_text(r->out, "\n");
	} else {
		values_text(r, &pcrs);
	}
	count_other(r, &pcrs);
	if (kf_output_flush(r->out, STDOUT_FILENO, &why) != KF_OK) {
		kf_say_fault("stdout", &why);
		return KF_EXIT_FAULT;
	}
	return conclude(r, &log.cursor.damage);
}

static bool is_bank(const char *name)
{
	const struct kf_bank *bank;

	for (size_t i = 0; (bank = kf_bank_at(i)); i++)
		if (bank->known && strcmp(bank->name, name) == 0)
			return true;
	return false;
}

/* choose takes --pcr and --bank. Returns an exit status. */
static int choose(struct request *r, const struct kf_arguments *arguments)
{
	bool any = false;

	r->bank = kf_argument(arguments, "bank");
	if (r->bank && !is_bank(r->bank)) {
		kf_say(r->bank, "no such bank",
		       "sha1, sha256, sha384 or sha512");
		return KF_EXIT_USAGE;
	}
	for (size_t i = 0; i < arguments->num_given; i++) {
		const struct kf_given *given = &arguments->given[i];
		char *end;
		unsigned long pcr;

		if (strcmp(given->option->name, "pcr") != 0)
			continue;
		pcr = strtoul(given->value, &end, 10);
		if (end == given->value || *end || pcr >= KF_NUM_PCRS) {
			kf_say(given->value, "no such register",
			       "a number from 0 to 23");
			return KF_EXIT_USAGE;
		}
		r->wanted[pcr] = any = true;
	}
	for (int pcr = 0; !any && pcr < KF_NUM_PCRS; pcr++)
		r->wanted[pcr] = true;
	return KF_EXIT_FITS;
}

/* expect reads what the TPM holds. Returns an exit status. */
static int expect(struct request *r, const struct kf_arguments *arguments)
{
	const char *path = kf_argument(arguments, "expect");
	struct kf_fault why = { 0 };

	if (!path) {
		r->has_expected = r->own
			? kf_pcr_values_own(&r->expected)
			: strcmp(r->path, "-") != 0 &&
			  kf_collected_values(&r->expected, r->path);
		return KF_EXIT_FITS;
	}
	if (kf_pcr_values_read(&r->expected, path, &why) != KF_OK) {
		kf_say_fault(path, &why);
		return KF_EXIT_FAULT;
	}
	r->has_expected = true;
	return KF_EXIT_FITS;
}

static int tell_file(struct request *r, const struct kf_arguments *arguments)
{
	struct kf_output file;
	struct kf_fault why = { 0 };
	int status = expect(r, arguments);
	struct kf_bytes log;

	if (status != KF_EXIT_FITS)
		return status;
	if (kf_log_read(&file, r->path, &why) != KF_OK) {
		kf_say_fault(r->path, &why);
		kf_output_close(&file);
		return KF_EXIT_FAULT;
	}
	log = kf_view(file.data, file.len);
	if (kf_eventlog_likely(log)) {
		status = tell_log(r, log);
	} else {
		kf_say(r->path, "is no event log",
		       "name a copy of " KF_OWN_LOG);
		status = KF_EXIT_USAGE;
	}
	kf_output_close(&file);
	return status;
}

static int run(const struct kf_arguments *arguments)
{
	struct kf_fault why = { 0 };
	struct kf_work work = { 0 };
	struct kf_output out = { 0 };
	const struct kf_crypto *crypto;
	struct request r = {
		.work = &work,
		.out = &out,
		.json = { .out = &out },
		.as_json = kf_argument(arguments, "json"),
		.own = arguments->num_operands == 0,
		.path = KF_OWN_LOG,
	};
	int status;

	if (kf_predict_asked(arguments))
		return kf_predict_run(arguments);
	status = choose(&r, arguments);
	if (status != KF_EXIT_FITS)
		return status;
	if (!r.own)
		r.path = arguments->operand[0];
	crypto = kf_openssl_open(&why);
	if (crypto && kf_work_open(&work, KF_ARENA_LEN, crypto, kf_now_s(),
				   &why) == KF_OK) {
		status = tell_file(&r, arguments);
	} else {
		kf_say_fault(NULL, &why);
		status = KF_EXIT_FAULT;
	}
	kf_output_close(&out);
	kf_work_close(&work);
	kf_openssl_close(crypto);
	return status;
}

const struct kf_command kf_cmd_pcr = {
	.operands = "[LOG]",
	.operand_kind = KF_VALUE_FILE,
	.max_operands = 1,
	.options = options,
	.examples = examples,
	.run = run,
};
