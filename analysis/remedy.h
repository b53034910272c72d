/* What would turn a reject into an accept.
 *
 * A remedy is offered only if it does: each candidate is applied to the
 * artifact or to the trust store in the model, and the check is run again.
 */
#ifndef KEYFIT_ANALYSIS_REMEDY_H
#define KEYFIT_ANALYSIS_REMEDY_H

#include "published.h"
#include "signatures.h"

enum {
	KF_REMEDIES_MAX = 6,
};

enum kf_remedy_kind {
	KF_KEEP_SIGNATURE = 1,	/* ship the file with one signature alone */
	KF_REPAIR_TABLE,	/* put the certificate table in order */
	KF_ENROL_CERTIFICATE,	/* add a certificate to a part */
	KF_ENROL_DIGEST,	/* add the file's digest to a part */
	KF_SIGN_UNDER,		/* sign it with a key under an anchor */
	KF_WRITE_OTHERWISE,	/* write the update with another setting */
	KF_TAKE_PUBLISHED,	/* take the update that is published for this
				 * device's platform key */
	KF_ASK_OTHERWISE,	/* start another configuration of the image */
	KF_SIGN_CONFIGURATION,	/* sign it with a key that the device has */
	KF_SIGN_ANEW,		/* sign it anew with a certificate that an
				 * anchor has issued */
	KF_CONFIGURE,		/* set the verifier otherwise on the device */
	KF_SET_CLOCK,		/* set the device's clock */
	KF_BUILD_OTHERWISE,	/* build it with other words in its manifest */
	KF_BRING_ALONG,		/* have an anchor certify the key that another
				 * root has, and bring that in the signature */
	KF_SIGN_IMAGE,		/* so, of an image of MCUboot */
	KF_LEAVE_OUT,		/* take an entry out that is not signed */
	KF_CHANGE_DEVICE,	/* the device itself has to be another one */
	KF_NUM_REMEDY_KINDS,
};

/* kf_sign_image is how an image of MCUboot has to be signed, in words of
 * imgtool; NULL: as it is, or not told. */
struct kf_sign_image {
	struct kf_bytes key;		/* SubjectPublicKeyInfo */
	uint32_t entry;			/* its number in the table */
	const char *version, *counter, *slot_size;
	const char *digest;		/* "256" */
	const char *form;		/* of the key: "hash", "full" */
	bool raised;			/* the version is another one */
	bool pure;
	uint16_t header_len;
};

/* kf_remedy is one of them, with all that is needed to carry it out. Views
 * live as long as artifact, store and arena do. */
struct kf_remedy {
	enum kf_remedy_kind kind;
	const char *part;		/* of the store, that is added to */
	uint32_t signature;		/* that is kept: its number */
	uint32_t num_attached;		/* of how many; 0: the table cannot be
					 * taken apart, and `patch` is one
					 * that surgery does not make */
	struct kf_bytes certificate;	/* to enrol, or to sign under */
	struct kf_digest digest;	/* to enrol; SHA-256 */
	struct kf_bytes list;		/* EFI_SIGNATURE_LIST to add */
	struct kf_patch patch;		/* the new file, when it changes */
	const char *setting;		/* KF_WRITE_OTHERWISE: its name;
					 * KF_ASK_OTHERWISE, KF_CONFIGURE,
					 * KF_BUILD_OTHERWISE,
					 * KF_CHANGE_DEVICE, too */
	const char *value;		/* NULL: take it out */
	struct kf_bytes anchor;		/* KF_BRING_ALONG: who certifies */
	int64_t moment_s;		/* KF_SET_CLOCK: from then on */
	/* KF_ENROL_CERTIFICATE: the published update that does it for all
	 * devices, and whether this one takes it. NULL: none does. */
	const struct kf_published *published;
	enum kf_answer3 taken;
	/* Of KEK: the one for this device's platform key; NULL: none. */
	const char *kek_update;
	const char *key;		/* KF_SIGN_CONFIGURATION: its node */
	bool whole;		/* ... and its signature node has all else that
				 * it needs */
	struct kf_sign_image sign;	/* KF_SIGN_IMAGE */
	const char *entry;		/* KF_LEAVE_OUT: what is left out ... */
	uint64_t at, len;		/* ... and where it stands */
	/* What it takes away from others; NULL: nothing known. */
	const char *caution;
};

/* kf_remedy_name is "keep-signature" and the like, for machines. */
const char *kf_remedy_name(enum kf_remedy_kind kind);

/* kf_remedies finds remedies for a verdict of kf_check, the least intrusive
 * first. Returns how many of `max` it filled. What it needs of the arena for
 * trying is given back.
 * Fails: KF_NO_MEMORY and the like; then `*num` says how many were found. */
KF_MUST enum kf_status kf_remedies(struct kf_remedy *out, size_t max,
				   size_t *num,
				   const struct kf_artifact *artifact,
				   const struct kf_store *store,
				   const struct kf_rules *rules,
				   const struct kf_verdict *verdict,
				   struct kf_env *env);

#endif
