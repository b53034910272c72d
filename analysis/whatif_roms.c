/* Option ROMs: a boot measures under which entry of db each of them was
 * started, and a change must not take that away.
 *
 * An entry is measured once a boot, right before the first image that needs it.
 * Later images that need it too leave no such event.
 *
 * Source: TCG PC Client Platform Firmware Profile 1.05, 3.3.4.8, 10.4
 * (EV_EFI_VARIABLE_AUTHORITY); edk2 SecurityPkg/Library/
 * DxeImageVerificationLib/Measurement.c:SecureBootHook; beside it
 * DxeImageVerificationLib.c:IsAllowedByDb (the certificate in db is looked for
 * in dbx), PassTimestampCheck.
 */
#include "whatif_roms.h"

#include "whatif_lost.h"

#include "core/der.h"
#include "core/eventlog.h"
#include "core/siglist.h"
#include "entries.h"

#include <string.h>

enum {
	AUTHORITIES_MAX = 32,
	ROM_PCR = 2,		/* drivers that came with hardware */
};

/* telling is the log while it is read. */
struct telling {
	const struct kf_store *after;
	const struct kf_crypto *crypto;
	struct kf_bytes authority[AUTHORITIES_MAX];	/* owner and data */
	enum kf_answer kept[AUTHORITIES_MAX];
	size_t num;
	size_t fresh;		/* of the first that no image has used yet */
};

/* lists_of gives what a part lists. Fails: false, it is not known. */
static bool lists_of(struct kf_entries *out, const struct kf_store *store,
		     const char *part)
{
	const struct kf_part *p = kf_store_part(store, part);
	bool there = p && p->presence == KF_PRESENT;

	*out = kf_entries_of(there ? p->bytes : kf_view(NULL, 0));
	return kf_store_presence(store, part) != KF_UNKNOWN;
}

/* holds tells whether a part has an entry of these bytes, whoever owns it.
 * KF_NOT_ASKED: it is not known, or damaged before one was found. */
static enum kf_answer3 holds(const struct kf_store *store, const char *part,
			     struct kf_bytes data)
{
	struct kf_entries walk;
	struct kf_entry entry;

	if (!lists_of(&walk, store, part))
		return KF_NOT_ASKED;
	while (kf_entries_next(&walk, &entry))
		if (kf_equal(entry.data, data))
			return KF_YES;
	return walk.damage.field ? KF_NOT_ASKED : KF_NO;
}

/* is_always: a time of nothing but zeros revokes for ever, and so does every
 * time where no dbt says which time stamps count. UEFI-33. */
static bool is_always(const struct telling *t, struct kf_bytes time)
{
	enum { UP_TO_SECONDS = 7 };
	bool any = false;

	for (size_t i = 0; i < UP_TO_SECONDS && i < time.len; i++)
		any = any || time.data[i];
	return !any || kf_store_presence(t->after, "dbt") == KF_ABSENT;
}

/* by_digest tells whether dbx has a certificate by the digest of what is signed
 * in it. With a time, what was stamped before passes: that no log tells. */
static enum kf_answer by_digest(const struct telling *t, struct kf_bytes data)
{
	static const struct {
		const char *type;
		enum kf_digest_kind kind;
	} kinds[] = { { "x509-sha256", KF_SHA256 }, { "x509-sha384", KF_SHA384 },
		      { "x509-sha512", KF_SHA512 } };
	struct kf_cursor c = kf_cursor_over(data, 0);
	struct kf_entries walk;
	struct kf_entry e;
	struct kf_der whole, tbs;

	if (!lists_of(&walk, t->after, "dbx"))
		return KF_UNDECIDED;
	if (!kf_der_next(&whole, &c))
		return KF_ACCEPT;
	c = kf_cursor_over(whole.value, 0);
	if (!kf_der_next(&tbs, &c))
		return KF_ACCEPT;
	while (kf_entries_next(&walk, &e)) {
		struct kf_digest digest = { .len = 0 };

		for (size_t i = 0; i < 3; i++)
			if (kf_same(e.type, kinds[i].type))
				kf_digest_of(&digest, t->crypto, kinds[i].kind,
					     tbs.whole);
		if (digest.len &&
		    kf_equal(kf_part_of(e.data, 0, digest.len),
			     kf_view(digest.bytes, digest.len)))
			return is_always(t, kf_part_of(e.data, digest.len,
						       e.data.len - digest.len))
				? KF_REJECT : KF_UNDECIDED;
	}
	return KF_ACCEPT;
}

/* is_left tells whether an entry of db still lets images start. */
static enum kf_answer is_left(const struct telling *t, struct kf_bytes entry)
{
	struct kf_bytes data = kf_part_of(entry, KF_SIGLIST_OWNER_LEN,
					  entry.len - KF_SIGLIST_OWNER_LEN);
	enum kf_answer3 allowed = holds(t->after, "db", data);
	enum kf_answer3 revoked = holds(t->after, "dbx", data);

	if (allowed == KF_NO || revoked == KF_YES)
		return KF_REJECT;
	if (allowed == KF_NOT_ASKED || revoked == KF_NOT_ASKED)
		return KF_UNDECIDED;
	return by_digest(t, data);
}

/* is_named tells whether dbx has a digest that was measured of an image. */
static bool is_named(const struct telling *t, const struct kf_eventlog *log,
		     const struct kf_event *event)
{
	struct kf_entries walk;
	struct kf_entry e;

	(void)lists_of(&walk, t->after, "dbx");
	while (kf_entries_next(&walk, &e))
		for (size_t b = 0; b < log->num_banks; b++)
			if (e.type && log->bank[b].name &&
			    event->digest[b].len &&
			    kf_same(e.type, log->bank[b].name) &&
			    kf_equal(e.data, event->digest[b]))
				return true;
	return false;
}

/* is_db tells whether an event's variable is db. */
static bool is_db(const struct kf_event_variable *v)
{
	static const uint8_t name[] = { 'd', 0, 'b', 0 };

	return kf_equal(v->name, kf_view(name, sizeof(name)));
}

static void note_authority(struct telling *t, const struct kf_event *event)
{
	struct kf_event_variable v;

	if (!kf_event_variable_read(&v, event->data) || !is_db(&v) ||
	    v.data.len <= KF_SIGLIST_OWNER_LEN || t->num == AUTHORITIES_MAX)
		return;
	t->authority[t->num] = v.data;
	t->kept[t->num++] = is_left(t, v.data);
}

/* together is what entries answer of which an image needed one. */
static enum kf_answer together(const struct telling *t, size_t first)
{
	for (size_t i = first; i < t->num; i++)
		if (t->kept[i] != t->kept[first])
			return KF_UNDECIDED;
	return first < t->num ? t->kept[first] : KF_UNDECIDED;
}

/* take_rom tells what became of an option ROM. What it was started under is
 * the entry measured right before it, else one of those before. Where that is
 * the digest of the ROM, dbx counts by the same; a signature may have been over
 * another digest than the one that the log and dbx have. */
static void take_rom(struct kf_rom *out, const struct telling *t,
		     const struct kf_eventlog *log,
		     const struct kf_event *event)
{
	size_t first = t->fresh < t->num ? t->num - 1 : 0;

	memset(out, 0, sizeof(*out));
	out->event = event->number;
	out->answer = together(t, first);
	if (out->answer == KF_ACCEPT && is_named(t, log, event))
		out->answer = KF_UNDECIDED;
	if (kf_store_is_off(t->after))
		out->answer = KF_ACCEPT;
	if (t->num - first != 1)
		return;
	out->authority = t->authority[first];
	/* A certificate starts as a SEQUENCE with a long length. */
	if (out->authority.len > KF_SIGLIST_OWNER_LEN + 64 &&
	    out->authority.data[KF_SIGLIST_OWNER_LEN] == 0x30)
		out->certificate = kf_part_of(out->authority,
					      KF_SIGLIST_OWNER_LEN,
					      out->authority.len -
					      KF_SIGLIST_OWNER_LEN);
}

size_t kf_roms(struct kf_rom out[KF_ROMS_MAX], bool *more, struct kf_bytes log,
	       const struct kf_store *after, const struct kf_crypto *crypto)
{
	struct telling t = { .after = after, .crypto = crypto };
	struct kf_eventlog events = kf_eventlog_open(log);
	struct kf_event event;
	size_t num = 0;

	*more = false;
	while (kf_eventlog_next(&events, &event)) {
		bool driver = event.type == KF_EV_BOOT_DRIVER ||
			      event.type == KF_EV_RUNTIME_DRIVER;

		if (event.type == KF_EV_VARIABLE_AUTHORITY)
			note_authority(&t, &event);
		if (driver && event.pcr == ROM_PCR) {
			*more |= num == KF_ROMS_MAX;
			if (num < KF_ROMS_MAX)
				take_rom(&out[num++], &t, &events, &event);
		}
		if (driver || event.type == KF_EV_APPLICATION)
			t.fresh = t.num;
	}
	return num;
}
