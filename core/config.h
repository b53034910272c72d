/* A tree of settings, as configuration files write one: groups of named
 * values, lists, texts and numbers. Its readers are in libconfig.c and json.c.
 *
 * The tree lives in the arena. Nothing here goes down into itself: nodes know
 * what they stand in.
 */
#ifndef KEYFIT_CORE_CONFIG_H
#define KEYFIT_CORE_CONFIG_H

#include <keyfit/env.h>

enum { KF_CONFIG_DEPTH_MAX = 256 };

enum kf_config_type {
	KF_CONFIG_NONE = 0,	/* JSON's null */
	KF_CONFIG_GROUP,
	KF_CONFIG_LIST,
	KF_CONFIG_ARRAY,	/* a list of values of one type */
	KF_CONFIG_TEXT,
	KF_CONFIG_INT,		/* that fits into 32 bits */
	KF_CONFIG_INT64,
	KF_CONFIG_FLOAT,
	KF_CONFIG_BOOL,
};

struct kf_config {
	enum kf_config_type type;
	struct kf_bytes name;	/* in a group */
	struct kf_bytes text;
	int64_t number;		/* a bool's too */
	uint64_t at;		/* of its value in the text */
	struct kf_config *parent, *next, *first, *last;
	size_t num;		/* of its children */
};

/* kf_config_text is what came of reading one. */
enum kf_config_result {
	KF_CONFIG_READ = 0,
	KF_CONFIG_WRONG,	/* no such text: `damage` says where */
	KF_CONFIG_BEYOND,	/* more than keyfit reads: `beyond` says what */
};

struct kf_config_text {
	enum kf_config_result result;
	struct kf_config *root;	/* a group, or what JSON has at the top */
	struct kf_damage damage;
	const char *beyond;
	uint64_t end;		/* of JSON: what stands behind it is not read */
};

/* kf_libconfig_read reads libconfig's syntax. `later`: as libconfig 1.7 and
 * not as 1.5, which knows no comma at the end of a list and wants a line to
 * end behind a comment. Fails: KF_NO_MEMORY, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_libconfig_read(struct kf_config_text *out,
					 struct kf_bytes text, bool later,
					 struct kf_env *env);

/* kf_json_tree reads JSON (RFC 8259). What json-c may still take, and RFC 8259
 * does not, is beyond it. Fails: KF_NO_MEMORY, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_json_tree(struct kf_config_text *out,
				    struct kf_bytes text,
				    struct kf_env *env);

/* kf_json_glib reads JSON as json-glib does. Fails: so. */
KF_MUST enum kf_status kf_json_glib(struct kf_config_text *out,
				    struct kf_bytes text, struct kf_env *env);

/* kf_config_new adds a child at the end; NULL: no memory. */
KF_MUST struct kf_config *kf_config_new(struct kf_config *parent,
					struct kf_env *env);

/* kf_config_member finds a group's last child of a name; NULL: none. */
struct kf_config *kf_config_member(const struct kf_config *group,
				   struct kf_bytes name);

#endif
