/* Writes facts: indented lines for people, objects and lists in JSON.
 *
 * A list is what has members without names.
 */
#include "describe.h"

#include <inttypes.h>
#include <string.h>

/* note takes note of what could not be described. */
static void note(struct kf_describe *d, const struct kf_fact *f)
{
	if (f->name && strcmp(f->name, "fault") == 0)
		d->fault = true;
}

/* indent starts a line. */
static void indent(struct kf_describe *d)
{
	kf_output_print(d->out, "%*s%s", (int)(2 * d->depth) -
			(d->dash ? 2 : 0), "", d->dash ? "- " : "");
	d->dash = false;
}

static void write_value(struct kf_output *out, const struct kf_fact *f)
{
	char time[24];

	switch (f->kind) {
	case KF_FACT_NUMBER:
		kf_output_print(out, "%" PRIu64, f->number);
		break;
	case KF_FACT_HEX:
		kf_output_print(out, "0x%" PRIx64, f->number);
		break;
	case KF_FACT_TEXT:
		kf_output_shown(out, f->bytes);
		break;
	case KF_FACT_BYTES:
		kf_output_hex(out, f->bytes);
		break;
	case KF_FACT_SECONDS:
		kf_time_write(time, (int64_t)f->number);
		kf_output_text(out, time);
		break;
	case KF_FACT_YES_NO:
		kf_output_text(out, f->number ? "yes" : "no");
		break;
	case KF_FACT_OPEN:
	case KF_FACT_CLOSE:
		break;
	}
}

static void open_text(struct kf_describe *d, const struct kf_fact *f)
{
	if (f->name) {
		indent(d);
		kf_output_print(d->out, "%s:\n", f->name);
	}
	d->dash = !f->name;
	d->depth++;
}

static void fact_text(void *self, const struct kf_fact *f)
{
	struct kf_describe *d = self;

	note(d, f);
	if (f->kind == KF_FACT_OPEN) {
		open_text(d, f);
		return;
	}
	if (f->kind == KF_FACT_CLOSE) {
		if (d->dash)	/* an item without members */
			kf_output_text(d->out, "\n");
		d->dash = false;
		d->depth -= d->depth > 0;
		return;
	}
	if (!f->name)
		open_text(d, f);
	indent(d);
	if (f->name)
		kf_output_print(d->out, "%s: ", f->name);
	else
		d->depth--;
	write_value(d->out, f);
	kf_output_text(d->out, "\n");
}

/* settle opens what is pending, as an object or a list. */
static void settle(struct kf_describe *d, char bracket)
{
	if (d->pending)
		kf_json_open(d->json, d->pending_name, bracket);
	d->pending = false;
}

static void value_json(struct kf_json *json, const struct kf_fact *f)
{
	switch (f->kind) {
	case KF_FACT_NUMBER:
	case KF_FACT_HEX:
		kf_json_number(json, f->name, f->number);
		break;
	case KF_FACT_TEXT:
		kf_json_foreign(json, f->name, f->bytes);
		break;
	case KF_FACT_BYTES:
		kf_json_hex(json, f->name, f->bytes);
		break;
	case KF_FACT_SECONDS:
		kf_json_time(json, f->name, (int64_t)f->number);
		break;
	case KF_FACT_YES_NO:
		kf_json_yes_no(json, f->name, f->number != 0);
		break;
	case KF_FACT_OPEN:
	case KF_FACT_CLOSE:
		break;
	}
}

static void fact_json(void *self, const struct kf_fact *f)
{
	struct kf_describe *d = self;

	note(d, f);
	if (f->kind == KF_FACT_CLOSE) {
		settle(d, '[');
		kf_json_close(d->json);
		return;
	}
	settle(d, f->name ? '{' : '[');
	if (f->kind == KF_FACT_OPEN) {
		d->pending = true;
		d->pending_name = f->name;
		return;
	}
	value_json(d->json, f);
}

struct kf_sink kf_describe_sink(struct kf_describe *describe)
{
	struct kf_sink sink = {
		.fact = describe->json ? fact_json : fact_text,
		.self = describe,
	};

	return sink;
}
