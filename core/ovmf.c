/* Finds the variable store in a flash image and walks its records, as the
 * firmware does; notes each field that the firmware would not take.
 *
 * Source: PI 1.7, vol. 3, 3.2.1 (EFI_FIRMWARE_VOLUME_HEADER); edk2
 * MdeModulePkg/Include/Guid/VariableFormat.h and FaultTolerantWrite.h;
 * MdeModulePkg/Universal/Variable/RuntimeDxe/VariableParsing.c,
 * VariableNonVolatile.c; OvmfPkg/QemuFlashFvbServicesRuntimeDxe/
 * FwBlockService.c:ValidateFvHeader.
 */
#include "ovmf.h"

#include <string.h>

enum {
	VOLUME_HEADER_LEN = 56,	/* without its block map */
	STORE_HEADER_LEN = 28,
	RECORD_LEN = 60,
	ALIGN = 4,		/* of records, from the volume's start */
	BLOCK_LEN = 4096,	/* volumes start at a block of the flash */
	START_ID = 0x55aa,
	WRITE_LEN = 40,		/* of a write, and of each of its records */
};

static const uint8_t volume_guid[KF_GUID_LEN] = {
	0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
	0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50,
};
static const uint8_t store_guid[KF_GUID_LEN] = {
	0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43,
	0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92,
};
static const uint8_t work_guid[KF_GUID_LEN] = {
	0x2b, 0x29, 0x58, 0x9e, 0x68, 0x7c, 0x7d, 0x49,
	0xa0, 0xce, 0x65, 0x00, 0xfd, 0x9f, 0x1b, 0x95,
};

/* cursor_at starts a cursor at a place of the file. */
static struct kf_cursor cursor_at(struct kf_bytes file, uint64_t at)
{
	uint64_t left = at < file.len ? file.len - at : 0;

	return kf_cursor_over(kf_part_of(file, at, left), at);
}

static bool starts_volume(struct kf_bytes file, uint64_t at)
{
	return kf_equal(kf_part_of(file, at + 40, 4), kf_text("_FVH")) &&
	       kf_equal(kf_part_of(file, at + 16, KF_GUID_LEN),
			kf_view(volume_guid, KF_GUID_LEN));
}

/* next_volume looks for a volume from a block on; the file's end: none. */
static uint64_t next_volume(struct kf_bytes file, uint64_t at)
{
	while (at < file.len && !starts_volume(file, at))
		at += BLOCK_LEN;
	return at < file.len ? at : file.len;
}

static void damaged(struct kf_ovmf *s, const char *field, uint64_t at)
{
	if (s->damage.field)
		return;
	s->damage.field = field;
	s->damage.at = at;
}

/* sums_to_zero adds up the header's 16-bit words. */
static bool sums_to_zero(struct kf_bytes header)
{
	struct kf_cursor c = kf_cursor_over(header, 0);
	uint16_t sum = 0;

	while (kf_more(&c))
		sum = (uint16_t)(sum + kf_u16le(&c, "header"));
	return sum == 0;
}

/* read_volume reads the volume's header; returns its length. */
static uint64_t read_volume(struct kf_ovmf *s)
{
	struct kf_cursor c = cursor_at(s->file, s->volume_at);
	uint64_t header_len;
	uint8_t revision;

	kf_skip(&c, 32, "ZeroVector");
	s->volume_len = kf_u64le(&c, "FvLength");
	kf_skip(&c, 8, "Signature");
	header_len = kf_u16le(&c, "HeaderLength");
	kf_skip(&c, 5, "Checksum");
	revision = kf_u8(&c, "Revision");
	if (c.damage.field)
		damaged(s, c.damage.field, c.damage.at);
	if (s->volume_len > s->file.len - s->volume_at)
		damaged(s, "FvLength", s->volume_at + 32);
	if (header_len < VOLUME_HEADER_LEN || header_len % ALIGN != 0 ||
	    header_len > s->file.len - s->volume_at)
		damaged(s, "HeaderLength", s->volume_at + 48);
	else if (!sums_to_zero(kf_part_of(s->file, s->volume_at, header_len)))
		damaged(s, "Checksum", s->volume_at + 50);
	if (revision != 2)
		damaged(s, "Revision", s->volume_at + 55);
	return header_len;
}

/* read_store reads the store's header. What lies behind it is walked only as
 * far as the volume and the file go. */
static void read_store(struct kf_ovmf *s, uint64_t header_len)
{
	enum { FORMATTED = 0x5a, HEALTHY = 0xfe };
	uint64_t volume_end, at = s->volume_at + header_len;
	struct kf_cursor c = cursor_at(s->file, at);
	struct kf_bytes guid = kf_take(&c, KF_GUID_LEN, "Signature");
	uint64_t len = kf_u32le(&c, "Size");
	uint8_t format = kf_u8(&c, "Format"), state = kf_u8(&c, "State");

	s->store_at = at;
	s->first_at = s->end_at = at + STORE_HEADER_LEN;
	kf_skip(&c, 6, "Reserved");
	if (c.damage.field)
		damaged(s, c.damage.field, c.damage.at);
	if (!kf_equal(guid, kf_view(store_guid, KF_GUID_LEN)))
		damaged(s, "Signature", at);
	if (format != FORMATTED)
		damaged(s, "Format", at + 20);
	if (state != HEALTHY)
		damaged(s, "State", at + 21);
	volume_end = s->file.len;
	if (s->volume_len < volume_end - s->volume_at)
		volume_end = s->volume_at + s->volume_len;
	if (len <= STORE_HEADER_LEN || (header_len + len) % BLOCK_LEN != 0 ||
	    at > volume_end || len > volume_end - at)
		damaged(s, "Size", at + 16);
	else
		s->end_at = at + len;
}

/* write_pending looks at one write of the firmware's own journal, from its
 * header on. Returns how long it is; 0: there is no further one. Bits of a
 * state are set by clearing them. */
static uint64_t write_pending(struct kf_ovmf *s, struct kf_cursor *c)
{
	enum { ALLOCATED = 1, SPARE = 2, COMPLETE = 4 };
	uint64_t from = kf_at(c), num, private_len;
	uint8_t state = kf_u8(c, "write");

	kf_skip(c, 23, "CallerId");
	num = kf_u64le(c, "NumberOfWrites");
	private_len = kf_u64le(c, "PrivateDataSize");
	if (state & ALLOCATED || c->damage.field)
		return 0;
	for (uint64_t i = 0; i < num && !c->damage.field; i++) {
		uint64_t at = kf_at(c);
		uint8_t done = kf_u8(c, "record");

		kf_skip(c, WRITE_LEN - 1, "record");
		kf_skip(c, private_len, "PrivateDataSize");
		if (state & COMPLETE && !(done & SPARE) && done & COMPLETE)
			damaged(s, "DestinationComplete", at);
	}
	return state & COMPLETE ? 0 : kf_at(c) - from;
}

/* read_queue reads the journal that starts at `at`, if one does. */
static void read_queue(struct kf_ovmf *s, uint64_t at, uint64_t end)
{
	enum { VALID = 1, INVALID = 2 };
	struct kf_cursor c = kf_cursor_over(kf_part_of(s->file, at, end - at),
					    at);
	struct kf_bytes guid = kf_take(&c, KF_GUID_LEN, "Signature");
	struct kf_cursor queue;
	uint64_t len;
	uint8_t state;

	if (!kf_equal(guid, kf_view(work_guid, KF_GUID_LEN)))
		return;
	kf_skip(&c, 4, "Crc");
	state = kf_u8(&c, "WorkingBlockValid");
	kf_skip(&c, 3, "Reserved");
	len = kf_u64le(&c, "WriteQueueSize");
	at = kf_at(&c);
	queue = kf_cursor_over(kf_take(&c, len, "WriteQueueSize"), at);
	if (state & VALID || !(state & INVALID))
		return;
	while (kf_more(&queue) && write_pending(s, &queue))
		;
}

/* read_journal looks for a write that was under way when the power went: the
 * firmware finishes it first, and so this store is not what it will read. */
static void read_journal(struct kf_ovmf *s)
{
	uint64_t end = s->volume_at + s->volume_len;

	for (uint64_t at = s->end_at; at < end && !s->damage.field;
	     at += BLOCK_LEN)
		read_queue(s, at, end);
}

bool kf_ovmf_find(struct kf_ovmf *out, struct kf_bytes file)
{
	uint64_t past;

	memset(out, 0, sizeof(*out));
	out->file = file;
	out->volume_at = next_volume(file, 0);
	if (out->volume_at == file.len)
		return false;
	read_store(out, read_volume(out));
	if (!out->damage.field)
		read_journal(out);
	/* With two of them nothing tells which one the firmware reads. */
	past = out->damage.field ? out->volume_at + BLOCK_LEN
				 : out->volume_at + out->volume_len;
	past = next_volume(file, past + (BLOCK_LEN - past % BLOCK_LEN) %
			   BLOCK_LEN);
	if (past < file.len)
		damaged(out, "second variable store", past);
	return true;
}

struct kf_ovmf_walk kf_ovmf_walk(const struct kf_ovmf *store)
{
	struct kf_ovmf_walk w = { .store = store, .at = store->first_at };

	return w;
}

static bool stop(struct kf_ovmf_walk *w, const char *field, uint64_t at)
{
	w->damage.field = field;
	w->damage.at = at;
	return false;
}

/* rest_is_erased tells whether the walk ends where nothing was written. */
static bool rest_is_erased(const struct kf_ovmf_walk *w)
{
	struct kf_bytes rest = kf_part_of(w->store->file, w->at,
					  w->store->end_at - w->at);

	for (size_t i = 0; i < rest.len; i++)
		if (rest.data[i] != 0xff)
			return false;
	return true;
}

static void read_time(struct kf_moment *out, struct kf_cursor *c)
{
	out->year = kf_u16le(c, "Year");
	out->month = kf_u8(c, "Month");
	out->day = kf_u8(c, "Day");
	out->hour = kf_u8(c, "Hour");
	out->minute = kf_u8(c, "Minute");
	out->second = kf_u8(c, "Second");
	kf_skip(c, 9, "TimeStamp");
}

/* is_odd: a state is made by clearing bit 7, then 6, then 0 and 1. */
static bool is_odd(uint8_t state)
{
	return (state & 0x3c) != 0x3c || (state & 0xc0) == 0x80;
}

/* read_sizes: a record of which a field was never written has no size. */
static void read_sizes(const struct kf_ovmf_record *r, struct kf_cursor *c,
		       uint32_t *name_len, uint32_t *data_len)
{
	*name_len = kf_u32le(c, "NameSize");
	*data_len = kf_u32le(c, "DataSize");
	if (r->state != 0xff && r->attributes != UINT32_MAX &&
	    *name_len != UINT32_MAX && *data_len != UINT32_MAX)
		return;
	*name_len = 0;
	*data_len = 0;
}

static uint64_t aligned(const struct kf_ovmf *s, uint64_t at)
{
	return at + (ALIGN - (at - s->volume_at) % ALIGN) % ALIGN;
}

bool kf_ovmf_next(struct kf_ovmf_walk *w, struct kf_ovmf_record *out)
{
	const struct kf_ovmf *s = w->store;
	uint32_t name_len, data_len;
	struct kf_cursor c;

	if (w->damage.field || w->at >= s->end_at)
		return false;
	c = kf_cursor_over(kf_part_of(s->file, w->at, s->end_at - w->at),
			   w->at);
	memset(out, 0, sizeof(*out));
	out->at = w->at;
	if (kf_u16le(&c, "StartId") != START_ID)
		return rest_is_erased(w) ? false : stop(w, "StartId", w->at);
	out->state = kf_u8(&c, "State");
	out->state_odd = is_odd(out->state);
	kf_skip(&c, 1, "Reserved");
	out->attributes = kf_u32le(&c, "Attributes");
	kf_skip(&c, 8, "MonotonicCount");
	read_time(&out->time, &c);
	kf_skip(&c, 4, "PubKeyIndex");
	read_sizes(out, &c, &name_len, &data_len);
	out->guid = kf_take(&c, KF_GUID_LEN, "VendorGuid");
	out->name = kf_take(&c, name_len, "NameSize");
	out->data_at = kf_at(&c);
	out->data = kf_take(&c, data_len, "DataSize");
	if (c.damage.field)
		return stop(w, c.damage.field, c.damage.at);
	w->at = aligned(s, kf_at(&c));
	return true;
}

bool kf_ovmf_live(const struct kf_ovmf_record *record)
{
	return record->state == KF_OVMF_ADDED ||
	       record->state == KF_OVMF_IN_TRANSITION;
}
