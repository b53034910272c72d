/* SWUpdate's files (.swu): a cpio archive whose first file, sw-description,
 * names the others with their digests; the second one signs it.
 */
#ifndef KEYFIT_CORE_SWU_H
#define KEYFIT_CORE_SWU_H

#include "cpio.h"

#include <keyfit/artifact.h>

enum {
	KF_SWU_FILES_MAX = 1024,
	KF_SWU_DESCRIPTION_MAX = 1 << 20,
	KF_SWU_SIGNATURE_MAX = 1 << 20,
};

#define KF_SWU_DESCRIPTION "sw-description"
#define KF_SWU_SIGNATURE "sw-description.sig"

/* kf_swu is such a file. Files are in their order, without the trailer. */
struct kf_swu {
	struct kf_cpio_file *file;
	size_t num_files;
	uint64_t end_at;	/* behind the last file that was read */
	bool ended;		/* the trailer is there */
	struct kf_damage damage;	/* of the header at the end */
	bool many;		/* more files than KF_SWU_FILES_MAX */
	struct kf_inner *inner;		/* those behind the first two that are
					 * whole, for whoever looks inside */
	size_t num_inner;
	struct kf_bytes description, signature;	/* of the first files, where
						 * they have these names; as
						 * much as is there */
};

/* kf_swu_read reads all headers, and keeps description and signature.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_swu_read(struct kf_swu *out,
				   const struct kf_source *source,
				   struct kf_env *env);

#endif
