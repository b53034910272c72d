/* Makes a prediction, and says what stands in its way.
 */
#include "predict.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const asks[] = { "change", "after", "replace", "line",
				    "file", "pcrlock", "same-commands" };

bool kf_predict_asked(const struct kf_arguments *arguments)
{
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		if (kf_argument(arguments, asks[i]))
			return true;
	return false;
}

/* choose takes --pcr. Returns an exit status. */
static int choose(struct kf_prediction *p)
{
	bool any = false;

	for (size_t i = 0; i < p->arguments->num_given; i++) {
		const struct kf_given *given = &p->arguments->given[i];
		unsigned long pcr;
		char *end;

		if (strcmp(given->option->name, "pcr") != 0)
			continue;
		pcr = strtoul(given->value, &end, 10);
		if (end == given->value || *end || pcr >= KF_NUM_PCRS ||
		    !kf_predictable((unsigned)pcr)) {
			kf_say(given->value, "cannot be predicted",
			       "4, 7, 8, 9 and 14 can");
			return KF_EXIT_USAGE;
		}
		p->wanted[pcr] = any = true;
	}
	for (unsigned pcr = 0; !any && pcr < KF_NUM_PCRS; pcr++)
		p->wanted[pcr] = kf_predictable(pcr);
	return KF_EXIT_FITS;
}

/* say_strays names what the log knows nothing of. */
static void say_strays(const struct kf_prediction *p)
{
	for (size_t i = 0; i < p->num_files; i++)
		if (p->forecast.stray_file[i])
			kf_say(p->file[i].name, "was not measured in this boot",
			       "name the file as it was when the machine started");
	for (size_t i = 0; i < p->num_lines; i++) {
		char text[120];

		if (!p->forecast.stray_line[i])
			continue;
		snprintf(text, sizeof(text), "%.*s",
			 (int)(p->line[i].before.len < 100
			       ? p->line[i].before.len : 100),
			 (const char *)p->line[i].before.data);
		kf_say(text, "was not measured in this boot",
		       "give the line as keyfit pcr shows it, without the name in front");
	}
}

/* conclude tells whether all that was asked for is known. */
static int conclude(const struct kf_prediction *p)
{
	const struct kf_pcrs *pcrs = p->forecast.pcrs;

	for (unsigned pcr = 0; pcr < KF_NUM_PCRS; pcr++)
		if (p->wanted[pcr] && !p->forecast.known[pcr] &&
		    (pcrs[KF_BEFORE].extended[pcr] ||
		     pcrs[KF_AFTER].extended[pcr]))
			return KF_EXIT_UNKNOWN;
	return KF_EXIT_FITS;
}

static int predict(struct kf_prediction *p)
{
	struct kf_output out = { 0 };
	uint64_t size = p->log.len;
	enum kf_status status;
	int exit_status;

	for (size_t i = 0; i < p->num_files; i++)
		size += p->file[i].before.len + p->file[i].after.len;
	kf_work_again(&p->work, size);
	status = kf_predict(&p->forecast, &p->plan, &p->work.env);
	if (status == KF_WRONG_USE) {
		kf_say(p->log_path, "ends too early", "copy it again");
		return KF_EXIT_FAULT;
	}
	if (status != KF_OK) {
		kf_say(p->log_path, kf_status_text(status), NULL);
		return KF_EXIT_FAULT;
	}
	say_strays(p);
	if (kf_argument(p->arguments, "json"))
		kf_prediction_json(&out, p);
	else
		kf_prediction_text(&out, p);
	exit_status = kf_put_answer(&out);
	if (exit_status == KF_EXIT_FITS && kf_argument(p->arguments,
						       "pcrlock"))
		exit_status = kf_prediction_lock(p, kf_argument(p->arguments,
								"pcrlock"));
	return exit_status == KF_EXIT_FITS ? conclude(p) : exit_status;
}

int kf_predict_run(const struct kf_arguments *arguments)
{
	static struct kf_prediction p;
	int status;

	p.arguments = arguments;
	p.log_path = arguments->num_operands ? arguments->operand[0]
					     : KF_OWN_LOG;
	status = choose(&p);
	if (status == KF_EXIT_FITS)
		status = kf_prediction_read(&p);
	if (status == KF_EXIT_FITS)
		status = predict(&p);
	kf_prediction_close(&p);
	return status;
}
