/* What the registers of a TPM will hold after a planned change, told from the
 * log of a boot before it.
 *
 * Each event of the log is explained by what the device has: its variables, its
 * files, its verifiers' rules. What explains it then tells what becomes of it.
 * An event that nothing explains is marked, and what cannot be told is unknown:
 * it never gets a value.
 */
#ifndef KEYFIT_ANALYSIS_PREDICT_H
#define KEYFIT_ANALYSIS_PREDICT_H

#include "measures.h"
#include "pcr.h"

/* kf_line is a command or a kernel command line that will be another one; the
 * text that stands behind "grub_cmd: " or "kernel_cmdline: " in the log. */
struct kf_line {
	struct kf_bytes before;
	struct kf_bytes after;
};

/* kf_plan is what is known of a device, and what will change. */
struct kf_plan {
	struct kf_bytes log;
	const struct kf_store *store[KF_NUM_SIDES];
	const struct kf_rules *firmware;
	const struct kf_boot_file *file;
	size_t num_files;
	const struct kf_line *line;
	size_t num_lines;
	/* The user's word: loaders run the same commands and read the same
	 * files as before, but for `line`. */
	bool same_commands;
	/* The user's word: events that nothing explains stay as they are. */
	bool keep_unexplained;
};

/* kf_fate is what becomes of an event. */
enum kf_fate {
	KF_FATE_UNKNOWN = 0,
	KF_FATE_KEPT,
	KF_FATE_REPLACED,
	KF_FATE_DROPPED,
	KF_FATE_ADDED,
};

/* kf_fate_name is "kept" and the like. */
const char *kf_fate_name(enum kf_fate fate);

/* kf_forecast_event is one event of a register that can be predicted, in the
 * order in which the registers take them. */
struct kf_forecast_event {
	uint32_t number;	/* in the log; 0: it is not in it */
	uint32_t pcr;
	uint32_t type;
	enum kf_fate fate;
	bool unexplained;
	const char *why;	/* NULL: nothing to say */
	const char *about;	/* the part or the file; NULL: none */
	const struct kf_event *missing;	/* whose file was not given, and is
					 * needed for this; NULL: none */
	struct kf_event was;	/* the log's; nothing where it is new */
	struct kf_event will;	/* nothing where it is unknown or dropped */
};

struct kf_forecast {
	struct kf_eventlog log;		/* read to its end; its banks */
	struct kf_forecast_event *event;
	size_t num, max;
	struct kf_pcrs pcrs[KF_NUM_SIDES];
	bool known[KF_NUM_PCRS];	/* their values after the change */
	/* One for each file and line of the plan: replaced, and no event of
	 * the log is over it. */
	bool *stray_file;
	bool *stray_line;
};

/* kf_predictable tells whether keyfit predicts a register at all. */
bool kf_predictable(unsigned pcr);

/* kf_predict fills `out`; its views are of the plan and the arena.
 * Fails: KF_WRONG_USE, the log is damaged; as kf_check does. */
KF_MUST enum kf_status kf_predict(struct kf_forecast *out,
				  const struct kf_plan *plan,
				  struct kf_env *env);

/* What the files of this share: a prediction while it is made. */
struct kf_file_digests {
	struct kf_digest raw[KF_NUM_SIDES][KF_NUM_DIGESTS];
	struct kf_digest image[KF_NUM_DIGESTS];	/* before; len 0: no image */
	bool seen;
	bool read_by_loader;	/* an event of PCR 9 is over it */
};

struct kf_predicting {
	struct kf_forecast *out;
	const struct kf_plan *plan;
	struct kf_env *env;
	enum kf_status status;
	struct kf_event *event;		/* all of the log */
	size_t num_events;
	/* Of each event: what it is on the side before, from 1; 0: none. */
	uint32_t *item_of;
	struct kf_file_digests *digests;	/* of each file */
	struct kf_boot boot;
	struct kf_measures measures[KF_NUM_SIDES];
	const struct kf_measure *end;	/* NULL: all can be told */
	size_t next[KF_NUM_PCRS];	/* item that a register waits for */
	bool ended[KF_NUM_PCRS];
	bool tails_differ;		/* in what PCR 7 takes from stages */
	uint32_t policy_seen;		/* bits: variables with an event */
	/* Why a loader's commands and files are not known; NULL: they are. */
	const char *loader_why, *loader_about;
	const char *files_why, *files_about;
};

/* kf_forecast_add adds an entry; NULL: no room, and `status` says so. */
struct kf_forecast_event *kf_forecast_add(struct kf_predicting *p,
					  const struct kf_event *was,
					  uint32_t pcr, enum kf_fate fate);

/* kf_forecast_unknown adds one that cannot be told. */
void kf_forecast_unknown(struct kf_predicting *p, const struct kf_event *was,
			 uint32_t pcr, const char *why, const char *about,
			 bool unexplained);

/* kf_forecast_end adds one that lies behind what can be told. */
void kf_forecast_end(struct kf_predicting *p, const struct kf_event *was,
		     uint32_t pcr, bool unexplained);

/* kf_forecast_over fills what an event will be: `data` in the record, its
 * digests over `over`, or those of `image`. */
void kf_forecast_over(struct kf_predicting *p, struct kf_forecast_event *e,
		      struct kf_bytes data, struct kf_bytes over,
		      const struct kf_digest *image);

/* kf_event_has tells whether an event's digests are these, one a kind, in all
 * banks that can be computed. */
bool kf_event_has(const struct kf_event *event, const struct kf_eventlog *log,
		  const struct kf_digest *kinds);

/* predict_policy.c: the variables in PCR 7. */
bool kf_predict_policy(struct kf_predicting *p, const struct kf_event *event);
void kf_predict_policy_rest(struct kf_predicting *p);

/* predict_loader.c: what a loader measures into PCRs 8 and 9. */
void kf_predict_loader_prepare(struct kf_predicting *p);
void kf_predict_loader(struct kf_predicting *p, const struct kf_event *event);

#endif
