/* A U-Boot in an unpacked root file system, a boot folder or a build folder.
 *
 * Only what U-Boot itself is made of counts: device trees of kernels, which lie
 * in the same folders, have no keys in them.
 */
#include "fit_tree.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LEN = 4096 };

/* Where a U-Boot lies, the first one that holds keys counts. */
static const char *const places[] = {
	"u-boot.dtb", "u-boot-dtb.bin", "u-boot-dtb.img", "u-boot.bin",
	"u-boot.img", "u-boot.itb", "dts/dt.dtb",
};

static const char *const folders[] = {
	"", "boot/", "boot/u-boot/", "boot/firmware/", "usr/lib/u-boot/",
	"deploy/", "images/",
};

/* rules_for maps the version that a U-Boot tells to a profile: Debian's of
 * 2023.01 is the one that was judged, for all others there is upstream's. */
static const char *rules_for(struct kf_bytes version)
{
	static const char debian[] = "2023.01+dfsg";
	struct kf_bytes start = kf_part_of(version, 0, sizeof(debian) - 1);

	return kf_equal(start, kf_text(debian)) ? "u-boot-fit-2023.01"
						: "u-boot-fit";
}

/* take makes the verifier of a file that holds keys. */
static enum kf_status take(struct kf_opening *o, const char *path,
			   struct kf_bytes file,
			   struct kf_device_verifier *out, bool *found)
{
	struct kf_part part = { .name = "dtb", .presence = KF_PRESENT,
				.bytes = kf_fit_tree(file) };
	struct kf_source source = kf_bytes_source(&part.bytes);
	enum kf_status status;

	if (part.bytes.len == 0 || !kf_fit_has_keys(&source))
		return KF_OK;
	part.from = kf_device_text(o, path);
	if (!part.from)
		return KF_NO_MEMORY;
	status = kf_device_rules(o, out, rules_for(kf_fit_version(file)));
	if (status != KF_OK)
		return status;
	out->store.complete = true;
	*found = true;
	return kf_store_put(&out->store, &part) ? KF_OK : kf_device_full(o);
}

enum kf_status kf_rootfs_u_boot_fit(struct kf_opening *o, const char *root,
				    struct kf_device_verifier *out,
				    bool *found)
{
	enum kf_status status = KF_OK;
	char path[PATH_LEN];

	*found = false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		for (size_t j = 0; j < sizeof(places) / sizeof(places[0]);
		     j++) {
			struct kf_bytes file;
			struct stat st;

			snprintf(path, sizeof(path), "%s/%s%s", root,
				 folders[i], places[j]);
			if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
			    st.st_size == 0)
				continue;
			status = kf_device_file(&file, o, path,
						KF_STORE_FILE_MAX);
			if (status == KF_OK)
				status = take(o, path, file, out, found);
			if (status != KF_OK || *found)
				return status;
		}
	}
	return KF_OK;
}
