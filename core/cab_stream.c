/* The blocks of a cabinet, one by one, and a folder of them as a stream.
 *
 * Source: fwupd/fwupd, libfwupdplugin/fu-cab-firmware.c
 * (fu_cab_firmware_parse_data, fu_cab_firmware_compute_checksum), tag 2.0.20.
 */
#include "cab.h"

#include <keyfit/unpack.h>

#include <string.h>

enum { BLOCK_HEADER_LEN = 8 };

static enum kf_status wrong(struct kf_cab *cab, const char *field,
			    uint64_t at)
{
	if (!cab->damage.field) {
		cab->damage.field = field;
		cab->damage.at = at;
	}
	return KF_OK;
}

/* sum takes four bytes at a time, the last ones the other way round. */
static uint32_t sum(uint32_t seed, struct kf_bytes b)
{
	size_t i = 0;
	uint32_t tail = 0;

	for (; b.len - i > 3; i += 4)
		seed ^= (uint32_t)b.data[i + 3] << 24 |
			(uint32_t)b.data[i + 2] << 16 |
			(uint32_t)b.data[i + 1] << 8 | b.data[i];
	for (; i < b.len; i++)
		tail = tail << 8 | b.data[i];
	return seed ^ tail;
}

/* filling takes what is unpacked, up to one byte more than a block may
 * have. */
struct filling {
	struct kf_cab_block *block;
};

static bool fill(void *self, struct kf_bytes bytes)
{
	struct kf_cab_block *b = ((struct filling *)self)->block;

	memcpy(b->bytes + b->len, bytes.data, bytes.len);
	b->len += bytes.len;
	return true;
}

/* inflate unpacks one block: raw deflate behind two letters. */
static enum kf_status inflate(struct kf_cab *cab, struct kf_cab_block *out,
			      struct kf_bytes packed, struct kf_bytes history,
			      struct kf_env *env)
{
	struct kf_bytes raw = kf_part_of(packed, 2, packed.len - 2);
	struct kf_source source = kf_bytes_source(&raw);
	struct filling filling = { out };
	struct kf_packed ask = {
		.packing = KF_PACKING_DEFLATE, .source = &source,
		.len = raw.len, .history = history,
		.limit = KF_CAB_BLOCK_MAX + 1, .take = fill, .self = &filling,
	};
	struct kf_unpacked how;
	enum kf_status status;

	out->len = 0;
	status = kf_unpack(&how, &ask, env);
	if (status == KF_OK && how.said == KF_UNPACK_NO_LIBRARY)
		cab->beyond = "zlib is not there to unpack it";
	else if (status == KF_OK && how.said != KF_UNPACK_ENDED &&
		 how.said != KF_UNPACK_LIMIT)
		return wrong(cab, "MSZIP", out->at);
	return status;
}

struct header {
	uint32_t checksum;
	uint16_t packed_len, len;
	uint8_t bytes[BLOCK_HEADER_LEN];
};

/* read_block_header reads it, and the bytes behind it. */
static enum kf_status read_block_header(struct header *h, struct kf_cab *cab,
					uint64_t at, struct kf_env *env)
{
	const struct kf_source *source = cab->source;
	struct kf_cursor c;

	if (at > source->size || source->size - at < BLOCK_HEADER_LEN)
		return wrong(cab, "CFDATA", at);
	if (!kf_spend(env, BLOCK_HEADER_LEN))
		return KF_TOO_MUCH;
	if (!source->read_at(source->self, at, h->bytes, BLOCK_HEADER_LEN))
		return KF_CANNOT_READ;
	c = kf_cursor_over(kf_view(h->bytes, BLOCK_HEADER_LEN), at);
	h->checksum = kf_u32le(&c, "csum");
	h->packed_len = kf_u16le(&c, "cbData");
	h->len = kf_u16le(&c, "cbUncomp");
	return KF_OK;
}

static enum kf_status read_packed(struct header *h, struct kf_cab *cab,
				  uint8_t *to, uint64_t at,
				  struct kf_env *env)
{
	const struct kf_source *source = cab->source;

	if (at > source->size || h->packed_len > source->size - at)
		return wrong(cab, "cbData", at);
	if (!kf_spend(env, h->packed_len))
		return KF_TOO_MUCH;
	if (h->packed_len && !source->read_at(source->self, at, to,
					      h->packed_len))
		return KF_CANNOT_READ;
	return KF_OK;
}

/* is_summed: a sum of 0 is none. */
static bool is_summed(const struct header *h, struct kf_bytes packed)
{
	return h->checksum == 0 ||
	       sum(sum(0, packed), kf_view(h->bytes + 4, 4)) == h->checksum;
}

/* unpack gives the bytes of a block, of which the packed ones are there. */
static enum kf_status unpack(struct kf_cab *cab, struct kf_cab_block *out,
			     const struct header *h, struct kf_bytes packed,
			     struct kf_bytes history, struct kf_env *env)
{
	enum kf_status status;

	if (!kf_equal(kf_part_of(packed, 0, 2), kf_text("CK")))
		return wrong(cab, "MSZIP", out->at);
	status = inflate(cab, out, packed, history, env);
	if (status == KF_OK && !cab->damage.field && out->len != h->len)
		return wrong(cab, "cbUncomp", out->at + 6);
	return status;
}

enum kf_status kf_cab_block_read(struct kf_cab *cab, struct kf_cab_block *out,
				 bool is_packed, struct kf_bytes history,
				 uint8_t *packed, struct kf_env *env)
{
	uint64_t at = out->at;
	struct header h;
	struct kf_bytes bytes;
	enum kf_status status = read_block_header(&h, cab, at, env);

	if (status != KF_OK || cab->damage.field)
		return status;
	if (!is_packed && h.packed_len != h.len)
		return wrong(cab, "cbUncomp", at + 6);
	at += BLOCK_HEADER_LEN + cab->block_reserve;
	status = read_packed(&h, cab, packed, at, env);
	if (status != KF_OK || cab->damage.field)
		return status;
	bytes = kf_view(packed, h.packed_len);
	if (!is_summed(&h, bytes))
		return wrong(cab, "csum", out->at);
	out->end_at = at + h.packed_len;
	if (is_packed)
		return unpack(cab, out, &h, bytes, history, env);
	if (bytes.len)
		memcpy(out->bytes, bytes.data, bytes.len);
	out->len = bytes.len;
	return KF_OK;
}

/* next reads the block behind the one that is there, or the first. */
static bool next(struct kf_cab_stream *s)
{
	struct kf_bytes history = s->folder->history;

	if (s->started) {
		s->block_from += s->block.len;
		s->block.at = s->block.end_at;
		history = kf_view(s->block.bytes, s->block.len);
		if (history.len > 32768)
			history = kf_part_of(history, history.len - 32768,
					     32768);
	} else {
		s->block_from = 0;
		s->block.at = s->folder->blocks_at;
	}
	s->started = true;
	if (s->folder->packed && history.len &&
	    history.data == s->block.bytes + (s->block.len - history.len)) {
		/* The next block is unpacked over this one. */
		memcpy(s->packed + KF_CAB_BLOCK_MAX, history.data,
		       history.len);
		history.data = s->packed + KF_CAB_BLOCK_MAX;
	}
	s->status = kf_cab_block_read(s->cab, &s->block, s->folder->packed,
				      history, s->packed, s->env);
	return s->status == KF_OK && !s->cab->damage.field &&
	       !s->cab->beyond;
}

/* seek makes the block with a byte the one that is there. */
static bool seek(struct kf_cab_stream *s, uint64_t at)
{
	if (!s->started || at < s->block_from) {
		s->started = false;
		if (!next(s))
			return false;
	}
	while (at - s->block_from >= s->block.len)
		if (!next(s))
			return false;
	return true;
}

static bool read_at(void *self, uint64_t at, void *out, size_t len)
{
	struct kf_cab_stream *s = self;
	uint8_t *to = out;

	while (len) {
		size_t skip, some;

		if (!seek(s, at))
			return false;
		skip = (size_t)(at - s->block_from);
		some = s->block.len - skip < len ? s->block.len - skip : len;
		memcpy(to, s->block.bytes + skip, some);
		to += some;
		at += some;
		len -= some;
	}
	return true;
}

enum kf_status kf_cab_open(struct kf_source *out,
			   struct kf_cab_stream *stream, struct kf_cab *cab,
			   uint32_t folder, struct kf_env *env)
{
	memset(stream, 0, sizeof(*stream));
	stream->cab = cab;
	stream->folder = &cab->folder[folder];
	stream->env = env;
	stream->packed = kf_arena_take(env->arena, KF_CAB_BLOCK_MAX + 32768);
	stream->block.bytes = kf_arena_take(env->arena, KF_CAB_BLOCK_MAX + 1);
	out->size = cab->folder[folder].len;
	out->read_at = read_at;
	out->self = stream;
	return stream->packed && stream->block.bytes ? KF_OK : KF_NO_MEMORY;
}
