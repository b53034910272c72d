/* A cabinet with what fwupd looks for in it: catalogues of signatures, and
 * metainfo files, which say what the update is for.
 */
#ifndef KEYFIT_CORE_CABINET_H
#define KEYFIT_CORE_CABINET_H

#include "cab.h"
#include "jcat.h"
#include "markup.h"

enum { KF_METAINFO_MAX = 1 << 20 };

/* kf_metainfo is one metainfo file. */
struct kf_metainfo {
	const struct kf_cab_file *file;
	struct kf_markup markup;
	struct kf_metainfo *next;
};

struct kf_cabinet {
	struct kf_cab cab;
	struct kf_jcat jcat;		/* of all catalogues */
	bool has_jcat;
	struct kf_metainfo *metainfo;	/* in the order of the cabinet */
	const char *beyond;
};

/* kf_cabinet_read reads it. Fails: KF_CANNOT_READ, KF_NO_MEMORY,
 * KF_TOO_MUCH. */
KF_MUST enum kf_status kf_cabinet_read(struct kf_cabinet *out,
				       const struct kf_source *source,
				       struct kf_env *env);

#endif
