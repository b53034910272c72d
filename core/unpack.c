/* The plain loop around a library that unpacks: half of the window takes what
 * is packed, the other half what comes out.
 */
#include <keyfit/unpack.h>

#include <string.h>

/* loop is one stream on its way. */
struct loop {
	const struct kf_packed *packed;
	struct kf_env *env;
	void *stream;
	struct kf_unpack_piece piece;
	uint64_t left;		/* of the source, not read yet */
	struct kf_unpacked *out;
};

bool kf_unpack_spend(struct kf_env *env, uint64_t used, uint64_t made)
{
	enum { MADE_A_STEP = 16 };

	return kf_spend(env, used) && kf_spend(env, made / MADE_A_STEP);
}

/* fill reads on when all that was read is used. */
static enum kf_status fill(struct loop *l)
{
	const struct kf_source *source = l->packed->source;
	size_t len = l->env->window_len / 2;
	uint64_t at = l->packed->at + (l->packed->len - l->left);

	if (l->piece.in.len || l->left == 0)
		return KF_OK;
	if (l->left < len)
		len = (size_t)l->left;
	if (!source->read_at(source->self, at, l->env->window, len))
		return KF_CANNOT_READ;
	l->piece.in = kf_view(l->env->window, len);
	l->left -= len;
	return KF_OK;
}

/* deliver hands out what came out, up to the limit. */
static void deliver(struct loop *l)
{
	const struct kf_packed *p = l->packed;
	struct kf_unpacked *out = l->out;
	uint64_t room = p->limit - out->made;
	size_t len = l->piece.made;

	if (len > room) {
		len = (size_t)room;
		out->said = KF_UNPACK_LIMIT;
	}
	out->made += len;
	if (len && p->take && !p->take(p->self, kf_view(l->piece.out, len)))
		out->said = KF_UNPACK_STOPPED;
}

/* step takes one, and tells in `out->said` whether another one follows. */
static enum kf_status step(struct loop *l)
{
	struct kf_unpack_piece *piece = &l->piece;
	enum kf_status status = fill(l);
	bool last = piece->in.len == 0;

	piece->used = piece->made = 0;
	if (status == KF_OK)
		status = l->env->unpacker->step(&l->out->said, l->stream,
						piece);
	if (status != KF_OK)
		return status;
	if (!kf_unpack_spend(l->env, piece->used, piece->made))
		return KF_TOO_MUCH;
	l->out->used += piece->used;
	piece->in = kf_part_of(piece->in, piece->used,
			       piece->in.len - piece->used);
	deliver(l);
	if (l->out->said == KF_UNPACK_GOES_ON && !piece->used && !piece->made)
		l->out->said = last ? KF_UNPACK_CUT : KF_UNPACK_REFUSED;
	return KF_OK;
}

enum kf_status kf_unpack(struct kf_unpacked *out,
			 const struct kf_packed *packed, struct kf_env *env)
{
	size_t half = env->window_len / 2;
	struct loop l = {
		.packed = packed,
		.env = env,
		.piece = { .out = env->window + half,
			   .room = env->window_len - half },
		.left = packed->len,
		.out = out,
	};
	enum kf_status status = KF_OK;

	memset(out, 0, sizeof(*out));
	if (packed->at > packed->source->size ||
	    packed->len > packed->source->size - packed->at)
		return KF_WRONG_USE;
	if (env->unpacker)
		status = env->unpacker->begin(&l.stream, packed->packing,
					      packed->history);
	if (!l.stream) {
		out->said = KF_UNPACK_NO_LIBRARY;
		return status;
	}
	while (status == KF_OK && out->said == KF_UNPACK_GOES_ON)
		status = step(&l);
	env->unpacker->end(l.stream);
	return status;
}
