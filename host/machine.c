/* This machine: the variables of the firmware that started it, as far as they
 * can be read. What cannot be is unknown, and said.
 */
#include "device.h"

#include "core/variables.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum kf_status kf_machine_unknown(struct kf_opening *o,
				  struct kf_store *store)
{
	for (size_t i = 0; i < KF_NUM_VARIABLES; i++) {
		struct kf_part part = { .name = kf_variables[i].part };

		if (!kf_store_put(store, &part))
			return kf_device_full(o);
	}
	return KF_OK;
}

void kf_machine_name(char out[128])
{
	if (gethostname(out, 127) != 0 || out[0] == '\0')
		strcpy(out, "this machine");
	out[127] = '\0';
}

/* firmware_bits is how wide the firmware is: it may differ from the system that
 * it started. Source: Linux, Documentation/ABI/testing/sysfs-firmware-efi,
 * fw_platform_size. */
static int firmware_bits(const char *efi)
{
	char path[256];
	FILE *f;
	int bits = 0;

	snprintf(path, sizeof(path), "%s/fw_platform_size", efi);
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &bits) != 1)
		bits = 0;
	if (f)
		fclose(f);
	return bits;
}

const char *kf_machine_kind(const char *efi)
{
	static const struct {
		const char *system, *machine;
		int bits;
	} table[] = {
		{ "x86_64", "x64", 64 }, { "x86_64", "ia32", 32 },
		{ "i386", "ia32", 32 }, { "i486", "ia32", 32 },
		{ "i586", "ia32", 32 }, { "i686", "ia32", 32 },
		{ "i686", "x64", 64 }, { "aarch64", "aa64", 64 },
		{ "armv7l", "arm", 32 }, { "riscv64", "riscv64", 64 },
		{ "loongarch64", "loongarch64", 64 },
	};
	int bits = firmware_bits(efi);
	struct utsname system;

	if (uname(&system) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].bits == bits &&
		    strcmp(table[i].system, system.machine) == 0)
			return table[i].machine;
	return NULL;
}

static bool set_machine(struct kf_store *store, const char *efi)
{
	const char *kind = kf_machine_kind(efi);

	return !kind || kf_store_set(store, "machine", kind);
}

enum kf_status kf_machine_read(struct kf_opening *o, struct kf_store *store,
			       const char *efi)
{
	struct kf_opening quiet = *o;
	char folder[256];
	enum kf_status status;
	size_t num = 0;

	quiet.why = &o->device->unread;
	if (access(efi, F_OK) != 0) {
		kf_fault_say(quiet.why, "name a device with --device",
			     "this machine was not started by UEFI firmware: %s is not there",
			     efi);
		return kf_machine_unknown(o, store);
	}
	snprintf(folder, sizeof(folder), "%s/efivars", efi);
	status = kf_efivars_read(&quiet, store, folder, &num);
	if (status == KF_NO_MEMORY) {
		kf_fault_say(o->why, NULL, "out of memory");
		return status;
	}
	if (status != KF_OK)
		return kf_machine_unknown(o, store);
	if (num == 0) {
		kf_say_path(quiet.why, folder,
			    "as root: mount -t efivarfs efivarfs /sys/firmware/efi/efivars",
			    "holds no variables: efivarfs is not mounted");
		return kf_machine_unknown(o, store);
	}
	return set_machine(store, efi) ? KF_OK : kf_device_full(o);
}
