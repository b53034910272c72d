/* What the steps of U-Boot's FIT verification share.
 *
 * The steps are files, in the order in which bootm takes them: gate, choose,
 * regions, signature, trust, key, data, image, boot. versions tells which
 * versions there are, and agree asks several of them. Rule numbers are those
 * of docs/rules/fit.md.
 */
#ifndef KEYFIT_CORE_RULES_U_BOOT_FIT_H
#define KEYFIT_CORE_RULES_U_BOOT_FIT_H

#include "core/fdt.h"
#include "core/fitkey.h"
#include "core/reasons.h"

enum {
	FIT_DEPTH_MAX = 32,
	FIT_CHECKS_MAX = 512,		/* signatures of one file */
	FIT_IMAGES_MAX = 1024,
	FIT_CONFIGURATIONS_MAX = 1024,
	FIT_VALUE_MAX = 4096,		/* bytes of a signature's value */
	FIT_LIST_MAX = 1 << 16,		/* bytes of a list of names */
	FIT_NODES_MAX = 100,		/* that one signature covers */
	FIT_SIZE_MAX = 0x10000000,	/* of a tree that is verified */
	FIT_LISTS = 5,	/* kernel, ramdisk, fdt, setup, loadables */
	FIT_MADE_MAX = 20,		/* times what goes in comes out of what
					 * is no kernel */
	FIT_HEAD_LEN = 64,		/* of what unpacks, that is looked at */
	FIT_VERSIONS_MAX = 3,		/* that one answer is made of */
};

/* fit_profile is one version and build of U-Boot. */
struct fit_profile {
	const char *version;	/* as the one calls itself that was run */
	/* Several versions that all have to answer the same; NULL ends. NULL:
	 * this profile is one itself. */
	const struct fit_profile *const *all;
	bool believes;		/* FIT-9: the image tells which nodes are
				 * covered */
	bool best_match;	/* FIT-5: asked for no configuration, it takes
				 * the one for its own board */
	bool falls_back;	/* FIT-5: and else the default one, which also
				 * wins a tie */
	bool overlays;		/* FIT-24: it can apply them */
	bool copies;		/* FIT-24: it lays them over a copy, wherever
				 * the first one is */
	bool pss;		/* FIT-8 */
	bool deep_check;	/* FIT-2: nodes below a depth of 32 are
				 * refused, and lengths that wrap around */
	bool bounds;		/* FIT-14: places and sizes of external data
				 * are held against bounds */
	bool strings_bound;	/* FIT-10: so is the size of the strings */
	bool verity;		/* FIT-9: dm-verity nodes are covered */
	bool empty_kernel;	/* FIT-18: a kernel without a byte will do */
	bool noload;		/* FIT-18: kernel_noload needs no addresses,
				 * and no header of an arm64 kernel */
	bool more_types;	/* FIT-17: tfa-bl31, and elf as a system; and
				 * FIT-19 to 21 for more systems */
	bool late_padding;	/* FIT-8: a padding that it has not fails with
				 * the key, not with the node */
	const char *unpacks;	/* FIT-25: what it can unpack */
	uint32_t room;		/* FIT-25: for a kernel: SYS_BOOTM_LEN */
	bool noload_room;	/* FIT-25: a packed kernel_noload has 8 times
				 * its size, and not that */
	bool zstd_careless;	/* FIT-25: an error of zstd is none */
	bool lazy_overlays;	/* FIT-25: what is laid over is not unpacked */
	bool kernel_header;	/* FIT-26: Linux for arm64 needs its header */
};

/* fit_signature is one signature node. */
struct fit_signature {
	uint32_t node;
	uint32_t number;		/* from 1, in the order of the file */
	struct kf_bytes algo, padding, hint;
	bool has_hint;
	struct kf_bytes value;
	uint64_t value_at;
	struct kf_finding unfit;	/* FIT-8..10; reason NULL: it can be
					 * held against a key */
	enum kf_digest_kind kind;
	uint32_t key_len;		/* that the algorithm tells */
	bool pss;
	bool no_padding;		/* it tells one that does not exist */
	struct kf_digest digest;	/* of what it covers */
	bool cut;			/* ... with bytes behind the file */
};

/* fit_unpacked is what comes of data that are packed. */
struct fit_unpacked {
	bool done;
	bool unknown;			/* keyfit cannot tell */
	bool went_on;			/* U-Boot, after an error: what came
					 * out is not known */
	const char *fault;		/* why they do not unpack; or are not
					 * unpacked here */
	uint64_t made;
	uint8_t head[FIT_HEAD_LEN];
};

/* fit_image is one subnode of /images. */
struct fit_image {
	uint32_t node;
	struct kf_bytes type, os, compression, arch;
	bool has_type, has_os, has_compression, has_arch;
	bool has_load, has_entry;	/* and they can be read */
	const char *data_fault;		/* FIT-14; NULL: there are data */
	uint64_t data_at, data_len;	/* in the file */
	bool data_cut;			/* not all of it is in the file */
	bool data_far;			/* nor anywhere near */
	bool is_tree;			/* its data begin as a sound tree */
	bool is_arm64;			/* ... as an arm64 kernel */
	struct fit_unpacked unpacked;
	bool hashed;		/* it has a hash that is checked */
	bool weak;		/* ... and none by a digest of note */
	struct kf_finding hash;	/* FIT-15; reason NULL: good */
	struct fit_signature *signature;
	uint32_t num_signatures;
};

/* fit_configuration is one subnode of /configurations. */
struct fit_configuration {
	uint32_t node;
	struct kf_bytes compatible;	/* list; of itself or its tree */
	struct kf_bytes list[FIT_LISTS];	/* of images */
	bool has_compatible;
	bool wild;		/* its tree leads behind the file */
	struct fit_signature *signature;
	uint32_t num_signatures;
};

/* fit_file is what is worked out about a file, once. */
struct fit_file {
	const struct fit_profile *profile;
	struct kf_fdt fdt;
	bool hypothetical;		/* there is no file, or not its
					 * signature */
	struct kf_key supposed;
	struct kf_finding gate;		/* FIT-1..3; reason NULL: passed */
	struct kf_finding beyond;	/* keyfit's own limits are passed */
	uint32_t images, configurations;	/* nodes */
	struct fit_image *image;
	uint32_t num_images;
	struct fit_configuration *configuration;
	uint32_t num_configurations;
	uint32_t num_signatures;
	struct kf_bytes default_name;
	bool has_default;
};

/* fit_trusted is one key of a device. */
struct fit_trusted {
	const struct kf_fit_key *key;
	const char *unfit;	/* FIT-11: why it verifies nothing; NULL: it
				 * can */
	bool odd;			/* what it does is not known */
	struct kf_key public;
};

/* fit_trust is what is worked out about a store, once. */
struct fit_trust {
	enum kf_presence presence;
	struct kf_fdt fdt;
	struct kf_finding malformed;	/* reason NULL: the tree is sound */
	struct kf_fit_keys keys;
	struct fit_trusted *trusted;	/* one for each key */
	struct kf_bytes compatible;	/* list, of the device */
	bool has_compatible;
	bool any;			/* FIT-6 */
	uint32_t num_conf, num_image;	/* keys that are required */
	const char *configuration;	/* asked for; NULL: none */
	const char *version;		/* of the device; NULL: not told */
	const char *not_run;		/* what sets it apart from the one
					 * that was run; NULL: nothing */
	bool verify;			/* false: verification is turned off */
	bool best_match, overlays, pss;	/* as built */
	const char *unpacks;
	uint32_t room;
};

/* fit_files, fit_trusts: one for each version that is asked. */
struct fit_files {
	struct fit_file *version[FIT_VERSIONS_MAX];
	uint32_t num;
	struct kf_verdict *other;	/* room, where several are asked */
};

struct fit_trusts {
	struct fit_trust *version[FIT_VERSIONS_MAX];
	uint32_t num;
};

/* fit_case is one decision while it is being made. */
struct fit_case {
	struct fit_file *file;
	const struct fit_trust *trust;
	const struct fit_profile *profile;
	struct kf_env *env;
	struct kf_verdict *out;
	enum kf_status status;
	bool every;		/* as if all keys were required, any of them
				 * being enough */
	bool grant;		/* as if all signatures were good */
	bool odd;		/* ... on a key that is odd */
	bool cut;		/* ... on bytes behind the file's end */
	bool wild;		/* ... or on those of a tree that is none */
	const char *doubt;	/* what of the loader is not known; NULL: all
				 * of it is */
	const char *doubt_rule;
	struct kf_bytes arch;	/* of the image that was loaded last */
	bool has_arch;
	const struct fit_image *weak;	/* the first with a weak hash alone */
	const struct fit_configuration *configuration;
	const struct fit_signature *by;		/* that was accepted */
	const struct fit_trusted *key;
};

/* u_boot_fit.c: notes that keyfit's own limits are passed. */
void fit_beyond(struct fit_file *file, const char *what);
bool fit_begins(struct kf_bytes name, const char *with);
/* fit_is: the same text, small letters or large ones, as strcasecmp. */
bool fit_is(struct kf_bytes text, const char *word);
/* fit_prove_node names a node of the file. */
void fit_prove_node(struct kf_finding *finding, const struct kf_fdt *fdt,
		    uint32_t node);

/* versions.c: the profiles, and the settings that devices have. */
extern const struct kf_rules fit_rules[];
extern const struct kf_choice fit_choices[];
/* fit_version is the version at a place of a profile; NULL behind the last. */
const struct fit_profile *fit_version(const struct kf_rules *rules,
				      uint32_t index);

/* agree.c: the answer of all versions of a profile. */
KF_MUST enum kf_status fit_agree(struct kf_verdict *out,
				 const struct fit_files *files,
				 const struct fit_trusts *trusts,
				 struct kf_env *env);
/* u_boot_fit.c: the answer of one version. */
KF_MUST enum kf_status fit_decide(struct kf_verdict *out,
				  struct fit_file *file,
				  const struct fit_trust *trust,
				  struct kf_env *env);

/* gate.c: FIT-1..3 */
void fit_gate(struct fit_file *file);

/* regions.c: FIT-9, FIT-10: the digest of what a configuration's signature
 * covers. Fails: the status; `s->unfit` when U-Boot finds none. */
KF_MUST enum kf_status fit_regions(struct fit_file *file,
				   struct fit_signature *s,
				   uint32_t configuration,
				   struct kf_env *env);

/* signature.c: FIT-8: reads the signature nodes of a node. */
KF_MUST enum kf_status fit_signatures(struct fit_signature **out,
				      uint32_t *num, struct fit_file *file,
				      uint32_t node, struct kf_env *env);

/* suppose.c: a signature that nobody has made. `who`: the key, or a
 * certificate with it. */
KF_MUST enum kf_status fit_suppose(struct fit_file *file, struct kf_bytes who,
				   struct kf_env *env);
KF_MUST enum kf_status fit_suppose_signed(struct fit_signature **list,
					  uint32_t *num,
					  struct fit_file *file, uint32_t node,
					  bool configuration,
					  struct kf_env *env);

/* data.c: FIT-14, FIT-15 */
KF_MUST enum kf_status fit_data(struct fit_file *file,
				struct fit_image *image);
KF_MUST enum kf_status fit_hashes(struct fit_file *file,
				  struct fit_image *image,
				  struct kf_env *env);
/* fit_digest computes a digest over a range of the file, with zeros behind its
 * end. */
KF_MUST enum kf_status fit_digest(struct kf_digest *out,
				  enum kf_digest_kind kind,
				  struct fit_file *file, uint64_t at,
				  uint64_t len, struct kf_env *env);
/* fit_add adds such a range to a digest that was begun. */
KF_MUST enum kf_status fit_add(struct fit_file *file, uint64_t at,
			       uint64_t len, struct kf_env *env,
			       void (*add)(void *sum, struct kf_bytes bytes),
			       void *sum);

/* u_boot_fit.c: an image, a configuration by its node; NULL: there is none. */
const struct fit_image *fit_image_of(const struct fit_file *file,
				     uint32_t node);
const struct fit_configuration *
fit_configuration_of(const struct fit_file *file, uint32_t node);

/* choose.c: FIT-4, FIT-5; NULL, with `k->out->why`. */
const struct fit_configuration *fit_choose(struct fit_case *k);
KF_MUST enum kf_status fit_compatible(struct fit_file *file,
				      struct fit_configuration *c,
				      struct kf_env *env);

/* trust.c */
KF_MUST enum kf_status fit_trust_read(struct fit_trust *out,
				      const struct kf_store *store,
				      const struct fit_profile *profile,
				      const struct kf_rules *rules,
				      struct kf_env *env);

/* key.c: FIT-11, FIT-12 */
KF_MUST enum kf_status fit_key_prepare(struct fit_trusted *out,
				       const struct kf_fit_key *key,
				       struct kf_env *env);
/* fit_key_verifies: is the signature good under the key? `*why` says why not,
 * as a reason. */
bool fit_key_verifies(struct fit_case *k, const struct fit_signature *s,
		      const struct fit_trusted *key, enum kf_reason_id *why);

/* require.c: FIT-6, FIT-7, FIT-13. Both return true where all that is required
 * is there; else `k->out->why` says what is not. */
bool fit_require_configuration(struct fit_case *k);
bool fit_require_image(struct fit_case *k, const struct fit_image *image);

/* unpack.c: FIT-25: unpacks an image, once. Returns false where that cannot
 * be done: `k->status`. */
bool fit_unpack(struct fit_case *k, const struct fit_image *image);
/* fit_is_packed tells whether an image is packed, as it says. */
bool fit_is_packed(const struct fit_image *image);
/* fit_kernel_fits: FIT-25, FIT-26: the kernel, unpacked. */
bool fit_kernel_fits(struct fit_case *k, const struct fit_image *image);
void fit_doubt(struct fit_case *k, const char *rule, const char *text);

/* overlay.c: FIT-24: whether a tree can be laid over another one; false, with
 * `k->out->why`. What is not weighed is a doubt. */
bool fit_lay_over(struct fit_case *k, const struct fit_image *base,
		  const struct fit_image *over);

/* boot.c: FIT-17..21: what bootm does, in its order. */
void fit_boot(struct fit_case *k);
void fit_reject(struct fit_case *k, enum kf_reason_id reason,
		const char *rule);
/* fit_refuse rejects over a node, with a text. Returns false. */
bool fit_refuse(struct fit_case *k, enum kf_reason_id reason, const char *rule,
		uint32_t node, const char *text);

/* warn.c */
void fit_warn(struct fit_case *k);
void fit_list_signatures(struct fit_case *k);
void fit_prove_accept(struct fit_case *k);

#endif
