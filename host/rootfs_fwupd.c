/* fwupd in a root file system: its keys, of both folders, and fwupd.conf.
 *
 * Source: fwupd/fwupd, src/fu-engine.c (fu_engine_init), libfwupdplugin/
 * fu-path.c (fu_path_from_kind), tag 2.0.20.
 */
#include "rootfs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LEN = 4096 };

static bool is_there(char real[PATH_LEN], const char *root, const char *path)
{
	return kf_rootfs_path(real, PATH_LEN, root, path) &&
	       access(real, F_OK) == 0;
}

/* put_keys takes a folder, where it is there. */
static enum kf_status put_keys(struct kf_opening *o, struct kf_store *store,
			       const char *root, const char *path)
{
	char real[PATH_LEN];

	if (!is_there(real, root, path))
		return KF_OK;
	return kf_trust_jcat_keys(o, store, "pki", real, false);
}

/* put_none says that there is none of a part. */
static enum kf_status put_none(struct kf_opening *o, struct kf_store *store,
			       const char *name)
{
	const struct kf_part none = { .name = name, .presence = KF_ABSENT };

	if (kf_store_part(store, name))
		return KF_OK;
	return kf_store_put(store, &none) ? KF_OK : kf_device_full(o);
}

static enum kf_status put_conf(struct kf_opening *o, struct kf_store *store,
			       const char *root)
{
	enum { CONF_MAX = 1 << 20 };
	struct kf_part part = { .name = "conf", .presence = KF_PRESENT,
				.from = "/etc/fwupd/fwupd.conf" };
	char real[PATH_LEN];
	enum kf_status status;

	if (!is_there(real, root, part.from))
		return put_none(o, store, "conf");
	status = kf_device_file(&part.bytes, o, real, CONF_MAX);
	if (status != KF_OK)
		return status;
	return kf_store_put(store, &part) ? KF_OK : kf_device_full(o);
}

/* put_version says which fwupd the package is; empty: it is not known. */
static enum kf_status put_version(struct kf_opening *o,
				  struct kf_store *store, const char *root)
{
	char version[64];
	const char *copy;

	if (!kf_rootfs_version(version, sizeof(version), root, "fwupd")) {
		kf_fault_say(o->why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	copy = kf_device_text(o, version);
	if (!copy)
		return KF_NO_MEMORY;
	return kf_store_set(store, "version", copy) ? KF_OK
						    : kf_device_full(o);
}

enum kf_status kf_rootfs_fwupd(struct kf_opening *o, const char *root,
			       struct kf_device_verifier *out, bool *found)
{
	static const char *const folders[] = { "/etc/pki/fwupd",
					       "/etc/pki/fwupd-metadata" };
	char real[PATH_LEN];
	enum kf_status status;

	*found = is_there(real, root, "/etc/fwupd/fwupd.conf") ||
		 is_there(real, root, folders[0]);
	if (!*found)
		return KF_OK;
	status = kf_device_rules(o, out, "fwupd-2.0");
	if (status == KF_OK)
		status = kf_device_choose(o, out);
	for (size_t i = 0; status == KF_OK && i < 2; i++)
		status = put_keys(o, &out->store, root, folders[i]);
	if (status == KF_OK)
		status = put_none(o, &out->store, "pki");
	if (status == KF_OK)
		status = put_version(o, &out->store, root);
	return status == KF_OK ? put_conf(o, &out->store, root) : status;
}
