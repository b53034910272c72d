/* Walks through signature lists as shim does, with its ways of going wrong.
 * UEFI-23, UEFI-24, UEFI-116.
 *
 * Of each list of certificates shim looks at the first entry alone, and at
 * that only where its DER has a length of two bytes that fits. Sizes in lists
 * are believed: one of zero makes shim divide by it or loop for ever, and some
 * make it read behind the list.
 *
 * Source: rhboot/shim, verify.c (shim.c before 16.0): check_db_cert_in_ram,
 * check_db_hash_in_ram, verify_x509, verify_eku; UEFI 2.10, 32.4.1.
 */
#include "shim.h"

#include <string.h>

#include "core/der.h"

enum {
	LIST_HEADER_LEN = 28,
	SIZE_SEEN_LEN = 20,	/* type and SignatureListSize */
	OWNER_LEN = 16,
	DER_SEEN_LEN = 4,
};

static const uint8_t x509_guid[16] = {
	0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
	0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72,
};
static const uint8_t sha1_guid[16] = {
	0x12, 0xa5, 0x6c, 0x82, 0x10, 0xcf, 0xc9, 0x4a,
	0xb1, 0x87, 0xbe, 0x01, 0x49, 0x66, 0x31, 0xbd,
};
static const uint8_t sha256_guid[16] = {
	0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
	0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28,
};

/* walk goes from list to list. */
struct walk {
	struct kf_bytes bytes;
	uint64_t at;
	uint32_t number;
	enum shim_end end;
};

struct list {
	struct kf_bytes type;
	uint32_t number;	/* from 1 */
	uint64_t at;
	uint32_t len, header_len, entry_len;
	bool whole;		/* the 28 bytes of the header are there */
};

static bool stuck(struct walk *w, enum shim_end end)
{
	w->end = end;
	return false;
}

/* next reads a list's header. A list that is larger than what is left ends
 * the walk. */
static bool next(struct walk *w, struct list *out)
{
	uint64_t left = w->bytes.len - w->at;
	struct kf_cursor c;

	if (w->end != SHIM_END || left == 0)
		return false;
	if (left < SIZE_SEEN_LEN)
		return stuck(w, SHIM_PAST);
	c = kf_cursor_over(kf_part_of(w->bytes, w->at, left), w->at);
	memset(out, 0, sizeof(*out));
	out->at = w->at;
	out->number = ++w->number;
	out->whole = left >= LIST_HEADER_LEN;
	out->type = kf_take(&c, 16, "SignatureType");
	out->len = kf_u32le(&c, "SignatureListSize");
	out->header_len = kf_u32le(&c, "SignatureHeaderSize");
	out->entry_len = kf_u32le(&c, "SignatureSize");
	return out->len <= left;
}

/* pass steps behind a list. A list of length 0 is where shim stays. */
static bool pass(struct walk *w, const struct list *list)
{
	if (list->len == 0)
		return stuck(w, SHIM_HANG);
	w->at += list->len;
	return true;
}

static bool is_type(const struct list *list, const uint8_t guid[16])
{
	return kf_equal(list->type, kf_view(guid, 16));
}

/* entry_at is the place of an entry, counted from 0, its owner first. */
static uint64_t entry_at(const struct list *list, uint64_t index)
{
	return list->at + LIST_HEADER_LEN + list->header_len +
	       index * list->entry_len;
}

static void found(struct shim_entry *out, const struct list *list,
		  uint64_t index, struct kf_bytes data)
{
	out->list = list->number;
	out->entry = (uint32_t)index + 1;
	out->at = entry_at(list, index);
	out->len = list->entry_len;
	out->data = data;
}

/* inside finds the next element of DER in `c` that has the tag. */
static bool inside(struct kf_cursor *out, struct kf_cursor *c, uint8_t tag)
{
	struct kf_der der;

	while (kf_more(c) && kf_der_next(&der, c)) {
		if (der.tag != tag)
			continue;
		*out = kf_cursor_over(der.value, 0);
		return true;
	}
	return false;
}

/* usage_of finds the value of the extended key usage. `c` is over a list of
 * extensions. Of two such extensions OpenSSL takes none. */
static bool usage_of(struct kf_cursor *out, struct kf_cursor *c)
{
	static const uint8_t oid[] = { 0x55, 0x1d, 0x25 };
	struct kf_cursor extension, octets;
	struct kf_der name;
	size_t num = 0;

	while (inside(&extension, c, 0x30)) {
		if (!kf_der_next(&name, &extension) || name.tag != 6 ||
		    !kf_equal(name.value, kf_view(oid, sizeof(oid))) ||
		    !inside(&octets, &extension, 4))
			continue;
		if (!inside(out, &octets, 0x30))
			return false;
		num++;
	}
	return num == 1;
}

/* for_modules: is one of its extended key usages the signing of kernel
 * modules, 1.3.6.1.4.1.2312.16.1.2? UEFI-24. */
static bool for_modules(struct kf_bytes der)
{
	static const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x92,
				       0x08, 0x10, 0x01, 0x02 };
	struct kf_cursor c = kf_cursor_over(der, 0), whole, tbs, tagged, list;
	struct kf_cursor usage;
	struct kf_der one;

	if (!inside(&whole, &c, 0x30) || !inside(&tbs, &whole, 0x30) ||
	    !inside(&tagged, &tbs, 0xa3) || !inside(&list, &tagged, 0x30) ||
	    !usage_of(&usage, &list))
		return false;
	while (kf_more(&usage) && kf_der_next(&one, &usage))
		if (one.tag == 6 &&
		    kf_equal(one.value, kf_view(oid, sizeof(oid))))
			return true;
	return false;
}

enum kf_status shim_certificate_read(struct shim_certificate *out,
				     struct kf_bytes der, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_digest id = { .len = 0 };
	int64_t from;

	if (!kf_spend(env, der.len + SHIM_KNOW_STEPS))
		return KF_TOO_MUCH;
	kf_digest_of(&id, crypto, KF_SHA256, der);
	if (id.len == 0)
		return KF_NO_CRYPTO;
	memcpy(out->id, id.bytes, sizeof(out->id));
	if (!crypto->certificate_times(crypto->self, der, &from,
				       &out->not_after_s))
		out->not_after_s = 0;
	out->for_modules = for_modules(der);
	return KF_OK;
}

/* take_certificate looks at the first entry of a list. Returns false where
 * shim reads on behind the list. */
static bool take_certificate(struct walk *w, const struct list *list,
			     struct shim_certificate *out)
{
	uint64_t at = entry_at(list, 0) + OWNER_LEN;
	struct kf_bytes seen, der;

	memset(out, 0, sizeof(*out));
	if (!list->whole)
		return stuck(w, SHIM_PAST);
	out->odd = list->entry_len < OWNER_LEN + DER_SEEN_LEN;
	found(&out->entry, list, 0, kf_view(NULL, 0));
	if (out->odd)
		return true;
	seen = kf_part_of(w->bytes, at, DER_SEEN_LEN);
	if (seen.len == 0)
		return stuck(w, SHIM_PAST);
	der = kf_part_of(w->bytes, at, list->entry_len - OWNER_LEN);
	out->entry.data = der;
	out->odd = seen.data[0] != 0x30 || seen.data[1] != 0x82 ||
		   ((uint32_t)seen.data[2] << 8 | seen.data[3]) !=
		   list->entry_len - OWNER_LEN - DER_SEEN_LEN;
	return out->odd || der.len || stuck(w, SHIM_PAST);
}

/* count_lists bounds how many certificates there can be. */
static size_t count_lists(struct kf_bytes bytes)
{
	struct walk w = { .bytes = bytes };
	struct list list;
	size_t num = 0;

	while (next(&w, &list)) {
		num++;
		if (!pass(&w, &list))
			break;
	}
	return num;
}

/* has_more: does a list of certificates hold a second one? */
static bool has_more(const struct list *list)
{
	uint64_t used = (uint64_t)LIST_HEADER_LEN + list->header_len;

	return list->entry_len && list->len > used &&
	       (list->len - used) / list->entry_len > 1;
}

enum kf_status shim_list_read(struct shim_list *out, struct kf_env *env)
{
	struct walk w = { .bytes = out->bytes };
	struct list list;
	size_t max = count_lists(out->bytes);
	enum kf_status status = KF_OK;
	struct shim_certificate *c;

	out->certificate = kf_arena_take(env->arena, (max + 1) * sizeof(*c));
	if (!out->certificate)
		return KF_NO_MEMORY;
	while (status == KF_OK && next(&w, &list)) {
		c = &out->certificate[out->num_certificates];
		if (is_type(&list, x509_guid)) {
			if (!take_certificate(&w, &list, c))
				break;
			out->num_certificates++;
			out->unreachable |= has_more(&list);
			if (!c->odd)
				status = shim_certificate_read(c,
							c->entry.data, env);
		}
		if (!pass(&w, &list))
			break;
	}
	out->end = w.end;
	out->stuck_at = w.at;
	return status;
}

/* look_through compares the digest with all entries of one list. The stride
 * is whatever the list says. */
static enum shim_end look_through(struct kf_bytes bytes,
				  const struct list *list,
				  struct kf_bytes wanted,
				  struct shim_entry *out)
{
	uint64_t room = (uint64_t)list->len - LIST_HEADER_LEN -
			list->header_len;

	if (list->entry_len == 0)
		return SHIM_DIVIDE;
	for (uint64_t i = 0; i < room / list->entry_len; i++) {
		struct kf_bytes there = kf_part_of(bytes,
			entry_at(list, i) + OWNER_LEN, wanted.len);

		if (there.len == 0)
			return SHIM_PAST;
		if (!kf_equal(there, wanted))
			continue;
		found(out, list, i, there);
		break;
	}
	return SHIM_END;
}

enum shim_end shim_find_digest(struct kf_bytes bytes, enum kf_digest_kind kind,
			       const struct kf_digest *digest,
			       struct shim_entry *out)
{
	const uint8_t *guid = kind == KF_SHA1 ? sha1_guid : sha256_guid;
	struct kf_bytes wanted = kf_view(digest->bytes, digest->len);
	struct walk w = { .bytes = bytes };
	struct list list;

	memset(out, 0, sizeof(*out));
	while (next(&w, &list)) {
		/* Whether the quotient is computed for a list of another type
		 * is the compiler's choice. */
		if (!list.whole || (!is_type(&list, guid) &&
				    list.entry_len == 0))
			return SHIM_PAST;
		if (is_type(&list, guid))
			w.end = look_through(bytes, &list, wanted, out);
		if (w.end != SHIM_END || out->list || !pass(&w, &list))
			break;
	}
	return w.end;
}

void shim_prove_entry(struct kf_finding *finding, const struct shim_list *list,
		      const struct shim_entry *entry)
{
	bool own = entry->at < list->own_len;
	struct kf_evidence *e = kf_prove(finding, KF_EV_STORE_ENTRY,
					 own ? "shim" : list->name);

	e->list = entry->list;
	e->entry = entry->entry;
	e->at = own ? entry->at : entry->at - list->own_len;
	e->len = entry->len;
	e->bytes = entry->data;
}

bool shim_walked(struct shim_case *k, enum shim_end end, const char *part,
		 uint64_t at)
{
	if (end == SHIM_END)
		return true;
	if (k->fault == SHIM_END) {
		k->fault = end;
		k->fault_part = part;
		k->fault_at = at;
	}
	return false;
}

enum shim_look shim_look_for_digest(struct shim_case *k, enum shim_list_id id,
				    enum kf_digest_kind kind,
				    struct shim_entry *entry)
{
	const struct shim_list *list = &k->trust->list[id];
	const struct kf_digest *digest = &k->image->digest[kind];
	enum shim_end end;

	entry->list = 0;
	if (digest->len == 0)
		return SHIM_NOTHING;
	end = shim_find_digest(list->bytes, kind, digest, entry);
	if (!shim_walked(k, end, list->name, 0))
		return SHIM_STOPPED;
	return entry->list ? SHIM_HIT : SHIM_NOTHING;
}
