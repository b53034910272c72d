/* Noun 2: what a device trusts, and what it refuses.
 *
 * A trust store is a set of named parts (pk, kek, db, dbx ...), each of them
 * bytes exactly as the verifier would see them. Store readers find the parts;
 * they never weigh them, since verifiers walk damaged lists differently.
 *
 * A part is present, absent or unknown. In a complete store what is not there
 * is absent; in a store given piece by piece it is unknown, and a verdict then
 * holds only where every completion would give the same.
 */
#ifndef KEYFIT_STORE_H
#define KEYFIT_STORE_H

#include <keyfit/artifact.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

enum {
	KF_PARTS_MAX = 32,
	KF_SETTINGS_MAX = 32,
};

enum kf_presence {
	KF_UNKNOWN = 0,
	KF_ABSENT,
	KF_PRESENT,
};

/* kf_part is one named part. The name is the one of `--trust`: "db". */
struct kf_part {
	const char *name;
	enum kf_presence presence;
	struct kf_bytes bytes;
	uint64_t at;		/* of the bytes in their file */
	uint32_t attributes;	/* of a UEFI variable; 0: not known */
	struct kf_moment time;	/* of a UEFI variable's last write */
	bool timed;		/* `time` is known */
	bool shown;		/* as shim shows it to a running system: lists
				 * start with shim's own */
	const char *from;	/* the file it came from; NULL: not told */
	struct kf_bytes least;	/* of a part that is not known: lists whose
				 * entries it has, among others */
};

/* kf_hardware is what a machine's firmware says of its model (SMBIOS), as Linux
 * shows it below /sys/class/dmi/id. NULL: not told. */
enum kf_hardware_field {
	KF_HARDWARE_VENDOR,
	KF_HARDWARE_FAMILY,
	KF_HARDWARE_PRODUCT,
	KF_HARDWARE_SKU,
	KF_HARDWARE_BOARD_VENDOR,
	KF_HARDWARE_BOARD,
	KF_HARDWARE_BIOS_VENDOR,
	KF_HARDWARE_BIOS_VERSION,
	KF_HARDWARE_BIOS_RELEASE,	/* "2.25" */
	KF_HARDWARE_CHASSIS,		/* its type, a number */
	KF_NUM_HARDWARE,
};

struct kf_hardware {
	const char *text[KF_NUM_HARDWARE];
};

/* kf_setting is one `--set` line, or one that the store itself implies. */
struct kf_setting {
	const char *name;
	const char *value;
};

struct kf_store_kind;

/* kf_store borrows its texts and bytes. */
struct kf_store {
	const struct kf_store_kind *kind;
	const char *device;	/* name for people */
	bool complete;
	struct kf_part part[KF_PARTS_MAX];
	size_t num_parts;
	struct kf_setting setting[KF_SETTINGS_MAX];
	size_t num_settings;
	enum kf_status status;
	struct kf_damage damage[KF_DAMAGE_MAX];
	size_t num_damage;
	struct kf_prepared prepared[KF_PREPARED_MAX];
	size_t num_prepared;
};

/* kf_store_kind is one line of stores.def. */
struct kf_store_kind {
	const char *name;	/* "ovmf" */
	const char *title;
	/* whole: the file is a whole device; else one part of one, which has
	 * no name of its own until the user gives it one. */
	bool whole;
	bool (*recognise)(struct kf_bytes file);
	/* read finds the parts in `file`, which stays borrowed. */
	void (*read)(struct kf_store *out, struct kf_bytes file,
		     struct kf_env *env);
	void (*describe)(const struct kf_store *store, struct kf_bytes file,
			 struct kf_env *env, const struct kf_sink *sink);
};

/* kf_store_kind_of finds the kind that recognises a file; NULL: none. */
const struct kf_store_kind *kf_store_kind_of(struct kf_bytes file);
const struct kf_store_kind *kf_store_kind_at(size_t index);

/* kf_store_read reads a file by its kind. Look at `out->status`. */
void kf_store_read(struct kf_store *out, const struct kf_store_kind *kind,
		   struct kf_bytes file, struct kf_env *env);

/* kf_store_part finds a part by name; NULL: the store says nothing of it. */
const struct kf_part *kf_store_part(const struct kf_store *store,
				    const char *name);

/* kf_store_presence is a part's presence, `complete` taken into account: that
 * is for parts of which the store says nothing. One that is there and unknown
 * was there and could not be read, and is never taken for absent. */
enum kf_presence kf_store_presence(const struct kf_store *store,
				   const char *name);

/* kf_store_put sets a part, in place of one of the same name.
 * Fails: false when the table is full. */
KF_MUST bool kf_store_put(struct kf_store *store, const struct kf_part *part);

/* kf_store_set sets a setting, in place of one of the same name.
 * Fails: false when the table is full. */
KF_MUST bool kf_store_set(struct kf_store *store, const char *name,
			  const char *value);

/* kf_store_setting is a setting's value; NULL: not set. */
const char *kf_store_setting(const struct kf_store *store, const char *name);

/* kf_store_damage notes a broken field, as kf_artifact_damage does. */
void kf_store_damage(struct kf_store *store, struct kf_damage damage);

/* kf_store_prepare works out what one verifier needs of the store. Done once
 * a device class. Fails: through `store->status`. */
void kf_store_prepare(struct kf_store *store, const struct kf_rules *rules,
		      struct kf_env *env);
const void *kf_store_state(const struct kf_store *store,
			   const struct kf_rules *rules);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
