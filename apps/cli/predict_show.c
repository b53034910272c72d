/* Shows a prediction: what becomes of each event, and what the registers hold
 * before and after.
 */
#include "event_words.h"
#include "predict.h"

#include "host/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* words_of makes a text of an event. Owns: `out`. */
static void words_of(struct kf_output *out, const struct kf_event *event,
		     struct kf_work *work)
{
	size_t used = work->arena.used;

	kf_event_words(out, event, &work->env);
	kf_output_add(out, "", 1);
	work->arena.used = used;
}

static bool has_event(const struct kf_forecast_event *e)
{
	return e->fate != KF_FATE_UNKNOWN && e->fate != KF_FATE_DROPPED;
}

/* note adds why an event is as it is said to be. */
static void note(struct kf_output *out, struct kf_prediction *p,
		 const struct kf_forecast_event *e)
{
	struct kf_output missing = { 0 };

	if (!e->unexplained && !e->why)
		return;
	kf_output_text(out, "            ");
	if (e->unexplained)
		kf_output_print(out, "not explained%s", e->why ? ": " : "");
	if (e->why)
		kf_output_text(out, e->why);
	if (e->why && e->about) {
		kf_output_text(out, " (");
		kf_output_shown(out, kf_text(e->about));
		kf_output_text(out, ")");
	}
	if (e->missing) {
		words_of(&missing, e->missing, &p->work);
		kf_output_print(out, ": event %" PRIu32 ", %s",
				e->missing->number,
				missing.failed ? "" : missing.data);
		out->failed |= missing.failed;
		kf_output_close(&missing);
	}
	kf_output_text(out, "\n");
}

static void event_text(struct kf_output *out, struct kf_prediction *p,
		       const struct kf_forecast_event *e)
{
	struct kf_output was = { 0 }, will = { 0 };
	bool fresh = e->fate == KF_FATE_REPLACED || e->fate == KF_FATE_ADDED;

	if (e->number)
		words_of(&was, &e->was, &p->work);
	if (fresh)
		words_of(&will, &e->will, &p->work);
	out->failed |= was.failed || will.failed;
	if (!out->failed) {
		char number[16] = "";

		snprintf(number, sizeof(number), e->number ? "%" PRIu32 : "",
			 e->number);
		kf_output_print(out, "%4s  %-8s  ", number,
				kf_fate_name(e->fate));
		kf_output_text(out, e->number ? was.data
			       : fresh ? will.data : "what comes here");
		kf_output_text(out, "\n");
		if (e->number && fresh &&
		    strcmp(was.data, will.data) != 0)
			kf_output_print(out, "            now:  %s\n",
					will.data);
		note(out, p, e);
	}
	kf_output_close(&was);
	kf_output_close(&will);
}

/* shown is the bank whose values the text shows. */
static size_t shown(const struct kf_prediction *p)
{
	const char *name = kf_argument(p->arguments, "bank");
	const struct kf_eventlog *log = &p->forecast.log;

	for (size_t b = 0; b < log->num_banks; b++)
		if (strcmp(log->bank[b].name, name ? name : "sha256") == 0)
			return b;
	return name ? log->num_banks : 0;
}

static void value_text(struct kf_output *out, const char *when,
		       const char *bank, const struct kf_digest *value)
{
	kf_output_print(out, "  %-6s  %s  ", when, bank);
	if (value->len)
		kf_output_hex(out, kf_view(value->bytes, value->len));
	else
		kf_output_text(out, "unknown");
	kf_output_text(out, "\n");
}

static void values_text(struct kf_output *out, struct kf_prediction *p,
			unsigned pcr)
{
	struct kf_pcrs *pcrs = p->forecast.pcrs;
	size_t bank = shown(p);

	if (bank == p->forecast.log.num_banks)
		return;
	value_text(out, "before", pcrs[KF_BEFORE].bank[bank].name,
		   &pcrs[KF_BEFORE].value[bank][pcr]);
	value_text(out, "after", pcrs[KF_BEFORE].bank[bank].name,
		   &pcrs[KF_AFTER].value[bank][pcr]);
}

/* is_told: a register that nothing touches is not worth a word. */
static bool is_told(const struct kf_prediction *p, unsigned pcr)
{
	const struct kf_pcrs *pcrs = p->forecast.pcrs;

	return p->wanted[pcr] && (pcrs[KF_BEFORE].extended[pcr] ||
				  pcrs[KF_AFTER].extended[pcr]);
}

void kf_prediction_text(struct kf_output *out, struct kf_prediction *p)
{
	bool any = false;

	for (unsigned pcr = 0; pcr < KF_NUM_PCRS; pcr++) {
		if (!is_told(p, pcr))
			continue;
		kf_output_print(out, "%sPCR %u\n", any ? "\n" : "", pcr);
		any = true;
		for (size_t i = 0; i < p->forecast.num; i++)
			if (p->forecast.event[i].pcr == pcr)
				event_text(out, p, &p->forecast.event[i]);
		values_text(out, p, pcr);
	}
}

static void words_json(struct kf_json *json, const char *name,
		       const struct kf_event *event, struct kf_work *work)
{
	struct kf_output words = { 0 };

	words_of(&words, event, work);
	json->out->failed |= words.failed;
	kf_json_text(json, name, words.failed ? "" : words.data);
	kf_output_close(&words);
}

static void event_json(struct kf_json *json, struct kf_prediction *p,
		       const struct kf_forecast_event *e)
{
	const struct kf_eventlog *log = &p->forecast.log;
	const char *type = kf_event_type(e->type);
	bool has = has_event(e);

	kf_json_open(json, NULL, '{');
	if (e->number)
		kf_json_number(json, "number", e->number);
	kf_json_number(json, "pcr", e->pcr);
	if (type && (e->number || has))
		kf_json_text(json, "type", type);
	kf_json_text(json, "fate", kf_fate_name(e->fate));
	kf_json_yes_no(json, "explained", !e->unexplained);
	if (e->why)
		kf_json_text(json, "why", e->why);
	if (e->about)
		kf_json_foreign(json, "about", kf_text(e->about));
	if (e->missing)
		kf_json_number(json, "missing", e->missing->number);
	if (e->number)
		words_json(json, "before", &e->was, &p->work);
	if (has)
		words_json(json, "after", &e->will, &p->work);
	if (has) {
		kf_json_open(json, "digests", '{');
		for (size_t b = 0; b < log->num_banks; b++)
			if (e->will.digest[b].len)
				kf_json_hex(json, log->bank[b].name,
					    e->will.digest[b]);
		kf_json_close(json);
	}
	kf_json_close(json);
}

static void side_json(struct kf_json *json, const char *name,
		      const struct kf_pcrs *pcrs, unsigned pcr)
{
	kf_json_open(json, name, '{');
	for (size_t b = 0; b < pcrs->num_banks; b++) {
		const struct kf_digest *value = &pcrs->value[b][pcr];

		if (value->len)
			kf_json_hex(json, pcrs->bank[b].name,
				    kf_view(value->bytes, value->len));
	}
	kf_json_close(json);
}

static void values_json(struct kf_json *json, struct kf_prediction *p,
			unsigned pcr)
{
	kf_json_open(json, NULL, '{');
	kf_json_number(json, "pcr", pcr);
	kf_json_yes_no(json, "known", p->forecast.known[pcr]);
	side_json(json, "before", &p->forecast.pcrs[KF_BEFORE], pcr);
	side_json(json, "after", &p->forecast.pcrs[KF_AFTER], pcr);
	kf_json_close(json);
}

void kf_prediction_json(struct kf_output *out, struct kf_prediction *p)
{
	struct kf_json json = { .out = out };

	kf_json_open(&json, NULL, '{');
	kf_json_foreign(&json, "log", kf_text(p->log_path));
	kf_json_foreign(&json, "device", kf_text(p->device.name));
	kf_json_text(&json, "rules", p->plan.firmware->name);
	kf_json_open(&json, "events", '[');
	for (size_t i = 0; i < p->forecast.num; i++)
		if (is_told(p, p->forecast.event[i].pcr))
			event_json(&json, p, &p->forecast.event[i]);
	kf_json_close(&json);
	kf_json_open(&json, "registers", '[');
	for (unsigned pcr = 0; pcr < KF_NUM_PCRS; pcr++)
		if (is_told(p, pcr))
			values_json(&json, p, pcr);
	kf_json_close(&json);
	kf_json_close(&json);
	kf_output_text(out, "\n");
}
