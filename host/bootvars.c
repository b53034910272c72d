/* Finds Boot####, BootOrder and BootNext where a device keeps its variables.
 */
#include "bootvars.h"

#include "core/ovmf.h"
#include "collected.h"
#include "device.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define OWN_VARIABLES "/sys/firmware/efi/efivars"
#define GLOBAL_END "-8be4df61-93ca-11d2-aa0d-00e098032b8c"

enum { NAME_MAX_LEN = 16, ATTRIBUTES_LEN = 4, VARIABLE_MAX = 64 << 10 };

static void take_file(struct kf_boot_options *out, const char *folder,
		      const char *file, const char *name)
{
	struct kf_text_file text = { 0 };
	struct kf_fault quiet = { "", "" };
	char path[4096];

	/* One that cannot be read is one less: the answer tells which there
	 * are. */
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, file) >=
	    sizeof(path) ||
	    kf_text_file_read(&text, path, VARIABLE_MAX, &quiet) != KF_OK)
		return;
	if (text.bytes.len > ATTRIBUTES_LEN)
		kf_boot_variable(out, name, kf_part_of(text.bytes,
			ATTRIBUTES_LEN, text.bytes.len - ATTRIBUTES_LEN));
	kf_text_file_close(&text);
}

static void read_folder(struct kf_boot_options *out, const char *folder)
{
	const size_t end_len = sizeof(GLOBAL_END) - 1;
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char name[NAME_MAX_LEN];

	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (strncmp(entry->d_name, "Boot", 4) != 0 || len <= end_len ||
		    len - end_len >= sizeof(name) ||
		    strcasecmp(entry->d_name + len - end_len,
			       GLOBAL_END) != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(len - end_len),
			 entry->d_name);
		take_file(out, folder, entry->d_name, name);
	}
	if (dir)
		closedir(dir);
}

/* take_record takes a variable of the store, if it has a name of that kind. */
static void take_record(struct kf_boot_options *out,
			const struct kf_ovmf_record *r)
{
	char name[NAME_MAX_LEN] = "";

	if (!kf_equal(r->guid, kf_view(kf_global_guid, 16)) ||
	    r->name.len < 4 || r->name.len / 2 > sizeof(name))
		return;
	for (size_t i = 0; i + 1 < r->name.len / 2; i++)
		name[i] = r->name.data[2 * i + 1] ? '?'
			: (char)r->name.data[2 * i];
	kf_boot_variable(out, name, r->data);
}

static void read_store(struct kf_boot_options *out, struct kf_bytes file)
{
	static const uint8_t states[] = { KF_OVMF_ADDED,
					  KF_OVMF_IN_TRANSITION };
	struct kf_ovmf store;
	struct kf_ovmf_record r;

	if (!kf_ovmf_find(&store, file))
		return;
	for (size_t i = 0; i < sizeof(states); i++) {
		struct kf_ovmf_walk w = kf_ovmf_walk(&store);

		while (kf_ovmf_next(&w, &r))
			if (r.state == states[i])
				take_record(out, &r);
	}
}

/* take_collected takes a variable by the name of its file. */
static enum kf_status take_collected(void *self, const char *file,
				     struct kf_bytes bytes)
{
	const size_t end_len = sizeof(GLOBAL_END) - 1;
	size_t len = strlen(file);
	char name[NAME_MAX_LEN];

	if (strncmp(file, "Boot", 4) != 0 || len <= end_len ||
	    len - end_len >= sizeof(name) || bytes.len <= ATTRIBUTES_LEN ||
	    strcasecmp(file + len - end_len, GLOBAL_END) != 0)
		return KF_OK;
	snprintf(name, sizeof(name), "%.*s", (int)(len - end_len), file);
	kf_boot_variable(self, name, kf_part_of(bytes, ATTRIBUTES_LEN,
						bytes.len - ATTRIBUTES_LEN));
	return KF_OK;
}

enum kf_status kf_boot_options_read(struct kf_boot_options *out,
				    const char *device, struct kf_fault *why)
{
	struct kf_text_file file = { 0 };
	enum kf_status status;
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (!device || (stat(device, &st) == 0 && S_ISDIR(st.st_mode))) {
		read_folder(out, device ? device : OWN_VARIABLES);
		return KF_OK;
	}
	status = kf_text_file_read(&file, device, KF_STORE_FILE_MAX, why);
	if (status != KF_OK)
		return status;
	if (kf_collected_likely(file.bytes))
		status = kf_collected_each(file.bytes, take_collected, out,
					   why);
	else
		read_store(out, file.bytes);
	kf_text_file_close(&file);
	return status;
}
