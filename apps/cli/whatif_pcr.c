/* PCRs 7 and 4 after the changes, foretold from a log of before them. Loaded
 * files explain which entries of db the log tells of.
 */
#include "say.h"
#include "whatif.h"

#include "analysis/predict.h"
#include "host/measured.h"

#include <stdlib.h>
#include <string.h>

enum {
	ARENA_LEN = 96 << 20,
	FILE_MAX = 512 << 20,
	FILES_MAX = 64,
};

/* foretelling is what a prediction is made of. */
struct foretelling {
	struct kf_plan plan;
	struct kf_forecast forecast;
	struct kf_work work;
	struct kf_boot_file file[FILES_MAX];
	struct kf_text_file text[FILES_MAX];
};

/* read_files reads all installed files that the log may tell of. */
static int read_files(struct foretelling *f, const struct kf_plan_shown *plan)
{
	for (size_t u = 0; u < plan->num_units; u++) {
		const struct kf_chain_given *given = &plan->unit[u]->esp.given;

		for (size_t i = 0; i < given->num_files; i++) {
			struct kf_boot_file *file = &f->file[f->plan.num_files];
			struct kf_text_file *text = &f->text[f->plan.num_files];
			const char *path = given->file[i].path;
			struct kf_fault why = { 0 };
			enum kf_status status;

			if (plan->unit[u]->boots.media ||
			    f->plan.num_files == FILES_MAX)
				continue;
			status = kf_text_file_read(text, path, FILE_MAX, &why);
			if (status != KF_OK)
				return kf_say_failure(path, status, &why);
			file->name = path;
			file->before = file->after = text->bytes;
			f->plan.num_files++;
		}
	}
	return KF_EXIT_FITS;
}

static int read_log(struct foretelling *f, struct kf_output *log,
		    const char *path)
{
	struct kf_fault why = { 0 };

	if (kf_log_read(log, path, &why) != KF_OK) {
		kf_say_fault(path, &why);
		return KF_EXIT_FAULT;
	}
	f->plan.log = kf_view(log->data, log->len);
	if (kf_eventlog_likely(f->plan.log))
		return KF_EXIT_FITS;
	kf_say(path, "is no event log", "name a copy of " KF_OWN_LOG);
	return KF_EXIT_USAGE;
}

/* why_not finds the first event of a register that stands in the way. */
static const char *why_not(const struct kf_forecast *forecast, unsigned pcr)
{
	for (size_t i = 0; i < forecast->num; i++) {
		const struct kf_forecast_event *e = &forecast->event[i];

		if (e->pcr == pcr && e->fate == KF_FATE_UNKNOWN && e->why)
			return e->why;
	}
	return "the log tells of events that nothing explains";
}

static void take(struct kf_register *out, const struct kf_forecast *forecast)
{
	const struct kf_pcrs *before = &forecast->pcrs[KF_BEFORE];
	const struct kf_pcrs *after = &forecast->pcrs[KF_AFTER];

	out->known = forecast->known[out->number];
	if (!out->known)
		out->why = why_not(forecast, out->number);
	for (size_t b = 0; b < before->num_banks; b++) {
		out->bank[b] = before->bank[b].name;
		out->before[b] = before->value[b][out->number];
		if (out->known)
			out->after[b] = after->value[b][out->number];
	}
	out->num_banks = before->num_banks;
}

static int foretell(struct kf_register out[KF_NUM_FORETOLD],
		    struct foretelling *f, const char *log)
{
	struct kf_fault why = { 0 };
	enum kf_status status;
	uint64_t size = f->plan.log.len;

	for (size_t i = 0; i < f->plan.num_files; i++)
		size += f->plan.file[i].before.len;
	kf_work_again(&f->work, size);
	status = kf_predict(&f->forecast, &f->plan, &f->work.env);
	if (status == KF_WRONG_USE) {
		kf_say(log, "ends too early", "copy it again");
		return KF_EXIT_FAULT;
	}
	if (status != KF_OK)
		return kf_say_failure(log, status, &why);
	for (int i = 0; i < KF_NUM_FORETOLD; i++)
		take(&out[i], &f->forecast);
	return KF_EXIT_FITS;
}

/* is_given tells whether an event is over a file that was given, or over
 * none: then the log tells what there is to tell. */
static bool is_given(const struct kf_forecast *forecast,
		     const struct kf_user *user)
{
	for (size_t i = 0; i < forecast->num; i++)
		if (forecast->event[i].number == user->event)
			return forecast->event[i].missing == NULL &&
			       forecast->event[i].fate != KF_FATE_UNKNOWN;
	return false;
}

static void take_users(struct kf_told *out, const struct foretelling *f,
		       const struct kf_losses *losses)
{
	for (size_t i = 0; i < losses->num; i++) {
		struct kf_told_user *told = &out->user[i];

		told->user = kf_user_of(f->plan.log,
					losses->lost[i].certificate);
		told->given = told->user.driver ||
			      is_given(&f->forecast, &told->user);
	}
}

static void drop(struct foretelling *f)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		kf_text_file_close(&f->text[i]);
	kf_work_close(&f->work);
	free(f);
}

int kf_whatif_log(struct kf_told *out, const char *log,
		  const struct kf_plan_shown *plan,
		  const struct kf_crypto *crypto, int64_t at_s)
{
	struct foretelling *f;
	struct kf_fault why = { 0 };
	enum kf_status opened;
	int status;

	memset(out, 0, sizeof(*out));
	out->pcr[KF_PCR_KEYS].number = 7;
	out->pcr[KF_PCR_FILES].number = 4;
	out->asked = log;
	if (!log)
		return KF_EXIT_FITS;
	f = calloc(1, sizeof(*f));
	if (!f)
		return kf_say_failure(log, KF_NO_MEMORY, &why);
	opened = kf_work_open(&f->work, ARENA_LEN, crypto, at_s, &why);
	status = opened == KF_OK ? read_log(f, &out->log, log)
				 : kf_say_failure(NULL, opened, &why);
	if (status == KF_EXIT_FITS)
		status = read_files(f, plan);
	f->plan.store[KF_BEFORE] = &plan->whatif->before.shim;
	f->plan.store[KF_AFTER] = &plan->whatif->after.shim;
	f->plan.firmware = plan->firmware;
	f->plan.file = f->file;
	if (status == KF_EXIT_FITS)
		status = foretell(out->pcr, f, log);
	if (status == KF_EXIT_FITS)
		out->num_roms = kf_roms(out->rom, &out->more_roms,
					f->plan.log,
					&plan->whatif->after.firmware, crypto);
	if (status == KF_EXIT_FITS)
		take_users(out, f, &plan->whatif->losses);
	drop(f);
	return status;
}
