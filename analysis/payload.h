/* A firmware file without its signatures: which of its bytes count as what was
 * built, and the digest of these alone. Signing leaves that digest as it is;
 * any other change of a byte does not.
 *
 * docs/rebuilds.md says what is left aside, format by format. Where a file is
 * not as its format wants it, nothing is: then it is bytes, all of which count.
 */
#ifndef KEYFIT_ANALYSIS_PAYLOAD_H
#define KEYFIT_ANALYSIS_PAYLOAD_H

#include "core/merkle.h"

#include <keyfit/env.h>

enum {
	/* More parts than this are not told apart: the file is bytes. */
	KF_PAYLOAD_PARTS_MAX = 4096,
};

enum kf_payload_kind {
	KF_PAYLOAD_FILE = 0,	/* all bytes count */
	KF_PAYLOAD_PE,
	KF_PAYLOAD_AUTH,
	KF_PAYLOAD_FIT,
	KF_PAYLOAD_RAUC,
	KF_PAYLOAD_RAUC_VERITY,	/* with the manifest, which the CMS has */
	KF_PAYLOAD_MCUBOOT,
	KF_PAYLOAD_SWUPDATE,
	KF_NUM_PAYLOADS,
};

/* Their names; NULL behind the last. */
extern const char *const kf_payload_names[KF_NUM_PAYLOADS + 1];

/* kf_payload_part is one part of a file, for people. */
struct kf_payload_part {
	struct kf_bytes name;	/* may hold anything */
	uint64_t at, len;
	bool aside;		/* it does not count */
};

/* kf_payload: the parts are in the order of the file; of a FIT they are the
 * properties of its tree, of all other files they leave nothing out. */
struct kf_payload {
	enum kf_payload_kind kind;
	struct kf_hash sha256;
	const struct kf_source *source;
	struct kf_payload_part *part;
	size_t num_parts;
	uint64_t pad;		/* zeros that count behind the parts, as signing
				 * puts them there */
};

/* kf_payload_read tells what a file is without its signatures, by what is in
 * it. Parts live in the arena.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY, KF_TOO_MUCH, KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_payload_read(struct kf_payload *out,
				       const struct kf_source *source,
				       struct kf_env *env);

/* kf_payload_to_sign tells what of a file counts once it is signed in a format
 * (jobs/sign/makers.def). What such a signature covers all of is bytes: else a
 * signature by itself would cover what was left aside. */
KF_MUST enum kf_status kf_payload_to_sign(struct kf_payload *out,
					  const struct kf_source *source,
					  const char *format,
					  struct kf_env *env);

/* What the readers of one kind each share: `at` is where the next part starts.
 */
struct kf_payload_parts {
	struct kf_payload *out;
	struct kf_env *env;
	uint64_t at;
	bool full;
	bool odd;		/* nothing is left aside of such a file */
};

/* kf_payload_put adds the part that ends at `end`; one that would be empty, or
 * end before it starts, is none. The name stays borrowed. */
void kf_payload_put(struct kf_payload_parts *p, struct kf_bytes name,
		    uint64_t end, bool aside);

/* kf_payload_add hashes bytes of a file. */
KF_MUST enum kf_status kf_payload_add(void *digest,
				      const struct kf_source *source,
				      struct kf_env *env, uint64_t at,
				      uint64_t len);

/* The readers: `*fits` false, the file is not as this kind has to be. That of a
 * FIT makes the digest too. */
KF_MUST enum kf_status kf_payload_pe(struct kf_payload_parts *p, bool *fits);
KF_MUST enum kf_status kf_payload_auth(struct kf_payload_parts *p, bool *fits);
KF_MUST enum kf_status kf_payload_rauc(struct kf_payload_parts *p, bool *fits);
KF_MUST enum kf_status kf_payload_mcuboot(struct kf_payload_parts *p,
					  bool *fits);
KF_MUST enum kf_status kf_payload_swupdate(struct kf_payload_parts *p,
					   bool *fits);
KF_MUST enum kf_status kf_payload_fit(struct kf_payload_parts *p, bool *fits);

/* kf_payload_span is a run of bytes that differ, or stand in one file alone:
 * then the other length is 0. `part` is a's, or b's where a has none. */
struct kf_payload_span {
	const struct kf_payload_part *part;
	bool in_a, in_b;	/* the part is there */
	bool aside;		/* it does not count: zeros that signing puts
				 * behind an image do not either */
	uint64_t at_a, len_a, at_b, len_b;
};

/* kf_payload_differ finds where two files differ, part by part, and tells each
 * run. Runs of less than 16 equal bytes between two are passed over.
 * `counting`: how many of them count; `moved`: parts of one name stand in
 * another order. */
struct kf_payload_teller {
	void (*span)(void *self, const struct kf_payload_span *span);
	void *self;
};

struct kf_payload_sum {
	uint64_t spans, counting;
	bool moved;
};

KF_MUST enum kf_status kf_payload_differ(struct kf_payload_sum *out,
					 const struct kf_payload *a,
					 const struct kf_payload *b,
					 const struct kf_payload_teller *tell,
					 struct kf_env *env);

#endif
