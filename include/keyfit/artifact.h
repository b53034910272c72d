/* Noun 1: what a firmware file says, with its signatures.
 *
 * A format's reader describes a file and judges nothing: what is odd about it
 * is damage, with a field and a place, and each verifier's rules say what they
 * make of that.
 */
#ifndef KEYFIT_ARTIFACT_H
#define KEYFIT_ARTIFACT_H

#include <keyfit/crypto.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

enum {
	KF_DAMAGE_MAX = 16,	/* more is counted, and named as such */
	KF_PREPARED_MAX = 40,	/* verifiers that one artifact is ready for */
};

/* kf_fact is one line of a description. OPEN and CLOSE nest; all others are
 * leaves. `at` and `len` say where in the file it stands; `len` 0: nowhere. */
enum kf_fact_kind {
	KF_FACT_OPEN,
	KF_FACT_CLOSE,
	KF_FACT_NUMBER,
	KF_FACT_HEX,		/* a number that people write in hex */
	KF_FACT_TEXT,
	KF_FACT_BYTES,		/* shown as hex */
	KF_FACT_SECONDS,	/* seconds since 1970, UTC, in `number` */
	KF_FACT_YES_NO,
};

struct kf_fact {
	enum kf_fact_kind kind;
	const char *name;	/* NULL inside a list */
	uint64_t number;
	struct kf_bytes bytes;	/* text needs no NUL and may hold anything */
	uint64_t at;
	uint64_t len;
};

/* kf_sink takes the facts, in order. */
struct kf_sink {
	void (*fact)(void *self, const struct kf_fact *fact);
	void *self;
};

struct kf_artifact;
struct kf_rules;

/* kf_contents is what a file carries that somebody else's rules may judge: an
 * update bundle has the images in it that the device will boot. */
enum kf_contents_kind {
	KF_CONTENTS_NONE = 0,
	KF_CONTENTS_FILES,	/* that stand in it as they are */
	KF_CONTENTS_SQUASHFS,	/* an image of `len` bytes at `at` */
	KF_CONTENTS_SEALED,	/* encrypted */
	KF_CONTENTS_CABINET,	/* an archive of `len` bytes at `at` */
};

struct kf_inner {
	const char *name;
	uint64_t at, len;
};

struct kf_contents {
	enum kf_contents_kind kind;
	uint64_t at, len;
	const struct kf_inner *file;	/* in the arena */
	size_t num_files;
};

/* kf_format is one line of formats.def: how to know a file and how to read
 * it. */
struct kf_format {
	const char *name;	/* "pe" */
	const char *title;
	/* recognise looks at the first bytes of a file, 4096 or all, and at
	 * more of it where these do not tell. */
	bool (*recognise)(struct kf_bytes head,
			  const struct kf_source *source);
	/* read fills `description` and damage. `status` is set when the work
	 * could not be done. */
	void (*read)(struct kf_artifact *out, struct kf_env *env);
	void (*describe)(const struct kf_artifact *artifact,
			 struct kf_env *env, const struct kf_sink *sink);
	/* contents tells what else is in it; NULL: the format has none. */
	void (*contents)(const struct kf_artifact *artifact,
			 struct kf_contents *out);
};

/* kf_prepared is what one verifier has worked out about an artifact once, so
 * that deciding for one more device is cheap. */
struct kf_prepared {
	const struct kf_rules *rules;
	void *state;
};

/* kf_artifact borrows its source, the arena and `suppose` for its whole
 * life. */
struct kf_artifact {
	const struct kf_format *format;	/* NULL: none recognised it */
	const struct kf_source *source;	/* NULL: there is no file, only
					 * `suppose` */
	enum kf_status status;
	const void *description;	/* the format's own */
	struct kf_damage damage[KF_DAMAGE_MAX];
	size_t num_damage;
	/* Certificates, the signer's first, of a signature that is not there
	 * but asked about; it stands in place of those that are. */
	const struct kf_bytes *suppose;
	size_t num_suppose;
	struct kf_prepared prepared[KF_PREPARED_MAX];
	size_t num_prepared;
};

/* kf_format_of finds the format that recognises a file; NULL when none does.
 * `head` is its first bytes, 4096 or all. */
const struct kf_format *kf_format_of(struct kf_bytes head,
				     const struct kf_source *source);

/* kf_format_at walks the table: NULL after the last one. */
const struct kf_format *kf_format_at(size_t index);

/* kf_artifact_read reads a file by `format`, which may be NULL. Look at
 * `out->status`. Owns: `out`, until kf_artifact_close. */
void kf_artifact_read(struct kf_artifact *out, const struct kf_format *format,
		      const struct kf_source *source, struct kf_env *env);

/* kf_artifact_prepare works out all that one verifier needs of the artifact
 * and that does not depend on a device: digests and signatures.
 * Fails: through `artifact->status`. */
void kf_artifact_prepare(struct kf_artifact *artifact,
			 const struct kf_rules *rules, struct kf_env *env);

/* kf_artifact_state is what was prepared for a rules profile; NULL: nothing. */
void *kf_artifact_state(const struct kf_artifact *artifact,
			const struct kf_rules *rules);

/* kf_artifact_damage notes a broken field. Damage without a field is no
 * damage. What does not fit is counted by the last entry. */
void kf_artifact_damage(struct kf_artifact *artifact,
			struct kf_damage damage);

/* kf_artifact_close releases what the crypto library holds for it. Takes a
 * zeroed artifact too. */
void kf_artifact_close(struct kf_artifact *artifact, struct kf_env *env);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
