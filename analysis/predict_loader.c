/* What GRUB measures, and Linux as it starts: commands and command lines into
 * PCR 8, files into PCR 9.
 *
 * A file tells its own digest. Which commands run, only whoever runs them can
 * tell: where a loader or a file that may hold commands is replaced, they are
 * unknown, unless the user gives his word.
 *
 * Source: GRUB, grub-core/commands/tpm.c:grub_tpm_verify_write,
 * grub_tpm_verify_string; Linux, drivers/firmware/efi/libstub/
 * efi-stub-helper.c:efi_measure_tagged_event.
 */
#include "predict.h"

#include <string.h>

enum {
	PCR_COMMANDS = 8,
	PCR_FILES = 9,
	LINE_MAX = 4096,
};

static const char *const prefixes[] = { "grub_cmd: ", "kernel_cmdline: ",
					"module_cmdline: " };

enum { NUM_PREFIXES = sizeof(prefixes) / sizeof(prefixes[0]) };

static const char options_mark[] = "LOADED_IMAGE::LoadOptions";
static const char initrd_mark[] = "Linux initrd";

static bool starts(struct kf_bytes text, const char *with)
{
	struct kf_bytes start = kf_text(with);

	return kf_equal(kf_part_of(text, 0, start.len), start);
}

static struct kf_bytes behind(struct kf_bytes text, size_t len)
{
	return kf_part_of(text, len, text.len - len);
}

/* holds tells whether a text holds another one. */
static bool holds(struct kf_bytes text, struct kf_bytes what)
{
	for (size_t i = 0; what.len && what.len + i <= text.len; i++)
		if (text.data[i] == what.data[0] &&
		    memcmp(text.data + i, what.data, what.len) == 0)
			return true;
	return false;
}

/* text_of is an event's text, without the NUL behind it. */
static struct kf_bytes text_of(const struct kf_event *event)
{
	struct kf_bytes text = event->data;

	if (text.len && text.data[text.len - 1] == 0)
		text.len--;
	return text;
}

/* line_of takes the name off a command; `*prefix` tells it. */
static struct kf_bytes line_of(const struct kf_event *event, size_t *prefix)
{
	struct kf_bytes text = text_of(event);

	for (*prefix = 0; *prefix < NUM_PREFIXES; ++*prefix)
		if (starts(text, prefixes[*prefix]))
			return behind(text, kf_text(prefixes[*prefix]).len);
	return kf_view(NULL, 0);
}

/* file_of finds the file that an event is over; num_files: none given. */
static size_t file_of(const struct kf_predicting *p,
		      const struct kf_event *event)
{
	size_t i = 0;

	while (i < p->plan->num_files &&
	       !kf_event_has(event, &p->out->log, p->digests[i].raw[0]))
		i++;
	return i;
}

static size_t replaced_line(const struct kf_predicting *p,
			    struct kf_bytes line)
{
	size_t i = 0;

	while (i < p->plan->num_lines &&
	       !kf_equal(p->plan->line[i].before, line))
		i++;
	return i;
}

/* seek finds the events of files and lines. */
static void seek(struct kf_predicting *p)
{
	size_t prefix, line, file;

	for (size_t i = 0; i < p->plan->num_lines; i++)
		p->out->stray_line[i] = true;
	for (size_t i = 0; i < p->num_events; i++) {
		const struct kf_event *event = &p->event[i];

		if (event->pcr == PCR_FILES) {
			file = file_of(p, event);
			if (file == p->plan->num_files)
				continue;
			p->digests[file].seen = true;
			p->digests[file].read_by_loader = true;
		} else if (event->pcr == PCR_COMMANDS) {
			line = replaced_line(p, line_of(event, &prefix));
			if (line < p->plan->num_lines)
				p->out->stray_line[line] = false;
		}
	}
}

/* is_payload: is a file of PCR 9 named by a command that loads a kernel or an
 * initial file system? Then it holds no commands of the loader's. */
static bool is_payload(const struct kf_predicting *p,
		       const struct kf_event *event)
{
	static const char *const loads[] = { "linux", "initrd",
					     "chainloader" };
	struct kf_bytes path = text_of(event);

	for (size_t i = 0; i < p->num_events; i++) {
		size_t prefix;
		struct kf_bytes line;

		if (p->event[i].pcr != PCR_COMMANDS)
			continue;
		line = line_of(&p->event[i], &prefix);
		for (size_t k = 0; k < sizeof(loads) / sizeof(*loads); k++)
			if (prefix == 0 && starts(line, loads[k]) &&
			    holds(line, path))
				return true;
	}
	return false;
}

/* why_unknown says why the commands of a loader are not known; NULL: they are
 * those of the log. */
static const char *why_unknown(const struct kf_predicting *p,
			       const char **about)
{
	const struct kf_plan *plan = p->plan;
	struct kf_shim shim;

	*about = NULL;
	if (plan->same_commands)
		return NULL;
	if (p->boot.secure[KF_BEFORE] != p->boot.secure[KF_AFTER] ||
	    kf_part_differs(&p->boot, "mok-sb-state"))
		return "what a loader does hangs on Secure Boot, which changes";
	for (size_t i = 0; i < p->boot.num_stages; i++) {
		const struct kf_boot_file *file = p->boot.stage[i].file;

		if (!file || !file->replaced ||
		    p->digests[file - plan->file].read_by_loader ||
		    kf_measures_is_shim(&shim, file->after))
			continue;
		*about = file->name;
		return "which commands another loader runs is not known";
	}
	return NULL;
}

/* other_script: a file that may hold commands is replaced. */
static const char *other_script(const struct kf_predicting *p,
				const char **about)
{
	for (size_t i = 0; i < p->num_events; i++) {
		const struct kf_event *event = &p->event[i];
		size_t file;

		if (event->pcr != PCR_FILES || event->type != KF_EV_IPL)
			continue;
		file = file_of(p, event);
		if (file == p->plan->num_files ||
		    !p->plan->file[file].replaced || is_payload(p, event))
			continue;
		*about = p->plan->file[file].name;
		return "a file that may hold commands is replaced";
	}
	return NULL;
}

/* stub_differs: does another kernel measure what it is handed, where the one
 * before did not, or the other way? */
static const char *stub_differs(const struct kf_predicting *p,
				const char **about)
{
	static const char *const marks[] = { options_mark, initrd_mark };

	for (size_t i = 0; i < p->plan->num_files; i++) {
		const struct kf_boot_file *file = &p->plan->file[i];

		if (!file->replaced || !p->digests[i].read_by_loader)
			continue;
		for (size_t m = 0; m < sizeof(marks) / sizeof(*marks); m++) {
			if (holds(file->before, kf_text(marks[m])) ==
			    holds(file->after, kf_text(marks[m])))
				continue;
			*about = file->name;
			return "the kernel measures other things than the one before";
		}
	}
	return NULL;
}

/* put_line adds a command in the place of another one. */
static void put_line(struct kf_predicting *p, const struct kf_event *event,
		     size_t prefix, struct kf_bytes line)
{
	struct kf_bytes name = kf_text(prefixes[prefix]);
	uint8_t *data = kf_arena_take(p->env->arena, name.len + line.len + 1);
	struct kf_forecast_event *e;

	e = kf_forecast_add(p, event, PCR_COMMANDS, KF_FATE_REPLACED);
	if (!data)
		p->status = KF_NO_MEMORY;
	if (!data || !e)
		return;
	memcpy(data, name.data, name.len);
	if (line.len)
		memcpy(data + name.len, line.data, line.len);
	kf_forecast_over(p, e, kf_view(data, name.len + line.len + 1), line,
			 NULL);
}

static void command(struct kf_predicting *p, const struct kf_event *event)
{
	size_t prefix;
	struct kf_bytes line = line_of(event, &prefix);
	size_t index = replaced_line(p, line);
	bool sound = prefix < NUM_PREFIXES &&
		     kf_event_covers(event, &p->out->log, line,
				     p->env->crypto);

	if (!sound && !p->plan->keep_unexplained)
		kf_forecast_unknown(p, event, PCR_COMMANDS,
				    "it is not what its record says", NULL,
				    true);
	else if (index < p->plan->num_lines)
		put_line(p, event, prefix, p->plan->line[index].after);
	else
		(void)kf_forecast_add(p, event, PCR_COMMANDS, KF_FATE_KEPT);
}

/* wide writes a text as UEFI does, behind another one. */
static struct kf_bytes wide(struct kf_predicting *p, const char *start,
			    struct kf_bytes text)
{
	struct kf_bytes first = kf_text(start);
	size_t len = first.len + text.len;
	uint8_t *out = kf_arena_take(p->env->arena, 2 * len + 1);

	if (!out) {
		p->status = KF_NO_MEMORY;
		return kf_view(NULL, 0);
	}
	for (size_t i = 0; i < len; i++)
		out[2 * i] = i < first.len ? first.data[i]
					   : text.data[i - first.len];
	return kf_view(out, 2 * len);
}

/* options predicts what Linux measures of its command line, where a line of
 * the user's is that. Returns false where none is. */
static bool options(struct kf_predicting *p, const struct kf_event *event)
{
	static const char *const starts_with[] = { "", "BOOT_IMAGE=" };
	const struct kf_plan *plan = p->plan;

	for (size_t i = 0; i < plan->num_lines; i++)
		for (size_t s = 0; s < 2; s++) {
			struct kf_forecast_event *e;

			if (plan->line[i].before.len > LINE_MAX ||
			    !kf_event_covers(event, &p->out->log,
					     wide(p, starts_with[s],
						  plan->line[i].before),
					     p->env->crypto))
				continue;
			e = kf_forecast_add(p, event, PCR_FILES,
					    KF_FATE_REPLACED);
			if (e)
				kf_forecast_over(p, e, event->data,
					wide(p, starts_with[s],
					     plan->line[i].after), NULL);
			return true;
		}
	return false;
}

/* read_file predicts the event of a file. */
static void read_file(struct kf_predicting *p, const struct kf_event *event)
{
	const struct kf_plan *plan = p->plan;
	size_t index = file_of(p, event);
	struct kf_forecast_event *e;
	bool replaced = index < plan->num_files && plan->file[index].replaced;

	e = kf_forecast_add(p, event, PCR_FILES, replaced ? KF_FATE_REPLACED
							  : KF_FATE_KEPT);
	if (!e)
		return;
	if (index < plan->num_files)
		e->about = plan->file[index].name;
	else
		e->unexplained = true;
	if (e->unexplained)
		e->why = "its file was not given; no file that is replaced is it";
	if (replaced)
		kf_forecast_over(p, e, event->data, kf_view(NULL, 0),
				 p->digests[index].raw[KF_AFTER]);
}

void kf_predict_loader_prepare(struct kf_predicting *p)
{
	seek(p);
	p->loader_why = why_unknown(p, &p->loader_about);
	if (!p->loader_why && !p->plan->same_commands &&
	    p->plan->num_lines == 0)
		p->loader_why = other_script(p, &p->loader_about);
	p->files_about = p->loader_about;
	p->files_why = p->loader_why ? p->loader_why
				     : stub_differs(p, &p->files_about);
}

void kf_predict_loader(struct kf_predicting *p, const struct kf_event *event)
{
	bool command_line = event->pcr == PCR_COMMANDS;
	const char *why = command_line ? p->loader_why : p->files_why;

	if (p->end)
		kf_forecast_end(p, event, event->pcr, false);
	else if (why)
		kf_forecast_unknown(p, event, event->pcr, why,
				    command_line ? p->loader_about
						 : p->files_about, false);
	else if (command_line)
		command(p, event);
	else if (event->type != KF_EV_EVENT_TAG || !options(p, event))
		read_file(p, event);
}
