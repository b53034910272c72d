/* keyfit whatif: what its files share. The command asks; what it found is
 * weighed against the device's flash, foretold for PCR 7, and shown.
 */
#ifndef KEYFIT_APPS_CLI_WHATIF_H
#define KEYFIT_APPS_CLI_WHATIF_H

#include "changes.h"
#include "render.h"

#include "analysis/pcr.h"
#include "analysis/whatif.h"
#include "analysis/whatif_roms.h"
#include "host/esp.h"

/* kf_unit is one --file or --media: an ESP, or files that start one another.
 * `esp` and `boots` are large, and allocated together. */
struct kf_unit {
	const char *text;
	struct kf_esp esp;
	struct kf_boots boots;
};

/* kf_room is what the changes leave of the flash that holds variables. */
struct kf_room {
	bool known;		/* the device is a store file */
	bool fits;
	uint64_t used;		/* bytes before, tidied up */
	uint64_t needed;	/* after; 0 where they do not fit */
	uint64_t all;
};

/* kf_register is a PCR in each bank of a log, before and after. */
struct kf_register {
	unsigned number;
	bool known;
	const char *why;	/* it is not known */
	size_t num_banks;
	const char *bank[KF_BANKS_MAX];
	struct kf_digest before[KF_BANKS_MAX], after[KF_BANKS_MAX];
};

/* The registers that are foretold: of keys and authorities, and of what is
 * started. */
enum { KF_PCR_KEYS, KF_PCR_FILES, KF_NUM_FORETOLD };

/* kf_told_user is what was started under a certificate that is lost. `given`:
 * it is a file that was given, or no file. */
struct kf_told_user {
	struct kf_user user;
	bool given;
};

/* kf_told is what a log tells: registers, and option ROMs. */
struct kf_told {
	bool asked;		/* there is a log */
	struct kf_output log;	/* what the ROMs view */
	struct kf_register pcr[KF_NUM_FORETOLD];
	struct kf_told_user user[KF_LOST_MAX];	/* of what is lost */
	struct kf_rom rom[KF_ROMS_MAX];
	size_t num_roms;
	bool more_roms;
};

/* kf_plan_shown is one device and what was found. */
struct kf_plan_shown {
	const struct kf_device *device;
	const struct kf_rules *firmware, *update;
	const struct kf_whatif *whatif;
	struct kf_unit *const *unit;
	size_t num_units;
	struct kf_room room;
	struct kf_told told;
	struct kf_env *env;
};

/* kf_whatif_room weighs the changes against a variable store file; another
 * `path`, or NULL, tells nothing. Returns an exit status: 0 or 4. */
KF_MUST int kf_whatif_room(struct kf_room *out, const char *path,
			   const struct kf_whatif *whatif);

/* kf_whatif_log foretells PCRs 7 and 4 from the log of a boot before the
 * changes, and finds option ROMs. Says what is wrong. Returns an exit status:
 * 0, 2 or 4. Owns: `out->log`, until kf_output_close. */
KF_MUST int kf_whatif_log(struct kf_told *out, const char *log,
			  const struct kf_plan_shown *plan,
			  const struct kf_crypto *crypto, int64_t at_s);

/* kf_plan_conclusion takes the flash and option ROMs into account, too, and
 * whether there was a file to look at. */
enum kf_conclusion kf_plan_conclusion(const struct kf_plan_shown *plan);

/* whatif_lost.c: certificates that go, and whose successors are not there.
 * kf_lost_open tells whether what was started under one was not given. */
bool kf_lost_open(const struct kf_plan_shown *plan);
void kf_lost_text(struct kf_render *r, const struct kf_plan_shown *plan);
void kf_lost_json(struct kf_json *json, const struct kf_plan_shown *plan);

/* whatif_show.c */
void kf_plan_text(struct kf_render *r, const struct kf_plan_shown *plan);
void kf_plan_json(struct kf_render *r, const struct kf_plan_shown *plan);

#endif
