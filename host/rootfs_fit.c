/* A U-Boot in an unpacked root file system, a boot folder or a build folder.
 *
 * Only what U-Boot itself is made of counts: device trees of kernels, which lie
 * in the same folders, have no keys in them.
 */
#include "fit_tree.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LEN = 4096, VERSION_LEN = 80 };

/* Where a U-Boot lies, the first one that holds keys counts. */
static const char *const places[] = {
	"u-boot.dtb", "u-boot-dtb.bin", "u-boot-dtb.img", "u-boot.bin",
	"u-boot.img", "u-boot.itb", "dts/dt.dtb",
};

static const char *const folders[] = {
	"", "boot/", "boot/u-boot/", "boot/firmware/", "usr/lib/u-boot/",
	"deploy/", "images/",
};

/* after_last tells whether a version is of the month of 2026.10-rc2, or
 * younger: "2027.01". */
static bool after_last(struct kf_bytes version)
{
	enum { LAST = 2026 * 100 + 10 };
	unsigned number = 0;

	for (size_t i = 0; i < 7; i++) {
		uint8_t c = i < version.len ? version.data[i] : 0;

		if (i == 4 && c == '.')
			continue;
		if (c < '0' || c > '9')
			return false;
		number = number * 10 + (c - '0');
	}
	return number >= LAST && !kf_equal(version, kf_text("2026.10-rc1"));
}

/* rules_for maps the version that a U-Boot tells to a profile: its own where
 * it was run, upstream's for what is younger, and for all others what those
 * agree on that were run. */
static const char *rules_for(struct kf_bytes version)
{
	static const struct { const char *version, *rules; } run[] = {
		{ "2023.01+dfsg-2+deb12u3", "u-boot-fit-2023.01" },
		{ "2023.01", "u-boot-fit-2023.01-released" },
		{ "2026.10-rc2", "u-boot-fit-2026.10-rc2" },
	};

	for (size_t i = 0; i < sizeof(run) / sizeof(run[0]); i++)
		if (kf_equal(version, kf_text(run[i].version)))
			return run[i].rules;
	return after_last(version) ? "u-boot-fit" : "u-boot-fit-2023.01-to-2026.10";
}

/* keep_version tells the rules what version the device has. */
static enum kf_status keep_version(struct kf_opening *o,
				   struct kf_store *store,
				   struct kf_bytes version)
{
	char text[VERSION_LEN] = "";
	const char *kept;

	if (version.len == 0 || version.len >= sizeof(text))
		return KF_OK;
	memcpy(text, version.data, version.len);
	kept = kf_device_text(o, text);
	if (!kept)
		return KF_NO_MEMORY;
	return kf_store_set(store, "version", kept) ? KF_OK
						    : kf_device_full(o);
}

/* file_at reads what may lie at a place of a folder; the empty view: nothing
 * does. */
static enum kf_status file_at(struct kf_bytes *out, char *path,
			      struct kf_opening *o, const char *folder,
			      const char *name)
{
	struct stat st;

	*out = kf_view(NULL, 0);
	snprintf(path, PATH_LEN, "%s%s", folder, name);
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return KF_OK;
	return kf_device_file(out, o, path, KF_STORE_FILE_MAX);
}

/* version_of looks for the version in the file that holds the keys, and, since
 * a device tree tells none, in what lies beside it. */
static enum kf_status version_of(struct kf_bytes *out, struct kf_opening *o,
				 const char *folder, struct kf_bytes file)
{
	enum kf_status status = KF_OK;
	char path[PATH_LEN];

	*out = kf_fit_version(file);
	for (size_t i = 0; status == KF_OK && out->len == 0 &&
	     i < sizeof(places) / sizeof(places[0]); i++) {
		status = file_at(&file, path, o, folder, places[i]);
		if (status == KF_OK)
			*out = kf_fit_version(file);
	}
	return status;
}

/* take makes the verifier of a file that holds keys. */
static enum kf_status take(struct kf_opening *o, const char *path,
			   const char *folder, struct kf_bytes file,
			   struct kf_device_verifier *out, bool *found)
{
	struct kf_part part = { .name = "dtb", .presence = KF_PRESENT,
				.bytes = kf_fit_tree(file) };
	struct kf_source source = kf_bytes_source(&part.bytes);
	struct kf_bytes version;
	enum kf_status status;

	if (part.bytes.len == 0 || !kf_fit_has_keys(&source))
		return KF_OK;
	part.from = kf_device_text(o, path);
	if (!part.from)
		return KF_NO_MEMORY;
	status = version_of(&version, o, folder, file);
	if (status == KF_OK)
		status = kf_device_rules(o, out, rules_for(version));
	if (status == KF_OK)
		status = keep_version(o, &out->store, version);
	if (status != KF_OK)
		return status;
	out->store.complete = true;
	*found = true;
	return kf_store_put(&out->store, &part) ? KF_OK : kf_device_full(o);
}

/* look_in looks for the keys in one folder. */
static enum kf_status look_in(struct kf_opening *o, const char *folder,
			      struct kf_device_verifier *out, bool *found)
{
	enum kf_status status = KF_OK;
	char path[PATH_LEN];

	for (size_t i = 0; status == KF_OK && !*found &&
	     i < sizeof(places) / sizeof(places[0]); i++) {
		struct kf_bytes file;

		status = file_at(&file, path, o, folder, places[i]);
		if (status == KF_OK && file.len)
			status = take(o, path, folder, file, out, found);
	}
	return status;
}

enum kf_status kf_rootfs_u_boot_fit(struct kf_opening *o, const char *root,
				    struct kf_device_verifier *out,
				    bool *found)
{
	enum kf_status status = KF_OK;
	char folder[PATH_LEN];

	*found = false;
	for (size_t i = 0; status == KF_OK && !*found &&
	     i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(folder, sizeof(folder), "%s/%s", root, folders[i]);
		status = look_in(o, folder, out, found);
	}
	return status;
}
