/* What a token's process tells about tokens and objects: pieces, each with a
 * tag and a length, in the order of the tags' comments.
 */
#ifndef KEYFIT_JOBS_SIGN_TOLD_H
#define KEYFIT_JOBS_SIGN_TOLD_H

#include "sign.h"

#include "host/output.h"

/* kf_told: texts and bytes but for what has another comment. */
enum kf_told {
	KF_TELL_TOKEN = 1,	/* a token starts; its label */
	KF_TELL_MAKER,
	KF_TELL_MODEL,
	KF_TELL_SERIAL,
	KF_TELL_HIDDEN,
	KF_TELL_MECHANISM,
	KF_TELL_OBJECT,		/* an object starts; a byte: its kind */
	KF_TELL_LABEL,
	KF_TELL_ID,
	KF_TELL_URI,		/* of the object, or of the token before it */
	KF_TELL_TYPE,
	KF_TELL_CURVE,		/* "P-256", "Ed25519": goes with a point */
	KF_TELL_POINT,
	KF_TELL_MODULUS,	/* goes with an exponent */
	KF_TELL_EXPONENT,
	KF_TELL_SPKI,
	KF_TELL_CERTIFICATE,
	KF_TELL_EXTRACTABLE,	/* a byte: an answer */
	KF_TELL_WAS_EXTRACTABLE,
	KF_TELL_MADE_THERE,
	KF_TELL_ASKS,		/* a byte: it asks for its PIN each time */
	KF_TELL_SIGNS,		/* a byte: a scheme's kind */
	KF_TELL_START,
	KF_TELL_END,
};

/* kf_tell adds a piece; kf_tell_number one of a byte. */
void kf_tell(struct kf_output *out, enum kf_told tag, struct kf_bytes bytes);
void kf_tell_number(struct kf_output *out, enum kf_told tag, unsigned number);

/* kf_told_next takes the next piece. Fails: false at the end, or where it is
 * damaged. */
KF_MUST bool kf_told_next(struct kf_cursor *c, enum kf_told *tag,
			  struct kf_bytes *bytes);

/* kf_told_object reads the pieces of one object, up to the next object, token
 * or the end. Views live in the arena. Fails: KF_NO_MEMORY, KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_told_object(struct kf_token_object *out,
				      struct kf_cursor *c,
				      const struct kf_crypto *crypto,
				      struct kf_arena *arena);

/* kf_told_text copies bytes as a text. Fails: NULL. */
const char *kf_told_text(struct kf_bytes bytes, struct kf_arena *arena);

/* kf_ecdsa_value writes an Ecdsa-Sig-Value of two numbers, big-endian.
 * Fails: false, they are too long. Source: RFC 3279, 2.2.3. */
KF_MUST bool kf_ecdsa_value(struct kf_signature *out, struct kf_bytes r,
			    struct kf_bytes s);

/* kf_scheme_suits tells whether a key signs by a scheme: `signs` are bits of
 * KF_SIGNS. */
bool kf_scheme_suits(const struct kf_key *key, uint32_t signs,
		     const struct kf_scheme *scheme);

/* kf_digest_size is how long a digest is that is signed; 0: none such is. */
size_t kf_digest_size(enum kf_digest_kind kind);

#endif
