/* A release folder and its manifest: which files it holds, who signed them, and
 * which devices take them.
 *
 * The manifest is an in-toto Statement in a DSSE envelope, the file
 * KF_RELEASE_NAME of the folder; docs/schema/release.schema.json describes it.
 * Source: in-toto/attestation, spec/v1/statement.md and envelope.md.
 */
#ifndef KEYFIT_JOBS_RELEASE_H
#define KEYFIT_JOBS_RELEASE_H

#include "host/signers.h"

#include <jansson.h>

#define KF_RELEASE_NAME "release.json"
#define KF_RELEASE_TYPE "urn:keyfit:release:v1"

enum {
	KF_RELEASE_LEN_MAX = 2 << 20,	/* of a manifest */
	KF_RELEASE_FILES_MAX = 4096,
	KF_RELEASE_PATH_MAX = 512,
	KF_RELEASE_TEXT_MAX = 128,	/* of a product, a version */
	KF_RELEASE_NAMES_MAX = 3,	/* of devices of a class, that are
					 * told */
	KF_RELEASE_RULES_MAX = 16,
};

/* kf_release_finding is what may be wrong with a folder. */
enum kf_release_finding {
	KF_RELEASE_GOOD = 0,
#define FINDING(name, slug, words) KF_RELEASE_##name,
#include "findings.def"
#undef FINDING
	KF_NUM_RELEASE_FINDINGS,
};

const char *kf_release_slug(enum kf_release_finding finding);
const char *kf_release_words(enum kf_release_finding finding);

/* kf_release_found is told of each; `more` may be NULL. */
typedef void kf_release_found(void *self, enum kf_release_finding finding,
			      const char *path, const char *more);

/* kf_release_file is one file. */
struct kf_release_file {
	char *path;		/* below the folder */
	uint64_t len;
	struct kf_digest sha256;
	const char *format;	/* NULL: none that is known */
	char version[KF_RELEASE_TEXT_MAX];	/* its own; empty: none */
	bool has_counter;
	uint64_t counter;
	uint32_t signers;	/* a bit for each of the folder's */
	int64_t changed_s, changed_ns;	/* when it was read */
};

/* kf_release_fit is one class of devices, and what they are asked about. */
struct kf_release_fit {
	struct kf_digest class;
	uint64_t devices;
	char name[KF_RELEASE_NAMES_MAX][256];
	size_t num_names;
	const char *rules[KF_RELEASE_RULES_MAX];	/* that were asked */
	size_t num_rules;
	bool *asked;		/* each file: whether it was asked about */
	bool not_enforced;	/* a device takes what it would refuse */
	bool refused, unknown;
};

/* kf_release is a folder that was read. */
struct kf_release {
	const char *folder;
	const char *product, *version;
	bool has_counter;
	uint64_t counter;	/* against rollback */
	int64_t made_s;
	struct kf_release_file *file;	/* in the order of their paths */
	size_t num, size;
	struct kf_signers signers;
	bool has_manifest;	/* a file of its name is there */
	struct kf_release_fit *fit;
	size_t num_fits, fits_size;
};

/* kf_release_gather reads all files of a folder but its manifest, and tells
 * what a release does not hold. Owns: `out`, until kf_release_close, which
 * takes a zeroed one too. Fails: KF_WRONG_USE, KF_CANNOT_READ, KF_NO_MEMORY;
 * `*path`, which it owns, is what it was about, or NULL. */
KF_MUST enum kf_status kf_release_gather(struct kf_release *out, char **path,
					 const char *folder,
					 kf_release_found *found, void *self,
					 struct kf_work *work,
					 struct kf_fault *why);
void kf_release_close(struct kf_release *release);

/* kf_release_path is the path of a file of a folder. Owns: the result, until
 * free. Fails: NULL, no memory. */
KF_MUST char *kf_release_path(const char *folder, const char *path);

/* kf_release_fit_add adds a class that nothing was asked of yet. Fails: NULL,
 * no memory. */
KF_MUST struct kf_release_fit *kf_release_fit_add(struct kf_release *release);

/* kf_release_write writes the statement. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_release_write(struct kf_output *out,
					const struct kf_release *release);

/* kf_release_open takes the statement out of an envelope. `*what` NULL: `key`
 * has signed it, alone, and it is written the one way in which it can be;
 * else why not. `key` NULL: whoever has. Fails: KF_NO_MEMORY, KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_release_open(struct kf_bytes *out, const char **what,
				       struct kf_bytes text,
				       const struct kf_key *key,
				       struct kf_env *env);

/* kf_manifest is a statement that was read. Texts live as long as `root`. */
struct kf_manifest {
	json_t *root;
	const char *product, *version, *made;
	bool has_counter;
	uint64_t counter;
	const json_t *artifacts, *signers, *fits;
};

/* kf_manifest_read reads one, and believes nothing of it that it could tell in
 * two ways. Owns: `out`, until kf_manifest_close, which takes a zeroed one too.
 * Fails: KF_WRONG_USE, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_manifest_read(struct kf_manifest *out,
					struct kf_bytes statement,
					struct kf_fault *why);
void kf_manifest_close(struct kf_manifest *manifest);

/* kf_manifest_compare holds a manifest against one that was made of the folder
 * as it is now, and tells what differs. */
void kf_manifest_compare(const struct kf_manifest *told,
			 const struct kf_manifest *now,
			 kf_release_found *found, void *self);

/* kf_manifest_fit tells whether a manifest tells of a class. */
bool kf_manifest_fit(const struct kf_manifest *manifest,
		     const struct kf_digest *class);

#endif
