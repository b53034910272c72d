/* Walks signature lists. Source: UEFI 2.10, 32.4.1.
 */
#include "entries.h"

#include "core/siglist.h"

struct kf_entries kf_entries_of(struct kf_bytes lists)
{
	return (struct kf_entries){
		.lists = kf_cursor_over(lists, 0),
		.entries = kf_cursor_over(kf_view(NULL, 0), 0),
	};
}

/* open_list opens the next list. Fails: false, at the end or damaged. */
static bool open_list(struct kf_entries *w)
{
	struct kf_cursor *c = &w->lists;
	uint64_t at = kf_at(c);
	uint32_t len, header_len;

	w->type = kf_siglist_type(kf_take(c, 16, "SignatureType"));
	len = kf_u32le(c, "SignatureListSize");
	header_len = kf_u32le(c, "SignatureHeaderSize");
	w->entry_len = kf_u32le(c, "SignatureSize");
	if (len < KF_SIGLIST_HEADER_LEN)
		kf_break(c, "SignatureListSize");
	if (w->entry_len <= KF_SIGLIST_OWNER_LEN)
		kf_break(c, "SignatureSize");
	if (c->damage.field)
		return false;
	w->entries = kf_cursor_over(kf_take(c, len - KF_SIGLIST_HEADER_LEN,
					    "SignatureListSize"),
				    at + KF_SIGLIST_HEADER_LEN);
	kf_skip(&w->entries, header_len, "SignatureHeaderSize");
	w->list++;
	w->number = 0;
	return !c->damage.field && !w->entries.damage.field;
}

bool kf_entries_next(struct kf_entries *w, struct kf_entry *out)
{
	while (!kf_more(&w->entries)) {
		if (!kf_more(&w->lists) || !open_list(w)) {
			w->damage = w->entries.damage.field
				? w->entries.damage : w->lists.damage;
			return false;
		}
	}
	out->type = w->type;
	out->list = w->list;
	out->number = ++w->number;
	out->owner = kf_take(&w->entries, KF_SIGLIST_OWNER_LEN,
			     "SignatureOwner");
	out->at = kf_at(&w->entries);
	out->data = kf_take(&w->entries, w->entry_len - KF_SIGLIST_OWNER_LEN,
			    "SignatureData");
	w->damage = w->entries.damage;
	return !w->damage.field;
}
