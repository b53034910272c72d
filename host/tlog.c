/* Reads a log: its checkpoint, proofs out of its tiles.
 */
#include "tlog_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kf_status kf_tlog_note_of(struct kf_checkpoint *out, struct kf_tlog *log,
			       struct kf_bytes bytes)
{
	struct kf_damage damage = { NULL, 0 };
	/* The text itself is signed: nothing is put together. */
	struct kf_arena none = { NULL, 0, 0 };
	struct kf_env env = { .crypto = log->crypto, .arena = &none };
	struct kf_note_said said;
	enum kf_status status;

	if (!kf_checkpoint_read(out, bytes, &damage)) {
		kf_fault_say(&log->wrong, NULL,
			     "the checkpoint is malformed at byte %llu: %s",
			     (unsigned long long)damage.at, damage.field);
		return KF_OK;
	}
	status = kf_note_ask(&said, &out->note, &log->key, &env);
	if (status != KF_OK)
		return status;
	if (said.answer != KF_YES)
		kf_fault_say(&log->wrong, NULL, said.answer == KF_NO
			     ? "the checkpoint's signature by %s does not hold"
			     : "the checkpoint has no signature by %s",
			     log->name);
	else if (!kf_equal(out->origin, log->key.name))
		kf_fault_say(&log->wrong, NULL,
			     "the checkpoint is that of another log than %s",
			     log->name);
	return KF_OK;
}

/* near_tile finds a tile among those that were read, or reads it. */
static enum kf_status near_tile(const struct kf_tlog_row **out,
				struct kf_tlog *log, unsigned level,
				uint64_t n, struct kf_fault *why)
{
	struct kf_tlog_row *row = &log->near[level];
	uint64_t hashes = log->checkpoint.size >> level * KF_TILE_HEIGHT;
	size_t width = hashes / KF_TILE_WIDTH > n
		? (size_t)KF_TILE_WIDTH : (size_t)(hashes % KF_TILE_WIDTH);
	char name[KF_TLOG_NAME_LEN];
	struct kf_tlog_file tile;
	enum kf_status status;

	*out = row;
	if (row->num == width && row->n == n)
		return KF_OK;
	status = kf_tlog_tile_read(&tile, log->folder, (int)level, n, width,
				   why);
	if (status != KF_OK)
		return status;
	log->tiles_read++;
	row->n = n;
	row->num = width;
	if (tile.len >= width * KF_HASH_LEN) {
		memcpy(row->hash, tile.data, width * KF_HASH_LEN);
	} else {
		kf_tlog_tile_name(name, (int)level, n, width);
		kf_fault_say(&log->wrong, NULL, tile.data ?
			     "%s is too short" : "%s is not there", name);
		row->num = 0;
	}
	kf_tlog_file_close(&tile);
	return KF_OK;
}

/* reading is a log whose tiles are asked for. */
struct reading {
	struct kf_tlog *log;
	struct kf_fault *why;
};

/* hashes gives some of a tile. One that is not there is what is wrong with the
 * log: zeros come in its place, and no proof made of them holds. */
static enum kf_status hashes(void *self, struct kf_hash *out, unsigned level,
			     uint64_t from, size_t num)
{
	struct reading *r = self;
	const struct kf_tlog_row *row;
	size_t at = (size_t)(from % KF_TILE_WIDTH);
	enum kf_status status = near_tile(&row, r->log, level,
					  from / KF_TILE_WIDTH, r->why);

	if (status != KF_OK)
		return status;
	if (at + num <= row->num)
		memcpy(out, row->hash + at, num * sizeof(*out));
	else
		memset(out, 0, num * sizeof(*out));
	return KF_OK;
}

/* take_edge takes the right edge as the writer left it, when it adds up to the
 * root that was signed. */
static enum kf_status take_edge(bool *good, struct kf_tlog *log,
				struct kf_fault *why)
{
	struct kf_tlog_file file;
	struct kf_hash root;
	enum kf_status status = kf_tlog_file_read(&file, log->folder,
						  KF_TLOG_EDGE,
						  KF_TLOG_FILE_MAX, why);

	*good = false;
	if (status != KF_OK || file.len != sizeof(log->edge.hash)) {
		kf_tlog_file_close(&file);
		return status;
	}
	log->edge.size = log->checkpoint.size;
	memcpy(log->edge.hash, file.data, sizeof(log->edge.hash));
	kf_tlog_file_close(&file);
	status = kf_frontier_root(&root, &log->edge, log->crypto);
	*good = status == KF_OK && kf_hash_same(&root, &log->checkpoint.root);
	return status;
}

static enum kf_status read_edge(struct kf_tlog *log, struct kf_fault *why)
{
	struct kf_tlog_rows *rows;
	struct kf_hash root;
	enum kf_status status;
	bool good;

	status = take_edge(&good, log, why);
	if (status != KF_OK || good)
		return status;
	rows = malloc(sizeof(*rows));
	if (!rows)
		return kf_tlog_cannot(why, "", ENOMEM);
	status = kf_tlog_rows_read(rows, log, log->checkpoint.size, why);
	if (status == KF_OK)
		status = kf_tlog_rows_edge(&log->edge, rows, log->crypto);
	free(rows);
	if (status == KF_OK)
		status = kf_frontier_root(&root, &log->edge, log->crypto);
	if (status == KF_OK && !kf_hash_same(&root, &log->checkpoint.root))
		kf_fault_say(&log->wrong, NULL,
			     "the tiles do not add up to the root that was signed");
	return status;
}

static enum kf_status read_checkpoint(struct kf_tlog *log,
				      struct kf_fault *why)
{
	struct kf_tlog_file file;
	enum kf_status status;

	status = kf_tlog_file_read(&file, log->folder, KF_TLOG_CHECKPOINT,
				   KF_TLOG_FILE_MAX, why);
	if (status != KF_OK)
		return status;
	if (!file.data) {
		kf_fault_say(why, "`keyfit ledger init` makes a log",
			     "there is no log: it has no checkpoint");
		return KF_CANNOT_READ;
	}
	log->note = file.data;
	return kf_tlog_note_of(&log->checkpoint, log,
			       kf_view(file.data, file.len));
}

enum kf_status kf_tlog_open(struct kf_tlog *out, const char *path,
			    const struct kf_note_key *key,
			    const struct kf_crypto *crypto,
			    struct kf_fault *why)
{
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	out->crypto = crypto;
	out->key = *key;
	memcpy(out->name, key->name.data, key->name.len);
	out->key.name = kf_text(out->name);
	out->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->folder < 0) {
		out->crypto = NULL;
		return kf_tlog_cannot(why, "folder", errno);
	}
	status = read_checkpoint(out, why);
	if (status == KF_OK && !out->wrong.what[0])
		status = read_edge(out, why);
	if (status != KF_OK)
		kf_tlog_close(out);
	return status;
}

void kf_tlog_close(struct kf_tlog *log)
{
	if (log->crypto)
		close(log->folder);
	free(log->note);
	memset(log, 0, sizeof(*log));
}

/* unproven: what was asked for is not there, or the tiles say something else
 * than what was signed. */
static void unproven(struct kf_tlog *log, bool holds, const char *what)
{
	if (!holds)
		kf_fault_say(&log->wrong, NULL, "%s", what);
}

enum kf_status kf_tlog_prove(struct kf_proof *out, struct kf_tlog *log,
			     uint64_t index, const struct kf_hash *leaf,
			     struct kf_fault *why)
{
	struct reading reading = { log, why };
	struct kf_tree tree = { log->checkpoint.size, &log->edge, log->crypto,
				hashes, &reading };
	struct kf_inclusion claim = { index, tree.size, *leaf,
				      log->checkpoint.root, out };
	enum kf_status status = kf_prove_inclusion(out, &tree, index);
	bool holds = false;

	if (status == KF_WRONG_USE)
		kf_fault_say(why, NULL,
			     "the log has no entry %llu: its checkpoint is of %llu entries",
			     (unsigned long long)index,
			     (unsigned long long)tree.size);
	if (status == KF_OK)
		status = kf_inclusion_holds(&holds, &claim, log->crypto);
	if (status == KF_OK)
		unproven(log, holds,
			 "the tiles do not prove that the entry is in the log");
	return status;
}

enum kf_status kf_tlog_since(struct kf_proof *out, struct kf_tlog *log,
			     uint64_t old_size, struct kf_fault *why)
{
	struct reading reading = { log, why };
	struct kf_tree tree = { log->checkpoint.size, &log->edge, log->crypto,
				hashes, &reading };
	enum kf_status status = kf_prove_consistency(out, &tree, old_size);

	if (status == KF_WRONG_USE)
		kf_fault_say(why, NULL,
			     "the log is smaller than it was: %llu entries, not %llu",
			     (unsigned long long)tree.size,
			     (unsigned long long)old_size);
	return status;
}

enum kf_status kf_tlog_prove_since(struct kf_proof *out, struct kf_tlog *log,
				   uint64_t old_size,
				   const struct kf_hash *old_root,
				   struct kf_fault *why)
{
	struct kf_consistency claim = { old_size, log->checkpoint.size,
					*old_root, log->checkpoint.root,
					out };
	enum kf_status status = kf_tlog_since(out, log, old_size, why);
	bool holds = false;

	if (status == KF_OK)
		status = kf_consistency_holds(&holds, &claim, log->crypto);
	if (status == KF_OK)
		unproven(log, holds,
			 "the log does not go on from what it was");
	return status;
}
