/* Writes an edited copy of a variable store, as a firmware would leave it that
 * had just tidied up: each variable once, in force, nothing behind the last.
 *
 * Values are taken as they are: a lab has to be able to write lists that no
 * firmware would take from SetVariable.
 *
 * Source: edk2 MdeModulePkg/Include/Guid/VariableFormat.h.
 */
#include "ovmf.h"

#include <string.h>

enum { RECORD_LEN = 60, ALIGN = 4 };

/* writing is the copy while it grows. */
struct writing {
	uint8_t *out;
	const struct kf_ovmf *store;
	uint64_t at;
	bool full;
};

static void put_number(uint8_t *out, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

static void put_time(uint8_t *out, const struct kf_moment *time)
{
	put_number(out, time->year, 2);
	out[2] = time->month;
	out[3] = time->day;
	out[4] = time->hour;
	out[5] = time->minute;
	out[6] = time->second;
}

/* put_record writes one record and steps behind it. */
static void put_record(struct writing *w, const struct kf_ovmf_record *r)
{
	uint64_t room = w->store->end_at - w->at;
	uint8_t *out = w->out + w->at;

	if (room < RECORD_LEN || r->name.len > room - RECORD_LEN ||
	    r->data.len > room - RECORD_LEN - r->name.len) {
		w->full = true;
		return;
	}
	memset(out, 0, RECORD_LEN);
	put_number(out, 0x55aa, 2);
	out[2] = KF_OVMF_ADDED;
	put_number(out + 4, r->attributes, 4);
	put_time(out + 16, &r->time);
	put_number(out + 36, r->name.len, 4);
	put_number(out + 40, r->data.len, 4);
	memcpy(out + 44, r->guid.data, KF_GUID_LEN);
	out += RECORD_LEN;
	if (r->name.len)
		memcpy(out, r->name.data, r->name.len);
	if (r->data.len)
		memcpy(out + r->name.len, r->data.data, r->data.len);
	w->at += RECORD_LEN + r->name.len + r->data.len;
	w->at += (ALIGN - (w->at - w->store->volume_at) % ALIGN) % ALIGN;
	if (w->at > w->store->end_at)
		w->at = w->store->end_at;
}

static bool same(const struct kf_ovmf_record *a,
		 const struct kf_ovmf_record *b)
{
	return kf_equal(a->guid, b->guid) && kf_equal(a->name, b->name);
}

/* outranks tells which of two live records the firmware reads: the first one
 * in force, else the last one in transition. */
static bool outranks(const struct kf_ovmf_record *a,
		     const struct kf_ovmf_record *b)
{
	if (a->state != b->state)
		return a->state == KF_OVMF_ADDED;
	return a->state == KF_OVMF_ADDED ? a->at < b->at : a->at > b->at;
}

static bool superseded(const struct kf_ovmf *store,
		       const struct kf_ovmf_record *r)
{
	struct kf_ovmf_walk w = kf_ovmf_walk(store);
	struct kf_ovmf_record other;

	while (kf_ovmf_next(&w, &other))
		if (kf_ovmf_live(&other) && same(&other, r) &&
		    outranks(&other, r))
			return true;
	return false;
}

static bool changed(const struct kf_ovmf_record *r,
		    const struct kf_ovmf_change *change, size_t num)
{
	uint8_t text[2 * KF_VARIABLE_NAME_MAX + 2];

	for (size_t i = 0; i < num; i++) {
		const struct kf_variable *v = change[i].variable;

		if (kf_equal(r->guid, kf_view(v->guid, KF_GUID_LEN)) &&
		    kf_equal(r->name, kf_variable_name(text, v)))
			return true;
	}
	return false;
}

static void put_change(struct writing *w, const struct kf_ovmf_change *change)
{
	const struct kf_variable *v = change->variable;
	uint8_t text[2 * KF_VARIABLE_NAME_MAX + 2];
	struct kf_ovmf_record r = {
		.attributes = change->attributes ? change->attributes
						 : v->attributes,
		.time = change->time,
		.guid = kf_view(v->guid, KF_GUID_LEN),
		.name = kf_variable_name(text, v),
		.data = change->bytes,
	};

	if (!change->absent)
		put_record(w, &r);
}

/* sound tells whether the image's store can be read to its end. `records` is
 * the same without the room behind the last record, which to look through again
 * for each of them would take most of the time. */
static bool sound(struct kf_ovmf *store, struct kf_ovmf *records,
		  struct kf_bytes image)
{
	struct kf_ovmf_record r;
	struct kf_ovmf_walk w;

	if (!kf_ovmf_find(store, image) || store->damage.field)
		return false;
	w = kf_ovmf_walk(store);
	while (kf_ovmf_next(&w, &r))
		;
	*records = *store;
	if (w.at < records->end_at)
		records->end_at = w.at;
	return !w.damage.field;
}

enum kf_status kf_ovmf_write(uint8_t *out, struct kf_bytes image,
			     const struct kf_ovmf_change *change, size_t num)
{
	struct kf_ovmf store, records;
	struct kf_ovmf_record r;
	struct kf_ovmf_walk old;
	struct writing w = { .out = out, .store = &store };

	if (!sound(&store, &records, image))
		return KF_WRONG_USE;
	memcpy(out, image.data, image.len);
	memset(out + store.first_at, 0xff,
	       (size_t)(store.end_at - store.first_at));
	w.at = store.first_at;
	old = kf_ovmf_walk(&records);
	while (kf_ovmf_next(&old, &r))
		if (kf_ovmf_live(&r) && !changed(&r, change, num) &&
		    !superseded(&records, &r))
			put_record(&w, &r);
	for (size_t i = 0; i < num; i++)
		put_change(&w, &change[i]);
	return w.full ? KF_TOO_MUCH : KF_OK;
}
