/* What the steps of MCUboot's decision share.
 *
 * The steps are files: image reads the artifact, device the store and options
 * the build; ask is how the unknown is asked for; header, walk, limit, ecdsa,
 * decrypt, verify, validate and counter are what bootutil does with one slot;
 * boot and update put that together; settle weighs all that the unknown may be.
 * Rule numbers are those of docs/rules/mcuboot.md.
 */
#ifndef KEYFIT_CORE_RULES_MCUBOOT_H
#define KEYFIT_CORE_RULES_MCUBOOT_H

#include "core/mcuboot.h"
#include "core/reasons.h"

enum {
	MCUBOOT_KEYS_MAX = 16,
	MCUBOOT_PURE_MAX = 16 << 20,	/* bytes that Ed25519 signs whole */
	MCUBOOT_PATH_MAX = 40,		/* questions of one run */
	MCUBOOT_RUNS_MAX = 20000,
	MCUBOOT_MEMO_MAX = 128,
	MCUBOOT_BUFFER = 128,		/* of a signature of ECDSA */
	MCUBOOT_VERIFY_STEPS = 4096,	/* what one signature costs */
	MCUBOOT_HASHES = 3,		/* SHA-256, SHA-384, SHA-512 */
};

/* mcuboot_profile is bootutil at one commit. */
struct mcuboot_profile {
	int8_t backend;		/* enum mcuboot_backend: the crypto library,
				 * where options name none */
};

enum mcuboot_signature {
	MCUBOOT_EC256,
	MCUBOOT_EC384,
	MCUBOOT_RSA2048,
	MCUBOOT_RSA3072,
	MCUBOOT_ED25519,
	MCUBOOT_NONE,
	MCUBOOT_NUM_SIGNATURES,
};

/* How a build brings an update into place. */
enum mcuboot_mode {
	MCUBOOT_OVERWRITE,
	MCUBOOT_SCRATCH,
	MCUBOOT_MOVE,
	MCUBOOT_OFFSET,
	MCUBOOT_XIP,
	MCUBOOT_SINGLE,		/* one slot alone */
	MCUBOOT_NUM_MODES,
};

/* Whose reading of ECDSA signatures. MCUBOOT-18. */
enum mcuboot_backend {
	MCUBOOT_MBED_TLS,
	MCUBOOT_TINYCRYPT,
	MCUBOOT_PSA,
	MCUBOOT_NUM_BACKENDS,
};

/* What is asked of a device. What a device does not tell is tried in all
 * ways; value 0 first. */
enum mcuboot_question {
	MCUBOOT_Q_OPERATION,	/* 1: an update */
	MCUBOOT_Q_SIGNATURE,	/* enum mcuboot_signature */
	MCUBOOT_Q_MODE,		/* enum mcuboot_mode */
	MCUBOOT_Q_VALIDATE,	/* 0: the primary slot is validated */
	MCUBOOT_Q_SHA512,
	MCUBOOT_Q_PURE,
	MCUBOOT_Q_HW_KEY,
	MCUBOOT_Q_BUILTIN_KEY,
	MCUBOOT_Q_BYPASS,
	MCUBOOT_Q_ALLOW_LIST,
	MCUBOOT_Q_ROLLBACK,
	MCUBOOT_Q_DOWNGRADE,
	MCUBOOT_Q_DOWNGRADE_COUNTER,
	MCUBOOT_Q_ENCRYPTION,
	MCUBOOT_Q_BUILD_NUMBER,
	MCUBOOT_Q_IMAGES,	/* 1: two or more */
	MCUBOOT_Q_REVERT,	/* of direct-XIP */
	MCUBOOT_Q_BOOTSTRAP,
	MCUBOOT_Q_VERIFY_ADDRESS,
	MCUBOOT_Q_CHECK_LOAD,
	MCUBOOT_Q_ODD,		/* 1: an option that keyfit does not weigh */
	/* Of the device. */
	MCUBOOT_Q_FITS,		/* 1: the image does not fit its slot */
	MCUBOOT_Q_KEY,		/* 1: no key of the device made it */
	MCUBOOT_Q_KEY_HASH,	/* 1: the key is another one */
	MCUBOOT_Q_COUNTER,	/* 1: the device's is higher */
	MCUBOOT_Q_OLDER,	/* 1: what is installed is newer */
	MCUBOOT_Q_INSTALLED_COUNTER,	/* 1: its counter is higher */
	MCUBOOT_Q_SWAP,		/* 1: for good; 0: for a test */
	MCUBOOT_Q_DECRYPTS,	/* 1: with another key */
	MCUBOOT_Q_PLAIN,	/* 1: what comes out is another image */
	MCUBOOT_Q_ADDRESS,	/* 1: the slot is elsewhere */
	MCUBOOT_Q_OTHER,	/* 1: the other image is too old */
	MCUBOOT_NUM_QUESTIONS,
};

/* mcuboot_image is what is worked out about an image, once. */
struct mcuboot_image {
	const struct kf_source *source;
	uint64_t size;
	struct kf_mcuboot header;
	uint32_t vector;		/* where the payload starts, of Arm */
	struct kf_bytes areas;		/* bytes from the first area on */
	uint64_t areas_at;
	bool sums;			/* header, payload and protected area
					 * have a sum of 32 bits */
	struct kf_digest hash[MCUBOOT_HASHES];
	struct kf_bytes content;	/* what is hashed; kept for Ed25519 */
	struct kf_bytes supposed;	/* the key, SubjectPublicKeyInfo, whose
					 * signatures count as good; no other
					 * ones do. Empty: all are verified */
	struct kf_finding beyond;	/* keyfit's own limits are passed */
};

struct mcuboot_key {
	struct kf_key key;
	struct kf_bytes own;		/* as bootloaders keep it */
	struct kf_digest hash[MCUBOOT_HASHES];	/* of `own` */
};

/* mcuboot_number is a number that may not be told. */
struct mcuboot_number {
	bool told;
	uint32_t value;
};

/* mcuboot_device is what is worked out about a store, once. */
struct mcuboot_device {
	int8_t known[MCUBOOT_NUM_QUESTIONS];	/* -1: not told */
	int8_t backend;		/* enum mcuboot_backend */
	const char *odd;	/* what is odd, of MCUBOOT_Q_ODD */
	uint16_t encryption_type;	/* of the entry; 0: any */
	bool logical_sectors;	/* counts those without a limit */
	bool encryption_trailer;	/* it keeps whole entries there */
	bool aes256, hmac_sha512;
	struct mcuboot_number slot_len, sector_len, scratch_len, write_len;
	struct mcuboot_number max_sectors, counter, address, second_address;
	uint32_t max_align;
	uint32_t num_images;
	bool has_other;
	struct kf_mcuboot_version other;	/* of the other image */
	uint8_t image;		/* which one the file is, from 0 */
	enum kf_presence keys;
	struct mcuboot_key key[MCUBOOT_KEYS_MAX];
	size_t num_keys;
	struct kf_bytes key_hash;
	enum kf_presence has_private;	/* its own key, for encrypted images */
	struct kf_bytes private_key;
	enum kf_presence installed;
	struct mcuboot_image old;
	struct kf_finding malformed;	/* reason NULL: the store is sound */
};

/* mcuboot_signature_seen is what became of one signature in one run. */
struct mcuboot_signature_seen {
	uint32_t number;
	uint64_t at, len;
	uint16_t type;
	bool looked_at, good;
	int key;		/* from 0; -1: none */
	struct kf_bytes key_id;
};

/* mcuboot_result is how one run ended. */
struct mcuboot_result {
	enum kf_answer answer;
	const char *outcome;
	struct kf_finding why;	/* of a refusal */
	int rank;		/* how far it came */
	bool not_enforced;	/* nothing was verified */
	bool decrypts;		/* the device has the key of it */
	bool assumed_digest;	/* an encrypted image's was taken as it is */
	bool swapped_for_test;
	bool replaced;		/* the installed image is gone */
	bool short_id, several_keys, plain_counter;
	bool unpredictable;	/* stale memory decides */
	bool odd_trailer;	/* the file brings more of the slot's end than
				 * is weighed */
	struct mcuboot_signature_seen signature[KF_SIGNATURES_MAX];
	size_t num_signatures;
	int last;		/* the signature that decided; -1: none */
};

/* mcuboot_memo remembers what one signature said to one key. */
struct mcuboot_memo {
	const struct mcuboot_image *image;
	uint64_t at;
	int key;
	uint8_t scheme, hash;
	bool pure;
	enum kf_answer3 answer;
};

/* mcuboot_payload_key is what a payload was encrypted with. */
struct mcuboot_payload_key {
	uint8_t bytes[32];
	size_t len;
};

/* mcuboot_case is one decision while it is being made. */
struct mcuboot_case {
	const struct mcuboot_image *image;
	const struct mcuboot_device *device;
	struct kf_env *env;
	enum kf_status status;
	struct {
		uint8_t question, value, num;
	} path[MCUBOOT_PATH_MAX];
	size_t num_path, pos;
	const char *fits_by;	/* what is not told of the sizes */
	struct mcuboot_result run;
	struct mcuboot_memo *memo;
	size_t num_memo;
	struct mcuboot_key *carried;	/* by the image itself */
	struct kf_digest assumed;	/* of an encrypted image */
	struct mcuboot_payload_key payload_key;
	struct kf_digest plain[MCUBOOT_HASHES];	/* of what comes out of it */
	struct kf_bytes carried_from;
	bool carried_ok;
};

/* mcuboot_slot is one image in one slot, and what its build asks of it. */
struct mcuboot_slot {
	const struct mcuboot_image *image;
	bool secondary;
};

/* mcuboot_walk goes from entry to entry, as bootutil does. */
struct mcuboot_walk {
	const struct mcuboot_image *image;
	uint64_t at, end, protected_end;
	bool only_protected;
	struct kf_mcuboot_entry entry;
};

enum mcuboot_step { MCUBOOT_END, MCUBOOT_ENTRY, MCUBOOT_BROKEN };

/* ask.c: what a device says to a question; `num` values are tried where it
 * says nothing. */
#ifdef KEYFIT_MCUBOOT_BUILD
/* One build alone: a header answers, and what it was not built with is left
 * out by the compiler. So is what only a report needs, or a second run; and
 * signatures are read by the crypto library, as that device's bootloader has
 * its own read them. The header also tells how many of the digests the build
 * needs, and whether the payload itself, or its second word. */
#include KEYFIT_MCUBOOT_BUILD
enum { MCUBOOT_ONE_BUILD = 1 };
#else
enum {
	MCUBOOT_ONE_BUILD = 0,
	MCUBOOT_HASHED = MCUBOOT_HASHES,
	MCUBOOT_NEEDS_PAYLOAD = 1,
};
unsigned mcuboot_ask(struct mcuboot_case *k, enum mcuboot_question question,
		     unsigned num);
bool mcuboot_is(struct mcuboot_case *k, enum mcuboot_question question);
#endif
const char *mcuboot_question_name(const struct mcuboot_case *k,
				  enum mcuboot_question question);
/* mcuboot_next_path makes the path of the next run. Fails: false, when all
 * were tried. */
bool mcuboot_next_path(struct mcuboot_case *k);

/* What a build is made for, each an answer or several. */
static inline enum mcuboot_signature
mcuboot_signature_of(struct mcuboot_case *k)
{
	return (enum mcuboot_signature)
		mcuboot_ask(k, MCUBOOT_Q_SIGNATURE, MCUBOOT_NUM_SIGNATURES);
}

/* mcuboot_hash_kind is the index of the digest that is asked for. */
static inline unsigned mcuboot_hash_kind(struct mcuboot_case *k)
{
	if (mcuboot_is(k, MCUBOOT_Q_SHA512))
		return 2;
	return mcuboot_signature_of(k) == MCUBOOT_EC384;
}

static inline bool mcuboot_pure(struct mcuboot_case *k)
{
	return mcuboot_signature_of(k) == MCUBOOT_ED25519 &&
	       mcuboot_is(k, MCUBOOT_Q_PURE);
}

static inline bool mcuboot_hw_key(struct mcuboot_case *k)
{
	return mcuboot_is(k, MCUBOOT_Q_HW_KEY);
}

static inline bool mcuboot_builtin(struct mcuboot_case *k)
{
	return !mcuboot_hw_key(k) && mcuboot_is(k, MCUBOOT_Q_BUILTIN_KEY);
}

static inline bool mcuboot_bypass(struct mcuboot_case *k)
{
	return !mcuboot_hw_key(k) && !mcuboot_builtin(k) &&
	       mcuboot_is(k, MCUBOOT_Q_BYPASS);
}

/* image.c */
void *mcuboot_prepare(struct kf_artifact *artifact,
		      const struct kf_rules *rules, struct kf_env *env);
enum kf_status mcuboot_image_read(struct mcuboot_image *out,
				  const struct kf_source *source,
				  struct kf_env *env);
/* mcuboot_hash computes all digests; `key`: of what comes out with it; NULL:
 * of the file. */
enum kf_status mcuboot_hash(struct kf_digest out[MCUBOOT_HASHES],
			    const struct mcuboot_image *m,
			    const struct mcuboot_payload_key *key,
			    struct kf_env *env);
/* mcuboot_byte is a byte of the areas as the slot has it: what the file does
 * not reach is erased. */
uint8_t mcuboot_byte(const struct mcuboot_image *m, uint64_t at);
uint16_t mcuboot_u16(const struct mcuboot_image *m, uint64_t at);

/* device.c, options.c */
void *mcuboot_device(struct kf_store *store, const struct kf_rules *rules,
		     struct kf_env *env);
void mcuboot_options(struct mcuboot_device *d, const char *text);
enum kf_status mcuboot_key_read(struct mcuboot_key *out, struct kf_bytes key,
				struct kf_env *env);

/* refuse.c: ends a run. `rank` says how far it came; the first refusal of a
 * run stays. Returns false. */
bool mcuboot_refuse(struct mcuboot_case *k, enum kf_reason_id reason,
		    const char *rule, int rank);

/* header.c */
bool mcuboot_header_fits(struct mcuboot_case *k, const struct mcuboot_slot *s);
bool mcuboot_bootable(struct mcuboot_case *k, const struct mcuboot_slot *s);
int mcuboot_compare(struct mcuboot_case *k,
		    const struct kf_mcuboot_version *a,
		    const struct kf_mcuboot_version *b);

/* limit.c: may the image's end be there? */
bool mcuboot_within(struct mcuboot_case *k, uint64_t end,
		    const struct mcuboot_slot *s);
bool mcuboot_counts_sectors(struct mcuboot_case *k);
bool mcuboot_file_fits(struct mcuboot_case *k, const struct mcuboot_slot *s);
/* mcuboot_trailer tells what the file itself brings of a slot's end. */
enum mcuboot_trailer {
	MCUBOOT_TRAILER_NONE,
	MCUBOOT_TRAILER_TEST,	/* marked as pending */
	MCUBOOT_TRAILER_KEEP,	/* and confirmed */
	MCUBOOT_TRAILER_ODD,
};
enum mcuboot_trailer mcuboot_trailer(struct mcuboot_case *k);

/* walk.c */
bool mcuboot_walk_start(struct mcuboot_walk *out,
			const struct mcuboot_image *m, bool only_protected);
enum mcuboot_step mcuboot_walk_next(struct mcuboot_walk *w);
enum mcuboot_step mcuboot_walk_find(struct mcuboot_walk *w, uint16_t type);

/* mcuboot_stale is how many bytes of a signature are what stood there before,
 * and where the last of them is. */
struct mcuboot_stale {
	size_t num, at;
};

/* ecdsa.c: a signature as a backend reads it, in the form that all read alike.
 * `known` bytes of the buffer are told. Returns its length; 0: it is none. */
size_t mcuboot_ecdsa(uint8_t out[MCUBOOT_BUFFER],
		     const uint8_t buffer[MCUBOOT_BUFFER], size_t known,
		     size_t len, size_t curve_len,
		     enum mcuboot_backend backend, struct mcuboot_stale *stale);

/* verify.c */

/* validate.c: would bootutil take the image in this slot? */
bool mcuboot_validate(struct mcuboot_case *k, const struct mcuboot_slot *s);

/* signature.c: steps of that. */
struct mcuboot_checks {
	const struct mcuboot_slot *slot;
	int key;		/* the one that is selected; -1: none */
	struct kf_bytes key_id;	/* of the last one that was looked at */
	struct kf_bytes unknown_id;	/* the last that no key has */
	bool has_id, digest_seen, counter_seen, passed, evaluated;
	uint8_t buffer[MCUBOOT_BUFFER];
	size_t known;
	size_t skipped_no_id, skipped_unknown, others;
	uint16_t other_type;
};
bool mcuboot_verify(struct mcuboot_case *k, const struct mcuboot_checks *c,
		    const struct mcuboot_key *key,
		    const struct kf_mcuboot_entry *e);
bool mcuboot_take_key(struct mcuboot_case *k, struct mcuboot_checks *c,
		      const struct kf_mcuboot_entry *e);
bool mcuboot_take_signature(struct mcuboot_case *k, struct mcuboot_checks *c,
			    const struct kf_mcuboot_entry *e);
bool mcuboot_signature_verdict(struct mcuboot_case *k,
			       const struct mcuboot_checks *c);
uint16_t mcuboot_signature_type(enum mcuboot_signature s);
const char *mcuboot_signature_name(enum mcuboot_signature s);

/* decrypt.c: may the image be decrypted, where it has to be? */
bool mcuboot_decrypts(struct mcuboot_case *k);
bool mcuboot_is_encrypted(const struct mcuboot_image *m);
/* mcuboot_open opens the key of an image with the device's own, where that was
 * given. `*found`: there is an entry that this build reads. */
bool mcuboot_open(struct mcuboot_case *k, const struct mcuboot_image *m,
		  struct mcuboot_payload_key *out, bool *found);
/* mcuboot_copies_well: does it come out as it was verified? */
bool mcuboot_copies_well(struct mcuboot_case *k);

/* counter.c: the counter that is protected. Fails: false when there is none
 * that bootutil reads. */
bool mcuboot_counter(uint32_t *out, const struct mcuboot_image *m);
bool mcuboot_dependencies(struct mcuboot_case *k,
			  const struct mcuboot_image *m);

/* boot.c, update.c */
void mcuboot_boot(struct mcuboot_case *k);
void mcuboot_update(struct mcuboot_case *k);
bool mcuboot_odd(struct mcuboot_case *k, enum mcuboot_trailer *trailer);
/* mcuboot_starts: does an image that is in place start? Says nothing. */
bool mcuboot_starts(struct mcuboot_case *k, const struct mcuboot_image *m);
bool mcuboot_rom_address(struct mcuboot_case *k, const struct mcuboot_slot *s);
bool mcuboot_readable_counter(struct mcuboot_case *k, const char *outcome);

/* settle.c */
enum kf_status mcuboot_settle(struct kf_verdict *out, struct mcuboot_case *k);

/* warn.c */
void mcuboot_warn(struct kf_verdict *out, const struct mcuboot_case *k,
		  const struct mcuboot_result *r);

#endif
