/* Settings in groups, as GLib's GKeyFile reads them: RAUC keeps its
 * configuration and its manifests so.
 *
 * Source: GNOME/glib, glib/gkeyfile.c at 2.74 (Debian 12's): each function
 * here names its own there.
 */
#ifndef KEYFIT_CORE_KEYFILE_H
#define KEYFIT_CORE_KEYFILE_H

#include <keyfit/env.h>

/* kf_keyfile_entry is one line KEY=VALUE. `taken`: somebody has asked for it,
 * and it is no longer seen. */
struct kf_keyfile_entry {
	size_t group;
	struct kf_bytes key;
	struct kf_bytes value;	/* as it stands in the file */
	uint64_t at;
	bool taken;
};

struct kf_keyfile_group {
	struct kf_bytes name;
	uint64_t at;
	bool taken;
};

/* kf_keyfile is a file that was read. `damage` names the first line that
 * GLib does not parse; nothing else is worth anything then. */
struct kf_keyfile {
	struct kf_keyfile_group *group;
	size_t num_groups;
	struct kf_keyfile_entry *entry;
	size_t num_entries;
	struct kf_damage damage;
};

/* kf_keyfile_read reads a file. The bytes stay borrowed.
 * Fails: KF_NO_MEMORY, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_keyfile_read(struct kf_keyfile *out,
				       struct kf_bytes file,
				       struct kf_env *env);

/* kf_keyfile_group_of finds a group; num_groups: there is none. */
size_t kf_keyfile_group_of(const struct kf_keyfile *file, const char *name);

/* kf_keyfile_entry_of finds a key: of several of one name the last one, among
 * those that nobody has taken. NULL: there is none. */
struct kf_keyfile_entry *kf_keyfile_entry_of(const struct kf_keyfile *file,
					     size_t group, const char *key);

/* kf_keyfile_left is the first key of a group that nobody has taken; NULL:
 * none is left. */
const struct kf_keyfile_entry *kf_keyfile_left(const struct kf_keyfile *file,
					       size_t group);

/* kf_value is how a value reads. */
enum kf_value {
	KF_VALUE_GOOD = 1,
	KF_VALUE_BAD,		/* it is none of its type */
	KF_VALUE_FULL,		/* the arena is */
};

/* kf_keyfile_text: a text, its escapes undone. One that is no escape stays as
 * it is; `strict`, as GLib from 2.84 at the latest is, refuses it. */
enum kf_value kf_keyfile_text(struct kf_bytes *out, struct kf_bytes value,
			      bool strict, struct kf_arena *arena);
enum kf_value kf_keyfile_truth(bool *out, struct kf_bytes value);
enum kf_value kf_keyfile_number(uint64_t *out, struct kf_bytes value);
enum kf_value kf_keyfile_integer(int32_t *out, struct kf_bytes value);

/* kf_keyfile_list: the items of a list, each a text.
 * Fails: KF_VALUE_BAD, where one of them is none. */
enum kf_value kf_keyfile_list(struct kf_bytes **out, size_t *num,
			      struct kf_bytes value, struct kf_arena *arena);

#endif
