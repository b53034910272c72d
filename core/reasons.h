/* The reasons by name, for those who give them.
 */
#ifndef KEYFIT_CORE_REASONS_H
#define KEYFIT_CORE_REASONS_H

#include <keyfit/check.h>

#define REASON(id, slug, sentence, advice) KF_REASON_##id,
enum kf_reason_id {
#include "reasons.def"
	KF_NUM_REASONS,
};
#undef REASON

extern const struct kf_reason kf_reasons[KF_NUM_REASONS];

/* kf_find starts a finding: a reason and the rule that gives it. */
void kf_find(struct kf_finding *out, enum kf_reason_id id, const char *rule);

/* kf_prove adds one piece of evidence and returns it to be filled in. When
 * there is no room the last piece is given again. */
struct kf_evidence *kf_prove(struct kf_finding *finding,
			     enum kf_evidence_kind kind, const char *name);

/* kf_prove_field, _text, _signature: the common pieces, in one line. */
void kf_prove_field(struct kf_finding *finding, const char *name, uint64_t at,
		    uint64_t len);
void kf_prove_value(struct kf_finding *finding, uint64_t value,
		    uint64_t bound);
void kf_prove_text(struct kf_finding *finding, const char *text);
void kf_prove_signature(struct kf_finding *finding, uint32_t number,
			uint64_t at, uint64_t len);
void kf_prove_certificate(struct kf_finding *finding, const char *role,
			  struct kf_bytes der);

/* kf_warn adds a warning to a verdict; NULL when the table is full. */
struct kf_finding *kf_warn(struct kf_verdict *verdict, enum kf_reason_id id,
			   const char *rule);

/* kf_boot_outcome is what becomes of a boot with this verdict. */
const char *kf_boot_outcome(const struct kf_verdict *verdict);

#endif
