/* Asks a fleet for its devices and their classes.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

/* is_in tells whether a device is in a group. */
static bool is_in(struct kf_bytes groups, const char *group)
{
	size_t len = strlen(group);

	for (size_t at = 1; groups.len && at + len < groups.len; at++)
		if (groups.data[at - 1] == ',' &&
		    groups.data[at + len] == ',' &&
		    memcmp(groups.data + at, group, len) == 0)
			return true;
	return false;
}

static bool is_chosen(const struct kf_fleet_choice *choice,
		      struct kf_bytes groups, struct kf_bytes release)
{
	if (!choice)
		return true;
	if (choice->release && !kf_equal(release, kf_text(choice->release)))
		return false;
	return !choice->group || is_in(groups, choice->group);
}

enum kf_status
kf_fleet_devices(struct kf_fleet *fleet, const struct kf_fleet_choice *choice,
		 enum kf_status (*each)(void *, const struct kf_fleet_device *,
					struct kf_fault *),
		 void *self, struct kf_fault *why)
{
	const char *name = choice ? choice->name : NULL;
	struct kf_query *query;
	enum kf_status status;
	bool row = true;

	status = kf_db_prepare(&query, fleet->db, name
		? "SELECT name, class, grouped, release, reported, labels"
		  " FROM device WHERE name = $1"
		: "SELECT name, class, grouped, release, reported, labels"
		  " FROM device ORDER BY name", why);
	if (status == KF_OK && name)
		kf_bind_text(query, 1, kf_text(name));
	while (status == KF_OK) {
		struct kf_fleet_device d;

		status = kf_query_next(query, &row, why);
		if (status != KF_OK || !row)
			break;
		d.name = kf_column_text(query, 0);
		d.class_id = kf_column_number(query, 1);
		d.groups = kf_column_text(query, 2);
		d.release = kf_column_text(query, 3);
		d.reported_s = kf_column_number(query, 4);
		d.labels = kf_column_text(query, 5);
		if (is_chosen(choice, d.groups, d.release))
			status = each(self, &d, why);
	}
	kf_query_close(query);
	return status;
}

enum kf_status
kf_fleet_names(struct kf_fleet *fleet, int64_t class_id,
	       const struct kf_fleet_choice *choice, uint64_t most,
	       void (*each)(void *, struct kf_bytes), void *self,
	       struct kf_fault *why)
{
	bool all = !choice || (!choice->group && !choice->release);
	enum kf_status status;
	uint64_t told = 0;
	bool row = true;

	/* The names alone stand in the index. */
	status = kf_fleet_ready(fleet, &fleet->names, all
		? "SELECT name FROM device WHERE class = $1 ORDER BY name"
		: "SELECT name, grouped, release FROM device"
		  " WHERE class = $1 ORDER BY name", why);
	if (status != KF_OK)
		return status;
	kf_query_again(fleet->names);
	kf_bind_number(fleet->names, 1, class_id);
	while (status == KF_OK && (most == 0 || told < most)) {
		status = kf_query_next(fleet->names, &row, why);
		if (status != KF_OK || !row)
			break;
		if (!all && !is_chosen(choice,
				       kf_column_text(fleet->names, 1),
				       kf_column_text(fleet->names, 2)))
			continue;
		each(self, kf_column_text(fleet->names, 0));
		told++;
	}
	kf_query_again(fleet->names);
	return status;
}

enum kf_status kf_fleet_forget(struct kf_fleet *fleet, const char *name,
			       struct kf_fault *why)
{
	struct kf_query *query = NULL;
	uint64_t changed = 0;
	enum kf_status status = kf_db_begin(fleet->db, true, why);

	if (status == KF_OK)
		status = kf_db_prepare(&query, fleet->db,
				       "DELETE FROM device WHERE name = $1",
				       why);
	if (status == KF_OK) {
		kf_bind_text(query, 1, kf_text(name));
		status = kf_query_run(query, &changed, why);
	}
	kf_query_close(query);
	if (status == KF_OK && changed == 0) {
		kf_fault_say(why, "keyfit fleet list names them",
			     "the fleet has no device of that name");
		status = KF_WRONG_USE;
	}
	if (status == KF_OK)
		return kf_db_commit(fleet->db, why);
	kf_db_cancel(fleet->db);
	return status;
}

/* counting is classes while their devices are counted. */
struct counting {
	struct kf_fleet_class *class;
	size_t num, size;
};

static struct kf_fleet_class *grow(struct counting *c, struct kf_fault *why)
{
	size_t size = c->size ? 2 * c->size : 256;
	struct kf_fleet_class *more;

	if (c->num < c->size)
		return &c->class[c->num++];
	more = realloc(c->class, size * sizeof(*more));
	if (!more) {
		kf_fault_say(why, NULL, "out of memory");
		return NULL;
	}
	c->class = more;
	c->size = size;
	return &c->class[c->num++];
}

/* count_all asks the database, which counts by its index. */
static enum kf_status count_all(struct kf_fleet *fleet, struct counting *c,
				struct kf_fault *why)
{
	struct kf_query *query;
	enum kf_status status;
	bool row = true;

	status = kf_db_prepare(&query, fleet->db,
			       "SELECT d.class, d.num, c.digest FROM"
			       " (SELECT class, count(*) AS num FROM device"
			       " GROUP BY class) AS d"
			       " JOIN class AS c ON c.id = d.class", why);
	while (status == KF_OK) {
		struct kf_fleet_class *one;
		struct kf_bytes digest;

		status = kf_query_next(query, &row, why);
		if (status != KF_OK || !row)
			break;
		one = grow(c, why);
		if (!one) {
			status = KF_NO_MEMORY;
			break;
		}
		one->id = kf_column_number(query, 0);
		one->devices = (uint64_t)kf_column_number(query, 1);
		digest = kf_column_bytes(query, 2);
		memset(one->digest, 0, sizeof(one->digest));
		if (digest.len == sizeof(one->digest))
			memcpy(one->digest, digest.data, digest.len);
	}
	kf_query_close(query);
	return status;
}

/* count_chosen counts those that a choice leaves, class by class. */
static enum kf_status count_chosen(struct kf_fleet *fleet, struct counting *c,
				   const struct kf_fleet_choice *choice,
				   struct kf_fault *why)
{
	struct kf_query *query;
	enum kf_status status;
	bool row = true;

	status = kf_db_prepare(&query, fleet->db,
			       "SELECT class, grouped, release FROM device"
			       " ORDER BY class", why);
	while (status == KF_OK) {
		struct kf_fleet_class *last = c->num ? &c->class[c->num - 1]
						     : NULL;
		int64_t id;

		status = kf_query_next(query, &row, why);
		if (status != KF_OK || !row)
			break;
		if (!is_chosen(choice, kf_column_text(query, 1),
			       kf_column_text(query, 2)))
			continue;
		id = kf_column_number(query, 0);
		if (!last || last->id != id) {
			last = grow(c, why);
			if (!last) {
				status = KF_NO_MEMORY;
				break;
			}
			last->id = id;
			last->devices = 0;
		}
		last->devices++;
	}
	kf_query_close(query);
	for (size_t n = 0; n < c->num && status == KF_OK; n++)
		status = kf_fleet_class_digest(fleet, c->class[n].digest,
					       c->class[n].id, why);
	return status;
}

static int by_digest(const void *a, const void *b)
{
	const struct kf_fleet_class *one = a, *other = b;

	return memcmp(one->digest, other->digest, sizeof(one->digest));
}

enum kf_status
kf_fleet_classes(struct kf_fleet *fleet, struct kf_fleet_class **out,
		 size_t *num, const struct kf_fleet_choice *choice,
		 struct kf_fault *why)
{
	struct counting c = { NULL, 0, 0 };
	enum kf_status status = choice && (choice->group || choice->release)
		? count_chosen(fleet, &c, choice, why)
		: count_all(fleet, &c, why);

	if (status != KF_OK) {
		free(c.class);
		c = (struct counting){ NULL, 0, 0 };
	}
	if (c.num)
		qsort(c.class, c.num, sizeof(*c.class), by_digest);
	*out = c.class;
	*num = c.num;
	return status;
}
