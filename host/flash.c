/* Writes a trust store into the variable store file of a virtual machine.
 *
 * Lists are written as they are, malformed ones too.
 *
 * Source: edk2 SecurityPkg/Library/AuthVariableLib/AuthVariableLib.c:
 * AuthVariableLibInitialize (what it makes of PK and SecureBootEnable).
 */
#include "flash.h"

#include <string.h>

#include "core/ovmf.h"

enum { NUM_PARTS = 6 };

static const char *const names[NUM_PARTS] = { "pk", "kek", "db", "dbx", "dbt",
					      "secure-boot-enable" };

/* is_off: by the user's word, or by what a running system tells. */
static bool is_off(const struct kf_store *store)
{
	const char *setting = kf_store_setting(store, "secure-boot");
	const struct kf_part *now = kf_store_part(store, "secure-boot");
	const struct kf_part *on = kf_store_part(store, names[NUM_PARTS - 1]);

	if (setting)
		return strcmp(setting, "off") == 0;
	if (now && now->presence == KF_PRESENT && now->bytes.len)
		return now->bytes.data[0] == 0;
	return on && on->presence == KF_PRESENT && on->bytes.len &&
	       on->bytes.data[0] != 1;
}

const char *kf_flash_mode(const struct kf_store *store)
{
	return kf_store_presence(store, "pk") == KF_ABSENT ? "setup" :
	       is_off(store) ? "off" : "user";
}

/* any_pk stands for a PK that is not known: that there is one is all that the
 * firmware asks. */
static void any_pk(struct kf_ovmf_change *change,
		   const struct kf_store *store)
{
	/* A list of one SHA-256 digest. Source: UEFI 2.10, 32.4.1. */
	static const uint8_t list[76] = {
		0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
		0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28,
		76, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0,
	};

	if (kf_store_presence(store, "pk") != KF_UNKNOWN)
		return;
	change->absent = false;
	change->bytes = kf_view(list, sizeof(list));
}

enum kf_status kf_flash_write(uint8_t *out, struct kf_bytes empty,
			      const struct kf_store *store,
			      struct kf_fault *why)
{
	static const uint8_t on[] = { 1 }, off[] = { 0 };
	struct kf_ovmf_change change[NUM_PARTS];
	enum kf_status status;

	memset(change, 0, sizeof(change));
	for (size_t i = 0; i < NUM_PARTS; i++) {
		const struct kf_part *part = kf_store_part(store, names[i]);

		change[i].variable = kf_variable_of(names[i]);
		change[i].absent = !part || part->presence != KF_PRESENT;
		if (!change[i].absent)
			change[i].bytes = part->bytes;
	}
	for (size_t i = 2; i < 5; i++)
		if (kf_store_presence(store, names[i]) == KF_UNKNOWN) {
			kf_fault_say(why, "say what it holds, with --trust",
				     "the machine needs to know %s",
				     names[i]);
			return KF_WRONG_USE;
		}
	any_pk(&change[0], store);
	change[5].absent = false;
	change[5].bytes = is_off(store) ? kf_view(off, 1) : kf_view(on, 1);
	status = kf_ovmf_write(out, empty, change, NUM_PARTS);
	if (status == KF_TOO_MUCH)
		kf_fault_say(why, NULL, "the trust store does not fit into the machine's variables");
	else if (status != KF_OK)
		kf_fault_say(why, NULL, "the file of variables is none");
	return status;
}
