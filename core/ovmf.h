/* The authenticated variable store of edk2's firmware, as it lies in flash:
 * where it is, its records, and a new one with other variables.
 */
#ifndef KEYFIT_CORE_OVMF_H
#define KEYFIT_CORE_OVMF_H

#include "variables.h"

#include <keyfit/store.h>

/* States of a record that the firmware reads; it passes over all others. */
enum {
	KF_OVMF_ADDED = 0x3f,
	KF_OVMF_IN_TRANSITION = 0x3e,	/* unless there is a newer one */
};

/* kf_ovmf is where a store lies in its file; places are in bytes from the
 * start of the file. */
struct kf_ovmf {
	struct kf_bytes file;
	uint64_t volume_at;
	uint64_t volume_len;
	uint64_t store_at;	/* its header */
	uint64_t first_at;	/* the first record */
	uint64_t end_at;
	struct kf_damage damage;	/* the first of the headers' fields
					 * that is not as it has to be */
};

/* kf_ovmf_find finds the volume that holds variables.
 * Fails: false, when the file has none. */
KF_MUST bool kf_ovmf_find(struct kf_ovmf *out, struct kf_bytes file);

/* kf_ovmf_record is one record, live or not. */
struct kf_ovmf_record {
	uint64_t at;
	uint8_t state;
	bool state_odd;		/* no write of the firmware makes it */
	uint32_t attributes;
	struct kf_moment time;
	struct kf_bytes guid;
	struct kf_bytes name;	/* UTF-16, most often with its NUL */
	struct kf_bytes data;
	uint64_t data_at;
};

/* kf_ovmf_walk goes from record to record. When it ended, `damage` tells
 * whether it was cut short. */
struct kf_ovmf_walk {
	const struct kf_ovmf *store;
	uint64_t at;
	struct kf_damage damage;
};

struct kf_ovmf_walk kf_ovmf_walk(const struct kf_ovmf *store);
bool kf_ovmf_next(struct kf_ovmf_walk *walk, struct kf_ovmf_record *out);
bool kf_ovmf_live(const struct kf_ovmf_record *record);

/* kf_ovmf_change is what becomes of one variable in a copy. */
struct kf_ovmf_change {
	const struct kf_variable *variable;
	bool absent;
	struct kf_bytes bytes;	/* of any form: nothing looks at them */
	uint32_t attributes;	/* 0: the variable's usual ones */
	struct kf_moment time;
};

/* kf_ovmf_write writes a copy of `image`, of the same length, in which the
 * variables named have new values; all others stay.
 * Fails: KF_WRONG_USE, `image` holds no sound store; KF_TOO_MUCH, the
 * variables do not fit. */
KF_MUST enum kf_status kf_ovmf_write(uint8_t *out, struct kf_bytes image,
				     const struct kf_ovmf_change *change,
				     size_t num);

#endif
