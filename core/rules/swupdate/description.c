/* What sw-description says to this device: its version, the revisions of
 * hardware that it is for, and what there is to install.
 *
 * It is read as libconfig's syntax first and as JSON then, and nothing else is
 * tried on what either has read: what the one takes, the other does not.
 * SWUPDATE-16, SWUPDATE-17.
 *
 * Source: sbabic/swupdate, core/parser.c (parse), parser/parser.c (parse_cfg,
 * parse_json, get_common_fields, parse_hw_compatibility, parser), tag 2022.12.
 */
#include "swupdate.h"

#include <string.h>

/* choose takes the reader that could read it. */
static bool choose(struct swupdate_case *k)
{
	const struct kf_config_text *lib = &k->update->libconfig;
	const struct kf_config_text *json = &k->update->json;
	struct kf_finding *why;

	if (lib->result == KF_CONFIG_BEYOND)
		return swupdate_beyond(k, lib->beyond);
	k->plan.root = lib->root;
	if (lib->result == KF_CONFIG_READ)
		return true;
	if (json->result == KF_CONFIG_BEYOND)
		return swupdate_beyond(k, json->beyond);
	k->plan.root = json->root;
	k->plan.json = true;
	if (json->result == KF_CONFIG_READ &&
	    json->root->type != KF_CONFIG_NONE)
		return true;
	(void)swupdate_refuse(k, KF_REASON_DESCRIPTION_MALFORMED,
			      "SWUPDATE-16",
			      "sw-description is neither libconfig's syntax nor JSON",
			      kf_view(NULL, 0), NULL);
	why = &k->out->why;
	kf_prove_field(why, lib->damage.field,
		       k->update->swu.file[0].data_at + lib->damage.at, 1);
	return false;
}

/* told: where a device looks depends on its board. */
static bool told(struct swupdate_case *k)
{
	return k->device->hardware != SWUPDATE_UNTOLD ||
	       swupdate_untold(k, "hardware");
}

/* version takes it; a version that is no text is an empty one. */
static bool version(struct swupdate_case *k)
{
	struct swupdate_path path;
	const struct kf_config *c = swupdate_find(&path, k, "version");

	if (k->status != KF_OK || k->out->why.reason)
		return false;
	if (!c)
		return swupdate_refuse(k, KF_REASON_DESCRIPTION_INCOMPLETE,
				       "SWUPDATE-17", "it names no version",
				       kf_view(NULL, 0), NULL);
	if (c->type == KF_CONFIG_TEXT)
		k->plan.version = c->text;
	if (k->plan.version.len > SWUPDATE_TEXT_MAX)
		return swupdate_beyond(k, "a version of more than 255 letters");
	return true;
}

/* script refuses to tell what a program in the description does. */
static bool script(struct swupdate_case *k)
{
	struct swupdate_path path;
	const struct kf_config *c = swupdate_find(&path, k, "embedded-script");

	if (k->status != KF_OK || k->out->why.reason)
		return false;
	return c && c->type == KF_CONFIG_TEXT
	       ? swupdate_beyond(k, "a script inside sw-description decides what is installed")
	       : true;
}

static bool revision(struct swupdate_case *k, const struct kf_config *c)
{
	struct swupdate_plan *p = &k->plan;

	if (p->num_revisions == SWUPDATE_REVISIONS_MAX ||
	    c->text.len > SWUPDATE_TEXT_MAX)
		return swupdate_beyond(k, "more or longer revisions of hardware than keyfit weighs");
	p->revision[p->num_revisions++] = c->text;
	return true;
}

static bool each_revision(struct swupdate_case *k, const struct kf_config *c)
{
	for (; c; c = c->next)
		if (c->type == KF_CONFIG_TEXT && c->text.len && !revision(k, c))
			return false;
	return true;
}

/* revisions takes the list of hardware that the update is for. */
static bool revisions(struct swupdate_case *k)
{
	struct swupdate_plan *p = &k->plan;
	struct swupdate_path path;
	const struct kf_config *c = swupdate_find(&path, k,
						  "hardware-compatibility");

	if (k->status != KF_OK || k->out->why.reason)
		return false;
	if (!c)
		return swupdate_refuse(k, KF_REASON_DESCRIPTION_INCOMPLETE,
				       "SWUPDATE-10",
				       "it has no list hardware-compatibility",
				       kf_view(NULL, 0), NULL);
	if (c->type != KF_CONFIG_LIST &&
	    (p->json || (k->profile->later && c->type == KF_CONFIG_GROUP)))
		return swupdate_beyond(k, "hardware-compatibility is no list");
	return each_revision(k, c->first);
}

/* hashed wants a digest for everything that has data. SWUPDATE-9. */
static bool hashed(struct swupdate_case *k, const struct swupdate_item *item)
{
	for (; item; item = item->next)
		if (!item->has_hash &&
		    !(swupdate_kind(k, item->type) & SWUPDATE_NO_DATA))
			return swupdate_refuse(k, KF_REASON_FILE_HASH_MISSING,
					       "SWUPDATE-9", "",
					       item->filename, NULL);
	return true;
}

/* something tells whether there is anything to do at all. */
static bool something(struct swupdate_case *k)
{
	const struct swupdate_plan *p = &k->plan;

	if (p->images || p->scripts || p->variables)
		return true;
	return swupdate_refuse(k, KF_REASON_NOTHING_TO_INSTALL, "SWUPDATE-18",
			       "", kf_view(NULL, 0), NULL);
}

/* demands holds what was found against what everything has to have. */
static bool demands(struct swupdate_case *k)
{
	return something(k) && swupdate_kinds(k) &&
	       hashed(k, k->plan.images) && hashed(k, k->plan.scripts) &&
	       swupdate_versions(k);
}

bool swupdate_description(struct swupdate_case *k)
{
	memset(&k->plan, 0, sizeof(k->plan));
	return choose(k) && told(k) && version(k) && script(k) &&
	       revisions(k) && swupdate_items(k) && demands(k);
}
