/* Tiles at the right edge of a log: they grow, and tell its root.
 */
#include "tlog_parts.h"

#include <string.h>

/* over is the root over hashes of one row, a power of two of them. */
static enum kf_status over(struct kf_hash *out, const struct kf_hash *hash,
			   size_t num, const struct kf_crypto *crypto)
{
	struct kf_hash row[KF_TILE_WIDTH];
	enum kf_status status = KF_OK;

	memcpy(row, hash, num * sizeof(row[0]));
	for (; num > 1 && status == KF_OK; num /= 2)
		for (size_t i = 0; i < num / 2 && status == KF_OK; i++)
			status = kf_hash_node(&row[i], crypto, &row[2 * i],
					      &row[2 * i + 1]);
	*out = row[0];
	return status;
}

enum kf_status kf_tlog_rows_add(struct kf_tlog_rows *rows,
				const struct kf_hash *leaf,
				const struct kf_crypto *crypto,
				const struct kf_tlog_full *full)
{
	struct kf_hash node = *leaf;

	rows->size++;
	for (unsigned level = 0; level < KF_TLOG_LEVELS; level++) {
		struct kf_tlog_row *row = &rows->row[level];
		enum kf_status status;

		row->hash[row->num++] = node;
		if (row->num < KF_TILE_WIDTH)
			return KF_OK;
		status = full->full(full->self, level, row);
		if (status == KF_OK)
			status = over(&node, row->hash, row->num, crypto);
		if (status != KF_OK)
			return status;
		row->num = 0;
		row->n++;
	}
	return KF_WRONG_USE;
}

enum kf_status kf_tlog_rows_edge(struct kf_frontier *out,
				 const struct kf_tlog_rows *rows,
				 const struct kf_crypto *crypto)
{
	enum kf_status status = KF_OK;

	out->size = rows->size;
	for (unsigned i = 0; i < KF_TREE_HEIGHT && status == KF_OK; i++) {
		const struct kf_tlog_row *row =
			&rows->row[i / KF_TILE_HEIGHT];
		size_t num = (size_t)1 << i % KF_TILE_HEIGHT;

		if (rows->size >> i & 1)
			status = over(&out->hash[i], row->hash +
				      (row->num & ~(2 * num - 1)), num,
				      crypto);
	}
	return status;
}

/* read_row reads one tile of an edge. */
static enum kf_status read_row(struct kf_tlog_row *row, struct kf_tlog *log,
			       unsigned level, struct kf_fault *why)
{
	char name[KF_TLOG_NAME_LEN];
	struct kf_tlog_file tile;
	enum kf_status status;

	status = kf_tlog_tile_read(&tile, log->folder, (int)level, row->n,
				   row->num, why);
	if (status != KF_OK)
		return status;
	log->tiles_read++;
	if (tile.len >= row->num * KF_HASH_LEN) {
		memcpy(row->hash, tile.data, row->num * KF_HASH_LEN);
	} else {
		kf_tlog_tile_name(name, (int)level, row->n, row->num);
		kf_fault_say(&log->wrong, NULL, tile.data ?
			     "%s is too short" : "%s is not there", name);
	}
	kf_tlog_file_close(&tile);
	return KF_OK;
}

enum kf_status kf_tlog_rows_read(struct kf_tlog_rows *out,
				 struct kf_tlog *log, uint64_t size,
				 struct kf_fault *why)
{
	enum kf_status status = KF_OK;

	memset(out, 0, sizeof(*out));
	out->size = size;
	for (unsigned level = 0; level < KF_TLOG_LEVELS && status == KF_OK;
	     level++) {
		struct kf_tlog_row *row = &out->row[level];
		uint64_t hashes = size >> level * KF_TILE_HEIGHT;

		row->n = hashes / KF_TILE_WIDTH;
		row->num = hashes % KF_TILE_WIDTH;
		if (row->num > 0 && !log->wrong.what[0])
			status = read_row(row, log, level, why);
	}
	return status;
}
