/* Signature lists: their types by name, a description, and new ones.
 */
#include "siglist.h"

#include "der.h"
#include "facts.h"

#include <string.h>

static const struct {
	uint8_t guid[16];
	const char *name;
} types[] = {
	{ { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab,
	    0x15, 0x5c, 0x2b, 0xf0, 0x72 }, "x509" },
	{ { 0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41,
	    0xf9, 0x36, 0x93, 0x43, 0x28 }, "sha256" },
	{ { 0x12, 0xa5, 0x6c, 0x82, 0x10, 0xcf, 0xc9, 0x4a, 0xb1, 0x87, 0xbe,
	    0x01, 0x49, 0x66, 0x31, 0xbd }, "sha1" },
	{ { 0x33, 0x52, 0x6e, 0x0b, 0x5c, 0xa6, 0xc9, 0x44, 0x94, 0x07, 0xd9,
	    0xab, 0x83, 0xbf, 0xc8, 0xbd }, "sha224" },
	{ { 0x07, 0x53, 0x3e, 0xff, 0xd0, 0x9f, 0xc9, 0x48, 0x85, 0xf1, 0x8a,
	    0xd5, 0x6c, 0x70, 0x1e, 0x01 }, "sha384" },
	{ { 0xae, 0x0f, 0x3e, 0x09, 0xc4, 0xa6, 0x50, 0x4f, 0x9f, 0x1b, 0xd4,
	    0x1e, 0x2b, 0x89, 0xc1, 0x9a }, "sha512" },
	{ { 0x92, 0xa4, 0xd2, 0x3b, 0xc0, 0x96, 0x79, 0x40, 0xb4, 0x20, 0xfc,
	    0xf9, 0x8e, 0xf1, 0x03, 0xed }, "x509-sha256" },
	{ { 0x6e, 0x87, 0x76, 0x70, 0xc2, 0x80, 0xe6, 0x4e, 0xaa, 0xd2, 0x28,
	    0xb3, 0x49, 0xa6, 0x86, 0x5b }, "x509-sha384" },
	{ { 0x63, 0xbf, 0x6d, 0x44, 0x02, 0x25, 0xda, 0x4c, 0xbc, 0xfa, 0x24,
	    0x65, 0xd2, 0xb0, 0xfe, 0x9d }, "x509-sha512" },
	{ { 0xe8, 0x66, 0x57, 0x3c, 0x9c, 0x26, 0x34, 0x4e, 0xaa, 0x14, 0xed,
	    0x77, 0x6e, 0x85, 0xb3, 0xb6 }, "rsa2048" },
	{ { 0x90, 0x61, 0xb3, 0xe2, 0x9b, 0x87, 0x3d, 0x4a, 0xad, 0x8d, 0xf2,
	    0xe7, 0xbb, 0xa3, 0x27, 0x84 }, "rsa2048-sha256" },
	{ { 0x4f, 0x44, 0xf8, 0x67, 0x43, 0x87, 0xf1, 0x48, 0xa3, 0x28, 0x1e,
	    0xaa, 0xb8, 0x73, 0x60, 0x80 }, "rsa2048-sha1" },
	{ { 0xed, 0x8c, 0x2e, 0x45, 0xff, 0xdf, 0x8c, 0x4b, 0xae, 0x01, 0x51,
	    0x18, 0x86, 0x2e, 0x68, 0x2c }, "external-management" },
	{ { 0x87, 0x7f, 0x34, 0x57, 0x9b, 0x7a, 0x3a, 0x40, 0xb9, 0x3c, 0xdc,
	    0x4a, 0xfb, 0x7a, 0x0e, 0xbc }, "sm3" },
	{ { 0xe5, 0x07, 0xd8, 0x60, 0xb4, 0x10, 0xa9, 0x49, 0x93, 0x31, 0xe4,
	    0x04, 0x37, 0x88, 0x8d, 0x37 }, "x509-sm3" },
};

const char *kf_siglist_type(struct kf_bytes guid)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (kf_equal(guid, kf_view(types[i].guid, 16)))
			return types[i].name;
	return NULL;
}

bool kf_siglist_starts(struct kf_bytes bytes)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (kf_equal(bytes, kf_part_of(kf_view(types[i].guid, 16), 0,
					       bytes.len)))
			return true;
	return false;
}

/* pass_list steps over one list whose entries fill it exactly. */
static void pass_list(struct kf_cursor *c)
{
	uint32_t len, header_len, entry_len, room;

	kf_skip(c, 16, "SignatureType");
	len = kf_u32le(c, "SignatureListSize");
	header_len = kf_u32le(c, "SignatureHeaderSize");
	entry_len = kf_u32le(c, "SignatureSize");
	if (len < KF_SIGLIST_HEADER_LEN)
		kf_break(c, "SignatureListSize");
	room = len - KF_SIGLIST_HEADER_LEN;
	if (header_len > room)
		kf_break(c, "SignatureHeaderSize");
	else if (entry_len <= KF_SIGLIST_OWNER_LEN ||
		 (room - header_len) % entry_len != 0)
		kf_break(c, "SignatureSize");
	kf_skip(c, room, "SignatureListSize");
}

struct kf_damage kf_siglist_damage(struct kf_bytes bytes)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);

	while (kf_more(&c))
		pass_list(&c);
	return c.damage;
}

bool kf_siglist_likely(struct kf_bytes bytes)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);
	struct kf_bytes type = kf_take(&c, 16, "SignatureType");

	(void)kf_u32le(&c, "SignatureListSize");
	kf_skip(&c, 8, "SignatureHeaderSize");
	if (c.damage.field)
		return false;
	return kf_siglist_type(type) || !kf_siglist_damage(bytes).field;
}

/* describe_moment shows the time behind a digest of a certificate. */
static void describe_moment(struct kf_bytes time, const struct kf_sink *sink)
{
	struct kf_cursor c = kf_cursor_over(time, 0);
	struct kf_moment m = { 0 };

	m.year = kf_u16le(&c, "Year");
	m.month = kf_u8(&c, "Month");
	m.day = kf_u8(&c, "Day");
	m.hour = kf_u8(&c, "Hour");
	m.minute = kf_u8(&c, "Minute");
	m.second = kf_u8(&c, "Second");
	kf_fact_moment(sink, "revoked-at", &m);
}

static void describe_entry(struct kf_bytes type, struct kf_bytes entry,
			   struct kf_env *env, const struct kf_sink *sink)
{
	struct kf_cursor c = kf_cursor_over(entry, 0);
	const char *name = kf_siglist_type(type);
	struct kf_bytes owner = kf_take(&c, KF_SIGLIST_OWNER_LEN,
					"SignatureOwner");
	struct kf_bytes data = kf_take(&c, kf_left(&c), "SignatureData");
	bool timed = name && data.len > 16 &&
		     kf_equal(kf_part_of(kf_text(name), 0, 5),
			      kf_text("x509-"));

	kf_fact_open(sink, NULL);
	kf_fact_guid(sink, "owner", owner);
	if (name && kf_equal(kf_text(name), kf_text("x509"))) {
		kf_fact_certificate(sink, env, "certificate", data);
	} else if (timed) {
		kf_fact_bytes(sink, "digest", kf_part_of(data, 0,
							 data.len - 16));
		describe_moment(kf_part_of(data, data.len - 16, 16), sink);
	} else {
		kf_fact_bytes(sink, "data", data);
	}
	kf_fact_close(sink);
}

static void describe_list(struct kf_cursor *c, struct kf_env *env,
			  const struct kf_sink *sink)
{
	uint64_t at = kf_at(c);
	struct kf_bytes type = kf_take(c, 16, "SignatureType");
	uint32_t len = kf_u32le(c, "SignatureListSize");
	uint32_t header_len = kf_u32le(c, "SignatureHeaderSize");
	uint32_t entry_len = kf_u32le(c, "SignatureSize");
	const char *name = kf_siglist_type(type);
	struct kf_cursor entries;

	if (len < KF_SIGLIST_HEADER_LEN)
		kf_break(c, "SignatureListSize");
	entries = kf_cursor_over(kf_take(c, (uint64_t)len -
					 KF_SIGLIST_HEADER_LEN,
					 "SignatureListSize"), at + 28);
	if (c->damage.field)
		return;
	kf_skip(&entries, header_len, "SignatureHeaderSize");
	if (entry_len < KF_SIGLIST_OWNER_LEN)
		kf_break(&entries, "SignatureSize");
	kf_fact_open(sink, NULL);
	kf_fact_place(sink, at, len);
	if (name)
		kf_fact_word(sink, "type", name);
	else
		kf_fact_guid(sink, "type", type);
	kf_fact_open(sink, "entries");
	while (kf_more(&entries))
		describe_entry(type, kf_take(&entries, entry_len, "entry"),
			       env, sink);
	kf_fact_close(sink);
	kf_fact_close(sink);
	if (entries.damage.field)
		c->damage = entries.damage;
}

void kf_siglist_describe(struct kf_bytes bytes, uint64_t base,
			 struct kf_env *env, const struct kf_sink *sink)
{
	struct kf_cursor c = kf_cursor_over(bytes, base);

	kf_fact_open(sink, "lists");
	while (kf_more(&c))
		describe_list(&c, env, sink);
	kf_fact_close(sink);
	kf_fact_damage(sink, &c.damage, c.damage.field ? 1 : 0);
}

enum kf_status kf_siglist_certificate_check(struct kf_damage *out,
					    struct kf_bytes der,
					    uint64_t base, struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	struct kf_arena arena = *env->arena;
	struct kf_cursor c = kf_cursor_over(der, base);
	struct kf_certificate certificate;
	struct kf_der whole;
	enum kf_status status;

	if (kf_der_next(&whole, &c) && kf_more(&c))
		kf_break(&c, "bytes behind the certificate");
	*out = c.damage;
	if (out->field)
		return KF_OK;
	status = crypto->certificate_read(crypto->self, &certificate, der,
					  &arena);
	if (status != KF_WRONG_USE)
		return status;
	out->field = "certificate";
	out->at = base;
	return KF_OK;
}

static void put_u32le(uint8_t *out, size_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

enum kf_status kf_siglist_of_certificates(struct kf_bytes *out,
					  const struct kf_bytes *ders,
					  size_t num, struct kf_arena *arena)
{
	const size_t around = KF_SIGLIST_HEADER_LEN + KF_SIGLIST_OWNER_LEN;
	size_t total = 0, at = 0;
	uint8_t *list;

	for (size_t i = 0; i < num; i++) {
		if (ders[i].len > (16 << 20) - total)
			return KF_NO_MEMORY;
		total += around + ders[i].len;
	}
	list = kf_arena_take(arena, total);
	if (!list)
		return KF_NO_MEMORY;
	for (size_t i = 0; i < num; i++) {
		memcpy(list + at, types[0].guid, 16);
		put_u32le(list + at + 16, around + ders[i].len);
		put_u32le(list + at + 24, KF_SIGLIST_OWNER_LEN + ders[i].len);
		if (ders[i].len)
			memcpy(list + at + around, ders[i].data, ders[i].len);
		at += around + ders[i].len;
	}
	*out = kf_view(list, total);
	return KF_OK;
}

enum kf_status kf_siglist_of_digest(struct kf_bytes *out,
				    struct kf_bytes digest,
				    struct kf_arena *arena)
{
	const size_t around = KF_SIGLIST_HEADER_LEN + KF_SIGLIST_OWNER_LEN;
	uint8_t *list = kf_arena_take(arena, around + digest.len);

	if (!list)
		return KF_NO_MEMORY;
	memcpy(list, types[1].guid, 16);
	put_u32le(list + 16, around + digest.len);
	put_u32le(list + 24, KF_SIGLIST_OWNER_LEN + digest.len);
	memcpy(list + around, digest.data, digest.len);
	*out = kf_view(list, around + digest.len);
	return KF_OK;
}

struct kf_siglist_walk kf_siglist_walk(struct kf_bytes bytes)
{
	struct kf_siglist_walk w = {
		.lists = kf_cursor_over(bytes, 0),
		.entries = kf_cursor_over(kf_view(NULL, 0), 0),
	};

	return w;
}

/* next_list opens the next list of certificates. */
static bool next_list(struct kf_siglist_walk *w)
{
	while (kf_more(&w->lists)) {
		struct kf_bytes type = kf_take(&w->lists, 16, "SignatureType");
		uint32_t len = kf_u32le(&w->lists, "SignatureListSize");
		uint32_t header_len = kf_u32le(&w->lists,
					       "SignatureHeaderSize");
		struct kf_bytes entries;

		w->entry_len = kf_u32le(&w->lists, "SignatureSize");
		if (len < KF_SIGLIST_HEADER_LEN)
			return false;
		entries = kf_take(&w->lists, (uint64_t)len -
				  KF_SIGLIST_HEADER_LEN, "SignatureListSize");
		w->entries = kf_cursor_over(entries, 0);
		kf_skip(&w->entries, header_len, "SignatureHeaderSize");
		if (w->entry_len > KF_SIGLIST_OWNER_LEN &&
		    kf_equal(type, kf_view(types[0].guid, 16)))
			return true;
	}
	return false;
}

bool kf_siglist_certificate(struct kf_siglist_walk *w, struct kf_bytes *der)
{
	while (kf_left(&w->entries) < w->entry_len || w->entry_len == 0)
		if (!next_list(w))
			return false;
	kf_skip(&w->entries, KF_SIGLIST_OWNER_LEN, "SignatureOwner");
	*der = kf_take(&w->entries, w->entry_len - KF_SIGLIST_OWNER_LEN,
		       "SignatureData");
	return der->len > 0;
}
