/* Catalogues of checksums and signatures (.jcat), as libjcat reads them: JSON,
 * packed with gzip, of items that are files, each with its blobs.
 *
 * Source: hughsie/libjcat, libjcat/jcat-file.c, jcat-item.c, jcat-blob.c, tag
 * 0.2.3.
 */
#ifndef KEYFIT_CORE_JCAT_H
#define KEYFIT_CORE_JCAT_H

#include "reasons.h"

#include <keyfit/artifact.h>
#include <keyfit/gnutls.h>

enum {
	KF_JCAT_JSON_MAX = 2 << 20,
	KF_JCAT_FILE_MAX = 2 << 20,
};

enum kf_jcat_kind {
	KF_JCAT_UNKNOWN = 0,
	KF_JCAT_SHA256 = 1,
	KF_JCAT_GPG = 2,
	KF_JCAT_PKCS7 = 3,
	KF_JCAT_SHA1 = 4,
	KF_JCAT_ED25519 = 9,
	KF_JCAT_SHA512 = 10,
};

struct kf_jcat_blob {
	uint32_t kind, target;
	bool is_text;		/* `data` is as the JSON has it */
	bool crashes;		/* libjcat does not survive this one */
	struct kf_bytes data;
	struct kf_bytes id;	/* of the one who signed; `data` NULL: none */
	int64_t made_s;		/* 0: not told */
	struct kf_jcat_blob *next;
	bool replaced;		/* by a later one of its kind: it is not used */
	uint32_t number;	/* from 1, of those that are signatures */
};

struct kf_jcat_name {
	struct kf_bytes name;
	struct kf_jcat_name *next;
};

/* kf_jcat_item is one file that is signed. Blobs are in the order of the
 * file; those that libjcat keeps it keeps in this order too. */
struct kf_jcat_item {
	struct kf_bytes id;	/* `data` NULL: none */
	struct kf_jcat_name *alias;
	struct kf_jcat_blob *blob;
	struct kf_jcat_item *next;
};

/* kf_jcat is a catalogue, or several that were read one behind the other. */
struct kf_jcat {
	struct kf_jcat_item *item;
	int64_t major, minor;
	uint32_t num_signatures;
	struct kf_damage damage;	/* libjcat does not take it */
	const char *beyond;		/* keyfit cannot tell whether it does */
};

/* kf_jcat_read reads one, and puts its items behind those that are there.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_jcat_read(struct kf_jcat *out,
				    const struct kf_source *source,
				    uint64_t at, uint64_t len,
				    struct kf_env *env);

/* kf_jcat_likely tells whether a file starts as a gzip that holds JSON. */
bool kf_jcat_likely(struct kf_bytes head, const struct kf_source *source);

/* kf_jcat_find is the item of a name: by its id, else by an alias. */
const struct kf_jcat_item *kf_jcat_find(const struct kf_jcat *jcat,
					struct kf_bytes name);

/* kf_jcat_only is the one blob of a kind; NULL: there is none, or several. */
const struct kf_jcat_blob *kf_jcat_only(const struct kf_jcat_item *item,
					uint32_t kind);

bool kf_jcat_has_target(const struct kf_jcat_item *item);

/* kf_jcat_kind_name is a kind's name: "sha256"; NULL: libjcat has none. */
const char *kf_jcat_kind_name(uint32_t kind);

/* jcat_facts.c: kf_jcat_describe says who signed what. */
void kf_jcat_describe(const struct kf_jcat *jcat, struct kf_env *env,
		      const struct kf_sink *sink);

/* kf_jcat_unarmour decodes the first PEM of a text; empty: there is none, or
 * the arena is full. */
struct kf_bytes kf_jcat_unarmour(struct kf_bytes text,
				 struct kf_arena *arena);

/* kf_jcat_key is one file of those that keys are taken from. Its bytes are
 * there where its name says that libjcat reads it. */
struct kf_jcat_key {
	struct kf_bytes name;		/* without its folder */
	struct kf_bytes bytes;
	bool unreadable;
};

/* kf_jcat_keys is what a device trusts, as host/trust_jcat.c packs it. */
struct kf_jcat_keys {
	enum kf_presence presence;
	const struct kf_jcat_key *key;
	size_t num;
};

KF_MUST enum kf_status kf_jcat_keys_read(struct kf_jcat_keys *out,
					 const struct kf_store *store,
					 const char *part,
					 struct kf_env *env);

/* kf_jcat_is_key tells whether a file's name says that it holds keys of a
 * kind; kf_jcat_keys_have, whether there is such a file. */
bool kf_jcat_is_key(struct kf_bytes name, enum kf_jcat_kind kind);
bool kf_jcat_ends(struct kf_bytes name, const char *with);
bool kf_jcat_keys_have(const struct kf_jcat_keys *keys,
		       enum kf_jcat_kind kind);

/* kf_jcat_ask is a question about signatures, and libjcat's engines while it
 * is answered. */
struct kf_jcat_ask {
	const struct kf_jcat_keys *keys;
	struct kf_env *env;
	enum kf_status status;
	bool any_time;
	bool few_kinds;		/* sha256, sha512, pkcs7 and gpg alone */
	/* The engine for PKCS#7: */
	bool loaded;
	struct kf_gnutls_trust *trust;
	const struct kf_jcat_key *bad_key;	/* that it cannot be set up
						 * with */
	enum kf_anchor bad;
};

/* kf_jcat_close releases what the engines hold. */
void kf_jcat_close(struct kf_jcat_ask *ask);

/* kf_jcat_said is what becomes of one blob, or of an item. */
enum kf_jcat_said {
	KF_JCAT_OPEN = 0,	/* keyfit cannot tell; `why` says so */
	KF_JCAT_GOOD,
	KF_JCAT_BAD,		/* `why` says what is wrong */
	KF_JCAT_NO_ENGINE,	/* libjcat passes over it */
	KF_JCAT_NOT_ALLOWED,	/* so, where not all kinds are allowed */
	KF_JCAT_CRASH,
};

struct kf_jcat_answer {
	enum kf_jcat_said said;
	struct kf_finding why;
	struct kf_gnutls_result pkcs7;	/* of the last PKCS#7 asked about */
	const struct kf_jcat_blob *blob;	/* that decided */
};

/* kf_jcat_is_checksum, kf_jcat_is_signature: of a kind with an engine. */
bool kf_jcat_is_checksum(uint32_t kind);
bool kf_jcat_is_signature(uint32_t kind);

/* kf_jcat_engine tells whether there is an engine for a kind: KF_JCAT_GOOD. */
enum kf_jcat_said kf_jcat_engine(const struct kf_jcat_ask *ask,
				 uint32_t kind);

/* kf_jcat_hash reads data through once; `ask->status` tells of a failure. */
void kf_jcat_hash(struct kf_digest *out, struct kf_jcat_ask *ask,
		  uint32_t kind, const struct kf_gnutls_data *data);

/* kf_jcat_text makes a text out of bytes, for people. */
const char *kf_jcat_text(struct kf_jcat_ask *ask, struct kf_bytes bytes);

/* kf_jcat_ask_blob asks one blob's engine about `data`. */
void kf_jcat_ask_blob(struct kf_jcat_answer *out, struct kf_jcat_ask *ask,
		      const struct kf_jcat_blob *blob,
		      const struct kf_gnutls_data *data);

/* kf_jcat_ask_item: does an item vouch for a file, with at least one checksum
 * and one signature, as fwupd asks? Of an item that signs checksums the
 * checksums are compared, and their signatures count; `direct` is for those
 * that fwupd takes at their word. */
void kf_jcat_ask_item(struct kf_jcat_answer *out, struct kf_jcat_ask *ask,
		      const struct kf_jcat_item *item,
		      const struct kf_gnutls_data *data, bool direct);

/* kf_jcat_result adds a line to a verdict's table of signatures. */
void kf_jcat_result(struct kf_verdict *v,
		    const struct kf_jcat_answer *answer);

#endif
