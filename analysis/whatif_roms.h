/* Which option ROMs a boot started, and whether they still start behind a
 * change of keys. UEFI-74.
 */
#ifndef KEYFIT_ANALYSIS_WHATIF_ROMS_H
#define KEYFIT_ANALYSIS_WHATIF_ROMS_H

#include <keyfit/check.h>

enum { KF_ROMS_MAX = 32 };

/* kf_rom is an option ROM that a log tells of. `authority` is the entry of db
 * under which it was started, with its owner; empty: not told. `answer` is
 * whether that entry is left, and not in dbx: undecided where it is one of
 * several that differ, where db or dbx is not known, and where dbx has it, or
 * the ROM, in a way that counts for some signatures only. */
struct kf_rom {
	uint32_t event;		/* its number in the log */
	struct kf_bytes authority;
	struct kf_bytes certificate;	/* empty: the entry is a digest */
	enum kf_answer answer;
};

/* kf_roms finds the option ROMs of a log, and whether `after` still lets them
 * start. Returns how many of `out` it filled; `*more`: there are others. A log
 * that was cut is read as far as it goes. */
size_t kf_roms(struct kf_rom out[KF_ROMS_MAX], bool *more, struct kf_bytes log,
	       const struct kf_store *after, const struct kf_crypto *crypto);

#endif
