/* The serial line, byte by byte, and the way out.
 *
 * Source: National Semiconductor PC16550D, 8.1 (registers) and 8.4 (LSR).
 */
#include "guest.h"

enum { COM1 = 0x3f8, LINE_STATUS = COM1 + 5, CAN_TAKE = 0x20 };

static void out_byte(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "d"(port));
}

static uint8_t in_byte(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port));
	return value;
}

static void put(char c)
{
	while (!(in_byte(LINE_STATUS) & CAN_TAKE))
		;
	out_byte(COM1, (uint8_t)c);
}

void say(const char *words)
{
	for (; *words; words++)
		put(*words);
}

void say_word(struct span word)
{
	for (size_t i = 0; i < word.len; i++)
		put((char)word.data[i]);
}

void say_number(uint64_t number)
{
	char digits[21];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	say(digits + at);
}

void say_status(efi_status status)
{
	say_number(status & ~EFI_ERROR_BIT);
}

void stop(const char *what, efi_status status)
{
	say("\nkeyfit stop ");
	say(what);
	say(" ");
	say_status(status);
	say("\n");
	efi->runtime->reset(EFI_RESET_SHUTDOWN, 0, 0, NULL);
	for (;;)
		;
}
