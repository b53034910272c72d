/* The table in which shim hands on what it keeps, as Linux shows it: one file
 * an entry, named as the variable that shows the same, without attributes. It
 * is read by the names that are known. Only root may read the files, but all
 * may see how long they are.
 *
 * Source: Linux 6.1, drivers/firmware/efi/mokvar-table.c:
 * efi_mokvar_sysfs_init, efi_mokvar_sysfs_read (who may not read is told that
 * nothing is there); rhboot/shim 15.4 and 16.1, mok.c:import_mok_state.
 */
#include "device.h"

#include "core/variables.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void kf_mokvars_settle(struct kf_mok_told *told)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++) {
		if (!told[i].there || told[i].size != 0)
			continue;
		told[i].there = kf_variables[i].lists;
		told[i].readable = false;
		told[i].size = UINT64_MAX;
	}
}

/* beside finds the folder that has the table in it, too. Fails: false, there
 * can be none, or KF_NO_MEMORY says errno. */
static bool beside(char out[PATH_MAX], const char *efivars)
{
	char real[PATH_MAX], *name;

	errno = 0;
	if (!realpath(efivars, real))
		return false;
	name = strrchr(real, '/');
	if (!name || strcmp(name + 1, "efivars") != 0)
		return false;
	*name = '\0';
	return snprintf(out, PATH_MAX, "%s", real) < PATH_MAX;
}

static enum kf_status read_one(struct kf_mok_told *told, struct kf_opening *o,
			       const char *path)
{
	struct kf_opening quiet = *o;
	struct stat st;
	enum kf_status status;

	quiet.why = &o->device->unread;
	if (stat(path, &st) != 0) {
		told->there = errno != ENOENT && errno != ENOTDIR;
		told->size = UINT64_MAX;
		return KF_OK;
	}
	told->there = true;
	told->size = (uint64_t)st.st_size;
	status = kf_device_file(&told->bytes, &quiet, path, KF_PART_FILE_MAX);
	if (status == KF_NO_MEMORY) {
		kf_fault_say(o->why, NULL, "out of memory");
		return status;
	}
	told->readable = status == KF_OK && told->bytes.len == told->size;
	told->from = kf_device_text(o, path);
	return told->from ? KF_OK : KF_NO_MEMORY;
}

enum kf_status kf_mokvars_read(struct kf_mok_told *told, struct kf_opening *o,
			       const char *efivars)
{
	char folder[PATH_MAX], path[PATH_MAX + 64];
	struct kf_ask ask = { .within = NULL };
	struct kf_opening there = *o;
	enum kf_status status = KF_OK;

	memset(told, 0, KF_NUM_VARIABLES * sizeof(*told));
	if (!beside(folder, efivars)) {
		if (errno != ENOMEM)
			return KF_OK;
		kf_fault_say(o->why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	/* The table stands beside the variables, not in their folder. */
	if (o->ask && o->ask->within) {
		ask.within = folder;
		there.ask = &ask;
	}
	for (size_t i = 0; i < KF_NUM_VARIABLES && status == KF_OK; i++) {
		if (!kf_variables[i].shown)
			continue;
		snprintf(path, sizeof(path), "%s/mok-variables/%s", folder,
			 kf_variables[i].shown);
		status = read_one(&told[i], &there, path);
	}
	kf_mokvars_settle(told);
	return status;
}
