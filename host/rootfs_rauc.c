/* RAUC in a root file system: its configuration, where it looks for it, and
 * its version, which chooses the rules.
 *
 * Source: rauc/rauc, src/context.c:r_context_configure at v1.8 (one place) and
 * v1.13 (three).
 */
#include "rootfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* rules_of is the newest profile that is not newer than a version; one that is
 * not known is taken for the newest. */
static const char *rules_of(const char *version)
{
	const char *dot = strchr(version, '.');
	long minor;

	if (strncmp(version, "1.", 2) != 0 || !dot)
		return "rauc";
	minor = strtol(dot + 1, NULL, 10);
	return minor >= 16 ? "rauc-1.16" : minor >= 13 ? "rauc-1.13"
							: "rauc-1.8";
}

static bool is_there(const char *root, const char *path)
{
	char real[4096];

	return kf_rootfs_path(real, sizeof(real), root, path) &&
	       access(real, F_OK) == 0;
}

/* config_of is the configuration that a version finds; NULL: none. */
static const char *config_of(const char *root, const char *rules)
{
	static const char *const places[] = {
		"/etc/rauc/system.conf", "/run/rauc/system.conf",
		"/usr/lib/rauc/system.conf",
	};
	size_t num = strcmp(rules, "rauc-1.8") == 0
		? 1 : sizeof(places) / sizeof(places[0]);

	for (size_t i = 0; i < num; i++)
		if (is_there(root, places[i]))
			return places[i];
	return NULL;
}

enum kf_status kf_rootfs_rauc(struct kf_opening *o, const char *root,
			      struct kf_device_verifier *out, bool *found)
{
	const char *config, *copy;
	enum kf_status status;
	char version[64];

	if (!kf_rootfs_version(version, sizeof(version), root, "rauc")) {
		kf_fault_say(o->why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	config = config_of(root, rules_of(version));
	*found = config;
	if (!config)
		return KF_OK;
	status = kf_device_rules(o, out, rules_of(version));
	if (status == KF_OK)
		status = kf_device_choose(o, out);
	copy = status == KF_OK ? kf_device_text(o, version) : NULL;
	if (status == KF_OK && !copy)
		status = KF_NO_MEMORY;
	if (status == KF_OK && !kf_store_set(&out->store, "version", copy))
		status = kf_device_full(o);
	return status == KF_OK ? kf_trust_rauc_at(o, &out->store, root,
						  config) : status;
}
