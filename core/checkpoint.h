/* Checkpoints: notes that say how many entries a log has, and the root over
 * them; proofs that travel with what was logged; what witnesses are asked.
 *
 * Source: C2SP/C2SP, tlog-checkpoint.md, tlog-proof.md, tlog-witness.md, commit
 * 5ba5ee83.
 */
#ifndef KEYFIT_CORE_CHECKPOINT_H
#define KEYFIT_CORE_CHECKPOINT_H

#include "merkle.h"
#include "note.h"

/* kf_checkpoint is one that was read; who signed it has to be asked. */
struct kf_checkpoint {
	struct kf_note note;
	struct kf_bytes origin;
	uint64_t size;
	struct kf_hash root;
	struct kf_bytes more;	/* lines that no format tells about */
};

/* kf_checkpoint_read reads one; its bytes stay borrowed. Fails: false, and
 * `damage` says where. */
KF_MUST bool kf_checkpoint_read(struct kf_checkpoint *out,
				struct kf_bytes bytes,
				struct kf_damage *damage);

/* kf_checkpoint_text is the text that a log signs. Fails: empty, the arena is
 * full. */
struct kf_bytes kf_checkpoint_text(struct kf_bytes origin, uint64_t size,
				   const struct kf_hash *root,
				   struct kf_arena *arena);

/* kf_checkpoint_join puts lines of signatures behind a text, and the empty
 * line between; behind a whole note, `text` is all of it, and no line comes
 * between. Fails: so. */
struct kf_bytes kf_checkpoint_join(struct kf_bytes text, bool is_note,
				   struct kf_bytes lines,
				   struct kf_arena *arena);

/* kf_log_proof is what travels with an entry. `extra` is nobody's word: no
 * signature covers it. */
struct kf_log_proof {
	struct kf_bytes extra;		/* base64 as it stands; empty: none */
	uint64_t index;
	struct kf_proof hashes;
	struct kf_checkpoint checkpoint;
};

KF_MUST bool kf_log_proof_read(struct kf_log_proof *out,
			       struct kf_bytes bytes,
			       struct kf_damage *damage);
struct kf_bytes kf_log_proof_write(uint64_t index, struct kf_bytes extra,
				   const struct kf_proof *hashes,
				   struct kf_bytes checkpoint,
				   struct kf_arena *arena);

/* kf_witness_request is what a witness is asked: to cosign a checkpoint, given
 * that the last one was of `old_size`. */
struct kf_witness_request {
	uint64_t old_size;
	struct kf_proof hashes;
	struct kf_checkpoint checkpoint;
};

KF_MUST bool kf_witness_request_read(struct kf_witness_request *out,
				     struct kf_bytes bytes,
				     struct kf_damage *damage);
struct kf_bytes kf_witness_request_write(uint64_t old_size,
					 const struct kf_proof *hashes,
					 struct kf_bytes checkpoint,
					 struct kf_arena *arena);

#endif
