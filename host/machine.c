/* This machine: the variables of the firmware that started it, as far as they
 * can be read. What cannot be is unknown, and said.
 */
#include "device.h"

#include "core/variables.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* unknown marks all that the firmware keeps as there, but not known. */
static enum kf_status unknown(struct kf_opening *o, struct kf_store *store)
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
		return unknown(o, store);
	}
	snprintf(folder, sizeof(folder), "%s/efivars", efi);
	status = kf_efivars_read(&quiet, store, folder, &num);
	if (status == KF_NO_MEMORY) {
		kf_fault_say(o->why, NULL, "out of memory");
		return status;
	}
	if (status != KF_OK)
		return unknown(o, store);
	if (num == 0) {
		kf_say_path(quiet.why, folder,
			    "as root: mount -t efivarfs efivarfs /sys/firmware/efi/efivars",
			    "holds no variables: efivarfs is not mounted");
		return unknown(o, store);
	}
	return KF_OK;
}
