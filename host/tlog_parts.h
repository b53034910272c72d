/* What the files of a log's own code share: names, whole files, rows of tiles.
 */
#ifndef KEYFIT_HOST_TLOG_PARTS_H
#define KEYFIT_HOST_TLOG_PARTS_H

#include "tlog.h"

enum {
	KF_TLOG_NAME_LEN = 96,
	/* Any file that is not entries; and of entries. */
	KF_TLOG_FILE_MAX = KF_NOTE_MAX,
	KF_TLOG_BUNDLE_MAX = KF_TILE_WIDTH * (2 + KF_TLOG_ENTRY_MAX),
};

#define KF_TLOG_CHECKPOINT "checkpoint"
#define KF_TLOG_STATE "state"
#define KF_TLOG_LOCK "state/lock"
#define KF_TLOG_SIGNED "state/signed"
#define KF_TLOG_EDGE "state/edge"
#define KF_TLOG_JOURNAL "state/journal"
#define KF_TLOG_NEW "state/new"

/* kf_tlog_file is a file's bytes; `data` NULL: it is not there.
 * Owns: them, until freed. */
struct kf_tlog_file {
	uint8_t *data;
	size_t len;
	bool full;	/* a full tile, which took the place of one that was
			 * not */
};

KF_MUST enum kf_status kf_tlog_file_read(struct kf_tlog_file *out, int folder,
					 const char *name, size_t max,
					 struct kf_fault *why);
void kf_tlog_file_close(struct kf_tlog_file *file);

/* kf_tlog_file_write puts a file under its name, whole and on the disk, with
 * the folders that it lies in. */
KF_MUST enum kf_status kf_tlog_file_write(int folder, const char *name,
					  struct kf_bytes bytes,
					  struct kf_fault *why);
/* kf_tlog_file_put does so, but it is not on the disk before
 * kf_tlog_sync_all: of many files that is faster. */
KF_MUST enum kf_status kf_tlog_file_put(int folder, const char *name,
					struct kf_bytes bytes,
					struct kf_fault *why);
KF_MUST enum kf_status kf_tlog_sync_all(int folder, struct kf_fault *why);
enum kf_status kf_tlog_cannot(struct kf_fault *why, const char *name,
			      int error);
KF_MUST enum kf_status kf_tlog_sync(int folder, const char *of,
				    struct kf_fault *why);

/* kf_tlog_tile_name is a tile's name; level -1: entries. `width` 256: full. */
void kf_tlog_tile_name(char out[KF_TLOG_NAME_LEN], int level, uint64_t n,
		       size_t width);

/* kf_tlog_tile_read reads a tile of `width`: itself, or the full one that took
 * its place. Not there: `data` NULL. */
KF_MUST enum kf_status kf_tlog_tile_read(struct kf_tlog_file *out, int folder,
					 int level, uint64_t n, size_t width,
					 struct kf_fault *why);

/* kf_tlog_rows are the tiles at the right edge, of each level. */
struct kf_tlog_rows {
	uint64_t size;
	struct kf_tlog_row row[KF_TLOG_LEVELS];
};

/* kf_tlog_rows_add puts a leaf behind the others. A row that is full is handed
 * to `full` before it is emptied. */
struct kf_tlog_full {
	enum kf_status (*full)(void *self, unsigned level,
			       const struct kf_tlog_row *row);
	void *self;
};

KF_MUST enum kf_status kf_tlog_rows_add(struct kf_tlog_rows *rows,
					const struct kf_hash *leaf,
					const struct kf_crypto *crypto,
					const struct kf_tlog_full *full);

KF_MUST enum kf_status kf_tlog_rows_edge(struct kf_frontier *out,
					 const struct kf_tlog_rows *rows,
					 const struct kf_crypto *crypto);

/* kf_tlog_rows_read reads those of a size out of the tiles. `log->wrong` says
 * what is not there. */
KF_MUST enum kf_status kf_tlog_rows_read(struct kf_tlog_rows *out,
					 struct kf_tlog *log, uint64_t size,
					 struct kf_fault *why);

/* kf_tlog_note_of takes a checkpoint's bytes, which it owns from then on, and
 * asks the log's key. `log->wrong` says what is wrong with it. */
KF_MUST enum kf_status kf_tlog_note_of(struct kf_checkpoint *out,
				       struct kf_tlog *log,
				       struct kf_bytes bytes);

/* kf_tlog_writer, of which others see the name. What is signed of the log is in
 * `log`; behind that come the entries that are durable and not published. */
struct kf_tlog_grown {
	uint8_t *data;
	size_t len, size;
};

struct kf_tlog_writer {
	struct kf_tlog log;
	struct kf_tlog_signer signer;
	int lock, journal;
	uint64_t journal_len;
	bool broken;			/* what the journal holds is unknown */
	bool shown;			/* the checkpoint is that of `log` */
	struct kf_tlog_rows *rows;
	uint64_t was[KF_TLOG_LEVELS];	/* tiles of the edge that was shown */
	struct kf_tlog_grown bundle;	/* entries of the edge */
	struct kf_tlog_grown pending;	/* as bundles have them */
	struct kf_tlog_grown leaves;	/* their hashes */
};

KF_MUST bool kf_tlog_grow(struct kf_tlog_grown *out, struct kf_bytes more);

/* kf_tlog_journal_open takes up the journal; kf_tlog_journal_new starts one
 * behind what is signed. */
KF_MUST enum kf_status kf_tlog_journal_open(struct kf_tlog_writer *w,
					    struct kf_fault *why);
KF_MUST enum kf_status kf_tlog_journal_new(struct kf_tlog_writer *w,
					   struct kf_fault *why);

/* kf_tlog_show makes what is signed the log's checkpoint, where it is not. */
KF_MUST enum kf_status kf_tlog_show(struct kf_tlog_writer *w,
				    struct kf_fault *why);

/* kf_tlog_sign makes and keeps the checkpoint of some rows. */
KF_MUST enum kf_status kf_tlog_sign(struct kf_tlog_writer *w,
				    const struct kf_tlog_rows *rows,
				    struct kf_fault *why);

/* kf_tlog_entry_next takes an entry off the front of a bundle. Fails: false, it
 * is cut short. */
bool kf_tlog_entry_next(struct kf_bytes *out, struct kf_bytes *bundle);

#endif
