/* This machine: the variables of the firmware that started it, as far as they
 * can be read.
 */
#include "device.h"

#include <unistd.h>

/* unknown marks all that the firmware keeps as there, but not known. */
static enum kf_status unknown(struct kf_opening *o, struct kf_store *store)
{
	static const char *const names[] = { "pk", "kek", "db", "dbx", "dbt",
					     "secure-boot" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct kf_part part = { .name = names[i] };

		if (!kf_store_put(store, &part))
			return kf_device_full(o);
	}
	return KF_OK;
}

enum kf_status kf_machine_read(struct kf_opening *o, struct kf_store *store)
{
	if (access("/sys/firmware/efi", F_OK) != 0)
		kf_fault_say(&o->device->unread,
			     "name a device with --device",
			     "this machine was not started by UEFI firmware: /sys/firmware/efi is not there");
	return unknown(o, store);
}
