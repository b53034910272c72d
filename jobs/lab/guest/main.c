/* The guest's start and end.
 */
#include "guest.h"

struct efi_system_table *efi;
efi_handle self;

efi_status efi_main(efi_handle image, struct efi_system_table *system);

efi_status efi_main(efi_handle image, struct efi_system_table *system)
{
	static const struct efi_guid loaded_guid = { 0x5b1b31a1, 0x9562,
		0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
	struct efi_loaded_image *loaded = NULL;

	efi = system;
	self = image;
	if (efi->boot->handle_protocol(self, &loaded_guid, (void **)&loaded))
		stop("the guest came from nowhere", 0);
	efi->boot->set_watchdog(0, 0, 0, NULL);
	open_guard();
	open_pack(loaded->device);
	say("\nkeyfit begin\n");
	run_script(pack_file(0));
	stop("end", 0);
	return 0;
}
