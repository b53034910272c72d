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

#ifdef KEYFIT_BARE
/* A build without sentences, for devices: a reason is its number alone, and
 * nothing is proved. */
static inline void kf_find(struct kf_finding *out, enum kf_reason_id id,
			   const char *rule)
{
	(void)rule;
	out->reason = (const struct kf_reason *)(uintptr_t)(id + 1u);
}

static inline int kf_reason_number(const struct kf_reason *reason)
{
	return (int)(uintptr_t)reason - 1;
}

/* What is filled in is lost. */
static inline struct kf_evidence *kf_prove(struct kf_finding *finding,
					   enum kf_evidence_kind kind,
					   const char *name)
{
	(void)kind;
	(void)name;
	return &finding->evidence[0];
}

static inline void kf_prove_field(struct kf_finding *finding, const char *name,
				  uint64_t at, uint64_t len)
{
	(void)finding;
	(void)name;
	(void)at;
	(void)len;
}

static inline void kf_prove_value(struct kf_finding *finding, uint64_t value,
				  uint64_t bound)
{
	(void)finding;
	(void)value;
	(void)bound;
}

static inline void kf_prove_text(struct kf_finding *finding, const char *text)
{
	(void)finding;
	(void)text;
}

static inline void kf_prove_signature(struct kf_finding *finding,
				      uint32_t number, uint64_t at,
				      uint64_t len)
{
	(void)finding;
	(void)number;
	(void)at;
	(void)len;
}
#else
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
#endif

/* kf_warn adds a warning to a verdict; NULL when the table is full. */
struct kf_finding *kf_warn(struct kf_verdict *verdict, enum kf_reason_id id,
			   const char *rule);

/* kf_boot_outcome is what becomes of a boot with this verdict. */
const char *kf_boot_outcome(const struct kf_verdict *verdict);

#endif
