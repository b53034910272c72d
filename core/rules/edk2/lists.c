/* Walks through signature lists as edk2 does, with its ways of going wrong.
 * UEFI-32, UEFI-36, UEFI-37.
 *
 * The firmware trusts the sizes in a list. A list that is larger than what is
 * left ends the walk; a size of zero makes the firmware divide by zero or
 * loop for ever; some sums make it read behind the variable.
 *
 * Source: edk2 SecurityPkg/Library/DxeImageVerificationLib/
 * DxeImageVerificationLib.c:IsSignatureFoundInDatabase, IsCertHashFoundInDbx,
 * IsForbiddenByDbx, IsAllowedByDb, PassTimestampCheck; UEFI 2.10, 32.4.1,
 * EFI_SIGNATURE_LIST.
 */
#include "edk2.h"

#include <string.h>

enum {
	LIST_HEADER_LEN = 28,
	SIZE_SEEN_LEN = 20,	/* type and SignatureListSize */
	OWNER_LEN = 16,
	TIME_LEN = 16,
};

/* The types that count, by GUID as it lies in memory. */
static const uint8_t x509_guid[16] = {
	0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
	0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72,
};
static const uint8_t image_guids[KF_NUM_DIGESTS][16] = {
	[KF_SHA1] = { 0x12, 0xa5, 0x6c, 0x82, 0x10, 0xcf, 0xc9, 0x4a,
		      0xb1, 0x87, 0xbe, 0x01, 0x49, 0x66, 0x31, 0xbd },
	[KF_SHA256] = { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
			0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28 },
	[KF_SHA384] = { 0x07, 0x53, 0x3e, 0xff, 0xd0, 0x9f, 0xc9, 0x48,
			0x85, 0xf1, 0x8a, 0xd5, 0x6c, 0x70, 0x1e, 0x01 },
	[KF_SHA512] = { 0xae, 0x0f, 0x3e, 0x09, 0xc4, 0xa6, 0x50, 0x4f,
			0x9f, 0x1b, 0xd4, 0x1e, 0x2b, 0x89, 0xc1, 0x9a },
};
/* X509_SHA1 does not exist. */
static const uint8_t tbs_guids[KF_NUM_DIGESTS][16] = {
	[KF_SHA256] = { 0x92, 0xa4, 0xd2, 0x3b, 0xc0, 0x96, 0x79, 0x40,
			0xb4, 0x20, 0xfc, 0xf9, 0x8e, 0xf1, 0x03, 0xed },
	[KF_SHA384] = { 0x6e, 0x87, 0x76, 0x70, 0xc2, 0x80, 0xe6, 0x4e,
			0xaa, 0xd2, 0x28, 0xb3, 0x49, 0xa6, 0x86, 0x5b },
	[KF_SHA512] = { 0x63, 0xbf, 0x6d, 0x44, 0x02, 0x25, 0xda, 0x4c,
			0xbc, 0xfa, 0x24, 0x65, 0xd2, 0xb0, 0xfe, 0x9d },
};

struct edk2_walk edk2_walk(struct kf_bytes bytes, bool by_total)
{
	struct edk2_walk w = { .bytes = bytes, .by_total = by_total };

	return w;
}

static bool stuck(struct edk2_walk *w, enum edk2_end end)
{
	w->end = end;
	w->stuck_at = w->at;
	return false;
}

bool edk2_walk_next(struct edk2_walk *w, struct edk2_list *out)
{
	uint64_t left = w->bytes.len - w->at;
	struct kf_cursor c;

	if (w->end != EDK2_END || w->at == w->bytes.len)
		return false;
	if (w->at > w->bytes.len || left < SIZE_SEEN_LEN)
		return stuck(w, EDK2_PAST);
	c = kf_cursor_over(kf_part_of(w->bytes, w->at, left), w->at);
	memset(out, 0, sizeof(*out));
	out->at = w->at;
	out->number = ++w->number;
	out->whole = left >= LIST_HEADER_LEN;
	out->type = kf_take(&c, 16, "SignatureType");
	out->len = kf_u32le(&c, "SignatureListSize");
	out->header_len = kf_u32le(&c, "SignatureHeaderSize");
	out->entry_len = kf_u32le(&c, "SignatureSize");
	if (out->len > (w->by_total ? w->bytes.len : left))
		return stuck(w, EDK2_CUT);
	return true;
}

/* pass steps behind a list. A list of length 0 is where the firmware stays. */
static void pass(struct edk2_walk *w, const struct edk2_list *list)
{
	if (list->len == 0)
		(void)stuck(w, EDK2_HANG);
	w->at += list->len;
}

/* entries counts a list's entries as edk2 does, in 64 bits that may wrap.
 * Returns false where the firmware does not get that far. */
static bool entries(struct edk2_walk *w, const struct edk2_list *list,
		    uint64_t *count)
{
	uint64_t room = (uint64_t)list->len - LIST_HEADER_LEN -
			list->header_len;

	if (!list->whole)
		return stuck(w, EDK2_PAST);
	if (list->entry_len == 0)
		return stuck(w, EDK2_DIVIDE);
	*count = room / list->entry_len;
	return true;
}

/* entry_at is the place of entry `index`, counted from 0. */
static uint64_t entry_at(const struct edk2_list *list, uint64_t index)
{
	return list->at + LIST_HEADER_LEN + list->header_len +
	       index * list->entry_len;
}

static bool is_type(const struct edk2_list *list, const uint8_t guid[16])
{
	return kf_equal(list->type, kf_view(guid, 16));
}

static void found(struct edk2_entry *out, const struct edk2_list *list,
		  uint64_t index)
{
	out->list = list->number;
	out->entry = (uint32_t)index + 1;
	out->at = entry_at(list, index);
	out->len = list->entry_len;
}

enum edk2_end edk2_find_digest(struct kf_bytes bytes, enum kf_digest_kind kind,
			       const struct kf_digest *digest,
			       struct edk2_entry *out)
{
	struct edk2_walk w = edk2_walk(bytes, false);
	struct kf_bytes wanted = kf_view(digest->bytes, digest->len);
	struct edk2_list list;
	uint64_t count;

	memset(out, 0, sizeof(*out));
	while (edk2_walk_next(&w, &list)) {
		/* The source divides for every list; the compiler, only where
		 * the quotient is used. */
		count = 0;
		if (is_type(&list, image_guids[kind]) &&
		    list.entry_len == OWNER_LEN + digest->len &&
		    !entries(&w, &list, &count))
			break;
		for (uint64_t i = 0; i < count; i++) {
			struct kf_bytes there = kf_part_of(bytes,
				entry_at(&list, i) + OWNER_LEN, digest->len);

			if (there.len == 0)
				return EDK2_PAST;
			if (!kf_equal(there, wanted))
				continue;
			found(out, &list, i);
			out->data = there;
			return EDK2_END;
		}
		pass(&w, &list);
	}
	return w.end;
}

/* read_time reads the time behind a TBS digest. */
static void read_time(struct kf_moment *out, struct kf_bytes bytes)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);

	out->year = kf_u16le(&c, "Year");
	out->month = kf_u8(&c, "Month");
	out->day = kf_u8(&c, "Day");
	out->hour = kf_u8(&c, "Hour");
	out->minute = kf_u8(&c, "Minute");
	out->second = kf_u8(&c, "Second");
}

static int tbs_kind(const struct edk2_list *list)
{
	for (int i = KF_SHA256; i < KF_NUM_DIGESTS; i++)
		if (is_type(list, tbs_guids[i]))
			return i;
	return -1;
}

/* find_in looks through one list of TBS digests. The stride is whatever the
 * list says: edk2 does not hold it against the digest's size. */
static enum edk2_end find_in(struct kf_bytes bytes,
			     const struct edk2_list *list, uint64_t count,
			     const struct kf_digest *tbs,
			     struct edk2_entry *out)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = entry_at(list, i) + OWNER_LEN;
		struct kf_bytes there = kf_part_of(bytes, at, tbs->len);
		struct kf_bytes time = kf_part_of(bytes, at + tbs->len,
						  TIME_LEN);

		if (there.len == 0)
			return EDK2_PAST;
		if (!kf_equal(there, kf_view(tbs->bytes, tbs->len)))
			continue;
		if (time.len == 0)
			return EDK2_PAST;
		found(out, list, i);
		out->data = there;
		read_time(&out->revoked_at, time);
		return EDK2_END;
	}
	return EDK2_END;
}

enum edk2_end edk2_find_tbs(struct kf_bytes bytes,
			    const struct kf_digest tbs[KF_NUM_DIGESTS],
			    struct edk2_entry *out)
{
	struct edk2_walk w = edk2_walk(bytes, true);
	struct edk2_list list;
	uint64_t count;

	memset(out, 0, sizeof(*out));
	while (edk2_walk_next(&w, &list)) {
		int kind = tbs_kind(&list);
		enum edk2_end end;

		if (kind >= 0) {
			if (!entries(&w, &list, &count))
				break;
			end = find_in(bytes, &list, count, &tbs[kind], out);
			if (end != EDK2_END || out->list)
				return end;
		}
		pass(&w, &list);
	}
	/* A list larger than the whole part ends this walk quietly. */
	return w.end == EDK2_CUT ? EDK2_END : w.end;
}

bool edk2_any_tbs(struct kf_bytes bytes)
{
	struct edk2_walk w = edk2_walk(bytes, true);
	struct edk2_list list;

	while (edk2_walk_next(&w, &list)) {
		if (tbs_kind(&list) >= 0)
			return true;
		pass(&w, &list);
	}
	return false;
}

struct edk2_certificates edk2_certificates(const struct edk2_part *part)
{
	struct edk2_certificates c = { .walk = edk2_walk(part->bytes, false),
				       .known = part->known };

	return c;
}

/* next_list finds the next list of certificates. */
static bool next_list(struct edk2_certificates *c)
{
	while (edk2_walk_next(&c->walk, &c->list)) {
		c->index = 0;
		c->count = 0;
		if (!is_type(&c->list, x509_guid)) {
			pass(&c->walk, &c->list);
			continue;
		}
		return entries(&c->walk, &c->list, &c->count);
	}
	return false;
}

bool edk2_certificates_next(struct edk2_certificates *c,
			    struct edk2_entry *out)
{
	uint64_t at;

	while (!c->in_list || c->index == c->count) {
		if (c->in_list)
			pass(&c->walk, &c->list);
		c->in_list = next_list(c);
		if (!c->in_list)
			return false;
	}
	memset(out, 0, sizeof(*out));
	at = entry_at(&c->list, c->index);
	if (c->list.entry_len > OWNER_LEN) {
		out->data = kf_part_of(c->walk.bytes, at + OWNER_LEN,
				       c->list.entry_len - OWNER_LEN);
		if (out->data.len == 0)
			return stuck(&c->walk, EDK2_PAST);
	} else if (at > c->walk.bytes.len) {
		return stuck(&c->walk, EDK2_PAST);
	}
	found(out, &c->list, c->index++);
	if (c->known)
		out->known = c->known++;
	return true;
}

void edk2_prove_entry(struct kf_finding *finding,
		      const struct edk2_part *part,
		      const struct edk2_entry *entry)
{
	struct kf_evidence *e = kf_prove(finding, KF_EV_STORE_ENTRY,
					 part->name);

	if (part->presence == KF_PRESENT) {
		e->list = entry->list;
		e->entry = entry->entry;
		e->at = entry->at;
	}
	e->len = entry->len;
	e->bytes = entry->data;
	e->when = entry->revoked_at;
}

bool edk2_walked(struct edk2_case *k, enum edk2_end end, const char *part,
		 uint64_t at)
{
	if (end == EDK2_END || end == EDK2_CUT)
		return true;
	if (k->fault == EDK2_END) {
		k->fault = end;
		k->fault_part = part;
		k->fault_at = at;
	}
	return false;
}
