/* Releases: names for files. A file is known by its digest as it was when it
 * was added; one that is another one now is not taken for it.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_LEN = 4096, FILES_MAX = 256 };

static enum kf_status drop(struct kf_fleet *fleet, const char *name,
			   uint64_t *num, struct kf_fault *why)
{
	struct kf_query *query;
	enum kf_status status = kf_db_prepare(&query, fleet->db,
		"DELETE FROM artifact WHERE release = $1", why);

	if (status == KF_OK) {
		kf_bind_text(query, 1, kf_text(name));
		status = kf_query_run(query, num, why);
	}
	kf_query_close(query);
	return status;
}

/* bind_file works out what is kept of a file. */
static enum kf_status put_file(struct kf_query *put, const char *path,
			       struct kf_work *work, struct kf_fault *why)
{
	const struct kf_format *format = NULL;
	char *whole = realpath(path, NULL);
	struct kf_digest digest = { .len = 0 };
	struct kf_file file = { 0 };
	uint8_t head[HEAD_LEN];
	size_t len = sizeof(head);
	enum kf_status status = kf_file_open(&file, path, why);

	if (status == KF_OK && file.source.size < len)
		len = (size_t)file.source.size;
	if (status == KF_OK && len &&
	    !file.source.read_at(file.source.self, 0, head, len))
		status = KF_CANNOT_READ;
	if (status == KF_OK) {
		format = kf_format_of(kf_view(head, len), &file.source);
		kf_work_again(work, file.source.size);
		status = kf_file_digest(&digest, &file.source, &work->env);
	}
	if (status == KF_OK) {
		kf_bind_text(put, 3, kf_text(whole ? whole : path));
		kf_bind_bytes(put, 4, kf_view(digest.bytes, digest.len));
		kf_bind_number(put, 5, (int64_t)file.source.size);
		kf_bind_text(put, 6, kf_text(format ? format->name : ""));
		status = kf_query_run(put, NULL, why);
	}
	if (status != KF_OK && !why->what[0])
		kf_say_path(why, path, NULL, "cannot be read");
	kf_file_close(&file);
	free(whole);
	return status;
}

enum kf_status kf_fleet_release_put(struct kf_fleet *fleet, const char *name,
				    const char *const *files, size_t num,
				    struct kf_work *work,
				    struct kf_fault *why)
{
	const char *wrong = kf_record_name(kf_text(name), KF_NAME_LEN);
	struct kf_query *put = NULL;
	enum kf_status status;

	if (wrong || num == 0 || num > FILES_MAX) {
		kf_fault_say(why, NULL, "%s%s", wrong
			     ? "the name of the release " : "",
			     wrong ? wrong : "a release has 1 to 256 files");
		return KF_WRONG_USE;
	}
	status = kf_db_begin(fleet->db, true, why);
	if (status == KF_OK)
		status = drop(fleet, name, NULL, why);
	if (status == KF_OK)
		status = kf_db_prepare(&put, fleet->db,
				       "INSERT INTO artifact (release, place,"
				       " path, sha256, size, format)"
				       " VALUES ($1, $2, $3, $4, $5, $6)",
				       why);
	for (size_t n = 0; n < num && status == KF_OK; n++) {
		kf_bind_text(put, 1, kf_text(name));
		kf_bind_number(put, 2, (int64_t)n);
		status = put_file(put, files[n], work, why);
	}
	kf_query_close(put);
	if (status == KF_OK)
		return kf_db_commit(fleet->db, why);
	kf_db_cancel(fleet->db);
	return status;
}

enum kf_status kf_fleet_release_drop(struct kf_fleet *fleet, const char *name,
				     struct kf_fault *why)
{
	uint64_t num = 0;
	enum kf_status status = kf_db_begin(fleet->db, true, why);

	if (status == KF_OK)
		status = drop(fleet, name, &num, why);
	if (status == KF_OK && num == 0) {
		kf_fault_say(why, "keyfit fleet release list names them",
			     "the fleet has no release of that name");
		status = KF_WRONG_USE;
	}
	if (status == KF_OK)
		return kf_db_commit(fleet->db, why);
	kf_db_cancel(fleet->db);
	return status;
}

enum kf_status
kf_fleet_releases(struct kf_fleet *fleet, const char *name,
		  enum kf_status (*each)(void *,
					 const struct kf_fleet_artifact *,
					 struct kf_fault *),
		  void *self, struct kf_fault *why)
{
	struct kf_query *query;
	enum kf_status status;
	bool row = true;

	status = kf_db_prepare(&query, fleet->db, name
		? "SELECT release, path, sha256, size, format FROM artifact"
		  " WHERE release = $1 ORDER BY place"
		: "SELECT release, path, sha256, size, format FROM artifact"
		  " ORDER BY release, place", why);
	if (status == KF_OK && name)
		kf_bind_text(query, 1, kf_text(name));
	while (status == KF_OK) {
		struct kf_fleet_artifact a = { .sha256 = { .len = 0 } };
		struct kf_bytes digest;

		status = kf_query_next(query, &row, why);
		if (status != KF_OK || !row)
			break;
		a.release = kf_column_text(query, 0);
		a.path = kf_column_text(query, 1);
		digest = kf_column_bytes(query, 2);
		a.size = (uint64_t)kf_column_number(query, 3);
		a.format = kf_column_text(query, 4);
		if (digest.len <= sizeof(a.sha256.bytes) && digest.len) {
			memcpy(a.sha256.bytes, digest.data, digest.len);
			a.sha256.len = digest.len;
		}
		status = each(self, &a, why);
	}
	kf_query_close(query);
	return status;
}
