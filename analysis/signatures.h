/* The signatures that are attached to a PE file: taken apart, and put together
 * anew.
 *
 * The image itself is never touched: what changes is the certificate table
 * behind it, the entry of the headers that tells where that is, and the
 * checksum, which signatures do not cover.
 */
#ifndef KEYFIT_ANALYSIS_SIGNATURES_H
#define KEYFIT_ANALYSIS_SIGNATURES_H

#include "authenticode.h"
#include "patch.h"

#include <keyfit/check.h>

/* kf_unfit says why a file's signatures cannot be told from its image. */
enum kf_unfit {
	KF_FIT = 0,
	KF_UNFIT_NO_PE,
	KF_UNFIT_TE,		/* an image format without signatures */
	KF_UNFIT_HEADERS,	/* a field is missing, or makes no sense */
	KF_UNFIT_MANY_SECTIONS,
	KF_UNFIT_SECTION,	/* its data lies outside of the image */
	KF_UNFIT_OVERLAP,	/* sections take more than there is */
	KF_UNFIT_TABLE,		/* the table ends behind the file */
	KF_UNFIT_TABLE_INSIDE,	/* it begins in front of the image's end */
};

/* kf_attached is one entry of the certificate table. */
struct kf_attached {
	uint64_t at;
	uint32_t len;		/* dwLength, header and all */
	uint16_t revision;
	uint16_t type;
	uint64_t blob_at;	/* of the PKCS#7 structure */
	uint64_t blob_len;	/* 0: it holds none */
};

/* kf_signatures: what is not `fit` says so in `field`, with its place, its
 * value and the bound that it passes; the rest then holds nothing. */
struct kf_signatures {
	const struct kf_source *source;
	struct kf_pe pe;
	enum kf_unfit unfit;
	struct kf_damage damage;
	uint64_t value, bound;
	bool has_place;		/* the headers can tell of a table */
	uint64_t image_len;	/* what lies in front of the table */
	uint64_t table_len;
	struct kf_attached signature[KF_SIGNATURES_MAX];
	size_t num;
	/* The entry that could not be read; those in front of it are there. */
	struct kf_damage broken;
	bool too_many;		/* more than KF_SIGNATURES_MAX */
	uint64_t behind_len;	/* bytes behind the table that pad nothing */
};

/* kf_signatures_read describes a file. Fails: KF_CANNOT_READ, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_signatures_read(struct kf_signatures *out,
					  const struct kf_source *source,
					  struct kf_env *env);

/* kf_signatures_image is the image that signatures of this file cover: padded
 * to 8 bytes, as it will be, where there is no table yet. */
struct kf_image kf_signatures_image(const struct kf_signatures *file);

/* kf_wanted is one signature of the file to be: one that is there, by its
 * number from 1, or with 0 a new PKCS#7 structure. */
struct kf_wanted {
	uint32_t number;
	struct kf_bytes blob;
};

/* kf_signatures_put makes the file that has these signatures alone, in this
 * order, its table at the end. `file` is fit; with signatures wanted it
 * has a place for them. Blobs stay borrowed. `out` must not move.
 * Fails: KF_WRONG_USE when the file would be too large for its own fields;
 * KF_CANNOT_READ, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_signatures_put(struct kf_patch *out,
					 const struct kf_signatures *file,
					 const struct kf_wanted *wanted,
					 size_t num, struct kf_env *env);

#endif
