/* Updates of variables: what the firmware holds before, what it says to each
 * write, and what it holds then.
 *
 * The variables before a case are written in custom mode, in which no
 * signature and no time is looked at, and the times are those of the script.
 * It is over before the case begins. What a case left as it was is not
 * written again.
 *
 * Source: UEFI 2.10, 8.2.2 (SetVariable), 32.3 (modes); edk2
 * SecurityPkg/Library/AuthVariableLib/AuthService.c:ProcessVarWithPk (custom
 * mode); OvmfPkg/Library/PlatformSecureLib (somebody is always present).
 */
#include "guest.h"

enum { HEADER_LEN = 16, CERTIFICATE_LEN = 24, DATA_MAX = 1 << 20,
       OTHERS_MAX = 32, NAME_MAX = 32, PLAIN = 0x07, NO_RUNTIME = 0x03 };

static const struct efi_guid global_guid = { 0x8be4df61, 0x93ca, 0x11d2,
	{ 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c } };
static const struct efi_guid security_guid = { 0xd719b2cb, 0x3d3a, 0x4596,
	{ 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f } };
static const struct efi_guid custom_guid = { 0xc076ec0c, 0x7028, 0x4399,
	{ 0xa0, 0x72, 0x71, 0xee, 0x5c, 0x44, 0x8b, 0x9f } };
/* Of variables that are nobody's. */
static const struct efi_guid other_guid = { 0x6b657966, 0x6974, 0x4c41,
	{ 0x80, 0x42, 0x6f, 0x74, 0x68, 0x65, 0x72, 0x73 } };

static const uint16_t *const key_names[NUM_KEYS] = { u"PK", u"KEK", u"db",
						     u"dbx", u"dbt" };
static uint16_t others[OTHERS_MAX][NAME_MAX];
static size_t num_others;
static struct key_state wanted;
static bool stale[NUM_KEYS] = { true, true, true, true, true };
static uint8_t buffer[HEADER_LEN + CERTIFICATE_LEN + DATA_MAX];

static const struct efi_guid *vendor_of(int key)
{
	return key <= KEY_KEK ? &global_guid : &security_guid;
}

static efi_status set_custom(uint8_t on)
{
	return efi->runtime->set_variable(u"CustomMode", &custom_guid,
					  NO_RUNTIME, 1, &on);
}

/* write_key writes with a header that holds a time and no signature; an empty
 * value deletes. */
static efi_status write_key(int key, uint32_t attributes,
			    const uint8_t time[HEADER_LEN], struct span value)
{
	static const uint8_t head[CERTIFICATE_LEN] = {
		CERTIFICATE_LEN, 0, 0, 0, 0, 2, 0xf1, 0x0e,
		0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
		0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
	};

	if (value.len > DATA_MAX)
		stop("a list is too long", value.len);
	__builtin_memcpy(buffer, time, HEADER_LEN);
	__builtin_memcpy(buffer + HEADER_LEN, head, sizeof(head));
	if (value.len)
		__builtin_memcpy(buffer + HEADER_LEN + sizeof(head),
				 value.data, value.len);
	return efi->runtime->set_variable(key_names[key], vendor_of(key),
					  attributes,
					  HEADER_LEN + sizeof(head) +
					  value.len, buffer);
}

/* put_key makes a variable what it is to be. */
static efi_status put_key(int key)
{
	static const uint8_t no_time[HEADER_LEN];
	struct span none = { NULL, 0 };
	uint32_t attributes = 0;
	size_t len = sizeof(buffer);
	efi_status status = efi->runtime->get_variable(key_names[key],
						       vendor_of(key),
						       &attributes, &len,
						       buffer);

	if (!status)
		status = write_key(key, attributes, no_time, none);
	else if (status == EFI_NOT_FOUND)
		status = 0;
	if (status || wanted.absent[key])
		return status;
	return write_key(key, EFI_AUTHENTICATED, wanted.time[key],
			 wanted.value[key]);
}

static void drop_others(void)
{
	for (size_t i = 0; i < num_others; i++)
		(void)efi->runtime->set_variable(others[i], &other_guid,
						 PLAIN, 0, NULL);
	num_others = 0;
}

static bool same_key(const struct key_state *a, const struct key_state *b,
		     int key)
{
	if (a->absent[key] || b->absent[key])
		return a->absent[key] && b->absent[key];
	return a->value[key].data == b->value[key].data &&
	       __builtin_memcmp(a->time[key], b->time[key], HEADER_LEN) == 0;
}

void want_keys(const struct key_state *keys)
{
	for (int key = 0; key < NUM_KEYS; key++)
		stale[key] |= !same_key(&wanted, keys, key);
	wanted = *keys;
}

static bool all_fresh(void)
{
	for (int key = 0; key < NUM_KEYS; key++)
		if (stale[key])
			return false;
	return num_others == 0;
}

efi_status put_keys(void)
{
	efi_status status, left;

	if (all_fresh())
		return 0;
	drop_others();
	status = set_custom(1);
	for (int key = 0; !status && key < NUM_KEYS; key++) {
		if (!stale[key])
			continue;
		status = put_key(key);
		stale[key] = status != 0;
	}
	left = set_custom(0);
	return status ? status : left;
}

static bool is_key(int key, struct span word)
{
	size_t i = 0;

	while (i < word.len && key_names[key][i] == word.data[i])
		i++;
	return i == word.len && !key_names[key][i];
}

/* other_name keeps the name of a variable that is nobody's. */
static const uint16_t *other_name(struct span word)
{
	uint16_t *name;

	if (num_others == OTHERS_MAX || word.len >= NAME_MAX)
		stop("too many other variables", num_others);
	name = others[num_others];
	for (size_t i = 0; i < word.len; i++)
		name[i] = word.data[i];
	name[word.len] = 0;
	num_others++;
	return name;
}

int key_of(struct span word)
{
	for (int key = 0; key < NUM_KEYS; key++)
		if (is_key(key, word))
			return key;
	return -1;
}

/* say_held says what a variable is: ATTRIBUTES:LENGTH:CRC32, or "-". */
static void say_held(const uint16_t *name, const struct efi_guid *vendor)
{
	uint32_t attributes = 0, crc = 0;
	size_t len = sizeof(buffer);
	efi_status status = efi->runtime->get_variable(name, vendor,
						       &attributes, &len,
						       buffer);

	say(":");
	if (status || len == 0) {
		say("-");
		return;
	}
	(void)efi->boot->calculate_crc32(buffer, len, &crc);
	say_number(attributes);
	say(":");
	say_number(len);
	say(":");
	say_number(crc);
}

void write_variable(struct span word, uint32_t attributes, struct span data)
{
	int key = key_of(word);
	const struct efi_guid *vendor = key < 0 ? &other_guid
						: vendor_of(key);
	const uint16_t *name = key < 0 ? other_name(word) : key_names[key];
	efi_status status = efi->runtime->set_variable(name, vendor,
						       attributes, data.len,
						       (void *)data.data);

	if (key >= 0)
		stale[key] |= status == 0;
	say(" ");
	say_status(status);
	say_held(name, vendor);
}
