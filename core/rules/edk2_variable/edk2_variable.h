/* What the steps of edk2's variable updates share.
 *
 * The steps are files, in the order in which edk2 takes them: attributes,
 * payload, time, authority, content, room; update puts them in order. Rule
 * numbers are those of docs/rules/uefi.md.
 */
#ifndef KEYFIT_CORE_RULES_EDK2_VARIABLE_H
#define KEYFIT_CORE_RULES_EDK2_VARIABLE_H

#include "core/pkcs7.h"
#include "core/reasons.h"
#include "core/update.h"
#include "core/variables.h"

enum {
	EDK2_VARIABLE_TARGETS = 5,	/* PK, KEK, db, dbx, dbt */
	EDK2_VARIABLE_FILE_MAX = 1 << 20,
	EDK2_VARIABLE_RECORD = 60,	/* bytes of a variable's header in
					 * flash */
};

enum {
	EDK2_VARIABLE_APPEND = 0x40,
	EDK2_VARIABLE_REPLACE_ALL = 0x27,
	EDK2_VARIABLE_APPEND_ALL = 0x67,
};

/* edk2_variable_profile is one version and build of edk2. */
struct edk2_variable_profile {
	uint32_t cms;		/* KF_CMS_*: what its OpenSSL can do */
	uint32_t max_variable;	/* UEFI-130: bytes of a variable with name and
				 * header */
	uint32_t max_call;	/* UEFI-130: bytes of a call, with the name and
				 * the signature; 0: no limit of its own */
	bool any_digest;	/* UEFI-47: SHA-384 and SHA-512, and the outer
				 * header */
	bool self_signed_pk;	/* UEFI-52: the first PK signs itself */
	bool empty_certificates;	/* UEFI-53: an empty certificate is
					 * taken */
	bool checks_old;	/* UEFI-54: lists that are there are held
				 * against their own sizes before an append */
	bool present_user;	/* UEFI-52: somebody is always there, so
				 * custom mode counts */
	bool post_quantum;	/* UEFI-22: it has ML-DSA and SLH-DSA */
};

/* edk2_variable_verified is whether a signature covers one target, written
 * with one set of attributes. */
struct edk2_variable_verified {
	enum kf_answer3 answer;
	struct kf_why why;
};

/* edk2_variable_update is what is worked out about an artifact, once. */
struct edk2_variable_update {
	uint64_t size;
	bool no_file;		/* there is only a supposed signer */
	bool supposed;		/* the signature is one that nobody made */
	struct kf_update header;
	struct kf_finding beyond;	/* keyfit's own limits are passed */
	struct kf_bytes blob;		/* the signature's bytes */
	struct kf_bytes value;
	uint8_t *covered;	/* room for what is signed in front of the
				 * value, and the value */
	struct kf_signed_data *data;	/* NULL: no PKCS#7 */
	bool has_signers;
	struct kf_bytes signer;		/* the first one's certificate */
	struct kf_digest signer_id;
	struct edk2_variable_verified
		verified[EDK2_VARIABLE_TARGETS][2];	/* by append */
	struct kf_pkcs7_link link[KF_PKCS7_LINKS_MAX];
	struct kf_signature_result shown;
};

/* edk2_variable_entry is one entry of KEK or PK. */
struct edk2_variable_entry {
	uint32_t list, entry;	/* from 1 */
	uint64_t at, len;	/* of the entry, its owner first */
	struct kf_bytes data;
	const struct kf_digest *id;
};

/* edk2_variable_list is one list's header, with what is left from there on. */
struct edk2_variable_list {
	struct kf_bytes type;
	uint64_t at;
	uint64_t left;		/* bytes from `at` to the end */
	uint64_t len, header_len, entry_len;
	bool whole;		/* all 28 bytes of the header are there */
	bool sized;		/* at least the first 20 are */
};

/* How a walk through the keys of KEK can end. */
enum edk2_variable_end {
	EDK2_VARIABLE_END,
	EDK2_VARIABLE_DIVIDE,	/* the firmware divides by zero */
	EDK2_VARIABLE_HANG,	/* the firmware loops for ever */
	EDK2_VARIABLE_PAST,	/* the firmware reads behind the variable */
};

/* edk2_variable_keys goes from certificate to certificate, as the firmware
 * goes through KEK. */
struct edk2_variable_keys {
	struct kf_bytes bytes;
	struct edk2_variable_list list;
	uint64_t at;		/* of the next list */
	uint32_t number;	/* of this list, from 1 */
	uint64_t index, count;	/* entries of this list */
	enum edk2_variable_end end;
};

/* edk2_variable_part is one part of the store. */
struct edk2_variable_part {
	const char *name;
	enum kf_presence presence;
	struct kf_bytes bytes;
	uint32_t attributes;	/* 0: not known */
	bool timed;		/* `time` is known */
	struct kf_moment time;
};

/* edk2_variable_device is what is worked out about a store, once. */
struct edk2_variable_device {
	int target;		/* index into kf_variables; -1: not told */
	bool has_attributes;
	uint32_t attributes;
	bool setup;		/* there is no PK */
	bool unsure;		/* whether there is one could not be read */
	bool custom;
	struct edk2_variable_part pk, kek, old;
	struct kf_digest *kek_id;	/* one for each certificate of KEK, in
					 * the order of the walk */
	struct kf_finding malformed;	/* reason NULL: the store is sound */
};

/* edk2_variable_case is one decision while it is being made, for one set of
 * attributes. Steps return whether to go on. */
struct edk2_variable_case {
	struct edk2_variable_update *update;
	const struct edk2_variable_device *device;
	const struct edk2_variable_profile *profile;
	bool judged;		/* as kf_rules says */
	struct kf_env *env;
	enum kf_status status;
	uint32_t attributes;
	bool enforced;		/* signatures are asked for */
	bool faulted;		/* `refused` tells how the firmware stops */
	struct kf_finding refused;	/* reason NULL: it is not */
	struct kf_finding waits;	/* the first thing that is not known
					 * and matters; reason NULL: none */
	struct kf_finding allowed;	/* who had the right to it */
	bool no_effect;
};

/* edk2_variable.c */
bool edk2_variable_refuse(struct edk2_variable_case *k,
			  enum kf_reason_id reason, const char *rule);
bool edk2_variable_fault(struct edk2_variable_case *k, const char *part,
			 uint64_t at, const char *text);
/* Notes that the answer waits for what is not known. The first note stays.
 * Both return true: later steps may refuse all the same. */
bool edk2_variable_waits(struct edk2_variable_case *k, const char *part,
			 const char *rule);
bool edk2_variable_unpredictable(struct edk2_variable_case *k,
				 const char *part, uint64_t at,
				 const char *text);
void edk2_variable_prove_entry(struct kf_finding *f, const char *part,
			       const struct edk2_variable_entry *entry);

/* device.c */
void *edk2_variable_device(struct kf_store *store,
			   const struct kf_rules *rules, struct kf_env *env);

/* payload.c */
void *edk2_variable_update(struct kf_artifact *artifact,
			   const struct kf_rules *rules, struct kf_env *env);
void edk2_variable_release(void *state, struct kf_env *env);
bool edk2_variable_beyond(struct edk2_variable_case *k);
bool edk2_variable_layout(struct edk2_variable_case *k);
bool edk2_variable_kind(struct edk2_variable_case *k);
bool edk2_variable_digest(struct edk2_variable_case *k);
/* Does the signature hold over what SetVariable would be given?
 * Fails: through `k->status`. */
struct edk2_variable_verified
edk2_variable_verify(struct edk2_variable_case *k, int target,
		     uint32_t attributes);

/* attributes.c */
bool edk2_variable_bits(struct edk2_variable_case *k);
bool edk2_variable_wanted(struct edk2_variable_case *k);
bool edk2_variable_same_attributes(struct edk2_variable_case *k);

/* time.c */
bool edk2_variable_time_zeros(struct edk2_variable_case *k);
bool edk2_variable_time_later(struct edk2_variable_case *k);

/* lists.c: edk2_variable_list reads the list at `at`. Fails: false at the
 * end. */
bool edk2_variable_list(struct edk2_variable_list *out, struct kf_bytes bytes,
			uint64_t at);
bool edk2_variable_is_x509(const struct edk2_variable_list *list);
struct edk2_variable_keys edk2_variable_keys(struct kf_bytes bytes);
bool edk2_variable_next_key(struct edk2_variable_keys *keys,
			    struct edk2_variable_entry *out);

/* authority.c */
bool edk2_variable_authority(struct edk2_variable_case *k);

/* content.c */
bool edk2_variable_content(struct edk2_variable_case *k);

/* room.c: what becomes of the variable. */
bool edk2_variable_call_fits(struct edk2_variable_case *k);
bool edk2_variable_fits(struct edk2_variable_case *k);
bool edk2_variable_write(struct edk2_variable_case *k);

/* update.c: decides for one set of attributes. */
void edk2_variable_judge(struct edk2_variable_case *k);

/* warn.c */
void edk2_variable_warn(const struct edk2_variable_case *k,
			struct kf_verdict *out);

#endif
