/* What a device trusts, part by part: every anchor, who controls it, how it is
 * changed, and what nobody can change.
 *
 * What is said of a part comes from a table, anchors.def, whose lines name
 * their sources; the anchors come from the device's own store.
 */
#ifndef KEYFIT_ANALYSIS_ANCHORS_H
#define KEYFIT_ANALYSIS_ANCHORS_H

#include "known.h"
#include "mode.h"

enum {
	KF_ANCHORS_MAX = 1024,
	KF_ANCHOR_PARTS_MAX = 48,
};

/* kf_anchor_role is what a key in a part does. */
enum kf_anchor_role {
	KF_ANCHOR_STARTS = 1,	/* what it signs is taken */
	KF_ANCHOR_GIVES,	/* it changes a part of anchors */
	KF_ANCHOR_FORBIDS,
	KF_ANCHOR_COUNTS,	/* what goes up, and not down */
	KF_ANCHOR_SETS,		/* how things are verified, or nothing of it */
};

/* kf_anchor_reading is how a part is read. */
enum kf_anchor_reading {
	KF_ANCHOR_LISTS = 1,	/* UEFI's signature lists */
	KF_ANCHOR_SHIM,		/* a shim binary */
	KF_ANCHOR_PEM,
	KF_ANCHOR_FILES,	/* of a folder */
	KF_ANCHOR_KEYS,		/* DER, one behind the other */
	KF_ANCHOR_TREE,		/* U-Boot's control device tree */
	KF_ANCHOR_FLAG,		/* one byte */
	KF_ANCHOR_TEXT,
	KF_ANCHOR_PLAIN,	/* it holds no keys that are trusted */
	KF_ANCHOR_SETTING,	/* a name of --set */
};

/* kf_anchor_row is one line of the table. */
struct kf_anchor_row {
	const char *verifiers;
	const char *part;
	enum kf_anchor_reading reading;
	enum kf_anchor_role role;
	const char *by;		/* parts whose keys sign a change */
	const char *what, *held, *who, *change, *back;
	const char *fixed;	/* "": nothing of it is */
	const char *source;
};

/* kf_anchor_code is who changes the program that verifies. */
struct kf_anchor_code {
	const char *verifiers;
	const char *who, *source;
};

enum kf_clock {
	KF_CLOCK_NONE = 1,	/* there are no dates */
	KF_CLOCK_IGNORED,
	KF_CLOCK_COUNTED,
	KF_CLOCK_SIGNED,	/* by the time of signing, as the file says */
};

/* kf_anchor_clock is what a verifier makes of dates. */
struct kf_anchor_clock {
	const char *rules;
	enum kf_clock kind;
	const char *text, *source;
};

/* kf_owner is how much is known of who has the private key. */
enum kf_owner {
	KF_OWNER_NAMELESS = 0,	/* a bare key: nothing */
	KF_OWNER_SAYS,		/* its own certificate names somebody */
	KF_OWNER_TEST,		/* it calls itself a test key */
	KF_OWNER_KNOWN,		/* a table of known keys names somebody */
	KF_OWNER_LEAKED,	/* others than its owner have it */
	KF_OWNER_EVERYBODY,	/* it is published */
};

/* kf_anchor is one of them. */
struct kf_anchor_key {
	enum kf_anchor_role role;
	uint32_t list, entry;	/* from 1; 0: it stands in no list */
	struct kf_bytes within;	/* what of the part: a node, a file */
	struct kf_bytes der;	/* empty: a bare key */
	struct kf_certificate certificate;
	const char *key;	/* "RSA-2048"; NULL: cannot be told */
	struct kf_digest spki;	/* SHA-256; `len` 0: not known */
	struct kf_bytes own;	/* of a bare key of RSA, RSAPublicKey */
	enum kf_owner owner;
	const char *owner_name;	/* by the table; NULL: none */
	const char *owner_where;
	bool again;		/* the key stands in this role before */
};

/* kf_anchor_part is a part with its anchors. */
struct kf_anchor_part {
	const struct kf_anchor_row *row;	/* NULL: none for `name` */
	const char *name;
	enum kf_presence presence;
	bool hidden;		/* a running system does not tell it */
	bool damaged;		/* not all could be read */
	bool passed_over;	/* it is there, and does not count */
	const char *value;	/* of a flag or setting; NULL: none */
	size_t first, num;	/* anchors */
	size_t num_digests;	/* entries that are digests */
	size_t num_others;	/* entries of other kinds */
	size_t num_optional;	/* keys of which nothing is asked */
};

struct kf_anchors {
	const struct kf_anchor_code *code;
	const struct kf_anchor_clock *clock;	/* NULL: none for the rules */
	struct kf_anchor_part part[KF_ANCHOR_PARTS_MAX];
	size_t num_parts;
	struct kf_anchor_key *anchor;
	size_t num_anchors;
	bool more;		/* than are kept here */
	/* Nothing is verified, and what says so. */
	struct kf_mode off;
	bool together;		/* all that start have to sign */
	size_t num_starts, num_gives;	/* different keys */
	size_t num_digests;	/* that start */
	size_t num_unowned;	/* start or give, and nobody is known */
	size_t num_exposed;	/* start or give, and are no secret */
	size_t num_unknown;	/* parts that would start or give */
};

/* kf_anchors_of looks at what one verifier of a device has. What it finds lives
 * as long as the store and the arena. Fails: the status. */
KF_MUST enum kf_status kf_anchors_of(struct kf_anchors *out,
				     const struct kf_store *store,
				     const struct kf_rules *rules,
				     const struct kf_known *known,
				     struct kf_env *env);

/* kf_anchor_row_at, _code_at, _clock_at walk the tables; NULL after the
 * last. */
const struct kf_anchor_row *kf_anchor_row_at(size_t index);
const struct kf_anchor_code *kf_anchor_code_at(size_t index);
const struct kf_anchor_clock *kf_anchor_clock_at(size_t index);

/* kf_anchor_word tells whether a text of words has this one. */
bool kf_anchor_word(const char *words, const char *word);

/* anchors_read.c: reads the anchors of a part that is there. */
struct kf_anchor_read {
	struct kf_anchors *out;
	struct kf_anchor_part *part;
	const struct kf_store *store;
	const struct kf_known *known;
	struct kf_env *env;
	struct kf_arena search;	/* to look for keys in */
	enum kf_status status;
};

void kf_anchor_read(struct kf_anchor_read *r, struct kf_bytes bytes);

#endif
