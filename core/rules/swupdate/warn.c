/* What an owner should know although the update is taken. SWUPDATE-9,
 * SWUPDATE-22.
 *
 * Source: sbabic/swupdate, core/parser.c (check_missing_hash), core/installer.c
 * (install_images), tag 2022.12.
 */
#include "swupdate.h"

/* unsigned_scripts: scripts of the bootloader need no digest. */
static void unsigned_scripts(struct swupdate_case *k)
{
	const struct swupdate_item *item = k->plan.boot_scripts;
	struct kf_finding *w;

	while (item && item->has_hash)
		item = item->next;
	if (!item)
		return;
	w = kf_warn(k->out, KF_REASON_FILE_NOT_COVERED, "SWUPDATE-9");
	if (w)
		swupdate_words(k, w, "", item->filename, NULL);
}

/* not_opened: what is encrypted is hashed as it lies there, and may still turn
 * out not to open. */
static void not_opened(struct swupdate_case *k)
{
	const struct swupdate_item *lists[] = { k->plan.images,
						k->plan.scripts,
						k->plan.boot_scripts };
	const struct swupdate_item *found = NULL;
	struct kf_finding *w;

	for (size_t i = 0; i < 3; i++)
		for (const struct swupdate_item *it = lists[i]; it;
		     it = it->next)
			if (!found && it->filename.len && !it->is_partition &&
			    it->encrypted)
				found = it;
	if (!found)
		return;
	w = kf_warn(k->out, KF_REASON_CONTENT_NOT_OPENED, "SWUPDATE-22");
	if (w)
		swupdate_words(k, w, "", found->filename, NULL);
}

void swupdate_warn(struct swupdate_case *k)
{
	if (k->out->answer != KF_ACCEPT)
		return;
	unsigned_scripts(k);
	not_opened(k);
}
