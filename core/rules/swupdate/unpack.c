/* What comes of a packed file when SWUpdate unpacks it: the loop that it has
 * around zlib and libzstd, in pieces of the same size.
 *
 * A stream that ends too early is no error. Behind the end of a gzip stream
 * nothing more is read, and what is not read is not in the digest. SWUPDATE-22.
 *
 * Source: sbabic/swupdate, core/cpio_utils.c (input_step, gunzip_step,
 * zstd_step), tags 2022.12 and 2024.12.1.
 */
#include "swupdate.h"

enum { PIECE_LEN = 16384 };	/* BUFF_SIZE */

/* pipe is a file on its way through the library. */
struct pipe {
	struct swupdate_case *k;
	const struct kf_unpacker *unpacker;
	void *stream;
	struct kf_unpack_piece piece;
	uint8_t *packed;	/* PIECE_LEN */
	uint64_t at, left;	/* of the file, not read yet */
	struct swupdate_unpacked *out;
};

/* next reads a piece. Returns false where there is none, or by a fault. */
static bool next(struct pipe *p)
{
	const struct kf_source *source = p->k->update->source;
	size_t len = p->left < PIECE_LEN ? (size_t)p->left : PIECE_LEN;

	p->piece.in = kf_view(p->packed, len);
	if (len == 0)
		return false;
	if (!source->read_at(source->self, p->at, p->packed, len))
		return swupdate_fail(p->k, KF_CANNOT_READ);
	p->at += len;
	p->left -= len;
	p->out->read += len;
	return true;
}

/* step asks the library once; `at` counts what it made in this round. Returns
 * false where nothing more is to be had. */
static bool step(struct pipe *p, size_t *at)
{
	struct kf_unpack_piece *piece = &p->piece;
	struct kf_unpack_piece now = {
		.in = piece->in,
		.out = piece->out + *at,
		.room = piece->room - *at,
	};
	enum kf_status status = p->unpacker->step(&p->out->said, p->stream,
						  &now);

	if (status == KF_OK && !kf_unpack_spend(p->k->env, now.used, now.made))
		status = KF_TOO_MUCH;
	if (status != KF_OK)
		return swupdate_fail(p->k, status);
	piece->in = kf_part_of(piece->in, now.used, piece->in.len - now.used);
	*at += now.made;
	p->out->made += now.made;
	p->out->used += now.used;
	if (p->out->made > p->out->limit)
		p->out->said = KF_UNPACK_LIMIT;
	return p->out->said == KF_UNPACK_GOES_ON ||
	       p->out->said == KF_UNPACK_ENDED;
}

/* gunzip takes rounds until one gives nothing: a round ends as soon as there
 * is something, and behind the stream's end comes another one. */
static void gunzip(struct pipe *p)
{
	size_t made = 0;
	bool ended = false;

	do {
		made = 0;
		while (made == 0) {
			bool dry = p->piece.in.len == 0 && !next(p);

			if (ended || p->k->status != KF_OK)
				return;
			if (dry) {
				p->out->said = KF_UNPACK_CUT;
				return;
			}
			if (!step(p, &made))
				return;
			ended = p->out->said == KF_UNPACK_ENDED;
			if (ended)
				break;
		}
	} while (made);
}

/* unzstd takes rounds in which the library is asked again while it has
 * something to read and there is room. All is read to its end. */
static void unzstd(struct pipe *p)
{
	bool dry = false;
	size_t made;

	do {
		made = 0;
		do {
			if (p->piece.in.len == 0)
				dry |= !next(p);
			if (p->k->status != KF_OK)
				return;
			do {
				if (!step(p, &made))
					return;
			} while (made < p->piece.room && p->piece.in.len);
		} while (made == 0 && !dry);
	} while (made);
	p->out->said = KF_UNPACK_ENDED;
}

/* run opens the pipe. The limit leaves half of the budget. */
static void run(struct swupdate_case *k, struct swupdate_unpacked *out,
		const struct kf_cpio_file *f, bool zstd)
{
	struct pipe p = {
		.k = k,
		.unpacker = k->env->unpacker,
		.at = f->data_at,
		.left = k->update->source->size - f->data_at,
		.out = out,
	};

	out->limit = k->env->steps < UINT64_MAX / 8 ? k->env->steps * 8
						    : UINT64_MAX;
	if (p.left > f->size)
		p.left = f->size;
	p.packed = kf_arena_take(k->env->arena, PIECE_LEN);
	p.piece.out = kf_arena_take(k->env->arena, PIECE_LEN);
	p.piece.room = PIECE_LEN;
	if (!p.packed || !p.piece.out) {
		k->status = KF_NO_MEMORY;
		return;
	}
	if (p.unpacker)
		k->status = p.unpacker->begin(&p.stream, zstd
					      ? KF_PACKING_ZSTD
					      : KF_PACKING_GZIP,
					      kf_view(NULL, 0));
	if (!p.stream) {
		out->said = KF_UNPACK_NO_LIBRARY;
		return;
	}
	if (zstd)
		unzstd(&p);
	else
		gunzip(&p);
	p.unpacker->end(p.stream);
}

/* try unpacks a file once, and gives back the memory that this took. */
static const struct swupdate_unpacked *try(struct swupdate_case *k,
					   size_t index, bool zstd)
{
	struct swupdate_unpacked *out = &k->update->file[index].unpacked[zstd];
	const struct kf_cpio_file *f = &k->update->swu.file[index];
	size_t used = k->env->arena->used;

	if (out->said != KF_UNPACK_GOES_ON)
		return out;
	run(k, out, f, zstd);
	k->env->arena->used = used;
	if (k->status == KF_OK && out->read < f->size) {
		struct kf_cpio_file some = *f;
		struct swupdate_digest digest = { .sum = 0 };

		some.size = out->read;
		k->status = swupdate_digest_one(&digest, &some,
						k->update->source, k->env);
		out->sha256 = digest.sha256;
	} else {
		out->sha256 = k->update->file[index].sha256;
	}
	return out;
}

static bool damaged(struct swupdate_case *k, const struct swupdate_item *item,
		    const struct swupdate_unpacked *u, size_t index)
{
	const struct kf_cpio_file *f = &k->update->swu.file[index];

	(void)swupdate_refuse(k, KF_REASON_CONTENT_NOT_PACKED, "SWUPDATE-22",
			      "", item->filename, NULL);
	kf_prove_field(&k->out->why, item->packed == SWUPDATE_ZSTD ? "zstd"
		       : "gzip", f->data_at + u->used, 1);
	return false;
}

/* large: SWUpdate writes on until what it writes to is full, which keyfit does
 * not know. */
static bool large(struct swupdate_case *k, size_t index,
		  const struct swupdate_unpacked *u)
{
	const struct kf_cpio_file *f = &k->update->swu.file[index];

	(void)swupdate_beyond(k, "a packed file that becomes very large");
	kf_prove_field(&k->out->why, "what comes out", f->data_at + u->used, 1);
	kf_prove_value(&k->out->why, u->made, u->limit);
	return false;
}

bool swupdate_unpack(struct kf_digest *hashed, uint64_t *read,
		     struct swupdate_case *k, const struct swupdate_item *item,
		     size_t index)
{
	const struct swupdate_unpacked *u;
	bool zstd = item->packed == SWUPDATE_ZSTD;

	*hashed = k->update->file[index].sha256;
	*read = k->update->swu.file[index].size;
	if (item->packed == SWUPDATE_PLAIN || item->encrypted)
		return true;
	u = try(k, index, zstd);
	if (k->status != KF_OK)
		return false;
	if (u->said == KF_UNPACK_NO_LIBRARY)
		return swupdate_beyond(k, zstd
			? "a file packed with zstd, and libzstd is not on this machine"
			: "a file packed with gzip, and zlib is not on this machine");
	if (u->said == KF_UNPACK_LIMIT)
		return large(k, index, u);
	if (u->said == KF_UNPACK_DAMAGED || u->said == KF_UNPACK_REFUSED)
		return damaged(k, item, u, index);
	*hashed = u->sha256;
	*read = u->read;
	return true;
}
