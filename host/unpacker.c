/* Streams, through zlib and libzstd with their own defaults: zstd frames with a
 * window of more than 128 MiB are refused, which bounds the memory.
 *
 * Source: zlib 1.2.13, zlib.h (inflateInit2, inflate, inflateSetDictionary);
 * zstd 1.5.4, zstd.h (ZSTD_decompressStream), zstd_errors.h.
 */
#include "unpacker.h"

#include "library.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* deflate is what is used of zlib, zstandard of libzstd, without the start of
 * their names. */
struct deflate {
	__typeof__(inflateInit2_) *init;
	__typeof__(inflate) *inflate;
	__typeof__(inflateSetDictionary) *set_dictionary;
	__typeof__(inflateEnd) *end;
};

struct zstandard {
	__typeof__(ZSTD_createDStream) *create;
	__typeof__(ZSTD_decompressStream) *decompress;
	__typeof__(ZSTD_isError) *is_error;
	__typeof__(ZSTD_getErrorCode) *error_code;
	__typeof__(ZSTD_freeDStream) *free;
};

struct stream {
	enum kf_packing packing;
	struct deflate deflate;
	z_stream z;
	struct zstandard zstandard;
	ZSTD_DStream *frames;
};

static bool load_deflate(struct deflate *out)
{
	static const char *const names[] = {
		"inflateInit2_", "inflate", "inflateSetDictionary",
		"inflateEnd",
	};

	_Static_assert(sizeof(*out) == sizeof(names), "one name a function");
	return kf_library_load(out, "libz.so.1", names,
			       sizeof(names) / sizeof(*names));
}

static bool load_zstandard(struct zstandard *out)
{
	static const char *const names[] = {
		"ZSTD_createDStream", "ZSTD_decompressStream", "ZSTD_isError",
		"ZSTD_getErrorCode", "ZSTD_freeDStream",
	};

	_Static_assert(sizeof(*out) == sizeof(names), "one name a function");
	return kf_library_load(out, "libzstd.so.1", names,
			       sizeof(names) / sizeof(*names));
}

/* begin_deflate starts zlib; history is for raw streams alone. */
static enum kf_status begin_deflate(struct stream *s, struct kf_bytes history)
{
	int bits = s->packing == KF_PACKING_GZIP ? 16 + MAX_WBITS
		   : s->packing == KF_PACKING_ZLIB ? MAX_WBITS : -MAX_WBITS;
	int code = s->deflate.init(&s->z, bits, ZLIB_VERSION,
				   (int)sizeof(s->z));

	if (code != Z_OK)
		return KF_NO_MEMORY;
	if (history.len == 0 || s->packing != KF_PACKING_DEFLATE)
		return KF_OK;
	if (history.len > UINT_MAX ||
	    s->deflate.set_dictionary(&s->z, history.data,
				      (uInt)history.len) != Z_OK) {
		s->deflate.end(&s->z);
		return KF_NO_MEMORY;
	}
	return KF_OK;
}

static enum kf_status begin(void **out, enum kf_packing packing,
			    struct kf_bytes history)
{
	struct stream *s = calloc(1, sizeof(*s));
	bool zstd = packing == KF_PACKING_ZSTD;
	enum kf_status status = KF_OK;

	*out = NULL;
	if (!s)
		return KF_NO_MEMORY;
	s->packing = packing;
	if (zstd ? !load_zstandard(&s->zstandard)
		 : !load_deflate(&s->deflate)) {
		free(s);
		return KF_OK;
	}
	if (!zstd)
		status = begin_deflate(s, history);
	else if (!(s->frames = s->zstandard.create()))
		status = KF_NO_MEMORY;
	if (status == KF_OK)
		*out = s;
	else
		free(s);
	return status;
}

static enum kf_status inflate_step(enum kf_unpack_said *said,
				   struct stream *s,
				   struct kf_unpack_piece *piece)
{
	uInt in_len = piece->in.len < UINT_MAX ? (uInt)piece->in.len
					       : UINT_MAX;
	uInt room = piece->room < UINT_MAX ? (uInt)piece->room : UINT_MAX;
	int code;

	/* zlib does not write through next_in, whose type is older. */
	s->z.next_in = (Bytef *)(uintptr_t)piece->in.data;
	s->z.avail_in = in_len;
	s->z.next_out = piece->out;
	s->z.avail_out = room;
	code = s->deflate.inflate(&s->z, Z_NO_FLUSH);
	piece->used = in_len - s->z.avail_in;
	piece->made = room - s->z.avail_out;
	switch (code) {
	case Z_OK:
	case Z_BUF_ERROR:
		*said = KF_UNPACK_GOES_ON;
		return KF_OK;
	case Z_STREAM_END:
		*said = KF_UNPACK_ENDED;
		return KF_OK;
	case Z_NEED_DICT:
		*said = KF_UNPACK_REFUSED;
		return KF_OK;
	case Z_MEM_ERROR:
		return KF_NO_MEMORY;
	default:
		*said = KF_UNPACK_DAMAGED;
		return KF_OK;
	}
}

/* zstd_error tells what an error of libzstd says of the stream. */
static enum kf_status zstd_error(enum kf_unpack_said *said,
				 ZSTD_ErrorCode code)
{
	switch (code) {
	case ZSTD_error_memory_allocation:
		return KF_NO_MEMORY;
	case ZSTD_error_frameParameter_windowTooLarge:
	case ZSTD_error_dictionary_wrong:
	case ZSTD_error_version_unsupported:
		*said = KF_UNPACK_REFUSED;
		return KF_OK;
	default:
		*said = KF_UNPACK_DAMAGED;
		return KF_OK;
	}
}

static enum kf_status zstd_step(enum kf_unpack_said *said, struct stream *s,
				struct kf_unpack_piece *piece)
{
	ZSTD_inBuffer in = { piece->in.data, piece->in.len, 0 };
	ZSTD_outBuffer out = { piece->out, piece->room, 0 };
	size_t code = s->zstandard.decompress(s->frames, &out, &in);

	piece->used = in.pos;
	piece->made = out.pos;
	*said = code == 0 ? KF_UNPACK_ENDED : KF_UNPACK_GOES_ON;
	return s->zstandard.is_error(code)
		? zstd_error(said, s->zstandard.error_code(code)) : KF_OK;
}

static enum kf_status step(enum kf_unpack_said *said, void *stream,
			   struct kf_unpack_piece *piece)
{
	struct stream *s = stream;

	piece->used = piece->made = 0;
	return s->packing == KF_PACKING_ZSTD ? zstd_step(said, s, piece)
					     : inflate_step(said, s, piece);
}

static void end(void *stream)
{
	struct stream *s = stream;

	if (!s)
		return;
	if (s->frames)
		s->zstandard.free(s->frames);
	else
		s->deflate.end(&s->z);
	free(s);
}

const struct kf_unpacker kf_unpacker_libraries = { begin, step, end };
