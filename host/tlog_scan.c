/* Reads all of a log, and holds every byte of it against its checkpoint.
 */
#include "tlog_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* scanning is how far it came: the tiles as they have to be. */
struct scanning {
	struct kf_tlog *log;
	const struct kf_tlog_visitor *visitor;
	struct kf_fault *why;
	struct kf_tlog_rows rows;
};

/* same_tile holds a tile against what it has to be. */
static enum kf_status same_tile(void *self, unsigned level,
				const struct kf_tlog_row *row)
{
	struct scanning *s = self;
	char name[KF_TLOG_NAME_LEN];
	struct kf_tlog_file tile;
	size_t len = row->num * KF_HASH_LEN;
	enum kf_status status;

	kf_tlog_tile_name(name, (int)level, row->n, row->num);
	status = kf_tlog_tile_read(&tile, s->log->folder, (int)level, row->n,
				   row->num, s->why);
	if (status != KF_OK)
		return status;
	s->log->tiles_read++;
	if (!tile.data)
		kf_fault_say(&s->log->wrong, NULL, "%s is not there", name);
	else if (tile.len < len || memcmp(tile.data, row->hash, len) != 0 ||
		 tile.len != (tile.full ? KF_TILE_WIDTH * KF_HASH_LEN : len))
		kf_fault_say(&s->log->wrong, NULL,
			     "%s is not what its entries add up to", name);
	kf_tlog_file_close(&tile);
	return KF_OK;
}

/* one takes an entry. */
static enum kf_status one(struct scanning *s, struct kf_bytes entry)
{
	const struct kf_tlog_full full = { same_tile, s };
	uint64_t index = s->rows.size;
	struct kf_hash leaf;
	enum kf_status status = kf_hash_leaf(&leaf, s->log->crypto, entry);

	if (status == KF_OK)
		status = kf_tlog_rows_add(&s->rows, &leaf, s->log->crypto,
					  &full);
	if (status == KF_OK && s->visitor)
		status = s->visitor->each(s->visitor->self, index, entry);
	return status;
}

/* bundle takes the entries of one tile, `width` of them. */
static enum kf_status bundle(struct scanning *s, uint64_t n, size_t width)
{
	char name[KF_TLOG_NAME_LEN];
	struct kf_tlog_file file;
	struct kf_bytes rest, entry;
	enum kf_status status;
	size_t i = 0;

	kf_tlog_tile_name(name, -1, n, width);
	status = kf_tlog_tile_read(&file, s->log->folder, -1, n, width,
				   s->why);
	if (status != KF_OK)
		return status;
	rest = kf_view(file.data, file.len);
	for (; i < width && status == KF_OK &&
	     kf_tlog_entry_next(&entry, &rest); i++)
		status = one(s, entry);
	if (status == KF_OK && !file.data)
		kf_fault_say(&s->log->wrong, NULL, "%s is not there", name);
	else if (status == KF_OK && i < width)
		kf_fault_say(&s->log->wrong, NULL, "%s is cut short", name);
	for (; status == KF_OK && file.full && i < KF_TILE_WIDTH; i++)
		if (!kf_tlog_entry_next(&entry, &rest))
			break;
	if (status == KF_OK && rest.len)
		kf_fault_say(&s->log->wrong, NULL, "%s goes on behind its end",
			     name);
	kf_tlog_file_close(&file);
	return status;
}

/* last_tiles holds those at the edge, and the root, against the entries. */
static enum kf_status last_tiles(struct scanning *s)
{
	struct kf_frontier edge;
	struct kf_hash root;
	enum kf_status status = KF_OK;

	for (unsigned i = 0; i < KF_TLOG_LEVELS && status == KF_OK; i++)
		if (s->rows.row[i].num > 0)
			status = same_tile(s, i, &s->rows.row[i]);
	if (status == KF_OK)
		status = kf_tlog_rows_edge(&edge, &s->rows, s->log->crypto);
	if (status == KF_OK)
		status = kf_frontier_root(&root, &edge, s->log->crypto);
	if (status == KF_OK && !kf_hash_same(&root, &s->log->checkpoint.root))
		kf_fault_say(&s->log->wrong, NULL,
			     "the entries do not add up to the root that was signed");
	return status;
}

enum kf_status kf_tlog_scan(struct kf_tlog *log,
			    const struct kf_tlog_visitor *visitor,
			    struct kf_fault *why)
{
	struct scanning *s = calloc(1, sizeof(*s));
	uint64_t left = log->checkpoint.size;
	enum kf_status status = KF_OK;

	if (!s)
		return kf_tlog_cannot(why, "", ENOMEM);
	s->log = log;
	s->visitor = visitor;
	s->why = why;
	for (uint64_t n = 0; left > 0 && status == KF_OK &&
	     !log->wrong.what[0]; n++) {
		size_t width = left < KF_TILE_WIDTH ? (size_t)left
						    : (size_t)KF_TILE_WIDTH;

		status = bundle(s, n, width);
		left -= width;
	}
	if (status == KF_OK && !log->wrong.what[0])
		status = last_tiles(s);
	free(s);
	return status;
}

enum kf_status kf_tlog_recent(const struct kf_tlog_writer *w,
			      const struct kf_tlog_visitor *visitor)
{
	const struct kf_tlog_grown *part[] = { &w->bundle, &w->pending };
	uint64_t index = w->rows->size - w->rows->row[0].num;
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < 2; i++) {
		struct kf_bytes rest = kf_view(part[i]->data, part[i]->len);
		struct kf_bytes entry;

		while (status == KF_OK && rest.len &&
		       kf_tlog_entry_next(&entry, &rest))
			status = visitor->each(visitor->self, index++, entry);
	}
	return status;
}

enum kf_status kf_tlog_origin(char out[KF_NOTE_NAME_MAX + 1],
			      const char *path, struct kf_fault *why)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct kf_tlog_file file;
	enum kf_status status;
	size_t len = 0;

	if (folder < 0)
		return kf_tlog_cannot(why, "folder", errno);
	status = kf_tlog_file_read(&file, folder, KF_TLOG_SIGNED,
				   KF_TLOG_FILE_MAX, why);
	if (status == KF_OK && !file.data)
		status = kf_tlog_file_read(&file, folder, KF_TLOG_CHECKPOINT,
					   KF_TLOG_FILE_MAX, why);
	close(folder);
	if (status != KF_OK)
		return status;
	while (len < file.len && len < KF_NOTE_NAME_MAX &&
	       file.data[len] != '\n')
		len++;
	if (file.data && len)
		memcpy(out, file.data, len);
	out[len] = '\0';
	kf_tlog_file_close(&file);
	if (len > 0)
		return KF_OK;
	kf_fault_say(why, "`keyfit ledger init` makes a log",
		     "there is no log: it has no checkpoint");
	return KF_CANNOT_READ;
}

enum kf_status kf_tlog_entry(struct kf_bytes *out, uint8_t **memory,
			     struct kf_tlog *log, uint64_t index,
			     struct kf_fault *why)
{
	uint64_t n = index / KF_TILE_WIDTH, size = log->checkpoint.size;
	struct kf_bytes rest;
	struct kf_tlog_file file;
	struct kf_proof proof = { .num = 0 };
	struct kf_hash leaf;
	enum kf_status status;
	bool there = false;

	*memory = NULL;
	*out = kf_view(NULL, 0);
	status = kf_tlog_tile_read(&file, log->folder, -1, n,
				   size / KF_TILE_WIDTH > n
				   ? (size_t)KF_TILE_WIDTH
				   : (size_t)(size % KF_TILE_WIDTH), why);
	if (status != KF_OK)
		return status;
	rest = kf_view(file.data, file.len);
	for (uint64_t i = n * KF_TILE_WIDTH; i <= index; i++)
		there = kf_tlog_entry_next(out, &rest);
	*memory = file.data;
	status = kf_hash_leaf(&leaf, log->crypto, *out);
	if (status == KF_OK)
		status = kf_tlog_prove(&proof, log, index, &leaf, why);
	if (status == KF_OK && !there)
		kf_fault_say(&log->wrong, NULL, "entry %llu is not there",
			     (unsigned long long)index);
	return status;
}
