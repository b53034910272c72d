/* JSON, one value a call.
 *
 * Source: RFC 8259, sections 7 (what is escaped) and 8.1 (UTF-8).
 */
#include "json_write.h"

#include <inttypes.h>

/* plain_run counts the bytes in front that stand for themselves, in a row. */
static size_t plain_run(struct kf_bytes text)
{
	size_t n = 0;

	while (n < text.len && text.data[n] >= 0x20 && text.data[n] < 0x7f &&
	       text.data[n] != '"' && text.data[n] != '\\')
		n++;
	return n;
}

/* quoted writes a string. What steers a terminal is escaped too: people look
 * at JSON with cat. */
static void quoted(struct kf_output *out, struct kf_bytes text)
{
	kf_output_text(out, "\"");
	for (size_t at = 0; at < text.len;) {
		uint32_t code = 0;
		struct kf_bytes rest = kf_view(text.data + at, text.len - at);
		size_t run = plain_run(rest);
		size_t len = run ? run : kf_utf8(rest, &code);

		if (run)
			kf_output_add(out, (const char *)rest.data, run);
		else if (len == 0)
			kf_output_text(out, "\\ufffd");
		else if (code == '"' || code == '\\')
			kf_output_print(out, "\\%c", (int)code);
		else if (code == '\n')
			kf_output_text(out, "\\n");
		else if (kf_steers(code) && code > 0xffff)
			kf_output_print(out, "\\u%04x\\u%04x",
				(unsigned)(0xd800 + ((code - 0x10000) >> 10)),
				(unsigned)(0xdc00 + (code & 0x3ff)));
		else if (kf_steers(code))
			kf_output_print(out, "\\u%04x", (unsigned)code);
		else
			kf_output_add(out, (const char *)rest.data, len);
		at += len ? len : 1;
	}
	kf_output_text(out, "\"");
}

/* start writes what stands before a value. */
static void start(struct kf_json *json, const char *name)
{
	if (json->more)
		kf_output_text(json->out, ",");
	json->more = true;
	if (name) {
		quoted(json->out, kf_text(name));
		kf_output_text(json->out, ":");
	}
}

void kf_json_open(struct kf_json *json, const char *name, char bracket)
{
	char text[2] = { bracket, '\0' };

	if (json->depth == KF_JSON_DEPTH) {
		json->out->failed = true;
		return;
	}
	start(json, name);
	kf_output_text(json->out, text);
	json->closing[json->depth++] = bracket == '{' ? '}' : ']';
	json->more = false;
}

void kf_json_close(struct kf_json *json)
{
	if (json->depth == 0)
		return;
	kf_output_add(json->out, &json->closing[--json->depth], 1);
	json->more = true;
}

void kf_json_text(struct kf_json *json, const char *name, const char *text)
{
	start(json, name);
	if (text)
		quoted(json->out, kf_text(text));
	else
		kf_output_text(json->out, "null");
}

void kf_json_foreign(struct kf_json *json, const char *name,
		     struct kf_bytes text)
{
	start(json, name);
	quoted(json->out, text);
}

void kf_json_number(struct kf_json *json, const char *name, uint64_t number)
{
	start(json, name);
	kf_output_print(json->out, "%" PRIu64, number);
}

void kf_json_yes_no(struct kf_json *json, const char *name, bool yes)
{
	start(json, name);
	kf_output_text(json->out, yes ? "true" : "false");
}

void kf_json_time(struct kf_json *json, const char *name, int64_t seconds)
{
	char text[24];

	kf_time_write(text, seconds);
	kf_json_text(json, name, text);
}

void kf_json_hex(struct kf_json *json, const char *name,
		 struct kf_bytes bytes)
{
	start(json, name);
	kf_output_text(json->out, "\"");
	kf_output_hex(json->out, bytes);
	kf_output_text(json->out, "\"");
}
