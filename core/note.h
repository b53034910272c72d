/* Signed notes: a text, and signatures of whoever vouches for it.
 *
 * Signatures are told apart by the name and the number of their key. Those of
 * unknown keys say nothing; one of a known key that does not hold makes the
 * whole note worthless.
 *
 * Source: C2SP/C2SP, signed-note.md and tlog-cosignature.md, commit 5ba5ee83.
 */
#ifndef KEYFIT_CORE_NOTE_H
#define KEYFIT_CORE_NOTE_H

#include <keyfit/crypto.h>

enum {
	KF_NOTE_MAX = 1 << 20,
	KF_NOTE_SIGNATURES_MAX = 128,
	KF_NOTE_ID_LEN = 4,
	KF_NOTE_KEY_LEN = 32,
	KF_NOTE_NAME_MAX = 255,
	/* Of Ed25519, with its number and a time in front. */
	KF_NOTE_SIGNATURE_MAX = 4 + 8 + 64,
};

/* kf_note_kind is how a key signs. Others are known by number alone: ML-DSA-44
 * (6) waits for a crypto library that has it. */
enum kf_note_kind {
	KF_NOTE_ED25519 = 1,		/* the text */
	KF_NOTE_COSIGNATURE = 4,	/* a time and a checkpoint, Ed25519 */
};

/* kf_note_key is what a note is verified with. */
struct kf_note_key {
	struct kf_bytes name;
	enum kf_note_kind kind;
	uint8_t id[KF_NOTE_ID_LEN];
	uint8_t key[KF_NOTE_KEY_LEN];
};

/* kf_note_key_of makes one out of a key's 32 bytes; kf_note_key_read reads it
 * as people hand it on, NAME+ID+KEY (a "vkey"). The name stays borrowed.
 * Fails: KF_WRONG_USE, it is none, of a kind that keyfit does not verify, or
 * its number is not that of its key; KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_note_key_of(struct kf_note_key *out,
				      struct kf_bytes name,
				      enum kf_note_kind kind,
				      struct kf_bytes key,
				      const struct kf_crypto *crypto);
KF_MUST enum kf_status kf_note_key_read(struct kf_note_key *out,
					struct kf_bytes text,
					const struct kf_crypto *crypto);

/* kf_note_key_write is the text of one. Fails: empty, the arena is full. */
struct kf_bytes kf_note_key_write(const struct kf_note_key *key,
				  struct kf_arena *arena);

/* kf_note_name tells whether a text may be the name of a key. */
bool kf_note_name(struct kf_bytes name);

/* kf_note is a note that is well formed; that says nothing of its keys. */
struct kf_note {
	struct kf_bytes whole;
	struct kf_bytes text;		/* with the end of its last line */
	struct kf_bytes lines;		/* of signatures */
	size_t num;
};

/* kf_note_read reads a note; its bytes stay borrowed. Fails: false, and
 * `damage` says where. */
KF_MUST bool kf_note_read(struct kf_note *out, struct kf_bytes bytes,
			  struct kf_damage *damage);

/* kf_note_lines_read reads lines of signatures alone, as witnesses answer. */
KF_MUST bool kf_note_lines_read(struct kf_note *out, struct kf_bytes lines,
				struct kf_damage *damage);

/* kf_note_signature is one line of those. */
struct kf_note_signature {
	struct kf_bytes line;
	struct kf_bytes name;
	uint8_t id[KF_NOTE_ID_LEN];
	uint8_t bytes[KF_NOTE_SIGNATURE_MAX];	/* the number too; as far as
						 * they fit */
	size_t len;				/* 0: longer than that */
};

/* kf_note_next takes the signature at `*at`, which starts as 0. */
bool kf_note_next(struct kf_note_signature *out, const struct kf_note *note,
		  size_t *at);

/* kf_note_said is what the signatures of one key say. */
struct kf_note_said {
	enum kf_answer3 answer;	/* KF_NOT_ASKED: it did not sign */
	uint64_t time_s;	/* of a cosignature, the latest */
};

/* kf_note_ask asks a key. All of its signatures have to hold.
 * Fails: KF_NO_MEMORY, KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_note_ask(struct kf_note_said *out,
				   const struct kf_note *note,
				   const struct kf_note_key *key,
				   struct kf_env *env);

/* kf_note_to_sign is what a key signs of a text: the text, or with a time in
 * front. Fails: empty, the arena is full. */
struct kf_bytes kf_note_to_sign(enum kf_note_kind kind, struct kf_bytes text,
				uint64_t time_s, struct kf_arena *arena);

/* kf_note_line is the line of a signature of 64 bytes. Fails: so. */
struct kf_bytes kf_note_line(const struct kf_note_key *key,
			     struct kf_bytes signature, uint64_t time_s,
			     struct kf_arena *arena);

#endif
