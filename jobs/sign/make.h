/* Signatures as firmware's formats want them: what is signed is laid out, a key
 * signs it, and the signed file is put together of the old one's pieces.
 *
 * A maker never signs what its format's verifier does not take: it says so
 * before the key is asked.
 */
#ifndef KEYFIT_JOBS_SIGN_MAKE_H
#define KEYFIT_JOBS_SIGN_MAKE_H

#include "sign.h"

#include "analysis/patch.h"
#include "host/stamp.h"
#include "host/suppose.h"

enum {
	KF_MAKING_CERTIFICATES_MAX = 16,
	KF_MAKING_SUPPOSED_MAX = 16,
};

/* kf_making_ask is how it is to be made. */
struct kf_making_ask {
	enum kf_digest_kind digest;
	bool has_digest;	/* else the key's own: SHA-384 for P-384 */
	bool pss;
	bool pem;
	bool has_time;
	int64_t at_s;		/* the time to put in */
	const char *variable;	/* of an update: its name; NULL: none */
	bool append;
	bool dry;		/* the key does not sign */
	const char *stamp_url;	/* of a time stamp server; NULL: none */
	unsigned stamp_wait_s;	/* 0: as long as kf_http_post waits */
	const struct kf_bytes *stamp_root;	/* whom to believe */
	size_t num_stamp_roots;
};

/* kf_making is one signature that is made. `certificate`: the signer's first.
 * The signed file is `patch`; views into the arena. It must not move. */
struct kf_making {
	const struct kf_maker *maker;
	struct kf_making_ask ask;
	const struct kf_source *source;	/* nobody else can write to it */
	struct kf_signing_key *key;
	struct kf_bytes certificate[KF_MAKING_CERTIFICATES_MAX];
	size_t num_certificates;
	const struct kf_crypto *crypto;
	struct kf_env *env;

	struct kf_scheme scheme;
	struct kf_digest covered;	/* of what is signed, as the format
					 * has it */
	struct kf_signature signature;
	bool has_signed;	/* the key, if only once of several times */
	struct kf_stamp stamp;	/* over that; empty: none */
	bool unstamped;		/* it was signed, and got none */
	struct kf_patch patch;

	/* Of a dry run: what the key would have signed, and what stands in
	 * place of it. */
	struct kf_supposed supposed[KF_MAKING_SUPPOSED_MAX];
	size_t num_supposed;
};

/* kf_supposing is what devices can be asked before there is a signature. */
enum kf_supposing {
	KF_SUPPOSE_NOTHING = 0,
	KF_SUPPOSE_SIGNER,	/* would they take a file by this signer? */
	KF_SUPPOSE_FILE,	/* and would they take this file? */
};

/* kf_maker is one line of makers.def.
 * `schemes`: bits of KF_SIGNS. `digests`: bits of enum kf_digest_kind.
 * `refuses` says why other keys are refused, and where that is written. */
struct kf_maker {
	const char *name;
	const char *title;
	uint32_t schemes;
	uint32_t digests;
	const char *refuses;
	bool needs_certificate;
	bool takes_certificate;
	bool takes_time;
	bool takes_pem;
	bool takes_variable;
	bool takes_stamp;
	enum kf_supposing supposes;
	bool stands_alone;	/* what comes out is the signature alone: no
				 * verifier judges it by itself */
	/* suits refuses what the format's verifier would not take of a key;
	 * NULL: what stands above is all. Fails: KF_WRONG_USE. */
	enum kf_status (*suits)(const struct kf_making *m,
				struct kf_fault *why);
	/* make reads the file, signs, and fills the patch. Fails: KF_WRONG_USE,
	 * the file is none that can be signed so; as kf_sign. */
	enum kf_status (*make)(struct kf_making *m, struct kf_fault *why);
};

/* kf_maker_at walks the table; NULL after the last. */
const struct kf_maker *kf_maker_at(size_t index);

/* kf_maker_named finds one by its name; NULL: there is none. */
const struct kf_maker *kf_maker_named(const char *name);

/* kf_making_choose finds how the key signs for its maker. Fails: KF_WRONG_USE,
 * with the reason: nothing was signed. */
KF_MUST enum kf_status kf_making_choose(struct kf_making *m,
					struct kf_fault *why);

/* kf_making_run makes the signature. Fails: as the maker; `patch` then is
 * nothing. */
KF_MUST enum kf_status kf_making_run(struct kf_making *m,
				     struct kf_fault *why);

/* What the makers share. kf_making_digest hashes a part of the file;
 * kf_making_sign signs a digest, or with Ed25519 a message, into
 * `m->signature`. A dry run puts there what has the form of a signature and is
 * as long as the longest, and remembers it as supposed. */
KF_MUST enum kf_status kf_making_digest(struct kf_making *m, uint64_t at,
					uint64_t len);
KF_MUST enum kf_status kf_making_sign(struct kf_making *m,
				      struct kf_bytes content,
				      struct kf_fault *why);

/* kf_making_done ends a maker: the patch has to have found room. */
KF_MUST enum kf_status kf_making_done(bool fits);

#endif
