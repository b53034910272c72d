/* A file with some bytes taken out or put in, without making it: pieces of the
 * old one, and of new bytes, in a new order.
 */
#ifndef KEYFIT_ANALYSIS_PATCH_H
#define KEYFIT_ANALYSIS_PATCH_H

#include <keyfit/env.h>

enum {
	KF_PIECES_MAX = 80,
	KF_LITERAL_MAX = 8,
};

/* kf_piece is a slice of the old file, a few new bytes, or a view of more. */
struct kf_piece {
	uint64_t at;
	uint64_t len;
	bool is_literal;
	uint8_t literal[KF_LITERAL_MAX];
	const uint8_t *lent;	/* NULL: none */
};

/* kf_patch reads as a source; `base` and the patch stay borrowed by it. */
struct kf_patch {
	const struct kf_source *base;
	struct kf_piece piece[KF_PIECES_MAX];
	size_t num_pieces;
	struct kf_source source;
};

/* kf_patch_open starts an empty patch of a file. */
void kf_patch_open(struct kf_patch *out, const struct kf_source *base);

/* kf_patch_slice, kf_patch_bytes, kf_patch_view add a piece at the end. The
 * last one's bytes stay borrowed; the few of kf_patch_bytes are copied.
 * Fails: false when there is no room for another. */
KF_MUST bool kf_patch_slice(struct kf_patch *patch, uint64_t at,
			    uint64_t len);
KF_MUST bool kf_patch_bytes(struct kf_patch *patch, struct kf_bytes bytes);
KF_MUST bool kf_patch_view(struct kf_patch *patch, struct kf_bytes bytes);

/* kf_patch_source makes the patch readable, once all pieces are there. The
 * patch must not move from then on. */
const struct kf_source *kf_patch_source(struct kf_patch *patch);

#endif
