/* Opens a fleet, and brings its tables up to date.
 */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum kf_status find_blob(void *self, struct kf_bytes *out,
				struct kf_bytes sha256, struct kf_fault *why)
{
	struct kf_fleet *fleet = self;
	struct kf_digest digest;
	enum kf_status status;
	bool row;

	kf_query_again(fleet->find_blob);
	kf_bind_bytes(fleet->find_blob, 1, sha256);
	status = kf_query_next(fleet->find_blob, &row, why);
	if (status != KF_OK)
		return status;
	if (!row) {
		kf_fault_say(why, "import its devices again",
			     "the fleet has lost a file that a trust store is made of");
		return KF_WRONG_USE;
	}
	*out = kf_column_bytes(fleet->find_blob, 0);
	/* A store that rotted must not decide anything. */
	status = kf_sha256(&digest, *out, fleet->crypto, why);
	if (status == KF_OK &&
	    !kf_equal(kf_view(digest.bytes, digest.len), sha256)) {
		kf_fault_say(why, "put a copy of the fleet back",
			     "the fleet is damaged: a file in it is not what its digest says");
		return KF_CANNOT_READ;
	}
	return status;
}

enum kf_status kf_fleet_ready(struct kf_fleet *fleet, struct kf_query **query,
			      const char *sql, struct kf_fault *why)
{
	return *query ? KF_OK : kf_db_prepare(query, fleet->db, sql, why);
}

/* version tells which one the tables have; 0: there are none. */
static enum kf_status version(struct kf_fleet *fleet, int64_t *out,
			      struct kf_fault *why)
{
	struct kf_query *query;
	enum kf_status status;
	bool row = false;

	*out = 0;
	status = kf_db_prepare(&query, fleet->db,
			       "SELECT value FROM keyfit_fleet"
			       " WHERE name = 'version'", why);
	if (status == KF_OK)
		status = kf_query_next(query, &row, why);
	if (status == KF_OK && row)
		*out = kf_column_number(query, 0);
	kf_query_close(query);
	return status;
}

/* raise_to carries out one version. */
static enum kf_status raise_to(struct kf_fleet *fleet, int64_t number,
			       struct kf_fault *why)
{
	char sql[96];
	enum kf_status status = kf_db_script(fleet->db,
					     kf_fleet_schema[number - 1], why);

	snprintf(sql, sizeof(sql),
		 "UPDATE keyfit_fleet SET value = %lld WHERE name = 'version'",
		 (long long)number);
	return status == KF_OK ? kf_db_script(fleet->db, sql, why) : status;
}

static enum kf_status later(struct kf_fault *why)
{
	kf_fault_say(why, "take a newer keyfit",
		     "a later keyfit has written this fleet");
	return KF_WRONG_USE;
}

/* bring_up brings the tables up to date, all or not at all. */
static enum kf_status bring_up(struct kf_fleet *fleet, struct kf_fault *why)
{
	int64_t now = 0, newest = 0;
	enum kf_status status;

	while (kf_fleet_schema[newest])
		newest++;
	status = kf_db_begin(fleet->db, true, why);
	if (status == KF_OK)
		status = kf_db_script(fleet->db,
				      "CREATE TABLE IF NOT EXISTS keyfit_fleet"
				      " (name TEXT PRIMARY KEY,"
				      " value BIGINT NOT NULL);"
				      "INSERT INTO keyfit_fleet"
				      " VALUES ('version', 0)"
				      " ON CONFLICT DO NOTHING", why);
	if (status == KF_OK)
		status = version(fleet, &now, why);
	if (status == KF_OK && now > newest)
		status = later(why);
	while (status == KF_OK && now < newest)
		status = raise_to(fleet, ++now, why);
	if (status == KF_OK)
		return kf_db_commit(fleet->db, why);
	kf_db_cancel(fleet->db);
	return status;
}

/* up_to_date tells whether the tables are as they have to be. */
static enum kf_status up_to_date(struct kf_fleet *fleet, bool *is,
				 struct kf_fault *why)
{
	struct kf_fault unsaid = { "", "" };
	int64_t now = 0, newest = 0;
	enum kf_status status = version(fleet, &now, &unsaid);

	while (kf_fleet_schema[newest])
		newest++;
	*is = status == KF_OK && now == newest;
	if (status != KF_NO_MEMORY)
		return KF_OK;	/* without tables there is no version */
	*why = unsaid;
	return status;
}

/* make_ready sees to it that the tables are as they have to be. */
static enum kf_status make_ready(struct kf_fleet *fleet, enum kf_db_use use,
				 struct kf_fault *why)
{
	bool is = false;
	enum kf_status status = up_to_date(fleet, &is, why);

	if (status != KF_OK || is)
		return status;
	if (use != KF_DB_READ)
		return bring_up(fleet, why);
	kf_fault_say(why, "keyfit fleet import makes one, and brings one up to date",
		     "there is no fleet in it yet, or one of another version of keyfit");
	return KF_WRONG_USE;
}

/* is_there: a name that is misspelt is no new fleet. */
static enum kf_status is_there(const char *where, enum kf_db_use use,
			       struct kf_fault *why)
{
	if (use == KF_DB_MAKE || kf_db_is_url(where) ||
	    access(where, F_OK) == 0)
		return KF_OK;
	kf_fault_say(why, "keyfit fleet import makes one", "there is no fleet");
	return KF_WRONG_USE;
}

enum kf_status kf_fleet_open(struct kf_fleet **out, const char *where,
			     enum kf_db_use use,
			     const struct kf_crypto *crypto,
			     struct kf_fault *why)
{
	enum kf_status status = is_there(where, use, why);
	struct kf_fleet *fleet;

	*out = NULL;
	if (status != KF_OK)
		return status;
	fleet = calloc(1, sizeof(*fleet));
	if (!fleet) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	fleet->where = where;
	fleet->crypto = crypto;
	fleet->blobs = (struct kf_blobs){ find_blob, fleet };
	status = kf_db_open(&fleet->db, where, use, why);
	if (status == KF_OK)
		status = make_ready(fleet, use, why);
	if (status == KF_OK)
		status = kf_fleet_ready(fleet, &fleet->find_blob,
					"SELECT bytes FROM blob"
					" WHERE sha256 = $1", why);
	if (status != KF_OK) {
		kf_fleet_close(fleet);
		return status;
	}
	*out = fleet;
	return KF_OK;
}

void kf_fleet_close(struct kf_fleet *fleet)
{
	if (!fleet)
		return;
	kf_query_close(fleet->find_blob);
	kf_query_close(fleet->find_class);
	kf_query_close(fleet->find_content);
	kf_query_close(fleet->put_blob);
	kf_query_close(fleet->put_class);
	kf_query_close(fleet->names);
	kf_db_close(fleet->db);
	free(fleet);
}

enum kf_status kf_fleet_look(struct kf_fleet *fleet, struct kf_fault *why)
{
	return kf_db_begin(fleet->db, false, why);
}
