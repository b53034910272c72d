/* What is wrong with keys, whatever they are asked to verify: keys that are
 * not secret, weak ones, ones that are followed by others, settings that let
 * everything pass.
 *
 * A finding is no verdict: the device may start the file all the same.
 */
#ifndef KEYFIT_ANALYSIS_AUDIT_H
#define KEYFIT_ANALYSIS_AUDIT_H

#include "known.h"

enum kf_severity {
	KF_LOW = 1,
	KF_MEDIUM,
	KF_HIGH,
};

/* kf_audit is one audit while it goes on. `found` takes each finding; `unread`
 * is told what could not be looked at, and why: nothing is known of that.
 * `untold` gets parts that no running system tells of, which count only where
 * shim is started. What they are handed lives as long as the call.
 * Owns: nothing. `status` is set when the work could not be done. */
struct kf_audit {
	const struct kf_known *known;
	struct kf_env *env;
	int64_t at_s;
	int64_t soon_s;		/* how long before its end one is told */
	void (*found)(void *self, const struct kf_finding *finding,
		      enum kf_severity severity);
	void (*unread)(void *self, const char *what, const char *why);
	void (*untold)(void *self, const char *part);
	void *self;
	bool exposed;		/* the key that was looked at last is known */
	enum kf_status status;
};

/* kf_audit_store looks at all parts and settings of a device, as `verifier`
 * has them; NULL: at a file that is a store by itself. `seen` is another store
 * of the same device, whose parts were looked at; NULL: none. */
void kf_audit_store(struct kf_audit *audit, const struct kf_store *store,
		    const struct kf_verifier *verifier,
		    const struct kf_store *seen);

/* kf_audit_lists looks at signature lists of unknown use, in a file. */
void kf_audit_lists(struct kf_audit *audit, struct kf_bytes lists);

/* kf_audit_certificate looks at one certificate at a place of a file. */
void kf_audit_certificate(struct kf_audit *audit, struct kf_bytes der,
			  uint64_t at);

/* kf_audit_key looks at a bare key, by the SHA-256 of its
 * SubjectPublicKeyInfo, at a place of a file. */
void kf_audit_key(struct kf_audit *audit, struct kf_bytes spki_sha256,
		  uint64_t at, uint64_t len);

/* kf_audit_image looks at the signatures of a PE file, kf_audit_update at a
 * signed update of a variable. */
void kf_audit_image(struct kf_audit *audit, const struct kf_source *source);
void kf_audit_update(struct kf_audit *audit, struct kf_bytes file);

/* kf_audit_fit_keys looks at a U-Boot control device tree, kf_audit_fit_image
 * at a FIT image. */
void kf_audit_fit_keys(struct kf_audit *audit, struct kf_bytes tree);
void kf_audit_fit_image(struct kf_audit *audit,
			const struct kf_source *source);

/* kf_audit_mcuboot_image looks at an image of MCUboot, kf_audit_mcuboot_keys
 * at keys in DER, one behind the other, and kf_audit_bootloader at those that
 * are somewhere in a file. */
void kf_audit_mcuboot_image(struct kf_audit *audit,
			    const struct kf_source *source);
void kf_audit_mcuboot_keys(struct kf_audit *audit, struct kf_bytes keys);
void kf_audit_bootloader(struct kf_audit *audit, struct kf_bytes file);

/* kf_audit_mcuboot looks at MCUboot's keys and options of a device. */
void kf_audit_mcuboot(struct kf_audit *audit, const struct kf_store *store);

/* kf_audit_has_option looks for a word in a list with commas, as options of
 * MCUboot are told; MCUBOOT_ may stand in front of each. */
bool kf_audit_has_option(const char *list, const char *word);

/* kf_audit_phrase is what a certificate says of itself that makes it a test
 * key; NULL: nothing. `suspect` may be NULL. */
const char *kf_audit_phrase(const struct kf_certificate *c,
			    const struct kf_crypto *crypto,
			    const struct kf_suspect **suspect);

/* kf_audit_known tells of a key that is known, at a place of a file. */
void kf_audit_known(struct kf_audit *audit, const struct kf_known_key *key,
		    const char *field, uint64_t at, uint64_t len);

/* kf_audit_swu looks at an update file of SWUpdate, kf_audit_swupdate at what
 * SWUpdate trusts. */
void kf_audit_swu(struct kf_audit *audit, const struct kf_source *source);
void kf_audit_swupdate(struct kf_audit *audit, const struct kf_store *store);

/* kf_audit_raucb looks at a bundle of RAUC, kf_audit_rauc at what RAUC
 * trusts. */
void kf_audit_raucb(struct kf_audit *audit, const struct kf_source *source);
void kf_audit_rauc(struct kf_audit *audit, const struct kf_store *store);

/* kf_audit_cms looks at the certificates that a CMS brings, at a place of a
 * file. */
void kf_audit_cms(struct kf_audit *audit, struct kf_bytes der, uint64_t at);

/* kf_audit_fwupd looks at what fwupd trusts, and at its settings. */
void kf_audit_fwupd(struct kf_audit *audit, const struct kf_store *store);

/* kf_audit_takes_all tells whether a fwupd.conf turns the question for
 * signatures off. Fails: the status. */
KF_MUST enum kf_status kf_audit_takes_all(bool *out, struct kf_bytes conf,
					  struct kf_env *env);

/* kf_audit_severity is what a reason weighs; 0: no audit gives it. */
enum kf_severity kf_audit_severity(const struct kf_reason *reason);

/* What the files of the audit share. A place is the evidence that says where
 * something stands. */
struct kf_audit_place {
	struct kf_evidence where;
	const char *role;	/* of a certificate: "signer" */
};

/* kf_audit_give hands a finding on. */
void kf_audit_give(struct kf_audit *audit, const struct kf_finding *finding);

/* kf_audit_old tells of lists of a store that are older than the newest. */
void kf_audit_old(struct kf_audit *audit, const struct kf_store *store);

/* kf_audit_start starts one, with its place and, if `der` is not empty, the
 * certificate. */
void kf_audit_start(struct kf_finding *out, uint32_t reason,
		    const struct kf_audit_place *place, struct kf_bytes der);

/* kf_audit_part gives a finding about a part of a device's store,
 * kf_audit_setting about a setting. */
void kf_audit_part(struct kf_audit *audit, uint32_t reason, const char *part,
		   const char *text);
void kf_audit_setting(struct kf_audit *audit, uint32_t reason,
		      const char *setting, const char *text);

/* kf_audit_join puts texts together in the arena; NULL ends. What does not fit
 * leaves the first alone. */
const char *kf_audit_join(struct kf_audit *audit, const char *const *texts);

/* kf_audit_key_of looks at a certificate's key and name, and takes the
 * certificate apart for the caller, in what is left of the arena.
 * Fails: false when it is none, or the work cannot be done. */
KF_MUST bool kf_audit_key_of(struct kf_audit *audit,
			     struct kf_certificate *out, struct kf_bytes der,
			     const struct kf_audit_place *place);

/* kf_audit_end tells of the certificate that was looked at last, if its end has
 * come, or comes soon: not where its key is no secret, which is worse. */
void kf_audit_end(struct kf_audit *audit, const struct kf_certificate *c,
		  const struct kf_audit_place *place);

#endif
