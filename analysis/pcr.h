/* What the events of a measured boot add up to, and whether each of them is
 * what it says.
 */
#ifndef KEYFIT_ANALYSIS_PCR_H
#define KEYFIT_ANALYSIS_PCR_H

#include "core/eventlog.h"

/* kf_pcrs holds the registers of every bank of a log. A value's `len` is 0
 * where keyfit cannot compute the bank, and where an event has no digest for
 * it. */
struct kf_pcrs {
	struct kf_bank bank[KF_BANKS_MAX];
	size_t num_banks;
	bool extended[KF_NUM_PCRS];	/* by at least one event */
	struct kf_digest value[KF_BANKS_MAX][KF_NUM_PCRS];
};

/* kf_event_proof says what an event's digests were found to be over. */
enum kf_event_proof {
	KF_PROOF_NONE = 0,	/* nothing in the record: a file, memory */
	KF_PROOF_DATA,		/* what the record carries */
	KF_PROOF_FALSE,		/* not what the record carries, though its type
				 * says so */
	KF_PROOF_NOT_EXTENDED,	/* EV_NO_ACTION: it never reaches a PCR */
};

/* kf_pcrs_start sets the registers as they are when the machine starts. */
void kf_pcrs_start(struct kf_pcrs *out, const struct kf_eventlog *log);

/* kf_pcrs_event takes one event into account: extends, or learns from it where
 * PCR 0 starts. Fails: KF_NO_CRYPTO. */
KF_MUST enum kf_status kf_pcrs_event(struct kf_pcrs *pcrs,
				     const struct kf_event *event,
				     const struct kf_crypto *crypto);

/* kf_event_covers tells whether an event's digests are, in every bank that can
 * be computed and for which it has one, those of `bytes`. */
bool kf_event_covers(const struct kf_event *event,
		     const struct kf_eventlog *log, struct kf_bytes bytes,
		     const struct kf_crypto *crypto);

/* kf_event_prove holds an event's digests against what it carries. */
enum kf_event_proof kf_event_prove(const struct kf_event *event,
				   const struct kf_eventlog *log,
				   const struct kf_crypto *crypto);

#endif
