/* What the files that hold a fleet share.
 */
#ifndef KEYFIT_JOBS_FLEET_PARTS_H
#define KEYFIT_JOBS_FLEET_PARTS_H

#include "fleet.h"

enum {
	KF_NAME_LEN = 255,	/* of a device, a release */
	KF_GROUP_LEN = 64,
	KF_LABELS_LEN = 4096,
	KF_CLASS_LEN = 32,	/* of a digest */
};

struct kf_fleet {
	struct kf_db *db;
	const struct kf_crypto *crypto;
	const char *where;
	struct kf_query *find_blob, *find_class, *find_content, *put_blob,
		*put_class, *names;
	struct kf_blobs blobs;
};

/* kf_fleet_ready prepares a statement that stays as long as the fleet. */
KF_MUST enum kf_status kf_fleet_ready(struct kf_fleet *fleet,
				      struct kf_query **query,
				      const char *sql, struct kf_fault *why);

/* class.c: kf_class_of finds the class of a device, and makes it where there is
 * none; `*made` then. kf_class_named finds one by its digest in hex.
 * Fails: KF_WRONG_USE, there is none. */
KF_MUST enum kf_status kf_class_of(struct kf_fleet *fleet, int64_t *id,
				   const struct kf_device *device, bool *made,
				   struct kf_fault *why);
KF_MUST enum kf_status kf_class_named(struct kf_fleet *fleet, int64_t *id,
				      struct kf_bytes hex,
				      struct kf_fault *why);

/* lines.c: a text file, line by line. A line that is longer than KF_LINE_MAX is
 * skipped, and told as `too_long`. */
#define KF_LINE_MAX (16u << 20)

struct kf_lines {
	const struct kf_source *source;
	uint64_t at;		/* of the bytes behind those in memory */
	char *data;
	size_t size, len;
	size_t start, from;	/* of this line, and of what is not read yet */
	size_t first_len;	/* of it, before others were joined to it */
	uint64_t number;	/* of the line, from 1 */
	uint64_t first_number;
	bool too_long;
};

void kf_lines_close(struct kf_lines *lines);
KF_MUST enum kf_status kf_lines_next(struct kf_lines *lines,
				     struct kf_bytes *line, bool *more,
				     struct kf_fault *why);

/* kf_lines_join puts the next line behind this one; `*more` false: there is
 * none, and `line` is gone. kf_lines_back undoes that: it is the first one
 * alone, and those behind it come again. */
KF_MUST enum kf_status kf_lines_join(struct kf_lines *lines,
				     struct kf_bytes *line, bool *more,
				     struct kf_fault *why);
void kf_lines_back(struct kf_lines *lines, struct kf_bytes *line);

/* How a record says what its device trusts. */
enum kf_told_by {
	KF_TOLD_NOTHING = 0,	/* as before */
	KF_TOLD_CLASS,		/* digest of a class, in hex */
	KF_TOLD_PATH,		/* of a device, below the file's folder */
	KF_TOLD_PROFILE,	/* JSON of a profile */
	KF_TOLD_WHOLE,		/* JSON of a collected or stored device */
};

/* kf_record is one record. A text that is not given has no data. */
struct kf_record {
	uint64_t line;
	struct kf_bytes device, release;
	struct kf_bytes reported;	/* a time */
	struct kf_bytes groups;		/* ",beta,eu," */
	struct kf_bytes labels;		/* a JSON object, in order */
	enum kf_told_by told_by;
	struct kf_bytes trust;
};

/* kf_importing is one file while it is taken in. */
struct kf_importing;

/* import.c: kf_import_put takes a record; what is wrong with it is told.
 * kf_import_bad tells of a line that is no record. Fails: only where the import
 * as a whole fails. */
KF_MUST enum kf_status kf_import_put(struct kf_importing *i,
				     const struct kf_record *record);
void kf_import_bad(struct kf_importing *i, uint64_t line, const char *what,
		   const char *hint);
void kf_import_progress(struct kf_importing *i, uint64_t done);
struct kf_fault *kf_import_why(struct kf_importing *i);

/* record.c: kf_groups_add adds a group to a text of groups, in order; the text
 * starts empty. kf_record_name tells what is wrong with a name; NULL: nothing
 * is. kf_path_below tells whether a path stays below its folder. */
KF_MUST const char *kf_groups_add(struct kf_output *groups,
				  struct kf_bytes name);
const char *kf_record_name(struct kf_bytes name, size_t most);
bool kf_path_below(struct kf_bytes path);

/* One file for each form of records. */
KF_MUST enum kf_status kf_import_csv(struct kf_importing *i,
				     struct kf_lines *lines,
				     struct kf_bytes head);
KF_MUST enum kf_status kf_import_json(struct kf_importing *i,
				      struct kf_lines *lines);
KF_MUST enum kf_status kf_import_list(struct kf_importing *i,
				      const struct kf_source *source,
				      uint64_t from);
KF_MUST enum kf_status kf_import_tar(struct kf_importing *i,
				     const struct kf_source *source,
				     const char *path);
bool kf_tar_likely(struct kf_bytes head);

/* kf_csv_likely tells by which byte a line parts the names of columns; NUL: it
 * does not name any. */
char kf_csv_likely(struct kf_bytes line);

/* kf_import_whole takes JSON of a collected or stored device, with what is said
 * of it beside. */
KF_MUST enum kf_status kf_import_whole(struct kf_importing *i, uint64_t line,
				       struct kf_bytes json);

#endif
