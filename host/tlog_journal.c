/* Entries that are durable, and in no checkpoint yet: one file, written at its
 * end, a record each with the hash of its leaf. A record that is not whole was
 * never acknowledged, and nothing behind it was.
 */
#include "tlog_parts.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAGIC_LEN = 16,
	HEAD_LEN = MAGIC_LEN + 8,
	RECORD_LEN = 2 + KF_HASH_LEN,
	/* More than that has to be published first. */
	JOURNAL_MAX = 512 << 20,
};

static const char magic[MAGIC_LEN + 1] = "keyfit journal 1";

bool kf_tlog_grow(struct kf_tlog_grown *out, struct kf_bytes more)
{
	size_t size = out->size ? out->size : 4096;
	uint8_t *data;

	while (size - out->len < more.len)
		size *= 2;
	if (size != out->size) {
		data = realloc(out->data, size);
		if (!data)
			return false;
		out->data = data;
		out->size = size;
	}
	if (more.len)
		memcpy(out->data + out->len, more.data, more.len);
	out->len += more.len;
	return true;
}

/* keep puts an entry behind those that are not published. */
static bool keep(struct kf_tlog_writer *w, struct kf_bytes entry,
		 const struct kf_hash *leaf)
{
	const uint8_t len[] = { (uint8_t)(entry.len >> 8),
				(uint8_t)entry.len };

	return kf_tlog_grow(&w->pending, kf_view(len, sizeof(len))) &&
	       kf_tlog_grow(&w->pending, entry) &&
	       kf_tlog_grow(&w->leaves, kf_hash_view(leaf));
}

/* record takes one off a journal. Fails: false, it is not whole. */
static bool record(struct kf_bytes *entry, struct kf_hash *leaf,
		   struct kf_cursor *c, const struct kf_crypto *crypto)
{
	uint16_t len = kf_u16be(c, "length");
	struct kf_bytes hash = kf_take(c, KF_HASH_LEN, "hash");

	*entry = kf_take(c, len, "entry");
	return !c->damage.field &&
	       kf_hash_leaf(leaf, crypto, *entry) == KF_OK &&
	       kf_equal(hash, kf_hash_view(leaf));
}

/* published holds a record that was published meanwhile against the log. */
static bool published(const struct kf_tlog_writer *w, uint64_t index,
		      const struct kf_hash *leaf)
{
	const struct kf_tlog_row *row = &w->rows->row[0];

	return index / KF_TILE_WIDTH != row->n ||
	       kf_hash_same(&row->hash[index % KF_TILE_WIDTH], leaf);
}

/* take reads records, and tells where the last whole one ends. */
static enum kf_status take(struct kf_tlog_writer *w, struct kf_bytes bytes,
			   struct kf_fault *why)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);
	uint64_t index, signed_size = w->log.checkpoint.size;
	struct kf_bytes entry;
	struct kf_hash leaf;

	kf_skip(&c, MAGIC_LEN, "magic");
	index = (uint64_t)kf_u32be(&c, "size") << 32;
	index |= kf_u32be(&c, "size");
	if (c.damage.field || memcmp(bytes.data, magic, MAGIC_LEN) != 0 ||
	    index > signed_size) {
		kf_fault_say(why, "put back what belongs together, or start another log",
			     "%s is not that of this log", KF_TLOG_JOURNAL);
		return KF_WRONG_USE;
	}
	w->journal_len = c.pos;
	for (; kf_more(&c) && record(&entry, &leaf, &c, w->log.crypto);
	     index++) {
		w->journal_len = c.pos;
		if (index >= signed_size) {
			if (!keep(w, entry, &leaf))
				return kf_tlog_cannot(why, "", ENOMEM);
		} else if (!published(w, index, &leaf)) {
			kf_fault_say(why, NULL,
				     "%s has another entry %llu than the log",
				     KF_TLOG_JOURNAL,
				     (unsigned long long)index);
			return KF_WRONG_USE;
		}
	}
	return KF_OK;
}

/* reopen opens it at its end; what is behind that was never acknowledged. */
static enum kf_status reopen(struct kf_tlog_writer *w, size_t len,
			     struct kf_fault *why)
{
	if (w->journal >= 0)
		close(w->journal);
	w->journal = openat(w->log.folder, KF_TLOG_JOURNAL,
			    O_WRONLY | O_APPEND | O_CLOEXEC);
	if (w->journal < 0)
		return kf_tlog_cannot(why, KF_TLOG_JOURNAL, errno);
	if (len > w->journal_len &&
	    (ftruncate(w->journal, (off_t)w->journal_len) != 0 ||
	     fdatasync(w->journal) != 0))
		return kf_tlog_cannot(why, KF_TLOG_JOURNAL, errno);
	w->broken = false;
	return KF_OK;
}

enum kf_status kf_tlog_journal_new(struct kf_tlog_writer *w,
				   struct kf_fault *why)
{
	uint8_t head[HEAD_LEN];
	enum kf_status status;

	memcpy(head, magic, MAGIC_LEN);
	for (size_t i = 0; i < 8; i++)
		head[MAGIC_LEN + i] = (uint8_t)(w->log.checkpoint.size >>
						(56 - 8 * i));
	status = kf_tlog_file_write(w->log.folder, KF_TLOG_JOURNAL,
				    kf_view(head, sizeof(head)), why);
	w->journal_len = sizeof(head);
	return status == KF_OK ? reopen(w, 0, why) : status;
}

enum kf_status kf_tlog_journal_open(struct kf_tlog_writer *w,
				    struct kf_fault *why)
{
	struct kf_tlog_file file;
	enum kf_status status;

	status = kf_tlog_file_read(&file, w->log.folder, KF_TLOG_JOURNAL,
				   (size_t)JOURNAL_MAX + (1 << 20), why);
	if (status != KF_OK)
		return status;
	if (!file.data)
		return kf_tlog_journal_new(w, why);
	status = take(w, kf_view(file.data, file.len), why);
	if (status == KF_OK)
		status = reopen(w, file.len, why);
	kf_tlog_file_close(&file);
	return status;
}

/* records puts entries into one piece, to be written at once. */
static enum kf_status records(struct kf_tlog_grown *out,
			      struct kf_tlog_writer *w,
			      const struct kf_bytes *entry, size_t num,
			      struct kf_fault *why)
{
	for (size_t i = 0; i < num; i++) {
		const uint8_t len[] = { (uint8_t)(entry[i].len >> 8),
					(uint8_t)entry[i].len };
		struct kf_hash leaf;

		if (entry[i].len > KF_TLOG_ENTRY_MAX) {
			kf_fault_say(why, "log a digest of it, and keep it beside the log",
				     "an entry of %zu bytes is too long: %d are the most",
				     entry[i].len, KF_TLOG_ENTRY_MAX);
			return KF_WRONG_USE;
		}
		if (kf_hash_leaf(&leaf, w->log.crypto, entry[i]) != KF_OK)
			return KF_NO_CRYPTO;
		if (!kf_tlog_grow(out, kf_view(len, sizeof(len))) ||
		    !kf_tlog_grow(out, kf_hash_view(&leaf)) ||
		    !kf_tlog_grow(out, entry[i]) ||
		    !keep(w, entry[i], &leaf))
			return kf_tlog_cannot(why, "", ENOMEM);
	}
	return KF_OK;
}

/* write_all makes records durable. What was written of them and is not goes
 * away again; where that fails, nobody knows what is there. */
static enum kf_status write_all(struct kf_tlog_writer *w,
				struct kf_bytes all, struct kf_fault *why)
{
	int error = kf_write_all(w->journal, all) ? 0 : errno;

	if (error == 0 && fdatasync(w->journal) != 0) {
		error = errno;
		w->broken = true;
	}
	if (error == 0) {
		w->journal_len += all.len;
		return KF_OK;
	}
	if (ftruncate(w->journal, (off_t)w->journal_len) != 0 ||
	    fdatasync(w->journal) != 0)
		w->broken = true;
	return kf_tlog_cannot(why, KF_TLOG_JOURNAL, error);
}

enum kf_status kf_tlog_append(uint64_t *index, struct kf_tlog_writer *w,
			      const struct kf_bytes *entry, size_t num,
			      struct kf_fault *why)
{
	size_t pending = w->pending.len, leaves = w->leaves.len;
	struct kf_tlog_grown all = { NULL, 0, 0 };
	enum kf_status status;

	if (w->broken || w->journal_len > JOURNAL_MAX) {
		kf_fault_say(why, w->broken ? "open the log again" :
			     "publish first", "%s takes no more entries",
			     KF_TLOG_JOURNAL);
		return KF_CANNOT_READ;
	}
	*index = kf_tlog_size(w);
	status = records(&all, w, entry, num, why);
	if (status == KF_OK)
		status = write_all(w, kf_view(all.data, all.len), why);
	free(all.data);
	if (status != KF_OK) {
		w->pending.len = pending;
		w->leaves.len = leaves;
	}
	return status;
}

uint64_t kf_tlog_size(const struct kf_tlog_writer *w)
{
	return w->rows->size + w->leaves.len / KF_HASH_LEN;
}
