/* The script: the words of the batch protocol, with numbers for files.
 *
 *   store mode=user|setup|off db=FILE dbx=FILE|none dbt=FILE|none
 *           mok=FILE[@ATTRIBUTES] ...   variables of shim
 *   raw-store ...           the same, but SetVariable would refuse it
 *   shim start|verify|load FILE MM|none
 *   base FILE
 *   splice FILE
 *   case ID PIECE...        OFF+LEN of base, =HEX, s:OFF+LEN of splice
 *   vars NAME=FILE@TIME|none...     the variables that hold keys
 *   write ID NAME ATTRIBUTES PIECE... / NAME ...    a PIECE may be @FILE
 */
#include "guest.h"

static struct span base, splice;
static efi_status store_status;
static bool has_trust;		/* what the last store said still holds */

bool is(struct span word, const char *text)
{
	size_t i = 0;

	while (i < word.len && text[i] && word.data[i] == (uint8_t)text[i])
		i++;
	return i == word.len && !text[i];
}

/* take_word takes the next word of a line; empty at its end. */
struct span take_word(struct span *line)
{
	struct span word;

	while (line->len && *line->data == ' ')
		line->data++, line->len--;
	word.data = line->data;
	word.len = 0;
	while (line->len && *line->data != ' ')
		line->data++, line->len--, word.len++;
	return word;
}

/* take_number takes a number off a word. */
size_t take_number(struct span *word)
{
	size_t n = 0;

	while (word->len && *word->data >= '0' && *word->data <= '9') {
		n = n * 10 + (size_t)(*word->data - '0');
		word->data++, word->len--;
	}
	return n;
}

bool value(struct span *word, const char *name)
{
	size_t len = 0;
	struct span head;

	while (name[len])
		len++;
	if (word->len <= len || word->data[len] != '=')
		return false;
	head.data = word->data;
	head.len = len;
	if (!is(head, name))
		return false;
	word->data += len + 1;
	word->len -= len + 1;
	return true;
}

static void set_store(struct span line, bool raw)
{
	static const char *const names[] = { "db", "dbx", "dbt" };
	static struct trust last;
	struct trust trust;
	struct span word;

	__builtin_memset(&trust, 0, sizeof(trust));
	trust.raw = raw;
	for (int i = 0; i < NUM_LISTS; i++)
		trust.absent[i] = true;
	forget_shim_variables();
	while ((word = take_word(&line)).len) {
		if (set_shim_variable(word))
			continue;
		if (value(&word, "mode"))
			trust.mode = is(word, "setup") ? MODE_SETUP :
				     is(word, "off") ? MODE_OFF : MODE_USER;
		for (int i = 0; i < NUM_LISTS; i++) {
			if (!value(&word, names[i]) || is(word, "none"))
				continue;
			trust.absent[i] = false;
			trust.list[i] = pack_file(take_number(&word));
		}
	}
	say("\nkeyfit enrol\n");
	if (store_status || !has_trust ||
	    __builtin_memcmp(&trust, &last, sizeof(trust)) != 0)
		store_status = use_trust(&trust);
	has_trust = true;
	last = trust;
	say("\nkeyfit store ");
	say_status(store_status);
	say("\n");
}

static uint8_t nibble(uint8_t c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void add_hex(struct span word)
{
	for (; word.len >= 2; word.data += 2, word.len -= 2) {
		uint8_t b = (uint8_t)(nibble(word.data[0]) << 4 |
				      nibble(word.data[1]));
		struct span one = { &b, 1 };

		add_piece(one);
	}
}

static void add_word(struct span word)
{
	struct span from = base;
	size_t at;

	if (*word.data == '@') {
		word.data++, word.len--;
		add_piece(pack_file(take_number(&word)));
		return;
	}
	if (*word.data == '=') {
		word.data++, word.len--;
		add_hex(word);
		return;
	}
	if (word.len > 2 && word.data[0] == 's' && word.data[1] == ':') {
		from = splice;
		word.data += 2, word.len -= 2;
	}
	at = take_number(&word);
	if (!word.len || *word.data != '+')
		stop("a piece that is none", at);
	word.data++, word.len--;
	if (at > from.len)
		at = from.len;
	from.data += at;
	from.len -= at;
	at = take_number(&word);
	if (at < from.len)
		from.len = at;
	add_piece(from);
}

static void do_case(struct span line)
{
	struct span id = take_word(&line), word = take_word(&line);

	if (store_status) {
		say("\nkeyfit case ");
		say_word(id);
		say(" store\n");
		return;
	}
	begin_image();
	if (word.len == 0)
		add_piece(base);
	for (; word.len; word = take_word(&line))
		add_word(word);
	if (has_shim())
		judge_by_shim(id);
	else
		judge_image(id);
}

static void set_shim(struct span line)
{
	struct span way = take_word(&line), shim = take_word(&line);
	struct span mm = take_word(&line), none = { NULL, 0 };

	use_shim(is(way, "verify") ? SHIM_VERIFY :
		 is(way, "load") ? SHIM_LOAD : SHIM_START,
		 pack_file(take_number(&shim)),
		 is(mm, "none") ? none
				     : pack_file(take_number(&mm)));
}

/* take_digits takes a number of that many digits off a word; 0 at its end. */
static unsigned take_digits(struct span *word, size_t num)
{
	struct span head = { word->data, word->len < num ? word->len : num };

	word->data += head.len;
	word->len -= head.len;
	return (unsigned)take_number(&head);
}

/* set_time: YYYYMMDDhhmmss as an EFI_TIME. */
static void set_time(uint8_t out[16], struct span word)
{
	unsigned year = take_digits(&word, 4);

	for (int i = 0; i < 16; i++)
		out[i] = i >= 2 && i < 7 ? (uint8_t)take_digits(&word, 2) : 0;
	out[0] = (uint8_t)year;
	out[1] = (uint8_t)(year >> 8);
}

static void set_keys(struct span line)
{
	struct key_state keys = { .absent = { true, true, true, true, true } };
	struct span word;

	while ((word = take_word(&line)).len) {
		struct span name = { word.data, 0 };
		int key;

		while (name.len < word.len && word.data[name.len] != '=')
			name.len++;
		key = key_of(name);
		if (key < 0 || name.len == word.len)
			stop("a variable that is none", 0);
		word.data += name.len + 1;
		word.len -= name.len + 1;
		if (is(word, "none"))
			continue;
		keys.absent[key] = false;
		keys.value[key] = pack_file(take_number(&word));
		if (word.len)
			word.data++, word.len--;
		set_time(keys.time[key], word);
	}
	want_keys(&keys);
}

static uint32_t take_hex(struct span word)
{
	uint32_t n = 0;

	for (; word.len; word.data++, word.len--)
		n = n << 4 | nibble(*word.data);
	return n;
}

static void do_writes(struct span line)
{
	struct span id = take_word(&line), name, word;
	efi_status status;

	say("\nkeyfit enrol\n");
	status = put_keys();
	say("\nkeyfit writes\nkeyfit wrote ");
	say_word(id);
	if (status) {
		say(" store ");
		say_status(status);
	}
	while (!status && (name = take_word(&line)).len) {
		uint32_t attributes = take_hex(take_word(&line));

		begin_image();
		while ((word = take_word(&line)).len && !is(word, "/"))
			add_word(word);
		write_variable(name, attributes, built_image());
	}
	say("\n");
}

static void do_line(struct span line)
{
	struct span verb = take_word(&line);

	if (is(verb, "vars") || is(verb, "write"))
		has_trust = false;
	if (is(verb, "store") || is(verb, "raw-store"))
		set_store(line, is(verb, "raw-store"));
	else if (is(verb, "shim"))
		set_shim(line);
	else if (is(verb, "base"))
		base = pack_file(take_number(&(struct span){
			take_word(&line).data, 20 }));
	else if (is(verb, "splice"))
		splice = pack_file(take_number(&(struct span){
			take_word(&line).data, 20 }));
	else if (is(verb, "case"))
		do_case(line);
	else if (is(verb, "vars"))
		set_keys(line);
	else if (is(verb, "write"))
		do_writes(line);
	else if (verb.len)
		stop("a line that is none", 0);
}

void run_script(struct span script)
{
	while (script.len) {
		struct span line = { script.data, 0 };

		while (script.len && *script.data != '\n')
			script.data++, script.len--, line.len++;
		if (script.len)
			script.data++, script.len--;
		do_line(line);
	}
}
