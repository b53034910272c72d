/* What a machine's firmware says of its model.
 *
 * Source: Linux 6.1, drivers/firmware/dmi-id.c (the names).
 */
#include "device.h"

#include <stdio.h>
#include <string.h>

static const char *const names[KF_NUM_HARDWARE] = {
	[KF_HARDWARE_VENDOR] = "sys_vendor",
	[KF_HARDWARE_FAMILY] = "product_family",
	[KF_HARDWARE_PRODUCT] = "product_name",
	[KF_HARDWARE_SKU] = "product_sku",
	[KF_HARDWARE_BOARD_VENDOR] = "board_vendor",
	[KF_HARDWARE_BOARD] = "board_name",
	[KF_HARDWARE_BIOS_VENDOR] = "bios_vendor",
	[KF_HARDWARE_BIOS_VERSION] = "bios_version",
	[KF_HARDWARE_BIOS_RELEASE] = "bios_release",
	[KF_HARDWARE_CHASSIS] = "chassis_type",
};

const char *kf_hardware_name(size_t field)
{
	return names[field];
}

enum kf_status kf_hardware_keep(struct kf_opening *o, size_t field,
				const char *text)
{
	struct kf_hardware *hardware = &o->device->hardware;

	hardware->text[field] = kf_device_text(o, text);
	return hardware->text[field] ? KF_OK : KF_NO_MEMORY;
}

/* What cannot be read is not told: an answer does not hang on it. */
enum kf_status kf_hardware_machine(struct kf_opening *o, const char *folder)
{
	enum kf_status status = KF_OK;

	for (size_t i = 0; i < KF_NUM_HARDWARE && status == KF_OK; i++) {
		char path[256], text[512];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		f = fopen(path, "re");
		if (f && fgets(text, sizeof(text), f)) {
			text[strcspn(text, "\n")] = '\0';
			status = kf_hardware_keep(o, i, text);
		}
		if (f)
			fclose(f);
	}
	return status;
}
