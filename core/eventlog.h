/* The log of what a machine measured into its TPM, record by record.
 *
 * Firmware keeps it beside the TPM, which holds only what the digests add up
 * to. There are two forms: records with one SHA-1 digest, and crypto-agile
 * ones with a digest for each bank, whose first record (in the older form)
 * says which banks there are.
 *
 * Source: TCG PC Client Platform Firmware Profile 1.06, 10.2 (records), 10.4
 * (types); TPM 2.0 Library, part 2, 6.3 (TPM_ALG_ID).
 */
#ifndef KEYFIT_CORE_EVENTLOG_H
#define KEYFIT_CORE_EVENTLOG_H

#include <keyfit/crypto.h>

enum {
	KF_BANKS_MAX = 8,
	KF_NUM_PCRS = 24,
};

/* Types of events. Those of UEFI start at 0x80000000. */
#define KF_EV_PREBOOT_CERT		UINT32_C(0x00000000)
#define KF_EV_POST_CODE			UINT32_C(0x00000001)
#define KF_EV_NO_ACTION			UINT32_C(0x00000003)
#define KF_EV_SEPARATOR			UINT32_C(0x00000004)
#define KF_EV_ACTION			UINT32_C(0x00000005)
#define KF_EV_EVENT_TAG			UINT32_C(0x00000006)
#define KF_EV_S_CRTM_CONTENTS		UINT32_C(0x00000007)
#define KF_EV_S_CRTM_VERSION		UINT32_C(0x00000008)
#define KF_EV_IPL			UINT32_C(0x0000000d)
#define KF_EV_VARIABLE_DRIVER_CONFIG	UINT32_C(0x80000001)
#define KF_EV_VARIABLE_BOOT		UINT32_C(0x80000002)
#define KF_EV_APPLICATION		UINT32_C(0x80000003)
#define KF_EV_BOOT_DRIVER		UINT32_C(0x80000004)
#define KF_EV_RUNTIME_DRIVER		UINT32_C(0x80000005)
#define KF_EV_GPT			UINT32_C(0x80000006)
#define KF_EV_EFI_ACTION		UINT32_C(0x80000007)
#define KF_EV_PLATFORM_BLOB		UINT32_C(0x80000008)
#define KF_EV_HANDOFF_TABLES		UINT32_C(0x80000009)
#define KF_EV_PLATFORM_BLOB2		UINT32_C(0x8000000a)
#define KF_EV_HANDOFF_TABLES2		UINT32_C(0x8000000b)
#define KF_EV_VARIABLE_BOOT2		UINT32_C(0x8000000c)
#define KF_EV_GPT2			UINT32_C(0x8000000d)
#define KF_EV_HCRTM			UINT32_C(0x80000010)
#define KF_EV_VARIABLE_AUTHORITY	UINT32_C(0x800000e0)
#define KF_EV_SPDM_FIRMWARE_BLOB	UINT32_C(0x800000e1)
#define KF_EV_SPDM_FIRMWARE_CONFIG	UINT32_C(0x800000e2)
#define KF_EV_SPDM_DEVICE_POLICY	UINT32_C(0x800000e3)
#define KF_EV_SPDM_DEVICE_AUTHORITY	UINT32_C(0x800000e4)

/* kf_bank is one bank of PCRs. `known`: keyfit can compute its digests, as
 * `kind`; else what it adds up to cannot be told. */
struct kf_bank {
	const char *name;	/* "sha256" */
	uint16_t algorithm;	/* TPM_ALG_ID */
	uint16_t digest_len;	/* bytes */
	bool known;
	enum kf_digest_kind kind;
};

/* kf_bank_at walks the algorithms that have a name; NULL after the last. */
const struct kf_bank *kf_bank_at(size_t index);

/* kf_event is one record. Views are of the log. */
struct kf_event {
	uint32_t number;	/* from 1 */
	uint32_t pcr;
	uint32_t type;
	uint64_t at;		/* of the record in the log, bytes */
	uint64_t len;
	struct kf_bytes data;
	/* One for each bank of the log, in its order; empty where the record
	 * has none for it. */
	struct kf_bytes digest[KF_BANKS_MAX];
};

/* kf_eventlog walks a log. `cursor.damage` tells where it ended too early. */
struct kf_eventlog {
	struct kf_cursor cursor;
	bool agile;
	struct kf_bank bank[KF_BANKS_MAX];
	size_t num_banks;
	uint32_t number;	/* of the last record */
};

/* kf_eventlog_likely tells whether bytes start like a log. */
bool kf_eventlog_likely(struct kf_bytes bytes);

/* kf_eventlog_open starts at the first record. */
struct kf_eventlog kf_eventlog_open(struct kf_bytes bytes);

/* kf_eventlog_next reads a record; false at the end, and at damage. */
bool kf_eventlog_next(struct kf_eventlog *log, struct kf_event *out);

/* kf_event_type names a type as the specification does; NULL: not known. */
const char *kf_event_type(uint32_t type);

/* kf_event_variable is UEFI_VARIABLE_DATA. Source: the same, 10.2.6. */
struct kf_event_variable {
	struct kf_bytes name;	/* UTF-16LE, no NUL */
	struct kf_bytes data;
};

/* kf_event_variable_read takes it apart. Fails: false when it does not add
 * up, or bytes are left over. */
bool kf_event_variable_read(struct kf_event_variable *out,
			    struct kf_bytes data);

/* kf_event_is_variable: do events of this type carry UEFI_VARIABLE_DATA? */
bool kf_event_is_variable(uint32_t type);

/* kf_event_measured tells which bytes an event's digest is over, where that is
 * in the record itself. What is measured from elsewhere (a file, memory) is
 * the empty view, with `*elsewhere` set. */
struct kf_bytes kf_event_measured(const struct kf_event *event,
				  bool *elsewhere);

/* kf_event_locality gives the locality that the TPM was started from; it is
 * where PCR 0 starts. Fails: false when the event does not tell. */
bool kf_event_locality(const struct kf_event *event, uint8_t *out);

#endif
