/* Option ROMs: a boot measures under which entry of db each of them was
 * started, and a change must not take that away.
 *
 * An entry is measured once a boot, right before the first image that needs it.
 * Later images that need it too leave no such event.
 *
 * Source: TCG PC Client Platform Firmware Profile 1.05, 3.3.4.8, 10.4
 * (EV_EFI_VARIABLE_AUTHORITY); edk2 SecurityPkg/Library/
 * DxeImageVerificationLib/Measurement.c:SecureBootHook.
 */
#include "whatif_roms.h"

#include "whatif_lost.h"

#include "core/eventlog.h"
#include "core/siglist.h"

#include <string.h>

enum {
	AUTHORITIES_MAX = 32,
	ROM_PCR = 2,		/* drivers that came with hardware */
};

/* telling is the log while it is read. */
struct telling {
	const struct kf_store *after;
	struct kf_bytes authority[AUTHORITIES_MAX];	/* owner and data */
	bool kept[AUTHORITIES_MAX];
	size_t num;
	size_t fresh;		/* of the first that no image has used yet */
};

/* in_lists tells whether an entry's bytes are those of one in a part: with its
 * owner, or, `any_owner`, without. */
static bool in_lists(const struct kf_store *store, const char *part,
		     struct kf_bytes entry, bool any_owner)
{
	const struct kf_part *p = kf_store_part(store, part);
	size_t skip = any_owner ? KF_SIGLIST_OWNER_LEN : 0;
	struct kf_bytes wanted = kf_part_of(entry, skip, entry.len - skip);
	struct kf_cursor lists;

	if (!p || p->presence != KF_PRESENT)
		return false;
	lists = kf_cursor_over(p->bytes, 0);
	while (kf_more(&lists)) {
		struct kf_cursor c;
		uint32_t len, header_len, entry_len;

		kf_skip(&lists, 16, "SignatureType");
		len = kf_u32le(&lists, "SignatureListSize");
		header_len = kf_u32le(&lists, "SignatureHeaderSize");
		entry_len = kf_u32le(&lists, "SignatureSize");
		if (len < KF_SIGLIST_HEADER_LEN)
			return false;
		c = kf_cursor_over(kf_take(&lists, len - KF_SIGLIST_HEADER_LEN,
					   "SignatureListSize"), 0);
		kf_skip(&c, header_len, "SignatureHeaderSize");
		while (entry_len == entry.len && kf_left(&c) >= entry_len) {
			struct kf_bytes e = kf_take(&c, entry_len, "entry");

			if (kf_equal(kf_part_of(e, skip, e.len - skip),
				     wanted))
				return true;
		}
	}
	return false;
}

/* is_left tells whether an entry of db still lets images start. */
static bool is_left(const struct kf_store *after, struct kf_bytes entry)
{
	return in_lists(after, "db", entry, true) &&
	       !in_lists(after, "dbx", entry, true);
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
	t->kept[t->num++] = is_left(t->after, v.data);
}

/* take_rom tells what became of an option ROM. What it was started under is
 * the entry measured right before it, else one of those before. */
static void take_rom(struct kf_rom *out, const struct telling *t,
			const struct kf_event *event)
{
	bool known = kf_store_presence(t->after, "db") != KF_UNKNOWN;
	size_t first = t->fresh < t->num ? t->num - 1 : 0;
	size_t left = 0;

	memset(out, 0, sizeof(*out));
	out->event = event->number;
	for (size_t i = first; i < t->num; i++)
		left += t->kept[i];
	out->answer = left == t->num - first ? KF_ACCEPT
		      : left ? KF_UNDECIDED : KF_REJECT;
	if (t->num == 0 || !known)
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

size_t kf_roms(struct kf_rom out[KF_ROMS_MAX], bool *more,
		  struct kf_bytes log, const struct kf_store *after)
{
	struct telling t = { .after = after };
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
				take_rom(&out[num++], &t, &event);
		}
		if (driver || event.type == KF_EV_APPLICATION)
			t.fresh = t.num;
	}
	return num;
}
