/* Reads all that a prediction is made of: a log, a device and what becomes of
 * it, files and what becomes of them.
 */
#include "ask.h"
#include "predict.h"
#include "say.h"

#include "host/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_MAX = 512 << 20,		/* an initial file system, for one */
	ARENA_LEN = 96 << 20,
};

static bool is(const struct kf_given *given, const char *name)
{
	return strcmp(given->option->name, name) == 0;
}

/* read_text reads one file whole. */
static int read_text(struct kf_bytes *out, struct kf_text_file *file,
		     const char *path)
{
	struct kf_fault why = { 0 };
	enum kf_status status = kf_text_file_read(file, path, FILE_MAX, &why);

	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	*out = file->bytes;
	return KF_EXIT_FITS;
}

/* read_file reads a file that stays, or one and what replaces it. */
static int read_file(struct kf_prediction *p, const struct kf_given *given)
{
	struct kf_boot_file *file = &p->file[p->num_files];
	struct kf_text_file *text = &p->text[2 * p->num_files];
	const char *equals = strchr(given->value, '=');
	int status;
	char *old;

	file->replaced = is(given, "replace");
	if (file->replaced && (!equals || equals == given->value ||
			       !equals[1])) {
		kf_say(given->value, "is not OLD=NEW", NULL);
		return KF_EXIT_USAGE;
	}
	old = file->replaced
		? strndup(given->value, (size_t)(equals - given->value))
		: strdup(given->value);
	if (!old) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	file->name = old;
	p->num_files++;
	status = read_text(&file->before, &text[0], old);
	file->after = file->before;
	if (status == KF_EXIT_FITS && file->replaced)
		status = read_text(&file->after, &text[1], equals + 1);
	return status;
}

static int read_line(struct kf_prediction *p, const struct kf_given *given)
{
	struct kf_line *line = &p->line[p->num_lines++];
	const char *arrow = strstr(given->value, "=>");

	if (!arrow) {
		kf_say(given->value, "is not OLD=>NEW",
		       "give the text as keyfit pcr shows it, without the name in front");
		return KF_EXIT_USAGE;
	}
	line->before = kf_view(given->value, (size_t)(arrow - given->value));
	line->after = kf_text(arrow + 2);
	return KF_EXIT_FITS;
}

static int read_files(struct kf_prediction *p)
{
	size_t num = p->arguments->num_given + 1;
	int status = KF_EXIT_FITS;

	p->file = calloc(num, sizeof(*p->file));
	p->text = calloc(2 * num, sizeof(*p->text));
	p->line = calloc(num, sizeof(*p->line));
	if (!p->file || !p->text || !p->line) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	for (size_t i = 0; i + 1 < num && status == KF_EXIT_FITS; i++) {
		const struct kf_given *given = &p->arguments->given[i];

		if (is(given, "replace") || is(given, "file"))
			status = read_file(p, given);
		else if (is(given, "line"))
			status = read_line(p, given);
	}
	return status;
}

/* verifier_of finds the firmware among a device's verifiers. */
static const struct kf_device_verifier *verifier_of(const struct kf_device *d)
{
	for (size_t i = 0; i < d->num_verifiers; i++)
		if (strcmp(d->verifier[i].rules->verifier->name, "edk2") == 0)
			return &d->verifier[i];
	kf_say(d->name, "has no UEFI firmware", NULL);
	return NULL;
}

/* read_after opens the device as it will be. */
static int read_after(struct kf_prediction *p, const char *rules)
{
	struct kf_ask ask = {
		.device = kf_argument(p->arguments, "after"),
		.rules = rules,
	};
	const struct kf_device_verifier *v;
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (!ask.device)
		return KF_EXIT_FITS;
	status = kf_device_open(&p->after, &ask, p->crypto, kf_now_s(), &why);
	if (status != KF_OK)
		return kf_say_failure(NULL, status, &why);
	v = verifier_of(&p->after);
	if (!v)
		return KF_EXIT_USAGE;
	p->plan.store[KF_AFTER] = &v->store;
	return KF_EXIT_FITS;
}

/* read_changes makes the device that changes leave behind. */
static int read_changes(struct kf_prediction *p)
{
	const char **text = calloc(p->arguments->num_given + 1, sizeof(*text));
	size_t num = 0;
	int status;

	if (!text) {
		kf_say(NULL, "out of memory", NULL);
		return KF_EXIT_FAULT;
	}
	for (size_t i = 0; i < p->arguments->num_given; i++)
		if (is(&p->arguments->given[i], "change"))
			text[num++] = p->arguments->given[i].value;
	status = kf_changes_read(&p->changes, text, num, p->crypto,
				 kf_now_s());
	if (status == KF_EXIT_FITS)
		status = kf_changes_apply(&p->changed,
					  p->plan.store[KF_AFTER],
					  &p->changes,
					  &p->changes.memory.memory->work.env);
	free(text);
	p->plan.store[KF_AFTER] = &p->changed;
	return status;
}

static int read_device(struct kf_prediction *p)
{
	const char *rules = kf_argument(p->arguments, "rules");
	const struct kf_device_verifier *v;
	int status = kf_ask_device(&p->device, p->arguments, rules, p->crypto,
				   kf_now_s());

	if (status != KF_EXIT_FITS)
		return status;
	v = verifier_of(&p->device);
	if (!v)
		return KF_EXIT_USAGE;
	p->plan.firmware = v->rules;
	p->plan.store[KF_BEFORE] = p->plan.store[KF_AFTER] = &v->store;
	status = read_after(p, rules);
	if (status == KF_EXIT_FITS && kf_argument(p->arguments, "change"))
		status = read_changes(p);
	return status;
}

static int read_log(struct kf_prediction *p)
{
	struct kf_fault why = { 0 };

	if (kf_log_read(&p->log, p->log_path, &why) != KF_OK) {
		kf_say_fault(p->log_path, &why);
		return KF_EXIT_FAULT;
	}
	p->plan.log = kf_view(p->log.data, p->log.len);
	if (kf_eventlog_likely(p->plan.log))
		return KF_EXIT_FITS;
	kf_say(p->log_path, "is no event log",
	       "name a copy of " KF_OWN_LOG);
	return KF_EXIT_USAGE;
}

int kf_prediction_read(struct kf_prediction *p)
{
	struct kf_fault why = { 0 };
	int status;

	p->crypto = kf_openssl_open(&why);
	if (!p->crypto || kf_work_open(&p->work, ARENA_LEN, p->crypto,
				       kf_now_s(), &why) != KF_OK) {
		kf_say_fault(NULL, &why);
		return KF_EXIT_FAULT;
	}
	status = read_log(p);
	if (status == KF_EXIT_FITS)
		status = read_device(p);
	if (status == KF_EXIT_FITS)
		status = read_files(p);
	p->plan.file = p->file;
	p->plan.num_files = p->num_files;
	p->plan.line = p->line;
	p->plan.num_lines = p->num_lines;
	p->plan.same_commands = kf_argument(p->arguments, "same-commands");
	p->plan.keep_unexplained = kf_argument(p->arguments,
					       "keep-unexplained");
	return status;
}

void kf_prediction_close(struct kf_prediction *p)
{
	for (size_t i = 0; i < p->num_files; i++) {
		union { const char *text; void *memory; } name;

		name.text = p->file[i].name;
		free(name.memory);
		kf_text_file_close(&p->text[2 * i]);
		kf_text_file_close(&p->text[2 * i + 1]);
	}
	free(p->file);
	free(p->text);
	free(p->line);
	kf_output_close(&p->log);
	kf_changes_close(&p->changes);
	kf_device_close(&p->after);
	kf_device_close(&p->device);
	kf_work_close(&p->work);
	kf_openssl_close(p->crypto);
}
