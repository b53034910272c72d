/* Writes a log: one writer, files in an order that survives, and never a
 * checkpoint that does not go on from the last one.
 */
#include "tlog_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PAUSES_A_SECOND = 50 };

enum kf_status kf_tlog_signer_of(struct kf_tlog_signer *out,
				 struct kf_signing_key *key, const char *name,
				 const struct kf_crypto *crypto,
				 struct kf_fault *why)
{
	struct kf_bytes spki = key->key.spki;
	enum kf_status status = KF_WRONG_USE;

	out->key = key;
	if (key->key.kind != KF_KEY_ED25519 || spki.len < KF_NOTE_KEY_LEN) {
		kf_fault_say(why, "`openssl genpkey -algorithm ed25519` makes one",
			     "%s is a key of %s: checkpoints are signed with Ed25519",
			     key->name, key->key.name);
		return KF_WRONG_USE;
	}
	/* Of its SubjectPublicKeyInfo, the end is the key: RFC 8410, 4. */
	status = kf_note_key_of(&out->note, kf_text(name), KF_NOTE_ED25519,
				kf_part_of(spki, spki.len - KF_NOTE_KEY_LEN,
					   KF_NOTE_KEY_LEN), crypto);
	if (status == KF_WRONG_USE)
		kf_fault_say(why, "a name is like example.com/firmware-log",
			     "this is no name of a log: it is empty or long, or has spaces or a plus");
	return status;
}

/* lock waits until nobody else writes. */
static enum kf_status lock(struct kf_tlog_writer *w, unsigned wait_s,
			   struct kf_fault *why)
{
	const struct timespec pause = { 0, 1000000000 / PAUSES_A_SECOND };
	unsigned tries = wait_s * PAUSES_A_SECOND;

	w->lock = openat(w->log.folder, KF_TLOG_LOCK,
			 O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (w->lock < 0)
		return kf_tlog_cannot(why, KF_TLOG_LOCK, errno);
	while (flock(w->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return kf_tlog_cannot(why, KF_TLOG_LOCK, errno);
		if (tries-- == 0) {
			kf_fault_say(why, "do it again later",
				     "somebody else writes to this log");
			return KF_WRONG_USE;
		}
		nanosleep(&pause, NULL);
	}
	return KF_OK;
}

static enum kf_status start(struct kf_tlog_writer *w, const char *path,
			    const struct kf_tlog_signer *signer,
			    struct kf_fault *why)
{
	w->lock = w->journal = -1;
	w->signer = *signer;
	w->log.key = signer->note;
	memcpy(w->log.name, signer->note.name.data, signer->note.name.len);
	w->log.key.name = kf_text(w->log.name);
	w->signer.note.name = w->log.key.name;
	w->rows = calloc(1, sizeof(*w->rows));
	w->log.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!w->rows || w->log.folder < 0)
		return kf_tlog_cannot(why, "folder",
				      w->rows ? errno : ENOMEM);
	return KF_OK;
}

/* refuse: what is not as it was signed is not written on. */
static enum kf_status refuse(const struct kf_tlog_writer *w,
			     struct kf_fault *why)
{
	if (!w->log.wrong.what[0])
		return KF_OK;
	kf_fault_say(why, "keep it as it is, and find out who changed it",
		     "nothing is written to this log: %s", w->log.wrong.what);
	return KF_WRONG_USE;
}

/* take_signed reads the checkpoint that was signed last. */
static enum kf_status take_signed(struct kf_tlog_writer *w,
				  struct kf_fault *why)
{
	struct kf_tlog_file file;
	enum kf_status status;

	status = kf_tlog_file_read(&file, w->log.folder, KF_TLOG_SIGNED,
				   KF_TLOG_FILE_MAX, why);
	if (status != KF_OK)
		return status;
	if (!file.data) {
		kf_fault_say(why, "`keyfit ledger init` makes a log; a copy of one is written on only with its state folder",
			     "it is not known what this log signed last: %s is not there",
			     KF_TLOG_SIGNED);
		return KF_WRONG_USE;
	}
	w->log.note = file.data;
	status = kf_tlog_note_of(&w->log.checkpoint, &w->log,
				 kf_view(file.data, file.len));
	return status == KF_OK ? refuse(w, why) : status;
}

/* compare holds what is shown against what was signed last: it may be older,
 * after a fall, or the same. */
static enum kf_status compare(struct kf_tlog_writer *w, struct kf_fault *why)
{
	const struct kf_checkpoint *last = &w->log.checkpoint;
	struct kf_checkpoint shown;
	struct kf_tlog_file file;
	enum kf_status status;

	status = kf_tlog_file_read(&file, w->log.folder, KF_TLOG_CHECKPOINT,
				   KF_TLOG_FILE_MAX, why);
	if (status != KF_OK || !file.data)
		return status;
	status = kf_tlog_note_of(&shown, &w->log,
				 kf_view(file.data, file.len));
	if (status == KF_OK && !w->log.wrong.what[0]) {
		w->shown = shown.size == last->size;
		if (shown.size > last->size ||
		    (w->shown && !kf_hash_same(&shown.root, &last->root)))
			kf_fault_say(&w->log.wrong, NULL,
				     "its checkpoint does not come before the one in %s",
				     KF_TLOG_SIGNED);
	}
	kf_tlog_file_close(&file);
	return status == KF_OK ? refuse(w, why) : status;
}

/* take_bundle reads the entries at the edge. */
static enum kf_status take_bundle(struct kf_tlog_writer *w,
				  struct kf_fault *why)
{
	const struct kf_tlog_row *row = &w->rows->row[0];
	struct kf_tlog_file file = { .data = NULL };
	enum kf_status status = KF_OK;
	struct kf_bytes rest, entry;
	size_t i = 0;

	if (row->num > 0)
		status = kf_tlog_tile_read(&file, w->log.folder, -1, row->n,
					   row->num, why);
	rest = kf_view(file.data, file.len);
	for (; status == KF_OK && i < row->num &&
	     kf_tlog_entry_next(&entry, &rest); i++) {
		struct kf_hash leaf;

		status = kf_hash_leaf(&leaf, w->log.crypto, entry);
		if (status == KF_OK && !kf_hash_same(&leaf, &row->hash[i]))
			break;
	}
	if (status == KF_OK && i < row->num)
		kf_fault_say(&w->log.wrong, NULL,
			     "the last entries are not those of its tiles");
	if (status == KF_OK &&
	    !kf_tlog_grow(&w->bundle, kf_view(file.data, file.len - rest.len)))
		status = kf_tlog_cannot(why, "", ENOMEM);
	kf_tlog_file_close(&file);
	return status == KF_OK ? refuse(w, why) : status;
}

/* take_edge reads the tiles at the edge of what was signed. */
static enum kf_status take_edge(struct kf_tlog_writer *w,
				struct kf_fault *why)
{
	struct kf_hash root;
	enum kf_status status;

	status = kf_tlog_rows_read(w->rows, &w->log, w->log.checkpoint.size,
				   why);
	if (status == KF_OK)
		status = refuse(w, why);
	if (status == KF_OK)
		status = kf_tlog_rows_edge(&w->log.edge, w->rows,
					   w->log.crypto);
	if (status == KF_OK)
		status = kf_frontier_root(&root, &w->log.edge, w->log.crypto);
	if (status == KF_OK &&
	    !kf_hash_same(&root, &w->log.checkpoint.root))
		kf_fault_say(&w->log.wrong, NULL,
			     "its tiles do not add up to the root that was signed last");
	for (unsigned i = 0; i < KF_TLOG_LEVELS; i++)
		w->was[i] = w->rows->row[i].n;
	return status == KF_OK ? refuse(w, why) : status;
}

static enum kf_status take_up(struct kf_tlog_writer *w, unsigned wait_s,
			      struct kf_fault *why)
{
	enum kf_status status = lock(w, wait_s, why);

	if (status == KF_OK)
		status = take_signed(w, why);
	if (status == KF_OK)
		status = compare(w, why);
	if (status == KF_OK)
		status = take_edge(w, why);
	if (status == KF_OK)
		status = take_bundle(w, why);
	if (status == KF_OK)
		status = kf_tlog_journal_open(w, why);
	return status == KF_OK && !w->shown ? kf_tlog_show(w, why) : status;
}

enum kf_status kf_tlog_write_open(struct kf_tlog_writer **out,
				  const struct kf_tlog_place *place,
				  const struct kf_tlog_signer *signer,
				  const struct kf_crypto *crypto,
				  struct kf_fault *why)
{
	struct kf_tlog_writer *w = calloc(1, sizeof(*w));
	enum kf_status status;

	*out = NULL;
	if (!w)
		return kf_tlog_cannot(why, "", ENOMEM);
	w->log.crypto = crypto;
	status = start(w, place->path, signer, why);
	if (status == KF_OK)
		status = take_up(w, place->wait_s, why);
	if (status == KF_OK)
		*out = w;
	else
		kf_tlog_write_close(w);
	return status;
}

void kf_tlog_write_close(struct kf_tlog_writer *w)
{
	if (!w)
		return;
	if (w->journal >= 0)
		close(w->journal);
	if (w->lock >= 0)
		close(w->lock);
	if (w->log.folder < 0)
		w->log.crypto = NULL;
	kf_tlog_close(&w->log);
	free(w->rows);
	free(w->bundle.data);
	free(w->pending.data);
	free(w->leaves.data);
	free(w);
}

/* begin_log makes the first checkpoint, of no entries. */
static enum kf_status begin_log(const char *path,
				const struct kf_tlog_signer *signer,
				const struct kf_crypto *crypto,
				struct kf_fault *why)
{
	struct kf_tlog_writer *w = calloc(1, sizeof(*w));
	enum kf_status status;

	if (!w)
		return kf_tlog_cannot(why, "", ENOMEM);
	w->log.crypto = crypto;
	status = start(w, path, signer, why);
	if (status == KF_OK && mkdirat(w->log.folder, KF_TLOG_STATE, 0777) &&
	    errno != EEXIST)
		status = kf_tlog_cannot(why, KF_TLOG_STATE, errno);
	if (status == KF_OK)
		status = lock(w, 0, why);
	/* Another one may have been faster. */
	if (status == KF_OK &&
	    faccessat(w->log.folder, KF_TLOG_SIGNED, F_OK, 0) == 0) {
		kf_fault_say(why, NULL, "there is a log already");
		status = KF_WRONG_USE;
	}
	if (status == KF_OK)
		status = kf_tlog_journal_new(w, why);
	if (status == KF_OK)
		status = kf_tlog_sign(w, w->rows, why);
	if (status == KF_OK)
		status = kf_tlog_show(w, why);
	kf_tlog_write_close(w);
	return status;
}

enum kf_status kf_tlog_init(const char *path,
			    const struct kf_tlog_signer *signer,
			    const struct kf_crypto *crypto,
			    struct kf_fault *why)
{
	const struct kf_tlog_place place = { path, 0 };
	struct kf_tlog_writer *w;
	enum kf_status status;
	bool shown, signed_once;
	int folder;

	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return kf_tlog_cannot(why, "folder", errno);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return kf_tlog_cannot(why, "folder", errno);
	shown = faccessat(folder, KF_TLOG_CHECKPOINT, F_OK, 0) == 0;
	signed_once = faccessat(folder, KF_TLOG_SIGNED, F_OK, 0) == 0;
	close(folder);
	if (shown) {
		kf_fault_say(why, "name another folder, or append to it",
			     "there is a log already");
		return KF_WRONG_USE;
	}
	if (!signed_once)
		return begin_log(path, signer, crypto, why);
	/* It was begun, and then something fell. */
	status = kf_tlog_write_open(&w, &place, signer, crypto, why);
	kf_tlog_write_close(w);
	return status;
}
