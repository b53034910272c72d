/* Places on an ESP, and the texts there that name some.
 */
#ifndef KEYFIT_ANALYSIS_CHAIN_PLACES_H
#define KEYFIT_ANALYSIS_CHAIN_PLACES_H

#include "chain.h"

enum { KF_PLACE_X64 = 0x8664 };

/* kf_place_machine is "x64" and the like, as it stands in file names; "" for a
 * machine that UEFI has no name for. */
const char *kf_place_machine(uint16_t machine);

/* kf_place_find finds a file by its place; KF_CHAIN_NO_FILE: it is not there.
 */
size_t kf_place_find(const struct kf_chain_given *given, const char *place);

/* kf_place_beside puts parts behind the folder of a place.
 * Fails: NULL, the arena is full. */
const char *kf_place_beside(const char *place, const char *const *parts,
			    size_t num, struct kf_arena *arena);

/* kf_place_folder_len is how long the folder is that a place starts with, its
 * last stroke with it. */
size_t kf_place_folder_len(const char *place);

/* kf_place_under: is a place in a folder, however deep? NULL is in none. */
bool kf_place_under(const char *place, const char *folder);
bool kf_place_same_folder(const char *a, const char *b);

/* kf_place_is_removable: is it \EFI\BOOT\BOOT{machine}.EFI? */
bool kf_place_is_removable(const char *place, uint16_t machine);

/* kf_place_is_csv: is it \EFI\{folder}\BOOT{machine}.CSV, which shim's fallback
 * reads? */
bool kf_place_is_csv(const char *place, uint16_t machine);

/* kf_csv is such a text while it is read: UTF-16, a row a line, the name of
 * the file first. */
struct kf_csv {
	struct kf_bytes text;
	size_t at;
};

/* kf_csv_next is the place that the next row names; NULL after the last one,
 * or when the arena is full. */
const char *kf_csv_next(struct kf_csv *rows, const char *csv_place,
			struct kf_arena *arena);

/* kf_entry_place is the place that an entry of the boot loader specification
 * starts; NULL: none. */
const char *kf_entry_place(struct kf_bytes text, struct kf_arena *arena);

#endif
