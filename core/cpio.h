/* Archives of cpio's new format, with and without sums (magic 070701 and
 * 070702), one header at a time.
 *
 * Numbers are read as GNU cpio reads them, and SWUpdate after it: blanks in
 * front count as nothing, and the first letter that is no hex digit ends the
 * number, though the place it stands in was made room for.
 */
#ifndef KEYFIT_CORE_CPIO_H
#define KEYFIT_CORE_CPIO_H

#include <keyfit/env.h>

enum {
	KF_CPIO_HEADER_LEN = 110,
	KF_CPIO_NAME_MAX = 255,		/* with its NUL, as SWUpdate takes */
	KF_CPIO_SUMS_STEPS = 4096,
};

/* kf_cpio_file is one file of an archive. */
struct kf_cpio_file {
	struct kf_bytes name;		/* up to its NUL */
	uint64_t at;			/* of its header */
	uint64_t data_at, size;
	uint32_t sum;			/* of all bytes, as the header says */
	bool has_sum;
	bool whole;			/* all its bytes are there */
};

/* kf_cpio walks an archive. `at`: where the next header stands. */
struct kf_cpio {
	const struct kf_source *source;
	uint64_t at;
	struct kf_damage damage;	/* what was wrong with the last one */
};

bool kf_cpio_likely(struct kf_bytes head);

/* kf_cpio_next reads the next header; its name is kept in the arena. A header
 * that breaks the format leaves `damage`.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_cpio_next(struct kf_cpio_file *out,
				    struct kf_cpio *cpio, struct kf_env *env);

/* kf_cpio_is_trailer tells whether a file ends the archive. */
bool kf_cpio_is_trailer(const struct kf_cpio_file *file);

#endif
