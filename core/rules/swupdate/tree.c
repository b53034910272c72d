/* Where a device looks in sw-description: below its board, below the software
 * set that it is told to take, or below "software" alone; links ("ref") lead
 * elsewhere. SWUPDATE-16.
 *
 * Source: sbabic/swupdate, parser/parser.c (find_node_and_path) and
 * core/parsing_library.c (set_find_path), corelib/parsing_library_libconfig.c
 * (find_root_libconfig), tag 2022.12; hyperrealm/libconfig, lib/libconfig.c
 * (config_setting_lookup), tag v1.5.
 */
#include "swupdate.h"

enum { LINKS_MAX = 9 };

static bool separates(uint8_t c)
{
	return c == ':' || c == '.' || c == '/';
}

/* down_words goes down a name that libconfig cuts into several. */
static const struct kf_config *down_words(const struct kf_config *c,
					  struct kf_bytes name,
					  struct swupdate_case *k)
{
	size_t at = 0;

	while (c && at < name.len) {
		size_t end = at;

		while (end < name.len && !separates(name.data[end]))
			end++;
		if (end > at && name.data[at] == '[') {
			(void)swupdate_beyond(k, "a numbered place in sw-description");
			return NULL;
		}
		if (end > at)
			c = kf_config_member(c, kf_part_of(name, at, end - at));
		at = end + 1;
	}
	return c;
}

/* down goes down a whole path. */
static const struct kf_config *down(const struct swupdate_path *path,
				    struct swupdate_case *k)
{
	const struct kf_config *c = path->num ? k->plan.root : NULL;

	for (size_t i = 0; c && i < path->num; i++)
		c = k->plan.json ? kf_config_member(c, path->node[i])
				 : down_words(c, path->node[i], k);
	return c;
}

struct kf_bytes swupdate_text(const struct kf_config *element,
			      const char *name)
{
	const struct kf_config *c = swupdate_field(element, name);

	return c && c->type == KF_CONFIG_TEXT ? c->text : kf_view(NULL, 0);
}

const struct kf_config *swupdate_field(const struct kf_config *element,
				       const char *name)
{
	return kf_config_member(element, kf_text(name));
}

/* step goes one word of a link: up, down, or nowhere. The first word, where it
 * is a name, starts at the top. */
static bool step(struct swupdate_path *path, size_t *count,
		 struct kf_bytes word, bool first)
{
	if (kf_equal(word, kf_text(".")))
		return true;
	if (kf_equal(word, kf_text("..")))
		return (*count)-- > 0;
	if (first) {
		*count = 0;
		path->stale = false;
	}
	path->node[(*count)++] = word;
	path->num = *count;
	return *count < SWUPDATE_NODES_MAX;
}

bool swupdate_follow(struct swupdate_path *path, struct kf_bytes ref)
{
	size_t count = path->num - 1, at = 1;
	bool first = true;

	if (path->num == 0 || ref.len < 3 || ref.data[0] != '#')
		return false;
	while (at < ref.len) {
		struct kf_bytes word;
		size_t end = at;

		while (end < ref.len && ref.data[end] != '/')
			end++;
		word = kf_part_of(ref, at, end - at);
		at = end + 1;
		if (word.len == 0)
			continue;
		if (!step(path, &count, word, first))
			return false;
		first = false;
	}
	return !first;
}

/* stale: later versions free the names that a link brought as soon as they
 * have followed it, and go on with them. */
static bool stale(const struct swupdate_path *path, struct swupdate_case *k)
{
	return path->stale &&
	       !swupdate_beyond(k, "a place behind a link, which SWUpdate looks for by names that it has freed");
}

const struct kf_config *swupdate_root(struct swupdate_path *path,
				      struct swupdate_case *k)
{
	if (stale(path, k))
		return NULL;
	for (int links = 0; links < LINKS_MAX; links++) {
		const struct kf_config *c = down(path, k), *ref;

		if (!kf_spend(k->env, SWUPDATE_STEPS)) {
			k->status = KF_TOO_MUCH;
			return NULL;
		}
		ref = c ? swupdate_field(c, "ref") : NULL;
		path->stale = links && k->profile->later;
		if (!ref || ref->type != KF_CONFIG_TEXT)
			return c;
		path->stale = false;
		if (!swupdate_follow(path, ref->text))
			return NULL;
	}
	return NULL;
}

/* start makes one of the four paths that are tried. Returns false where the
 * device has not what it is made of. */
static bool start(struct swupdate_path *path, const struct swupdate_device *d,
		  int which)
{
	bool by_board = which == 0 || which == 2;
	bool by_set = which < 2;

	path->num = 0;
	path->stale = false;
	if ((by_board && d->board.len == 0) ||
	    (by_set && (d->set.len == 0 || d->mode.len == 0)))
		return false;
	path->node[path->num++] = kf_text("software");
	if (by_board)
		path->node[path->num++] = d->board;
	if (by_set) {
		path->node[path->num++] = d->set;
		path->node[path->num++] = d->mode;
	}
	return true;
}

const struct kf_config *swupdate_find(struct swupdate_path *path,
				      struct swupdate_case *k,
				      const char *field)
{
	for (int which = 0; which < 4; which++) {
		const struct kf_config *found;

		if (!start(path, k->device, which) || !swupdate_root(path, k))
			continue;
		if (path->num >= SWUPDATE_NODES_MAX)
			return NULL;
		path->node[path->num++] = kf_text(field);
		found = swupdate_root(path, k);
		if (found)
			return found;
	}
	return NULL;
}
