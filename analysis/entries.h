/* The entries of signature lists, one after the other, with their places.
 *
 * Only well-formed lists have any: a walk ends at damage, and says so.
 */
#ifndef KEYFIT_ANALYSIS_ENTRIES_H
#define KEYFIT_ANALYSIS_ENTRIES_H

#include <keyfit/artifact.h>

struct kf_entry {
	const char *type;	/* as kf_siglist_type; NULL: not known */
	uint32_t list;		/* from 1 */
	uint32_t number;	/* from 1, in its list */
	uint64_t at;		/* of the data, in the part */
	struct kf_bytes owner;
	struct kf_bytes data;
};

/* kf_entries starts as kf_entries_of. `damage` says where it ended early. */
struct kf_entries {
	struct kf_cursor lists;
	struct kf_cursor entries;
	uint32_t entry_len;
	const char *type;
	uint32_t list, number;
	struct kf_damage damage;
};

struct kf_entries kf_entries_of(struct kf_bytes lists);
bool kf_entries_next(struct kf_entries *walk, struct kf_entry *out);

#endif
