/* What firmware and boot loaders keep in variables, and what they measured.
 *
 * Source: Linux 6.1, Documentation/filesystems/efivarfs.rst;
 * Documentation/ABI/stable/sysfs-class-tpm; drivers/firmware/efi/
 * mokvar-table.c; rhboot/shim 16.1, mok.c (names of what it mirrors).
 */
#include "collect_parts.h"

#include "device.h"
#include "measured.h"

#include "core/variables.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define EFI "/sys/firmware/efi"

enum { GUID_LEN = 36, ATTRIBUTES_LEN = 4, VARIABLE_MAX = 4 << 20 };

/* wanted tells whether a file holds a variable that tells of trust or of the
 * start. */
static bool wanted(const char *file)
{
	static const struct {
		const char *guid;
		const char *names;	/* a bar on each side; "": all */
	} vendors[] = {
		{ "8be4df61-93ca-11d2-aa0d-00e098032b8c",
		  "|PK|KEK|SecureBoot|SetupMode|AuditMode|DeployedMode|VendorKeys|SignatureSupport|PKDefault|KEKDefault|dbDefault|dbxDefault|dbtDefault|BootOrder|BootCurrent|BootNext|" },
		{ "d719b2cb-3d3a-4596-a3bc-dad00e67656f", "" },
		{ "605dab50-e046-4300-abb6-3dd810dd8b23", "" },
		{ "f0a30bc7-af08-4556-99c4-001009c93a44", "" },
		{ "c076ec0c-7028-4399-a072-71ee5c448b9f", "" },
	};
	size_t len = strlen(file);
	char name[64];

	if (len <= GUID_LEN + 1 || len - GUID_LEN - 1 >= sizeof(name) - 2)
		return false;
	len -= GUID_LEN + 1;
	for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++) {
		if (strcasecmp(file + len + 1, vendors[i].guid) != 0 ||
		    file[len] != '-')
			continue;
		snprintf(name, sizeof(name), "|%.*s|", (int)len, file);
		return !vendors[i].names[0] || strstr(vendors[i].names, name) ||
		       (strncmp(file, "Boot", 4) == 0 && len == 8);
	}
	return false;
}

static void write_variable(struct kf_collecting *c, const char *file)
{
	struct kf_output bytes = { 0 };
	char path[KF_COLLECT_PATH];
	struct kf_bytes view;

	snprintf(path, sizeof(path), EFI "/efivars/%s", file);
	if (!wanted(file))
		kf_collect_unread(c, path,
				  "is not named NAME-GUID, as efivarfs does");
	else if (kf_collect_read(&bytes, c, path, false)) {
		view = kf_view(bytes.data, bytes.len);
		kf_json_open(&c->json, NULL, '{');
		kf_json_foreign(&c->json, "file", kf_text(file));
		kf_base64_write(&c->json, "data", view);
		kf_json_close(&c->json);
	}
	kf_output_close(&bytes);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_wanted(const struct dirent *entry)
{
	return wanted(entry->d_name) || kf_efivars_is_stray(entry->d_name);
}

/* state says what became of the folder of variables. */
static const char *state(struct kf_collecting *c, const char *folder,
			 int found, int error)
{
	if (found > 0)
		return kf_efivars_is_live(folder) ? "live" : "copy";
	if (found < 0 && error == ENOMEM)
		c->json.out->failed = true;
	kf_collect_unread(c, EFI "/efivars", found < 0 ? strerror(error)
			  : "holds no variables: efivarfs is not mounted");
	return "none";
}

void kf_collect_variables(struct kf_collecting *c)
{
	struct dirent **entry = NULL;
	char folder[KF_COLLECT_PATH];
	int found;

	kf_collect_path(folder, c, EFI "/efivars");
	errno = 0;
	found = scandir(folder, &entry, is_wanted, by_bytes);
	kf_json_text(&c->json, "efivars", state(c, folder, found, errno));
	kf_json_open(&c->json, "variables", '[');
	for (int i = 0; i < found; i++) {
		write_variable(c, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	kf_json_close(&c->json);
}

/* write_told writes an entry of shim's table. Who may not read it is told its
 * length, or that it is empty. */
static void write_told(struct kf_collecting *c, const char *name)
{
	char path[KF_COLLECT_PATH], whole[KF_COLLECT_PATH];
	struct kf_output bytes = { 0 };
	struct stat st;
	uint64_t size;
	bool got;

	snprintf(path, sizeof(path), EFI "/mok-variables/%s", name);
	kf_collect_path(whole, c, path);
	if (stat(whole, &st) != 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			kf_collect_unread(c, path, strerror(errno));
		return;
	}
	size = (uint64_t)st.st_size;
	got = kf_collect_read(&bytes, c, path, false);
	if (got && bytes.len != size)
		kf_collect_unread(c, path, "only root may read it");
	kf_json_open(&c->json, NULL, '{');
	kf_json_text(&c->json, "name", name);
	kf_json_number(&c->json, "size", size);
	if (got && bytes.len == size)
		kf_base64_write(&c->json, "data",
				  kf_view(bytes.data, bytes.len));
	else
		kf_json_text(&c->json, "data", NULL);
	kf_json_close(&c->json);
	kf_output_close(&bytes);
}

void kf_collect_told(struct kf_collecting *c)
{
	kf_json_open(&c->json, "mok_variables", '[');
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++)
		if (kf_variables[i].shown)
			write_told(c, kf_variables[i].shown);
	kf_json_close(&c->json);
}

/* write_pcr writes one register, if it is told. */
static void write_pcr(struct kf_collecting *c, const char *bank, int pcr)
{
	struct kf_output text = { 0 };
	char path[KF_COLLECT_PATH], name[8];
	size_t len = 0;

	snprintf(path, sizeof(path), "/sys/class/tpm/tpm0/pcr-%s/%d", bank,
		 pcr);
	snprintf(name, sizeof(name), "%d", pcr);
	if (kf_collect_read(&text, c, path, true)) {
		while (len < text.len &&
		       isxdigit((unsigned char)text.data[len])) {
			text.data[len] = (char)tolower(
				(unsigned char)text.data[len]);
			len++;
		}
		if (len)
			kf_json_foreign(&c->json, name,
					kf_view(text.data, len));
	}
	kf_output_close(&text);
}

void kf_collect_measured(struct kf_collecting *c)
{
	const struct kf_bank *bank;
	struct kf_output log = { 0 };

	if (kf_collect_read(&log, c, KF_OWN_LOG, false))
		kf_base64_write(&c->json, "event_log",
				  kf_view(log.data, log.len));
	else
		kf_json_text(&c->json, "event_log", NULL);
	kf_output_close(&log);
	kf_json_open(&c->json, "pcrs", '{');
	for (size_t i = 0; (bank = kf_bank_at(i)); i++) {
		if (!bank->known)
			continue;
		kf_json_open(&c->json, bank->name, '{');
		for (int pcr = 0; pcr < KF_NUM_PCRS; pcr++)
			write_pcr(c, bank->name, pcr);
		kf_json_close(&c->json);
	}
	kf_json_close(&c->json);
}
