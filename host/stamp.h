/* Time stamps of servers (RFC 3161): what is asked, and what the answer has to
 * be before anybody puts it anywhere.
 */
#ifndef KEYFIT_HOST_STAMP_H
#define KEYFIT_HOST_STAMP_H

#include <keyfit/host.h>

enum { KF_STAMP_MAX = 1 << 16 };	/* of an answer */

/* kf_stamp is one that was verified. */
struct kf_stamp {
	struct kf_bytes token;		/* TimeStampToken, as it came */
	int64_t at_s;
	struct kf_bytes certificate;	/* of who stamped */
};

/* kf_stamp_question is what was asked, and whom to believe: certificates in
 * DER. Without any, the server's own is taken at its word, but for what it says
 * that it is for. */
struct kf_stamp_question {
	struct kf_bytes request;	/* TimeStampReq */
	const struct kf_bytes *root;
	size_t num_roots;
};

/* kf_stamp_ask writes a TimeStampReq over the SHA-256 of what is to be stamped,
 * with a nonce, and asks for the certificate. Fails: KF_NO_CRYPTO,
 * KF_NO_MEMORY. */
KF_MUST enum kf_status kf_stamp_ask(struct kf_bytes *request,
				    const struct kf_crypto *crypto,
				    struct kf_bytes stamped,
				    struct kf_arena *arena);

/* kf_stamp_read takes an answer, TimeStampResp. It has to be granted, of this
 * request: its digest, its nonce; and signed by a certificate that is good now,
 * for time stamps alone, which the signature itself names. Fails:
 * KF_CANNOT_READ, it is not, and `why`; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_stamp_read(struct kf_stamp *out,
				     const struct kf_stamp_question *question,
				     struct kf_bytes answer,
				     const struct kf_crypto *crypto,
				     struct kf_arena *arena,
				     struct kf_fault *why);

#endif
