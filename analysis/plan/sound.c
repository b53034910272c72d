/* Holds tables and plans against their own sizes: they come from files.
 */
#include "rotation.h"

static bool all_below(const uint8_t *table, size_t num, size_t bound)
{
	for (size_t i = 0; i < num; i++)
		if (table[i] >= bound)
			return false;
	return true;
}

static bool is_release(const struct kf_rotation *r, size_t release, bool none)
{
	return release < r->num_releases || (none && release == KF_NO_RELEASE);
}

static bool has_sound_tables(const struct kf_rotation *r,
			     const struct kf_rotation_class *c)
{
	size_t trusts = c->num_trusts;

	for (size_t i = 0; i < trusts; i++)
		if (c->reset[i] != KF_NO_TRUST &&
		    (c->reset[i] >= trusts ||
		     !is_release(r, c->factory, false)))
			return false;
	return all_below(c->updated, trusts * r->num_updates, trusts) &&
	       all_below(c->booted, trusts * r->num_releases, trusts) &&
	       all_below(c->install, r->num_epochs * trusts * r->num_releases,
			 KF_REJECT + 1) &&
	       all_below(c->boot, r->num_epochs * trusts * r->num_releases,
			 KF_REJECT + 1) &&
	       all_below(c->update, r->num_epochs * trusts * r->num_updates,
			 KF_REJECT + 1);
}

static bool is_between(size_t num, size_t least, size_t most)
{
	return num >= least && num <= most;
}

static bool is_sound(const struct kf_rotation *r,
		     const struct kf_rotation_class *c)
{
	return is_between(c->num_trusts, 1, KF_ROTATION_TRUSTS_MAX) &&
	       c->trust < c->num_trusts &&
	       c->phase < KF_ROTATION_PHASES_MAX &&
	       is_release(r, c->active, false) &&
	       is_release(r, c->other, true) &&
	       is_release(r, c->recovery, true) && has_sound_tables(r, c);
}

bool kf_rotation_sound(const struct kf_rotation *r)
{
	if (!is_between(r->num_releases, 1, KF_ROTATION_RELEASES_MAX) ||
	    !is_between(r->num_updates, 0, KF_ROTATION_UPDATES_MAX) ||
	    !is_between(r->num_epochs, 1, KF_ROTATION_EPOCHS_MAX) ||
	    !is_between(r->num_classes, 1, KF_ROTATION_CLASSES_MAX) ||
	    r->newest >= r->num_releases)
		return false;
	for (size_t i = 0; i < r->num_classes; i++)
		if (!is_sound(r, &r->class_[i]))
			return false;
	return true;
}

static bool are_sound(const struct kf_offer *offer, size_t num, size_t phases)
{
	for (size_t i = 0; i < num; i++)
		if (offer[i].published && (offer[i].from > offer[i].until ||
					   offer[i].until >= phases))
			return false;
	return true;
}

bool kf_schedule_sound(const struct kf_rotation *r,
		       const struct kf_schedule *plan)
{
	return plan->num_phases > 0 &&
	       plan->num_phases <= KF_ROTATION_PHASES_MAX &&
	       are_sound(plan->release, r->num_releases, plan->num_phases) &&
	       are_sound(plan->update, r->num_updates, plan->num_phases);
}
