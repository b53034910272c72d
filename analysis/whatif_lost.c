/* Holds db and dbx before and behind each change against each other, by their
 * certificates. Entries that are digests are one file each, and left to those
 * who have the file.
 *
 * Source: TCG PC Client Platform Firmware Profile 1.05, 10.4
 * (EV_EFI_VARIABLE_AUTHORITY); edk2 SecurityPkg/Library/
 * DxeImageVerificationLib/Measurement.c:SecureBootHook.
 */
#include "whatif_lost.h"

#include "core/eventlog.h"
#include "core/siglist.h"

/* has tells whether a part lists a certificate. */
static bool has(const struct kf_store *store, const char *part,
		struct kf_bytes der)
{
	const struct kf_part *p = kf_store_part(store, part);
	struct kf_siglist_walk walk;
	struct kf_bytes one;

	if (!p || p->presence != KF_PRESENT)
		return false;
	walk = kf_siglist_walk(p->bytes);
	while (kf_siglist_certificate(&walk, &one))
		if (kf_equal(one, der))
			return true;
	return false;
}

bool kf_store_trusts(const struct kf_store *store, struct kf_bytes der)
{
	return has(store, "db", der) && !has(store, "dbx", der);
}

bool kf_store_is_off(const struct kf_store *store)
{
	return kf_store_presence(store, "pk") == KF_ABSENT ||
	       kf_same(kf_store_setting(store, "secure-boot"), "off");
}

static bool is_noted(const struct kf_losses *losses, struct kf_bytes der)
{
	for (size_t i = 0; i < losses->num; i++)
		if (kf_equal(losses->lost[i].certificate, der))
			return true;
	return false;
}

void kf_losses_note(struct kf_losses *out, const struct kf_store *before,
		    const struct kf_store *now, size_t step)
{
	const struct kf_part *db = kf_store_part(before, "db");
	struct kf_siglist_walk walk;
	struct kf_bytes der;

	if (!db || db->presence != KF_PRESENT || kf_store_is_off(now))
		return;
	walk = kf_siglist_walk(db->bytes);
	while (kf_siglist_certificate(&walk, &der)) {
		if (!kf_store_trusts(before, der) ||
		    kf_store_trusts(now, der) || is_noted(out, der))
			continue;
		out->more |= out->num == KF_LOST_MAX;
		if (out->num == KF_LOST_MAX)
			return;
		out->lost[out->num].certificate = der;
		out->lost[out->num++].step = step;
	}
}

void kf_losses_end(struct kf_losses *out, const struct kf_store *after)
{
	size_t kept = 0;

	for (size_t i = 0; i < out->num; i++)
		if (!kf_store_is_off(after) &&
		    !kf_store_trusts(after, out->lost[i].certificate))
			out->lost[kept++] = out->lost[i];
	out->num = kept;
}

/* is_entry tells whether an event measures an entry of db, with its owner, that
 * is this certificate. */
static bool is_entry(const struct kf_event *event, struct kf_bytes der)
{
	static const uint8_t db[] = { 'd', 0, 'b', 0 };
	struct kf_event_variable v;

	return event->type == KF_EV_VARIABLE_AUTHORITY &&
	       kf_event_variable_read(&v, event->data) &&
	       kf_equal(v.name, kf_view(db, sizeof(db))) &&
	       v.data.len == der.len + KF_SIGLIST_OWNER_LEN &&
	       kf_equal(kf_part_of(v.data, KF_SIGLIST_OWNER_LEN, der.len), der);
}

struct kf_user kf_user_of(struct kf_bytes log, struct kf_bytes der)
{
	struct kf_eventlog events = kf_eventlog_open(log);
	struct kf_user none = { 0 };
	struct kf_event event;
	bool due = false;

	while (kf_eventlog_next(&events, &event)) {
		bool driver = event.type == KF_EV_BOOT_DRIVER ||
			      event.type == KF_EV_RUNTIME_DRIVER;

		if (is_entry(&event, der))
			due = true;
		if (due && (driver || event.type == KF_EV_APPLICATION)) {
			struct kf_user user = { event.number, driver,
						event.data };

			return user;
		}
	}
	return none;
}
