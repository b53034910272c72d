/* Reads a patched file piece by piece.
 */
#include "patch.h"

#include <string.h>

void kf_patch_open(struct kf_patch *out, const struct kf_source *base)
{
	memset(out, 0, sizeof(*out));
	out->base = base;
}

bool kf_patch_slice(struct kf_patch *patch, uint64_t at, uint64_t len)
{
	struct kf_piece *p;

	if (patch->num_pieces == KF_PIECES_MAX || at > patch->base->size ||
	    len > patch->base->size - at)
		return false;
	if (len == 0)
		return true;
	p = &patch->piece[patch->num_pieces++];
	p->at = at;
	p->len = len;
	return true;
}

bool kf_patch_bytes(struct kf_patch *patch, struct kf_bytes bytes)
{
	struct kf_piece *p;

	if (patch->num_pieces == KF_PIECES_MAX || bytes.len > KF_LITERAL_MAX)
		return false;
	p = &patch->piece[patch->num_pieces++];
	p->is_literal = true;
	p->len = bytes.len;
	if (bytes.len)
		memcpy(p->literal, bytes.data, bytes.len);
	return true;
}

bool kf_patch_view(struct kf_patch *patch, struct kf_bytes bytes)
{
	struct kf_piece *p;

	if (patch->num_pieces == KF_PIECES_MAX)
		return false;
	if (bytes.len == 0)
		return true;
	p = &patch->piece[patch->num_pieces++];
	p->len = bytes.len;
	p->lent = bytes.data;
	return true;
}

static bool read_piece(const struct kf_patch *patch, const struct kf_piece *p,
		       uint64_t at, uint8_t *out, size_t len)
{
	const struct kf_source *base = patch->base;

	if (p->is_literal || p->lent) {
		memcpy(out, (p->lent ? p->lent : p->literal) + at, len);
		return true;
	}
	return base->read_at(base->self, p->at + at, out, len);
}

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_patch *patch = self;
	uint8_t *to = out;
	uint64_t from = 0;

	for (size_t i = 0; i < patch->num_pieces && len; i++) {
		const struct kf_piece *p = &patch->piece[i];
		size_t some = len;

		if (at >= from + p->len) {
			from += p->len;
			continue;
		}
		if (some > from + p->len - at)
			some = (size_t)(from + p->len - at);
		if (!read_piece(patch, p, at - from, to, some))
			return false;
		to += some;
		at += some;
		len -= some;
		from += p->len;
	}
	return len == 0;
}

const struct kf_source *kf_patch_source(struct kf_patch *patch)
{
	patch->source.size = 0;
	for (size_t i = 0; i < patch->num_pieces; i++)
		patch->source.size += patch->piece[i].len;
	patch->source.read_at = read_at;
	patch->source.self = patch;
	return &patch->source;
}
