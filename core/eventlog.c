/* Reads the log of a measured boot. See eventlog.h for the sources.
 */
#include "core/eventlog.h"

#include <string.h>

enum {
	SHA1_LEN = 20,
	ALG_SHA1 = 0x0004,
	GUID_LEN = 16,
};

/* Those without `known` are named, and not computed. */
static const struct kf_bank banks[] = {
	{ "sha1", ALG_SHA1, SHA1_LEN, true, KF_SHA1 },
	{ "sha256", 0x000b, 32, true, KF_SHA256 },
	{ "sha384", 0x000c, 48, true, KF_SHA384 },
	{ "sha512", 0x000d, 64, true, KF_SHA512 },
	{ "sm3_256", 0x0012, 32, false, KF_SHA1 },
	{ "sha3_256", 0x0027, 32, false, KF_SHA1 },
	{ "sha3_384", 0x0028, 48, false, KF_SHA1 },
	{ "sha3_512", 0x0029, 64, false, KF_SHA1 },
};

static const char spec_id[16] = "Spec ID Event03";

const struct kf_bank *kf_bank_at(size_t index)
{
	return index < sizeof(banks) / sizeof(banks[0]) ? &banks[index] : NULL;
}

/* bank_of says what keyfit can do with an algorithm. A bank whose digests have
 * another size is not the one that it says. */
static struct kf_bank bank_of(uint16_t algorithm, uint16_t digest_len)
{
	struct kf_bank bank = { "unknown", algorithm, digest_len, false,
				KF_SHA1 };
	const struct kf_bank *b;

	for (size_t i = 0; (b = kf_bank_at(i)); i++)
		if (b->algorithm == algorithm) {
			bank = *b;
			bank.known &= b->digest_len == digest_len;
			bank.digest_len = digest_len;
		}
	return bank;
}

/* read_plain reads a record of the older form. */
static void read_plain(struct kf_cursor *c, struct kf_event *out)
{
	out->pcr = kf_u32le(c, "PCRIndex");
	out->type = kf_u32le(c, "EventType");
	out->digest[0] = kf_take(c, SHA1_LEN, "Digest");
	out->data = kf_take(c, kf_u32le(c, "EventSize"), "Event");
}

/* spec_id_event is the data of the record that starts a crypto-agile log; the
 * empty view when there is none. */
static struct kf_bytes spec_id_event(struct kf_bytes log)
{
	struct kf_cursor c = kf_cursor_over(log, 0);
	struct kf_event first = { 0 };

	read_plain(&c, &first);
	if (c.damage.field || first.type != KF_EV_NO_ACTION ||
	    !kf_equal(kf_part_of(first.data, 0, sizeof(spec_id)),
		      kf_view(spec_id, sizeof(spec_id))))
		return kf_view(NULL, 0);
	return first.data;
}

/* read_banks reads TCG_EfiSpecIdEvent: which banks there are. */
static void read_banks(struct kf_eventlog *log, struct kf_bytes event,
		       uint64_t base)
{
	enum { BEFORE = 24 };	/* signature, class, version, uintnSize */
	struct kf_cursor c = kf_cursor_over(event, base);
	uint32_t num;

	kf_skip(&c, BEFORE, "Spec ID event");
	num = kf_u32le(&c, "numberOfAlgorithms");
	if (num == 0 || num > KF_BANKS_MAX)
		kf_break(&c, "numberOfAlgorithms");
	for (uint32_t i = 0; i < num && !c.damage.field; i++) {
		uint16_t algorithm = kf_u16le(&c, "algorithmId");

		log->bank[i] = bank_of(algorithm, kf_u16le(&c, "digestSize"));
		log->num_banks = i + 1;
	}
	if (c.damage.field)
		log->cursor.damage = c.damage;
}

bool kf_eventlog_likely(struct kf_bytes bytes)
{
	struct kf_cursor c = kf_cursor_over(bytes, 0);
	struct kf_event first = { 0 };

	if (spec_id_event(bytes).len)
		return true;
	/* The older form has no mark: its first records must be sound. */
	for (int i = 0; i < 2; i++) {
		read_plain(&c, &first);
		if (c.damage.field || first.pcr >= KF_NUM_PCRS ||
		    !kf_event_type(first.type))
			return false;
	}
	return true;
}

struct kf_eventlog kf_eventlog_open(struct kf_bytes bytes)
{
	enum { DATA_AT = 32 };	/* of the first record, of the older form */
	struct kf_eventlog log = { .cursor = kf_cursor_over(bytes, 0) };
	struct kf_bytes event = spec_id_event(bytes);

	log.agile = event.len;
	if (log.agile) {
		read_banks(&log, event, DATA_AT);
	} else {
		log.bank[0] = bank_of(ALG_SHA1, SHA1_LEN);
		log.num_banks = 1;
	}
	return log;
}

/* bank_index finds a bank by its algorithm: some firmware puts digests into
 * another order than the banks of the first record. */
static size_t bank_index(const struct kf_eventlog *log, uint16_t algorithm)
{
	size_t i = 0;

	while (i < log->num_banks && log->bank[i].algorithm != algorithm)
		i++;
	return i;
}

static void read_agile(struct kf_eventlog *log, struct kf_event *out)
{
	struct kf_cursor *c = &log->cursor;
	uint32_t num;

	out->pcr = kf_u32le(c, "PCRIndex");
	out->type = kf_u32le(c, "EventType");
	num = kf_u32le(c, "Digests.count");
	if (num > KF_BANKS_MAX)
		kf_break(c, "Digests.count");
	for (uint32_t i = 0; i < num && !c->damage.field; i++) {
		size_t bank = bank_index(log, kf_u16le(c, "AlgorithmId"));

		/* Its size is not known: nothing behind it can be read. */
		if (bank == log->num_banks) {
			kf_break(c, "AlgorithmId");
			return;
		}
		out->digest[bank] = kf_take(c, log->bank[bank].digest_len,
					    "Digest");
	}
	out->data = kf_take(c, kf_u32le(c, "EventSize"), "Event");
}

bool kf_eventlog_next(struct kf_eventlog *log, struct kf_event *out)
{
	struct kf_event none = { 0 };

	*out = none;
	if (!kf_more(&log->cursor))
		return false;
	out->at = kf_at(&log->cursor);
	if (log->agile && log->number > 0)
		read_agile(log, out);
	else
		read_plain(&log->cursor, out);
	out->len = kf_at(&log->cursor) - out->at;
	out->number = ++log->number;
	return !log->cursor.damage.field;
}

static const struct {
	uint32_t type;
	const char *name;
} types[] = {
	{ KF_EV_PREBOOT_CERT, "EV_PREBOOT_CERT" },
	{ KF_EV_POST_CODE, "EV_POST_CODE" },
	{ UINT32_C(2), "EV_UNUSED" },
	{ KF_EV_NO_ACTION, "EV_NO_ACTION" },
	{ KF_EV_SEPARATOR, "EV_SEPARATOR" },
	{ KF_EV_ACTION, "EV_ACTION" },
	{ KF_EV_EVENT_TAG, "EV_EVENT_TAG" },
	{ KF_EV_S_CRTM_CONTENTS, "EV_S_CRTM_CONTENTS" },
	{ KF_EV_S_CRTM_VERSION, "EV_S_CRTM_VERSION" },
	{ UINT32_C(9), "EV_CPU_MICROCODE" },
	{ UINT32_C(10), "EV_PLATFORM_CONFIG_FLAGS" },
	{ UINT32_C(11), "EV_TABLE_OF_DEVICES" },
	{ UINT32_C(12), "EV_COMPACT_HASH" },
	{ KF_EV_IPL, "EV_IPL" },
	{ UINT32_C(14), "EV_IPL_PARTITION_DATA" },
	{ UINT32_C(15), "EV_NONHOST_CODE" },
	{ UINT32_C(16), "EV_NONHOST_CONFIG" },
	{ UINT32_C(17), "EV_NONHOST_INFO" },
	{ UINT32_C(18), "EV_OMIT_BOOT_DEVICE_EVENTS" },
	{ UINT32_C(19), "EV_POST_CODE2" },
	{ KF_EV_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG" },
	{ KF_EV_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT" },
	{ KF_EV_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION" },
	{ KF_EV_BOOT_DRIVER, "EV_EFI_BOOT_SERVICES_DRIVER" },
	{ KF_EV_RUNTIME_DRIVER, "EV_EFI_RUNTIME_SERVICES_DRIVER" },
	{ KF_EV_GPT, "EV_EFI_GPT_EVENT" },
	{ KF_EV_EFI_ACTION, "EV_EFI_ACTION" },
	{ KF_EV_PLATFORM_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB" },
	{ KF_EV_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES" },
	{ KF_EV_PLATFORM_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2" },
	{ KF_EV_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2" },
	{ KF_EV_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2" },
	{ KF_EV_GPT2, "EV_EFI_GPT_EVENT2" },
	{ KF_EV_HCRTM, "EV_EFI_HCRTM_EVENT" },
	{ KF_EV_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY" },
	{ KF_EV_SPDM_FIRMWARE_BLOB, "EV_EFI_SPDM_FIRMWARE_BLOB" },
	{ KF_EV_SPDM_FIRMWARE_CONFIG, "EV_EFI_SPDM_FIRMWARE_CONFIG" },
	{ KF_EV_SPDM_DEVICE_POLICY, "EV_EFI_SPDM_DEVICE_POLICY" },
	{ KF_EV_SPDM_DEVICE_AUTHORITY, "EV_EFI_SPDM_DEVICE_AUTHORITY" },
};

const char *kf_event_type(uint32_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

bool kf_event_is_variable(uint32_t type)
{
	return type == KF_EV_VARIABLE_DRIVER_CONFIG ||
	       type == KF_EV_VARIABLE_BOOT || type == KF_EV_VARIABLE_BOOT2 ||
	       type == KF_EV_VARIABLE_AUTHORITY;
}

bool kf_event_variable_read(struct kf_event_variable *out,
			    struct kf_bytes data)
{
	struct kf_cursor c = kf_cursor_over(data, 0);
	uint64_t name_len, data_len;

	kf_skip(&c, GUID_LEN, "VariableName");
	name_len = kf_u64le(&c, "UnicodeNameLength");
	data_len = kf_u64le(&c, "VariableDataLength");
	if (name_len > data.len)
		kf_break(&c, "UnicodeNameLength");
	out->name = kf_take(&c, name_len * 2, "UnicodeName");
	out->data = kf_take(&c, data_len, "VariableData");
	return !c.damage.field && kf_left(&c) == 0;
}

/* by_linux: the kernel's stub measures what it was handed, its options and the
 * initial file system, and names that in the record. Source: Linux 6.12,
 * drivers/firmware/efi/libstub/efistub.h (the tags), efi-stub-helper.c:
 * efi_measure_tagged_event. */
static bool by_linux(struct kf_bytes data)
{
	struct kf_cursor c = kf_cursor_over(data, 0);
	uint32_t tag = kf_u32le(&c, "taggedEventID");

	return !c.damage.field && (tag == UINT32_C(0x8f3b22ec) ||
				   tag == UINT32_C(0x8f3b22ed));
}

/* Source: TCG PC Client Platform Firmware Profile 1.06, 10.4.1, and what
 * firmware does: EV_EFI_VARIABLE_BOOT is over the variable's data alone
 * (edk2, SecurityPkg/Tcg/Tcg2Dxe/Tcg2Dxe.c:MeasureVariable). */
struct kf_bytes kf_event_measured(const struct kf_event *event,
				  bool *elsewhere)
{
	struct kf_event_variable variable;

	*elsewhere = false;
	switch (event->type) {
	case KF_EV_SEPARATOR:
	case KF_EV_ACTION:
	case KF_EV_EFI_ACTION:
	case KF_EV_S_CRTM_VERSION:
	case KF_EV_VARIABLE_DRIVER_CONFIG:
	case KF_EV_VARIABLE_BOOT2:
	case KF_EV_VARIABLE_AUTHORITY:
	case KF_EV_GPT:
	case KF_EV_SPDM_DEVICE_POLICY:
	case KF_EV_SPDM_DEVICE_AUTHORITY:
		return event->data;
	case KF_EV_EVENT_TAG:
		*elsewhere = by_linux(event->data);
		return *elsewhere ? kf_view(NULL, 0) : event->data;
	case KF_EV_VARIABLE_BOOT:
		if (kf_event_variable_read(&variable, event->data))
			return variable.data;
		return event->data;
	default:
		*elsewhere = true;
		return kf_view(NULL, 0);
	}
}

bool kf_event_locality(const struct kf_event *event, uint8_t *out)
{
	static const char name[16] = "StartupLocality";

	if (event->type != KF_EV_NO_ACTION || event->pcr != 0 ||
	    event->data.len != sizeof(name) + 1 ||
	    memcmp(event->data.data, name, sizeof(name)) != 0)
		return false;
	*out = event->data.data[sizeof(name)];
	return true;
}
