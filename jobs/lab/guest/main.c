/* The guest's start and end, and the two functions that the compiler itself
 * asks for.
 */
#include "guest.h"

struct efi_system_table *efi;
efi_handle self;

void *memcpy(void *out, const void *from, size_t len);
void *memset(void *out, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);

void *memcpy(void *out, const void *from, size_t len)
{
	void *to = out;

	size_t words = len / 8;

	len %= 8;
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : :
			 "memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : :
			 "memory");
	return out;
}

void *memset(void *out, int value, size_t len)
{
	void *to = out;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(len) : "a"(value) :
			 "memory");
	return out;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (size_t i = 0; i < len; i++)
		if (x[i] != y[i])
			return x[i] - y[i];
	return 0;
}

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
