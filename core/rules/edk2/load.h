/* What the two files about loading share: load.c and relocate.c.
 */
#ifndef KEYFIT_CORE_RULES_EDK2_LOAD_H
#define KEYFIT_CORE_RULES_EDK2_LOAD_H

#include "edk2.h"

struct edk2_loading {
	struct edk2_image *image;
	const struct edk2_profile *profile;
	struct kf_artifact *artifact;
	struct kf_env *env;
	uint64_t image_len;	/* SizeOfImage and what the loader adds */
	uint32_t codeview_rva;	/* 0: there is no CodeView entry */
	struct kf_pe_section last;
};

/* edk2_memory is a range of the image as it lies in memory once loaded. */
struct edk2_memory {
	uint64_t rva;
	uint32_t len;
	uint8_t *bytes;
	uint8_t *known;		/* 1 for a byte that the file fills */
};

/* edk2_memory builds such a range. Fails: false; the reason is noted. */
bool edk2_memory(struct edk2_loading *l, struct edk2_memory *m, uint64_t rva,
		 uint32_t len);

/* Both note a finding and return false. */
bool edk2_refuse_load(struct edk2_loading *l, const char *rule,
		      const char *text);
bool edk2_unsure_load(struct edk2_loading *l, const char *text);

/* relocate.c */
bool edk2_resources_fit(struct edk2_loading *l);
bool edk2_relocations_fit(struct edk2_loading *l);

#endif
