/* keyfit pcr with a change: what the registers will hold. The command asks,
 * runs and shows it by these.
 */
#ifndef KEYFIT_APPS_CLI_PREDICT_H
#define KEYFIT_APPS_CLI_PREDICT_H

#include "changes.h"
#include "options.h"

#include "analysis/predict.h"
#include "host/measured.h"

/* KF_PREDICT_OPTIONS are lines of the command's options. */
#define KF_PREDICT_OPTIONS \
	{ "change", KF_VALUE_PART, "CHANGE", true, \
	  "a planned change: UPDATE, NAME=FILE, NAME+=FILE, secure-boot=off" }, \
	{ "after", KF_VALUE_FILE, "DEVICE", false, \
	  "the device as it will be, in place of changes" }, \
	{ "replace", KF_VALUE_PART, "OLD=NEW", true, \
	  "a file that the boot reads, and what will be in its place" }, \
	{ "file", KF_VALUE_FILE, "FILE", true, \
	  "a file that the boot reads, and that stays" }, \
	{ "line", KF_VALUE_ANY, "OLD=>NEW", true, \
	  "a command or kernel command line, and what will be in its place" }, \
	{ "same-commands", KF_VALUE_NONE, NULL, false, \
	  "take it that loaders run the same commands as before" }, \
	{ "keep-unexplained", KF_VALUE_NONE, NULL, false, \
	  "take it that events that nothing explains stay" }, \
	{ "pcrlock", KF_VALUE_FILE, "FOLDER", false, \
	  "write components for systemd-pcrlock: as it is, as it will be" }

/* kf_prediction is all that stands behind one prediction. */
struct kf_prediction {
	const struct kf_arguments *arguments;
	const char *log_path;
	struct kf_output log;
	const struct kf_crypto *crypto;
	struct kf_device device, after;
	struct kf_changes changes;
	struct kf_store changed;
	struct kf_work work;
	struct kf_boot_file *file;
	struct kf_text_file *text;	/* two for each file */
	size_t num_files;
	struct kf_line *line;
	size_t num_lines;
	struct kf_plan plan;
	struct kf_forecast forecast;
	bool wanted[KF_NUM_PCRS];
};

/* kf_predict_asked: does the command line ask for a prediction? */
bool kf_predict_asked(const struct kf_arguments *arguments);

/* kf_predict_run makes and shows it. Returns the exit status. */
int kf_predict_run(const struct kf_arguments *arguments);

/* predict_ask.c: reads what the command line names. Returns an exit status.
 * Owns: `out`, until kf_prediction_close. */
int kf_prediction_read(struct kf_prediction *out);
void kf_prediction_close(struct kf_prediction *p);

/* predict_show.c */
void kf_prediction_text(struct kf_output *out, struct kf_prediction *p);
void kf_prediction_json(struct kf_output *out, struct kf_prediction *p);

/* predict_lock.c: writes components below a folder. Returns an exit status. */
int kf_prediction_lock(const struct kf_prediction *p, const char *folder);

#endif
