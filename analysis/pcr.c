/* Replays event logs.
 *
 * Source: TPM 2.0 Library, part 1, 17.2 (PCR extend: new = H(old || digest));
 * TCG PC Client Platform TPM Profile, 4.6 (PCRs 17 to 22 start with all bits
 * set); PC Client Platform Firmware Profile 1.06, 10.4.5.3 (StartupLocality).
 */
#include "pcr.h"

#include <string.h>

enum {
	FIRST_DYNAMIC = 17,
	LAST_DYNAMIC = 22,
};

void kf_pcrs_start(struct kf_pcrs *out, const struct kf_eventlog *log)
{
	memset(out, 0, sizeof(*out));
	out->num_banks = log->num_banks;
	for (size_t b = 0; b < log->num_banks; b++) {
		out->bank[b] = log->bank[b];
		if (!log->bank[b].known)
			continue;
		for (int pcr = 0; pcr < KF_NUM_PCRS; pcr++) {
			struct kf_digest *value = &out->value[b][pcr];
			bool dynamic = pcr >= FIRST_DYNAMIC &&
				       pcr <= LAST_DYNAMIC;

			value->len = log->bank[b].digest_len;
			memset(value->bytes, dynamic ? 0xff : 0, value->len);
		}
	}
}

/* extend gives H(old || digest). */
static enum kf_status extend(struct kf_digest *value, enum kf_digest_kind kind,
			     struct kf_bytes digest,
			     const struct kf_crypto *crypto)
{
	void *d = crypto->digest_begin(crypto->self, kind);

	if (!d)
		return KF_NO_CRYPTO;
	crypto->digest_add(d, kf_view(value->bytes, value->len));
	crypto->digest_add(d, digest);
	crypto->digest_end(d, value);
	return value->len ? KF_OK : KF_NO_CRYPTO;
}

enum kf_status kf_pcrs_event(struct kf_pcrs *pcrs,
			     const struct kf_event *event,
			     const struct kf_crypto *crypto)
{
	enum kf_status status = KF_OK;
	uint8_t locality;

	/* Where the TPM started is the last byte of PCR 0. */
	if (kf_event_locality(event, &locality))
		for (size_t b = 0; b < pcrs->num_banks; b++)
			if (pcrs->value[b][0].len && !pcrs->extended[0])
				pcrs->value[b][0].bytes[
					pcrs->value[b][0].len - 1] = locality;
	if (event->type == KF_EV_NO_ACTION || event->pcr >= KF_NUM_PCRS)
		return KF_OK;
	pcrs->extended[event->pcr] = true;
	for (size_t b = 0; b < pcrs->num_banks && status == KF_OK; b++) {
		struct kf_digest *value = &pcrs->value[b][event->pcr];

		/* A bank that was left out is not known from here on. */
		if (event->digest[b].len == 0)
			value->len = 0;
		if (value->len)
			status = extend(value, pcrs->bank[b].kind,
					event->digest[b], crypto);
	}
	return status;
}

bool kf_event_covers(const struct kf_event *event,
		     const struct kf_eventlog *log, struct kf_bytes bytes,
		     const struct kf_crypto *crypto)
{
	bool any = false;

	for (size_t b = 0; b < log->num_banks; b++) {
		struct kf_digest digest;

		if (!log->bank[b].known || event->digest[b].len == 0)
			continue;
		kf_digest_of(&digest, crypto, log->bank[b].kind, bytes);
		if (!kf_equal(kf_view(digest.bytes, digest.len),
			      event->digest[b]))
			return false;
		any = true;
	}
	return any;
}

/* without_nul drops one NUL from the end of a text. */
static struct kf_bytes without_nul(struct kf_bytes text)
{
	if (text.len && text.data[text.len - 1] == 0)
		text.len--;
	return text;
}

/* prove_ipl: what a boot loader measures is a string in the record, or what
 * comes behind its name. Source: grub, grub-core/commands/efi/tpm.c and
 * grub-core/lib/tpm.c:grub_tpm_verify_string (the prefix is in the record, not
 * in the digest). */
static bool prove_ipl(const struct kf_event *event,
		      const struct kf_eventlog *log,
		      const struct kf_crypto *crypto)
{
	static const char *const prefixes[] = {
		"grub_cmd: ", "kernel_cmdline: ", "module_cmdline: ",
	};
	struct kf_bytes text = without_nul(event->data);

	if (kf_event_covers(event, log, event->data, crypto) ||
	    kf_event_covers(event, log, text, crypto))
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct kf_bytes prefix = kf_text(prefixes[i]);

		if (kf_equal(kf_part_of(text, 0, prefix.len), prefix) &&
		    kf_event_covers(event, log,
				    kf_view(text.data + prefix.len,
					    text.len - prefix.len), crypto))
			return true;
	}
	return false;
}

enum kf_event_proof kf_event_prove(const struct kf_event *event,
				   const struct kf_eventlog *log,
				   const struct kf_crypto *crypto)
{
	bool elsewhere;
	struct kf_bytes bytes = kf_event_measured(event, &elsewhere);

	if (event->type == KF_EV_NO_ACTION)
		return KF_PROOF_NOT_EXTENDED;
	if (event->type == KF_EV_IPL)
		return prove_ipl(event, log, crypto) ? KF_PROOF_DATA
						     : KF_PROOF_NONE;
	/* Some post codes carry what they measure, others where it lies. */
	if (elsewhere)
		return kf_event_covers(event, log, event->data, crypto)
			       ? KF_PROOF_DATA : KF_PROOF_NONE;
	return kf_event_covers(event, log, bytes, crypto) ? KF_PROOF_DATA
							  : KF_PROOF_FALSE;
}
