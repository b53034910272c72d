/* What is publicly known of keys and lists: keys that are not secret,
 * authorities that have a successor, what the newest lists revoke.
 *
 * It is dated, and comes from tables (known_*.def) that newer files can take
 * the place of.
 */
#ifndef KEYFIT_ANALYSIS_KNOWN_H
#define KEYFIT_ANALYSIS_KNOWN_H

#include <keyfit/check.h>

enum kf_exposure {
	KF_EXPOSED_NOT = 0,
	KF_EXPOSED_EXAMPLE,	/* the public part was published */
	KF_EXPOSED_LEAKED,	/* the private key got out, or was shared */
	KF_EXPOSED_PUBLISHED,	/* everybody can download it */
};

/* kf_known_key: the key by SHA-256 of its SubjectPublicKeyInfo, hex digits, or
 * the certificate by serial, as "-08:c2:..."; "": not told. */
struct kf_known_key {
	enum kf_exposure exposure;
	const char *spki;
	const char *serial;
	const char *name;
	const char *where;
};

/* kf_suspect: a certificate by SHA-1 that calls itself a test key. */
struct kf_suspect {
	const char *sha1;
	const char *name;
	const char *where;
};

/* kf_authority and who follows it. Digests are SHA-256, hex digits. */
struct kf_authority {
	const char *sha256;
	const char *part;	/* where it belongs: "db" */
	const char *name;
	const char *successor_sha256;
	const char *successor;
	const char *purpose;
};

/* kf_revoked is one entry of the newest dbx for one machine. */
struct kf_revoked {
	const char *machine;	/* as --set machine says it */
	const char *sha256;
	const char *date;	/* "2026-04-09"; "": not told */
};

/* kf_level is one SBAT level: its rows, a line each, without the first. */
struct kf_level {
	const char *date;	/* "2025051000" */
	const char *rows;
	const char *policy;	/* of shim, that sets it; NULL: none */
};

/* kf_quirk is a model whose firmware does not take updates of dbx. */
struct kf_quirk {
	const char *id;		/* as kf_hardware_id writes it */
	const char *model;	/* "": not told */
};

/* kf_dated says of when a table is, and from where. */
struct kf_dated {
	const char *date;
	const char *source;
};

/* kf_known is what is used. */
struct kf_known {
	const struct kf_known_key *key;
	size_t num_keys;
	struct kf_dated keys;
	const struct kf_revoked *revoked;
	size_t num_revoked;
	struct kf_dated dbx;
	const struct kf_level *level;	/* the newest last */
	size_t num_levels;
	struct kf_dated levels;
	const struct kf_quirk *quirk;
	size_t num_quirks;
	struct kf_dated quirks;
	struct kf_dated authorities;
};

/* kf_known_start sets the tables that keyfit carries. */
void kf_known_start(struct kf_known *out);

/* kf_known_kind is what a file that refreshes a table holds. */
enum kf_known_kind {
	KF_KNOWN_NOTHING = 0,
	KF_KNOWN_KEYS,
	KF_KNOWN_DBX,
	KF_KNOWN_LEVELS,
	KF_KNOWN_QUIRKS,
};

/* kf_known_read puts what a newer file says in place of a table: keys (CSV with
 * a header), a signed update of dbx or its lists, levels that shim keeps, or
 * fwupd's quirks of dbx.
 * It is recognised by content; KF_KNOWN_NOTHING: it is none of them. Which
 * machine a list is for is told by the entries that it shares with those that
 * are known. `name` is kept. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_known_read(struct kf_known *known,
				     enum kf_known_kind *kind,
				     struct kf_bytes file, const char *name,
				     struct kf_arena *arena);

/* kf_known_revoke puts a list for one machine in place of the one there.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_known_revoke(struct kf_known *known,
				       const char *machine,
				       const struct kf_revoked *rows,
				       size_t num, struct kf_arena *arena);

/* kf_known_find finds a key by the digest of its SubjectPublicKeyInfo, or a
 * certificate by its serial, as encoded; both may be empty. The worst exposure
 * counts. NULL: not known. */
const struct kf_known_key *kf_known_find(const struct kf_known *known,
					 struct kf_bytes spki_sha256,
					 struct kf_bytes serial);

/* kf_quirk_of finds what is known of a model; NULL: nothing.
 * Fails: KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_quirk_of(const struct kf_quirk **out,
				   const struct kf_known *known,
				   const struct kf_hardware *hardware,
				   const struct kf_crypto *crypto);

/* kf_quirks_read reads fwupd's quirks; `*is` false: the file is none.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_quirks_read(struct kf_known *known, bool *is,
				      struct kf_bytes file, const char *name,
				      struct kf_arena *arena);

/* kf_suspect_find finds a certificate by its SHA-1. NULL: none. */
const struct kf_suspect *kf_suspect_find(struct kf_bytes sha1);

/* kf_authority_at walks the table; NULL after the last. */
const struct kf_authority *kf_authority_at(size_t index);

/* kf_known_parts finds the serial, as it is encoded, and the
 * SubjectPublicKeyInfo of a certificate; empty where they cannot be told
 * apart. A crypto library may give a negative serial without its sign. */
void kf_known_parts(struct kf_bytes *serial, struct kf_bytes *spki,
		    struct kf_bytes der);

/* kf_hex_is tells whether bytes are those that hex digits spell. */
bool kf_hex_is(const char *hex, struct kf_bytes bytes);

/* kf_serial_is tells whether a serial, as it is encoded, is the number that a
 * text like "-08:c2:d1" spells. Numbers that differ by sign alone in how they
 * were encoded, as f7:3e:2f, count as the same. */
bool kf_serial_is(const char *text, struct kf_bytes serial);

#endif
