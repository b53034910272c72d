/* An EFI application that tells the event log and the PCRs of the machine that
 * it runs on, over the serial line, and turns it off.
 *
 * Source: TCG EFI Protocol Specification 1.0, 6 (EFI_TCG2_PROTOCOL); TPM 2.0
 * Library, part 3, 22.4 (TPM2_PCR_Read).
 */
#include "guest.h"

struct efi_system_table *efi;
/* Not zero: shim refuses a section of data that has no bytes in the file. */
efi_handle self = (efi_handle)1;

/* shim starts nothing that has no such section. Source: rhboot/shim,
 * SBAT.md. */
__attribute__((used, section(".sbat"))) static const char sbat[] =
	"sbat,1,SBAT Version,sbat,1,"
	"https://github.com/rhboot/shim/blob/main/SBAT.md\n"
	"keyfit.test,1,keyfit,keyfit,1,https://example.org\n";

struct tcg2 {
	efi_unused *get_capability;
	efi_status (*get_event_log)(struct tcg2 *tcg2, uint32_t format,
				    uint64_t *first, uint64_t *last,
				    bool *cut);
	efi_unused *hash_log_extend;
	efi_status (*submit)(struct tcg2 *tcg2, uint32_t in_len,
			     const uint8_t *in, uint32_t out_len,
			     uint8_t *out);
};

enum {
	AGILE = 2,
	NUM_PCRS = 24,
	ANSWER_MAX = 256,
	HEADER_LEN = 32,	/* of the first record, of the older form */
};

static void say_hex(const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char two[3] = "";

	for (size_t i = 0; i < len; i++) {
		two[0] = digits[data[i] >> 4];
		two[1] = digits[data[i] & 15];
		say(two);
	}
}

static uint32_t u32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static uint32_t digest_len(uint32_t algorithm)
{
	switch (algorithm) {
	case 0x4: return 20;
	case 0xc: return 48;
	case 0xd: return 64;
	default: return 32;
	}
}

/* record_len is the length of a record; the first has the older form. */
static size_t record_len(const uint8_t *at, bool first)
{
	size_t len = 12;

	if (first)
		return HEADER_LEN + u32(at + HEADER_LEN - 4);
	for (uint32_t i = u32(at + 8); i; i--)
		len += 2 + digest_len(at[len] | (uint32_t)at[len + 1] << 8);
	return len + 4 + u32(at + len);
}

static void tell_log(struct tcg2 *tcg2)
{
	uint64_t first = 0, last = 0;
	bool cut = false;
	efi_status status = tcg2->get_event_log(tcg2, AGILE, &first, &last,
						&cut);
	const uint8_t *end;

	if (status || cut)
		stop("no event log", status);
	end = (const uint8_t *)last + record_len((const uint8_t *)last,
						 first == last);
	say("\nlog ");
	say_hex((const uint8_t *)first,
		(size_t)(end - (const uint8_t *)first));
	say("\n");
}

/* tell_pcr reads one register of one bank; a bank that the TPM has not is
 * passed over. */
static void tell_pcr(struct tcg2 *tcg2, uint8_t algorithm, unsigned pcr)
{
	uint8_t ask[20] = { 0x80, 1, 0, 0, 0, 20, 0, 0, 1, 0x7e, 0, 0, 0, 1,
			    0, algorithm, 3 };
	uint8_t answer[ANSWER_MAX] = { 0 };
	size_t at = 10 + 4 + 4 + 2 + 1 + 3 + 4, len;

	ask[17 + pcr / 8] = (uint8_t)(1 << pcr % 8);
	if (tcg2->submit(tcg2, sizeof(ask), ask, sizeof(answer), answer) ||
	    answer[6] || answer[7] || answer[8] || answer[9])
		return;
	len = (size_t)answer[at] << 8 | answer[at + 1];
	if (len == 0 || len > 64)
		return;
	say("\npcr ");
	say_number(algorithm);
	say(" ");
	say_number(pcr);
	say(" ");
	say_hex(answer + at + 2, len);
	say("\n");
}

efi_status efi_main(efi_handle image, struct efi_system_table *system);

efi_status efi_main(efi_handle image, struct efi_system_table *system)
{
	static const struct efi_guid tcg2_guid = { 0x607f766c, 0x7455, 0x42be,
		{ 0x93, 0x0b, 0xe4, 0xd7, 0x6d, 0xb2, 0x72, 0x0f } };
	static const uint8_t banks[] = { 0x4, 0xb, 0xc, 0xd };
	struct tcg2 *tcg2 = NULL;
	efi_status status;

	efi = system;
	self = image;
	status = efi->boot->locate_protocol(&tcg2_guid, NULL, (void **)&tcg2);
	if (status)
		stop("no TPM", status);
	tell_log(tcg2);
	for (size_t i = 0; i < sizeof(banks); i++)
		for (unsigned pcr = 0; pcr < NUM_PCRS; pcr++)
			tell_pcr(tcg2, banks[i], pcr);
	stop("end", 0);
	return 0;
}
