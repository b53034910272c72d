/* What shim says, and the key that it waits for. Its words go into memory, to
 * be sent in one line; the firmware's console would draw them slowly.
 *
 * Source: rhboot/shim 16.1, lib/console.c (boxes that wait for a key).
 */
#include "guest.h"

enum { WORDS_MAX = 700, FIRST_PRINTABLE = 32, LAST_PRINTABLE = 126,
       RETURN = 13, COLUMNS = 80, ROWS = 25 };

static char words[WORDS_MAX + 1];
static size_t words_len;

/* put adds a character; any number of blanks and lines' ends are one. */
static void put(uint16_t c)
{
	bool blank = c <= FIRST_PRINTABLE || c > LAST_PRINTABLE;

	if (words_len == WORDS_MAX ||
	    (blank && (!words_len || words[words_len - 1] == ' ')))
		return;
	words[words_len++] = blank ? ' ' : (char)c;
	words[words_len] = '\0';
}

static efi_status write(struct efi_output *out, const uint16_t *text)
{
	(void)out;
	for (; *text; text++)
		put(*text);
	return 0;
}

static efi_status query_mode(struct efi_output *out, size_t mode,
			     size_t *columns, size_t *rows)
{
	(void)out;
	*columns = COLUMNS;
	*rows = ROWS;
	return mode ? EFI_UNSUPPORTED : 0;
}

static efi_status with_flag(struct efi_output *out, bool flag)
{
	(void)out, (void)flag;
	return 0;
}

static efi_status with_number(struct efi_output *out, size_t number)
{
	(void)out, (void)number;
	return 0;
}

static efi_status with_nothing(struct efi_output *out)
{
	(void)out;
	return 0;
}

static efi_status set_cursor(struct efi_output *out, size_t column,
			     size_t row)
{
	(void)out, (void)column, (void)row;
	put(' ');
	return 0;
}

static efi_status reset_keys(struct efi_input *in, bool thorough)
{
	(void)in, (void)thorough;
	return 0;
}

static efi_status read_key(struct efi_input *in, struct efi_key *key)
{
	(void)in;
	key->scan = 0;
	key->character = RETURN;
	return 0;
}

void open_console(void)
{
	static struct efi_output_mode mode = { .num_modes = 1 };
	static struct efi_output screen = { with_flag, write, write,
		query_mode, with_number, with_number, with_nothing,
		set_cursor, with_flag, &mode };
	static struct efi_input keyboard = { reset_keys, read_key, NULL };

	screen.test = NULL;
	efi->console_out = &screen;
	efi->console_in = &keyboard;
	words_len = 0;
	words[0] = '\0';
}

void say_console(void)
{
	say(words);
}
