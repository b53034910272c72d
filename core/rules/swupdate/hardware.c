/* Is the update for this hardware? SWUPDATE-10.
 *
 * Only the revision is compared, with each entry of the description's list: as
 * it is, or as a pattern behind "#RE:". The board's name counts where the
 * description is searched, not here.
 *
 * Source: sbabic/swupdate, its check_hw_compatibility, hwid_match and
 * get_hw_revision, tag 2022.12.
 */
#include "swupdate.h"

#define PATTERN "#RE:"

/* fits tells whether one entry names the device's revision. */
static enum swupdate_match fits(struct swupdate_case *k,
				struct kf_bytes entry)
{
	struct kf_bytes prefix = kf_text(PATTERN);

	if (!kf_equal(kf_part_of(entry, 0, prefix.len), prefix))
		return kf_equal(entry, k->device->revision)
		       ? SWUPDATE_MATCH : SWUPDATE_NO_MATCH;
	return swupdate_pattern(kf_part_of(entry, prefix.len,
					   entry.len - prefix.len),
				k->device->revision, k->env);
}

bool swupdate_hardware(struct swupdate_case *k)
{
	const struct swupdate_device *d = k->device;
	bool beyond = false;

	if (d->hardware == SWUPDATE_UNTOLD)
		return swupdate_untold(k, "hardware");
	if (d->hardware == SWUPDATE_NONE)
		return swupdate_refuse(k, KF_REASON_HARDWARE_DIFFERS,
				       "SWUPDATE-10",
				       "the device does not say what it is",
				       kf_view(NULL, 0), NULL);
	for (size_t i = 0; i < k->plan.num_revisions; i++) {
		enum swupdate_match m = fits(k, k->plan.revision[i]);

		if (m == SWUPDATE_MATCH)
			return true;
		beyond |= m == SWUPDATE_MATCH_BEYOND;
	}
	if (beyond)
		return swupdate_beyond(k, "a pattern of hardware revisions that keyfit does not weigh");
	return swupdate_refuse(k, KF_REASON_HARDWARE_DIFFERS, "SWUPDATE-10",
			       "the device is revision ", d->revision, NULL);
}
