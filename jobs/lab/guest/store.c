/* Which lists the firmware knows: enrolled as an owner would, or, where
 * SetVariable refuses them, handed to the verifier in place of what the
 * variable service holds.
 *
 * Source: UEFI 2.10, 8.2.2 (authenticated variables), 32.3 (modes); edk2
 * SecurityPkg/Library/AuthVariableLib/AuthService.c:ProcessVarWithPk (in setup
 * mode no signature of db, dbx and dbt is looked at).
 */
#include "guest.h"
#include "pk.h"

enum { HEADER_LEN = 16, CERTIFICATE_LEN = 24, LIST_MAX = 1 << 20 };

static const struct efi_guid global_guid = { 0x8be4df61, 0x93ca, 0x11d2,
	{ 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c } };
static const struct efi_guid security_guid = { 0xd719b2cb, 0x3d3a, 0x4596,
	{ 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f } };
static const uint16_t pk_name[] = u"PK";
static const uint16_t *const list_names[] = { u"db", u"dbx", u"dbt" };

static efi_get_variable *firmware_get;
static struct trust raw;	/* what the verifier is handed */
static struct trust in_use;
static bool has_pk;

static bool same_bytes(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (size_t i = 0; i < len; i++)
		if (x[i] != y[i])
			return false;
	return true;
}

static bool same_name(const uint16_t *a, const uint16_t *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* hand_over answers GetVariable with some bytes. */
static efi_status hand_over(struct span from, uint32_t kind,
			    uint32_t *attributes, size_t *len, void *out)
{
	size_t room = *len;

	if (attributes)
		*attributes = kind;
	*len = from.len;
	if (room < from.len)
		return EFI_BUFFER_TOO_SMALL;
	for (size_t i = 0; i < from.len; i++)
		((uint8_t *)out)[i] = from.data[i];
	return 0;
}

/* get_variable stands in for the firmware's own while `raw` is in use. */
static efi_status get_variable(const uint16_t *name,
			       const struct efi_guid *vendor,
			       uint32_t *attributes, size_t *len, void *out)
{
	static const uint8_t on_off[] = { 1, 0 };
	struct span on = { on_off + (raw.mode != MODE_USER), 1 };

	if (same_bytes(vendor, &global_guid, sizeof(*vendor)) &&
	    same_name(name, u"SecureBoot"))
		return hand_over(on, EFI_VOLATILE, attributes, len, out);
	on.data = on_off + (raw.mode != MODE_SETUP);
	if (same_bytes(vendor, &global_guid, sizeof(*vendor)) &&
	    same_name(name, u"SetupMode"))
		return hand_over(on, EFI_VOLATILE, attributes, len, out);
	for (int i = 0; i < NUM_LISTS; i++) {
		if (!same_bytes(vendor, &security_guid, sizeof(*vendor)) ||
		    !same_name(name, list_names[i]))
			continue;
		if (raw.absent[i])
			return EFI_NOT_FOUND;
		return hand_over(raw.list[i], EFI_AUTHENTICATED, attributes,
				 len, out);
	}
	return firmware_get(name, vendor, attributes, len, out);
}

static void stand_in(const struct trust *trust)
{
	if (!firmware_get)
		firmware_get = efi->runtime->get_variable;
	efi->runtime->get_variable = trust ? get_variable : firmware_get;
	if (trust)
		raw = *trust;
}

/* write_list writes a variable with an authentication header that holds no
 * signature; an empty list deletes it. */
static efi_status write_list(const uint16_t *name, struct span list)
{
	static const uint8_t head[HEADER_LEN + CERTIFICATE_LEN] = {
		0xe4, 0x07, 1, 1, 0, 0, 0, 0,	/* 1 January 2020 */
		0, 0, 0, 0, 0, 0, 0, 0,
		CERTIFICATE_LEN, 0, 0, 0, 0, 2, 0xf1, 0x0e,
		0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49,
		0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, 0xa7,
	};
	static uint8_t buffer[sizeof(head) + LIST_MAX];
	efi_status status;

	if (list.len > LIST_MAX)
		stop("a list is too long", list.len);
	for (size_t i = 0; i < sizeof(head); i++)
		buffer[i] = head[i];
	for (size_t i = 0; i < list.len; i++)
		buffer[sizeof(head) + i] = list.data[i];
	status = efi->runtime->set_variable(name, &security_guid,
					    EFI_AUTHENTICATED,
					    sizeof(head) + list.len, buffer);
	return list.len == 0 && status == EFI_NOT_FOUND ? 0 : status;
}

static efi_status write_pk(const uint8_t *blob, size_t len)
{
	return efi->runtime->set_variable(pk_name, &global_guid,
					  EFI_AUTHENTICATED, len, blob);
}

void let_all_load(bool yes)
{
	struct trust all = in_use;

	all.mode = MODE_OFF;
	if (yes)
		stand_in(&all);
	else
		stand_in(in_use.raw || in_use.mode == MODE_OFF ? &in_use
							       : NULL);
}

efi_status use_trust(const struct trust *trust)
{
	efi_status status = 0;

	in_use = *trust;
	stand_in(NULL);
	if (trust->raw || trust->mode == MODE_OFF) {
		stand_in(trust);
		return 0;
	}
	if (has_pk)
		status = write_pk(pk_delete, sizeof(pk_delete));
	if (status)
		return status;
	has_pk = false;
	for (int i = 0; !status && i < NUM_LISTS; i++) {
		struct span none = { NULL, 0 };

		status = write_list(list_names[i], trust->absent[i]
				    ? none : trust->list[i]);
	}
	if (status || trust->mode == MODE_SETUP)
		return status;
	status = write_pk(pk_enrol, sizeof(pk_enrol));
	has_pk = !status;
	return status;
}
