/* A log as a folder of plain files, as any web server can hand them out:
 * checkpoint, tile/L/N, tile/entries/N; and, for who writes it, state/.
 *
 * What is read is verified against the checkpoint, and that against the log's
 * key. What is written comes in an order in which a lost machine leaves a log
 * that is whole: an entry is durable before anybody hears of its number
 * (state/journal), entries come before the tiles over them, tiles before the
 * checkpoint, which is kept (state/signed) before it is shown. No checkpoint
 * is signed that does not go on from the last one.
 *
 * Source: C2SP/C2SP, tlog-tiles.md, commit 5ba5ee83.
 */
#ifndef KEYFIT_HOST_TLOG_H
#define KEYFIT_HOST_TLOG_H

#include "core/checkpoint.h"
#include "core/dsse.h"
#include "signing.h"

enum {
	/* An entry's length is told in two bytes. */
	KF_TLOG_ENTRY_MAX = 65535,
	KF_TLOG_LEVELS = 8,
};

/* kf_tlog_row is one tile in memory. */
struct kf_tlog_row {
	uint64_t n;		/* which one of its level */
	size_t num;
	struct kf_hash hash[KF_TILE_WIDTH];
};

/* kf_tlog is a log that is open to be read. `wrong` says what is wrong with
 * it; as long as that is empty, it is as its key signed it. */
struct kf_tlog {
	int folder;
	const struct kf_crypto *crypto;
	struct kf_note_key key;
	char name[KF_NOTE_NAME_MAX + 1];
	uint8_t *note;			/* the checkpoint's bytes */
	struct kf_checkpoint checkpoint;
	struct kf_frontier edge;
	struct kf_fault wrong;
	uint64_t tiles_read;
	struct kf_tlog_row near[KF_TLOG_LEVELS];	/* read last */
};

/* kf_tlog_open reads a log's checkpoint and its right edge. Owns: `out`, until
 * kf_tlog_close, which takes a zeroed one too. Fails: KF_CANNOT_READ (it is not
 * there), KF_NO_MEMORY, KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_tlog_open(struct kf_tlog *out, const char *path,
				    const struct kf_note_key *key,
				    const struct kf_crypto *crypto,
				    struct kf_fault *why);
void kf_tlog_close(struct kf_tlog *log);

/* kf_tlog_prove makes a proof that an entry is in the log, or that the log goes
 * on from an older size, and verifies it; kf_tlog_prove_since wants the root
 * that was seen then. A proof that does not hold is `wrong`. Fails:
 * KF_WRONG_USE (no such entry, the log is smaller), as kf_tlog_open. */
KF_MUST enum kf_status kf_tlog_prove(struct kf_proof *out,
				     struct kf_tlog *log, uint64_t index,
				     const struct kf_hash *leaf,
				     struct kf_fault *why);
KF_MUST enum kf_status kf_tlog_prove_since(struct kf_proof *out,
					   struct kf_tlog *log,
					   uint64_t old_size,
					   const struct kf_hash *old_root,
					   struct kf_fault *why);

/* kf_tlog_since makes the proof for whoever knows the older root. Fails: so. */
KF_MUST enum kf_status kf_tlog_since(struct kf_proof *out,
				     struct kf_tlog *log, uint64_t old_size,
				     struct kf_fault *why);

/* kf_tlog_scan reads all of a log, every byte that its checkpoint covers, and
 * hands out each entry. Only at the end is it known whether they are those of
 * the checkpoint: look at `wrong` first. Fails: as `each`, as kf_tlog_open. */
struct kf_tlog_visitor {
	enum kf_status (*each)(void *self, uint64_t index,
			       struct kf_bytes entry);
	void *self;
};

KF_MUST enum kf_status kf_tlog_scan(struct kf_tlog *log,
				    const struct kf_tlog_visitor *visitor,
				    struct kf_fault *why);

/* kf_tlog_writer is a log that is open to be written, by nobody else. */
struct kf_tlog_writer;

/* kf_tlog_signer is who signs checkpoints: an Ed25519 key, and the log's name,
 * which is the origin of its checkpoints. */
struct kf_tlog_signer {
	struct kf_signing_key *key;
	struct kf_note_key note;
};

/* kf_tlog_signer_of names a key. The name stays borrowed. Fails: KF_WRONG_USE
 * (the key is none of Ed25519, the name none of a key), KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_tlog_signer_of(struct kf_tlog_signer *out,
					 struct kf_signing_key *key,
					 const char *name,
					 const struct kf_crypto *crypto,
					 struct kf_fault *why);

/* kf_tlog_init makes a log without entries. Fails: KF_WRONG_USE (there is one),
 * KF_CANNOT_READ (it cannot be written), as kf_sign. */
KF_MUST enum kf_status kf_tlog_init(const char *path,
				    const struct kf_tlog_signer *signer,
				    const struct kf_crypto *crypto,
				    struct kf_fault *why);

/* kf_tlog_write_open waits for another writer for up to `wait_s` seconds, and
 * takes up what was left undone. Owns: `*out`, until kf_tlog_write_close, which
 * takes NULL too. Fails: KF_WRONG_USE (its key is another one; it is not as it
 * was signed; somebody else writes), KF_CANNOT_READ, as kf_tlog_open. */
struct kf_tlog_place {
	const char *path;
	unsigned wait_s;
};

KF_MUST enum kf_status kf_tlog_write_open(struct kf_tlog_writer **out,
					  const struct kf_tlog_place *place,
					  const struct kf_tlog_signer *signer,
					  const struct kf_crypto *crypto,
					  struct kf_fault *why);
void kf_tlog_write_close(struct kf_tlog_writer *writer);

/* kf_tlog_append makes entries durable, all or none of them; the first has the
 * number `*index`. They are not in a checkpoint yet. Fails: KF_WRONG_USE (one
 * is too long), KF_CANNOT_READ (they cannot be written), KF_NO_MEMORY. */
KF_MUST enum kf_status kf_tlog_append(uint64_t *index,
				      struct kf_tlog_writer *writer,
				      const struct kf_bytes *entry, size_t num,
				      struct kf_fault *why);

/* kf_tlog_publish puts all that was appended under a new checkpoint. When it
 * fails, it can be asked again, and nothing that was appended is lost.
 * Fails: KF_CANNOT_READ (it cannot be written), as kf_sign. */
KF_MUST enum kf_status kf_tlog_publish(struct kf_tlog_writer *writer,
				       struct kf_fault *why);

/* kf_tlog_recent hands out the entries that are not published, and those of
 * the last tile before them: whoever does again what broke off finds it there.
 * Fails: as `each`. */
KF_MUST enum kf_status kf_tlog_recent(const struct kf_tlog_writer *writer,
				      const struct kf_tlog_visitor *visitor);

/* kf_tlog_origin reads the name of a log, which nobody has verified. Fails:
 * KF_CANNOT_READ, there is no log. */
KF_MUST enum kf_status kf_tlog_origin(char out[KF_NOTE_NAME_MAX + 1],
				      const char *path, struct kf_fault *why);

/* kf_tlog_entry reads one entry, and proves that it is in the log. Owns:
 * `*memory`, to be freed. Fails: as kf_tlog_prove. */
KF_MUST enum kf_status kf_tlog_entry(struct kf_bytes *out, uint8_t **memory,
				     struct kf_tlog *log, uint64_t index,
				     struct kf_fault *why);

/* kf_tlog_size counts the entries, with those that are not published. */
uint64_t kf_tlog_size(const struct kf_tlog_writer *writer);

/* kf_tlog_cosigned shows the checkpoint with lines of witnesses behind it, in
 * place of those that it had; the caller has verified them. It has to be that
 * of the log as it is now. */
KF_MUST enum kf_status kf_tlog_cosigned(struct kf_tlog_writer *writer,
					struct kf_bytes checkpoint,
					struct kf_fault *why);

/* kf_tlog_witness_seen tells how many entries a witness had seen when it was
 * last asked, as far as that is remembered; 0: it is not. kf_tlog_witness_saw
 * remembers that it has seen the log as it is. */
KF_MUST enum kf_status kf_tlog_witness_seen(uint64_t *size,
					    const struct kf_tlog *log,
					    const struct kf_note_key *witness,
					    struct kf_fault *why);
KF_MUST enum kf_status kf_tlog_witness_saw(struct kf_tlog_writer *writer,
					   const struct kf_note_key *witness,
					   struct kf_fault *why);

#endif
