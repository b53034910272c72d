/* What the core asks of the libraries that unpack: streams of gzip, zlib, raw
 * deflate and zstd, a piece at a time, in bounded memory.
 *
 * The core unpacks nothing itself. A verifier that unpacks decides by what its
 * own loop makes of its library's answers, so its rules may take the steps one
 * by one; kf_unpack is the plain loop for all others.
 */
#ifndef KEYFIT_UNPACK_H
#define KEYFIT_UNPACK_H

#include <keyfit/env.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

enum kf_packing {
	KF_PACKING_GZIP = 1,	/* RFC 1952, one member */
	KF_PACKING_ZLIB,	/* RFC 1950 */
	KF_PACKING_DEFLATE,	/* RFC 1951 */
	KF_PACKING_ZSTD,	/* RFC 8878, one frame */
};

/* kf_unpack_said is how it stands with a stream. */
enum kf_unpack_said {
	KF_UNPACK_GOES_ON = 0,
	KF_UNPACK_ENDED,	/* where the stream says that it ends */
	KF_UNPACK_DAMAGED,	/* it is no such stream from here on */
	KF_UNPACK_REFUSED,	/* the library has no way to read it: it asks
				 * for a dictionary, or for too much memory */
	/* Said by kf_unpack alone: */
	KF_UNPACK_CUT,		/* the bytes end before the stream does */
	KF_UNPACK_LIMIT,	/* more comes out than the caller takes */
	KF_UNPACK_STOPPED,	/* the caller has seen enough */
	KF_UNPACK_NO_LIBRARY,	/* it is not on this machine */
};

/* kf_unpack_piece is what one step works on: it reads from `in`, of which it
 * has `used` some, and has `made` some of the `room` bytes at `out`. */
struct kf_unpack_piece {
	struct kf_bytes in;
	size_t used;
	uint8_t *out;
	size_t room;
	size_t made;
};

/* kf_unpacker is the table.
 * begin: `history` is what came out before, and may be repeated by a raw
 * deflate stream, at most 32 KiB of it; else empty. `*stream` NULL: the
 * library is not there. Owns: `*stream`, until end, which takes NULL too.
 * Fails: KF_NO_MEMORY.
 * step: takes what it can; it may use nothing and make nothing, where it has
 * no input or no room. Behind the end of a zstd frame the next one begins;
 * other streams stay ended. Fails: KF_NO_MEMORY. */
struct kf_unpacker {
	enum kf_status (*begin)(void **stream, enum kf_packing packing,
				struct kf_bytes history);
	enum kf_status (*step)(enum kf_unpack_said *said, void *stream,
			       struct kf_unpack_piece *piece);
	void (*end)(void *stream);
};

/* kf_packed is where a stream stands, and what is asked of it. */
struct kf_packed {
	enum kf_packing packing;
	const struct kf_source *source;
	uint64_t at, len;	/* it may end before that */
	struct kf_bytes history;
	uint64_t limit;		/* of bytes that come out */
	/* take has the bytes that come out, in order; false: it is enough.
	 * NULL: nobody wants them. */
	bool (*take)(void *self, struct kf_bytes bytes);
	void *self;
};

/* kf_unpacked is how it went. */
struct kf_unpacked {
	enum kf_unpack_said said;
	uint64_t used;		/* bytes of the source: behind a stream that
				 * ended stands whatever comes next */
	uint64_t made;		/* bytes that came out */
};

/* kf_unpack unpacks one stream. It works in `env->window`; each byte that goes
 * in is a step, and so are 16 that come out.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY, KF_TOO_MUCH; KF_WRONG_USE, where the
 * bytes do not lie in the source. */
KF_MUST enum kf_status kf_unpack(struct kf_unpacked *out,
				 const struct kf_packed *packed,
				 struct kf_env *env);

/* kf_unpack_spend takes from the budget what so many bytes cost.
 * Fails: false when it is spent. */
KF_MUST bool kf_unpack_spend(struct kf_env *env, uint64_t used,
			     uint64_t made);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
