/* Which machine it is, which versions of boot software it has, and the boot
 * files of its EFI system partition.
 *
 * Source: Linux 6.1, Documentation/ABI/testing/sysfs-firmware-dmi-entries and
 * drivers/firmware/dmi-id.c; deb-control(5) and dpkg(1) (the status file);
 * os-release(5).
 */
#include "collect_parts.h"

#include "walk.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* line_len is the length of the first line. */
static size_t line_len(const struct kf_output *text)
{
	size_t len = 0;

	while (len < text->len && text->data[len] != '\n')
		len++;
	return len;
}

void kf_collect_identity(struct kf_collecting *c)
{
	static const struct {
		const char *name;
		bool serial;
	} fields[] = {
		{ "sys_vendor", false }, { "product_family", false },
		{ "product_name", false }, { "product_version", false },
		{ "product_sku", false }, { "board_vendor", false },
		{ "board_name", false }, { "board_version", false },
		{ "bios_vendor", false }, { "bios_version", false },
		{ "bios_date", false }, { "bios_release", false },
		{ "chassis_type", false },
		{ "product_serial", true }, { "product_uuid", true },
		{ "board_serial", true }, { "chassis_serial", true },
	};
	bool any = false;

	kf_json_open(&c->json, "smbios", '{');
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct kf_output text = { 0 };
		char path[128];

		if (fields[i].serial && !c->ask->serials)
			continue;
		snprintf(path, sizeof(path), "/sys/class/dmi/id/%s",
			 fields[i].name);
		if (kf_collect_read(&text, c, path, !fields[i].serial)) {
			any = true;
			kf_json_foreign(&c->json, fields[i].name,
					kf_view(text.data, line_len(&text)));
		}
		kf_output_close(&text);
	}
	kf_json_close(&c->json);
	if (!any)
		kf_collect_unread(c, "/sys/class/dmi/id",
				  "tells nothing of the machine");
}

/* field_of finds "KEY: value" or "KEY=value" at the start of a line of a text;
 * empty: it is not there. */
static struct kf_bytes field_of(struct kf_bytes text, const char *key)
{
	size_t len = strlen(key), at = 0;

	while (at < text.len) {
		const char *line = (const char *)text.data + at;
		const char *end = memchr(line, '\n', text.len - at);
		size_t line_len = end ? (size_t)(end - line) : text.len - at;

		if (line_len >= len && memcmp(line, key, len) == 0)
			return kf_view(line + len, line_len - len);
		at += line_len + 1;
	}
	return kf_view(NULL, 0);
}

static struct kf_bytes unquoted(struct kf_bytes value)
{
	if (value.len >= 2 && value.data[0] == '"' &&
	    value.data[value.len - 1] == '"')
		return kf_part_of(value, 1, value.len - 2);
	return value;
}

static void write_os(struct kf_collecting *c)
{
	static const char *const keys[] = { "ID=", "VERSION_ID=",
					    "PRETTY_NAME=" };
	static const char *const names[] = { "id", "version_id", "name" };
	struct kf_output text = { 0 };

	kf_json_open(&c->json, "os", '{');
	if (!kf_collect_read(&text, c, "/etc/os-release", true)) {
		kf_output_close(&text);
		(void)kf_collect_read(&text, c, "/usr/lib/os-release", false);
	}
	for (size_t i = 0; i < 3; i++) {
		struct kf_bytes value = unquoted(
			field_of(kf_view(text.data, text.len), keys[i]));

		if (value.len)
			kf_json_foreign(&c->json, names[i], value);
	}
	kf_output_close(&text);
	kf_json_close(&c->json);
}

/* is_boot tells whether a package has to do with the start. */
static bool is_boot(struct kf_bytes name)
{
	static const char *const starts[] = { "shim", "grub", "fwupd",
					      "linux-image", "systemd-boot",
					      "mokutil", "efibootmgr" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t len = strlen(starts[i]);

		if (name.len >= len && memcmp(name.data, starts[i], len) == 0)
			return true;
	}
	return false;
}

static void write_package(struct kf_collecting *c, struct kf_bytes stanza)
{
	static const char installed[] = " installed";
	struct kf_bytes name = field_of(stanza, "Package: ");
	struct kf_bytes status = field_of(stanza, "Status: ");
	size_t len = sizeof(installed) - 1;

	if (!is_boot(name) || status.len < len ||
	    memcmp(status.data + status.len - len, installed, len) != 0)
		return;
	kf_json_open(&c->json, NULL, '{');
	kf_json_foreign(&c->json, "name", name);
	kf_json_foreign(&c->json, "version", field_of(stanza, "Version: "));
	kf_json_foreign(&c->json, "architecture",
			field_of(stanza, "Architecture: "));
	kf_json_close(&c->json);
}

static void write_packages(struct kf_collecting *c)
{
	struct kf_output text = { 0 };
	size_t from = 0;

	kf_json_open(&c->json, "packages", '[');
	(void)kf_collect_read(&text, c, "/var/lib/dpkg/status", false);
	while (from < text.len) {
		const char *start = text.data + from;
		const char *end = memmem(start, text.len - from, "\n\n", 2);
		size_t len = end ? (size_t)(end - start) : text.len - from;

		write_package(c, kf_view(start, len));
		from += len + 2;
	}
	kf_output_close(&text);
	kf_json_close(&c->json);
}

void kf_collect_versions(struct kf_collecting *c)
{
	struct kf_output text = { 0 };

	kf_json_open(&c->json, "versions", '{');
	write_os(c);
	if (kf_collect_read(&text, c, "/proc/sys/kernel/osrelease", false))
		kf_json_foreign(&c->json, "kernel",
				kf_view(text.data, line_len(&text)));
	else
		kf_json_text(&c->json, "kernel", NULL);
	kf_output_close(&text);
	write_packages(c);
	kf_json_close(&c->json);
}

static bool write_file(void *self, const char *path)
{
	struct kf_collecting *c = self;
	const char *dot = strrchr(path, '.');
	struct kf_fault why = { "", "" };
	struct kf_file file = { 0 };
	struct kf_digest digest;
	enum kf_status status;

	if (!dot || strcasecmp(dot, ".efi") != 0)
		return true;
	status = kf_file_open(&file, path, &why);
	if (status == KF_OK)
		status = kf_file_digest(&digest, &file.source, c->ask->env);
	if (status == KF_OK) {
		kf_json_open(&c->json, NULL, '{');
		kf_json_foreign(&c->json, "path",
				kf_text(path + strlen(c->ask->root)));
		kf_json_number(&c->json, "size", file.source.size);
		kf_json_hex(&c->json, "sha256",
			    kf_view(digest.bytes, digest.len));
		kf_json_close(&c->json);
	} else {
		kf_collect_unread(c, path + strlen(c->ask->root),
				  why.what[0] ? why.what : "cannot be read");
	}
	kf_file_close(&file);
	return true;
}

static void file_unread(void *self, const char *path, const char *why)
{
	struct kf_collecting *c = self;

	kf_collect_unread(c, path + strlen(c->ask->root), why);
}

void kf_collect_esp(struct kf_collecting *c)
{
	static const char *const folders[] = { "/boot/efi/EFI", "/efi/EFI",
					       "/boot/EFI" };
	const struct kf_walk_sink sink = { write_file, file_unread, NULL,
					   c };
	bool any = false;

	kf_json_open(&c->json, "esp", '[');
	for (size_t i = 0; i < 3 && !any; i++) {
		char path[KF_COLLECT_PATH];
		struct stat st;

		kf_collect_path(path, c, folders[i]);
		if (stat(path, &st) != 0)
			continue;
		any = true;
		if (kf_walk(path, &sink) != KF_OK)
			c->json.out->failed = true;
	}
	kf_json_close(&c->json);
	if (!any)
		kf_collect_unread(c, "/boot/efi/EFI",
				  "no EFI system partition is to be seen");
}
