/* Entries put under a checkpoint: entries, then tiles, then what is signed,
 * then what is shown.
 */
#include "tlog_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NOTE_ROOM = 4096,
	/* So many entries fill so many tiles that the disk is better waited
	 * for once. */
	MANY = 8 * KF_TILE_WIDTH,
};

/* growing is a log on its way to the next checkpoint: its writer's own rows
 * and entries stay as they are until that is signed. */
struct growing {
	struct kf_tlog_writer *w;
	struct kf_tlog_rows *rows;
	struct kf_tlog_grown bundle;
	struct kf_fault *why;
	bool many;
};

static enum kf_status write_tile(struct growing *g, int level,
				 const struct kf_tlog_row *row,
				 struct kf_bytes bytes)
{
	char name[KF_TLOG_NAME_LEN];

	kf_tlog_tile_name(name, level, row->n, row->num);
	return (g->many ? kf_tlog_file_put : kf_tlog_file_write)(
		g->w->log.folder, name, bytes, g->why);
}

static enum kf_status write_row(void *self, unsigned level,
				const struct kf_tlog_row *row)
{
	struct growing *g = self;
	enum kf_status status = KF_OK;

	if (level == 0) {
		status = write_tile(g, -1, row, kf_view(g->bundle.data,
							g->bundle.len));
		g->bundle.len = 0;
	}
	return status != KF_OK ? status
		: write_tile(g, (int)level, row,
			     kf_view(row->hash, row->num * KF_HASH_LEN));
}

/* grow takes all entries that wait. */
static enum kf_status grow(struct growing *g)
{
	const struct kf_tlog_full full = { write_row, g };
	struct kf_tlog_writer *w = g->w;
	struct kf_bytes rest = kf_view(w->pending.data, w->pending.len), entry;
	enum kf_status status = KF_OK;

	for (size_t at = 0; at < w->leaves.len && status == KF_OK;
	     at += KF_HASH_LEN) {
		struct kf_bytes whole = rest;
		struct kf_hash leaf;

		memcpy(leaf.bytes, w->leaves.data + at, KF_HASH_LEN);
		if (!kf_tlog_entry_next(&entry, &rest))
			return KF_WRONG_USE;
		if (!kf_tlog_grow(&g->bundle, kf_part_of(whole, 0, whole.len -
							 rest.len)))
			return kf_tlog_cannot(g->why, "", ENOMEM);
		status = kf_tlog_rows_add(g->rows, &leaf, w->log.crypto,
					  &full);
	}
	if (status == KF_OK && g->rows->row[0].num > 0)
		status = write_tile(g, -1, &g->rows->row[0],
				    kf_view(g->bundle.data, g->bundle.len));
	for (unsigned i = 0; i < KF_TLOG_LEVELS && status == KF_OK; i++) {
		const struct kf_tlog_row *row = &g->rows->row[i];

		if (row->num > 0)
			status = write_tile(g, (int)i, row, kf_view(
				row->hash, row->num * KF_HASH_LEN));
	}
	return status == KF_OK && g->many
		? kf_tlog_sync_all(w->log.folder, g->why) : status;
}

/* sign_text makes the note of a checkpoint. Owns: `*out`, until freed. */
static enum kf_status sign_text(struct kf_tlog_file *out,
				struct kf_tlog_writer *w,
				const struct kf_frontier *edge,
				struct kf_fault *why)
{
	const struct kf_scheme scheme = { .kind = KF_SCHEME_ED25519 };
	uint64_t room[NOTE_ROOM / sizeof(uint64_t)];
	struct kf_arena arena = { (uint8_t *)room, sizeof(room), 0 };
	struct kf_signature signature;
	struct kf_bytes text, line, note;
	struct kf_hash root;
	enum kf_status status;

	status = kf_frontier_root(&root, edge, w->log.crypto);
	if (status != KF_OK)
		return status;
	text = kf_checkpoint_text(w->log.key.name, edge->size, &root, &arena);
	status = kf_sign(&signature, w->signer.key, &scheme, text,
			 w->log.crypto, why);
	if (status != KF_OK)
		return status;
	line = kf_note_line(&w->log.key,
			    kf_view(signature.bytes, signature.len), 0,
			    &arena);
	note = kf_checkpoint_join(text, false, line, &arena);
	out->data = malloc(note.len + 1);
	if (note.len == 0 || line.len == 0 || !out->data)
		return kf_tlog_cannot(why, "", ENOMEM);
	memcpy(out->data, note.data, note.len);
	out->len = note.len;
	return KF_OK;
}

enum kf_status kf_tlog_sign(struct kf_tlog_writer *w,
			    const struct kf_tlog_rows *rows,
			    struct kf_fault *why)
{
	struct kf_tlog_file note = { .data = NULL };
	struct kf_frontier edge = { .size = 0 };
	struct kf_checkpoint made;
	enum kf_status status;

	status = kf_tlog_rows_edge(&edge, rows, w->log.crypto);
	if (status == KF_OK)
		status = sign_text(&note, w, &edge, why);
	if (status == KF_OK)
		status = kf_tlog_note_of(&made, &w->log,
					 kf_view(note.data, note.len));
	if (status == KF_OK && w->log.wrong.what[0]) {
		kf_fault_say(why, NULL, "%s", w->log.wrong.what);
		status = KF_WRONG_USE;
	}
	if (status == KF_OK)
		status = kf_tlog_file_write(w->log.folder, KF_TLOG_SIGNED,
					    kf_view(note.data, note.len),
					    why);
	if (status != KF_OK) {
		kf_tlog_file_close(&note);
		return status;
	}
	free(w->log.note);
	w->log.note = note.data;
	w->log.checkpoint = made;
	w->log.edge = edge;
	w->shown = false;
	return KF_OK;
}

/* forget takes away the tiles that came before a full one. Who still looks for
 * them finds that; where it cannot be, they stay. */
static void forget(const struct kf_tlog_writer *w, int level, uint64_t n)
{
	char name[KF_TLOG_NAME_LEN];
	struct dirent *one;
	DIR *all;
	int fd;

	kf_tlog_tile_name(name, level, n, KF_TILE_WIDTH);
	strcat(name, ".p");
	fd = openat(w->log.folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	all = fd < 0 ? NULL : fdopendir(fd);
	if (!all && fd >= 0)
		close(fd);
	if (!all)
		return;
	while ((one = readdir(all)) != NULL)
		if (one->d_name[0] != '.')
			unlinkat(dirfd(all), one->d_name, 0);
	closedir(all);
	unlinkat(w->log.folder, name, AT_REMOVEDIR);
}

static void forget_all(struct kf_tlog_writer *w)
{
	for (unsigned i = 0; i < KF_TLOG_LEVELS; i++) {
		uint64_t n = w->rows->row[i].n;

		/* The one that filled last, and the one that was the edge. */
		for (unsigned k = 0; k < 2 && n > 0; k++) {
			uint64_t which = k ? w->was[i] : n - 1;

			if (which >= n)
				continue;
			forget(w, (int)i, which);
			if (i == 0)
				forget(w, -1, which);
		}
		w->was[i] = n;
	}
}

enum kf_status kf_tlog_show(struct kf_tlog_writer *w, struct kf_fault *why)
{
	struct kf_bytes note = w->log.checkpoint.note.whole;
	enum kf_status status;

	status = kf_tlog_file_write(w->log.folder, KF_TLOG_CHECKPOINT, note,
				    why);
	if (status == KF_OK)
		status = kf_tlog_file_write(w->log.folder, KF_TLOG_EDGE,
					    kf_view(w->log.edge.hash, sizeof(
						    w->log.edge.hash)), why);
	if (status == KF_OK && w->leaves.len == 0)
		status = kf_tlog_journal_new(w, why);
	if (status == KF_OK) {
		forget_all(w);
		w->shown = true;
	}
	return status;
}

enum kf_status kf_tlog_publish(struct kf_tlog_writer *w, struct kf_fault *why)
{
	struct growing g = { .w = w, .why = why };
	enum kf_status status;

	if (w->leaves.len == 0)
		return w->shown ? KF_OK : kf_tlog_show(w, why);
	g.rows = malloc(sizeof(*g.rows));
	if (!g.rows || !kf_tlog_grow(&g.bundle, kf_view(w->bundle.data,
							w->bundle.len))) {
		free(g.rows);
		return kf_tlog_cannot(why, "", ENOMEM);
	}
	*g.rows = *w->rows;
	g.many = w->leaves.len > (size_t)MANY * KF_HASH_LEN;
	status = grow(&g);
	if (status == KF_OK)
		status = kf_tlog_sign(w, g.rows, why);
	if (status != KF_OK) {
		free(g.rows);
		free(g.bundle.data);
		return status;
	}
	free(w->rows);
	free(w->bundle.data);
	w->rows = g.rows;
	w->bundle = g.bundle;
	w->pending.len = w->leaves.len = 0;
	return kf_tlog_show(w, why);
}

enum kf_status kf_tlog_cosigned(struct kf_tlog_writer *w,
				struct kf_bytes checkpoint,
				struct kf_fault *why)
{
	struct kf_checkpoint c;
	enum kf_status status = kf_tlog_note_of(&c, &w->log, checkpoint);

	if (status != KF_OK)
		return status;
	if (w->log.wrong.what[0] ||
	    !kf_equal(c.note.text, w->log.checkpoint.note.text)) {
		kf_fault_say(why, "ask the witness again",
			     "this is not the checkpoint that the log has now");
		memset(&w->log.wrong, 0, sizeof(w->log.wrong));
		return KF_WRONG_USE;
	}
	return kf_tlog_file_write(w->log.folder, KF_TLOG_CHECKPOINT,
				  checkpoint, why);
}
