/* The lists of a description: files, images, scripts, the bootloader's
 * variables and scripts, partitions. SWUPDATE-19, SWUPDATE-20.
 *
 * Each list is walked from its end, and what is found goes to the front: so
 * they end in the description's own order, images before files. An element
 * that is a link brings another list in its place.
 *
 * Source: sbabic/swupdate, parser/parser.c (_parse_images, _parse_files,
 * _parse_scripts, _parse_bootloader, _parse_partitions, parser_follow_link),
 * tags 2022.12 and 2024.12.1.
 */
#include "swupdate.h"

#include <string.h>

enum { LINKS_MAX = 8 };

enum kind { FILES, IMAGES, SCRIPTS, BOOTLOADER, VARIABLES, PARTITIONS };

/* place is where a walk stands in one list: `left` elements are to come. */
struct place {
	const struct kf_config *list;
	size_t left;
	struct swupdate_path path;
};

static struct swupdate_item *new_item(struct swupdate_case *k)
{
	struct swupdate_item *item = kf_arena_take(k->env->arena,
						   sizeof(*item));

	if (!item)
		k->status = KF_NO_MEMORY;
	return item;
}

static bool has_text(const struct kf_config *element, const char *name)
{
	const struct kf_config *c = swupdate_field(element, name);

	return c && c->type == KF_CONFIG_TEXT;
}

/* exists is so, but JSON's may be of any type. */
static bool exists(const struct swupdate_case *k,
		   const struct kf_config *element, const char *name)
{
	return k->plan.json ? swupdate_field(element, name) != NULL
			    : has_text(element, name);
}

static void default_type(struct swupdate_item *item, enum kind kind,
			 const struct kf_config *element)
{
	if (item->type.len)
		return;
	if (kind == FILES)
		item->type = kf_text("rawfile");
	if (kind == SCRIPTS)
		item->type = kf_text("lua");
	if (kind == PARTITIONS)
		item->type = kf_text("ubipartition");
	if (kind != IMAGES)
		return;
	if (swupdate_text(element, "volume").len)
		item->type = kf_text("ubivol");
	else if (swupdate_text(element, "device").len)
		item->type = kf_text("raw");
}

/* complete wants a partition to say where it is. */
static bool complete(struct swupdate_case *k, const struct swupdate_item *item,
		     const struct kf_config *element)
{
	bool ubi = kf_equal(item->type, kf_text("ubipartition"));
	bool named = has_text(element, "name")
		   ? item->name.len : swupdate_text(element, "volume").len;

	if (swupdate_text(element, "device").len && (named || !ubi))
		return true;
	return swupdate_refuse(k, KF_REASON_DESCRIPTION_INCOMPLETE,
			       "SWUPDATE-20", "a partition lacks its device or name",
			       kf_view(NULL, 0), NULL);
}

/* put_in files an item in its list. */
static void put_in(struct swupdate_plan *p, struct swupdate_item *item,
		   enum kind kind)
{
	struct swupdate_item **list = kind == SCRIPTS ? &p->scripts
				    : kind == BOOTLOADER ? &p->boot_scripts
				    : &p->images;

	item->next = *list;
	*list = item;
}

/* variable takes an element that may be one. Returns true where it
 * was one, or nothing; `k` says more. */
static bool variable(struct swupdate_case *k, const struct kf_config *element,
		     enum kind kind)
{
	if (exists(k, element, "name")) {
		if (kind == BOOTLOADER)
			k->plan.variables = true;
		return true;
	}
	if (!k->profile->later)
		return kind != BOOTLOADER || !exists(k, element, "filename");
	(void)swupdate_refuse(k, KF_REASON_DESCRIPTION_INCOMPLETE,
			      "SWUPDATE-20", "a variable lacks its name",
			      kf_view(NULL, 0), NULL);
	return true;
}

/* passed_over tells of elements that make no item. */
static bool passed_over(struct swupdate_case *k,
			const struct kf_config *element, enum kind kind)
{
	if (kind == BOOTLOADER || kind == VARIABLES)
		return variable(k, element, kind);
	return (kind == FILES || kind == IMAGES) &&
	       !exists(k, element, "filename");
}

/* file_item puts an item in its list, unless it is left out. Of a partition
 * that is left out nothing more is asked in later versions; older ones leave
 * none out. */
static bool file_item(struct swupdate_case *k, struct swupdate_item *item,
		      const struct kf_config *element, enum kind kind)
{
	bool partition = kind == PARTITIONS;
	bool left_out = swupdate_skips(k, item);

	if (partition && !k->profile->later)
		left_out = false;
	if (left_out)
		return true;
	if (partition && !complete(k, item, element))
		return false;
	put_in(&k->plan, item, kind);
	return k->status == KF_OK && !k->out->why.reason;
}

/* take makes an item of one element. Returns false where that ends it. */
static bool take(struct swupdate_case *k, const struct kf_config *element,
		 enum kind kind)
{
	struct swupdate_item *item;

	if (passed_over(k, element, kind))
		return !k->out->why.reason;
	item = new_item(k);
	if (!item || !swupdate_attributes(item, k, element))
		return false;
	item->is_script = kind == SCRIPTS || kind == BOOTLOADER;
	item->is_partition = item->provided = kind == PARTITIONS;
	default_type(item, kind, element);
	return file_item(k, item, element, kind);
}

/* length is how many elements SWUpdate sees in what should be a list. Later
 * versions take a group for a list of one: with JSON of itself, with libconfig
 * of its first member. */
static bool length(size_t *out, struct swupdate_case *k,
		   const struct kf_config *list)
{
	bool json = k->plan.json, later = k->profile->later;

	switch (list->type) {
	case KF_CONFIG_LIST:
	case KF_CONFIG_ARRAY:
		*out = list->num;
		return true;
	case KF_CONFIG_GROUP:
		*out = !later ? list->num : json || list->num;
		break;
	default:
		*out = 0;
		break;
	}
	if (later || !json)
		return true;
	return swupdate_beyond(k, "a list in sw-description that is none");
}

/* element_at is the one at an index. */
static const struct kf_config *element_at(const struct kf_config *list,
					  size_t index, bool json)
{
	const struct kf_config *c = list->first;

	if (json && list->type == KF_CONFIG_GROUP)
		return list;
	while (c && index--)
		c = c->next;
	return c;
}

/* link goes to the list that an element names. One that is not there brings
 * nothing. */
static bool link(struct place *next, const struct place *at,
		 struct swupdate_case *k, const struct kf_config *element)
{
	next->path = at->path;
	next->left = 0;
	if (!swupdate_follow(&next->path, swupdate_text(element, "ref")))
		return swupdate_refuse(k, KF_REASON_DESCRIPTION_MALFORMED,
				       "SWUPDATE-16", "no link: ",
				       swupdate_text(element, "ref"), NULL);
	next->list = swupdate_root(&next->path, k);
	if (k->status != KF_OK || k->out->why.reason)
		return false;
	return next->list ? length(&next->left, k, next->list) : true;
}

/* walk goes through a list and through those that it links to. */
static bool walk(struct swupdate_case *k, struct place *place, enum kind kind)
{
	int depth = 0;

	while (depth >= 0) {
		struct place *at = &place[depth];
		const struct kf_config *element;

		if (at->left == 0) {
			depth--;
			continue;
		}
		if (!kf_spend(k->env, SWUPDATE_STEPS + at->left))
			return swupdate_fail(k, KF_TOO_MUCH);
		element = element_at(at->list, --at->left, k->plan.json);
		if (!exists(k, element, "ref")) {
			if (!take(k, element, kind))
				return false;
			continue;
		}
		if (++depth == LINKS_MAX)
			return swupdate_beyond(k, "links in sw-description that lead to links");
		if (!link(&place[depth], at, k, element))
			return false;
	}
	return true;
}

/* list walks one that the device finds by its name. */
static bool list(struct swupdate_case *k, const char *name, enum kind kind,
		 bool *found)
{
	struct place *place = kf_arena_take(k->env->arena,
					    LINKS_MAX * sizeof(*place));

	if (!place)
		return swupdate_fail(k, KF_NO_MEMORY);
	place[0].list = swupdate_find(&place[0].path, k, name);
	if (k->status != KF_OK || k->out->why.reason)
		return false;
	if (found)
		*found = place[0].list;
	if (!place[0].list)
		return true;
	return length(&place[0].left, k, place[0].list) &&
	       walk(k, place, kind);
}

/* bootloader knows its section by two names. */
static bool bootloader(struct swupdate_case *k)
{
	bool found = false;

	if (!list(k, "bootenv", BOOTLOADER, &found))
		return false;
	return found || list(k, "uboot", BOOTLOADER, NULL);
}

/* partitions come last. What is wrong with them ends their list alone: nobody
 * looks at how it went. */
static bool partitions(struct swupdate_case *k)
{
	if (list(k, "partitions", PARTITIONS, NULL))
		return true;
	if (k->status != KF_OK || k->out->answer != KF_REJECT)
		return false;
	memset(&k->out->why, 0, sizeof(k->out->why));
	k->out->answer = KF_UNDECIDED;
	return true;
}

bool swupdate_items(struct swupdate_case *k)
{
	return list(k, "files", FILES, NULL) &&
	       list(k, "images", IMAGES, NULL) &&
	       list(k, "scripts", SCRIPTS, NULL) && bootloader(k) &&
	       (!k->profile->later || list(k, "vars", VARIABLES, NULL)) &&
	       partitions(k);
}
