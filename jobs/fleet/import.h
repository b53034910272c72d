/* One file while it is taken in.
 */
#ifndef KEYFIT_JOBS_FLEET_IMPORT_H
#define KEYFIT_JOBS_FLEET_IMPORT_H

#include "parts.h"

enum {
	REMEMBERED = 1 << 14,	/* trust stores that were just seen */
	REMEMBERED_LEN = 4096,	/* and are told in so few bytes */
	TIMES = 64,
	TIME_LEN = 40,
};

/* remembered is what a record said of its store, and the class that it was. */
struct remembered {
	enum kf_told_by told_by;
	char *text;
	size_t len;
	int64_t class_id;
};

struct kf_importing {
	struct kf_fleet *fleet;
	struct kf_import_count *count;
	const struct kf_import_told *told;
	struct kf_fault *why;
	const char *path;
	const struct kf_ask *how;
	struct kf_osquery *osquery;	/* what its tables told; or NULL */
	struct kf_batch *batch;	/* for a server; NULL: rows go one by one */
	int64_t now_s, id;
	uint64_t size;		/* of the file */
	struct kf_query *put, *seen;
	struct remembered *memory;
	struct read_time {
		char text[TIME_LEN];
		size_t len;
		int64_t time_s;
	} time[TIMES];		/* that were just read */
};

/* import.c: what import_file.c asks of it. kf_import_no_memory words that there
 * is none. kf_import_tell hands on why a device could not be opened: the
 * record's fault, unless memory ran out. kf_import_open opens the device that a
 * record tells of. kf_import_device takes in a device that is open; `time` is
 * when it was reported, or NULL. kf_import_class finds its class, and nothing
 * else. kf_import_folder is the folder that a device may not lead out of: its
 * own, or that of its file; NULL: out of memory. Owns: it, until free. */
KF_MUST char *kf_import_folder(const char *path);
KF_MUST enum kf_status kf_import_no_memory(struct kf_importing *i);
KF_MUST enum kf_status kf_import_tell(struct kf_importing *i,
				      const struct kf_record *r,
				      enum kf_status status,
				      const struct kf_fault *why);
KF_MUST enum kf_status kf_import_open(struct kf_importing *i,
				      const struct kf_record *r,
				      struct kf_device *device,
				      struct kf_fault *why);
KF_MUST enum kf_status kf_import_device(struct kf_importing *i, uint64_t line,
					const struct kf_device *device,
					const char *time);
KF_MUST enum kf_status kf_import_class(struct kf_importing *i,
				       const struct kf_record *r,
				       const struct kf_device *device,
				       int64_t *id);

/* kf_import_stranger refuses a record of a device that is not known, and
 * kf_import_twice one of two that contradict each other. */
void kf_import_stranger(struct kf_importing *i, uint64_t line,
			struct kf_bytes device);
void kf_import_twice(struct kf_importing *i, uint64_t line,
		     struct kf_bytes device);

/* batch.c: kf_batch_put takes a record that is sound; `class_id` 0: the device
 * stays of its class. kf_batch_done does those that wait; NULL: none do.
 * Fails: where the import as a whole does. Owns: `*out`, until kf_batch_close,
 * even where kf_batch_open fails. */
KF_MUST enum kf_status kf_batch_open(struct kf_batch **out,
				     struct kf_importing *i);
KF_MUST enum kf_status kf_batch_put(struct kf_batch *b,
				    const struct kf_record *r,
				    int64_t class_id, int64_t reported_s);
KF_MUST enum kf_status kf_batch_done(struct kf_batch *b);
void kf_batch_close(struct kf_batch *b);

#endif
