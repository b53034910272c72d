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

/* adding is a release while its files are added. */
struct adding {
	struct kf_query *put;
	const char *const *files;
	const struct kf_import_told *told;
	struct kf_work *work;
	struct kf_digest digest[FILES_MAX];
	char *whole[FILES_MAX];	/* where they lie */
};

/* tell says what is no fault. */
static void tell(const struct adding *a, const char *subject,
		 const struct kf_fault *what)
{
	if (a->told)
		a->told->bad(a->told->self, subject, 0, what);
}

/* note_twice tells of a file that is there already, by another name. Fails:
 * KF_WRONG_USE, by its own. */
static enum kf_status note_twice(const struct adding *a, size_t n,
				 struct kf_fault *why)
{
	struct kf_fault same = { "", "" };

	for (size_t i = 0; i < n; i++) {
		if (strcmp(a->whole[i], a->whole[n]) == 0) {
			kf_fault_say(why, "name each file once",
				     "is named twice");
			return KF_WRONG_USE;
		}
		if (same.what[0] ||
		    memcmp(a->digest[i].bytes, a->digest[n].bytes,
			   a->digest[n].len) != 0)
			continue;
		kf_fault_say(&same, NULL, "has the same bytes as %.160s",
			     a->files[i]);
		tell(a, a->files[n], &same);
	}
	return KF_OK;
}

/* look reads what is kept of a file. */
static enum kf_status look(struct kf_file *file, const struct kf_format **f,
			   struct kf_digest *digest, struct kf_work *work)
{
	uint8_t head[HEAD_LEN];
	size_t len = sizeof(head);

	if (file->source.size < len)
		len = (size_t)file->source.size;
	if (len && !file->source.read_at(file->source.self, 0, head, len))
		return KF_CANNOT_READ;
	*f = kf_format_of(kf_view(head, len), &file->source);
	kf_work_again(work, file->source.size);
	return kf_file_digest(digest, &file->source, &work->env);
}

/* put_file works out what is kept of a file, and keeps it. */
static enum kf_status put_file(struct adding *a, size_t n,
			       struct kf_fault *why)
{
	const struct kf_format *format = NULL;
	struct kf_digest *digest = &a->digest[n];
	struct kf_file file = { 0 };
	enum kf_status status = kf_file_open(&file, a->files[n], why);

	if (status == KF_OK)
		status = look(&file, &format, digest, a->work);
	if (status == KF_OK) {
		a->whole[n] = realpath(a->files[n], NULL);
		if (!a->whole[n])
			a->whole[n] = strdup(a->files[n]);
		if (!a->whole[n])
			status = KF_NO_MEMORY;
	}
	if (status == KF_OK)
		status = note_twice(a, n, why);
	if (status == KF_OK) {
		kf_bind_text(a->put, 3, kf_text(a->whole[n]));
		kf_bind_bytes(a->put, 4, kf_view(digest->bytes, digest->len));
		kf_bind_number(a->put, 5, (int64_t)file.source.size);
		kf_bind_text(a->put, 6, kf_text(format ? format->name : ""));
		status = kf_query_run(a->put, NULL, why);
	}
	if (status != KF_OK && !why->what[0])
		kf_fault_say(why, NULL, status == KF_NO_MEMORY
			     ? "out of memory" : "cannot be read");
	kf_file_close(&file);
	return status;
}

/* put_files adds all; a fault names the file. */
static enum kf_status put_files(struct adding *a, const char *name, size_t num,
				struct kf_fault *why)
{
	enum kf_status status = KF_OK;

	for (size_t n = 0; n < num && status == KF_OK; n++) {
		struct kf_fault its = { "", "" };

		kf_bind_text(a->put, 1, kf_text(name));
		kf_bind_number(a->put, 2, (int64_t)n);
		status = put_file(a, n, &its);
		if (status != KF_OK)
			kf_say_path(why, a->files[n], its.hint, "%s",
				    its.what);
	}
	for (size_t n = 0; n < num; n++)
		free(a->whole[n]);
	return status;
}

/* replace puts the files in place of those that the release had. */
static enum kf_status replace(struct kf_fleet *fleet, struct adding *a,
			      const char *name, size_t num,
			      struct kf_fault *why)
{
	struct kf_fault had = { "", "" };
	uint64_t old = 0;
	enum kf_status status = drop(fleet, name, &old, why);

	if (status == KF_OK)
		status = kf_db_prepare(&a->put, fleet->db,
				       "INSERT INTO artifact (release, place,"
				       " path, sha256, size, format)"
				       " VALUES ($1, $2, $3, $4, $5, $6)",
				       why);
	if (status == KF_OK)
		status = put_files(a, name, num, why);
	kf_query_close(a->put);
	if (status != KF_OK || !old)
		return status;
	kf_fault_say(&had, NULL,
		     "takes the place of a release of that name, of %llu files",
		     (unsigned long long)old);
	tell(a, name, &had);
	return status;
}

enum kf_status kf_fleet_release_put(struct kf_fleet *fleet, const char *name,
				    const char *const *files, size_t num,
				    struct kf_work *work,
				    const struct kf_import_told *told,
				    struct kf_fault *why)
{
	const char *wrong = kf_record_name(kf_text(name), KF_NAME_LEN);
	struct adding *a;
	enum kf_status status;

	if (wrong || num == 0 || num > FILES_MAX) {
		kf_fault_say(why, NULL, "%s%s", wrong
			     ? "the name of the release " : "",
			     wrong ? wrong : "a release has 1 to 256 files");
		return KF_WRONG_USE;
	}
	a = calloc(1, sizeof(*a));
	if (!a) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	a->files = files;
	a->told = told;
	a->work = work;
	status = kf_db_begin(fleet->db, true, why);
	if (status == KF_OK)
		status = replace(fleet, a, name, num, why);
	free(a);
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
