/* Hosts as osquery's tables tell of them: secureboot (since 5.0.1, Linux and
 * Windows) and secureboot_certificates (since 5.23.0, Linux).
 *
 * That is not all that decides. The table of certificates has those of db and
 * dbx, each by the SHA-1 of its bytes, and nothing of their digests, nor where
 * an entry stands; so db and dbx stay unknown, with entries that they have
 * among others. A certificate counts only where its bytes are at hand.
 *
 * Source: osquery/osquery 5.23.0, specs/secureboot.table,
 * specs/linux/secureboot_certificates.table, osquery/tables/system/linux/
 * secureboot_certificates.cpp:parseEslData, secureboot.cpp:genSecureBoot.
 */
#include "osquery.h"

#include "host/base64.h"
#include "host/json_write.h"
#include "host/lists.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHA1_LEN = 20, CERTIFICATES_MAX = 4096, ENTRIES_MAX = 4096 };

/* listed is one certificate that a host was said to have, or not any more. */
struct listed {
	uint8_t sha1[SHA1_LEN];
	bool revoked, there;
	int64_t time_s;
};

struct host {
	struct kf_bytes name;
	uint64_t line;		/* of the last row */
	int64_t time_s;		/* of the newest row; 0: not told */
	int64_t listed_s;	/* of the newest snapshot of certificates */
	uint64_t listed_line;
	int64_t mode_s;		/* of the newest row that tells the mode */
	int secure_boot, setup_mode;	/* -1: not told */
	struct listed *entry;
	size_t num, size;
};

/* at_hand is a certificate whose bytes are known. */
struct at_hand {
	uint8_t sha1[SHA1_LEN];
	struct kf_bytes der;
};

struct kf_osquery {
	void *hosts;		/* a tree of them, by name */
	struct at_hand certificate[CERTIFICATES_MAX];
	size_t num;
	struct kf_device given;	/* holds those that were given */
	struct kf_importing *i;
	enum kf_status status;
};

struct kf_bytes *kf_osquery_place(struct kf_osquery_row *row,
				  struct kf_bytes name)
{
	const struct {
		const char *name;
		struct kf_bytes *place;
	} places[] = {
		{ "sha1", &row->sha1 }, { "revoked", &row->revoked },
		{ "path", &row->path }, { "secure_boot", &row->secure_boot },
		{ "setup_mode", &row->setup_mode },
	};

	for (size_t n = 0; n < sizeof(places) / sizeof(places[0]); n++)
		if (kf_equal(name, kf_text(places[n].name)))
			return places[n].place;
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct host *one = a, *other = b;
	size_t least = one->name.len < other->name.len ? one->name.len
						       : other->name.len;
	int order = least ? memcmp(one->name.data, other->name.data, least)
			  : 0;

	return order ? order : one->name.len < other->name.len
		? -1 : one->name.len > other->name.len;
}

/* add keeps a certificate by its digest. Fails: false. */
static bool add(void *self, struct kf_bytes der)
{
	struct kf_osquery *q = self;
	const struct kf_crypto *crypto = q->i->fleet->crypto;
	struct at_hand *c = &q->certificate[q->num];
	void *digest = q->num < CERTIFICATES_MAX
		? crypto->digest_begin(crypto->self, KF_SHA1) : NULL;
	struct kf_digest sha1 = { .len = 0 };

	if (!digest)
		return false;
	crypto->digest_add(digest, der);
	crypto->digest_end(digest, &sha1);
	if (sha1.len != SHA1_LEN)
		return false;
	memcpy(c->sha1, sha1.bytes, SHA1_LEN);
	c->der = der;
	q->num++;
	return true;
}

/* add_given adds those of the files that were given for it, which are read as
 * lists of db are. */
static enum kf_status add_given(struct kf_osquery *q, struct kf_importing *i)
{
	struct kf_ask ask = { .rules = "edk2", .trust = i->how->trust,
			      .num_trust = i->how->num_trust };
	const struct kf_part *db;
	enum kf_status status = KF_OK;

	if (ask.num_trust == 0)
		return KF_OK;
	status = kf_device_open(&q->given, &ask, i->fleet->crypto, i->now_s,
				i->why);
	db = status == KF_OK ? kf_store_part(&q->given.verifier[0].store, "db")
			     : NULL;
	if (!db)
		return status;
	if (kf_lists_each(db->bytes, add, q))
		return KF_OK;
	kf_fault_say(i->why, NULL,
		     "more certificates are given than keyfit weighs");
	return KF_TOO_MUCH;
}

/* open_osquery starts with the certificates that are at hand. */
static enum kf_status open_osquery(struct kf_importing *i)
{
	const struct kf_bytes *c = kf_published_certificates;
	struct kf_osquery *q;

	if (i->osquery)
		return KF_OK;
	q = calloc(1, sizeof(*q));
	if (!q)
		return kf_import_no_memory(i);
	i->osquery = q;
	q->i = i;
	for (; c->data; c++)
		if (!add(q, *c)) {
			kf_fault_say(i->why, NULL,
				     "the crypto library failed");
			return KF_NO_CRYPTO;
		}
	return add_given(q, i);
}

/* host_of finds a host, or makes it. Fails: NULL. */
static struct host *host_of(struct kf_osquery *q, struct kf_bytes name)
{
	struct host wanted = { .name = name }, **found, *host;
	char *copy;

	found = tfind(&wanted, &q->hosts, by_name);
	if (found)
		return *found;
	host = calloc(1, sizeof(*host));
	copy = malloc(name.len + 1);
	if (host && copy) {
		if (name.len)
			memcpy(copy, name.data, name.len);
		host->name = kf_view(copy, name.len);
		host->secure_boot = host->setup_mode = -1;
		if (tsearch(host, &q->hosts, by_name))
			return host;
	}
	free(host);
	free(copy);
	return NULL;
}

/* read_sha1 reads a digest in hex. */
static bool read_sha1(uint8_t out[SHA1_LEN], struct kf_bytes hex)
{
	static const char digits[] = "0123456789abcdef";

	if (hex.len != 2 * SHA1_LEN)
		return false;
	for (size_t n = 0; n < hex.len; n++) {
		uint8_t c = hex.data[n] | 0x20;
		const char *digit = memchr(digits, c, 16);

		if (!digit)
			return false;
		out[n / 2] = (uint8_t)(out[n / 2] << 4 | (digit - digits));
	}
	return true;
}

/* is_variable tells whether a path is that of db or dbx: osquery takes all
 * variables whose names begin so, whoever's they are. */
static bool is_variable(struct kf_bytes path, bool revoked)
{
	static const char guid[] = "-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
	const char *name = revoked ? "/dbx" : "/db";
	size_t len = strlen(name), end = sizeof(guid) - 1;

	return path.len > len + end &&
	       memcmp(path.data + path.len - end, guid, end) == 0 &&
	       memcmp(path.data + path.len - end - len, name, len) == 0;
}

/* slot_for is what is known of one certificate; a new one is not there.
 * Fails: NULL. */
static struct listed *slot_for(struct host *h, const uint8_t sha1[SHA1_LEN],
			      bool revoked)
{
	for (size_t n = 0; n < h->num; n++)
		if (h->entry[n].revoked == revoked &&
		    memcmp(h->entry[n].sha1, sha1, SHA1_LEN) == 0)
			return &h->entry[n];
	if (h->num == ENTRIES_MAX)
		return NULL;
	if (h->num == h->size) {
		size_t size = h->size ? 2 * h->size : 16;
		struct listed *more = realloc(h->entry, size * sizeof(*more));

		if (!more)
			return NULL;
		h->entry = more;
		h->size = size;
	}
	memcpy(h->entry[h->num].sha1, sha1, SHA1_LEN);
	h->entry[h->num].revoked = revoked;
	h->entry[h->num].there = false;
	h->entry[h->num].time_s = 0;
	return &h->entry[h->num++];
}

/* starts_list: rows of a snapshot replace what was known before them. Those of
 * one line, or of one moment, are one snapshot. */
static void starts_list(struct host *h, uint64_t line, int64_t time_s)
{
	if (h->listed_line && (h->listed_line == line ||
			       h->listed_s >= time_s))
		return;
	h->listed_line = line;
	h->listed_s = time_s;
	for (size_t n = 0; n < h->num; n++)
		if (h->entry[n].time_s <= time_s)
			h->entry[n].there = false;
}

/* note keeps the newest that is told of a certificate. One whose other columns
 * changed is removed and added at once. */
static void note(struct listed *e, int64_t time_s,
		 enum kf_osquery_action action)
{
	bool gone = action == KF_OSQUERY_REMOVED;

	if (e->time_s > time_s || (gone && e->time_s == time_s && e->there))
		return;
	e->time_s = time_s;
	e->there = !gone;
}

/* take_certificate takes what is told of one certificate. */
static enum kf_status take_certificate(struct kf_importing *i, uint64_t line,
				       struct host *h, int64_t time_s,
				       enum kf_osquery_action action,
				       const struct kf_osquery_row *row)
{
	bool revoked = kf_equal(row->revoked, kf_text("1"));
	uint8_t sha1[SHA1_LEN];
	struct listed *e;

	if ((!revoked && !kf_equal(row->revoked, kf_text("0"))) ||
	    !read_sha1(sha1, row->sha1)) {
		kf_import_bad(i, line, "names a certificate by no SHA-1, or does not say whether it is revoked",
			      "ask for the columns sha1, revoked and path");
		return KF_OK;
	}
	if (row->path.data && !is_variable(row->path, revoked))
		return KF_OK;
	if (action == KF_OSQUERY_SNAPSHOT)
		starts_list(h, line, time_s);
	if (h->listed_line && time_s < h->listed_s)
		return KF_OK;	/* the snapshot is newer */
	e = slot_for(h, sha1, revoked);
	if (!e && h->num == ENTRIES_MAX) {
		kf_import_bad(i, line, "is one certificate too many of one host",
			      NULL);
		return KF_OK;
	}
	if (!e)
		return kf_import_no_memory(i);
	note(e, time_s, action);
	return KF_OK;
}

/* yes_no reads a column of 0 or 1; -1: it is neither. */
static int yes_no(struct kf_bytes text)
{
	return kf_equal(text, kf_text("1")) ? 1
	       : kf_equal(text, kf_text("0")) ? 0 : -1;
}

/* take_mode takes what is told of Secure Boot itself. */
static void take_mode(struct host *h, int64_t time_s,
		      enum kf_osquery_action action,
		      const struct kf_osquery_row *row)
{
	if (action == KF_OSQUERY_REMOVED || time_s < h->mode_s)
		return;
	h->mode_s = time_s;
	h->secure_boot = yes_no(row->secure_boot);
	h->setup_mode = yes_no(row->setup_mode);
}

enum kf_status kf_osquery_take(struct kf_importing *i, uint64_t line,
			       struct kf_bytes host, int64_t time_s,
			       enum kf_osquery_action action,
			       const struct kf_osquery_row *row)
{
	bool certificate = row->revoked.data;
	enum kf_status status = open_osquery(i);
	struct host *h;

	if (status != KF_OK || (!certificate && !row->secure_boot.data))
		return status;
	h = host_of(i->osquery, host);
	if (!h)
		return kf_import_no_memory(i);
	h->line = line;
	if (time_s > h->time_s)
		h->time_s = time_s;
	if (certificate)
		return take_certificate(i, line, h, time_s, action, row);
	take_mode(h, time_s, action, row);
	return KF_OK;
}

static int by_digest(const void *a, const void *b)
{
	const struct listed *one = a, *other = b;

	return memcmp(one->sha1, other->sha1, SHA1_LEN);
}

/* write_part writes what is known of db or dbx. */
static void write_part(struct kf_json *json, const struct kf_osquery *q,
		       const struct host *h, bool revoked,
		       struct kf_arena *arena)
{
	struct kf_bytes *der = kf_arena_take(arena, (h->num + 1) *
						    sizeof(*der));
	struct kf_bytes lists = { NULL, 0 };
	size_t num = 0;

	for (size_t n = 0; der && n < h->num; n++) {
		const struct listed *e = &h->entry[n];

		if (!e->there || e->revoked != revoked)
			continue;
		for (size_t c = 0; c < q->num; c++)
			if (memcmp(q->certificate[c].sha1, e->sha1,
				   SHA1_LEN) == 0) {
				der[num++] = q->certificate[c].der;
				break;
			}
	}
	json->out->failed |= !der ||
		(num && kf_lists_make(&lists, der, num, arena) != KF_OK);
	kf_json_open(json, NULL, '{');
	kf_json_text(json, "name", revoked ? "dbx" : "db");
	kf_json_text(json, "state", "unknown");
	if (lists.len)
		kf_base64_write(json, "data", lists);
	kf_json_close(json);
}

/* mode_of is what verifies at all; NULL: it is not told. */
static const char *mode_of(const struct host *h)
{
	return h->secure_boot == 1 && h->setup_mode != 1 ? "on"
	       : h->secure_boot == 0 || h->setup_mode == 1 ? "off" : NULL;
}

/* write_store writes what the host trusts, as a device that is stored. */
static void write_store(struct kf_output *out, const struct kf_osquery *q,
			struct host *h, struct kf_arena *arena)
{
	struct kf_json json = { .out = out };
	const char *mode = mode_of(h);

	/* Equal hosts are one class, in whatever order they tell. */
	if (h->num)
		qsort(h->entry, h->num, sizeof(*h->entry), by_digest);
	kf_json_open(&json, NULL, '{');
	kf_json_number(&json, "keyfit_device", 1);
	kf_json_open(&json, "verifiers", '[');
	kf_json_open(&json, NULL, '{');
	kf_json_text(&json, "rules", "edk2");
	kf_json_yes_no(&json, "complete", false);
	kf_json_open(&json, "parts", '[');
	write_part(&json, q, h, false, arena);
	write_part(&json, q, h, true, arena);
	if (!mode) {
		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "name", "secure-boot");
		kf_json_text(&json, "state", "unknown");
		kf_json_close(&json);
	}
	kf_json_close(&json);
	kf_json_open(&json, "settings", '[');
	if (mode) {
		kf_json_open(&json, NULL, '{');
		kf_json_text(&json, "name", "secure-boot");
		kf_json_text(&json, "value", mode);
		kf_json_close(&json);
	}
	kf_json_close(&json);
	kf_json_close(&json);
	kf_json_close(&json);
	kf_json_close(&json);
}

/* put makes a record of a host. */
static enum kf_status put(struct kf_osquery *q, struct host *h)
{
	struct kf_record r = { .line = h->line, .device = h->name,
			       .told_by = KF_TOLD_WHOLE };
	struct kf_output text = { 0 };
	struct kf_work work = { 0 };
	char time[24];
	enum kf_status status = kf_work_open(&work, KF_ARENA_LEN,
					     q->i->fleet->crypto, q->i->now_s,
					     q->i->why);

	if (status == KF_OK)
		write_store(&text, q, h, &work.arena);
	if (status == KF_OK && text.failed)
		status = kf_import_no_memory(q->i);
	r.trust = kf_view(text.data, text.len);
	if (h->time_s) {
		snprintf(time, sizeof(time), "@%lld", (long long)h->time_s);
		r.reported = kf_text(time);
	}
	if (status == KF_OK)
		status = kf_import_put(q->i, &r);
	kf_work_close(&work);
	kf_output_close(&text);
	return status;
}

static void each(const void *node, VISIT visit, void *self)
{
	struct host *h = *(struct host *const *)node;
	struct kf_osquery *q = self;

	if ((visit == postorder || visit == leaf) && q->status == KF_OK)
		q->status = put(q, h);
}

enum kf_status kf_osquery_end(struct kf_importing *i)
{
	if (!i->osquery)
		return KF_OK;
	twalk_r(i->osquery->hosts, each, i->osquery);
	return i->osquery->status;
}

static void drop(void *node)
{
	union { const uint8_t *data; void *memory; } name;
	struct host *h = node;

	name.data = h->name.data;
	free(name.memory);
	free(h->entry);
	free(h);
}

void kf_osquery_close(struct kf_importing *i)
{
	if (!i->osquery)
		return;
	tdestroy(i->osquery->hosts, drop);
	kf_device_close(&i->osquery->given);
	free(i->osquery);
	i->osquery = NULL;
}
